package provision

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"claria/aws"
	"claria/provision/state"
)

// desiredInventory fills in what Inventory should be.
func desiredInventory(s state.Settings, snapshot *state.State) {
	snapshot.Inventory = state.Inventory{
		Buckets: state.Known([]state.OtherBucket{}),
		Logging: state.Absent[state.AccessLog](), Replication: state.Absent[[]state.Replication](),
		Targets: state.Known([]string{}), AccessPoints: state.Known([]state.AccessPoint{}), MultiRegion: state.Known([]state.AccessPoint{}),
		Insights: state.Absent[[]string](),
	}
	if s.Strict {
		desiredKey(s, snapshot)
	}
}

// inventoryResources are what a plan can change about Inventory, except the encryption
// key: the buckets need it, so it comes before them (kmsResources).
func inventoryResources(_ state.Settings, want *state.State) []resource {
	kinds, wanted := want.Inventory.Insights.Value()
	if !wanted {
		return nil
	}
	trail, _ := want.Trail.Value()
	missing := func(st *state.State) (have, after []string) {
		have, _ = st.Inventory.Insights.Value()
		after = slices.Clone(have)
		for _, kind := range kinds {
			if !slices.Contains(have, kind) {
				after = append(after, kind)
			}
		}
		return have, after
	}
	return []resource{{
		id: "trail-insights", title: "insights of trail " + trail.Name, controls: []string{"CT-12"}, why: []string{"164.308(a)(1)(ii)(D)"},
		needs: []string{"trail", "trail/selectors"},
		read:  (*observer).insights,
		facts: func(st *state.State) []fact { return []fact{st.Inventory.Insights} },
		diff: func(st *state.State) *change {
			have, after := missing(st)
			if len(have) == len(after) {
				return nil
			}
			before := "off"
			if len(have) > 0 {
				before = strings.Join(have, ", ")
			}
			return &change{
				op: Change, summary: "detects unusual activity; $0.35 per 100,000 events", before: before, after: strings.Join(after, ", "),
				risk: Reversible, undo: "set it back to: " + before,
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			_, after := missing(w.have)
			var selectors []types.InsightSelector
			for _, kind := range after {
				selectors = append(selectors, types.InsightSelector{InsightType: types.InsightType(kind)})
			}
			_, err := aws.CloudTrail(w.account).PutInsightSelectors(ctx, &cloudtrail.PutInsightSelectorsInput{
				TrailName: &trail.ARN, InsightSelectors: selectors,
			})
			return "", aws.Wrap(err, "cloudtrail:PutInsightSelectors", trail.Name)
		},
	}}
}
