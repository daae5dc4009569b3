package drift

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"claria/audit"
	"claria/drift/catalogue"
	"claria/internal/words"
	"claria/provision"
	"claria/provision/state"
)

// everyUser calls a function for each user of the account.
func (in *judgement) everyUser(p *evidence, each func(state.User)) {
	withReading(p, in.observed.Users, func() { p.unknown("the account's users were not listed") }, func(users []state.User) {
		for _, u := range users {
			each(u)
		}
	})
}

// judgeRootDevice is IAM-03: the root user's second factor is a device, not a seed
// that can be copied.
func judgeRootDevice(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.Root, func() { p.unknown("the account summary is empty") }, func(r state.RootUser) {
		if !r.MFA {
			p.bad("no second factor", "the root user has no second factor at all")
			return
		}
		withReading(&p, in.observed.People.RootDevice, func() { p.ok("a passkey or hardware key") }, func(serial string) {
			p.bad(
				"a virtual device",
				"the root user's second factor is an authenticator app, whose seed can be copied ("+serial[strings.LastIndex(serial, "/")+1:]+")",
			)
		})
	})
	return p.verdict("root user of account "+in.observed.Account, "a passkey or a hardware key as second factor")
}

// rootQuiet is how long the root user should be unused, in days.
const rootQuiet = 90

// settlingIn is how long after the creation of the daily identity the root user's use
// still counts as setting up.
const settlingIn = 24 * time.Hour

// judgeRootUse is IAM-04. Set-up often runs as the root user, with a
// key that set-up deletes at its end. Use before the daily identity existed, and on the
// day after, is shown and does not fail.
func judgeRootUse(in *judgement) verdict {
	var p evidence
	var settled time.Time
	in.everyUser(&p, func(u state.User) {
		if u.Name == state.AdminUser {
			settled = u.Created.Add(settlingIn)
		}
	})
	withReading(&p, in.observed.Root, func() { p.unknown("the account summary is empty") }, func(r state.RootUser) {
		if r.Certificates > 0 {
			p.bad(count(r.Certificates, "signing certificate"), "the root user has a signing certificate, which no policy can limit")
		}
	})
	early := ""
	use := func(how string, at time.Time) {
		switch {
		case at.IsZero() || in.Now.Sub(at) > rootQuiet*24*time.Hour:
		case !in.observed.Users.Known(): // noted already: the time of set-up is unknown
		case at.After(settled):
			p.bad(
				how+" on "+at.UTC().Format(time.DateOnly),
				fmt.Sprintf("the root user was used on %s (%s), after set-up", at.UTC().Format(time.DateOnly), how),
			)
		case early == "":
			early = "used until " + at.UTC().Format(time.DateOnly) + " (" + how + "), to set up"
		}
	}
	withReading(&p, in.observed.People.RootUse, func() { p.unknown("AWS has no credential report") }, func(r state.RootUse) {
		use("console sign-in", r.Password)
		for _, at := range r.Keys {
			use("access key", at)
		}
	})
	withReading(&p, in.Trail.Root, func() { p.unknown("the trail was not read") }, func(events []audit.Event) {
		for _, e := range events {
			// A service that acts on behalf of the root user is not the root user, and a
			// refused sign-in is not a use.
			if strings.HasSuffix(e.Address, ".amazonaws.com") || e.Name == "ConsoleLogin" && e.Error != "" {
				continue
			}
			use(e.Name, e.At)
		}
	})
	if early != "" {
		p.ok("%s; not since", early)
	} else {
		p.ok("not used for %s", count(rootQuiet, "day"))
	}
	return p.verdict(
		"root user of account "+in.observed.Account,
		fmt.Sprintf("not used for %d days except for set-up, and no signing certificate", rootQuiet),
	)
}

// judgeConsoleMFA is IAM-05.
func judgeConsoleMFA(in *judgement) verdict {
	var p evidence
	with := 0
	in.everyUser(&p, func(u state.User) {
		withReading(&p, u.SignIn.Console, func() {}, func(state.Login) {
			with++
			withReading(&p, u.MFA, func() {}, func(devices []string) {
				if len(devices) == 0 {
					p.bad("user "+u.Name, "user "+u.Name+" can sign in to the AWS console with a password alone")
				}
			})
		})
	})
	if with == 0 {
		p.ok("no user has a console password")
	} else {
		p.ok("%s with a console password, each with a second factor", count(with, "user"))
	}
	return p.verdict("users of account "+in.observed.Account, "every user with a console password has a second factor")
}

// judgeFactors is IAM-06: a user has a second factor, or cannot sign in to the
// console and has only keys that cannot change the trail or anyone's rights.
func judgeFactors(in *judgement) verdict {
	var p evidence
	l := in.library(&p)
	factors, keys, none := 0, 0, 0
	in.everyUser(&p, func(u state.User) {
		withReading(&p, u.MFA, func() {}, func(devices []string) {
			if len(devices) > 0 {
				factors++
				return
			}
			_, console := u.SignIn.Console.Value()
			if problem, unread := u.SignIn.Console.Problem(); unread {
				p.unknown(problem.String())
			}
			if console {
				p.bad("user "+u.Name+": a password", "user "+u.Name+" has a console password and no second factor")
				return
			}
			withReading(&p, u.Keys, func() {}, func(list []state.AccessKey) {
				if !slices.ContainsFunc(list, func(k state.AccessKey) bool { return k.Active }) {
					none++
					return
				}
				h := in.userHolder(&p, l, u)
				if action := in.firstTampering(h); h.whole && action != "" {
					p.bad("user "+u.Name+": keys that may "+action, "user "+u.Name+" has no second factor, and anyone who finds its key may "+action)
					return
				}
				keys++
			})
		})
	})
	p.ok("%d with a second factor, %d with keys that cannot tamper, %d without credentials", factors, keys, none)
	return p.verdict(
		"users of account "+in.observed.Account,
		"every user has a second factor, or only keys that cannot change the trail or anyone's rights",
	)
}

// firstTampering returns the first of the tampering actions that a holder may do; empty: none.
func (in *judgement) firstTampering(h holder) string {
	t, _ := in.desired.Trail.Value()
	for _, action := range tampering {
		on := "arn:aws:iam::" + in.observed.Account + ":*"
		if strings.HasPrefix(action, "cloudtrail:") {
			on = t.ARN
		}
		if h.may(action, on).Yes {
			return action
		}
	}
	return ""
}

// judgeUnused is IAM-13.
func judgeUnused(in *judgement) verdict {
	var p evidence
	last, used := map[string]time.Time{}, false
	withReading(&p, in.observed.People.Passwords, func() {}, func(at map[string]time.Time) { last, used = at, true })
	mendable, seen := false, 0
	in.everyUser(&p, func(u state.User) {
		withReading(&p, u.Keys, func() {}, func(keys []state.AccessKey) {
			for _, k := range keys {
				if !k.Active {
					continue
				}
				seen++
				if problem, unread := k.Use.Problem(); unread {
					p.unknown(problem.String())
				} else if k.Idle(in.Now, provision.UnusedDays) {
					p.bad("key of user "+u.Name, fmt.Sprintf("the access key %s of user %s %s", short(k.ID), u.Name, sinceWhen(k.Use, k.Created)))
					mendable = mendable || provision.MaySwitchOff(in.settings, u.Name, k)
				}
			}
		})
		withReading(&p, u.SignIn.Console, func() {}, func(login state.Login) {
			seen++
			at, ever := last[u.Name]
			if !ever {
				at = login.Created
			}
			if used && in.Now.After(at.AddDate(0, 0, provision.UnusedDays)) {
				p.bad(
					"password of user "+u.Name,
					fmt.Sprintf("the console password of user %s has not been used since %s", u.Name, at.UTC().Format(time.DateOnly)),
				)
			}
		})
	})
	if !mendable { // a password, or a key that a person must decide on
		p.remedy = catalogue.Guided
	}
	p.ok("%s, each created or used within %d days", count(seen, "credential"), provision.UnusedDays)
	return p.verdict(
		"credentials of account "+in.observed.Account,
		fmt.Sprintf("no active key or password that nobody used for %d days", provision.UnusedDays),
	)
}

func sinceWhen(use state.Reading[time.Time], made time.Time) string {
	if at, ok := use.Value(); ok {
		return "was last used on " + at.UTC().Format(time.DateOnly)
	}
	return "was made on " + made.UTC().Format(time.DateOnly) + " and never used"
}

// rotation is how long a user may have two keys while one replaces the
// other, in days.
const rotation = 7

// judgeSecondKeys is IAM-14.
func judgeSecondKeys(in *judgement) verdict {
	var p evidence
	mendable := false
	in.everyUser(&p, func(u state.User) {
		withReading(&p, u.Keys, func() {}, func(keys []state.AccessKey) {
			active, newest := 0, time.Time{}
			for _, k := range keys {
				if k.Active {
					active++
					if k.Created.After(newest) {
						newest = k.Created
					}
				}
			}
			if active > 1 && in.Now.After(newest.AddDate(0, 0, rotation)) {
				p.bad("user "+u.Name+": "+count(active, "active key"), "user "+u.Name+" has had two active access keys for more than a week")
				mendable = mendable || slices.ContainsFunc(keys, func(k state.AccessKey) bool {
					return k.Idle(in.Now, provision.SpareDays) && provision.MaySwitchOff(in.settings, u.Name, k)
				})
			}
		})
	})
	if !mendable {
		p.remedy = catalogue.Guided
	}
	p.ok("one at most")
	return p.verdict(
		"users of account "+in.observed.Account,
		fmt.Sprintf("one active access key each, except for %d days while one is replaced", rotation),
	)
}

// judgeOtherCredentials is IAM-18.
func judgeOtherCredentials(in *judgement) verdict {
	var p evidence
	off := 0
	in.everyUser(&p, func(u state.User) {
		for _, kind := range []struct {
			name string
			list state.Reading[[]state.Credential]
		}{{"service credential", u.SignIn.Services}, {"SSH key", u.SignIn.SSHKeys}, {"signing certificate", u.SignIn.Certificates}} {
			withReading(&p, kind.list, func() {}, func(list []state.Credential) {
				for _, c := range list {
					what := kind.name
					if c.For != "" {
						what = strings.TrimSuffix(c.For, ".amazonaws.com") + " credential"
					}
					switch {
					case !c.Active, !c.Ends.IsZero() && in.Now.After(c.Ends):
						off++
					default:
						p.bad(
							what+" of user "+u.Name,
							fmt.Sprintf("user %s has a %s (%s) that works until someone switches it off", u.Name, what, short(c.ID)),
						)
					}
				}
			})
		}
	})
	if off > 0 {
		p.ok("none active; %d switched off or expired", off)
	} else {
		p.ok("none")
	}
	return p.verdict(
		"users of account "+in.observed.Account,
		"no active service-specific credential, Bedrock API key, SSH key or signing certificate",
	)
}

// judgePersons is IAM-16: the users come from the account; a person signs that each
// belongs to one person.
func judgePersons(in *judgement) verdict {
	var p evidence
	var people []string
	in.everyUser(&p, func(u state.User) { people = append(people, u.Name) })
	p.ok("users: %s", words.Few(people, ", "))
	return p.verdict("users of account "+in.observed.Account, "each user belongs to one person or one program")
}

// judgeBreakGlass is IAM-21: the root user is the emergency access. It is closed
// to everyone but a person with the second factor at hand.
func judgeBreakGlass(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.Root, func() { p.unknown("the account summary is empty") }, func(r state.RootUser) {
		switch {
		case !r.MFA:
			p.bad("no second factor", "the emergency access, the root user, has no second factor")
		case r.AccessKeys > 0:
			p.bad("an access key", "the emergency access, the root user, has an access key: it is not sealed")
		default:
			p.ok("the root user, with a second factor and without keys")
		}
	})
	return p.verdict("root user of account "+in.observed.Account, "a sealed emergency access with a second factor, tested within a year")
}

// judgeSupport is IAM-22: one identity may open a case with AWS, and one may read
// the configuration and nothing else.
func judgeSupport(in *judgement) verdict {
	var p evidence
	support, auditor := "", false
	for _, h := range in.holders(&p) {
		if h.name == "user "+state.AuditorUser {
			auditor = true
		}
		if support == "" && h.may("support:CreateCase", "*").Yes {
			support = h.name
		}
	}
	if support == "" && len(p.unread) == 0 {
		p.bad("nobody may open a support case", "no user or role may open a support case, so only the root user could during an incident")
	}
	if !auditor && len(p.unread) == 0 {
		p.bad("no auditor", "no identity may read the configuration and nothing else")
	}
	p.ok("%s may open a case; %s reads the configuration", support, state.AuditorUser)
	return p.verdict("account "+in.observed.Account, "one identity may open support cases (AWSSupportAccess), and one reads the configuration")
}
