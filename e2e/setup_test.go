package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"claria/internal/terminal"
	"claria/provision"
)

// computer is a person at their own computer, whose files are in home, working on a
// served account.
func (s served) computer(home string, width, height int, environ ...string) person {
	s.t.Helper()
	passphrase := filepath.Join(home, "passphrase")
	if err := os.WriteFile(passphrase, []byte("correct horse"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	own := slices.Concat(s.environ, []string{
		"CLARIA_HOME=" + home, "CLARIA_KEYRING_PASSPHRASE_FILE=" + passphrase, "DBUS_SESSION_BUS_ADDRESS=", "NO_COLOR=",
	}, environ)
	screen, err := terminal.Open(width, height, own, claria)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(screen.Close)
	return person{s.t, screen}
}

// seed reads the key of a new second factor from the screen, as a person types it
// into an authenticator app.
func (p person) seed() string {
	p.t.Helper()
	p.sees("Next code")
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune("▀▄█ \n", r) {
			return -1
		}
		return r
	}, p.Text())
	found := regexp.MustCompile(`[A-Z2-7]{64}`).FindString(plain)
	if found == "" {
		p.t.Fatalf("no key is on\n%s", p.Text())
	}
	return found
}

// TestSetUpFromNothing is a complete set-up on the demo account: from the root key to a
// practice with a second factor, in which no control fails and none is unknown.
func TestSetUpFromNothing(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{120, 40}, {80, 24}, {60, 20}} {
		p := open(t, size[0], size[1], "--demo", "--seed", "empty")
		p.goes("Setup")
		p.sees("demo account", "This is the root", "changes, ")
		p.applies(enter)
		p.seed()
		p.codes()
		p.sees("Type the next code")
		p.codes()
		p.sees("Claria works as claria-admin", "The root key: deleted", " ok", " due")
		p.misses("✗")
		p.goes("Compliance")
		p.sees("core profile")
		counts := regexp.MustCompile(`● (\d+) ok`).FindStringSubmatch(p.Text())
		if counts == nil || len(counts[1]) < 2 || counts[1] < "33" || strings.Contains(p.Text(), "unknown") {
			t.Errorf("after set-up the checklist says:\n%s", p.Text())
		}
		quit(p)
	}
}

// TestSetUpOnTwoComputers sets an account up with an app's codes, leaves halfway and
// comes back. Then a second computer gets its own key and deletes the root key.
func TestSetUpOnTwoComputers(t *testing.T) {
	t.Parallel()
	account := serve(t, "--seed", "empty")
	home := t.TempDir()
	first := account.computer(home, 100, 30)
	first.sees("From the environment. This is the root user's key", "changes, ", "? help")
	first.types("e")
	first.sees("Practice details")
	first.types("Alder practice" + strings.Repeat(enter, 7))
	first.sees("Saved.", "Alder practice")
	first.sees("changes, ", "? help")
	first.applies("f")
	device := first.seed()
	first.Close() // the computer loses power

	first = account.computer(home, 100, 30)
	first.sees("2 changes, ", "Alder practice")
	first.types("G" + "kk" + " ")
	first.sees("Set-up will keep the root key")
	first.applies("f")
	again := first.seed()
	if again == device {
		t.Error("a device whose enrolment was interrupted is shown again, though its key may be known")
	}
	phone := provision.NewAuthenticator(time.Now)
	one, two, err := phone.Enrol(t.Context(), provision.Enrolment{Seed: again})
	if err != nil {
		t.Fatal(err)
	}
	first.types(one + two + enter)
	first.sees("Type the next code")
	third, err := phone.Code(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	first.types(third + enter)
	first.sees("Claria works as claria-admin", "The root key was kept")
	quit(first)

	home = t.TempDir()
	second := account.computer(home, 80, 24)
	second.sees("This account is already set up", "? help")
	second.types(enter)
	second.sees("Use what the register declares", "practice name Alder practice (here none)")
	second.confirms("y", "use it here")
	second.sees("Claria now uses what this practice declared")
	second.sees("Alder practice") // as it was declared on the first
	second.applies(enter)
	second.sees("Before the root key is deleted, type a code")
	if third, err = phone.Code(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	second.types(third + enter)
	second.sees("Claria works as claria-admin", "The root key: deleted")
	quit(second)
	account.environ = append(account.environ, "CLARIA_HOME="+home, "CLARIA_KEYRING_PASSPHRASE_FILE="+filepath.Join(home, "passphrase"))
	if out, stderr, code := account.runs("--check", "--controls", "core", "--quiet"); code != 0 || out != "" {
		t.Errorf("the check on the second computer: exit %d\n%s%s", code, out, stderr)
	}
}

// TestACredentialIsTypedOnTheScreen starts on a computer without a credential.
func TestACredentialIsTypedOnTheScreen(t *testing.T) {
	t.Parallel()
	account := serve(t, "--seed", "empty")
	value := func(name string) string {
		for _, pair := range account.environ {
			if v, ok := strings.CutPrefix(pair, name+"="); ok {
				return v
			}
		}
		t.Fatalf("no %s", name)
		return ""
	}
	id, secret := value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY")
	account.environ = slices.DeleteFunc(account.environ, func(pair string) bool {
		return strings.HasPrefix(pair, "AWS_ACCESS_KEY_ID=") || strings.HasPrefix(pair, "AWS_SECRET_ACCESS_KEY=") ||
			strings.HasPrefix(pair, "AWS_REGION=")
	})
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[profile office]\nregion = eu-central-1\n[sso-session x]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := account.computer(t.TempDir(), 80, 24, "AWS_CONFIG_FILE="+config)
	p.sees("There is no AWS credential on this computer.", "enter give a credential")
	p.types(enter)
	p.sees("An access key", "Profile office", "The environment")
	p.misses("sso-session")
	p.types(enter)
	p.sees("access key id", "us-east-1")
	p.types(id + enter + secret + enter + enter + enter)
	p.sees("From the key you gave. This is the root", "changes, ")
	if strings.Contains(p.Text(), secret) {
		t.Error("the secret is shown")
	}
	quit(p)
}
