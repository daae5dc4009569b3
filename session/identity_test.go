//go:build unix

package session_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/internal/config"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
)

// holding is a computer that is set up and whose keyring holds keys.
func holding(t *testing.T, users ...string) *machine {
	t.Helper()
	m := newMachine(t)
	ring, err := aws.OpenKeyring(aws.KeyringOptions{
		Dir: filepath.Join(m.home, "keyring"), Scope: "111122223333",
		LookupEnv: m.options().LookupEnv,
	})
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
	both := holding(t, state.AdminUser, state.AuditorUser)
	admin := holding(t, state.AdminUser)
	auditor := holding(t, state.AuditorUser)
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
		{"a check as another identity", both, session.Options{PreferAudit: true, Identity: "admin"}, "AKIAclaria-admin"},
		{"any verb as the auditor", both, session.Options{Identity: "auditor"}, "AKIAclaria-auditor"},
		{"the auditor's key is not here", admin, session.Options{Identity: "auditor"}, "no key for claria-auditor"},
		{"a machine that only checks", auditor, session.Options{}, "AKIAclaria-auditor"},
		{"an unknown identity", both, session.Options{Identity: "root"}, "want admin or auditor"},
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

// Without a person to type it, the keyring's passphrase comes from a file descriptor,
// a file, or the service's credentials. D-Bus is not needed.
func TestWhereThePassphraseComesFrom(t *testing.T) {
	m := holding(t, state.AdminUser)
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
	descriptor, err := syscall.Dup(int(file.Fd())) // the reader closes it
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	m.environ[aws.PassphraseDescriptorVariable] = strconv.Itoa(descriptor)
	works("a descriptor")
	m.environ[aws.PassphraseDescriptorVariable] = "a secret" // the error must not repeat it
	if _, err := session.Open(t.Context(), m.options()); err == nil || strings.Contains(err.Error(), "a secret") ||
		!strings.Contains(err.Error(), "number") {
		t.Errorf("a descriptor that is not a number: %v", err)
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
		"system": "no keyring service", "secret-service": "Secret Service", "moonlight": "must be one of system, file",
	} {
		o := m.options()
		o.Backend = backend
		if _, err := session.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("--keyring %s: %v, want it to say %q", backend, err, says)
		}
	}
	for _, backend := range aws.Backends() {
		m.settle(t, config.Config{Keyring: backend}) // the configuration accepts them all
	}
	m.settle(t, config.Config{Keyring: "file"})
	m.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere"
	works("a file although there is a D-Bus")
}

// A role with an external id gives access to a sub-account and sets it up. Afterwards
// the computer works with its own key.
func TestSetUpThroughARole(t *testing.T) {
	m := newMachine(t)
	serve(t, m, sandbox.Options{})
	root := m.open(t)
	if _, err := aws.IAM(root.Account).CreateUser(t.Context(), &iam.CreateUserInput{UserName: new("parent")}); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.IAM(root.Account).PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
		UserName: new("parent"), PolicyName: new("p"),
		PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`),
	}); err != nil {
		t.Fatal(err)
	}
	key, err := aws.IAM(root.Account).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: new("parent")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := aws.IAM(root.Account).CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: new("Setup"), AssumeRolePolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"AWS":"arn:aws:iam::111122223333:user/parent"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"practice-7"}}}]}`),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.IAM(root.Account).AttachRolePolicy(t.Context(),
		&iam.AttachRolePolicyInput{RoleName: new("Setup"), PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess")}); err != nil {
		t.Fatal(err)
	}
	m.environ["AWS_ACCESS_KEY_ID"], m.environ["AWS_SECRET_ACCESS_KEY"] = *key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey
	options := m.options()
	options.Role = aws.Role{ARN: "arn:aws:iam::111122223333:role/Setup"}
	s, err := session.Open(t.Context(), options)
	if err == nil {
		_, err = s.Account.Identity(t.Context())
	}
	if aws.KindOf(err) != aws.Denied || !strings.Contains(err.Error(), "external id") {
		t.Errorf("without the external id: %v", err)
	}
	options.Role.ExternalID = "practice-7"
	if s, err = session.Open(t.Context(), options); err != nil {
		t.Fatal(err)
	}
	if intake, err := s.Classify(t.Context()); err != nil || intake.Kind != provision.RoleSession || !intake.SetsUp() {
		t.Errorf("classified as %+v, %v", intake, err)
	}
	next, _, err := m.setUp(t, s)
	if err != nil {
		t.Fatal(err)
	}
	if identity, err := next.Account.Identity(t.Context()); err != nil || !strings.HasSuffix(identity.ARN, ":user/"+state.AdminUser) {
		t.Errorf("goes on as %+v, %v", identity, err)
	}
}

// A computer that only checks holds the auditor's key and no other. A third computer
// needs one of the two keys to be retired.
func TestMoreMachines(t *testing.T) {
	first := newMachine(t)
	serve(t, first, sandbox.Options{})
	s, _, err := first.setUp(t, first.open(t))
	if err != nil {
		t.Fatal(err)
	}
	key, err := s.Keyring.Load(state.AdminUser)
	if err != nil {
		t.Fatal(err)
	}
	another := func() *machine {
		m := newMachine(t)
		m.phone, m.later = first.phone, first.later
		m.environ["AWS_ENDPOINT_URL"] = first.environ["AWS_ENDPOINT_URL"]
		m.environ["AWS_ACCESS_KEY_ID"], m.environ["AWS_SECRET_ACCESS_KEY"] = key.ID, key.Secret
		return m
	}
	cron := another()
	start := cron.open(t)
	approval, err := start.Approval(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first.later.Add(60)
	account, err := start.AsProvisioner(t.Context(), func() (string, error) { return first.phone.Code(t.Context(), nil) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provision.IssueKey(t.Context(), account, start.Settings, state.AuditorUser, approval); err != nil {
		t.Fatal(err)
	}
	if err := start.Issued(t.Context(), "auditor"); err != nil {
		t.Fatal(err)
	}
	delete(cron.environ, "AWS_ACCESS_KEY_ID")
	check := cron.open(t)
	identity, err := check.Account.Identity(t.Context())
	if err != nil || !strings.HasSuffix(identity.ARN, ":user/"+state.AuditorUser) {
		t.Errorf("the checking machine works as %+v, %v", identity, err)
	}
	if names, err := check.Keyring.Names(); err != nil || strings.Join(names, " ") != state.AuditorUser {
		t.Errorf("it holds %v, %v", names, err)
	}

	second := another()
	if _, _, err := second.setUp(t, second.open(t)); err != nil {
		t.Fatal(err)
	}
	third := another()
	_, _, err = third.setUp(t, third.open(t))
	limit, ok := errors.AsType[*provision.KeyLimitError](err)
	if !ok || len(limit.Keys) != 2 {
		t.Fatalf("a third computer: %v", err)
	}
	third.retire = func(_ context.Context, limit *provision.KeyLimitError) (string, error) {
		i := slices.IndexFunc(limit.Keys, func(k state.AccessKey) bool { return k.ID != key.ID })
		return limit.Keys[i].ID, nil
	}
	if s, _, err = third.setUp(t, third.open(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Account.Identity(t.Context()); err != nil {
		t.Errorf("the third computer: %v", err)
	}
	if _, err := second.open(t).Account.Identity(t.Context()); aws.KindOf(err) != aws.Denied {
		t.Errorf("the second computer, whose key was retired: %v", err)
	}

	// The second computer's key was retired; it gets a new one with another
	// credential.
	second.retire = third.retire
	options := second.options()
	options.Credentials = "environment"
	back, err := session.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := second.setUp(t, back); err != nil {
		t.Fatal(err)
	}
	if again := second.open(t); again.Account.Source().Kind != aws.FromKeyring {
		t.Errorf("the second computer goes on with %v", again.Account.Source())
	} else if _, err := again.Account.Identity(t.Context()); err != nil {
		t.Errorf("the second computer with its new key: %v", err)
	}
}
