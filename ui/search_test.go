package ui

import (
	"testing"

	"claria/aws/sandbox"
	"claria/ui/uitest"
)

// A search from any pane finds clients and the files that are listed, as it is typed, and
// reads nothing; opening a result goes there.
func TestASearchFromAnywhere(t *testing.T) { uitest.Bubble(testASearchFromAnywhere)(t) }

func testASearchFromAnywhere(t *testing.T) {
	l := screens.Demo(t, 80, 24, sandbox.Options{})
	l.Rest()
	begun := len(l.Account.Sandbox.Calls())
	l.Press("F")
	l.Until("Search")
	l.Typed("fenw")
	l.Sees("client  Tobias Fenwick-Marsh")
	l.Hides("Avery")
	l.Typed("zz")
	l.Sees("Nothing has the name")
	l.Press("backspace", "backspace")
	l.Rest()
	if got := reads(l, begun); len(got) > 0 {
		t.Errorf("a search of names read %v", got)
	}
	l.Press("enter")
	l.Until("parent interview.docx")
	l.Press("4", ":")
	l.Typed("sleep")
	l.Sees("sleep log.csv", "search")
	l.Press("esc", "F")
	l.Typed("sleep log")
	l.Press("enter")
	l.Until("§1")
	l.Sees("Tobias Fenwick-Marsh ▸ sleep log.csv")
}
