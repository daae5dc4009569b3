package kit

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

// WatchPane is the owner of the scan's job: no pane, but the frame's watch.
const WatchPane PaneID = "watch"

// Scans are the looks at the account, taken in the background for every pane that
// shows findings.
type Scans struct {
	Set   string // of controls
	Look  func(context.Context, *session.Session, watch.Options) (watch.Seen, error)
	Lead  func(*session.Session, state.State) provision.Plan // to the account as it should be
	Watch *watch.Watch                                       // looks, and writes down what was seen and done; nil: there is none

	Report   *drift.Report  // the latest scan; nil: none yet
	Facts    drift.Facts    // what it was judged from, besides the state
	Previous *drift.Report  // the one before, to compare with
	State    state.State    // what the latest scan observed
	Plan     provision.Plan // and what leads from there to the account as it should be
	At       time.Time      // when it ended
	Took     time.Duration  // as it felt here; the report's own figure follows the account's clock
	began    time.Time
	Err      error // why the latest try could not begin; nil when it did
	unread   error // why what other computers declared could not be read; nil when it was
	Scanning bool
	again    bool // something changed while a scan ran: scan once more after it
	Due      time.Time
}

// Scanned is a scan's result.
type Scanned struct {
	watch.Seen
	asked *session.Session // to look with
	plan  provision.Plan
}

// Start begins a scan, or notes that one more is due when one runs.
func (w *Scans) Start(e *Env) tea.Cmd {
	if w.Scanning || w.Applies(e) {
		w.again = true
		return nil
	}
	w.Scanning, w.again, w.began = true, false, e.Now()
	s, look, lead := e.Session, w.Look, w.Lead
	// The practice account has no computer.
	options := watch.Options{Set: w.Set, Machine: !s.Demo, Previous: w.Report}
	return Ask(e.Jobs, Job{Pane: WatchPane, Slot: "scan", Title: "Scanning", Quiet: true},
		func(ctx context.Context) (Scanned, error) {
			seen, err := look(ctx, s, options)
			if err != nil {
				return Scanned{}, err
			}
			// Making the plan may look into the keyring and ask for its
			// passphrase, so it belongs here and not into Update.
			return Scanned{seen, s, lead(seen.Session, seen.State)}, nil
		})
}

// Applies reports whether the account is being changed: a look at it would see
// neither what was nor what will be. A scan follows each change.
func (w *Scans) Applies(e *Env) bool {
	return e.Jobs.Busy(SetupPane, ApplySlot) || e.Jobs.Busy(CompliancePane, FixSlot)
}

// Pause drops a scan that runs, because the account is about to change.
func (w *Scans) Pause(e *Env) {
	e.Jobs.Drop(Job{Pane: WatchPane, Slot: "scan"})
	w.Scanning = false
}

// The slots of the jobs that change the account.
const (
	ApplySlot = "apply"
	FixSlot   = "fix"
)

// Minute begins a scan when one is due.
func (w *Scans) Minute(e *Env) tea.Cmd {
	if e.Now().Before(w.Due) {
		return nil
	}
	return w.Start(e)
}

// Receive takes a scan's result; the frame then tells all panes.
func (w *Scans) Receive(e *Env, m Answer[Scanned]) tea.Cmd {
	w.Scanning = false
	w.At, w.Took = e.Now(), e.Now().Sub(w.began)
	w.Due = w.At.Add(rescanEvery - 30*time.Second) // looked at once a minute
	w.Err = m.Err
	var after []tea.Cmd
	if m.Err == nil {
		if w.Previous = w.Report; w.Previous == nil {
			w.Previous = m.Value.Previous // of an earlier run of the program, or of a check by itself
		}
		after = append(after, w.follow(e, m.Value), e.keep(m.Value))
		w.Report, w.Facts, w.State, w.Plan = &m.Value.Report, m.Value.Facts, m.Value.State, m.Value.plan
	}
	if w.again {
		after = append(after, w.Start(e))
	}
	return tea.Batch(after...)
}

// follow goes on with what another of the practice's computers declared, unless the
// session became another one meanwhile.
func (w *Scans) follow(e *Env, seen Scanned) tea.Cmd {
	before := w.unread
	w.unread = seen.Unfollowed
	switch {
	case w.unread != nil && before == nil: // once, not every five minutes
		return ComplainOf(w.unread)
	case !seen.Followed || e.Session != seen.asked:
		return nil
	}
	e.Session = seen.Session
	return Notify("What this practice declared on another of its computers holds here now too.")
}

// Counts are how many findings have each status, in the words of the top line.
func (w *Scans) Counts(e *Env) map[Status]int {
	counts := map[Status]int{}
	if w.Report != nil {
		for _, f := range w.Report.Controls {
			counts[StatusOf(e, f)]++
		}
	}
	return counts
}
