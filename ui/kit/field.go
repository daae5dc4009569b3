package kit

import (
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// CursorMark stands where the terminal's real cursor goes. It is a control
// string, so it has no width and survives cutting and padding. The frame
// removes it before anything is drawn. Text from outside cannot contain one,
// because package safe removes control strings.
const CursorMark = "\x1b_cursor\x1b\\"

// Field is a one-line text field with the terminal's real cursor.
type Field struct {
	input textinput.Model
}

// NewField makes a field that has the focus and holds value.
func NewField(value string) Field {
	in := textinput.New()
	in.Prompt = ""
	in.SetVirtualCursor(false)
	in.SetStyles(textinput.Styles{})
	// The terminal's own paste (bracketed) works everywhere. Ctrl+v would run
	// a clipboard program on the machine.
	in.KeyMap.Paste = key.NewBinding()
	in.KeyMap.AcceptSuggestion = key.NewBinding()
	in.KeyMap.NextSuggestion, in.KeyMap.PrevSuggestion = key.NewBinding(), key.NewBinding()
	_ = in.Focus()
	in.SetValue(value)
	in.CursorEnd()
	return Field{input: in}
}

// Value is the text as typed.
func (f *Field) Value() string { return f.input.Value() }

// Shown is the text as it may be seen. A hidden one is stars.
func (f *Field) Shown() string {
	if f.input.EchoMode == textinput.EchoPassword {
		return strings.Repeat(string(f.input.EchoCharacter), utf8.RuneCountInString(f.input.Value()))
	}
	return f.input.Value()
}

// Set replaces the text.
func (f *Field) Set(value string) { f.input.SetValue(value); f.input.CursorEnd() }

// Update takes a key or a paste.
func (f *Field) Update(msg tea.Msg) {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		f.input, _ = f.input.Update(msg)
	}
}

// View draws the field in w columns, with [CursorMark] at the cursor.
func (f *Field) View(w int) string {
	in := f.input
	in.SetWidth(max(1, w-1))
	in.SetCursor(in.Position()) // scrolls the text to the cursor in this width
	text := in.View()
	at := 0
	if c := in.Cursor(); c != nil {
		at = min(max(0, c.X), w-1)
	}
	return InsertCursor(Fit(text, w), at)
}

// InsertCursor puts [CursorMark] at a column of a line.
func InsertCursor(line string, at int) string {
	return ansi.Cut(line, 0, at) + CursorMark + ansi.Cut(line, at, max(at, Width(line)))
}
