package kit

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// Action is one row of the table of everything a person can do. The footer, the help,
// the palette and docs/keys.md come from it.
type Action struct {
	ID        string   // "compliance.copy": the pane, and the verb that its keys have in the table
	Keys      []string // as Bubble Tea names keys: "r", "ctrl+l", "space"; none: in the palette only
	Help      string   // a word or two, for the footer: "rescan"
	Long      string   // one sentence, for help, palette and documentation
	Dangerous bool     // it changes or deletes something, after a dialog has asked
	Quiet     bool     // not in the footer
	Disabled  string   // why it is not available now, one sentence; empty: it is available
	Do        func() tea.Cmd
}

// Unless is a value for Disabled: the reason, or "" when what the action needs is
// there. cmp.Or picks the first of several reasons.
func Unless(there bool, reason string) string {
	if there {
		return ""
	}
	return reason
}

// matches reports whether the key is one of the action's.
func (a Action) matches(key string) bool { return slices.Contains(a.Keys, key) }

// FindAction returns the action that the key means.
func FindAction(actions []Action, key string) (Action, bool) {
	for _, a := range actions {
		if a.matches(key) {
			return a, true
		}
	}
	return Action{}, false
}

// Run does the action, or shows why it is not available.
func (a Action) Run() tea.Cmd {
	switch {
	case a.Disabled != "":
		return Complain(a.Disabled)
	case a.Do == nil:
		return nil
	}
	return a.Do()
}

// keyNames are the keys whose names in the footer are shorter than Bubble Tea's.
var keyNames = map[string]string{
	"up": "↑", "down": "↓", "left": "←", "right": "→",
	"pgup": "page up", "pgdown": "page down", "backspace": "⌫",
}

// KeyName is a key's name on the screen.
func KeyName(key string) string {
	if name, ok := keyNames[key]; ok {
		return name
	}
	return key
}

// Moves are the keys of every list and text. They are in a table so that the help
// and the documentation name them.
var Moves = []Action{
	{ID: "list.up", Keys: []string{"up", "k"}, Help: "up", Long: "Go up one row."},
	{ID: "list.down", Keys: []string{"down", "j"}, Help: "down", Long: "Go down one row."},
	{ID: "list.left", Keys: []string{"left", "h"}, Help: "left", Long: "Close, or go one column left."},
	{ID: "list.right", Keys: []string{"right", "l"}, Help: "right", Long: "Open, or go one column right."},
	{ID: "list.pageup", Keys: []string{"pgup", "ctrl+b"}, Help: "page up", Long: "Go up one page."},
	{ID: "list.pagedown", Keys: []string{"pgdown", "ctrl+f"}, Help: "page down", Long: "Go down one page."},
	{ID: "list.first", Keys: []string{"home", "g"}, Help: "first", Long: "Go to the first row."},
	{ID: "list.last", Keys: []string{"end", "G"}, Help: "last", Long: "Go to the last row."},
	{ID: "list.filter", Keys: []string{"/"}, Help: "filter", Long: "Show only the rows that contain what you type."},
}

// Move is what a key does in a list: "up", "filter", …; empty: nothing.
func Move(key string) string {
	a, _ := FindAction(Moves, key)
	return a.Help
}
