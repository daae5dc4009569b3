package ui

import (
	"testing"

	"claria/ui/uitest"
)

// screens are the whole workstation.
var screens = uitest.Panes(panes)

// The tabs in a pane's own tests have the same names as the real ones.
func TestPanesAreTestedAmongTheSameTabs(t *testing.T) {
	s := screens.New(t, 120, 40)
	if len(s.Tabs) != len(uitest.Titles) {
		t.Fatalf("there are %d tabs, and %d in tests", len(s.Tabs), len(uitest.Titles))
	}
	for i, tab := range s.Tabs {
		if title := uitest.Titles[i]; title.ID != tab.ID || title.Title != tab.Title {
			t.Errorf("tab %d is %s, %q; in tests %s, %q", i+1, tab.ID, tab.Title, title.ID, title.Title)
		}
	}
}
