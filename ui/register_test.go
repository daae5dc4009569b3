package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/register"
)

// fill types into a form's fields one after another and submits it.
func (l *live) fill(values ...string) {
	l.t.Helper()
	for i, value := range values {
		if value != "" {
			l.press("ctrl+u")
			for _, r := range value {
				l.typed(string(r))
			}
		}
		if i < len(values)-1 {
			l.press("tab")
		}
	}
	l.press("enter")
}

// Somebody switched the log validation off: that is acknowledged with a name and a
// reason, a statement is signed, and both are in the register and in the ledger.
func TestAnAcknowledgementAndASignature(t *testing.T) { bubble(testAnAcknowledgementAndASignature)(t) }

func testAnAcknowledgementAndASignature(t *testing.T) {
	l := openLive(t, "demo", 120, 40)
	l.until("Nobody tampered with the logging")
	l.handle(goToMsg{compliancePane, showControl{ID: "CT-14"}})
	l.sees("UpdateTrail by root", "w acknowledge", "key w.")
	l.hides("claria waive")
	l.press("w")
	l.until("Acknowledge what CT-14 shows")
	l.fill("", "", "")
	l.ready()
	l.press("enter")
	l.sees("Say who looked into it.") // and the field has the keys
	l.fill("Dr. Reyes", "It was me, by mistake.", "Turned back on.")
	l.until("What CT-14 shows is acknowledged.")
	l.until("1 event, acknowledged")
	l.sees("acknowledged by Dr. Reyes on", "It was me, by mistake.", "w withdraw") // said by mistake, it can be taken back

	l.handle(goToMsg{compliancePane, showControl{ID: "BAA-05"}})
	l.sees("◌ due", "s sign", "What to do", "read the statement, and sign it when it is true")
	l.press("s")
	l.until("Sign BAA-05")
	l.sees("Dr. Reyes")                // offered
	l.press("enter", "enter", "enter") // typed ahead
	l.sees("Sign BAA-05")
	l.ready()
	l.press("enter")
	l.until("BAA-05 is signed, until")
	l.sees("n goes to the next.")
	l.until("◆ attested")
	l.press("n")
	l.sees("▌   ✗ IAM-04", "w  accept the risk for a time, with a reason")
	register, err := register.NewStore(l.env.session.Account, l.env.session.Settings).Load(t.Context())
	if err != nil || len(register.Waivers) != 1 || len(register.Attestations) != 1 || register.Attestations[0].Signer != "Dr. Reyes" ||
		register.Attestations[0].Text != catalogue.Statements()["BAA-05"].Text {
		t.Errorf("%v: the register has %+v", err, register)
	}
	l.rest() // the scan's line is written beside
	l.press("t")
	l.until("History")
	l.sees("BAA-05 is signed", "What CT-14 shows is acknowledged.", "due → attested")
}

// A form that was left by accident has kept what was typed; nobody gives a legal
// answer by pressing enter; and what is wrong is said where it is.
func TestAFormKeepsWhatWasTypedAndAsksForAnAnswer(t *testing.T) {
	bubble(testAFormKeepsWhatWasTypedAndAsksForAnAnswer)(t)
}

func testAFormKeepsWhatWasTypedAndAsksForAnAnswer(t *testing.T) {
	l := openLive(t, "demo", 80, 24)
	l.until("Nobody tampered with the logging")
	l.handle(goToMsg{compliancePane, showControl{ID: "PRV-08"}})
	l.press("s")
	l.until("Sign PRV-08")
	l.sees("‹ choose ›")
	l.press("enter")
	l.sees("Choose with ← and →: no or yes.")
	l.press("y", "enter")
	l.typed("Dr. Reyes")
	l.sees("esc keep for later")
	l.handle(tea.WindowSizeMsg{Width: 60, Height: 20})
	l.sees("Answer     yes", "Dr. Reyes")
	l.handle(tea.WindowSizeMsg{Width: 80, Height: 24})
	l.press("esc", "ctrl+c")
	l.sees("not saved: what was typed to be signed")
	l.press("s")
	l.until("Sign PRV-08")
	l.sees("‹ yes ›", "Dr. Reyes")
	l.press("tab", "tab")
	l.typed("/nowhere/at all.pdf")
	l.press("enter")
	l.sees("There is no such file.")
	l.press("ctrl+u", "tab")
	l.ready()
	l.press("enter")
	l.until("PRV-08 is signed, until")
	l.press("ctrl+c")
	l.hides("not saved")

	l.handle(tea.WindowSizeMsg{Width: 120, Height: 40})
	l.handle(goToMsg{compliancePane, showControl{ID: "IAM-04"}})
	l.press("w")
	l.until("Accept the risk of IAM-04")
	l.ready()
	l.fill("Dr. Reyes", "It was set-up.", "", "2030-01-01")
	l.sees("Say what protects the records meanwhile.")
	l.typed("Nothing.")
	l.press("tab", "enter")
	l.sees("may run for at most 365 days")
	l.press("ctrl+u")
	l.typed("31.12.2026")
	l.press("enter")
	l.sees("needs its last day, written as ")
	l.press("ctrl+u")
	l.typed(string(register.DateOf(l.env.now()).Plus(30)))
	l.press("enter")
	l.until("IAM-04 is waived, to ")
	l.until("◇ waived")
	l.sees("by Dr. Reyes, to ", "reason    It was set-up.", "w withdraw", "withdraw this, when the risk is no longer accepted")
}

// What the law only proposes, and what is recorded instead of signed, are no
// statements to sign.
func TestTodayCountsTheStatementsToSign(t *testing.T) { bubble(testTodayCountsTheStatementsToSign)(t) }

func testTodayCountsTheStatementsToSign(t *testing.T) {
	s := newScreen(t, 80, 24)
	report := sampleReport()
	report.Controls = []drift.Finding{
		{ID: "ADM-10", Title: "There is a contingency plan", Status: catalogue.AttestDue},
		{ID: "ADM-12", Title: "The safeguards were evaluated", Status: catalogue.AttestDue},
		{ID: "ADM-01", Title: "A risk analysis was done", Status: catalogue.AttestDue},
		{ID: "ADM-15", Title: "Somebody tried to break in", Status: catalogue.AttestDue, Advice: true},
	}
	s.scan(report, sampleState(), nil)
	s.sees("◌ 2 statements to sign", "first ADM-10", "◌ A risk analysis was done")
	s.hides("ADM-15", "ADM-12")
	s.run(goTo(compliancePane, nil))
	s.sees("3 due")
	s.keys("g", "n", "n")
	s.sees("▌   ◌ ADM-12")
	s.keys("n", "n")
	s.sees("▌   ◌ ADM-10") // round, and past what is only proposed
	s.keys("N", "N")
	s.sees("▌   ◌ ADM-12")
}

// The latest scan is written into a file that nobody else can read, and an earlier
// one is not overwritten.
func TestEvidenceIsWrittenIntoAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	atNoon(t, testEvidenceIsWrittenIntoAFile)
}

func testEvidenceIsWrittenIntoAFile(t *testing.T) {
	l := openLive(t, "demo", 80, 24)
	l.until("Nobody tampered with the logging")
	l.handle(goToMsg{pane: compliancePane})
	l.press("E")
	l.until("Write the evidence")
	l.sees("‹ pdf ›", "a binder for an auditor")
	l.press("tab", "ctrl+u")
	l.typed("nowhere/x")
	l.press("enter")
	l.sees("There is no directory nowhere.")
	l.press("ctrl+u")
	l.typed("x.csv")
	l.press("enter")
	l.sees("one of format csv")
	l.press("esc")
	for _, format := range []string{"c", "c", "h"} { // csv twice, html
		l.press("E")
		l.until("Write the evidence")
		l.press(format)
		l.press("tab", "enter")
		l.until("Written: ")
		l.press("down")
	}
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	if len(files) != 3 || !strings.HasSuffix(files[0], "-2.csv") || !strings.HasSuffix(files[1], ".csv") || !strings.HasSuffix(files[2], ".html") {
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

// A long text goes by pages and to its ends, as lists do.
func TestALongTextGoesByPages(t *testing.T) { bubble(testALongTextGoesByPages)(t) }

func testALongTextGoesByPages(t *testing.T) {
	s := newScreen(t, 80, 24)
	lines := make([]string, 90)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d.", i+1)
	}
	s.run(open(&message{title: "History", text: strings.Join(lines, "\n")}))
	s.sees("line 1.")
	s.keys("pgdown")
	s.hides("line 1.")
	s.keys("end")
	s.sees("line 90.")
	s.keys("end", "pgdown", "home")
	s.sees("line 1.")
}
