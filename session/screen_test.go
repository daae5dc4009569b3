package session

import "testing"

func TestNoColorHasToBeSetAndNotEmpty(t *testing.T) {
	for value, want := range map[string]bool{"NO_COLOR=": false, "NO_COLOR=yes": true, "NO_COLOR=0": true, "OTHER=1": false} {
		if got := (Screen{Environ: []string{value}}).WithDefaults().NoColor; got != want {
			t.Errorf("%s: no colour is %v", value, got)
		}
	}
	for value, want := range map[string]bool{"LANG=C": true, "LANG=de_DE.UTF-8": false, "LC_ALL=en_US.ISO-8859-1": true, "OTHER=1": false} {
		if got := (Screen{Environ: []string{value}}).WithDefaults().ASCII; got != want {
			t.Errorf("%s: ASCII is %v", value, got)
		}
	}
}
