//go:build unix

package session_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"claria/aws"
	"claria/internal/config"
	"claria/internal/session"
	"claria/provision"
)

// holding is a machine that is set up and whose keyring holds keys.
func holding(t *testing.T, users ...string) *machine {
	t.Helper()
	m := newMachine(t)
	ring, err := aws.OpenKeyring(aws.KeyringOptions{Dir: filepath.Join(m.home, "keyring"), Scope: "111122223333", LookupEnv: m.options().LookupEnv})
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range users {
		if err := ring.Store(user, aws.Key{ID: "AKIA" + user, Secret: "s"}); err != nil {
			t.Fatal(err)
		}
	}
	m.settle(t, config.Config{})
	return m
}

func (m *machine) settle(t *testing.T, c config.Config) {
	t.Helper()
	c.Account, c.Region, c.System = "111122223333", "us-east-1", "claria"
	if err := config.Save(filepath.Join(m.home, "claria.toml"), c); err != nil {
		t.Fatal(err)
	}
}

func TestWhoseKeyIsUsed(t *testing.T) {
	both := holding(t, provision.AdminUser, provision.AuditorUser)
	admin := holding(t, provision.AdminUser)
	auditor := holding(t, provision.AuditorUser)
	auditor.settle(t, config.Config{Identity: "auditor"})
	for _, c := range []struct {
		name string
		m    *machine
		o    session.Options
		want string // the key's id, or what the error says
	}{
		{"the daily identity works", both, session.Options{}, "AKIAclaria-admin"},
		{"a check is the auditor's", both, session.Options{PreferAudit: true}, "AKIAclaria-auditor"},
		{"a check without the auditor's key", admin, session.Options{PreferAudit: true}, "AKIAclaria-admin"},
		{"a check as somebody else", both, session.Options{PreferAudit: true, Identity: "admin"}, "AKIAclaria-admin"},
		{"any verb as the auditor", both, session.Options{Identity: "auditor"}, "AKIAclaria-auditor"},
		{"the auditor's key is not here", admin, session.Options{Identity: "auditor"}, "no key for claria-auditor"},
		{"a machine that only checks", auditor, session.Options{}, "AKIAclaria-auditor"},
		{"an identity that is none", both, session.Options{Identity: "root"}, "want admin or auditor"},
		{"an identity of the environment", both, session.Options{Identity: "admin", Credentials: "environment"}, "leave out --credentials"},
	} {
		c.o.LookupEnv = c.m.options().LookupEnv
		id := ""
		s, err := session.Open(t.Context(), c.o)
		if err == nil {
			id, err = s.Account.KeyID(t.Context())
		}
		if err == nil && id != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v; want %s", c.name, id, err, c.want)
		}
	}
}

// Where nobody types, the keyring's passphrase comes from a file descriptor, a
// file, or the service's credentials, and D-Bus is not missed.
func TestWhereThePassphraseComesFrom(t *testing.T) {
	m := holding(t, provision.AdminUser)
	path := m.environ[aws.PassphraseVariable]
	delete(m.environ, aws.PassphraseVariable)
	works := func(how string) {
		t.Helper()
		s, err := session.Open(t.Context(), m.options())
		if err == nil {
			_, err = s.Account.KeyID(t.Context())
		}
		if err != nil {
			t.Errorf("%s: %v", how, err)
		}
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	descriptor, err := syscall.Dup(int(file.Fd())) // whoever is given one closes it
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	m.environ[aws.PassphraseDescriptorVariable] = strconv.Itoa(descriptor)
	works("a descriptor")
	m.environ[aws.PassphraseDescriptorVariable] = "a secret" // is not repeated
	if _, err := session.Open(t.Context(), m.options()); err == nil || strings.Contains(err.Error(), "a secret") || !strings.Contains(err.Error(), "number") {
		t.Errorf("a descriptor that is no number: %v", err)
	}
	delete(m.environ, aws.PassphraseDescriptorVariable)

	m.environ["CREDENTIALS_DIRECTORY"] = t.TempDir()
	if _, err := session.Open(t.Context(), m.options()); err == nil || !strings.Contains(err.Error(), "no keyring service") {
		t.Errorf("credentials of another kind: %v", err)
	}
	credential := filepath.Join(m.environ["CREDENTIALS_DIRECTORY"], "claria-keyring-passphrase")
	if err := os.WriteFile(credential, []byte("correct horse"), 0o440); err != nil {
		t.Fatal(err)
	}
	works("the service's credentials")

	for backend, says := range map[string]string{
		"system": "no keyring service", "secret-service": "Secret Service", "moonlight": "want one of system, file",
	} {
		o := m.options()
		o.Backend = backend
		if _, err := session.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("--keyring %s: %v, want it to say %q", backend, err, says)
		}
	}
	for _, backend := range aws.Backends() {
		m.settle(t, config.Config{Keyring: backend}) // the configuration knows them all
	}
	m.settle(t, config.Config{Keyring: "file"})
	m.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere"
	works("a file although there is a D-Bus")
}
