package provision_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// practice is a demo account with a keyring in memory.
type practice struct {
	t       *testing.T
	sandbox *sandbox.Account
	keys    *memory
	phone   *provision.Authenticator
	role    *aws.Account
	client  aws.HTTPClient // nil: the account's own, on which nothing is lost
	later   atomic.Int64   // seconds by which the account's clock is ahead of the computer's
}

func newPractice(t *testing.T, options sandbox.Options) *practice {
	t.Helper()
	p := &practice{t: t, keys: &memory{keys: map[string]aws.Key{}}}
	if options.Now == nil {
		options.Now, options.SigningNow = p.now, time.Now
	}
	account, err := sandbox.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = account.Close() })
	p.sandbox, p.phone = account, provision.NewAuthenticator(p.now)
	return p
}

func settings() state.Settings {
	return state.Settings{Account: sandbox.AccountID, System: "claria", Region: "us-east-1", Models: []string{"us.anthropic.claude-sonnet-5-5"}}
}

// open is the account opened with a key.
func (p *practice) open(key aws.Key) *aws.Account {
	p.t.Helper()
	account, err := p.tryOpen(key)
	if err != nil {
		p.t.Fatal(err)
	}
	return account
}

func (p *practice) tryOpen(key aws.Key) (*aws.Account, error) {
	client := p.client
	if client == nil {
		client = p.sandbox.Client()
	}
	return aws.Open(context.Background(), aws.Options{
		Region: settings().Region, Client: client, Source: aws.Source{Kind: aws.FromKey, Key: key},
		LookupEnv: func(string) (string, bool) { return "", false }, Attempts: 1, Now: p.now, Sleep: p.sleep,
	})
}

// sleep moves the account's clock forward instead of waiting.
func (p *practice) sleep(ctx context.Context, d time.Duration) error {
	p.later.Add(int64(d/time.Second) + 1)
	return ctx.Err()
}

// root is the account opened with its initial root key.
func (p *practice) root() *aws.Account {
	p.t.Helper()
	return p.open(p.rootKey())
}

func (p *practice) rootKey() aws.Key {
	environ := p.sandbox.Environ()
	return aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}
}

// as is the account opened with a key from the keyring.
func (p *practice) as(user string) *aws.Account {
	p.t.Helper()
	key, err := p.keys.Load(user)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.open(key)
}

func (p *practice) observe(account *aws.Account) state.State {
	p.t.Helper()
	state, err := provision.Observe(p.t.Context(), account, settings())
	if err != nil {
		p.t.Fatal(err)
	}
	return state
}

// observeAll also reads what only the strict set judges.
func (p *practice) observeAll(account *aws.Account) state.State {
	p.t.Helper()
	wide := settings()
	wide.Wide = true
	state, err := provision.Observe(p.t.Context(), account, wide)
	if err != nil {
		p.t.Fatal(err)
	}
	return state
}

func (p *practice) plan(account *aws.Account) provision.Plan {
	p.t.Helper()
	return provision.MakePlan(p.observe(account), provision.Desired(settings()), settings())
}

func (p *practice) approval() provision.Approval {
	return provision.Approval{
		Keyring: p.keys,
		Prove:   func(_ context.Context, key aws.Key) (*aws.Account, error) { return p.tryOpen(key) },

		SecondFactor: p.phone.Enrol, Code: p.phone.Code,
	}
}

// mender is the provisioner, assumed with the daily identity's second factor. It reuses
// the session while it is valid, as a person does.
func (p *practice) mender() *aws.Account {
	p.t.Helper()
	if p.role == nil {
		role, err := provision.AsProvisioner(p.t.Context(), p.as(state.AdminUser), settings(), p.code)
		if err != nil {
			p.t.Fatal(err)
		}
		p.role = role
	}
	return p.role
}

// code is the next code, by a clock that jumps ahead instead of waiting.
func (p *practice) code() (string, error) {
	p.later.Add(60)
	return p.phone.Code(p.t.Context(), nil)
}

func (p *practice) now() time.Time {
	return time.Now().Add(time.Duration(p.later.Load()) * time.Second)
}

// adopting approves everything that the plan would take over or remove by name.
func (p *practice) adopting(plan provision.Plan) provision.Approval {
	approval := p.approval()
	for _, s := range plan.Steps {
		if s.Op == provision.Adopt {
			approval.Adopt = append(approval.Adopt, s.ID)
		}
		approval.Remove = append(approval.Remove, s.Asks...)
	}
	return approval
}

func (p *practice) apply(account *aws.Account, plan provision.Plan, approval provision.Approval) []provision.Progress {
	p.t.Helper()
	events, err := collect(p.t.Context(), account, plan, approval)
	if err != nil {
		p.t.Fatalf("apply: %v", err)
	}
	return events
}

func collect(
	ctx context.Context, account *aws.Account, plan provision.Plan, approval provision.Approval,
) (events []provision.Progress, err error) {
	for progress, problem := range provision.Apply(ctx, account, plan, approval) {
		events, err = append(events, progress), problem
	}
	return events, err
}

// settle sets up the account and keeps the root key, so that a test can change the account
// with it.
func (p *practice) settle() *aws.Account {
	p.t.Helper()
	root := p.root()
	p.apply(root, p.plan(root), p.approval())
	return root
}

func ids(plan provision.Plan) []string {
	list := []string{}
	for _, s := range plan.Steps {
		list = append(list, s.ID)
	}
	return list
}

func step(t *testing.T, plan provision.Plan, id string) provision.Step {
	t.Helper()
	i := slices.Index(ids(plan), id)
	if i < 0 {
		t.Fatalf("no step %s in %v", id, ids(plan))
	}
	return plan.Steps[i]
}

// memory is a keyring in memory.
type memory struct {
	mu     sync.Mutex
	dead   func() bool // whether the program that uses it was killed; nil: no
	keys   map[string]aws.Key
	refuse error // of a store, after spare more
	spare  int
}

func (m *memory) Load(name string) (aws.Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key, ok := m.keys[name]
	if !ok {
		return key, &aws.Error{Kind: aws.Absent, Operation: "keyring", Resource: name}
	}
	return key, nil
}

func (m *memory) Store(name string, key aws.Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead != nil && m.dead() {
		return errKilled
	}
	if m.spare--; m.refuse != nil && m.spare < 0 {
		return m.refuse
	}
	m.keys[name] = key
	return nil
}

func (m *memory) Delete(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead != nil && m.dead() {
		return errKilled
	}
	delete(m.keys, name)
	return nil
}

func (m *memory) Names() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.keys)), nil
}

// errKilled is what a program that was killed would never see.
var errKilled = errors.New("the program was killed")

// line is the connection between one run of the program and the account. It can lose
// answers, and the program can be killed at any of its writes: nothing gets through
// afterwards.
type line struct {
	client aws.HTTPClient
	lose   string // the operation whose answers are lost …
	times  int    // … so many times
	cut    int    // the write at which the program is killed; 0: it is not
	after  bool   // AWS did that write, else the write was not sent

	mu     sync.Mutex
	writes []string // their operations; of S3 and others, the method
	killed bool
}

func (l *line) Do(r *http.Request) (*http.Response, error) {
	operation, write, err := operationOf(r)
	if err != nil {
		return nil, err
	}
	reset := &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	l.mu.Lock()
	if write && !l.killed {
		l.writes = append(l.writes, operation)
	}
	now := write && len(l.writes) == l.cut
	if l.killed || now && !l.after {
		l.killed = true
		l.mu.Unlock()
		return nil, reset
	}
	lost := now || l.lose == operation && l.times > 0
	if lost {
		l.times--
	}
	l.killed = now
	l.mu.Unlock()
	response, err := l.client.Do(r)
	if err == nil && lost {
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		return nil, reset
	}
	return response, err
}

func (l *line) dead() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.killed
}

// operationOf is the name of a request's operation where it has one, and whether it
// changes something.
func operationOf(r *http.Request) (name string, write bool, err error) {
	_, name, _ = strings.Cut(r.Header.Get("X-Amz-Target"), "_20131101.")
	if r.Body != nil && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return "", false, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return "", false, err
		}
		name = form.Get("Action")
	}
	if name == "" {
		return r.Method, r.Method != http.MethodGet && r.Method != http.MethodHead, nil
	}
	for _, verb := range []string{"Get", "List", "Describe", "Simulate", "Generate", "Lookup", "Assume"} {
		if strings.HasPrefix(name, verb) {
			return name, false, nil
		}
	}
	return name, true, nil
}
func (m *memory) Backend() string { return "memory" }
