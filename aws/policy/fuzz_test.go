package policy

import "testing"

// FuzzEvaluate checks for any policy text that nothing panics, that one more Deny never
// allows what was denied before, and that CanEver never denies what Evaluate allows.
func FuzzEvaluate(f *testing.F) {
	const (
		deny = `{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ` +
			`"arn:aws:s3:::records/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}`
		all = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`
	)
	f.Add(all, deny, "s3:GetObject", "arn:aws:s3:::records/a.txt", "arn:aws:iam::111122223333:user/alice", "aws:SecureTransport", "false")
	f.Add(`{"Statement": {"Effect": "Allow", "NotAction": ["iam:*"], "NotResource": "arn:aws:s3:::${aws:username}/*"}}`, all, "s3:PutObject",
		"arn:aws:s3:::b", "arn:aws:sts::111122223333:assumed-role/clinic/s", "x", "")
	f.Add(`{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:?et*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/a, `+
		`'b'}/${*}", "Condition": {"ForAllValues:StringLike": {"x": "a*b?"}, "NumericLessThan": {"x": 1e3}, "DateLessThan": {"x": "2026"}, `+
		`"IpAddress": {"x": "::/0"}, "ArnLike": {"x": "arn:*:*:*:*:*"}, "Null": {"x": true}}}}`,
		deny, "s3:GetObject", "arn:aws:s3:::b/*", "arn:aws:iam::111122223333:root", "x", "arn:a:b:c:d:e")
	f.Add(`{"Statement": []}`, `{"Statement": {"Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"}}`,
		"", "", "", "", "")
	f.Fuzz(func(t *testing.T, identity, resource, action, arn, caller, key, value string) {
		if len(identity)+len(resource)+len(arn) > 8<<10 {
			t.Skip("larger than AWS accepts")
		}
		i, err := Parse([]byte(identity))
		if err != nil {
			return
		}
		request := Request{
			Caller: Caller{ARN: caller, Account: "111122223333"}, Action: action, Resource: arn, Keys: map[string][]string{key: {value}},
		}
		alone := Policies{Identity: []Document{i}}
		before := Evaluate(request, alone)
		if before.Allowed && before.Explicit {
			t.Fatal("allowed and denied at once")
		}
		Public(i)
		RequiresTLS(i, "records")
		RequiresTLSVersion(i, "records")
		Admin(i)
		ServiceWide(i)
		CrossAccount(i, "111122223333")
		if before.Allowed && len(arn) < 200 && key == "" && !CanEver(request.Caller, action, arn, "", alone).Yes {
			t.Fatalf("allowed, but never can be")
		}

		r, err := Parse([]byte(resource))
		if err != nil {
			return
		}
		for n := range r.Statements {
			r.Statements[n].Allow = false
		}
		denied := i
		denied.Statements = append(denied.Statements[:len(denied.Statements):len(denied.Statements)], r.Statements...)
		for _, p := range []Policies{
			{Identity: []Document{i}, Resource: &r}, {Identity: []Document{denied}}, {Identity: []Document{i}, Session: []Document{r}},
		} {
			if after := Evaluate(request, p); after.Allowed && !before.Allowed {
				t.Fatalf("a deny allowed: %+v", after)
			}
		}
	})
}
