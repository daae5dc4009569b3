package session_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/internal/config"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
)

// machine is a computer: its environment, and its files below one directory.
type machine struct {
	home    string
	environ map[string]string
	phone   *provision.Authenticator
	retire  func(context.Context, *provision.KeyLimitError) (string, error)
	later   *atomic.Int64 // seconds by which the account's clock is ahead
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	// The SDK reads its own files; it must not read those of the computer that runs
	// the test.
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "credentials"))
	for _, name := range []string{"AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	m := &machine{home: t.TempDir(), later: new(atomic.Int64)}
	// Deriving a key from the passphrase is slow on purpose; this keyring's is quick.
	quick := os.CopyFS(filepath.Join(m.home, "keyring"), os.DirFS("testdata"))
	if quick != nil {
		t.Fatal(quick)
	}
	m.phone = provision.NewAuthenticator(m.now)
	passphrase := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(passphrase, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	m.environ = map[string]string{"CLARIA_HOME": m.home, aws.PassphraseVariable: passphrase, "AWS_REGION": "us-east-1"}
	return m
}

func (m *machine) now() time.Time { return time.Now().Add(time.Duration(m.later.Load()) * time.Second) }

func (m *machine) options() session.Options {
	return session.Options{LookupEnv: func(name string) (string, bool) { v, ok := m.environ[name]; return v, ok }}
}

func (m *machine) open(t *testing.T) *session.Session {
	t.Helper()
	s, err := session.Open(t.Context(), m.options())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve serves a demo account to machines, and gives the machine its starting
// credential.
func serve(t *testing.T, m *machine, options sandbox.Options) *sandbox.Account {
	t.Helper()
	options.Now, options.SigningNow = m.now, time.Now
	account, err := sandbox.New(options)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(account)
	t.Cleanup(func() { server.Close(); _ = account.Close() })
	for name, value := range account.Environ() {
		m.environ[name] = value
	}
	m.environ["AWS_ENDPOINT_URL"] = server.URL
	return account
}

// setUp does what `claria setup --apply --yes` does.
func (m *machine) setUp(t *testing.T, s *session.Session) (*session.Session, provision.Plan, error) {
	t.Helper()
	ctx := t.Context()
	observed, err := provision.Observe(ctx, s.Account, s.Settings)
	if err != nil {
		t.Fatal(err)
	}
	plan := s.Plan(observed)
	approval, err := s.Approval(ctx)
	if err != nil {
		t.Fatal(err)
	}
	approval.SecondFactor, approval.Code, approval.Retire = m.phone.Enrol, m.phone.Code, m.retire
	mender, err := s.AsProvisioner(ctx, func() (string, error) {
		m.later.Add(60) // the next code, without waiting for it
		return m.phone.Code(ctx, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range provision.Apply(ctx, mender, plan, approval) {
		if err != nil {
			return nil, plan, err
		}
	}
	next, err := s.Finish(ctx)
	return next, plan, err
}

func TestWhichCredentialIsUsed(t *testing.T) {
	m := newMachine(t)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(m.home, "credentials"))
	profiles := "[work]\naws_access_key_id = AKIAWORK000000000001\naws_secret_access_key = w\n[other]\naws_access_key_id = " +
		"AKIAOTHER00000000001\naws_secret_access_key = o\n"
	if err := os.WriteFile(filepath.Join(m.home, "credentials"), []byte(profiles), 0o600); err != nil {
		t.Fatal(err)
	}
	ring, err := aws.OpenKeyring(aws.KeyringOptions{
		Dir: filepath.Join(m.home, "keyring"), Scope: "111122223333",
		LookupEnv: m.options().LookupEnv,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Store(state.AdminUser, aws.Key{ID: "AKIARING000000000001", Secret: "r"}); err != nil {
		t.Fatal(err)
	}
	direct := map[string]string{"AWS_ACCESS_KEY_ID": "AKIADIRECT0000000001", "AWS_SECRET_ACCESS_KEY": "d"}
	profile := map[string]string{"AWS_PROFILE": "work"}
	for _, c := range []struct {
		name, configured, flag string
		setUp                  bool
		environ                map[string]string
		want                   string // the key's id, or what the error says
	}{
		{"before set-up, the environment", "", "", false, direct, "AKIADIRECT0000000001"},
		{"before set-up, its profile", "", "", false, profile, "AKIAWORK000000000001"},
		{"before set-up, nothing", "", "", false, nil, "no AWS credential was found in the environment"},
		{"before set-up, the keyring is asked for", "", "keyring", false, direct, "no key for claria-admin"},
		{"once set up, the keyring", "", "", true, direct, "AKIARING000000000001"},
		{"once set up, as configured", "profile:other", "", true, direct, "AKIAOTHER00000000001"},
		{"the flag decides over the configuration", "profile:other", "keyring", true, direct, "AKIARING000000000001"},
		{"the flag decides for the environment", "", "environment", true, direct, "AKIADIRECT0000000001"},
		{"the flag decides for a profile", "keyring", "profile:work", true, direct, "AKIAWORK000000000001"},
		{"a missing profile", "", "profile:none", true, direct, "none"},
		{"an unknown word", "", "root", true, direct, "must be keyring, environment or profile:NAME"},
	} {
		here := &machine{home: m.home, environ: map[string]string{}}
		for _, pairs := range []map[string]string{m.environ, c.environ} {
			for name, value := range pairs {
				here.environ[name] = value
			}
		}
		file := config.Default()
		if c.setUp {
			file.Account, file.Region, file.Credentials = "111122223333", "us-east-1", c.configured
		}
		if err := config.Save(filepath.Join(m.home, "claria.toml"), file); err != nil {
			t.Fatal(err)
		}
		options := here.options()
		options.Credentials = c.flag
		var id string
		s, err := session.Open(t.Context(), options)
		if err == nil {
			id, err = s.Account.KeyID(t.Context())
		}
		if got := id; err == nil && got != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v; want %s", c.name, got, err, c.want)
		}
	}
}

func TestAMachineWithoutAKeyringSaysWhatToDo(t *testing.T) {
	m := newMachine(t)
	delete(m.environ, aws.PassphraseVariable)
	file := config.Default()
	file.Account, file.Region = "111122223333", "us-east-1"
	if err := config.Save(filepath.Join(m.home, "claria.toml"), file); err != nil {
		t.Fatal(err)
	}
	_, err := session.Open(t.Context(), m.options())
	var none *aws.NoKeyringError
	if !errors.As(err, &none) || !strings.Contains(err.Error(), "chmod") && !strings.Contains(err.Error(), "mode 0600") ||
		!strings.Contains(err.Error(), "--credentials environment") {
		t.Errorf("%v", err)
	}
	m.environ["AWS_ACCESS_KEY_ID"], m.environ["AWS_SECRET_ACCESS_KEY"] = "AKIADIRECT0000000001", "d"
	options := m.options()
	options.Credentials = "environment"
	if _, err := session.Open(t.Context(), options); err != nil {
		t.Errorf("with --credentials environment: %v", err)
	}
}

// TestTwoMachinesOfOnePractice sets up an account on one computer and then adds a
// second one: each has its own key, and neither uses the key of another account in
// the same keyring.
func TestTwoMachinesOfOnePractice(t *testing.T) {
	first := newMachine(t)
	serve(t, first, sandbox.Options{})
	stranger, err := aws.OpenKeyring(aws.KeyringOptions{
		Dir: filepath.Join(first.home, "keyring"), Scope: "999988887777",
		LookupEnv: first.options().LookupEnv,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.Store(state.AdminUser, aws.Key{ID: "AKIASTRANGER00000001", Secret: "s"}); err != nil {
		t.Fatal(err)
	}
	s, plan, err := first.setUp(t, first.open(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(plan.Steps, func(s provision.Step) bool { return s.ID == "root-key" }) {
		t.Fatal("the root key stays")
	}
	if !s.SetUp || s.Settings.Account != sandbox.AccountID {
		t.Errorf("finished as %+v", s.Settings)
	}
	identity, err := s.Account.Identity(t.Context())
	if err != nil || !strings.HasSuffix(identity.ARN, ":user/"+state.AdminUser) {
		t.Errorf("goes on as %+v, %v", identity, err)
	}
	saved, found, err := config.Load(filepath.Join(first.home, "claria.toml"))
	if err != nil || !found || saved.Account != sandbox.AccountID || saved.Region != "us-east-1" || saved.Credentials != "keyring" {
		t.Errorf("saved %+v, %v", saved, err)
	}
	if key, err := stranger.Load(state.AdminUser); err != nil || key.ID != "AKIASTRANGER00000001" {
		t.Errorf("the other account's key is now %v, %v", key, err)
	}

	// The next start uses the keyring, even if the key in the environment is gone.
	again := first.open(t)
	firstKey, err := again.Account.KeyID(t.Context())
	if err != nil || firstKey == first.environ["AWS_ACCESS_KEY_ID"] {
		t.Fatalf("key %s, %v", firstKey, err)
	}
	observed, err := provision.Observe(t.Context(), again.Account, again.Settings)
	if err != nil {
		t.Fatal(err)
	}
	if plan := again.Plan(observed); !plan.Empty() || len(plan.Unknown) > 0 {
		t.Errorf("a second plan has %d steps and %v", len(plan.Steps), plan.Unknown)
	}

	// The second computer starts with the daily key in its environment and gets its
	// own.
	second := newMachine(t)
	second.phone, second.later = first.phone, first.later
	key, err := again.Keyring.Load(state.AdminUser)
	if err != nil {
		t.Fatal(err)
	}
	second.environ["AWS_ENDPOINT_URL"] = first.environ["AWS_ENDPOINT_URL"]
	second.environ["AWS_ACCESS_KEY_ID"], second.environ["AWS_SECRET_ACCESS_KEY"] = key.ID, key.Secret
	s, plan, err = second.setUp(t, second.open(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Steps) != 1 || plan.Steps[0].ID != "key/"+state.AdminUser {
		t.Errorf("a second computer's plan is %+v", plan.Steps)
	}
	if secondKey, err := s.Account.KeyID(t.Context()); err != nil || secondKey == firstKey {
		t.Errorf("the second computer works with %s, the first with %s, %v", secondKey, firstKey, err)
	}
}

// TestTheRootKeyStaysWhileTheMachineCannotGoOnWithoutIt shows that set-up deletes the
// root key last: a computer that cannot save its configuration would otherwise have
// no key at all.
func TestTheRootKeyStaysWhileTheMachineCannotGoOnWithoutIt(t *testing.T) {
	m := newMachine(t)
	serve(t, m, sandbox.Options{})
	s := m.open(t)
	obstacle := filepath.Join(m.home, "claria.toml", "in the way")
	if err := os.MkdirAll(obstacle, 0o700); err != nil {
		t.Fatal(err)
	}
	_, _, err := m.setUp(t, s)
	if err == nil || !strings.Contains(err.Error(), "was NOT deleted") {
		t.Fatalf("%v", err)
	}
	if err := os.RemoveAll(filepath.Dir(obstacle)); err != nil {
		t.Fatal(err)
	}
	if _, plan, err := m.setUp(t, m.open(t)); err != nil || len(plan.Steps) != 1 || plan.Steps[0].ID != "root-key" {
		t.Errorf("the second time: %+v, %v", plan.Steps, err)
	}
}

func TestTheGate(t *testing.T) {
	m := newMachine(t)
	none := serve(t, m, sandbox.Options{Seed: "no-baa"})
	var refused *provision.NoAgreementError
	if err := m.open(t).Gate(t.Context()); !errors.As(err, &refused) {
		t.Errorf("without an agreement: %v", err)
	}
	if err := none.Inject("deny=organizations:DescribeOrganization"); err != nil {
		t.Fatal(err)
	}
	if err := m.open(t).Gate(t.Context()); !errors.As(err, &refused) || !strings.Contains(err.Error(), "could not be read "+
		"(organizations:DescribeOrganization") {
		t.Errorf("without an agreement and a readable organisation: %v", err)
	}

	demo, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = demo.Close() })
	ahead := time.Duration(0)
	open := func() *session.Session {
		s, err := session.Open(t.Context(), session.Options{Demo: &session.Demo{
			Client: demo.Client(), Environ: demo.Environ(), Keyring: aws.NewMemoryKeyring(),
			Now: func() time.Time { return time.Now().Add(ahead) },
		}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	if err := s.Gate(t.Context()); err != nil {
		t.Errorf("with an agreement: %v", err)
	}
	if err := demo.Inject("deny=artifact:ListCustomerAgreements"); err != nil {
		t.Fatal(err)
	}
	if err := open().Gate(t.Context()); aws.KindOf(err) != aws.Denied {
		t.Errorf("an agreement that cannot be read: %v", err)
	}
	ahead = 14 * time.Minute
	if err := s.Gate(t.Context()); err != nil {
		t.Errorf("14 minutes after it was seen: %v", err)
	}
	ahead = 16 * time.Minute
	if err := s.Gate(t.Context()); aws.KindOf(err) != aws.Denied {
		t.Errorf("16 minutes after it was seen: %v", err)
	}
	demo.Clear()
	if err := s.Gate(t.Context()); err != nil {
		t.Errorf("readable again: %v", err)
	}
}

// Set-up chooses the model from what the account offers and writes it down when it is
// done; a plan writes nothing.
func TestSetUpChoosesTheModel(t *testing.T) {
	m := newMachine(t)
	serve(t, m, sandbox.Options{Seed: "empty"})
	s := m.open(t)
	observed, err := provision.Observe(t.Context(), s.Account, s.Settings)
	if err != nil {
		t.Fatal(err)
	}
	offers, _ := observed.Offers.Value()
	chosen := state.Choose("us-east-1", offers)
	if plan := s.Plan(observed); chosen == "" || !slices.Equal(plan.Models, []string{chosen}) {
		t.Errorf("%q is the choice, the plan says %v", chosen, plan.Models)
	}
	for _, o := range offers {
		if o.Profile == chosen && o.Status != state.Active {
			t.Errorf("%s is %s", chosen, o.Status)
		}
	}
	file := filepath.Join(m.home, "claria.toml")
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the plan wrote claria.toml: %v", err)
	}
	next, _, err := m.setUp(t, s)
	if err != nil {
		t.Fatal(err)
	}
	written, _, err := config.Load(file)
	if err != nil || !slices.Equal(written.Models, []string{chosen}) || !slices.Equal(next.Settings.Models, []string{chosen}) {
		t.Errorf("claria.toml names %v, the session uses %v, %v", written.Models, next.Settings.Models, err)
	}
	observed, err = provision.Observe(t.Context(), next.Account, next.Settings)
	if err != nil {
		t.Fatal(err)
	}
	if plan := next.Plan(observed); !plan.Empty() || len(plan.Unknown) > 0 {
		t.Errorf("after set-up the plan has %d steps, %v", len(plan.Steps), plan.Unknown)
	}
}
