package kit

import (
	"slices"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/provision"
)

// StatusOf is the status that the screen shows for a finding. A control has drifted
// if it passed at an earlier check, or if set-up established it on this account and
// its plan would do so again. What set-up does only on request fails.
func StatusOf(e *Env, f drift.Finding) Status {
	if f.Advice && f.Status != catalogue.Pass && f.Status != catalogue.NotApplicable {
		return statusAdvice // the proposed rule asks for it
	}
	switch f.Status {
	case catalogue.Pass:
		return StatusOK
	case catalogue.Fail:
		if f.Drift != nil || e.Session.SetUp && f.Remedy == catalogue.Automatic && setUpFixes(e.Scans.Plan, f.ID) {
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

// setUpFixes reports whether the plan has a step for a control.
func setUpFixes(plan provision.Plan, id string) bool {
	return slices.ContainsFunc(plan.Steps, func(s provision.Step) bool { return slices.Contains(s.Control, id) })
}

// CountedStatuses are the statuses of findings, in the order in which a family counts
// them.
var CountedStatuses = []Status{
	StatusOK, StatusDrift, StatusFail, StatusUnknown, StatusDue, statusAdvice, StatusAttested, StatusWaived, statusNA,
}

// WhoShort is who changed it and when, for a row: "root, 14 h ago"; empty: unknown.
func WhoShort(now time.Time, f drift.Finding) string {
	if f.Drift == nil || f.Drift.Event == nil {
		return ""
	}
	return safe.Line(f.Drift.Event.Actor) + ", " + Ago(now, f.Drift.Event.At)
}

// Exactly is a moment to the minute, in now's time zone.
func Exactly(now, then time.Time) string { return then.In(now.Location()).Format("2006-01-02 15:04") }
