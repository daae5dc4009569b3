package kit

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// What a pane asks of the frame. Each is a command, so that a pane's Update can
// return it; these are the messages that the commands bring to the frame.
type (
	// OpenMsg puts a dialog on top of the screen.
	OpenMsg struct{ Dialog Dialog }
	// CloseMsg closes a dialog, if it is open still.
	CloseMsg struct{ Dialog Dialog }
	// NotifyMsg shows a line until the next key press.
	NotifyMsg struct{ Notice Notice }
	// GoToMsg shows a pane and hands it What; nil: nothing.
	GoToMsg struct {
		Pane PaneID
		What tea.Msg
	}
	// RescanMsg begins a scan of the account.
	RescanMsg struct{}
)

// Notice is one line about what just happened. It stays until the next key.
type Notice struct {
	Text   string
	Bad    bool
	Detail string // behind the key "!"; empty: there is none
}

// Whole is the line and what is behind it.
func (n Notice) Whole() string {
	if n.Detail == "" {
		return n.Text
	}
	return n.Text + "\n\n" + n.Detail
}

// Open puts a dialog on top of the screen.
func Open(d Dialog) tea.Cmd { return func() tea.Msg { return OpenMsg{d} } }

// Notify shows one line until the next key press.
func Notify(text string) tea.Cmd { return func() tea.Msg { return NotifyMsg{Notice{Text: text}} } }

// Complain shows one line about something that did not work until the next key press.
func Complain(text string) tea.Cmd {
	return func() tea.Msg { return NotifyMsg{Notice{Text: text, Bad: true}} }
}

// GoTo shows another pane and hands it what (ShowClient, ShowControl, …); nil: nothing.
func GoTo(id PaneID, what tea.Msg) tea.Cmd {
	return func() tea.Msg { return GoToMsg{id, what} }
}

// Rescan scans the account again in the background. Ask for it after a change.
func Rescan() tea.Cmd { return func() tea.Msg { return RescanMsg{} } }

// Broadcast tells every pane.
func Broadcast(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// RestAfter is how long a selection stays put before what hangs on it is drawn
// or loaded: moving through a list over a slow line then repaints the list only.
const RestAfter = 90 * time.Millisecond

// RestedMsg tells every pane that a selection has come to rest.
type RestedMsg struct {
	Pane PaneID
	Move int
}

// Resting follows a pane's selection: moved after every move, rested to know
// whether the selection has stayed since.
type Resting struct{ Moves int }

// Moved notes that the selection moved; a RestedMsg follows when it rests.
func (r *Resting) Moved(id PaneID) tea.Cmd {
	r.Moves++
	at := RestedMsg{id, r.Moves}
	return tea.Tick(RestAfter, func(time.Time) tea.Msg { return at })
}

// Rested reports whether the selection of the pane has stayed since the move.
func (r *Resting) Rested(m RestedMsg, id PaneID) bool { return m.Pane == id && m.Move == r.Moves }

// CopyText puts text into the terminal's clipboard (OSC 52), which also works
// over SSH. What says in words what was copied.
func CopyText(what, text string) tea.Cmd {
	return tea.Batch(tea.SetClipboard(text), Notify("Copied "+what+"."))
}
