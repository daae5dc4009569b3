package provision_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// mended are the completed steps of a plan, as the ledger keeps them.
func (p *practice) mended(account *aws.Account, plan provision.Plan) []provision.Step {
	p.t.Helper()
	return done(p.apply(account, plan, p.adopting(plan)))
}

func done(events []provision.Progress) []provision.Step {
	var steps []provision.Step
	for _, e := range events {
		if e.Status == "done" {
			steps = append(steps, throughLedger(e.Step))
		}
	}
	return steps
}

// throughLedger is a step after a round trip through JSON.
func throughLedger(step provision.Step) provision.Step {
	data, err := json.Marshal(step)
	if err != nil {
		panic(err)
	}
	var back provision.Step
	if err := json.Unmarshal(data, &back); err != nil {
		panic(err)
	}
	return back
}

// undo undoes a step with an account, and returns the step that undid it.
func (p *practice) undo(account *aws.Account, step provision.Step, s state.Settings) provision.Step {
	p.t.Helper()
	state, err := provision.Observe(p.t.Context(), account, s)
	if err != nil {
		p.t.Fatal(err)
	}
	plan, err := provision.Undo(p.t.Context(), account, state, s, "7.1", step)
	if err != nil {
		p.t.Fatalf("%s: %v", step.ID, err)
	}
	if len(plan.Steps) != 1 || plan.Blocked != nil || plan.Steps[0].Undoes != "7.1" || plan.Steps[0].Before == plan.Steps[0].After {
		p.t.Fatalf("%s: a plan of %+v, blocked %v", step.ID, plan.Steps, plan.Blocked)
	}
	expected, err := plan.Undone()
	if err != nil {
		p.t.Fatal(err)
	}
	steps := done(p.apply(account, plan, p.approval()))
	is, err := provision.Observe(p.t.Context(), account, s)
	if err != nil {
		p.t.Fatal(err)
	}
	if apart := p.apart(is, expected); apart != "" {
		p.t.Errorf("%s: after it the account is not what the plan said: %s", step.ID, apart)
	}
	return steps[0]
}

// thereAndBack undoes a step, then undoes the undo: as the provisioner role if it may,
// otherwise as the root user.
func (p *practice) thereAndBack(root *aws.Account, step provision.Step, s state.Settings) {
	p.t.Helper()
	p.back(root, p.back(root, step, s), s)
}

func (p *practice) back(root *aws.Account, step provision.Step, s state.Settings) provision.Step {
	p.t.Helper()
	as := p.mender()
	state, err := provision.Observe(p.t.Context(), as, s)
	if err != nil {
		p.t.Fatal(err)
	}
	plan, err := provision.Undo(p.t.Context(), as, state, s, "7.1", step)
	if err != nil {
		p.t.Fatalf("%s: %v", step.ID, err)
	}
	if plan.Blocked != nil {
		as = root
	}
	return p.undo(as, step, s)
}

// apart is where two States differ: the path, and the value that it should have.
func (p *practice) apart(is, want state.State) string {
	p.t.Helper()
	var all []string
	differences(generic(p.t, settled(is)), generic(p.t, settled(want)), func(path string, now any) {
		all = append(all, fmt.Sprintf("%s should be %v", path, now))
	})
	return strings.Join(all, "; ")
}

// settled is a State without what changes by itself: times, versions, uses.
func settled(snapshot state.State) state.State {
	snapshot.At, snapshot.Caller, snapshot.People = time.Time{}, aws.Identity{}, state.People{}
	if status, ok := snapshot.TrailStatus.Value(); ok {
		snapshot.TrailStatus = state.Known(state.TrailStatus{Logging: status.Logging})
	}
	policies, _ := snapshot.Policies.Value()
	policies = slices.Clone(policies)
	for i := range policies {
		policies[i].Version, policies[i].Versions, policies[i].Attached = "", 0, 0
	}
	slices.SortFunc(policies, func(a, b state.Policy) int { return strings.Compare(a.ARN, b.ARN) })
	// AWS managed policies are listed only while somebody has them.
	policies = slices.DeleteFunc(policies, func(p state.Policy) bool { return strings.HasPrefix(p.ARN, "arn:aws:iam::aws:") })
	snapshot.Policies = state.Known(policies)
	users, _ := snapshot.Users.Value()
	users = slices.Clone(users)
	for i := range users {
		if keys, ok := users[i].Keys.Value(); ok {
			keys = slices.Clone(keys)
			for k := range keys {
				keys[k].LastUsed, keys[k].Use = time.Time{}, state.Absent[time.Time]()
			}
			users[i].Keys = state.Known(keys)
		}
	}
	snapshot.Users = state.Known(users)
	return snapshot
}

// Every setting that a plan changed can be restored, and changed again by undoing that. A
// step that cannot be undone says so before it is done.
func TestEveryMendedSettingIsPutBack(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	for _, d := range drifts() {
		t.Run(strings.ReplaceAll(d.name, " ", "-"), func(t *testing.T) {
			d.disturb(t, p, root)
			before := p.observe(root)
			plan := withoutRootKey(provision.MakePlan(before, provision.Desired(settings()), settings()))
			steps := p.mended(root, plan)
			for i, step := range steps {
				if promised := plan.Steps[i].Risk == provision.Reversible; promised != (step.CannotUndo() == "") ||
					promised != (step.Op == provision.Change) {
					t.Errorf("%s %s: said %s, %q; afterwards %q", step.Op, step.ID, plan.Steps[i].Risk, plan.Steps[i].Undo, step.CannotUndo())
				}
			}
			if slices.ContainsFunc(steps, func(s provision.Step) bool { return s.Op != provision.Change }) {
				return
			}
			slices.Reverse(steps)
			for i, step := range steps {
				steps[i] = p.back(root, step, settings())
			}
			if apart := p.apart(p.observe(root), before); apart != "" {
				t.Errorf("undone, it is not as it was: %s", apart)
			}
			slices.Reverse(steps)
			for _, step := range steps {
				p.back(root, step, settings())
			}
			if again := withoutRootKey(p.plan(root)); !again.Empty() {
				t.Errorf("after undoing the undo: %v", ids(again))
			}
		})
	}
}

// The provisioner role restores a bucket's policy and the trail's settings to the byte,
// including a policy that was not there.
func TestTheRolePutsBackToTheByte(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root, ctx := p.settle(), t.Context()
	data, trail := state.DataBucketName(settings()), state.TrailName(settings())
	// As somebody types it: spaces, line breaks, another order.
	typed := "{ \"Statement\" : [\n" + foreign("NoAccountant") + " ],\n  \"Version\":\"2012-10-17\"\t}"
	if err := putBucketPolicy(ctx, root, data, typed); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.CloudTrail(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
		Name: &trail, EnableLogFileValidation: new(false), IsMultiRegionTrail: new(false),
	}); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		out, err := aws.CloudTrail(root).GetTrail(ctx, &cloudtrail.GetTrailInput{Name: &trail})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(out.Trail)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	policy, settingsWere := bucketPolicy(t, root, data), read()
	if policy != typed {
		t.Fatalf("the policy is kept as %q", policy)
	}
	for _, step := range p.mended(p.mender(), withoutRootKey(p.plan(root))) {
		p.undo(p.mender(), step, settings())
	}
	if got := bucketPolicy(t, root, data); got != policy {
		t.Errorf("the policy came back as %q, want %q", got, policy)
	}
	if got := read(); got != settingsWere {
		t.Errorf("the trail came back as %s, want %s", got, settingsWere)
	}
}

// The settings on request can be restored too: the security contact, the disk defaults, the
// alarms and Bedrock's OpenAI-compatible endpoint.
func TestWhatWasAskedForIsPutBack(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root, ctx := p.settle(), t.Context()
	alerts := p.planFor(root, alertSettings())
	p.apply(p.mender(), alerts, p.approval())
	for i, disturb := range alertDrifts() {
		if err := disturb(ctx, root); err != nil {
			t.Fatal(err)
		}
		for _, step := range p.mended(p.mender(), p.planFor(root, alertSettings())) {
			switch why := step.CannotUndo(); {
			case why == "":
				p.thereAndBack(root, step, alertSettings())
			case step.Op != provision.Adopt:
				t.Errorf("drift %d, %s: %s", i, step.ID, why)
			}
		}
	}
	var steps []provision.Step
	state, err := provision.Observe(ctx, root, asked())
	if err != nil {
		t.Fatal(err)
	}
	again := provision.MakePlan(state, provision.Desired(asked()), asked()).Only(accountControls()...)
	for _, step := range done(p.apply(p.mender(), again, p.approval())) {
		if step.ID == "security-contact" || step.ID == "disk-defaults" {
			steps = append(steps, step)
			p.thereAndBack(root, step, asked())
		}
	}
	if len(steps) != 2 {
		t.Errorf("%d steps", len(steps))
	}
}

// An undo does not overwrite what somebody changed after the step, whether before the undo
// was planned or after it was approved.
func TestAnUndoOverwritesNobody(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root, ctx := p.settle(), t.Context()
	data := state.DataBucketName(settings())
	put := func(sid string) {
		t.Helper()
		if err := putBucketPolicy(ctx, root, data, statements(foreign(sid))); err != nil {
			t.Fatal(err)
		}
	}
	put("NoAccountant")
	step := p.mended(root, withoutRootKey(p.plan(root)))[0]
	plan, err := provision.Undo(ctx, root, p.observe(root), settings(), "7.1", step)
	if err != nil {
		t.Fatal(err)
	}
	put("SomebodyElse")
	if _, err := collect(ctx, root, plan, p.approval()); aws.KindOf(err) != aws.Conflict || !strings.Contains(err.Error(), "SomebodyElse") {
		t.Errorf("changed after the approval: %v", err)
	}
	_, err = provision.Undo(ctx, root, p.observe(root), settings(), "7.1", step)
	if since, ok := errors.AsType[*provision.ChangedSinceError](err); !ok || aws.KindOf(err) != aws.Conflict ||
		!strings.Contains(since.Now, "SomebodyElse") ||
		!strings.Contains(err.Error(), "was changed again after change 7.1") {
		t.Errorf("changed before the plan: %v", err)
	}
	if got := bucketPolicy(t, root, data); !strings.Contains(got, "SomebodyElse") {
		t.Errorf("it was overwritten: %s", got)
	}
	// If the setting is already restored, there is nothing to do.
	put("NoAccountant")
	if plan, err := provision.Undo(ctx, root, p.observe(root), settings(), "7.1", step); err != nil || !plan.Empty() {
		t.Errorf("it is back already: %v, %v", ids(plan), err)
	}
}

// A step that creates or deletes something says that it cannot be undone, and an undo of
// it is refused.
func TestWhatIsMadeOrDeletedIsNotUndone(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root := p.root()
	plan := p.plan(root)
	for _, s := range plan.Steps {
		if s.Op != provision.Change && (s.Risk == provision.Reversible || strings.Contains(s.Undo, "--undo")) {
			t.Errorf("%s %s is promised to be undone: %s", s.Op, s.ID, s.Undo)
		}
	}
	approval := p.approval()
	approval.StartedFromRootKey = p.rootKey().ID
	steps := done(p.apply(root, plan, approval))
	admin := p.as(state.AdminUser)
	snapshot := p.observe(admin)
	for id, want := range map[string]string{
		"root-key": "what was deleted cannot be restored", "user/" + state.AdminUser: "by hand: delete the user",
		"data-bucket": "by hand: delete the bucket while it is empty", "bedrock/use-case": "AWS cannot reverse it",
	} {
		i := slices.IndexFunc(steps, func(s provision.Step) bool { return s.ID == id })
		if i < 0 {
			t.Fatalf("no step %s", id)
		}
		if _, err := provision.Undo(t.Context(), admin, snapshot, settings(), "7.1", steps[i]); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", id, err, want)
		}
	}
}

// The role may not give rights, keep prompts or stop the trail. The plan says so before it
// asks for a code; an administrator may.
func TestSomeUndosTakeAnAdministrator(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	for _, name := range []string{"logging stopped", "retention on", "prompts logged", "more rights for the daily identity"} {
		i := slices.IndexFunc(drifts(), func(d drift) bool { return d.name == name })
		drifts()[i].disturb(t, p, root)
		plan := withoutRootKey(p.plan(root))
		if s := plan.Steps[0]; !strings.Contains(s.Undo, "with an administrator's credential, because ") {
			t.Errorf("%s does not say so before: %q", name, s.Undo)
		}
		step := p.mended(p.mender(), plan)[0]
		admin := p.as(state.AdminUser)
		back, err := provision.Undo(t.Context(), admin, p.observe(admin), settings(), "7.1", step)
		if err != nil || back.Blocked == nil || !strings.Contains(back.Blocked.Next, "claria setup --undo 7.1 --credentials profile:NAME") {
			t.Errorf("%s, as the daily identity: %v, blocked %v", name, err, back.Blocked)
		}
		p.undo(root, p.undo(root, step, settings()), settings())
	}
	if left := withoutRootKey(p.plan(root)); !left.Empty() {
		t.Errorf("left: %v", ids(left))
	}
}

// Without an agreement nothing is undone either.
func TestAnUndoPassesTheAgreementGate(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	suspend(t, root, state.DataBucketName(settings()))
	step := p.mended(root, withoutRootKey(p.plan(root)))[0]
	snapshot := p.observe(root)
	snapshot.Agreements = state.Known([]aws.Agreement{})
	plan, err := provision.Undo(t.Context(), root, snapshot, settings(), "7.1", step)
	if err != nil || plan.Blocked == nil || !strings.Contains(plan.Blocked.Next, "AWS Artifact") {
		t.Fatalf("%v, blocked %v", err, plan.Blocked)
	}
	before := len(p.sandbox.Calls())
	if _, err := collect(t.Context(), root, plan, p.approval()); err == nil || !strings.Contains(err.Error(), "AWS Artifact") ||
		len(p.sandbox.Calls()) != before {
		t.Errorf("apply: %v", err)
	}
}

// losing is a client that loses the answers to some requests, after AWS has done them or
// before.
type losing struct {
	aws.HTTPClient
	is   func(*http.Request) bool
	done bool // AWS has done it
	sent int
}

func (l *losing) Do(r *http.Request) (*http.Response, error) {
	if !l.is(r) {
		return l.HTTPClient.Do(r)
	}
	l.sent++
	if l.done {
		response, err := l.HTTPClient.Do(r)
		if err != nil {
			return nil, err
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	return nil, syscall.ECONNRESET
}

// After a lost answer, an undo reads the setting and never writes again blindly.
func TestALostAnswerOfAnUndo(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root, ctx := p.settle(), t.Context()
	policyRequest := func(r *http.Request) bool { return r.Method == http.MethodPut && r.URL.Query().Has("policy") }
	for _, arrived := range []bool{true, false} {
		if err := putBucketPolicy(ctx, root, state.DataBucketName(settings()), statements(foreign("NoAccountant"))); err != nil {
			t.Fatal(err)
		}
		before := bucketPolicy(t, root, state.DataBucketName(settings()))
		step := p.mended(root, withoutRootKey(p.plan(root)))[0]
		client := &losing{HTTPClient: p.sandbox.Client(), is: policyRequest, done: arrived}
		shaky, err := aws.Open(ctx, aws.Options{
			Region: settings().Region, Client: client, Source: aws.Source{Kind: aws.FromKey, Key: p.rootKey()},
			LookupEnv: func(string) (string, bool) { return "", false }, // with the program's retries
		})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := provision.Undo(ctx, shaky, p.observe(root), settings(), "7.1", step)
		if err != nil {
			t.Fatal(err)
		}
		events, err := collect(ctx, shaky, plan, p.approval())
		if client.sent != 1 {
			t.Errorf("it was sent %d times", client.sent)
		}
		got := bucketPolicy(t, root, state.DataBucketName(settings()))
		last := events[len(events)-1]
		if arrived && (err != nil || got != before || !strings.Contains(last.Detail, "answer was lost") || last.Step.Kept == nil) {
			t.Errorf("done, but the answer was lost: %v, %+v", err, last)
		}
		if !arrived && (err == nil || got == before || !strings.Contains(err.Error(), "the setting was not restored: undo it again")) {
			t.Errorf("never arrived: %v", err)
		}
	}
}

// The same if the connection breaks during an answer, or before it.
func TestABrokenConnectionDuringAnUndo(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root, ctx, trail := p.settle(), t.Context(), new(state.TrailName(settings()))
	for fault, want := range map[string]string{
		"truncate=cloudtrail:UpdateTrail,after=10,times=1": "", "drop=cloudtrail:UpdateTrail,times=1": "undo it again",
	} {
		if _, err := aws.CloudTrail(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
			Name: trail, EnableLogFileValidation: new(false),
		}); err != nil {
			t.Fatal(err)
		}
		step := p.mended(root, withoutRootKey(p.plan(root)))[0]
		patient, err := aws.Open(ctx, aws.Options{
			Region: settings().Region, Client: p.sandbox.Client(), Source: aws.Source{Kind: aws.FromKey, Key: p.rootKey()},
			LookupEnv: func(string) (string, bool) { return "", false },
		})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := provision.Undo(ctx, patient, p.observe(root), settings(), "7.1", step)
		if err != nil {
			t.Fatal(err)
		}
		mark := len(p.sandbox.Calls())
		if err := p.sandbox.Inject(fault); err != nil {
			t.Fatal(err)
		}
		_, err = collect(ctx, patient, plan, p.approval())
		p.sandbox.Clear()
		sent := 0
		for _, call := range p.sandbox.Calls()[mark:] {
			if call.Operation == "UpdateTrail" {
				sent++
			}
		}
		if sent != 1 || (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: sent %d times, %v", fault, sent, err)
		}
	}
}

// An undo activates exactly the keys that the step deactivated.
func TestKeysAreSwitchedOnAgain(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	p.person(root, "former", 100)
	key := p.active(root, "former")[0]
	step := p.mended(p.mender(), p.plan(root).Only("IAM-13"))[0]
	p.person(root, "newcomer", 0) // a key created since then does not matter
	if left := p.active(root, "former"); len(left) > 0 {
		t.Fatalf("still active: %v", left)
	}
	p.undo(p.mender(), step, settings())
	if on := p.active(root, "former"); !slices.Equal(on, []string{key}) {
		t.Errorf("switched on: %v, want %s", on, key)
	}
	off := p.mended(p.mender(), p.plan(root).Only("IAM-13"))[0]
	if _, err := aws.IAM(root).DeleteAccessKey(t.Context(), &iam.DeleteAccessKeyInput{
		UserName: new("former"), AccessKeyId: &key,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := provision.Undo(t.Context(), root, p.observe(root), settings(), "7.1", off); aws.KindOf(err) != aws.Conflict {
		t.Errorf("a key that was deleted since: %v", err)
	}
}

// A setting that another version of Claria recorded, with members left out or in another
// order, still counts as the same setting.
func TestASettingOfAnotherVersion(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root, ctx, data := p.settle(), t.Context(), state.DataBucketName(settings())
	if _, err := aws.S3(root).DeleteBucketLifecycle(ctx, &s3.DeleteBucketLifecycleInput{Bucket: &data}); err != nil {
		t.Fatal(err)
	}
	step := p.mended(root, withoutRootKey(p.plan(root)))[0]
	var rules any
	if err := json.Unmarshal(step.Kept.After, &rules); err != nil {
		t.Fatal(err)
	}
	older, err := json.Marshal(withoutNulls(rules))
	if err != nil || len(older) >= len(step.Kept.After) {
		t.Fatalf("%v: nothing was left out of %s", err, step.Kept.After)
	}
	step.Kept.After = older
	p.undo(root, step, settings())
	step.Kept.Before = json.RawMessage(`{"Rules":"none"}`)
	if _, err := provision.Undo(ctx, root, p.observe(root), settings(), "7.1", step); err == nil ||
		!strings.Contains(err.Error(), "the recorded setting cannot be read") {
		t.Errorf("a setting of another shape: %v", err)
	}
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if v[key] = withoutNulls(member); member == nil {
				delete(v, key)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}

// An undo that stopped half way is completed by the next try, which writes only what is
// left. Undoing that makes the whole change again. A part that somebody changed meanwhile
// is left alone.
func TestAnUndoThatStoppedHalfWayIsCompleted(t *testing.T) {
	drifted := func(name string) func(*testing.T, *practice, *aws.Account) {
		return drifts()[slices.IndexFunc(drifts(), func(d drift) bool { return d.name == name })].disturb
	}
	strict := settings()
	strict.Strict = true
	for _, c := range []struct {
		id, fault, once string // once: a write that succeeds in the first try, and is not repeated
		settings        state.Settings
		disturb         func(*testing.T, *practice, *aws.Account)
		meddle          func(*testing.T, *aws.Account)
	}{
		{
			"disk-defaults", "error=ec2:DisableSnapshotBlockPublicAccess,times=1,code=InternalError,status=500", "DisableEbsEncryptionByDefault",
			strict, func(t *testing.T, p *practice, root *aws.Account) { // the rights for it
				observed, err := provision.Observe(t.Context(), root, strict)
				if err != nil {
					t.Fatal(err)
				}
				plan := provision.MakePlan(observed, provision.Desired(strict), strict).Only("NET-03")
				plan.Steps = slices.DeleteFunc(plan.Steps, func(s provision.Step) bool { return s.ID == "disk-defaults" })
				p.apply(root, plan, p.approval())
			}, func(t *testing.T, root *aws.Account) {
				if err := ec2(t.Context(), root, "us-east-1", "EnableSnapshotBlockPublicAccess", url.Values{"State": {"block-new-sharing"}}); err != nil {
					t.Fatal(err)
				}
			},
		},
		{
			"user/claria-admin", "error=iam:PutUserPolicy,times=1", "AttachUserPolicy",
			settings(), drifted("more rights for the daily identity"), func(t *testing.T, root *aws.Account) {
				if _, err := aws.IAM(root).PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
					UserName: new("claria-admin"), PolicyName: new("other"),
					PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}]}`),
				}); err != nil {
					t.Fatal(err)
				}
			},
		},
		{
			"role/claria-provisioner", "deny=iam:AttachRolePolicy,times=1", "UpdateAssumeRolePolicy",
			settings(), drifted("role opened and widened"), func(t *testing.T, root *aws.Account) {
				if _, err := aws.IAM(root).UpdateRole(t.Context(), &iam.UpdateRoleInput{
					RoleName: new("claria-provisioner"), MaxSessionDuration: new(int32(7200)),
				}); err != nil {
					t.Fatal(err)
				}
			},
		},
	} {
		t.Run(strings.ReplaceAll(c.id, "/", "-"), func(t *testing.T) {
			t.Parallel()
			p := newPractice(t, sandbox.Options{})
			root, ctx := p.settle(), t.Context()
			observe := func() state.State {
				t.Helper()
				observed, err := provision.Observe(ctx, root, c.settings)
				if err != nil {
					t.Fatal(err)
				}
				return observed
			}
			c.disturb(t, p, root)
			before := observe()
			plan := withoutRootKey(provision.MakePlan(before, provision.Desired(c.settings), c.settings))
			if c.id == "disk-defaults" {
				plan = plan.Only("NET-03")
			}
			steps := p.mended(root, plan)
			if len(steps) != 1 || steps[0].ID != c.id {
				t.Fatalf("mended: %v", ids(plan))
			}
			after, step := observe(), steps[0]
			mark := len(p.sandbox.Calls())
			halfWay := func() {
				t.Helper()
				back, err := provision.Undo(ctx, root, observe(), c.settings, "7.1", step)
				if err != nil {
					t.Fatal(err)
				}
				if err := p.sandbox.Inject(c.fault); err != nil {
					t.Fatal(err)
				}
				_, err = collect(ctx, root, back, p.approval())
				p.sandbox.Clear()
				if err == nil || !strings.Contains(err.Error(), "a part of the setting is restored: undo it again to restore the rest") {
					t.Fatalf("the first try: %v", err)
				}
			}
			halfWay()
			undo := p.undo(root, step, c.settings)
			if apart := p.apart(observe(), before); apart != "" {
				t.Errorf("after the second try it is not as it was: %s", apart)
			}
			sent, once := 0, 1
			if c.id == "disk-defaults" { // once a region
				var regions map[string]struct{ Encrypt bool }
				if err := json.Unmarshal(step.Kept.Before, &regions); err != nil {
					t.Fatal(err)
				}
				once = len(regions)
			}
			for _, call := range p.sandbox.Calls()[mark:] {
				if call.Operation == c.once {
					sent++
				}
			}
			if sent != once {
				t.Errorf("%s was sent %d times, want %d", c.once, sent, once)
			}
			p.undo(root, undo, c.settings)
			if apart := p.apart(observe(), after); apart != "" {
				t.Errorf("made again, it is not as the change left it: %s", apart)
			}
			halfWay()
			c.meddle(t, root)
			if _, err := provision.Undo(ctx, root, observe(), c.settings, "7.1", step); aws.KindOf(err) != aws.Conflict {
				t.Errorf("a part that somebody changed: %v", err)
			}
		})
	}
}

// What a person approves is what is written, even if the recorded words say otherwise.
func TestAnUndoShowsWhatItWrites(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root, data := p.settle(), state.DataBucketName(settings())
	typed := statements(foreign("NoAccountant"))
	if err := putBucketPolicy(t.Context(), root, data, typed); err != nil {
		t.Fatal(err)
	}
	step := p.mended(root, withoutRootKey(p.plan(root)))[0]
	mended := bucketPolicy(t, root, data)
	step.Before, step.After = "nothing", "nothing either"
	plan, err := provision.Undo(t.Context(), root, p.observe(root), settings(), "7.1", step)
	if err != nil || plan.Steps[0].Before != mended || plan.Steps[0].After != typed {
		t.Fatalf("%v: shows %q and %q", err, plan.Steps[0].Before, plan.Steps[0].After)
	}
	p.apply(root, plan, p.approval())
	if got := bucketPolicy(t, root, data); got != plan.Steps[0].After {
		t.Errorf("wrote %q", got)
	}
}

// An undo of an undo says once what it is about, and so do those that ledgers already hold.
func TestAnUndoOfAnUndoIsNotNested(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	suspend(t, root, state.DataBucketName(settings()))
	step := p.mended(root, withoutRootKey(p.plan(root)))[0]
	plain := step.Summary
	step = p.undo(root, step, settings())
	if want := "undoes change 7.1 (" + plain + ")"; step.Summary != want {
		t.Errorf("%q, want %q", step.Summary, want)
	}
	for _, recorded := range []string{step.Summary, "undoes change 5.1 (puts back change 4.1 (" + plain + "))"} {
		step.Summary = recorded
		step = p.undo(root, step, settings())
		if want := "undoes change 7.1, which undid change 7.1 (" + plain + ")"; step.Summary != want {
			t.Errorf("%q, want %q", step.Summary, want)
		}
	}
}

// The refusal names the change and shows in short where a long policy differs.
func TestAnUndoRefusesInShort(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	if err := newVersion(t.Context(), root, "policy/claria-admin"); err != nil {
		t.Fatal(err)
	}
	step := p.mended(root, withoutRootKey(p.plan(root)))[0]
	if _, err := aws.IAM(root).CreatePolicyVersion(t.Context(), &iam.CreatePolicyVersionInput{
		PolicyArn: new("arn:aws:iam::111122223333:policy/claria-admin"), SetAsDefault: true,
		PolicyDocument: new(strings.Replace(unquoted(t, step.Kept.After), "records/clients/*", "records/elsewhere/*", 1)),
	}); err != nil {
		t.Fatal(err)
	}
	_, err := provision.Undo(t.Context(), root, p.observe(root), settings(), "7.1", step)
	if err == nil || len([]rune(err.Error())) > 700 || strings.Contains(err.Error(), `\"`) || strings.Contains(err.Error(), "\n") ||
		!strings.Contains(err.Error(), "policy claria-admin was changed again after change 7.1") ||
		!strings.Contains(err.Error(), "records/elsewhere/*") {
		t.Errorf("%v", err)
	}
}

func unquoted(t *testing.T, raw json.RawMessage) (text string) {
	t.Helper()
	if err := json.Unmarshal(raw, &text); err != nil {
		t.Fatal(err)
	}
	return text
}
