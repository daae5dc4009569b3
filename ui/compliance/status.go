package compliance

import (
	"fmt"
	"time"

	"claria/drift"
	"claria/internal/safe"
	"claria/ui/kit"
)

// lookupDelay is how late a call can appear in CloudTrail (CloudTrail user guide,
// "Working with CloudTrail event history": usually within 15 minutes).
const lookupDelay = 20 * time.Minute

// byWhom is who caused a drift, when, from where and by which call, on one line; or
// that the trail does not say.
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
		return "by whom is unknown: " + safe.Line(problem.String())
	}
	if now.Sub(d.Since) < lookupDelay {
		return "the trail does not show by whom yet; that can take 15 minutes"
	}
	return "the trail does not show who did it"
}
