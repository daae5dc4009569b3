package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claria/aws/sandbox"
	"claria/reports"
	"claria/ui/uitest"
)

// A draft from three files is started and stopped. Its text stays, and resuming finishes it.
func TestDraftStopResume(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	uitest.AtNoon(t, testDraftStopResume)
}

func testDraftStopResume(t *testing.T) {
	l := screens.Demo(t, 120, 40, sandbox.Options{Writer: sandbox.Pace{PerWord: 4 * time.Millisecond}})
	l.Press("2")
	l.Until("Avery Quill")
	l.Press("D")
	l.Until("Files to draft from")
	l.Until("test scores.csv")
	l.Rest()
	l.Press("enter", "space", "down", "space", "down", "space", "enter")
	l.Typed("Keep it short.")
	l.Press("enter") // before the tokens are counted
	l.Until("Writing section 1 of 7")
	l.Until("pediatrician")
	l.Press("1") // the draft continues while another pane is shown
	l.Until("Recent clients")
	l.Sees("◐ Drafting")
	l.Press("ctrl+c")
	l.Sees("This stops: drafting")
	l.Press("3")
	l.Until("pediatrician")
	l.Press("ctrl+x")
	l.Until("▲ Stopped")
	l.Until("Stopped. The text so far is saved. Press r to write this section again and continue.")
	kept := saved(l, "Avery Quill")
	if kept.Instructions != "Keep it short." || len(kept.Context) != 3 {
		t.Errorf("saved with %q and %d files", kept.Instructions, len(kept.Context))
	}
	first, _, _ := strings.Cut(strings.TrimSpace(kept.Sections[0].Text.Reveal()), " ")
	if first == "" {
		t.Error("the text so far is not saved")
	}
	l.Sees(first)
	l.Rest()
	l.Press("1")
	l.Until("Needs you")
	l.Until("is not finished")

	l.Press("3")
	l.Until("▲ Stopped")
	l.Press("r")
	l.Until("● Written. Saved")
	l.Rest()
	l.Press("g", "n")
	l.Until("marker 1 of")
	l.Sees("S8", "intake interview.docx §8")

	home, _ := os.UserHomeDir()
	l.Press("E")
	l.Until("Export as Markdown")
	l.Press("enter")
	l.Until("Exported. Only you can read the file.")
	found, _ := filepath.Glob(filepath.Join(home, "Avery Quill, Psychological evaluation, *.md"))
	if len(found) != 1 {
		t.Fatalf("exported: %v", found)
	}
	text, _ := os.ReadFile(found[0])
	if info, _ := os.Stat(found[0]); info.Mode().Perm() != 0o600 || string(text) != saved(l, "Avery Quill").Markdown() {
		t.Errorf("%v:\n%s", info.Mode(), text)
	}
	l.Press("esc", "esc")
	l.Until("1 report")
	l.Sees("● Psychological evaluation", "written")
}

// saved is a client's only report, as the account stores it.
func saved(l *uitest.Live, name string) reports.Report {
	l.T.Helper()
	all, err := l.Env.Session.Clients().List(l.T.Context())
	if err != nil {
		l.T.Fatal(err)
	}
	for _, client := range all {
		if client.Name.Reveal() != name {
			continue
		}
		written, err := l.Env.Session.Reports().List(l.T.Context(), client.ID)
		if err != nil || len(written) != 1 {
			l.T.Fatalf("%v: %d reports", err, len(written))
		}
		report, err := l.Env.Session.Reports().Get(l.T.Context(), client.ID, written[0].ID)
		if err != nil {
			l.T.Fatal(err)
		}
		return report
	}
	l.T.Fatalf("there is no client %s", name)
	return reports.Report{}
}
