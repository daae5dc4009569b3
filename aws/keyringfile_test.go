package aws_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/99designs/keyring"

	"claria/aws"
)

// oldPassphrase opens testdata/old-keyring-item, which an earlier version wrote.
const oldPassphrase = "kept-account"

// oldRing is a keyring directory of an earlier version.
func oldRing(t *testing.T, name string) aws.KeyringOptions {
	t.Helper()
	dir := t.TempDir()
	item, err := os.ReadFile(filepath.Join("testdata", "old-keyring-item"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), item, 0o600); err != nil {
		t.Fatal(err)
	}
	return aws.KeyringOptions{Dir: dir, Scope: "111122223333", LookupEnv: environ(), Backend: "file", Secret: oldPassphrase}
}

func openRing(t *testing.T, options aws.KeyringOptions) aws.Keyring {
	t.Helper()
	ring, err := aws.OpenKeyring(options)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func head(t *testing.T, options aws.KeyringOptions, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(options.Dir, name))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	return line
}

// A key that an earlier version stored is opened and rewritten, unless nothing may be
// written; so is one that it was killed before renaming.
func TestAnOldKeyringIsRewritten(t *testing.T) {
	for _, name := range []string{"111122223333 claria-admin", "111122223333 claria-admin.new"} {
		options := oldRing(t, name)
		frozen := options
		frozen.Frozen = true
		ring := openRing(t, frozen)
		key, err := ring.Load("claria-admin")
		if err != nil || !strings.HasPrefix(key.ID, "AKIA") {
			t.Fatalf("%s: %v, %v", name, key, err)
		}
		if names, err := ring.Names(); err != nil || len(names) != 1 || !strings.HasPrefix(head(t, options, name), "eyJ") {
			t.Errorf("%s: names %v, %v", name, names, err)
		}
		wrong := options
		wrong.Secret = "another passphrase"
		if err := openRing(t, wrong).Store("claria-auditor", key); err == nil || !strings.Contains(err.Error(), "the passphrase is wrong") {
			t.Errorf("%s: a second passphrase in one keyring: %v", name, err)
		}
		if again, err := openRing(t, options).Load("claria-admin"); err != nil || again != key {
			t.Fatalf("%s: %v, %v", name, again, err)
		}
		if is := head(t, options, "111122223333 claria-admin"); is != "age-encryption.org/v1" {
			t.Errorf("%s: not rewritten: %s", name, is)
		}
		ring = openRing(t, options)
		if again, err := ring.Load("claria-admin"); err != nil || again != key {
			t.Errorf("%s: rewritten: %v, %v", name, again, err)
		}
		if err := ring.Delete("claria-admin"); err != nil {
			t.Error(err)
		}
		if names, err := ring.Names(); err != nil || len(names) != 0 {
			t.Errorf("%s: deleted: %v, %v", name, names, err)
		}
	}
}

// A new keyring needs a long passphrase. One that was short already is used, and said.
func TestAShortPassphrase(t *testing.T) {
	dir := t.TempDir()
	options := aws.KeyringOptions{Dir: filepath.Join(dir, "keyring"), LookupEnv: environ(), Backend: "file", Secret: "eleven char"}
	var short *aws.ShortPassphraseError
	err := openRing(t, options).Store("claria-admin", aws.Key{ID: "AKIAEXAMPLE00000001", Secret: "hush"})
	if !errors.As(err, &short) || !strings.Contains(err.Error(), "has 11 characters, and a new keyring needs 12 or more") {
		t.Errorf("a new keyring: %v", err)
	}
	if files, _ := os.ReadDir(options.Dir); len(files) != 0 {
		t.Errorf("%d files were left", len(files))
	}

	dir = t.TempDir()
	earlier, err := keyring.Open(keyring.Config{
		AllowedBackends: []keyring.BackendType{keyring.FileBackend}, FileDir: dir, FilePasswordFunc: keyring.FixedStringPrompt("short"),
	})
	if err == nil {
		err = earlier.Set(keyring.Item{Key: "claria-admin", Data: []byte(`{"id":"AKIAEXAMPLE00000001","secret":"hush"}`)})
	}
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	options = aws.KeyringOptions{
		Dir: dir, LookupEnv: environ(), Backend: "file", Secret: "short", Note: func(text string) { notes = append(notes, text) },
	}
	for range 2 {
		if key, err := openRing(t, options).Load("claria-admin"); err != nil || key.Secret != "hush" {
			t.Errorf("an old short one: %v, %v", key, err)
		}
	}
	if len(notes) != 2 || !strings.Contains(notes[1], "has 5 characters, and anyone with a copy of its files can guess it") {
		t.Errorf("notes: %q", notes)
	}

	old := oldRing(t, "111122223333 claria-admin")
	if err := aws.ChangePassphrase(old, "eleven char"); !errors.As(err, &short) {
		t.Errorf("a short new passphrase: %v", err)
	}
	if err := aws.ChangePassphrase(old, "twelve characters"); err != nil {
		t.Fatal(err)
	}
	if _, err := openRing(t, old).Load("claria-admin"); !errors.Is(err, aws.ErrPassphrase) {
		t.Errorf("the old passphrase still opens it: %v", err)
	}
	old.Secret = "twelve characters"
	if key, err := openRing(t, old).Load("claria-admin"); err != nil || !strings.HasPrefix(key.ID, "AKIA") {
		t.Errorf("the new passphrase: %v, %v", key, err)
	}
}

// A keyring that cannot be written fails and keeps the key that it has.
func TestAKeyringThatCannotBeWritten(t *testing.T) {
	options := aws.KeyringOptions{Dir: filepath.Join(t.TempDir(), "keyring"), LookupEnv: environ(), Backend: "file", Secret: "correct horse"}
	ring := openRing(t, options)
	first := aws.Key{ID: "AKIAEXAMPLE00000001", Secret: "first"}
	if err := ring.Store("claria-admin", first); err != nil {
		t.Fatal(err)
	}
	// A folder in the place of the file: the rename fails, for root too.
	if err := os.MkdirAll(filepath.Join(options.Dir, "claria-auditor", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := ring.Store("claria-auditor", first); err == nil {
		t.Error("stored")
	}
	if key, err := openRing(t, options).Load("claria-admin"); err != nil || key != first {
		t.Errorf("%v, %v", key, err)
	}
	left, err := filepath.Glob(filepath.Join(options.Dir, ".new-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
