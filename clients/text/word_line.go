package text

import (
	"strings"
	"unicode"
)

// wordLine is the text of a paragraph while it is read.
type wordLine struct {
	parts   []wordSpan
	control bool // it has a field of a form
}

// wordSpan is text of a paragraph, struck or not.
type wordSpan struct {
	text   string
	struck bool
}

func (l *wordLine) write(text string, struck bool) {
	if text == "" {
		return
	}
	if n := len(l.parts); n > 0 && l.parts[n-1].struck == struck {
		l.parts[n-1].text += text
		return
	}
	l.parts = append(l.parts, wordSpan{text, struck})
}

// last is the last rune so far; a space at the beginning.
func (l *wordLine) last() rune {
	if len(l.parts) == 0 {
		return ' '
	}
	runes := []rune(l.parts[len(l.parts)-1].text)
	return runes[len(runes)-1]
}

// string is the paragraph's text; struck words are marked.
func (l *wordLine) string() string {
	var merged wordLine
	for _, p := range l.parts {
		blank := strings.TrimSpace(p.text) == ""
		if blank && len(merged.parts) > 0 { // a space takes the look of what is before it
			p.struck = merged.parts[len(merged.parts)-1].struck
		}
		merged.write(p.text, p.struck && (!blank || len(merged.parts) > 0))
	}
	var b strings.Builder
	for _, p := range merged.parts {
		if !p.struck {
			b.WriteString(p.text)
			continue
		}
		core := strings.TrimSpace(p.text)
		before, after, _ := strings.Cut(p.text, core)
		b.WriteString(before + strikeMark(true) + core + strikeMark(false) + after)
	}
	return b.String()
}

// raisedText writes a superscript so that it does not join the number before it: 10³.
// The endings of 1st and 2nd, and signs that are raised anyway, stay as they are.
func raisedText(text string, before rune) string {
	const plain, high = "0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ"
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "st", "nd", "rd", "th":
		if unicode.IsDigit(before) {
			return text
		}
	}
	digits, letters := false, false
	for _, r := range text {
		digits = digits || unicode.IsDigit(r)
		letters = letters || unicode.IsLetter(r)
	}
	switch {
	case letters:
		lead := text[:len(text)-len(strings.TrimLeft(text, " "))]
		if core := strings.TrimLeft(text, " "); lead == "" && (unicode.IsLetter(before) || unicode.IsDigit(before)) {
			return "^" + core
		}
		return text
	case !digits && strings.Trim(text, "+-−=") != "":
		return text
	}
	from, to := []rune(plain), []rune(high)
	return strings.Map(func(r rune) rune {
		for i := range from {
			if from[i] == r {
				return to[i]
			}
		}
		return r
	}, text)
}

// loweredText writes a subscript: its digits as they are after a letter (H2O), as
// subscripts after a number, which they would join; its letters behind "_".
func loweredText(text string, before rune) string {
	if first := []rune(text)[0]; unicode.IsLetter(first) && (unicode.IsLetter(before) || unicode.IsDigit(before)) {
		return "_" + text
	}
	if !unicode.IsDigit(before) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '₀' + r - '0'
		}
		return r
	}, text)
}
