package provision

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

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
	// Kept says that the seed is the one that Approval.KeptSeed returned.
	Kept bool
}

// EnrolmentError says that the second factor was not enrolled, or is on but not tested.
type EnrolmentError struct {
	Serial string
	Gone   bool // AWS says that there is no device, so its seed is of no use
	Err    error
}

func (e *EnrolmentError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *EnrolmentError) Unwrap() error { return e.Err }

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
// by assuming the provisioner role. It removes the device if the person leaves or the
// codes are wrong; the next enrolment starts over. It leaves a device that is on, or may
// be, if AWS did not answer: the person has its seed, and the next set-up tests it.
func (w *writer) enrol(ctx context.Context) (string, error) {
	enrolment, err := w.newDevice(ctx)
	if err != nil {
		return "", err
	}
	enrolment, on, err := w.switchDeviceOn(ctx, enrolment)
	detail := ""
	if err == nil {
		detail, err = w.proveSecondFactor(ctx)
	}
	if err == nil {
		return detail, nil
	}
	failed := &EnrolmentError{Serial: enrolment.Serial}
	_, wrong := errors.AsType[*CodeError](err)
	_, left := errors.AsType[*leftError](err)
	_, unsure := errors.AsType[*UnsureError](err)
	if unsure || on && !wrong && !left {
		failed.Err = fmt.Errorf("%w. The device %s stays, because it may be on: keep its entry in the authenticator app, and run set-up again",
			err, enrolment.Serial)
		return "", failed
	}
	if undo := w.dropDevice(ctx, enrolment.Serial, on); undo != nil {
		failed.Err = fmt.Errorf("%w. The device %s could not be removed (%w): keep its entry in the authenticator app, and run set-up again",
			err, enrolment.Serial, undo)
		return "", failed
	}
	failed.Gone = true
	failed.Err = fmt.Errorf("%w. The device was removed: delete its entry in the authenticator app, and run set-up again", err)
	return "", failed
}

// leftError says that the person did not give a code.
type leftError struct{ err error }

func (e *leftError) Error() string { return e.err.Error() }
func (e *leftError) Unwrap() error { return e.err }

// switchDeviceOn asks for two codes and enables the device; on says whether AWS did. A
// device that an interrupted enrolment left, and to which the kept seed does not belong,
// is replaced.
func (w *writer) switchDeviceOn(ctx context.Context, enrolment Enrolment) (used Enrolment, on bool, err error) {
	for try := 1; ; try++ {
		first, second, err := w.approval.SecondFactor(w.asking, enrolment)
		if err != nil {
			return enrolment, false, &leftError{fmt.Errorf("the second factor was not enrolled: %w", err)}
		}
		err = w.enable(ctx, enrolment.Serial, first, second)
		_, refused := errors.AsType[*CodeError](err)
		switch {
		case err == nil:
			return enrolment, true, nil
		case refused && enrolment.Kept:
			if err := w.dropDevice(ctx, enrolment.Serial, false); err != nil {
				return enrolment, false, err
			}
			if enrolment, err = w.createDevice(ctx); err != nil {
				return enrolment, false, err
			}
			try = 0
		case !refused || try == codeTries:
			return enrolment, false, err
		default:
			enrolment.Refused = err
		}
	}
}

// newDevice creates the virtual device. A device with its name that belongs to nobody is
// left from an interrupted enrolment: its seed is used if this computer kept it, and
// otherwise it is lost, so the device is replaced.
func (w *writer) newDevice(ctx context.Context) (Enrolment, error) {
	serial := w.settings.IAMARN("mfa/" + state.AdminUser)
	for try := 1; ; try++ {
		enrolment, err := w.createDevice(ctx)
		failure, ok := errors.AsType[*aws.Error](err)
		if !ok || failure.Code != alreadyExists && failure.Code != lostSeed || try == onceTries {
			return enrolment, err
		}
		if w.approval.KeptSeed != nil && failure.Code == alreadyExists {
			if seed := w.approval.KeptSeed(serial); seed != "" {
				enrolment = w.enrolment(serial, seed)
				enrolment.Kept = true
				return enrolment, nil
			}
		}
		if err := w.dropDevice(ctx, serial, false); err != nil { // IAM refuses if somebody uses it
			return Enrolment{}, err
		}
	}
}

// The code of IAM for a device or a name that exists, and ours for a device that was
// created and whose seed was lost with AWS's answer.
const (
	alreadyExists = "EntityAlreadyExists"
	lostSeed      = "LostSeed"
)

func (w *writer) createDevice(ctx context.Context) (Enrolment, error) {
	serial := w.settings.IAMARN("mfa/" + state.AdminUser)
	seed := ""
	err := once(ctx, w.account, func(account *aws.Account) error {
		out, err := aws.IAM(account).CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{
			VirtualMFADeviceName: new(state.AdminUser), Tags: newTag(w.settings),
		})
		if err != nil {
			return aws.Wrap(err, "iam:CreateVirtualMFADevice", state.AdminUser)
		}
		if out.VirtualMFADevice == nil || len(out.VirtualMFADevice.Base32StringSeed) == 0 {
			return &aws.Error{Kind: aws.Unavailable, Operation: "iam:CreateVirtualMFADevice", Resource: state.AdminUser, Err: state.ErrIncomplete}
		}
		seed = string(out.VirtualMFADevice.Base32StringSeed)
		return nil
	}, func() (bool, error) { return w.deviceExists(ctx, serial) })
	if err == nil && seed == "" {
		err = &aws.Error{
			Kind: aws.Conflict, Operation: "iam:CreateVirtualMFADevice", Resource: state.AdminUser, Code: lostSeed,
			Err: errors.New("AWS's answer with the seed was lost"),
		}
	}
	if err != nil {
		return Enrolment{}, err
	}
	return w.enrolment(serial, seed), nil
}

func (w *writer) enrolment(serial, seed string) Enrolment {
	return Enrolment{
		Serial: serial, Seed: seed,
		// As in AWS's own QR code (IAM API reference, VirtualMFADevice).
		URI: "otpauth://totp/" + state.AdminUser + "@" + w.settings.Account + "?secret=" + seed,
	}
}

// deviceExists reports whether the account has a virtual device, on or not.
func (w *writer) deviceExists(ctx context.Context, serial string) (bool, error) {
	input := &iam.ListVirtualMFADevicesInput{}
	for more := true; more; {
		page, err := aws.IAM(w.account).ListVirtualMFADevices(ctx, input)
		if err != nil {
			return false, aws.Wrap(err, "iam:ListVirtualMFADevices", serial)
		}
		if slices.ContainsFunc(page.VirtualMFADevices, func(d types.VirtualMFADevice) bool { return sdk.ToString(d.SerialNumber) == serial }) {
			return true, nil
		}
		input.Marker, more = page.Marker, page.IsTruncated
	}
	return false, nil
}

// enable activates the device with two codes.
func (w *writer) enable(ctx context.Context, serial, first, second string) error {
	for _, each := range []string{first, second} {
		if !sixDigits(each) {
			return &CodeError{}
		}
	}
	isOn := func() (bool, error) {
		u := state.User{Name: state.AdminUser}
		w.observer.userMFA(&u)
		w.observer.wait()
		devices, known := u.MFA.Value()
		if p, unread := u.MFA.Problem(); unread {
			return false, problemError(p, state.AdminUser)
		}
		return known && slices.Contains(devices, serial), nil
	}
	err := once(ctx, w.account, func(account *aws.Account) error {
		_, err := aws.IAM(account).EnableMFADevice(ctx, &iam.EnableMFADeviceInput{
			UserName: new(state.AdminUser), SerialNumber: &serial, AuthenticationCode1: &first, AuthenticationCode2: &second,
		})
		return aws.Wrap(err, "iam:EnableMFADevice", state.AdminUser)
	}, isOn)
	failure, ok := errors.AsType[*aws.Error](err)
	switch {
	case ok && failure.Code == "InvalidAuthenticationCode":
		return &CodeError{Pair: true, Err: err}
	case ok && failure.Code == alreadyExists: // a call whose answer was lost did it, or somebody else uses the device
		var on bool
		var unread error
		_ = poll(ctx, seenTime, func() (bool, error) {
			on, unread = isOn()
			return on, unread
		})
		if on {
			return nil
		}
		return &UnsureError{Err: err, Unread: unread}
	}
	return err
}

// dropDevice removes the device. It returns nil only if AWS says that there is none.
func (w *writer) dropDevice(ctx context.Context, serial string, enabled bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stepTime) // a person may have used up the step's time
	defer cancel()
	if enabled {
		_, err := aws.IAM(w.account).DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{
			UserName: new(state.AdminUser), SerialNumber: &serial,
		})
		// Absent: a call whose answer was lost did it. Deleting fails if the device is on.
		if err = aws.Wrap(err, "iam:DeactivateMFADevice", state.AdminUser); err != nil && aws.KindOf(err) != aws.Absent {
			return err
		}
	}
	_, err := aws.IAM(w.account).DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &serial})
	if err = aws.Wrap(err, "iam:DeleteVirtualMFADevice", serial); aws.KindOf(err) == aws.Absent {
		return nil
	}
	return err
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
	if err := w.openRole(ctx, key); err != nil {
		return "", err
	}
	return "on, and tested by assuming " + state.ProvisionerRole, nil
}

// identityTime is how long IAM may take until a new second factor, role and policy work
// together everywhere. Its changes are eventually consistent, and AWS gives no limit (IAM
// user guide, "Changes that I make are not always immediately visible").
const identityTime = 2 * time.Minute

// openRole opens the provisioner role with the daily key and a code, while IAM needs time.
func (w *writer) openRole(ctx context.Context, key aws.Key) error {
	daily, err := w.approval.Prove(ctx, key)
	if err != nil {
		return fmt.Errorf("the second factor could not be tested: %w", err)
	}
	var refused error
	for range codeTries {
		given := ""
		code := func() (string, error) {
			if given != "" { // AWS refused for another reason, so the code may still be good
				return given, nil
			}
			given, err = w.approval.Code(w.asking, refused)
			if err != nil {
				return "", &leftError{err}
			}
			return given, nil
		}
		_ = poll(ctx, identityTime, func() (bool, error) {
			_, err = AsProvisioner(ctx, daily, w.settings, code)
			return !notYet(err), err
		})
		if _, again := errors.AsType[*CodeError](err); !again {
			break
		}
		refused = err
	}
	if err != nil {
		return fmt.Errorf("%s could not be assumed with the second factor: %w", state.ProvisionerRole, err)
	}
	w.opened = true
	return nil
}

// notYet reports whether the role could not be opened for a reason that may pass: IAM does
// not apply or show a change yet, or AWS did not answer.
func notYet(err error) bool {
	_, code := errors.AsType[*CodeError](err)
	_, left := errors.AsType[*leftError](err)
	if err == nil || code || left {
		return false
	}
	if _, none := errors.AsType[*NoSecondFactorError](err); none {
		return true
	}
	kind := aws.KindOf(err)
	return kind == aws.Denied || kind == aws.Throttled || lostAnswer(err)
}

// ownIdentity reports whether the caller is one of the identities that set-up creates.
func ownIdentity(s state.Settings, caller string) bool {
	return caller == s.UserARN(state.AdminUser) || caller == s.UserARN(state.AuditorUser) ||
		strings.HasPrefix(caller, "arn:aws:sts::"+s.Account+":assumed-role/"+state.ProvisionerRole+"/")
}
