package sandbox

import (
	"encoding/base32"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

func TestTOTP(t *testing.T) {
	// RFC 6238, appendix B: the SHA-1 column's last six digits.
	seed := []byte("12345678901234567890")
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"} {
		if got := totp(seed, stepAt(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: got %s, want %s", at, got, want)
		}
	}
}

// Like the provisioner's role: only a session with MFA may assume it.
func TestAssumeRoleWithMFA(t *testing.T) {
	clock := &testClock{now: time.Now().UTC()}
	a, ctx := newAccount(t, Options{Now: clock.Now}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	id, secret := person(t, a, root, "ann")
	other, otherSecret := person(t, a, root, "bob")
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"},` +
		`"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`
	out, err := root.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: new("mender"), AssumeRolePolicyDocument: &trust, Tags: []types.Tag{{Key: new("team"), Value: new("x")}},
	})
	role := must(t, out, err).Role.Arn
	ok(t, errOf(root.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: new("mender"), PolicyName: new("p"), PolicyDocument: documentOf("Allow", "iam:*", "*"),
	})))

	made, err := root.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: new("ann")})
	device := must(t, made, err).VirtualMFADevice
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(string(device.Base32StringSeed))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(strings.NewReader(string(device.QRCodePNG))); err != nil {
		t.Errorf("the QR code is not an image: %v", err)
	}
	code := func(offset int64) *string { return new(totp(seed, stepAt(clock.Now())+offset)) }
	enable := func(first, second *string) error {
		return errOf(root.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{
			UserName: new("ann"), SerialNumber: device.SerialNumber, AuthenticationCode1: first, AuthenticationCode2: second,
		}))
	}
	wantCode(t, enable(code(0), code(0)), "InvalidAuthenticationCode")
	ok(t, enable(code(-1), code(0)))
	devices, err := root.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: new("ann")})
	if got := must(t, devices, err).MFADevices; len(got) != 1 || *got[0].SerialNumber != *device.SerialNumber {
		t.Errorf("got %d devices", len(got))
	}

	ann := sts.NewFromConfig(sdkAs(a, id, secret, ""))
	assume := func(client *sts.Client, code *string) (*sts.AssumeRoleOutput, error) {
		in := &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: new("claria")}
		if code != nil {
			in.SerialNumber, in.TokenCode = device.SerialNumber, code
		}
		return client.AssumeRole(ctx, in)
	}
	_, err = assume(ann, nil)
	wantCode(t, err, "AccessDenied", "is not authorized to perform: sts:AssumeRole on resource: "+*role)
	_, err = assume(ann, code(0))
	wantCode(t, err, "AccessDenied", "invalid MFA one time pass code") // used up by EnableMFADevice
	clock.forward(30 * time.Second)
	_, err = assume(sts.NewFromConfig(sdkAs(a, other, otherSecret, "")), code(0))
	wantCode(t, err, "AccessDenied", "MultiFactorAuthentication failed")
	session, err := assume(ann, code(0))
	got := must(t, session, err)
	if want := "arn:aws:sts::111122223333:assumed-role/mender/claria"; *got.AssumedRoleUser.Arn != want {
		t.Errorf("got %s", *got.AssumedRoleUser.Arn)
	}
	if life := got.Credentials.Expiration.Sub(clock.Now()); life > time.Hour || life < time.Hour-2*time.Second {
		t.Errorf("the session lives %v", life)
	}
	as := sdkAs(a, *got.Credentials.AccessKeyId, *got.Credentials.SecretAccessKey, *got.Credentials.SessionToken)
	ok(t, errOf(iam.NewFromConfig(as).ListUsers(ctx, &iam.ListUsersInput{})))

	// A session ends with its role.
	ok(t, errOf(root.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: new("mender"), PolicyName: new("p")})))
	ok(t, errOf(root.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: new("mender")})))
	wantCode(t, errOf(sts.NewFromConfig(as).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})), "InvalidClientTokenId")

	wantCode(t, errOf(root.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: device.SerialNumber})), "DeleteConflict")
	ok(t, errOf(root.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: new("ann"), SerialNumber: device.SerialNumber})))
	ok(t, errOf(root.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: device.SerialNumber})))
}

func TestAssumeRoleRules(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	id, secret := person(t, a, root, "ann")
	ann := sts.NewFromConfig(sdkAs(a, id, secret, ""))
	out, err := root.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: new("r"), AssumeRolePolicyDocument: trustOf("arn:aws:iam::111122223333:root"),
	})
	role := must(t, out, err).Role.Arn
	ok(t, errOf(root.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
		RoleName: new("r"), PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess"),
	})))
	assume := func(client *sts.Client, change func(*sts.AssumeRoleInput)) (*sts.AssumeRoleOutput, error) {
		in := &sts.AssumeRoleInput{RoleArn: role, RoleSessionName: new("s1")}
		if change != nil {
			change(in)
		}
		return client.AssumeRole(ctx, in)
	}
	// A trust policy that names the account delegates: the user's own policies must allow
	// the call too.
	_, err = assume(ann, nil)
	wantCode(t, err, "AccessDenied")
	ok(t, errOf(root.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: new("ann"), PolicyName: new("p"), PolicyDocument: documentOf("Allow", "sts:*", "*"),
	})))
	_, err = assume(sts.NewFromConfig(sdkAsRoot(a)), nil)
	wantCode(t, err, "AccessDenied", "Roles may not be assumed by root accounts.")
	_, err = assume(ann, func(in *sts.AssumeRoleInput) { in.DurationSeconds = new(int32(7200)) })
	wantCode(t, err, "ValidationError", "MaxSessionDuration")
	_, err = assume(ann, func(in *sts.AssumeRoleInput) { in.RoleArn = new("arn:aws:iam::111122223333:role/nonesuch") })
	wantCode(t, err, "AccessDenied")

	session, err := assume(ann, func(in *sts.AssumeRoleInput) {
		in.Policy = documentOf("Allow", "iam:ListUsers", "*")
		in.Tags = []ststypes.Tag{{Key: new("shift"), Value: new("night")}}
	})
	c := must(t, session, err).Credentials
	narrow := iam.NewFromConfig(sdkAs(a, *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken))
	ok(t, errOf(narrow.ListUsers(ctx, &iam.ListUsersInput{})))
	wantCode(t, errOf(narrow.ListRoles(ctx, &iam.ListRolesInput{})), "AccessDenied",
		"because no session policy allows the iam:ListRoles action")
}
