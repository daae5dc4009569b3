package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"claria/aws"
	"claria/provision/state"
)

// AsProvisioner is the account as an identity that may change it, for an hour. For the daily
// identity that is the provisioner role, which needs a code of the second factor; for any
// other identity, such as an administrator, it is the account itself. code is called
// once, when it is needed. A *CodeError says that the code was refused and another may be
// tried.
func AsProvisioner(ctx context.Context, account *aws.Account, settings state.Settings, code func() (string, error)) (*aws.Account, error) {
	identity, err := account.Identity(ctx)
	if err != nil {
		return nil, err
	}
	settings = settings.In(identity.Account)
	if identity.ARN != settings.UserARN(state.AdminUser) {
		return account, nil
	}
	serial, err := secondFactor(ctx, account)
	if err != nil {
		return nil, err
	}
	if code == nil {
		return nil, errors.New("changing the account needs a code of the second factor: give it with --mfa-code")
	}
	given, err := code()
	if err != nil {
		return nil, err
	}
	given = strings.Join(strings.Fields(given), "")
	if !sixDigits(given) {
		return nil, &CodeError{}
	}
	provisioner, err := account.Become(ctx, aws.Role{
		ARN: settings.ProvisionerARN(), Session: "claria-mend", MFASerial: serial, MFACode: func() (string, error) { return given, nil },
	})
	if api, ok := errors.AsType[smithy.APIError](err); ok && strings.Contains(api.ErrorMessage(), "MultiFactorAuthentication failed") {
		return nil, &CodeError{Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("%s could not assume %s, the role that changes the account (repair it with an administrator's credential): %w",
			state.AdminUser, state.ProvisionerRole, err)
	}
	return provisioner, nil
}

// secondFactor is the serial number of the daily identity's MFA device.
func secondFactor(ctx context.Context, account *aws.Account) (string, error) {
	out, err := aws.IAM(account).ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: new(state.AdminUser)})
	if err != nil {
		return "", aws.Wrap(err, "iam:ListMFADevices", state.AdminUser)
	}
	var serials []string
	for _, d := range out.MFADevices {
		serials = append(serials, sdk.ToString(d.SerialNumber))
	}
	// A passkey or security key (…:u2f/…) has no codes, so it works in the console only (IAM
	// user guide, "MFA-protected API access").
	coded := slices.DeleteFunc(slices.Clone(serials), func(s string) bool { return strings.Contains(s, ":u2f/") })
	for _, s := range coded {
		if strings.HasSuffix(s, ":mfa/"+state.AdminUser) {
			return s, nil
		}
	}
	if len(coded) > 0 {
		return coded[0], nil
	}
	return "", &NoSecondFactorError{Keys: len(serials)}
}

// NoSecondFactorError says that the daily identity has no device that shows codes.
type NoSecondFactorError struct{ Keys int } // how many security keys, which have no codes

func (e *NoSecondFactorError) Error() string {
	what := state.AdminUser + " has no second factor"
	if e.Keys > 0 {
		what = "the second factor of " + state.AdminUser + " is a security key, which shows no codes"
	}
	return what + ", and " + state.ProvisionerRole + ", the role that changes the account, needs a code: to enrol an authenticator app, " +
		"run set-up with an administrator's credential (claria setup --apply --credentials profile:NAME)"
}

// CodeError says that a code of the second factor was refused. Another may be tried.
type CodeError struct {
	Pair bool  // two consecutive codes were needed
	Err  error // AWS's answer; nil: it was not sent
}

func (e *CodeError) Error() string {
	switch {
	case e.Err == nil:
		return "a code from the authenticator app has six digits"
	case e.Pair:
		return "AWS did not accept the two codes: type one, wait until the app shows the next one, and type that; the phone's clock must be right"
	}
	return "AWS did not accept the code: each code works once, for 30 seconds, so wait for the next one; the phone's clock must be right"
}

// Unwrap returns AWS's answer.
func (e *CodeError) Unwrap() error { return e.Err }

func sixDigits(s string) bool { return len(s) == 6 && strings.Trim(s, "0123456789") == "" }
