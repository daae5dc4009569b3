package pdf

import (
	"strings"
	"unicode/utf16"
)

// cmap maps character codes to text (9.10.3). It keeps ranges as ranges, because a
// hostile one may span every code.
type cmap struct {
	lengths [5]bool // which code lengths in bytes its code spaces have
	chars   map[uint32]string
	ranges  []codeRange
}

type codeRange struct {
	low, high uint32
	to        string // of low; its last unit counts up
	list      array  // or one each
}

// readCMap reads a CMap file's mappings.
func (f *file) readCMap(data []byte) *cmap {
	m := &cmap{chars: map[uint32]string{}}
	l := f.lexer(data, 0)
	var operands []any
	for {
		v := l.object()
		word, ok := v.(keyword)
		if _, over := v.(end); over {
			return m
		}
		if !ok {
			if len(operands) < 100_000 {
				operands = append(operands, v)
			}
			continue
		}
		m.apply(string(word), operands)
		operands = operands[:0]
	}
}

func (m *cmap) apply(word string, operands []any) {
	code := func(i int) (uint32, int, bool) {
		s, ok := operands[i].(text)
		if !ok || len(s) == 0 || len(s) > 4 {
			return 0, 0, false
		}
		var v uint32
		for j := range len(s) {
			v = v<<8 | uint32(s[j])
		}
		return v, len(s), true
	}
	switch word {
	case "endcodespacerange":
		for i := 0; i+1 < len(operands); i += 2 {
			if _, n, ok := code(i); ok {
				m.lengths[n] = true
			}
		}
	case "endbfchar":
		for i := 0; i+1 < len(operands); i += 2 {
			from, _, ok := code(i)
			if to, isText := operands[i+1].(text); ok && isText {
				m.chars[from] = utf16BE(to)
			}
		}
	case "endbfrange":
		for i := 0; i+2 < len(operands); i += 3 {
			low, _, ok1 := code(i)
			high, _, ok2 := code(i + 1)
			if !ok1 || !ok2 || high < low {
				continue
			}
			r := codeRange{low: low, high: high}
			switch to := operands[i+2].(type) {
			case text:
				r.to = utf16BE(to)
			case array:
				r.list = to
			}
			m.ranges = append(m.ranges, r)
		}
	}
}

func (m *cmap) text(code uint32) (string, bool) {
	if s, ok := m.chars[code]; ok {
		return s, true
	}
	for _, r := range m.ranges {
		if code < r.low || code > r.high {
			continue
		}
		step := code - r.low
		if r.list != nil {
			if int(step) < len(r.list) {
				s, ok := r.list[step].(text)
				return utf16BE(s), ok
			}
			continue
		}
		runes := []rune(r.to)
		if len(runes) == 0 {
			continue
		}
		runes[len(runes)-1] += rune(step)
		return string(runes), true
	}
	return "", false
}

// utf16BE decodes big-endian UTF-16; one byte alone is a code point.
func utf16BE(s text) string {
	if len(s) == 1 {
		return string(rune(s[0]))
	}
	units := make([]uint16, 0, len(s)/2)
	for i := 0; i+1 < len(s); i += 2 {
		units = append(units, uint16(s[i])<<8|uint16(s[i+1]))
	}
	return string(utf16.Decode(units))
}

// textString decodes a text string, as form fields hold (7.9.2.2).
func textString(s text) string {
	if strings.HasPrefix(string(s), "\xfe\xff") {
		return utf16BE(s[2:])
	}
	if strings.HasPrefix(string(s), "\xef\xbb\xbf") {
		return string(s[3:])
	}
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(windows.text(s[i]))
	}
	return b.String()
}
