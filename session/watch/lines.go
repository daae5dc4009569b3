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

// mirrorTime bounds the time to copy lines to the audit bucket.
const mirrorTime = 30 * time.Second

// wholeEvery is how long later lines may refer to a line with a full report. It is less
// than a day, so that a daily check always records a full report.
const wholeEvery = 20 * time.Hour

// opened is the open ledger.
type opened struct {
	lines          *ledger.Ledger
	state, account string
	setUp          bool
}

// Kept is whether a line was recorded in the evidence ledger. A failure never stops what
// the line is about.
type Kept struct {
	Line   error    // why it is not in this computer's ledger; nil: it is
	Mirror error    // why it was not copied to the audit bucket, if that was tried
	Notes  []string // what else a person should know about the ledger, once
}

// Err is both errors; nil: there was none.
func (k Kept) Err() error { return errors.Join(k.Line, k.Mirror) }

// Ledger opens the ledger of the session's account. The keyring with its signing key may
// ask for a passphrase, now or at the first line.
func (w *Watch) Ledger(ctx context.Context, s *session.Session) (*ledger.Ledger, error) {
	settings, err := located(ctx, s)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	is := opened{w.opened.lines, s.State, settings.Account, s.SetUp}
	if s.State == "" {
		is.setUp = w.opened.setUp // opening it again would lose a ledger in memory
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

// Done is an action for a line of its own: a plan applied, a statement signed. Note
// describes it in a sentence without patient information.
type Done struct {
	Kind       ledger.Kind
	Note       string
	Steps      []provision.Step
	Unattended bool
}

// Note writes a line about an action, and copies it to the audit bucket if this computer
// is set up.
func (w *Watch) Note(ctx context.Context, s *session.Session, done Done) Kept {
	settings, err := located(ctx, s)
	if err != nil {
		return Kept{Line: unkept(err)}
	}
	lines, err := w.Ledger(ctx, s)
	if err != nil {
		return Kept{Line: unkept(err)}
	}
	kept := w.record(ctx, s, lines, ledger.Entry{
		Kind: done.Kind, Account: settings.Account, Region: settings.Region,
		Who: ledger.Who{Unattended: done.Unattended}, Note: done.Note, Steps: done.Steps,
	})
	if kept.Line == nil && s.SetUp {
		kept.Mirror = w.Mirror(ctx, s)
	}
	return kept
}

// record signs and writes an entry. If AWS does not say who the caller is, it leaves the
// name out: a line without a name is better than none.
func (w *Watch) record(ctx context.Context, s *session.Session, lines *ledger.Ledger, entry ledger.Entry) Kept {
	if identity, err := s.Account.Identity(ctx); err == nil {
		entry.Who.ARN = identity.ARN
	}
	var kept Kept
	if err := lines.Append(entry); err != nil {
		kept.Line = unkept(err)
	}
	kept.Notes = lines.Notes()
	return kept
}

func unkept(err error) error {
	return fmt.Errorf("this was not recorded in the evidence ledger: %w", err)
}

// checked is the line of a check. If nothing changed since whole, the latest full report
// in the ledger, the line has only the summary and the findings' hash, because an open
// workstation checks every five minutes.
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
	entry.Account, entry.Region, entry.Set = report.Account, report.Region, report.Set
	entry.Report, entry.Summary, entry.Findings = nil, &report.Summary, sum
	return entry
}

// Mirror copies the lines that the audit bucket does not have yet, within 30 seconds. A
// look writes nothing else to the account.
func (w *Watch) Mirror(ctx context.Context, s *session.Session) error {
	ctx, cancel := context.WithTimeout(ctx, mirrorTime)
	defer cancel()
	err := w.mirror(ctx, s)
	if err != nil {
		return fmt.Errorf("the evidence ledger was not copied to the audit bucket; the next check tries again: %w", err)
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
