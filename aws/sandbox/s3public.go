package sandbox

import (
	"net/netip"
	"strings"

	"claria/aws/policy"
)

// isPublic is S3's verdict on a bucket policy. It follows the S3 user guide and shares no
// code with the program's own verdict, so the two can disagree.
//
// S3 takes a policy for public until it proves otherwise: it must grant access only to
// fixed values, without wildcards and policy variables, of principals or of certain
// condition keys. One statement that does not is enough.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
func isPublic(d policy.Document) bool {
	for _, s := range d.Statements {
		if s.Allow && grantsPublic(s) {
			return true
		}
	}
	return false
}

func grantsPublic(s policy.Statement) bool {
	restricted := !s.NotPrincipal
	for _, p := range s.Principals {
		switch p.Type {
		case "AWS", "Service", "CanonicalUser":
			restricted = restricted && isFixed(p.Value)
		default: // "*", and Federated, the guide's first example of a public policy
			restricted = false
		}
	}
	for _, c := range s.Conditions {
		restricted = restricted || restricts(c)
	}
	return !restricted
}

// isFixed: "values that don't contain a wildcard or an AWS Identity and Access Management
// Policy Variable".
func isFixed(value string) bool {
	for i, r := range value {
		if r == '*' || r == '?' || r == '$' && strings.HasPrefix(value[i:], "${") {
			return false
		}
	}
	return len(value) > 0
}

// restricts reports whether a condition limits access to fixed values of a key that S3
// accepts. The request must have the key, and one of the values.
func restricts(c policy.Condition) bool {
	if len(c.Values) == 0 || c.IfExists || c.Set == "ForAllValues" {
		return false
	}
	for _, value := range c.Values {
		if !restrictsTo(strings.ToLower(c.Key), c.Operator, value) {
			return false
		}
	}
	return true
}

func restrictsTo(key, operator, value string) bool {
	switch operator {
	case "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress":
	default:
		return false
	}
	switch key {
	case "aws:sourceip":
		return isNarrow(value)
	case "s3:dataaccesspointarn":
		// "this value can contain a wildcard for the access point name … as long as the account
		// id is fixed".
		if parts := strings.Split(value, ":"); len(parts) > 5 {
			return isFixed(parts[4]) && len(parts[4]) == len("111122223333")
		}
		return false
	case "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", // an AWS principal
		"aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths",
		"aws:userid", // "outside the pattern AROLEID:*", which has a wildcard
		"s3:dataaccesspointaccount", "s3:x-amz-server-side-encryption-aws-kms-key-id":
		return isFixed(value)
	}
	return false
}

// isNarrow reports whether a range of addresses is not "very broad": at most a /8 of IPv4
// or a /32 of IPv6, or private by RFC 1918.
func isNarrow(value string) bool {
	if !strings.Contains(value, "/") {
		a, err := netip.ParseAddr(value)
		return err == nil && a.IsValid()
	}
	n, err := netip.ParsePrefix(value)
	if err != nil {
		return false
	}
	if n.Addr().Is6() {
		return n.Bits() >= 32
	}
	// All three private ranges are narrower than a /8 themselves, or exactly one.
	return n.Bits() >= 8
}
