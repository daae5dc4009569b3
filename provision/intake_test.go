package provision_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// user creates a user with policies, given as ARNs or documents.
func (p *practice) user(root *aws.Account, name string, policies ...string) *aws.Account {
	p.t.Helper()
	ctx := p.t.Context()
	if _, err := aws.IAM(root).CreateUser(ctx, &iam.CreateUserInput{UserName: &name}); err != nil {
		p.t.Fatal(err)
	}
	for _, each := range policies {
		var err error
		if strings.HasPrefix(each, "arn:") {
			_, err = aws.IAM(root).AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: &each})
		} else {
			_, err = aws.IAM(root).PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &name, PolicyName: new("p"), PolicyDocument: &each})
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	made, err := aws.IAM(root).CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		p.t.Fatal(err)
	}
	return p.open(aws.Key{ID: *made.AccessKey.AccessKeyId, Secret: *made.AccessKey.SecretAccessKey})
}

func allow(actions ...string) string {
	text, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{
		map[string]any{"Effect": "Allow", "Action": actions, "Resource": "*"},
	}})
	return string(text)
}

const everythingPolicy = "arn:aws:iam::aws:policy/AdministratorAccess"

// setupActions are the changes that set-up makes, as the demo account recorded them.
func setupActions(t *testing.T) []string {
	t.Helper()
	p := newPractice(t, sandbox.Options{})
	root := p.root()
	start := len(p.sandbox.Calls())
	p.apply(root, p.plan(root), p.approval())
	// AWS checks these in creations with tags.
	actions := []string{"cloudtrail:AddTags", "iam:TagMFADevice", "iam:TagPolicy", "iam:TagRole", "iam:TagUser", "s3:TagResource"}
	for _, call := range p.sandbox.Calls()[start:] {
		if call.Write || call.Action == "bedrock:ListFoundationModelAgreementOffers" {
			actions = append(actions, call.Action)
		}
	}
	slices.Sort(actions)
	return slices.DeleteFunc(slices.Compact(actions), func(a string) bool { return strings.HasPrefix(a, "sts:") })
}

// A credential is judged by what it may do. For one that may do nothing, the missing
// actions are exactly the changes that set-up makes.
func TestClassify(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.root()
	nobody := p.user(root, "nobody")
	got, err := provision.Classify(t.Context(), nobody, settings())
	if err != nil || got.Kind != provision.UserKey || got.Unjudged == "" || len(got.Missing) != 0 || got.SetsUp() {
		t.Errorf("one that may not even be judged: %+v, %v", got, err)
	}
	looks := allow("iam:GetAccountAuthorizationDetails")
	viewer, err := provision.Classify(t.Context(), p.user(root, "viewer", looks), settings())
	if want := setupActions(t); err != nil || !slices.Equal(viewer.Missing, want) {
		t.Errorf("set-up does\n%v, asked for is\n%v, %v", want, viewer.Missing, err)
	}
	p.settle()

	office := p.user(root, "office", everythingPolicy)
	session, err := aws.STS(office).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
	if err != nil {
		t.Fatal(err)
	}
	// Through a role, and through a role of IAM Identity Center.
	assumed := func(role, path string) *aws.Account {
		if _, err := aws.IAM(root).CreateRole(t.Context(), &iam.CreateRoleInput{
			RoleName: &role, Path: &path, AssumeRolePolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
				`"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x-1"}}}]}`),
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := aws.IAM(root).AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{
			RoleName: &role, PolicyArn: new(everythingPolicy),
		}); err != nil {
			t.Fatal(err)
		}
		account, err := office.Become(t.Context(), aws.Role{
			ARN: "arn:aws:iam::111122223333:role" + path + role, Session: "me", ExternalID: "x-1",
		})
		if err != nil {
			t.Fatal(err)
		}
		return account
	}
	group := new("admins")
	if _, err := aws.IAM(root).CreateGroup(t.Context(), &iam.CreateGroupInput{GroupName: group}); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.IAM(root).AttachGroupPolicy(t.Context(), &iam.AttachGroupPolicyInput{
		GroupName: group, PolicyArn: new(everythingPolicy),
	}); err != nil {
		t.Fatal(err)
	}
	member := p.user(root, "member", looks)
	if _, err := aws.IAM(root).AddUserToGroup(t.Context(), &iam.AddUserToGroupInput{GroupName: group, UserName: new("member")}); err != nil {
		t.Fatal(err)
	}
	bounded := p.user(root, "bounded", everythingPolicy)
	if _, err := aws.IAM(root).PutUserPermissionsBoundary(t.Context(), &iam.PutUserPermissionsBoundaryInput{
		UserName: new("bounded"), PermissionsBoundary: new("arn:aws:iam::aws:policy/ReadOnlyAccess"),
	}); err != nil {
		t.Fatal(err)
	}
	lucky := p.user(root, "lucky", looks, allow("iam:GetAccountAuthorizationDetails", "iam:CreateUser", "s3:CreateBucket"))
	simulated := p.user(root, "simulated", allow("iam:SimulatePrincipalPolicy", "iam:CreateUser", "s3:CreateBucket"))

	for _, c := range []struct {
		name     string
		account  *aws.Account
		kind     provision.IntakeKind
		setsUp   bool
		broad    bool
		guidance string
	}{
		{"root", root, provision.RootKey, true, true, "offers to delete it"},
		{"administrator", office, provision.UserKey, true, true, "deactivate it afterwards"},
		{"administrator by a group", member, provision.UserKey, true, true, "deactivate it afterwards"},
		{"administrator by boundary", bounded, provision.UserKey, false, false, "it lacks"},
		{
			"with a session token", p.open(aws.Key{
				ID: *session.Credentials.AccessKeyId, Secret: *session.Credentials.SecretAccessKey, SessionToken: *session.Credentials.SessionToken,
			}),
			provision.UserSession, false, false, "could not find out",
		}, // without a second factor IAM refuses every call of such a session
		{"role", assumed("Sub", "/"), provision.RoleSession, true, true, "expires by itself"},
		{
			"SSO", assumed("AWSReservedSSO_Admin_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/"),
			provision.SSOSession, true, true, "expires by itself",
		},
		{"one lucky call", lucky, provision.UserKey, false, false, "it lacks"},
		{"judged by simulation", simulated, provision.UserKey, false, false, "it lacks"},
		{"the daily identity", p.as(state.AdminUser), provision.UserKey, false, false, "with a code of the second factor"},
	} {
		got, err := provision.Classify(t.Context(), c.account, settings())
		if err != nil || got.Kind != c.kind || got.SetsUp() != c.setsUp || got.Broad != c.broad || !strings.Contains(got.Guidance, c.guidance) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		if strings.Contains(got.Guidance, "lacks") && slices.Contains(got.Missing, "s3:CreateBucket") != (c.name == "administrator by boundary") {
			t.Errorf("%s: misses %v", c.name, got.Missing)
		}
	}
}
