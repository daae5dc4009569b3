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
		!strings.HasPrefix(problem, "1 stored, 1 failed; 32 B in ") || !strings.HasSuffix(problem, "\nclaria: 1 of 2 files could not be stored\n") {
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

// A folder is uploaded with its subfolders, and nothing in it is left out silently.
func TestAFolderGoesUp(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"report.txt": "The first.", "school/report.txt": "The second.", "school/2024/report.txt": "The third.",
		"empty.txt": "", ".hidden.txt": "x", ".DS_Store": "x", ".git/config": "x", "~$report.docx": "x",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(dir, filepath.Join(dir, "school", "loop")); err != nil {
		t.Fatal(err)
	}
	out, problem, code := d.says(t, "", "files", "put", "avery", dir)
	for _, line := range []string{
		"stored  report.txt\n", "stored  school/report.txt\n", "stored  school/2024/report.txt\n",
		"skipped  empty.txt: it is empty\n", "skipped  .hidden.txt: it is a hidden file\n", "skipped  .DS_Store: the system's own file\n",
		"skipped  .git: it is a hidden folder\n", "skipped  ~$report.docx: a lock of an office program\n", "skipped  school/loop: it is a link\n",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("it does not say %q", line)
		}
	}
	if code != 0 || !strings.HasPrefix(problem, "3 stored, 6 skipped; ") {
		t.Errorf("exit %d, %s\n%s", code, problem, out)
	}
	out, problem, code = d.says(t, "", "files", "put", "avery", dir)
	if code != 0 || !strings.HasPrefix(problem, "3 same, 6 skipped; 0 B in ") {
		t.Errorf("again: exit %d, %s\n%s", code, problem, out)
	}
	alone := filepath.Join(dir, "empty.txt")
	if out := d.ok(t, "files", "put", "avery", alone); !strings.Contains(out, "stored  empty.txt  it is empty\n") {
		t.Errorf("an empty file: %s", out)
	}
}

// Many files come down into a folder, and none over another.
func TestManyFilesComeDown(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	var client clientJSON
	if err := json.Unmarshal([]byte(d.ok(t, "clients", "add", "--json", "Wren Other")), &client); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one.txt", "two.pdf", "Two.PDF", "school/three.pdf", "../four.txt"} {
		if _, problem, code := d.says(t, "The text of "+name, "files", "put", client.ID, "-", "--name", name); code != 0 {
			t.Fatal(problem)
		}
	}
	dir := filepath.Join(t.TempDir(), "new")
	below := func() (names []string) {
		_ = filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				inside, _ := filepath.Rel(dir, path)
				names = append(names, inside)
			}
			return nil
		})
		return names
	}
	out, problem, code := d.says(t, "", "files", "get", client.ID, "*.pdf", "one.txt", "-o", dir)
	if names := strings.Join(below(), "|"); code != 0 || strings.Count(out, "  saved  ") != 4 || strings.Count(names, "|") != 3 ||
		!strings.Contains(names, filepath.Join("school", "three.pdf")) || !strings.Contains(names, "one.txt") || strings.Contains(names, "two.pdf|") {
		t.Errorf("exit %d, %s\n%s%s", code, names, out, problem)
	}
	if err := os.WriteFile(filepath.Join(dir, "one.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, problem, code = d.says(t, "", "files", "get", client.ID, "--all", "-o", dir)
	if code != 1 || strings.Count(out, "  same  ") != 3 || strings.Count(out, "  saved  ") != 1 || !strings.Contains(out, "  failed  one.txt: a file of this name") ||
		!strings.HasSuffix(problem, "claria: 1 of 5 files could not be saved\n") {
		t.Errorf("again: exit %d\n%s%s", code, out, problem)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "one.txt")); err != nil || string(data) != "mine" {
		t.Errorf("one.txt holds %q, %v", data, err)
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "four.txt")); err == nil {
		t.Error("a name led out of the folder")
	}
	d.ok(t, "files", "get", client.ID, "--all", "-o", dir, "--force")
	if data, err := os.ReadFile(filepath.Join(dir, "one.txt")); err != nil || string(data) != "The text of one.txt" {
		t.Errorf("with --force one.txt holds %q, %v", data, err)
	}
	for _, args := range [][]string{{"*.docx"}, {}, {"one.txt", "--all"}, {"*.pdf", "-o", "-"}, {"*.pdf", "-o", filepath.Join(dir, "one.txt")}} {
		if _, problem, code := d.says(t, "", append([]string{"files", "get", client.ID}, args...)...); code != 1 || problem == "" {
			t.Errorf("get %q: exit %d, %s", args, code, problem)
		}
	}
}
