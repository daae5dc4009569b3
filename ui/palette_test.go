package ui

import (
	"strings"
	"testing"

	"claria/aws/sandbox"
	"claria/ui/uitest"
)

// first is the selected row of the open palette.
func first(text string) string {
	for line := range strings.SplitSeq(text, "\n") {
		if _, row, ok := strings.Cut(line, "│ ▌ "); ok {
			return row
		}
	}
	return ""
}

// The palette goes anywhere by name, and guesses nothing: what leaves or deletes is found
// by its own name only.
func TestThePaletteGoesAnywhereAndGuessesNothing(t *testing.T) {
	uitest.Bubble(testThePaletteGoesAnywhereAndGuessesNothing)(t)
}

func testThePaletteGoesAnywhereAndGuessesNothing(t *testing.T) {
	l := screens.Demo(t, 120, 40, sandbox.Options{})
	l.Rest()
	for _, c := range []struct{ query, finds string }{
		{"quill", "Avery Quill"},
		{"fenwick", "Tobias Fenwick-Marsh"},
		{"export", "export"},
		{"waive", "waive"},
		{"restore", "restore"},
		{"CT-03", "CT-03"},
		{"quit", "quit"},
		{"suspend", "suspend"},
		{"upload", "upload"},
	} {
		l.Press(":")
		l.Typed(c.query)
		if got := first(l.Text()); !strings.HasPrefix(got, c.finds) {
			t.Errorf(":%s finds %q first", c.query, got)
		}
		l.Press("esc")
	}
	for _, query := range []string{"print", "word", "pdf", "theme", "theme light", "stp", "dlete"} {
		l.Press(":")
		l.Typed(query)
		for _, bad := range []string{"quit ", "suspend ", "stop ", "delete ", "lock ", "copy "} {
			if strings.Contains(l.Text(), "│ ▌ "+bad) || strings.Contains(l.Text(), "│   "+bad) {
				t.Errorf(":%s offers %s:\n%s", query, bad, l.Text())
			}
		}
		l.Press("esc")
	}
	l.Press(":")
	l.Typed("tobias")
	l.Press("enter")
	l.Until("parent interview.docx")
	l.Sees("Clients ▸ Tobias Fenwick-Marsh")
	l.Press("1", ":")
	l.Typed("school report")
	l.Press("enter")
	l.Until("§1")
	l.Sees("school report.pdf")
}
