package session_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claria/aws/sandbox"
	"claria/drift/register"
	"claria/internal/config"
	"claria/provision/state"
	"claria/session"
)

const hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// twoComputers are computers of one practice: the first has set the account up, the
// second has only the daily key in its environment.
func twoComputers(t *testing.T) (first, second *machine, account *sandbox.Account) {
	t.Helper()
	first = newMachine(t)
	account = serve(t, first, sandbox.Options{})
	if found, err := first.open(t).Elsewhere(t.Context()); found != nil || err != nil {
		t.Fatalf("before set-up: %v, %v", found, err)
	}
	s, _, err := first.setUp(t, first.open(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Share(t.Context()); err != nil {
		t.Fatal(err)
	}
	second = newMachine(t)
	second.phone, second.later = first.phone, first.later
	key, err := s.Keyring.Load("claria-admin")
	if err != nil {
		t.Fatal(err)
	}
	second.environ["AWS_ENDPOINT_URL"] = first.environ["AWS_ENDPOINT_URL"]
	second.environ["AWS_ACCESS_KEY_ID"], second.environ["AWS_SECRET_ACCESS_KEY"] = key.ID, key.Secret
	return first, second, account
}

// edit changes claria.toml as a person does.
func (m *machine) edit(t *testing.T, change func(*config.Config)) {
	t.Helper()
	path := filepath.Join(m.home, "claria.toml")
	c, _, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	change(&c)
	if err := config.Save(path, c); err != nil {
		t.Fatal(err)
	}
}

// proves makes the session claria-provisioner with a code, as a person who takes a
// declaration over does.
func (m *machine) proves(t *testing.T, s *session.Session) {
	t.Helper()
	if _, err := s.AsProvisioner(t.Context(), func() (string, error) {
		m.later.Add(60)
		return m.phone.Code(t.Context(), nil)
	}); err != nil {
		t.Fatal(err)
	}
}

func elsewhere(t *testing.T, s *session.Session) *session.Elsewhere {
	t.Helper()
	found, err := s.Elsewhere(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// What one computer declares is news on the others. They use it when a person has taken
// it over, and what could weaken the practice when a code was verified too.
func TestWhatIsDeclaredElsewhereIsTakenOverByAPerson(t *testing.T) {
	first, second, _ := twoComputers(t)
	ctx := t.Context()
	first.edit(t, func(c *config.Config) { c.Strict, c.Paper = true, &config.Paper{Signed: "2026-03-02", SHA256: hash} })
	if err := first.open(t).Share(ctx); err != nil {
		t.Fatal(err)
	}

	fresh := second.open(t)
	found := elsewhere(t, fresh)
	if found == nil || !found.Strict() || !strings.Contains(found.Error(), "paper agreement signed 2026-03-02") || fresh.Settings.Strict {
		t.Fatalf("a further computer: %v", found)
	}
	left, err := fresh.TakeOver(found)
	if err != nil || len(left) != 1 || left[0].What != "paper agreement" || !fresh.Settings.Strict || fresh.Settings.PaperAgreement != nil {
		t.Fatalf("without a code: %+v left, %v, %+v", left, err, fresh.Settings)
	}
	second.proves(t, fresh)
	if left, err := fresh.TakeOver(found); err != nil || len(left) != 0 || fresh.Settings.PaperAgreement == nil {
		t.Fatalf("with a code: %+v left, %v", left, err)
	}
	if next, plan, err := second.setUp(t, fresh); err != nil || next.Share(ctx) != nil || len(plan.Steps) == 0 {
		t.Fatalf("%v", err)
	}
	saved, _, err := config.Load(filepath.Join(second.home, "claria.toml"))
	if err != nil || !saved.Strict || saved.Paper.Signed != "2026-03-02" {
		t.Errorf("saved: %+v, %v", saved, err)
	}

	// Two computers declare different addresses: neither replaces the other unasked.
	second.edit(t, func(c *config.Config) { c.Alerts = "me@example.com" })
	if err := second.open(t).Share(ctx); err != nil {
		t.Fatal(err)
	}
	first.edit(t, func(c *config.Config) { c.Alerts = "office@example.com" })
	s := first.open(t)
	if err := s.Share(ctx); err == nil || !strings.Contains(err.Error(), "alerts to me@example.com (here office@example.com)") {
		t.Fatalf("shared unasked: %v", err)
	}
	if err := s.Overrule(elsewhere(t, s)); err != nil {
		t.Fatal(err)
	}
	if found := elsewhere(t, s); found != nil || s.Share(ctx) != nil {
		t.Errorf("overruled, and still: %v", found)
	}
	if found := elsewhere(t, second.open(t)); found == nil || !strings.Contains(found.Error(), "alerts to office@example.com (here me@example.com)") {
		t.Errorf("not shared: %v", found)
	}
}

// A stolen daily key can write the register. What it declares there opens no gate, moves
// no alarm and lowers no profile, and every computer says what it does not use.
func TestAStolenKeyDeclaresNothing(t *testing.T) {
	first, second, account := twoComputers(t)
	ctx := t.Context()
	first.edit(t, func(c *config.Config) { c.Strict, c.Alerts = true, "office@example.com" })
	owner := first.open(t)
	if err := owner.Share(ctx); err != nil {
		t.Fatal(err)
	}
	account.TerminateBAA()
	thief := second.open(t) // with the stolen key, and without the phone
	if err := thief.Locate(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := register.NewStore(thief.Account, thief.Settings).Update(ctx, func(r *register.Register) error {
		forged := *r.Declared
		forged.Strict, forged.Alerts, forged.Contact = false, "thief@example.net", nil
		forged.Paper = &state.PaperAgreement{Signed: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), SHA256: hash}
		r.Declared = &forged
		return nil
	}); err != nil {
		t.Fatal(err)
	}

	before, err := os.ReadFile(filepath.Join(first.home, "claria.toml"))
	if err != nil {
		t.Fatal(err)
	}
	owner = first.open(t)
	found := elsewhere(t, owner)
	if found == nil || !strings.Contains(found.Error(), "it is not used here: profile core (here strict); alerts to thief@example.net (here "+
		"office@example.com); paper agreement signed 2026-03-02") {
		t.Fatalf("what the owner sees: %v", found)
	}
	left, err := owner.TakeOver(found) // even a person who agrees needs a code
	if err != nil || len(left) != 3 || !owner.Settings.Strict || owner.Settings.Alerts != "office@example.com" || owner.Settings.PaperAgreement != nil {
		t.Errorf("taken over without a code: %+v left, %v, %+v", left, err, owner.Settings)
	}
	if err := owner.Gate(ctx); err == nil {
		t.Error("the gate is open")
	}
	if after, err := os.ReadFile(filepath.Join(first.home, "claria.toml")); err != nil || string(after) != string(before) {
		t.Errorf("claria.toml changed, %v:\n%s", err, after)
	}
	if _, err := thief.AsProvisioner(ctx, func() (string, error) { return "000000", nil }); err == nil || thief.IsProvisioner() {
		t.Error("the thief became claria-provisioner without the phone")
	}
}
