package drift_test

import (
	"context"
	"slices"
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

var settings = state.Settings{Account: sandbox.AccountID, System: "claria", Region: "us-east-1"}

func open(ctx context.Context, t *testing.T, practice *sandbox.Account, key aws.Key, readOnly bool) *aws.Account {
	t.Helper()
	account, err := aws.Open(ctx, aws.Options{
		Region: settings.Region, Client: practice.Client(), Source: aws.Source{Kind: aws.FromKey, Key: key}, ReadOnly: readOnly,
		LookupEnv: func(string) (string, bool) { return "", false }, Attempts: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// settled returns a demo account after set-up, and the auditor's
// read-only view of it.
func settled(t *testing.T) (*sandbox.Account, *aws.Account) {
	t.Helper()
	ctx := t.Context()
	practice, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = practice.Close() })
	environ := practice.Environ()
	root := aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}
	owner := open(ctx, t, practice, root, false)
	observed, err := provision.Observe(ctx, owner, settings)
	if err != nil {
		t.Fatal(err)
	}
	keys := aws.NewMemoryKeyring()
	phone := provision.NewAuthenticator(time.Now)
	approval := provision.Approval{
		Keyring: keys, StartedFromRootKey: root.ID,
		Prove: func(ctx context.Context, key aws.Key) (*aws.Account, error) {
			return open(ctx, t, practice, key, false), nil
		},
		SecondFactor: phone.Enrol, Code: phone.Code,
	}
	for _, err := range provision.Apply(ctx, owner, provision.MakePlan(observed, provision.Desired(settings), settings), approval) {
		if err != nil {
			t.Fatal(err)
		}
	}
	auditor, err := keys.Load(state.AuditorUser)
	if err != nil {
		t.Fatal(err)
	}
	return practice, open(ctx, t, practice, auditor, true)
}

func scan(t *testing.T, account *aws.Account) drift.Report {
	t.Helper()
	result, err := drift.Scan(t.Context(), account, settings, drift.Options{Runs: state.Known([]drift.Run{})})
	if err != nil {
		t.Fatal(err)
	}
	return result.Report
}

// TestAScanOfASettledAccount checks what a check promises: after set-up everything is
// in order, it only reads, and it counts its calls.
func TestAScanOfASettledAccount(t *testing.T) {
	t.Parallel()
	practice, account := settled(t)
	before := len(practice.Calls())
	report := scan(t, account)
	if code := report.Summary.ExitCode(); code != 0 || report.Summary.Pass+report.Summary.NotApplicable+report.Summary.AttestDue != len(report.Controls) {
		for _, f := range report.Controls {
			if f.Status != catalogue.Pass && f.Status != catalogue.NotApplicable && f.Status != catalogue.AttestDue {
				t.Errorf("%s %s: %s", f.ID, f.Status, f.Reason)
			}
		}
	}
	calls := practice.Calls()[before:]
	if report.APICalls != int64(len(calls)) || report.Schema != 1 || report.Account != settings.Account || report.Set != catalogue.Core {
		t.Errorf("%d calls were made; the report is %+v", len(calls), report)
	}
	for _, c := range calls {
		verb := slices.ContainsFunc([]string{"Get", "List", "Head", "Describe", "Lookup", "GenerateCredentialReport"}, func(verb string) bool { return strings.HasPrefix(c.Operation, verb) })
		if c.Write || !verb {
			t.Errorf("a scan called %s %s", c.Service, c.Operation)
		}
	}
}

// TestWhatIsMendedAutomaticallyIsInThePlan checks the remedy that the catalogue
// names: the plan for an empty account has a step for each such control.
func TestWhatIsMendedAutomaticallyIsInThePlan(t *testing.T) {
	t.Parallel()
	practice, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = practice.Close() })
	environ := practice.Environ()
	account := open(t.Context(), t, practice, aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}, true)
	observed, err := provision.Observe(t.Context(), account, settings)
	if err != nil {
		t.Fatal(err)
	}
	plan := provision.MakePlan(observed, provision.Desired(settings), settings)
	controls, err := catalogue.Controls(catalogue.Core)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range controls {
		if c.Remedy == catalogue.Automatic && plan.Only(c.ID).Empty() && !slices.Contains([]string{"BDR-06", "BDR-07", "IAM-13", "IAM-18"}, c.ID) && // nothing to turn off or replace in an empty account
			!strings.HasPrefix(c.ID, "KMS-") { // a key of one's own is the strict profile's
			t.Errorf("%s is said to be mended automatically, but no step does", c.ID)
		}
	}
}

// informs lists the reads that no control needs: only the plan uses them. Without
// sts:GetCallerIdentity, which nobody can be refused, a scan does not begin.
var informs = []string{
	"s3:GetBucketTagging", "s3:GetBucketNotification", "s3:GetBucketWebsite", "s3:GetBucketCORS",
	"iam:GetRole", "iam:GetPolicy", "cloudtrail:ListTags",
	"s3:GetBucketLogging", // the trail records the same
	"bedrock:GetUseCaseForModelAccess", "sts:GetCallerIdentity",
	"bedrock:GetFoundationModel",                                    // the region's list says the same
	"bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles", // a plan chooses from them
	"organizations:DescribeEffectivePolicy", // in an account without an organisation
}

// TestDenyingEachReadIsNeverAPass refuses each action of a scan in turn, on
// the wire: some control becomes unknown, none fails, and the exit code is not 0.
func TestDenyingEachReadIsNeverAPass(t *testing.T) {
	t.Parallel()
	practice, account := settled(t)
	before := len(practice.Calls())
	scan(t, account)
	var actions []string
	for _, c := range practice.Calls()[before:] {
		actions = append(actions, c.Action)
	}
	slices.Sort(actions)
	for _, action := range slices.Compact(actions) {
		if slices.Contains(informs, action) {
			continue
		}
		t.Run(action, func(t *testing.T) {
			if err := practice.Inject("deny=" + action); err != nil {
				t.Fatal(err)
			}
			defer practice.Clear()
			report := scan(t, account)
			if report.Summary.ExitCode() != 1 || report.Summary.Fail != 0 || report.Summary.Unknown == 0 {
				t.Errorf("exit %d, %+v", report.Summary.ExitCode(), report.Summary)
			}
			for _, f := range report.Controls {
				if f.Status == catalogue.Fail {
					t.Errorf("%s fails: %s", f.ID, f.Reason)
				}
				if f.Status == catalogue.Unknown && !strings.Contains(f.Reason, "not allowed") {
					t.Errorf("%s does not say that it was refused: %s", f.ID, f.Reason)
				}
			}
		})
	}
}
