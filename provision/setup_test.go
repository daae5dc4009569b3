package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

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

// run is one run of set-up as claria setup --answers does it, from the root key while that
// works and from the daily key afterwards.
type run struct {
	p    *practice
	line *line
	seed map[string]string // the file with the seed: serial → seed
}

func (r run) do() error {
	p := r.p
	p.client, p.keys.dead = r.line, r.line.dead
	defer func() { p.client, p.keys.dead = nil, nil }()
	ctx := p.t.Context()
	account := p.root()
	if _, err := account.Identity(ctx); err != nil {
		key, missing := p.keys.Load(state.AdminUser)
		if missing != nil {
			return err
		}
		account = p.open(key)
	}
	s := settings()
	var err error
	if s.Held, s.Unfinished, err = provision.Holding(p.keys); err != nil {
		return err
	}
	observed, err := provision.Observe(ctx, account, s)
	if err != nil {
		return err
	}
	plan := provision.MakePlan(observed, provision.Desired(s), s)
	if plan.Blocked != nil || len(plan.Unknown) > 0 {
		return fmt.Errorf("blocked %v, unknown %v", plan.Blocked, plan.Unknown)
	}
	phone := provision.NewAuthenticator(p.now)
	for _, seed := range r.seed {
		if err := phone.Load(seed); err != nil {
			return err
		}
	}
	approval := p.adopting(plan)
	approval.Code = phone.Code
	approval.SecondFactor = func(ctx context.Context, e provision.Enrolment) (string, string, error) {
		if r.line.dead() {
			return "", "", errKilled
		}
		r.seed[e.Serial] = e.Seed
		return phone.Enrol(ctx, e)
	}
	approval.KeptSeed = func(serial string) string { return r.seed[serial] }
	approval.StartedFromRootKey = p.rootKey().ID
	_, err = collect(ctx, account, plan, approval)
	if failed, ok := errors.AsType[*provision.EnrolmentError](err); ok && failed.Gone {
		delete(r.seed, failed.Serial)
	}
	return err
}

// ended reports what is not as it should be after set-up.
func (r run) ended() (wrong []string) {
	p := r.p
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if _, err := p.root().Identity(p.t.Context()); aws.KindOf(err) != aws.Denied {
		say("the root key still works")
	}
	daily := p.as(state.AdminUser)
	if again := p.plan(daily); !again.Empty() || len(again.Unknown) > 0 {
		say("the next plan is %v, unknown %v", ids(again), again.Unknown)
	}
	for _, user := range []string{state.AdminUser, state.AuditorUser} {
		held, _ := p.keys.Load(user)
		if on, off := p.keysOf(daily, user); !slices.Equal(on, []string{held.ID}) || len(off) > 0 {
			say("%s has %v on and %v off, and the keyring %s", user, on, off, held.ID)
		}
	}
	if names, _ := p.keys.Names(); len(names) != 2 {
		say("the keyring holds %v", names)
	}
	phone := provision.NewAuthenticator(p.now)
	if len(r.seed) != 1 {
		say("%d seeds are kept", len(r.seed))
	}
	for _, seed := range r.seed {
		_ = phone.Load(seed)
	}
	p.later.Add(60)
	if _, err := provision.AsProvisioner(p.t.Context(), daily, settings(), func() (string, error) {
		return phone.Code(p.t.Context(), nil)
	}); err != nil {
		say("the seed does not open the role: %v", err)
	}
	opened := false
	for _, call := range p.sandbox.Calls() {
		switch {
		case call.Action == "sts:AssumeRole" && call.Status == 200:
			opened = true
		case call.Action == "iam:DeleteAccessKey" && call.Caller == "arn:aws:iam::111122223333:root" && call.Resource != "" &&
			strings.HasSuffix(call.Resource, ":root") && !opened:
			say("the root key was deleted before the second factor opened the role")
		}
	}
	return wrong
}

// Whenever set-up is killed, the same command ends well: the root key was not deleted
// before the proof, there are two active keys in all, the keyring holds both, and the seed
// that was kept opens the role.
func TestSetUpThatIsKilledAtEveryWrite(t *testing.T) {
	t.Parallel()
	var writes []string // of a run that is not killed
	for cut := 0; cut <= len(writes); cut++ {
		for _, after := range []bool{true, false} {
			// Before the first key, a write that was not sent is the one before it that was.
			if first := slices.Index(writes, "CreateAccessKey"); !after && cut <= first {
				continue
			}
			synctest.Test(t, func(t *testing.T) {
				p := newPractice(t, sandbox.Options{})
				r := run{p: p, seed: map[string]string{}, line: &line{client: p.sandbox.Client(), cut: cut, after: after}}
				err := r.do()
				switch {
				case cut == 0 && err != nil:
					t.Fatalf("a run that is not killed: %v", err)
				case cut == 0:
					if writes = r.line.writes; len(writes) < 40 {
						t.Errorf("only these writes were counted: %v", writes)
					}
				case err == nil:
					t.Errorf("write %d was not cut", cut)
				default:
					r.line = &line{client: p.sandbox.Client()}
					if err := r.do(); err != nil {
						t.Errorf("write %d, %s, done %v: the next run: %v", cut, writes[cut-1], after, err)
					}
				}
				for _, wrong := range r.ended() {
					t.Errorf("write %d, done %v: %s", cut, after, wrong)
				}
			})
		}
	}
}

// A lost answer of a call that must not be repeated changes nothing for the person: set-up
// finds out what happened, and ends well in the same run.
func TestLostAnswersOfSetUp(t *testing.T) {
	t.Parallel()
	for operation, most := range map[string]int{"CreateAccessKey": 2, "CreateVirtualMFADevice": 2, "EnableMFADevice": 1, "DeleteAccessKey": 1} {
		for times := 1; times <= most; times++ {
			synctest.Test(t, func(t *testing.T) {
				p := newPractice(t, sandbox.Options{})
				r := run{p: p, seed: map[string]string{}, line: &line{client: p.sandbox.Client(), lose: operation, times: times}}
				if err := r.do(); err != nil {
					t.Fatalf("%s lost %d times: %v", operation, times, err)
				}
				if r.line.times > 0 {
					t.Errorf("%s: the answer was not lost", operation)
				}
				for _, wrong := range r.ended() {
					t.Errorf("%s lost %d times: %s", operation, times, wrong)
				}
			})
		}
	}
}

// A set-up that was killed after the second factor was enabled does not delete the root
// key until the second factor is proven: not without a code, and not with another seed.
func TestTheRootKeyWaitsForTheProof(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPractice(t, sandbox.Options{})
		root := p.settle() // without the root key's deletion
		for says, code := range map[string]func(context.Context, error) (string, error){
			"a code of the second factor must prove": nil,
			"did not accept the code":                func(context.Context, error) (string, error) { return "000000", nil },
			"the phone is lost":                      func(context.Context, error) (string, error) { return "", errors.New("the phone is lost") },
		} {
			approval := p.approval()
			approval.StartedFromRootKey, approval.Code = p.rootKey().ID, code
			if _, err := collect(t.Context(), root, p.plan(root), approval); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("want %q: %v", says, err)
			}
			if _, err := p.root().Identity(t.Context()); err != nil {
				t.Fatalf("%s: the root key: %v", says, err)
			}
		}
		approval := p.approval()
		approval.StartedFromRootKey = p.rootKey().ID
		suspend(t, root, state.DataBucketName(settings()))
		if _, err := collect(t.Context(), root, p.plan(root).Only("IAM-01"), approval); err == nil ||
			!strings.Contains(err.Error(), "not yet as it should be; not done: data bucket") {
			t.Errorf("while the account is not as it should be: %v", err)
		}
		p.apply(root, p.plan(root), approval)
		if _, err := p.root().Identity(t.Context()); aws.KindOf(err) != aws.Denied {
			t.Errorf("the root key after the proof: %v", err)
		}
	})
}

// While part of the account is unread, the plan deletes no key and says so.
func TestNoKeyIsDeletedWhilePartIsUnread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testNoKeyIsDeletedWhilePartIsUnread)
}

func testNoKeyIsDeletedWhilePartIsUnread(t *testing.T) {
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	if err := p.sandbox.Inject("deny=s3:GetBucketPolicy"); err != nil {
		t.Fatal(err)
	}
	plan := p.plan(root)
	said := ""
	for _, unknown := range plan.Unknown {
		said += unknown.Reason + "\n"
	}
	if len(plan.Steps) > 0 || !strings.Contains(said, "root access key would be removed, but not while part of the account is unread") {
		t.Errorf("steps %v, unknown %s", ids(plan), said)
	}
	p.sandbox.Clear()
	approval := p.approval()
	approval.StartedFromRootKey = p.rootKey().ID
	plan = p.plan(root)
	if err := p.sandbox.Inject("deny=s3:GetBucketPolicy"); err != nil { // since the plan
		t.Fatal(err)
	}
	if _, err := collect(t.Context(), root, plan, approval); err == nil || !strings.Contains(err.Error(), "part of the account is unread") {
		t.Errorf("unread since the plan: %v", err)
	}
	if _, err := p.root().Identity(t.Context()); err != nil {
		t.Errorf("the root key: %v", err)
	}
}

// A key that this computer does not hold and that nobody used is planned away: at once if
// this computer began to create it, or after an hour; before that it is deactivated, which
// another computer's person can undo. Keys that are held or used stay.
func TestAKeyThatNobodyHasIsPlannedAway(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	made, err := aws.IAM(root).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: new(state.AdminUser)})
	if err != nil {
		t.Fatal(err)
	}
	stray := *made.AccessKey.AccessKeyId
	holding := func() state.Settings {
		s := settings()
		var err error
		if s.Held, s.Unfinished, err = provision.Holding(p.keys); err != nil {
			t.Fatal(err)
		}
		return s
	}
	plan := func(s state.Settings) provision.Plan {
		return withoutRootKey(provision.MakePlan(p.observe(root), provision.Desired(s), s))
	}
	if young := plan(holding()); len(young.Steps) != 1 || young.Steps[0].Op != provision.Change ||
		!strings.Contains(young.Steps[0].Before, stray) || !strings.Contains(young.Steps[0].Undo, "activate it again") {
		t.Errorf("a key that was just made: %+v", young.Steps)
	}
	if other := plan(settings()); !other.Empty() {
		t.Errorf("where the keyring was not read: %v", ids(other))
	}
	held, _ := p.keys.Load(state.AdminUser)
	_ = p.keys.Store(state.AdminUser+".next", aws.Key{Secret: "begun " + held.ID})
	mine := plan(holding())
	if len(mine.Steps) != 1 || mine.Steps[0].Op != provision.Delete || mine.Steps[0].Risk != provision.Irreversible {
		t.Fatalf("a key that this computer began to create: %+v", mine.Steps)
	}
	p.apply(root, mine, p.approval())
	if on, off := p.keysOf(root, state.AdminUser); !slices.Equal(on, []string{held.ID}) || len(off) > 0 {
		t.Errorf("on %v, off %v", on, off)
	}
	if again := plan(holding()); !again.Empty() {
		t.Errorf("the next plan: %v", ids(again))
	}
}

// passingConflicts are errors that AWS documents as passing, in AWS's words.
var passingConflicts = []string{
	"error=s3:CreateBucket,times=2,status=409,code=OperationAborted,message=" +
		"A conflicting conditional operation is currently in progress against this resource. Please try again.",
	"error=s3:PutBucketLifecycleConfiguration,times=3,status=404,code=NoSuchBucket,message=The specified bucket does not exist",
	"error=s3:PutBucketPolicy,for=45s,status=409,code=OperationAborted",
	"error=iam:CreateUser,times=2,status=409,code=ConcurrentModification",
	"error=iam:AttachUserPolicy,times=3,status=404,code=NoSuchEntity,message=The user with name claria-admin cannot be found.",
	"error=iam:AttachRolePolicy,for=2m,status=409,code=EntityTemporarilyUnmodifiable",
	`error=iam:CreateRole,times=3,status=400,code=MalformedPolicyDocument,message=Invalid principal in policy: ` +
		`"AWS":"arn:aws:iam::111122223333:user/claria-admin"`,
	"error=cloudtrail:CreateTrail,times=2,status=400,code=InsufficientS3BucketPolicyException",
	"error=cloudtrail:CreateTrail,for=30s,status=400,code=InsufficientEncryptionPolicyException",
	"error=cloudtrail:PutEventSelectors,times=2,status=400,code=TrailNotFoundException,message=" +
		"Unknown trail: arn:aws:cloudtrail:us-east-1:111122223333:trail/claria-trail for the user: 111122223333",
	"error=cloudtrail:StartLogging,for=3m,status=400,code=ConflictException",
	"stale=iam:CreateAccessKey,for=40s",
}

// Conflicts that AWS documents as passing are waited out in one run, one at a time and all
// together, with a word for the person, and nothing is made twice.
func TestPassingConflictsAreWaitedOut(t *testing.T) {
	t.Parallel()
	for i := range len(passingConflicts) + 1 {
		faults, name := passingConflicts, "all"
		if i < len(passingConflicts) {
			faults = passingConflicts[i : i+1]
			name, _, _ = strings.Cut(faults[0], ",message=")
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPractice(t, sandbox.Options{Faults: faults})
				root := p.root()
				events := p.apply(root, p.strictPlan(root), p.approvalBeside(root))
				if left := withoutRootKey(p.strictPlan(root)); !left.Empty() || len(left.Unknown) > 0 {
					t.Errorf("second plan %v, unknown %v", ids(left), left.Unknown)
				}
				p.oneOfEach(root)
				for _, spec := range faults {
					_, code, _ := strings.Cut(spec, "code=")
					if code, _, _ = strings.Cut(code, ","); code == "" {
						code = "InvalidClientTokenId"
					}
					if !slices.ContainsFunc(events, func(e provision.Progress) bool {
						return e.Status == "waiting" && strings.HasPrefix(e.Detail, "waiting for AWS: ") && strings.Contains(e.Detail, code)
					}) {
						t.Errorf("no word about %s", spec)
					}
				}
			})
		})
	}
}

// A passing error of something that this run did not make is an answer.
func TestOnlyNewThingsAreWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPractice(t, sandbox.Options{})
		root := p.settle()
		other := p.root() // another run
		suspend(t, root, state.DataBucketName(settings()))
		if err := p.sandbox.Inject("error=s3:PutBucketVersioning,status=404,code=NoSuchBucket"); err != nil {
			t.Fatal(err)
		}
		before := len(p.sandbox.Calls())
		_, err := collect(t.Context(), other, withoutRootKey(p.plan(other)), p.approval())
		if aws.KindOf(err) != aws.Absent {
			t.Errorf("error %v", err)
		}
		if tries := p.calls(before, "PutBucketVersioning"); tries != 1 {
			t.Errorf("%d tries", tries)
		}
	})
}

// A creation whose answer is lost is looked for. It is repeated only if it was not done,
// whatever the SDK's own retries are.
func TestLostCreations(t *testing.T) {
	t.Parallel()
	creations := []string{
		"s3:CreateBucket", "kms:CreateKey", "kms:CreateAlias", "iam:CreatePolicy", "iam:CreateUser", "iam:CreateRole",
		"cloudtrail:CreateTrail", "access-analyzer:CreateAnalyzer", "budgets:CreateBudget",
	}
	for how, calls := range map[string]int{
		"lose=%s,times=1":            1,
		"lose=%s,times=1,status=503": 1,
		"drop=%s,times=1":            2,
		"drop=%s,times=2":            3,
		"error=%s,times=1":           2, // nothing says that it was not done
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPractice(t, sandbox.Options{})
				for _, creation := range creations {
					if err := p.sandbox.Inject(fmt.Sprintf(how, creation)); err != nil {
						t.Fatal(err)
					}
				}
				root := p.openWith(p.sandbox.Client(), 5)
				declared := strictSettings()
				declared.Alerts, declared.Budget = "alerts@example.org", 50
				plan := func() provision.Plan { return p.planOf(root, declared) }
				p.apply(root, plan(), p.approvalBeside(root))
				if left := withoutRootKey(plan()); !left.Empty() || len(left.Unknown) > 0 {
					t.Errorf("second plan %v, unknown %v", ids(left), left.Unknown)
				}
				p.oneOfEach(root)
				for _, creation := range creations {
					_, operation, _ := strings.Cut(creation, ":")
					more := map[string]int{"CreateBucket": 1, "CreateUser": 1, "CreatePolicy": p.policies(declared) - 1}[operation]
					if got := p.calls(0, operation); got != calls+more {
						t.Errorf("%s was called %d times, want %d", operation, got, calls+more)
					}
				}
			})
		})
	}
}

// In a partition whose S3 takes no tags with a new bucket, it is tagged afterwards.
func TestBucketWhereCreationTakesNoTags(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{Faults: []string{"error=s3:CreateBucket,times=1,status=400,code=UnsupportedArgument"}})
	root := p.settle()
	if left := withoutRootKey(p.plan(root)); !left.Empty() {
		t.Errorf("second plan %v", ids(left))
	}
}

// Set-up that is cut off between any two writes goes on when the same command is given
// again. Nothing has to be taken over, and nothing is made twice.
func TestCutOffBetweenAnyTwoWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPractice(t, sandbox.Options{})
		declared := strictSettings()
		declared.Alerts, declared.Budget = "alerts@example.org", 50
		last, allowed := "", 1
		for run := 0; ; run++ {
			if run > 300 {
				t.Fatalf("it does not end: %s", last)
			}
			line := &cutLine{client: p.sandbox.Client(), writes: p.writes}
			root := p.openWith(line, 1)
			plan := withoutCredentials(p.planOf(root, declared))
			if plan.Empty() {
				break
			}
			for _, s := range plan.Steps {
				if s.Op == provision.Adopt {
					t.Fatalf("after %s, %s is to be taken over", last, s.ID)
				}
			}
			// A step may begin again with the write that was done last, so it gets one more.
			text, _ := json.Marshal(plan.Steps)
			if allowed++; string(text) != last {
				last, allowed = string(text), 1
			}
			line.cutAfter(allowed)
			_, _ = collect(t.Context(), root, plan, p.approval())
		}
		p.oneOfEach(p.root())
	})
}

// cutLine is a connection that breaks for good after some writes.
type cutLine struct {
	client *http.Client
	writes func() int

	mu   sync.Mutex
	end  int // 0: not yet
	over bool
}

func (c *cutLine) cutAfter(writes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end = c.writes() + writes
}

func (c *cutLine) Do(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end > 0 && (c.over || c.writes() >= c.end) {
		c.over = true
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return c.client.Do(r)
}

// withoutCredentials leaves out the keys and the second factor, which have tests of their own.
func withoutCredentials(plan provision.Plan) provision.Plan {
	plan.Steps = slices.DeleteFunc(slices.Clone(plan.Steps), func(s provision.Step) bool {
		return s.ID == "root-key" || strings.HasPrefix(s.ID, "key/") || strings.HasPrefix(s.ID, "mfa/") || strings.HasPrefix(s.ID, "rotate/")
	})
	return plan
}

func (p *practice) planOf(account *aws.Account, s state.Settings) provision.Plan {
	p.t.Helper()
	observed, err := provision.Observe(p.t.Context(), account, s)
	if err != nil {
		p.t.Fatal(err)
	}
	return provision.MakePlan(observed, provision.Desired(s), s)
}

// openWith is the account opened with its root key, over a client.
func (p *practice) openWith(client aws.HTTPClient, attempts int) *aws.Account {
	p.t.Helper()
	account, err := aws.Open(p.t.Context(), aws.Options{
		Region: settings().Region, Client: client, Source: aws.Source{Kind: aws.FromKey, Key: p.rootKey()},
		LookupEnv: func(string) (string, bool) { return "", false }, Attempts: attempts, Now: p.now, Sleep: p.sleep,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return account
}

// approvalBeside opens new keys as a session does, from the account that made them.
func (p *practice) approvalBeside(account *aws.Account) provision.Approval {
	approval := p.approval()
	approval.Prove = func(ctx context.Context, key aws.Key) (*aws.Account, error) {
		return account.As(ctx, aws.Source{Kind: aws.FromKey, Key: key})
	}
	return approval
}

// calls is how often an operation was called since a point in the record.
func (p *practice) calls(since int, operation string) int {
	n := 0
	for _, call := range p.sandbox.Calls()[since:] {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

// writes is how often the account was changed, or could have been.
func (p *practice) writes() int {
	n := 0
	for _, call := range p.sandbox.Calls() {
		if call.Write {
			n++
		}
	}
	return n
}

func (p *practice) policies(s state.Settings) int {
	all, _ := provision.Desired(s).Policies.Value()
	return len(all)
}

// oneOfEach checks that nothing in the account exists twice.
func (p *practice) oneOfEach(root *aws.Account) {
	p.t.Helper()
	ctx := p.t.Context()
	var keys struct{ Keys []struct{ KeyId string } }
	askKMS(ctx, p.t, root, "ListKeys", map[string]any{}, &keys)
	buckets, err := aws.S3(root).ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	trails, err := aws.CloudTrail(root).ListTrails(ctx, &cloudtrail.ListTrailsInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	users, err := aws.IAM(root).ListUsers(ctx, &iam.ListUsersInput{})
	if err != nil {
		p.t.Fatal(err)
	}
	got := fmt.Sprintf("%d key, %d buckets, %d trail, %d users", len(keys.Keys), len(buckets.Buckets), len(trails.Trails), len(users.Users))
	if want := "1 key, 2 buckets, 1 trail, 2 users"; got != want {
		p.t.Errorf("the account has %s, want %s", got, want)
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
