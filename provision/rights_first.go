package provision

import (
	"context"
	"slices"
	"strings"

	"claria/aws"
	"claria/aws/policy"
)

// rightsFirst moves policies that gain rights before the steps that need those rights:
// until then, the role that applies the plan has only its earlier rights. That happens
// when the strict profile is turned on, and when a new version of Claria makes a call
// that the old one did not. A policy that only loses rights keeps its place, because
// the steps before it may still need them.
func rightsFirst(steps []Step) []Step {
	first, rest := []Step{}, []Step{}
	for _, s := range steps {
		if s.widens() {
			first = append(first, s)
		} else {
			rest = append(rest, s)
		}
	}
	return append(first, rest...)
}

// widens reports whether the step makes an existing policy allow more.
func (s Step) widens() bool {
	if s.Op != Change || !strings.HasPrefix(s.ID, "policy/") {
		return false
	}
	before, after := allowed(s.Before), allowed(s.After)
	return slices.ContainsFunc(after, func(a string) bool { return !slices.Contains(before, a) })
}

// allowed are the pairs of action and resource that a document allows, whatever the conditions.
func allowed(doc string) []string {
	parsed, err := policy.Parse([]byte(doc))
	if err != nil {
		return nil // so everything in the other document counts as more
	}
	var all []string
	for _, s := range parsed.Statements {
		if !s.Allow {
			continue
		}
		for _, action := range s.Actions {
			for _, resource := range s.Resources {
				all = append(all, strings.ToLower(action)+" "+resource)
			}
		}
	}
	return all
}

// allow repeats a call that AWS denies only because it does not apply the plan's new
// rights yet: IAM's changes take seconds to reach every region (IAM user guide,
// "Changes that I make are not always immediately visible").
func (w *writer) allow(ctx context.Context, do func() (string, error)) (string, error) {
	detail, err := do()
	if !w.widened || aws.KindOf(err) != aws.Denied {
		return detail, err
	}
	_ = poll(ctx, settleTime, func() (bool, error) {
		detail, err = do()
		return aws.KindOf(err) != aws.Denied, err
	})
	return detail, err
}
