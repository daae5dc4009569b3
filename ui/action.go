package ui

import (
	"slices"

	tea "charm.land/bubbletea/v2"
)

// action is one row of the table of all that can be done: the footer, the help,
// the palette and docs/keys.md are drawn from it.
type action struct {
	ID        string   // "compliance.copy": the pane, and the verb that its keys have in the table
	Keys      []string // as Bubble Tea names keys: "r", "ctrl+l", "space"; none: palette only
	Help      string   // a word or two, for the footer: "rescan"
	Long      string   // one sentence, for help, palette and documentation
	Dangerous bool     // it changes or deletes something; a dialog confirms it
	Quiet     bool     // not in the footer
	Disabled  string   // why it cannot be done now, one sentence; empty: it can
	Do        func() tea.Cmd
}

// unless is the reason for Disabled unless what the action needs is there; of
// several, cmp.Or is the first.
func unless(there bool, reason string) string {
	if there {
		return ""
	}
	return reason
}

// matches reports whether the key is one of the action's.
func (a action) matches(key string) bool { return slices.Contains(a.Keys, key) }

// find returns the action that the key means.
func find(actions []action, key string) (action, bool) {
	for _, a := range actions {
		if a.matches(key) {
			return a, true
		}
	}
	return action{}, false
}

// run does the action, or says why it cannot be done.
func (a action) run() tea.Cmd {
	switch {
	case a.Disabled != "":
		return complain(a.Disabled)
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

// keyName is a key as it is shown.
func keyName(key string) string {
	if name, ok := keyNames[key]; ok {
		return name
	}
	return key
}

// moves are the keys of every list and text; they are in the table so that help
// and documentation name them.
var moves = []action{
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

// move is what a key means in a list: "up", "filter", …; empty: nothing.
func move(key string) string {
	a, _ := find(moves, key)
	return a.Help
}
