package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"claria/aws"
	"claria/drift/register"
)

// declares writes what another computer declares into the register, as anyone with the
// daily key can.
func (c clerk) declares(t *testing.T, change func(*register.Declaration)) {
	t.Helper()
	s, err := c.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Locate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := register.NewStore(s.Account, s.Settings).Update(t.Context(), func(r *register.Register) error {
		declared := register.Declared(s.Settings, s.Account.Now())
		change(&declared)
		r.Declared = &declared
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// files are the files of the home directory, with the hash of each, and its folders.
func (o office) files(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	if err := filepath.WalkDir(o.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			found[path] = "folder"
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		found[path] = hex.EncodeToString(sum[:])
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// A plan shows what another computer declared, and changes nothing here or there.
func TestAPlanChangesNothing(t *testing.T) {
	t.Parallel()
	c := newClerk(t)
	c.declares(t, func(d *register.Declaration) { d.Strict, d.Alerts = true, "thief@example.net" })
	before, calls := c.files(t), len(c.account.Sandbox.Calls())
	out, told, code := c.runs(t, "setup", "--plan")
	if code != 0 || strings.Contains(out, "thief@example.net") {
		t.Errorf("exit %d\n%s%s", code, out, told)
	}
	for _, line := range []string{
		"  profile: strict  (here: core)\n", "  alerts to: thief@example.net  (here: none; needs a code)\n", "This plan is for claria.toml as it is.",
	} {
		if !strings.Contains(told, line) {
			t.Errorf("not shown: %q\n%s", line, told)
		}
	}
	after := c.files(t)
	for path, is := range after {
		if before[path] != is {
			t.Errorf("%s was %q and is %q", path, before[path], is)
		}
	}
	if len(after) != len(before) {
		t.Errorf("%d files, %d before", len(after), len(before))
	}
	for _, call := range c.account.Sandbox.Calls()[calls:] {
		if call.Write {
			t.Errorf("the plan called %s on %s", call.Action, call.Resource)
		}
	}
}

// A plan on a computer without Claria leaves nothing behind, no folder either.
func TestAPlanLeavesNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	passphrase := filepath.Join(t.TempDir(), "passphrase")
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
	if _, told, code := o.runs(t, "setup", "--plan"); code != 0 {
		t.Fatalf("exit %d, %s", code, told)
	}
	if files := o.files(t); len(files) != 1 {
		t.Errorf("files: %v", files)
	}
}

// Applying a plan asks first which declaration counts. The other computer's needs a code,
// and this computer's replaces it in the register.
func TestApplyingAsksWhatIsDeclared(t *testing.T) {
	t.Parallel()
	c := newClerk(t)
	c.declares(t, func(d *register.Declaration) { d.Alerts = "office@example.com" })
	if _, told, code := c.runs(t, c.apply(t)...); code != 1 || !strings.Contains(told, "nothing was changed, because this must be decided first") {
		t.Fatalf("undecided: exit %d, %s", code, told)
	}
	if _, told, code := c.runs(t, "setup", "--apply", "--yes", "--declared", "elsewhere"); code != 1 ||
		!strings.Contains(told, "with a code of the second factor only") {
		t.Errorf("without a code: exit %d, %s", code, told)
	}
	if _, told, code := c.runs(t, append(c.apply(t), "--declared", "elsewhere")...); code != 0 {
		t.Fatalf("taken over: exit %d, %s", code, told)
	}
	declared, err := os.ReadFile(filepath.Join(c.home, "claria.toml"))
	if err != nil || !strings.Contains(string(declared), `alerts = "office@example.com"`) {
		t.Errorf("claria.toml, %v:\n%s", err, declared)
	}

	c.declares(t, func(d *register.Declaration) { d.Alerts = "thief@example.net" })
	if _, told, _ := c.runs(t, "check", "--quiet"); !strings.Contains(told, "it is not used here: alerts to thief@example.net (here office@example.com)") {
		t.Errorf("the check: %s", told)
	}
	if _, told, code := c.runs(t, append(c.apply(t), "--declared", "here")...); code != 0 {
		t.Fatalf("kept: exit %d, %s", code, told)
	}
	if _, told, _ := c.runs(t, "check", "--quiet"); strings.Contains(told, "thief@example.net") {
		t.Errorf("the check afterwards: %s", told)
	}
}
