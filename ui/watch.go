package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/aws"
	"claria/drift"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
)

// rescanEvery is how often the account is looked at while nobody asks.
const rescanEvery = 5 * time.Minute

// machineEvery is how often this computer is looked at: it asks other programs,
// which takes up to two seconds.
const machineEvery = 15 * time.Minute

// watchPane is the owner of the scan's job: no pane, but the frame's watch.
const watchPane paneID = "watch"

// watch scans the account in the background for every pane that shows findings.
type watch struct {
	set  string // of controls
	look func(context.Context, *aws.Account, state.Settings, drift.Options) (drift.Result, error)
	lead func(state.State) provision.Plan // to the account as it should be
	book *book                            // where every scan is written down; nil: nowhere
	// inspect looks at this computer; nil: it is not looked at. The practice account
	// never does: its practice has no computer.
	inspect func(context.Context, *session.Session, *book) *drift.Machine

	report   *drift.Report  // the latest scan; nil: none yet
	facts    drift.Facts    // what it was judged from, besides the state
	previous *drift.Report  // the one before, to compare with
	state    state.State    // what the latest scan observed
	plan     provision.Plan // and what leads from there to the account as it should be
	machine  *drift.Machine // this computer as it was; nil: it is not looked at
	looked   time.Time      // at the machine
	at       time.Time      // when it ended
	took     time.Duration  // as it felt here; the report's own figure follows the account's clock
	began    time.Time
	err      error // why the latest try could not begin; nil when it did
	scanning bool
	again    bool // something changed while a scan ran: scan once more after it
	due      time.Time
}

// scanned is a scan's result.
type scanned struct {
	drift.Result
	plan   provision.Plan
	looked time.Time // at the machine
}

// start begins a scan, or notes that one more is due when one runs.
func (w *watch) start(e *env) tea.Cmd {
	if w.scanning || w.applies(e) {
		w.again = true
		return nil
	}
	w.scanning, w.again, w.began = true, false, e.now()
	s, look, lead, book, inspect, now := e.session, w.look, w.lead, w.book, w.inspect, e.now()
	options := drift.Options{Set: w.set, Trail: w.facts.Trail}
	if w.report != nil && w.report.Set == w.set {
		options.Previous = w.report
	}
	looked := w.looked
	if options.Machine = w.machine; now.Sub(looked) >= machineEvery {
		options.Machine, looked = nil, now
	}
	return ask(e.jobs, job{Pane: watchPane, Slot: "scan", Title: "Scanning", Quiet: true},
		func(ctx context.Context) (scanned, error) {
			if book != nil {
				var last *drift.Report
				if options.Runs, last = book.before(ctx, s, options.Set); options.Previous == nil {
					options.Previous = last
				}
			}
			if options.Machine == nil && inspect != nil && !s.Demo {
				options.Machine = inspect(ctx, s, book)
			}
			result, err := look(ctx, s.Account, s.Settings, options)
			if err != nil {
				return scanned{}, err
			}
			// Making the plan may look into the keyring and ask for its
			// passphrase, so it belongs here and not into Update.
			return scanned{result, lead(result.State), looked}, nil
		})
}

// applies reports whether the account is being changed: a look at it would see
// neither what was nor what will be. A scan follows each change.
func (w *watch) applies(e *env) bool {
	return e.jobs.busy(setupPane, applySlot) || e.jobs.busy(compliancePane, fixSlot)
}

// pause drops a scan that runs, because the account is about to change.
func (w *watch) pause(e *env) {
	e.jobs.drop(job{Pane: watchPane, Slot: "scan"})
	w.scanning = false
}

// The slots of the jobs that change the account.
const (
	applySlot = "apply"
	fixSlot   = "fix"
)

// minute begins a scan when one is due.
func (w *watch) minute(e *env) tea.Cmd {
	if e.now().Before(w.due) {
		return nil
	}
	return w.start(e)
}

// receive takes a scan's result; the frame then tells all panes.
func (w *watch) receive(e *env, m answer[scanned]) tea.Cmd {
	w.scanning = false
	w.at, w.took = e.now(), e.now().Sub(w.began)
	w.due = w.at.Add(rescanEvery - 30*time.Second) // looked at once a minute
	w.err = m.Err
	var keep tea.Cmd
	if m.Err == nil {
		if w.report != nil {
			w.previous = w.report
		}
		keep = e.keep(m.Value.Result)
		w.machine, w.looked = m.Value.Facts.Machine, m.Value.looked
		w.report, w.facts, w.state, w.plan = &m.Value.Report, m.Value.Facts, m.Value.State, m.Value.plan
	}
	if w.again {
		return tea.Batch(keep, w.start(e))
	}
	return keep
}

// counts are how many findings have each status, in the words of the top line.
func (w *watch) counts(e *env) map[status]int {
	counts := map[status]int{}
	if w.report != nil {
		for _, f := range w.report.Controls {
			counts[statusOf(e, f)]++
		}
	}
	return counts
}
