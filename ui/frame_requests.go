package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// What a pane asks of the frame. Each is a command, so that a pane's Update can
// return it.

type (
	openMsg   struct{ dialog dialog }
	closeMsg  struct{ dialog dialog } // if it is open still
	notifyMsg struct{ notice notice }
	goToMsg   struct {
		pane paneID
		what tea.Msg
	}
	rescanMsg struct{}
)

// notice is one line about what just happened. It stays until the next key.
type notice struct {
	text   string
	bad    bool
	detail string // behind the key "!"; empty: there is none
}

// whole is the line and what is behind it.
func (n notice) whole() string {
	if n.detail == "" {
		return n.text
	}
	return n.text + "\n\n" + n.detail
}

// open puts a dialog on top of the screen.
func open(d dialog) tea.Cmd { return func() tea.Msg { return openMsg{d} } }

// notify shows one line until the next key press.
func notify(text string) tea.Cmd { return func() tea.Msg { return notifyMsg{notice{text: text}} } }

// complain shows one line about something that did not work until the next key press.
func complain(text string) tea.Cmd {
	return func() tea.Msg { return notifyMsg{notice{text: text, bad: true}} }
}

// goTo shows another pane and hands it what (showClient, showControl, …); nil: nothing.
func goTo(id paneID, what tea.Msg) tea.Cmd {
	return func() tea.Msg { return goToMsg{id, what} }
}

// rescan scans the account again in the background. Ask for it after a change.
func rescan() tea.Cmd { return func() tea.Msg { return rescanMsg{} } }

// broadcast tells every pane.
func broadcast(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// restAfter is how long a selection stays put before what hangs on it is drawn
// or loaded: moving through a list over a slow line then repaints the list only.
const restAfter = 90 * time.Millisecond

// restedMsg tells every pane that a selection has come to rest.
type restedMsg struct {
	pane paneID
	move int
}

// resting follows a pane's selection: moved after every move, rested to know
// whether the selection has stayed since.
type resting struct{ moves int }

func (r *resting) moved(id paneID) tea.Cmd {
	r.moves++
	at := restedMsg{id, r.moves}
	return tea.Tick(restAfter, func(time.Time) tea.Msg { return at })
}

func (r *resting) rested(m restedMsg, id paneID) bool { return m.pane == id && m.move == r.moves }

// copyText puts text into the terminal's clipboard (OSC 52), which also works
// over SSH. What says in words what was copied.
func copyText(what, text string) tea.Cmd {
	return tea.Batch(tea.SetClipboard(text), notify("Copied "+what+"."))
}
