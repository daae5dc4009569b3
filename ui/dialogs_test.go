package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/ui/kit"
	"claria/ui/uitest"
)

func TestConfirmIgnoresKeysTypedAhead(t *testing.T) {
	uitest.Bubble(testConfirmIgnoresKeysTypedAhead)(t)
}

func testConfirmIgnoresKeysTypedAhead(t *testing.T) {
	s := screens.New(t, 80, 24)
	done := 0
	ask := func() {
		s.Send(kit.OpenMsg{Dialog: &kit.Confirm{Title: "Delete", What: "Deletes it.", Verb: "delete", Do: func() tea.Cmd { done++; return nil }}})
	}
	ask()
	s.Keys("y", "y")
	s.Clock = s.Clock.Add(kit.Grace - time.Millisecond)
	s.Keys("y")
	s.Clock = s.Clock.Add(kit.Grace - time.Millisecond)
	s.Keys("y")
	if done != 0 {
		t.Fatal("a key typed ahead confirmed")
	}
	s.Clock = s.Clock.Add(kit.Grace)
	s.Keys("enter", "d", "f")
	if done != 0 {
		t.Fatal("a key that is not the confirm key confirmed")
	}
	s.Keys("y")
	if done != 1 || s.Asks() {
		t.Fatalf("y after the grace: done %d times, a dialog left: %v", done, s.Asks())
	}
	ask()
	s.Clock = s.Clock.Add(time.Hour)
	s.Keys("esc")
	if done != 1 || s.Asks() {
		t.Fatal("esc did not close the dialog without doing anything")
	}
}

func TestThePassphraseIsAskedInADialog(t *testing.T) {
	uitest.Bubble(testThePassphraseIsAskedInADialog)(t)
}

func testThePassphraseIsAskedInADialog(t *testing.T) {
	for _, given := range []bool{true, false} {
		s := screens.New(t, 80, 24)
		type result struct {
			text string
			err  error
		}
		got := make(chan result, 1)
		sent := make(chan tea.Msg, 1)
		go func() {
			text, err := kit.AskSecret(t.Context(), func(m tea.Msg) { sent <- m }, "Passphrase of Claria's keyring")
			got <- result{text, err}
		}()
		s.Send(<-sent)
		s.Typed("open sesame")
		s.Sees("Passphrase of Claria's keyring", "***********")
		s.Hides("sesame")
		if given {
			s.Keys("enter")
		} else {
			s.Keys("esc")
		}
		if r := <-got; given && r.text != "open sesame" || !given && r.err == nil || s.Asks() {
			t.Errorf("given %v: got %q, %v", given, r.text, r.err)
		}
	}
}

// A long text scrolls by pages and to both ends, as lists do.
func TestALongTextGoesByPages(t *testing.T) { uitest.Bubble(testALongTextGoesByPages)(t) }

func testALongTextGoesByPages(t *testing.T) {
	s := screens.New(t, 80, 24)
	lines := make([]string, 90)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d.", i+1)
	}
	s.Run(kit.Open(&kit.Message{Title: "History", Text: strings.Join(lines, "\n")}))
	s.Sees("line 1.")
	s.Keys("pgdown")
	s.Hides("line 1.")
	s.Keys("end")
	s.Sees("line 90.")
	s.Keys("end", "pgdown", "home")
	s.Sees("line 1.")
}
