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
	"claria/drift/catalogue"
	"claria/drift/evidence"
	"claria/drift/ledger"
	"claria/drift/register"
	"claria/internal/local"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
	"claria/session/watch"
)

// evidenceCommand lists, verifies and exports the ledger.
func evidenceCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "evidence",
		Short: "The signed ledger of checks and changes: list, export, verify, key",
		Long: "Every check and every change adds a signed line to a ledger on this computer. A line contains the\n" +
			"hash of the line before it. A copy of each line is stored in the audit bucket under Object Lock.",
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(evidenceList(e), evidenceExport(e), evidenceVerify(e), evidenceKey(e))
	return cmd
}

// watching returns the Watch of this run, which looks at the account and records
// checks and changes.
func (e *env) watching() *watch.Watch {
	if e.watch == nil {
		e.watch = watch.New(e.version)
	}
	return e.watch
}

// sayKept prints what went wrong with a line. A problem with the evidence must not
// stop what it records, so it is only a note.
func (e *env) sayKept(kept watch.Kept) {
	for _, err := range []error{kept.Lost, kept.Line, kept.Mirror} {
		if err != nil {
			fmt.Fprintf(e.Stderr, "claria: %s\n", safe.Line(err.Error()))
		}
	}
	for _, note := range kept.Notes {
		fmt.Fprintf(e.Stderr, "claria: %s\n", safe.Line(note))
	}
}

// record adds a line about an action: a plan applied, a statement signed. note
// describes it in a sentence without patient information. The error, with exit code 1,
// says that there is no line; its message is already printed. What the line is about is
// done even then, and the verb has said so.
func (e *env) record(ctx context.Context, s *session.Session, kind ledger.Kind, note string, steps ...provision.Step) error {
	kept := e.watching().Note(ctx, s, watch.Done{Kind: kind, Note: note, Steps: steps, Unattended: !e.IsTerminal(e.Stdin)})
	e.sayKept(kept)
	if kept.Line != nil {
		return coded(exitFailure)
	}
	return nil
}

// planNote describes a plan that was applied or stopped at a step. A first set-up is
// recorded once it is finished, when the keyring for the ledger's key is known.
func (e *env) planNote(s *session.Session, steps int, failed string) string {
	switch {
	case failed != "":
		return fmt.Sprintf("A plan stopped at %s, after %d of %d steps.", failed, len(e.made), steps)
	case !s.SetUp:
		return ""
	}
	return fmt.Sprintf("A plan was applied, %d of %d steps.", len(e.made), steps)
}

func evidenceList(e *env) *cobra.Command {
	var most int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the lines of the ledger, newest first",
		Long: "Prints the lines of the ledger, newest first, and below each the changes to the account with their ids.\n" +
			"claria setup --undo ID undoes one; claria setup --undo shows which ones can be undone.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, lines, err := e.openLedger(cmd.Context())
			if err != nil {
				return err
			}
			n := 0
			list := []listed{}
			for entry, err := range lines.Entries() {
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
						fmt.Fprintf(e.Stdout, "%37s %d.%d %s %s: %s\n", "", entry.Sequence, i+1, step.Op.Sign(), safe.Line(step.Resource),
							safe.Line(step.Summary))
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
	cmd.Flags().IntVarP(&most, "number", "n", 20, "the number of lines; 0 for all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// listed is a line without its report.
type listed struct {
	ledger.Entry
	Hash string `json:"hash"`
}

func oneLine(entry ledger.Entry) string {
	text := fmt.Sprintf("%6d  %s  %-8s", entry.Sequence, words.Moment(entry.At, time.Local), entry.Kind)
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

// openLedger opens a read-only session and its ledger.
func (e *env) openLedger(ctx context.Context) (*session.Session, *ledger.Ledger, error) {
	s, err := e.ReadOnlySession(ctx)
	if err != nil {
		return nil, nil, err
	}
	lines, err := e.watching().Ledger(ctx, s)
	return s, lines, err
}

func evidenceExport(e *env) *cobra.Command {
	var format, out, set string
	var fresh, force bool
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Export the newest check in another format",
		Long: "Prints the newest check in the ledger in another format. Without an earlier check, or with --fresh,\n" +
			"it checks the account now. pdf is a binder for an auditor, html a page that needs no network.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			as, err := evidence.Find(format)
			if err != nil {
				return err
			}
			if err := oneOf("controls", set, catalogue.Sets()...); err != nil {
				return err
			}
			if out == "" && as.Binary && e.IsTerminal(e.Stdout) {
				return fmt.Errorf("--format %s cannot be shown on a terminal: use -o FILE", format)
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
			fmt.Fprintf(e.Stderr, "The check of %s is in %s, which only you can read.\n", words.Moment(d.Report.Started, time.Local), safe.Line(out))
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&format, "format", "pdf", "text, json, ocsf, oscal, csv, junit, prometheus, nagios, html or pdf")
	flags.StringVarP(&out, "output", "o", "", "write to `FILE`")
	flags.BoolVar(&force, "force", false, "replace an existing file")
	flags.BoolVar(&fresh, "fresh", false, "check the account now")
	flags.StringVar(&set, "controls", catalogue.Core, "the set of controls: core, strict or nprm")
	return cmd
}

// collect makes a dossier of the newest check, with the practice's current
// statements.
func (e *env) collect(ctx context.Context, set string, fresh bool) (evidence.Dossier, error) {
	s, lines, err := e.openLedger(ctx)
	if err != nil {
		return evidence.Dossier{}, err
	}
	// A ledger that was changed is not evidence, and a report from it must not look
	// like evidence.
	if chain, ok := lines.Chain().Value(); ok && len(chain.Problems) > 0 {
		broken := fmt.Sprintf("the ledger was changed: %s; claria evidence verify shows details", chain.Problems[0])
		if !fresh {
			return evidence.Dossier{}, fmt.Errorf("%s. Nothing is exported from it: use --fresh to check the account now", broken)
		}
		fmt.Fprintf(e.Stderr, "claria: %s\n", safe.Line(broken))
	}
	var reports []*drift.Report // newest first
	for entry, err := range lines.Entries() {
		if err == nil && entry.Kind == ledger.Check && entry.Report != nil && entry.Set == set {
			if reports = append(reports, entry.Report); len(reports) == 2 {
				break
			}
		}
	}
	if fresh || len(reports) == 0 {
		seen, err := e.look(ctx, s, watch.Options{Set: set, Unattended: e.unattended(), Mirror: true})
		if err != nil {
			return evidence.Dossier{}, err
		}
		return e.dossier(ctx, s, seen), nil
	}
	d := e.reported(ctx, s, *reports[0])
	if len(reports) > 1 {
		d.Previous = reports[1]
	}
	register := register.ReadRegister(ctx, s.Account, s.Settings.In(d.Report.Account))
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
		Short: "Verify that the ledger is unchanged",
		Long: "Verifies the hash, signature and position of every line. With --file and --key it needs no account\n" +
			"and no network, so that others can verify a ledger that they received. Without them it verifies this\n" +
			"computer's ledger and compares its end with the copy in the audit bucket, unless --offline is set.",
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
	flags.StringVar(&file, "file", "", "verify the lines in `FILE`")
	flags.StringVar(&key, "key", "", "use the public keys in `FILE`, as claria evidence key prints them")
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
		return ledger.Verdict{}, errors.New("--file needs --key: the public key that claria evidence key prints on the computer that wrote " +
			"the ledger")
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

// verifyHere verifies this computer's ledger, and that its end is not missing.
func (e *env) verifyHere(ctx context.Context, key string, offline bool) (verdict ledger.Verdict, err error) {
	s, lines, err := e.openLedger(ctx)
	if err != nil {
		return verdict, err
	}
	keys, err := lines.PublicKeys()
	if key != "" {
		keys, err = readKeys(key)
	}
	if err != nil {
		return verdict, err
	}
	written, err := lines.Read()
	if err != nil {
		return verdict, err
	}
	defer func() { _ = written.Close() }()
	verdict = ledger.Verify(written, keys...)
	sent, err := lines.Mirrored()
	if err != nil {
		return verdict, err
	}
	machine := cmp.Or(verdict.Head.Machine, sent.Machine)
	if offline || machine == "" {
		return verdict.Against(sent, "this computer's record of what it copied into the audit bucket"), nil
	}
	identity, err := s.Account.Identity(ctx)
	if err != nil {
		return verdict, fmt.Errorf("the copy in the audit bucket could not be read (--offline skips it): %w", err)
	}
	head, err := ledger.RemoteHead(ctx, s.Account, state.AuditBucketName(s.Settings.In(identity.Account)), machine)
	if err != nil {
		return verdict, fmt.Errorf("the copy in the audit bucket could not be read (--offline skips it): %w", err)
	}
	if head.Hash == "" && head.Sequence == sent.Sequence { // the auditor may not read it
		head.Hash = sent.Hash
	}
	return verdict.Against(head, "the copy in the audit bucket"), nil
}

// printVerdict prints the verdict. whole says that the end was compared with the
// audit bucket, from which nobody can remove lines.
func printVerdict(w io.Writer, v ledger.Verdict, whole bool) {
	if !whole {
		defer fmt.Fprintln(w, "Lines removed from the end leave no trace in the file: ask for the number and the hash of the last line,\n"+
			"or compare with those in the audit bucket, below "+ledger.Prefix+".")
	}
	for _, head := range v.Lost {
		fmt.Fprintf(w, "An earlier ledger of this computer had vanished: %d lines, the last from %s, are in the audit bucket below %s%s/.\n",
			head.Sequence, words.Moment(head.At, time.Local), ledger.Prefix, safe.Line(head.Machine))
	}
	if v.OK() {
		if v.Lines == 0 {
			fmt.Fprintln(w, "The ledger is empty.")
			return
		}
		fmt.Fprintf(w, "%d lines are unchanged, from %s to %s.\nThe last is number %d, SHA-256 %s, signed with the key %s.\n",
			v.Lines, words.Moment(v.First, time.Local), words.Moment(v.Last, time.Local), v.Head.Sequence, v.Head.Hash, v.Head.KeyID)
		return
	}
	fmt.Fprintf(w, "The ledger was changed. Problems in its %d lines:\n", v.Lines)
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
		Long: "Prints the public keys of this computer's ledger, one a line. Give them to the people who will verify\n" +
			"the ledger before they receive it: a key that comes with the ledger proves little.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, lines, err := e.openLedger(cmd.Context())
			if err != nil {
				return err
			}
			_, place, err := lines.SigningKey()
			if err != nil {
				return err
			}
			keys, err := lines.PublicKeys()
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
