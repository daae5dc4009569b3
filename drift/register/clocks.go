package register

import (
	"cmp"
	"slices"
	"time"
)

// Clock is one legal deadline.
type Clock struct {
	Of       string `json:"of"` // id of the incident or the request
	What     string `json:"what"`
	Citation string `json:"citation"`
	Due      Date   `json:"due"` // the last day on which it is on time
	Done     Date   `json:"done,omitempty"`
}

// Overdue reports whether the last day has passed without it being done.
func (c Clock) Overdue(now time.Time) bool { return c.Done == "" && c.Due.Passed(now) }

// Open reports whether it is still to be done.
func (c Clock) Open() bool { return c.Done == "" }

// IncidentKinds returns the kinds of incidents that are recorded; what happened, in
// words, is in the note.
func IncidentKinds() []string {
	return []string{
		"lost or stolen device", "lost or stolen key", "misdirected message", "unauthorised access", "malicious software",
		"improper disposal", "at a business associate", "loss of availability", "other",
	}
}

// Factors returns the four factors of the risk assessment (45 CFR 164.402, "breach", (2)), by
// name and the question that each asks.
func Factors() []struct{ Name, Asks string } {
	return []struct{ Name, Asks string }{
		{"nature", "What kind of information was involved, and how easily does it identify the people?"},
		{"recipient", "Who received or used it, and must they keep it confidential?"},
		{"acquired", "Was it actually acquired or viewed, or was that only possible?"},
		{"mitigation", "How far has the risk been reduced since then, and how do you know?"},
	}
}

// The outcomes of an assessment.
const (
	Breach         = "breach"
	LowProbability = "low probability"
	Excepted       = "exception"        // one of the three of 164.402
	Secured        = "secured"          // encrypted as the guidance asks: no notice is due
	NotDisclosed   = "not a disclosure" // a security incident that touched no health information
)

// Outcomes returns the outcomes of an assessment.
func Outcomes() []string { return []string{Breach, LowProbability, Excepted, Secured, NotDisclosed} }

// oralDelay is how long a delay lasts that law enforcement requested
// orally (164.412(b)), in days.
const oralDelay = 30

// noticeDays is the longest that any notice may take: "in no case later than 60
// calendar days after discovery" (164.404(b), 406(b), 408(b), 410(b)).
const noticeDays = 60

// large is the number of people from which HHS is notified at the same time as they are
// (164.408(b)), and above which, in one state, the media are notified (164.406(a)).
const large = 500

// Assessed reports whether all four factors are rated with reasons, or the
// assessment was not needed because no one could read it or nothing was disclosed.
func (i Incident) Assessed() bool {
	if i.Outcome == Secured || i.Outcome == NotDisclosed {
		return true
	}
	for _, f := range Factors() {
		at := slices.IndexFunc(i.Factors, func(have Factor) bool { return have.Name == f.Name })
		if at < 0 || i.Factors[at].Rating == "" || !i.Factors[at].Reasoned {
			return false
		}
	}
	return true
}

// Notifiable reports whether notice is due: an impermissible use or disclosure is
// presumed to be a breach until an assessment shows otherwise (164.402).
func (i Incident) Notifiable() bool {
	switch i.Outcome {
	case Secured, NotDisclosed:
		return false
	case LowProbability, Excepted:
		return !i.Assessed()
	}
	return true
}

// Clocks returns the deadlines that the incident starts.
func (i Incident) Clocks() []Clock {
	if !i.Notifiable() {
		return nil
	}
	clock := func(what, citation string, due, done Date) Clock {
		return Clock{Of: i.ID, What: what, Citation: citation, Due: max(due, i.delayed()), Done: done}
	}
	sixty := i.Discovered.Plus(noticeDays)
	if i.AsAssociate {
		return []Clock{clock("notify the covered entity", "164.410", sixty, i.Told.Entity)}
	}
	clocks := []Clock{clock("notify the people affected", "164.404", sixty, i.Told.Individuals)}
	if i.Affected >= large {
		clocks = append(clocks, clock("notify HHS", "164.408", sixty, i.Told.HHS))
	} else {
		year, err := time.Parse(time.DateOnly, string(i.Discovered))
		if err == nil {
			end := DateOf(time.Date(year.Year(), time.December, 31, 0, 0, 0, 0, time.UTC))
			clocks = append(clocks, clock("notify HHS in the yearly report", "164.408", end.Plus(noticeDays), i.Told.HHS))
		}
	}
	for _, residents := range i.States {
		if residents > large {
			clocks = append(clocks, clock("notify the media of each state with more than 500 people affected", "164.406", sixty, i.Told.Media))
			break
		}
	}
	return clocks
}

// delayed returns the last day of a law-enforcement delay; empty: there is none.
func (i Incident) delayed() Date {
	switch {
	case i.Delay == nil:
		return ""
	case i.Delay.Written:
		return i.Delay.Until
	}
	return i.Delay.Asked.Plus(oralDelay)
}

// A requestKind is a right of a client, and how long the answer may take.
type requestKind struct {
	Name, Citation string
	Days, Longer   int // Longer: the one extension; 0: no clock
}

// requestKinds returns the rights that the register tracks (164.522–528).
func requestKinds() []requestKind {
	return []requestKind{
		{"access", "164.524(b)(2)", 30, 30},
		{"amendment", "164.526(b)(2)", 60, 30},
		{"accounting", "164.528(c)(1)", 60, 30},
		{"restriction", "164.522(a)", 0, 0},
		{"confidential communication", "164.522(b)", 0, 0},
	}
}

// RequestKinds returns the kinds of requests that are recorded.
func RequestKinds() []string {
	var names []string
	for _, k := range requestKinds() {
		names = append(names, k.Name)
	}
	return names
}

// Clock returns the deadline of the request; ok is false when its kind has none. An
// extension counts only if the client was informed within the first period.
func (r Request) Clock() (c Clock, ok bool) {
	for _, k := range requestKinds() {
		if k.Name != r.Kind || k.Days == 0 {
			continue
		}
		due := r.Received.Plus(k.Days)
		if r.Extended != "" && r.Extended <= due {
			due = r.Received.Plus(k.Days + k.Longer)
		}
		return Clock{Of: r.ID, What: "answer the request for " + k.Name, Citation: k.Citation, Due: due, Done: r.Answered}, true
	}
	return Clock{}, false
}

// Clocks returns every deadline of the register that is not met yet, the next first.
func (r Register) Clocks() []Clock {
	var clocks []Clock
	for _, i := range r.Incidents {
		clocks = append(clocks, i.Clocks()...)
	}
	for _, q := range r.Requests {
		if c, ok := q.Clock(); ok {
			clocks = append(clocks, c)
		}
	}
	clocks = slices.DeleteFunc(clocks, func(c Clock) bool { return !c.Open() })
	slices.SortStableFunc(clocks, func(a, b Clock) int { return cmp.Compare(a.Due, b.Due) })
	return clocks
}

// DrillKinds returns the kinds of drills that are recorded.
func DrillKinds() []string {
	return []string{"restore", "emergency access", "incident response", "contingency plan"}
}
