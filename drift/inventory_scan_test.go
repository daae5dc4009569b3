package drift_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

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

// TestALargeAccountIsReadWhole checks that the last of many buckets and users is judged.
func TestALargeAccountIsReadWhole(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	practice, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = practice.Close() })
	environ := practice.Environ()
	root := open(ctx, t, practice, aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}, false)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	last := ""
	for i := range 1000 {
		last = fmt.Sprintf("person-%04d", i)
		_, err := aws.IAM(root).CreateUser(ctx, &iam.CreateUserInput{UserName: &last})
		must(err)
	}
	_, err = aws.IAM(root).AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{
		UserName: &last, PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess"),
	})
	must(err)
	_, err = aws.IAM(root).CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: &last, Password: new("A-long-passw0rd!")})
	must(err)
	for i := range 200 {
		_, err := aws.S3(root).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: new(fmt.Sprintf("archive-of-%04d", i))})
		must(err)
	}
	report := scan(t, root)
	buckets := finding(t, report, "S3-16")
	if buckets.Status != catalogue.Fail || !strings.HasSuffix(buckets.Reason, "; and 197 more") {
		t.Errorf("200 buckets that take insecure connections: %s %s", buckets.Status, buckets.Reason)
	}
	for _, id := range []string{"IAM-07", "IAM-05"} {
		if f := finding(t, report, id); f.Status != catalogue.Fail || !strings.Contains(f.Observed+f.Reason, last) {
			t.Errorf("%s: %s %s %s", id, f.Status, f.Observed, f.Reason)
		}
	}
}
