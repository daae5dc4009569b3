package text

import (
	"strings"
	"unicode/utf16"
)

// windows1252 returns the rune for a byte in Windows-1252 (WHATWG Encoding Standard,
// index windows-1252). Outside 0x80–0x9f it is the same as Latin-1.
func windows1252(c byte) rune {
	if c < 0x80 || c > 0x9f {
		return rune(c)
	}
	const upper = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
	return []rune(upper)[c-0x80]
}

// utf16Text decodes UTF-16 and drops an odd byte at the end.
func utf16Text(data []byte, bigEndian bool) string {
	var b strings.Builder
	b.Grow(len(data))
	unit := func(i int) uint16 {
		if bigEndian {
			return uint16(data[i])<<8 | uint16(data[i+1])
		}
		return uint16(data[i+1])<<8 | uint16(data[i])
	}
	for i := 0; i+1 < len(data); i += 2 {
		r := rune(unit(i))
		if utf16.IsSurrogate(r) && i+3 < len(data) {
			if pair := utf16.DecodeRune(r, rune(unit(i+2))); pair != '\ufffd' {
				r, i = pair, i+2
			}
		}
		b.WriteRune(r)
	}
	return b.String()
}
