package kit

import (
	"slices"
	"strings"
)

// Meaning is what a key does in every pane that uses it, so that a person who knows
// one pane knows them all. A test holds every action to it.
type Meaning struct {
	Keys []string
	Verb string // the last word of its actions' IDs: "upload" of "clients.upload"
	Does string // one sentence
}

// Meanings is the one table of keys, except those that move in lists and texts
// ([Moves]). A new key gets its meaning here first. Signing and confirming happen in
// dialogs, where none of these keys acts.
var Meanings = []Meaning{
	{[]string{"enter"}, "open", "Open what is selected. In a sequence of steps, continue."},
	{[]string{"esc"}, "back", "Go back one step. It never quits."},
	{[]string{"q"}, "back", "Go back one step. At the top, ask whether to quit."},
	{[]string{"a"}, "add", "Add an item to what the pane shows."},
	{[]string{"u"}, "undo", "Undo a change: put back what was there before."},
	{[]string{"U"}, "upload", "Upload."},
	{[]string{"d"}, "download", "Download."},
	{[]string{"x"}, "delete", "Delete."},
	{[]string{"r"}, "again", "Do it again: refresh what the pane shows, or redo what is missing."},
	{[]string{"R"}, "rename", "Rename."},
	{[]string{"E"}, "export", "Export to a file."},
	{[]string{"y"}, "copy", "Copy to the terminal's clipboard."},
	{[]string{"space"}, "select", "Select or deselect."},
	{[]string{"*"}, "all", "Select all, or none."},
	{[]string{"o"}, "sort", "Change the order."},
	{[]string{"n"}, "next", "Go to the next."},
	{[]string{"N"}, "previous", "Go to the previous."},
	{[]string{"/"}, "filter", "Filter: show only the rows that contain what you type."},
	{[]string{":"}, "go", "Go anywhere by typing: commands, clients, files, reports, controls."},
	{[]string{"?"}, "keys", "Show the keys that work here."},
	{[]string{"ctrl+x"}, "stop", "Stop what is running."},
	{[]string{"ctrl+l"}, "lock", "Lock the screen (not built yet)."},
	{[]string{"tab"}, "column", "Go to the next column or part."},
	{[]string{"1", "2", "3", "4", "5", "6", "7", "8"}, "pane", "Show the pane of this number."},

	{[]string{"f"}, "fix", "Fix: make the planned changes, after asking."},
	{[]string{"s"}, "sign", "Sign a statement."},
	{[]string{"w"}, "waive", "Accept a risk for a time."},
	{[]string{"D"}, "draft", "Draft a report."},
	{[]string{"e"}, "edit", "Edit."},
	{[]string{"ctrl+e"}, "editor", "Edit the text in your own editor."},
	{[]string{"v"}, "view", "Change the view: versions, groups."},
	{[]string{"t"}, "past", "Show the history: what was deleted, what changed."},
	{[]string{"p"}, "profile", "Check by the next profile."},
	{[]string{"F"}, "search", "Search all clients."},
	{[]string{"P"}, "pause", "Pause what is running, or go on."},
	{[]string{"c"}, "credential", "Use another credential."},
	{[]string{"!"}, "detail", "Show the detail of what went wrong."},
	{[]string{"ctrl+z"}, "suspend", "Go to the shell; fg returns to Claria."},
	{[]string{"ctrl+c"}, "quit", "Quit, when pressed twice."},
}

// MeaningOf is the meaning of a key.
func MeaningOf(key string) (Meaning, bool) {
	i := slices.IndexFunc(Meanings, func(m Meaning) bool { return slices.Contains(m.Keys, key) })
	if i < 0 {
		return Meaning{}, false
	}
	return Meanings[i], true
}

// Verb is what an action does: the last word of its ID.
func (a Action) Verb() string { return a.ID[strings.LastIndexByte(a.ID, '.')+1:] }
