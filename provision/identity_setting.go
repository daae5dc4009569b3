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
	"claria/provision/state"
)

// rightsKept is what gives an identity its rights.
type rightsKept struct {
	Attached []string              `json:"attached"` // policy ARNs
	Inline   []state.NamedDocument `json:"inline"`
	Groups   []string              `json:"groups,omitempty"`
}

// roleKept is that and who may have them for how long.
type roleKept struct {
	Trust   string     `json:"trust"`
	Seconds int32      `json:"seconds"` // longest session
	Rights  rightsKept `json:"rights"`
}

const givesRights = state.ProvisionerRole + " may take rights away from an identity, and give none but Claria's own"

// identitySettings are the settings of Claria's policies and of who has them.
func identitySettings(want *state.State) map[string]*setting {
	all := map[string]*setting{}
	policies, _ := want.Policies.Value()
	for _, p := range policies {
		all["policy/"+p.Name] = keep(policyKept(p))
	}
	users, _ := want.Users.Value()
	for _, u := range users {
		all["user/"+u.Name] = keep(userKept(u))
	}
	roles, _ := want.Roles.Value()
	for _, r := range roles {
		all["role/"+r.Name] = keep(roleSetting(r))
	}
	return all
}

func policyKept(want state.Policy) whole[string] {
	is := func(p state.Policy) bool { return p.ARN == want.ARN }
	return whole[string]{
		of: func(st *state.State) state.Reading[string] {
			return state.Derive(state.Find(st.Policies, is), func(p state.Policy) string { return p.Document })
		},
		see: func(st *state.State, r state.Reading[string]) {
			st.Policies = replaced(st.Policies, is, func(p state.Policy) state.Policy { p.Document, _ = r.Value(); return p })
		},
		put: func(ctx context.Context, w *writer, document string) error {
			return w.newPolicyVersion(ctx, state.Policy{ARN: want.ARN, Name: want.Name, Document: document})
		},
	}
}

func userKept(want state.User) whole[rightsKept] {
	is := func(u state.User) bool { return u.ARN == want.ARN }
	rights := func(u state.User) rightsKept { return rightsKept{u.Attached, u.Inline, u.Groups} }
	return whole[rightsKept]{
		parts: true,
		of:    func(st *state.State) state.Reading[rightsKept] { return state.Derive(state.Find(st.Users, is), rights) },
		see: func(st *state.State, r state.Reading[rightsKept]) {
			k, _ := r.Value()
			st.Users = replaced(st.Users, is, func(u state.User) state.User {
				u.Attached, u.Inline, u.Groups = k.Attached, k.Inline, k.Groups
				return u
			})
		},
		put: func(ctx context.Context, w *writer, to rightsKept) error {
			have, _ := state.Find(w.have.Users, is).Value()
			from := rights(have)
			if err := w.grantUser(ctx, want.Name, from.less(to)); err != nil {
				return err
			}
			for _, d := range to.inlineNotIn(from) {
				if _, err := aws.IAM(w.account).PutUserPolicy(ctx, &iam.PutUserPolicyInput{
					UserName: &want.Name, PolicyName: &d.Name, PolicyDocument: &d.Document,
				}); err != nil {
					return aws.Wrap(err, "iam:PutUserPolicy", want.Name)
				}
			}
			for _, group := range without(to.Groups, from.Groups) {
				if _, err := aws.IAM(w.account).AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: &want.Name, GroupName: &group}); err != nil {
					return aws.Wrap(err, "iam:AddUserToGroup", want.Name)
				}
			}
			return nil
		},
		admin: func(st *state.State) string {
			u, _ := state.Find(st.Users, is).Value()
			return rights(u).beyond(want.Attached)
		},
	}
}

func roleSetting(want state.Role) whole[roleKept] {
	is := func(r state.Role) bool { return r.ARN == want.ARN }
	rights := func(r state.Role) rightsKept { return rightsKept{Attached: r.Attached, Inline: r.Inline} }
	return whole[roleKept]{
		parts:     true,
		operation: "iam:GetRole",
		ask: func(ctx context.Context, o *observer) (roleKept, error) {
			out, err := aws.IAM(o.account).GetRole(ctx, &iam.GetRoleInput{RoleName: &want.Name})
			if err != nil {
				return roleKept{}, err
			}
			all, err := o.authorizationDetails(ctx)
			if err != nil {
				return roleKept{}, err
			}
			i := slices.IndexFunc(all.roles, is)
			if out.Role == nil || i < 0 {
				return roleKept{}, state.ErrIncomplete
			}
			return roleKept{decoded(out.Role.AssumeRolePolicyDocument), sdk.ToInt32(out.Role.MaxSessionDuration), rights(all.roles[i])}, nil
		},
		see: func(st *state.State, r state.Reading[roleKept]) {
			k, _ := r.Value()
			st.Roles = replaced(st.Roles, is, func(r state.Role) state.Role {
				r.Trust, r.MaxHours, r.Attached, r.Inline = k.Trust, state.Known(wholeHours(k.Seconds)), k.Rights.Attached, k.Rights.Inline
				return r
			})
		},
		put: func(ctx context.Context, w *writer, to roleKept) error {
			have, _ := state.Find(w.have.Roles, is).Value()
			if have.Trust != to.Trust {
				if _, err := aws.IAM(w.account).UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
					RoleName: &want.Name, PolicyDocument: &to.Trust,
				}); err != nil {
					return aws.Wrap(err, "iam:UpdateAssumeRolePolicy", want.Name)
				}
			}
			if was[roleKept](w, "role/"+want.Name).Seconds != to.Seconds {
				if _, err := aws.IAM(w.account).UpdateRole(ctx, &iam.UpdateRoleInput{
					RoleName: &want.Name, MaxSessionDuration: &to.Seconds,
				}); err != nil {
					return aws.Wrap(err, "iam:UpdateRole", want.Name)
				}
			}
			from := rights(have)
			if err := w.grantRole(ctx, want.Name, from.less(to.Rights)); err != nil {
				return err
			}
			for _, d := range to.Rights.inlineNotIn(from) {
				if _, err := aws.IAM(w.account).PutRolePolicy(ctx, &iam.PutRolePolicyInput{
					RoleName: &want.Name, PolicyName: &d.Name, PolicyDocument: &d.Document,
				}); err != nil {
					return aws.Wrap(err, "iam:PutRolePolicy", want.Name)
				}
			}
			return nil
		},
		admin: func(st *state.State) string {
			r, _ := state.Find(st.Roles, is).Value()
			return rights(r).beyond(want.Attached)
		},
	}
}

// wholeHours is a session's length as a State has it.
func wholeHours(seconds int32) int { return int(seconds+3599) / 3600 }

// less is what to attach, and what to take away, from one set of rights to another.
func (from rightsKept) less(to rightsKept) grants {
	g := grants{
		attach: without(to.Attached, from.Attached), detach: without(from.Attached, to.Attached),
		groups: without(from.Groups, to.Groups),
	}
	for _, d := range from.Inline {
		if !slices.ContainsFunc(to.Inline, func(other state.NamedDocument) bool { return other.Name == d.Name }) {
			g.inline = append(g.inline, d.Name)
		}
	}
	return g
}

// inlineNotIn are the inline policies that the other set does not have as they are.
func (from rightsKept) inlineNotIn(other rightsKept) []state.NamedDocument {
	return slices.DeleteFunc(slices.Clone(from.Inline), func(d state.NamedDocument) bool { return slices.Contains(other.Inline, d) })
}

// beyond is why the role may not give these rights; empty: it may.
func (from rightsKept) beyond(own []string) string {
	if g := grantsDiff(from.Attached, from.Inline, from.Groups, own); len(g.detach)+len(g.inline)+len(g.groups) > 0 {
		return givesRights
	}
	return ""
}

func without(all, gone []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(gone, s) })
}

// setCredential switches a credential of a user on or off. The kinds are those that
// a person is shown.
func setCredential(ctx context.Context, account *aws.Account, kind, user, id string, active bool) error {
	status := types.StatusTypeInactive
	if active {
		status = types.StatusTypeActive
	}
	var err error
	var operation string
	switch client := aws.IAM(account); kind {
	case accessKeyKind:
		operation = "iam:UpdateAccessKey"
		_, err = client.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: &user, AccessKeyId: &id, Status: status})
	case serviceKind:
		operation = "iam:UpdateServiceSpecificCredential"
		_, err = client.UpdateServiceSpecificCredential(ctx, &iam.UpdateServiceSpecificCredentialInput{
			UserName: &user, ServiceSpecificCredentialId: &id, Status: status,
		})
	case sshKind:
		operation = "iam:UpdateSSHPublicKey"
		_, err = client.UpdateSSHPublicKey(ctx, &iam.UpdateSSHPublicKeyInput{UserName: &user, SSHPublicKeyId: &id, Status: status})
	case certificateKind:
		operation = "iam:UpdateSigningCertificate"
		_, err = client.UpdateSigningCertificate(ctx, &iam.UpdateSigningCertificateInput{UserName: &user, CertificateId: &id, Status: status})
	default:
		return fmt.Errorf("a credential of an unknown kind, %q", kind)
	}
	return aws.Wrap(err, operation, user)
}

// The kinds of credential.
const (
	accessKeyKind   = "key"
	serviceKind     = "service credential"
	sshKind         = "SSH key"
	certificateKind = "signing certificate"
)

// credentialSettings are which credentials of which users are on, by "KIND/USER/ID".
func credentialSettings() map[string]*setting {
	keys := keep(credentialsKept(func(u state.User, on func(kind, id string, active bool)) fact {
		keys, _ := u.Keys.Value()
		for _, k := range keys {
			on(accessKeyKind, k.ID, k.Active)
		}
		return u.Keys
	}))
	others := keep(credentialsKept(func(u state.User, on func(kind, id string, active bool)) fact {
		for _, list := range []struct {
			kind string
			read state.Reading[[]state.Credential]
		}{{serviceKind, u.SignIn.Services}, {sshKind, u.SignIn.SSHKeys}, {certificateKind, u.SignIn.Certificates}} {
			all, _ := list.read.Value()
			for _, c := range all {
				on(list.kind, c.ID, c.Active)
			}
			if _, unknown := list.read.Problem(); unknown {
				return list.read
			}
		}
		return u.SignIn.Services
	}))
	return map[string]*setting{"unused-keys": keys, "spare-keys": keys, "other-credentials": others}
}

func credentialsKept(list func(state.User, func(kind, id string, active bool)) fact) whole[map[string]bool] {
	return whole[map[string]bool]{
		entries: true,
		of: func(st *state.State) state.Reading[map[string]bool] {
			users, known := st.Users.Value()
			if !known {
				return state.Derive(st.Users, func([]state.User) map[string]bool { return nil })
			}
			all := map[string]bool{}
			for _, u := range users {
				read := list(u, func(kind, id string, active bool) { all[kind+"/"+u.Name+"/"+id] = active })
				if p, unknown := read.Problem(); unknown {
					return state.Unknown[map[string]bool](p)
				}
			}
			return state.Known(all)
		},
		see: func(st *state.State, r state.Reading[map[string]bool]) {
			all, _ := r.Value()
			set := func(kind, user string, list state.Reading[[]state.Credential]) state.Reading[[]state.Credential] {
				return replaced(list, func(c state.Credential) bool { _, is := all[kind+"/"+user+"/"+c.ID]; return is },
					func(c state.Credential) state.Credential { c.Active = all[kind+"/"+user+"/"+c.ID]; return c })
			}
			st.Users = replaced(st.Users, func(state.User) bool { return true }, func(u state.User) state.User {
				u.Keys = replaced(u.Keys, func(k state.AccessKey) bool { _, is := all[accessKeyKind+"/"+u.Name+"/"+k.ID]; return is },
					func(k state.AccessKey) state.AccessKey { k.Active = all[accessKeyKind+"/"+u.Name+"/"+k.ID]; return k })
				u.SignIn.Services = set(serviceKind, u.Name, u.SignIn.Services)
				u.SignIn.SSHKeys = set(sshKind, u.Name, u.SignIn.SSHKeys)
				u.SignIn.Certificates = set(certificateKind, u.Name, u.SignIn.Certificates)
				return u
			})
		},
		put: func(ctx context.Context, w *writer, all map[string]bool) error {
			for name, active := range all {
				kind, rest, _ := strings.Cut(name, "/")
				user, id, _ := strings.Cut(rest, "/")
				if err := setCredential(ctx, w.account, kind, user, id, active); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
