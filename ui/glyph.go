package ui

import "strings"

// status is a verdict as it is shown: glyph, word and colour, always together.
type status int

// The statuses.
const (
	statusOK status = iota
	statusDrift
	statusFail
	statusUnknown
	statusDue
	statusNA
	statusWaived
	statusRunning
	statusAttested
	statusAdvice
)

// statuses says how each is shown.
var statuses = [...]struct {
	glyph, word string
	token       token
}{
	statusOK:      {"●", "ok", tokenOK},
	statusDrift:   {"▲", "drift", tokenDrift},
	statusFail:    {"✗", "fail", tokenFail},
	statusUnknown: {"?", "unknown", tokenUnknown},
	statusDue:     {"◌", "due", tokenDue},
	statusNA:      {"–", "n/a", tokenDim},
	statusWaived:  {"◇", "waived", tokenDim},
	statusRunning: {"◐", "running", tokenAccent},
	// Somebody signed for it: in order, and yet nothing that a call has shown.
	statusAttested: {"◆", "attested", tokenOK},
	// The law only proposes it. Its glyph is not the due one's: a heading counts both.
	statusAdvice: {"i", "advice", tokenDim},
}

func (s status) glyph() string { return statuses[s].glyph }
func (s status) word() string  { return statuses[s].word }
func (s status) token() token  { return statuses[s].token }

// ascii replaces every glyph the program draws itself by one column of ASCII. It
// is applied to the whole frame; letters in names and texts are not in it.
var ascii = strings.NewReplacer(
	"●", "*", "▲", "!", "✗", "x", "◌", "o", "–", "-", "—", "-", "◇", "~", "◆", "+", "◐", "@",
	"▸", ">", "▾", "v", "█", "#", "░", ".", "│", "|", "─", "-", "·", "-", "…", "~", "▌", "|",
	"→", ">", "←", "<", "↑", "^", "↓", "v", "⌫", "<", "›", ">", "“", "\"", "”", "\"", "‘", "'", "’", "'",
	"×", "x", "┌", "+", "┐", "+", "└", "+", "┘", "+", "≥", ">", "¶", "P", "‹", "<",
)
