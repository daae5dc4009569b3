package compliance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/ui/kit"
	"claria/ui/uitest"
)

// A person acknowledges that log validation was switched off, with a name and a cause,
// and signs a statement. Both are in the register and in the ledger.
func TestAnAcknowledgementAndASignature(t *testing.T) {
	uitest.Bubble(testAnAcknowledgementAndASignature)(t)
}

func testAnAcknowledgementAndASignature(t *testing.T) {
	l := screens.Live(t, "demo", 120, 40)
	l.Until("? 1 unknown")
	l.Handle(kit.GoToMsg{Pane: kit.CompliancePane, What: kit.ShowControl{ID: "CT-14"}})
	l.Sees("UpdateTrail by root", "w acknowledge", "key w.")
	l.Hides("claria waive")
	l.Press("w")
	l.Until("Acknowledge the events of CT-14")
	fill(l, "", "", "")
	l.Ready()
	l.Press("enter")
	l.Sees("Type who investigated it.") // and the field has the focus
	fill(l, "Dr. Reyes", "It was me, by mistake.", "Turned back on.")
	l.Until("The events of CT-14 are acknowledged.")
	l.Until("1 event, acknowledged")
	l.Sees("acknowledged by Dr. Reyes on", "It was me, by mistake.", "w withdraw") // it can be withdrawn

	l.Handle(kit.GoToMsg{Pane: kit.CompliancePane, What: kit.ShowControl{ID: "BAA-05"}})
	l.Sees("◌ due", "s sign", "What to do", "read the statement, and sign it if it is true")
	l.Press("s")
	l.Until("Sign BAA-05")
	l.Sees("Dr. Reyes")                // proposed
	l.Press("enter", "enter", "enter") // typed ahead
	l.Sees("Sign BAA-05")
	l.Ready()
	l.Press("enter")
	l.Until("BAA-05 is signed, until")
	l.Sees("Press n for the next.")
	l.Until("◆ attested")
	l.Press("n")
	l.Sees("▌   ✗ IAM-04", "w  accept the risk for a limited time, with a reason")
	register, err := register.NewStore(l.Env.Session.Account, l.Env.Session.Settings).Load(t.Context())
	if err != nil || len(register.Waivers) != 1 || len(register.Attestations) != 1 || register.Attestations[0].Signer != "Dr. Reyes" ||
		register.Attestations[0].Text != catalogue.Statements()["BAA-05"].Text {
		t.Errorf("%v: the register has %+v", err, register)
	}
	l.Rest() // the scan's ledger entry is written in the background
	l.Press("t")
	l.Until("History")
	l.Sees("BAA-05 is signed", "The events of CT-14 are acknowledged.", "due → attested")
}

// A form that was closed by accident keeps what was typed. Pressing enter is not a legal
// answer, and an error is shown at its field.
func TestAFormKeepsWhatWasTypedAndAsksForAnAnswer(t *testing.T) {
	uitest.Bubble(testAFormKeepsWhatWasTypedAndAsksForAnAnswer)(t)
}

func testAFormKeepsWhatWasTypedAndAsksForAnAnswer(t *testing.T) {
	l := screens.Live(t, "demo", 80, 24)
	l.Until("? 1 unknown")
	l.Handle(kit.GoToMsg{Pane: kit.CompliancePane, What: kit.ShowControl{ID: "PRV-08"}})
	l.Press("s")
	l.Until("Sign PRV-08")
	l.Sees("‹ choose ›")
	l.Press("enter")
	l.Sees("Choose with ← and →: no or yes.")
	l.Press("y", "enter")
	l.Typed("Dr. Reyes")
	l.Sees("esc keep for later")
	l.Handle(tea.WindowSizeMsg{Width: 60, Height: 20})
	l.Sees("Answer     yes", "Dr. Reyes")
	l.Handle(tea.WindowSizeMsg{Width: 80, Height: 24})
	l.Press("esc", "ctrl+c")
	l.Sees("Not saved: an unfinished statement or waiver")
	l.Press("s")
	l.Until("Sign PRV-08")
	l.Sees("‹ yes ›", "Dr. Reyes")
	l.Press("tab", "tab")
	l.Typed("/nowhere/at all.pdf")
	l.Press("enter")
	l.Sees("There is no such file.")
	l.Press("ctrl+u", "tab")
	l.Ready()
	l.Press("enter")
	l.Until("PRV-08 is signed, until")
	l.Press("ctrl+c")
	l.Hides("Not saved")

	l.Handle(tea.WindowSizeMsg{Width: 120, Height: 40})
	l.Handle(kit.GoToMsg{Pane: kit.CompliancePane, What: kit.ShowControl{ID: "IAM-04"}})
	l.Press("w")
	l.Until("Accept the risk of IAM-04")
	l.Ready()
	fill(l, "Dr. Reyes", "It was set-up.", "", "2030-01-01")
	l.Sees("A waiver needs a compensating control")
	l.Typed("Nothing.")
	l.Press("tab", "enter")
	l.Sees("may run for at most 365 days")
	l.Press("ctrl+u")
	l.Typed("31.12.2026")
	l.Press("enter")
	l.Sees("needs its last day, written as ")
	l.Press("ctrl+u")
	l.Typed(string(register.DateOf(l.Env.Now()).Plus(30)))
	l.Press("enter")
	l.Until("IAM-04 is waived until ")
	l.Until("◇ waived")
	l.Sees("by Dr. Reyes, until ", "reason    It was set-up.", "w withdraw", "withdraw the waiver")
}

// The latest scan is exported to a file that only the user can read, and an earlier file
// is not overwritten.
func TestEvidenceIsWrittenIntoAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	uitest.AtNoon(t, testEvidenceIsWrittenIntoAFile)
}

func testEvidenceIsWrittenIntoAFile(t *testing.T) {
	l := screens.Live(t, "demo", 80, 24)
	l.Until("? 1 unknown")
	l.Handle(kit.GoToMsg{Pane: kit.CompliancePane})
	l.Press("E")
	l.Until("Export the evidence")
	l.Sees("‹ pdf ›", "a binder for an auditor")
	l.Press("tab", "ctrl+u")
	l.Typed("nowhere/x")
	l.Press("enter")
	l.Sees("There is no folder nowhere.")
	l.Press("ctrl+u")
	l.Typed("x.csv")
	l.Press("enter")
	l.Sees("that of format csv")
	l.Press("esc")
	for _, format := range []string{"c", "c", "h"} { // csv twice, html
		l.Press("E")
		l.Until("Export the evidence")
		l.Press(format)
		l.Press("tab", "enter")
		l.Until("Exported to ")
		l.Press("down")
	}
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	if len(files) != 3 || !strings.HasSuffix(files[0], "-2.csv") || !strings.HasSuffix(files[1], ".csv") ||
		!strings.HasSuffix(files[2], ".html") {
		t.Fatalf("files: %v", files)
	}
	info, err := os.Stat(files[0])
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() == 0 {
		t.Errorf("%v, %v", info, err)
	}
	text, err := os.ReadFile(files[1])
	if err != nil || !strings.Contains(string(text), "CT-03") {
		t.Errorf("%v: %.200s", err, text)
	}
}

// fill types into a form's fields one after another and submits it.
func fill(l *uitest.Live, values ...string) {
	l.T.Helper()
	for i, value := range values {
		if value != "" {
			l.Press("ctrl+u")
			for _, r := range value {
				l.Typed(string(r))
			}
		}
		if i < len(values)-1 {
			l.Press("tab")
		}
	}
	l.Press("enter")
}
