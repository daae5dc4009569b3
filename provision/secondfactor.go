package provision

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"claria/aws"
	"claria/provision/state"
)

// Enrolment is a new second factor that an authenticator app takes up. AWS tells
// the seed this once.
type Enrolment struct {
	Serial string // the device's ARN
	Seed   string // base32: what is typed where no picture can be scanned; a secret
	URI    string // what the QR code holds: otpauth://totp/…; it contains the seed
	// Refused is why the codes given before were refused, when it is asked again.
	Refused error
}

// Format keeps the seed out of every verb of fmt.
func (e Enrolment) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Serial) }

// enrolmentTime is how long a person has to find the phone, install an
// authenticator and type two codes.
const enrolmentTime = 20 * time.Minute

// codeTries is how many codes may be refused before an enrolment is taken back.
const codeTries = 3

func secondFactorResource(s state.Settings) resource {
	is := func(u state.User) bool { return u.ARN == s.UserARN(state.AdminUser) }
	none := func(st *state.State) bool {
		u, exists := state.Find(st.Users, is).Value()
		if !exists {
			return true
		}
		devices, known := u.MFA.Value()
		return known && len(devices) == 0
	}
	return resource{
		id: "mfa/" + state.AdminUser, title: "second factor of " + state.AdminUser, controls: []string{"IAM-06"},
		needs: []string{"user/" + state.AdminUser, "role/" + state.ProvisionerRole, "key/" + state.AdminUser},
		why:   []string{"164.308(a)(4)(ii)(B)", "164.312(d)"}, patience: enrolmentTime,
		read: (*observer).identities,
		facts: func(st *state.State) []fact {
			u := state.Find(st.Users, is)
			have, exists := u.Value()
			switch {
			case exists:
				return []fact{have.MFA}
			case isUnknown(u):
				return []fact{u}
			}
			return []fact{state.Known([]string{})}
		},
		stuck: func(st *state.State) *Block {
			u, exists := state.Find(st.Users, is).Value()
			if _, known := u.MFA.Value(); !exists || !known || !none(st) || !ownIdentity(s, st.Caller.ARN) {
				return nil
			}
			// Whoever stole the daily key could enrol a device of their own otherwise.
			return &Block{
				Reason: state.AdminUser + " has no second factor, and may not give itself one",
				Next:   "run set-up once with an administrator's credential, which enrols it",
			}
		},
		diff: func(st *state.State) *change {
			if !none(st) {
				return nil
			}
			return &change{
				op: Create, summary: "an authenticator app, needed for every change from now on", after: "enrolled with two codes, proven by becoming " + state.ProvisionerRole,
				risk: Reversible, undo: "deactivate the device of " + state.AdminUser + " in the IAM console; mending needs it",
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) { return w.enrol(ctx) },
	}
}

// enrol makes the device, has it taken up, enables it, and shows that it opens
// the provisioner role. An enrolment that does not get that far is taken back, so
// that the next one starts from nothing: nobody would know the seed.
func (w *writer) enrol(ctx context.Context) (string, error) {
	enrolment, err := w.newDevice(ctx)
	if err != nil {
		return "", err
	}
	enabled := false
	detail, err := func() (string, error) {
		first, second, err := w.approval.SecondFactor(w.asking, enrolment)
		for try := 1; ; try++ {
			if err != nil {
				return "", fmt.Errorf("the second factor was not enrolled: %w", err)
			}
			err = w.enable(ctx, enrolment.Serial, first, second)
			if err == nil {
				break
			}
			if _, refused := errors.AsType[*CodeError](err); !refused || try == codeTries {
				return "", err
			}
			enrolment.Refused = err
			first, second, err = w.approval.SecondFactor(w.asking, enrolment)
		}
		enabled = true
		return w.proveSecondFactor(ctx)
	}()
	if err == nil {
		return detail, nil
	}
	if undo := w.dropDevice(ctx, enrolment.Serial, enabled); undo != nil {
		return "", fmt.Errorf("%w. The device %s could not be removed again (%w): remove it in the IAM console before trying again", err, enrolment.Serial, undo)
	}
	return "", fmt.Errorf("%w. The device was removed again: delete its entry in the authenticator app, and run set-up again", err)
}

// newDevice makes the virtual device. One of its name that belongs to nobody is
// left of an enrolment that was cut off; its seed is lost, so it is replaced.
func (w *writer) newDevice(ctx context.Context) (Enrolment, error) {
	create := func() (*iam.CreateVirtualMFADeviceOutput, error) {
		out, err := aws.IAM(w.account).CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{
			VirtualMFADeviceName: new(state.AdminUser), Tags: newTag(w.settings),
		})
		return out, aws.Wrap(err, "iam:CreateVirtualMFADevice", state.AdminUser)
	}
	serial := w.settings.IAMARN("mfa/" + state.AdminUser)
	out, err := create()
	if aws.KindOf(err) == aws.Conflict {
		if err := w.dropDevice(ctx, serial, false); err != nil { // IAM refuses when somebody uses it
			return Enrolment{}, err
		}
		out, err = create()
	}
	if err != nil {
		return Enrolment{}, err
	}
	seed := string(out.VirtualMFADevice.Base32StringSeed)
	return Enrolment{
		Serial: sdk.ToString(out.VirtualMFADevice.SerialNumber), Seed: seed,
		// The form of AWS's own picture (IAM API reference, VirtualMFADevice).
		URI: "otpauth://totp/" + state.AdminUser + "@" + w.settings.Account + "?secret=" + seed,
	}, nil
}

// enable switches the device on with its two codes.
func (w *writer) enable(ctx context.Context, serial, first, second string) error {
	for _, each := range []string{first, second} {
		if !sixDigits(each) {
			return &CodeError{}
		}
	}
	_, err := aws.IAM(w.account).EnableMFADevice(ctx, &iam.EnableMFADeviceInput{
		UserName: new(state.AdminUser), SerialNumber: &serial, AuthenticationCode1: &first, AuthenticationCode2: &second,
	})
	err = aws.Wrap(err, "iam:EnableMFADevice", state.AdminUser)
	if failure, ok := errors.AsType[*aws.Error](err); ok && failure.Code == "InvalidAuthenticationCode" {
		return &CodeError{Pair: true, Err: err}
	}
	return err
}

func (w *writer) dropDevice(ctx context.Context, serial string, enabled bool) error {
	if enabled {
		_, err := aws.IAM(w.account).DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: new(state.AdminUser), SerialNumber: &serial})
		if err != nil {
			return aws.Wrap(err, "iam:DeactivateMFADevice", state.AdminUser)
		}
	}
	_, err := aws.IAM(w.account).DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	return aws.Wrap(err, "iam:DeleteVirtualMFADevice", serial)
}

// proveSecondFactor becomes the provisioner with the daily key and a code.
func (w *writer) proveSecondFactor(ctx context.Context) (string, error) {
	key, err := w.approval.Keyring.Load(state.AdminUser)
	if aws.KindOf(err) == aws.Absent {
		return "on; not tried, because this machine holds no key of " + state.AdminUser, nil
	}
	if err != nil {
		return "", err
	}
	daily, err := w.approval.Prove(ctx, key)
	if err != nil {
		return "", fmt.Errorf("the second factor could not be tried: %w", err)
	}
	var refused error
	for range codeTries {
		err = settle(ctx, func() error {
			_, err := Mender(ctx, daily, w.settings, func() (string, error) { return w.approval.Code(w.asking, refused) })
			if _, none := errors.AsType[*NoSecondFactorError](err); none { // not seen yet
				return &aws.Error{Kind: aws.Absent, Operation: "iam:ListMFADevices", Resource: state.AdminUser, Code: notSeenYet, Err: err}
			}
			return err
		}, notSeenYet)
		// A role and a policy that are seconds old are not known everywhere yet either.
		if _, again := errors.AsType[*CodeError](err); !again && aws.KindOf(err) != aws.Denied {
			break
		}
		refused = err
	}
	if err != nil {
		return "", fmt.Errorf("the second factor does not open %s: %w", state.ProvisionerRole, err)
	}
	return "on, and proven by becoming " + state.ProvisionerRole, nil
}

// notSeenYet marks an answer that shows that AWS does not know a change everywhere.
const notSeenYet = "NotSeenYet"

// ownIdentity reports whether the caller is one of the identities that set-up made.
func ownIdentity(s state.Settings, caller string) bool {
	return caller == s.UserARN(state.AdminUser) || caller == s.UserARN(state.AuditorUser) ||
		strings.HasPrefix(caller, "arn:aws:sts::"+s.Account+":assumed-role/"+state.ProvisionerRole+"/")
}
