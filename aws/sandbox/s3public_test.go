package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"claria/aws/policy"
)

// disagreements are the policies on which S3's verdict and the program's may differ, each
// with the reason. There is none: a new one is a mistake in one of the two, or needs its
// reason here.
var disagreements = map[string]string{}

// TestTwoVerdictsOnPublic compares the demo account's verdict on bucket policies with the
// program's, which does not share its code, over all pairs of what statements consist of.
func TestTwoVerdictsOnPublic(t *testing.T) {
	principals := []string{
		`"Principal": "*"`, `"Principal": {"AWS": "*"}`, `"Principal": {"AWS": "111122223333"}`, `"Principal": {"AWS": ["111122223333", "*"]}`,
		`"Principal": {"AWS": "arn:aws:iam::444455556666:role/x"}`, `"Principal": {"Service": "cloudtrail.amazonaws.com"}`,
		`"Principal": {"Federated": "accounts.google.com"}`, `"Principal": {"AWS": "111122223333", "Federated": "graph.facebook.com"}`,
		`"Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/x"}`, `"Principal": {"CanonicalUser": "79a59df900b949e5"}`,
		`"NotPrincipal": {"AWS": "111122223333"}`,
	}
	operators := []string{
		"StringEquals", "StringLike", "StringEqualsIgnoreCase", "StringNotEquals", "StringEqualsIfExists", "ForAnyValue:StringEquals",
		"ForAllValues:StringLike", "ArnLike", "ArnEquals", "ArnNotLike", "IpAddress", "NotIpAddress", "Bool", "Null",
	}
	keys := []string{
		"aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceArn", "aws:SourceVpc",
		"AWS:sourcevpce", "aws:SourceOwner", "aws:SourceAccount", "aws:SourceOrgID", "aws:userid", "aws:SourceIp",
		"s3:DataAccessPointArn", "s3:DataAccessPointAccount", "s3:x-amz-server-side-encryption-aws-kms-key-id", "aws:SecureTransport",
		"aws:Referer", "s3:prefix", "aws:PrincipalTag/team",
	}
	values := []string{
		`"111122223333"`, `"1111*"`, `"*"`, `"${aws:userid}"`, `["111122223333", "*"]`, `"arn:aws:iam::111122223333:role/x"`,
		`"arn:aws:iam::111122223333:role/*"`, `"arn:aws:s3:us-east-1:111122223333:accesspoint/*"`, `"arn:aws:s3:us-east-1:*:accesspoint/x"`,
		`"AROAEXAMPLE:*"`, `"0.0.0.0/0"`, `"128.0.0.0/1"`, `"11.0.0.0/8"`, `"10.0.0.0/8"`, `"172.16.0.0/12"`, `"10.0.0.0/7"`, `"203.0.113.7"`,
		`["203.0.113.0/24", "0.0.0.0/1"]`, `"2001:db8::/32"`, `"2000::/3"`, `"true"`, `[]`,
	}
	compared, public := 0, 0
	compare := func(statements ...string) {
		text := `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ", ") + `]}`
		d, err := policy.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		compared++
		theirs, ours := isPublic(d), policy.Public(d).Yes
		if theirs {
			public++
		}
		if theirs != ours && disagreements[text] == "" {
			t.Errorf("S3's verdict is %v, the program's %v: %s", theirs, ours, text)
		}
	}
	statement := func(effect, principal, condition string) string {
		return `{"Effect": "` + effect + `", ` + principal + `, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {` + condition + `}}`
	}
	for i, principal := range principals {
		compare(statement("Allow", principal, ""))
		compare(statement("Deny", principal, ""))
		compare(statement("Allow", principal, ""), statement("Deny", principals[0], ""))
		compare(statement("Allow", principals[2], ""), statement("Allow", principal, ""))
		if !slices.Contains([]int{0, 3, 4, 6, 10}, i) { // the others are like one of these
			continue
		}
		for j, operator := range operators {
			for k, key := range keys {
				for l, value := range values {
					condition := fmt.Sprintf(`%q: {%q: %s}`, operator, key, value)
					compare(statement("Allow", principal, condition))
					if (i+j+k+l)%7 == 0 { // a second key of the same operator
						other := fmt.Sprintf(`%q: {%q: %s, %q: %s}`, operator, key, value, keys[(k+5)%len(keys)], values[(l+3)%len(values)])
						compare(statement("Allow", principal, other))
					}
				}
			}
		}
	}
	if public == 0 || public == compared {
		t.Errorf("%d of %d policies are public: nothing was compared", public, compared)
	}
}
