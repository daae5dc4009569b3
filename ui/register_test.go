package ui

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"claria/drift"
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
func TestAnAcknowledgementAndASignature(t *testing.T) {
	l := openLive(t, "demo", 120, 40)
	l.until("Nobody touched the logging")
	l.handle(goToMsg{compliancePane, showControl{ID: "CT-14"}})
	l.sees("UpdateTrail by root", "w waive")
	l.press("w")
	l.until("Accept the risk of CT-14")
	l.fill("", "", "", "")
	l.sees("needs an owner")
	l.press("tab")
	l.fill("Dr. Reyes", "It was me, by mistake.", "The trail itself.", "")
	l.until("CT-14 is waived")
	l.until("1 event, acknowledged")

	l.handle(goToMsg{compliancePane, showControl{ID: "BAA-05"}})
	l.sees("◌ due", "a attest")
	l.press("a")
	l.until("Sign BAA-05")
	l.sees("Dr. Reyes") // offered
	l.fill("", "", "")
	l.until("BAA-05 is signed, until")
	l.until("◆ attested")
	register, err := drift.NewStore(l.env.session.Account, l.env.session.Settings).Load(t.Context())
	if err != nil || len(register.Waivers) != 1 || len(register.Attestations) != 1 || register.Attestations[0].Signer != "Dr. Reyes" ||
		register.Attestations[0].Text != drift.Statements()["BAA-05"].Text {
		t.Errorf("%v: the register has %+v", err, register)
	}
	l.press("t")
	l.until("History")
	l.sees("BAA-05 is signed", "CT-14 is waived", "due → attested")
}

// The latest scan is written into a file that nobody else can read, and an earlier
// one is not overwritten.
func TestEvidenceIsWrittenIntoAFile(t *testing.T) {
	t.Chdir(t.TempDir())
	l := openLive(t, "demo", 80, 24)
	l.until("Nobody touched the logging")
	l.handle(goToMsg{pane: compliancePane})
	for _, format := range []string{"c", "c", "h"} { // csv twice, html
		l.press("e")
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
