package policy

import (
	"net/netip"
	"slices"
	"strings"
)

// Answer is a yes or no, and the reason.
type Answer struct {
	Yes    bool
	Reason string // one sentence that names the statement
}

// partitions are the partitions that a policy in the account can name.
var partitions = []string{"aws", "aws-us-gov", "aws-cn"}

// everyone reports whether the statement is about every principal.
func (s Statement) everyone() bool {
	return s.HasPrincipal && !s.NotPrincipal && slices.ContainsFunc(s.Principals, func(p Principal) bool {
		return p.Type == "*" || p.Type == "AWS" && p.Value == "*"
	})
}

// everyAction reports whether the statement is about every action of the service; "*"
// means every action of every service.
func (s Statement) everyAction(service string) bool {
	if s.NotAction {
		return len(s.Actions) == 0
	}
	return slices.ContainsFunc(s.Actions, func(a string) bool {
		return glob(strings.ToLower(a)).covers(glob(service + ":*"))
	})
}

// all reports whether the statement is about everything that target, an ARN with
// wildcards, matches.
func (s Statement) all(target string) bool {
	if !s.HasResource || s.NotResource {
		return s.NotResource && len(s.Resources) == 0
	}
	return slices.ContainsFunc(s.Resources, func(r string) bool {
		return r == "*" || glob(r).inSegments().covers(glob(target).inSegments())
	})
}

// RequiresTLS reports whether the bucket's policy refuses every request over an insecure
// connection: Deny, every principal, every S3 action, the bucket and all its objects,
// aws:SecureTransport false, and no other condition. Two statements may refuse the
// bucket and its objects separately.
func RequiresTLS(d Document, bucket string) Answer {
	by, missing := refusal(d, bucket, func(c Condition) (string, bool) {
		return "", c.Operator == "Bool" && c.Set == "" && strings.EqualFold(c.Key, "aws:SecureTransport") &&
			slices.ContainsFunc(c.Values, func(v string) bool { return strings.EqualFold(v, "false") })
	})
	if missing != "" {
		return Answer{Reason: "no statement refuses everyone every action on " + missing + " over an insecure connection"}
	}
	return Answer{Yes: true, Reason: by[0].statement + " refuses every insecure connection"}
}

// RequiresTLSVersion returns the lowest s3:TlsVersion that the policy allows for every
// request, "1.2"; empty when it sets none.
func RequiresTLSVersion(d Document, bucket string) string {
	by, missing := refusal(d, bucket, func(c Condition) (string, bool) {
		if c.Operator != "NumericLessThan" || c.Set != "" || !strings.EqualFold(c.Key, "s3:TlsVersion") {
			return "", false
		}
		var best string
		for _, v := range c.Values { // a request below any one value is refused, so the greatest counts
			if n, ok := number(v); ok {
				if m, _ := number(best); best == "" || n > m {
					best = v
				}
			}
		}
		return best, best != ""
	})
	if missing != "" {
		return ""
	}
	least := by[0].value
	for _, b := range by[1:] {
		if n, _ := number(b.value); least != "" {
			if m, _ := number(least); n < m {
				least = b.value
			}
		}
	}
	return least
}

// refused says which statement refuses one of the bucket's two kinds of resource.
type refused struct{ statement, value string }

// refusal finds, for the bucket and for its objects, the Deny of every request with the
// wanted condition and no other; of several, the one with the greatest value. missing
// names what no statement refuses.
func refusal(d Document, bucket string, wanted func(Condition) (value string, ok bool)) (by []refused, missing string) {
	for _, target := range []struct{ arn, name string }{{bucket, "the bucket"}, {bucket + "/*", "its objects"}} {
		var best *refused
		for i, s := range d.Statements {
			if s.Allow || !s.everyone() || !s.everyAction("s3") || len(s.Conditions) != 1 || !s.allObjects(target.arn) {
				continue
			}
			value, ok := wanted(s.Conditions[0])
			if !ok {
				continue
			}
			n, _ := number(value)
			if best != nil {
				if m, _ := number(best.value); m >= n {
					continue
				}
			}
			best = &refused{"statement " + s.quoted(i), value}
		}
		if best == nil {
			return nil, target.name
		}
		by = append(by, *best)
	}
	return by, ""
}

// allObjects is all for an S3 resource, in the partition that the policy names.
func (s Statement) allObjects(resource string) bool {
	return slices.ContainsFunc(partitions, func(p string) bool { return s.all("arn:" + p + ":s3:::" + resource) })
}

// quoted names the statement in a sentence: “DenyInsecure” by its Sid, or by its number.
func (s Statement) quoted(i int) string {
	if s.SID != "" {
		return "“" + s.SID + "”"
	}
	return strings.TrimPrefix(s.name(i), "statement ")
}

// Public reports whether a bucket's policy is public by AWS's definition (S3 user guide,
// "Blocking public access", "The meaning of public"): it allows a principal that is not
// fixed, and no condition fixes one. Deny statements do not change the answer.
func Public(d Document) Answer {
	for i, s := range d.Statements {
		if !s.Allow || !s.HasPrincipal {
			continue
		}
		open := s.NotPrincipal || slices.ContainsFunc(s.Principals, func(p Principal) bool { return !fixed(p.Value) })
		if open && !slices.ContainsFunc(s.Conditions, fixes) {
			return Answer{Yes: true, Reason: "statement " + s.quoted(i) + " allows everyone"}
		}
	}
	return Answer{Reason: "every statement that allows something names its principals"}
}

// fixed reports whether a value has no wildcard and no policy variable.
func fixed(value string) bool {
	return value != "" && !strings.ContainsAny(value, "*?") && !strings.Contains(value, "${")
}

// fixers are the condition keys that AWS lets fix a principal when their values
// are fixed.
var fixers = map[string]func(value string) bool{
	"aws:principalarn":      fixed,
	"aws:principalaccount":  fixed,
	"aws:principalorgid":    fixed,
	"aws:principalorgpaths": fixed,
	"aws:sourcearn":         fixed,
	"aws:sourcevpc":         fixed,
	"aws:sourcevpce":        fixed,
	"aws:sourceowner":       fixed,
	"aws:sourceaccount":     fixed,
	"aws:sourceorgid":       fixed,
	"aws:sourceorgpaths":    fixed,
	"aws:userid":            fixed, // "AROLEID:*" has a wildcard
	"s3:x-amz-server-side-encryption-aws-kms-key-id": fixed,
	"s3:dataaccesspointaccount":                      fixed,
	"s3:dataaccesspointarn": func(v string) bool { // the access point's name may be a wildcard
		parts := strings.SplitN(v, ":", 6)
		return len(parts) == 6 && len(parts[4]) == 12 && fixed(parts[4])
	},
	"aws:sourceip": narrow,
}

// positive are the operators that can tie a key to values.
var positive = []string{"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress"}

// fixes reports whether the condition limits an allowance to fixed callers.
func fixes(c Condition) bool {
	check, ok := fixers[strings.ToLower(c.Key)]
	if !ok || c.IfExists || c.Set == "ForAllValues" || !slices.Contains(positive, c.Operator) || len(c.Values) == 0 {
		return false
	}
	return !slices.ContainsFunc(c.Values, func(v string) bool { return !check(v) })
}

// narrow reports whether a range of addresses is narrow enough that AWS does not count
// it as public: IPv4 ranges wider than /8 and IPv6 ranges wider than /32 are public,
// except those for private use.
func narrow(value string) bool {
	n, ok := addresses(value)
	if !ok {
		return false
	}
	for _, private := range []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} {
		if p := netip.MustParsePrefix(private); p.Contains(n.Addr()) && n.Bits() >= p.Bits() {
			return true
		}
	}
	if n.Addr().Is4() {
		return n.Bits() >= 8
	}
	return n.Bits() >= 32
}

// CrossAccount lists the principals outside account that a resource's policy allows. A
// service counts unless a source condition ties it to the account; one that is tied to
// another account is listed as "SERVICE for WHOM". When everyone is allowed under a
// condition that fixes the principals, the list has the values of that condition. The
// list is sorted.
func CrossAccount(d Document, account string) []string {
	foreign := []string{}
	for _, s := range d.Statements {
		if !s.Allow || !s.HasPrincipal {
			continue
		}
		if s.NotPrincipal {
			foreign = append(foreign, "*")
			continue
		}
		for _, p := range s.Principals {
			switch {
			case p.Type == "*" || p.Value == "*":
				foreign = append(foreign, conditioned(s, account)...)
			case p.Type == "Service":
				foreign = append(foreign, onBehalf(s, p.Value, account)...)
			case within(p.Value, account):
			default:
				foreign = append(foreign, p.Value)
			}
		}
	}
	slices.Sort(foreign)
	return slices.Compact(foreign)
}

// conditioned returns who outside account an Allow of everyone still reaches.
func conditioned(s Statement, account string) []string {
	var named []string
	some := false
	for _, c := range s.Conditions {
		if !fixes(c) {
			continue
		}
		outside := slices.DeleteFunc(slices.Clone(c.Values), func(v string) bool { return within(v, account) })
		if len(outside) == 0 {
			return nil // this condition alone keeps it in the account
		}
		some = true
		named = append(named, outside...)
	}
	if !some {
		return []string{"*"}
	}
	return named
}

// within reports whether an account id or an ARN is of the account.
func within(value, account string) bool {
	if value == account {
		return account != ""
	}
	parts := strings.SplitN(value, ":", 6)
	return len(parts) == 6 && parts[4] == account && account != ""
}

// onBehalf returns for whom outside account a service may act. A service acts for
// anyone who asks it to, so a source condition that names another account lets that
// account in.
func onBehalf(s Statement, service, account string) []string {
	var named []string
	some := false
	for _, c := range s.Conditions {
		if !isSource(c) {
			continue
		}
		outside := slices.DeleteFunc(slices.Clone(c.Values), func(v string) bool { return within(v, account) })
		if len(outside) == 0 {
			return nil
		}
		some = true
		for _, v := range outside {
			named = append(named, service+" for "+v)
		}
	}
	if !some {
		return []string{service}
	}
	return named
}

// isSource reports whether the condition ties a service to what it acts for.
func isSource(c Condition) bool {
	switch strings.ToLower(c.Key) {
	case "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths":
		return !c.IfExists && c.Set != "ForAllValues" && slices.Contains(positive, c.Operator) && len(c.Values) > 0
	}
	return false
}
