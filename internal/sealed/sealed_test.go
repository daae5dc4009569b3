package sealed_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"claria/internal/sealed"
)

const owner = "111122223333 records"

func draw(t *testing.T) sealed.Key {
	t.Helper()
	key, err := sealed.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func open(dir, owner string, key sealed.Key) *sealed.Store {
	return sealed.New(dir, owner, func() (sealed.Key, error) { return key, nil })
}

// files returns the paths of everything in a folder.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, entry := range entries {
		out = append(out, filepath.Join(dir, entry.Name()))
	}
	return out
}

func TestWhatIsPutIsGot(t *testing.T) {
	for _, dir := range []string{"", filepath.Join(t.TempDir(), "lists")} {
		key := draw(t)
		s := open(dir, owner, key)
		if _, _, err := s.Get("clients"); !errors.Is(err, sealed.ErrNone) {
			t.Errorf("nothing yet: %v", err)
		}
		for _, data := range [][]byte{{}, []byte("Avery Quill"), bytes.Repeat([]byte("Avery Quill"), 10_000)} {
			if err := s.Put("clients", data); err != nil {
				t.Fatal(err)
			}
			got, stored, err := s.Get("clients")
			if err != nil || !bytes.Equal(got, data) || stored.IsZero() {
				t.Errorf("%d bytes: %d bytes of %v, %v", len(data), len(got), stored, err)
			}
		}
		if dir != "" { // another process
			if got, _, err := open(dir, owner, key).Get("clients"); err != nil || len(got) != 110_000 {
				t.Errorf("again: %d bytes, %v", len(got), err)
			}
		}
		if err := errors.Join(s.Remove("clients"), s.Remove("clients")); err != nil {
			t.Error(err)
		}
		if _, _, err := s.Get("clients"); !errors.Is(err, sealed.ErrNone) {
			t.Errorf("removed: %v", err)
		}
	}
}

// Nobody without the key learns a name, a content or more than a rough length, and only
// the owner of the file may read it at all.
func TestADiskShowsNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lists")
	s := open(dir, owner, draw(t))
	for name, data := range map[string]string{"clients": "Avery Quill", "files of AVERY": "intake interview.docx, longer"} {
		if err := s.Put(name, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	sizes := map[int64]bool{}
	for _, path := range files(t, dir) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"Avery", "AVERY", "intake", "clients", "records", "111122223333"} {
			if bytes.Contains(data, []byte(word)) || bytes.Contains([]byte(path), []byte(word)) && word != "clients" {
				t.Errorf("%q is readable in %s", word, path)
			}
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
		sizes[info.Size()] = true
	}
	if len(sizes) != 1 {
		t.Errorf("lengths tell the lists apart: %v", sizes)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
}

// A changed, cut, exchanged or foreign file is never returned, and is deleted.
func TestAForgedFileIsNotReturned(t *testing.T) {
	key := draw(t)
	for what, forge := range map[string]func([]byte) []byte{
		"one bit":   func(b []byte) []byte { b[len(b)-40] ^= 1; return b },
		"the mark":  func(b []byte) []byte { b[0] ^= 1; return b },
		"the nonce": func(b []byte) []byte { b[6] ^= 1; return b },
		"cut":       func(b []byte) []byte { return b[:len(b)-1] },
		"short":     func(b []byte) []byte { return b[:5] },
		"empty":     func([]byte) []byte { return nil },
		"longer":    func(b []byte) []byte { return append(b, 0) },
	} {
		dir := t.TempDir()
		s := open(dir, owner, key)
		if err := s.Put("clients", []byte("Avery Quill")); err != nil {
			t.Fatal(err)
		}
		path := files(t, dir)[0]
		data, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, forge(data), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, _, err := s.Get("clients"); !errors.Is(err, sealed.ErrDamaged) || got != nil {
			t.Errorf("%s: %q, %v", what, got, err)
		}
		if left := files(t, dir); len(left) != 0 {
			t.Errorf("%s: %v is left", what, left)
		}
	}
}

// A file opens only under its own name, for its own owner and with its own key.
func TestAFileIsBound(t *testing.T) {
	dir, key := t.TempDir(), draw(t)
	s := open(dir, owner, key)
	if err := s.Put("clients", []byte("Avery Quill")); err != nil {
		t.Fatal(err)
	}
	first := files(t, dir)[0]
	if err := s.Put("files", []byte("intake")); err != nil {
		t.Fatal(err)
	}
	for _, path := range files(t, dir) {
		if path != first {
			if err := os.Rename(first, path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, _, err := s.Get("files"); !errors.Is(err, sealed.ErrDamaged) {
		t.Errorf("under another name: %q, %v", got, err)
	}
	if err := s.Put("clients", []byte("Avery Quill")); err != nil {
		t.Fatal(err)
	}
	for what, other := range map[string]*sealed.Store{
		"another account": open(dir, "444455556666 records", key), "another key": open(dir, owner, draw(t)),
	} {
		if got, _, err := other.Get("clients"); !errors.Is(err, sealed.ErrNone) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	if _, _, err := s.Get("clients"); err != nil {
		t.Errorf("the others harmed it: %v", err)
	}
	if err := open(dir, owner, draw(t)).Clear(); err != nil || len(files(t, dir)) != 0 {
		t.Errorf("cleared: %v, %v", files(t, dir), err)
	}
}

// A key that cannot be had is said, and nothing is written.
func TestAKeyThatCannotBeHad(t *testing.T) {
	dir, locked := t.TempDir(), errors.New("the keyring is locked")
	s := sealed.New(dir, owner, func() (sealed.Key, error) { return sealed.Key{}, locked })
	_, _, err := s.Get("clients")
	if !errors.Is(err, locked) || !errors.Is(s.Put("clients", nil), locked) || len(files(t, dir)) != 0 {
		t.Errorf("%v, %v", err, files(t, dir))
	}
}
