package provision_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// One plan sets up an empty account from its root key. Then nothing is left to do, the root
// key is gone, and the daily key works.
func TestSetUp(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.root()
	plan := p.plan(root)
	if plan.Blocked != nil || len(plan.Unknown) > 0 {
		t.Fatalf("blocked %v, unknown %v", plan.Blocked, plan.Unknown)
	}
	if n := len(plan.Steps); n < 15 || n > 24 {
		t.Errorf("%d steps, more or fewer than a person approves at a time: %v", n, ids(plan))
	}
	for _, s := range plan.Steps {
		if s.Op == provision.Delete && s.ID != "root-key" {
			t.Errorf("%s destroys something", s.ID)
		}
		if s.Summary == "" || s.After == "" || len(s.Why) == 0 || s.Risk == "" || (s.Undo == "") != (s.Risk == provision.Irreversible) {
			t.Errorf("a person cannot approve %+v", s)
		}
	}
	if last := plan.Steps[len(plan.Steps)-1]; last.ID != "root-key" {
		t.Errorf("last step is %s, want the root key's deletion", last.ID)
	}

	approval := p.approval()
	approval.StartedFromRootKey = p.rootKey().ID
	events := p.apply(root, plan, approval)
	if len(events) != 2*len(plan.Steps) {
		t.Errorf("%d events for %d steps", len(events), len(plan.Steps))
	}
	for _, key := range p.keys.keys {
		if text, _ := json.Marshal(events); strings.Contains(string(text), key.Secret) {
			t.Error("a secret is in the progress")
		}
	}
	admin := p.as(state.AdminUser)
	state := p.observe(admin)
	if r, ok := state.Root.Value(); !ok || r.AccessKeys != 0 {
		t.Errorf("root keys after set-up: %+v", state.Root)
	}
	again := provision.MakePlan(state, provision.Desired(settings()), settings())
	if !again.Empty() || len(again.Unknown) > 0 || again.Blocked != nil {
		t.Errorf("second plan: steps %v, unknown %v, blocked %v", ids(again), again.Unknown, again.Blocked)
	}
	if text, err := json.Marshal(again); err != nil || !strings.Contains(string(text), `"steps":[]`) {
		t.Errorf("JSON of an empty plan: %s, %v", text, err)
	}
}

// An administrator who is not root can set up too. No key of theirs is deleted, and
// afterwards they cannot weaken what the bucket policy protects; the role can change it.
func TestSetUpByAnAdministrator(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root, ctx := p.root(), t.Context()
	user := new("office-admin")
	if _, err := aws.IAM(root).CreateUser(ctx, &iam.CreateUserInput{UserName: user}); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.IAM(root).AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{
		UserName: user, PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess"),
	}); err != nil {
		t.Fatal(err)
	}
	made, err := aws.IAM(root).CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: user})
	if err != nil {
		t.Fatal(err)
	}
	office := p.open(aws.Key{ID: *made.AccessKey.AccessKeyId, Secret: *made.AccessKey.SecretAccessKey})
	p.apply(office, p.plan(office), p.approval())
	if again := p.plan(office); !again.Empty() {
		t.Errorf("second plan %v", ids(again))
	}
	suspend(t, root, state.DataBucketName(settings()))
	plan := p.plan(office)
	if _, err := collect(ctx, office, plan, p.approval()); aws.KindOf(err) != aws.Denied {
		t.Errorf("an administrator changed a guarded setting: %v", err)
	}
	p.apply(p.mender(), plan, p.approval())
}

// Before set-up the credential says which account it is.
func TestAccountFromCredential(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	unset := settings()
	unset.Account = ""
	state, err := provision.Observe(t.Context(), p.root(), unset)
	if err != nil {
		t.Fatal(err)
	}
	got := provision.MakePlan(state, provision.Desired(unset), unset)
	if want := p.plan(p.root()); !slices.Equal(ids(got), ids(want)) || got.Account != sandbox.AccountID {
		t.Errorf("plan of account %s: %v, want %v", got.Account, ids(got), ids(want))
	}
	if s := step(t, got, "data-bucket"); s.Resource != "data bucket 111122223333-claria-records" {
		t.Errorf("resource %q", s.Resource)
	}
}

// A scan writes nothing, and an observed account survives a round trip through JSON.
func TestObserveOnlyReads(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	before := len(p.sandbox.Calls())
	snapshot := p.observe(root)
	for _, call := range p.sandbox.Calls()[before:] {
		if call.Write {
			t.Errorf("a scan called %s", call.Action)
		}
	}
	text, err := json.Marshal(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	var back state.State
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if plan := provision.MakePlan(back, provision.Desired(settings()), settings()); !slices.Equal(ids(plan), []string{"root-key"}) {
		t.Errorf("plan from the snapshot: %v", ids(plan))
	}
}

// opening is the wire to an account whose models AWS still opens: it refuses to accept a
// model's terms, in AWS's words, a few times.
type opening struct {
	aws.HTTPClient
	words string
	left  int
}

func (o *opening) Do(r *http.Request) (*http.Response, error) {
	if o.left == 0 || !strings.HasSuffix(r.URL.Path, "/create-foundation-model-agreement") {
		return o.HTTPClient.Do(r)
	}
	o.left--
	return &http.Response{
		StatusCode: http.StatusBadRequest, Request: r, Header: http.Header{"X-Amzn-Errortype": {"ValidationException"}},
		Body: io.NopCloser(strings.NewReader(`{"message":"` + o.words + `"}`)),
	}, nil
}

// The form counts after up to 15 minutes and a subscription after two; both are waited for.
// Another refusal is not.
func TestAModelThatOpensLateIsWaitedFor(t *testing.T) {
	t.Parallel()
	for words, waited := range map[string]bool{
		"Fill out the Anthropic use case details form before using the model. If you have already filled out the form, try again in 15 minutes.":          true,
		"Your AWS Marketplace subscription for this model cannot be completed at this time. If you recently fixed this issue, try again after 2 minutes.": true,
		"The provided offer token is not valid for this model.": false,
	} {
		t.Run(words[:20], func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPractice(t, sandbox.Options{})
				slow := &opening{p.sandbox.Client(), words, 3}
				root, err := aws.Open(t.Context(), aws.Options{
					Region: settings().Region, Client: slow, Source: aws.Source{Kind: aws.FromKey, Key: p.rootKey()}, Attempts: 1,
					LookupEnv: func(string) (string, bool) { return "", false },
				})
				if err != nil {
					t.Fatal(err)
				}
				_, err = collect(t.Context(), root, p.plan(root).Only("BDR-05"), p.approval())
				access, _ := p.observe(root).Models[0].Availability.Value()
				if waited && (err != nil || slow.left != 0 || access.Agreement != "AVAILABLE") {
					t.Errorf("agreement %s, %d refusals left, %v", access.Agreement, slow.left, err)
				}
				if !waited && (err == nil || slow.left != 2) {
					t.Errorf("another refusal was repeated: %d left, %v", slow.left, err)
				}
			})
		})
	}
}
