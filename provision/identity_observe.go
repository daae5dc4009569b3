package provision

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"claria/aws"
	"claria/provision/permissions"
	"claria/provision/state"
)

func (o *observer) root(s *state.State) {
	ask(o, "iam:GetAccountSummary", &s.Root, func(ctx context.Context) (state.RootUser, error) {
		out, err := aws.IAM(o.account).GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
		if err != nil {
			return state.RootUser{}, err
		}
		keys, ok := out.SummaryMap[string(types.SummaryKeyTypeAccountAccessKeysPresent)]
		mfa, okMFA := out.SummaryMap[string(types.SummaryKeyTypeAccountMFAEnabled)]
		if !ok || !okMFA {
			return state.RootUser{}, state.ErrIncomplete
		}
		certificates := out.SummaryMap[string(types.SummaryKeyTypeAccountSigningCertificatesPresent)]
		return state.RootUser{AccessKeys: int(keys), MFA: mfa == 1, Certificates: int(certificates)}, nil
	})
}

func (o *observer) passwordPolicy(s *state.State) {
	ask(o, "iam:GetAccountPasswordPolicy", &s.PasswordPolicy, func(ctx context.Context) (state.PasswordPolicy, error) {
		out, err := aws.IAM(o.account).GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
		if err != nil {
			return state.PasswordPolicy{}, err
		}
		p := out.PasswordPolicy
		if p == nil {
			return state.PasswordPolicy{}, state.ErrNone
		}
		return reducePasswordPolicy(*p), nil
	})
}

func reducePasswordPolicy(p types.PasswordPolicy) state.PasswordPolicy {
	return state.PasswordPolicy{
		MinimumLength: int(sdk.ToInt32(p.MinimumPasswordLength)),
		Lower:         p.RequireLowercaseCharacters, Upper: p.RequireUppercaseCharacters,
		Digits: p.RequireNumbers, Symbols: p.RequireSymbols,
		Reuse: int(sdk.ToInt32(p.PasswordReusePrevention)), MaxAge: int(sdk.ToInt32(p.MaxPasswordAge)),
	}
}

// identities schedules the read of every user, group, role and policy, and of users'
// keys and second factors.
func (o *observer) identities(s *state.State) {
	o.directory(s, func(users []state.User) {
		for i := range users {
			o.userKeys(&users[i])
			o.userMFA(&users[i])
		}
	})
}

// everybody is identities plus everything else that users sign in with.
func (o *observer) everybody(s *state.State) {
	o.directory(s, func(users []state.User) {
		for i := range users {
			o.userKeys(&users[i])
			o.userMFA(&users[i])
			o.userSignIn(&users[i])
		}
		if policies, _ := s.Policies.Value(); !o.settings.Strict && opensKey(o.settings, policies) {
			o.encryptionKey(s) // the strict profile was turned off, but its records still need the key
		}
	})
}

// rights is identities without keys and second factors.
func (o *observer) rights(s *state.State) { o.directory(s, func([]state.User) {}) }

// directory schedules the read of every user, group, role and policy, and for our own
// of what that answer leaves out: tags and session length.
func (o *observer) directory(s *state.State, more func([]state.User)) {
	o.do(func(ctx context.Context) {
		all, err := o.authorizationDetails(ctx)
		const operation = "iam:GetAccountAuthorizationDetails"
		s.Users = state.ReadingOf(all.users, err, operation)
		s.Groups = state.ReadingOf(all.groups, err, operation)
		s.Roles = state.ReadingOf(all.roles, err, operation)
		s.Policies = state.ReadingOf(all.policies, err, operation)
		if err != nil {
			return
		}
		// The readings share these slices, so they also get what is read below.
		more(all.users)
		for i := range all.roles {
			if all.roles[i].ARN == o.settings.ProvisionerARN() {
				o.roleHours(&all.roles[i])
			}
		}
		for i := range all.policies {
			if slices.Contains(permissions.Expand(o.settings, permissions.OwnPolicies()...), all.policies[i].ARN) {
				o.policyTags(&all.policies[i])
			}
		}
	})
}

// details is the answer of GetAccountAuthorizationDetails, from all pages.
type details struct {
	users    []state.User
	groups   []state.Group
	roles    []state.Role
	policies []state.Policy
}

func (o *observer) authorizationDetails(ctx context.Context) (details, error) {
	all := details{users: []state.User{}, groups: []state.Group{}, roles: []state.Role{}, policies: []state.Policy{}}
	err := aws.Pages(func(token string) (string, error) {
		page, err := aws.IAM(o.account).GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{
			MaxItems: new(int32(1000)), Marker: aws.Token(token),
		})
		if err != nil {
			return "", err
		}
		if page.UserDetailList == nil && page.GroupDetailList == nil && page.RoleDetailList == nil && page.Policies == nil {
			return "", state.ErrIncomplete // AWS sends an empty list for none
		}
		for _, u := range page.UserDetailList {
			all.users = append(all.users, state.User{
				Name: sdk.ToString(u.UserName), ARN: sdk.ToString(u.Arn), Created: sdk.ToTime(u.CreateDate), Tags: tagMap(u.Tags),
				Inline: documents(u.UserPolicyList), Attached: attached(u.AttachedManagedPolicies),
				Groups: slices.Sorted(slices.Values(u.GroupList)), Boundary: boundary(u.PermissionsBoundary),
			})
		}
		for _, g := range page.GroupDetailList {
			all.groups = append(all.groups, state.Group{
				Name: sdk.ToString(g.GroupName), ARN: sdk.ToString(g.Arn),
				Inline: documents(g.GroupPolicyList), Attached: attached(g.AttachedManagedPolicies),
			})
		}
		for _, r := range page.RoleDetailList {
			all.roles = append(all.roles, state.Role{
				Name: sdk.ToString(r.RoleName), ARN: sdk.ToString(r.Arn), Path: sdk.ToString(r.Path), Created: sdk.ToTime(r.CreateDate),
				Trust: decoded(r.AssumeRolePolicyDocument), Tags: tagMap(r.Tags),
				Inline: documents(r.RolePolicyList), Attached: attached(r.AttachedManagedPolicies), Boundary: boundary(r.PermissionsBoundary),
			})
		}
		for _, p := range page.Policies {
			count := int(sdk.ToInt32(p.AttachmentCount) + sdk.ToInt32(p.PermissionsBoundaryUsageCount))
			if count == 0 && strings.HasPrefix(sdk.ToString(p.Arn), "arn:aws:iam::aws:") {
				continue // an AWS managed policy that nobody uses
			}
			policy := state.Policy{
				ARN: sdk.ToString(p.Arn), Name: cmp.Or(sdk.ToString(p.PolicyName), name(sdk.ToString(p.Arn))),
				Version: sdk.ToString(p.DefaultVersionId), Versions: len(p.PolicyVersionList), Attached: count,
			}
			for _, v := range p.PolicyVersionList {
				if v.IsDefaultVersion {
					policy.Document = decoded(v.Document)
				}
			}
			all.policies = append(all.policies, policy)
		}
		return aws.Next(page.IsTruncated, page.Marker)
	})
	if err != nil {
		return details{}, err
	}
	return all, nil
}

func (o *observer) userKeys(u *state.User) {
	o.do(func(ctx context.Context) {
		keys, err := o.accessKeys(ctx, u.Name)
		u.Keys = state.ReadingOf(keys, err, "iam:ListAccessKeys")
		for i := range keys {
			if keys[i].Active || u.Name == state.AdminUser || u.Name == state.AuditorUser {
				o.do(func(ctx context.Context) { o.lastUsed(ctx, &keys[i]) })
			}
		}
	})
}

// accessKeys lists the keys of a user, of which there are two at most.
func (o *observer) accessKeys(ctx context.Context, user string) ([]state.AccessKey, error) {
	out, err := aws.IAM(o.account).ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &user})
	if err != nil {
		return nil, err
	}
	if out.AccessKeyMetadata == nil { // AWS sends an empty list for none
		return nil, state.ErrIncomplete
	}
	keys := []state.AccessKey{}
	for _, k := range out.AccessKeyMetadata {
		keys = append(keys, state.AccessKey{
			ID: sdk.ToString(k.AccessKeyId), Active: k.Status == types.StatusTypeActive, Created: sdk.ToTime(k.CreateDate),
		})
	}
	return keys, nil
}

// lastUsed fills in when a key was last used.
func (o *observer) lastUsed(ctx context.Context, key *state.AccessKey) {
	out, err := aws.IAM(o.account).GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &key.ID})
	switch {
	case err != nil:
	case out.AccessKeyLastUsed == nil || out.AccessKeyLastUsed.ServiceName == nil: // "N/A" for a key that was never used
		err = state.ErrIncomplete
	case out.AccessKeyLastUsed.LastUsedDate == nil:
		err = state.ErrNone
	default:
		key.LastUsed = *out.AccessKeyLastUsed.LastUsedDate
	}
	key.Use = state.ReadingOf(key.LastUsed, err, "iam:GetAccessKeyLastUsed")
}

func (o *observer) userMFA(u *state.User) {
	ask(o, "iam:ListMFADevices", &u.MFA, func(ctx context.Context) ([]string, error) {
		serials := []string{}
		err := aws.Pages(func(token string) (string, error) {
			page, err := aws.IAM(o.account).ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: &u.Name, Marker: aws.Token(token)})
			if err != nil {
				return "", err
			}
			if page.MFADevices == nil { // AWS sends an empty list for none
				return "", state.ErrIncomplete
			}
			for _, d := range page.MFADevices {
				serials = append(serials, sdk.ToString(d.SerialNumber))
			}
			return aws.Next(page.IsTruncated, page.Marker)
		})
		return serials, err
	})
}

func (o *observer) roleHours(r *state.Role) {
	ask(o, "iam:GetRole", &r.MaxHours, func(ctx context.Context) (int, error) {
		out, err := aws.IAM(o.account).GetRole(ctx, &iam.GetRoleInput{RoleName: &r.Name})
		if err != nil {
			return 0, err
		}
		if out.Role == nil {
			return 0, state.ErrIncomplete
		}
		return wholeHours(sdk.ToInt32(out.Role.MaxSessionDuration)), nil
	})
}

func (o *observer) policyTags(p *state.Policy) {
	ask(o, "iam:GetPolicy", &p.Tags, func(ctx context.Context) (map[string]string, error) {
		out, err := aws.IAM(o.account).GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &p.ARN})
		if err != nil {
			return nil, err
		}
		if out.Policy == nil {
			return nil, state.ErrIncomplete
		}
		return tagMap(out.Policy.Tags), nil
	})
}

func tagMap(tags []types.Tag) map[string]string {
	m := map[string]string{}
	for _, t := range tags {
		m[sdk.ToString(t.Key)] = sdk.ToString(t.Value)
	}
	return m
}

func attached(policies []types.AttachedPolicy) []string {
	var arns []string
	for _, p := range policies {
		arns = append(arns, sdk.ToString(p.PolicyArn))
	}
	slices.Sort(arns)
	return arns
}

func documents(policies []types.PolicyDetail) []state.NamedDocument {
	var docs []state.NamedDocument
	for _, p := range policies {
		docs = append(docs, state.NamedDocument{Name: sdk.ToString(p.PolicyName), Document: decoded(p.PolicyDocument)})
	}
	slices.SortFunc(docs, func(a, b state.NamedDocument) int { return strings.Compare(a.Name, b.Name) })
	return docs
}

func boundary(b *types.AttachedPermissionsBoundary) string {
	if b == nil {
		return ""
	}
	return sdk.ToString(b.PermissionsBoundaryArn)
}

// decoded is a policy document as JSON. IAM returns it URL-encoded.
func decoded(document *string) string {
	text := sdk.ToString(document)
	if plain, err := url.QueryUnescape(text); err == nil && strings.HasPrefix(strings.TrimSpace(text), "%") {
		return plain
	}
	return text
}
