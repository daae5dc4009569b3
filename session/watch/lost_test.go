package watch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/session/watch"
)

// A ledger that vanished whole is found by the lines of this computer's key in the audit
// bucket. That is said and recorded, once, and the new ledger is copied too.
func TestAVanishedLedgerIsFound(t *testing.T) {
	account := newDemoAccount(t)
	c := account.computer()
	if first := c.cron(); first.Kept.Lost != nil {
		t.Fatalf("the first check: %v", first.Kept.Lost)
	}
	c.cron()
	// Other computers of the practice are not this one.
	if other := account.computer().cron(); other.Kept.Lost != nil {
		t.Errorf("another computer: %v", other.Kept.Lost)
	}
	for name, vanishes := range map[string]func() error{
		"the ledger's directory": func() error { return os.RemoveAll(filepath.Join(c.state, "ledger")) },
		"its lines":              func() error { return os.Remove(c.file()) },
	} {
		if err := vanishes(); err != nil {
			t.Fatal(err)
		}
		seen := c.cron()
		if seen.Kept.Lost == nil || !strings.Contains(seen.Kept.Lost.Error(), "the evidence ledger of this computer vanished: the audit bucket has ") {
			t.Fatalf("%s: %v", name, seen.Kept.Lost)
		}
		lines := c.lines()
		if len(lines) != 1 || len(lines[0].Lost) == 0 || lines[0].Lost[0].Sequence != 2 {
			t.Fatalf("%s: recorded: %+v", name, lines)
		}
		if seen := c.cron(); seen.Kept.Lost != nil {
			t.Errorf("%s: said again: %v", name, seen.Kept.Lost)
		}
	}
}

func (c computer) file() string {
	return filepath.Join(ledger.Dir(c.state, "111122223333"), "ledger.jsonl")
}

// A computer that can write no file checks without a lock and puts the line of each check
// and signature into the audit bucket. Only if that fails too is the line missing.
func TestAComputerThatCannotBeWritten(t *testing.T) {
	account := newDemoAccount(t)
	c := account.computer()
	// A file in the place of the directory: nothing can be written there, by root neither.
	c.state = filepath.Join(c.state, "file")
	if err := os.WriteFile(c.state, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	options := watch.Options{Set: catalogue.Core, Mirror: true, Alone: true, Unattended: true}
	look := func() watch.Seen {
		t.Helper()
		seen, err := watch.New("test").Look(t.Context(), c.open("auditor", true), options)
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	said := func(kept watch.Kept) string { return strings.Join(kept.Notes, "\n") }
	for range 2 { // the second does not take the first's line for a lost ledger
		seen := look()
		if seen.Kept.Err() != nil || !strings.Contains(said(seen.Kept), "this check ran without a lock against a second one") ||
			!strings.Contains(said(seen.Kept), "the line is in the audit bucket only: this is not in the evidence ledger: ") {
			t.Errorf("%v, %s", seen.Kept.Err(), said(seen.Kept))
		}
	}
	signed := watch.Done{Kind: ledger.Attest, Note: "BAA-05 was signed, version 1."}
	if kept := watch.New("test").Note(t.Context(), c.open("admin", false), signed); kept.Err() != nil ||
		!strings.Contains(said(kept), "in the audit bucket only") {
		t.Errorf("a signature: %v, %s", kept.Err(), said(kept))
	}
	copies, err := ledger.Copies(t.Context(), c.open("admin", true).Account, "111122223333-claria-audit", time.Time{})
	if err != nil || len(copies) != 3 {
		t.Errorf("%d lines in the bucket, %v", len(copies), err)
	}
	// When it can be written again, its own ledger begins, and none was lost.
	other := c
	other.state = t.TempDir()
	if seen := other.cron(); seen.Kept.Lost != nil {
		t.Errorf("afterwards: %v", seen.Kept.Lost)
	}
	c.inject("deny=s3:PutObject")
	if seen := look(); seen.Kept.Line == nil || !strings.Contains(seen.Kept.Line.Error(), "; nor is it in the audit bucket: s3:PutObject") {
		t.Errorf("nowhere: %v", seen.Kept.Line)
	}
	if kept := watch.New("test").Note(t.Context(), c.open("admin", false), signed); kept.Line == nil {
		t.Error("a signature that is nowhere")
	}
}
