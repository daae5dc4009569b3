package session_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/internal/config"
	"claria/internal/sealed"
	"claria/session"
)

// settled is a computer with a keyring and a configuration of an account.
func settled(t *testing.T) *machine {
	t.Helper()
	m := newMachine(t)
	serve(t, m, sandbox.Options{})
	c := config.Default()
	c.Account, c.Region, c.Credentials = sandbox.AccountID, "us-east-1", "environment"
	if err := config.Save(filepath.Join(m.home, "claria.toml"), c); err != nil {
		t.Fatal(err)
	}
	return m
}

// localKeys are the keys of copies that the keyring has.
func localKeys(t *testing.T, s *session.Session) []string {
	t.Helper()
	names, err := s.Keyring.Names()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, session.PrivateKey) })
}

func TestListsAreKeptFromRunToRun(t *testing.T) {
	m := settled(t)
	lists := m.open(t).Private().Lists
	if err := lists.Put("clients", []byte("Avery Quill")); err != nil {
		t.Fatal(err)
	}
	s := m.open(t)
	if got, _, err := s.Private().Lists.Get("clients"); err != nil || string(got) != "Avery Quill" {
		t.Errorf("the next run: %q, %v", got, err)
	}
	if keys := localKeys(t, s); len(keys) != 1 {
		t.Errorf("keys: %q", keys)
	}
	key, err := s.Private().Key()
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(m.home, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("Avery")) || bytes.Contains(data, key[:]) {
			t.Errorf("%s shows the name or the key", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(s.Private().Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v", err)
	}

	if err := s.Private().Forget(); err != nil {
		t.Fatal(err)
	}
	if keys := localKeys(t, s); len(keys) != 0 {
		t.Errorf("forgotten, but the keyring has %q", keys)
	}
	if _, err := os.Stat(s.Private().Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("forgotten, but the folder is there: %v", err)
	}
	if err := s.Private().Lists.Put("clients", []byte("again")); err != nil {
		t.Error(err)
	}
	if again, err := s.Private().Key(); err != nil || again == key {
		t.Errorf("the forgotten key is used again: %v", err)
	}
}

// Several processes that make the key at the same time end up with one.
func TestOneKeyForAllProcesses(t *testing.T) {
	m := settled(t)
	keys := make([]sealed.Key, 8)
	var all sync.WaitGroup
	for i := range keys {
		s := m.open(t)
		all.Go(func() {
			var err error
			if keys[i], err = s.Private().Key(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if slices.ContainsFunc(keys, func(k sealed.Key) bool { return k != keys[0] }) {
		t.Error("two processes have different keys")
	}
	if left := localKeys(t, m.open(t)); len(left) != 1 {
		t.Errorf("keys: %q", left)
	}
}

// Without their key the copies are of no use: they are deleted, and work goes on.
func TestALostKeyStartsAnew(t *testing.T) {
	m := settled(t)
	s := m.open(t)
	if err := s.Private().Lists.Put("clients", []byte("Avery Quill")); err != nil {
		t.Fatal(err)
	}
	for _, name := range localKeys(t, s) {
		if err := s.Keyring.Delete(name); err != nil {
			t.Fatal(err)
		}
	}
	next := m.open(t).Private()
	if _, _, err := next.Lists.Get("clients"); !errors.Is(err, sealed.ErrNone) {
		t.Errorf("read without its key: %v", err)
	}
	if files, err := os.ReadDir(next.Dir); err != nil || len(files) != 1 {
		t.Errorf("left: %v, %v", files, err)
	}
	if err := next.Lists.Put("clients", []byte("Avery Quill")); err != nil {
		t.Error(err)
	}
}

// A computer without a keyring keeps nothing and says why; and no list makes anyone type
// a passphrase.
func TestWithoutAKeyringNothingIsKept(t *testing.T) {
	m := settled(t)
	delete(m.environ, aws.PassphraseVariable)
	none := m.open(t).Private()
	if err := none.Lists.Put("clients", []byte("Avery Quill")); err == nil || !strings.Contains(err.Error(), aws.PassphraseVariable) {
		t.Errorf("without a keyring: %v", err)
	}
	asked := 0
	options := m.options()
	options.Backend, options.Passphrase = "file", func(string) (string, error) { asked++; return "correct horse", nil }
	s, err := session.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Private().Lists.Put("clients", nil); err == nil || asked != 0 {
		t.Errorf("a list asked %d times: %v", asked, err)
	}
	if _, err := s.Private().Key(); err != nil || asked != 1 {
		t.Errorf("the key asked %d times: %v", asked, err)
	}
	if err := s.Private().Lists.Put("clients", nil); err != nil || asked != 1 {
		t.Errorf("with a key that is known: asked %d times, %v", asked, err)
	}
	if _, err := os.Stat(none.Dir); err != nil {
		t.Error(err)
	}
}
