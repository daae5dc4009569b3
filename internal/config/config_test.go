package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"claria/internal/config"
)

func TestWhatIsSavedIsLoadedAndPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "claria.toml")
	if c, found, err := config.Load(path); err != nil || found || !reflect.DeepEqual(c, config.Default()) {
		t.Errorf("without a file: %+v, %v, %v", c, found, err)
	}
	want := config.Config{
		Version: config.Current, Practice: `Quill & "Partners"`, Account: "111122223333", System: "claria-2", Region: "eu-central-1",
		Credentials: "profile:work", Models: []string{"eu.a.b"}, Paper: &config.Paper{Signed: "2026-03-02", SHA256: strings.Repeat("ab", 32)},
		Identity: "auditor", Keyring: "file", Strict: true, Alerts: "office@example.com", Budget: 25,
		Contact: &config.Contact{Name: "Rowan Alder", Title: "Owner", Email: "rowan@example.com", Phone: "+1 555 0100"},
	}
	for range 2 { // an existing file is replaced
		if err := config.Save(path, want); err != nil {
			t.Fatal(err)
		}
	}
	got, found, err := config.Load(path)
	if err != nil || !found || !reflect.DeepEqual(got, want) {
		t.Errorf("loaded %+v, %v, %v", got, found, err)
	}
	file, err := os.Stat(path)
	if err != nil || file.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", file.Mode(), err)
	}
	if dir, err := os.Stat(filepath.Dir(path)); err != nil || dir.Mode().Perm() != 0o700 {
		t.Errorf("the directory's mode is %v, %v", dir.Mode(), err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("%d files are left behind", len(left))
	}
}

func TestASaveThatFailsLeavesTheFileAsItWas(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "claria.toml")
	good := config.Default()
	good.Account = "111122223333"
	if err := config.Save(path, good); err != nil {
		t.Fatal(err)
	}
	bad := good
	bad.Account = "12"
	if err := config.Save(path, bad); err == nil || !strings.Contains(err.Error(), "want 12 digits") {
		t.Errorf("an invalid configuration was saved: %v", err)
	}
	blocked := filepath.Join(dir, "claria.toml", "claria.toml") // a file has the name of its directory
	if err := config.Save(blocked, good); err == nil {
		t.Error("saved below a file")
	}
	if got, _, err := config.Load(path); err != nil || got.Account != "111122223333" {
		t.Errorf("%+v, %v", got, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files are left behind", len(left))
	}
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"version = 2\nsystem = \"claria\"\nnew_thing = 1": "newer Claria (version 2, this one knows 1): update Claria",
		"system = \"claria\"":                             "version = 0 is missing or wrong",
		"version = -1":                                    "version = -1 is missing or wrong",
		"version = 1\nacount = \"111122223333\"":          `unknown setting "acount"`,
		"version = 1\n[paper_agreement]\nsigned = \"2026-03-02\"\nhash = \"x\"":                     `unknown setting "paper_agreement.hash"`,
		"version = 1\nsystem = \"Claria\"":                                                          "must be 3 to 32",
		"version = 1\nsystem = \"../..\"":                                                           "must be 3 to 32",
		"version = 1\naccount = \"1234\"":                                                           "want 12 digits",
		"version = 1\naccount = 111122223333":                                                       "account",
		"version = 1\n[paper_agreement]\nsigned = \"2026-03-02\"\nsha256 = \"ABC\"":                 "64 hex digits",
		"version = 1\n[paper_agreement]\nsigned = \"soon\"\nsha256 = \"" + hash + "\"":              "must be a date such as 2026-03-02",
		"version = 1\nidentity = \"root\"":                                                          "must be admin or auditor",
		"version = 1\nkeyring = \"drawer\"":                                                         "must be one of system, file",
		"version = 1\nalerts = \"Office <o@example.com>\"":                                          "must be an e-mail address",
		"version = 1\nbudget = 20":                                                                  "alerts",
		"version = 1\nbudget = -1":                                                                  "whole US dollars",
		"version = 1\n[contact]\nname = \"R\"\ntitle = \"O\"\nemail = \"r@e.org\"\nphone = \"555\"": "+1 555 0100",
		"version = 1\n[contact]\nemail = \"r@e.org\"\nphone = \"+1 555 0100\"":                      "name and title",
		"version = 1\ncredentials = \"AKIAIOSFODNN7EXAMPLE\"":                                       "must be keyring, environment or profile:NAME",
		"version = 1\nregion = \"evil.example/\"":                                                   "must be a region such as us-east-1",
		"version = 1\nsystem =":                                                                     "configuration",
	} {
		path := filepath.Join(t.TempDir(), "claria.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if c, _, err := config.Load(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q was accepted as %+v, %v; want %q", text, c, err, want)
		}
	}
}

const hash = "0000000000000000000000000000000000000000000000000000000000000000"

func TestPlaces(t *testing.T) {
	lookup := func(pairs map[string]string) func(string) (string, bool) {
		return func(name string) (string, bool) { v, ok := pairs[name]; return v, ok }
	}
	home := t.TempDir()
	got, err := config.Locate(lookup(map[string]string{"CLARIA_HOME": home, "XDG_STATE_HOME": "/elsewhere"}))
	want := config.Places{
		File: filepath.Join(home, "claria.toml"), State: filepath.Join(home, "state"), Keyring: filepath.Join(home, "keyring"),
	}
	if err != nil || got != want {
		t.Errorf("CLARIA_HOME: %+v, %v", got, err)
	}
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "conf"))
	got, err = config.Locate(lookup(map[string]string{"CLARIA_HOME": ""}))
	if err != nil || filepath.Base(got.File) != "claria.toml" || !strings.HasPrefix(got.File, home) || !strings.HasPrefix(got.Keyring, home) ||
		!strings.HasPrefix(got.State, home) {
		t.Errorf("the system's places: %+v, %v", got, err)
	}
}
