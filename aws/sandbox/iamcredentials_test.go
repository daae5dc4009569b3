package sandbox

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const testCertificate = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"

// TestOtherCredentials creates, changes and deletes every kind of credential other than
// passwords and access keys.
func TestOtherCredentials(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	person(t, a, root, "ann")
	user := new("ann")

	wantCode(t, errOf(root.CreateServiceSpecificCredential(ctx,
		&iam.CreateServiceSpecificCredentialInput{UserName: user, ServiceName: new("s3.amazonaws.com")})), "NotSupportedService")
	made, err := root.CreateServiceSpecificCredential(ctx, &iam.CreateServiceSpecificCredentialInput{
		UserName: user, ServiceName: new("bedrock.amazonaws.com"), CredentialAgeDays: new(int32(30)),
	})
	key := must(t, made, err).ServiceSpecificCredential
	if !strings.HasPrefix(*key.ServiceSpecificCredentialId, "ACCA") || *key.ServiceCredentialSecret == "" ||
		key.ExpirationDate.Sub(*key.CreateDate).Hours() != 30*24 {
		t.Errorf("got %+v", key)
	}
	ok(t, errOf(root.UpdateServiceSpecificCredential(ctx, &iam.UpdateServiceSpecificCredentialInput{
		UserName: user, ServiceSpecificCredentialId: key.ServiceSpecificCredentialId, Status: types.StatusTypeInactive,
	})))
	listed, err := root.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: user})
	if l := must(t, listed, err).ServiceSpecificCredentials; len(l) != 1 || l[0].Status != types.StatusTypeInactive ||
		*l[0].ServiceName != "bedrock.amazonaws.com" {
		t.Errorf("listed %+v", l)
	}

	wantCode(t, errOf(root.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: user, SSHPublicKeyBody: new("x")})),
		"InvalidPublicKey")
	ssh, err := root.UploadSSHPublicKey(ctx, &iam.UploadSSHPublicKeyInput{UserName: user, SSHPublicKeyBody: new("ssh-rsa AAAA")})
	id := must(t, ssh, err).SSHPublicKey.SSHPublicKeyId
	ok(t, errOf(root.UpdateSSHPublicKey(ctx, &iam.UpdateSSHPublicKeyInput{
		UserName: user, SSHPublicKeyId: id, Status: types.StatusTypeInactive,
	})))
	keys, err := root.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: user})
	if l := must(t, keys, err).SSHPublicKeys; len(l) != 1 || l[0].Status != types.StatusTypeInactive {
		t.Errorf("listed %+v", l)
	}

	wantCode(t, errOf(root.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{UserName: user, CertificateBody: new("x")})),
		"MalformedCertificate")
	uploaded, err := root.UploadSigningCertificate(ctx, &iam.UploadSigningCertificateInput{
		UserName: user, CertificateBody: new(testCertificate),
	})
	certificate := must(t, uploaded, err).Certificate
	wantCode(t, errOf(root.UpdateSigningCertificate(ctx, &iam.UpdateSigningCertificateInput{
		UserName: user, CertificateId: new("ASCAOTHER"), Status: types.StatusTypeInactive,
	})), "NoSuchEntity")
	certificates, err := root.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: user})
	if l := must(t, certificates, err).Certificates; len(l) != 1 || l[0].Status != types.StatusTypeActive ||
		*l[0].CertificateId != *certificate.CertificateId {
		t.Errorf("listed %+v", l)
	}

	// A user with one of them cannot be deleted.
	access, err := root.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: user})
	ok(t, errOf(root.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{
		UserName: user, AccessKeyId: must(t, access, err).AccessKeyMetadata[0].AccessKeyId,
	})))
	remove := func() error { return errOf(root.DeleteUser(ctx, &iam.DeleteUserInput{UserName: user})) }
	wantCode(t, remove(), "DeleteConflict", "signing certificates")
	ok(t, errOf(root.DeleteSigningCertificate(ctx, &iam.DeleteSigningCertificateInput{
		UserName: user, CertificateId: certificate.CertificateId,
	})))
	wantCode(t, remove(), "DeleteConflict", "SSH public keys")
	ok(t, errOf(root.DeleteSSHPublicKey(ctx, &iam.DeleteSSHPublicKeyInput{UserName: user, SSHPublicKeyId: id})))
	wantCode(t, remove(), "DeleteConflict", "service specific")
	ok(t, errOf(root.DeleteServiceSpecificCredential(ctx, &iam.DeleteServiceSpecificCredentialInput{
		UserName: user, ServiceSpecificCredentialId: key.ServiceSpecificCredentialId,
	})))
	ok(t, remove())
}

// TestIdentityProviders creates, lists and deletes the providers through which users of other
// directories sign in.
func TestIdentityProviders(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	none, err := root.ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{})
	if l := must(t, none, err).SAMLProviderList; l == nil || len(l) > 0 {
		t.Errorf("a new account has %+v", l)
	}
	saml, err := root.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{
		Name: new("office"), SAMLMetadataDocument: new(strings.Repeat(" ", 1000) + "<EntityDescriptor/>"),
	})
	if arn := must(t, saml, err).SAMLProviderArn; *arn != "arn:aws:iam::111122223333:saml-provider/office" {
		t.Errorf("got %s", *arn)
	}
	oidc, err := root.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: new("https://token.example.org/x")})
	if arn := must(t, oidc, err).OpenIDConnectProviderArn; *arn != "arn:aws:iam::111122223333:oidc-provider/token.example.org/x" {
		t.Errorf("got %s", *arn)
	}
	wantCode(t, errOf(root.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: new("https://token.example.org/x")})),
		"EntityAlreadyExists")
	samls, err := root.ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{})
	oidcs, err2 := root.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	if s, o := must(t, samls, err).SAMLProviderList, must(t, oidcs, err2).OpenIDConnectProviderList; len(s) != 1 ||
		s[0].CreateDate == nil || len(o) != 1 {
		t.Errorf("listed %+v, %+v", s, o)
	}
	ok(t, errOf(root.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: saml.SAMLProviderArn})))
	wantCode(t, errOf(root.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: saml.SAMLProviderArn})), "NoSuchEntity")
	ok(t, errOf(root.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{
		OpenIDConnectProviderArn: oidc.OpenIDConnectProviderArn,
	})))
}
