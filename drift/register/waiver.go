package register

import (
	"fmt"
	"strings"
	"time"

	"claria/drift/catalogue"
)

// MostWaived is how long a waiver may run before the risk must be reviewed again.
const MostWaived = 365 * 24 * time.Hour

// NewWaiver makes a waiver of a control from a moment to the end of a day. The error
// says what is wrong.
func NewWaiver(control, owner, reason, compensating string, at time.Time, until Date) (Waiver, error) {
	all, _ := catalogue.Controls(catalogue.Strict)
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
	if w.TooLong() {
		return Waiver{}, fmt.Errorf("a waiver of %s may run for at most 365 days, to %s", control, DateOf(at).Plus(364))
	}
	return w, nil
}

// Acknowledged reports whether a waiver of this control accepts no risk but is a
// person's explanation of what happened; then the waiver's end does not matter.
func Acknowledged(control string) bool { return control == catalogue.TamperControl }

// TooLong reports whether the waiver runs for longer than a waiver may.
func (w Waiver) TooLong() bool { return w.Ends.Sub(w.At) > MostWaived }

// Running reports whether the waiver is in force at a moment.
func (w Waiver) Running(now time.Time) bool {
	return !w.TooLong() && !Ahead(w.At, now) && now.Before(w.Ends) && w.Withdrawn.IsZero()
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

// WaiverOf returns a control's newest waiver that nobody has withdrawn; nil: there is none.
func (r Register) WaiverOf(control string) *Waiver {
	var newest *Waiver
	for i, w := range r.Waivers {
		if w.Control == control && w.Withdrawn.IsZero() && (newest == nil || !w.At.Before(newest.At)) {
			newest = &r.Waivers[i]
		}
	}
	return newest
}
