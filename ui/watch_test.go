package ui

import (
	"errors"
	"testing"

	"claria/drift"
	"claria/provision/state"
	"claria/session"
	"claria/session/watch"
)

// seen hands the screen a look that was taken with a session.
func (s *screen) seen(asked *session.Session, change func(*watch.Seen)) {
	s.t.Helper()
	seen := watch.Seen{Result: drift.Result{Report: sampleReport(), State: sampleState()}, Session: asked}
	change(&seen)
	s.run(s.scanned(answer[scanned]{Slot: "scan", Value: scanned{Seen: seen, asked: asked}}))
}

// What another computer declared holds on the screen from the look that read it,
// unless something else was declared here meanwhile.
func TestTheScreenFollowsWhatALookTookOver(t *testing.T) {
	s := newScreen(t, 120, 40)
	asked := s.env.session
	strict := &session.Session{Settings: state.Settings{Account: "111122223333", Region: "us-east-1", Strict: true}, Practice: true, SetUp: true}
	s.seen(asked, func(seen *watch.Seen) { seen.Session, seen.Followed = strict, true })
	s.sees("What this practice declared on another of its computers holds here now too.")
	if s.env.session != strict {
		t.Error("the session is the one before")
	}
	s.seen(asked, func(seen *watch.Seen) { seen.Session, seen.Followed = &session.Session{Practice: true}, true })
	if s.env.session != strict {
		t.Error("an old look replaced the session")
	}
}

// What could not be read of other computers, or not be written down, is said once
// and not at every look.
func TestWhatALookCouldNotDoIsSaidOnce(t *testing.T) {
	s := newScreen(t, 120, 40)
	s.seen(s.env.session, func(seen *watch.Seen) { seen.Unfollowed = errors.New("what other computers declared was not read") })
	s.sees("What other computers declared was not read.")
	s.keys("esc", "2")
	s.hides("What other computers declared was not read.")
	s.seen(s.env.session, func(seen *watch.Seen) { seen.Unfollowed = errors.New("what other computers declared was not read") })
	s.hides("What other computers declared was not read.")
	s.run(s.kept(errors.New("this was not recorded in the evidence ledger: the disk is full")))
	s.sees("This was not recorded in the evidence ledger: the disk is full.")
}

// The first look of a run shows what changed since a check that ran by itself.
func TestTheFirstLookShowsWhatChanged(t *testing.T) {
	s := newScreen(t, 120, 40, withPlan(sampleSteps...))
	before := sampleReport()
	s.seen(s.env.session, func(seen *watch.Seen) { seen.Report, seen.Previous = driftedReport(), &before })
	s.run(goTo(compliancePane, showControl{ID: "IAM-07"}))
	s.sees("→ attested")
}
