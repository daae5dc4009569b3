package drift

import (
	"fmt"
	"strings"
	"time"
)

// MostWaived is how long a waiver may run before the risk must be reviewed again.
const MostWaived = 365 * 24 * time.Hour

// waiverNotice is how long before a waiver ends a finding says so.
const waiverNotice = 14 * 24 * time.Hour

// NewWaiver makes a waiver of a control from a moment to the end of a day. The error
// says what is wrong.
func NewWaiver(control, owner, reason, compensating string, at time.Time, until Date) (Waiver, error) {
	all, _ := Catalogue(Strict)
	known := false
	for _, c := range all {
		known = known || c.ID == control
	}
	switch {
	case !known:
		return Waiver{}, fmt.Errorf("there is no control %q; docs/controls.md lists them", control)
	case strings.TrimSpace(owner) == "":
		return Waiver{}, fmt.Errorf("a waiver of %s needs an owner: the person who is responsible for the risk", control)
	case strings.TrimSpace(reason) == "":
		return Waiver{}, fmt.Errorf("a waiver of %s needs a reason", control)
	case strings.TrimSpace(compensating) == "":
		return Waiver{}, fmt.Errorf("a waiver of %s needs a compensating control: what protects the records meanwhile", control)
	}
	last, err := time.ParseInLocation(time.DateOnly, string(until), at.Location())
	if err != nil {
		return Waiver{}, fmt.Errorf("a waiver of %s needs its last day, written as %s", control, DateOf(at).Plus(90))
	}
	w := Waiver{
		Control:      control,
		Owner:        owner,
		Reason:       reason,
		Compensating: compensating,
		At:           at.UTC().Truncate(time.Second),
		Ends:         last.AddDate(0, 0, 1).UTC(),
	}
	if !w.Ends.After(w.At) {
		return Waiver{}, fmt.Errorf("the end of a waiver of %s must be in the future, not on %s", control, until)
	}
	if w.tooLong() {
		return Waiver{}, fmt.Errorf("a waiver of %s may run for at most 365 days, to %s", control, DateOf(at).Plus(364))
	}
	return w, nil
}

// Acknowledged reports whether a waiver of this control accepts no risk but is a
// person's explanation of what happened; then the waiver's end does not matter.
func Acknowledged(control string) bool { return control == tamperControl }

func (w Waiver) tooLong() bool { return w.Ends.Sub(w.At) > MostWaived }

// Running reports whether the waiver is in force at a moment.
func (w Waiver) Running(now time.Time) bool {
	return !w.tooLong() && !ahead(w.At, now) && now.Before(w.Ends) && w.Withdrawn.IsZero()
}

// LastDay is the last day on which the waiver is in force, in the clock's time zone.
func (w Waiver) LastDay(where *time.Location) string {
	return w.Ends.Add(-time.Second).In(where).Format(time.DateOnly)
}

// Withdraw ends a control's waivers that have not expired. It reports whether there
// was one.
func (r *Register) Withdraw(control string, now time.Time) bool {
	found := false
	for i := range r.Waivers {
		if w := &r.Waivers[i]; w.Control == control && w.Withdrawn.IsZero() && now.Before(w.Ends) {
			w.Withdrawn, found = now.UTC().Truncate(time.Second), true
		}
	}
	return found
}

// waiver returns a control's newest waiver that nobody has withdrawn; nil: there is none.
func (r Register) waiver(control string) *Waiver {
	var newest *Waiver
	for i, w := range r.Waivers {
		if w.Control == control && w.Withdrawn.IsZero() && (newest == nil || !w.At.Before(newest.At)) {
			newest = &r.Waivers[i]
		}
	}
	return newest
}

// waive applies a running waiver to a finding that fails or waits for a
// signature. The observation stays; a waived finding never counts as passed. A
// legal deadline that has passed cannot be waived.
func (in *judgement) waive(f *Finding) {
	if f.Status != Fail && f.Status != AttestDue || f.ID == tamperControl { // its judge checks the waivers itself, event by event
		return
	}
	register, ok := in.Register.Value()
	if !ok {
		return
	}
	w := register.waiver(f.ID)
	if w == nil {
		return
	}
	last := w.LastDay(in.Now.Location())
	switch {
	case w.tooLong():
		f.Reason += fmt.Sprintf("; the waiver of %s does not count, because it runs for more than 365 days", w.Owner)
	case ahead(w.At, in.Now):
		f.Reason += fmt.Sprintf("; the waiver of %s does not count, because its date %s is in the future", w.Owner, DateOf(w.At))
	case !w.Running(in.Now):
		f.Reason += fmt.Sprintf("; the waiver of %s expired on %s", w.Owner, last)
	case f.Overdue:
		f.Reason += "; a legal deadline that has passed cannot be waived"
	default:
		was := f.Reason
		f.Status, f.Until = Waived, w.Ends
		f.Reason = fmt.Sprintf("waived by %s until %s: %s; meanwhile: %s", w.Owner, last, w.Reason, w.Compensating)
		if left := w.Ends.Sub(in.Now); left <= waiverNotice {
			f.Reason += fmt.Sprintf("; the waiver ends in %s", count(max(1, int(left.Hours()/24)), "day"))
		}
		if was != "" {
			f.Reason += "; what is waived: " + was
		}
	}
}
