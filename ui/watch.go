package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/drift"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
	"claria/session/watch"
)

// rescanEvery is how often the account is looked at while nobody asks.
const rescanEvery = 5 * time.Minute

// watchPane is the owner of the scan's job: no pane, but the frame's watch.
const watchPane paneID = "watch"

// scans are the looks at the account, taken in the background for every pane that
// shows findings.
type scans struct {
	set  string // of controls
	look func(context.Context, *session.Session, watch.Options) (watch.Seen, error)
	lead func(*session.Session, state.State) provision.Plan // to the account as it should be
	book *watch.Watch                                       // looks, and writes down what was seen and done; nil: there is none

	report   *drift.Report  // the latest scan; nil: none yet
	facts    drift.Facts    // what it was judged from, besides the state
	previous *drift.Report  // the one before, to compare with
	state    state.State    // what the latest scan observed
	plan     provision.Plan // and what leads from there to the account as it should be
	at       time.Time      // when it ended
	took     time.Duration  // as it felt here; the report's own figure follows the account's clock
	began    time.Time
	err      error // why the latest try could not begin; nil when it did
	unread   error // why what other computers declared could not be read; nil when it was
	scanning bool
	again    bool // something changed while a scan ran: scan once more after it
	due      time.Time
}

// scanned is a scan's result.
type scanned struct {
	watch.Seen
	asked *session.Session // to look with
	plan  provision.Plan
}

// start begins a scan, or notes that one more is due when one runs.
func (w *scans) start(e *env) tea.Cmd {
	if w.scanning || w.applies(e) {
		w.again = true
		return nil
	}
	w.scanning, w.again, w.began = true, false, e.now()
	s, look, lead := e.session, w.look, w.lead
	// The demo account has no computer.
	options := watch.Options{Set: w.set, Machine: !s.Demo, Previous: w.report}
	return ask(e.jobs, job{Pane: watchPane, Slot: "scan", Title: "Scanning", Quiet: true},
		func(ctx context.Context) (scanned, error) {
			seen, err := look(ctx, s, options)
			if err != nil {
				return scanned{}, err
			}
			// Making the plan may look into the keyring and ask for its
			// passphrase, so it belongs here and not into Update.
			return scanned{seen, s, lead(seen.Session, seen.State)}, nil
		})
}

// applies reports whether the account is being changed: a look at it would see
// neither what was nor what will be. A scan follows each change.
func (w *scans) applies(e *env) bool {
	return e.jobs.busy(setupPane, applySlot) || e.jobs.busy(compliancePane, fixSlot)
}

// pause drops a scan that runs, because the account is about to change.
func (w *scans) pause(e *env) {
	e.jobs.drop(job{Pane: watchPane, Slot: "scan"})
	w.scanning = false
}

// The slots of the jobs that change the account.
const (
	applySlot = "apply"
	fixSlot   = "fix"
)

// minute begins a scan when one is due.
func (w *scans) minute(e *env) tea.Cmd {
	if e.now().Before(w.due) {
		return nil
	}
	return w.start(e)
}

// receive takes a scan's result; the frame then tells all panes.
func (w *scans) receive(e *env, m answer[scanned]) tea.Cmd {
	w.scanning = false
	w.at, w.took = e.now(), e.now().Sub(w.began)
	w.due = w.at.Add(rescanEvery - 30*time.Second) // looked at once a minute
	w.err = m.Err
	var after []tea.Cmd
	if m.Err == nil {
		if w.previous = w.report; w.previous == nil {
			w.previous = m.Value.Previous // of an earlier run of the program, or of a check by itself
		}
		after = append(after, w.follow(e, m.Value), e.keep(m.Value))
		w.report, w.facts, w.state, w.plan = &m.Value.Report, m.Value.Facts, m.Value.State, m.Value.plan
	}
	if w.again {
		after = append(after, w.start(e))
	}
	return tea.Batch(after...)
}

// follow goes on with what another of the practice's computers declared, unless the
// session became another one meanwhile.
func (w *scans) follow(e *env, seen scanned) tea.Cmd {
	before := w.unread
	w.unread = seen.Unfollowed
	switch {
	case w.unread != nil && before == nil: // once, not every five minutes
		return complainOf(w.unread)
	case !seen.Followed || e.session != seen.asked:
		return nil
	}
	e.session = seen.Session
	return notify("What this practice declared on another of its computers holds here now too.")
}

// counts are how many findings have each status, in the words of the top line.
func (w *scans) counts(e *env) map[status]int {
	counts := map[status]int{}
	if w.report != nil {
		for _, f := range w.report.Controls {
			counts[statusOf(e, f)]++
		}
	}
	return counts
}
