//go:build conformance

package policy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// The parts from which questions are made. They overlap, so that most statements concern
// the request and the decisions are mixed.
var (
	callers = []string{
		"arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/bob",
		"arn:aws:sts::111122223333:assumed-role/clinic/s1", "arn:aws:sts::111122223333:assumed-role/clinic/s1",
		"arn:aws:iam::444455556666:user/eve", "arn:aws:iam::111122223333:root", "",
	}
	targets = [][2]string{
		{"s3:GetObject", "arn:aws:s3:::records/alice/a.txt"},
		{"s3:PutObject", "arn:aws:s3:::records/b/c.txt"},
		{"s3:ListBucket", "arn:aws:s3:::records"},
		{"s3:DeleteObject", "arn:aws:s3:::audit/2026/x:y.json"},
	}
	actions = []string{
		"*", "s3:*", "s3:Get*", "s3:GetObject", "s3:getobject", "s3:?utObject", "s3:*Object", "s3:ListBucket", "s3:Delete*", "iam:*",
		"s3:PutObject*",
	}
	resources = []string{
		"*", "arn:aws:s3:::*", "arn:aws:s3:::records", "arn:aws:s3:::records/*", "arn:aws:s3:::records*", "arn:aws:s3:::audit/*",
		"arn:aws:s3:::records/*/?.txt", "arn:aws:s3:::*/c.txt", "arn:aws:s3:::audit/2026/*",
	}
	principals = []string{
		`"*"`, `{"AWS": "*"}`, `{"AWS": "111122223333"}`, `{"AWS": "arn:aws:iam::111122223333:root"}`,
		`{"AWS": "arn:aws:iam::111122223333:user/alice"}`,
		`{"AWS": ["arn:aws:iam::111122223333:user/bob", "arn:aws:iam::444455556666:user/eve"]}`,
		`{"AWS": "arn:aws:iam::111122223333:role/clinic"}`,
		`{"AWS": "arn:aws:sts::111122223333:assumed-role/clinic/s1"}`, `{"AWS": "444455556666"}`, `{"Service": "cloudtrail.amazonaws.com"}`,
	}
	conditions = []string{
		`{"Bool": {"aws:SecureTransport": "false"}}`, `{"Bool": {"aws:SecureTransport": "true"}}`,
		`{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}`,
		`{"Null": {"aws:MultiFactorAuthPresent": "true"}}`, `{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}}`,
		`{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/25"}}`, `{"StringEquals": {"aws:PrincipalAccount": ["111122223333", "777788889999"]}}`,
		`{"StringNotEquals": {"aws:PrincipalAccount": "444455556666"}}`, `{"StringLike": {"aws:UserAgent": "claria/*"}}`,
		`{"StringNotLikeIfExists": {"aws:UserAgent": "*curl*"}}`, `{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}`,
		`{"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/clinic"}}`,
		`{"DateLessThan": {"aws:CurrentTime": "2026-06-01T00:00:00Z"}}`,
		`{"DateGreaterThanEquals": {"aws:CurrentTime": "2026-06-01T00:00:00Z"}}`, `{"NumericLessThan": {"s3:TlsVersion": "1.2"}}`,
		`{"NumericGreaterThanEqualsIfExists": {"s3:TlsVersion": 1.2}}`, `{"StringEqualsIgnoreCase": {"aws:RequestedRegion": "US-EAST-1"}}`,
		`{"StringEquals": {"aws:RequestedRegion": "us-east-1"}, "Bool": {"aws:SecureTransport": "true"}}`,
		`{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*"}}`,
		`{"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": ["o-a1b2c3d4e5/r-ab12/", "o-x/"]}}`,
	}
	keys = map[string][]string{
		"aws:SecureTransport": {"true", "false"}, "aws:MultiFactorAuthPresent": {"true", "false"}, "aws:SourceIp": {
			"203.0.113.9",
			"203.0.113.200", "198.51.100.1", "2001:db8::5",
		},
		"aws:UserAgent": {"claria/1.0", "curl/8"}, "aws:CurrentTime": {"2026-01-15T10:00:00Z", "2026-11-21T18:02:00Z"}, "s3:TlsVersion": {
			"1.1",
			"1.3",
		},
		"aws:RequestedRegion": {"us-east-1", "eu-west-1"}, "aws:PrincipalOrgPaths": {"o-a1b2c3d4e5/r-ab12/", "o-z9y8x7w6v5/r-zz/"},
	}
	keyOrder = []string{
		"aws:SecureTransport", "aws:MultiFactorAuthPresent", "aws:SourceIp", "aws:UserAgent", "aws:CurrentTime", "s3:TlsVersion",
		"aws:RequestedRegion", "aws:PrincipalOrgPaths",
	}
)

// generator makes questions from one seed, so that every run asks the same questions.
type generator struct{ *rand.Rand }

func one[T any](g generator, from []T) T { return from[g.IntN(len(from))] }

func (g generator) some(from []string) []string {
	list := []string{one(g, from)}
	for g.IntN(3) == 0 {
		list = append(list, one(g, from))
	}
	return list
}

func (g generator) statements(withPrincipal bool) json.RawMessage {
	list := []map[string]any{}
	for range 1 + g.IntN(3) {
		s := map[string]any{"Effect": "Allow"}
		if g.IntN(4) == 0 {
			s["Effect"] = "Deny"
		}
		action, resource := "Action", "Resource"
		if g.IntN(8) == 0 {
			action = "NotAction"
		}
		if g.IntN(8) == 0 {
			resource = "NotResource"
		}
		s[action], s[resource] = g.some(actions), g.some(resources)
		if withPrincipal {
			s["Principal"] = json.RawMessage(one(g, principals))
		}
		if g.IntN(3) == 0 {
			s["Condition"] = json.RawMessage(one(g, conditions))
		}
		list = append(list, s)
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err)
	}
	return text
}

func generated(n int) []question {
	g := generator{rand.New(rand.NewPCG(2026, 11))}
	var all []question
	for i := range n {
		target := one(g, targets)
		q := question{
			Name: fmt.Sprint("generated ", i), Caller: new(one(g, callers)), Action: target[0], Resource: target[1], Keys: map[string][]string{},
		}
		for _, k := range keyOrder {
			if g.IntN(3) > 0 {
				q.Keys[k] = []string{one(g, keys[k])}
			}
		}
		switch {
		case *q.Caller == "" && g.IntN(2) == 0:
			q.Service = "cloudtrail.amazonaws.com"
		case *q.Caller == "":
			for k := range q.Keys {
				if k == "aws:MultiFactorAuthPresent" || k == "aws:PrincipalOrgPaths" { // a signed request's
					delete(q.Keys, k)
				}
			}
		default:
			if (*q.Caller)[len(*q.Caller)-4:] != "root" {
				q.Identity = g.statements(false)
				if g.IntN(5) == 0 {
					q.Boundary = g.statements(false)
				}
				if (*q.Caller)[8:11] == "sts" && g.IntN(3) == 0 {
					q.Session = g.statements(false)
				}
			}
		}
		if g.IntN(2) == 0 {
			q.ResourcePolicy = g.statements(true)
		}
		all = append(all, q)
	}
	return all
}
