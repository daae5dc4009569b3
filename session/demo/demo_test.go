package demo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
	"claria/session/demo"
)

func open(t *testing.T, seed string) *session.Session {
	t.Helper()
	account, err := demo.New(demo.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	s, err := session.Open(t.Context(), session.Options{Demo: account.Session(), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDemoHasOneDriftAndOneUnknown checks what the demo promises to show: one setting
// that someone switched off, the record of it in the trail, and one refused read.
func TestDemoHasOneDriftAndOneUnknown(t *testing.T) {
	s := open(t, "demo")
	start := time.Now()
	result, err := drift.Scan(t.Context(), s.Account, s.Settings,
		drift.Options{Runs: state.Known([]drift.Run{{At: time.Now(), Unattended: true, Complete: true}})})
	if err != nil {
		t.Fatal(err)
	}
	report := result.Report
	t.Logf("filled and scanned in %v, %d calls", time.Since(start), report.APICalls)
	got := map[catalogue.Status][]string{}
	for _, f := range report.Controls {
		if f.Status == catalogue.Fail || f.Status == catalogue.Unknown {
			got[f.Status] = append(got[f.Status], f.ID+" "+f.Reason)
		}
	}
	failing := strings.Join(got[catalogue.Fail], "; ")
	if !strings.Contains(failing, "CT-03") || !strings.Contains(failing, "CT-14") || len(got[catalogue.Fail]) > 4 ||
		len(got[catalogue.Unknown]) != 1 {
		t.Errorf("apart from passes the demo has %v", got)
	}
	people, err := s.Clients().List(t.Context())
	if err != nil || len(people) != 3 {
		t.Errorf("%d clients, %v", len(people), err)
	}
}

// The demo account declares what set-up chooses there.
func TestTheDemosModelIsTheRegionsChoice(t *testing.T) {
	s := open(t, "demo")
	offers, err := provision.Offers(t.Context(), s.Account)
	if err != nil {
		t.Fatal(err)
	}
	if chosen := state.Choose(s.Settings.Region, offers); chosen != demo.Model || !slices.Equal(s.Settings.Models, []string{demo.Model}) {
		t.Errorf("set-up chooses %q, the demo account has %v", chosen, s.Settings.Models)
	}
}

// TestDemoIsKept opens a demo in a directory twice: the second time it is already
// filled and has the same key.
func TestDemoIsKept(t *testing.T) {
	dir := t.TempDir()
	var keys []string
	for range 2 {
		account, err := demo.New(demo.Options{Sandbox: sandbox.Options{Dir: dir, Faults: []string{"deny=iam:GetAccountSummary"}}})
		if err != nil {
			t.Fatal(err)
		}
		environ, err := account.Environ(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, environ["AWS_ACCESS_KEY_ID"])
		s, err := session.Open(t.Context(), session.Options{Demo: account.Session()})
		if err != nil {
			t.Fatal(err)
		}
		if people, err := s.Clients().List(t.Context()); len(people) != 3 || err != nil {
			t.Errorf("%d clients, %v", len(people), err)
		}
		// The fault applies to the user's requests, not to filling the account.
		if _, err := aws.IAM(s.Account).GetAccountSummary(t.Context(), nil); aws.KindOf(err) != aws.Denied {
			t.Errorf("the injected fault answers %v", err)
		}
		if err := account.Sandbox.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if keys[0] != keys[1] {
		t.Errorf("the key changed from %s to %s", keys[0], keys[1])
	}
}
