package kit

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/drift"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
	"claria/session/watch"
)

// rescanEvery is how often the account is scanned while nobody asks.
const rescanEvery = 5 * time.Minute

// WatchPane owns the scan's jobs. It is not a pane: the frame takes their results.
const WatchPane PaneID = "watch"

// Scans are the scans of the account, which run in the background for every pane
// that shows findings.
type Scans struct {
	Set   string // of controls
	Look  func(context.Context, *session.Session, watch.Options) (watch.Seen, error)
	Lead  func(*session.Session, state.State) provision.Plan // the plan to the desired state
	Watch *watch.Watch                                       // scans and writes the ledger; nil: neither

	Report   *drift.Report  // the latest scan; nil: none yet
	Facts    drift.Facts    // what it was judged from, in addition to the state
	Previous *drift.Report  // the one before, to compare with
	State    state.State    // what the latest scan observed
	Plan     provision.Plan // from there to the desired state
	At       time.Time      // when it ended
	Took     time.Duration  // by this computer's clock; the report's own figure is by the account's
	began    time.Time
	Err      error // why the latest scan could not start; nil: it started
	unread   error // why this computer and the register do not agree; nil: they do
	Scanning bool
	again    bool // something changed while a scan ran: scan once more after it
	Due      time.Time
}

// Scanned is a scan's result.
type Scanned struct {
	watch.Seen
	asked *session.Session // that it was taken with
	plan  provision.Plan
	// unshared is why a changed model could not be shared with the practice's other
	// computers; nil: it was, or there was none.
	unshared error
}

// Start starts a scan; while one runs, it asks for one more after it.
func (w *Scans) Start(e *Env) tea.Cmd {
	if w.Scanning || w.Applies(e) {
		w.again = true
		return nil
	}
	w.Scanning, w.again, w.began = true, false, e.Now()
	s, look, lead := e.Session.Current(), w.Look, w.Lead
	picked := s != e.Session // a plan changed the model
	e.Session = s
	// The demo account has no computer.
	options := watch.Options{Set: w.Set, Machine: !s.Demo, Previous: w.Report}
	return Ask(e.Jobs, Job{Pane: WatchPane, Slot: "scan", Title: "Scanning", Quiet: true},
		func(ctx context.Context) (Scanned, error) {
			var unshared error
			if picked {
				unshared = s.Share(ctx)
			}
			seen, err := look(ctx, s, options)
			if err != nil {
				return Scanned{}, err
			}
			// Making the plan may read the keyring and ask for its passphrase, so it
			// happens here and not in Update.
			return Scanned{seen, s, lead(s, seen.State), unshared}, nil
		})
}

// Applies reports whether the account is being changed. A scan would then see neither
// the old state nor the new one; a scan follows each change.
func (w *Scans) Applies(e *Env) bool {
	return e.Jobs.Busy(SetupPane, ApplySlot) || e.Jobs.Busy(CompliancePane, FixSlot)
}

// Pause drops the scan that runs, because the account is about to change.
func (w *Scans) Pause(e *Env) {
	e.Jobs.Drop(Job{Pane: WatchPane, Slot: "scan"})
	w.Scanning = false
}

// The slots of the jobs that change the account.
const (
	ApplySlot = "apply"
	FixSlot   = "fix"
)

// Minute starts a scan when one is due.
func (w *Scans) Minute(e *Env) tea.Cmd {
	if e.Now().Before(w.Due) {
		return nil
	}
	return w.Start(e)
}

// Receive takes a scan's result; the frame then sends ScannedMsg to all panes.
func (w *Scans) Receive(e *Env, m Answer[Scanned]) tea.Cmd {
	w.Scanning = false
	w.At, w.Took = e.Now(), e.Now().Sub(w.began)
	w.Due = w.At.Add(rescanEvery - 30*time.Second) // Minute comes once a minute
	w.Err = m.Err
	var after []tea.Cmd
	if m.Err == nil {
		if w.Previous = w.Report; w.Previous == nil {
			w.Previous = m.Value.Previous // of an earlier run of the program, or of a scheduled check
		}
		after = append(after, w.declared(m.Value), e.keep(m.Value))
		if m.Value.unshared != nil {
			after = append(after, ComplainOf(m.Value.unshared))
		}
		w.Report, w.Facts, w.State, w.Plan = &m.Value.Report, m.Value.Facts, m.Value.State, m.Value.plan
	}
	if w.again {
		after = append(after, w.Start(e))
	}
	return tea.Batch(after...)
}

// declared says once, not every five minutes, that another computer declared something
// else.
func (w *Scans) declared(seen Scanned) tea.Cmd {
	before := w.unread
	if w.unread = seen.Undecided; w.unread != nil && before == nil {
		return ComplainOf(w.unread)
	}
	return nil
}

// Elsewhere is what the register declares and the session could use; nil: nothing. What a
// computer that is not set up cannot prove does not hold its set-up back.
func (w *Scans) Elsewhere(e *Env) *session.Elsewhere {
	found, ok := errors.AsType[*session.Elsewhere](w.unread)
	if !ok || !e.Session.SetUp && found.Guarded() {
		return nil
	}
	return found
}

// Decided forgets what the register declares, until the next scan.
func (w *Scans) Decided() { w.unread = nil }

// Counts are how many findings have each status, for the top line.
func (w *Scans) Counts(e *Env) map[Status]int {
	counts := map[Status]int{}
	if w.Report != nil {
		for _, f := range w.Report.Controls {
			counts[StatusOf(e, f)]++
		}
	}
	return counts
}
