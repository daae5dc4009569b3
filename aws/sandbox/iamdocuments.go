package sandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"claria/aws/policy"
)

func malformedDocument(format string, args ...any) error {
	return failf(http.StatusBadRequest, "MalformedPolicyDocument", format, args...)
}

// checkIdentityPolicy refuses, as IAM does, a document that cannot be an identity policy, a
// boundary or a session policy.
func checkIdentityPolicy(text string) error {
	d, err := checkDocument(text)
	if err != nil {
		return err
	}
	for _, s := range d.Statements {
		if s.HasPrincipal {
			return malformedDocument("Policy document should not specify a principal.")
		}
		if len(s.Resources) == 0 {
			return malformedDocument("Policy statement must contain resources.")
		}
		for _, r := range s.Resources {
			if r != "*" && (!strings.HasPrefix(r, "arn:") || strings.Count(r, ":") < 5) {
				return malformedDocument("Resource %s must be in ARN format or \"*\".", r)
			}
		}
	}
	return nil
}

// checkTrustPolicy refuses a document that cannot be a role's trust policy.
// Call it under the account's lock.
func checkTrustPolicy(a *Account, text string) error {
	d, err := checkDocument(text)
	if err != nil {
		return err
	}
	for _, s := range d.Statements {
		if !s.HasPrincipal {
			return malformedDocument("Missing required field Principal")
		}
		if s.NotPrincipal && s.Allow {
			return malformedDocument("AssumeRolepolicy contained disallowed field NotPrincipal with Allow")
		}
		if len(s.Resources) > 0 {
			return malformedDocument("Has prohibited field Resource")
		}
		for _, action := range s.Actions {
			if action != "*" && !strings.HasPrefix(strings.ToLower(action), "sts:") {
				return malformedDocument("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
		for _, p := range s.Principals {
			if p.Type == "AWS" && !a.principalExists(p.Value) {
				return malformedDocument("Invalid principal in policy: %q:%q", p.Type, p.Value)
			}
		}
	}
	return nil
}

func checkDocument(text string) (policy.Document, error) {
	d, err := policy.Parse([]byte(text))
	if err != nil {
		return d, malformedDocument("Syntax errors in policy. (%s)", strings.TrimPrefix(err.Error(), "malformed policy: "))
	}
	if len(d.Statements) == 0 {
		return d, malformedDocument("The policy must contain at least one statement.")
	}
	var seen []string
	for _, s := range d.Statements {
		if s.SID != "" {
			if !regexp.MustCompile(`^[A-Za-z0-9]+$`).MatchString(s.SID) {
				return d, malformedDocument(
					"Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
			}
			if slices.Contains(seen, s.SID) {
				return d, malformedDocument("Statement IDs (SID) in a single policy must be unique.")
			}
			seen = append(seen, s.SID)
		}
		if len(s.Actions) == 0 {
			return d, malformedDocument("Policy statement must contain actions.")
		}
		for _, action := range s.Actions {
			if action != "*" && !regexp.MustCompile(`^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$`).MatchString(action) {
				return d, malformedDocument("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
		}
	}
	return d, nil
}

// policySize counts a document's characters as IAM's limits do: without white
// space. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func policySize(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
