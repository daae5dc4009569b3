package policy

import (
	"slices"
	"testing"
	"time"
)

// TestInForce judges grants whose time is over, or always there.
func TestInForce(t *testing.T) {
	now := time.Date(2026, time.November, 30, 12, 0, 0, 0, time.UTC)
	allow := func(condition string) string {
		return `{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": ` + condition + `}`
	}
	for _, c := range []struct {
		name, statements string
		admin            bool
	}{
		{"before a day long past", allow(`{"DateLessThan": {"aws:CurrentTime": "2022-01-01T00:00:00Z"}}`), false},
		{"up to yesterday", allow(`{"DateLessThanEquals": {"aws:CurrentTime": "2026-11-29"}}`), false},
		{"in seconds", allow(`{"DateLessThan": {"aws:EpochTime": "1640995200"}}`), false},
		{"in seconds, as a number", allow(`{"NumericLessThan": {"aws:EpochTime": 1640995200}}`), false},
		{"on one day that is past", allow(`{"DateEquals": {"aws:CurrentTime": "2022-01-01"}}`), false},
		{"key in other case, if it exists", allow(`{"DateLessThanIfExists": {"AWS:currenttime": "2022-01-01T00:00:00Z"}}`), false},
		{"a window that is over", allow(`{"DateGreaterThan": {"aws:CurrentTime": "2021-01-01"}, "DateLessThan": {"aws:CurrentTime": "2022-01-01"}}`), false},
		{"until one of two days", allow(`{"DateLessThan": {"aws:CurrentTime": ["2022-01-01", "2030-01-01"]}}`), true},
		{"until both days", allow(`{"DateLessThan": {"aws:CurrentTime": ["2022-01-01", "2023-01-01"]}}`), false},
		{"until a day to come", allow(`{"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}`), true},
		{"from a day to come", allow(`{"DateGreaterThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}`), true},
		{"but not on a day", allow(`{"DateNotEquals": {"aws:CurrentTime": "2022-01-01"}}`), true},
		{"about the caller's token", allow(`{"DateLessThan": {"aws:TokenIssueTime": "2022-01-01T00:00:00Z"}}`), true},
		{"when the time is not known", allow(`{"Null": {"aws:CurrentTime": "true"}}`), false},
		{"one over, one not", allow(`{"DateLessThan": {"aws:CurrentTime": "2022-01-01"}}`) + `, {"Effect": "Allow", "Action": "*", "Resource": "*"}`, true},
		{"refused from a day that is past", `{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"DateGreaterThan": {"aws:CurrentTime": "2022-01-01"}}}`, false},
		{"refused until a day that is past", `{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2022-01-01"}}}`, true},
		{"refused when TLS is known of", `{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Null": {"aws:SecureTransport": "false"}}}`, false},
	} {
		d := document(t, c.statements)
		if a := Admin(InForce(d, now)); a.Yes != c.admin {
			t.Errorf("%s: admin %v: %s", c.name, a.Yes, a.Reason)
		}
		if wide := slices.Contains(ServiceWide(InForce(d, now)), "*"); wide != c.admin {
			t.Errorf("%s: every service %v", c.name, wide)
		}
	}
	over := document(t, allow(`{"DateLessThan": {"aws:CurrentTime": "2022-01-01"}}`))
	if !Admin(InForce(over, time.Time{})).Yes {
		t.Error("a grant is over although nobody knows the time")
	}
	second := document(t, allow(`{"DateLessThan": {"aws:CurrentTime": "2022-01-01"}}`)+`, {"Effect": "Allow", "Action": "*", "Resource": "*"}`)
	if a := Admin(InForce(second, now)); a.Reason != "statement 2 allows every action on every resource" {
		t.Errorf("the second statement is named: %s", a.Reason)
	}
}
