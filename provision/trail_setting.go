package provision

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"claria/aws"
	"claria/provision/state"
)

// trailKept are the settings that the step trail/settings writes.
type trailKept struct {
	Bucket         string `json:"bucket"`
	Prefix         string `json:"prefix"`
	MultiRegion    bool   `json:"multi_region"`
	GlobalServices bool   `json:"global_services"`
	Validation     bool   `json:"validation"`
	Key            string `json:"key"` // empty: none
}

// selectorsKept are the trail's selectors as CloudTrail returns them, in one of two forms.
type selectorsKept struct {
	Basic    []types.EventSelector         `json:",omitempty"`
	Advanced []types.AdvancedEventSelector `json:",omitempty"`
}

func trailSettings(want *state.State) map[string]*setting {
	desired, _ := want.Trail.Value()
	wrap := func(err error, operation string) error { return aws.Wrap(err, "cloudtrail:"+operation, desired.Name) }
	return map[string]*setting{
		"trail/settings": keep(whole[trailKept]{
			of: func(st *state.State) state.Reading[trailKept] {
				return state.Derive(st.Trail, func(t state.Trail) trailKept {
					return trailKept{t.Bucket, t.Prefix, t.MultiRegion, t.GlobalServices, t.Validation, t.Key}
				})
			},
			see: func(st *state.State, r state.Reading[trailKept]) {
				k, _ := r.Value()
				st.Trail = state.Derive(st.Trail, func(t state.Trail) state.Trail {
					t.Bucket, t.Prefix, t.Key = k.Bucket, k.Prefix, k.Key
					t.MultiRegion, t.GlobalServices, t.Validation = k.MultiRegion, k.GlobalServices, k.Validation
					return t
				})
			},
			put: func(ctx context.Context, w *writer, k trailKept) error {
				_, err := aws.CloudTrail(w.account).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
					Name: &desired.ARN, S3BucketName: &k.Bucket, S3KeyPrefix: &k.Prefix, IsMultiRegionTrail: &k.MultiRegion,
					IncludeGlobalServiceEvents: &k.GlobalServices, EnableLogFileValidation: &k.Validation, KmsKeyId: &k.Key,
				})
				return wrap(err, "UpdateTrail")
			},
		}),
		"trail/selectors": keep(whole[selectorsKept]{
			operation: "cloudtrail:GetEventSelectors",
			ask: func(ctx context.Context, o *observer) (selectorsKept, error) {
				out, err := aws.CloudTrail(o.account).GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: new(o.settings.TrailARN())})
				if err != nil {
					return selectorsKept{}, err
				}
				return selectorsKept{out.EventSelectors, out.AdvancedEventSelectors}, nil
			},
			see: func(st *state.State, r state.Reading[selectorsKept]) {
				st.TrailSelectors = state.Derive(r, func(k selectorsKept) state.TrailSelectors { return reduceSelectors(k.Basic, k.Advanced) })
			},
			put: func(ctx context.Context, w *writer, k selectorsKept) error {
				_, err := aws.CloudTrail(w.account).PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{
					TrailName: &desired.ARN, EventSelectors: k.Basic, AdvancedEventSelectors: k.Advanced,
				})
				return wrap(err, "PutEventSelectors")
			},
		}),
		"trail/logging": keep(whole[bool]{
			of: func(st *state.State) state.Reading[bool] {
				return state.Derive(st.TrailStatus, func(t state.TrailStatus) bool { return t.Logging })
			},
			see: func(st *state.State, r state.Reading[bool]) {
				st.TrailStatus = state.Derive(st.TrailStatus, func(t state.TrailStatus) state.TrailStatus { t.Logging, _ = r.Value(); return t })
			},
			put: func(ctx context.Context, w *writer, on bool) error {
				if !on {
					_, err := aws.CloudTrail(w.account).StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: &desired.ARN})
					return wrap(err, "StopLogging")
				}
				_, err := aws.CloudTrail(w.account).StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: &desired.ARN})
				return wrap(err, "StartLogging")
			},
			admin: func(st *state.State) string {
				if status, _ := st.TrailStatus.Value(); status.Logging {
					return ""
				}
				return "none of Claria's identities may stop the trail"
			},
		}),
		"trail-insights": keep(whole[[]types.InsightSelector]{
			operation: "cloudtrail:GetInsightSelectors",
			ask: func(ctx context.Context, o *observer) ([]types.InsightSelector, error) {
				out, err := aws.CloudTrail(o.account).GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{
					TrailName: new(o.settings.TrailARN()),
				})
				switch {
				case err != nil:
					return nil, err
				case len(out.InsightSelectors) == 0:
					return nil, state.ErrNone
				}
				return out.InsightSelectors, nil
			},
			see: func(st *state.State, r state.Reading[[]types.InsightSelector]) {
				st.Inventory.Insights = state.Derive(r, func(all []types.InsightSelector) []string {
					kinds := []string{}
					for _, selector := range all {
						kinds = append(kinds, string(selector.InsightType))
					}
					return kinds
				})
			},
			put: func(ctx context.Context, w *writer, all []types.InsightSelector) error {
				_, err := aws.CloudTrail(w.account).PutInsightSelectors(ctx, &cloudtrail.PutInsightSelectorsInput{
					TrailName: &desired.ARN, InsightSelectors: all,
				})
				return wrap(err, "PutInsightSelectors")
			},
			drop: func(ctx context.Context, w *writer) error { // an empty list turns it off
				_, err := aws.CloudTrail(w.account).PutInsightSelectors(ctx, &cloudtrail.PutInsightSelectorsInput{
					TrailName: &desired.ARN, InsightSelectors: []types.InsightSelector{},
				})
				return wrap(err, "PutInsightSelectors")
			},
		}),
	}
}

// reduceSelectors is what a trail records, as advanced selectors.
func reduceSelectors(basic []types.EventSelector, more []types.AdvancedEventSelector) state.TrailSelectors {
	selectors := state.TrailSelectors{Basic: len(basic) > 0, Advanced: []state.Selector{}}
	for _, b := range basic {
		selectors.Advanced = append(selectors.Advanced, advanced(b)...)
	}
	for _, a := range more {
		selector := state.Selector{Name: sdk.ToString(a.Name)}
		for _, f := range a.FieldSelectors {
			selector.Fields = append(selector.Fields, state.SelectorField{
				Field: sdk.ToString(f.Field), Equals: f.Equals, NotEquals: f.NotEquals, StartsWith: f.StartsWith,
				NotStartsWith: f.NotStartsWith, EndsWith: f.EndsWith, NotEndsWith: f.NotEndsWith,
			})
		}
		selectors.Advanced = append(selectors.Advanced, selector)
	}
	return selectors
}
