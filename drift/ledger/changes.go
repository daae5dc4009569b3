package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"claria/provision"
)

// Change is one step that was done to the account, as undo finds it.
type Change struct {
	ID       string         `json:"id"` // "12.3": the third step of line 12
	At       time.Time      `json:"at"`
	Who      Who            `json:"who"`
	Schema   int            `json:"schema"` // of the line
	Account  string         `json:"account"`
	Region   string         `json:"region,omitempty"`
	Step     provision.Step `json:"step"`
	UndoneBy string         `json:"undone_by,omitempty"` // the latest change that undid it and was not undone itself
}

// CannotUndo is why the change cannot be undone; empty: it can.
func (c Change) CannotUndo() string {
	if c.Schema < 2 {
		return "it was recorded before undo: the ledger has what was there in words only"
	}
	if by := c.UndoneBy; by != "" {
		return "it was undone by change " + by + " already; undo that one to make it again"
	}
	return c.Step.CannotUndo()
}

// changes are the steps of a line, the last first.
func (e Entry) changes() []Change {
	var all []Change
	for i, step := range slices.Backward(e.Steps) {
		all = append(all, Change{
			ID: fmt.Sprintf("%d.%d", e.Sequence, i+1), At: e.At, Who: e.Who, Schema: e.Schema, Account: e.Account, Region: e.Region, Step: step,
		})
	}
	return all
}

// ChangesOf are the changes among entries that come newest first, the newest first.
func ChangesOf(entries []Entry) []Change {
	var all []Change
	undone := map[string]string{}
	for _, entry := range entries {
		for _, c := range entry.changes() {
			c.UndoneBy = undone[c.ID]
			if of := c.Step.Undoes; of != "" && c.UndoneBy == "" && undone[of] == "" {
				undone[of] = c.ID
			}
			all = append(all, c)
		}
	}
	return all
}

// Changes are all changes that this machine made to the account, the newest first. The
// error is for lines that could not be read; the changes of the others are there.
func (l *Ledger) Changes() ([]Change, error) {
	var entries []Entry
	var problem error
	for entry, err := range l.Entries() {
		switch {
		case err != nil:
			problem = err
		case len(entry.Steps) > 0:
			entries = append(entries, entry)
		}
	}
	return ChangesOf(entries), problem
}

// NoChangeError says that the ledger has no change of a number.
type NoChangeError struct{ ID string }

func (e *NoChangeError) Error() string {
	return fmt.Sprintf("the evidence ledger of this machine has no change %q", e.ID)
}

// Change is one change, by its number, or by that of its line when the line has no
// other. Its line must be as it was signed: what is put back comes out of it.
func (l *Ledger) Change(id string) (Change, error) {
	sequence, _, _ := strings.Cut(id, ".")
	number, err := strconv.ParseInt(sequence, 10, 64)
	if err != nil {
		return Change{}, &NoChangeError{id}
	}
	changes, err := l.Changes()
	i := slices.IndexFunc(changes, func(c Change) bool { return c.ID == id })
	if i < 0 && id == sequence {
		of := func(c Change) bool { return strings.HasPrefix(c.ID, sequence+".") }
		if i = slices.IndexFunc(changes, of); i >= 0 && i+1 < len(changes) && of(changes[i+1]) {
			i = -1
		}
	}
	if i < 0 {
		if err != nil {
			return Change{}, err
		}
		return Change{}, &NoChangeError{id}
	}
	return changes[i], l.genuine(number)
}

// genuine is nil when Verify finds nothing wrong with a line: its hash, its signature by
// the key that it names, and its place in the chain.
func (l *Ledger) genuine(number int64) error {
	verdict, err := l.verdict()
	if err != nil {
		return err
	}
	what := verdict.wrong[number]
	if _, found := verdict.hashes[number]; !found && what == "" {
		what = "it could not be verified"
	}
	if what == "" {
		return nil
	}
	return fmt.Errorf("line %d of the evidence ledger is not as it was signed, so nothing is put back from it: %s; "+
		"claria evidence verify names all that is wrong", number, what)
}
