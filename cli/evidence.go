package cli

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"claria/drift"
	"claria/drift/evidence"
	"claria/drift/ledger"
	"claria/internal/local"
	"claria/internal/safe"
	"claria/provision"
	"claria/session"
)

// evidenceCommand looks into the ledger, verifies it and hands it on.
func evidenceCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "evidence",
		Short: "The signed ledger of checks and changes: list, export, verify, key",
		Long: "Every check and every change adds a signed line to a ledger on this machine, each with the hash of\n" +
			"the line before; a copy of each lies in the audit bucket under Object Lock.",
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(evidenceList(e), evidenceExport(e), evidenceVerify(e), evidenceKey(e))
	return cmd
}

// ledger opens the ledger of the session's account.
func (e *env) ledger(ctx context.Context, s *session.Session) (*ledger.Ledger, error) {
	account := s.Settings.Account
	if account == "" { // before set-up the credential tells
		identity, err := s.Account.Identity(ctx)
		if err != nil {
			return nil, err
		}
		account = identity.Account
	}
	options := ledger.Options{Version: e.version, Now: s.Account.Now}
	if s.SetUp {
		options.Keyring = s.Keyring
	}
	return ledger.Open(ledger.Dir(s.State, account), options)
}

// who is the identity that runs this.
func (e *env) who(ctx context.Context, s *session.Session, unattended bool) ledger.Who {
	who := ledger.Who{Unattended: unattended}
	if identity, err := s.Account.Identity(ctx); err == nil {
		who.ARN = identity.ARN
	}
	return who
}

// keep appends an entry and mirrors what the audit bucket does not have yet. The
// evidence must not stand in the way of what it tells of: what goes wrong here is
// a note.
func (e *env) keep(ctx context.Context, s *session.Session, book *ledger.Ledger, entry ledger.Entry, mirror bool) {
	if err := book.Append(entry); err != nil {
		fmt.Fprintf(e.Stderr, "claria: this run is not in the evidence ledger: %s\n", safe.Line(err.Error()))
	} else if mirror {
		ctx, cancel := context.WithTimeout(ctx, mirrorTime)
		defer cancel()
		if err := mirrorLedger(ctx, s, book); err != nil {
			fmt.Fprintf(e.Stderr, "claria: the evidence ledger was not copied into the audit bucket, and will be the next time: %s\n", safe.Line(err.Error()))
		}
	}
	for _, note := range book.Notes() {
		fmt.Fprintf(e.Stderr, "claria: %s\n", safe.Line(note))
	}
}

// mirrorLedger is the only thing that a check writes to the account: the account
// without its read-only guard is opened here and goes nowhere else.
func mirrorLedger(ctx context.Context, s *session.Session, book *ledger.Ledger) error {
	account, err := s.Account.Writer(ctx)
	if err != nil {
		return err
	}
	identity, err := s.Account.Identity(ctx)
	if err != nil {
		return err
	}
	_, err = book.Mirror(ctx, account, provision.AuditBucketName(s.Settings.In(identity.Account)))
	return err
}

// record adds a line about something that was done: a plan applied, a statement
// signed. note says it in a sentence and holds no patient information.
func (e *env) record(ctx context.Context, s *session.Session, kind ledger.Kind, note string, steps ...provision.Step) {
	book, err := e.ledger(ctx, s)
	if err != nil {
		fmt.Fprintf(e.Stderr, "claria: this is not in the evidence ledger: %s\n", safe.Line(err.Error()))
		return
	}
	entry := ledger.Entry{Kind: kind, Account: s.Settings.Account, Region: s.Settings.Region, Who: e.who(ctx, s, !e.IsTerminal(e.Stdin)), Note: note, Steps: steps}
	e.keep(ctx, s, book, entry, s.SetUp)
}

// recordPlan adds a line about a plan that was carried out, or stopped at a step.
// That of a first set-up is told once it is finished, when the keyring that holds
// the ledger's key is known.
func (e *env) recordPlan(ctx context.Context, s *session.Session, steps int, failed string) {
	if !s.SetUp && failed == "" {
		return
	}
	note := fmt.Sprintf("A plan was carried out, %d of %d steps.", len(e.made), steps)
	if failed != "" {
		note = fmt.Sprintf("A plan stopped at %s, after %d of %d steps.", failed, len(e.made), steps)
	}
	e.record(ctx, s, ledger.Apply, note, e.made...)
}

func evidenceList(e *env) *cobra.Command {
	var most int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "What the ledger holds, newest first",
		Long:  "Prints the lines of the ledger, the newest first, and below each the changes that were made to the\naccount with their IDs: claria setup --undo ID undoes one, claria setup --undo says which can be.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, book, err := e.book(cmd.Context())
			if err != nil {
				return err
			}
			n := 0
			list := []listed{}
			for entry, err := range book.Entries() {
				if err != nil {
					fmt.Fprintf(e.Stderr, "claria: %s\n", safe.Line(err.Error()))
					continue
				}
				if n++; n > most && most > 0 {
					break
				}
				entry.Report = nil
				if asJSON {
					list = append(list, listed{entry, entry.Hash})
				} else {
					fmt.Fprintln(e.Stdout, oneLine(entry))
					for i, step := range entry.Steps {
						fmt.Fprintf(e.Stdout, "%37s %d.%d %s %s: %s\n", "", entry.Sequence, i+1, step.Op.Sign(), safe.Line(step.Resource), safe.Line(step.Summary))
					}
				}
			}
			if asJSON {
				return e.JSON(list)
			}
			if n == 0 {
				fmt.Fprintln(e.Stderr, "The ledger is empty: claria --check writes its first line.")
			}
			return nil
		},
	}
	cmd.Flags().IntVarP(&most, "number", "n", 20, "how many lines; 0 for all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// listed is a line without its report.
type listed struct {
	ledger.Entry
	Hash string `json:"hash"`
}

func oneLine(entry ledger.Entry) string {
	text := fmt.Sprintf("%6d  %s  %-8s", entry.Sequence, stamped(entry.At), entry.Kind)
	if s := entry.Summary; s != nil {
		text += fmt.Sprintf("  %s: %d ok, %d fail, %d unknown", safe.Line(entry.Set), s.Pass, s.Fail, s.Unknown)
		if entry.Who.Unattended {
			text += ", unattended"
		}
	}
	if entry.Note != "" {
		text += "  " + safe.Line(entry.Note)
	}
	if entry.Recovered > 0 {
		text += fmt.Sprintf("  (after a half-written line of %d bytes)", entry.Recovered)
	}
	return text
}

// stamped is a moment in UTC with the local time beside it.
func stamped(t time.Time) string {
	text := t.UTC().Format("2006-01-02 15:04 UTC")
	if _, offset := t.Local().Zone(); offset != 0 {
		text += t.Local().Format(" (15:04 MST)")
	}
	return text
}

// book opens a session that reads, and its ledger.
func (e *env) book(ctx context.Context) (*session.Session, *ledger.Ledger, error) {
	s, err := e.ReadOnlySession(ctx)
	if err != nil {
		return nil, nil, err
	}
	book, err := e.ledger(ctx, s)
	return s, book, err
}

func evidenceExport(e *env) *cobra.Command {
	var format, out, set string
	var fresh, force bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Hand over the newest check in another format",
		Long:  "Prints the newest check of the ledger in a format that others read; without one, or with --fresh,\nthe account is checked now. pdf is a binder to hand over, html a page that needs no network.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			as, err := evidence.Find(format)
			if err != nil {
				return err
			}
			if err := oneOf("controls", set, drift.Sets()...); err != nil {
				return err
			}
			if out == "" && as.Binary && e.IsTerminal(e.Stdout) {
				return fmt.Errorf("--format %s is not for a terminal: give -o FILE", format)
			}
			if out != "" && !force {
				if err := checkFree(out); err != nil {
					return err
				}
			}
			d, err := e.collect(cmd.Context(), set, fresh)
			if err != nil {
				return err
			}
			if out == "" {
				return as.Write(e.Stdout, d)
			}
			if err := savePrivate(out, force, func(w io.Writer) error { return as.Write(w, d) }); err != nil {
				return err
			}
			fmt.Fprintf(e.Stderr, "The check of %s is in %s, which only you can read.\n", stamped(d.Report.Started), safe.Line(out))
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&format, "format", "pdf", "text, json, ocsf, oscal, csv, junit, prometheus, nagios, html or pdf")
	flags.StringVarP(&out, "output", "o", "", "write to this `FILE`")
	flags.BoolVar(&force, "force", false, "replace the file if there is one")
	flags.BoolVar(&fresh, "fresh", false, "check the account now")
	flags.StringVar(&set, "controls", drift.Core, "the set of controls: core, strict or nprm")
	return cmd
}

// collect makes a dossier of the newest check, with the practice's statements as
// they are now.
func (e *env) collect(ctx context.Context, set string, fresh bool) (evidence.Dossier, error) {
	s, book, err := e.book(ctx)
	if err != nil {
		return evidence.Dossier{}, err
	}
	// A ledger that somebody wrote into is no evidence, and a report out of it must
	// not look like any.
	if chain, ok := book.Chain().Value(); ok && len(chain.Problems) > 0 {
		broken := fmt.Sprintf("the ledger is not as it was written: %s; claria evidence verify tells more", chain.Problems[0])
		if !fresh {
			return evidence.Dossier{}, fmt.Errorf("%s. Nothing out of it is handed over; --fresh checks the account now", broken)
		}
		fmt.Fprintf(e.Stderr, "claria: %s\n", safe.Line(broken))
	}
	var reports []*drift.Report // newest first
	for entry, err := range book.Entries() {
		if err == nil && entry.Kind == ledger.Check && entry.Report != nil && entry.Set == set {
			if reports = append(reports, entry.Report); len(reports) == 2 {
				break
			}
		}
	}
	if fresh || len(reports) == 0 {
		if err := s.Locate(ctx); err != nil {
			return evidence.Dossier{}, err
		}
		options := drift.Options{Set: set, Runs: book.Runs()}
		if len(reports) > 0 {
			options.Previous = reports[0]
		}
		result, err := drift.Scan(ctx, s.Account, s.Settings, options)
		if err != nil {
			return evidence.Dossier{}, err
		}
		entry := ledger.Entry{Kind: ledger.Check, Who: e.who(ctx, s, false), Report: &result.Report}
		e.keep(ctx, s, book, entry, stands(result.State.AuditBucket))
		d := e.dossier(s, book, result.Report)
		d.Register, _ = result.Facts.Register.Value()
		d.Previous = options.Previous
		return d, nil
	}
	d := e.dossier(s, book, *reports[0])
	if len(reports) > 1 {
		d.Previous = reports[1]
	}
	register := drift.ReadRegister(ctx, s.Account, s.Settings.In(d.Report.Account))
	if problem, unread := register.Problem(); unread {
		fmt.Fprintf(e.Stderr, "claria: the practice's statements, waivers and decisions are left out: %s\n", safe.Line(problem.String()))
	}
	d.Register, _ = register.Value()
	return d, nil
}

func evidenceVerify(e *env) *cobra.Command {
	var file, key string
	var offline, asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Tell whether the ledger is as it was written",
		Long: "Checks every line's hash, signature and place. With --file and --key it needs no account and no\n" +
			"network: that is how somebody else verifies what they were handed. Without them it verifies this\n" +
			"machine's ledger and compares its end with the copy in the audit bucket, unless --offline.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			var verdict ledger.Verdict
			var err error
			if file != "" {
				verdict, err = verifyFile(file, key)
			} else {
				verdict, err = e.verifyHere(ctx, key, offline)
			}
			if err != nil {
				return err
			}
			if asJSON {
				if err := e.JSON(verdict); err != nil {
					return err
				}
			} else {
				printVerdict(e.Stdout, verdict, file == "" && !offline)
			}
			if !verdict.OK() {
				return &exitError{code: exitFailure}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "file", "", "verify this `FILE` of lines")
	flags.StringVar(&key, "key", "", "with the public keys in this `FILE`, as claria evidence key prints them")
	flags.BoolVar(&offline, "offline", false, "do not compare with the audit bucket")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func readKeys(path string) ([]ed25519.PublicKey, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--key: %w", err)
	}
	return ledger.ParseKeys(string(data))
}

func verifyFile(path, key string) (ledger.Verdict, error) {
	if key == "" {
		return ledger.Verdict{}, errors.New("--file needs --key: the public key that claria evidence key printed on the machine that wrote the ledger")
	}
	keys, err := readKeys(key)
	if err != nil {
		return ledger.Verdict{}, err
	}
	in, err := os.Open(local.Home(path))
	if err != nil {
		return ledger.Verdict{}, err
	}
	defer func() { _ = in.Close() }()
	return ledger.Verify(in, keys...), nil
}

// verifyHere verifies this machine's ledger, and that no end is missing.
func (e *env) verifyHere(ctx context.Context, key string, offline bool) (verdict ledger.Verdict, err error) {
	s, book, err := e.book(ctx)
	if err != nil {
		return verdict, err
	}
	keys, err := book.PublicKeys()
	if key != "" {
		keys, err = readKeys(key)
	}
	if err != nil {
		return verdict, err
	}
	lines, err := book.Read()
	if err != nil {
		return verdict, err
	}
	defer func() { _ = lines.Close() }()
	verdict = ledger.Verify(lines, keys...)
	sent, err := book.Mirrored()
	if err != nil {
		return verdict, err
	}
	machine := cmp.Or(verdict.Head.Machine, sent.Machine)
	if offline || machine == "" {
		return verdict.Against(sent, "this machine's note of what it copied into the audit bucket"), nil
	}
	identity, err := s.Account.Identity(ctx)
	if err != nil {
		return verdict, fmt.Errorf("the copy in the audit bucket could not be looked at (--offline leaves it out): %w", err)
	}
	head, err := ledger.RemoteHead(ctx, s.Account, provision.AuditBucketName(s.Settings.In(identity.Account)), machine)
	if err != nil {
		return verdict, fmt.Errorf("the copy in the audit bucket could not be looked at (--offline leaves it out): %w", err)
	}
	if head.Hash == "" && head.Sequence == sent.Sequence { // the auditor may not read it back
		head.Hash = sent.Hash
	}
	return verdict.Against(head, "the copy in the audit bucket"), nil
}

// printVerdict tells the verdict; whole is whether the end was compared with the
// audit bucket, where a person could not have cut it off.
func printVerdict(w io.Writer, v ledger.Verdict, whole bool) {
	if !whole {
		defer fmt.Fprintln(w, "Lines that were cut off at the end leave no trace in the file: ask for the number and the hash of the last line,\n"+
			"or compare with those in the audit bucket, below "+ledger.Prefix+".")
	}
	if v.OK() {
		if v.Lines == 0 {
			fmt.Fprintln(w, "The ledger is empty.")
			return
		}
		fmt.Fprintf(w, "%d lines are as they were written, from %s to %s.\nThe last is number %d, SHA-256 %s, signed by the key %s.\n",
			v.Lines, stamped(v.First), stamped(v.Last), v.Head.Sequence, v.Head.Hash, v.Head.KeyID)
		return
	}
	fmt.Fprintf(w, "The ledger is not as it was written. Of the %d lines that are left:\n", v.Lines)
	for _, p := range v.Problems {
		fmt.Fprintln(w, "  "+safe.Line(p.String()))
	}
	if v.More > 0 {
		fmt.Fprintf(w, "  and %d more\n", v.More)
	}
	fmt.Fprintln(w, "The lines in the audit bucket, below "+ledger.Prefix+", are locked: compare with those.")
}

func evidenceKey(e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "Print the public key that verifies the ledger",
		Long:  "Prints the public keys that this machine's ledger is signed with, one a line. Hand them to whoever\nis to verify it, before they need it: a key that comes with the ledger proves little.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, book, err := e.book(cmd.Context())
			if err != nil {
				return err
			}
			_, place, err := book.SigningKey()
			if err != nil {
				return err
			}
			keys, err := book.PublicKeys()
			if err != nil {
				return err
			}
			for _, key := range keys {
				fmt.Fprintln(e.Stdout, ledger.FormatKey(key))
			}
			fmt.Fprintf(e.Stderr, "The secret half is in %s.\n", place)
			return nil
		},
	}
}
