package session_test

import (
	"path/filepath"
	"testing"

	"claria/aws/sandbox"
	"claria/internal/config"
)

// What one computer declares applies to the others, whose plans would otherwise undo
// it. A claria.toml that was changed since then takes precedence.
func TestWhatIsDeclaredHoldsOnEveryComputer(t *testing.T) {
	first, ctx := newMachine(t), t.Context()
	serve(t, first, sandbox.Options{})
	if taken, err := first.open(t).Follow(ctx); taken || err != nil {
		t.Fatalf("before set-up: %v, %v", taken, err)
	}
	s, _, err := first.setUp(t, first.open(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Share(ctx); err != nil {
		t.Fatal(err)
	}
	second := newMachine(t)
	second.phone, second.later = first.phone, first.later
	key, err := s.Keyring.Load("claria-admin")
	if err != nil {
		t.Fatal(err)
	}
	second.environ["AWS_ENDPOINT_URL"] = first.environ["AWS_ENDPOINT_URL"]
	second.environ["AWS_ACCESS_KEY_ID"], second.environ["AWS_SECRET_ACCESS_KEY"] = key.ID, key.Secret
	joins := func(m *machine) config.Config {
		t.Helper()
		s := m.open(t)
		if _, err := s.Follow(ctx); err != nil {
			t.Fatal(err)
		}
		return s.Config
	}
	edit := func(m *machine, change func(*config.Config)) {
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
		if s := m.open(t); s.Share(ctx) != nil {
			t.Fatal("the declaration was not shared")
		}
	}

	edit(first, func(c *config.Config) {
		c.Strict, c.Paper = true, &config.Paper{Signed: "2026-03-02", SHA256: hash}
	})
	fresh := second.open(t)
	if taken, err := fresh.Follow(ctx); !taken || err != nil || !fresh.Settings.Strict || fresh.Settings.PaperAgreement == nil {
		t.Fatalf("a further computer: %v, %v, %+v", taken, err, fresh.Settings)
	}
	if next, plan, err := second.setUp(t, fresh); err != nil || next.Share(ctx) != nil || len(plan.Steps) == 0 {
		t.Fatalf("%v", err)
	}
	edit(first, func(c *config.Config) { c.Alerts = "office@example.com" })
	if c := joins(second); c.Alerts != "office@example.com" || !c.Strict {
		t.Errorf("declared later, elsewhere: %+v", c)
	}
	if saved, _, err := config.Load(filepath.Join(second.home, "claria.toml")); err != nil || saved.Alerts == "" ||
		saved.Paper.Signed != "2026-03-02" {
		t.Errorf("saved: %+v, %v", saved, err)
	}

	// Changed here and not yet shared: this computer's declaration takes precedence
	// and is shared.
	path := filepath.Join(second.home, "claria.toml")
	mine, _, _ := config.Load(path)
	mine.Alerts = "me@example.com"
	if err := config.Save(path, mine); err != nil {
		t.Fatal(err)
	}
	if c := joins(second); c.Alerts != "me@example.com" {
		t.Errorf("a change made here was lost: %+v", c)
	}
	edit(second, func(*config.Config) {})
	if c := joins(first); c.Alerts != "me@example.com" {
		t.Errorf("not shared: %+v", c)
	}
}

const hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
