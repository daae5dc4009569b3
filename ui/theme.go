package ui

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// token names what a text is, not how it looks.
type token int

// The tokens.
const (
	tokenText token = iota
	tokenDim
	tokenAccent
	tokenSelected
	tokenOK
	tokenDrift
	tokenFail
	tokenUnknown
	tokenDue
	tokenBorder
	tokenAdded
	tokenRemoved
	tokenTitle
	tokens // how many there are
)

// shade is a token's colour: on terminals of 256 colours and more, and the
// index on those of 16. An empty one is the terminal's own text colour.
type shade struct {
	hex  string
	ansi string
}

// palettes are the three themes. Every colour has a contrast of 4.5:1 or better
// on the backgrounds its theme is for (a test computes it). The deuteranopia
// theme takes its hues from blue, orange and yellow (Okabe and Ito's palette, lightened).
var palettes = map[string][tokens]shade{
	"dark": {
		tokenDim: {"#a0a4ac", "7"}, tokenAccent: {"#7cb7ff", "14"}, tokenSelected: {"", ""},
		tokenOK: {"#7fcf86", "10"}, tokenDrift: {"#f0b95a", "11"}, tokenFail: {"#ff9088", "9"},
		tokenUnknown: {"#c9a6ff", "13"}, tokenDue: {"#f0b95a", "11"}, tokenBorder: {"#8f949d", "7"},
		tokenAdded: {"#7fcf86", "10"}, tokenRemoved: {"#ff9088", "9"},
	},
	"light": {
		tokenDim: {"#5a5f68", "0"}, tokenAccent: {"#0b57b5", "4"}, tokenSelected: {"", ""},
		tokenOK: {"#1c6b2a", "2"}, tokenDrift: {"#8a4b00", "3"}, tokenFail: {"#b3141b", "1"},
		tokenUnknown: {"#6f2da8", "5"}, tokenDue: {"#8a4b00", "3"}, tokenBorder: {"#5f646d", "0"},
		tokenAdded: {"#1c6b2a", "2"}, tokenRemoved: {"#b3141b", "1"},
	},
	"deuteranopia": {
		tokenDim: {"#a0a4ac", "7"}, tokenAccent: {"#e8e8e8", "15"}, tokenSelected: {"", ""},
		tokenOK: {"#6fb8ff", "12"}, tokenDrift: {"#ffd24d", "11"}, tokenFail: {"#ff9d4d", "9"},
		tokenUnknown: {"#d0b3ff", "13"}, tokenDue: {"#ffd24d", "11"}, tokenBorder: {"#8f949d", "7"},
		tokenAdded: {"#6fb8ff", "12"}, tokenRemoved: {"#ff9d4d", "9"},
	},
	"deuteranopia-light": {
		tokenDim: {"#5a5f68", "0"}, tokenAccent: {"#1a1a1a", "0"}, tokenSelected: {"", ""},
		tokenOK: {"#00539c", "4"}, tokenDrift: {"#6b5300", "3"}, tokenFail: {"#9a3b00", "1"},
		tokenUnknown: {"#6a3d9a", "5"}, tokenDue: {"#6b5300", "3"}, tokenBorder: {"#5f646d", "0"},
		tokenAdded: {"#00539c", "4"}, tokenRemoved: {"#9a3b00", "1"},
	},
}

// theme turns tokens into styles. The frame replaces its contents when the
// terminal tells its background; panes hold the pointer.
type theme struct {
	name    string // dark, light, deuteranopia, none
	dark    bool
	colour  bool
	ascii   bool
	profile colorprofile.Profile
	styles  [tokens]lipgloss.Style
}

// newTheme makes the theme: name is "", "dark", "light" or "deuteranopia". The
// background counts as dark until the terminal tells.
func newTheme(name string, colour, asciiOnly bool, profile colorprofile.Profile) *theme {
	t := &theme{colour: colour, ascii: asciiOnly, profile: profile}
	t.choose(name, true)
	return t
}

// choose fills the styles for a theme's name on a background.
func (t *theme) choose(name string, dark bool) {
	t.dark = dark
	switch {
	case name == "deuteranopia" && !dark:
		t.name = "deuteranopia-light"
	case name != "":
		t.name = name
	case dark:
		t.name = "dark"
	default:
		t.name = "light"
	}
	palette := palettes[t.name]
	for i := range t.styles {
		t.styles[i] = lipgloss.NewStyle()
		if c := t.paint(palette[i]); c != nil && t.colour {
			t.styles[i] = t.styles[i].Foreground(c)
		}
	}
	t.styles[tokenSelected] = t.styles[tokenSelected].Bold(true)
	t.styles[tokenTitle] = t.styles[tokenTitle].Bold(true)
}

// paint is the shade on this terminal.
func (t *theme) paint(s shade) color.Color {
	switch {
	case s.hex == "":
		return nil
	case t.profile != colorprofile.Unknown && t.profile <= colorprofile.ANSI:
		return lipgloss.Color(s.ansi)
	}
	return lipgloss.Color(s.hex)
}

// in styles text as the token. Line by line, so that no style runs over a line's end.
func (t *theme) in(k token, text string) string {
	if text == "" || k == tokenText {
		return text
	}
	if !strings.Contains(text, "\n") {
		return t.styles[k].Render(text)
	}
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = t.in(k, lines[i])
	}
	return strings.Join(lines, "\n")
}

func (t *theme) dim(text string) string    { return t.in(tokenDim, text) }
func (t *theme) accent(text string) string { return t.in(tokenAccent, text) }
func (t *theme) bold(text string) string   { return t.in(tokenTitle, text) }
func (t *theme) border(text string) string { return t.in(tokenBorder, text) }

// mark is a status's glyph in its colour.
func (t *theme) mark(s status) string { return t.in(s.token(), s.glyph()) }

// verdict is a status as glyph and word, in its colour.
func (t *theme) verdict(s status) string {
	return t.in(s.token(), s.glyph()+" "+s.word())
}

// around is what goes before and after a text to give it the token's colour and
// nothing else, so that bold and italics around it go on.
func (t *theme) around(k token) (before, after string) {
	before, _, _ = strings.Cut(t.styles[k].UnsetBold().Render("x"), "x")
	if before == "" {
		return "", ""
	}
	return before, "\x1b[39m"
}
