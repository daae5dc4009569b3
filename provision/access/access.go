// Package access finds what the policies of buckets, access points and keys allow and refuse
// beyond the statements that set-up writes. It is pure: the plan offers to remove what it
// finds, and package drift judges it.
package access

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"claria/aws/policy"
	"claria/provision/permissions"
)

// A Statement is one that set-up did not write.
type Statement struct {
	// Name is what a person approves to remove it: its Sid, or "records:3" for the third
	// statement of a policy, which has none.
	Name string
	Sid  string
	// Words is whom it lets in, or refuses, and what: "lets user finance do s3:GetObject".
	Words  string
	Allow  bool
	Public bool // it makes the resource public, by AWS's definition
	// Replaced says that its Sid is one of Claria's, so that writing Claria's own policy
	// replaces it.
	Replaced bool

	at       int
	document policy.Document // with this statement alone
}

// Foreign are the statements of a policy that are not in ours, in their order. of is the
// policy's short name: "records". ours may be empty.
func Foreign(document, ours, of string) ([]Statement, error) {
	all, err := permissions.ParseStatements(document)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	if ours != "" {
		own, err := permissions.ParseStatements(ours)
		if err != nil {
			return nil, err
		}
		for _, s := range own {
			known[unnamed(s)] = true
		}
	}
	var foreign []Statement
	for i, s := range all {
		if known[unnamed(s)] {
			continue
		}
		alone, err := json.Marshal(map[string]any{"Version": permissions.PolicyVersion, "Statement": []any{s}})
		if err != nil {
			return nil, err
		}
		parsed, err := policy.Parse(alone)
		if err != nil {
			return nil, err
		}
		one := Statement{Allow: parsed.Statements[0].Allow, Public: policy.Public(parsed).Yes, at: i, document: parsed}
		one.Sid, _ = s["Sid"].(string)
		one.Name, one.Replaced = one.Sid, strings.HasPrefix(one.Sid, permissions.OwnSid)
		if one.Sid == "" {
			one.Name = fmt.Sprintf("%s:%d", of, i+1)
		}
		one.Words = words(parsed.Statements[0])
		foreign = append(foreign, one)
	}
	return foreign, nil
}

// unnamed is the normal form of a statement without its Sid, which gives nobody anything.
func unnamed(statement map[string]any) string {
	bare := map[string]any{}
	for key, value := range statement {
		if key != "Sid" {
			bare[key] = value
		}
	}
	return permissions.Spell(bare)
}

// Without is the policy without some of its statements; empty: none is left.
func Without(document string, drop []Statement) (string, error) {
	all, err := permissions.ParseStatements(document)
	if err != nil {
		return "", err
	}
	var left []map[string]any
	for i, s := range all {
		if !slices.ContainsFunc(drop, func(d Statement) bool { return d.at == i }) {
			left = append(left, s)
		}
	}
	if len(left) == 0 {
		return "", nil
	}
	text, err := json.Marshal(map[string]any{"Version": permissions.PolicyVersion, "Statement": left})
	return string(text), err
}

// String is the statement as the policy has it, as JSON.
func (s Statement) String() string { return s.Name + " (" + s.Words + ")" }

// Asked is what the practice must be able to do with a resource.
type Asked struct {
	Caller           policy.Caller
	Action, Resource string
}

// Locks reports whether the statement refuses something that the practice needs. A condition
// on a key that such a request may lack counts as the evaluation of IAM has it: a negated
// operator then holds.
func (s Statement) Locks(needs []Asked) bool {
	if s.Allow || s.Replaced {
		return false
	}
	return slices.ContainsFunc(needs, func(n Asked) bool {
		return policy.Evaluate(policy.Request{
			Caller: n.Caller, Action: n.Action, Resource: n.Resource, Owner: n.Caller.Account,
			Keys: map[string][]string{"aws:SecureTransport": {"true"}, "s3:TlsVersion": {"1.3"}},
		}, policy.Policies{Resource: &s.document}).Explicit
	})
}

// Unconditional reports whether the statement always applies.
func (s Statement) Unconditional() bool { return len(s.document.Statements[0].Conditions) == 0 }

// words say whom a statement lets in or refuses, what, and under which condition.
func words(s policy.Statement) string {
	var who []string
	for _, p := range s.Principals {
		who = append(who, principal(p))
	}
	text := "lets "
	if !s.Allow {
		text = "refuses "
	}
	if s.NotPrincipal {
		text += "everyone but "
	}
	text += list(who)
	if s.Allow {
		text += " do"
	}
	if s.NotAction {
		text += " everything but"
	}
	text += " " + list(s.Actions)
	var under []string
	for _, c := range s.Conditions {
		under = append(under, c.Key+" "+c.Operator+" "+list(c.Values))
	}
	if len(under) > 0 {
		text += " where " + strings.Join(under, " and ")
	}
	return text
}

// principal is who a statement names: "user finance", "the service cloudfront.amazonaws.com".
func principal(p policy.Principal) string {
	parts := strings.SplitN(p.Value, ":", 6)
	switch {
	case p.Type == "*" || p.Value == "*":
		return "everyone"
	case p.Type == "Service":
		return "the service " + p.Value
	case p.Type == "Federated":
		return "whom " + p.Value + " signs in"
	case p.Type == "CanonicalUser":
		return "the account with the canonical id " + p.Value
	case len(p.Value) == 12 && strings.Trim(p.Value, "0123456789") == "":
		return "account " + p.Value
	case len(parts) == 6 && parts[5] == "root":
		return "account " + parts[4]
	case len(parts) == 6 && (strings.HasPrefix(parts[5], "user/") || strings.HasPrefix(parts[5], "role/")):
		kind, name, _ := strings.Cut(parts[5], "/")
		return kind + " " + name + " of account " + parts[4]
	}
	return p.Value // such as the id of an identity that was deleted
}

const most = 4 // of a list that is shown

func list(texts []string) string {
	if len(texts) > most {
		return strings.Join(texts[:most], ", ") + fmt.Sprintf(" and %d more", len(texts)-most)
	}
	return strings.Join(texts, ", ")
}
