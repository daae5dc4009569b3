package compliance

import (
	"fmt"
	"time"

	"claria/drift"
	"claria/internal/safe"
	"claria/ui/kit"
)

// lookupDelay is how late CloudTrail may tell of a call (CloudTrail user guide,
// "Working with CloudTrail event history": within 15 minutes as a rule).
const lookupDelay = 20 * time.Minute

// byWhom is who made a finding drift, when, from where and by which call, in one
// line; or that the trail does not say.
func (p *Pane) byWhom(d drift.Drift) string {
	now := p.env.Now()
	if e := d.Event; e != nil {
		text := fmt.Sprintf("%s by %s", kit.Exactly(now, e.At), safe.Line(e.Actor))
		if e.Address != "" {
			text += " from " + safe.Line(e.Address)
		}
		text += " (" + safe.Line(e.Name)
		if e.Key != "" {
			text += ", key " + safe.Line(e.Key)
		}
		return text + ")"
	}
	if problem, unread := p.env.Scans.Facts.Trail.Writes.Problem(); unread {
		return "nobody knows by whom: " + safe.Line(problem.String())
	}
	if now.Sub(d.Since) < lookupDelay {
		return "the trail does not say by whom yet; it may take 15 minutes"
	}
	return "the trail names nobody who did it"
}
