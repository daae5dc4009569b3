package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"claria/aws"
	"claria/aws/policy"
	"claria/provision/permissions"
	"claria/provision/state"
)

// identityResources are the policies, the users and the role. Each policy comes before
// the identities that have it, and the user before the role that trusts it.
func identityResources(s state.Settings, want *state.State) []resource {
	users, _ := want.Users.Value()
	roles, _ := want.Roles.Value()
	policies, _ := want.Policies.Value()
	all := []resource{}
	for _, p := range policies {
		all = append(all, policyResource(s, p))
	}
	for _, u := range users {
		all = append(all, userResource(s, u))
	}
	for _, r := range roles {
		all = append(all, roleResource(s, r))
	}
	return all
}

func identityWhy(more ...string) []string {
	return append(more, "164.308(a)(4)(ii)(B)", "164.312(a)(1)")
}

func policyResource(s state.Settings, want state.Policy) resource {
	is := func(p state.Policy) bool { return p.ARN == want.ARN }
	return resource{
		id: "policy/" + want.Name, title: "policy " + want.Name, why: identityWhy(),
		controls: []string{"IAM-07", "IAM-08", "IAM-09", "IAM-10", "IAM-11", "IAM-19", "IAM-20", "BDR-03", "BDR-04"},
		read:     (*observer).rights,
		facts: func(st *state.State) []fact {
			have := state.Find(st.Policies, is)
			if p, ok := have.Value(); ok {
				// A person approves the document, not how many identities have it.
				return []fact{p.Tags, state.Known([]string{p.Version, p.Document})}
			}
			return []fact{have}
		},
		diff: func(st *state.State) *change {
			have, exists := state.Find(st.Policies, is).Value()
			tags, _ := have.Tags.Value()
			switch {
			case !exists:
				return &change{op: Create, summary: summaryOf(want.Name), after: want.Document, risk: Reversible, undo: "delete the policy"}
			case !s.Owned(tags):
				return &change{
					op: Adopt, summary: "a policy with this name exists that Claria did not create", before: have.Document, after: want.Document,
					risk: Reversible, undo: "make version " + have.Version + " the default again, and remove the tag " + state.SystemTag,
				}
			case !permissions.SameDocument(have.Document, want.Document):
				return &change{
					op: Change, summary: summaryOf(want.Name), before: have.Document, after: want.Document,
					risk: Reversible, undo: "make version " + have.Version + " the default again",
				}
			}
			return nil
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			have, exists := state.Find(w.have.Policies, is).Value()
			if !exists {
				return "", w.create(ctx, "iam:CreatePolicy", want.Name, []string{want.ARN}, isThere, func() error {
					_, err := aws.IAM(w.account).CreatePolicy(ctx, &iam.CreatePolicyInput{
						PolicyName: &want.Name, PolicyDocument: &want.Document, Tags: newTag(s), Description: new(summaryOf(want.Name)),
					})
					return err
				})
			}
			if tags, _ := have.Tags.Value(); !s.Owned(tags) {
				_, err := aws.IAM(w.account).TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: &want.ARN, Tags: newTag(s)})
				if err != nil {
					return "", aws.Wrap(err, "iam:TagPolicy", want.Name)
				}
			}
			if permissions.SameDocument(have.Document, want.Document) {
				return "", nil
			}
			return "", w.newPolicyVersion(ctx, want)
		},
	}
}

// summaryOf says what a policy, and the identity that has it, is for.
func summaryOf(name string) string {
	switch name {
	case permissions.AdminPolicy:
		return "records and drafting, nothing else"
	case permissions.ProvisionerPolicy, permissions.ProvisionerWidePolicy:
		return "changes settings, reads no record"
	default:
		return "reads settings, reads no record"
	}
}

// newPolicyVersion makes the document the policy's default version. IAM keeps five
// versions, so the oldest one that is not the default is deleted.
func (w *writer) newPolicyVersion(ctx context.Context, want state.Policy) error {
	out, err := aws.IAM(w.account).ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: &want.ARN})
	if err != nil {
		return aws.Wrap(err, "iam:ListPolicyVersions", want.Name)
	}
	if len(out.Versions) >= 5 {
		var oldest *types.PolicyVersion
		for _, v := range out.Versions {
			if !v.IsDefaultVersion && (oldest == nil || sdk.ToTime(v.CreateDate).Before(sdk.ToTime(oldest.CreateDate))) {
				oldest = &v
			}
		}
		_, err := aws.IAM(w.account).DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &want.ARN, VersionId: oldest.VersionId})
		if err != nil {
			return aws.Wrap(err, "iam:DeletePolicyVersion", want.Name)
		}
	}
	return w.create(ctx, "iam:CreatePolicyVersion", want.Name, []string{}, nothingLeft, func() error {
		_, err := aws.IAM(w.account).CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{
			PolicyArn: &want.ARN, PolicyDocument: &want.Document, SetAsDefault: true,
		})
		return err
	})
}

// grants is how an identity's rights differ from what they should be.
type grants struct {
	attach, detach []string // policy ARNs
	inline         []string // names of inline policies that allow something
	groups         []string
}

// An inline policy that only denies stays: it gives no rights, and somebody wanted it.
func grantsDiff(attached []string, inline []state.NamedDocument, groups, want []string) grants {
	g := grants{groups: groups}
	for _, arn := range want {
		if !slices.Contains(attached, arn) {
			g.attach = append(g.attach, arn)
		}
	}
	for _, arn := range attached {
		if !slices.Contains(want, arn) {
			g.detach = append(g.detach, arn)
		}
	}
	for _, d := range inline {
		parsed, err := policy.Parse([]byte(d.Document))
		if err != nil || slices.ContainsFunc(parsed.Statements, func(s policy.Statement) bool { return s.Allow }) {
			g.inline = append(g.inline, d.Name)
		}
	}
	return g
}

func (g grants) empty() bool { return len(g.attach)+len(g.detach)+len(g.inline)+len(g.groups) == 0 }

// words says what the identity has too much and too little of.
func (g grants) words() (before, after string) {
	var b, a []string
	for _, arn := range g.detach {
		b, a = append(b, "has "+name(arn)), append(a, "without "+name(arn))
	}
	for _, n := range g.inline {
		b, a = append(b, "has inline policy "+n), append(a, "without inline policy "+n)
	}
	for _, n := range g.groups {
		b, a = append(b, "in group "+n), append(a, "not in group "+n)
	}
	for _, arn := range g.attach {
		b, a = append(b, "without "+name(arn)), append(a, "has "+name(arn))
	}
	return strings.Join(b, ", "), strings.Join(a, ", ")
}

// name is the last part of an ARN.
func name(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

func userResource(s state.Settings, want state.User) resource {
	is := func(u state.User) bool { return u.ARN == want.ARN }
	diff := func(have state.User) grants {
		return grantsDiff(have.Attached, have.Inline, have.Groups, want.Attached)
	}
	return resource{
		id: "user/" + want.Name, title: "user " + want.Name, why: identityWhy("164.312(a)(2)(i)"),
		controls: []string{"IAM-07", "IAM-08", "IAM-09", "IAM-10", "IAM-11"}, needs: policyResourceIDs(want.Attached),
		read: (*observer).rights,
		facts: func(st *state.State) []fact {
			return []fact{state.Derive(state.Find(st.Users, is), func(u state.User) state.User {
				u.Keys, u.MFA, u.SignIn = state.Absent[[]state.AccessKey](), state.Absent[[]string](), state.SignIn{} // other resources compare these
				return u
			})}
		},
		diff: func(st *state.State) *change {
			have, exists := state.Find(st.Users, is).Value()
			if !exists {
				_, after := grantsDiff(nil, nil, nil, want.Attached).words()
				return &change{op: Create, summary: summaryOf(want.Name), after: after, risk: Reversible, undo: "delete the user"}
			}
			return grantsChange(s, have.Tags, diff(have), "a user with this name exists that Claria did not create")
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			have, exists := state.Find(w.have.Users, is).Value()
			if !exists {
				if err := w.create(ctx, "iam:CreateUser", want.Name, []string{"user with name " + want.Name, want.ARN}, isThere, func() error {
					_, err := aws.IAM(w.account).CreateUser(ctx, &iam.CreateUserInput{UserName: &want.Name, Tags: newTag(s)})
					return err
				}); err != nil {
					return "", err
				}
			} else if !s.Owned(have.Tags) {
				if _, err := aws.IAM(w.account).TagUser(ctx, &iam.TagUserInput{UserName: &want.Name, Tags: newTag(s)}); err != nil {
					return "", aws.Wrap(err, "iam:TagUser", want.Name)
				}
			}
			return "", w.grantUser(ctx, want.Name, diff(have))
		},
	}
}

func (w *writer) grantUser(ctx context.Context, user string, g grants) error {
	for _, arn := range g.attach {
		if _, err := aws.IAM(w.account).AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &user, PolicyArn: &arn}); err != nil {
			return aws.Wrap(err, "iam:AttachUserPolicy", user)
		}
	}
	for _, arn := range g.detach {
		if _, err := aws.IAM(w.account).DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: &user, PolicyArn: &arn}); err != nil {
			return aws.Wrap(err, "iam:DetachUserPolicy", user)
		}
	}
	for _, inline := range g.inline {
		if _, err := aws.IAM(w.account).DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &user, PolicyName: &inline}); err != nil {
			return aws.Wrap(err, "iam:DeleteUserPolicy", user)
		}
	}
	for _, group := range g.groups {
		if _, err := aws.IAM(w.account).RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{UserName: &user, GroupName: &group}); err != nil {
			return aws.Wrap(err, "iam:RemoveUserFromGroup", user)
		}
	}
	return nil
}

// grantsChange is the change to an existing identity.
func grantsChange(s state.Settings, tags map[string]string, g grants, foreign string) *change {
	before, after := g.words()
	c := &change{op: Change, summary: "exactly the rights it needs", before: before, after: after, risk: Reversible}
	c.undo = "set it back to: " + before
	if !s.Owned(tags) {
		c.op, c.summary = Adopt, foreign
		c.before = strings.TrimSuffix("tag "+state.SystemTag+": none, "+before, ", ")
		c.after = strings.TrimSuffix("tag "+state.SystemTag+": "+s.SystemName()+", "+after, ", ")
		return c
	}
	if g.empty() {
		return nil
	}
	return c
}

func roleResource(s state.Settings, want state.Role) resource {
	is := func(r state.Role) bool { return r.ARN == want.ARN }
	diff := func(have state.Role) grants { return grantsDiff(have.Attached, have.Inline, nil, want.Attached) }
	return resource{
		id: "role/" + want.Name, title: "role " + want.Name, why: identityWhy("164.308(a)(3)(i)"),
		controls: []string{"IAM-07", "IAM-08", "IAM-09", "IAM-10", "IAM-11", "IAM-17", "IAM-20"},
		needs:    append(policyResourceIDs(want.Attached), "user/"+state.AdminUser),
		read:     (*observer).rights,
		facts: func(st *state.State) []fact {
			have := state.Find(st.Roles, is)
			if r, ok := have.Value(); ok {
				return []fact{have, r.MaxHours}
			}
			return []fact{have}
		},
		diff: func(st *state.State) *change {
			have, exists := state.Find(st.Roles, is).Value()
			if !exists {
				_, after := grantsDiff(nil, nil, nil, want.Attached).words()
				return &change{
					op: Create, summary: summaryOf(want.Name), risk: Reversible, undo: "delete the role",
					after: "assumed by " + state.AdminUser + " with its second factor only, for one hour at most, " + after,
				}
			}
			c := grantsChange(s, have.Tags, diff(have), "a role with this name exists that Claria did not create")
			for _, d := range roleDiffs(have, want) {
				if c == nil {
					c = &change{
						op: Change, risk: Reversible,
						summary: "assumed by " + state.AdminUser + " with its second factor only, for one hour at most",
					}
				}
				c.before, c.after = strings.TrimPrefix(c.before+", "+d.before, ", "), strings.TrimPrefix(c.after+", "+d.after, ", ")
				c.undo = "set it back to: " + c.before
			}
			return c
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			have, exists := state.Find(w.have.Roles, is).Value()
			if !exists {
				return "", w.createRole(ctx, want)
			}
			if !s.Owned(have.Tags) {
				if _, err := aws.IAM(w.account).TagRole(ctx, &iam.TagRoleInput{RoleName: &want.Name, Tags: newTag(s)}); err != nil {
					return "", aws.Wrap(err, "iam:TagRole", want.Name)
				}
			}
			if !permissions.SameDocument(have.Trust, want.Trust) {
				if _, err := aws.IAM(w.account).UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
					RoleName: &want.Name, PolicyDocument: &want.Trust,
				}); err != nil {
					return "", aws.Wrap(err, "iam:UpdateAssumeRolePolicy", want.Name)
				}
			}
			if hours, _ := have.MaxHours.Value(); hours > 1 {
				if _, err := aws.IAM(w.account).UpdateRole(ctx, &iam.UpdateRoleInput{
					RoleName: &want.Name, MaxSessionDuration: new(int32(3600)),
				}); err != nil {
					return "", aws.Wrap(err, "iam:UpdateRole", want.Name)
				}
			}
			return "", w.grantRole(ctx, want.Name, diff(have))
		},
	}
}

type difference struct{ before, after string }

func roleDiffs(have, want state.Role) []difference {
	var all []difference
	if !permissions.SameDocument(have.Trust, want.Trust) {
		all = append(all, difference{"trusts " + have.Trust, "trusts " + want.Trust})
	}
	if hours, _ := have.MaxHours.Value(); hours > 1 {
		all = append(all, difference{fmt.Sprintf("%d hours at most", hours), "1 hour at most"})
	}
	return all
}

func (w *writer) createRole(ctx context.Context, want state.Role) error {
	err := w.create(ctx, "iam:CreateRole", want.Name, []string{"role with name " + want.Name, want.ARN}, isThere, func() error {
		_, err := aws.IAM(w.account).CreateRole(ctx, &iam.CreateRoleInput{
			RoleName: &want.Name, AssumeRolePolicyDocument: &want.Trust, MaxSessionDuration: new(int32(3600)),
			Tags: newTag(w.settings), Description: new(summaryOf(want.Name)),
		})
		return err
	})
	if err != nil {
		return err
	}
	return w.grantRole(ctx, want.Name, grantsDiff(nil, nil, nil, want.Attached))
}

func (w *writer) grantRole(ctx context.Context, role string, g grants) error {
	for _, arn := range g.attach {
		if _, err := aws.IAM(w.account).AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &arn}); err != nil {
			return aws.Wrap(err, "iam:AttachRolePolicy", role)
		}
	}
	for _, arn := range g.detach {
		if _, err := aws.IAM(w.account).DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: &arn}); err != nil {
			return aws.Wrap(err, "iam:DetachRolePolicy", role)
		}
	}
	for _, inline := range g.inline {
		if _, err := aws.IAM(w.account).DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: &inline}); err != nil {
			return aws.Wrap(err, "iam:DeleteRolePolicy", role)
		}
	}
	return nil
}

func policyResourceIDs(arns []string) []string {
	ids := make([]string, 0, len(arns))
	for _, arn := range arns {
		ids = append(ids, "policy/"+name(arn))
	}
	return ids
}

// newTag is our tag as IAM expects it.
func newTag(s state.Settings) []types.Tag {
	return []types.Tag{{Key: new(state.SystemTag), Value: new(s.SystemName())}}
}
