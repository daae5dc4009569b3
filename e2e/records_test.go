package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hostile is a file name that would control a terminal if it were shown unchanged: an
// escape sequence that clears the screen, and a direction override.
const hostile = "note \x1b[2J\u202etxt.exe 山田 😀.txt"

func TestFilesAreUploadedAndPreviewed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"teacher note.txt": "The teacher reports fidgeting.\n\nHomework takes two hours.\n",
		hostile:            "A name cannot speak to the terminal.\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, 120, 40, "--demo")
	p.goes("Clients")
	p.sees("Avery Quill")
	p.misses("intake interview")
	p.types("U")
	p.sees("Upload to Avery Quill")
	p.types("'" + filepath.Join(dir, "teacher note.txt") + "'" + enter)
	p.sees("5 files", "▌ teacher note.txt")
	p.types(enter)
	p.sees("The teacher reports fidgeting.", "§2")

	// A file manager drops files as a bracketed paste of their paths. A file that no
	// longer exists is an error on that file.
	dropped := filepath.Join(dir, "dropped.md")
	if err := os.WriteFile(dropped, []byte("# Dropped\n\nOnto the window.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.types("\x1b[200~" + dropped + "\x1b[201~")
	p.sees("Upload to Avery Quill", "dropped.md")
	p.types(enter)
	p.sees("6 files", "▌ dropped.md")
	p.types(enter)
	p.sees("Onto the window.")
	p.types("U")
	p.sees("Upload to Avery Quill")
	p.types(filepath.Join(dir, "none.txt") + enter)
	p.sees("No file found at", "none.txt")
	p.types(escape)
	p.misses("Upload to Avery Quill")
	quit(p)
}

func TestADraftStreamsAndItsTextIsKeptWhenStopped(t *testing.T) {
	t.Parallel()
	p := open(t, 120, 40, "--demo")
	p.goes("Clients")
	p.sees("Avery Quill")
	p.types("D")
	p.sees("Psychological evaluation", "Files to draft from")
	p.types(enter)
	p.sees("space attach")
	p.types(" " + down + " " + down + " ")
	p.sees("[x] teacher form.pdf", "The model reads only these files")
	p.types("\t" + "Keep it short." + enter)
	p.sees("The attached files state:", "[S", "Writing section")
	p.types(ctrlX)
	p.sees("stopped")
	p.misses("Writing section")
	p.sees("The attached files state:")
	quit(p)
}

// TestHostileNamesRoundTrip stores a client and a file with names that would control a
// terminal, checks that no list shows them unchanged, and gets the same bytes back.
func TestHostileNamesRoundTrip(t *testing.T) {
	t.Parallel()
	sandbox := serve(t)
	dir := t.TempDir()
	path := filepath.Join(dir, hostile)
	if err := os.WriteFile(path, []byte("content\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("名", 100) // 300 bytes
	for _, name := range []string{"Zoë \x1b]0;owned\a\u202e山田 😀", long} {
		if _, stderr, code := sandbox.runs("clients", "add", name); code != 0 {
			t.Fatalf("add: exit %d, %s", code, stderr)
		}
	}
	shown, _, _ := sandbox.runs("clients", "list")
	if strings.ContainsAny(shown, "\x1b\a\u202e") || !strings.Contains(shown, "Zoë") || !strings.Contains(shown, long) {
		t.Errorf("the list shows %q", shown)
	}
	stored, stderr, code := sandbox.runs("files", "put", long, path)
	if code != 0 || strings.ContainsAny(stored+stderr, "\x1b\u202e") {
		t.Fatalf("put: exit %d, %q %q", code, stored, stderr)
	}
	listed, _, _ := sandbox.runs("files", "list", long, "--json")
	if !strings.Contains(listed, `note \u001b[2J`) {
		t.Errorf("the JSON list has lost the name's bytes: %s", listed)
	}
	id := strings.Fields(stored)[0]
	if out, stderr, code := sandbox.runs("files", "get", long, id, "-o", "-"); code != 0 || out != "content\n" {
		t.Errorf("get: exit %d, %q, %s", code, out, stderr)
	}
}
