package ui

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"claria/session"
	"claria/ui/kit"
	"claria/ui/uitest"
)

// AWS CloudShell's terminal loses parts of a frame that is not painted as a whole.
func TestCloudShellIsPaintedWhole(t *testing.T) { uitest.Bubble(testCloudShellIsPaintedWhole)(t) }

func testCloudShellIsPaintedWhole(t *testing.T) {
	whole := func(environ ...string) (clears int) {
		s := screens.New(t, 80, 24, func(_ *kit.Env, o *session.Screen) { o.Environ = environ })
		for _, msg := range []tea.Msg{uitest.Press("?"), uitest.Press("esc"), tea.FocusMsg{}, tea.FocusMsg{}} {
			_, cmd := s.Frame.Update(msg)
			clears += countClears(s, cmd)
		}
		return clears
	}
	if got := whole("AWS_EXECUTION_ENV=CloudShell"); got != 2 {
		t.Errorf("two changes of the frame were followed by %d full repaints", got)
	}
	if got := whole(); got != 0 {
		t.Errorf("%d full repaints elsewhere", got)
	}
}

// countClears runs a command and those that follow from it, and counts the full repaints.
func countClears(s *uitest.Screen, cmd tea.Cmd) int {
	if cmd == nil {
		return 0
	}
	switch m := cmd().(type) {
	case nil:
		return 0
	case tea.BatchMsg:
		n := 0
		for _, c := range m {
			n += countClears(s, c)
		}
		return n
	default:
		_, next := s.Frame.Update(m)
		n := countClears(s, next)
		if m == tea.ClearScreen() {
			n++
		}
		return n
	}
}
