package practice_test

import (
	"testing"
	"time"

	"claria/drift"
	"claria/internal/practice"
	"claria/internal/session"
)

func open(t *testing.T, seed string) *session.Session {
	t.Helper()
	account, err := practice.New(practice.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	s, err := session.Open(t.Context(), session.Options{Practice: account.Session(), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDemoHasOneDriftAndOneUnknown is what the demo promises to show.
func TestDemoHasOneDriftAndOneUnknown(t *testing.T) {
	s := open(t, "demo")
	start := time.Now()
	report, _, err := drift.Scan(t.Context(), s.Account, s.Settings, "core")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("filled and scanned in %v, %d calls", time.Since(start), report.APICalls)
	got := map[drift.Status][]string{}
	for _, f := range report.Controls {
		if f.Status != drift.Pass {
			got[f.Status] = append(got[f.Status], f.ID+" "+f.Reason)
		}
	}
	if len(got[drift.Fail]) != 1 || len(got[drift.Unknown]) != 1 || len(got) != 2 {
		t.Errorf("besides passes the demo has %v", got)
	}
	people, err := s.Clients().List(t.Context())
	if err != nil || len(people) != 3 {
		t.Errorf("%d clients, %v", len(people), err)
	}
}
