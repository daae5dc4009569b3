package sandbox

import (
	"maps"
	"slices"
	"strings"
	"time"

	"claria/aws/policy"
)

// callerOf returns a user of the account as a caller; an empty name is the root user.
func (s *iamState) callerOf(account, user string) caller {
	if user == "" {
		return caller{Caller: policy.Caller{ARN: "arn:aws:iam::" + account + ":root", Account: account, UserID: account}}
	}
	u := s.Users[user]
	if u == nil {
		return caller{anonymous: true}
	}
	return caller{
		Caller: policy.Caller{ARN: u.arn(account, userKind), Account: account, UserID: u.ID, Tags: maps.Clone(u.Tags)},
		user:   u.Name,
	}
}

// sessionCaller is the caller behind a temporary credential.
func (s *iamState) sessionCaller(account string, one *session) caller {
	c := s.callerOf(account, one.User)
	if r := s.Roles[one.Role]; one.Role != "" && r != nil {
		c = caller{
			Caller: policy.Caller{
				ARN:     "arn:aws:sts::" + account + ":assumed-role/" + r.Name + "/" + one.Name,
				Account: account, UserID: one.RoleID + ":" + one.Name, Tags: maps.Clone(one.Tags),
			},
			role: r.Name, roleARN: r.arn(account, roleKind), session: one.Name,
		}
	}
	c.mfa, c.mfaSince, c.issued, c.policies = one.MFA, one.Issued, one.Issued, one.Policies
	return c
}

// live reports whether the identity behind a temporary credential still exists.
func (s *iamState) live(one *session) bool {
	if one.Role != "" {
		r := s.Roles[one.Role]
		return r != nil && r.ID == one.RoleID
	}
	return one.User == "" || s.Users[one.User] != nil
}

// policiesFor collects the policies that apply to a caller; call it under view.
func (a *Account) policiesFor(c caller, now time.Time) callerPolicies {
	s := a.iamAt(now)
	var out callerPolicies
	switch {
	case c.role != "":
		if r := s.Roles[strings.ToLower(c.role)]; r != nil {
			out.Policies = a.policiesOf(s, &r.entity)
		}
	case c.user != "":
		name := strings.ToLower(c.user)
		if u := s.Users[name]; u != nil {
			out.Policies = a.policiesOf(s, &u.entity)
		}
		for _, g := range s.groupsOf(name) {
			out.Identity = append(out.Identity, a.policiesOf(s, &g.entity).Identity...)
		}
	}
	for _, text := range c.policies {
		out.Session = a.appendParsed(out.Session, text)
	}
	return out
}

// policiesOf are an entity's own policies and its boundary.
func (a *Account) policiesOf(s *iamState, e *entity) policy.Policies {
	var out policy.Policies
	for _, name := range slices.Sorted(maps.Keys(e.Inline)) {
		out.Identity = a.appendParsed(out.Identity, e.Inline[name])
	}
	for _, arn := range e.Attached {
		out.Identity = a.appendParsed(out.Identity, s.document(arn))
	}
	if e.Boundary != "" {
		// A boundary that cannot be found allows nothing.
		d, err := a.policies.Parse(s.document(e.Boundary))
		if err != nil {
			d = policy.Document{Version: "2012-10-17"}
		}
		out.Boundary = &d
	}
	return out
}

func (a *Account) appendParsed(list []policy.Document, text string) []policy.Document {
	if text == "" {
		return list
	}
	d, err := a.policies.Parse(text)
	if err != nil {
		return list // a malformed policy is refused when it is put; a damaged one allows nothing
	}
	return append(list, d)
}

// groupsOf are the groups of a user, by name.
func (s *iamState) groupsOf(user string) []*iamGroup {
	var out []*iamGroup
	for _, name := range slices.Sorted(maps.Keys(s.Groups)) {
		if slices.Contains(s.Groups[name].Members, strings.ToLower(user)) {
			out = append(out, s.Groups[name])
		}
	}
	return out
}

// managed finds a managed policy of the account or of AWS; nil when there is none.
func (s *iamState) managed(arn string) *iamPolicy {
	if p := s.Policies[arn]; p != nil {
		return p
	}
	return awsManaged()[arn]
}

// document is the default version of a managed policy; empty when there is none.
func (s *iamState) document(arn string) string {
	p := s.managed(arn)
	if p == nil {
		return ""
	}
	if v := p.version(p.Default); v != nil {
		return v.Document
	}
	return ""
}

func (p *iamPolicy) version(id string) *policyVersion {
	for i := range p.Versions {
		if p.Versions[i].ID == id {
			return &p.Versions[i]
		}
	}
	return nil
}

// principalExists reports whether AWS accepts a principal of type AWS in a resource's
// policy: an account, or an existing identity. The demo account knows no other accounts
// and accepts all their identities. Call it under view.
func (a *Account) principalExists(principal string) bool {
	parts := strings.SplitN(principal, ":", 6)
	switch {
	case principal == "*", len(principal) == 12 && strings.Trim(principal, "0123456789") == "":
		return true
	case len(parts) != 6:
		s := a.iam()
		for _, u := range s.Users {
			if u.ID == principal {
				return true
			}
		}
		for _, r := range s.Roles {
			if r.ID == principal {
				return true
			}
		}
		return false
	case parts[0] != "arn" || (parts[2] != "iam" && parts[2] != "sts"):
		return false
	case parts[4] != a.id || parts[5] == "root":
		return len(parts[4]) == 12
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	s := a.iam()
	switch kind {
	case "user":
		e := userKind.of(s, name[strings.LastIndex(name, "/")+1:])
		return e != nil && e.arn(a.id, userKind) == principal
	case "role":
		e := roleKind.of(s, name[strings.LastIndex(name, "/")+1:])
		return e != nil && e.arn(a.id, roleKind) == principal
	case "assumed-role":
		role, _, _ := strings.Cut(name, "/")
		return roleKind.of(s, role) != nil
	}
	return false
}
