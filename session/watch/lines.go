package watch

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"claria/drift"
	"claria/drift/ledger"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
)

// mirrorTime limits the copying of lines into the audit bucket.
const mirrorTime = 30 * time.Second

// wholeEvery is how long later lines can refer to a line with a whole report. A daily
// check always adds a whole report, to export.
const wholeEvery = 20 * time.Hour

// opened is the open ledger.
type opened struct {
	lines          *ledger.Ledger
	state, account string
	setUp          bool
}

// Kept says whether a line reached the evidence ledger. A failure never stops what
// the line records.
type Kept struct {
	Line   error    // why the line is not in the ledger on this computer; nil: it is
	Mirror error    // why the line was not copied into the audit bucket, if this was tried
	Lost   error    // an earlier ledger of this computer vanished, or whether one did is unknown; nil: none did
	Notes  []string // what else a person should know about the ledger, once

	copied bool // the line is in the audit bucket only
}

// Err returns what went wrong, or nil.
func (k Kept) Err() error { return errors.Join(k.Lost, k.Line, k.Mirror) }

// Ledger opens the ledger of the session's account. The keyring with its key may ask
// for a passphrase, now or at the first line. The line of a plan that was interrupted is
// written first.
func (w *Watch) Ledger(ctx context.Context, s *session.Session) (*ledger.Ledger, error) {
	lines, err := w.open(ctx, s)
	if err == nil {
		w.recover(s, lines)
	}
	return lines, err
}

func (w *Watch) open(ctx context.Context, s *session.Session) (*ledger.Ledger, error) {
	settings, err := located(ctx, s)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	is := opened{w.opened.lines, s.State, settings.Account, s.SetUp}
	if s.State == "" {
		is.setUp = w.opened.setUp // a ledger in memory ends when it is opened again
	}
	if is == w.opened && is.lines != nil {
		return is.lines, nil
	}
	options := ledger.Options{Version: w.version, Now: s.Account.Now}
	if s.SetUp {
		options.Keyring = s.Keyring
	}
	if is.lines, err = ledger.Open(ledger.Dir(s.State, settings.Account), options); err != nil {
		return nil, err
	}
	w.opened = is
	return is.lines, nil
}

// Done is an action to record in its own line: a plan applied, a statement signed.
// Note describes it in a sentence without patient information.
type Done struct {
	Kind       ledger.Kind
	Note       string
	Steps      []provision.Step
	Unattended bool
}

// Note adds a line about an action, and copies it into the audit bucket if this
// computer is set up. A line of the kind ledger.Apply is that of the plan that was applied
// last.
func (w *Watch) Note(ctx context.Context, s *session.Session, done Done) Kept {
	kept := w.noteLine(ctx, s, done)
	if done.Kind == ledger.Apply {
		if err := w.recorded(kept.Line); err != nil {
			kept.Notes = append(kept.Notes, err.Error())
		}
	}
	if kept.Line == nil && s.SetUp && !kept.copied {
		kept.Mirror = w.Mirror(ctx, s)
	}
	return kept
}

func (w *Watch) noteLine(ctx context.Context, s *session.Session, done Done) Kept {
	settings, err := located(ctx, s)
	if err != nil {
		return Kept{Line: unkept(err)}
	}
	entry := ledger.Entry{
		Kind: done.Kind, Account: settings.Account, Region: settings.Region, Who: ledger.Who{Unattended: done.Unattended}, Note: done.Note,
		Steps: done.Steps,
	}
	lines, unopened := w.Ledger(ctx, s)
	kept := w.record(ctx, s, lines, unopened, entry)
	// The lines of a plan have its journal; a copy elsewhere could not be undone from.
	if kept.Line != nil && done.Kind != ledger.Apply {
		kept = w.aside(ctx, s, settings, entry, kept)
	}
	return kept
}

// aside puts the line of a computer whose ledger cannot be written, such as one with a
// read-only home, into the audit bucket only. It is the first line of a ledger of its
// own.
func (w *Watch) aside(ctx context.Context, s *session.Session, settings state.Settings, entry ledger.Entry, kept Kept) Kept {
	options := ledger.Options{Version: w.version, Now: s.Account.Now, Passing: true}
	if s.SetUp {
		options.Keyring = s.Keyring
	}
	lines, err := ledger.Open("", options)
	if err != nil {
		return kept
	}
	alone := w.record(ctx, s, lines, nil, entry)
	if alone.Line != nil {
		return kept
	}
	ctx, cancel := context.WithTimeout(ctx, mirrorTime)
	defer cancel()
	account, err := s.Writer(ctx)
	if err == nil {
		_, err = lines.Mirror(ctx, account, state.AuditBucketName(settings))
	}
	if err != nil {
		kept.Line = fmt.Errorf("%w; nor is it in the audit bucket: %w", kept.Line, err)
		return kept
	}
	kept.Notes = append(kept.Notes, fmt.Sprintf("the line is in the audit bucket only: %s", kept.Line))
	kept.Line, kept.copied = nil, true
	return kept
}

// record signs an entry. It leaves out who acted if AWS does not say: a line without
// a name is better than none. The first line says whether an earlier ledger vanished.
// unopened is why there are no lines.
func (w *Watch) record(ctx context.Context, s *session.Session, lines *ledger.Ledger, unopened error, entry ledger.Entry) Kept {
	if unopened != nil {
		return Kept{Line: unkept(unopened)}
	}
	if identity, err := s.Account.Identity(ctx); err == nil {
		entry.Who.ARN = identity.ARN
	}
	var kept Kept
	if settings, err := located(ctx, s); err == nil {
		entry.Lost, kept.Lost = lines.Lost(ctx, s.Account, state.AuditBucketName(settings))
		for _, head := range entry.Lost {
			kept.Lost = errors.Join(kept.Lost, errors.New(ledger.LostText(head)))
		}
	}
	if err := lines.Append(entry); err != nil {
		kept.Line = unkept(err)
	}
	kept.Notes = append(lines.Notes(), s.Notes()...)
	return kept
}

func unkept(err error) error { return fmt.Errorf("this is not in the evidence ledger: %w", err) }

// checked returns the line of a check. If nothing changed since whole, the latest
// whole report in the ledger, the line has only the summary and the findings' hash,
// because a workstation that is open all day looks every five minutes.
func checked(whole *drift.Report, report drift.Report, unattended bool) ledger.Entry {
	entry := ledger.Entry{Kind: ledger.Check, Who: ledger.Who{Unattended: unattended}, Report: &report}
	if whole == nil || report.Started.Sub(whole.Started) >= wholeEvery || whole.Profile != report.Profile ||
		len(drift.Compare(*whole, report)) > 0 || !reflect.DeepEqual(whole.Agreement, report.Agreement) {
		return entry
	}
	sum, err := ledger.Digest(report.Controls)
	if err != nil {
		return entry // Append says why
	}
	entry.Report, entry.Account, entry.Region, entry.Set, entry.Summary, entry.Findings = nil, report.Account, report.Region, report.Set,
		&report.Summary, sum
	return entry
}

// Mirror copies into the audit bucket the lines that it does not have yet, within 30
// seconds. A look writes nothing else to the account.
func (w *Watch) Mirror(ctx context.Context, s *session.Session) error {
	ctx, cancel := context.WithTimeout(ctx, mirrorTime)
	defer cancel()
	err := w.mirror(ctx, s)
	if err != nil {
		return fmt.Errorf("the evidence ledger was not copied into the audit bucket; the next check tries again: %w", err)
	}
	return nil
}

func (w *Watch) mirror(ctx context.Context, s *session.Session) error {
	settings, err := located(ctx, s)
	if err != nil {
		return err
	}
	lines, err := w.Ledger(ctx, s)
	if err != nil {
		return err
	}
	account, err := s.Writer(ctx)
	if err != nil {
		return err
	}
	_, err = lines.Mirror(ctx, account, state.AuditBucketName(settings))
	return err
}
