package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shop is a person at the command line of one demo account.
type shop struct {
	*env
	out, err bytes.Buffer
}

func newShop(seed string) *shop {
	d := &shop{env: &env{
		LookupEnv: func(string) (string, bool) { return "", false }, Now: time.Now, version: "test",
	}}
	d.seed = seed
	d.Stdout, d.Stderr = &d.out, &d.err
	return d
}

// says runs a verb and returns what it printed and its exit code.
func (d *shop) says(t *testing.T, stdin string, args ...string) (string, string, int) {
	t.Helper()
	d.out.Reset()
	d.err.Reset()
	d.Stdin = strings.NewReader(stdin)
	code := d.run(t.Context(), append([]string{"--demo"}, args...))
	return d.out.String(), d.err.String(), code
}

func (d *shop) ok(t *testing.T, args ...string) string {
	t.Helper()
	out, problem, code := d.says(t, "", args...)
	if code != 0 {
		t.Fatalf("%q: exit %d, %s", args, code, problem)
	}
	return out
}

func TestAFilesDay(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	if out := d.ok(t, "clients", "list"); !strings.Contains(out, "Avery Quill") || strings.Count(out, "\n") != 3 {
		t.Fatalf("clients list:\n%s", out)
	}
	dir := t.TempDir()
	one := filepath.Join(dir, "note one.txt")
	if err := os.WriteFile(one, []byte("She slept well.\n\nShe was rested."), 0o600); err != nil {
		t.Fatal(err)
	}
	out, problem, code := d.says(t, "", "files", "put", "avery", one, filepath.Join(dir, "missing.txt"))
	if code != 1 || !strings.Contains(out, "stored  note one.txt") || !strings.Contains(out, "failed  missing.txt: there is no such file") ||
		problem != "claria: 1 of 2 files could not be stored\n" {
		t.Errorf("put: exit %d\n%s%s", code, out, problem)
	}
	if out := d.ok(t, "files", "put", "avery", one); !strings.Contains(out, "same") {
		t.Errorf("put again: %s", out)
	}
	if out := d.ok(t, "files", "text", "Avery Quill", "note one.txt"); out != "§1  She slept well.\n§2  She was rested.\n" {
		t.Errorf("text: %q", out)
	}
	got := filepath.Join(dir, "got.txt")
	d.ok(t, "files", "get", "avery", "note one", "-o", got)
	if data, err := os.ReadFile(got); err != nil || string(data) != "She slept well.\n\nShe was rested." {
		t.Errorf("got %q, %v", data, err)
	}
	if info, err := os.Stat(got); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the download's mode: %v", info.Mode())
	}
	if _, problem, code := d.says(t, "", "files", "get", "avery", "note one", "-o", got); code != 1 || !strings.Contains(problem, "--force") {
		t.Errorf("get over a file: exit %d, %s", code, problem)
	}
	if out := d.ok(t, "files", "get", "avery", "note one", "-o", "-"); out != "She slept well.\n\nShe was rested." {
		t.Errorf("get to standard output: %q", out)
	}
	d.ok(t, "files", "rm", "avery", "note one.txt")
	if out := d.ok(t, "files", "list", "avery"); strings.Contains(out, "note one") {
		t.Errorf("deleted, still listed:\n%s", out)
	}
	if _, problem, code := d.says(t, "", "files", "text", "avery", "note one.txt"); code != 1 || !strings.Contains(problem, "files restore") {
		t.Errorf("text of a deleted file: exit %d, %s", code, problem)
	}
	d.ok(t, "files", "restore", "avery", "note one.txt")
	if out := d.ok(t, "files", "versions", "avery", "note one.txt"); strings.Count(out, "\n") != 3 || !strings.Contains(out, "deleted") ||
		strings.Count(out, "now") != 1 {
		t.Errorf("versions:\n%s", out)
	}
}

func TestVerbsSpeakJSONAndStandardInput(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	name := "\x1b[31mWren\u202e 山田"
	var client clientJSON
	if err := json.Unmarshal([]byte(d.ok(t, "clients", "add", "--json", name)), &client); err != nil || client.Name != name {
		t.Fatalf("added %+v, %v", client, err)
	}
	if out := d.ok(t, "clients", "list"); strings.ContainsAny(out, "\x1b\u202e") || !strings.Contains(out, "Wren 山田") {
		t.Errorf("the list does not show the name safely: %q", out)
	}
	if _, problem, code := d.says(t, "x", "files", "put", client.ID, "-"); code != 1 || !strings.Contains(problem, "--name") {
		t.Errorf("nameless input: exit %d, %s", code, problem)
	}
	if out, problem, code := d.says(t, "A piped note.", "files", "put", client.ID, "-", "--name", "piped.txt", "--json"); code != 0 ||
		!strings.Contains(out, `"segments": 1`) {
		t.Errorf("piped: exit %d, %s%s", code, out, problem)
	}
	var files []fileJSON
	if err := json.Unmarshal([]byte(d.ok(t, "files", "list", "--json", client.ID)), &files); err != nil || len(files) != 1 ||
		files[0].Name != "piped.txt" {
		t.Errorf("listed %+v, %v", files, err)
	}
	d.ok(t, "clients", "rename", client.ID, "Wren Other")
	_, problem, code := d.says(t, "", "files", "list", "Nobody Quill")
	if code != 1 || strings.Contains(problem, "Nobody") || strings.Contains(problem, "Avery") ||
		!strings.Contains(problem, "claria clients list") {
		t.Errorf("unknown client: exit %d, %s", code, problem)
	}
}

func TestWithoutAnAgreementNothingIsStored(t *testing.T) {
	t.Parallel()
	d := newShop("no-baa")
	d.demo = true
	_, problem, code := d.says(t, "", "--seed", "no-baa", "clients", "add", "Somebody")
	if code != 1 || !strings.Contains(problem, "Business Associate") {
		t.Errorf("exit %d, %s", code, problem)
	}
}
