package compliance

import (
	"testing"

	"claria/ui/kit"
	"claria/ui/uitest"
)

func TestDriftIsFoundAndFixed(t *testing.T) { uitest.Bubble(testDriftIsFoundAndFixed)(t) }

func testDriftIsFoundAndFixed(t *testing.T) {
	l := screens.Live(t, "demo", 120, 40)
	l.Until("? 1 unknown")
	l.Handle(kit.GoToMsg{Pane: kit.CompliancePane, What: kit.ShowControl{ID: "CT-03"}})
	l.Until("by root from 127.0.0.1 (UpdateTrail")
	l.Press("f")
	l.Until("Undo")
	l.Confirm()
	l.Codes()
	l.Until("is fixed. A scan has confirmed it.")
	l.Sees("failing → ok", "? 1 unknown", "Nobody tampered with the logging  drift") // stays until it is acknowledged
}

// A fix asks for a code. After a wrong one it asks again; without one nothing changes.
func TestAFixWithoutACodeChangesNothing(t *testing.T) {
	uitest.Bubble(testAFixWithoutACodeChangesNothing)(t)
}

func testAFixWithoutACodeChangesNothing(t *testing.T) {
	l := screens.Live(t, "demo", 100, 30)
	l.Until("? 1 unknown")
	fix := func() {
		l.Handle(kit.GoToMsg{Pane: kit.CompliancePane, What: kit.ShowControl{ID: "CT-03"}})
		l.Press("f")
		l.Until("Undo")
		l.Confirm()
		l.Until("To change the account, type a code")
	}
	fix()
	l.Press("esc")
	l.Until("No code was given, so nothing changed.")
	l.Until("● ")
	fix()
	l.Typed("000000")
	l.Press("enter")
	l.Until("AWS did not accept the code")
	l.Codes()
	l.Until("is fixed. A scan has confirmed it.")
	l.Rest()
	l.Press("t")
	l.Until("A plan to fix CT-03 was carried out")
	l.Hides("A plan to fix CT-03 failed")
}
