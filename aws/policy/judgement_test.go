package policy

import (
	"slices"
	"strings"
	"testing"
)

// TestWholeGrants writes grants of everything, and grants that only look like them, in the
// ways that the policy language has.
func TestWholeGrants(t *testing.T) {
	allow := func(actions, resources string) string {
		return `{"Effect": "Allow", ` + actions + `, ` + resources + `}`
	}
	deny := func(actions, resources string) string {
		return strings.Replace(allow(actions, resources), "Allow", "Deny", 1)
	}
	list := func(prefix, each, suffix string) string {
		var all []string
		for _, c := range each {
			all = append(all, `"`+prefix+string(c)+suffix+`"`)
		}
		return "[" + strings.Join(all, ", ") + "]"
	}
	const (
		any, s3Any, kmsAny = `"Action": "*"`, `"Action": "s3:*"`, `"Action": "kms:*"`
		everywhere         = `"Resource": "*"`
	)
	halfKMS := []string{`"Action": ` + list("kms:", "abcdefghijklm", "*"), `"Action": ` + list("kms:", "nopqrstuvwxyz", "*")}
	for _, c := range []struct {
		name, statements string
		admin            bool
		services         []string
	}{
		{"every action on every bucket", allow(any, `"Resource": "arn:aws:s3:::*"`), false, []string{"s3"}},
		{"every action on every bucket, with two stars", allow(`"Action": ["*:*"]`, `"Resource": ["arn:aws:s3:::**"]`), false, []string{"s3"}},
		{"all but IAM on every bucket", allow(`"NotAction": "iam:*"`, `"Resource": "arn:aws:s3:::*"`), false, []string{"s3"}},
		{"all but S3 on every bucket", allow(`"NotAction": "s3:*"`, `"Resource": "arn:aws:s3:::*"`), false, nil},
		{"all but one action on every bucket", allow(`"NotAction": ["s3:DeleteBucket", "ec2:*"]`, `"Resource": "arn:aws:s3:::*"`), false, []string{"s3"}},
		{"names of one character at least", allow(s3Any, `"Resource": ["arn:aws:s3:::?*", "arn:aws:s3:::?*/*"]`), false, []string{"s3"}},
		{"names of three characters at least", allow(s3Any, `"Resource": "arn:aws:s3:::???*"`), false, []string{"s3"}},
		{"actions of one character at least", allow(`"Action": "s3:?*"`, everywhere), false, []string{"s3"}},
		{"in capitals", allow(`"Action": "S3:*"`, everywhere), false, []string{"s3"}},
		{"every object", allow(s3Any, `"Resource": "arn:aws:s3:::*/*"`), false, []string{"s3"}},
		{"by first letters", allow(`"Action": `+list("s3:", letters, "*"), everywhere), false, []string{"s3"}},
		{"by first letters of buckets", allow(s3Any, `"Resource": `+list("arn:aws:s3:::", alphanumerics, "*")), false, []string{"s3"}},
		{"by verbs", allow(`"Action": `+list("s3:", "ABCDGILOPRSTU", "*"), everywhere), false, []string{"s3"}},
		{"some buckets", allow(s3Any, `"Resource": ["arn:aws:s3:::a*", "arn:aws:s3:::b*", "arn:aws:s3:::records", "arn:aws:s3:::records/*"]`), false, nil},
		{"buckets by variable", allow(s3Any, `"Resource": ["arn:aws:s3:::${aws:PrincipalTag/bucket}", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*"]`), false, nil},
		{"every object below a prefix", allow(s3Any, `"Resource": "arn:aws:s3:::*/public/*"`), false, nil},
		{"reading only", allow(`"Action": ["s3:Get*", "s3:List*", "s3:Describe*"]`, everywhere), false, nil},

		{"every key of the account", allow(kmsAny, `"Resource": "arn:aws:kms:*:111122223333:key/*"`), false, []string{"kms"}},
		{"every key of a region", allow(kmsAny, `"Resource": "arn:aws:kms:us-east-1:111122223333:key/*"`), false, []string{"kms"}},
		{"every key by its form", allow(kmsAny, `"Resource": "arn:aws:kms:*:*:key/????????-????-????-????-????????????"`), false, []string{"kms"}},
		{"everything with an ARN of KMS", allow(any, `"Resource": "arn:aws:kms:*:*:*"`), false, []string{"kms"}},
		{"every alias", allow(kmsAny, `"Resource": "arn:aws:kms:*:111122223333:alias/*"`), false, nil},
		{"one key", allow(kmsAny, `"Resource": "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"`), false, nil},
		{"every key but one", allow(kmsAny, `"NotResource": "arn:aws:kms:us-east-1:111122223333:key/1"`), false, []string{"kms"}},
		{"no key", allow(kmsAny, `"NotResource": "arn:aws:kms:*:*:key/*"`), false, nil},
		{"in two statements", allow(halfKMS[0], everywhere) + ", " + allow(halfKMS[1], everywhere), false, []string{"kms"}},
		{"in two statements with each its keys", allow(halfKMS[0], everywhere) + ", " + allow(halfKMS[1], `"Resource": "arn:aws:kms:us-east-1:111122223333:key/*"`), false, []string{"kms"}},
		{"half of it", allow(halfKMS[0], everywhere), false, nil},
		{"every table", allow(`"Action": "dynamodb:*"`, `"Resource": "arn:aws:dynamodb:*:111122223333:table/*"`), false, []string{"dynamodb"}},
		{"every function", allow(`"Action": "lambda:*"`, `"Resource": ["arn:aws:lambda:us-east-1:111122223333:function:*"]`), false, []string{"lambda"}},
		{"every topic", allow(`"Action": "sns:*"`, `"Resource": "arn:aws:sns:us-east-1:111122223333:*"`), false, []string{"sns"}},
		{"functions below a prefix", allow(`"Action": "lambda:*"`, `"Resource": "arn:aws:lambda:us-east-1:111122223333:function:clinic-*"`), false, nil},
		{"roles below a path", allow(`"Action": "iam:*"`, `"Resource": "arn:aws:iam::111122223333:role/clinic/*"`), false, nil},

		{"allowed and refused", allow(kmsAny, everywhere) + ", " + deny(kmsAny, everywhere), false, nil},
		{"refused first", deny(any, everywhere) + ", " + allow(any, everywhere), false, nil},
		{"refused in two halves", allow(kmsAny, everywhere) + ", " + deny(halfKMS[0], everywhere) + ", " + deny(halfKMS[1], everywhere), false, nil},
		{"refused on every key", allow(kmsAny, `"Resource": "arn:aws:kms:*:*:key/*"`) + ", " + deny(kmsAny, `"Resource": "arn:aws:kms:*:*:key/*"`), false, nil},
		{"refused as everything but reading", allow(s3Any, everywhere) + ", " + deny(`"NotAction": ["s3:Get*", "s3:List*"]`, everywhere), false, nil},
		{"refused in part", allow(kmsAny, everywhere) + ", " + deny(`"Action": "kms:ScheduleKeyDeletion"`, everywhere), false, []string{"kms"}},
		{"refused for one key", allow(kmsAny, everywhere) + ", " + deny(kmsAny, `"Resource": "arn:aws:kms:us-east-1:111122223333:key/1"`), false, []string{"kms"}},
		{"refused under a condition", allow(kmsAny, everywhere) + ", " + strings.Replace(deny(kmsAny, everywhere), `"Deny"`, `"Deny", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}`, 1), false, []string{"kms"}},
		{"another service refused", allow(kmsAny, everywhere) + ", " + deny(`"Action": "s3:*"`, everywhere), false, []string{"kms"}},

		{"no resource at all", allow(any, `"NotResource": "*"`), false, nil},
		{"no resource at all, in a list", allow(any, `"NotResource": ["arn:aws:s3:::records", "*"]`), false, nil},
		{"no ARN at all", allow(`"NotAction": "s3:DeleteBucket"`, `"NotResource": "arn:*"`), false, nil},
		{"every resource but a bucket", allow(any, `"NotResource": "arn:aws:s3:::records"`), true, []string{"*"}},
		{"every ARN of a region", allow(any, `"Resource": ["arn:aws:*:us-east-1:*:*", "arn:aws:*::*:*", "arn:aws:*:::*"]`), true, []string{"*"}},
		{"every ARN of a region, in statements", allow(any, `"Resource": "arn:aws:*:us-east-1:*:*"`) + ", " + allow(any, `"Resource": "arn:aws:*::*:*"`), true, []string{"*"}},
		{"every ARN of the account", allow(any, `"Resource": "arn:aws:*:*:111122223333:*"`), true, []string{"*"}},
		{"every ARN of a region alone", allow(any, `"Resource": "arn:aws:*:eu-central-1:111122223333:*"`), false, []string{"*"}},
		{"every action by letters", allow(`"Action": `+list("", letters, "*:*"), everywhere), true, []string{"*"}},
		{"all but Organizations, in two statements", allow(`"NotAction": "organizations:*"`, everywhere) + ", " + allow(`"Action": "organizations:*"`, everywhere), true, []string{"*"}},
		{"IAM alone", allow(any, `"Resource": "arn:aws:iam::111122223333:*"`), false, []string{"iam"}},
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

// TestWhoIsForeign judges conditions by who can meet them: the account's own, or others.
func TestWhoIsForeign(t *testing.T) {
	const everyone, logs = `"*"`, `{"Service": "logs.us-east-1.amazonaws.com"}`
	for _, c := range []struct {
		name, principal, condition string
		foreign                    []string
	}{
		{"our roles, by ARN", everyone, `"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/clinic/*"}`, nil},
		{"our roles, by ArnEquals", `{"AWS": "*"}`, `"ArnEquals": {"AWS:PrincipalARN": "arn:aws:iam::111122223333:role/*"}`, nil},
		{"our roles, by text", everyone, `"StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}`, nil},
		{"our roles at an endpoint", everyone, `"StringEquals": {"aws:SourceVpce": "vpce-1"}, "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}`, nil},
		{"anyone at an endpoint", everyone, `"StringEquals": {"aws:SourceVpce": "vpce-1"}`, []string{"vpce-1"}},
		{"roles of any account", everyone, `"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/clinic"}`, []string{"*"}},
		{"roles of any account that have our number", everyone, `"StringLike": {"aws:PrincipalArn": "arn:aws:iam:*:111122223333:*"}`, []string{"*"}},
		{"roles of another account", everyone, `"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/*"}`, []string{"arn:aws:iam::444455556666:role/*"}},
		{"ours and another's", everyone, `"StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}`, []string{"444455556666"}},
		{"a condition that does not hold of everyone", everyone, `"ArnLikeIfExists": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}`, []string{"*"}},
		{"all but ours", everyone, `"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}`, []string{"*"}},
		{"a key of KMS says nothing of the caller", everyone, `"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:111122223333:key/1"}`, []string{"*"}},
		{"a key of KMS, and another account", everyone, `"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "arn:aws:kms:us-east-1:111122223333:key/1", "aws:PrincipalAccount": "444455556666"}`, []string{"444455556666"}},
		{"callers of KMS of our account", `{"AWS": "*"}`, `"StringEquals": {"kms:CallerAccount": "111122223333"}`, nil},
		{"callers of KMS of our account, by a service", `{"AWS": "*"}`, `"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.us-east-1.amazonaws.com"}`, nil},
		{"callers of KMS of another account", `{"AWS": "*"}`, `"StringEquals": {"kms:CallerAccount": "444455556666"}`, []string{"444455556666"}},
		{"callers of KMS by a service", `{"AWS": "*"}`, `"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}`, []string{"*"}},
		{"another account, when it is ours", `{"AWS": "444455556666"}`, `"StringEquals": {"aws:PrincipalAccount": "111122223333"}`, nil},
		{"at our access points", everyone, `"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}`, nil},
		{"at another's access points", everyone, `"StringEquals": {"s3:DataAccessPointAccount": "444455556666"}`, []string{"444455556666"}},
		{"at any access point of ours", everyone, `"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-east-1:111122223333:accesspoint/*"}`, nil},

		{"logs of ours", logs, `"ArnLike": {"aws:SourceArn": "arn:aws:logs:*:111122223333:*"}`, nil},
		{"logs of ours, by text without stars before the account", logs, `"StringLike": {"aws:SourceArn": "arn:aws:logs:us-east-1:111122223333:*"}`, nil},
		{"logs of any account, by text", logs, `"StringLike": {"aws:SourceArn": "arn:aws:logs:*:111122223333:*"}`, []string{"logs.us-east-1.amazonaws.com for arn:aws:logs:*:111122223333:* (in StringLike, * also matches colons, so the account can be another)"}},
		{"logs of any account, by a question mark", logs, `"StringLike": {"aws:SourceArn": "arn:aws:logs:us-east-?:111122223333:*"}`, []string{"logs.us-east-1.amazonaws.com for arn:aws:logs:us-east-?:111122223333:* (in StringLike, * also matches colons, so the account can be another)"}},
		{"logs of any account, and our account", logs, `"StringLike": {"aws:SourceArn": "arn:aws:logs:*:111122223333:*"}, "StringEquals": {"aws:SourceAccount": "111122223333"}`, nil},
		{"our account, with a star at its end", logs, `"StringLike": {"aws:SourceAccount": "111122223333*"}`, nil},
		{"a part of our account", logs, `"StringLike": {"aws:SourceAccount": "1111*"}`, []string{"logs.us-east-1.amazonaws.com for 1111*"}},
		{"an organisation", logs, `"StringEquals": {"aws:SourceOrgID": "o-1"}`, []string{"logs.us-east-1.amazonaws.com for o-1"}},
		{"our bucket", `{"Service": "s3.amazonaws.com"}`, `"ArnLike": {"aws:SourceArn": "arn:aws:s3:::records"}`, nil},
		{"our bucket, as text", `{"Service": "s3.amazonaws.com"}`, `"StringEquals": {"aws:SourceArn": "arn:aws:s3:::audit"}`, nil},
		{"another bucket", `{"Service": "s3.amazonaws.com"}`, `"ArnLike": {"aws:SourceArn": "arn:aws:s3:::elsewhere"}`, []string{"s3.amazonaws.com for arn:aws:s3:::elsewhere"}},
		{"buckets that start like ours", `{"Service": "s3.amazonaws.com"}`, `"ArnLike": {"aws:SourceArn": "arn:aws:s3:::records*"}`, []string{"s3.amazonaws.com for arn:aws:s3:::records*"}},
		{"our bucket and another", `{"Service": "s3.amazonaws.com"}`, `"ArnLike": {"aws:SourceArn": ["arn:aws:s3:::records", "arn:aws:s3:::elsewhere"]}`, []string{"s3.amazonaws.com for arn:aws:s3:::elsewhere"}},
	} {
		d := document(t, `{"Effect": "Allow", "Principal": `+c.principal+`, "Action": "s3:*", "Resource": "arn:aws:s3:::records/*", "Condition": {`+c.condition+`}}`)
		if got := CrossAccount(d, "111122223333", "records", "audit"); !slices.Equal(got, c.foreign) && len(got)+len(c.foreign) > 0 {
			t.Errorf("%s: %q, want %q", c.name, got, c.foreign)
		}
	}
}

// TestRefusedConnections writes the refusal of insecure connections and of old TLS in other
// ways than one statement for each.
func TestRefusedConnections(t *testing.T) {
	deny := func(more, condition string) string {
		return `{"Effect": "Deny", "Principal": "*", ` + more + `, "Condition": ` + condition + `}`
	}
	const (
		all     = `"Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]`
		plain   = `{"Bool": {"aws:SecureTransport": "false"}}`
		old     = `{"NumericLessThan": {"s3:TlsVersion": "1.2"}}`
		objects = `"Resource": "arn:aws:s3:::b/*"`
		bucket  = `"Resource": "arn:aws:s3:::b"`
	)
	for _, c := range []struct {
		name, statements string
		tls              bool
		least            string
	}{
		{"the usual", deny(all, plain) + ", " + deny(all, old), true, "1.2"},
		{"the key is always there", deny(all, `{"Null": {"aws:SecureTransport": "false"}, "Bool": {"aws:SecureTransport": "false"}}`) + ", " + deny(all, old), true, "1.2"},
		{"the key is never missing", deny(all, `{"Null": {"aws:SecureTransport": "true"}, "Bool": {"aws:SecureTransport": "false"}}`), false, ""},
		{"as text", deny(all, `{"StringEquals": {"aws:SecureTransport": "false"}}`), true, ""},
		{"not true", deny(all, `{"StringNotEquals": {"aws:SecureTransport": "true"}}`), true, ""},
		{"if it exists, in a list", deny(all, `{"BoolIfExists": {"AWS:SECURETRANSPORT": ["false"]}}`), true, ""},
		{"up to 1.1", deny(all, plain) + ", " + deny(all, `{"NumericLessThanEquals": {"s3:TlsVersion": "1.1"}}`), true, "1.2"},
		{"up to 1.2", deny(all, plain) + ", " + deny(all, `{"NumericLessThanEquals": {"s3:TlsVersion": 1.2}}`), true, "1.3"},
		{"the two old ones by name", deny(all, `{"NumericEquals": {"s3:TlsVersion": ["1.0", "1.1"]}}`), false, "1.2"},
		{"only the older one by name", deny(all, `{"NumericEquals": {"s3:TlsVersion": "1.0"}}`), false, "1.1"},
		{"all but one", deny(all, `{"NumericNotEquals": {"s3:TlsVersion": "1.3"}}`), true, "1.3"},
		{"both in one, as one condition", deny(all, `{"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}}`), true, "1.2"},
		{"both in one, which is neither", deny(all, `{"Bool": {"aws:SecureTransport": "false"}, "NumericLessThan": {"s3:TlsVersion": "1.2"}}`), false, ""},
		{"old TLS with a condition that always holds", deny(all, `{"NumericLessThan": {"s3:TlsVersion": "1.2"}, "Bool": {"aws:SecureTransport": "true"}}`), false, "1.2"},
		{"objects and bucket apart", deny(`"Action": "s3:*", `+objects, plain) + ", " + deny(`"Action": "s3:*", `+bucket, plain), true, ""},
		{"all actions but another service's", deny(`"NotAction": "iam:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]`, plain), true, ""},
		{"all actions but reading", deny(`"NotAction": "s3:GetObject", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]`, plain), false, ""},
		{"actions in two statements", deny(`"Action": ["s3:a*", "s3:b*", "s3:c*", "s3:d*", "s3:e*", "s3:f*", "s3:g*", "s3:h*", "s3:i*", "s3:j*", "s3:k*", "s3:l*", "s3:m*"], "Resource": "arn:aws:s3:::b*"`, plain) + ", " + deny(`"Action": ["s3:n*", "s3:o*", "s3:p*", "s3:q*", "s3:r*", "s3:s*", "s3:t*", "s3:u*", "s3:v*", "s3:w*", "s3:x*", "s3:y*", "s3:z*"], "Resource": "arn:aws:s3:::b*"`, plain), true, ""},
		{"keys of one character at least", deny(`"Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/?*"]`, plain), true, ""},
		{"keys of two characters at least", deny(`"Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/??*"]`, plain), false, ""},
		{"everything but another bucket", deny(`"Action": "s3:*", "NotResource": "arn:aws:s3:::c/*"`, plain), true, ""},
		{"everything but some objects", deny(`"Action": "s3:*", "NotResource": "arn:aws:s3:::b/open/*"`, plain), false, ""},
		{"for some callers", deny(all, `{"Bool": {"aws:SecureTransport": "false"}, "StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}`), false, ""},
		{"every connection", deny(all, `{"Bool": {"aws:SecureTransport": ["true", "false"]}}`), true, "1.3"},
	} {
		d := document(t, c.statements)
		if a := RequiresTLS(d, "b"); a.Yes != c.tls {
			t.Errorf("%s: required %v: %s", c.name, a.Yes, a.Reason)
		}
		if got := RequiresTLSVersion(d, "b"); got != c.least {
			t.Errorf("%s: %q, want %q", c.name, got, c.least)
		}
	}
}
