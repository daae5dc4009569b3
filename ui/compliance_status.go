package ui

import (
	"fmt"
	"slices"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/provision"
)

// statusOf is the word a finding's status is shown with. A control that was well at
// an earlier look has drifted, and so has one that set-up had set right on this
// account: its plan would do it again. What set-up does only when it is asked to
// fails.
func statusOf(e *env, f drift.Finding) status {
	if f.Advice && f.Status != catalogue.Pass && f.Status != catalogue.NotApplicable {
		return statusAdvice // the law only proposes it
	}
	switch f.Status {
	case catalogue.Pass:
		return statusOK
	case catalogue.Fail:
		if f.Drift != nil || e.session.SetUp && f.Remedy == catalogue.Automatic && setUpMends(e.watch.plan, f.ID) {
			return statusDrift
		}
		return statusFail
	case catalogue.NotApplicable:
		return statusNA
	case catalogue.Waived:
		return statusWaived
	case catalogue.Attested:
		return statusAttested
	case catalogue.AttestDue:
		return statusDue
	default:
		return statusUnknown
	}
}

// setUpMends reports whether set-up as it is asked for bears on a control.
func setUpMends(plan provision.Plan, id string) bool {
	return slices.ContainsFunc(plan.Steps, func(s provision.Step) bool { return slices.Contains(s.Control, id) })
}

// countedStatuses are the statuses of findings in the order in which a family counts
// them.
var countedStatuses = []status{
	statusOK, statusDrift, statusFail, statusUnknown, statusDue, statusAdvice, statusAttested, statusWaived, statusNA,
}

// lookupDelay is how late CloudTrail may tell of a call (CloudTrail user guide,
// "Working with CloudTrail event history": within 15 minutes as a rule).
const lookupDelay = 20 * time.Minute

// byWhom is who made a finding drift, when, from where and by which call, in one
// line; or that the trail does not say.
func (p *compliance) byWhom(d drift.Drift) string {
	now := p.env.now()
	if e := d.Event; e != nil {
		text := fmt.Sprintf("%s by %s", exactly(now, e.At), safe.Line(e.Actor))
		if e.Address != "" {
			text += " from " + safe.Line(e.Address)
		}
		text += " (" + safe.Line(e.Name)
		if e.Key != "" {
			text += ", key " + safe.Line(e.Key)
		}
		return text + ")"
	}
	if problem, unread := p.env.watch.facts.Trail.Writes.Problem(); unread {
		return "nobody knows by whom: " + safe.Line(problem.String())
	}
	if now.Sub(d.Since) < lookupDelay {
		return "the trail does not say by whom yet; it may take 15 minutes"
	}
	return "the trail names nobody who did it"
}

// whoShort is byWhom for a row: "root, 14 h ago"; empty when nobody is named.
func whoShort(now time.Time, f drift.Finding) string {
	if f.Drift == nil || f.Drift.Event == nil {
		return ""
	}
	return safe.Line(f.Drift.Event.Actor) + ", " + ago(now, f.Drift.Event.At)
}

// exactly is a moment in the zone of now.
func exactly(now, then time.Time) string { return then.In(now.Location()).Format("2006-01-02 15:04") }
