package evidence

import "strings"

// The fonts that every PDF reader includes, which keep the binder and the
// program small, have the letters of Windows code page 1252 (ISO 32000-1, annex D.2).

// upperHalf lists the code page's positions 0x80 to 0x9f; a space is a position without a letter.
const upperHalf = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ"

// near lists letters and signs that the fonts lack, each with its replacement.
var near = strings.NewReplacer(
	"→", "->", "←", "<-", "≤", "<=", "≥", ">=", "≠", "!=", "−", "-", "‐", "-", "‑", "-", "✓", "ok", "✗", "x", "●", "*", "◇", "*", "○", "o",
	"\u00a0", " ", "\u202f", " ", "\u2009", " ", "″", `"`, "′", "'",
	"Ā", "A", "ā", "a", "Ă", "A", "ă", "a", "Ą", "A", "ą", "a", "Ć", "C", "ć", "c", "Ĉ", "C", "ĉ", "c", "Ċ", "C", "ċ", "c", "Č", "C", "č", "c",
	"Ď", "D", "ď", "d", "Đ", "D", "đ", "d", "Ē", "E", "ē", "e", "Ė", "E", "ė", "e", "Ę", "E", "ę", "e", "Ě", "E", "ě", "e", "Ğ", "G", "ğ", "g",
	"Ģ", "G", "ģ", "g", "Ħ", "H", "ħ", "h", "Ī", "I", "ī", "i", "Į", "I", "į", "i", "İ", "I", "ı", "i", "Ķ", "K", "ķ", "k", "Ĺ", "L", "ĺ", "l",
	"Ļ", "L", "ļ", "l", "Ľ", "L", "ľ", "l", "Ł", "L", "ł", "l", "Ń", "N", "ń", "n", "Ņ", "N", "ņ", "n", "Ň", "N", "ň", "n", "Ō", "O", "ō", "o",
	"Ő", "O", "ő", "o", "Ŕ", "R", "ŕ", "r", "Ř", "R", "ř", "r", "Ś", "S", "ś", "s", "Ş", "S", "ş", "s", "Ș", "S", "ș", "s", "Ť", "T", "ť", "t",
	"Ţ", "T", "ţ", "t", "Ț", "T", "ț", "t", "Ū", "U", "ū", "u", "Ů", "U", "ů", "u", "Ű", "U", "ű", "u", "Ų", "U", "ų", "u", "Ź", "Z", "ź", "z", "Ż", "Z", "ż", "z",
)

// winAnsi returns a text in code page 1252, and how many of its letters were
// replaced. A letter without a replacement becomes a question mark.
func winAnsi(text string) (out string, replaced int) {
	high := map[rune]byte{}
	place := byte(0x80)
	for _, r := range upperHalf {
		if r != ' ' {
			high[r] = place
		}
		place++
	}
	var b strings.Builder
	for _, r := range text {
		if code, ok := high[r]; ok {
			b.WriteByte(code)
			continue
		}
		if r < 0x80 || r > 0xa0 && r <= 0xff {
			b.WriteByte(byte(r))
			continue
		}
		replaced++
		if other := near.Replace(string(r)); other != string(r) {
			b.WriteString(other)
		} else {
			b.WriteByte('?')
		}
	}
	return b.String(), replaced
}
