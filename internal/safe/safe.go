// Package safe holds the two rules about text that every room of the program
// follows: patient information has a type that does not print itself, and text
// from outside never speaks to the terminal.
//
// It must not know what a client or a file is, and it imports nothing of ours.
package safe

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Redacted is what a PHI value shows of itself to fmt, slog and JSON.
const Redacted = "‹redacted›"

// PHI is text that may identify a patient: a client's name, a file's name, a
// passage of a record. Printing, logging or marshalling it shows Redacted; the
// text comes out only where the code says Reveal, so that each such place can
// be found by name. fmt cannot call methods of what is in an unexported field:
// a struct that has PHI there is never printed whole.
type PHI string

// Reveal returns the text itself, as it was entered.
func (p PHI) Reveal() string { return string(p) }

// Line returns the text made safe to show on one terminal line.
func (p PHI) Line() string { return Line(string(p)) }

// Text returns the text made safe to show on a terminal, line breaks kept.
func (p PHI) Text() string { return Text(string(p)) }

// Format makes every verb of fmt print Redacted, %x and %q included.
func (p PHI) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Redacted)) }

// LogValue makes slog print Redacted.
func (p PHI) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalJSON writes Redacted. What stores a record or prints one on request
// converts with Reveal first.
func (p PHI) MarshalJSON() ([]byte, error) { return json.Marshal(Redacted) }

// MarshalText writes Redacted for whatever else encodes text. It does not help a
// map's key: encoding/json writes a key that is a string as it is, so no field
// is a map by PHI.
func (p PHI) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// Line makes s safe to show on one line: escape sequences, control characters
// and direction overrides are gone, line breaks and tabs are one space.
func Line(s string) string {
	return strings.TrimSpace(clean(s, func(r rune) rune {
		switch r {
		case '\n', '\r', '\t', '\v', '\f', '\u2028', '\u2029':
			return ' '
		}
		return -1
	}))
}

// Text makes s safe to show: as Line, but line feeds stay, tabs become four
// spaces, and a carriage return before a line feed is dropped.
func Text(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\t", "    ")
	return clean(s, func(r rune) rune {
		switch r {
		case '\n':
			return '\n'
		case '\r', '\v', '\f', '\u2028', '\u2029':
			return '\n'
		}
		return -1
	})
}

// clean drops what could act on a terminal or reorder what is read. For a
// control character it asks keep, which answers the rune to write or -1.
func clean(s string, keep func(rune) rune) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteRune(utf8.RuneError)
		case r == 0x1b:
			size = escapeLength(s[i:])
		case r == 0x9b: // C1 CSI
			size += controlSequenceLength(s[i+size:])
		case r == 0x90 || r == 0x98 || r == 0x9d || r == 0x9e || r == 0x9f: // C1 DCS, SOS, OSC, PM, APC
			size += stringLength(s[i+size:])
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			if k := keep(r); k >= 0 {
				b.WriteRune(k)
			}
		case reorders(r):
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String()
}

// plain reports whether s is printable ASCII only, the common case.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// reorders reports whether r changes the direction or the identity of the text
// around it without being seen (Unicode UAX #9 explicit formatting, byte order
// mark, tag characters, invisible operators, deprecated format characters).
func reorders(r rune) bool {
	switch {
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069',
		r == '\u200e', r == '\u200f', r == '\u061c', r == '\ufeff', r == '\u00ad',
		r >= 0xe0000 && r <= 0xe007f, r == '\u200b', r >= '\u2060' && r <= '\u2064', r == '\u180e',
		r >= '\u206a' && r <= '\u206f', r >= '\ufff9' && r <= '\ufffb':
		return true
	}
	return false
}

// escapeLength is how many bytes the escape sequence at the start of s takes
// (ECMA-48: CSI, string sequences, and the two-byte forms).
func escapeLength(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	switch s[1] {
	case '[':
		return 2 + controlSequenceLength(s[2:])
	case ']', 'P', 'X', '^', '_':
		return 2 + stringLength(s[2:])
	}
	n := 1
	for n < len(s) && s[n] >= 0x20 && s[n] <= 0x2f { // intermediates
		n++
	}
	if n < len(s) && s[n] >= 0x30 && s[n] <= 0x7e {
		n++
	}
	return n
}

// controlSequenceLength is the length of a CSI's parameters and final byte.
func controlSequenceLength(s string) int {
	n := 0
	for n < len(s) && s[n] >= 0x20 && s[n] <= 0x3f {
		n++
	}
	if n < len(s) && s[n] >= 0x40 && s[n] <= 0x7e {
		n++
	}
	return n
}

// stringLength is the length of a control string up to its terminator. An
// unterminated one ends at the line's end, so that it cannot swallow a file.
func stringLength(s string) int {
	for i := range len(s) {
		switch {
		case s[i] == 0x07:
			return i + 1
		case s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\':
			return i + 2
		case s[i] == 0x1b || s[i] == '\n':
			return i
		case s[i] == 0xc2 && i+1 < len(s) && s[i+1] == 0x9c: // C1 ST
			return i + 2
		}
	}
	return len(s)
}
