package drift

import (
	"testing"

	"claria/drift/catalogue"
	"claria/provision"
	"claria/provision/state"
)

func TestCompareTellsWhatChanged(t *testing.T) {
	t.Parallel()
	controls, err := catalogue.Controls(catalogue.Core)
	if err != nil {
		t.Fatal(err)
	}
	report := func(s state.State) Report {
		findings := Judge(s, provision.Desired(settings()), settings(), facts(), controls)
		return Report{Account: account, Set: catalogue.Core, Controls: findings, Summary: Summarize(findings)}
	}
	drifted := good()
	drifted.DataBucket.Versioning = state.Known("Suspended")
	drifted.Retention = state.Unknown[string](denied("bedrock:GetAccountDataRetention"))
	before, after := report(good()), report(drifted)
	if before.Summary.ExitCode() != 0 || after.Summary.ExitCode() != 2 || after.Summary.Unknown != 1 || after.Summary.Fail != 1 {
		t.Errorf("%+v then %+v", before.Summary, after.Summary)
	}
	changes := Compare(before, after)
	// A failing control also needs an owner and a date in the risk management plan.
	if len(changes) != 3 || changes[0].ID != "S3-11" || *changes[0].After != catalogue.Fail || changes[0].Is != "versioning suspended" || !changes[0].Worse() ||
		changes[1].ID != "BDR-01" || *changes[1].After != catalogue.Unknown || changes[2].ID != "ADM-02" || changes[2].Worse() {
		t.Errorf("%+v", changes)
	}
	back := Compare(after, before)
	if len(back) != 3 || back[0].Worse() || *back[0].After != catalogue.Pass {
		t.Errorf("%+v", back)
	}
	if again := Compare(after, after); len(again) != 0 {
		t.Errorf("nothing changed, but %+v", again)
	}
	fewer := after
	fewer.Controls = after.Controls[1:]
	if gone := Compare(after, fewer); len(gone) != 1 || gone[0].After != nil || gone[0].ID != after.Controls[0].ID {
		t.Errorf("%+v", gone)
	}
}
