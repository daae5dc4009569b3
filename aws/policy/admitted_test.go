package policy

import (
	"slices"
	"testing"
)

// TestAdmitted names whom a statement lets in, as the owner of the account reads it.
func TestAdmitted(t *testing.T) {
	for _, c := range []struct {
		name, principal, condition string
		who                        []string
	}{
		{"a user of ours", `"Principal": {"AWS": "arn:aws:iam::111122223333:user/bob"}`, ``, []string{"user bob"}},
		{"a role below a path", `"Principal": {"AWS": "arn:aws:iam::111122223333:role/clinic/app"}`, ``, []string{"role clinic/app"}},
		{"our account", `"Principal": {"AWS": "111122223333"}`, ``, []string{"every identity of this account whose own policies allow it"}},
		{"another account, written both ways", `"Principal": {"AWS": ["444455556666", "arn:aws:iam::444455556666:root"]}`, ``, []string{"account 444455556666"}},
		{"another account's user", `"Principal": {"AWS": "arn:aws:iam::444455556666:user/eve"}`, ``, []string{"user eve of account 444455556666"}},
		{"a session", `"Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/app/one"}`, ``, []string{"session one of role app"}},
		{"a deleted identity", `"Principal": {"AWS": "AIDAEXAMPLE"}`, ``, []string{"AIDAEXAMPLE"}},
		{"a directory", `"Principal": {"Federated": "accounts.google.com"}`, ``, []string{"anyone who signs in through accounts.google.com"}},
		{"a service for us", `"Principal": {"Service": "cloudfront.amazonaws.com"}`, `"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::111122223333:distribution/E1"}`, []string{"the service cloudfront.amazonaws.com for arn:aws:cloudfront::111122223333:distribution/E1"}},
		{"a service for our account", `"Principal": {"Service": "logs.amazonaws.com"}`, `"StringEquals": {"aws:SourceAccount": "111122223333"}`, []string{"the service logs.amazonaws.com for this account"}},
		{"everyone", `"Principal": "*"`, ``, []string{"everyone"}},
		{"everyone at one endpoint", `"Principal": {"AWS": "*"}`, `"StringEquals": {"aws:SourceVpce": "vpce-1"}`, []string{"everyone through the VPC endpoint vpce-1"}},
		{"everyone who is a role of ours", `"Principal": "*"`, `"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/clinic/*"}`, []string{"role clinic/*"}},
		{"everyone of our account", `"Principal": "*"`, `"StringEquals": {"aws:PrincipalAccount": "111122223333"}`, []string{"every identity of this account whose own policies allow it"}},
		{"everyone at an access point of ours", `"Principal": "*"`, `"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}`, []string{"everyone through access points of this account"}},
		{"everyone, if the key is there", `"Principal": "*"`, `"StringEqualsIfExists": {"aws:PrincipalAccount": "111122223333"}`, []string{"everyone when aws:PrincipalAccount StringEqualsIfExists this account"}},
		{"all but us", `"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:user/bob"}`, ``, []string{"everyone but user bob"}},
		{"two", `"Principal": {"AWS": "444455556666", "Service": "ses.amazonaws.com"}`, ``, []string{"account 444455556666", "the service ses.amazonaws.com"}},
	} {
		d := document(t, `{"Effect": "Allow", `+c.principal+`, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", "Condition": {`+c.condition+`}}`)
		if got := Admitted(d.Statements[0], "111122223333"); !slices.Equal(got, c.who) {
			t.Errorf("%s: %q, want %q", c.name, got, c.who)
		}
	}
	d := document(t, `{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}`)
	if got := Admitted(d.Statements[0], "111122223333"); len(got) > 0 {
		t.Errorf("a Deny lets in %q", got)
	}
}
