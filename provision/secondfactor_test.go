package provision_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// The codes are those of RFC 6238, appendix B (SHA-1; its eight digits end with our six).
func TestCodes(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		phone := provision.NewAuthenticator(func() time.Time { return time.Unix(at, 0) })
		if err := phone.Load("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"); err != nil { // "12345678901234567890"
			t.Fatal(err)
		}
		if got, err := phone.Code(t.Context(), nil); got != want || err != nil {
			t.Errorf("at %d: %s, %v, want %s", at, got, err, want)
		}
		if again, err := phone.Code(t.Context(), nil); again == want || err != nil {
			t.Errorf("at %d the same code came twice: %v", at, err)
		}
	}
}

// With a stolen daily key nobody can assume the provisioner role or enrol a device. A code
// works for the role, once.
func TestTheDailyKeyAloneCannotMend(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	p.settle()
	admin, ctx := p.as(state.AdminUser), t.Context()
	_, err := aws.STS(admin).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: new(settings().ProvisionerARN()), RoleSessionName: new("thief")})
	if aws.KindOf(err) != aws.Denied {
		t.Errorf("the role without a code: %v", err)
	}
	for name, try := range map[string]func() error{
		"create": func() error {
			_, err := aws.IAM(admin).CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: new("mine")})
			return err
		},
		"deactivate": func() error {
			_, err := aws.IAM(admin).DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{
				UserName: new(state.AdminUser), SerialNumber: new("arn:aws:iam::111122223333:mfa/claria-admin"),
			})
			return err
		},
	} {
		if err := try(); aws.KindOf(err) != aws.Denied {
			t.Errorf("%s a device: %v", name, err)
		}
	}
	code, err := p.code()
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	give := func() (string, error) { asked++; return code[:3] + " " + code[3:], nil } // as people type it
	mender, err := provision.AsProvisioner(ctx, admin, settings(), give)
	if err != nil || asked != 1 {
		t.Fatalf("asked %d times: %v", asked, err)
	}
	identity, err := mender.Identity(ctx)
	if err != nil || identity.ARN != "arn:aws:sts::111122223333:assumed-role/claria-provisioner/claria-mend" {
		t.Errorf("became %+v, %v", identity, err)
	}
	for given, says := range map[string]string{code: "wait for the next", "000000": "wait for the next", "12345": "six digits"} {
		_, err := provision.AsProvisioner(ctx, admin, settings(), func() (string, error) { return given, nil })
		if _, ok := errors.AsType[*provision.CodeError](err); !ok || !strings.Contains(err.Error(), says) {
			t.Errorf("code %s: %v, want it to say %q", given, err, says)
		}
	}
	if _, err := provision.AsProvisioner(ctx, admin, settings(), nil); err == nil || !strings.Contains(err.Error(), "--mfa-code") {
		t.Errorf("without anybody to ask: %v", err)
	}
}

// Without a device no code is asked for, and the error says what to do: the daily
// identity's plan cannot enrol one, an administrator's does.
func TestNoSecondFactor(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	dropDevice(t, root)
	admin := p.as(state.AdminUser)
	_, err := provision.AsProvisioner(t.Context(), admin, settings(), func() (string, error) {
		t.Error("a code was asked for")
		return "", nil
	})
	if _, ok := errors.AsType[*provision.NoSecondFactorError](err); !ok ||
		!strings.Contains(err.Error(), "claria setup --apply --credentials") {
		t.Errorf("error %v", err)
	}
	plan := p.plan(admin)
	if !plan.Empty() || len(plan.Unknown) != 1 || !strings.Contains(plan.Unknown[0].Reason, "no second factor") ||
		!strings.Contains(plan.Unknown[0].Next, "administrator") {
		t.Errorf("plan %v, unknown %v", ids(plan), plan.Unknown)
	}
	plan = withoutRootKey(p.plan(root))
	if len(plan.Steps) != 1 || plan.Steps[0].ID != "mfa/claria-admin" {
		t.Fatalf("an administrator's plan: %v", ids(plan))
	}
	p.apply(root, plan, p.approval())
	p.mender()
}

func dropDevice(t *testing.T, root *aws.Account) {
	t.Helper()
	serial := new("arn:aws:iam::111122223333:mfa/claria-admin")
	if _, err := aws.IAM(root).DeactivateMFADevice(t.Context(), &iam.DeactivateMFADeviceInput{
		UserName: new(state.AdminUser), SerialNumber: serial,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.IAM(root).DeleteVirtualMFADevice(t.Context(), &iam.DeleteVirtualMFADeviceInput{SerialNumber: serial}); err != nil {
		t.Fatal(err)
	}
}

func devices(t *testing.T, root *aws.Account) string {
	t.Helper()
	out, err := aws.IAM(root).ListVirtualMFADevices(t.Context(), &iam.ListVirtualMFADevicesInput{})
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, d := range out.VirtualMFADevices {
		text += fmt.Sprintf("%s %v\n", *d.SerialNumber, d.User != nil)
	}
	return text
}

// An enrolment is undone, keeps the root key and can be repeated if the person leaves it,
// if the codes are wrong, or if the role cannot be assumed.
func TestEnrolmentThatFails(t *testing.T) {
	t.Parallel()
	left := errors.New("left")
	for _, c := range []struct {
		name, says string
		asked      int
		change     func(p *practice, a *provision.Approval)
	}{
		{"left", "not enrolled: left", 1, func(_ *practice, a *provision.Approval) {
			a.SecondFactor = func(context.Context, provision.Enrolment) (string, string, error) { return "", "", left }
		}},
		{"wrong codes", "did not accept the two codes", 3, func(_ *practice, a *provision.Approval) {
			a.SecondFactor = func(context.Context, provision.Enrolment) (string, string, error) { return "000000", "000001", nil }
		}},
		{"never proven", "claria-provisioner could not be assumed", 1, func(_ *practice, a *provision.Approval) {
			a.Code = func(context.Context, error) (string, error) { return "000000", nil }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPractice(t, sandbox.Options{})
			root, approval := p.root(), p.approval()
			approval.StartedFromRootKey = p.rootKey().ID
			before := devices(t, root)
			c.change(p, &approval)
			asked, ask := 0, approval.SecondFactor
			approval.SecondFactor = func(ctx context.Context, e provision.Enrolment) (string, string, error) {
				if asked++; (asked > 1) != (e.Refused != nil) || !strings.HasPrefix(e.URI, "otpauth://totp/") || !strings.Contains(e.URI, e.Seed) ||
					len(e.Seed) < 32 {
					t.Errorf("asked for the %d. time with %s, refused %v", asked, e.URI, e.Refused)
				}
				if said := fmt.Sprintf("%v %+v %#v", e, e, &e); strings.Contains(said, e.Seed) {
					t.Error("the seed is printed")
				}
				return ask(ctx, e)
			}
			_, err := collect(t.Context(), root, p.plan(root), approval)
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "The device was removed:") ||
				asked != c.asked {
				t.Errorf("asked %d times: %v", asked, err)
			}
			if after := devices(t, root); after != before {
				t.Errorf("left behind: %s", after)
			}
			if again := p.plan(root); strings.Join(ids(again), " ") != "mfa/claria-admin root-key" {
				t.Errorf("the next plan is %v", ids(again))
			}
			// A device from an interrupted set-up is on nobody's phone, so it is replaced.
			if _, err := aws.IAM(root).CreateVirtualMFADevice(t.Context(), &iam.CreateVirtualMFADeviceInput{
				VirtualMFADeviceName: new(state.AdminUser),
			}); err != nil {
				t.Fatal(err)
			}
			p.apply(root, p.plan(root), p.approval())
			p.mender()
		})
	}
	p := newPractice(t, sandbox.Options{})
	root, nobody := p.root(), p.approval()
	nobody.SecondFactor = nil
	if _, err := collect(t.Context(), root, p.plan(root), nobody); err == nil || !strings.Contains(err.Error(), "--answers") ||
		!strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("with nobody to enrol: %v", err)
	}
}

// The proof of a new second factor waits until IAM applies the daily identity's rights.
func TestTheProofWaitsForIAM(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPractice(t, sandbox.Options{Faults: []string{"stale=iam:AttachUserPolicy,for=75s"}})
		p.settle()
		p.mender()
	})
}

// An enrolment that IAM or the network does not let Claria prove leaves the device, whose
// seed the person has, and the next set-up tests it.
func TestADeviceThatCannotBeProvenYetStays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPractice(t, sandbox.Options{Faults: []string{"deny=sts:AssumeRole"}})
		root, approval := p.root(), p.approval()
		approval.StartedFromRootKey = p.rootKey().ID
		_, err := collect(t.Context(), root, p.plan(root), approval)
		failed, ok := errors.AsType[*provision.EnrolmentError](err)
		if !ok || failed.Gone || !strings.Contains(err.Error(), "stays, because it may be on: keep its entry") {
			t.Errorf("error %v", err)
		}
		p.sandbox.Clear()
		if again := p.plan(root); strings.Join(ids(again), " ") != "root-key" {
			t.Errorf("the next plan is %v", ids(again))
		}
		p.apply(root, p.plan(root), approval)
		p.mender()
	})
}
