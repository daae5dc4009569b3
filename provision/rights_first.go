package provision

import (
	"context"
	"slices"
	"strings"

	"claria/aws"
	"claria/aws/policy"
)

// rightsFirst puts the policies that are to allow more before the steps that need
// it: the role that does the plan has, until then, the rights of the plan before.
// That is so when the strict profile is switched on, and when a newer Claria calls
// what an older one did not. A policy that only loses rights keeps its place, for
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

// widens reports whether the step makes a policy that exists allow more.
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
		return nil // and so everything that comes is more
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

// allow repeats what AWS denies only because it does not see yet that the plan
// has just given the right to it: IAM's changes take seconds to arrive everywhere
// (IAM user guide, "Changes that I make are not always immediately visible").
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
