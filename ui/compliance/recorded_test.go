package compliance

import (
	"os"
	"testing"

	"claria/drift/ledger"
	"claria/session/demo"
	"claria/ui/kit"
	"claria/ui/uitest"
)

// A fix that could not be recorded is refused before it changes anything. Once the
// ledger can be written, the fix is made and recorded, and no journal is left.
func TestAFixThatCannotBeRecordedChangesNothing(t *testing.T) {
	uitest.Bubble(testAFixThatCannotBeRecordedChangesNothing)(t)
}

func testAFixThatCannotBeRecordedChangesNothing(t *testing.T) {
	account, err := demo.New(demo.Options{Seed: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	l := screens.On(t, account.Session(), 120, 40)
	l.Env.Session.State = t.TempDir()
	lines, err := ledger.Open(ledger.Dir(l.Env.Session.State, "111122223333"), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(lines.Path(), 0o700); err != nil { // no file can be written here
		t.Fatal(err)
	}
	fix := func() {
		l.Until(" ok  ")
		l.Handle(kit.GoToMsg{Pane: kit.CompliancePane, What: kit.ShowControl{ID: "CT-03"}})
		l.Until("fix it (1 change, can be undone)")
		l.Press("f")
		l.Until("Undo    Press u in the history, or run claria setup")
		l.Confirm()
	}
	fix()
	l.Until("Nothing was changed: this computer's evidence ledger cannot be written.")
	if err := os.Remove(lines.Path()); err != nil {
		t.Fatal(err)
	}
	fix()
	l.Codes()
	l.Until("CT-03 is fixed. A scan has confirmed it.")
	l.Await("has the fix in the ledger", func() bool { all, err := lines.Changes(); return err == nil && len(all) == 1 })
	l.Await("has no journal left", func() bool { return !lines.Interrupted() })
}
