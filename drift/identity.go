package drift

import (
	"fmt"
	"slices"
	"strings"

	"claria/aws/policy"
	"claria/internal/words"
	"claria/provision/state"
)

func judgeRootKeys(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.Root, func() { p.unknown("the account summary is empty") }, func(r state.RootUser) {
		if r.AccessKeys == 0 {
			p.ok("none")
			return
		}
		p.bad(count(r.AccessKeys, "access key"), "the root user has an access key, which no policy can limit")
	})
	return p.verdict("root user of account "+in.observed.Account, "no access key (AccountAccessKeysPresent 0)")
}

func judgeRootMFA(in *judgement) verdict {
	var p evidence
	withReading(&p, in.observed.Root, func() { p.unknown("the account summary is empty") }, func(r state.RootUser) {
		if r.MFA {
			p.ok("on")
			return
		}
		p.bad("off", "anyone with the password can sign in as the root user")
	})
	return p.verdict("root user of account "+in.observed.Account, "a second factor (AccountMFAEnabled 1)")
}

// held is a policy that grants something, and its holder.
type held struct {
	name   string // "policy AdministratorAccess", "inline policy x"
	holder string // "user bob"; empty for one that is attached to nobody
	text   string
	// centre: the holder is a role of IAM Identity Center.
	centre bool
}

// centreAdministrator reports whether a policy makes somebody an administrator who signs
// in through IAM Identity Center. IAM-07 says so once, and offers a waiver; the controls of
// single services do not repeat it.
func (h held) centreAdministrator(d policy.Document) bool { return h.centre && policy.Admin(d).Yes }

func (h held) String() string {
	if h.holder == "" {
		return h.name + ", attached to nobody"
	}
	return h.name + " of " + h.holder
}

// library holds the account's managed policies.
type library struct {
	managed map[string]state.Policy
	listed  bool
}

func (in *judgement) library(p *evidence) library {
	l := library{managed: map[string]state.Policy{}}
	withReading(p, in.observed.Policies, func() { p.unknown("the account's policies were not listed") }, func(policies []state.Policy) {
		l.listed = true
		for _, m := range policies {
			l.managed[m.ARN] = m
		}
	})
	return l
}

// of returns the policies of one holder. An attached policy whose document is not
// listed is noted as unknown, unless the whole list is.
func (l library) of(p *evidence, holder string, inline []state.NamedDocument, attached []string) []held {
	var all []held
	for _, d := range inline {
		all = append(all, held{name: "inline policy " + d.Name, holder: holder, text: d.Document})
	}
	for _, arn := range attached {
		if m, ok := l.managed[arn]; ok {
			all = append(all, held{name: "policy " + m.Name, holder: holder, text: m.Document})
		} else if l.listed {
			p.unknown("the document of " + arn + ", attached to " + holder + ", was not listed")
		}
	}
	return all
}

// granting returns every policy of the account that grants something, once for each
// holder. AWS's service-linked roles are left out: AWS owns them, and nobody in
// the account can change or assume them (IAM user guide, "Service-linked roles").
// A boundary grants nothing. What could not be read is noted in p.
func (in *judgement) granting(p *evidence) []held {
	var all []held
	l := in.library(p)
	attached := map[string]bool{}
	take := func(holder string, inline []state.NamedDocument, arns []string) {
		all = append(all, l.of(p, holder, inline, arns)...)
		for _, arn := range arns {
			attached[arn] = true
		}
	}
	withReading(p, in.observed.Users, func() { p.unknown("the account's users were not listed") }, func(users []state.User) {
		for _, u := range users {
			take("user "+u.Name, u.Inline, u.Attached)
		}
	})
	withReading(p, in.observed.Groups, func() { p.unknown("the account's groups were not listed") }, func(groups []state.Group) {
		for _, g := range groups {
			take("group "+g.Name, g.Inline, g.Attached)
		}
	})
	withReading(p, in.observed.Roles, func() { p.unknown("the account's roles were not listed") }, func(roles []state.Role) {
		for _, r := range roles {
			if !serviceLinked(r) {
				before := len(all)
				take("role "+r.Name, r.Inline, r.Attached)
				for i := range all[before:] {
					all[before+i].centre = strings.HasPrefix(r.Path, centrePath)
				}
			}
		}
	})
	for arn, m := range l.managed {
		if !attached[arn] && !strings.HasPrefix(arn, "arn:aws:iam::aws:") {
			all = append(all, held{name: "policy " + m.Name, text: m.Document})
		}
	}
	slices.SortFunc(all, func(a, b held) int {
		if (a.holder == "") != (b.holder == "") { // policies with a holder come first
			return strings.Compare(b.holder, a.holder)
		}
		return strings.Compare(a.holder+a.name, b.holder+b.name)
	})
	return all
}

// parsed parses a policy, without the statements whose time is over; one that cannot be
// understood is noted as unknown. The document is shared: do not change it.
func (in *judgement) parsed(p *evidence, what, text string) (policy.Document, bool) {
	d, ok := in.written(p, what, text)
	return policy.InForce(d, in.Now), ok
}

// foreign lists whom a resource's policy lets in from outside the account.
func (in *judgement) foreign(d policy.Document) []string {
	own := []string{in.observed.DataBucket.Name, in.observed.AuditBucket.Name}
	others, _ := in.observed.Inventory.Buckets.Value()
	for _, b := range others {
		own = append(own, b.Name)
	}
	return policy.CrossAccount(d, in.observed.Account, own...)
}

// written is parsed with every statement of the text.
func (in *judgement) written(p *evidence, what, text string) (policy.Document, bool) {
	d, err := in.policies.Parse(text)
	if err != nil {
		p.unknown(what + " could not be understood: " + err.Error())
		return policy.Document{}, false
	}
	return d, true
}

func judgeAdministrators(in *judgement) verdict {
	var p evidence
	all := in.granting(&p)
	for _, h := range all {
		if d, ok := in.parsed(&p, h.String(), h.text); ok {
			a := policy.Admin(d)
			switch {
			case !a.Yes:
			case h.centre:
				p.bad(h.String(), h.String()+", an administrator of IAM Identity Center: "+a.Reason+
					"; if this is you, waive IAM-07 and name its second factor")
			default:
				p.bad(h.String(), h.String()+": "+a.Reason)
			}
		}
	}
	p.ok("none of %d", len(all))
	return p.verdict("every policy of account "+in.observed.Account, "no policy allows every action on every resource (*:*)")
}

func judgeServiceWide(in *judgement) verdict {
	var p evidence
	for _, h := range in.granting(&p) {
		d, ok := in.parsed(&p, h.String(), h.text)
		if !ok {
			continue
		}
		services := policy.ServiceWide(d)
		switch {
		case len(services) == 0, h.centreAdministrator(d):
		case slices.Contains(services, "*"):
			p.bad(h.String()+": every service", h.String()+" allows every action of every service"+excepted(d))
		default:
			p.bad(h.String()+": "+wide(services), h.String()+" allows all of "+strings.Join(services, ", ")+" on every resource")
		}
	}
	p.ok("none")
	return p.verdict("every policy of account "+in.observed.Account, "no policy allows a whole service on every resource (service:* on *)")
}

// excepted says what a policy that allows everything excepts: " but iam:*".
func excepted(d policy.Document) string {
	var actions []string
	for _, s := range d.Statements {
		if s.Allow && s.NotAction || !s.Allow && !s.NotAction && len(s.Conditions) == 0 {
			actions = append(actions, s.Actions...)
		}
	}
	if len(actions) == 0 {
		return ""
	}
	return " but " + words.Few(actions, ", ")
}

func wide(services []string) string {
	names := make([]string, 0, len(services))
	for _, s := range services {
		names = append(names, s+":*")
	}
	return words.Few(names, ", ")
}

// maxKeyAge is AWS Config's default for access-keys-rotated, in days.
const maxKeyAge = 90

func judgeKeyAge(in *judgement) verdict {
	var p evidence
	oldest := -1
	withReading(&p, in.observed.Users, func() { p.unknown("the account's users were not listed") }, func(users []state.User) {
		for _, u := range users {
			withReading(&p, u.Keys, func() {}, func(keys []state.AccessKey) {
				for _, k := range keys {
					if !k.Active {
						continue
					}
					// A key is too old from the first moment after its last day.
					age := int(in.Now.Sub(k.Created).Hours() / 24)
					oldest = max(oldest, age)
					if in.Now.After(k.Created.AddDate(0, 0, maxKeyAge)) {
						p.bad(
							fmt.Sprintf("user %s: %d days", u.Name, age),
							fmt.Sprintf("the access key %s of user %s is %d days old", short(k.ID), u.Name, age),
						)
					}
				}
			})
		}
	})
	if oldest < 0 {
		p.ok("no active key")
	} else {
		p.ok("the oldest is %s old", count(oldest, "day"))
	}
	return p.verdict("access keys of account "+in.observed.Account, fmt.Sprintf("every active key at most %d days old", maxKeyAge))
}

// short returns a key's id in the form that people compare.
func short(id string) string {
	if len(id) <= 8 {
		return id
	}
	return id[:4] + "…" + id[len(id)-4:]
}

// dailyIdentity is claria-admin and everything it is allowed, from any source.
type dailyIdentity struct {
	user     state.User
	policies []policy.Document
	boundary *policy.Document
}

// daily finds the daily identity; found is false when the account has none. What
// could not be read is noted in p.
func (in *judgement) daily(p *evidence) (daily dailyIdentity, found bool) {
	withReading(p, in.observed.Users, func() { p.unknown("the account's users were not listed") }, func(users []state.User) {
		for _, u := range users {
			if u.Name == state.AdminUser {
				daily.user, found = u, true
			}
		}
	})
	if !found {
		return daily, false
	}
	has := in.documents(
		p,
		in.library(p),
		"user "+daily.user.Name,
		daily.user.Inline,
		daily.user.Attached,
		daily.user.Groups,
		daily.user.Boundary,
	)
	daily.policies, daily.boundary = has.Identity, has.Boundary
	return daily, true
}
