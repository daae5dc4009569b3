package drift_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/provision"
	"claria/provision/state"
)

// TestAnotherIdentitysChangeIsNamedAndMended is the promise of the watch: someone
// else changes a setting with another program; within one rescan the drift, the
// actor, the time and the address are shown, and one plan fixes it.
func TestAnotherIdentitysChangeIsNamedAndMended(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	practice, auditor, root := watched(t)
	first := scanAfter(t, auditor, nil)
	if f := finding(t, first, "S3-05"); f.Status != catalogue.Pass || f.Drift != nil {
		t.Fatalf("before: %+v", f)
	}

	bob := someone(t, practice, root, "bob", "s3:PutBucketPublicAccessBlock")
	data := state.DataBucketName(settings)
	began := time.Now().Truncate(time.Second)
	if _, err := bob.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &data, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: new(true)}}); err != nil {
		t.Fatal(err)
	}

	second := scanAfter(t, auditor, &first)
	f := finding(t, second, "S3-05")
	if f.Status != catalogue.Fail || f.Drift == nil || f.Drift.Event == nil {
		t.Fatalf("after: %+v", f)
	}
	e := f.Drift.Event
	if !f.Drift.Since.Equal(first.Started) || f.Drift.Before == f.Drift.After || e.Actor != "user bob" || e.Name != "PutBucketPublicAccessBlock" ||
		e.Address != "127.0.0.1" || e.At.Before(began) || e.At.After(time.Now()) || !strings.HasPrefix(e.Agent, "aws-sdk-go-v2/") || !strings.Contains(e.Key, "…") {
		t.Errorf("the drift is %+v by %+v", f.Drift, e)
	}

	observed, err := provision.Observe(ctx, root, settings)
	if err != nil {
		t.Fatal(err)
	}
	plan := provision.MakePlan(observed, provision.Desired(settings), settings).Only("S3-05")
	if len(plan.Steps) != 1 {
		t.Fatalf("%d steps mend it", len(plan.Steps))
	}
	for _, err := range provision.Apply(ctx, root, plan, provision.Approval{}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if f := finding(t, scanAfter(t, auditor, &second), "S3-05"); f.Status != catalogue.Pass || f.Drift != nil {
		t.Errorf("mended: %+v", f)
	}
}

// watched returns an account after set-up, the auditor's view of it, and that of root, whose key is kept.
func watched(t *testing.T) (practice *sandbox.Account, auditor, root *aws.Account) {
	t.Helper()
	practice, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = practice.Close() })
	environ := practice.Environ()
	root = open(t.Context(), t, practice, aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}, false)
	observed, err := provision.Observe(t.Context(), root, settings)
	if err != nil {
		t.Fatal(err)
	}
	plan := provision.MakePlan(observed, provision.Desired(settings), settings)
	plan.Steps = slices.DeleteFunc(plan.Steps, func(s provision.Step) bool {
		return s.ID == "root-key" || strings.HasPrefix(s.ID, "mfa/") // no person is here
	})
	keys := aws.NewMemoryKeyring()
	approval := provision.Approval{Keyring: keys, Prove: func(ctx context.Context, key aws.Key) (*aws.Account, error) {
		return open(ctx, t, practice, key, false), nil
	}}
	for _, err := range provision.Apply(t.Context(), root, plan, approval) {
		if err != nil {
			t.Fatal(err)
		}
	}
	key, err := keys.Load(state.AuditorUser)
	if err != nil {
		t.Fatal(err)
	}
	return practice, open(t.Context(), t, practice, key, true), root
}

// someone is another person with another program: a plain client of AWS's SDK with
// the key of a new user who may do one thing.
func someone(t *testing.T, practice *sandbox.Account, root *aws.Account, name, action string) *s3.Client {
	t.Helper()
	ctx, users := t.Context(), aws.IAM(root)
	if _, err := users.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatal(err)
	}
	if _, err := users.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: &name, PolicyName: new("own"), PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"*"}]}`),
	}); err != nil {
		t.Fatal(err)
	}
	made, err := users.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return s3.NewFromConfig(sdk.Config{
		Region: settings.Region, HTTPClient: practice.Client(),
		Credentials: credentials.NewStaticCredentialsProvider(*made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey, ""),
	})
}

func scanAfter(t *testing.T, account *aws.Account, previous *drift.Report) drift.Report {
	t.Helper()
	result, err := drift.Scan(t.Context(), account, settings, drift.Options{Previous: previous})
	if err != nil {
		t.Fatal(err)
	}
	return result.Report
}

func finding(t *testing.T, r drift.Report, id string) drift.Finding {
	t.Helper()
	for _, f := range r.Controls {
		if f.ID == id {
			return f
		}
	}
	t.Fatalf("%s was not judged", id)
	return drift.Finding{}
}
