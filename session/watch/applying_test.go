package watch_test

import (
	"strings"
	"testing"

	"claria/drift/ledger"
	"claria/provision"
	"claria/session/watch"
)

// Two programs on one computer do not change the account at once. A plan of which no
// step began leaves neither a journal nor a line.
func TestOnePlanIsAppliedAtATime(t *testing.T) {
	c := newDemoAccount(t).computer()
	s := c.open("", false)
	first, second := watch.New("test"), watch.New("test")
	applying, err := first.Begin(t.Context(), s, "A plan", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Begin(t.Context(), s, "A plan", false); err == nil ||
		!strings.Contains(err.Error(), "nothing was changed: another change is running (process ") {
		t.Errorf("the second: %v", err)
	}
	applying.End()
	if applying, err = second.Begin(t.Context(), s, "A plan", false); err != nil {
		t.Fatal(err)
	}
	applying.End()
	if lines := c.lines(); len(lines) != 0 {
		t.Errorf("lines: %+v", lines)
	}
}

// A plan whose program ended before its line was written becomes a line when another
// program opens the ledger; a plan that still runs does not.
func TestALeftJournalBecomesALine(t *testing.T) {
	c := newDemoAccount(t).computer()
	s := c.open("", false)
	book, err := ledger.Open(ledger.Dir(c.state, "111122223333"), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	release, err := ledger.Acquire(c.state, "change")
	if err != nil {
		t.Fatal(err)
	}
	journal, err := book.Begin(ledger.Entry{Kind: ledger.Apply, Account: "111122223333", Note: "Undoing change 3.1"})
	if err != nil {
		t.Fatal(err)
	}
	step := provision.Step{ID: "trail", Op: provision.Change, Resource: "trail claria-trail", Undoes: "3.1"}
	if err := journal.Started(step); err != nil {
		t.Fatal(err)
	}
	if err := journal.Done(step); err != nil {
		t.Fatal(err)
	}
	if _, err := watch.New("test").Ledger(t.Context(), s); err != nil || len(c.lines()) != 0 {
		t.Errorf("a plan that runs: %v, %d lines", err, len(c.lines()))
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	release()
	lines, err := watch.New("test").Ledger(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := lines.Changes()
	if err != nil || len(changes) != 1 || changes[0].Step.Undoes != "3.1" {
		t.Errorf("changes: %+v, %v", changes, err)
	}
	if all := c.lines(); len(all) != 1 || all[0].Note != "Undoing change 3.1 was interrupted: 1 change was made." {
		t.Errorf("lines: %+v", all)
	}
}
