package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func documentOf(effect, action, resource string) *string {
	return new(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":%q,"Action":%q,"Resource":%q}]}`, effect, action, resource))
}

func trustOf(principal string) *string {
	return new(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":"sts:AssumeRole"}]}`,
		principal))
}

// person makes a user with a key and returns the configuration of their client.
func person(t *testing.T, a *Account, root *iam.Client, name string) (id, secret string) {
	t.Helper()
	if _, err := root.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatal(err)
	}
	out, err := root.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name})
	key := must(t, out, err).AccessKey
	if env := a.EnvironFor(name); env["AWS_ACCESS_KEY_ID"] != *key.AccessKeyId || env["AWS_SECRET_ACCESS_KEY"] != *key.SecretAccessKey {
		t.Errorf("EnvironFor(%s) is %v", name, env)
	}
	return *key.AccessKeyId, *key.SecretAccessKey
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestUserLife(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	created, err := root.CreateUser(ctx, &iam.CreateUserInput{
		UserName: new("Ann"), Path: new("/staff/"), Tags: []types.Tag{{Key: new("claria:system"), Value: new("claria")}},
	})
	user := must(t, created, err).User
	if *user.Arn != "arn:aws:iam::111122223333:user/staff/Ann" || !strings.HasPrefix(*user.UserId, "AIDA") || len(*user.UserId) != 20 {
		t.Errorf("got %s %s", *user.Arn, *user.UserId)
	}
	wantCode(t, errOf(root.CreateUser(ctx, &iam.CreateUserInput{UserName: new("ANN")})), "EntityAlreadyExists", "already exists")
	wantCode(t, errOf(root.CreateUser(ctx, &iam.CreateUserInput{UserName: new("a b")})), "ValidationError")
	wantCode(t, errOf(root.GetUser(ctx, &iam.GetUserInput{UserName: new("bob")})), "NoSuchEntity", "The user with name bob cannot be found.")
	ok(t, errOf(root.TagUser(ctx, &iam.TagUserInput{UserName: new("Ann"), Tags: []types.Tag{{Key: new("k"), Value: new("v")}}})))
	ok(t, errOf(root.UntagUser(ctx, &iam.UntagUserInput{UserName: new("Ann"), TagKeys: []string{"k"}})))
	tags, err := root.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: new("Ann")})
	if got := must(t, tags, err).Tags; len(got) != 1 || *got[0].Key != "claria:system" || *got[0].Value != "claria" {
		t.Errorf("got %d tags", len(got))
	}

	ok(t, errOf(root.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: new("Ann")})))
	second, err := root.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: new("Ann")})
	key := must(t, second, err).AccessKey
	wantCode(t, errOf(root.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: new("Ann")})), "LimitExceeded", "AccessKeysPerUser: 2")
	ok(t, errOf(root.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: new("Ann"), PolicyName: new("p"), PolicyDocument: documentOf("Allow", "iam:ListUsers", "*"),
	})))

	ann := sdkAs(a, *key.AccessKeyId, *key.SecretAccessKey, "")
	self, err := iam.NewFromConfig(ann).GetUser(ctx, &iam.GetUserInput{})
	if err == nil {
		t.Errorf("an inline policy for ListUsers allowed GetUser: %s", *self.User.Arn)
	}
	ok(t, errOf(iam.NewFromConfig(ann).ListUsers(ctx, &iam.ListUsersInput{})))
	used, err := root.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: key.AccessKeyId})
	if got := must(t, used, err); *got.UserName != "Ann" || *got.AccessKeyLastUsed.ServiceName != "iam" ||
		*got.AccessKeyLastUsed.Region != "us-east-1" ||
		time.Since(*got.AccessKeyLastUsed.LastUsedDate) > time.Minute {
		t.Errorf("last used %+v", got.AccessKeyLastUsed)
	}

	ok(t, errOf(root.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
		UserName: new("Ann"), AccessKeyId: key.AccessKeyId, Status: types.StatusTypeInactive,
	})))
	wantCode(t, errOf(sts.NewFromConfig(ann).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})), "InvalidClientTokenId")

	wantCode(t, errOf(root.DeleteUser(ctx, &iam.DeleteUserInput{UserName: new("Ann")})), "DeleteConflict", "must delete access keys first")
	keys, err := root.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: new("Ann")})
	for _, one := range must(t, keys, err).AccessKeyMetadata {
		ok(t, errOf(root.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: new("Ann"), AccessKeyId: one.AccessKeyId})))
	}
	wantCode(t, errOf(root.DeleteUser(ctx, &iam.DeleteUserInput{UserName: new("Ann")})), "DeleteConflict", "must delete policies first")
	ok(t, errOf(root.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: new("Ann"), PolicyName: new("p")})))
	ok(t, errOf(root.DeleteUser(ctx, &iam.DeleteUserInput{UserName: new("Ann")})))
	left, err := root.ListUsers(ctx, &iam.ListUsersInput{})
	if n := len(must(t, left, err).Users); n != 0 {
		t.Errorf("%d users left", n)
	}
}

func TestRootCanDeleteItsOwnKey(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	keys, err := root.ListAccessKeys(ctx, &iam.ListAccessKeysInput{})
	got := must(t, keys, err).AccessKeyMetadata
	if len(got) != 1 || *got[0].AccessKeyId != a.Environ()["AWS_ACCESS_KEY_ID"] {
		t.Fatalf("got %d keys", len(got))
	}
	ok(t, errOf(root.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{AccessKeyId: got[0].AccessKeyId})))
	wantCode(t, errOf(root.ListAccessKeys(ctx, &iam.ListAccessKeysInput{})), "InvalidClientTokenId")
	if env := a.Environ(); env["AWS_ACCESS_KEY_ID"] != "" || env["AWS_REGION"] != "us-east-1" {
		t.Errorf("environment is %v", env)
	}
}

func TestManagedPolicyLife(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	out, err := root.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: new("p"), PolicyDocument: documentOf("Allow", "s3:GetObject", "arn:aws:s3:::b/*"),
	})
	arn := must(t, out, err).Policy.Arn
	version := func(isDefault bool) error {
		return errOf(root.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{
			PolicyArn: arn, PolicyDocument: documentOf("Allow", "s3:PutObject", "*"), SetAsDefault: isDefault,
		}))
	}
	for i := range 4 {
		ok(t, version(i == 3))
	}
	wantCode(t, version(true), "LimitExceeded", "up to 5 versions")
	versions, err := root.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn})
	if got := must(t, versions, err).Versions; len(got) != 5 || !got[4].IsDefaultVersion || *got[4].VersionId != "v5" {
		t.Errorf("got %d versions", len(got))
	}
	wantCode(t, errOf(root.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: new("v5")})), "DeleteConflict")
	ok(t, errOf(root.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: new("v2")})))
	ok(t, errOf(root.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: new("v1")})))
	ok(t, version(false))
	got, err := root.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: new("v1")})
	text, err := url.PathUnescape(*must(t, got, err).PolicyVersion.Document)
	if want := *documentOf("Allow", "s3:GetObject", "arn:aws:s3:::b/*"); err != nil || text != want {
		t.Errorf("got %s", text)
	}
	if strings.ContainsAny(*got.PolicyVersion.Document, `{" `) {
		t.Error("the document is not URL-encoded")
	}

	ok(t, errOf(root.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("g")})))
	ok(t, errOf(root.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: new("g"), PolicyArn: arn})))
	wantCode(t, errOf(root.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{
		GroupName: new("g"), PolicyArn: new("arn:aws:iam::aws:policy/Nonesuch"),
	})), "NoSuchEntity")
	entities, err := root.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: arn})
	if got := must(t, entities, err); len(got.PolicyGroups) != 1 || *got.PolicyGroups[0].GroupName != "g" || len(got.PolicyUsers) != 0 {
		t.Errorf("got %+v", got)
	}
	local, err := root.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal})
	if got := must(t, local, err).Policies; len(got) != 1 || *got[0].AttachmentCount != 1 {
		t.Errorf("got %d local policies", len(got))
	}
	wantCode(t, errOf(root.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})), "DeleteConflict", "attached")
	ok(t, errOf(root.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: new("g"), PolicyArn: arn})))
	wantCode(t, errOf(root.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})), "DeleteConflict", "more than one version")
}

func TestBadDocumentsAreRefused(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	ok(t, errOf(root.CreateUser(ctx, &iam.CreateUserInput{UserName: new("ann")})))
	long := strings.Repeat("x", 2048)
	for _, one := range []struct{ name, document, code string }{
		{"not JSON", `{`, "MalformedPolicyDocument"},
		{"principal", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"no resource", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*"}]}`, "MalformedPolicyDocument"},
		{"no ARN", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}]}`, "MalformedPolicyDocument"},
		{"no vendor", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"GetObject","Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"same Sid", `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"A","Effect":"Deny","Action":"s3:*","Resource":"*"}]}`, "MalformedPolicyDocument"},
		{"too long", *documentOf("Allow", "s3:*", "arn:aws:s3:::"+long), "LimitExceeded"},
	} {
		t.Run(one.name, func(t *testing.T) {
			err := errOf(root.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: new("ann"), PolicyName: new("p"), PolicyDocument: &one.document}))
			wantCode(t, err, one.code)
		})
	}
	wantCode(t, errOf(root.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: new("hidden"), Path: new("/aws-service-role/x.amazonaws.com/"),
		AssumeRolePolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}]}`),
	})), "InvalidInput", "can only be used for AWS Service linked Roles")
	wantCode(t, errOf(root.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: new("r"), AssumeRolePolicyDocument: trustOf("arn:aws:iam::111122223333:user/nobody"),
	})),
		"MalformedPolicyDocument", "Invalid principal in policy")
}

func TestListsArePaged(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	for i := range 7 {
		ok(t, errOf(root.CreateUser(ctx, &iam.CreateUserInput{UserName: new(fmt.Sprintf("user-%d", i))})))
	}
	var names []string
	pages := iam.NewListUsersPaginator(root, &iam.ListUsersInput{MaxItems: new(int32(3))})
	n := 0
	for ; pages.HasMorePages(); n++ {
		page, err := pages.NextPage(ctx)
		for _, u := range must(t, page, err).Users {
			names = append(names, *u.UserName)
		}
	}
	if n != 3 || len(names) != 7 || !slices.IsSorted(names) {
		t.Errorf("%d pages, %v", n, names)
	}
}

func TestAuthorizationDetailsAndSummary(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	ok(t, errOf(root.CreateUser(ctx, &iam.CreateUserInput{
		UserName: new("ann"), PermissionsBoundary: new("arn:aws:iam::aws:policy/PowerUserAccess"),
	})))
	ok(t, errOf(root.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("staff")})))
	ok(t, errOf(root.AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: new("ann"), GroupName: new("staff")})))
	ok(t, errOf(root.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{
		GroupName: new("staff"), PolicyName: new("p"), PolicyDocument: documentOf("Allow", "s3:List*", "*"),
	})))
	ok(t, errOf(root.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{
		UserName: new("ann"), PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess"),
	})))
	ok(t, errOf(root.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: new("r"), AssumeRolePolicyDocument: trustOf("arn:aws:iam::111122223333:user/ann"),
	})))
	ok(t, errOf(root.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("own"), PolicyDocument: documentOf("Allow", "s3:*", "*")})))

	var users []types.UserDetail
	var groups, roles, policies int
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(root, &iam.GetAccountAuthorizationDetailsInput{MaxItems: new(int32(2))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		out := must(t, page, err)
		users, groups, roles, policies = append(users,
			out.UserDetailList...), groups+len(out.GroupDetailList), roles+len(out.RoleDetailList), policies+len(out.Policies)
	}
	if len(users) != 1 || groups != 1 || roles != 1 || policies != 3 {
		t.Fatalf("got %d users, %d groups, %d roles, %d policies", len(users), groups, roles, policies)
	}
	ann := users[0]
	if !slices.Equal(ann.GroupList, []string{"staff"}) || *ann.AttachedManagedPolicies[0].PolicyName != "AdministratorAccess" ||
		*ann.PermissionsBoundary.PermissionsBoundaryArn != "arn:aws:iam::aws:policy/PowerUserAccess" {
		t.Errorf("got %+v", ann)
	}
	only, err := root.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{
		Filter: []types.EntityType{types.EntityTypeRole},
	})
	if got := must(t, only, err); len(got.UserDetailList) != 0 || len(got.RoleDetailList) != 1 ||
		!strings.HasPrefix(*got.RoleDetailList[0].AssumeRolePolicyDocument, "%7B") {
		t.Errorf("filtered: %d users, %d roles", len(got.UserDetailList), len(got.RoleDetailList))
	}
	summary, err := root.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if got := must(t, summary, err).SummaryMap; got["Users"] != 1 || got["Groups"] != 1 || got["Roles"] != 1 || got["Policies"] != 1 ||
		got["MFADevicesInUse"] != 1 {
		t.Errorf("got %v", got)
	}
}

func TestPasswordPolicy(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	wantCode(t, errOf(root.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})), "NoSuchEntity")
	ok(t, errOf(root.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength: new(int32(14)), PasswordReusePrevention: new(int32(24)), RequireLowercaseCharacters: true, RequireNumbers: true,
		RequireSymbols: true, RequireUppercaseCharacters: true, AllowUsersToChangePassword: true,
	})))
	out, err := root.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
	p := must(t, out, err).PasswordPolicy
	if *p.MinimumPasswordLength != 14 || *p.PasswordReusePrevention != 24 || !p.RequireSymbols || p.ExpirePasswords ||
		p.MaxPasswordAge != nil {
		t.Errorf("got %+v", p)
	}
	ok(t, errOf(root.CreateUser(ctx, &iam.CreateUserInput{UserName: new("ann")})))
	wantCode(t, errOf(root.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: new("ann"), Password: new("Short1!")})),
		"PasswordPolicyViolation", "14")
	ok(t, errOf(root.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: new("ann"), Password: new("Long enough1!x")})))
	ok(t, errOf(root.DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{})))
	wantCode(t, errOf(root.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})), "NoSuchEntity")
}

func TestCredentialReport(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	wantCode(t, errOf(root.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})), "ReportNotPresent")
	person(t, a, root, "ann")
	for _, want := range []types.ReportStateType{types.ReportStateTypeStarted, types.ReportStateTypeComplete} {
		out, err := root.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})
		if got := must(t, out, err).State; got != want {
			t.Errorf("state %s, want %s", got, want)
		}
	}
	out, err := root.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	lines := strings.Split(strings.TrimSpace(string(must(t, out, err).Content)), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[1], "<root_account>,arn:aws:iam::111122223333:root,") ||
		!strings.Contains(lines[1], ",true,true,") {
		t.Fatalf("got %q", lines)
	}
	if ann := strings.Split(lines[2], ","); len(ann) != 22 || ann[0] != "ann" || ann[3] != "false" || ann[7] != "false" ||
		ann[8] != "true" || ann[10] != "N/A" {
		t.Errorf("got %q", ann)
	}
}

func TestBoundaryGroupAndDeny(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	id, secret := person(t, a, root, "ann")
	ann := iam.NewFromConfig(sdkAs(a, id, secret, ""))
	list := func() error { return errOf(ann.ListUsers(ctx, &iam.ListUsersInput{})) }

	ok(t, errOf(root.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("g")})))
	ok(t, errOf(root.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{
		GroupName: new("g"), PolicyArn: new("arn:aws:iam::aws:policy/SecurityAudit"),
	})))
	wantCode(t, list(), "AccessDenied")
	ok(t, errOf(root.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: new("g"), UserName: new("ann")})))
	ok(t, list())

	out, err := root.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: new("b"), PolicyDocument: documentOf("Allow", "s3:*", "*")})
	ok(t, errOf(root.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{
		UserName: new("ann"), PermissionsBoundary: must(t, out, err).Policy.Arn,
	})))
	wantCode(t, list(), "AccessDenied", "because no permissions boundary allows the iam:ListUsers action")
	ok(t, errOf(root.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: new("ann")})))
	ok(t, errOf(root.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: new("ann"), PolicyName: new("no"), PolicyDocument: documentOf("Deny", "iam:List*", "*"),
	})))
	wantCode(t, list(), "AccessDenied", "with an explicit deny in an identity-based policy")

	simulated, err := root.SimulatePrincipalPolicy(ctx, &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: new("arn:aws:iam::111122223333:user/ann"), ActionNames: []string{"iam:ListUsers", "iam:GetUser", "s3:PutObject"},
	})
	var got []string
	for _, r := range must(t, simulated, err).EvaluationResults {
		got = append(got, *r.EvalActionName+"="+string(r.EvalDecision))
	}
	if want := []string{"iam:ListUsers=explicitDeny", "iam:GetUser=allowed", "s3:PutObject=implicitDeny"}; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// Lists of resources that the demo account never has must be answered, as empty lists.
func TestEmptyLists(t *testing.T) {
	a, ctx := newAccount(t, Options{}), t.Context()
	root := iam.NewFromConfig(sdkAsRoot(a))
	ok(t, errOf(root.CreateUser(ctx, &iam.CreateUserInput{UserName: new("ann")})))
	for name, call := range map[string]func() (int, error){
		"SAML": func() (int, error) {
			out, err := root.ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{})
			return len(must(t, out, err).SAMLProviderList), err
		},
		"OIDC": func() (int, error) {
			out, err := root.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
			return len(must(t, out, err).OpenIDConnectProviderList), err
		},
		"SSH": func() (int, error) {
			out, err := root.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: new("ann")})
			return len(must(t, out, err).SSHPublicKeys), err
		},
		"service": func() (int, error) {
			out, err := root.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: new("ann")})
			return len(must(t, out, err).ServiceSpecificCredentials), err
		},
		"certificates": func() (int, error) {
			out, err := root.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: new("ann")})
			return len(must(t, out, err).Certificates), err
		},
	} {
		if n, err := call(); n != 0 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	wantCode(t, errOf(root.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: new("bob")})), "NoSuchEntity")
}
