package pdf

import (
	"bytes"
	"strconv"
)

// The values of a PDF file (7.3): nil, bool, int, float64, and these.
type (
	name    string
	text    string // a string object's bytes
	keyword string // an operator or a word of the file's structure
	array   []any
	dict    map[name]any
	ref     struct{ number, generation int }
	stream  struct {
		dict   dict
		raw    []byte
		number int // of the object, for decryption
		gen    int
	}
)

// end is the token after the last.
type end struct{}

// lexer reads tokens and objects out of bytes.
type lexer struct {
	data   []byte
	at     int
	budget *budget
	depth  int
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelimiter(c byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), c) >= 0 }

func (l *lexer) skipSpace() {
	for l.at < len(l.data) {
		switch c := l.data[l.at]; {
		case isSpace(c):
			l.at++
		case c == '%':
			for l.at < len(l.data) && l.data[l.at] != '\n' && l.data[l.at] != '\r' {
				l.at++
			}
		default:
			return
		}
	}
}

// token reads one token: a simple value, a keyword, or a keyword for a bracket.
func (l *lexer) token() any {
	l.budget.token()
	l.skipSpace()
	if l.at >= len(l.data) {
		return end{}
	}
	c := l.data[l.at]
	switch c {
	case '/':
		return l.name()
	case '(':
		return l.literal()
	case '<', '>':
		if l.at+1 < len(l.data) && l.data[l.at+1] == c {
			l.at += 2
			return keyword([]byte{c, c})
		}
		if c == '<' {
			return l.hex()
		}
	}
	if isDelimiter(c) {
		l.at++
		return keyword([]byte{c})
	}
	start := l.at
	for l.at < len(l.data) && !isSpace(l.data[l.at]) && !isDelimiter(l.data[l.at]) {
		l.at++
	}
	return atom(l.data[start:l.at])
}

// atom is a number, a constant or a keyword.
func atom(b []byte) any {
	switch c := b[0]; {
	case c >= '0' && c <= '9', c == '+', c == '-', c == '.':
		s := string(b)
		if n, err := strconv.Atoi(s); err == nil {
			return n
		}
		// Some programs write a second sign inside a number: the part before it
		// counts.
		if i := bytes.LastIndexByte(b, '-'); i > 0 {
			s = s[:i]
		}
		if x, err := strconv.ParseFloat(s, 64); err == nil {
			return x
		}
		return keyword(b)
	}
	switch string(b) {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	return keyword(b)
}

func (l *lexer) name() name {
	l.at++
	var out []byte
	for l.at < len(l.data) && !isSpace(l.data[l.at]) && !isDelimiter(l.data[l.at]) {
		c := l.data[l.at]
		if c == '#' && l.at+2 < len(l.data) {
			if hi, lo := unhex(l.data[l.at+1]), unhex(l.data[l.at+2]); hi >= 0 && lo >= 0 {
				c = byte(hi<<4 | lo)
				l.at += 2
			}
		}
		out = append(out, c)
		l.at++
	}
	return name(out)
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func (l *lexer) hex() text {
	l.at++
	var out []byte
	half := -1
	for l.at < len(l.data) {
		c := l.data[l.at]
		l.at++
		if c == '>' {
			break
		}
		v := unhex(c)
		switch {
		case v < 0:
		case half < 0:
			half = v
		default:
			out, half = append(out, byte(half<<4|v)), -1
		}
	}
	if half >= 0 {
		out = append(out, byte(half<<4))
	}
	return text(out)
}

// literal reads a string in parentheses (7.3.4.2).
func (l *lexer) literal() text {
	l.at++
	var out []byte
	for open := 1; l.at < len(l.data); {
		c := l.data[l.at]
		l.at++
		switch c {
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return text(out)
			}
		case '\\':
			out = l.escape(out)
			continue
		}
		out = append(out, c)
	}
	return text(out)
}

func (l *lexer) escape(out []byte) []byte {
	if l.at >= len(l.data) {
		return out
	}
	c := l.data[l.at]
	l.at++
	if i := bytes.IndexByte([]byte("nrtbf"), c); i >= 0 {
		return append(out, "\n\r\t\b\f"[i])
	}
	switch {
	case c == '\r':
		if l.at < len(l.data) && l.data[l.at] == '\n' {
			l.at++
		}
		return out
	case c == '\n':
		return out
	case c >= '0' && c <= '7':
		v := int(c - '0')
		for i := 0; i < 2 && l.at < len(l.data) && l.data[l.at] >= '0' && l.data[l.at] <= '7'; i++ {
			v = v<<3 | int(l.data[l.at]-'0')
			l.at++
		}
		return append(out, byte(v))
	}
	return append(out, c)
}

// object reads one object. It returns a keyword that is not an object as keyword.
func (l *lexer) object() any {
	t := l.token()
	switch t := t.(type) {
	case int:
		// "12 0 R" is a reference.
		back := l.at
		if generation, ok := l.token().(int); ok {
			if l.token() == any(keyword("R")) {
				return ref{t, generation}
			}
		}
		l.at = back
		return t
	case keyword:
		switch t {
		case "[":
			return l.array()
		case "<<":
			return l.dict()
		}
	}
	return t
}

func (l *lexer) enter() bool {
	l.depth++
	return l.depth <= maxNesting
}

func (l *lexer) array() any {
	defer func() { l.depth-- }()
	if !l.enter() {
		panic(exhausted{ErrTooMuch})
	}
	out := array{}
	for {
		switch v := l.object().(type) {
		case end:
			return out
		case keyword:
			if v == "]" {
				return out
			}
			if v == "endobj" || v == "endstream" || v == ">>" {
				return out
			}
		default:
			out = append(out, v)
		}
	}
}

func (l *lexer) dict() any {
	defer func() { l.depth-- }()
	if !l.enter() {
		panic(exhausted{ErrTooMuch})
	}
	out := dict{}
	for {
		switch k := l.token().(type) {
		case end:
			return out
		case keyword:
			if k == ">>" || k == "endobj" || k == "stream" {
				if k == "stream" {
					l.at -= len(k)
				}
				return out
			}
		case name:
			back := l.at
			v := l.object()
			if word, bad := v.(keyword); bad {
				if word == ">>" || word == "endobj" {
					l.at = back // a key without a value
				}
				continue
			}
			if _, over := v.(end); over {
				return out
			}
			out[k] = v
		}
	}
}
