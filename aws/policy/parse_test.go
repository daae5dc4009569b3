package policy

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func mustParse(t *testing.T, text string) Document {
	t.Helper()
	d, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParseTakesEveryFormThatAWSTakes(t *testing.T) {
	d := mustParse(t, `{"Statement": {"Effect": "Deny", "Principal": {"AWS": "111122223333", "Service": ["a.amazonaws.com", "b.amazonaws.com"]},
		"NotAction": "s3:Get*", "NotResource": ["arn:aws:s3:::a", "arn:aws:s3:::b"],
		"Condition": {"ForAnyValue:stringlikeifexists": {"aws:TagKeys": ["a", true, 1.5]}, "Bool": {"aws:SecureTransport": false}}}}`)
	if d.Version != "2008-10-17" {
		t.Errorf("a document without a version is of %s", d.Version)
	}
	s := d.Statements[0]
	if s.Allow || !s.NotAction || !s.NotResource || len(s.Principals) != 3 || len(s.Resources) != 2 {
		t.Errorf("%+v", s)
	}
	c := s.Conditions[0]
	if c.Operator != "StringLike" || c.Set != "ForAnyValue" || !c.IfExists || !slices.Equal(c.Values, []string{"a", "true", "1.5"}) {
		t.Errorf("%+v", c)
	}
	if !slices.Equal(s.Conditions[1].Values, []string{"false"}) {
		t.Errorf("%+v", s.Conditions[1])
	}
}

func TestParseRefusesWhatAWSRefuses(t *testing.T) {
	statement := func(rest string) string {
		return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"` + rest + `}]}`
	}
	for name, text := range map[string]string{
		"not JSON":               `{"Statement": `,
		"not an object":          `[]`,
		"text after the end":     `{"Statement": []} {}`,
		"another version":        `{"Version": "2026-01-01", "Statement": []}`,
		"no statement":           `{"Version": "2012-10-17"}`,
		"unknown element":        `{"Statement": [], "Comment": "x"}`,
		"element in lower case":  `{"statement": []}`,
		"effect in lower case":   `{"Statement": [{"Effect": "allow", "Action": "s3:*", "Resource": "*"}]}`,
		"no effect":              `{"Statement": [{"Action": "s3:*", "Resource": "*"}]}`,
		"an element twice":       statement(`, "Effect": "Deny"`),
		"Action and NotAction":   statement(`, "NotAction": "iam:*"`),
		"Resource twice over":    statement(`, "NotResource": "*"`),
		"both principals":        statement(`, "Principal": "*", "NotPrincipal": "*"`),
		"no action":              `{"Statement": [{"Effect": "Allow", "Resource": "*"}]}`,
		"an action alone":        `{"Statement": [{"Effect": "Allow", "Action": "GetObject", "Resource": "*"}]}`,
		"a resource that is not": `{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "bucket"}]}`,
		"a principal in text":    statement(`, "Principal": "111122223333"`),
		"part of a principal":    statement(`, "Principal": {"AWS": "arn:aws:iam::111122223333:user/*"}`),
		"a type of principal":    statement(`, "Principal": {"Users": "bob"}`),
		"an operator":            statement(`, "Condition": {"StringMatches": {"a": "b"}}`),
		"a set operator":         statement(`, "Condition": {"ForSomeValues:StringEquals": {"a": "b"}}`),
		"NullIfExists":           statement(`, "Condition": {"NullIfExists": {"a": "true"}}`),
		"a condition's value":    statement(`, "Condition": {"StringEquals": {"a": {"b": "c"}}}`),
		"a condition in text":    statement(`, "Condition": "never"`),
		"deep nesting":           `{"Statement": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`,
	} {
		if d, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: taken as %+v", name, d)
		} else if _, ok := errors.AsType[*MalformedError](err); !ok {
			t.Errorf("%s: %T %v", name, err, err)
		}
	}
}
