package drift

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"claria/aws/policy"
	"claria/drift/catalogue"
	"claria/internal/words"
	"claria/provision/state"
)

// holder is a user or a role with everything it is allowed, from any source.
type holder struct {
	name   string // "user bob", "role app"
	caller policy.Caller
	has    policy.Policies
	whole  bool // every document was listed and understood
}

func (h holder) admin() bool {
	return slices.ContainsFunc(h.has.Identity, func(d policy.Document) bool { return policy.Admin(d).Yes })
}

// may reports whether the holder could ever do it on some resource that the pattern matches.
func (h holder) may(action, pattern string) policy.Answer {
	return policy.CanEver(h.caller, action, pattern, "", h.has)
}

// documents reads an identity's policies: its own, attached ones, those of
// its groups, and the boundary that limits them. What is missing or cannot be
// understood is noted in p.
func (in *judgement) documents(
	p *evidence,
	l library,
	who string,
	inline []state.NamedDocument,
	attached, groups []string,
	boundary string,
) policy.Policies {
	var has policy.Policies
	mine := l.of(p, who, inline, attached)
	if len(groups) > 0 {
		withReading(p, in.observed.Groups, func() { p.unknown("the account's groups were not listed") }, func(all []state.Group) {
			for _, g := range all {
				if slices.Contains(groups, g.Name) {
					mine = append(mine, l.of(p, "group "+g.Name, g.Inline, g.Attached)...)
				}
			}
		})
	}
	for _, h := range mine {
		if d, ok := in.parsed(p, h.String(), h.text); ok {
			has.Identity = append(has.Identity, d)
		}
	}
	if m, ok := l.managed[boundary]; ok {
		if d, ok := in.parsed(p, "the boundary of "+who, m.Document); ok {
			has.Boundary = &d
		}
	} else if boundary != "" && l.listed {
		p.unknown("the document of " + boundary + ", the boundary of " + who + ", was not listed")
	}
	return has
}

func (in *judgement) userHolder(p *evidence, l library, u state.User) holder {
	before := len(p.unread)
	h := holder{name: "user " + u.Name, caller: policy.Caller{ARN: u.ARN, Account: in.observed.Account, Tags: u.Tags}}
	h.has = in.documents(p, l, h.name, u.Inline, u.Attached, u.Groups, u.Boundary)
	h.whole = len(p.unread) == before && l.listed
	return h
}

func (in *judgement) roleHolder(p *evidence, l library, r state.Role) holder {
	before := len(p.unread)
	h := holder{name: "role " + r.Name, caller: policy.Caller{ARN: r.ARN, Account: in.observed.Account, Tags: r.Tags}}
	h.has = in.documents(p, l, h.name, r.Inline, r.Attached, nil, r.Boundary)
	h.whole = len(p.unread) == before && l.listed
	return h
}

// holders are the account's users and roles; AWS's service-linked roles are left
// out, as granting does.
func (in *judgement) holders(p *evidence) (all []holder) {
	l := in.library(p)
	withReading(p, in.observed.Users, func() { p.unknown("the account's users were not listed") }, func(users []state.User) {
		for _, u := range users {
			all = append(all, in.userHolder(p, l, u))
		}
	})
	withReading(p, in.observed.Roles, func() { p.unknown("the account's roles were not listed") }, func(roles []state.Role) {
		for _, r := range roles {
			if !serviceLinked(r) {
				all = append(all, in.roleHolder(p, l, r))
			}
		}
	})
	return all
}

func serviceLinked(r state.Role) bool { return strings.HasPrefix(r.Path, "/aws-service-role/") }

// declared returns what Claria's own identities should have, by the holder's name.
func (in *judgement) declared() []holder {
	want := &judgement{observed: in.desired, Facts: in.Facts, policies: in.policies}
	var p evidence // Claria's own policies can be parsed; a test checks it
	return want.holders(&p)
}

// grant is one action on one resource, allowed or refused, under conditions.
type grant struct {
	allow                        bool
	action, resource, conditions string
}

func (g grant) String() string {
	text := g.action + " on " + g.resource
	if g.conditions != "" {
		text += " when " + g.conditions
	}
	return text
}

// grants splits policies into single grants, so how they are written makes no difference.
func grants(documents []policy.Document) map[grant]bool {
	all := map[grant]bool{}
	for _, d := range documents {
		for _, s := range d.Statements {
			var when []string
			for _, c := range s.Conditions {
				values := slices.Sorted(slices.Values(c.Values))
				words := strings.ToLower(c.Key) + " " + c.Set + c.Operator + " " + strings.Join(values, ", ")
				if c.IfExists {
					words += " if it exists"
				}
				when = append(when, words)
			}
			slices.Sort(when)
			not := func(is bool, text string) string {
				if is {
					return "everything but " + text
				}
				return text
			}
			actions, resources := s.Actions, s.Resources
			if s.NotAction {
				actions = []string{strings.Join(s.Actions, ", ")}
			}
			if s.NotResource {
				resources = []string{strings.Join(s.Resources, ", ")}
			}
			for _, a := range actions {
				for _, r := range resources {
					all[grant{s.Allow, not(s.NotAction, strings.ToLower(a)), not(s.NotResource, r), strings.Join(when, " and ")}] = true
				}
			}
		}
	}
	return all
}

// judgeRights is IAM-09: Claria's identities may do exactly what is declared.
func judgeRights(in *judgement) verdict {
	var p evidence
	have := map[string]holder{}
	for _, h := range in.holders(&p) {
		have[h.name] = h
	}
	total := 0
	for _, want := range in.declared() {
		h, exists := have[want.name]
		switch {
		case exists && !h.whole: // noted already
		case exists:
			in.compare(&p, h, want)
		case strings.HasPrefix(want.name, "user ") && in.observed.Users.Known(),
			strings.HasPrefix(want.name, "role ") && in.observed.Roles.Known():
			p.bad("no "+want.name, want.name+" does not exist")
		}
		total += len(grants(want.has.Identity))
	}
	p.ok("the %d declared rights and refusals, no more and no less", total)
	return p.verdict("the identities of the practice", "each of them may do exactly what docs/permissions.md lists")
}

// compare notes what a holder may do beyond what is declared, and what it lacks.
func (in *judgement) compare(p *evidence, have, want holder) {
	more, less := compared(have, want)
	if len(more) > 0 {
		p.bad(fmt.Sprintf("%s: %d more", have.name, len(more)), have.name+" may also: "+words.Few(more, ", "))
	}
	if len(less) > 0 {
		p.bad(fmt.Sprintf("%s: %d missing", have.name, len(less)), have.name+" lacks: "+words.Few(less, ", "))
	}
}

// compared returns what a holder may do beyond what it should, and what it lacks.
func compared(have, want holder) (more, less []string) {
	has, should := grants(have.has.Identity), grants(want.has.Identity)
	for _, g := range sorted(has) {
		// A grant that the holder's own denials remove is not a right. A denial that someone
		// added does not weaken least privilege.
		if g.allow && !should[g] && have.may(g.action, g.resource).Yes {
			more = append(more, g.String())
		}
	}
	for _, g := range sorted(should) {
		switch {
		case g.allow && !have.may(g.action, g.resource).Yes:
			less = append(less, g.String())
		case !g.allow && !has[g]:
			less = append(less, "the refusal of "+g.String())
		}
	}
	return more, less
}

// Lack is what one of Claria's identities may not do although it should.
type Lack struct {
	Who    string   // "user claria-auditor"
	Rights []string // "kms:describekey on arn:…"
}

// Lacking compares the rights of Claria's identities in an observed account with the
// desired ones, as IAM-09 does, and returns what is missing. unread are the identities
// whose policies are not all known, with the reason.
func Lacking(observed, desired state.State) (lacking []Lack, unread []string) {
	in := &judgement{observed: observed, desired: desired, policies: &policy.Reader{}}
	var p evidence
	have := map[string]holder{}
	for _, h := range in.holders(&p) {
		have[h.name] = h
	}
	for _, want := range in.declared() {
		h, exists := have[want.name]
		switch {
		case exists && !h.whole, !exists && (!observed.Users.Known() || !observed.Roles.Known()):
			unread = append(unread, want.name+": its policies were not all read")
		case !exists:
			lacking = append(lacking, Lack{want.name, []string{"everything: it does not exist"}})
		default:
			if _, less := compared(h, want); len(less) > 0 {
				lacking = append(lacking, Lack{want.name, less})
			}
		}
	}
	return lacking, unread
}

func sorted(all map[grant]bool) []grant {
	return slices.SortedFunc(maps.Keys(all), func(a, b grant) int {
		c := cmp.Or(
			strings.Compare(a.action, b.action), strings.Compare(a.resource, b.resource), strings.Compare(a.conditions, b.conditions),
		)
		if c != 0 || a.allow == b.allow {
			return c
		}
		if a.allow {
			return -1
		}
		return 1
	})
}

// judgeEscalation is IAM-11: an identity that is not an administrator cannot become
// one. What Claria's own policies are declared to allow is shown, not hidden.
func judgeEscalation(in *judgement) verdict {
	var p evidence
	all := in.holders(&p)
	var users []string
	bosses := map[string]policy.Document{}
	if list, ok := in.observed.Users.Value(); ok {
		for _, u := range list {
			users = append(users, u.ARN)
		}
	}
	roles, _ := in.observed.Roles.Value()
	for _, h := range all {
		i := slices.IndexFunc(roles, func(r state.Role) bool { return r.ARN == h.caller.ARN })
		if i >= 0 && h.admin() {
			if trust, ok := in.parsed(&p, "the trust policy of "+h.name, roles[i].Trust); ok {
				bosses[h.caller.ARN] = trust
			}
		}
	}
	declared := map[string][]policy.Escalation{}
	for _, h := range in.declared() {
		declared[h.name] = policy.Escalations(h.caller, h.has, users)
	}
	judged, known := 0, []string{}
	for _, h := range all {
		if !h.whole || h.admin() { // administrators are IAM-07's
			continue
		}
		judged++
		for _, way := range policy.Escalations(h.caller, h.has, users) {
			if slices.Contains(declared[h.name], way) {
				known = append(known, way.Name)
				continue
			}
			p.bad(h.name+": "+way.Name, h.name+" "+way.Means+" ("+way.Name+")")
		}
		for _, arn := range slices.Sorted(maps.Keys(bosses)) {
			if policy.CanAssume(h.caller, h.has, arn, bosses[arn]) {
				p.bad(h.name+": sts:AssumeRole", h.name+" can become "+arn[strings.LastIndex(arn, "/")+1:]+", which may do everything")
			}
		}
	}
	p.ok("none of %s", words.Plural(judged, "identity", "identities"))
	if len(known) > 0 {
		p.ok(
			"as declared, %s may %s, only with a second factor, to restore Claria's own identities",
			state.ProvisionerRole,
			strings.Join(known, ", "),
		)
	}
	return p.verdict("users and roles of account "+in.observed.Account, "only administrators can extend their own rights")
}

// judgeMarketplace is IAM-19: a subscription costs money, and is limited to named
// products or to what Bedrock subscribes to.
func judgeMarketplace(in *judgement) verdict {
	var p evidence
	for _, h := range in.granting(&p) {
		d, ok := in.parsed(&p, h.String(), h.text)
		if !ok || policy.Admin(d).Yes { // IAM-07's
			continue
		}
		for _, s := range policy.Allowing(d, "aws-marketplace:Subscribe") {
			if !slices.ContainsFunc(s.Conditions, narrowsSubscription) {
				p.bad(h.String(), h.String()+" may subscribe to any product in AWS Marketplace")
			}
		}
	}
	p.ok("only named products, or through Bedrock")
	return p.verdict("every policy of account "+in.observed.Account, "aws-marketplace:Subscribe only for named products, or through Bedrock")
}

// narrowsSubscription reports whether a condition names the products, or the
// service that subscribes on the caller's behalf (Bedrock user guide, “Access Amazon
// Bedrock foundation models”).
func narrowsSubscription(c policy.Condition) bool {
	key := strings.ToLower(c.Key)
	if c.IfExists || c.Set == "ForAllValues" || len(c.Values) == 0 ||
		slices.ContainsFunc(c.Values, func(v string) bool { return strings.ContainsAny(v, "*?") }) {
		return false
	}
	switch key {
	case "aws-marketplace:productid", "aws:calledvia", "aws:calledvialast", "aws:calledviafirst":
		return c.Operator == "StringEquals" || c.Operator == "StringLike" || c.Operator == "StringEqualsIgnoreCase"
	}
	return false
}

// judgeConditions is IAM-20: the daily identity does nothing over an insecure
// connection, and changes nothing without its second factor.
func judgeConditions(in *judgement) verdict {
	var p evidence
	const desired = "daily work is refused without TLS, and the provisioner opens only with a second factor"
	resource := "user " + state.AdminUser
	l := in.library(&p)
	found := false
	withReading(&p, in.observed.Users, func() { p.unknown("the account's users were not listed") }, func(users []state.User) {
		for _, u := range users {
			if u.Name != state.AdminUser {
				continue
			}
			found = true
			if h := in.userHolder(&p, l, u); h.whole {
				in.refusesPlain(&p, h)
			}
		}
	})
	withReading(&p, in.observed.Roles, func() { p.unknown("the account's roles were not listed") }, func(roles []state.Role) {
		for _, r := range roles {
			if r.Name != state.ProvisionerRole {
				continue
			}
			found = true
			if trust, ok := in.parsed(&p, "the trust policy of role "+r.Name, r.Trust); ok {
				in.refusesWithoutFactor(&p, r, trust)
			}
		}
	})
	if !found && len(p.unread) == 0 {
		return verdict{status: catalogue.NotApplicable, resource: resource, desired: desired, observed: "there is no daily identity"}
	}
	return p.verdict(resource, desired)
}

// refusesPlain evaluates, for one call of each kind, whether it is refused over an
// insecure connection, so the form of the statements does not matter.
func (in *judgement) refusesPlain(p *evidence, h holder) {
	var plain []string
	for _, g := range sorted(grants(h.has.Identity)) {
		if !g.allow {
			continue
		}
		d := policy.Evaluate(policy.Request{
			Caller: h.caller, Action: g.action, Resource: g.resource,
			Keys: map[string][]string{"aws:SecureTransport": {"false"}},
		}, h.has)
		if !d.Explicit {
			plain = append(plain, g.action)
		}
	}
	if len(plain) > 0 {
		p.bad("not refused without TLS", fmt.Sprintf("%s may do over an insecure connection: %s", h.name, words.Few(plain, ", ")))
		return
	}
	p.ok("refused without TLS")
}

func (in *judgement) refusesWithoutFactor(p *evidence, r state.Role, trust policy.Document) {
	admin := policy.Caller{ARN: "arn:aws:iam::" + in.observed.Account + ":user/" + state.AdminUser, Account: in.observed.Account}
	assume := policy.Document{Version: "2012-10-17", Statements: []policy.Statement{{
		Allow: true, Actions: []string{"sts:AssumeRole"}, Resources: []string{"*"}, HasResource: true,
	}}}
	for _, keys := range []map[string][]string{nil, {"aws:MultiFactorAuthPresent": {"false"}}} { // a plain key, a session without
		d := policy.Evaluate(policy.Request{Caller: admin, Action: "sts:AssumeRole", Resource: r.ARN, Keys: keys},
			policy.Policies{Identity: []policy.Document{assume}, Resource: &trust})
		if d.Allowed {
			p.bad("opens without a second factor", "anyone with the daily key can become "+r.Name+" without a second factor")
			return
		}
	}
	p.ok("%s opens only with a second factor", r.Name)
}
