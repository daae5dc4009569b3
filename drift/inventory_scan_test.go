package drift_test

import (
	"context"
	"slices"
	"testing"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/provision"
	"claria/provision/state"
)

// TestAStrictScanOfAStrictSetUp checks what the strict profile promises for storage,
// keys and trail: after its set-up nothing fails that set-up can fix.
func TestAStrictScanOfAStrictSetUp(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	practice, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = practice.Close() })
	environ := practice.Environ()
	owner := open(ctx, t, practice, aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}, false)
	strict := settings
	strict.Strict = true
	observed, err := provision.Observe(ctx, owner, strict)
	if err != nil {
		t.Fatal(err)
	}
	plan := provision.MakePlan(observed, provision.Desired(strict), strict)
	plan.Steps = slices.DeleteFunc(plan.Steps, func(s provision.Step) bool {
		return s.ID == "root-key" || slices.Contains(s.Control, "IAM-06") // a second factor needs a person
	})
	keys := aws.NewMemoryKeyring()
	for _, err := range provision.Apply(ctx, owner, plan, provision.Approval{Keyring: keys, Prove: func(ctx context.Context, key aws.Key) (*aws.Account, error) {
		return open(ctx, t, practice, key, false), nil
	}}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := keys.Load(state.AuditorUser)
	if err != nil {
		t.Fatal(err)
	}
	result, err := drift.Scan(ctx, open(ctx, t, practice, key, true), strict, drift.Options{Set: catalogue.Strict})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Report.Controls {
		ours := slices.Contains([]string{"Storage", "Keys", "Audit trail"}, f.Family)
		if ours && (f.Status == catalogue.Fail && f.ID != "CT-08" || f.Status == catalogue.Unknown || f.Status == catalogue.NotApplicable && f.ID != "S3-20") {
			t.Errorf("%s %s: %s %s", f.ID, f.Status, f.Observed, f.Reason)
		}
	}
}
