//go:build conformance

package policy

import (
	"regexp"
	"strings"
)

// everyone finds the principal "*" in either of its forms.
var everyone = regexp.MustCompile(`"Principal": ?("\*"|\{"AWS": ?"\*"\})`)

// explanation is a kind of question on which the two evaluators differ, and the AWS page
// that our decision follows.
type explanation struct {
	why     string
	applies func(q question, ours string, theirs answer) bool
}

// The pages are of the IAM user guide unless another is named.
var explanations = []explanation{
	{
		"“Policy evaluation logic”: what is granted directly to a session, or to everyone, is not limited by an implicit deny in a session policy",
		func(q question, ours string, theirs answer) bool {
			return ours == "Allowed" && theirs.Result == "ImplicitlyDenied" && q.Session != nil &&
				(strings.Contains(string(q.ResourcePolicy), *q.Caller) || everyone.Match(q.ResourcePolicy))
		},
	},
	{
		"S3 API reference, “PutBucketPolicy”: the root user of the bucket owner can perform it even when the bucket's policy explicitly denies it",
		func(q question, ours string, theirs answer) bool {
			return ours == "Allowed" && theirs.Result == "ExplicitlyDenied" && strings.HasSuffix(*q.Caller, ":root") &&
				strings.HasSuffix(q.Action, "BucketPolicy")
		},
	},
	{
		"“Version”: in 2008-10-17 a policy variable is a literal string",
		func(q question, _ string, _ answer) bool {
			return q.Version == "2008-10-17" && strings.Contains(string(q.Identity), "${")
		},
	},
	{
		"“NotPrincipal”: AWS checks the account first, then the role, then the user or session; the Deny spares a caller only when all of them are listed",
		func(q question, ours string, theirs answer) bool {
			return ours == "ExplicitlyDenied" && theirs.Result == "Allowed" && strings.Contains(string(q.ResourcePolicy), "NotPrincipal")
		},
	},
	{
		// No page decides whether IAM stores “*:*”. Reading it as everything is the safe
		// choice for a control that looks for administrators.
		"the other evaluator refuses the action “*:*”; ours reads it as every action",
		func(q question, _ string, theirs answer) bool {
			return theirs.Result == "error" && strings.Contains(string(q.Identity), `"*:*"`)
		},
	},
}

// explain returns the explanation of a disagreement; empty when there is none.
func explain(q question, ours string, theirs answer) string {
	for _, e := range explanations {
		if e.applies(q, ours, theirs) {
			return e.why
		}
	}
	return ""
}
