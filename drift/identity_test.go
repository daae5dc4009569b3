package drift

import (
	"slices"
	"strings"
	"testing"
	"time"

	"claria/audit"
	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/provision"
	"claria/provision/state"
)

// person adds a user who existed before set-up, without credentials.
func person(s *state.State, name string, change func(*state.User)) {
	edit(&s.Users, func(users []state.User) []state.User {
		u := state.User{
			Name: name, ARN: "arn:aws:iam::" + account + ":user/" + name, Created: now.AddDate(-1, 0, 0), SignIn: noOtherWay(),
			Keys: state.Known([]state.AccessKey{}), MFA: state.Known([]string{}),
		}
		change(&u)
		return append(slices.Clone(users), u)
	})
}

func inline(text string) []state.NamedDocument {
	return []state.NamedDocument{{Name: "x", Document: statement(text)}}
}

// used is an active key.
func used(id string, made, last time.Time) state.AccessKey {
	k := state.AccessKey{ID: id, Active: true, Created: made, Use: state.Absent[time.Time]()}
	if !last.IsZero() {
		k.Use = state.Known(last)
	}
	return k
}

func role(s *state.State, r state.Role) {
	edit(&s.Roles, func(roles []state.Role) []state.Role {
		if r.Path == "" {
			r.Path = "/"
		}
		r.ARN = "arn:aws:iam::" + account + ":role" + r.Path + r.Name
		return append(slices.Clone(roles), r)
	})
}

func trusting(principal string) string {
	return statement(`{"Effect": "Allow", "Principal": ` + principal + `, "Action": "sts:AssumeRole"}`)
}

// TestWhatIdentityControlsSee has, for each control of the family, accounts that it
// passes, fails or cannot judge, and what the finding must say.
func TestWhatIdentityControlsSee(t *testing.T) {
	t.Parallel()
	before := now.AddDate(-1, 0, 0)
	admins := func(s *state.State) {
		attach(s, "All", statement(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`))
	}
	const all = "arn:aws:iam::" + account + ":policy/All"
	for _, c := range []struct {
		id, name string
		change   func(*state.State)
		want     catalogue.Status
		says     string
	}{
		{"IAM-03", "an app", func(s *state.State) {
			s.People.RootDevice = state.Known("arn:aws:iam::1:mfa/root-account-mfa-device")
		}, catalogue.Fail, "can be copied"},
		{"IAM-03", "a passkey", func(*state.State) {}, catalogue.Pass, "passkey"},
		{"IAM-03", "not read", func(s *state.State) {
			s.People.RootDevice = state.Unknown[string](denied("iam:ListVirtualMFADevices"))
		}, catalogue.Unknown, "iam:ListVirtualMFADevices"},

		{"IAM-04", "to set up", func(s *state.State) {
			admin(s, func(u *state.User) { u.Created = now.Add(-time.Hour) })
			s.People.RootUse = state.Known(state.RootUse{Keys: []time.Time{now.Add(-30 * time.Minute)}})
		}, catalogue.Pass, "to set up; not since"},
		{"IAM-04", "signed in since", func(s *state.State) {
			s.People.RootUse = state.Known(state.RootUse{Password: now.AddDate(0, 0, -3)})
		}, catalogue.Fail, "console sign-in on 2026-11-18"},
		{"IAM-04", "a key used since", func(s *state.State) {
			s.People.RootUse = state.Known(state.RootUse{Keys: []time.Time{now.AddDate(0, 0, -89)}})
		}, catalogue.Fail, "access key"},
		{"IAM-04", "long ago", func(s *state.State) {
			s.People.RootUse = state.Known(state.RootUse{Password: now.AddDate(0, 0, -91)})
		}, catalogue.Pass, "not used for 90 days"},
		{"IAM-04", "never set up", func(s *state.State) {
			s.Users = state.Known([]state.User{})
			s.People.RootUse = state.Known(state.RootUse{Keys: []time.Time{now}})
		}, catalogue.Fail, "after set-up"},
		{"IAM-04", "when set-up was could not be read", func(s *state.State) {
			s.Users = state.Unknown[[]state.User](denied("iam:GetAccountAuthorizationDetails"))
			s.People.RootUse = state.Known(state.RootUse{Keys: []time.Time{now}})
		}, catalogue.Unknown, "iam:GetAccountAuthorizationDetails"},
		{"IAM-04", "a signing certificate", func(s *state.State) {
			s.Root = state.Known(state.RootUser{MFA: true, Certificates: 1})
		}, catalogue.Fail, "signing certificate"},

		{"IAM-05", "a password alone", func(s *state.State) {
			person(s, "bob", func(u *state.User) { u.SignIn.Console = state.Known(state.Login{Created: now}) })
		}, catalogue.Fail, "user bob can sign in"},
		{"IAM-05", "with a second factor", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.SignIn.Console, u.MFA = state.Known(state.Login{Created: now}), state.Known([]string{"arn:aws:iam::1:mfa/bob"})
			})
		}, catalogue.Pass, "1 user with a console password"},
		{"IAM-05", "a factor that could not be read", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.SignIn.Console, u.MFA = state.Known(state.Login{Created: now}), state.Unknown[[]string](denied("iam:ListMFADevices"))
			})
		}, catalogue.Unknown, "iam:ListMFADevices"},

		{"IAM-06", "keys that may change rights", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.Keys = state.Known([]state.AccessKey{used("AKIABOB", before, now)})
				u.Inline = inline(`{"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*"}`)
			})
		}, catalogue.Fail, "anyone who finds its key may iam:PutUserPolicy"},
		{"IAM-06", "keys that may read", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.Keys = state.Known([]state.AccessKey{used("AKIABOB", before, now)})
				u.Inline = inline(`{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}`)
			})
		}, catalogue.Pass, "3 with keys that cannot tamper"},
		{"IAM-06", "rights without a key", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.Inline = inline(`{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}`)
			})
		}, catalogue.Pass, "1 without credentials"},
		{"IAM-06", "rights that could not be read", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.Keys = state.Known([]state.AccessKey{used("AKIABOB", before, now)})
				u.Attached = []string{"arn:aws:iam::aws:policy/Elsewhere"}
			})
		}, catalogue.Unknown, "Elsewhere"},

		{"IAM-09", "more, by a group", func(s *state.State) {
			s.Groups = state.Known([]state.Group{{Name: "staff", Inline: inline(`{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}`)}})
			admin(s, func(u *state.User) { u.Groups = []string{"staff"} })
		}, catalogue.Fail, "may also: sqs:sendmessage on *"},
		{"IAM-09", "more, but refused by its own guards", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Inline = inline(`{"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"}`)
			})
		}, catalogue.Pass, ""},
		{"IAM-09", "a condition taken away", func(s *state.State) {
			edit(&s.Policies, func(all []state.Policy) []state.Policy {
				for i := range all {
					all[i].Document = strings.Replace(all[i].Document, `"Condition":{"StringEquals":{"transcribe:OutputBucketName"`, `"Condition":{"StringLike":{"transcribe:OutputBucketName"`, 1)
				}
				return all
			})
		}, catalogue.Fail, "transcribe:starttranscriptionjob"},
		{"IAM-09", "less", func(s *state.State) {
			edit(&s.Roles, func(roles []state.Role) []state.Role {
				roles = slices.Clone(roles)
				roles[0].Attached = roles[0].Attached[:1]
				return roles
			})
		}, catalogue.Fail, "role claria-provisioner lacks"},
		{"IAM-09", "a guard taken away", func(s *state.State) {
			edit(&s.Policies, func(all []state.Policy) []state.Policy {
				for i := range all {
					if all[i].Name == state.AdminUser {
						all[i].Document = strings.Replace(all[i].Document, `"s3:BypassGovernanceRetention",`, "", 1)
					}
				}
				return all
			})
		}, catalogue.Fail, "lacks: the refusal of s3:bypassgovernanceretention"},
		{"IAM-09", "a boundary in the way", func(s *state.State) {
			attach(s, "Bounds", statement(`{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}`))
			admin(s, func(u *state.User) { u.Boundary = "arn:aws:iam::" + account + ":policy/Bounds" })
		}, catalogue.Fail, "lacks"},
		{"IAM-09", "a refusal of somebody's own", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Inline = inline(`{"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}`)
			})
		}, catalogue.Pass, ""},
		{"IAM-09", "no auditor", func(s *state.State) {
			edit(&s.Users, func(u []state.User) []state.User { return u[:1] })
		}, catalogue.Fail, "user claria-auditor does not exist"},
		{"IAM-09", "written in another order", func(s *state.State) {
			edit(&s.Policies, func(all []state.Policy) []state.Policy {
				for i := range all {
					all[i].Document = strings.Replace(all[i].Document, `"s3:GetObject","s3:GetObjectVersion"`, `"s3:GetObjectVersion","s3:GetObject"`, 1)
				}
				return all
			})
		}, catalogue.Pass, ""},

		{"IAM-11", "a user who can rewrite policies", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.Inline = inline(`{"Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": "*"}`)
			})
		}, catalogue.Fail, "user bob can rewrite a policy (iam:CreatePolicyVersion)"},
		{"IAM-11", "a role that can hand on a role", func(s *state.State) {
			role(s, state.Role{Name: "app", Created: before, Trust: trusting(`{"Service": "ec2.amazonaws.com"}`), Inline: inline(`{"Effect": "Allow", "Action": ["iam:PassRole", "lambda:CreateFunction"], "Resource": "*"}`)})
		}, catalogue.Fail, "role app can run code of its own"},
		{"IAM-11", "who can become an administrator", func(s *state.State) {
			admins(s)
			role(s, state.Role{Name: "boss", Created: before, Trust: trusting(`{"AWS": "arn:aws:iam::` + account + `:user/bob"}`), Attached: []string{all}})
			person(s, "bob", func(*state.User) {})
		}, catalogue.Fail, "user bob can become boss"},
		{"IAM-11", "an administrator is another control's", func(s *state.State) {
			admins(s)
			person(s, "bob", func(u *state.User) { u.Attached = []string{all} })
		}, catalogue.Pass, "as declared, claria-provisioner may"},
		{"IAM-11", "the daily identity's key made by the provisioner is declared, its boundary is not", func(s *state.State) {
			edit(&s.Roles, func(roles []state.Role) []state.Role {
				roles = slices.Clone(roles)
				roles[0].Inline = inline(`{"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*"}`)
				return roles
			})
		}, catalogue.Fail, "role claria-provisioner can write somebody a policy"},

		{"IAM-13", "a key that lay still", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.Keys = state.Known([]state.AccessKey{used("AKIABOB", before, now.AddDate(0, 0, -91))})
			})
		}, catalogue.Fail, "was last used on 2026-08-22"},
		{"IAM-13", "a key that was never used", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.Keys = state.Known([]state.AccessKey{used("AKIABOB", before, time.Time{})})
			})
		}, catalogue.Fail, "never used"},
		{"IAM-13", "a new key", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.Keys = state.Known([]state.AccessKey{used("AKIABOB", now.AddDate(0, 0, -89), time.Time{})})
			})
		}, catalogue.Pass, "3 credentials"},
		{"IAM-13", "a password that nobody uses", func(s *state.State) {
			person(s, "bob", func(u *state.User) { u.SignIn.Console = state.Known(state.Login{Created: before}) })
			s.People.Passwords = state.Known(map[string]time.Time{"bob": now.AddDate(0, 0, -100)})
		}, catalogue.Fail, "password of user bob has not been used since 2026-08-13"},

		{"IAM-14", "two for months", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.Keys = state.Known([]state.AccessKey{used("AKIABOB", before, now), used("AKIABOB2", before, now)})
			})
		}, catalogue.Fail, "user bob has had two active access keys"},
		{"IAM-14", "while one replaces the other", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.Keys = state.Known([]state.AccessKey{used("AKIABOB", before, now), used("AKIABOB2", now.AddDate(0, 0, -6), now)})
			})
		}, catalogue.Pass, "one at most"},
		{"IAM-14", "not read", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Keys = state.Unknown[[]state.AccessKey](denied("iam:ListAccessKeys"))
			})
		}, catalogue.Unknown, "iam:ListAccessKeys"},

		{"IAM-16", "signed", func(*state.State) {}, catalogue.Attested, "users: claria-admin, claria-auditor; signed by"},
		{"IAM-16", "users not read", func(s *state.State) { s.Users = state.Unknown[[]state.User](denied("iam:x")) }, catalogue.Unknown, "iam:x"},

		{"IAM-17", "a user made since", func(s *state.State) {
			person(s, "eve", func(u *state.User) { u.Created = now.AddDate(0, 0, -1) })
		}, catalogue.Fail, "user eve was created on 2026-11-20, after set-up"},
		{"IAM-17", "who set up", func(s *state.State) { person(s, "bob", func(*state.User) {}) }, catalogue.Pass, "from before set-up: user bob"},
		{"IAM-17", "another account", func(s *state.State) {
			role(s, state.Role{Name: "partner", Created: before, Trust: trusting(`{"AWS": "arn:aws:iam::777788889999:root"}`)})
		}, catalogue.Fail, "role partner gives access to arn:aws:iam::777788889999:root"},
		{"IAM-17", "everyone", func(s *state.State) {
			role(s, state.Role{Name: "open", Created: before, Trust: trusting(`"*"`)})
		}, catalogue.Fail, "role open gives access to everyone"},
		{"IAM-17", "everyone of the account", func(s *state.State) {
			role(s, state.Role{Name: "inside", Created: before, Trust: statement(`{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:PrincipalAccount": "` + account + `"}}}`)})
		}, catalogue.Pass, "role inside"},
		{"IAM-17", "somebody who is gone", func(s *state.State) {
			role(s, state.Role{Name: "old", Created: before, Trust: trusting(`{"AWS": "AIDAEXAMPLEEXAMPLE"}`)})
		}, catalogue.Pass, "role old"},
		{"IAM-17", "a service, from before", func(s *state.State) {
			role(s, state.Role{Name: "app", Created: before, Trust: trusting(`{"Service": "lambda.amazonaws.com"}`)})
		}, catalogue.Pass, "role app"},
		{"IAM-17", "a service, since", func(s *state.State) {
			role(s, state.Role{Name: "app", Created: now, Trust: trusting(`{"Service": "lambda.amazonaws.com"}`)})
		}, catalogue.Fail, "role app was created"},
		{"IAM-17", "the organisation's management account", func(s *state.State) {
			s.Organization = state.Known("arn:aws:organizations::444455556666:organization/o-1")
			role(s, state.Role{Name: "OrganizationAccountAccessRole", Created: before, Trust: trusting(`{"AWS": "arn:aws:iam::444455556666:root"}`)})
		}, catalogue.Pass, "OrganizationAccountAccessRole"},
		{"IAM-17", "an organisation that could not be read", func(s *state.State) {
			s.Organization = state.Unknown[string](denied("organizations:DescribeOrganization"))
			role(s, state.Role{Name: "OrganizationAccountAccessRole", Created: before, Trust: trusting(`{"AWS": "arn:aws:iam::444455556666:root"}`)})
		}, catalogue.Unknown, "organizations:DescribeOrganization"},
		{"IAM-17", "Identity Center", func(s *state.State) {
			const directory = "arn:aws:iam::" + account + ":saml-provider/AWSSSO_1a2b_DO_NOT_DELETE"
			role(s, state.Role{Name: "AWSReservedSSO_Admin_1", Path: centrePath, Created: now, Trust: trusting(`{"Federated": "` + directory + `"}`)})
			s.People.SAML = state.Known([]string{directory})
		}, catalogue.Pass, "nobody from outside"},
		{"IAM-17", "what only looks like Identity Center", func(s *state.State) {
			s.People.SAML = state.Known([]string{"arn:aws:iam::" + account + ":saml-provider/AWSSSO_1a2b_DO_NOT_DELETE"})
		}, catalogue.Fail, "saml-provider/AWSSSO_1a2b_DO_NOT_DELETE"},
		{"IAM-17", "a directory of GitHub's", func(s *state.State) {
			s.People.OpenID = state.Known([]string{"arn:aws:iam::" + account + ":oidc-provider/token.actions.githubusercontent.com"})
		}, catalogue.Fail, "token.actions.githubusercontent.com"},
		{"IAM-17", "the provisioner opened", func(s *state.State) {
			edit(&s.Roles, func(roles []state.Role) []state.Role {
				roles = slices.Clone(roles)
				roles[0].Trust = trusting(`{"AWS": "arn:aws:iam::` + account + `:root"}`)
				return roles
			})
		}, catalogue.Fail, "the identities that may become claria-provisioner"},

		{"IAM-17", "the provisioner for twelve hours", func(s *state.State) {
			edit(&s.Roles, func(roles []state.Role) []state.Role {
				roles = slices.Clone(roles)
				roles[0].MaxHours = state.Known(12)
				return roles
			})
		}, catalogue.Fail, "one code opens claria-provisioner for 12 hours instead of 1"},
		{"IAM-17", "a role that only bears our tag", func(s *state.State) {
			role(s, state.Role{Name: "claria-helper", Created: now, Tags: map[string]string{state.SystemTag: "claria"}, Trust: trusting(`{"AWS": "` + account + `"}`)})
		}, catalogue.Fail, "role claria-helper was created"},
		{"IAM-17", "a user from before that reads every bucket", func(s *state.State) {
			person(s, "backup", func(u *state.User) {
				u.Inline = inline(`{"Effect": "Allow", "Action": ["s3:Get*", "s3:Delete*"], "Resource": "*"}`)
			})
		}, catalogue.Fail, "user backup may read records, write or delete records, change how logs are kept"},
		{"IAM-17", "a user from before with a bucket of its own", func(s *state.State) {
			person(s, "backup", func(u *state.User) {
				u.Inline = inline(`{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::backup", "arn:aws:s3:::backup/*"]}`)
			})
		}, catalogue.Pass, "from before set-up: user backup"},
		{"IAM-17", "a user from before whom the bucket lets in", func(s *state.State) {
			person(s, "backup", func(*state.User) {})
			s.DataBucket.Policy = state.Known(statement(`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::` + account + `:user/backup"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::` + account + `-claria-records/*"}`))
		}, catalogue.Fail, "user backup may read records"},
		{"IAM-17", "a user from before, and a bucket's policy that was not read", func(s *state.State) {
			person(s, "backup", func(*state.User) {})
			s.AuditBucket.Policy = state.Unknown[string](denied("s3:GetBucketPolicy"))
		}, catalogue.Unknown, "s3:GetBucketPolicy"},

		{"IAM-18", "a Bedrock key", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.SignIn.Services = state.Known([]state.Credential{{ID: "ACCA1234567890", For: "bedrock.amazonaws.com", Active: true}})
			})
		}, catalogue.Fail, "user bob has a bedrock credential"},
		{"IAM-18", "an SSH key and a certificate", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.SignIn.SSHKeys = state.Known([]state.Credential{{ID: "APKA1", Active: true}})
				u.SignIn.Certificates = state.Known([]state.Credential{{ID: "ASCA1", Active: true}})
			})
		}, catalogue.Fail, "SSH key of user bob; signing certificate of user bob"},
		{"IAM-18", "switched off, and run out", func(s *state.State) {
			person(s, "bob", func(u *state.User) {
				u.SignIn.Services = state.Known([]state.Credential{{ID: "ACCA1", Active: true, Ends: now.Add(-time.Hour)}, {ID: "ACCA2"}})
			})
		}, catalogue.Pass, "2 switched off or expired"},

		{"IAM-19", "any product", func(s *state.State) {
			attach(s, "Buy", statement(`{"Effect": "Allow", "Action": "aws-marketplace:*", "Resource": "*"}`))
		}, catalogue.Fail, "may subscribe to any product"},
		{"IAM-19", "one product", func(s *state.State) {
			attach(s, "Buy", statement(`{"Effect": "Allow", "Action": "aws-marketplace:Subscribe", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"aws-marketplace:ProductId": ["prod-1"]}}}`))
		}, catalogue.Pass, "only named products"},
		{"IAM-19", "any product, spelled as a product", func(s *state.State) {
			attach(s, "Buy", statement(`{"Effect": "Allow", "Action": "aws-marketplace:Subscribe", "Resource": "*", "Condition": {"StringLike": {"aws-marketplace:ProductId": "*"}}}`))
		}, catalogue.Fail, "policy Buy"},
		{"IAM-19", "not read", func(s *state.State) { s.Policies = state.Unknown[[]state.Policy](denied("iam:p")) }, catalogue.Unknown, "iam:p"},

		{"IAM-20", "as set up", func(*state.State) {}, catalogue.Pass, "refused without TLS; claria-provisioner opens only with a second factor"},
		{"IAM-20", "in the clear", func(s *state.State) {
			edit(&s.Policies, func(all []state.Policy) []state.Policy {
				for i := range all {
					if all[i].Name == state.AdminUser {
						all[i].Document = without(t, all[i].Document, "NeverInTheClear")
					}
				}
				return all
			})
		}, catalogue.Fail, "insecure connection"},
		{"IAM-20", "no second factor asked", func(s *state.State) {
			edit(&s.Roles, func(roles []state.Role) []state.Role {
				roles = slices.Clone(roles)
				roles[0].Trust = trusting(`{"AWS": "arn:aws:iam::` + account + `:user/claria-admin"}`)
				return roles
			})
		}, catalogue.Fail, "without a second factor"},
		{"IAM-20", "asked only of those who have one", func(s *state.State) {
			edit(&s.Roles, func(roles []state.Role) []state.Role {
				roles = slices.Clone(roles)
				roles[0].Trust = statement(`{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::` + account + `:user/claria-admin"}, "Action": "sts:AssumeRole", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}}`)
				return roles
			})
		}, catalogue.Fail, "without a second factor"},
		{"IAM-20", "not read", func(s *state.State) { s.Roles = state.Unknown[[]state.Role](denied("iam:r")) }, catalogue.Unknown, "iam:r"},

		{"IAM-21", "signed", func(*state.State) {}, catalogue.Attested, "without keys; signed by"},
		{"IAM-21", "not sealed", func(s *state.State) { s.Root = state.Known(state.RootUser{MFA: true, AccessKeys: 1}) }, catalogue.Fail, "not sealed"},
		{"IAM-21", "not read", func(s *state.State) { s.Root = state.Unknown[state.RootUser](denied("iam:s")) }, catalogue.Unknown, "iam:s"},

		{"IAM-22", "nobody may ask", func(*state.State) {}, catalogue.Fail, "only the root user could"},
		{"IAM-22", "a role for it", func(s *state.State) {
			role(s, state.Role{Name: "support", Created: before, Trust: trusting(`{"AWS": "` + account + `"}`), Inline: inline(`{"Effect": "Allow", "Action": "support:*", "Resource": "*"}`)})
		}, catalogue.Pass, "role support may open a case"},
		{"IAM-22", "not read", func(s *state.State) { s.Roles = state.Unknown[[]state.Role](denied("iam:r")) }, catalogue.Unknown, "iam:r"},
	} {
		s := good()
		c.change(&s)
		f := judgeThe(t, c.id, catalogue.Strict, s, settings(), facts())
		shows(c.id, c.want)
		if f.Status != c.want || !strings.Contains(f.Observed+" "+f.Reason, c.says) {
			t.Errorf("%s, %s: %s, want %s with %q\n observed %s\n reason   %s", c.id, c.name, f.Status, c.want, c.says, f.Observed, f.Reason)
		}
	}
}

// TestStatementsOfIdentity: a control that passes by call is due until it is signed.
func TestStatementsOfIdentity(t *testing.T) {
	t.Parallel()
	facts := facts()
	facts.Register = state.Absent[register.Register]()
	findings := judgeKnowing(t, catalogue.Strict, good(), settings(), facts)
	for _, id := range []string{"IAM-16", "IAM-21", "IAM-23"} {
		shows(id, catalogue.AttestDue)
		if f := findings[id]; f.Status != catalogue.AttestDue || f.Reason == "" {
			t.Errorf("%s: %s, %s", id, f.Status, f.Reason)
		}
	}
}

// TestRootUseInTheTrail is the other source of IAM-04: it counts, and where it could not be
// read the control is unknown.
func TestRootUseInTheTrail(t *testing.T) {
	t.Parallel()
	event := func(name, address, problem string) audit.Event {
		return audit.Event{Name: name, At: now.AddDate(0, 0, -2), Actor: "root", Address: address, Error: problem}
	}
	for _, c := range []struct {
		name string
		root state.Reading[[]audit.Event]
		want catalogue.Status
		says string
	}{
		{"a call", state.Known([]audit.Event{event("CreateUser", "203.0.113.7", "")}), catalogue.Fail, "CreateUser on 2026-11-19"},
		{"a sign-in that was refused", state.Known([]audit.Event{event("ConsoleLogin", "203.0.113.7", "Failed authentication")}), catalogue.Pass, ""},
		{"a service in its name", state.Known([]audit.Event{event("Decrypt", "cloudtrail.amazonaws.com", "")}), catalogue.Pass, ""},
		{"not read", state.Unknown[[]audit.Event](denied("cloudtrail:LookupEvents")), catalogue.Unknown, "cloudtrail:LookupEvents"},
	} {
		facts := facts()
		facts.Trail.Root = c.root
		f := judgeKnowing(t, catalogue.Core, good(), settings(), facts)["IAM-04"]
		shows("IAM-04", c.want)
		if f.Status != c.want || !strings.Contains(f.Observed+" "+f.Reason, c.says) {
			t.Errorf("%s: %s, %s, %s", c.name, f.Status, f.Observed, f.Reason)
		}
	}
}

// TestWhatIsMendedOfKeys: a key that this machine holds, and a password, are left for a
// person to decide on.
func TestWhatIsMendedOfKeys(t *testing.T) {
	t.Parallel()
	s := good()
	key := used("AKIAHELD", now.AddDate(0, 0, -100), now.AddDate(0, 0, -95))
	admin(&s, func(u *state.User) { u.Keys = state.Known([]state.AccessKey{key}) })
	for _, c := range []struct {
		name   string
		held   map[string]string
		remedy catalogue.Remedy
	}{
		{"keyring not looked into", nil, catalogue.Guided},
		{"held here", map[string]string{state.AdminUser: key.ID}, catalogue.Guided},
		{"held by nobody here", map[string]string{}, catalogue.Automatic},
	} {
		settings := settings()
		settings.Held = c.held
		if f := judgeWith(t, s, settings)["IAM-13"]; f.Status != catalogue.Fail || f.Remedy != c.remedy {
			t.Errorf("%s: %s, %s", c.name, f.Status, f.Remedy)
		}
	}
}

// What claria doctor says about rights is what IAM-09 compares: a policy that somebody
// detached is named, and policies that were not read are not taken for missing ones.
func TestLackingNamesWhatWasTakenAway(t *testing.T) {
	t.Parallel()
	desired := provision.Desired(settings())
	if lacking, unread := Lacking(good(), desired); len(lacking)+len(unread) > 0 {
		t.Fatalf("of a set-up account: %v, %v", lacking, unread)
	}
	detached := good()
	edit(&detached.Users, func(users []state.User) []state.User {
		users = slices.Clone(users)
		for i := range users {
			if users[i].Name == state.AuditorUser {
				users[i].Attached = users[i].Attached[:1]
			}
		}
		return users
	})
	lacking, unread := Lacking(detached, desired)
	if len(unread) > 0 || len(lacking) != 1 || lacking[0].Who != "user "+state.AuditorUser ||
		!strings.Contains(strings.Join(lacking[0].Rights, "\n"), "servicequotas:listservicequotas on *") {
		t.Errorf("a detached policy: %v, %v", lacking, unread)
	}
	unlisted := good()
	unlisted.Policies = state.Unknown[[]state.Policy](state.Problem{Message: "denied"})
	if lacking, unread = Lacking(unlisted, desired); len(lacking) > 0 || len(unread) == 0 {
		t.Errorf("unread policies: %v, %v", lacking, unread)
	}
}
