package pattern

import (
	"errors"
	"fmt"
	"strings"
)

// Filter reports whether a CloudWatch Logs filter pattern for JSON matches a log
// line (CloudWatch Logs user guide, "Filter pattern syntax", "Using filter patterns
// to match terms in JSON log events"). A pattern that it cannot parse is an error.
func Filter(pattern string, line map[string]any) (bool, error) {
	p := &filter{tokens: filterTokens(pattern), line: line}
	if p.next() != "{" {
		return false, errors.New("it is not a JSON pattern")
	}
	matched, err := p.either()
	if err != nil {
		return false, err
	}
	if p.next() != "}" || len(p.tokens) > 0 {
		return false, errors.New("it continues after its end")
	}
	return matched, nil
}

// filter is the state of matching a pattern against a line.
type filter struct {
	tokens []string
	line   map[string]any
}

// filterTokens splits a pattern into braces, brackets, operators, words, and quoted texts with their
// first quote.
func filterTokens(s string) []string {
	var tokens []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		n := 1
		switch {
		case s[0] == '"':
			end := strings.IndexByte(s[1:], '"')
			if end < 0 {
				return append(tokens, s)
			}
			tokens = append(tokens, s[:end+1])
			s = s[end+2:]
			continue
		case strings.HasPrefix(s, "&&"),
			strings.HasPrefix(s, "||"),
			strings.HasPrefix(s, "!="),
			strings.HasPrefix(s, "<="),
			strings.HasPrefix(s, ">="):
			n = 2
		case strings.IndexByte("{}()=<>", s[0]) < 0:
			n = strings.IndexAny(s, " \t\r\n{}()=<>!&|\"")
			if n < 0 {
				n = len(s)
			}
			n = max(n, 1)
		}
		tokens = append(tokens, s[:n])
		s = s[n:]
	}
	return tokens
}

func (f *filter) peek() string {
	if len(f.tokens) == 0 {
		return ""
	}
	return f.tokens[0]
}

func (f *filter) next() string {
	t := f.peek()
	if len(f.tokens) > 0 {
		f.tokens = f.tokens[1:]
	}
	return t
}

func (f *filter) either() (bool, error) {
	matched, err := f.both()
	for err == nil && f.peek() == "||" {
		f.next()
		var other bool
		other, err = f.both()
		matched = matched || other
	}
	return matched, err
}

func (f *filter) both() (bool, error) {
	matched, err := f.term()
	for err == nil && f.peek() == "&&" {
		f.next()
		var other bool
		other, err = f.term()
		matched = matched && other
	}
	return matched, err
}

func (f *filter) term() (bool, error) {
	if f.peek() == "(" {
		f.next()
		matched, err := f.either()
		if err == nil && f.next() != ")" {
			err = errors.New("a bracket is not closed")
		}
		return matched, err
	}
	selector := f.next()
	path, ok := strings.CutPrefix(selector, "$.")
	if !ok {
		return false, fmt.Errorf("%q is no field", selector)
	}
	have, there := dig(f.line, strings.Split(path, "."))
	switch operator := f.next(); strings.ToUpper(operator) {
	case "=", "!=":
		want, quoted := strings.CutPrefix(f.next(), `"`)
		if !quoted && strings.HasPrefix(want, "%") {
			return false, errors.New("regular expressions are not understood here")
		}
		return there && like(want, fmt.Sprint(have)) == (operator == "="), nil
	case "EXISTS":
		return there, nil
	case "NOT":
		if strings.ToUpper(f.next()) != "EXISTS" {
			return false, errors.New("NOT is followed by something else than EXISTS")
		}
		return !there, nil
	case "IS":
		switch strings.ToUpper(f.next()) {
		case "NULL":
			return there && have == nil, nil
		case "TRUE":
			return have == true, nil
		case "FALSE":
			return have == false, nil
		}
	}
	return false, fmt.Errorf("the comparison of %s is not understood", selector)
}

// dig finds a value by its path.
func dig(line map[string]any, path []string) (value any, there bool) {
	value, there = line[path[0]]
	if len(path) == 1 {
		return value, there
	}
	inside, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	return dig(inside, path[1:])
}
