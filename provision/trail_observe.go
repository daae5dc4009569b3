package provision

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"claria/aws"
	"claria/provision/state"
)

func (o *observer) trail(s *state.State) {
	ask(o, "cloudtrail:GetTrail", &s.Trail, func(ctx context.Context) (state.Trail, error) {
		out, err := aws.CloudTrail(o.account).GetTrail(ctx, &cloudtrail.GetTrailInput{Name: new(o.settings.TrailARN())})
		if err != nil {
			return state.Trail{}, err
		}
		t := out.Trail
		if t == nil {
			return state.Trail{}, state.ErrIncomplete
		}
		return state.Trail{
			Name: sdk.ToString(t.Name), ARN: sdk.ToString(t.TrailARN), HomeRegion: sdk.ToString(t.HomeRegion),
			Bucket: sdk.ToString(t.S3BucketName), Prefix: sdk.ToString(t.S3KeyPrefix),
			MultiRegion: sdk.ToBool(t.IsMultiRegionTrail), GlobalServices: sdk.ToBool(t.IncludeGlobalServiceEvents),
			Validation: sdk.ToBool(t.LogFileValidationEnabled), Key: sdk.ToString(t.KmsKeyId),
			LogGroup:     sdk.ToString(t.CloudWatchLogsLogGroupArn),
			Organization: sdk.ToBool(t.IsOrganizationTrail),
		}, nil
	})
}

func (o *observer) trailStatus(s *state.State) {
	ask(o, "cloudtrail:GetTrailStatus", &s.TrailStatus, func(ctx context.Context) (state.TrailStatus, error) {
		out, err := aws.CloudTrail(o.account).GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: new(o.settings.TrailARN())})
		if err != nil {
			return state.TrailStatus{}, err
		}
		return state.TrailStatus{
			Logging: sdk.ToBool(out.IsLogging), LatestDelivery: sdk.ToTime(out.LatestDeliveryTime),
			LatestDeliveryError: sdk.ToString(out.LatestDeliveryError), LatestDigestError: sdk.ToString(out.LatestDigestDeliveryError),
			LatestForward: sdk.ToTime(out.LatestCloudWatchLogsDeliveryTime), LatestForwardError: sdk.ToString(out.LatestCloudWatchLogsDeliveryError),
			Started: sdk.ToTime(out.StartLoggingTime),
		}, nil
	})
}

func (o *observer) trailTags(s *state.State) {
	ask(o, "cloudtrail:ListTags", &s.TrailTags, func(ctx context.Context) (map[string]string, error) {
		out, err := aws.CloudTrail(o.account).ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{o.settings.TrailARN()}})
		if err != nil {
			return nil, err
		}
		tags := map[string]string{}
		for _, r := range out.ResourceTagList {
			for _, t := range r.TagsList {
				tags[sdk.ToString(t.Key)] = sdk.ToString(t.Value)
			}
		}
		return tags, nil
	})
}

func (o *observer) trailSelectors(s *state.State) {
	ask(o, "cloudtrail:GetEventSelectors", &s.TrailSelectors, func(ctx context.Context) (state.TrailSelectors, error) {
		out, err := aws.CloudTrail(o.account).GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: new(o.settings.TrailARN())})
		if err != nil {
			return state.TrailSelectors{}, err
		}
		return reduceSelectors(out.EventSelectors, out.AdvancedEventSelectors), nil
	})
}

// advanced converts a basic selector: one advanced selector for management events and one
// for each type of data event (CloudTrail user guide, "Converting basic event selectors to
// advanced event selectors").
func advanced(basic types.EventSelector) []state.Selector {
	var half []state.SelectorField // reads or writes only
	switch basic.ReadWriteType {
	case types.ReadWriteTypeReadOnly:
		half = []state.SelectorField{{Field: "readOnly", Equals: []string{"true"}}}
	case types.ReadWriteTypeWriteOnly:
		half = []state.SelectorField{{Field: "readOnly", Equals: []string{"false"}}}
	}
	var selectors []state.Selector
	// IncludeManagementEvents defaults to true.
	if basic.IncludeManagementEvents == nil || *basic.IncludeManagementEvents {
		fields := append([]state.SelectorField{{Field: "eventCategory", Equals: []string{"Management"}}}, half...)
		if len(basic.ExcludeManagementEventSources) > 0 {
			fields = append(fields, state.SelectorField{Field: "eventSource", NotEquals: basic.ExcludeManagementEventSources})
		}
		selectors = append(selectors, state.Selector{Name: "Management events", Fields: fields})
	}
	for _, data := range basic.DataResources {
		kind := sdk.ToString(data.Type)
		fields := append([]state.SelectorField{
			{Field: "eventCategory", Equals: []string{"Data"}},
			{Field: "resources.type", Equals: []string{kind}},
		}, half...)
		if !everyResource(data.Values) {
			fields = append(fields, state.SelectorField{Field: "resources.ARN", StartsWith: data.Values})
		}
		selectors = append(selectors, state.Selector{Name: kind, Fields: fields})
	}
	return selectors
}

// everyResource reports whether a basic selector's values match every resource of their
// type: "arn:aws:s3", "arn:aws:s3:::" or "arn:aws:lambda".
func everyResource(values []string) bool {
	for _, v := range values {
		if strings.Count(strings.TrimRight(v, ":"), ":") <= 2 {
			return true
		}
	}
	return false
}
