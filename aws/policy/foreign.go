package policy

import (
	"slices"
	"strings"
)

// CrossAccount lists the principals outside account that a resource's policy allows. A
// service counts unless a source condition ties it to the account; one that is tied to
// another account is listed as "SERVICE for WHOM". When everyone is allowed under a
// condition that names principals, the list has the values of that condition. own are the
// names of the account's buckets, whose ARNs say no account. The list is sorted.
func CrossAccount(d Document, account string, own ...string) []string {
	h := home{account, own}
	foreign := []string{}
	for _, s := range d.Statements {
		if !s.Allow || !s.HasPrincipal {
			continue
		}
		if s.NotPrincipal {
			foreign = append(foreign, h.conditioned(s)...)
			continue
		}
		for _, p := range s.Principals {
			switch {
			case p.Type == "*" || p.Value == "*":
				foreign = append(foreign, h.conditioned(s)...)
			case p.Type == "Service":
				foreign = append(foreign, h.onBehalf(s, p.Value)...)
			case h.owns(p.Value), p.Type == "AWS" && slices.ContainsFunc(s.Conditions, h.confines):
			default:
				foreign = append(foreign, p.Value)
			}
		}
	}
	slices.Sort(foreign)
	return slices.Compact(foreign)
}

// home is what belongs to the account.
type home struct {
	account string
	buckets []string
}

// callers are the condition keys that say who calls, or for whom a service calls, by an
// account or an ARN. A key like s3:x-amz-server-side-encryption-aws-kms-key-id makes a
// policy non-public for S3 (see fixers), but says nothing about the caller.
var callers = []string{
	"aws:principalarn", "aws:principalaccount", "kms:calleraccount", "aws:sourcearn", "aws:sourceaccount", "aws:sourceowner",
	"s3:dataaccesspointaccount", "s3:dataaccesspointarn",
}

// origins are the condition keys that say from where, or as whose member, somebody calls.
// None of them says an account.
var origins = []string{
	"aws:principalorgid", "aws:principalorgpaths", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceorgid", "aws:sourceorgpaths", "aws:userid",
	"aws:sourceip",
}

// confines reports whether a condition keeps an allowance in the account.
func (h home) confines(c Condition) bool {
	return limits(c) && slices.Contains(callers, strings.ToLower(c.Key)) && len(h.outside(c)) == 0
}

// outside returns the values of a condition that somebody outside the account can have.
func (h home) outside(c Condition) []string {
	return slices.DeleteFunc(slices.Clone(c.Values), func(v string) bool { return h.has(c.Operator, v) })
}

// conditioned returns who outside the account an Allow of everyone still reaches.
func (h home) conditioned(s Statement) []string {
	if slices.ContainsFunc(s.Conditions, h.confines) {
		return nil
	}
	var named []string
	for _, c := range s.Conditions {
		key := strings.ToLower(c.Key)
		if !limits(c) || !slices.Contains(callers, key) && !slices.Contains(origins, key) {
			continue
		}
		outside := h.outside(c)
		if slices.ContainsFunc(outside, func(v string) bool { return !names(key, v) && !oneAccount(c.Operator, v) }) {
			continue
		}
		named = append(named, outside...)
	}
	if len(named) == 0 {
		return []string{"*"}
	}
	return named
}

// names reports whether a value of a key names somebody.
func names(key, value string) bool {
	check, ok := fixers[key]
	if !ok {
		check = fixed
	}
	return check(value)
}

// onBehalf returns for whom outside the account a service may act. A service acts for
// anyone who asks it to, so a source condition that names another account lets that
// account in.
func (h home) onBehalf(s Statement, service string) []string {
	var named []string
	for _, c := range s.Conditions {
		if !isSource(c) {
			continue
		}
		if h.confines(c) {
			return nil
		}
		for _, v := range h.outside(c) {
			who := service + " for " + v
			if strings.Contains(v, h.account) && c.Operator == "StringLike" {
				who += " (in StringLike, * also matches colons, so the account can be another)"
			}
			named = append(named, who)
		}
	}
	if len(named) == 0 {
		return []string{service}
	}
	return named
}

// isSource reports whether the condition ties a service to what it acts for.
func isSource(c Condition) bool {
	switch strings.ToLower(c.Key) {
	case "aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths":
		return limits(c)
	}
	return false
}

// owns reports whether an account id or an ARN is of the account.
func (h home) owns(value string) bool { return h.has("StringEquals", value) }

// has reports whether everything that a condition's value matches belongs to the account.
// The Arn operators compare the six parts of an ARN separately. In StringLike a wildcard
// matches colons too, so it must not come before the account (IAM user guide, "Condition
// operators").
func (h home) has(operator, value string) bool {
	if h.account == "" {
		return false
	}
	if value == h.account || operator == "StringLike" && strings.TrimRight(value, "*") == h.account {
		return true
	}
	parts := arnParts(operator, value)
	if parts == nil {
		return false
	}
	if parts[2] == "s3" && parts[3] == "" && parts[4] == "" {
		bucket, _, _ := strings.Cut(parts[5], "/")
		return slices.Contains(h.buckets, bucket)
	}
	return parts[4] == h.account
}

// oneAccount reports whether a condition's value matches the ARNs of one account only.
func oneAccount(operator, value string) bool {
	parts := arnParts(operator, value)
	return parts != nil && len(parts[4]) == 12 && fixed(parts[4])
}

// arnParts returns the six parts of a condition's value that is an ARN, or nil when an ARN
// that matches it can have other parts.
func arnParts(operator, value string) []string {
	parts := strings.SplitN(value, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return nil
	}
	before := strings.Join(parts[:5], ":")
	open := strings.Contains(before, "${") || operator == "StringLike" && strings.ContainsAny(before, "*?")
	if strings.HasPrefix(operator, "String") && open {
		return nil
	}
	return parts
}
