package provision_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3control"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

func deleteAccountBlock() *s3control.DeletePublicAccessBlockInput {
	return &s3control.DeletePublicAccessBlockInput{AccountId: new(sandbox.AccountID)}
}

// The root key is deleted last, and only if the daily key in the keyring works.
func TestRootKeyOutlivesAnUnprovenKey(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.root()
	approval := p.approval()
	approval.StartedFromRootKey = p.rootKey().ID
	approval.Keyring = forgetful{p.keys}
	events, err := collect(t.Context(), root, p.plan(root), approval)
	if err == nil || !strings.Contains(err.Error(), "NOT deleted") || !strings.Contains(err.Error(), "Security credentials") {
		t.Errorf("error %v, want it loud", err)
	}
	if last := events[len(events)-1]; last.Step.ID != "root-key" || last.Status != "failed" {
		t.Errorf("last event %+v", last)
	}
	if state := p.observe(root); state.Caller.ARN != "arn:aws:iam::111122223333:root" {
		t.Errorf("caller %+v", state.Caller)
	}
	other := p.approval()
	other.StartedFromRootKey = "AKIAXXXXXXXXXXXXXXXX"
	if _, err := collect(t.Context(), root, p.plan(root), other); err == nil || !strings.Contains(err.Error(), "was approved") {
		t.Errorf("another key than the approved one: %v", err)
	}
}

// forgetful is a keyring that stores keys but cannot load them.
type forgetful struct{ *memory }

func (forgetful) Load(name string) (aws.Key, error) {
	return aws.Key{}, &aws.Error{Kind: aws.Absent, Operation: "keyring", Resource: name}
}

// Set-up waits for a new key until it works everywhere.
func TestNewKeyIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, testNewKeyIsSlow)
}

func testNewKeyIsSlow(t *testing.T) {
	p := newPractice(t, sandbox.Options{Faults: []string{"stale=iam:CreateAccessKey,for=400ms"}})
	p.settle()
	if state := p.observe(p.as(state.AdminUser)); state.Caller.ARN != "arn:aws:iam::111122223333:user/claria-admin" {
		t.Errorf("caller %+v", state.Caller)
	}
}

// A key that cannot be stored is deleted.
func TestKeyThatCannotBeKept(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.root()
	p.keys.refuse = errors.New("the keyring is locked")
	_, err := collect(t.Context(), root, p.plan(root), p.approval())
	if err == nil || !strings.Contains(err.Error(), "the keyring is locked") || !strings.Contains(err.Error(), "The new key was deleted") {
		t.Errorf("error %v", err)
	}
	keys, err := aws.IAM(root).ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{UserName: new(state.AdminUser)})
	if err != nil || len(keys.AccessKeyMetadata) != 0 {
		t.Errorf("keys left behind: %+v, %v", keys, err)
	}
	p.keys.refuse = nil
	p.apply(root, withoutRootKey(p.plan(root)), p.approval())

	none := p.approval()
	none.Keyring = nil
	if _, err := collect(t.Context(), root, forThisMachine(p, root), none); err == nil || !strings.Contains(err.Error(), "no keyring") {
		t.Errorf("without a keyring: %v", err)
	}
}

// forThisMachine is the plan of a computer whose keyring has no key.
func forThisMachine(p *practice, account *aws.Account) provision.Plan {
	held := settings()
	held.Held = map[string]string{}
	return withoutRootKey(provision.MakePlan(p.observe(account), provision.Desired(held), held))
}

// A second computer gets its own key. At AWS's limit the error lists both keys, so that a
// person can choose.
func TestSecondComputer(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	first, _ := p.keys.Load(state.AdminUser)
	plan := forThisMachine(p, root)
	if len(plan.Steps) != 1 || plan.Steps[0].ID != "key/claria-admin" {
		t.Fatalf("plan %v", ids(plan))
	}
	p.apply(root, plan, p.approval())
	second, _ := p.keys.Load(state.AdminUser)
	if second == first {
		t.Error("no new key")
	}
	held := settings()
	held.Held = map[string]string{state.AdminUser: second.ID}
	if plan := withoutRootKey(provision.MakePlan(p.observe(root), provision.Desired(held), held)); !plan.Empty() {
		t.Errorf("with its key held: %v", ids(plan))
	}
	_, err := collect(t.Context(), root, forThisMachine(p, root), p.approval())
	limit, ok := errors.AsType[*provision.KeyLimitError](err)
	if !ok || len(limit.Keys) != 2 {
		t.Fatalf("third key: %v", err)
	}
	for _, k := range limit.Keys {
		if !strings.Contains(err.Error(), aws.ShortKeyID(k.ID)+" created "+k.Created.UTC().Format(time.DateOnly)) {
			t.Errorf("%v does not name %s", err, k.ID)
		}
	}
}
