package policy

import (
	"net/netip"
	"slices"
	"strings"
	"time"
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

// RequiresTLS reports whether the bucket's policy refuses every request over an insecure
// connection, of everyone, for every S3 action, on the bucket and on all its objects. No
// condition but on the connection may narrow that. Several statements may do it together.
func RequiresTLS(d Document, bucket string) Answer {
	by, missing := refuses(d, bucket, map[string][]string{"aws:securetransport": {"false"}})
	if missing != "" {
		return Answer{Reason: "no statement refuses everyone every action on " + missing + " over an insecure connection"}
	}
	return Answer{Yes: true, Reason: "statement " + by + " refuses every insecure connection"}
}

// tlsVersions are the values of s3:TlsVersion (S3 user guide, "Bucket policy examples
// using condition keys").
var tlsVersions = []string{"1.0", "1.1", "1.2", "1.3"}

// RequiresTLSVersion returns the lowest s3:TlsVersion that the policy allows for some
// request, "1.2"; empty when it refuses none.
func RequiresTLSVersion(d Document, bucket string) string {
	for i, version := range tlsVersions {
		_, missing := refuses(d, bucket, map[string][]string{"aws:securetransport": {"true"}, "s3:tlsversion": {version}})
		switch {
		case missing == "":
		case i == 0:
			return ""
		default:
			return version
		}
	}
	return tlsVersions[len(tlsVersions)-1] // nobody gets in at all
}

// refuses reports whether the policy refuses everyone every request over a connection, to
// the bucket and to all its objects. The connection's two keys are known, or known to be
// missing; every other key can have any value. by is the first statement of those that
// refuse; missing names what is not refused.
func refuses(d Document, bucket string, connection map[string][]string) (by, missing string) {
	e := &request{keys: connection}
	settled := func(c Condition) bool {
		key := strings.ToLower(c.Key)
		return (key == "aws:securetransport" || key == "s3:tlsversion") && e.holds(d.Version, c) || settle(c, time.Time{}) == always
	}
	for _, target := range []struct{ arn, name string }{{bucket, "the bucket"}, {bucket + "/?*", "its objects"}} {
		var actions []Statement
		for i, s := range d.Statements {
			if s.Allow || !s.everyone() || !s.allObjects(d.Version, target.arn) ||
				slices.ContainsFunc(s.Conditions, func(c Condition) bool { return !settled(c) }) {
				continue
			}
			if by == "" {
				by = s.quoted(i)
			}
			actions = append(actions, s)
		}
		if !everyAction(actions, "s3") {
			return "", target.name
		}
	}
	return by, ""
}

// everyAction reports whether the statements together are about every action of the
// service.
func everyAction(statements []Statement, service string) bool {
	covered := func(target string) bool {
		return slices.ContainsFunc(statements, func(s Statement) bool {
			one := func(a string) bool { return glob(strings.ToLower(a)).covers(glob(target)) }
			if s.NotAction {
				one = func(a string) bool { return glob(strings.ToLower(a)).meets(glob(target)) }
			}
			return slices.ContainsFunc(s.Actions, one) != s.NotAction
		})
	}
	for _, c := range letters {
		if !covered(service + ":" + string(c) + "*") {
			return false
		}
	}
	return true
}

// allObjects reports whether the statement is about everything that an S3 resource with
// wildcards matches, in the partition that it names.
func (s Statement) allObjects(version, resource string) bool {
	e := &request{}
	in := func(partition string) pattern { return glob("arn:" + partition + ":s3:::" + resource).inSegments() }
	if !s.HasResource || s.NotResource {
		return !slices.ContainsFunc(s.Resources, func(r string) bool {
			return slices.ContainsFunc(partitions, func(p string) bool { return e.resource(version, r).meets(in(p)) })
		})
	}
	return slices.ContainsFunc(partitions, func(p string) bool {
		target := in(p)
		return slices.ContainsFunc(s.Resources, func(r string) bool {
			return e.settled(version, r) && e.resource(version, r).covers(target)
		})
	})
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
		// A directory's users are strangers: the guide's first example of a public policy.
		open := s.NotPrincipal || slices.ContainsFunc(s.Principals, func(p Principal) bool { return p.Type == "Federated" || !fixed(p.Value) })
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
