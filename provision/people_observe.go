package provision

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"claria/aws"
	"claria/provision/state"
)

// people schedules the reads of People.
func (o *observer) people(s *state.State) {
	ask(o, "iam:GetCredentialReport", &s.People.RootUse, o.rootUse)
	ask(o, "iam:ListUsers", &s.People.Passwords, o.passwords)
	ask(o, "iam:ListSAMLProviders", &s.People.SAML, func(ctx context.Context) ([]string, error) {
		out, err := aws.IAM(o.account).ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{})
		if err != nil {
			return nil, err
		}
		return listed(out.SAMLProviderList, func(p types.SAMLProviderListEntry) string { return sdk.ToString(p.Arn) })
	})
	ask(o, "iam:ListOpenIDConnectProviders", &s.People.OpenID, func(ctx context.Context) ([]string, error) {
		out, err := aws.IAM(o.account).ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
		if err != nil {
			return nil, err
		}
		return listed(out.OpenIDConnectProviderList, func(p types.OpenIDConnectProviderListEntry) string { return sdk.ToString(p.Arn) })
	})
	if o.settings.Wide {
		ask(o, "iam:ListVirtualMFADevices", &s.People.RootDevice, o.rootDevice)
	}
}

// listed converts a list from an answer. IAM sends an empty list for none, so an answer
// without a list is incomplete.
func listed[T, U any](list []T, as func(T) U) ([]U, error) {
	if list == nil {
		return nil, state.ErrIncomplete
	}
	out := make([]U, 0, len(list))
	for _, one := range list {
		out = append(out, as(one))
	}
	return out, nil
}

// reportTime is how long to wait for a credential report. AWS takes a few seconds if the
// last one is older than four hours.
const reportTime = 15 * time.Second

// rootUse reads the root user's row of the credential report (IAM user guide,
// "Generate credential reports for your AWS account").
func (o *observer) rootUse(ctx context.Context) (state.RootUse, error) {
	var out *iam.GetCredentialReportOutput
	asked := false
	var err error
	_ = poll(ctx, reportTime, func() (bool, error) {
		out, err = aws.IAM(o.account).GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
		failure, _ := errors.AsType[smithy.APIError](err)
		if failure == nil {
			return true, err
		}
		switch failure.ErrorCode() {
		case "ReportInProgress":
			return false, err
		case "ReportNotPresent", "ReportExpired":
		default:
			return true, err
		}
		if !asked {
			asked = true
			if _, err = aws.IAM(o.account).GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{}); err != nil {
				return true, err
			}
			out, err = aws.IAM(o.account).GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
		}
		return err == nil, err
	})
	if err != nil {
		return state.RootUse{}, err
	}
	use, err := rootRow(out.Content)
	use.At = sdk.ToTime(out.GeneratedTime)
	return use, err
}

// rootRow finds the root user in a credential report.
func rootRow(report []byte) (state.RootUse, error) {
	rows, err := csv.NewReader(bytes.NewReader(report)).ReadAll()
	if err != nil || len(rows) < 2 {
		return state.RootUse{}, state.ErrIncomplete
	}
	i := slices.IndexFunc(rows, func(row []string) bool { return row[0] == "<root_account>" })
	if i < 0 {
		return state.RootUse{}, state.ErrIncomplete
	}
	var use state.RootUse
	found := 0
	for at, column := range rows[0] {
		switch column {
		case "password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date":
		default:
			continue
		}
		found++
		when, err := reportedTime(rows[i][at])
		switch {
		case err != nil:
			return state.RootUse{}, state.ErrIncomplete
		case column == "password_last_used":
			use.Password = when
		case !when.IsZero():
			use.Keys = append(use.Keys, when)
		}
	}
	if found != 3 {
		return state.RootUse{}, state.ErrIncomplete
	}
	return use, nil
}

// reportedTime is a time in a credential report; zero: the report says that there is none.
func reportedTime(text string) (time.Time, error) {
	switch text {
	case "N/A", "no_information", "not_supported":
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339, text)
}

// passwords lists when users last signed in with a password, which
// GetAccountAuthorizationDetails leaves out.
func (o *observer) passwords(ctx context.Context) (map[string]time.Time, error) {
	last := map[string]time.Time{}
	err := aws.Pages(func(token string) (string, error) {
		page, err := aws.IAM(o.account).ListUsers(ctx, &iam.ListUsersInput{MaxItems: new(int32(1000)), Marker: aws.Token(token)})
		if err != nil {
			return "", err
		}
		if page.Users == nil {
			return "", state.ErrIncomplete
		}
		for _, u := range page.Users {
			if u.PasswordLastUsed != nil {
				last[sdk.ToString(u.UserName)] = *u.PasswordLastUsed
			}
		}
		return aws.Next(page.IsTruncated, page.Marker)
	})
	return last, err
}

// rootDevice looks for the root user among the owners of virtual devices.
func (o *observer) rootDevice(ctx context.Context) (string, error) {
	found := ""
	err := aws.Pages(func(token string) (string, error) {
		page, err := aws.IAM(o.account).ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{
			AssignmentStatus: types.AssignmentStatusTypeAssigned, Marker: aws.Token(token),
		})
		if err != nil {
			return "", err
		}
		if page.VirtualMFADevices == nil {
			return "", state.ErrIncomplete
		}
		for _, d := range page.VirtualMFADevices {
			serial := sdk.ToString(d.SerialNumber)
			if strings.HasSuffix(serial, ":mfa/root-account-mfa-device") || d.User != nil && strings.HasSuffix(sdk.ToString(d.User.Arn), ":root") {
				found = serial
				return "", nil
			}
		}
		return aws.Next(page.IsTruncated, page.Marker)
	})
	if err == nil && found == "" {
		err = state.ErrNone
	}
	return found, err
}

// signIns is rights plus what users sign in with other than access keys.
func (o *observer) signIns(s *state.State) {
	o.directory(s, func(users []state.User) {
		for i := range users {
			o.userSignIn(&users[i])
		}
	})
}

// userSignIn schedules the reads of what a user signs in with other than access keys. It
// reads one page: IAM's quotas keep each list below that.
func (o *observer) userSignIn(u *state.User) {
	ask(o, "iam:GetLoginProfile", &u.SignIn.Console, func(ctx context.Context) (state.Login, error) {
		out, err := aws.IAM(o.account).GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: &u.Name})
		if err != nil {
			return state.Login{}, err
		}
		if out.LoginProfile == nil {
			return state.Login{}, state.ErrIncomplete
		}
		return state.Login{Created: sdk.ToTime(out.LoginProfile.CreateDate)}, nil
	})
	ask(o, "iam:ListServiceSpecificCredentials", &u.SignIn.Services, func(ctx context.Context) ([]state.Credential, error) {
		out, err := aws.IAM(o.account).ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: &u.Name})
		if err != nil {
			return nil, err
		}
		return listed(out.ServiceSpecificCredentials, func(c types.ServiceSpecificCredentialMetadata) state.Credential {
			return state.Credential{
				ID: sdk.ToString(c.ServiceSpecificCredentialId), For: sdk.ToString(c.ServiceName), Active: c.Status == types.StatusTypeActive,
				Created: sdk.ToTime(c.CreateDate), Ends: sdk.ToTime(c.ExpirationDate),
			}
		})
	})
	ask(o, "iam:ListSSHPublicKeys", &u.SignIn.SSHKeys, func(ctx context.Context) ([]state.Credential, error) {
		out, err := aws.IAM(o.account).ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: &u.Name})
		if err != nil {
			return nil, err
		}
		return listed(out.SSHPublicKeys, func(k types.SSHPublicKeyMetadata) state.Credential {
			return state.Credential{
				ID: sdk.ToString(k.SSHPublicKeyId), Active: k.Status == types.StatusTypeActive, Created: sdk.ToTime(k.UploadDate),
			}
		})
	})
	ask(o, "iam:ListSigningCertificates", &u.SignIn.Certificates, func(ctx context.Context) ([]state.Credential, error) {
		out, err := aws.IAM(o.account).ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: &u.Name})
		if err != nil {
			return nil, err
		}
		return listed(out.Certificates, func(c types.SigningCertificate) state.Credential {
			return state.Credential{ID: sdk.ToString(c.CertificateId), Active: c.Status == types.StatusTypeActive, Created: sdk.ToTime(c.UploadDate)}
		})
	})
}
