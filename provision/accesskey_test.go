package provision_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
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

// Where the keyring cannot be written, no key is created. A key that cannot be stored is deleted.
func TestKeyThatCannotBeKept(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.root()
	p.keys.refuse = errors.New("the keyring is locked")
	_, err := collect(t.Context(), root, p.plan(root), p.approval())
	if err == nil || !strings.Contains(err.Error(), "the keyring is locked") || !strings.Contains(err.Error(), "no key was created") {
		t.Errorf("error %v", err)
	}
	p.keys.spare = 1
	_, err = collect(t.Context(), root, p.plan(root), p.approval())
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

// killed ends a rotation as a power cut does: nothing runs after it.
type killed struct{}

// fragile is a keyring at whose nth change the computer dies, before or after the change.
type fragile struct {
	*memory
	left  int
	after bool
}

func (f *fragile) change(do func() error) error {
	f.left--
	if f.left == 0 && !f.after {
		panic(killed{})
	}
	err := do()
	if f.left == 0 {
		panic(killed{})
	}
	return err
}

func (f *fragile) Store(name string, key aws.Key) error {
	return f.change(func() error { return f.memory.Store(name, key) })
}

func (f *fragile) Delete(name string) error {
	return f.change(func() error { return f.memory.Delete(name) })
}

func (p *practice) keysOf(account *aws.Account, user string) (on, off []string) {
	p.t.Helper()
	keys, err := provision.Keys(p.t.Context(), account, user)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, k := range keys {
		if k.Active {
			on = append(on, k.ID)
		} else {
			off = append(off, k.ID)
		}
	}
	return on, off
}

// Whenever a rotation is interrupted, the keyring holds a key that works, and the next
// rotation finishes it: one active key, the old key deactivated, nothing else left behind.
func TestARotationThatIsKilled(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	for _, user := range []string{state.AdminUser, state.AuditorUser} {
		mender := p.mender()
		cuts := 0
		for n := 1; ; n++ {
			finished := 0
			for _, after := range []bool{false, true} {
				first, _ := p.keys.Load(user)
				approval := p.approval()
				approval.Keyring = &fragile{p.keys, n, after}
				cut := func() (cut bool) {
					defer func() {
						switch r := recover(); r.(type) {
						case nil:
						case killed:
							cut = true
						default:
							panic(r)
						}
					}()
					if _, err := provision.Rotate(t.Context(), mender, settings(), user, approval); err != nil {
						t.Fatalf("cut %d: %v", n, err)
					}
					return false
				}()
				if !cut {
					finished++
					continue
				}
				cuts++
				if _, err := p.as(user).Identity(t.Context()); err != nil {
					t.Fatalf("cut %d, after %v: the keyring's key does not work: %v", n, after, err)
				}
				done, err := provision.Rotate(t.Context(), mender, settings(), user, p.approval())
				if err != nil {
					t.Fatalf("cut %d, after %v: the next rotation: %v", n, after, err)
				}
				held, _ := p.keys.Load(user)
				on, off := p.keysOf(root, user)
				if !slices.Equal(on, []string{held.ID}) || held.ID == first.ID || done.New != held.ID || len(off) > 1 {
					t.Errorf("cut %d, after %v: held %s, before %s, on %v, off %v, returned %+v", n, after, held.ID, first.ID, on, off, done)
				}
				for name := range p.keys.keys {
					if strings.Contains(name, ".") {
						t.Errorf("cut %d, after %v: %s is left in the keyring", n, after, name)
					}
				}
			}
			if finished == 2 {
				break
			}
		}
		if cuts < 8 {
			t.Errorf("only %d cuts were tried", cuts)
		}
	}
}

// Wherever the connection breaks during a rotation, and whichever answer is lost, the next
// rotation ends with one active key, which the keyring holds.
func TestARotationThatIsCutOff(t *testing.T) {
	t.Parallel()
	rotates := func(t *testing.T, l *line) (broke, killed bool) {
		p := newPractice(t, sandbox.Options{})
		p.settle()
		if _, err := provision.Rotate(t.Context(), p.mender(), settings(), state.AdminUser, p.approval()); err != nil {
			t.Fatal(err) // so that the next one also deletes a key
		}
		l.client = p.sandbox.Client()
		p.role, p.client, p.keys.dead = nil, l, l.dead
		_, err := provision.Rotate(t.Context(), p.mender(), settings(), state.AdminUser, p.approval())
		p.role, p.client, p.keys.dead = nil, nil, nil
		if err != nil || l.dead() {
			if _, err := p.as(state.AdminUser).Identity(t.Context()); err != nil {
				t.Errorf("%+v: the keyring's key does not work: %v", l.writes, err)
			}
			if _, err := provision.Rotate(t.Context(), p.mender(), settings(), state.AdminUser, p.approval()); err != nil {
				t.Errorf("%+v: the next rotation: %v", l.writes, err)
			}
		}
		held, _ := p.keys.Load(state.AdminUser)
		if on, off := p.keysOf(p.root(), state.AdminUser); !slices.Equal(on, []string{held.ID}) || len(off) > 1 {
			t.Errorf("%+v: held %s, on %v, off %v", l.writes, held.ID, on, off)
		}
		if names, _ := p.keys.Names(); len(names) != 2 {
			t.Errorf("%+v: the keyring holds %v", l.writes, names)
		}
		return err != nil, l.dead()
	}
	for cut, killed := 1, true; killed; cut++ {
		for _, after := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				if _, killed = rotates(t, &line{cut: cut, after: after}); !killed && cut < 4 {
					t.Errorf("a rotation has only %d writes", cut-1)
				}
			})
		}
	}
	for _, lose := range []string{"CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"} {
		synctest.Test(t, func(t *testing.T) {
			l := &line{lose: lose, times: 1}
			if broke, _ := rotates(t, l); l.times > 0 || broke && lose != "UpdateAccessKey" && lose != "DeleteAccessKey" {
				t.Errorf("%s: lost %v, failed %v", lose, l.times == 0, broke)
			}
		})
	}
}

// A rotation replaces this computer's key and leaves other computers' keys alone. It
// deletes what an earlier rotation deactivated, and never keeps a key that does not work.
func TestRotate(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	mender := p.mender()
	first, _ := p.keys.Load(state.AdminUser)
	done, err := provision.Rotate(t.Context(), mender, settings(), state.AdminUser, p.approval())
	second, _ := p.keys.Load(state.AdminUser)
	if err != nil || done.Old != first.ID || done.New != second.ID || len(done.Deleted) != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err := p.open(first).Identity(t.Context()); aws.KindOf(err) != aws.Denied {
		t.Errorf("the old key: %v", err)
	}
	failing := p.approval()
	failing.Prove = func(context.Context, aws.Key) (*aws.Account, error) { return nil, errors.New("no network") }
	if _, err := provision.Rotate(t.Context(), mender, settings(), state.AdminUser, failing); err == nil ||
		!strings.Contains(err.Error(), "old one stays in use") {
		t.Errorf("a key that cannot be tried: %v", err)
	}
	if now, _ := p.keys.Load(state.AdminUser); now != second {
		t.Error("a key that was not proven took the old one's place")
	}
	done, err = provision.Rotate(t.Context(), mender, settings(), state.AdminUser, p.approval())
	if on, off := p.keysOf(root, state.AdminUser); err != nil || len(on) != 1 || !slices.Equal(off, []string{second.ID}) || done.Resumed {
		t.Errorf("after the next rotation on %v, off %v; %+v, %v", on, off, done, err)
	}

	// Another computer's key, and the limit.
	third, _ := p.keys.Load(state.AdminUser)
	if err := provision.Retire(t.Context(), mender, settings(), state.AdminUser, second.ID, p.approval()); err != nil {
		t.Fatal(err)
	}
	elsewhere := &memory{keys: map[string]aws.Key{}}
	other := p.approval()
	other.Keyring = elsewhere
	if _, err := provision.IssueKey(t.Context(), mender, settings(), state.AdminUser, other); err != nil {
		t.Fatal(err)
	}
	theirs, _ := elsewhere.Load(state.AdminUser)
	_, err = provision.Rotate(t.Context(), mender, settings(), state.AdminUser, p.approval())
	if limit, ok := errors.AsType[*provision.KeyLimitError](err); !ok || len(limit.Keys) != 2 ||
		!strings.Contains(err.Error(), "claria keys retire") {
		t.Errorf("with two computers: %v", err)
	}
	if err := provision.Retire(t.Context(), mender, settings(), state.AdminUser, third.ID, p.approval()); err == nil ||
		!strings.Contains(err.Error(), "keys rotate") {
		t.Errorf("retiring the key in use: %v", err)
	}
	choosing := p.approval()
	choosing.Retire = func(context.Context, *provision.KeyLimitError) (string, error) { return theirs.ID, nil }
	if done, err = provision.Rotate(t.Context(), mender, settings(), state.AdminUser, choosing); err != nil || done.Old != third.ID {
		t.Errorf("after choosing: %+v, %v", done, err)
	}
	if _, err := p.open(theirs).Identity(t.Context()); aws.KindOf(err) != aws.Denied {
		t.Errorf("the retired key: %v", err)
	}
}

// A plan rotates a key that is due, on the computer that has it.
func TestADueKeyIsRotatedByThePlan(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	held := settings()
	held.Held = map[string]string{}
	for _, user := range []string{state.AdminUser, state.AuditorUser} {
		key, _ := p.keys.Load(user)
		held.Held[user] = key.ID
	}
	for days, want := range map[int][]string{89: {}, 91: {"rotate/claria-admin", "rotate/claria-auditor"}} {
		state := p.observe(root)
		state.At = state.At.AddDate(0, 0, days)
		if plan := withoutRootKey(provision.MakePlan(state, provision.Desired(held), held)); !slices.Equal(ids(plan), want) {
			t.Errorf("after %d days: %v", days, ids(plan))
		}
		if plan := withoutRootKey(provision.MakePlan(state, provision.Desired(settings()), settings())); !plan.Empty() {
			t.Errorf("where the keyring was not looked into: %v", ids(plan))
		}
	}
	p.later.Add(91 * 24 * 3600)
	late, err := aws.Open(t.Context(), aws.Options{
		Region: settings().Region, Client: p.sandbox.Client(), Source: aws.Source{Kind: aws.FromKey, Key: p.rootKey()}, Now: p.now,
		LookupEnv: func(string) (string, bool) { return "", false },
	})
	if err != nil {
		t.Fatal(err)
	}
	snapshot := p.observe(late)
	plan := provision.MakePlan(snapshot, provision.Desired(held), held).Only("IAM-12")
	p.apply(late, plan, p.approval())
	if now, _ := p.keys.Load(state.AdminUser); now.ID == held.Held[state.AdminUser] {
		t.Error("the key is the old one")
	}
}

// What a set-up left that was killed after the key was stored goes; what is not finished
// stays.
func TestTidyForgetsOnlyACopy(t *testing.T) {
	t.Parallel()
	key, other := aws.Key{ID: "AKIAONE", Secret: "one"}, aws.Key{ID: "AKIATWO", Secret: "two"}
	for name, c := range map[string]struct {
		next aws.Key
		old  bool
		left bool
	}{
		"a copy":                        {key, false, false},
		"a key that is not in use yet":  {other, false, true},
		"a creation that was begun":     {aws.Key{Secret: "begun"}, false, true},
		"a rotation with a key to stop": {key, true, true},
	} {
		ring := aws.NewMemoryKeyring()
		_ = ring.Store(state.AuditorUser, key)
		_ = ring.Store(state.AuditorUser+".next", c.next)
		if c.old {
			_ = ring.Store(state.AuditorUser+".old", other)
		}
		if err := provision.Tidy(ring); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if names, _ := ring.Names(); slices.Contains(names, state.AuditorUser+".next") != c.left || !slices.Contains(names, state.AuditorUser) {
			t.Errorf("%s: the keyring holds %v", name, names)
		}
	}
}
