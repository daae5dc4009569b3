// Package safe holds the two rules about text that every package of the program
// follows: patient information has a type that does not print itself, and text
// from outside never controls the terminal.
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

// Redacted is what fmt, slog and JSON show in place of a PHI value.
const Redacted = "‹redacted›"

// PHI is text that may identify a patient: a client's name, a file's name, a
// passage of a record. Printing, logging or marshalling it shows Redacted. Only
// Reveal returns the text, so every such place can be found by that name. fmt cannot
// call methods of a value in an unexported field: never print a whole struct that has
// PHI in one.
type PHI string

// Reveal returns the text itself, as it was entered.
func (p PHI) Reveal() string { return string(p) }

// Line returns the text in a form that is safe to show on one terminal line.
func (p PHI) Line() string { return Line(string(p)) }

// Text returns the text in a form that is safe to show on a terminal, with its line breaks.
func (p PHI) Text() string { return Text(string(p)) }

// Format makes every verb of fmt print Redacted, %x and %q included.
func (p PHI) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Redacted)) }

// LogValue makes slog print Redacted.
func (p PHI) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalJSON writes Redacted. Code that stores a record, or prints one on request,
// converts it with Reveal first.
func (p PHI) MarshalJSON() ([]byte, error) { return json.Marshal(Redacted) }

// MarshalText writes Redacted for all other text encoders. It does not protect a map
// key: encoding/json writes a string key as it is, so no field is a map with PHI keys.
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

// clean drops what could control a terminal or reorder text. For a control character
// it asks keep, which returns the rune to write or -1.
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

// reorders reports whether r invisibly changes the direction or the meaning of the
// text around it (Unicode UAX #9 explicit formatting, byte order mark, tag characters,
// invisible operators, deprecated format characters).
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

// stringLength is the length of a control string up to its terminator. What nothing
// terminates on its line is no control string: its beginning is dropped, its text is
// shown, so that one strange byte cannot swallow a line.
func stringLength(s string) int {
	for i := range len(s) {
		switch {
		case s[i] == 0x07:
			return i + 1
		case s[i] == 0x1b && i+1 < len(s) && s[i+1] == '\\':
			return i + 2
		case s[i] == 0x1b || s[i] == '\n':
			return 0
		case s[i] == 0xc2 && i+1 < len(s) && s[i+1] == 0x9c: // C1 ST
			return i + 2
		}
	}
	return 0
}
