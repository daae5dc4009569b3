//go:build unix

package text

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"claria/internal/safe"
)

// asTesseract puts a program in the place of tesseract for one test.
func asTesseract(t *testing.T, script string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "tesseract")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	was := recognizer
	recognizer = func() string { return program }
	t.Cleanup(func() { recognizer = was })
}

func readAs(t *testing.T, name safe.PHI, data []byte) string {
	t.Helper()
	out, err := NewExtractor().Read(t.Context(), name, int64(len(data)), func() ([]byte, error) { return data, nil })
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range out.Passages {
		b.WriteString(p.Place.Reveal() + ": " + p.Text.Reveal() + "\n")
	}
	for _, u := range out.Unread {
		b.WriteString("! " + u.String() + "\n")
	}
	return b.String() + out.Problem
}

const aPicture = "\xff\xd8\xff\xe0 a picture of a page"

func TestPicturesAreReadWithTesseract(t *testing.T) {
	asTesseract(t, `cat >/dev/null; test "$1 $2" = "stdin stdout" && test "$PWD" = / && test -z "$HOME" && printf 'PHQ-9 was 14.\n\nSleep poor.\f'`)
	want := "page 1, read by a machine: PHQ-9 was 14.\npage 1, read by a machine: Sleep poor.\n" +
		"! page 1 of 1 was read by a machine: check the text against the picture\n"
	if got := readAs(t, "photo.jpg", []byte(aPicture)); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := readAs(t, "scan.pdf", file(t, "scan.pdf")); got != want {
		t.Errorf("a scanned page:\n%s\nwant:\n%s", got, want)
	}
}

func TestWithoutTesseractTheSentenceSaysThatItHelps(t *testing.T) {
	was := recognizer
	recognizer = func() string { return "" }
	t.Cleanup(func() { recognizer = was })
	if got := readAs(t, "photo.jpg", []byte(aPicture)); got != whyPicture.Error() || !strings.Contains(got, "install tesseract") {
		t.Errorf("got %q", got)
	}
}

func TestAPictureThatTesseractCannotReadStaysUnread(t *testing.T) {
	for _, script := range []string{"exit 1", "cat >/dev/null; printf ' \n\f'", "kill -9 $$"} {
		asTesseract(t, script)
		if got := readAs(t, "photo.jpg", []byte(aPicture)); !strings.HasSuffix(got, whyPicture.Error()) || strings.Contains(got, "machine:") {
			t.Errorf("%s: %q", script, got)
		}
	}
}
