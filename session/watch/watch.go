// Package watch looks at the account for both faces: the workstation, and the
// command line with a person or without one. A look is the checks of all the
// practice's computers, this computer when it is asked for, the scan, what changed
// since the look before, and a signed line in the evidence ledger.
//
// Both faces look at the account here and nowhere else, so that they give the same
// answers. The package must not print and must not know a screen or a flag.
package watch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"claria/audit"
	"claria/aws"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/host/machine"
	"claria/provision/state"
	"claria/session"
)

// machineEvery is how long a look at this computer holds: it asks other programs,
// which takes up to two seconds.
const machineEvery = 15 * time.Minute

// Watch remembers, from look to look of one process, what need not be read twice.
// It is safe for concurrent use.
type Watch struct {
	version string // of the program

	mu     sync.Mutex
	opened opened
	copies map[string]drift.Run // lines of other computers by their copy's key
	seen   *aws.Account         // whose trail is remembered
	trail  audit.Look
	here   *state.Machine
	hereAt time.Time
}

// New is a Watch that has not looked yet. version is the program's.
func New(version string) *Watch {
	return &Watch{version: version, copies: map[string]drift.Run{}}
}

// Options say what a look judges and what becomes of it. The zero value judges the
// core controls and leaves a line on this computer.
type Options struct {
	Set        string // of controls; empty: drift.Core
	Unattended bool   // nobody is there: this is a check by cron or the like
	Machine    bool   // judge this computer too
	// Previous is the report that was shown last, to tell what changed since; nil or
	// of another set: the ledger's latest.
	Previous *drift.Report
	Mirror   bool // copy the line into the audit bucket before Look returns; else Mirror does
	// Unrecorded leaves no line: the look answers a question, such as what is due.
	Unrecorded bool
	Alone      bool          // fail with a *ledger.BusyError while another such look runs on this computer
	Limit      time.Duration // for reading; what was not read by then is unknown. 0: none
}

// Seen is what a look found.
type Seen struct {
	drift.Result
	// Session is the one that was looked with. When another of the practice's
	// computers declared something else (Followed), it is a new one that holds it.
	Session  *session.Session
	Followed bool
	// Unfollowed is why what other computers declared could not be read; nil: it was.
	Unfollowed error

	Previous *drift.Report  // the look before, of the same account and set; nil: there is none
	Changes  []drift.Change // since then
	Stands   bool           // the audit bucket exists, so that lines can be copied into it
	Kept     Kept
}

// Look looks at the account as the session's identity. The error is for a look that
// could not begin or was stopped: it leaves no line. A read that fails is a finding
// that is unknown, and evidence that could not be written is in Seen.Kept.
func (w *Watch) Look(ctx context.Context, s *session.Session, options Options) (Seen, error) {
	if options.Set == "" {
		options.Set = catalogue.Core
	}
	if options.Alone {
		release, err := ledger.Acquire(s.State, "check")
		if err != nil {
			return Seen{}, err
		}
		defer release()
	}
	if options.Limit == 0 {
		return w.look(ctx, ctx, s, options)
	}
	reading, cancel := context.WithTimeout(ctx, options.Limit)
	defer cancel()
	seen, err := w.look(ctx, reading, s, options)
	if err != nil && ctx.Err() == nil && reading.Err() != nil {
		err = &LimitError{options.Limit, err}
	}
	return seen, err
}

// look is Look, with a context for what is read.
func (w *Watch) look(ctx, reading context.Context, s *session.Session, options Options) (Seen, error) {
	settings, err := located(reading, s)
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{Session: s}
	asked := drift.Options{Set: options.Set, Unattended: options.Unattended, Trail: w.remembered(s.Account)}
	lines, unopened := w.Ledger(reading, s)
	var whole *drift.Report // the latest that the ledger holds
	if unopened == nil {
		whole = lines.Last(settings.Account, options.Set)
	}
	if asked.Previous = whole; options.Previous != nil && options.Previous.Set == options.Set && options.Previous.Account == settings.Account {
		asked.Previous = options.Previous
	}

	var before sync.WaitGroup
	before.Go(func() {
		next, err := s.Following(reading)
		seen.Session, seen.Followed, seen.Unfollowed = next, next != s, err
	})
	before.Go(func() { asked.Runs = w.runs(reading, s, settings, lines, unopened, options.Unattended) })
	if options.Machine {
		before.Go(func() { asked.Machine = w.machine(reading, s, lines) })
	}
	before.Wait()

	result, err := drift.Scan(reading, s.Account, seen.Session.Settings.In(settings.Account), asked)
	if err != nil {
		return seen, err
	}
	if err := ctx.Err(); err != nil {
		return seen, err
	}
	w.remember(s.Account, result.Facts.Trail)
	seen.Result, seen.Previous = result, asked.Previous
	if seen.Previous != nil {
		seen.Changes = drift.Compare(*seen.Previous, result.Report)
	}
	_, seen.Stands = result.State.AuditBucket.Region.Value()
	switch {
	case options.Unrecorded:
	case unopened != nil:
		seen.Kept.Line = unkept(unopened)
	default:
		seen.Kept = w.record(ctx, s, lines, checked(whole, result.Report, options.Unattended))
		if options.Mirror && seen.Stands && seen.Kept.Line == nil {
			seen.Kept.Mirror = w.Mirror(ctx, s)
		}
	}
	return seen, nil
}

// LimitError is a look that could not begin in its time.
type LimitError struct {
	Limit time.Duration
	Err   error
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("the look could not begin within %s: %s", e.Limit, e.Err)
}

func (e *LimitError) Unwrap() error { return e.Err }

// located are the session's settings with the account in them: without a
// configuration the credential says whose trail, register and ledger to read.
func located(ctx context.Context, s *session.Session) (state.Settings, error) {
	if s.Settings.Account != "" {
		return s.Settings, nil
	}
	identity, err := s.Account.Identity(ctx)
	return s.Settings.In(identity.Account), err
}

// machine is this computer, and the ledger that is kept on it.
func (w *Watch) machine(ctx context.Context, s *session.Session, lines *ledger.Ledger) *state.Machine {
	now := s.Account.Now()
	w.mu.Lock()
	here, at := w.here, w.hereAt
	w.mu.Unlock()
	if here != nil && now.Sub(at) < machineEvery {
		return here
	}
	found := machine.Look(ctx, machine.Options{Version: w.version, Dirs: s.Dirs(), LookupEnv: s.LookupEnv})
	if lines != nil {
		found.Ledger = lines.Chain()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.here, w.hereAt = found, now
	return found
}

// remembered is what the last look saw of the trail: digests that were verified a
// moment ago are not downloaded again. Another credential begins anew.
func (w *Watch) remembered(account *aws.Account) audit.Look {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen != account {
		return audit.Look{}
	}
	return w.trail
}

func (w *Watch) remember(account *aws.Account, trail audit.Look) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen, w.trail = account, trail
}
