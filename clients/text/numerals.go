package text

import (
	"strconv"
	"strings"
)

// The forms of a list's numbers.
const (
	decimal    = "1"
	lowerAlpha = "a"
	upperAlpha = "A"
	lowerRoman = "i"
	upperRoman = "I"
)

// numeral is a list's number in a form: "4", "d", "D", "iv", "IV".
func numeral(form string, n int) string {
	if n < 1 {
		return strconv.Itoa(n)
	}
	switch form {
	case lowerAlpha, upperAlpha:
		s := letters(n)
		if form == upperAlpha {
			s = strings.ToUpper(s)
		}
		return s
	case lowerRoman, upperRoman:
		if n > 3999 {
			return strconv.Itoa(n)
		}
		var b strings.Builder
		for _, step := range []struct {
			value int
			sign  string
		}{
			{1000, "m"},
			{900, "cm"},
			{500, "d"},
			{400, "cd"},
			{100, "c"},
			{90, "xc"},
			{50, "l"},
			{40, "xl"},
			{10, "x"},
			{9, "ix"},
			{5, "v"},
			{4, "iv"},
			{1, "i"},
		} {
			for ; n >= step.value; n -= step.value {
				b.WriteString(step.sign)
			}
		}
		if form == upperRoman {
			return strings.ToUpper(b.String())
		}
		return b.String()
	}
	return strconv.Itoa(n)
}

// letters counts a … z, aa … az, ba …
func letters(n int) string {
	s := ""
	for ; n > 0; n = (n - 1) / 26 {
		s = string(rune('a'+(n-1)%26)) + s
	}
	return s
}

// raised writes a superscript so that its digits do not join the number before it.
// Letters ("1st", "TM") stay as they are.
func raised(s string) string {
	const plain, high = "0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ"
	digits := false
	for _, r := range s {
		digits = digits || r >= '0' && r <= '9'
	}
	if !digits {
		return s
	}
	from, to := []rune(plain), []rune(high)
	var b strings.Builder
	for _, r := range s {
		i := -1
		for j := range from {
			if from[j] == r {
				i = j
			}
		}
		switch {
		case i >= 0:
			b.WriteRune(to[i])
		case r == ' ' || r == '\n':
			b.WriteRune(r)
		default:
			return "^" + s
		}
	}
	return b.String()
}

// struck marks struck text, which is no longer said.
func struck(s string) string {
	if strings.TrimSpace(s) == "" {
		return s
	}
	lead := s[:len(s)-len(strings.TrimLeft(s, " \n\t"))]
	trail := s[len(strings.TrimRight(s, " \n\t")):]
	return lead + "[struck: " + strings.TrimSpace(s) + "]" + trail
}
