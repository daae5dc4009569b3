package drift

import (
	"fmt"
	"time"

	"claria/drift/catalogue"
	"claria/drift/register"
)

// waiverNotice is how long before a waiver ends a finding says so.
const waiverNotice = 14 * 24 * time.Hour

// waive applies a running waiver to a finding that fails or waits for a
// signature. The observation stays; a waived finding never counts as passed. A
// legal deadline that has passed cannot be waived.
func (in *judgement) waive(f *Finding) {
	if f.Status != catalogue.Fail && f.Status != catalogue.AttestDue || f.ID == catalogue.TamperControl { // its judge checks the waivers itself, event by event
		return
	}
	reg, ok := in.Register.Value()
	if !ok {
		return
	}
	w := reg.WaiverOf(f.ID)
	if w == nil {
		return
	}
	last := w.LastDay(in.Now.Location())
	switch {
	case w.TooLong():
		f.Reason += fmt.Sprintf("; the waiver of %s does not count, because it runs for more than 365 days", w.Owner)
	case register.Ahead(w.At, in.Now):
		f.Reason += fmt.Sprintf("; the waiver of %s does not count, because its date %s is in the future", w.Owner, register.DateOf(w.At))
	case !w.Running(in.Now):
		f.Reason += fmt.Sprintf("; the waiver of %s expired on %s", w.Owner, last)
	case f.Overdue:
		f.Reason += "; a legal deadline that has passed cannot be waived"
	default:
		was := f.Reason
		f.Status, f.Until = catalogue.Waived, w.Ends
		f.Reason = fmt.Sprintf("waived by %s until %s: %s; meanwhile: %s", w.Owner, last, w.Reason, w.Compensating)
		if left := w.Ends.Sub(in.Now); left <= waiverNotice {
			f.Reason += fmt.Sprintf("; the waiver ends in %s", count(max(1, int(left.Hours()/24)), "day"))
		}
		if was != "" {
			f.Reason += "; what is waived: " + was
		}
	}
}
