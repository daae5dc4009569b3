package ui

import (
	"context"
	"errors"
	"testing"

	"claria/session/watch"
	"claria/ui/kit"
	"claria/ui/uitest"
)

// A difference from what other computers declared, or an error in writing the ledger is shown
// once, not at every scan.
func TestAScansErrorsAreShownOnce(t *testing.T) {
	uitest.Bubble(testAScansErrorsAreShownOnce)(t)
}

func testAScansErrorsAreShownOnce(t *testing.T) {
	s := screens.New(t, 120, 40)
	s.Seen(s.Env.Session, func(seen *watch.Seen) { seen.Undecided = errors.New("what other computers declared was not read") })
	s.Sees("What other computers declared was not read.")
	s.Keys("esc", "2")
	s.Hides("What other computers declared was not read.")
	s.Seen(s.Env.Session, func(seen *watch.Seen) { seen.Undecided = errors.New("what other computers declared was not read") })
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
