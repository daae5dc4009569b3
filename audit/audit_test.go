package audit_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/audit"
	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/permissions"
	"claria/provision/state"
)

func settings() state.Settings {
	return state.Settings{Account: sandbox.AccountID, System: "claria", Region: "us-east-1"}
}

// demo is a demo account that is set up, with a clock.
type demo struct {
	t       *testing.T
	sandbox *sandbox.Account
	keys    aws.Keyring
	mu      sync.Mutex
	now     time.Time
}

func (p *demo) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// later lets time pass, and CloudTrail delivers what is due.
func (p *demo) later(d time.Duration) {
	p.wait(d)
	p.sandbox.Deliver()
}

// wait lets time pass without a delivery.
func (p *demo) wait(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func (p *demo) open(key aws.Key, region string, readOnly bool) *aws.Account {
	p.t.Helper()
	account, err := aws.Open(context.Background(), aws.Options{
		Region: region, Client: p.sandbox.Client(), Source: aws.Source{Kind: aws.FromKey, Key: key}, Now: p.clock, ReadOnly: readOnly,
		LookupEnv: func(string) (string, bool) { return "", false }, Attempts: 1, UserAgent: "claria/test",
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return account
}

func (p *demo) root() *aws.Account {
	environ := p.sandbox.Environ()
	return p.open(aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}, "us-east-1", false)
}

func (p *demo) auditor() *aws.Account {
	p.t.Helper()
	key, err := p.keys.Load(state.AuditorUser)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.open(key, "us-east-1", true)
}

// settled is a demo account that root set up.
func settled(t *testing.T) *demo {
	t.Helper()
	p := &demo{t: t, keys: aws.NewMemoryKeyring(), now: time.Now().Add(-30 * time.Hour).Truncate(time.Second)}
	var err error
	p.sandbox, err = sandbox.New(sandbox.Options{Now: p.clock, SigningNow: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.sandbox.Close() })
	root := p.root()
	observed, err := provision.Observe(t.Context(), root, settings())
	if err != nil {
		t.Fatal(err)
	}
	approval := provision.Approval{Keyring: p.keys, Prove: func(_ context.Context, key aws.Key) (*aws.Account, error) {
		return p.open(key, "us-east-1", false), nil
	}}
	plan := provision.MakePlan(observed, provision.Desired(settings()), settings())
	plan.Steps = slices.DeleteFunc(plan.Steps, func(s provision.Step) bool {
		return s.ID == "root-key" || strings.HasPrefix(s.ID, "mfa/") // no person is here
	})
	for _, err := range provision.Apply(t.Context(), root, plan, approval) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *demo) look() audit.Look {
	p.t.Helper()
	return audit.Recent(p.t.Context(), p.auditor(), settings(), audit.Look{})
}

func known[T any](t *testing.T, r state.Reading[T]) T {
	t.Helper()
	v, ok := r.Value()
	if !ok {
		problem, _ := r.Problem()
		t.Fatalf("not known: %v", problem)
	}
	return v
}

func done[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// The look shows who changed what, with which key, from where, and whether it worked.
// The auditor reads it.
func TestRecentNamesTheActor(t *testing.T) {
	t.Parallel()
	p := settled(t)
	p.later(20 * time.Hour)
	done[*iam.CreateUserOutput](t)(aws.IAM(p.root()).CreateUser(t.Context(), &iam.CreateUserInput{UserName: new("bob")}))
	done[*iam.PutUserPolicyOutput](t)(aws.IAM(p.root()).PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
		UserName: new("bob"), PolicyName: new("all"), PolicyDocument: new(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutBucketPublicAccessBlock","Resource":"*"}]}`),
	}))
	made := done[*iam.CreateAccessKeyOutput](t)(aws.IAM(p.root()).CreateAccessKey(t.Context(),
		&iam.CreateAccessKeyInput{UserName: new("bob")})).AccessKey
	bob := p.open(aws.Key{ID: *made.AccessKeyId, Secret: *made.SecretAccessKey}, "us-east-1", false)
	data := state.DataBucketName(settings())
	p.later(time.Minute)
	done[*s3.DeletePublicAccessBlockOutput](t)(aws.S3(bob).DeletePublicAccessBlock(t.Context(),
		&s3.DeletePublicAccessBlockInput{Bucket: &data}))
	p.later(time.Minute)
	if _, err := aws.CloudTrail(bob).StopLogging(t.Context(), &cloudtrail.StopLoggingInput{Name: new("claria-trail")}); err == nil {
		t.Fatal("bob stopped the trail")
	}
	look := p.look()
	writes := known(t, look.Writes)
	if !look.Complete || p.clock().Sub(look.From) != 7*24*time.Hour {
		t.Errorf("complete %v, from %s", look.Complete, look.From)
	}
	denied, opens := writes[0], writes[1]
	if denied.Name != "StopLogging" || denied.Error != "AccessDeniedException" || denied.Actor != "user bob" ||
		!slices.Contains(denied.Resources, "claria-trail") {
		t.Errorf("the newest is %+v", denied)
	}
	if opens.Name != "DeleteBucketPublicAccessBlock" || opens.Error != "" || opens.Actor != "user bob" || opens.Address != "127.0.0.1" ||
		opens.Key != aws.ShortKeyID(*made.AccessKeyId) || !slices.Contains(opens.Resources, data) || opens.MFA ||
		!strings.Contains(opens.Agent, "claria/test") || opens.Source != "s3.amazonaws.com" || opens.Region != "us-east-1" {
		t.Errorf("the change is %+v", opens)
	}
	for _, e := range known(t, look.Root) {
		if e.Actor != "root" {
			t.Errorf("among root's calls: %+v", e)
		}
	}
	if root := known(t, look.Root); len(root) != 50 || root[0].Name != "CreateAccessKey" {
		t.Errorf("%d of root's calls, the newest %+v", len(root), root[0])
	}
}

// A practice in another region also asks us-east-1, where IAM is recorded.
func TestRecentAsksForGlobalServices(t *testing.T) {
	t.Parallel()
	p := settled(t)
	key, err := p.keys.Load(state.AuditorUser)
	if err != nil {
		t.Fatal(err)
	}
	west := settings()
	west.Region = "us-west-2"
	look := audit.Recent(t.Context(), p.open(key, "us-west-2", true), west, audit.Look{})
	if writes := known(t, look.Writes); !slices.ContainsFunc(writes, func(e audit.Event) bool { return e.Name == "CreateUser" }) {
		t.Errorf("IAM's changes are not among %d", len(writes))
	}
}

// The look ends after three pages and says how far back it goes.
func TestRecentIsBounded(t *testing.T) {
	t.Parallel()
	p := settled(t)
	root := p.root()
	before := p.clock()
	for range 160 {
		p.wait(time.Second)
		done[*iam.TagUserOutput](t)(aws.IAM(root).TagUser(t.Context(),
			&iam.TagUserInput{UserName: new(state.AuditorUser), Tags: []types.Tag{{Key: new("n"), Value: new("1")}}}))
	}
	start := len(p.sandbox.Calls())
	look := p.look()
	writes := known(t, look.Writes)
	if len(writes) != 150 || look.Complete || !look.From.Equal(writes[149].At) || !look.From.After(before) {
		t.Errorf("%d events, complete %v, from %s", len(writes), look.Complete, look.From)
	}
	asked := 0
	for _, c := range p.sandbox.Calls()[start:] {
		if c.Operation == "LookupEvents" {
			asked++
		}
	}
	if asked != 4 { // three pages of changes, one of root's
		t.Errorf("%d look-ups", asked)
	}
}

// A refused call is unknown and names its permission; the rest is still shown.
func TestRefusedLooksAreUnknown(t *testing.T) {
	t.Parallel()
	p := settled(t)
	p.later(3 * time.Hour)
	for action, unknown := range map[string]func(audit.Look) (state.Problem, bool){
		"cloudtrail:LookupEvents":   func(l audit.Look) (state.Problem, bool) { return l.Writes.Problem() },
		"cloudtrail:ListPublicKeys": func(l audit.Look) (state.Problem, bool) { return l.Digests.Problem() },
		"cloudtrail:GetTrailStatus": func(l audit.Look) (state.Problem, bool) { return l.Digests.Problem() },
		"s3:ListBucket":             func(l audit.Look) (state.Problem, bool) { return l.Digests.Problem() },
	} {
		if err := p.sandbox.Inject("deny=" + action); err != nil {
			t.Fatal(err)
		}
		problem, ok := unknown(p.look())
		p.sandbox.Clear()
		if !ok || problem.Operation != action || problem.Kind != aws.Denied {
			t.Errorf("%s: %v %+v", action, ok, problem)
		}
	}
	if err := p.sandbox.Inject("deny=s3:GetObject"); err != nil {
		t.Fatal(err)
	}
	defer p.sandbox.Clear()
	if d := known(t, p.look().Digests); d.Digests != 0 || !strings.Contains(d.Partial, "s3:GetObject") || len(d.Problems) != 0 {
		t.Errorf("without the files: %+v", d)
	}
}

// The look uses every permission that the table grants package audit, and no call is denied.
func TestPermissionsOfTheLook(t *testing.T) {
	t.Parallel()
	p := settled(t)
	p.later(3 * time.Hour)
	start := len(p.sandbox.Calls())
	p.look()
	used := map[string]bool{}
	for _, c := range p.sandbox.Calls()[start:] {
		if used[c.Action] = true; c.Status == 403 {
			t.Errorf("denied %s on %s", c.Action, c.Resource)
		}
	}
	for _, perm := range permissions.Permissions() {
		if perm.Sid != "ReadEvents" && perm.Sid != "ReadLogs" {
			continue
		}
		for _, action := range perm.Actions {
			if !used[action] {
				t.Errorf("%s is allowed but never used", action)
			}
		}
	}
}

func zipped(t *testing.T, content []byte) io.Reader {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}
