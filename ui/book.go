package ui

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/aws"
	"claria/drift"
	"claria/drift/ledger"
	"claria/host/machine"
	"claria/provision"
	"claria/session"
)

// book is the evidence ledger as the screen writes it: a line for each scan, each
// change of the account and each entry of the register. It is opened by the first
// job that needs it, because the keyring may ask for its passphrase.
type book struct {
	version string

	mu      sync.Mutex
	account string
	ledger  *ledger.Ledger
	told    *drift.Report // the latest that a line holds whole
}

// mirrorTime bounds the copying of lines into the audit bucket.
const mirrorTime = 30 * time.Second

// open opens the ledger of the session's account.
func (b *book) open(ctx context.Context, s *session.Session) (*ledger.Ledger, error) {
	account := s.Settings.Account
	if account == "" { // before set-up the credential tells
		identity, err := s.Account.Identity(ctx)
		if err != nil {
			return nil, err
		}
		account = identity.Account
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ledger != nil && b.account == account {
		return b.ledger, nil
	}
	options := ledger.Options{Version: b.version, Now: s.Account.Now}
	if s.SetUp {
		options.Keyring = s.Keyring
	}
	opened, err := ledger.Open(ledger.Dir(s.State, account), options)
	if err != nil {
		return nil, err
	}
	b.account, b.ledger, b.told = account, opened, nil
	return opened, nil
}

// scanned writes a scan's line. While nothing has changed since a line that holds
// its report whole, the next ones hold its summary and its findings' hash alone.
func (b *book) scanned(ctx context.Context, s *session.Session, result drift.Result) error {
	report := result.Report
	entry := ledger.Entry{Kind: ledger.Check, Report: &report}
	b.mu.Lock()
	told := b.told
	b.mu.Unlock()
	if told != nil && told.Account == report.Account && told.Set == report.Set && len(drift.Compare(*told, report)) == 0 {
		sum, err := ledger.Digest(report.Controls)
		if err != nil {
			return err
		}
		entry = ledger.Entry{Kind: ledger.Check, Account: report.Account, Region: report.Region, Set: report.Set, Summary: &report.Summary, Findings: sum}
	}
	_, stands := result.State.AuditBucket.Region.Value()
	if err := b.add(ctx, s, entry, stands); err != nil {
		return err
	}
	if entry.Report != nil {
		b.mu.Lock()
		b.told = &report
		b.mu.Unlock()
	}
	return nil
}

// note writes a line about something that was done.
func (b *book) note(ctx context.Context, s *session.Session, kind ledger.Kind, text string, steps ...provision.Step) error {
	return b.add(ctx, s, ledger.Entry{Kind: kind, Account: s.Settings.Account, Region: s.Settings.Region, Note: text, Steps: steps}, s.SetUp)
}

// add signs the line and copies what the audit bucket does not have yet into it.
func (b *book) add(ctx context.Context, s *session.Session, entry ledger.Entry, mirror bool) error {
	lines, err := b.open(ctx, s)
	if err != nil {
		return err
	}
	identity, err := s.Account.Identity(ctx)
	if err != nil {
		return err
	}
	entry.Who.ARN = identity.ARN
	if err := lines.Append(entry); err != nil || !mirror {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, mirrorTime)
	defer cancel()
	_, err = lines.Mirror(ctx, s.Account, provision.AuditBucketName(s.Settings.In(identity.Account)))
	if aws.KindOf(err) == aws.Denied && !s.SetUp {
		return nil // a credential that only looks; the line is here
	}
	return err
}

// inspector looks at this computer, and at the ledger that is kept on it.
func inspector(version string) func(context.Context, *session.Session, *book) *drift.Machine {
	return func(ctx context.Context, s *session.Session, b *book) *drift.Machine {
		look := machine.Look(ctx, machine.Options{Version: version, Dirs: s.Dirs()})
		if b != nil {
			if lines, err := b.open(ctx, s); err == nil {
				look.Ledger = lines.Chain()
			}
		}
		return look
	}
}

// before is what the ledger knew before a scan: the earlier checks, and the latest
// report of the set, by which drift is told across restarts.
func (b *book) before(ctx context.Context, s *session.Session, set string) (runs provision.Reading[[]drift.Run], last *drift.Report) {
	lines, err := b.open(ctx, s)
	if err != nil {
		return runs, nil // said when the scan's own line cannot be written
	}
	if all, err := lines.Runs(); err == nil {
		runs = provision.Known(all)
	}
	return runs, lines.Last(s.Settings.Account, set)
}

// kept is the outcome of writing a line.
type kept struct{}

// record writes a line about something that was done, in the background. text holds
// no patient information.
func (e *env) record(kind ledger.Kind, text string, steps ...provision.Step) tea.Cmd {
	if e.watch.book == nil {
		return nil
	}
	b, s := e.watch.book, e.session
	return ask(e.jobs, job{Pane: watchPane, Slot: "record " + text, Title: "Writing the ledger", Quiet: true},
		func(ctx context.Context) (kept, error) { return kept{}, b.note(ctx, s, kind, text, steps...) })
}

// keep writes a scan's line, in the background: the copy in the audit bucket must
// not hold up the screen.
func (e *env) keep(result drift.Result) tea.Cmd {
	if e.watch.book == nil {
		return nil
	}
	b, s := e.watch.book, e.session
	return ask(e.jobs, job{Pane: watchPane, Slot: "book", Title: "Writing the ledger", Quiet: true},
		func(ctx context.Context) (kept, error) { return kept{}, b.scanned(ctx, s, result) })
}
