package provision_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cloudtrailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// If Apply is stopped after any step, the next plan continues with what is left.
func TestStoppedAfterEveryStep(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	total := len(p.plan(p.root()).Steps)
	root := p.root()
	for done := range total {
		ctx, stop := context.WithCancel(t.Context())
		plan := p.plan(root)
		if len(plan.Steps) != total-done {
			t.Fatalf("after %d steps %d are left: %v", done, len(plan.Steps), ids(plan))
		}
		approval := p.approval()
		approval.StartedFromRootKey = p.rootKey().ID
		var last provision.Progress
		var failed error
		for progress, err := range provision.Apply(ctx, root, plan, approval) {
			last, failed = progress, err
			if progress.Index == 0 && progress.Status == "started" {
				stop() // during the first step, which is finished anyway
			}
		}
		stop()
		if left := len(plan.Steps) - 1; left > 0 && (last.Status != "stopped" || last.Index != 1 ||
			aws.KindOf(failed) != aws.Stopped || !strings.Contains(last.Detail, plan.Steps[left].Resource)) {
			t.Fatalf("stopping during %s: %+v, %v", plan.Steps[0].ID, last, failed)
		}
	}
	if again := p.plan(p.as(state.AdminUser)); !again.Empty() {
		t.Errorf("left at the end: %v", ids(again))
	}
}

// portal answers the first write of each kind with its sign-in page, and lets nothing of it
// through.
type portal struct {
	aws.HTTPClient
	met map[string]bool
}

func (p *portal) Do(r *http.Request) (*http.Response, error) {
	kind := r.Method + " " + r.URL.Path + "?" + strings.Join(slices.Sorted(maps.Keys(r.URL.Query())), "&") + r.Header.Get("X-Amz-Target")
	writes := r.Method == http.MethodPut || r.Method == http.MethodDelete
	if r.Method == http.MethodPost && r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, _ := url.ParseQuery(string(body))
		kind += form.Get("Action") + form.Get("UserName") + form.Get("PolicyArn")
		for _, verb := range []string{"Create", "Put", "Attach", "Add", "Update", "Tag", "Enable", "Start", "Set", "Subscribe"} {
			operation := form.Get("Action") + r.Header.Get("X-Amz-Target")
			writes = writes || strings.HasPrefix(operation[strings.LastIndex(operation, ".")+1:], verb)
		}
	}
	if !writes || p.met[kind] {
		return p.HTTPClient.Do(r)
	}
	p.met[kind] = true
	const page = "<html><body>Welcome to the hotel. Please sign in.</body></html>"
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"text/html"}}, Body: io.NopCloser(strings.NewReader(page)), ContentLength: int64(len(page)),
	}, nil
}

// A write that a network's sign-in page answered is not done: the step fails and says so, or
// looks and does it, and the next plan goes on until everything is there.
func TestASignInPageIsNoWrite(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	client := &portal{HTTPClient: p.sandbox.Client(), met: map[string]bool{}}
	root, err := aws.Open(t.Context(), aws.Options{
		Region: settings().Region, Client: client, Source: aws.Source{Kind: aws.FromKey, Key: p.rootKey()},
		LookupEnv: func(string) (string, bool) { return "", false }, Attempts: 1, Now: p.now, Sleep: p.sleep,
	})
	if err != nil {
		t.Fatal(err)
	}
	rounds := 0
	for plan := p.plan(root); !slices.Equal(ids(plan), []string{"root-key"}); plan = p.plan(root) {
		met := len(client.met)
		_, err := collect(t.Context(), root, withoutRootKey(plan), p.adopting(plan))
		if rounds++; rounds > 100 {
			t.Fatalf("still to do: %v; %v", ids(plan), err)
		}
		if left := withoutRootKey(p.plan(root)); err == nil && len(client.met) > met && !left.Empty() {
			t.Errorf("the sign-in page was taken for AWS's answer in %v: %v is still to do", ids(plan), ids(left))
		}
		if err != nil && (aws.KindOf(err) != aws.Unavailable || !strings.Contains(err.Error(), "the answer is not AWS's")) {
			t.Errorf("the person reads: %v", err)
		}
	}
	if len(client.met) < 30 {
		t.Errorf("only %d kinds of writes were answered: %v", len(client.met), slices.Sorted(maps.Keys(client.met)))
	}
}

// What somebody changed after the plan was approved is not overwritten, and the rest of
// the plan stops.
func TestChangedAfterApproval(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	data := state.DataBucketName(settings())
	suspend(t, root, data)
	if err := root.SetDataRetention(t.Context(), "default"); err != nil {
		t.Fatal(err)
	}
	if err := putBucketPolicy(t.Context(), root, data, statements(foreign("NoAccountant"))); err != nil {
		t.Fatal(err)
	}
	plan := withoutRootKey(p.plan(root))
	if !slices.Equal(ids(plan), []string{"data-bucket/versioning", "data-bucket/policy", "bedrock/retention"}) {
		t.Fatalf("plan %v", ids(plan))
	}
	if err := putBucketPolicy(t.Context(), root, data, statements(foreign("SomebodyElse"))); err != nil {
		t.Fatal(err)
	}
	events, err := collect(t.Context(), root, plan, p.approval())
	if aws.KindOf(err) != aws.Conflict || !strings.Contains(err.Error(), "SomebodyElse") || !strings.Contains(err.Error(), "NoAccountant") {
		t.Errorf("error %v, want a conflict that names what was approved and what is there", err)
	}
	if last := events[len(events)-1]; last.Status != "failed" || last.Step.ID != "data-bucket/policy" ||
		!strings.Contains(last.Detail, "Bedrock retention") {
		t.Errorf("last event %+v", last)
	}
	if got := bucketPolicy(t, root, data); !strings.Contains(got, "SomebodyElse") || strings.Contains(got, "Claria") {
		t.Errorf("the policy was written: %s", got)
	}
	if again := withoutRootKey(p.plan(root)); !slices.Equal(ids(again), []string{"data-bucket/policy", "bedrock/retention"}) {
		t.Errorf("a new plan: %v", ids(again))
	}
	// It is no conflict if somebody made the same change meanwhile.
	plan = withoutRootKey(p.plan(root))
	if err := root.SetDataRetention(t.Context(), "none"); err != nil {
		t.Fatal(err)
	}
	done := p.apply(root, plan, p.approval())
	if last := done[len(done)-1]; last.Detail != "nothing to do: it was already so" {
		t.Errorf("last event %+v", last)
	}
}

// What others added stays: policy statements, tags, lifecycle rules, selectors, a second
// password rule. What would undo the protection goes, and the step names it.
func TestForeignSettingsAreKept(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	ctx, data, audit := t.Context(), state.DataBucketName(settings()), state.AuditBucketName(settings())
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(putBucketPolicy(ctx, root, data, statements(foreign("NoAccountant"))))
	_, err := aws.S3(root).PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: &data, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: new("owner"), Value: new("dr. example")}}},
	})
	must(err)
	rule := func(id string, days int32) types.LifecycleRule {
		return types.LifecycleRule{
			ID: &id, Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: new("records/")},
			NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NoncurrentDays: &days},
		}
	}
	longer := rule("ten-years", 3650)
	longer.Filter = &types.LifecycleRuleFilter{Tag: &types.Tag{Key: new("kind"), Value: new("x")}}
	_, err = aws.S3(root).PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket: &data, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{rule("tidy", 30), longer}},
	})
	must(err)
	_, err = aws.CloudTrail(root).PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{
		TrailName: new(state.TrailName(settings())),
		AdvancedEventSelectors: []cloudtrailtypes.AdvancedEventSelector{
			{Name: new("changes"), FieldSelectors: []cloudtrailtypes.AdvancedFieldSelector{
				{Field: new("eventCategory"), Equals: []string{"Management"}}, {Field: new("readOnly"), Equals: []string{"false"}},
			}},
			{Name: new("every object"), FieldSelectors: []cloudtrailtypes.AdvancedFieldSelector{
				{Field: new("eventCategory"), Equals: []string{"Data"}}, {Field: new("resources.type"), Equals: []string{"AWS::S3::Object"}},
			}},
			{Name: new("functions"), FieldSelectors: []cloudtrailtypes.AdvancedFieldSelector{
				{Field: new("eventCategory"), Equals: []string{"Data"}}, {Field: new("resources.type"), Equals: []string{"AWS::Lambda::Function"}},
			}},
		},
	})
	must(err)
	_, err = aws.IAM(root).UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength: new(int32(20)), AllowUsersToChangePassword: true, MaxPasswordAge: new(int32(180)),
	})
	must(err)
	_, err = aws.IAM(root).PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: new(state.AdminUser), PolicyName: new("office-restrictions"),
		PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"bedrock:ListGuardrails","Resource":"*"}]}`),
	})
	must(err)

	plan := withoutRootKey(p.plan(root))
	want := []string{"data-bucket", "trail/selectors", "password-policy"}
	if !slices.Equal(ids(plan), want) {
		t.Fatalf("plan %v, want %v: a policy that only denies is left alone", ids(plan), want)
	}
	p.apply(root, plan, p.adopting(plan))
	if again := withoutRootKey(p.plan(root)); !again.Empty() {
		t.Errorf("second plan %v: %+v", ids(again), again.Steps)
	}

	if got := bucketPolicy(t, root, data); !strings.Contains(got, "NoAccountant") || !strings.Contains(got, "ClariaTLSOnly") {
		t.Errorf("policy %s", got)
	}
	tags, err := aws.S3(root).GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &data})
	must(err)
	if len(tags.TagSet) != 2 {
		t.Errorf("tags %v", tags.TagSet)
	}
	rules, err := aws.S3(root).GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &data})
	must(err)
	status := map[string]types.ExpirationStatus{}
	for _, r := range rules.Rules {
		status[*r.ID] = r.Status
		if *r.ID == "ten-years" && (r.Filter.Tag == nil || *r.Filter.Tag.Key != "kind") {
			t.Errorf("the foreign rule lost its filter: %+v", r.Filter)
		}
	}
	if status["tidy"] != "Disabled" || status["ten-years"] != "Enabled" || status["claria-history"] != "Enabled" ||
		status["claria-recordings"] != "Enabled" {
		t.Errorf("rules %v", status)
	}
	selectors, err := aws.CloudTrail(root).GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{
		TrailName: new(state.TrailName(settings())),
	})
	must(err)
	names := map[string]cloudtrailtypes.AdvancedEventSelector{}
	for _, s := range selectors.AdvancedEventSelectors {
		names[*s.Name] = s
	}
	every := names["every object"].FieldSelectors
	if len(names) != 4 || len(every) != 3 || !slices.Equal(every[2].NotStartsWith, []string{"arn:aws:s3:::" + audit + "/"}) {
		t.Errorf("selectors %+v", names)
	}
	passwords, err := aws.IAM(root).GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
	must(err)
	if got := passwords.PasswordPolicy; *got.MinimumPasswordLength != 20 || !got.AllowUsersToChangePassword || *got.MaxPasswordAge != 180 ||
		!got.RequireSymbols {
		t.Errorf("password policy %+v", got)
	}
}

// Of others' statements only a public one is removed, and the step says so.
func TestPublicStatementGoes(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	data := state.DataBucketName(settings())
	_, err := aws.S3(root).DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &data})
	if err != nil {
		t.Fatal(err)
	}
	_, err = aws.S3Control(root).DeletePublicAccessBlock(t.Context(), deleteAccountBlock())
	if err != nil {
		t.Fatal(err)
	}
	public := `{"Sid":"ForEveryone","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` + data + `/*"}`
	if err := putBucketPolicy(t.Context(), root, data, statements(public, foreign("NoAccountant"))); err != nil {
		t.Fatal(err)
	}
	plan := withoutRootKey(p.plan(root))
	if s := step(t, plan, "data-bucket/policy"); !strings.Contains(s.Summary, "ForEveryone") || strings.Contains(s.After, "ForEveryone") ||
		!strings.Contains(s.After, "NoAccountant") {
		t.Errorf("step %+v", s)
	}
	p.apply(root, plan, p.approval())
	if again := withoutRootKey(p.plan(root)); !again.Empty() {
		t.Errorf("second plan %v", ids(again))
	}
}

// A resource with our name that is not ours is taken over only if it is approved by name.
func TestAdopt(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.root()
	data := state.DataBucketName(settings())
	if _, err := aws.S3(root).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &data}); err != nil {
		t.Fatal(err)
	}
	plan := p.plan(root)
	s := step(t, plan, "data-bucket")
	if s.Op != provision.Adopt || s.Op.Sign() != "!" || !strings.Contains(s.Before, "versioning: never enabled") ||
		!strings.Contains(s.After, "versioning: Enabled") {
		t.Errorf("step %+v", s)
	}
	before := len(p.sandbox.Calls())
	_, err := collect(t.Context(), root, plan, p.approval())
	if named, ok := errors.AsType[*provision.AdoptError](err); !ok || !strings.Contains(err.Error(), data) {
		t.Errorf("error %v (%v)", err, named)
	}
	for _, call := range p.sandbox.Calls()[before:] {
		if call.Write {
			t.Errorf("%s was called although nothing was approved by name", call.Action)
		}
	}
	approval := p.approval()
	approval.Adopt = []string{data}
	p.apply(root, plan, approval)
	if again := withoutRootKey(p.plan(root)); !again.Empty() {
		t.Errorf("second plan %v", ids(again))
	}
}

// Without an agreement the plan can be read but not applied. A paper agreement is enough.
func TestAgreementGate(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{Seed: "no-baa"})
	root := p.root()
	plan := p.plan(root)
	if plan.Blocked == nil || !strings.Contains(plan.Blocked.Reason, "Business Associate Addendum") ||
		!strings.Contains(plan.Blocked.Next, "AWS Artifact") {
		t.Fatalf("blocked %+v", plan.Blocked)
	}
	if len(plan.Steps) < 15 {
		t.Errorf("the steps are not listed: %v", ids(plan))
	}
	before := len(p.sandbox.Calls())
	if _, err := collect(t.Context(), root, plan, p.approval()); err == nil || !strings.Contains(err.Error(), "AWS Artifact") {
		t.Errorf("apply: %v", err)
	}
	if len(p.sandbox.Calls()) != before {
		t.Error("a blocked plan was begun")
	}
	paper := settings()
	paper.PaperAgreement = &state.PaperAgreement{Signed: time.Now(), SHA256: strings.Repeat("0", 64)}
	if plan := provision.MakePlan(p.observe(root), provision.Desired(paper), paper); plan.Blocked != nil {
		t.Errorf("blocked in spite of the paper agreement: %+v", plan.Blocked)
	}
	paper.PaperAgreement.Signed = time.Now().AddDate(1, 0, 0)
	if plan := provision.MakePlan(p.observe(root), provision.Desired(paper), paper); plan.Blocked == nil ||
		!strings.Contains(plan.Blocked.Reason, "dated in the future") {
		t.Errorf("a paper agreement of next year: %+v", plan.Blocked)
	}
	if err := provision.CheckAgreement(t.Context(), root, paper); err == nil || !strings.Contains(err.Error(), "dated in the future") {
		t.Errorf("the gate and a paper agreement of next year: %v", err)
	}

	// A failed read is not a yes.
	q := newPractice(t, sandbox.Options{Faults: []string{"deny=artifact:ListCustomerAgreements"}})
	if plan := q.plan(q.root()); plan.Blocked == nil || !strings.Contains(plan.Blocked.Reason, "could not be read") {
		t.Errorf("blocked %+v", plan.Blocked)
	}
}

func suspend(t *testing.T, root *aws.Account, bucket string) {
	t.Helper()
	_, err := aws.S3(root).PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: &bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func bucketPolicy(t *testing.T, account *aws.Account, bucket string) string {
	t.Helper()
	out, err := aws.S3(account).GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Policy
}

func statements(list ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(list, ",") + `]}`
}

// foreign is a statement that somebody added to the data bucket's policy, and that is kept
// because it lets nobody in.
func foreign(sid string) string {
	return `{"Sid":"` + sid + `","Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject",` +
		`"Resource":"arn:aws:s3:::111122223333-claria-records/reports/*"}`
}
