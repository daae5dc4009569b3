package provision

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"claria/aws"
	"claria/provision/state"
)

func trailAttributes(s state.Settings, want *state.State) []attribute {
	desired, _ := want.Trail.Value()
	return []attribute{
		{
			id: "settings", controls: []string{"CT-02", "CT-03", "CT-07"}, why: []string{"164.312(b)", "164.312(c)(2)"},
			fact: func(st *state.State) fact { return trailNamed(s, st) },
			read: func(o *observer, st *state.State) {
				o.trail(st)
				if s.Strict {
					o.encryptionKey(st)
				}
			},
			diff: func(st *state.State) *change {
				have, _ := trailNamed(s, st).Value()
				before, after := trailWords(have, desired)
				if before == "" {
					return nil
				}
				return &change{summary: after, before: before, after: after}
			},
			write: func(ctx context.Context, w *writer, _ *state.State) error {
				// It sends only the declared settings, so a key or log group that others added stays.
				_, err := aws.CloudTrail(w.account).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
					Name: &desired.ARN, S3BucketName: &desired.Bucket, S3KeyPrefix: &desired.Prefix,
					IsMultiRegionTrail: &desired.MultiRegion, IncludeGlobalServiceEvents: &desired.GlobalServices,
					EnableLogFileValidation: &desired.Validation, KmsKeyId: trailKey(desired),
				})
				return aws.Wrap(err, "cloudtrail:UpdateTrail", desired.Name)
			},
		},
		{
			id: "selectors", controls: []string{"CT-04", "CT-05", "S3-14"}, why: []string{"164.312(b)", "164.308(a)(1)(ii)(D)"},
			fact: func(st *state.State) fact { return st.TrailSelectors }, read: (*observer).trailSelectors,
			diff: func(st *state.State) *change {
				have, _ := st.TrailSelectors.Value()
				merged, changed := mergeSelectors(s, have.Advanced)
				if !changed {
					return nil
				}
				return &change{
					summary: "also records reads and writes of records",
					before:  describe(st.TrailSelectors, "none", func(t state.TrailSelectors) string { return selectorWords(t.Advanced) }),
					after:   selectorWords(merged),
				}
			},
			write: func(ctx context.Context, w *writer, st *state.State) error {
				have, _ := st.TrailSelectors.Value()
				merged, _ := mergeSelectors(s, have.Advanced)
				_, err := aws.CloudTrail(w.account).PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{
					TrailName: &desired.ARN, AdvancedEventSelectors: selectorWire(merged),
				})
				return aws.Wrap(err, "cloudtrail:PutEventSelectors", desired.Name)
			},
		},
		{
			id: "logging", controls: []string{"CT-01"}, why: []string{"164.312(b)"},
			fact: func(st *state.State) fact {
				return state.Derive(st.TrailStatus, func(t state.TrailStatus) bool { return t.Logging })
			},
			read: (*observer).trailStatus,
			diff: func(st *state.State) *change {
				if status, _ := st.TrailStatus.Value(); status.Logging {
					return nil
				}
				return &change{summary: "records again", before: "stopped", after: "recording"}
			},
			write: func(ctx context.Context, w *writer, _ *state.State) error {
				_, err := aws.CloudTrail(w.account).StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &desired.ARN})
				return aws.Wrap(err, "cloudtrail:StartLogging", desired.Name)
			},
		},
	}
}

// trailKey is the key that CloudTrail gets; an alias is enough. Nil: none is declared, so
// a key that others added stays.
func trailKey(t state.Trail) *string {
	if t.Key == "" {
		return nil
	}
	return &t.Key
}

func trailResources(s state.Settings, want *state.State) []resource {
	desired, _ := want.Trail.Value()
	title := "trail " + desired.Name
	ours := func(st *state.State) bool {
		tags, ok := st.TrailTags.Value()
		return ok && s.Owned(tags)
	}
	attributes := trailAttributes(s, want)
	needs := []string{"audit-bucket", "audit-bucket/policy"}
	if s.Strict {
		needs = append(needs, "encryption-key")
	}
	whole := resource{
		id: "trail", title: title, needs: needs,
		why: []string{"164.312(b)", "164.308(a)(1)(ii)(D)"},
		read: func(o *observer, st *state.State) {
			o.trailTags(st)
			for _, each := range attributes {
				each.read(o, st)
			}
		},
		facts: func(st *state.State) []fact {
			facts := []fact{st.Trail}
			if st.Trail.Absent() {
				return facts
			}
			facts = append(facts, st.TrailTags)
			if _, unknown := st.TrailTags.Problem(); unknown || ours(st) {
				return facts
			}
			for _, each := range attributes {
				facts = append(facts, each.fact(st))
			}
			return facts
		},
		stuck: func(st *state.State) *Block {
			have, ok := st.Trail.Value()
			if !ok || have.HomeRegion == s.Region || have.HomeRegion == "" {
				return nil
			}
			return &Block{
				Reason: fmt.Sprintf("%s belongs to region %s, but the practice's region is %s", title, have.HomeRegion, s.Region),
				Next:   "delete it there, or declare region " + have.HomeRegion,
			}
		},
		diff: func(st *state.State) *change {
			if ours(st) {
				return nil
			}
			if st.Trail.Absent() {
				return &change{
					op: Create, summary: "all regions, including reads of records", risk: Reversible, undo: "delete the trail; the logs stay",
					after: "into " + desired.Bucket + "/" + desired.Prefix + "; every region; signed log files; " + selectorWords(desiredSelectors(s)),
				}
			}
			return adoptAttributes(s, "a trail with this name exists that Claria did not create", attributes, st)
		},
		write: func(ctx context.Context, w *writer) (string, error) { return "", w.makeTrail(ctx, desired, attributes) },
	}
	tags := func(st *state.State) fact { return st.TrailTags }
	return withAttributes(whole, attributes, tags, ours, func(p attribute, o *observer, st *state.State) {
		o.trailTags(st)
		p.read(o, st)
	})
}

func (w *writer) makeTrail(ctx context.Context, desired state.Trail, attributes []attribute) error {
	tag := []types.Tag{{Key: new(state.SystemTag), Value: new(w.settings.SystemName())}}
	if w.have.Trail.Absent() {
		err := w.create(ctx, "cloudtrail:CreateTrail", desired.Name, nil, isThere, func() error {
			_, err := aws.CloudTrail(w.account).CreateTrail(ctx, &cloudtrail.CreateTrailInput{
				Name: &desired.Name, S3BucketName: &desired.Bucket, S3KeyPrefix: &desired.Prefix,
				IsMultiRegionTrail: &desired.MultiRegion, IncludeGlobalServiceEvents: &desired.GlobalServices,
				EnableLogFileValidation: &desired.Validation, TagsList: tag, KmsKeyId: trailKey(desired),
			})
			return err
		})
		if err != nil {
			return err
		}
	} else {
		_, err := aws.CloudTrail(w.account).AddTags(ctx, &cloudtrail.AddTagsInput{ResourceId: &desired.ARN, TagsList: tag})
		if err != nil {
			return aws.Wrap(err, "cloudtrail:AddTags", desired.Name)
		}
	}
	fresh := newState(w.settings)
	o := newObserver(ctx, w.account, w.settings)
	for _, each := range attributes {
		each.read(o, &fresh)
	}
	o.wait()
	for _, each := range attributes {
		if p, unknown := each.fact(&fresh).Problem(); unknown {
			return problemError(p, desired.Name)
		}
		if each.diff(&fresh) == nil {
			continue
		}
		if err := each.write(ctx, w, &fresh); err != nil {
			return err
		}
	}
	return nil
}

// trailWords are the declared settings that differ; empty if none does.
func trailWords(have, want state.Trail) (before, after string) {
	var b, a []string
	for _, f := range []struct{ name, have, want string }{
		{"bucket", have.Bucket, want.Bucket},
		{"prefix", have.Prefix, want.Prefix},
		{"every region", onOff(have.MultiRegion), onOff(want.MultiRegion)},
		{"global services", onOff(have.GlobalServices), onOff(want.GlobalServices)},
		{"log file validation", onOff(have.Validation), onOff(want.Validation)},
		{"key", have.Key, cmp.Or(want.Key, have.Key)},
	} {
		if f.have != f.want {
			if f.have == "" {
				f.have = "none"
			}
			b, a = append(b, f.name+" "+f.have), append(a, f.name+" "+f.want)
		}
	}
	return strings.Join(b, ", "), strings.Join(a, ", ")
}

// mergeSelectors is what the trail should record: our selectors, plus those that others
// added unless ours include them. It removes the audit bucket from others' selectors,
// because each log file there would cause another event.
func mergeSelectors(s state.Settings, have []state.Selector) (merged []state.Selector, changed bool) {
	records, audit := state.BucketARN(state.DataBucketName(s))+"/", state.BucketARN(state.AuditBucketName(s))+"/"
	var management, data, loops bool
	merged = desiredSelectors(s)
	for _, sel := range have {
		if sel.Category() == "Management" {
			management = management || len(sel.Fields) == 1
			continue // ours records every management event
		}
		if sel.Objects() {
			data = data || sel.AllUnder(records)
			if sel.OnlyUnder(records) {
				continue
			}
			if sel.AnyUnder(audit) {
				loops = true
				if sel.OnlyUnder(audit) {
					continue
				}
				sel = sel.Without(audit)
			}
		}
		merged = append(merged, sel)
	}
	return merged, !management || !data || loops
}

func selectorWire(selectors []state.Selector) []types.AdvancedEventSelector {
	var out []types.AdvancedEventSelector
	for _, sel := range selectors {
		wire := types.AdvancedEventSelector{Name: &sel.Name}
		for _, f := range sel.Fields {
			wire.FieldSelectors = append(wire.FieldSelectors, types.AdvancedFieldSelector{
				Field: &f.Field, Equals: f.Equals, NotEquals: f.NotEquals, StartsWith: f.StartsWith,
				NotStartsWith: f.NotStartsWith, EndsWith: f.EndsWith, NotEndsWith: f.NotEndsWith,
			})
		}
		out = append(out, wire)
	}
	return out
}

func selectorWords(selectors []state.Selector) string {
	var words []string
	for _, sel := range selectors {
		var fields []string
		for _, f := range sel.Fields {
			for _, c := range []struct {
				word   string
				values []string
			}{
				{"is", f.Equals},
				{"is not", f.NotEquals},
				{"begins with", f.StartsWith},
				{"does not begin with", f.NotStartsWith},
				{"ends with", f.EndsWith},
				{"does not end with", f.NotEndsWith},
			} {
				if len(c.values) > 0 {
					fields = append(fields, f.Field+" "+c.word+" "+strings.Join(c.values, " or "))
				}
			}
		}
		words = append(words, sel.Name+" ("+strings.Join(fields, ", ")+")")
	}
	return strings.Join(words, "; ")
}
