// Package e2e drives the real binary on a pseudo-terminal: it types keys and reads the
// screen, with the demo account behind it. A test reads like a person's session.
package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"claria/internal/terminal"
)

// claria is the binary under test, built once.
var claria string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "claria-e2e")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		claria = filepath.Join(dir, "claria")
		if out, err := exec.Command("go", "build", "-o", claria, "..").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// patience is how long a screen may take to show the expected text. It is generous, for
// slow machines: no test here measures speed.
const patience = 60 * time.Second

// person is somebody at the keyboard.
type person struct {
	t *testing.T
	*terminal.Terminal
}

func open(t *testing.T, width, height int, args ...string) person {
	t.Helper()
	home := t.TempDir()
	screen, err := terminal.Open(width, height, []string{"CLARIA_HOME=" + home, "NO_COLOR="}, append([]string{claria}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(screen.Close)
	return person{t, screen}
}

// sees waits until the screen shows all of the texts.
func (p person) sees(texts ...string) {
	p.t.Helper()
	err := p.WaitFor(patience, func(screen string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(screen, text) })
	})
	if err != nil {
		p.t.Fatalf("expected %q: %v", texts, err)
	}
}

// misses waits until the screen no longer shows the text.
func (p person) misses(text string) {
	p.t.Helper()
	if err := p.WaitFor(patience, func(screen string) bool { return !strings.Contains(screen, text) }); err != nil {
		p.t.Fatalf("expected no %q: %v", text, err)
	}
}

// types sends keys.
func (p person) types(keys string) {
	p.t.Helper()
	if err := p.Send(keys); err != nil {
		p.t.Fatal(err)
	}
}

// The keys that have no letter.
const (
	enter  = "\r"
	escape = "\x1b"
	down   = "\x1b[B"
	ctrlC  = "\x03"
	ctrlX  = "\x18"
)

// goes switches to a pane by the number that the frame shows in front of its name.
func (p person) goes(pane string) {
	p.t.Helper()
	p.sees(pane, "? help")
	number := regexp.MustCompile(`(\d) ` + pane).FindStringSubmatch(p.Text())
	if number == nil {
		p.t.Fatalf("no pane %s on\n%s", pane, p.Text())
	}
	p.types(number[1])
	p.sees(" " + pane + " ")
}

// confirms answers a dialog once its key counts, which it shows in bold: keys that
// were typed ahead do not.
func (p person) confirms(key, label string) {
	p.t.Helper()
	answer := key + " " + label
	if err := p.WaitFor(patience, func(string) bool { return p.Bold(answer) }); err != nil {
		p.t.Fatalf("expected %q in bold: %v", answer, err)
	}
	p.types(key)
}

// applies asks for the plan and confirms it. While the screen still reads, it says so
// instead of asking, and a person presses the key again.
func (p person) applies(key string) {
	p.t.Helper()
	const moment = 3 * time.Second
	for began := time.Now(); ; {
		p.types(key)
		err := p.WaitFor(moment, func(screen string) bool { return strings.Contains(screen, "y apply") })
		if err == nil {
			break
		}
		if time.Since(began) > patience {
			p.t.Fatalf("the screen does not offer the plan: %v", err)
		}
	}
	p.confirms("y", "apply")
}

// codes reads the codes from the demo account's own phone.
func (p person) codes() {
	p.t.Helper()
	p.sees("Second factor ", "p phone")
	p.types("p")
}

func TestSetUpIsRefusedWithoutTheAgreement(t *testing.T) {
	t.Parallel()
	p := open(t, 100, 30, "--demo", "--seed", "no-baa")
	p.goes("Setup")
	p.sees("https://console.aws.amazon.com/artifact/", "Business Associate Addendum")
	p.types(enter)
	p.sees("! show all") // the reason, instead of a dialog
	if screen := p.Text(); strings.Contains(screen, "y apply") {
		t.Errorf("the screen offers set-up without the agreement:\n%s", screen)
	}
	quit(p)
}

func TestDriftIsFixed(t *testing.T) {
	t.Parallel()
	p := open(t, 80, 24, "--demo")
	p.sees("drift", "1 unknown", "Log files are validated")
	p.finds("CT-03")
	p.types("f")
	p.sees("trail claria-trail", "before", "after")
	p.confirms("y", "fix it")
	p.codes()
	p.sees("CT-03 is fixed. A scan has confirmed it", "1 unknown")
	quit(p)
}

// finds filters the checklist for a control and opens it.
func (p person) finds(id string) {
	p.t.Helper()
	p.goes("Compliance")
	p.sees("profile")
	p.types("/" + id + enter)
	p.types(enter)
	p.sees(id, "desired")
}

func TestKeysTypedAheadDoNotConfirm(t *testing.T) {
	t.Parallel()
	p := open(t, 80, 24, "--demo")
	p.sees("drift", "Log files are validated")
	p.finds("CT-03")
	p.types("fyyy")
	if err := p.WaitFor(patience, func(string) bool { return p.Bold("y fix it") }); err != nil {
		t.Fatalf("the dialog that ignored keys does not stay open: %v", err)
	}
	p.types(escape)
	p.misses("y fix it")
	p.sees("▲ drift")
	quit(p)
}

func TestEscapeNeverQuitsAndResizingKeepsThePlace(t *testing.T) {
	t.Parallel()
	p := open(t, 120, 40, "--demo")
	p.goes("Compliance")
	p.sees("CT-03")
	p.types(escape + escape + escape)
	if err := p.Resize(50, 15); err != nil {
		t.Fatal(err)
	}
	p.sees("60")
	if err := p.Resize(80, 24); err != nil {
		t.Fatal(err)
	}
	p.sees("Compliance", "? help")
	quit(p)
}

// quit leaves with ctrl+c twice and expects a clean end.
func quit(p person) {
	p.t.Helper()
	p.types(ctrlC)
	p.sees("ctrl+c again quits")
	p.types(ctrlC)
	if code, err := p.Wait(patience); err != nil || code != 0 {
		p.t.Fatalf("quitting ended with %d, %v", code, err)
	}
}

// runs runs a verb without a terminal.
func runs(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(claria, args...)
	cmd.Env = append(plainEnviron(), "CLARIA_HOME="+t.TempDir())
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	_ = cmd.Run()
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

// plainEnviron is this machine's environment without the variables for AWS.
func plainEnviron() []string {
	environ := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "AWS_") || strings.HasPrefix(pair, "CLARIA_") || strings.HasPrefix(pair, "DBUS_")
	})
	return append(environ, "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent")
}

func TestCheckNamesTheDriftAndTheUnknown(t *testing.T) {
	t.Parallel()
	out, _, code := runs(t, "--demo", "--check")
	if code != 2 || !strings.Contains(out, "CT-03") || !strings.Contains(out, "CT-14") || !strings.Contains(out, "1 unknown (BDR-07)") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	out, _, code = runs(t, "--demo", "--check", "--format", "json")
	var report struct {
		Schema   int
		Account  string
		APICalls int `json:"api_calls"`
		Summary  map[string]int
		Controls []map[string]any
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 2 {
		t.Fatalf("exit %d, %v:\n%s", code, err, out)
	}
	if report.Schema != 1 || report.Account != "111122223333" || report.APICalls < 20 || report.Summary["fail"] < 2 ||
		len(report.Controls) < 28 {
		t.Errorf("report %+v", report.Summary)
	}
	for _, control := range report.Controls {
		for _, field := range []string{
			"id", "title", "status", "severity", "citations", "config_rules", "resource", "desired", "observed", "reason", "remedy",
		} {
			if control[field] == nil {
				t.Errorf("%v has no %s", control["id"], field)
			}
		}
	}
}

func TestWithoutATerminalItSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"needs a terminal":               {"--demo"},
		"needs --demo":                   {"--seed", "empty"},
		"want one of demo":               {"--demo", "--seed", "nonsense", "check"},
		"no AWS credential":              {"check", "--region", "us-east-1"},
		"claria setup --apply":           {"--demo", "setup"},
		"use --yes":                      {"--demo", "--seed", "empty", "setup", "--apply"},
		"AWS Artifact":                   {"--demo", "--seed", "no-baa", "setup", "--apply", "--yes"},
		"no AWS region":                  {"check"},
		"CLARIA_KEYRING_PASSPHRASE_FILE": {"--credentials", "keyring", "check"},
		"keyring, environment or":        {"--credentials", "moonlight", "check"},
	} {
		_, stderr, code := runs(t, args...)
		_, stderr, _ = strings.Cut("\n"+stderr, "\nclaria: ") // set-up first describes the credential
		if code != 1 || !strings.Contains(stderr, want) || strings.Count(strings.TrimSpace(stderr), "\n") > 0 {
			t.Errorf("claria %s: exit %d, says %q, want %q on one line", strings.Join(args, " "), code, stderr, want)
		}
	}
}
