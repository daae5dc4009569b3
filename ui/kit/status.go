package kit

import (
	"slices"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/provision"
)

// StatusOf is the word a finding's status is shown with. A control that was well at
// an earlier look has drifted, and so has one that set-up had set right on this
// account: its plan would do it again. What set-up does only when it is asked to
// fails.
func StatusOf(e *Env, f drift.Finding) Status {
	if f.Advice && f.Status != catalogue.Pass && f.Status != catalogue.NotApplicable {
		return statusAdvice // the law only proposes it
	}
	switch f.Status {
	case catalogue.Pass:
		return StatusOK
	case catalogue.Fail:
		if f.Drift != nil || e.Session.SetUp && f.Remedy == catalogue.Automatic && setUpMends(e.Scans.Plan, f.ID) {
			return StatusDrift
		}
		return StatusFail
	case catalogue.NotApplicable:
		return statusNA
	case catalogue.Waived:
		return StatusWaived
	case catalogue.Attested:
		return StatusAttested
	case catalogue.AttestDue:
		return StatusDue
	default:
		return StatusUnknown
	}
}

// setUpMends reports whether set-up as it is asked for bears on a control.
func setUpMends(plan provision.Plan, id string) bool {
	return slices.ContainsFunc(plan.Steps, func(s provision.Step) bool { return slices.Contains(s.Control, id) })
}

// CountedStatuses are the statuses of findings in the order in which a family counts
// them.
var CountedStatuses = []Status{
	StatusOK, StatusDrift, StatusFail, StatusUnknown, StatusDue, statusAdvice, StatusAttested, StatusWaived, statusNA,
}

// WhoShort is byWhom for a row: "root, 14 h ago"; empty when nobody is named.
func WhoShort(now time.Time, f drift.Finding) string {
	if f.Drift == nil || f.Drift.Event == nil {
		return ""
	}
	return safe.Line(f.Drift.Event.Actor) + ", " + Ago(now, f.Drift.Event.At)
}

// Exactly is a moment in the zone of now.
func Exactly(now, then time.Time) string { return then.In(now.Location()).Format("2006-01-02 15:04") }
