// Package watch looks at the account for both interfaces: the screen, and the command
// line with or without a person. A look reads the checks of all the practice's
// computers and, on request, this computer; it scans the account, finds what changed
// since the previous look, and adds a signed line to the evidence ledger.
//
// Both interfaces look at the account only here, so that they give the same answers.
// The package must not print and must not know the screen or a flag.
package watch

import (
	"context"
	"errors"
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

// machineEvery is how long a look at this computer is reused: it runs other programs,
// which takes up to two seconds.
const machineEvery = 15 * time.Minute

// Watch remembers between the looks of one process what it does not need to read
// again. It is safe for concurrent use.
type Watch struct {
	version string // of the program

	mu       sync.Mutex
	opened   opened
	applying *Applying            // whose line is not written yet; nil: none
	copies   map[string]drift.Run // lines of other computers by their copy's key
	seen     *aws.Account         // whose trail is remembered
	trail    audit.Look
	here     *state.Machine
	hereAt   time.Time
}

// New returns a Watch that has not looked yet. version is the program's version.
func New(version string) *Watch {
	return &Watch{version: version, copies: map[string]drift.Run{}}
}

// Options say what a look judges and records. The zero value judges the core controls
// and adds a line to the ledger on this computer.
type Options struct {
	Set        string // of controls; empty: catalogue.Core
	Unattended bool   // no person is present, for example under cron
	Machine    bool   // judge this computer too
	// Previous is the report that was shown last, to find what changed since. If it
	// is nil or of another set, the ledger's latest report is used.
	Previous *drift.Report
	Mirror   bool // copy the line into the audit bucket before Look returns; otherwise call Mirror
	// Unrecorded adds no line: the look only answers a question, such as what is due.
	Unrecorded bool
	Alone      bool          // fail with a *ledger.BusyError while another such look runs on this computer
	Limit      time.Duration // for reading; what was not read by then is unknown. 0: none
}

// Seen is what a look found.
type Seen struct {
	drift.Result
	// Undecided is a *session.Elsewhere if the register declares what this computer's
	// claria.toml does not, or why that could not be read; nil: the two agree. The look
	// judges by claria.toml, but by the strict profile if either declares it.
	Undecided error

	Previous *drift.Report  // the previous look at the same account and set; nil: there is none
	Changes  []drift.Change // since then
	Stands   bool           // the audit bucket exists, so that lines can be copied into it
	Kept     Kept
}

// Look looks at the account as the session's identity. It returns an error if it
// could not start or was stopped; then it adds no line. A failed read makes a finding
// unknown, and Seen.Kept says why a line could not be written.
func (w *Watch) Look(ctx context.Context, s *session.Session, options Options) (Seen, error) {
	if options.Set == "" {
		options.Set = catalogue.Core
	}
	var unlocked error
	if options.Alone {
		release, err := ledger.Acquire(s.State, "check")
		if _, busy := errors.AsType[*ledger.BusyError](err); busy {
			return Seen{}, err
		}
		if unlocked = err; err == nil {
			defer release()
		}
	}
	reading, cancel := ctx, context.CancelFunc(func() {})
	if options.Limit > 0 {
		reading, cancel = context.WithTimeout(ctx, options.Limit)
	}
	defer cancel()
	seen, err := w.look(ctx, reading, s, options)
	if unlocked != nil { // a read-only or network file system: a second check at once only costs time
		seen.Kept.Notes = append(seen.Kept.Notes, fmt.Sprintf("this check ran without a lock against a second one: %s", unlocked))
	}
	if options.Limit > 0 && err != nil && ctx.Err() == nil && reading.Err() != nil {
		err = &LimitError{options.Limit, err}
	}
	return seen, err
}

// look is Look with a separate context for reading.
func (w *Watch) look(ctx, reading context.Context, s *session.Session, options Options) (Seen, error) {
	settings, err := located(reading, s)
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{}
	asked := drift.Options{Set: options.Set, Unattended: options.Unattended, Trail: w.remembered(s.Account)}
	lines, unopened := w.Ledger(reading, s)
	var whole *drift.Report // the latest report in the ledger
	if unopened == nil {
		whole = lines.Last(settings.Account, options.Set)
	}
	if asked.Previous = whole; options.Previous != nil && options.Previous.Set == options.Set && options.Previous.Account == settings.Account {
		asked.Previous = options.Previous
	}

	var strict bool // declared elsewhere
	var before sync.WaitGroup
	before.Go(func() {
		found, err := s.Elsewhere(reading)
		if seen.Undecided = err; found != nil {
			seen.Undecided = found
		}
		strict = found.Strict()
	})
	before.Go(func() { asked.Runs = w.runs(reading, s, settings, lines, unopened, options.Unattended) })
	if options.Machine {
		before.Go(func() { asked.Machine = w.machine(reading, s, lines) })
	}
	before.Wait()
	settings.Strict = settings.Strict || strict

	result, err := drift.Scan(reading, s.Account, settings.In(settings.Account), asked)
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
	if options.Unrecorded {
		return seen, nil
	}
	entry := checked(whole, result.Report, options.Unattended)
	seen.Kept = w.record(ctx, s, lines, unopened, entry)
	switch mirror := options.Mirror && seen.Stands; {
	case mirror && seen.Kept.Line != nil:
		seen.Kept = w.aside(ctx, s, settings, entry, seen.Kept)
	case mirror:
		seen.Kept.Mirror = w.Mirror(ctx, s)
	}
	return seen, nil
}

// LimitError says that a look could not start within its limit.
type LimitError struct {
	Limit time.Duration
	Err   error
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("the look could not start within %s: %s", e.Limit, e.Err)
}

func (e *LimitError) Unwrap() error { return e.Err }

// located returns the session's settings with the account. Without a configuration,
// the credential decides whose trail, register and ledger to read.
func located(ctx context.Context, s *session.Session) (state.Settings, error) {
	if s.Settings.Account != "" {
		return s.Settings, nil
	}
	identity, err := s.Account.Identity(ctx)
	return s.Settings.In(identity.Account), err
}

// machine returns what is known of this computer and of the ledger on it.
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

// remembered returns what the last look saw of the trail, so that digests verified a
// moment ago are not downloaded again. It is empty for another credential.
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
