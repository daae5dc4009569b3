package policy

import (
	"slices"
	"strings"
)

// Admitted says in plain words whom a statement of a resource's policy lets in: "user
// bob", "account 444455556666", "the service cloudfront.amazonaws.com for arn:…",
// "everyone through the VPC endpoint vpce-…". account is the resource's own: its
// identities are named without it. A Deny lets nobody in. The list is sorted.
func Admitted(s Statement, account string) []string {
	if !s.Allow || !s.HasPrincipal {
		return nil
	}
	var who []string
	everyone := s.NotPrincipal
	for _, p := range s.Principals {
		everyone = everyone || p.Value == "*"
		who = append(who, named(p, account))
	}
	if s.NotPrincipal {
		who = []string{"everyone but " + strings.Join(who, ", ")}
	}
	var when strings.Builder
	for _, c := range s.Conditions {
		key := strings.ToLower(c.Key)
		closer := key == "aws:principalarn" || key == "aws:principalaccount" || key == "kms:calleraccount"
		if everyone && !s.NotPrincipal && limits(c) && closer {
			who = nil // the condition says who, and says it closer than "everyone"
			for _, v := range c.Values {
				who = append(who, named(Principal{Type: "AWS", Value: v}, account))
			}
			everyone = false
			continue
		}
		when.WriteString(under(c, account))
	}
	for i := range who {
		who[i] += when.String()
	}
	slices.Sort(who)
	return slices.Compact(who)
}

// named says who a principal is.
func named(p Principal, account string) string {
	switch {
	case p.Value == "*":
		return "everyone"
	case p.Type == "Service":
		return "the service " + p.Value
	case p.Type == "Federated":
		return "anyone who signs in through " + p.Value
	case p.Type == "CanonicalUser":
		return "the account with the canonical id " + p.Value
	}
	if id := accountOf(p.Value); id != "" {
		if id == account {
			return "every identity of this account whose own policies allow it"
		}
		return "account " + id
	}
	parts := strings.SplitN(p.Value, ":", 6)
	if len(parts) != 6 {
		return p.Value // "AIDA…", the id of a deleted identity
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	what := parts[5]
	switch kind {
	case "user", "role", "group":
		what = kind + " " + name
	case "assumed-role":
		role, session, _ := strings.Cut(name, "/")
		what = "session " + session + " of role " + role
	case "federated-user":
		what = "federated user " + name
	}
	if parts[4] == account {
		return what
	}
	return what + " of account " + parts[4]
}

// circumstances are the condition keys that have words of their own.
var circumstances = map[string]string{
	"aws:sourcearn":             "for",
	"aws:sourceaccount":         "for",
	"aws:sourceowner":           "for",
	"aws:sourceorgid":           "for the organization",
	"aws:sourceip":              "from",
	"aws:sourcevpc":             "from the VPC",
	"aws:sourcevpce":            "through the VPC endpoint",
	"aws:principalorgid":        "in the organization",
	"aws:principalarn":          "as",
	"aws:principalaccount":      "of",
	"kms:calleraccount":         "of",
	"kms:viaservice":            "through",
	"s3:dataaccesspointaccount": "through access points of",
	"s3:dataaccesspointarn":     "through the access point",
	"s3:x-amz-server-side-encryption-aws-kms-key-id": "with the key",
}

// under says what a condition requires: " from 203.0.113.0/24".
func under(c Condition, account string) string {
	var values []string
	for _, v := range c.Values {
		switch accountOf(v) {
		case "":
		case account:
			v = "this account"
		default:
			v = "account " + v
		}
		values = append(values, v)
	}
	list := strings.Join(values, " or ")
	if words, ok := circumstances[strings.ToLower(c.Key)]; ok && limits(c) {
		return " " + words + " " + list
	}
	operator := c.Operator
	if c.Set != "" {
		operator = c.Set + ":" + operator
	}
	if c.IfExists {
		operator += "IfExists"
	}
	return " when " + c.Key + " " + operator + " " + list
}

// limits reports whether a condition admits only requests that have one of its values.
func limits(c Condition) bool {
	return !c.IfExists && c.Set != "ForAllValues" && slices.Contains(positive, c.Operator) && len(c.Values) > 0
}
