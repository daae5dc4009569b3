package kit

import (
	"slices"
	"strings"
)

// Meaning is what a key does in every pane where it does anything: a person who
// knows one pane knows the keys of all. A test holds every action to it.
type Meaning struct {
	Keys []string
	Verb string // the last word of its actions' IDs: "upload" of "clients.upload"
	Does string // one sentence
}

// Meanings is the one table of keys, but for those that move in lists and texts
// (moves). A key that no pane had before gets its meaning here first. Signing and
// confirming are typed in their dialogs, where none of these keys acts.
var Meanings = []Meaning{
	{[]string{"enter"}, "open", "Open what is selected; in a sequence of steps, go on."},
	{[]string{"esc"}, "back", "Go back one step. It never quits."},
	{[]string{"q"}, "back", "Go back one step; where there is none, ask whether to quit."},
	{[]string{"a"}, "add", "Add one of what the pane holds."},
	{[]string{"u"}, "undo", "Undo what was done: bring back what it was before."},
	{[]string{"U"}, "upload", "Upload."},
	{[]string{"d"}, "download", "Download."},
	{[]string{"x"}, "delete", "Delete."},
	{[]string{"r"}, "again", "Do it again: refresh what is shown, or redo what is missing."},
	{[]string{"R"}, "rename", "Rename."},
	{[]string{"E"}, "export", "Export to a file."},
	{[]string{"y"}, "copy", "Copy to the terminal's clipboard."},
	{[]string{"space"}, "select", "Select, or take out of the selection."},
	{[]string{"*"}, "all", "Select all, or none."},
	{[]string{"o"}, "sort", "Sort in another order."},
	{[]string{"n"}, "next", "Go to the next."},
	{[]string{"N"}, "previous", "Go to the previous."},
	{[]string{"/"}, "filter", "Find: show only what contains what you type."},
	{[]string{":"}, "go", "Go anywhere: find a command by typing."},
	{[]string{"?"}, "keys", "Show the keys that work here."},
	{[]string{"ctrl+x"}, "stop", "Stop what runs."},
	{[]string{"ctrl+l"}, "lock", "Lock the screen, once that is built."},
	{[]string{"tab"}, "column", "Go to the next column or part."},
	{[]string{"1", "2", "3", "4", "5", "6", "7", "8"}, "pane", "Show the pane of this number."},

	{[]string{"f"}, "fix", "Make the changes that are planned, after asking."},
	{[]string{"s"}, "sign", "Sign."},
	{[]string{"w"}, "waive", "Accept a risk for a time."},
	{[]string{"D"}, "draft", "Draft a report."},
	{[]string{"e"}, "edit", "Edit."},
	{[]string{"ctrl+e"}, "editor", "Edit the text in your own editor."},
	{[]string{"v"}, "view", "View the same in another way: versions, groupings."},
	{[]string{"t"}, "past", "Show the past: what was deleted, what changed."},
	{[]string{"p"}, "profile", "Judge by the next profile."},
	{[]string{"c"}, "credential", "Give another credential."},
	{[]string{"!"}, "detail", "Show the detail behind what went wrong."},
	{[]string{"ctrl+z"}, "suspend", "Go to the shell; fg comes back."},
	{[]string{"ctrl+c"}, "quit", "Quit, when pressed twice."},
}

// MeaningOf is what a key means.
func MeaningOf(key string) (Meaning, bool) {
	i := slices.IndexFunc(Meanings, func(m Meaning) bool { return slices.Contains(m.Keys, key) })
	if i < 0 {
		return Meaning{}, false
	}
	return Meanings[i], true
}

// Verb is what an action does: the last word of its ID.
func (a Action) Verb() string { return a.ID[strings.LastIndexByte(a.ID, '.')+1:] }
