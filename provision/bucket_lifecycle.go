package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/provision/state"
)

// keeping is what no lifecycle rule may delete from a bucket, or move where it cannot be read.
type keeping struct {
	prefixes    []string // where objects must be kept
	expireAfter int      // days after which current objects may be deleted; 0: never
	gone        string   // prefix whose old versions may be deleted at once
}

// destroys reports whether a rule deletes what must be kept, or archives it.
func (k keeping) destroys(r state.LifecycleRule) bool {
	touches := slices.ContainsFunc(k.prefixes, func(p string) bool {
		return strings.HasPrefix(p, r.Prefix) || strings.HasPrefix(r.Prefix, p)
	})
	if !r.Enabled || !touches {
		return false
	}
	expires := r.ExpireDate != "" || r.ExpireDays > 0 && (k.expireAfter == 0 || r.ExpireDays < k.expireAfter)
	forgets := r.NoncurrentDays > 0 && r.NoncurrentDays < keepDays && (k.gone == "" || !strings.HasPrefix(r.Prefix, k.gone))
	return expires || forgets || r.Archives != ""
}

func lifecycleSetting(kind bucketKind) bucketSetting {
	desired, _ := kind.want.Lifecycle.Value()
	// missing are our rules that the bucket lacks; harmful are others' rules that delete too early.
	compare := func(b *state.Bucket) (missing, harmful []state.LifecycleRule) {
		have, _ := b.Lifecycle.Value()
		for _, want := range desired {
			if !slices.ContainsFunc(have, func(r state.LifecycleRule) bool { return ruleSays(r) == ruleSays(want) }) {
				missing = append(missing, want)
			}
		}
		for _, r := range have {
			if kind.keep.destroys(r) && !slices.ContainsFunc(desired, func(want state.LifecycleRule) bool { return want.ID == r.ID }) {
				harmful = append(harmful, r)
			}
		}
		return missing, harmful
	}
	return bucketSetting{
		id: "lifecycle", controls: []string{"S3-13"}, why: []string{"164.312(c)(1)", "164.316(b)(2)(i)"},
		fact: func(b *state.Bucket) fact { return b.Lifecycle }, read: (*observer).bucketLifecycle,
		diff: func(b *state.Bucket) *change {
			missing, harmful := compare(b)
			if len(missing)+len(harmful) == 0 {
				return nil
			}
			after := []string{}
			for _, r := range missing {
				after = append(after, lifecycleWords(r))
			}
			for _, r := range harmful {
				after = append(after, "disabled: "+lifecycleWords(r))
			}
			c := &change{
				summary: "old versions are kept for six years",
				before:  describe(b.Lifecycle, "no rules", ruleWords), after: strings.Join(after, "; "),
			}
			if len(harmful) > 0 {
				c.summary = fmt.Sprintf("rules disabled because they delete or archive too early: %d", len(harmful))
			}
			return c
		},
		write: func(ctx context.Context, w *writer, b *state.Bucket) error {
			missing, _ := compare(b)
			rules, err := w.observer.lifecycleRules(ctx, b.Name)
			if err := aws.Wrap(err, "s3:GetBucketLifecycleConfiguration", b.Name); aws.KindOf(err) != aws.Absent && err != nil {
				return err
			}
			var next []types.LifecycleRule
			for _, r := range rules {
				if slices.ContainsFunc(missing, func(m state.LifecycleRule) bool { return m.ID == sdk.ToString(r.ID) }) {
					continue // ours, and written again below
				}
				ours := slices.ContainsFunc(desired, func(d state.LifecycleRule) bool { return d.ID == sdk.ToString(r.ID) })
				if !ours && kind.keep.destroys(reduceRule(r)) {
					r.Status = types.ExpirationStatusDisabled
				}
				if r.Filter == nil { // S3 refuses a mix of the old and the new form
					r.Filter = &types.LifecycleRuleFilter{Prefix: new(sdk.ToString(r.Prefix))} //nolint:staticcheck // the old form
					r.Prefix = nil                                                             //nolint:staticcheck // the old form
				}
				next = append(next, r)
			}
			for _, r := range missing {
				next = append(next, ruleWire(r))
			}
			_, err = aws.S3(w.account).PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
				Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account,
				LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: next},
			})
			return aws.Wrap(err, "s3:PutBucketLifecycleConfiguration", b.Name)
		},
	}
}

func ruleWords(rules []state.LifecycleRule) string {
	words := make([]string, 0, len(rules))
	for _, r := range rules {
		words = append(words, lifecycleWords(r))
	}
	return strings.Join(words, "; ")
}

// ruleSays is a rule without its name, for comparison.
func ruleSays(r state.LifecycleRule) state.LifecycleRule {
	r.ID = ""
	return r
}

// ruleWire is one of our rules as S3 expects it.
func ruleWire(r state.LifecycleRule) types.LifecycleRule {
	rule := types.LifecycleRule{
		ID: &r.ID, Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: &r.Prefix},
	}
	if r.NoncurrentDays > 0 {
		rule.NoncurrentVersionExpiration = &types.NoncurrentVersionExpiration{NoncurrentDays: new(int32(r.NoncurrentDays))}
	}
	if r.AbortDays > 0 {
		rule.AbortIncompleteMultipartUpload = &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: new(int32(r.AbortDays))}
	}
	return rule
}

// lifecycleWords is a rule in words: "whole bucket: old versions deleted after 2192 days".
func lifecycleWords(r state.LifecycleRule) string {
	where := "whole bucket"
	if r.Prefix != "" {
		where = r.Prefix
	}
	var does []string
	for _, d := range []struct {
		days int
		what string
	}{{r.ExpireDays, "objects deleted"}, {r.NoncurrentDays, "old versions deleted"}, {r.AbortDays, "unfinished uploads deleted"}} {
		if d.days > 0 {
			does = append(does, fmt.Sprintf("%s after %d days", d.what, d.days))
		}
	}
	if r.ExpireDate != "" {
		does = append(does, "objects deleted on "+r.ExpireDate)
	}
	if r.Archives != "" {
		does = append(does, "moved to the archive class "+r.Archives)
	}
	if !r.Enabled {
		does = append(does, "(disabled)")
	}
	return where + ": " + strings.Join(does, ", ")
}
