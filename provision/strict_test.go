package provision_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cloudtrailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/permissions"
	"claria/provision/state"
)

func strictSettings() state.Settings {
	s := settings()
	s.Strict = true
	return s
}

func (p *practice) strictPlan(account *aws.Account) provision.Plan {
	p.t.Helper()
	state, err := provision.Observe(p.t.Context(), account, strictSettings())
	if err != nil {
		p.t.Fatal(err)
	}
	return provision.MakePlan(state, provision.Desired(strictSettings()), strictSettings())
}

func askKMS(ctx context.Context, t *testing.T, account *aws.Account, operation string, in, out any) {
	t.Helper()
	service := aws.Service{Name: "kms", Host: "kms.{region}.amazonaws.com", Wording: aws.JSON11, Target: "TrentService"}
	if err := aws.Ask(ctx, account, service, aws.Request{Operation: operation, In: in}, out); err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
}

// keyDrifts are what somebody may do to the strict profile's resources, by the step that
// reverts it.
func keyDrifts() map[string]func(*testing.T, *aws.Account, string) {
	kms := func(operation string, more map[string]any) func(*testing.T, *aws.Account, string) {
		return func(t *testing.T, root *aws.Account, key string) {
			in := map[string]any{"KeyId": key}
			for name, value := range more {
				in[name] = value
			}
			askKMS(t.Context(), t, root, operation, in, nil)
		}
	}
	return map[string]func(*testing.T, *aws.Account, string){
		"encryption-key/state":    kms("ScheduleKeyDeletion", map[string]any{"PendingWindowInDays": 7}),
		"encryption-key/rotation": kms("DisableKeyRotation", nil),
		"encryption-key/policy": kms("PutKeyPolicy", map[string]any{"PolicyName": "default", "Policy": `{"Version":"2012-10-17","Statement":[
			{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},
			{"Sid":"Open","Effect":"Allow","Principal":"*","Action":"kms:Decrypt","Resource":"*"}]}`}),
		"encryption-key": kms("UntagResource", map[string]any{"TagKeys": []string{state.SystemTag}}),
		"trail-insights": func(t *testing.T, root *aws.Account, _ string) {
			t.Helper()
			_, err := aws.CloudTrail(root).PutInsightSelectors(t.Context(), &cloudtrail.PutInsightSelectorsInput{
				TrailName: new(state.TrailName(settings())), InsightSelectors: []cloudtrailtypes.InsightSelector{},
			})
			if err != nil {
				t.Fatal(err)
			}
		},
	}
}

// oneKey checks that the account has exactly one key of its own.
func (p *practice) oneKey() {
	p.t.Helper()
	made := 0
	for _, call := range p.sandbox.Calls() {
		if call.Operation == "CreateKey" && call.Status == 200 {
			made++
		}
	}
	if made != 1 {
		p.t.Errorf("%d encryption keys were created, want 1", made)
	}
}

// The strict profile sets up the practice's own key. Records and logs are encrypted with
// it, the role creates and repairs it, and the auditor can open no record.
func TestStrictSetUp(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root, ctx := p.root(), t.Context()
	p.apply(root, p.strictPlan(root).Only("IAM-06", "IAM-09", "IAM-12", "IAM-17"), p.approval())
	mend := func() []provision.Step {
		t.Helper()
		mender := p.mender()
		return p.mended(mender, withoutRootKey(p.strictPlan(root)))
	}
	mark := len(p.sandbox.Calls())
	mend()
	if left := withoutRootKey(p.strictPlan(root)); !left.Empty() || len(left.Unknown) > 0 {
		t.Fatalf("second plan: %v, unknown %v", ids(left), left.Unknown)
	}
	p.oneKey()
	wide := strictSettings()
	wide.Wide = true
	snapshot, err := provision.Observe(ctx, p.as(state.AuditorUser), wide)
	if err != nil {
		t.Fatal(err)
	}
	key, ok := snapshot.Inventory.Key.Value()
	if !ok || key.State != "Enabled" {
		t.Fatalf("the auditor reads of the key: %+v", snapshot.Inventory.Key)
	}
	for _, b := range []state.Bucket{snapshot.DataBucket, snapshot.AuditBucket} {
		if e, _ := b.Encryption.Value(); e.Key != key.ARN || !e.BucketKey || e.Algorithm != "aws:kms" {
			t.Errorf("%s: %+v", b.Name, b.Encryption)
		}
	}
	if trail, _ := snapshot.Trail.Value(); trail.Key != key.ARN {
		t.Errorf("the trail's key: %q", trail.Key)
	}
	if lock, _ := snapshot.AuditBucket.ObjectLock.Value(); lock.Mode != "COMPLIANCE" {
		t.Errorf("lock: %+v", lock)
	}

	// The daily identity works with records. The auditor does not, although it may use the
	// key for what is in the audit bucket.
	admin, auditor := p.as(state.AdminUser), p.as(state.AuditorUser)
	bucket, object := state.DataBucketName(settings()), "records/c/f"
	put, err := aws.S3(admin).PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &object, Body: strings.NewReader("x")})
	if err != nil || *put.SSEKMSKeyId != key.ARN {
		t.Fatalf("upload: %v", err)
	}
	if err := getObject(ctx, admin, bucket, object); err != nil {
		t.Errorf("the daily identity reads: %v", err)
	}
	if err := getObject(ctx, auditor, bucket, object); aws.KindOf(aws.Wrap(err, "", "")) != aws.Denied {
		t.Errorf("the auditor reads a record: %v", err)
	}
	foreign := "arn:aws:kms:us-east-1:444455556666:key/x"
	_, err = aws.S3(admin).PutObject(ctx, &s3.PutObjectInput{
		Bucket: &bucket, Key: &object, Body: strings.NewReader("x"), ServerSideEncryption: "aws:kms", SSEKMSKeyId: &foreign,
	})
	if aws.KindOf(aws.Wrap(err, "", "")) != aws.Denied {
		t.Errorf("an upload with a stranger's key: %v", err)
	}
	p.sandbox.Deliver()
	if status, _ := p.observe(root).TrailStatus.Value(); status.LatestDeliveryError != "" || time.Since(status.LatestDelivery) > time.Hour {
		t.Errorf("the trail cannot deliver with the key: %+v", status)
	}

	for id, disturb := range keyDrifts() {
		disturb(t, root, key.ARN)
		if plan := withoutRootKey(p.strictPlan(root)); !slices.Contains(ids(plan), id) {
			t.Errorf("%s: plan %v", id, ids(plan))
		}
		for _, step := range mend() {
			if step.CannotUndo() == "" {
				p.thereAndBack(root, step, strictSettings())
			}
		}
		if left := withoutRootKey(p.strictPlan(root)); !left.Empty() {
			t.Errorf("%s: not mended: %v", id, ids(left))
		}
	}

	used := map[string]bool{}
	for _, call := range p.sandbox.Calls()[mark:] {
		if strings.Contains(call.Caller, "/"+state.ProvisionerRole) || strings.Contains(call.Caller, "/"+state.AuditorUser) {
			used[call.Action] = true
			if call.Status == 403 && call.Action != "s3:GetObject" || call.Service == "kms" && call.Status >= 400 &&
				call.Operation != "DescribeKey" {
				t.Errorf("%s was refused %s on %s", call.Caller, call.Action, call.Resource)
			}
		}
	}
	for _, perm := range permissions.Permissions() {
		for _, action := range perm.Actions {
			// AWS checks the tagging of a new key, and the decryption of an object, in another call.
			if profileOnly(perm) && !perm.Deny && perm.Room != "clients" && perm.Room != "audit" && !used[action] {
				t.Errorf("%s is allowed %s and never does it", perm.Policy, action)
			}
		}
	}
	policies, _ := provision.Desired(strictSettings()).Policies.Value()
	for _, policy := range policies {
		if n := len(strings.Join(strings.Fields(policy.Document), "")); n > 6144 {
			t.Errorf("%s has %d characters", policy.Name, n)
		}
	}
}

// The strict profile can be turned on later by the role with its earlier rights: the step
// that gives it more goes first, and the plan waits for it. Older records stay readable.
func TestStrictLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testStrictLater)
}

func testStrictLater(t *testing.T) {
	p := newPractice(t, sandbox.Options{Faults: []string{"stale=iam:CreatePolicyVersion,for=2s"}})
	root, ctx := p.settle(), t.Context()
	bucket, before, after := state.DataBucketName(settings()), "records/c/before", "records/c/after"
	put := func(key string) *s3.PutObjectOutput {
		out, err := aws.S3(p.as(state.AdminUser)).PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("x")})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	put(before)

	plan := withoutRootKey(p.strictPlan(root))
	narrow := ids(plan.Only("KMS-01"))
	if at := slices.Index(narrow, "encryption-key"); at < 1 || !slices.Contains(narrow[:at], "policy/claria-provisioner-wide") {
		t.Errorf("one control alone: %v", narrow)
	}
	p.apply(p.mender(), plan, p.approval())
	if left := withoutRootKey(p.strictPlan(root)); !left.Empty() || len(left.Unknown) > 0 {
		t.Fatalf("second plan: %v, unknown %v", ids(left), left.Unknown)
	}
	p.oneKey()
	if out := put(after); out.SSEKMSKeyId == nil {
		t.Error("a record stored since is not under the practice's key")
	}
	for _, key := range []string{before, after} {
		if err := getObject(ctx, p.as(state.AdminUser), bucket, key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		if err := getObject(ctx, p.as(state.AuditorUser), bucket, key); aws.KindOf(aws.Wrap(err, "", "")) != aws.Denied {
			t.Errorf("the auditor reads %s: %v", key, err)
		}
	}
}

// A new key's tags and aliases count for rights after up to five minutes. The role waits,
// and makes one key, also when the answer to its creation is lost.
func TestStrictLaterWaitsForTags(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"delay=kms:CreateKey,for=1ms", "lose=kms:CreateKey,times=1", "lose=kms:CreateKey,times=1,status=500"} {
		t.Run(lost, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPractice(t, sandbox.Options{Faults: []string{
					lost, "stale=kms:CreateKey,for=5m", "stale=kms:CreateAlias,for=5m", "stale=iam:CreatePolicyVersion,for=20s",
				}})
				root := p.settle()
				events := p.apply(p.mender(), withoutRootKey(p.strictPlan(root)), p.approval())
				if left := withoutRootKey(p.strictPlan(root)); !left.Empty() || len(left.Unknown) > 0 {
					t.Errorf("second plan %v, unknown %v", ids(left), left.Unknown)
				}
				p.oneOfEach(root)
				if !slices.ContainsFunc(events, func(e provision.Progress) bool {
					return e.Status == "waiting" && strings.Contains(e.Detail, "up to five minutes")
				}) {
					t.Error("no word about the wait")
				}
			})
		})
	}
}

// Turning off the strict profile locks nobody out: the daily identity can still open what
// was stored with the practice's key, and a scan still reads the key.
func TestStrictLeft(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root, ctx := p.settle(), t.Context()
	p.apply(p.mender(), withoutRootKey(p.strictPlan(root)), p.approval())
	bucket, under, since := state.DataBucketName(settings()), "records/c/under", "records/c/since"
	put := func(key string) *s3.PutObjectOutput {
		out, err := aws.S3(p.as(state.AdminUser)).PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("x")})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if put(under).SSEKMSKeyId == nil {
		t.Fatal("a record of the strict profile is not under the practice's key")
	}

	plain := func() provision.Plan {
		return withoutRootKey(provision.MakePlan(p.observe(root), provision.Desired(settings()), settings()))
	}
	p.apply(p.mender(), plain(), p.approval())
	if left := plain(); !left.Empty() || len(left.Unknown) > 0 {
		t.Fatalf("second plan: %v, unknown %v", ids(left), left.Unknown)
	}
	if put(since).SSEKMSKeyId != nil {
		t.Error("a record stored since is still under the practice's key")
	}
	for _, key := range []string{under, since} {
		if err := getObject(ctx, p.as(state.AdminUser), bucket, key); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		if err := getObject(ctx, p.as(state.AuditorUser), bucket, key); aws.KindOf(aws.Wrap(err, "", "")) != aws.Denied {
			t.Errorf("the auditor reads %s: %v", key, err)
		}
	}
	if key, ok := p.observe(p.as(state.AuditorUser)).Inventory.Key.Value(); !ok || key.State != "Enabled" {
		t.Errorf("of the key that records need the auditor sees %+v", key)
	}
}
