package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"claria/drift/ledger"
	"claria/drift/register"
	"claria/internal/safe"
	"claria/session"
)

// A registerKind is one of the practice's registers: the flags for the fields of its
// rows, how to add or change a row, and how to show the rows. registerKinds returns
// all of them; registerCommand makes the verbs.
type registerKind struct {
	name, one, short string
	fields           []registerField
	// add adds a row; now is the account's time.
	add func(r *register.Register, v values, now time.Time) (id string, err error)
	// set changes the row with an id; nil: rows of this register do not change.
	set func(r *register.Register, id string, v values) error
	// fill adds what the program knows, before add; nil: nothing.
	fill func(ctx context.Context, e *env, s *session.Session, v *values) error
	// note stores free text that may be about a client where the auditor cannot read
	// it; nil: the register has none.
	note func(n *register.Notes, id string, v values)
	rows func(r register.Register, now time.Time) [][]string
	json func(r register.Register) any
	// run is what the program can do by itself for the register; nil: nothing.
	run func(e *env) *cobra.Command
}

// registerField is one flag.
type registerField struct {
	flag, help string
	kind       fieldKind
	in         string // the verbs with this flag: "add", "set" or "add set"
	of         []string
}

type fieldKind int

const (
	aText fieldKind = iota
	aDate
	aPastDate // not in the future: the register records what happened
	aNumber
	aSwitch
	aFile // its SHA-256 is stored
	aList // may be repeated
)

// values are the flags that were given.
type values struct {
	texts map[string]string
	lists map[string][]string
	facts []register.Fact
	ways  []register.ReviewedCredential
}

func (v values) has(flag string) bool           { _, ok := v.texts[flag]; return ok }
func (v values) text(flag string) string        { return v.texts[flag] }
func (v values) date(flag string) register.Date { return register.Date(v.texts[flag]) }
func (v values) is(flag string) bool            { return v.texts[flag] == "true" }
func (v values) number(flag string) int         { n, _ := strconv.Atoi(v.texts[flag]); return n }

// need says which of the flags are missing.
func (v values) need(flags ...string) error {
	var missing []string
	for _, f := range flags {
		if strings.TrimSpace(v.texts[f]) == "" {
			missing = append(missing, "--"+f)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("use %s", strings.Join(missing, ", "))
	}
	return nil
}

// registerCommand is the practice's registers: list, add, set.
func registerCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "register",
		Short: "The practice's registers: vendors, reviews, trainings, incidents, requests, decisions, plans, drills",
		Long: "The practice's records of compliance, in the audit bucket, which keeps every version.\n" +
			"Enter no client's name except in --note, which the auditor cannot read.",
		Args: cobra.NoArgs,
	}
	for _, kind := range registerKinds() {
		one := &cobra.Command{Use: kind.name, Short: kind.short, Args: cobra.NoArgs}
		one.AddCommand(listRegister(e, kind), writeRegister(e, kind, "add"))
		if kind.set != nil {
			one.AddCommand(writeRegister(e, kind, "set"))
		}
		if kind.run != nil {
			one.AddCommand(kind.run(e))
		}
		cmd.AddCommand(one)
	}
	cmd.AddCommand(historyCommand(e))
	return cmd
}

func listRegister(e *env, kind registerKind) *cobra.Command {
	var asJSON, notes bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the " + kind.name, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := e.Rooms(cmd.Context(), true)
			if err != nil {
				return err
			}
			store := register.NewStore(s.Account, s.Settings)
			register, err := store.Load(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return e.JSON(kind.json(register))
			}
			rows := kind.rows(register, s.Account.Now())
			if len(rows) == 0 {
				fmt.Fprintf(e.Stdout, "No %s is recorded.\n", kind.one)
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
	if kind.note != nil {
		cmd.Flags().BoolVar(&notes, "notes", false, "also print the notes, which may name clients")
	}
	return cmd
}

func (e *env) printNotes(ctx context.Context, store *register.Store, rows [][]string) error {
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
			for _, f := range register.Factors() {
				if why, ok := note.Reasons[f.Name]; ok {
					fmt.Fprintf(e.Stdout, "%s: %s\n", f.Name, why.Text())
				}
			}
		}
	}
	return nil
}

// writeRegister makes the verb add or set.
func writeRegister(e *env, kind registerKind, verb string) *cobra.Command {
	var yes, asJSON bool
	lists := map[string]*[]string{}
	cmd := &cobra.Command{Use: verb, Short: "Record a new " + kind.one, Args: cobra.NoArgs}
	if verb == "set" {
		cmd.Use, cmd.Short, cmd.Args = "set ID", "Change a recorded "+kind.one, cobra.ExactArgs(1)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		v := values{texts: map[string]string{}, lists: map[string][]string{}}
		for _, f := range kind.fields {
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
		for _, f := range kind.fields {
			if f.kind == aPastDate && v.date(f.flag).Ahead(now) {
				return fmt.Errorf("--%s %s is in the future: record it once it has happened", f.flag, v.date(f.flag))
			}
		}
		if verb == "add" && kind.fill != nil {
			if err := kind.fill(ctx, e, s, &v); err != nil {
				return err
			}
		}
		store := register.NewStore(s.Account, s.Settings)
		// Say what is wrong before asking for confirmation.
		reg, err := store.Load(ctx)
		if err != nil {
			return err
		}
		id := ""
		change := func(r *register.Register) (err error) {
			if verb == "set" {
				id = args[0]
				return kind.set(r, id, v)
			}
			id, err = kind.add(r, v, now)
			return err
		}
		if err := change(&reg); err != nil {
			return err
		}
		noted := false
		if kind.note != nil && verb == "set" { // the reasons are stored before a rating refers to them
			if noted, err = e.keepNote(ctx, store, kind, id, v, &yes); err != nil {
				return err
			}
		}
		question := fmt.Sprintf("Record this %s (%s)?", kind.one, id)
		if err := e.enter(ctx, store, question, yes, change); err != nil {
			if noted {
				err = fmt.Errorf("the note of %s is stored, but the rest of the change is not: %w. Run the same command again", id, err)
			}
			return err
		}
		done := map[string]string{"add": "recorded", "set": "changed"}[verb]
		unrecorded := e.record(ctx, s, ledger.Register, fmt.Sprintf("An entry of the register of %s was %s.", kind.name, done))
		if kind.note != nil && verb == "add" {
			yes = true
			if _, err := e.keepNote(ctx, store, kind, id, v, &yes); err != nil {
				return fmt.Errorf("%s is recorded, but its note is not: %w. Add it with claria register %s set %s --note", id, err, kind.name, id)
			}
		}
		if asJSON {
			return cmp.Or(e.JSON(map[string]string{"id": id}), unrecorded)
		}
		fmt.Fprintf(e.Stdout, "recorded: %s\n", safe.Line(id))
		return unrecorded
	}
	flags := cmd.Flags()
	for _, f := range kind.fields {
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
	flags.BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// read checks one value and stores it.
func (f registerField) read(v values, value string, list *[]string) error {
	switch f.kind {
	case aDate, aPastDate:
		date, err := register.ParseDate(value)
		if err != nil {
			return fmt.Errorf("--%s: %w", f.flag, err)
		}
		value = string(date)
	case aNumber:
		if n, err := strconv.Atoi(value); err != nil || n < 0 {
			return fmt.Errorf("--%s %q: use a number", f.flag, value)
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

// keepNote writes the note, if one is given, and reports whether it did.
func (e *env) keepNote(ctx context.Context, store *register.Store, kind registerKind, id string, v values, yes *bool) (bool, error) {
	before := register.Notes{}
	kind.note(&before, id, v)
	if len(before.Incidents) == 0 && len(before.Requests) == 0 {
		return false, nil
	}
	if !*yes {
		ok, err := e.Confirm(fmt.Sprintf("Store the note of %s and record the change?", safe.Line(id)), "--yes")
		if err != nil {
			return false, err
		}
		if !ok {
			return false, errors.New("nothing was recorded")
		}
		*yes = true
	}
	_, err := store.UpdateNotes(ctx, func(n *register.Notes) error {
		kind.note(n, id, v)
		return nil
	})
	return err == nil, err
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
			versions, err := register.NewStore(s.Account, s.Settings).History(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return e.JSON(append([]register.Version{}, versions...))
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
