package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/drift/register"
	"claria/internal/local"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/provision/state"
	"claria/session"
	"claria/session/watch"
)

// attestCommand lists the statements to sign, and signs one.
func attestCommand(e *env) *cobra.Command {
	var set, signer, answer, file, note string
	var yes, all, asJSON bool
	cmd := &cobra.Command{
		Use:   "attest [ID]",
		Short: "List the statements to sign, or sign one",
		Long: "No call can check some requirements, so a person signs for them. Without an id it lists what is due (--all: everything).\n" +
			"With an id it shows the text and asks for a name. A signature is kept permanently, with its text, date and end.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			s, err := e.Rooms(ctx, len(args) == 0)
			if err != nil {
				return err
			}
			now := s.Account.Now()
			if len(args) == 0 && all {
				return e.listSignatures(register.ReadRegister(ctx, s.Account, s.Settings), set, now, asJSON)
			}
			if len(args) == 0 {
				return e.listDue(ctx, s, set, asJSON)
			}
			id := strings.ToUpper(args[0])
			text, ok := catalogue.Statements()[id]
			if !ok {
				return notSigned(id)
			}
			fmt.Fprintf(e.Stderr, "%s, version %d:\n\n%s\n\n", id, text.Version, strings.Join(words.Wrap(text.Text, 90), "\n"))
			if answer == "" && len(text.Answers) > 0 {
				if answer, err = e.line(ctx, "Answer ("+strings.Join(text.Answers, " or ")+")", "--answer"); err != nil {
					return err
				}
			}
			if signer == "" {
				if signer, err = e.line(ctx, "Your name, to sign it", "--sign NAME --yes"); err != nil {
					return err
				}
				yes = signer != ""
			}
			if signer == "" {
				return errors.New("nothing was signed")
			}
			hash, err := hashFile(file)
			if err != nil {
				return err
			}
			signed, err := drift.Sign(id, answer, signer, now, hash, note)
			if err != nil {
				return err
			}
			if err := e.enter(ctx, register.NewStore(s.Account, s.Settings), fmt.Sprintf("Sign %s as %s?", id, signer), yes,
				func(r *register.Register) error {
					r.Attestations = append(r.Attestations, signed)
					return nil
				}); err != nil {
				return err
			}
			unrecorded := e.record(ctx, s, ledger.Attest, fmt.Sprintf("%s was signed, version %d.", id, text.Version))
			if asJSON {
				return cmp.Or(e.JSON(signed), unrecorded)
			}
			fmt.Fprintf(e.Stdout, "%s signed by %s, %s\n", id, safe.Line(signer), untilText(signed.Ends))
			return unrecorded
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&signer, "sign", "", "sign as `NAME`")
	flags.StringVar(&answer, "answer", "", "the answer, if the statement is a determination")
	flags.StringVar(&file, "file", "", "a supporting document: only its SHA-256 is stored")
	flags.StringVar(&note, "note", "", "a remark; no patient information, because the auditor reads it")
	flags.BoolVarP(&yes, "yes", "y", false, "with --sign: do not ask for confirmation")
	flags.BoolVar(&all, "all", false, "list every statement with its signature")
	flags.StringVar(&set, "controls", catalogue.Core, "the set of controls to list: core, strict or nprm")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// notSigned says why there is nothing to sign, and what to do instead.
func notSigned(id string) error {
	controls, _ := catalogue.Controls(catalogue.Strict) // cannot fail: the set exists
	at := slices.IndexFunc(controls, func(c catalogue.Control) bool { return c.ID == id })
	switch {
	case at < 0:
		return fmt.Errorf("there is no control %q; claria attest --all lists the statements", safe.Line(id))
	case slices.Contains(controls[at].Methods, catalogue.ByRegister) && controls[at].Guide != "":
		return fmt.Errorf("%s is not signed with this command. %s", id, controls[at].Guide)
	}
	return fmt.Errorf("%s has no statement to sign; claria attest --all lists the controls with one", id)
}

// listDue lists what a person must do: a scan knows which statements apply, and which
// entries of the register are due.
func (e *env) listDue(ctx context.Context, s *session.Session, set string, asJSON bool) error {
	result, err := e.look(ctx, s, watch.Options{Set: set, Unrecorded: true})
	if err != nil {
		return err
	}
	if problem, unread := result.Facts.Register.Problem(); unread {
		return errors.New(problem.String())
	}
	due := drift.Due(result.Report.Controls)
	if asJSON {
		return e.JSON(append([]drift.Finding{}, due...))
	}
	if len(due) == 0 {
		fmt.Fprintln(e.Stdout, "Nothing is due.")
	}
	rows := [][]string{}
	for _, f := range due {
		how := "sign"
		if _, text := catalogue.Statements()[f.ID]; !text {
			how = "record"
		}
		rows = append(rows, []string{f.ID, string(f.Severity), how, f.Title, safe.Line(f.Reason)})
	}
	return table(e.Stdout, rows)
}

// listSignatures lists every statement with its signature.
func (e *env) listSignatures(register state.Reading[register.Register], set string, now time.Time, asJSON bool) error {
	signatures, err := drift.Signatures(set, register, now)
	if err != nil {
		return err
	}
	if problem, unread := register.Problem(); unread {
		return errors.New(problem.String())
	}
	if asJSON {
		return e.JSON(signatures)
	}
	rows := [][]string{}
	for _, s := range signatures {
		state := safe.Line(s.Reason)
		if s.Status == catalogue.Attested {
			state += ", " + untilText(s.Until)
		}
		rows = append(rows, []string{s.Control, string(s.Severity), s.Title, state})
	}
	return table(e.Stdout, rows)
}

func untilText(ends time.Time) string {
	if ends.IsZero() {
		return "until the text changes"
	}
	return "until " + ends.Format(time.DateOnly)
}

// enter changes the register after a confirmation.
func (e *env) enter(ctx context.Context, store *register.Store, question string, yes bool, change func(*register.Register) error) error {
	if !yes {
		ok, err := e.Confirm(safe.Line(question), "--yes")
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("nothing was recorded")
		}
	}
	_, err := store.Update(ctx, change)
	return err
}

// line asks for one line. Without a terminal it returns an error with the flag to
// use.
func (e *env) line(ctx context.Context, question, flag string) (string, error) {
	if !e.IsTerminal(e.Stdin) {
		return "", fmt.Errorf("there is no terminal to ask: use %s", flag)
	}
	return e.askLine(ctx, question+": ")
}

// hashFile returns the SHA-256 of a file, or "" without a file. Its errors do not
// contain the file's name, which may identify someone.
func hashFile(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	hash, err := local.SHA256(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", errors.New("--file: there is no such file")
	case err != nil:
		return "", errors.New("--file: the file cannot be read")
	}
	return hash, nil
}

// table prints rows in columns; the last may be as long as it likes.
func table(w io.Writer, rows [][]string) error {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-len([]rune(cell))+2))
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}
