package provision_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// A scan takes as long as its longest chain of reads, however many reads there are.
func TestObserveIsConcurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testObserveIsConcurrent)
}

func testObserveIsConcurrent(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	p.settle()
	key, _ := p.keys.Load(state.AdminUser)
	const latency = 300 * time.Millisecond
	if err := p.sandbox.Inject("delay=*,for=" + latency.String()); err != nil {
		t.Fatal(err)
	}
	account := p.open(key)
	start := time.Now()
	p.observe(account)
	if took := time.Since(start); took > 5*latency+200*time.Millisecond {
		t.Errorf("%v for %d calls of %v each", took, account.Calls(), latency)
	}
}

// A credential of another account is refused, before and after the scan.
func TestForeignAccount(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	other := settings()
	other.Account = "999988887777"
	_, err := provision.Observe(t.Context(), p.root(), other)
	if _, ok := errors.AsType[*provision.ForeignError](err); !ok || !strings.Contains(err.Error(), "999988887777") {
		t.Errorf("observe: %v", err)
	}
	if plan := provision.MakePlan(p.observe(p.root()), provision.Desired(other), other); plan.Blocked == nil || !plan.Empty() {
		t.Errorf("plan %v, blocked %v", ids(plan), plan.Blocked)
	}
	elsewhere := settings()
	elsewhere.Region = "eu-west-1"
	if plan := provision.MakePlan(p.observe(p.root()), provision.Desired(elsewhere), elsewhere); plan.Blocked == nil || !plan.Empty() {
		t.Errorf("plan %v, blocked %v", ids(plan), plan.Blocked)
	}
}

// A scan without a network or a credential fails at once and says so.
func TestObserveCannotBegin(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{Faults: []string{"drop=*"}})
	_, err := provision.Observe(t.Context(), p.root(), settings())
	if aws.KindOf(err) != aws.Offline || !strings.Contains(err.Error(), "did not say whom this credential belongs to") {
		t.Errorf("offline: %v", err)
	}
	q := newPractice(t, sandbox.Options{})
	_, err = provision.Observe(t.Context(), q.open(aws.Key{ID: "AKIAXXXXXXXXXXXXXXXX", Secret: "x"}), settings())
	if aws.KindOf(err) != aws.Denied {
		t.Errorf("an unknown key: %v", err)
	}
}

// A bucket with our name in another region is neither judged nor created again.
func TestBucketElsewhere(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.root()
	data := state.DataBucketName(settings())
	elsewhere, err := aws.Open(t.Context(), aws.Options{
		Region: "eu-west-1", Client: p.sandbox.Client(), Source: aws.Source{Kind: aws.FromKey, Key: p.rootKey()},
		LookupEnv: func(string) (string, bool) { return "", false },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := aws.S3(elsewhere).CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: &data, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"},
	}); err != nil {
		t.Fatal(err)
	}
	state := p.observe(root)
	if region, ok := state.DataBucket.Region.Value(); !ok || region != "eu-west-1" {
		t.Errorf("region %+v", state.DataBucket.Region)
	}
	plan := p.plan(root)
	for _, id := range ids(plan) {
		if strings.HasPrefix(id, "data-bucket") {
			t.Errorf("planned %s", id)
		}
	}
	if len(plan.Unknown) == 0 || !strings.Contains(plan.Unknown[0].Reason, "eu-west-1") {
		t.Errorf("unknown %+v", plan.Unknown)
	}
}
