package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// guessed is how much of a text is looked at to find its encoding, in bytes.
const guessed = 256 << 10

// The letters beyond ASCII that the languages of an encoding use.
const (
	western  = "éèàâêîôûçëïüöäßñóíáúåøæœãÉÀÇÖÄÜÅØÆÑÁÓÍÚ"
	central  = "ąćęłńóśźżáčďéěíňřšťúůýžőűöüäßăâîşţđçëÁÉÖÜÓÍŁŚŻŠČŽŘ"
	turkish  = "ğışçöüâîûİĞŞÇÖÜ"
	baltic   = "ąčęėįšųūžāēģīķļņōõäöü"
	maxScore = 3
)

// candidate is an encoding that a text may have.
type candidate struct {
	page *charmap.Charmap
	home string // letters that are usual in it
}

// candidates are in the order of preference where several explain the bytes equally.
func candidates() []candidate {
	return []candidate{
		{charmap.Windows1252, western},
		{charmap.Macintosh, western},
		{charmap.Windows1250, central},
		{charmap.Windows1251, ""},
		{charmap.KOI8R, ""},
		{charmap.KOI8U, ""},
		{charmap.Windows1253, ""},
		{charmap.Windows1254, turkish},
		{charmap.Windows1255, ""},
		{charmap.Windows1256, ""},
		{charmap.Windows1257, baltic},
		{charmap.ISO8859_15, western},
		{charmap.ISO8859_2, central},
		{charmap.ISO8859_5, ""},
		{charmap.CodePage850, western},
		{charmap.CodePage437, western},
		{charmap.CodePage852, central},
		{charmap.CodePage866, ""},
	}
}

// plausible finds the encoding whose letters make words: a capital is not in the middle
// of a word, an opening quote is before one, scripts do not mix. It returns nil where
// none makes sense.
func plausible(data []byte) *[256]rune {
	data = data[:min(len(data), guessed)]
	var best *[256]rune
	highest := 0.0
	for _, c := range candidates() {
		table := pageOf(c.page)
		score := 0.0
		at := func(i int) rune {
			if i < 0 || i >= len(data) {
				return ' '
			}
			return table[data[i]]
		}
		for i, b := range data {
			if b >= 0x80 {
				score += sense(at(i-1), table[b], at(i+1), c.home)
			}
		}
		if score > highest+0.01 {
			best, highest = table, score
		}
	}
	return best
}

// sense says how likely a rune is between its neighbours.
func sense(before, r, after rune, home string) float64 {
	switch {
	case r == utf8.RuneError:
		return -8
	case unicode.IsLetter(r) && unicode.Is(unicode.Latin, r):
		return latinSense(before, r, after, home)
	case unicode.IsLetter(r), unicode.IsMark(r):
		return scriptSense(before, r, after)
	}
	return signSense(before, r, after)
}

func latinSense(before, r, after rune, home string) float64 {
	score := 0.5
	if strings.ContainsRune(home, r) {
		score = maxScore
	}
	if (home == central || home == baltic) && !strings.ContainsRune(western, r) {
		score = min(score, 2.5) // in doubt, the text is western
	}
	switch {
	case foreign(before) || foreign(after):
		return -6
	case unicode.IsUpper(r) && unicode.IsLower(before):
		return -5
	case unicode.IsUpper(r) && unicode.IsLower(after) && !unicode.IsLetter(before):
		score = min(score, 1.5)
	case unicode.IsUpper(r) && !unicode.IsUpper(before) && !unicode.IsUpper(after):
		return -1
	case r == 'õ' && after == 'e', r == 'ù' && !unicode.IsLetter(after):
		score = maxScore
	case r == 'õ':
		score = 1.5
	case r == 'û':
		score = min(score, 2.6)
	case home == turkish && strings.ContainsRune("áíóúæðþ", r):
		score = -1
	case !unicode.IsLetter(before) && !unicode.IsLetter(after) && !strings.ContainsRune("àéóèùâ", r):
		return -1
	}
	if before >= 0x80 && unicode.IsLetter(before) || after >= 0x80 && unicode.IsLetter(after) {
		score -= 1.5
	}
	return score
}

// foreign reports a letter that is not Latin.
func foreign(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) }

func scriptSense(before, r, after rune) float64 {
	latin := func(r rune) bool { return unicode.IsLetter(r) && unicode.Is(unicode.Latin, r) }
	switch {
	case latin(before) || latin(after):
		return -6
	case unicode.IsUpper(r) && unicode.IsLower(before):
		return -5
	case !unicode.IsLetter(before) && !unicode.IsLetter(after):
		return 0
	}
	for _, script := range []*unicode.RangeTable{unicode.Cyrillic, unicode.Greek, unicode.Hebrew, unicode.Arabic} {
		if unicode.Is(script, r) && (foreign(before) && !unicode.Is(script, before) || foreign(after) && !unicode.Is(script, after)) {
			return -6
		}
	}
	if strings.ContainsRune("аеиностaεητοςανלויהתםнетالينمو", r) {
		return 2
	}
	return 1.5
}

// signSense judges quotes, dashes and other signs.
func signSense(before, r, after rune) float64 {
	word := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	blank := func(r rune) bool { return unicode.IsSpace(r) || r == '(' || r == '[' }
	within := unicode.IsLetter(before) && unicode.IsLetter(after)
	is := func(good bool, yes, no float64) float64 {
		if good {
			return yes
		}
		return no
	}
	switch r {
	case '“', '‘', '«', '„', '‚', '‹', '¿', '¡':
		return is(!word(before) && !blank(after), 3, -3)
	case '’':
		return is(word(before) || unicode.IsPunct(before) || unicode.IsDigit(after), 3, -3)
	case '”', '»', '›':
		return is((word(before) || unicode.IsPunct(before)) && !unicode.IsLetter(after), 3, -3)
	case '–', '—':
		return is(unicode.IsSpace(before) == unicode.IsSpace(after), 2.5, 1)
	case '…':
		return 1
	case '•', '·', '●', '■':
		return is(!word(before), 2, -2)
	case '°':
		return is(unicode.IsDigit(before) || unicode.IsSpace(before), 3, -2)
	case '½', '¼', '¾', '²', '³', '¹':
		return is(!unicode.IsLetter(after) && (word(before) || blank(before)), 1.5, -3)
	case '£', '€', '¥', '¢':
		return is(unicode.IsDigit(before) || unicode.IsDigit(after) || unicode.IsSpace(before) && unicode.IsDigit(after), 2, -2)
	case '§', '©', '®', '™', '×', '÷', '±', 'µ', 'ª', 'º', '†', '‡', '≤', '≥', '≠', '≈', '√':
		return is(!within, 1, -4)
	case '\u00a0':
		return 0.5
	}
	if r >= 0x2500 && r <= 0x259f { // lines and boxes, as DOS programs draw tables
		return is(before >= 0x2500 && before <= 0x259f || after >= 0x2500 && after <= 0x259f, 1, -3)
	}
	return is(within, -4, -2)
}

// eastAsian decodes the encodings of Japanese, Chinese and Korean. A text is in one of
// them only if all its bytes are, and its letters are the usual ones.
func eastAsian(data []byte) (string, bool) {
	for _, c := range []struct {
		encoding encoding.Encoding
		usual    func(lead, trail byte) bool
		share    int // percent of the letters
	}{
		{japanese.EUCJP, func(lead, trail byte) bool { return (lead == 0xa4 || lead == 0xa5) && trail >= 0xa1 }, 20},
		{japanese.ShiftJIS, func(lead, trail byte) bool { return lead == 0x82 && trail >= 0x9f || lead == 0x83 && trail <= 0x96 }, 20},
		{korean.EUCKR, func(lead, trail byte) bool { return lead >= 0xb0 && lead <= 0xc8 && trail >= 0xa1 }, 90},
		{simplifiedchinese.GB18030, func(lead, trail byte) bool {
			return (lead >= 0xb0 && lead <= 0xd7 || lead >= 0xa1 && lead <= 0xa3) && trail >= 0xa1
		}, 80},
		{traditionalchinese.Big5, func(lead, _ byte) bool { return lead >= 0xa4 && lead <= 0xc6 || lead == 0xa1 }, 80},
	} {
		if !usually(data, c.usual, c.share) {
			continue
		}
		if out, err := c.encoding.NewDecoder().Bytes(data); err == nil && !strings.ContainsRune(string(out), utf8.RuneError) {
			return string(out), true
		}
	}
	return "", false
}

// usually reports whether pairs of bytes, from each byte beyond ASCII on, are usual ones.
func usually(data []byte, usual func(lead, trail byte) bool, share int) bool {
	data = data[:min(len(data), guessed)]
	pairs, good := 0, 0
	for i := 0; i+1 < len(data); i++ {
		if data[i] < 0x80 {
			continue
		}
		pairs++
		if usual(data[i], data[i+1]) {
			good++
		}
		i++
	}
	return pairs >= 3 && good*100 >= pairs*share
}
