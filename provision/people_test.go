package provision_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// ago does something on an earlier day.
func (p *practice) ago(days int, do func()) {
	p.later.Add(int64(-days * 24 * 3600))
	defer p.later.Add(int64(days * 24 * 3600))
	do()
}

// person creates a user with one key, some days ago.
func (p *practice) person(root *aws.Account, name string, days int) {
	p.t.Helper()
	p.ago(days, func() {
		if _, err := aws.IAM(root).CreateUser(p.t.Context(), &iam.CreateUserInput{UserName: &name}); err != nil {
			p.t.Fatal(err)
		}
		p.newKey(root, name)
	})
}

func (p *practice) newKey(root *aws.Account, name string) aws.Key {
	p.t.Helper()
	out, err := aws.IAM(root).CreateAccessKey(p.t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		p.t.Fatal(err)
	}
	return aws.Key{ID: *out.AccessKey.AccessKeyId, Secret: *out.AccessKey.SecretAccessKey}
}

func (p *practice) active(root *aws.Account, name string) (ids []string) {
	p.t.Helper()
	out, err := aws.IAM(root).ListAccessKeys(p.t.Context(), &iam.ListAccessKeysInput{UserName: &name})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, k := range out.AccessKeyMetadata {
		if k.Status == types.StatusTypeActive {
			ids = append(ids, *k.AccessKeyId)
		}
	}
	return ids
}

// mendPeople leaves unused keys and credentials behind, and deactivates them as the
// provisioner.
func (p *practice) mendPeople(root *aws.Account) {
	p.t.Helper()
	ctx, name := p.t.Context(), new("former")
	p.person(root, *name, 100)
	if _, err := aws.IAM(root).CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{
		UserName: name, ServiceName: new("bedrock.amazonaws.com"),
	}); err != nil {
		p.t.Fatal(err)
	}
	if _, err := aws.IAM(root).UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{
		UserName: name, SSHPublicKeyBody: new("ssh-rsa AAAA"),
	}); err != nil {
		p.t.Fatal(err)
	}
	if _, err := aws.IAM(root).UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{
		UserName: name, CertificateBody: new("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"),
	}); err != nil {
		p.t.Fatal(err)
	}
	plan := p.plan(root)
	if s := step(p.t, plan, "unused-keys"); s.Risk != provision.Reversible || !strings.Contains(s.Before, " of former") ||
		!strings.Contains(s.Undo, " of former") {
		p.t.Errorf("the step does not say whose key it switches off: %+v", s)
	}
	if slices.Contains(ids(plan), "other-credentials") {
		p.t.Error("what somebody may still use is planned without being asked for")
	}
	p.apply(p.mender(), plan.Only("IAM-13", "IAM-18"), p.approval())
	if left := p.active(root, *name); len(left) > 0 {
		p.t.Errorf("still active: %v", left)
	}
	if again := p.plan(root).Only("IAM-13", "IAM-18"); !again.Empty() {
		p.t.Errorf("still planned: %v", ids(again))
	}
}

// Unused keys are deactivated. A key in use, this computer's key and a new key stay.
func TestKeysAreSwitchedOffWhenNobodyUsesThem(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	p.mendPeople(root)

	// Of two keys, only the unused one is deactivated, and only on request.
	p.person(root, "two", 40)
	still := p.active(root, "two")[0]
	inUse := p.newKey(root, "two")
	if _, err := p.open(inUse).Identity(t.Context()); err != nil {
		t.Fatal(err)
	}
	plan := p.plan(root)
	if left := withoutRootKey(plan); !left.Empty() {
		t.Errorf("planned without being asked for: %v", ids(left))
	}
	p.apply(root, plan.Only("IAM-14"), p.approval())
	if left := p.active(root, "two"); len(left) != 1 || left[0] != inUse.ID {
		t.Errorf("active: %v; %s should be, %s should not", left, inUse.ID, still)
	}

	// Months later nobody has used the auditor's key, but it is this computer's, so it stays.
	snapshot := p.observe(root)
	snapshot.At = snapshot.At.Add(200 * 24 * time.Hour)
	for name, c := range map[string]struct {
		held map[string]string
		kept bool
	}{
		"not looked into": {nil, true},
		"held here": {
			map[string]string{state.AuditorUser: p.keys.keys[state.AuditorUser].ID, state.AdminUser: p.keys.keys[state.AdminUser].ID}, true,
		},
		"held elsewhere": {map[string]string{}, false},
	} {
		s := settings()
		s.Held = c.held
		plan := provision.MakePlan(snapshot, provision.Desired(s), s).Only("IAM-13")
		names := ""
		for _, s := range plan.Steps {
			names += s.Before
		}
		if strings.Contains(names, state.AuditorUser) == c.kept {
			t.Errorf("%s: %q", name, names)
		}
	}
}
