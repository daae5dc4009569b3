package drift

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"claria/aws"
	"claria/drift/catalogue"
	"claria/provision/state"
)

func TestAGoodAccountPassesEverything(t *testing.T) {
	t.Parallel()
	findings := judgeAll(t, good())
	for _, id := range []string{
		"BAA-01", "IAM-01", "IAM-02", "IAM-07", "IAM-08", "IAM-10", "IAM-12", "IAM-15", "S3-01", "S3-02", "S3-04", "S3-05", "S3-06", "S3-07", "S3-08", "S3-09", "S3-10", "S3-11", "S3-12", "S3-13",
		"CT-01", "CT-02", "CT-03", "CT-04", "CT-05", "CT-06", "CT-09", "CT-10", "BDR-01", "BDR-04", "BDR-05", "BDR-07", "TRN-01",
	} {
		f, ok := findings[id]
		if !ok {
			t.Errorf("%s is not judged", id)
			continue
		}
		shows(id, catalogue.Pass)
		if f.Status != catalogue.Pass || f.Observed == "" || f.Desired == "" || f.Resource == "" {
			t.Errorf("%s: %+v", id, f)
		}
	}
}

const account = "111122223333"

// statement is a policy of one statement.
func statement(s string) string { return `{"Version": "2012-10-17", "Statement": [` + s + `]}` }

// addPolicy adds a statement to a bucket's policy.
func addPolicy(b *state.Bucket, s string) {
	edit(&b.Policy, func(p string) string { return strings.TrimSuffix(p, "]}") + "," + s + "]}" })
}

// without is a policy without the statements whose Sid holds one of the texts.
func without(t *testing.T, document string, sids ...string) string {
	t.Helper()
	body := document
	for _, sid := range sids {
		re := regexp.MustCompile(`\{"Sid":"` + sid + `".*?\}\}?\},?`)
		if !re.MatchString(body) {
			t.Fatalf("no statement %s in %s", sid, body)
		}
		body = re.ReplaceAllString(body, "")
	}
	return strings.Replace(body, "},]", "}]", 1)
}

func admin(s *state.State, change func(*state.User)) {
	edit(&s.Users, func(users []state.User) []state.User {
		for i := range users {
			if users[i].Name == state.AdminUser {
				change(&users[i])
			}
		}
		return users
	})
}

func attach(s *state.State, name, document string) {
	edit(&s.Policies, func(p []state.Policy) []state.Policy {
		return append(p, state.Policy{ARN: "arn:aws:iam::" + account + ":policy/" + name, Name: name, Document: document})
	})
}

// centreAdmin adds the role of IAM Identity Center's permission set AdministratorAccess.
func centreAdmin(s *state.State) {
	role(s, state.Role{
		Name: "AWSReservedSSO_AdministratorAccess_0123456789abcdef", Path: centrePath, Created: now,
		Trust:  trusting(`{"Federated": "arn:aws:iam::` + account + `:saml-provider/AWSSSO_1a2b_DO_NOT_DELETE"}`),
		Inline: inline(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`),
	})
}

// TestWhatEachControlSees has, for every control, accounts that it must fail or
// cannot judge, and what the finding must say.
func TestWhatEachControlSees(t *testing.T) {
	t.Parallel()
	selectors := func(fields ...[]state.SelectorField) state.Reading[state.TrailSelectors] {
		var s state.TrailSelectors
		for _, f := range fields {
			s.Advanced = append(s.Advanced, state.Selector{Fields: f})
		}
		return state.Known(s)
	}
	field := func(name string, equals ...string) state.SelectorField {
		return state.SelectorField{Field: name, Equals: equals}
	}
	data := func(more ...state.SelectorField) []state.SelectorField {
		return append([]state.SelectorField{field("eventCategory", "Data"), field("resources.type", "AWS::S3::Object")}, more...)
	}
	objects := "arn:aws:s3:::" + account + "-claria-records/"
	for _, c := range []struct {
		id, name string
		change   func(*state.State)
		want     catalogue.Status
		says     string // a part of what the finding says
	}{
		{"BAA-01", "no agreement", func(s *state.State) { s.Agreements = state.Known([]aws.Agreement{}) }, catalogue.Fail, "no Business Associate Addendum"},
		{"BAA-01", "terminated", func(s *state.State) {
			edit(&s.Agreements, func(a []aws.Agreement) []aws.Agreement { a[0].State = "CUSTOMER_TERMINATED"; return a })
		}, catalogue.Fail, "customer_terminated"},
		{"BAA-01", "of another account", func(s *state.State) {
			edit(&s.Agreements, func(a []aws.Agreement) []aws.Agreement { a[0].AccountID = "444455556666"; return a })
		}, catalogue.Fail, "no Business Associate Addendum"},
		{"BAA-01", "not yet in force", func(s *state.State) {
			edit(&s.Agreements, func(a []aws.Agreement) []aws.Agreement { a[0].EffectiveStart = now.AddDate(0, 0, 1); return a })
		}, catalogue.Fail, "no Business Associate Addendum"},
		{"BAA-01", "another agreement with BAA in its name", func(s *state.State) {
			edit(&s.Agreements, func(a []aws.Agreement) []aws.Agreement { a[0].Name = "BAA side letter"; return a })
		}, catalogue.Fail, "BAA side letter"},
		{"BAA-01", "of our organisation", func(s *state.State) {
			edit(&s.Agreements, func(a []aws.Agreement) []aws.Agreement {
				a[0].AccountID, a[0].OrganizationARN = "444455556666", "arn:aws:organizations::444455556666:organization/o-1"
				return a
			})
			s.Organization = state.Known("arn:aws:organizations::444455556666:organization/o-1")
		}, catalogue.Pass, "the organisation"},
		{"BAA-01", "of an organisation that could not be read", func(s *state.State) {
			edit(&s.Agreements, func(a []aws.Agreement) []aws.Agreement {
				a[0].AccountID, a[0].OrganizationARN = "444455556666", "arn:aws:organizations::444455556666:organization/o-1"
				return a
			})
			s.Organization = state.Unknown[string](denied("organizations:DescribeOrganization"))
		}, catalogue.Unknown, "organizations:DescribeOrganization"},
		{"BAA-01", "a member account sees none", func(s *state.State) {
			s.Agreements, s.Organization = state.Known([]aws.Agreement{}), state.Known("arn:aws:organizations::4:organization/o-1")
		}, catalogue.Fail, "management account"},

		{"IAM-01", "a root key", func(s *state.State) { s.Root = state.Known(state.RootUser{AccessKeys: 1, MFA: true}) }, catalogue.Fail, "1 access key"},
		{"IAM-02", "no second factor", func(s *state.State) { s.Root = state.Known(state.RootUser{}) }, catalogue.Fail, "off"},
		{"IAM-07", "a user's inline policy", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Inline = []state.NamedDocument{{Name: "all", Document: statement(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`)}}
			})
		}, catalogue.Fail, "inline policy all of user claria-admin"},
		{"IAM-07", "attached to nobody", func(s *state.State) {
			attach(s, "Old", statement(`{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}`))
		}, catalogue.Fail, "policy Old, attached to nobody"},
		{"IAM-07", "by way of a group", func(s *state.State) {
			attach(s, "All", statement(`{"Effect": "Allow", "Action": "*:*", "Resource": "*"}`))
			s.Groups = state.Known([]state.Group{{Name: "staff", Attached: []string{"arn:aws:iam::" + account + ":policy/All"}}})
		}, catalogue.Fail, "policy All of group staff"},
		{"IAM-07", "a service-linked role is AWS's", func(s *state.State) {
			edit(&s.Roles, func(r []state.Role) []state.Role {
				r[len(r)-1].Inline = []state.NamedDocument{{Name: "x", Document: statement(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`)}}
				return r
			})
		}, catalogue.Pass, ""},
		{"IAM-07", "a document that is not listed", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Attached = append(u.Attached, "arn:aws:iam::aws:policy/AdministratorAccess")
			})
		}, catalogue.Unknown, "AdministratorAccess"},
		{"IAM-07", "a document that is not a policy", func(s *state.State) { attach(s, "Odd", `{"Statement": [{}]}`) }, catalogue.Unknown, "policy Odd"},
		{"IAM-07", "all but what governs the account is high, not critical", func(s *state.State) {
			attach(s, "Power", statement(`{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}`))
		}, catalogue.Pass, ""},
		{"IAM-08", "all but what governs the account", func(s *state.State) {
			attach(s, "Power", statement(`{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}`))
		}, catalogue.Fail, "every action of every service but iam:*, organizations:*, account:*"},
		{"IAM-07", "until a day that is past", func(s *state.State) {
			attach(s, "Once", statement(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2022-01-01T00:00:00Z"}}}`))
		}, catalogue.Pass, ""},
		{"IAM-07", "until a day to come", func(s *state.State) {
			attach(s, "Once", statement(`{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2099-01-01T00:00:00Z"}}}`))
		}, catalogue.Fail, "policy Once"},
		{"IAM-07", "an administrator of Identity Center, with the waiver", centreAdmin, catalogue.Fail, "if this is you, waive IAM-07 and name its second factor"},
		{"IAM-08", "an administrator of Identity Center is named once", centreAdmin, catalogue.Pass, ""},
		{"KMS-05", "an administrator of Identity Center is named once", centreAdmin, catalogue.Pass, ""},
		{"IAM-11", "an administrator of Identity Center is named once", centreAdmin, catalogue.Pass, ""},
		{"IAM-08", "an administrator of another kind", func(s *state.State) {
			role(s, state.Role{Name: "boss", Created: now.AddDate(-1, 0, 0), Trust: trusting(`{"Service": "ec2.amazonaws.com"}`), Inline: inline(`{"Effect": "Allow", "Action": "*", "Resource": "*"}`)})
		}, catalogue.Fail, "role boss"},
		{"IAM-08", "a whole service", func(s *state.State) {
			attach(s, "S3", statement(`{"Effect": "Allow", "Action": ["s3:*", "ec2:Get*"], "Resource": "*"}`))
		}, catalogue.Fail, "s3:*"},
		{"IAM-12", "an old key", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Keys = state.Known([]state.AccessKey{{ID: "AKIAIOSFODNN7EXAMPLE", Active: true, Created: now.AddDate(0, 0, -91)}})
			})
		}, catalogue.Fail, "claria-admin: 91 days"},
		{"IAM-12", "a key on its last day", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Keys = state.Known([]state.AccessKey{{ID: "AKIAIOSFODNN7EXAMPLE", Active: true, Created: now.AddDate(0, 0, -90)}})
			})
		}, catalogue.Pass, "90 days"},
		{"IAM-12", "an old key that is off", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Keys = state.Known([]state.AccessKey{{ID: "AKIAIOSFODNN7EXAMPLE", Created: now.AddDate(-1, 0, 0)}})
			})
		}, catalogue.Pass, ""},
		{"IAM-12", "an old key of one, unread keys of another", func(s *state.State) {
			edit(&s.Users, func(u []state.User) []state.User {
				u[0].Keys = state.Known([]state.AccessKey{{ID: "AKIAIOSFODNN7EXAMPLE", Active: true, Created: now.AddDate(-1, 0, 0)}})
				u[1].Keys = state.Unknown[[]state.AccessKey](denied("iam:ListAccessKeys"))
				return u
			})
		}, catalogue.Fail, "also not known: iam:ListAccessKeys"},

		{"S3-01", "no bucket", func(s *state.State) { s.DataBucket.Region = state.Absent[string]() }, catalogue.Fail, "does not exist"},
		{"S3-01", "elsewhere", func(s *state.State) { s.DataBucket.Region = state.Known("eu-west-1") }, catalogue.Fail, "eu-west-1"},
		{"S3-02", "none", func(s *state.State) { s.DataBucket.Encryption = state.Absent[state.Encryption]() }, catalogue.Fail, "no default encryption"},
		{"S3-02", "another", func(s *state.State) {
			s.DataBucket.Encryption = state.Known(state.Encryption{Algorithm: "aws:kms", Key: "arn:aws:kms:us-east-1:444455556666:key/x"})
		}, catalogue.Fail, "not the declared one"},
		{"S3-05", "one flag", func(s *state.State) {
			edit(&s.DataBucket.PublicAccess, func(f state.PublicAccess) state.PublicAccess { f.BlockPolicy = false; return f })
		}, catalogue.Fail, "off: BlockPublicPolicy"},
		{"S3-05", "not set", func(s *state.State) { s.DataBucket.PublicAccess = state.Absent[state.PublicAccess]() }, catalogue.Fail, "none is set"},
		{"S3-06", "not set", func(s *state.State) { s.AccountPublicAccess = state.Absent[state.PublicAccess]() }, catalogue.Fail, "none is set"},
		{"S3-07", "public", func(s *state.State) {
			addPolicy(&s.DataBucket, `{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "`+objects+`*"}`)
			s.DataBucket.PolicyPublic = state.Known(true)
		}, catalogue.Fail, "“Open” allows everyone"},
		{"S3-07", "the users of a directory", func(s *state.State) {
			addPolicy(&s.DataBucket, `{"Sid": "Open", "Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "s3:PutObject", "Resource": "`+objects+`*"}`)
			s.DataBucket.PolicyPublic = state.Known(true)
		}, catalogue.Fail, "“Open” allows everyone"},
		{"S3-07", "AWS does not see it", func(s *state.State) {
			addPolicy(&s.DataBucket, `{"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "`+objects+`*"}`)
		}, catalogue.Unknown, "AWS calls the policy not public"},
		{"S3-07", "we do not see it", func(s *state.State) { s.DataBucket.PolicyPublic = state.Known(true) }, catalogue.Unknown, "AWS calls the policy public"},
		{"S3-07", "no policy", func(s *state.State) {
			s.DataBucket.Policy, s.DataBucket.PolicyPublic = state.Absent[string](), state.Absent[bool]()
		}, catalogue.Pass, "no policy"},
		{"S3-07", "no bucket", func(s *state.State) {
			s.DataBucket = state.Bucket{Name: s.DataBucket.Name, Region: state.Absent[string](), Policy: state.Absent[string](), PolicyPublic: state.Absent[bool]()}
		}, catalogue.Fail, "does not exist"},
		{"S3-07", "AWS says public, the policy could not be read", func(s *state.State) {
			s.DataBucket.Policy, s.DataBucket.PolicyPublic = state.Unknown[string](denied("s3:GetBucketPolicy")), state.Known(true)
		}, catalogue.Fail, "public"},
		{"S3-08", "ACLs on", func(s *state.State) { s.DataBucket.Ownership = state.Known("ObjectWriter") }, catalogue.Fail, "ObjectWriter"},
		{"S3-08", "granted to everyone", func(s *state.State) {
			s.DataBucket.Grants = state.Known([]state.Grant{{Grantee: "http://acs.amazonaws.com/groups/global/AllUsers", Permission: "READ"}})
		}, catalogue.Fail, "global/AllUsers"},
		{"S3-09", "no policy", func(s *state.State) { s.DataBucket.Policy = state.Absent[string]() }, catalogue.Fail, "no policy"},
		{"S3-09", "plain HTTP is let through", func(s *state.State) {
			edit(&s.DataBucket.Policy, func(p string) string { return without(t, p, "ClariaTLSOnly") })
		}, catalogue.Fail, "insecure connection"},
		{"S3-09", "old TLS is let through", func(s *state.State) {
			edit(&s.DataBucket.Policy, func(p string) string { return without(t, p, "ClariaTLS12") })
		}, catalogue.Fail, "no minimum TLS version"},
		{"S3-09", "old TLS by its newest version", func(s *state.State) {
			edit(&s.DataBucket.Policy, func(p string) string {
				if !strings.Contains(p, `{"NumericLessThan":{"s3:TlsVersion":["1.2"]}}`) || !strings.Contains(p, `{"Bool":{"aws:SecureTransport":["false"]}}`) {
					t.Errorf("set-up writes the two refusals otherwise: %s", p)
				}
				return strings.NewReplacer(`"NumericLessThan":{"s3:TlsVersion":["1.2"]}`, `"NumericLessThanEquals":{"s3:TlsVersion":"1.1"}`,
					`"Bool":{"aws:SecureTransport":["false"]}`, `"Bool":{"aws:SecureTransport":"false"},"Null":{"aws:SecureTransport":"false"}`).Replace(p)
			})
		}, catalogue.Pass, ""},
		{"S3-09", "not for everyone", func(s *state.State) {
			edit(&s.DataBucket.Policy, func(p string) string {
				return strings.Replace(p, `"Principal":"*"`, `"Principal":{"AWS":"111122223333"}`, 1)
			})
		}, catalogue.Fail, "insecure connection"},
		{"S3-09", "not a policy", func(s *state.State) { s.DataBucket.Policy = state.Known("{") }, catalogue.Unknown, "could not be understood"},
		{"S3-04", "customer keys", func(s *state.State) {
			edit(&s.DataBucket.Policy, func(p string) string { return without(t, p, "ClariaNoCustomerKeys") })
		}, catalogue.Fail, "SSE-C"},
		{"S3-04", "another encryption", func(s *state.State) {
			edit(&s.DataBucket.Policy, func(p string) string { return without(t, p, "ClariaDeclaredEncryption") })
		}, catalogue.Fail, "aws:kms accepted"},
		{"S3-10", "another account", func(s *state.State) {
			addPolicy(&s.DataBucket, `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "s3:GetObject", "Resource": "`+objects+`*"}`)
		}, catalogue.Fail, "444455556666"},
		{"S3-10", "a service that acts for another account", func(s *state.State) {
			addPolicy(&s.DataBucket, `{"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:GetObject", "Resource": "`+objects+`*", "Condition": {"StringEquals": {"aws:SourceAccount": "444455556666"}}}`)
		}, catalogue.Fail, "logging.s3.amazonaws.com for 444455556666"},
		{"S3-10", "logs of an account that is written like ours", func(s *state.State) {
			addPolicy(&s.DataBucket, `{"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "`+objects+`*", "Condition": {"StringLike": {"aws:SourceArn": "arn:aws:logs:*:`+account+`:*"}}}`)
		}, catalogue.Fail, "in StringLike, * also matches colons"},
		{"S3-10", "anyone with the right key", func(s *state.State) {
			addPolicy(&s.DataBucket, `{"Effect": "Allow", "Principal": "*", "Action": "s3:PutObject", "Resource": "`+objects+`*", "Condition": {"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:`+account+`:key/1"}}}`)
		}, catalogue.Fail, "everyone"},
		{"S3-10", "our own roles at an endpoint", func(s *state.State) {
			addPolicy(&s.DataBucket, `{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "`+objects+`*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::`+account+`:role/clinic/*"}}}`)
		}, catalogue.Pass, "nobody"},
		{"S3-10", "S3 itself, for another bucket of ours", func(s *state.State) {
			s.Inventory.Buckets = state.Known([]state.OtherBucket{{Name: "website-logs"}})
			addPolicy(&s.DataBucket, `{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "`+objects+`*", "Condition": {"ArnLike": {"aws:SourceArn": ["arn:aws:s3:::`+account+`-claria-records", "arn:aws:s3:::website-logs"]}}}`)
		}, catalogue.Pass, "nobody"},
		{"S3-10", "S3 itself, for a bucket of others", func(s *state.State) {
			addPolicy(&s.DataBucket, `{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "`+objects+`*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::website-logs"}}}`)
		}, catalogue.Fail, "s3.amazonaws.com for arn:aws:s3:::website-logs"},
		{"S3-10", "another account, until a day that is past", func(s *state.State) {
			addPolicy(&s.DataBucket, `{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject", "Resource": "`+objects+`*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2022-01-01"}}}`)
		}, catalogue.Pass, "nobody"},
		{"S3-10", "our own role", func(s *state.State) {
			addPolicy(&s.DataBucket, `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/x"}, "Action": "s3:GetObject", "Resource": "`+objects+`*"}`)
		}, catalogue.Pass, "nobody"},
		{"S3-10", "another account through an access point", func(s *state.State) {
			s.Inventory.AccessPoints = state.Known([]state.AccessPoint{{Name: "lab", Buckets: []string{s.DataBucket.Name}, Policy: state.Known(statement(
				`{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:us-east-1:111122223333:accesspoint/lab/object/*"}`))}})
		}, catalogue.Fail, "the policy of access point lab gives access to 444455556666"},
		{"S3-12", "the daily identity may", func(s *state.State) {
			edit(&s.DataBucket.Policy, func(p string) string { return without(t, p, "ClariaVersionsAreKept") })
			admin(s, func(u *state.User) {
				u.Inline = []state.NamedDocument{{Name: "x", Document: statement(`{"Effect": "Allow", "Action": "s3:Delete*", "Resource": "*"}`)}}
			})
		}, catalogue.Fail, "may permanently delete versions under clients/"},
		{"S3-12", "the bucket's policy stands in the way", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Inline = []state.NamedDocument{{Name: "x", Document: statement(`{"Effect": "Allow", "Action": "s3:Delete*", "Resource": "*"}`)}}
			})
		}, catalogue.Pass, "claria-admin cannot"},
		{"S3-12", "Object Lock stands in the way", func(s *state.State) {
			edit(&s.DataBucket.Policy, func(p string) string { return without(t, p, "ClariaVersionsAreKept") })
			s.DataBucket.ObjectLock = state.Known(state.ObjectLock{Enabled: true, Mode: "GOVERNANCE", Days: 30})
			admin(s, func(u *state.User) {
				u.Inline = []state.NamedDocument{{Name: "x", Document: statement(`{"Effect": "Allow", "Action": "s3:Delete*", "Resource": "*"}`)}}
			})
		}, catalogue.Pass, "Object Lock GOVERNANCE"},
		{"IAM-10", "without its guards", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Attached = nil
				u.Inline = []state.NamedDocument{{Name: "x", Document: statement(`{"Effect": "Allow", "Action": "cloudtrail:*", "Resource": "*"}`)}}
			})
		}, catalogue.Fail, "may cloudtrail:StopLogging"},
		{"IAM-10", "its guards hold against more", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Inline = []state.NamedDocument{{Name: "x", Document: statement(`{"Effect": "Allow", "Action": ["cloudtrail:*", "iam:*"], "Resource": "*"}`)}}
			})
		}, catalogue.Pass, ""},
		{"IAM-10", "nobody to judge", func(s *state.State) { s.Users = state.Known([]state.User{}) }, catalogue.NotApplicable, "no daily identity"},
		{"IAM-15", "none", func(s *state.State) { s.PasswordPolicy = state.Absent[state.PasswordPolicy]() }, catalogue.Fail, "no password policy"},
		{"IAM-15", "short", func(s *state.State) {
			edit(&s.PasswordPolicy, func(p state.PasswordPolicy) state.PasswordPolicy { p.MinimumLength = 8; return p })
		}, catalogue.Fail, "8 characters"},
		{"IAM-15", "reused", func(s *state.State) {
			edit(&s.PasswordPolicy, func(p state.PasswordPolicy) state.PasswordPolicy { p.Reuse = 5; return p })
		}, catalogue.Fail, "5 remembered"},

		{"S3-11", "suspended", func(s *state.State) { s.DataBucket.Versioning = state.Known("Suspended") }, catalogue.Fail, "suspended"},
		{"S3-11", "never", func(s *state.State) { s.DataBucket.Versioning = state.Absent[string]() }, catalogue.Fail, "never enabled"},
		{"S3-13", "expires records", func(s *state.State) {
			edit(&s.DataBucket.Lifecycle, func(r []state.LifecycleRule) []state.LifecycleRule {
				return append(slices.Clone(r), state.LifecycleRule{ID: "tidy", Enabled: true, Prefix: "records/", ExpireDays: 365})
			})
		}, catalogue.Fail, "rule tidy (records/)"},
		{"S3-13", "would expire records, but is off", func(s *state.State) {
			edit(&s.DataBucket.Lifecycle, func(r []state.LifecycleRule) []state.LifecycleRule {
				return append(slices.Clone(r), state.LifecycleRule{ID: "tidy", Prefix: "records/", ExpireDays: 365})
			})
		}, catalogue.Pass, ""},
		{"S3-13", "forgets history early", func(s *state.State) {
			edit(&s.DataBucket.Lifecycle, func(r []state.LifecycleRule) []state.LifecycleRule {
				r = slices.Clone(r)
				r[0].NoncurrentDays = 30
				return r
			})
		}, catalogue.Fail, "after 30 days instead of 2192"},
		{"S3-13", "archives records", func(s *state.State) {
			edit(&s.DataBucket.Lifecycle, func(rules []state.LifecycleRule) []state.LifecycleRule {
				return append(rules, state.LifecycleRule{ID: "cheaper", Enabled: true, Prefix: "records/", Transitions: true, Archives: "DEEP_ARCHIVE"})
			})
		}, catalogue.Fail, "rule cheaper (records/) moves objects to DEEP_ARCHIVE, where nobody can read them until they are restored"},
		{"S3-13", "moves records to a class that is read as usual", func(s *state.State) {
			edit(&s.DataBucket.Lifecycle, func(rules []state.LifecycleRule) []state.LifecycleRule {
				return append(rules, state.LifecycleRule{ID: "cheaper", Enabled: true, Prefix: "records/", Transitions: true})
			})
		}, catalogue.Pass, ""},
		{
			"S3-13", "archives what nobody reads", func(s *state.State) { s.Inventory.ArchiveTiers = state.Known([]string{"rarely"}) }, catalogue.Fail,
			"the Intelligent-Tiering configuration rarely",
		},
		{"S3-13", "no rules", func(s *state.State) { s.DataBucket.Lifecycle = state.Absent[[]state.LifecycleRule]() }, catalogue.Fail, "no rules"},
		{"S3-13", "deleted recordings stay", func(s *state.State) {
			edit(&s.DataBucket.Lifecycle, func(r []state.LifecycleRule) []state.LifecycleRule { return r[:1] })
		}, catalogue.Fail, "deleted recordings"},

		{"CT-01", "no trail", func(s *state.State) { s.Trail = state.Absent[state.Trail]() }, catalogue.Fail, "no such trail"},
		{"CT-01", "stopped", func(s *state.State) {
			edit(&s.TrailStatus, func(t state.TrailStatus) state.TrailStatus { t.Logging = false; return t })
		}, catalogue.Fail, "stopped"},
		{"CT-02", "one region", func(s *state.State) {
			edit(&s.Trail, func(t state.Trail) state.Trail { t.MultiRegion = false; return t })
		}, catalogue.Fail, "one region only"},
		{"CT-02", "no global services", func(s *state.State) {
			edit(&s.Trail, func(t state.Trail) state.Trail { t.GlobalServices = false; return t })
		}, catalogue.Fail, "global services left out"},
		{"CT-03", "off", func(s *state.State) {
			edit(&s.Trail, func(t state.Trail) state.Trail { t.Validation = false; return t })
		}, catalogue.Fail, "off"},
		{"CT-04", "writes only", func(s *state.State) {
			s.TrailSelectors = selectors([]state.SelectorField{field("eventCategory", "Management"), field("readOnly", "false")})
		}, catalogue.Fail, "writes only"},
		{"CT-04", "in two halves", func(s *state.State) {
			s.TrailSelectors = selectors([]state.SelectorField{field("eventCategory", "Management"), field("readOnly", "false")},
				[]state.SelectorField{field("eventCategory", "Management"), field("readOnly", "true")})
		}, catalogue.Pass, ""},
		{"CT-04", "without KMS", func(s *state.State) {
			s.TrailSelectors = selectors([]state.SelectorField{field("eventCategory", "Management"), {Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}})
		}, catalogue.Fail, "not recorded"},
		{"CT-04", "data events only", func(s *state.State) { s.TrailSelectors = selectors(data()) }, catalogue.Fail, "not recorded"},
		{"CT-05", "management events only", func(s *state.State) {
			s.TrailSelectors = selectors([]state.SelectorField{field("eventCategory", "Management")})
		}, catalogue.Fail, "not recorded"},
		{"CT-05", "reads only", func(s *state.State) { s.TrailSelectors = selectors(data(field("readOnly", "true"))) }, catalogue.Fail, "reads only"},
		{"CT-05", "every bucket", func(s *state.State) { s.TrailSelectors = selectors(data()) }, catalogue.Pass, ""},
		{"CT-05", "one prefix", func(s *state.State) {
			s.TrailSelectors = selectors(data(state.SelectorField{Field: "resources.ARN", StartsWith: []string{objects + "records/"}}))
		}, catalogue.Fail, "not recorded"},
		{"CT-05", "another bucket", func(s *state.State) {
			s.TrailSelectors = selectors(data(state.SelectorField{Field: "resources.ARN", StartsWith: []string{"arn:aws:s3:::other/"}}))
		}, catalogue.Fail, "not recorded"},
		{"CT-05", "the name as a prefix of others", func(s *state.State) {
			s.TrailSelectors = selectors(data(state.SelectorField{Field: "resources.ARN", StartsWith: []string{"arn:aws:s3:::other/", "arn:aws:s3:::" + account}}))
		}, catalogue.Pass, ""},
		{"CT-05", "the bucket itself is not its objects", func(s *state.State) {
			s.TrailSelectors = selectors(data(field("resources.ARN", strings.TrimSuffix(objects, "/"))))
		}, catalogue.Fail, "not recorded"},
		{"CT-05", "all but recordings", func(s *state.State) {
			s.TrailSelectors = selectors(data(state.SelectorField{Field: "resources.ARN", StartsWith: []string{objects}, NotStartsWith: []string{objects + "recordings/"}}))
		}, catalogue.Fail, "not recorded"},
		{"CT-05", "all but another bucket", func(s *state.State) {
			s.TrailSelectors = selectors(data(state.SelectorField{Field: "resources.ARN", NotStartsWith: []string{"arn:aws:s3:::" + account + "-claria-audit/"}}))
		}, catalogue.Pass, ""},
		{"CT-05", "fields that every object event has", func(s *state.State) {
			s.TrailSelectors = selectors(data(field("eventSource", "s3.amazonaws.com"), field("eventType", "AwsApiCall"), state.SelectorField{Field: "eventName", NotEquals: []string{"ListBuckets"}}))
		}, catalogue.Pass, ""},
		{"CT-05", "another service's events", func(s *state.State) {
			s.TrailSelectors = selectors(data(field("eventSource", "s3express.amazonaws.com")))
		}, catalogue.Fail, "not recorded"},
		{"CT-05", "some objects by one, the others by another", func(s *state.State) {
			s.TrailSelectors = selectors(
				data(state.SelectorField{Field: "resources.ARN", StartsWith: []string{objects + "records/"}}),
				data(state.SelectorField{Field: "resources.ARN", NotStartsWith: []string{objects + "records/"}}),
			)
		}, catalogue.Pass, ""},
		{"CT-05", "some objects by one, fewer others by another", func(s *state.State) {
			s.TrailSelectors = selectors(
				data(state.SelectorField{Field: "resources.ARN", StartsWith: []string{objects + "records/"}}),
				data(state.SelectorField{Field: "resources.ARN", NotStartsWith: []string{objects + "r"}}),
			)
		}, catalogue.Fail, "not recorded"},
		{"CT-05", "reads of objects by one, writes by another", func(s *state.State) {
			s.TrailSelectors = selectors(data(field("readOnly", "true")), data(field("readOnly", "false"), field("eventSource", "s3.amazonaws.com")))
		}, catalogue.Pass, ""},
		{"CT-05", "not the reads by name", func(s *state.State) {
			s.TrailSelectors = selectors(data(state.SelectorField{Field: "eventName", NotStartsWith: []string{"Get"}}))
		}, catalogue.Fail, "writes only"},
		{"CT-05", "not those of one identity", func(s *state.State) {
			s.TrailSelectors = selectors(data(state.SelectorField{Field: "userIdentity.arn", NotEquals: []string{"arn:aws:iam::" + account + ":user/backup"}}))
		}, catalogue.Fail, "not recorded"},
		{"CT-05", "one of two wanted is enough", func(s *state.State) {
			s.TrailSelectors = selectors(data(state.SelectorField{Field: "resources.ARN", StartsWith: []string{objects}, EndsWith: []string{".pdf"}}))
		}, catalogue.Pass, ""},
		{"CT-04", "KMS by itself, the others by another", func(s *state.State) {
			s.TrailSelectors = selectors(
				[]state.SelectorField{field("eventCategory", "Management"), {Field: "eventSource", NotEquals: []string{"kms.amazonaws.com"}}},
				[]state.SelectorField{field("eventCategory", "Management"), field("eventSource", "kms.amazonaws.com")},
			)
		}, catalogue.Pass, ""},
		{"CT-04", "not the console", func(s *state.State) {
			s.TrailSelectors = selectors([]state.SelectorField{field("eventCategory", "Management"), field("sessionCredentialFromConsole", "false")})
		}, catalogue.Fail, "not recorded"},
		{"CT-05", "some operations", func(s *state.State) { s.TrailSelectors = selectors(data(field("eventName", "GetObject"))) }, catalogue.Fail, "not recorded"},
		{"CT-06", "an error", func(s *state.State) {
			edit(&s.TrailStatus, func(t state.TrailStatus) state.TrailStatus {
				t.LatestDeliveryError = "AccessDenied"
				return t
			})
		}, catalogue.Fail, "AccessDenied"},
		{"CT-06", "a digest error", func(s *state.State) {
			edit(&s.TrailStatus, func(t state.TrailStatus) state.TrailStatus {
				t.LatestDigestError = "NoSuchBucket"
				return t
			})
		}, catalogue.Fail, "NoSuchBucket"},
		{"CT-06", "new", func(s *state.State) {
			s.TrailStatus = state.Known(state.TrailStatus{Logging: true, Started: now.Add(-5 * time.Minute)})
		}, catalogue.Pass, "started 5 minutes ago"},
		{"CT-06", "never delivered", func(s *state.State) {
			s.TrailStatus = state.Known(state.TrailStatus{Logging: true, Started: now.Add(-2 * time.Hour)})
		}, catalogue.Fail, "never delivered"},
		{"CT-06", "silent for days", func(s *state.State) {
			edit(&s.TrailStatus, func(t state.TrailStatus) state.TrailStatus {
				t.LatestDelivery = now.AddDate(0, 0, -3)
				return t
			})
		}, catalogue.Fail, "3 days"},
		{"CT-09", "among the records", func(s *state.State) {
			edit(&s.Trail, func(t state.Trail) state.Trail { t.Bucket = account + "-claria-records"; return t })
		}, catalogue.Fail, "among the records"},
		{"CT-09", "not private", func(s *state.State) { s.AuditBucket.PublicAccess = state.Absent[state.PublicAccess]() }, catalogue.Fail, "no public-access block"},
		{"CT-09", "not versioned", func(s *state.State) { s.AuditBucket.Versioning = state.Known("Suspended") }, catalogue.Fail, "versioning suspended"},
		{"CT-09", "plain HTTP", func(s *state.State) {
			edit(&s.AuditBucket.Policy, func(p string) string { return without(t, p, "ClariaTLSOnly") })
		}, catalogue.Fail, "insecure connection"},
		{"CT-09", "any trail may write", func(s *state.State) {
			addPolicy(&s.AuditBucket, `{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::`+account+`-claria-audit/*"}`)
		}, catalogue.Fail, "for other accounts too"},
		{"CT-09", "a trail of another account's, too", func(s *state.State) {
			addPolicy(&s.AuditBucket, `{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::`+account+`-claria-audit/*", "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-west-2:444455556666:trail/theirs"}}}`)
		}, catalogue.Fail, "for arn:aws:cloudtrail:us-west-2:444455556666:trail/theirs"},
		{"CT-09", "another account reads the logs", func(s *state.State) {
			addPolicy(&s.AuditBucket, `{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::`+account+`-claria-audit/*"}`)
		}, catalogue.Fail, "lets in 444455556666"},
		{"CT-09", "our trail may not", func(s *state.State) {
			edit(&s.Trail, func(t state.Trail) state.Trail { t.ARN += "-2"; return t })
		}, catalogue.Fail, "does not let the trail write"},
		{"CT-09", "the daily identity without its guards", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Attached = nil
				u.Inline = []state.NamedDocument{{Name: "x", Document: statement(`{"Effect": "Allow", "Action": "s3:Delete*", "Resource": "arn:aws:s3:::111122223333-*"}`)}}
			})
		}, catalogue.Fail, "claria-admin may s3:DeleteObject"},
		{"CT-09", "the daily identity with more, but its guards", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Inline = []state.NamedDocument{{Name: "x", Document: statement(`{"Effect": "Allow", "Action": "s3:Delete*", "Resource": "arn:aws:s3:::111122223333-*"}`)}}
			})
		}, catalogue.Pass, ""},
		{"CT-10", "no lock", func(s *state.State) { s.AuditBucket.ObjectLock = state.Absent[state.ObjectLock]() }, catalogue.Fail, "no Object Lock"},
		{"CT-10", "too short", func(s *state.State) {
			s.AuditBucket.ObjectLock = state.Known(state.ObjectLock{Enabled: true, Mode: "COMPLIANCE", Days: 365})
		}, catalogue.Fail, "365 days instead of 2192"},
		{"CT-10", "no default", func(s *state.State) {
			s.AuditBucket.ObjectLock = state.Known(state.ObjectLock{Enabled: true})
		}, catalogue.Fail, "no default retention"},
		{"CT-10", "expires", func(s *state.State) {
			s.AuditBucket.Lifecycle = state.Known([]state.LifecycleRule{{ID: "old", Enabled: true, ExpireDays: 400}})
		}, catalogue.Fail, "after 400 days"},

		{"BDR-01", "not set", func(s *state.State) { s.Retention = state.Known("inherit") }, catalogue.Fail, "not set"},
		{"BDR-01", "shared", func(s *state.State) { s.Retention = state.Known("provider_data_share") }, catalogue.Fail, "share them"},
		{"BDR-01", "a new mode", func(s *state.State) { s.Retention = state.Known("none_at_all") }, catalogue.Unknown, "none_at_all"},
		{"BDR-04", "a region abroad", func(s *state.State) {
			s.Models[0].Destinations = state.Known([]string{"eu-west-1", "us-east-1"})
		}, catalogue.Fail, "may run in eu-west-1"},
		{"BDR-04", "anywhere", func(s *state.State) { s.Models[0].Profile = "global.anthropic.claude-sonnet-4-5-20250929-v1:0" }, catalogue.Fail, "anywhere in the world"},
		{"BDR-04", "the daily identity may call all", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Inline = []state.NamedDocument{{Name: "x", Document: statement(`{"Effect": "Allow", "Action": "bedrock:Invoke*", "Resource": "*"}`)}}
			})
		}, catalogue.Fail, "more than the declared models"},
		{"BDR-04", "the daily identity may call another model", func(s *state.State) {
			admin(s, func(u *state.User) {
				u.Inline = []state.NamedDocument{{Name: "x", Document: statement(`{"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "arn:aws:bedrock:us-east-1::foundation-model/*"}`)}}
			})
		}, catalogue.Fail, "not a declared model"},
		{"BDR-05", "no agreement", func(s *state.State) {
			edit(&s.Models[0].Availability, func(a state.Access) state.Access { a.Agreement = "NOT_AVAILABLE"; return a })
		}, catalogue.Fail, "agreement is NOT_AVAILABLE"},
		{"BDR-05", "none declared", func(s *state.State) { s.Models = nil }, catalogue.NotApplicable, "no model is declared"},
		{"BDR-07", "to a log group", func(s *state.State) {
			s.InvocationLogging = state.Known(state.InvocationLogging{Enabled: true, LogGroup: "/aws/bedrock"})
		}, catalogue.Fail, "/aws/bedrock"},
		{"BDR-07", "to another bucket", func(s *state.State) {
			s.InvocationLogging = state.Known(state.InvocationLogging{Enabled: true, Bucket: "elsewhere"})
		}, catalogue.Fail, "elsewhere"},
		{"BDR-07", "to the audit bucket", func(s *state.State) {
			s.InvocationLogging = state.Known(state.InvocationLogging{Enabled: true, Bucket: s.AuditBucket.Name})
		}, catalogue.Pass, "claria-audit"},
		{"TRN-01", "AWS's own bucket", func(s *state.State) {
			s.TranscriptionJobs = state.Known([]state.TranscriptionJob{{Name: "jane-doe-session", Completed: now}})
		}, catalogue.Fail, "1 transcript in AWS's own bucket"},
		{"TRN-01", "no jobs", func(s *state.State) { s.TranscriptionJobs = state.Known([]state.TranscriptionJob{}) }, catalogue.Pass, "0 finished jobs"},
	} {
		shows(c.id, c.want)
		t.Run(c.id+"/"+c.name, func(t *testing.T) {
			s := good()
			c.change(&s)
			f := judgeThe(t, c.id, catalogue.Core, s, settings(), facts())
			text := f.Observed + " | " + f.Reason
			if f.Status != c.want || !strings.Contains(text, c.says) {
				t.Errorf("%s: %s, want %s with %q", f.Status, text, c.want, c.says)
			}
			if strings.Contains(text, "jane-doe") {
				t.Errorf("it tells a job's name: %s", text)
			}
		})
	}
}

func TestAPaperAgreementIsAnAgreement(t *testing.T) {
	t.Parallel()
	s := good()
	s.Agreements = state.Unknown[[]aws.Agreement](denied("artifact:ListCustomerAgreements"))
	with := settings()
	with.PaperAgreement = &state.PaperAgreement{Signed: time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC), SHA256: strings.Repeat("ab", 32)}
	ahead := with
	ahead.PaperAgreement = &state.PaperAgreement{Signed: now.AddDate(1, 0, 0), SHA256: with.PaperAgreement.SHA256}
	if f := judgeWith(t, s, ahead)["BAA-01"]; f.Status != catalogue.Fail || !strings.Contains(f.Reason, "in the future") {
		t.Errorf("one of next year: %s %q", f.Status, f.Reason)
	}
	if f := judgeWith(t, s, with)["BAA-01"]; f.Status != catalogue.Pass || !strings.Contains(f.Observed, "on paper, signed 2025-06-01") {
		t.Errorf("%+v", f)
	}
}
