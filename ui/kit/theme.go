package kit

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// Token says what a text is, not how it looks.
type Token int

// The tokens.
const (
	TokenText Token = iota
	TokenDim
	TokenAccent
	TokenSelected
	tokenOK
	TokenDrift
	TokenFail
	TokenUnknown
	TokenDue
	tokenBorder
	tokenAdded
	tokenRemoved
	tokenTitle
	TokenFound // what a search found
	TokenHere  // of those, the one that is looked at
	tokens     // how many there are
)

// shade is a token's colour: hex on terminals of 256 colours and more, an index on
// those of 16. An empty one is the terminal's own text colour.
type shade struct {
	hex  string
	ansi string
}

// palettes are the themes. Every colour has a contrast of 4.5:1 or better on the
// backgrounds of its theme (a test computes it). The deuteranopia theme uses blue,
// orange and yellow (Okabe and Ito's palette, lightened).
var palettes = map[string][tokens]shade{
	"dark": {
		TokenDim: {"#a0a4ac", "7"}, TokenAccent: {"#7cb7ff", "14"}, TokenSelected: {"", ""},
		tokenOK: {"#7fcf86", "10"}, TokenDrift: {"#f0b95a", "11"}, TokenFail: {"#ff9088", "9"},
		TokenUnknown: {"#c9a6ff", "13"}, TokenDue: {"#f0b95a", "11"}, tokenBorder: {"#8f949d", "7"},
		tokenAdded: {"#7fcf86", "10"}, tokenRemoved: {"#ff9088", "9"},
	},
	"light": {
		TokenDim: {"#5a5f68", "0"}, TokenAccent: {"#0b57b5", "4"}, TokenSelected: {"", ""},
		tokenOK: {"#1c6b2a", "2"}, TokenDrift: {"#8a4b00", "3"}, TokenFail: {"#b3141b", "1"},
		TokenUnknown: {"#6f2da8", "5"}, TokenDue: {"#8a4b00", "3"}, tokenBorder: {"#5f646d", "0"},
		tokenAdded: {"#1c6b2a", "2"}, tokenRemoved: {"#b3141b", "1"},
	},
	"deuteranopia": {
		TokenDim: {"#a0a4ac", "7"}, TokenAccent: {"#e8e8e8", "15"}, TokenSelected: {"", ""},
		tokenOK: {"#6fb8ff", "12"}, TokenDrift: {"#ffd24d", "11"}, TokenFail: {"#ff9d4d", "9"},
		TokenUnknown: {"#d0b3ff", "13"}, TokenDue: {"#ffd24d", "11"}, tokenBorder: {"#8f949d", "7"},
		tokenAdded: {"#6fb8ff", "12"}, tokenRemoved: {"#ff9d4d", "9"},
	},
	"deuteranopia-light": {
		TokenDim: {"#5a5f68", "0"}, TokenAccent: {"#1a1a1a", "0"}, TokenSelected: {"", ""},
		tokenOK: {"#00539c", "4"}, TokenDrift: {"#6b5300", "3"}, TokenFail: {"#9a3b00", "1"},
		TokenUnknown: {"#6a3d9a", "5"}, TokenDue: {"#6b5300", "3"}, tokenBorder: {"#5f646d", "0"},
		tokenAdded: {"#00539c", "4"}, tokenRemoved: {"#9a3b00", "1"},
	},
}

// Theme turns tokens into styles. The frame changes it when the terminal reports its
// background; panes hold the pointer.
type Theme struct {
	Name    string // dark, light, deuteranopia, none
	Dark    bool
	colour  bool
	ASCII   bool
	Profile colorprofile.Profile
	styles  [tokens]lipgloss.Style
}

// NewTheme makes the theme: name is "", "dark", "light" or "deuteranopia". The
// background counts as dark until the terminal reports it.
func NewTheme(name string, colour, asciiOnly bool, profile colorprofile.Profile) *Theme {
	t := &Theme{colour: colour, ASCII: asciiOnly, Profile: profile}
	t.Choose(name, true)
	return t
}

// Choose sets the styles for a theme's name on a background.
func (t *Theme) Choose(name string, dark bool) {
	t.Dark = dark
	switch {
	case name == "deuteranopia" && !dark:
		t.Name = "deuteranopia-light"
	case name != "":
		t.Name = name
	case dark:
		t.Name = "dark"
	default:
		t.Name = "light"
	}
	palette := palettes[t.Name]
	for i := range t.styles {
		t.styles[i] = lipgloss.NewStyle()
		if c := t.paint(palette[i]); c != nil && t.colour {
			t.styles[i] = t.styles[i].Foreground(c)
		}
	}
	t.styles[TokenSelected] = t.styles[TokenSelected].Bold(true)
	t.styles[tokenTitle] = t.styles[tokenTitle].Bold(true)
	t.styles[TokenFound] = t.styles[TokenFound].Underline(true)
	t.styles[TokenHere] = t.styles[TokenHere].Reverse(true)
}

// paint is the shade's colour on this terminal.
func (t *Theme) paint(s shade) color.Color {
	switch {
	case s.hex == "":
		return nil
	case t.Profile != colorprofile.Unknown && t.Profile <= colorprofile.ANSI:
		return lipgloss.Color(s.ansi)
	}
	return lipgloss.Color(s.hex)
}

// In styles text as the token, line by line, so that no style crosses a line's end.
func (t *Theme) In(k Token, text string) string {
	if text == "" || k == TokenText {
		return text
	}
	if !strings.Contains(text, "\n") {
		return t.styles[k].Render(text)
	}
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = t.In(k, lines[i])
	}
	return strings.Join(lines, "\n")
}

// Dim styles what is less important.
func (t *Theme) Dim(text string) string { return t.In(TokenDim, text) }

// Accent styles what keys act on and what is running.
func (t *Theme) Accent(text string) string { return t.In(TokenAccent, text) }

// Bold styles headings and the keys of hints.
func (t *Theme) Bold(text string) string { return t.In(tokenTitle, text) }

// Border styles rules and the borders of dialogs.
func (t *Theme) Border(text string) string { return t.In(tokenBorder, text) }

// Mark is a status's glyph in its colour.
func (t *Theme) Mark(s Status) string { return t.In(s.Token(), s.Glyph()) }

// Verdict is a status as glyph and word, in its colour.
func (t *Theme) Verdict(s Status) string {
	return t.In(s.Token(), s.Glyph()+" "+s.Word())
}

// Around is what to write before and after a text to give it the token's colour only,
// so that bold and italics continue across it.
func (t *Theme) Around(k Token) (before, after string) {
	before, _, _ = strings.Cut(t.styles[k].UnsetBold().Render("x"), "x")
	if before == "" {
		return "", ""
	}
	return before, "\x1b[39m"
}
