package text

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The formats that a workbook names by number (ECMA-376 Part 1, 18.8.30). The ones that
// follow the language of the computer (14, 22 and those of East Asia) are shown as
// ISO 8601, which cannot be misread.
var builtInFormats = map[int]string{
	0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
	14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
	22: "yyyy-mm-dd h:mm", 27: "yyyy-mm-dd", 28: "yyyy-mm-dd", 29: "yyyy-mm-dd", 30: "yyyy-mm-dd", 31: "yyyy-mm-dd", 32: "h:mm", 33: "h:mm:ss",
	34: "h:mm", 35: "h:mm:ss", 36: "yyyy-mm-dd", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)",
	41: "#,##0;(#,##0);-", 42: "$#,##0;$(#,##0);-", 43: "#,##0.00;(#,##0.00);-", 44: "$#,##0.00;$(#,##0.00);-",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
	50: "yyyy-mm-dd", 51: "yyyy-mm-dd", 52: "yyyy-mm-dd", 53: "yyyy-mm-dd", 54: "yyyy-mm-dd", 55: "yyyy-mm-dd", 56: "yyyy-mm-dd", 57: "yyyy-mm-dd", 58: "yyyy-mm-dd",
}

// part is one token of a number format: letters of a date or digits of a number, or text
// to show.
type fmtPart struct {
	code string // "yyyy", "0", "#", ".", ",", "%", "E+", "/", "General", "@", "AM/PM", "[h]"
	text string // to show as it is
}

// fmtSection is one of the up to four sections of a format.
type fmtSection struct {
	parts     []fmtPart
	condition func(float64) bool
	date      bool
}

// shown is a number as a spreadsheet shows it in a format. from1904 is the epoch of old
// Macintosh workbooks.
func shown(value float64, format string, from1904 bool) string {
	sections := splitFormat(format)
	s, v := pick(sections, value)
	if len(s.parts) == 0 {
		return ""
	}
	if s.date {
		return showDate(s.parts, v, from1904)
	}
	return showNumber(s.parts, v)
}

// pick chooses the section for a value: positive, negative, zero, or by its conditions.
func pick(sections []fmtSection, v float64) (fmtSection, float64) {
	for _, s := range sections {
		if s.condition != nil && s.condition(v) {
			if v < 0 && len(sections) > 1 {
				v = -v
			}
			return s, v
		}
	}
	free := sections
	if sections[0].condition != nil && len(sections) > 1 {
		return sections[len(sections)-1], v
	}
	switch {
	case v < 0 && len(free) > 1:
		return free[1], -v
	case v == 0 && len(free) > 2:
		return free[2], v
	}
	return free[0], v
}

// shownText is a text in a format, which may have a section for texts.
func shownText(text, format string) string {
	sections := splitFormat(format)
	s := fmtSection{parts: []fmtPart{{code: "@"}}}
	switch {
	case len(sections) > 3:
		s = sections[3]
	case len(sections) == 1 && strings.Contains(format, "@"):
		s = sections[0]
	}
	var b strings.Builder
	for _, p := range s.parts {
		switch p.code {
		case "@":
			b.WriteString(text)
		case "":
			b.WriteString(p.text)
		}
	}
	return b.String()
}

func splitFormat(format string) []fmtSection {
	var out []fmtSection
	var s fmtSection
	for i := 0; i < len(format); {
		r, size := utf8.DecodeRuneInString(format[i:])
		rest := format[i:]
		switch {
		case r == ';':
			out, s = append(out, s), fmtSection{}
		case r == '"':
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				end = len(rest) - 1
			}
			s.parts = append(s.parts, fmtPart{text: rest[1 : 1+end]})
			size = min(end+2, len(rest))
		case r == '\\' && len(rest) > 1:
			_, n := utf8.DecodeRuneInString(rest[1:])
			s.parts = append(s.parts, fmtPart{text: rest[1 : 1+n]})
			size = 1 + n
		case (r == '_' || r == '*') && len(rest) > 1: // space as wide as the next character, or filled with it
			_, n := utf8.DecodeRuneInString(rest[1:])
			size = 1 + n
			if r == '_' {
				s.parts = append(s.parts, fmtPart{text: " "})
			}
		case r == '[':
			size = s.bracket(rest)
		default:
			size = s.code(rest, r, size)
		}
		i += size
	}
	return append(out, s)
}

// bracket reads a colour, a condition, a currency, or hours that count on: "[h]".
func (s *fmtSection) bracket(rest string) int {
	end := strings.IndexByte(rest, ']')
	if end < 0 {
		s.parts = append(s.parts, fmtPart{text: rest})
		return len(rest)
	}
	within := rest[1:end]
	lower := strings.ToLower(within)
	switch {
	case lower != "" && strings.ContainsAny(lower[:1], "hms") && strings.Trim(lower, lower[:1]) == "":
		s.parts, s.date = append(s.parts, fmtPart{code: "[" + lower[:1] + "]", text: lower}), true
	case strings.HasPrefix(within, "$"):
		currency, locale, _ := strings.Cut(within[1:], "-")
		if currency != "" {
			s.parts = append(s.parts, fmtPart{text: currency})
		}
		if strings.EqualFold(locale, "F800") || strings.EqualFold(locale, "F400") { // as the computer is set
			s.date = true
		}
	case strings.HasPrefix(within, "<") || strings.HasPrefix(within, ">") || strings.HasPrefix(within, "="):
		s.condition = condition(within)
	}
	return end + 1
}

func condition(text string) func(float64) bool {
	operator := text[:1]
	if len(text) > 1 && strings.ContainsRune("=>", rune(text[1])) {
		operator = text[:2]
	}
	limit, err := strconv.ParseFloat(strings.TrimSpace(text[len(operator):]), 64)
	if err != nil {
		return nil
	}
	return func(v float64) bool {
		switch operator {
		case "<":
			return v < limit
		case "<=":
			return v <= limit
		case ">":
			return v > limit
		case ">=":
			return v >= limit
		case "<>":
			return v != limit
		}
		return v == limit
	}
}

// code reads the letters of a date, the places of a number, or a character to show.
func (s *fmtSection) code(rest string, r rune, size int) int {
	lower := strings.ToLower(rest)
	switch {
	case strings.HasPrefix(lower, "general"):
		s.parts = append(s.parts, fmtPart{code: "General"})
		return 7
	case strings.HasPrefix(lower, "am/pm"):
		s.parts, s.date = append(s.parts, fmtPart{code: "AM/PM"}), true
		return 5
	case strings.HasPrefix(lower, "a/p"):
		s.parts, s.date = append(s.parts, fmtPart{code: "A/P"}), true
		return 3
	case strings.ContainsRune("ymdhse", r|0x20) && r < 0x80 && (r|0x20 != 'e' || len(rest) < 2 || rest[1] != '+' && rest[1] != '-'):
		n := 1
		for n < len(lower) && lower[n] == lower[0] {
			n++
		}
		s.parts, s.date = append(s.parts, fmtPart{code: lower[:n]}), true
		return n
	case r|0x20 == 'e' && r < 0x80:
		s.parts = append(s.parts, fmtPart{code: "E" + rest[1:2]})
		return 2
	case strings.ContainsRune("0#?.,%/@", r):
		s.parts = append(s.parts, fmtPart{code: string(r)})
	default:
		s.parts = append(s.parts, fmtPart{text: rest[:size]})
	}
	return size
}

// General is a number without a format. A spreadsheet shows at most eleven digits of it;
// whole numbers are kept, as they may be identifiers.
func general(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	s := strconv.FormatFloat(v, 'G', 11, 64)
	if strings.Contains(s, "E") {
		mantissa, power, _ := strings.Cut(s, "E")
		if n, _ := strconv.Atoi(power); n < 0 && n > -10 {
			if short, err := strconv.ParseFloat(s, 64); err == nil {
				return strconv.FormatFloat(short, 'f', -1, 64)
			}
		}
		return mantissa + "E" + power
	}
	return s
}

// showNumber shows a number in the parts of its format.
func showNumber(parts []fmtPart, v float64) string {
	var whole, fraction, scale, percent int // digits asked for; thousands to divide by; percent signs
	grouped, dot, exponent, slash, places := false, false, "", false, false
	for i, p := range parts {
		switch p.code {
		case "General":
			return around(parts, general(v))
		case "@":
			return around(parts, general(v))
		case "0", "#", "?":
			places = true
			if exponent != "" || slash {
				break
			}
			if dot {
				fraction++
			} else if p.code == "0" {
				whole++
			}
		case ".":
			dot = true
		case ",":
			if digitFollows(parts[i+1:]) {
				grouped = grouped || places
			} else {
				scale++
			}
		case "%":
			percent++
		case "E+", "E-":
			exponent = p.code
		case "/":
			slash = true
		}
	}
	if !places {
		return around(parts, "")
	}
	for range percent {
		v *= 100
	}
	for range scale {
		v /= 1000
	}
	var number string
	switch {
	case exponent != "":
		number = strings.Replace(strconv.FormatFloat(v, 'E', fraction, 64), "E+", exponent[:1]+strings.TrimSuffix(exponent[1:], "-"), 1)
	case slash:
		number = asFraction(parts, v)
	case !dot && !grouped && betweenPlaces(parts):
		return masked(parts, v)
	default:
		number = digits(parts, v, whole, fraction, grouped)
	}
	return around(parts, number)
}

// betweenPlaces reports whether a format has text between its places, as of a telephone number.
func betweenPlaces(parts []fmtPart) bool {
	for i, p := range parts {
		if p.code == "" && strings.TrimSpace(p.text) != "" && i > 0 && digitFollows(parts[i+1:]) && digitFollows(parts[:i]) {
			return true
		}
	}
	return false
}

// masked fills the places of a whole number from the right.
func masked(parts []fmtPart, v float64) string {
	left := strconv.FormatFloat(roundHalfUp(math.Abs(v), 0), 'f', 0, 64)
	out := ""
	first := 0
	for i, p := range parts {
		if p.code == "0" || p.code == "#" || p.code == "?" {
			first = i
			break
		}
	}
	for i := len(parts) - 1; i >= 0; i-- {
		switch p := parts[i]; p.code {
		case "0", "#", "?":
			switch {
			case i == first && left != "":
				out, left = left+out, ""
			case left != "":
				out, left = left[len(left)-1:]+out, left[:len(left)-1]
			case p.code == "0":
				out = "0" + out
			}
		case "%":
			out = "%" + out
		case "":
			out = p.text + out
		}
	}
	if v < 0 {
		out = "-" + out
	}
	return strings.TrimSpace(out)
}

func digitFollows(parts []fmtPart) bool {
	for _, p := range parts {
		switch p.code {
		case "0", "#", "?":
			return true
		case ".", "%", "E+", "E-":
			return false
		}
	}
	return false
}

// digits is a decimal number: "#" places after the point are dropped when they are zero.
func digits(parts []fmtPart, v float64, whole, fraction int, grouped bool) string {
	negative := v < 0
	s := strconv.FormatFloat(roundHalfUp(math.Abs(v), min(fraction, 30)), 'f', min(fraction, 30), 64)
	before, after, _ := strings.Cut(s, ".")
	kept, n, dot := 0, 0, false
	for _, p := range parts {
		switch p.code {
		case ".":
			dot = true
		case "0", "#", "?":
			if dot {
				n++
				if p.code == "0" {
					kept = n
				}
			}
		}
	}
	for len(after) > kept && strings.HasSuffix(after, "0") {
		after = after[:len(after)-1]
	}
	before = strings.TrimLeft(before, "0")
	for len(before) < min(whole, 30) {
		before = "0" + before
	}
	if grouped {
		for i := len(before) - 3; i > 0; i -= 3 {
			before = before[:i] + "," + before[i:]
		}
	}
	out := before
	if after != "" {
		out += "." + after
	}
	if out == "" {
		out = "0"
	}
	if negative && strings.Trim(out, "0.,") != "" {
		out = "-" + out
	}
	return out
}

// roundHalfUp rounds as a spreadsheet does: the decimal number that is shown with fifteen
// digits, half away from zero.
func roundHalfUp(v float64, places int) float64 {
	shown, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 15, 64), 64)
	if err != nil {
		return v
	}
	power := math.Pow10(places)
	if r := math.Floor(shown*power + 0.5 + 1e-9); r < 1e15 {
		return r / power
	}
	return v
}

// asFraction shows a number as a whole number and a fraction.
func asFraction(parts []fmtPart, v float64) string {
	most, after, fixed := 9, false, ""
	mixed := false
	before := 0
	for _, p := range parts {
		switch {
		case p.code == "/":
			after = true
		case after && (p.code == "?" || p.code == "#" || p.code == "0"):
			fixed += "9"
		case after && p.code == "" && strings.Trim(p.text, "0123456789") == "" && p.text != "":
			fixed = ""
			most = number(p.text, 9)
		case !after && (p.code == "?" || p.code == "#" || p.code == "0"):
			before++
		case !after && p.text == " " && before > 0:
			mixed = true
		}
	}
	if len(fixed) > 0 {
		most = number(fixed[:min(len(fixed), 3)], 9)
	}
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	whole := math.Floor(v)
	rest := v - whole
	if !mixed {
		whole, rest = 0, v
	}
	best, top, bottom := math.Inf(1), 0, 1
	for d := 1; d <= most; d++ {
		n := math.Round(rest * float64(d))
		if off := math.Abs(rest - n/float64(d)); off < best-1e-12 {
			best, top, bottom = off, int(n), d
		}
	}
	if mixed && top == bottom {
		whole, top = whole+1, 0
	}
	switch {
	case top == 0 && mixed:
		return sign + strconv.FormatFloat(whole, 'f', 0, 64)
	case whole > 0:
		return sign + strconv.FormatFloat(whole, 'f', 0, 64) + " " + strconv.Itoa(top) + "/" + strconv.Itoa(bottom)
	}
	return sign + strconv.Itoa(top) + "/" + strconv.Itoa(bottom)
}

// around puts the number where its first place is, with the text before and after it.
func around(parts []fmtPart, number string) string {
	var b strings.Builder
	negative := strings.HasPrefix(number, "-")
	if negative {
		b.WriteByte('-')
		number = number[1:]
	}
	last := -1
	for i, p := range parts {
		if p.code != "" && p.code != "%" {
			last = i
		}
	}
	done := false
	for i, p := range parts {
		switch {
		case p.code == "%":
			b.WriteByte('%')
		case p.code == "":
			if !done || i > last { // text between two places is part of the number's shape
				b.WriteString(p.text)
			}
		case !done:
			b.WriteString(number)
			done = true
		}
	}
	return strings.TrimSpace(b.String())
}
