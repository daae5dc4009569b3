package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"claria/drift"
	"claria/internal/safe"
	"claria/session"
)

// A ledgerBook is one of the practice's registers: what its rows hold as flags, how
// a row is made or changed from them, and how the rows are shown. registerBooks has
// all of them; registerCommand makes the verbs.
type ledgerBook struct {
	name, one, short string
	fields           []bookField
	// add makes a row; now is the account's time.
	add func(r *drift.Register, v values, now time.Time) (id string, err error)
	// set changes the row with an id; nil: rows of this register stay as they are.
	set func(r *drift.Register, id string, v values) error
	// fill adds what the program knows itself, before add; nil: nothing.
	fill func(ctx context.Context, e *env, s *session.Session, v *values) error
	// note keeps free text that may speak of a client where the auditor cannot read
	// it; nil: the register has none.
	note func(n *drift.Notes, id string, v values)
	rows func(r drift.Register, now time.Time) [][]string
	json func(r drift.Register) any
	// run is what the program can carry out by itself for the register; nil: nothing.
	run func(e *env) *cobra.Command
}

// bookField is one flag.
type bookField struct {
	flag, help string
	kind       fieldKind
	in         string // the verbs that have it: "add", "set" or "add set"
	of         []string
}

type fieldKind int

const (
	aText fieldKind = iota
	aDate
	aPastDate // a day that has come: what is recorded has happened
	aNumber
	aSwitch
	aFile // its SHA-256 is kept
	aList // may be repeated
)

// values are the flags that were given.
type values struct {
	texts map[string]string
	lists map[string][]string
	facts []drift.Fact
	ways  []drift.ReviewedCredential
}

func (v values) has(flag string) bool        { _, ok := v.texts[flag]; return ok }
func (v values) text(flag string) string     { return v.texts[flag] }
func (v values) date(flag string) drift.Date { return drift.Date(v.texts[flag]) }
func (v values) is(flag string) bool         { return v.texts[flag] == "true" }
func (v values) number(flag string) int      { n, _ := strconv.Atoi(v.texts[flag]); return n }

// need says which of the flags are missing.
func (v values) need(flags ...string) error {
	var missing []string
	for _, f := range flags {
		if strings.TrimSpace(v.texts[f]) == "" {
			missing = append(missing, "--"+f)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("give %s", strings.Join(missing, ", "))
	}
	return nil
}

// registerCommand is the practice's registers: list, add, set.
func registerCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "register",
		Short: "The practice's registers: vendors, reviews, trainings, incidents, requests, decisions, plans, drills",
		Long: "What the practice keeps record of over the years, in the audit bucket, where every version stays.\n" +
			"No client's name belongs into it, except into --note, which the auditor cannot read.",
		Args: cobra.NoArgs,
	}
	for _, b := range registerBooks() {
		book := &cobra.Command{Use: b.name, Short: b.short, Args: cobra.NoArgs}
		book.AddCommand(listBook(e, b), writeBook(e, b, "add"))
		if b.set != nil {
			book.AddCommand(writeBook(e, b, "set"))
		}
		if b.run != nil {
			book.AddCommand(b.run(e))
		}
		cmd.AddCommand(book)
	}
	cmd.AddCommand(historyCommand(e))
	return cmd
}

func listBook(e *env, b ledgerBook) *cobra.Command {
	var asJSON, notes bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the " + b.name, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := e.Rooms(cmd.Context(), true)
			if err != nil {
				return err
			}
			store := drift.NewStore(s.Account, s.Settings)
			register, err := store.Load(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return e.JSON(b.json(register))
			}
			rows := b.rows(register, s.Account.Now())
			if len(rows) == 0 {
				fmt.Fprintf(e.Stdout, "No %s is recorded.\n", b.one)
			}
			for _, row := range rows {
				for i := range row {
					row[i] = safe.Line(row[i])
				}
			}
			if err := table(e.Stdout, rows); err != nil || !notes {
				return err
			}
			return e.printNotes(cmd.Context(), store, rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	if b.note != nil {
		cmd.Flags().BoolVar(&notes, "notes", false, "print the notes too, which may name clients")
	}
	return cmd
}

func (e *env) printNotes(ctx context.Context, store *drift.Store, rows [][]string) error {
	notes, err := store.Notes(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		id := row[0]
		if text, ok := notes.Requests[id]; ok {
			fmt.Fprintf(e.Stdout, "\n%s\n%s\n", id, text.Text())
		}
		if note, ok := notes.Incidents[id]; ok {
			fmt.Fprintf(e.Stdout, "\n%s\n%s\n", id, note.Text.Text())
			for _, f := range drift.Factors() {
				if why, ok := note.Reasons[f.Name]; ok {
					fmt.Fprintf(e.Stdout, "%s: %s\n", f.Name, why.Text())
				}
			}
		}
	}
	return nil
}

// writeBook is add, or set.
func writeBook(e *env, b ledgerBook, verb string) *cobra.Command {
	var yes, asJSON bool
	lists := map[string]*[]string{}
	cmd := &cobra.Command{Use: verb, Short: "Record a new " + b.one, Args: cobra.NoArgs}
	if verb == "set" {
		cmd.Use, cmd.Short, cmd.Args = "set ID", "Change what is recorded of one "+b.one, cobra.ExactArgs(1)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		v := values{texts: map[string]string{}, lists: map[string][]string{}}
		for _, f := range b.fields {
			if flag := cmd.Flags().Lookup(f.flag); flag != nil && flag.Changed {
				if err := f.read(v, flag.Value.String(), lists[f.flag]); err != nil {
					return err
				}
			}
		}
		ctx := cmd.Context()
		s, err := e.Rooms(ctx, false)
		if err != nil {
			return err
		}
		now := s.Account.Now()
		for _, f := range b.fields {
			if f.kind == aPastDate && v.date(f.flag).Ahead(now) {
				return fmt.Errorf("--%s %s lies ahead: what is recorded here has happened", f.flag, v.date(f.flag))
			}
		}
		if verb == "add" && b.fill != nil {
			if err := b.fill(ctx, e, s, &v); err != nil {
				return err
			}
		}
		store := drift.NewStore(s.Account, s.Settings)
		// What is wrong with it is said before anybody is asked.
		register, err := store.Load(ctx)
		if err != nil {
			return err
		}
		id := ""
		change := func(r *drift.Register) (err error) {
			if verb == "set" {
				id = args[0]
				return b.set(r, id, v)
			}
			id, err = b.add(r, v, now)
			return err
		}
		if err := change(&register); err != nil {
			return err
		}
		if b.note != nil && verb == "set" { // reasons are kept before a rating says that they are
			if err := e.keepNote(ctx, store, b, id, v, &yes); err != nil {
				return err
			}
		}
		question := fmt.Sprintf("Record this %s (%s)?", b.one, id)
		if err := e.enter(ctx, store, question, yes, change); err != nil {
			return err
		}
		if b.note != nil && verb == "add" {
			yes = true
			if err := e.keepNote(ctx, store, b, id, v, &yes); err != nil {
				return fmt.Errorf("%s is recorded, but its note is not: %w. Give it again with claria register %s set %s --note", id, err, b.name, id)
			}
		}
		if asJSON {
			return e.JSON(map[string]string{"id": id})
		}
		fmt.Fprintf(e.Stdout, "recorded: %s\n", safe.Line(id))
		return nil
	}
	flags := cmd.Flags()
	for _, f := range b.fields {
		if !strings.Contains(f.in, verb) {
			continue
		}
		help := f.help
		if len(f.of) > 0 {
			help += ": " + strings.Join(f.of, ", ")
		}
		switch f.kind {
		case aSwitch:
			flags.Bool(f.flag, false, help)
		case aList:
			lists[f.flag] = flags.StringArray(f.flag, nil, help+"; may be repeated")
		default:
			flags.String(f.flag, "", help)
		}
	}
	flags.BoolVarP(&yes, "yes", "y", false, "do not ask")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// read checks one value and keeps it.
func (f bookField) read(v values, value string, list *[]string) error {
	switch f.kind {
	case aDate, aPastDate:
		date, err := drift.ParseDate(value)
		if err != nil {
			return fmt.Errorf("--%s: %w", f.flag, err)
		}
		value = string(date)
	case aNumber:
		if n, err := strconv.Atoi(value); err != nil || n < 0 {
			return fmt.Errorf("--%s %q: want a number", f.flag, value)
		}
	case aFile:
		hash, err := hashFile(value)
		if err != nil {
			return err
		}
		value = hash
	case aList:
		v.lists[f.flag] = *list
	}
	if len(f.of) > 0 {
		if err := oneOf(f.flag, value, f.of...); err != nil {
			return err
		}
	}
	v.texts[f.flag] = value
	return nil
}

// keepNote writes the note, when one is given.
func (e *env) keepNote(ctx context.Context, store *drift.Store, b ledgerBook, id string, v values, yes *bool) error {
	before := drift.Notes{}
	b.note(&before, id, v)
	if len(before.Incidents) == 0 && len(before.Requests) == 0 {
		return nil
	}
	if !*yes {
		ok, err := e.Confirm(fmt.Sprintf("Keep the note of %s and record the change?", safe.Line(id)), "--yes")
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("nothing was recorded")
		}
		*yes = true
	}
	_, err := store.UpdateNotes(ctx, func(n *drift.Notes) error {
		b.note(n, id, v)
		return nil
	})
	return err
}

// historyCommand lists the register's versions.
func historyCommand(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "history", Short: "List every kept version of the register", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := e.Rooms(cmd.Context(), true)
			if err != nil {
				return err
			}
			versions, err := drift.NewStore(s.Account, s.Settings).History(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return e.JSON(append([]drift.Version{}, versions...))
			}
			rows := [][]string{}
			for _, v := range versions {
				rows = append(rows, []string{v.At.UTC().Format(time.RFC3339), safe.Line(v.ID)})
			}
			return table(e.Stdout, rows)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
