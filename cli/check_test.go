package cli

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/session/demo"
)

// office is a computer with its own home directory, on a demo account that is served
// like AWS.
type office struct {
	*shop
	account *demo.Account
	home    string
}

func newOffice(t *testing.T) office {
	t.Helper()
	return newOfficeAt(t, nil)
}

// newOfficeAt is one whose account has a clock of its own; nil: the machine's.
func newOfficeAt(t *testing.T, now func() time.Time) office {
	t.Helper()
	account, err := demo.New(demo.Options{Seed: "demo", Sandbox: sandbox.Options{Now: now}})
	if err != nil {
		t.Fatal(err)
	}
	environ, err := account.Environ(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(account.Sandbox)
	t.Cleanup(server.Close)
	home := t.TempDir()
	environ["AWS_ENDPOINT_URL"], environ["CLARIA_HOME"] = server.URL, home
	d := newShop("demo")
	d.LookupEnv = func(name string) (string, bool) { v, ok := environ[name]; return v, ok }
	return office{d, account, home}
}

func (o office) runs(t *testing.T, args ...string) (string, string, int) {
	t.Helper()
	o.out.Reset()
	o.err.Reset()
	o.Stdin = strings.NewReader("")
	code := o.run(t.Context(), args)
	return o.out.String(), o.err.String(), code
}

func (o office) lines() string {
	return filepath.Join(o.home, "state", "ledger", "111122223333", "ledger.jsonl")
}

// Each check adds a line that can be verified here, against the copy in the audit
// bucket, and offline with only the public key.
func TestEachCheckIsEvidence(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := len(o.account.Sandbox.Calls())
	for range 2 {
		if _, problem, code := o.runs(t, "check", "--quiet"); code != 2 || problem != "" {
			t.Fatalf("check: exit %d, %s", code, problem)
		}
	}
	wrote := 0
	for _, call := range o.account.Sandbox.Calls()[before:] {
		if call.Write && !strings.Contains(call.Resource, "-audit/_evidence/ledger/") {
			t.Errorf("a check called %s on %s", call.Action, call.Resource)
		} else if call.Write {
			wrote++
		}
	}
	if wrote != 3 { // two lines and the public key
		t.Errorf("%d objects were mirrored", wrote)
	}
	list, _, _ := o.runs(t, "evidence", "list")
	if strings.Count(list, "check     core: ") != 2 || !strings.Contains(list, "fail, 1 unknown, unattended") {
		t.Errorf("list:\n%s", list)
	}
	if out, problem, code := o.runs(t, "evidence", "verify"); code != 0 || !strings.HasPrefix(out, "2 lines are unchanged, from ") {
		t.Errorf("verify: exit %d\n%s%s", code, out, problem)
	}
	key, where, _ := o.runs(t, "evidence", "key")
	if !strings.HasPrefix(key, "claria-ledger-ed25519 ") || !strings.Contains(where, "ledger.key") {
		t.Errorf("key: %q, %q", key, where)
	}
	keyFile := filepath.Join(t.TempDir(), "ledger.pub")
	if err := os.WriteFile(keyFile, []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}

	data, err := os.ReadFile(o.lines())
	if err != nil {
		t.Fatal(err)
	}
	handed := filepath.Join(t.TempDir(), "handed.jsonl")
	if err := os.WriteFile(handed, bytes.Replace(data, []byte(`"fail":`), []byte(`"fail":1`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	stranger := newShop("demo") // another computer, without an account or a network
	if code := stranger.run(t.Context(), []string{"evidence", "verify", "--file", handed, "--key", keyFile}); code != 1 ||
		!strings.Contains(stranger.out.String(), "line 1: it was edited") {
		t.Errorf("an edited line: exit %d\n%s%s", code, &stranger.out, &stranger.err)
	}

	// An edited ledger is not exported as evidence.
	edited := bytes.ReplaceAll(data, []byte(`"status":"fail"`), []byte(`"status":"pass"`))
	if err := os.WriteFile(o.lines(), edited, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, problem, code := o.runs(t, "evidence", "export", "--format", "text"); code != 1 || out != "" ||
		!strings.Contains(problem, "the ledger was changed: line 1: it was edited") {
		t.Errorf("an edited ledger was exported: exit %d\n%s%s", code, out, problem)
	}

	// The last line was removed: the file does not show it, but the copy in the audit
	// bucket does.
	whole := slices.Collect(bytes.Lines(data))
	if err := os.WriteFile(o.lines(), whole[0], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(filepath.Dir(o.lines()), "mirror.json")); err != nil {
		t.Fatal(err)
	}
	if out, _, code := o.runs(t, "evidence", "verify", "--offline"); code != 0 ||
		!strings.Contains(out, "Lines removed from the end leave no trace") {
		t.Errorf("offline: exit %d\n%s", code, out)
	}
	if out, _, code := o.runs(t, "evidence", "verify"); code != 1 || !strings.Contains(out,
		"the end is missing: the last line here is number 1, the copy in the audit bucket has number 2") {
		t.Errorf("a missing end: exit %d\n%s", code, out)
	}
}

// A problem with the evidence is reported and does not change the result.
func TestTheEvidenceDoesNotStandInTheWay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if err := o.account.Sandbox.Inject("deny=s3:PutObject"); err != nil {
		t.Fatal(err)
	}
	_, problem, code := o.runs(t, "check", "--quiet")
	if code != 2 || !strings.Contains(problem, "was not copied into the audit bucket; the next check tries again: s3:PutObject") {
		t.Errorf("exit %d, %q", code, problem)
	}
	data, err := os.ReadFile(o.lines())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(o.lines(), append(data, data[:100]...), 0o600); err != nil { // killed while writing
		t.Fatal(err)
	}
	_, problem, code = o.runs(t, "check", "--quiet", "--no-mirror")
	if code != 2 || !strings.Contains(problem, "half-written line of 100 bytes") || strings.Contains(problem, "audit bucket") {
		t.Errorf("exit %d, %q", code, problem)
	}
	if out, _, code := o.runs(t, "evidence", "verify", "--offline"); code != 0 {
		t.Errorf("afterwards: %s", out)
	}
}

func TestASecondCheckAtOnceEnds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	release, err := ledger.Acquire(filepath.Join(o.home, "state"), "check")
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if out, problem, code := o.runs(t, "check"); code != 1 || out != "" || !strings.Contains(problem, "another check is running (process ") ||
		time.Since(began) > 5*time.Second {
		t.Errorf("exit %d, %q %q", code, out, problem)
	}
	if out, _, code := o.runs(t, "check", "--nagios"); code != 3 || !strings.HasPrefix(out, "CLARIA UNKNOWN - another check is running") {
		t.Errorf("nagios: exit %d, %q", code, out)
	}
	release()
	if _, _, code := o.runs(t, "check", "--quiet"); code != 2 {
		t.Errorf("afterwards: exit %d", code)
	}
}

// In the demo account CT-03 (high) drifted and BDR-07 cannot be read.
func TestWhatMakesACheckFail(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	out, note, code := o.runs(t, "check", "--since", "last", "--format", "json")
	if code != 2 || !strings.Contains(note, "there is no earlier check of the core controls") {
		t.Errorf("the first: exit %d, %q", code, note)
	}
	var report drift.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	well := report
	well.Controls = slices.Clone(report.Controls)
	for i := range well.Controls {
		well.Controls[i].Status = catalogue.Pass
	}
	file := func(r drift.Report) string {
		path := filepath.Join(t.TempDir(), "report.json")
		data, err := json.Marshal(r)
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := report
	other.Account = "444455556666"
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--since", "last"}, 1, "1 unknown (BDR-07)"}, // CT-03 is not new
		{[]string{"--since", file(report)}, 1, "1 unknown (BDR-07)"},
		{[]string{"--since", file(well)}, 2, "CT-03"},
		{[]string{"--since", file(other)}, 1, "they cannot be compared"},
		{[]string{"--since", "/dev/null"}, 1, "is not a report of claria --check"},
		{[]string{"--fail-on", "high"}, 2, "CT-03"},
		{[]string{"--fail-on", "critical"}, 1, "BDR-07"},
		{[]string{"--fail-on", "everything"}, 1, "use critical or high"},
		{[]string{"--nagios"}, 2, "CT-03"},
		{[]string{"--format", "docx"}, 1, "the formats are: text, json"},
		{[]string{"--controls", "some"}, 1, "use core or strict or nprm"},
		{[]string{"--format", "junit"}, 2, `<error message="bedrock:`},
	} {
		out, problem, code := o.runs(t, append([]string{"check", "--no-mirror"}, c.args...)...)
		if code != c.code || !strings.Contains(out+problem, c.says) {
			t.Errorf("%q: exit %d, want %d and %q in\n%s%s", c.args, code, c.code, c.says, out, problem)
		}
	}
}

func TestTheBinderIsExported(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	path := filepath.Join(t.TempDir(), "binder.pdf")
	if _, problem, code := o.runs(t, "evidence", "export", "-o", path); code != 0 {
		t.Fatalf("exit %d, %s", code, problem)
	}
	if data, err := os.ReadFile(path); err != nil || !bytes.HasPrefix(data, []byte("%PDF-")) {
		t.Errorf("%v", err)
	}
	calls := len(o.account.Sandbox.Calls())
	out, problem, code := o.runs(t, "evidence", "export", "--format", "csv")
	if code != 0 || !strings.HasPrefix(out, "control,") || !strings.Contains(out, "\nCT-03,") {
		t.Errorf("exit %d, %s", code, problem)
	}
	if n := len(o.account.Sandbox.Calls()) - calls; n > 8 {
		t.Errorf("the newest check was not taken from the ledger: %d calls", n)
	}
	if _, problem, code := o.runs(t, "evidence", "export", "-o", path); code != 1 || !strings.Contains(problem, "--force") {
		t.Errorf("over a file: exit %d, %q", code, problem)
	}
}

func TestTheScheduleIsShown(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for with, want := range map[string]string{
		"systemd": "OnCalendar=*-*-* 07:42:00", "cron": "42 7 * * * CLARIA_HOME=", "launchd": "<key>Hour</key><integer>7</integer>",
	} {
		out, problem, code := o.runs(t, "schedule", "install", "--print", "--at", "07:42", "--with", with)
		if code != 0 || !strings.Contains(out, want) || !strings.Contains(out, "auditor") || !strings.Contains(out, "--quiet") {
			t.Errorf("%s: exit %d, %s\n%s", with, code, problem, out)
		}
	}
	if _, problem, code := o.runs(t, "schedule", "install", "--print", "--at", "25:00"); code != 1 ||
		!strings.Contains(problem, "not a time of day") {
		t.Errorf("exit %d, %q", code, problem)
	}
	if _, problem, code := o.says(t, "", "schedule", "install"); code != 1 || !strings.Contains(problem, "nothing to schedule") {
		t.Errorf("on the demo account: exit %d, %q", code, problem)
	}
}

// Changes and signatures are in the ledger with the checks, without a name.
func TestWhatIsDoneIsRecorded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, problem, code := o.runs(t, "attest", "ADM-03", "--sign", "Dr. Quill", "--yes"); code != 0 {
		t.Fatal(problem)
	}
	if _, problem, code := o.runs(t, "waive", "CT-03", "--owner", "Dr. Quill", "--reason", "a test", "--compensating", "the weekly review",
		"--until", time.Now().AddDate(0, 1, 0).Format(time.DateOnly), "--yes"); code != 0 {
		t.Fatal(problem)
	}
	out, _, _ := o.runs(t, "evidence", "list")
	if !strings.Contains(out, "     2  ") || !strings.Contains(out, "waive     The risk of CT-03 was accepted until ") ||
		!strings.Contains(out, "attest    ADM-03 was signed, version ") || strings.Contains(out, "Quill") {
		t.Errorf("list:\n%s", out)
	}
	passphrase := filepath.Join(o.home, "passphrase")
	if err := os.WriteFile(passphrase, []byte("for the test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lookup := o.LookupEnv
	o.LookupEnv = func(name string) (string, bool) {
		if name == aws.PassphraseVariable {
			return passphrase, true
		}
		return lookup(name)
	}
	mfa, err := o.account.Session().Phone.Code(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, problem, code := o.runs(t, "setup", "--apply", "--yes", "--mfa-code", mfa); code != 0 {
		t.Fatal(problem)
	}
	// What was changed is there with the number by which it is undone.
	out, _, _ = o.runs(t, "evidence", "list", "-n", "1")
	if !strings.Contains(out, "Set-up finished on this computer.") || !strings.Contains(out, ".1 ~ trail claria-trail: ") {
		t.Errorf("the newest line:\n%s", out)
	}
	if out, _, code := o.runs(t, "evidence", "verify"); code != 0 {
		t.Errorf("verify: %s", out)
	}
}

// A check that could not be recorded does not exit with 0, even if every control
// passes.
func TestACheckThatIsNotRecorded(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	out, problem, code := o.runs(t, "check", "--format", "json")
	if code != 2 {
		t.Fatal(problem)
	}
	o.account.Sandbox.Clear()
	before := filepath.Join(t.TempDir(), "before.json")
	if err := os.WriteFile(before, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, problem, code := o.runs(t, "check", "--quiet", "--since", before); code != 0 || problem != "" {
		t.Fatalf("nothing became worse: exit %d, %s", code, problem)
	}
	if err := os.RemoveAll(filepath.Dir(o.lines())); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Dir(o.lines()), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, problem, code := o.runs(t, "check", "--quiet", "--no-mirror", "--since", before); code != 1 ||
		!strings.Contains(problem, "claria: this is not in the evidence ledger: ") {
		t.Errorf("exit %d, %q", code, problem)
	}
}
