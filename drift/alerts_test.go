package drift_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/provision"
	"claria/provision/state"
)

// TestAlarmsOnTheWire turns on alerts in an account that was set up, confirms the
// address, and checks everything as the auditor: the wire decides, not
// values that a test made up.
func TestAlarmsOnTheWire(t *testing.T) {
	t.Parallel()
	practice, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = practice.Close() })
	environ := practice.Environ()
	owner := open(t.Context(), t, practice, aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}, false)
	keys, phone := aws.NewMemoryKeyring(), provision.NewAuthenticator(time.Now)
	// Set-up by the owner, who keeps the root key here.
	setUp := func(settings state.Settings) {
		t.Helper()
		observed, err := provision.Observe(t.Context(), owner, settings)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range provision.Apply(t.Context(), owner, provision.MakePlan(observed, provision.Desired(settings), settings), provision.Approval{
			Keyring: keys, SecondFactor: phone.Enrol, Code: phone.Code,
			Prove: func(ctx context.Context, key aws.Key) (*aws.Account, error) {
				return open(ctx, t, practice, key, false), nil
			},
		}) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	setUp(settings)
	key, err := keys.Load(state.AuditorUser)
	if err != nil {
		t.Fatal(err)
	}
	auditor, asked := open(t.Context(), t, practice, key, true), settings
	asked.Alerts = "office@example.org"
	look := func() map[string]drift.Finding {
		t.Helper()
		result, err := drift.Scan(t.Context(), auditor, asked, drift.Options{Set: catalogue.Strict, Runs: state.Known([]drift.Run{})})
		if err != nil {
			t.Fatal(err)
		}
		findings := map[string]drift.Finding{}
		for _, f := range result.Report.Controls {
			findings[f.ID] = f
			if f.Status == catalogue.Unknown && (f.Family == "Monitoring" || f.Family == "AI and transcription") {
				t.Errorf("%s is unknown: %s", f.ID, f.Reason)
			}
		}
		return findings
	}
	before := look()
	for id, want := range map[string]catalogue.Status{
		"MON-01": catalogue.Fail, "MON-03": catalogue.NotApplicable, "MON-04": catalogue.Pass, "MON-05": catalogue.Pass, "MON-06": catalogue.Fail,
		"MON-07": catalogue.NotApplicable, "MON-08": catalogue.Fail, "MON-17": catalogue.NotApplicable, "MON-18": catalogue.Fail, "MON-19": catalogue.Fail,
		"BDR-02": catalogue.Pass, "BDR-03": catalogue.Pass, "BDR-06": catalogue.Pass, "BDR-08": catalogue.Fail, "BDR-09": catalogue.Pass, "BDR-10": catalogue.Pass,
		"TRN-02": catalogue.NotApplicable, "TRN-03": catalogue.Pass, "TRN-04": catalogue.Pass, "TRN-05": catalogue.Pass, "TRN-06": catalogue.AttestDue,
	} {
		if before[id].Status != want {
			t.Errorf("%s is %s, want %s: %s %s", id, before[id].Status, want, before[id].Observed, before[id].Reason)
		}
	}

	setUp(asked)
	waiting := look()
	if f := waiting["MON-06"]; f.Status != catalogue.Fail || !strings.Contains(f.Reason, "is not confirmed") {
		t.Errorf("an unconfirmed address is %s: %s", f.Status, f.Reason)
	}
	practice.ConfirmSubscriptions()
	after := look()
	for _, id := range []string{"MON-06", "MON-07", "MON-08", "MON-09", "MON-10", "MON-11", "MON-12", "MON-13", "MON-14", "MON-15", "MON-16"} {
		if after[id].Status != catalogue.Pass {
			t.Errorf("%s is %s: %s", id, after[id].Status, after[id].Reason)
		}
	}
}
