package session_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
)

// On a computer without a credential and a region, both can be given later.
func TestACredentialIsGivenLater(t *testing.T) {
	m := newMachine(t)
	serve(t, m, sandbox.Options{})
	id, secret := m.environ["AWS_ACCESS_KEY_ID"], m.environ["AWS_SECRET_ACCESS_KEY"]
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		delete(m.environ, name)
	}
	for file, text := range map[string]string{
		"AWS_CONFIG_FILE": "[default]\n[profile office]\nregion = eu-central-1\n[profile old]\n[sso-session s]\n[services x]\n",
		"AWS_SHARED_CREDENTIALS_FILE": "[old]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secret +
			"\n[office]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secret + "\n",
	} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv(file, path) // the SDK's
		m.environ[file] = path
	}
	if _, err := session.Open(t.Context(), m.options()); !errors.Is(err, aws.ErrNoRegion) {
		t.Errorf("without a region: %v", err)
	}
	s, err := session.OpenToSetUp(t.Context(), m.options())
	if err != nil || s.Settings.Region != session.FirstRegion {
		t.Fatalf("to set up: %v, %v", s, err)
	}
	if names := s.Profiles(); !slices.Equal(names, []string{"default", "office", "old"}) {
		t.Errorf("profiles are %q", names)
	}
	for name, c := range map[string]struct {
		start  session.Start
		region string
	}{
		"a profile with a region":    {session.Start{Source: aws.Source{Kind: aws.FromProfile, Profile: "office"}}, "eu-central-1"},
		"a profile without a region": {session.Start{Source: aws.Source{Kind: aws.FromProfile, Profile: "old"}}, "us-east-1"},
		"a key":                      {session.Start{Source: aws.Source{Kind: aws.FromKey, Key: aws.Key{ID: id, Secret: secret}}, Region: "us-west-2"}, "us-west-2"},
	} {
		next, err := s.StartWith(t.Context(), c.start)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		intake, err := next.Classify(t.Context())
		if err != nil || intake.Kind != provision.RootKey || next.Settings.Region != c.region || s.Settings.Region != session.FirstRegion {
			t.Errorf("%s: %v in %s, %v", name, intake.Kind, next.Settings.Region, err)
		}
	}
	if _, err := s.StartWith(t.Context(), session.Start{Source: aws.Source{Kind: aws.FromProfile, Profile: "nobody"}}); err == nil ||
		!strings.Contains(err.Error(), "nobody") {
		t.Errorf("a missing profile: %v", err)
	}
	if err := filepath.WalkDir(m.home, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != "identity.age" { // newMachine wrote that
			t.Errorf("%s was written", path)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

func TestDetailsAreKept(t *testing.T) {
	m := newMachine(t)
	s := m.open(t)
	if _, err := s.Declare(session.Details{Alerts: "nobody"}); err == nil || !strings.Contains(err.Error(), "e-mail") {
		t.Errorf("a wrong address was declared: %v", err)
	}
	want := session.Details{
		Practice: "Alder practice", Alerts: "office@example.com", Budget: 20,
		Contact: state.Contact{Name: "Rowan Alder", Title: "Owner", Email: "rowan@example.com", Phone: "+1 555 0100"},
	}
	next, err := s.Declare(want)
	if err != nil || next.Details() != want || next.Settings.Alerts != want.Alerts || *next.Settings.Contact != want.Contact ||
		next.Settings.Region != "us-east-1" {
		t.Errorf("declared %+v, %v", next, err)
	}
	if again := m.open(t); again.SetUp || again.Details() != want {
		t.Errorf("another start has %+v", again.Details())
	}
	if next, err = next.Declare(session.Details{}); err != nil || next.Settings.Contact != nil {
		t.Errorf("declaring nothing again: %v", err)
	}
	if _, err := (&session.Session{SetUp: true}).StartWith(t.Context(), session.Start{}); err == nil {
		t.Error("a computer that is set up started with another credential")
	}
}
