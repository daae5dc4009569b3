package text

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

const (
	errBinary  = textError("it is not a text: its name has the wrong extension")
	errLetters = textError("the encoding of its letters is not known: open it in the program that it comes from and save it as UTF-8")
)

// decoded turns bytes into text, and records the letters that no encoding explains.
func (b *builder) decoded(data []byte) (string, error) {
	text, lost, err := decode(data)
	if lost > 0 {
		b.leave(Unread{Unit: "letter", Count: lost, Reason: Damaged})
	}
	return text, err
}

// decodeText turns bytes of an encoding that nothing names into text.
func decodeText(data []byte) (string, error) {
	text, _, err := decode(data)
	return text, err
}

// decode finds the encoding of a text: by its byte order mark, by the zeros of UTF-16 and
// UTF-32, as UTF-8, and else by which of the older encodings makes words of the bytes.
// Each byte that is in none of them becomes U+FFFD and counts as lost.
func decode(data []byte) (text string, lost int, err error) {
	if text, lost, ok := marked(data); ok {
		return text, lost, nil
	}
	valid := utf8.Valid(data)
	if text, lost, ok := unmarkedWide(data, valid); ok {
		return text, lost, nil
	}
	controls := 0
	for _, c := range data {
		if c < 0x20 && (c < '\t' || c > '\r') && c != 0x1b || c == 0x7f {
			controls++
		}
	}
	if controls >= 8 && controls*20 > len(data) {
		return "", 0, errBinary
	}
	if valid {
		return string(data), 0, nil
	}
	if text, lost, ok := mostlyUTF8(data); ok {
		return text, lost, nil
	}
	if text, ok := eastAsian(data); ok {
		return text, 0, nil
	}
	return older(data)
}

// marked decodes what begins with a byte order mark.
func marked(data []byte) (text string, lost int, ok bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		text, lost = repaired(data[3:])
	case bytes.HasPrefix(data, []byte("\xff\xfe\x00\x00")) && len(data)%4 == 0:
		text, lost = utf32Text(data[4:], false)
	case bytes.HasPrefix(data, []byte("\x00\x00\xfe\xff")):
		text, lost = utf32Text(data[4:], true)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		text, lost = wideText(data[2:], data[0] == 0xfe)
	default:
		return "", 0, false
	}
	return text, lost, true
}

// unmarkedWide decodes UTF-16 and UTF-32 without a mark. In a text of any language, the
// spaces and line ends have zeros, all of them at even or all at odd places.
func unmarkedWide(data []byte, valid bool) (text string, lost int, ok bool) {
	var zeros [4]int
	odder := 0 // bytes that are not ASCII letters
	for i, c := range data {
		if c == 0 {
			zeros[i%4]++
		}
		if c < ' ' || c >= 0x7f {
			odder++
		}
	}
	even, odd, quarter := zeros[0]+zeros[2], zeros[1]+zeros[3], len(data)/4
	switch {
	case even+odd == 0 || len(data) < 4:
		return "", 0, false
	case zeros[2]*10 > quarter*9 && zeros[3]*10 > quarter*9 && zeros[0]*10 < quarter:
		text, lost = utf32Text(data, false)
		return text, lost, true
	case zeros[0]*10 > quarter*9 && zeros[1]*10 > quarter*9 && zeros[3]*10 < quarter:
		text, lost = utf32Text(data, true)
		return text, lost, true
	case valid && (even+odd)*5 < len(data): // a text of bytes with some zeros in it
		return "", 0, false
	}
	many, few := max(even, odd), min(even, odd)
	if few*10 > many || many*400 < len(data) || odder*4 < len(data) {
		return "", 0, false
	}
	text, lost = wideText(data, even > odd)
	strange, all := lost, 0
	for _, r := range text {
		all++
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Co, r) ||
			!unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C) {
			strange++
		}
	}
	return text, lost, strange*20 <= all
}

// utf16Text decodes UTF-16 and drops an odd byte at the end.
func utf16Text(data []byte, bigEndian bool) string {
	text, _ := wideText(data, bigEndian)
	return text
}

// wideText decodes UTF-16. Half a pair, and half a unit at the end, are lost.
func wideText(data []byte, bigEndian bool) (string, int) {
	var b strings.Builder
	b.Grow(len(data))
	unit := func(i int) rune {
		if bigEndian {
			return rune(data[i])<<8 | rune(data[i+1])
		}
		return rune(data[i+1])<<8 | rune(data[i])
	}
	lost := len(data) % 2
	for i := 0; i+1 < len(data); i += 2 {
		r := unit(i)
		if utf16.IsSurrogate(r) {
			pair := utf8.RuneError
			if i+3 < len(data) {
				pair = utf16.DecodeRune(r, unit(i+2))
			}
			if pair == utf8.RuneError {
				lost++
			} else {
				i += 2
			}
			r = pair
		}
		b.WriteRune(r)
	}
	return b.String(), lost
}

func utf32Text(data []byte, bigEndian bool) (string, int) {
	var b strings.Builder
	lost := min(1, len(data)%4)
	for i := 0; i+3 < len(data); i += 4 {
		r := uint32(data[i]) | uint32(data[i+1])<<8 | uint32(data[i+2])<<16 | uint32(data[i+3])<<24
		if bigEndian {
			r = uint32(data[i])<<24 | uint32(data[i+1])<<16 | uint32(data[i+2])<<8 | uint32(data[i+3])
		}
		if r > unicode.MaxRune || !utf8.ValidRune(rune(r)) {
			r, lost = uint32(utf8.RuneError), lost+1
		}
		b.WriteRune(rune(r))
	}
	return b.String(), lost
}

// repaired replaces each byte that is not UTF-8.
func repaired(data []byte) (string, int) {
	if utf8.Valid(data) {
		return string(data), 0
	}
	var b strings.Builder
	b.Grow(len(data))
	lost := 0
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			lost++
			for size < len(data) && size < 3 && data[size]&0xc0 == 0x80 { // the rest of a broken letter
				size++
			}
		}
		b.WriteRune(r)
		data = data[size:]
	}
	return b.String(), lost
}

// mostlyUTF8 decodes UTF-8 in which some bytes are wrong.
func mostlyUTF8(data []byte) (string, int, bool) {
	good := 0
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r != utf8.RuneError && size > 1 {
			good++
		}
		rest = rest[size:]
	}
	text, lost := repaired(data)
	return text, lost, good >= lost
}

// older decodes a text in an encoding of one byte for a letter. Where no encoding makes
// sense of the bytes, they are lost, but not the text around them.
func older(data []byte) (string, int, error) {
	table := plausible(data)
	high := 0
	for _, c := range data {
		if c >= 0x80 {
			high++
		}
	}
	if table == nil && high*4 > len(data) {
		return "", 0, errLetters
	}
	var b strings.Builder
	b.Grow(len(data) + len(data)/8)
	lost := 0
	for _, c := range data {
		r := rune(c)
		if c >= 0x80 {
			r = utf8.RuneError
			if table != nil {
				r = table[c]
			}
			if r == utf8.RuneError {
				lost++
			}
		}
		b.WriteRune(r)
	}
	return b.String(), lost, nil
}

// pageOf are the runes of an encoding of one byte for a letter; U+FFFD: none.
func pageOf(m *charmap.Charmap) *[256]rune {
	var table [256]rune
	for i := range table {
		table[i] = m.DecodeByte(byte(i))
		if i >= 0x80 && unicode.IsControl(table[i]) {
			table[i] = utf8.RuneError
		}
	}
	return &table
}
