package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"claria/provision/state"
)

// UnusedDays is AWS Config's default for iam-user-unused-credentials-check.
const UnusedDays = 90

// SpareDays is how long one of two keys must be unused before it counts as spare.
const SpareDays = 30

// desiredPeople fills in nothing: People has no settings. Package drift judges it by the
// other identities.
func desiredPeople(state.Settings, *state.State) {}

// peopleResources are what a plan can change about People. They deactivate credentials,
// which can be undone, and delete none.
func peopleResources(s state.Settings, _ *state.State) []resource {
	why := []string{"164.308(a)(4)(ii)(C)", "164.308(a)(5)(ii)(D)"}
	return []resource{
		switchOff(resource{
			id: "unused-keys", title: "access keys of account " + s.Account, controls: []string{"IAM-13"}, why: why,
			read: (*observer).identities,
		}, "deactivated when unused for "+fmt.Sprint(UnusedDays)+" days", keyFacts, func(st *state.State) []named {
			return keysToSwitchOff(st, s, func(_ state.User, k state.AccessKey) bool { return k.Idle(st.At, UnusedDays) })
		}),
		switchOff(resource{
			id: "spare-keys", title: "second access keys of account " + s.Account, controls: []string{"IAM-14"}, why: why,
			read: (*observer).identities, asked: true,
		}, "one active key each", keyFacts, func(st *state.State) []named {
			return keysToSwitchOff(st, s, func(u state.User, k state.AccessKey) bool { return k.Idle(st.At, SpareDays) && usesAnother(u, k) })
		}),
		switchOff(resource{
			id: "other-credentials", title: "other credentials of account " + s.Account, controls: []string{"IAM-18"}, why: why,
			read: (*observer).signIns, asked: true,
		}, "only access keys and passwords", signInFacts, otherCredentials),
	}
}

// named is one credential to deactivate.
type named struct{ user, id, what string }

// switchOff completes a resource that deactivates the listed credentials.
func switchOff(
	r resource, summary string, facts func(st *state.State, list func(*state.State) []named) []fact, list func(*state.State) []named,
) resource {
	r.facts = func(st *state.State) []fact { return facts(st, list) }
	r.diff = func(st *state.State) *change {
		var on []string
		for _, c := range list(st) {
			on = append(on, c.what+" "+c.id+" of "+c.user)
		}
		if len(on) == 0 {
			return nil
		}
		return &change{
			op: Change, summary: summary, before: "active: " + strings.Join(on, ", "), after: "inactive: " + strings.Join(on, ", "),
			risk: Reversible, undo: "activate it again in the IAM console, under the user's Security credentials: " + strings.Join(on, ", "),
		}
	}
	r.write = func(ctx context.Context, w *writer) (string, error) {
		for _, c := range list(w.have) {
			if err := setCredential(ctx, w.account, c.what, c.user, c.id, false); err != nil {
				return "", err
			}
		}
		return "", nil
	}
	return r
}

// keyFacts are the readings that show which keys are unused: every user's keys, and the
// last use of the active ones.
func keyFacts(st *state.State, list func(*state.State) []named) []fact {
	users, known := st.Users.Value()
	if !known {
		return []fact{st.Users}
	}
	var facts []fact
	for _, u := range users {
		keys, ok := u.Keys.Value()
		if !ok {
			facts = append(facts, u.Keys)
		}
		for _, k := range keys {
			if _, unread := k.Use.Problem(); k.Active && unread {
				facts = append(facts, k.Use)
			}
		}
	}
	return append(facts, state.Known(ids(list(st))))
}

func ids(list []named) []string {
	out := []string{}
	for _, c := range list {
		out = append(out, c.id)
	}
	return out
}

func signInFacts(st *state.State, list func(*state.State) []named) []fact {
	users, known := st.Users.Value()
	if !known {
		return []fact{st.Users}
	}
	var facts []fact
	for _, u := range users {
		for _, r := range []state.Reading[[]state.Credential]{u.SignIn.Services, u.SignIn.SSHKeys, u.SignIn.Certificates} {
			if !r.Known() {
				facts = append(facts, r)
			}
		}
	}
	return append(facts, state.Known(ids(list(st))))
}

// usesAnother reports whether another active key of the user was used later.
func usesAnother(u state.User, than state.AccessKey) bool {
	mine, _ := than.Use.Value() // absent: never
	keys, _ := u.Keys.Value()
	return slices.ContainsFunc(keys, func(k state.AccessKey) bool {
		used, ok := k.Use.Value()
		return k.Active && k.ID != than.ID && ok && used.After(mine)
	})
}

// MaySwitchOff reports whether a plan may deactivate a key: never one that this computer
// has, and none of our identities' keys if the keyring was not read.
func MaySwitchOff(s state.Settings, user string, k state.AccessKey) bool {
	for _, held := range s.Held {
		if held == k.ID {
			return false
		}
	}
	for _, unfinished := range s.Unfinished {
		if slices.Contains(unfinished.Keys, k.ID) {
			return false
		}
	}
	return s.Held != nil || user != state.AdminUser && user != state.AuditorUser
}

func keysToSwitchOff(st *state.State, s state.Settings, unwanted func(state.User, state.AccessKey) bool) []named {
	var all []named
	users, _ := st.Users.Value()
	for _, u := range users {
		keys, _ := u.Keys.Value()
		for _, k := range keys {
			if k.Active && unwanted(u, k) && MaySwitchOff(s, u.Name, k) {
				all = append(all, named{u.Name, k.ID, accessKeyKind})
			}
		}
	}
	return all
}

func otherCredentials(st *state.State) []named {
	var all []named
	add := func(user string, r state.Reading[[]state.Credential], what string) {
		list, _ := r.Value()
		for _, c := range list {
			if c.Active {
				all = append(all, named{user, c.ID, what})
			}
		}
	}
	users, _ := st.Users.Value()
	for _, u := range users {
		add(u.Name, u.SignIn.Services, serviceKind)
		add(u.Name, u.SignIn.SSHKeys, sshKind)
		add(u.Name, u.SignIn.Certificates, certificateKind)
	}
	return all
}
