package kit

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// What a pane can ask of the frame. A pane's Update returns a command such as [Open];
// these are the messages that the commands bring to the frame.
type (
	// OpenMsg puts a dialog on top of the screen.
	OpenMsg struct{ Dialog Dialog }
	// CloseMsg closes a dialog, if it is still open.
	CloseMsg struct{ Dialog Dialog }
	// NotifyMsg shows a line until the next key press.
	NotifyMsg struct{ Notice Notice }
	// GoToMsg shows a pane and hands it What, if that is not nil.
	GoToMsg struct {
		Pane PaneID
		What tea.Msg
	}
	// RescanMsg starts a scan of the account.
	RescanMsg struct{}
)

// Notice is one line about what just happened. It stays until the next key.
type Notice struct {
	Text   string
	Bad    bool
	Detail string // what the key "!" shows; may be empty
}

// Whole is the line and its detail.
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

// Complain shows one line about a problem until the next key press.
func Complain(text string) tea.Cmd {
	return func() tea.Msg { return NotifyMsg{Notice{Text: text, Bad: true}} }
}

// GoTo shows another pane and hands it what (ShowClient, ShowControl, …), which may be nil.
func GoTo(id PaneID, what tea.Msg) tea.Cmd {
	return func() tea.Msg { return GoToMsg{id, what} }
}

// Rescan scans the account again in the background. Ask for it after a change.
func Rescan() tea.Cmd { return func() tea.Msg { return RescanMsg{} } }

// Broadcast sends msg to every pane.
func Broadcast(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// RestAfter is how long a selection rests before its details are drawn or loaded, so
// that moving through a list over a slow line repaints only the list.
const RestAfter = 90 * time.Millisecond

// RestedMsg says that a selection has come to rest.
type RestedMsg struct {
	Pane PaneID
	Move int
}

// Resting follows a pane's selection. A pane calls Moved after every move, and Rested
// to learn whether the selection has rested since.
type Resting struct{ Moves int }

// Moved records that the selection moved; a RestedMsg follows.
func (r *Resting) Moved(id PaneID) tea.Cmd {
	r.Moves++
	at := RestedMsg{id, r.Moves}
	return tea.Tick(RestAfter, func(time.Time) tea.Msg { return at })
}

// Rested reports whether the selection of the pane has stayed since the move.
func (r *Resting) Rested(m RestedMsg, id PaneID) bool { return m.Pane == id && m.Move == r.Moves }

// CopyText puts text into the terminal's clipboard (OSC 52), which also works
// over SSH. what names it for the notice: "the path".
func CopyText(what, text string) tea.Cmd {
	return tea.Batch(tea.SetClipboard(text), Notify("Copied "+what+"."))
}
