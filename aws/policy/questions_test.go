package policy

import (
	"slices"
	"strings"
	"testing"
)

func document(t *testing.T, statements string) Document {
	t.Helper()
	return mustParse(t, `{"Version": "2012-10-17", "Statement": [`+statements+`]}`)
}

func TestPublic(t *testing.T) {
	allow := func(principal, condition string) string {
		if condition != "" {
			condition = `, "Condition": ` + condition
		}
		return `{"Effect": "Allow", "Principal": ` + principal + `, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"` + condition + `}`
	}
	for _, c := range []struct {
		name, statements string
		public           bool
	}{
		{"everyone", allow(`"*"`, ``), true},
		{"everyone as AWS", allow(`{"AWS": "*"}`, ``), true},
		{"a user", allow(`{"AWS": "arn:aws:iam::111122223333:user/a"}`, ``), false},
		{"a service", allow(`{"Service": "cloudtrail.amazonaws.com"}`, ``), false},
		{"a user and everyone", allow(`{"AWS": ["arn:aws:iam::111122223333:user/a", "*"]}`, ``), true},
		{"only denials", `{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b"}`, false},
		{"a denial does not make it private", allow(`"*"`, ``) + `, {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}`, true},
		{"everyone of an organisation", allow(`"*"`, `{"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}`), false},
		{"a directory on the internet", allow(`{"Federated": "accounts.google.com"}`, `{}`), true},
		{"a directory, in a list", allow(`{"AWS": "111122223333", "Federated": ["graph.facebook.com"]}`, `{}`), true},
		{"a directory of the account", allow(`{"Federated": "arn:aws:iam::111122223333:saml-provider/clinic"}`, `{}`), true},
		{"a directory at a fixed vpc", allow(`{"Federated": "accounts.google.com"}`, `{"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}`), false},
		{"a fixed key of KMS", allow(`"*"`, `{"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:111122223333:key/1"}}`), false},
		{"a fixed vpc", allow(`"*"`, `{"StringLike": {"aws:SourceVpc": "vpc-91237329"}}`), false},
		{"any vpc", allow(`"*"`, `{"StringLike": {"aws:SourceVpc": "vpc-*"}}`), true},
		{"a fixed account, if there is one", allow(`"*"`, `{"StringEqualsIfExists": {"aws:PrincipalAccount": "111122223333"}}`), true},
		{"not a fixed account", allow(`"*"`, `{"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}`), true},
		{"all values of a missing key", allow(`"*"`, `{"ForAllValues:StringEquals": {"aws:PrincipalAccount": "111122223333"}}`), true},
		{"a policy variable", allow(`"*"`, `{"StringEquals": {"aws:userid": "${aws:userid}"}}`), true},
		{"a session of a role by id", allow(`"*"`, `{"StringLike": {"aws:userid": "AROAEXAMPLE:*"}}`), true},
		{"a narrow range", allow(`"*"`, `{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}`), false},
		{"the whole internet", allow(`"*"`, `{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}`), true},
		{"half the internet", allow(`"*"`, `{"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "203.0.113.0/24"]}}`), true},
		{"a wide range of IPv6", allow(`"*"`, `{"IpAddress": {"aws:SourceIp": "2000::/3"}}`), true},
		{"not a range", allow(`"*"`, `{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}`), true},
		{"a key that fixes nothing", allow(`"*"`, `{"Bool": {"aws:SecureTransport": "true"}}`), true},
		{"any access point of an account", allow(`"*"`, `{"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-east-1:111122223333:accesspoint/*"}}`), false},
		{"any access point of anyone", allow(`"*"`, `{"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-east-1:*:accesspoint/*"}}`), true},
		{"two keys, one fixed", allow(`"*"`, `{"StringLike": {"aws:SourceVpc": "vpc-*"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}`), false},
	} {
		if a := Public(document(t, c.statements)); a.Yes != c.public {
			t.Errorf("%s: public %v: %s", c.name, a.Yes, a.Reason)
		}
	}
}

func TestRequiresTLS(t *testing.T) {
	deny := func(resource, more string) string {
		return `{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ` + resource +
			`, "Condition": {"Bool": {"aws:SecureTransport": "false"}` + more + `}}`
	}
	const both = `["arn:aws:s3:::b", "arn:aws:s3:::b/*"]`
	for _, c := range []struct {
		name, statements string
		required         bool
	}{
		{"both", deny(both, ``), true},
		{"one star for both", deny(`"arn:aws:s3:::b*"`, ``), true},
		{"everything", deny(`"*"`, ``), true},
		{"two statements", deny(`"arn:aws:s3:::b"`, ``) + `, ` + deny(`"arn:aws:s3:::b/*"`, ``), true},
		{"objects only", deny(`"arn:aws:s3:::b/*"`, ``), false},
		{"bucket only", deny(`"arn:aws:s3:::b"`, ``), false},
		{"some objects", deny(`["arn:aws:s3:::b", "arn:aws:s3:::b/records/*"]`, ``), false},
		{"another bucket", deny(`["arn:aws:s3:::c", "arn:aws:s3:::c/*"]`, ``), false},
		{"a further condition", deny(both, `, "StringEquals": {"aws:PrincipalAccount": "1"}`), false},
		{"only if", strings.Replace(deny(both, ``), `"false"`, `"true"`, 1), false},
		{"an allowance under TLS refuses nothing", strings.Replace(strings.Replace(deny(both, ``), `"false"`, `"true"`, 1), "Deny", "Allow", 1), false},
		{"some actions", strings.Replace(deny(both, ``), "s3:*", "s3:Get*", 1), false},
		{"every action of all", strings.Replace(deny(both, ``), "s3:*", "*", 1), true},
		{"one user", strings.Replace(deny(both, ``), `"*"`, `{"AWS": "arn:aws:iam::111122223333:user/a"}`, 1), false},
		{"all but one", strings.Replace(deny(both, ``), `"Principal": "*"`, `"NotPrincipal": {"AWS": "111122223333"}`, 1), false},
		{"nothing", ``, false},
	} {
		if a := RequiresTLS(document(t, c.statements), "b"); a.Yes != c.required {
			t.Errorf("%s: required %v: %s", c.name, a.Yes, a.Reason)
		}
	}
}

func TestRequiresTLSVersion(t *testing.T) {
	deny := func(resource, version string) string {
		return `{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ` + resource +
			`, "Condition": {"NumericLessThan": {"s3:TlsVersion": ` + version + `}}}`
	}
	for _, c := range []struct{ name, statements, least string }{
		{"both", deny(`["arn:aws:s3:::b", "arn:aws:s3:::b/*"]`, `"1.2"`), "1.2"},
		{"as a number", deny(`"*"`, `1.3`), "1.3"},
		{"the stricter of two", deny(`"*"`, `1.2`) + `,` + deny(`"*"`, `1.3`), "1.3"},
		{"the laxer of bucket and objects", deny(`"arn:aws:s3:::b"`, `1.3`) + `,` + deny(`"arn:aws:s3:::b/*"`, `1.2`), "1.2"},
		{"the bucket only", deny(`"arn:aws:s3:::b"`, `1.2`), ""},
	} {
		if got := RequiresTLSVersion(document(t, c.statements), "b"); got != c.least {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestAdminAndServiceWide(t *testing.T) {
	for _, c := range []struct {
		name, statements string
		admin            bool
		services         []string
	}{
		{"star", `{"Effect": "Allow", "Action": "*", "Resource": "*"}`, true, []string{"*"}},
		{"star colon star", `{"Effect": "Allow", "Action": "*:*", "Resource": "*"}`, true, []string{"*"}},
		{"in a list", `{"Effect": "Allow", "Action": ["s3:GetObject", "*"], "Resource": ["arn:aws:s3:::b", "*"]}`, true, []string{"*"}},
		{"all but", `{"Effect": "Allow", "NotAction": "s3:DeleteBucket", "Resource": "*"}`, true, []string{"*"}},
		{"all but IAM", `{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}`, true, []string{"*"}},
		{"all but what governs the account", `{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}, {"Effect": "Allow", "Action": ["account:ListRegions", "iam:CreateServiceLinkedRole", "iam:ListRoles", "organizations:DescribeOrganization"], "Resource": "*"}`, false, []string{"*"}},
		{"all resources but", `{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b"}`, true, []string{"*"}},
		{"under a condition", `{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}`, true, []string{"*"}},
		{"every ARN", `{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:*"}`, true, []string{"*"}},
		{"denied", `{"Effect": "Deny", "Action": "*", "Resource": "*"}`, false, nil},
		{"on one bucket", `{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b"}`, false, nil},
		{"a service", `{"Effect": "Allow", "Action": "S3:*", "Resource": "*"}`, false, []string{"s3"}},
		{"a service on all that it has", `{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}`, false, []string{"s3"}},
		{"a service on another's", `{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:ec2:*:*:*"}`, false, nil},
		{"a service on one bucket", `{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}`, false, nil},
		{"two services", `{"Effect": "Allow", "Action": ["kms:*", "iam:**", "s3:Get*"], "Resource": "*"}`, false, []string{"iam", "kms"}},
		{"a service but one resource", `{"Effect": "Allow", "Action": "kms:*", "NotResource": "arn:aws:kms:us-east-1:1:key/x"}`, false, []string{"kms"}},
		{"reading", `{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}`, false, nil},
	} {
		d := document(t, c.statements)
		if a := Admin(d); a.Yes != c.admin {
			t.Errorf("%s: admin %v: %s", c.name, a.Yes, a.Reason)
		}
		if got := ServiceWide(d); !slices.Equal(got, c.services) && len(got)+len(c.services) > 0 {
			t.Errorf("%s: %v, want %v", c.name, got, c.services)
		}
	}
}

func TestCrossAccount(t *testing.T) {
	allow := func(principal, condition string) string {
		return `{"Effect": "Allow", "Principal": ` + principal + `, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*", "Condition": {` +
			condition + `}}`
	}
	for _, c := range []struct {
		name, statements string
		foreign          []string
	}{
		{"ours", allow(`{"AWS": ["111122223333", "arn:aws:iam::111122223333:user/a"]}`, ``), nil},
		{"theirs", allow(`{"AWS": ["arn:aws:iam::444455556666:root", "777788889999"]}`, ``), []string{"777788889999", "arn:aws:iam::444455556666:root"}},
		{"everyone", allow(`"*"`, ``), []string{"*"}},
		{"everyone of ours", allow(`"*"`, `"StringEquals": {"aws:PrincipalAccount": "111122223333"}`), nil},
		{"everyone of theirs", allow(`"*"`, `"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}`), []string{"444455556666"}},
		{"a service", allow(`{"Service": "logs.amazonaws.com"}`, ``), []string{"logs.amazonaws.com"}},
		{"a service for us", allow(`{"Service": "logs.amazonaws.com"}`, `"StringEquals": {"aws:SourceAccount": "111122223333"}`), nil},
		{"a service for them", allow(`{"Service": "logs.amazonaws.com"}`, `"ArnLike": {"aws:SourceArn": ["arn:aws:logs:*:111122223333:*", "arn:aws:logs:*:444455556666:*"]}`), []string{"logs.amazonaws.com for arn:aws:logs:*:444455556666:*"}},
		{"a service for anybody", allow(`{"Service": "logs.amazonaws.com"}`, `"StringLike": {"aws:SourceAccount": "*"}`), []string{"logs.amazonaws.com for *"}},
		{"a service for a bucket of ours", allow(`{"Service": "logs.amazonaws.com"}`, `"StringEquals": {"aws:SourceAccount": "111122223333"}, "ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}`), nil},
		{"denied", strings.Replace(allow(`{"AWS": "444455556666"}`, ``), "Allow", "Deny", 1), nil},
	} {
		if got := CrossAccount(document(t, c.statements), "111122223333"); !slices.Equal(got, c.foreign) && len(got)+len(c.foreign) > 0 {
			t.Errorf("%s: %v, want %v", c.name, got, c.foreign)
		}
	}
}

func TestCanEver(t *testing.T) {
	alice := Caller{ARN: "arn:aws:iam::111122223333:user/alice", Account: "111122223333"}
	for _, c := range []struct {
		name, identity, resource string
		yes                      bool
	}{
		{"nothing", ``, ``, false},
		{"all", `{"Effect": "Allow", "Action": "*", "Resource": "*"}`, ``, true},
		{"one object of it", `{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::audit/x"}`, ``, true},
		{"under any condition", `{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}`, ``, true},
		{"under a condition of another caller", `{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:username": "bob"}}}`, ``, false},
		{"another bucket", `{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::records/*"}`, ``, false},
		{"by a variable", `{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/bucket}/*"}`, ``, true},
		{"refused wholly", `{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:Put*", "Resource": "arn:aws:s3:::audit/*"}`, ``, false},
		{"refused in part", `{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:Put*", "Resource": "arn:aws:s3:::audit/_cloudtrail/*"}`, ``, true},
		{"refused without MFA", `{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}`, ``, true},
		{"refused by the bucket to all but the provisioner", `{"Effect": "Allow", "Action": "*", "Resource": "*"}`, `{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::audit/*", "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/claria-provisioner"}}}`, false},
		{"allowed by the bucket", ``, `{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::audit/x/*"}`, true},
		{"refused but elsewhere", `{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::records/*"}`, ``, false},
	} {
		p := Policies{Identity: []Document{document(t, c.identity)}}
		if c.resource != "" {
			p.Resource = new(document(t, c.resource))
		}
		if a := CanEver(alice, "s3:PutObject", "arn:aws:s3:::audit/*", "", p); a.Yes != c.yes {
			t.Errorf("%s: %v: %s", c.name, a.Yes, a.Reason)
		}
	}
}
