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

// Enrolment is a new second factor for an authenticator app. AWS shows the seed only once.
type Enrolment struct {
	Serial string // the device's ARN
	Seed   string // base32, to type when the QR code cannot be scanned; a secret
	URI    string // what the QR code holds: otpauth://totp/…; it contains the seed
	// Refused is why the previous codes were refused; nil: this is the first try.
	Refused error
}

// Format prints the serial only, so that no verb of fmt prints the seed.
func (e Enrolment) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Serial) }

// enrolmentTime is how long a person has to find the phone, install an authenticator app
// and type two codes.
const enrolmentTime = 20 * time.Minute

// codeTries is how many codes may be refused before an enrolment is undone.
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
			// Otherwise anyone who stole the daily key could enrol their own device.
			return &Block{
				Reason: state.AdminUser + " has no second factor, and may not enrol one itself",
				Next:   "run set-up once with an administrator's credential to enrol it",
			}
		},
		diff: func(st *state.State) *change {
			if !none(st) {
				return nil
			}
			return &change{
				op: Create, summary: "an authenticator app, needed for every change from now on", risk: Reversible,
				after: "enrolled with two codes, tested by assuming " + state.ProvisionerRole,
				undo:  "deactivate the device of " + state.AdminUser + " in the IAM console; every change needs it",
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) { return w.enrol(ctx) },
	}
}

// enrol creates the device, asks a person to add it to an app, enables it, and tests it
// by assuming the provisioner role. If that fails, it removes the device, because nobody
// would know its seed; the next enrolment starts over.
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
		return "", fmt.Errorf("%w. The device %s could not be removed (%w): remove it in the IAM console before you try again",
			err, enrolment.Serial, undo)
	}
	return "", fmt.Errorf("%w. The device was removed: delete its entry in the authenticator app, and run set-up again", err)
}

// newDevice creates the virtual device. A device with its name that belongs to nobody is
// left from an interrupted enrolment; its seed is lost, so it is replaced.
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
		if err := w.dropDevice(ctx, serial, false); err != nil { // IAM refuses if somebody uses it
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
		// As in AWS's own QR code (IAM API reference, VirtualMFADevice).
		URI: "otpauth://totp/" + state.AdminUser + "@" + w.settings.Account + "?secret=" + seed,
	}, nil
}

// enable activates the device with two codes.
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
		_, err := aws.IAM(w.account).DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{
			UserName: new(state.AdminUser), SerialNumber: &serial,
		})
		if err != nil {
			return aws.Wrap(err, "iam:DeactivateMFADevice", state.AdminUser)
		}
	}
	_, err := aws.IAM(w.account).DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	return aws.Wrap(err, "iam:DeleteVirtualMFADevice", serial)
}

// proveSecondFactor assumes the provisioner role with the daily key and a code.
func (w *writer) proveSecondFactor(ctx context.Context) (string, error) {
	key, err := w.approval.Keyring.Load(state.AdminUser)
	if aws.KindOf(err) == aws.Absent {
		return "on; not tested, because this computer has no key of " + state.AdminUser, nil
	}
	if err != nil {
		return "", err
	}
	daily, err := w.approval.Prove(ctx, key)
	if err != nil {
		return "", fmt.Errorf("the second factor could not be tested: %w", err)
	}
	var refused error
	for range codeTries {
		err = settle(ctx, func() error {
			_, err := AsProvisioner(ctx, daily, w.settings, func() (string, error) { return w.approval.Code(w.asking, refused) })
			if _, none := errors.AsType[*NoSecondFactorError](err); none { // IAM does not show it yet
				return &aws.Error{Kind: aws.Absent, Operation: "iam:ListMFADevices", Resource: state.AdminUser, Code: notSeenYet, Err: err}
			}
			return err
		}, notSeenYet)
		// AWS may also refuse because the role or a policy is seconds old.
		if _, again := errors.AsType[*CodeError](err); !again && aws.KindOf(err) != aws.Denied {
			break
		}
		refused = err
	}
	if err != nil {
		return "", fmt.Errorf("%s could not be assumed with the second factor: %w", state.ProvisionerRole, err)
	}
	return "on, and tested by assuming " + state.ProvisionerRole, nil
}

// notSeenYet is the code of an answer in which AWS does not show a change yet.
const notSeenYet = "NotSeenYet"

// ownIdentity reports whether the caller is one of the identities that set-up creates.
func ownIdentity(s state.Settings, caller string) bool {
	return caller == s.UserARN(state.AdminUser) || caller == s.UserARN(state.AuditorUser) ||
		strings.HasPrefix(caller, "arn:aws:sts::"+s.Account+":assumed-role/"+state.ProvisionerRole+"/")
}
