package local_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"claria/internal/local"
	"claria/internal/safe"
)

func TestSaveIsWholePrivateAndNeverOverAnother(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	write := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, _ = io.WriteString(w, text)
			return err
		}
	}
	broken := errors.New("broken")
	if err := local.Save(path, write("half", broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := local.Save(path, write("whole", nil)); err != nil {
		t.Fatal(err)
	}
	if err := local.Save(path, write("another", nil)); !errors.Is(err, local.ErrExists) {
		t.Errorf("over an existing file: %v", err)
	}
	data, err := os.ReadFile(path)
	info, _ := os.Stat(path)
	if err != nil || string(data) != "whole" || info.Mode().Perm() != 0o600 {
		t.Errorf("%q, %v, %v", data, info.Mode(), err)
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 1 {
		t.Errorf("%d files are left behind", len(left))
	}
}

func TestNameLeadsNowhere(t *testing.T) {
	for name, want := range map[safe.PHI]string{
		"teacher form.pdf": "teacher form.pdf", "../../etc/passwd": "_.._etc_passwd", ".bashrc": "bashrc",
		"-rf": "rf", "CON": "_CON", "nul.txt": "_nul.txt", "..": "ID", "a\nb": "a b",
		"a\x1b[2J\u202eb.txt": "ab.txt", "": "ID", "日本.txt": "日本.txt",
	} {
		if got := local.Name(name, "ID"); got != want {
			t.Errorf("%q becomes %q, not %q", name.Reveal(), got, want)
		}
	}
}
