package pdf

import (
	"slices"
	"strings"
	"unicode"
)

// A page has letters from left to right as they are seen. Text from right to left is
// turned into the order in which it is read: the reverse of what a program does to show
// it (Unicode Standard Annex 9).

// unit is what keeps its inner order: a glyph of a word from right to left, or a word.
type unit struct {
	text string
	way  rune // 'R', 'L', 'N' for digits, 'S' for what takes its neighbours' direction
}

// logical is the text of a line with letters from right to left.
func logical(words []word) string {
	var units []unit
	right, left := 0, 0
	for i, w := range words {
		if i > 0 {
			if gap := between(words[i-1], w); gap != "" {
				units = append(units, unit{gap, 'S'})
			}
		}
		if len(w.glyphs) == 0 {
			units = append(units, unit{scripted(words, i), wayOf(w.text)})
		}
		for _, g := range w.glyphs {
			units = append(units, unit{letters(g.text), wayOf(g.text)})
		}
	}
	for _, u := range units {
		switch u.way {
		case 'R':
			right++
		case 'L':
			left += len(u.text)
		}
	}
	base := 'L'
	// A text from right to left does not begin and end with letters from left to right.
	if right > left && (ends(units, 1) != 'L' || ends(units, -1) != 'L') {
		base = 'R'
		slices.Reverse(units)
	}
	return joined(turn(units, base))
}

// ends is the direction of the first letter from the left, or from the right.
func ends(units []unit, step int) rune {
	for i := range units {
		if step < 0 {
			i = len(units) - 1 - i
		}
		if way := units[i].way; way == 'L' || way == 'R' {
			return way
		}
	}
	return 'S'
}

// turn reverses the runs of units that go against the direction of the line.
func turn(units []unit, base rune) []unit {
	inner := func(u unit) bool { return base == 'L' && u.way == 'R' || base == 'R' && (u.way == 'L' || u.way == 'N') }
	between := func(u unit) bool { return u.way == 'S' || base == 'L' && u.way == 'N' }
	for i := 0; i < len(units); {
		if !inner(units[i]) {
			i++
			continue
		}
		j := i
		for k := i; k < len(units) && (inner(units[k]) || between(units[k])); k++ {
			if inner(units[k]) {
				j = k
			}
		}
		slices.Reverse(units[i : j+1])
		i = j + 1
	}
	return units
}

// joined is the units' text; brackets between letters from right to left are drawn as
// their mirror.
func joined(units []unit) string {
	var b strings.Builder
	for i, u := range units {
		if u.way == 'S' && beside(units, i) {
			u.text = mirrored.Replace(u.text)
		}
		b.WriteString(u.text)
	}
	return b.String()
}

// beside reports whether the nearest letter on either side is one from right to left.
func beside(units []unit, at int) bool {
	for _, step := range []int{-1, 1} {
		for i := at + step; i >= 0 && i < len(units); i += step {
			if units[i].way == 'R' {
				return true
			}
			if units[i].way == 'L' {
				break
			}
		}
	}
	return false
}

var mirrored = strings.NewReplacer("(", ")", ")", "(", "[", "]", "]", "[", "«", "»", "»", "«", "<", ">", ">", "<", "{", "}", "}", "{")

func wayOf(s string) rune {
	way := 'S'
	for _, r := range s {
		switch {
		case rightRune(r):
			return 'R'
		case unicode.IsLetter(r):
			return 'L'
		case unicode.IsDigit(r):
			way = 'N'
		}
	}
	return way
}

// letters are the letters of Arabic and Hebrew presentation forms, which are shapes.
func letters(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 0xfb1d && r <= 0xfb4f || r >= 0xfe70 && r <= 0xfefc }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 0xfe80 && r <= 0xfef4:
			b.WriteRune(arabicShapes[r-0xfe80])
		case r >= 0xfef5 && r <= 0xfefc:
			b.WriteRune('ل')
			b.WriteRune([]rune("آأإا")[(r-0xfef5)/2])
		case hebrewShapes[r] != "":
			b.WriteString(hebrewShapes[r])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// arabicShapes are the letters of the shapes from U+FE80 to U+FEF4.
var arabicShapes = []rune("ءآآأأؤؤإإئئئئااببببةةتتتتثثثثججججححححخخخخددذذررززسسسسششششص" +
	"صصصضضضضططططظظظظععععغغغغففففققققككككللللممممننننههههووىىيييي")

var hebrewShapes = map[rune]string{
	0xfb1d: "יִ", 0xfb1f: "ײַ", 0xfb20: "ע", 0xfb21: "א", 0xfb22: "ד", 0xfb23: "ה",
	0xfb24: "כ", 0xfb25: "ל", 0xfb26: "ם", 0xfb27: "ר", 0xfb28: "ת", 0xfb29: "+",
	0xfb2a: "שׁ", 0xfb2b: "שׂ", 0xfb2c: "שּׁ", 0xfb2d: "שּׂ", 0xfb2e: "אַ", 0xfb2f: "אָ",
	0xfb30: "אּ", 0xfb31: "בּ", 0xfb32: "גּ", 0xfb33: "דּ", 0xfb34: "הּ", 0xfb35: "וּ",
	0xfb36: "זּ", 0xfb38: "טּ", 0xfb39: "יּ", 0xfb3a: "ךּ", 0xfb3b: "כּ", 0xfb3c: "לּ",
	0xfb3e: "מּ", 0xfb40: "נּ", 0xfb41: "סּ", 0xfb43: "ףּ", 0xfb44: "פּ", 0xfb46: "צּ",
	0xfb47: "קּ", 0xfb48: "רּ", 0xfb49: "שּ", 0xfb4a: "תּ", 0xfb4b: "וֹ", 0xfb4c: "בֿ",
	0xfb4d: "כֿ", 0xfb4e: "פֿ", 0xfb4f: "אל",
}
