package kit

import "strings"

// Status is a verdict on the screen: glyph, word and colour, always together.
type Status int

// The statuses.
const (
	StatusOK Status = iota
	StatusDrift
	StatusFail
	StatusUnknown
	StatusDue
	statusNA
	StatusWaived
	StatusRunning
	StatusAttested
	statusAdvice
)

// statuses are the glyph, word and colour of each.
var statuses = [...]struct {
	glyph, word string
	token       Token
}{
	StatusOK:      {"●", "ok", tokenOK},
	StatusDrift:   {"▲", "drift", TokenDrift},
	StatusFail:    {"✗", "fail", TokenFail},
	StatusUnknown: {"?", "unknown", TokenUnknown},
	StatusDue:     {"◌", "due", TokenDue},
	statusNA:      {"–", "n/a", TokenDim},
	StatusWaived:  {"◇", "waived", TokenDim},
	StatusRunning: {"◐", "running", TokenAccent},
	// A person signed a statement; no call has shown it.
	StatusAttested: {"◆", "attested", tokenOK},
	// The proposed rule asks for it, the law does not yet. It needs a glyph of its own,
	// because a heading counts it beside the statements that are due.
	statusAdvice: {"i", "advice", TokenDim},
}

// Glyph is the sign before the word.
func (s Status) Glyph() string { return statuses[s].glyph }

// Word is the status in a word.
func (s Status) Word() string { return statuses[s].word }

// Token is its colour.
func (s Status) Token() Token { return statuses[s].token }

// ASCII replaces every glyph that the program draws with one column of ASCII. The
// frame applies it to the whole screen; letters of names and texts are not in it.
var ASCII = strings.NewReplacer(
	"●", "*", "▲", "!", "✗", "x", "◌", "o", "–", "-", "—", "-", "◇", "~", "◆", "+", "◐", "@",
	"▸", ">", "▾", "v", "█", "#", "░", ".", "│", "|", "─", "-", "·", "-", "…", "~", "▌", "|",
	"→", ">", "←", "<", "↑", "^", "↓", "v", "⌫", "<", "›", ">", "“", "\"", "”", "\"", "‘", "'", "’", "'",
	"×", "x", "┌", "+", "┐", "+", "└", "+", "┘", "+", "≥", ">", "¶", "P", "§", "#", "‹", "<",
)
