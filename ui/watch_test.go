package ui

import (
	"context"
	"errors"
	"testing"

	"claria/provision/state"
	"claria/session"
	"claria/session/watch"
	"claria/ui/kit"
	"claria/ui/uitest"
)

// The screen uses what another computer declared as soon as a scan has read it, unless
// something else was declared here in the meantime.
func TestTheScreenUsesWhatAScanTookOver(t *testing.T) {
	uitest.Bubble(testTheScreenUsesWhatAScanTookOver)(t)
}

func testTheScreenUsesWhatAScanTookOver(t *testing.T) {
	s := screens.New(t, 120, 40)
	asked := s.Env.Session
	strict := &session.Session{Settings: state.Settings{Account: "111122223333", Region: "us-east-1", Strict: true}, Demo: true, SetUp: true}
	s.Seen(asked, func(seen *watch.Seen) { seen.Session, seen.Followed = strict, true })
	s.Sees("Claria now uses what this practice declared on another computer.")
	if s.Env.Session != strict {
		t.Error("the session is the one before")
	}
	s.Seen(asked, func(seen *watch.Seen) { seen.Session, seen.Followed = &session.Session{Demo: true}, true })
	if s.Env.Session != strict {
		t.Error("an old scan replaced the session")
	}
}

// An error in reading other computers' declarations or in writing the ledger is shown
// once, not at every scan.
func TestAScansErrorsAreShownOnce(t *testing.T) {
	uitest.Bubble(testAScansErrorsAreShownOnce)(t)
}

func testAScansErrorsAreShownOnce(t *testing.T) {
	s := screens.New(t, 120, 40)
	s.Seen(s.Env.Session, func(seen *watch.Seen) { seen.Unfollowed = errors.New("what other computers declared was not read") })
	s.Sees("What other computers declared was not read.")
	s.Keys("esc", "2")
	s.Hides("What other computers declared was not read.")
	s.Seen(s.Env.Session, func(seen *watch.Seen) { seen.Unfollowed = errors.New("what other computers declared was not read") })
	s.Hides("What other computers declared was not read.")
	s.Run(kit.Ask(s.Env.Jobs, kit.Job{Pane: kit.WatchPane, Slot: "record"}, func(context.Context) (kit.Kept, error) {
		return kit.Kept{}, errors.New("this is not in the evidence ledger: the disk is full")
	}))
	s.Sees("This is not in the evidence ledger: the disk is full.")
}

// The first scan of a run shows what changed since the last scheduled check.
func TestTheFirstScanShowsWhatChanged(t *testing.T) {
	uitest.Bubble(testTheFirstScanShowsWhatChanged)(t)
}

func testTheFirstScanShowsWhatChanged(t *testing.T) {
	s := screens.New(t, 120, 40, uitest.WithPlan(uitest.SampleSteps...))
	before := uitest.SampleReport()
	s.Seen(s.Env.Session, func(seen *watch.Seen) { seen.Report, seen.Previous = uitest.DriftedReport(), &before })
	s.Run(kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: "IAM-07"}))
	s.Sees("→ attested")
}
