package kit

import "strings"

// Status is a verdict as it is shown: glyph, word and colour, always together.
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

// statuses says how each is shown.
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
	// Somebody signed for it: in order, and yet nothing that a call has shown.
	StatusAttested: {"◆", "attested", tokenOK},
	// The law only proposes it. Its glyph is not the due one's: a heading counts both.
	statusAdvice: {"i", "advice", TokenDim},
}

// Glyph is the sign that stands before the word.
func (s Status) Glyph() string { return statuses[s].glyph }

// Word is the status in a word.
func (s Status) Word() string { return statuses[s].word }

// Token is its colour.
func (s Status) Token() Token { return statuses[s].token }

// ASCII replaces every glyph the program draws itself by one column of ASCII. It
// is applied to the whole frame; letters in names and texts are not in it.
var ASCII = strings.NewReplacer(
	"●", "*", "▲", "!", "✗", "x", "◌", "o", "–", "-", "—", "-", "◇", "~", "◆", "+", "◐", "@",
	"▸", ">", "▾", "v", "█", "#", "░", ".", "│", "|", "─", "-", "·", "-", "…", "~", "▌", "|",
	"→", ">", "←", "<", "↑", "^", "↓", "v", "⌫", "<", "›", ">", "“", "\"", "”", "\"", "‘", "'", "’", "'",
	"×", "x", "┌", "+", "┐", "+", "└", "+", "┘", "+", "≥", ">", "¶", "P", "‹", "<",
)
