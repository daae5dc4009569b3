package sandbox

import (
	"maps"
	"strings"
	"time"

	"claria/aws/policy"
)

func iamService() *service {
	return &service{
		name: "iam", protocol: queryProtocol, xmlns: "https://iam.amazonaws.com/doc/2010-05-08/", global: true,
		route: func(c *call) *operation { return iamOperations()[c.form.Get("Action")] },
		state: newIAMState,
		seed: func(a *Account) {
			s := a.iam()
			s.Created = a.now()
			s.addKey("", a.now())
			s.Root.HardwareMFA = true
		},
	}
}

func iamOperations() map[string]*operation { return byName() }

// byName indexes a table of operations.
func byName(list ...*operation) map[string]*operation {
	out := make(map[string]*operation, len(list))
	for _, op := range list {
		out[op.name] = op
	}
	return out
}

// callerOf is a user of the account as a caller; an empty name is the root user.
func (s *iamState) callerOf(account, user string) caller {
	if user == "" {
		return caller{Caller: policy.Caller{ARN: "arn:aws:iam::" + account + ":root", Account: account, UserID: account}}
	}
	u := s.Users[user]
	if u == nil {
		return caller{anonymous: true}
	}
	return caller{
		Caller: policy.Caller{ARN: "arn:aws:iam::" + account + ":user" + u.Path + u.Name, Account: account, UserID: u.ID, Tags: maps.Clone(u.Tags)},
		user:   u.Name,
	}
}

// sessionCaller is the caller behind a temporary credential.
func (s *iamState) sessionCaller(account string, one *session) caller {
	c := s.callerOf(account, one.User)
	if one.Role != "" {
		name := one.Role
		if r := s.Roles[one.Role]; r != nil {
			name = r.Name
		}
		c = caller{
			Caller: policy.Caller{
				ARN:     "arn:aws:sts::" + account + ":assumed-role/" + name + "/" + one.Name,
				Account: account, UserID: one.RoleID + ":" + one.Name, Tags: maps.Clone(one.Tags),
			},
			role: name, session: one.Name,
		}
	}
	c.mfa, c.mfaSince, c.issued, c.policies = one.MFA, one.Issued, one.Issued, one.Policies
	return c
}

// policiesFor gathers what bears on a caller; called under view.
func (a *Account) policiesFor(c caller, now time.Time) callerPolicies {
	var out callerPolicies
	s := a.iamAt(now)
	add := func(inline map[string]string, attached []string) {
		for _, text := range inline {
			out.Identity = appendParsed(out.Identity, text)
		}
		for _, arn := range attached {
			out.Identity = appendParsed(out.Identity, s.document(arn))
		}
	}
	boundary := ""
	switch {
	case c.role != "":
		if r := s.Roles[strings.ToLower(c.role)]; r != nil {
			add(r.Inline, r.Attached)
			boundary = r.Boundary
		}
	case c.user != "":
		name := strings.ToLower(c.user)
		if u := s.Users[name]; u != nil {
			add(u.Inline, u.Attached)
			boundary = u.Boundary
		}
		for _, g := range s.Groups {
			for _, member := range g.Members {
				if member == name {
					add(g.Inline, g.Attached)
				}
			}
		}
	}
	if boundary != "" {
		// A boundary that cannot be found allows nothing.
		d, err := policy.Parse([]byte(s.document(boundary)))
		if err != nil {
			d = policy.Document{Version: "2012-10-17"}
		}
		out.Boundary = &d
	}
	for _, text := range c.policies {
		out.Session = appendParsed(out.Session, text)
	}
	return out
}

func appendParsed(list []policy.Document, text string) []policy.Document {
	if text == "" {
		return list
	}
	d, err := policy.Parse([]byte(text))
	if err != nil {
		return list // it was refused when it was put; a damaged one allows nothing
	}
	return append(list, d)
}

// document is the default version of a managed policy; empty when there is none.
func (s *iamState) document(arn string) string {
	p := s.Policies[arn]
	if p == nil {
		return ""
	}
	for _, v := range p.Versions {
		if v.ID == p.Default {
			return v.Document
		}
	}
	return ""
}
