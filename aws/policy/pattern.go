package policy

import (
	"slices"
	"strings"
)

// pattern is a policy's text in which wildcards and literals are distinct. In plain text
// they are not, because the value of a variable may contain * and ?.
type pattern []token

type token struct {
	kind    tokenKind
	literal rune
	// within limits a wildcard to one segment of an ARN: it matches no colon.
	within bool
}

type tokenKind uint8

const (
	literal tokenKind = iota
	anyOne            // ?
	anyRun            // *
)

// glob makes a pattern of plain text with * and ?.
func glob(s string) pattern {
	p := make(pattern, 0, len(s))
	for _, r := range s {
		switch r {
		case '*':
			p = append(p, token{kind: anyRun})
		case '?':
			p = append(p, token{kind: anyOne})
		default:
			p = append(p, token{literal: r})
		}
	}
	return p
}

// exact makes a pattern that matches only s.
func exact(s string) pattern {
	p := make(pattern, 0, len(s))
	for _, r := range s {
		p = append(p, token{literal: r})
	}
	return p
}

// lower returns the pattern for a comparison without case. The caller lowers the other
// side.
func (p pattern) lower() pattern {
	out := slices.Clone(p)
	for i := range out {
		if out[i].kind == literal {
			out[i].literal = []rune(strings.ToLower(string(out[i].literal)))[0]
		}
	}
	return out
}

// inSegments applies the rule for wildcards in the Resource element: a wildcard
// stays within its segment of the ARN, but "if the * wildcard is the last
// character of a resource ARN segment, it can expand to match beyond the colon
// boundaries" (IAM user guide, "Resource"). Everything after the fifth colon is one
// segment, even when an object key has colons.
func (p pattern) inSegments() pattern {
	out := slices.Clone(p)
	colons := 0
	for i, t := range out {
		switch {
		case t.kind == literal && t.literal == ':':
			colons++
		case t.kind == literal || colons >= 5:
		case t.kind == anyRun && (i+1 == len(out) || out[i+1].kind == literal && out[i+1].literal == ':'):
		default:
			out[i].within = true
		}
	}
	return out
}

// match reports whether the whole of s matches. It takes at most len(p)×len(s) steps,
// so no policy can make it hang.
func (p pattern) match(s string) bool {
	text := []rune(s)
	if !slices.ContainsFunc(p, func(t token) bool { return t.kind != literal }) {
		return len(p) == len(text) && p.literally(text)
	}
	// reach[i]: the tokens so far can match text[:i].
	reach := make([]bool, len(text)+1)
	reach[0] = true
	next := make([]bool, len(text)+1)
	for _, t := range p {
		clear(next)
		some := false
		for i := range next {
			switch {
			case t.kind == anyRun && (reach[i] || i > 0 && next[i-1] && t.takes(text[i-1])):
				next[i] = true
			case t.kind == anyOne && i > 0 && reach[i-1] && t.takes(text[i-1]):
				next[i] = true
			case t.kind == literal && i > 0 && reach[i-1] && text[i-1] == t.literal:
				next[i] = true
			}
			some = some || next[i]
		}
		if !some {
			return false
		}
		reach, next = next, reach
	}
	return reach[len(text)]
}

// takes reports whether a wildcard may match r.
func (t token) takes(r rune) bool { return !t.within || r != ':' }

func (p pattern) literally(text []rune) bool {
	for i, t := range p {
		if t.literal != text[i] {
			return false
		}
	}
	return true
}

// covers reports whether p matches everything that q matches. It may miss a true cover
// ("?*" for "*"), but never claims a false one.
func (p pattern) covers(q pattern) bool {
	p, q, ok := p.unprefixed(q)
	if !ok {
		return false
	}
	// State (i, j): p[i:] has to cover q[j:].
	type state struct{ i, j int }
	memo := map[state]bool{}
	var covers func(i, j int) bool
	covers = func(i, j int) bool {
		if i == len(p) {
			return j == len(q)
		}
		k := state{i, j}
		if v, ok := memo[k]; ok {
			return v
		}
		memo[k] = false
		var v bool
		switch t := p[i]; t.kind {
		case anyRun:
			v = covers(i+1, j) || j < len(q) && (!t.within || q[j].withinSegment()) && covers(i, j+1)
		case anyOne:
			v = j < len(q) && q[j].kind != anyRun && (!t.within || q[j].withinSegment()) && covers(i+1, j+1)
		default:
			v = j < len(q) && q[j].kind == literal && q[j].literal == t.literal && covers(i+1, j+1)
		}
		memo[k] = v
		return v
	}
	return covers(0, 0)
}

// withinSegment reports whether the token can match no colon.
func (t token) withinSegment() bool {
	if t.kind == literal {
		return t.literal != ':'
	}
	return t.within
}

// meets reports whether some text may match both p and q. It may claim a
// meeting that the segments of an ARN forbid, but never misses one.
func (p pattern) meets(q pattern) bool {
	p, q, ok := p.unprefixed(q)
	if !ok {
		return false
	}
	type state struct{ i, j int }
	memo := map[state]bool{}
	var meets func(i, j int) bool
	meets = func(i, j int) bool {
		if i == len(p) && j == len(q) {
			return true
		}
		k := state{i, j}
		if v, ok := memo[k]; ok {
			return v
		}
		memo[k] = false
		var v bool
		switch {
		case i < len(p) && p[i].kind == anyRun:
			v = meets(i+1, j) || j < len(q) && meets(i, j+1)
		case j < len(q) && q[j].kind == anyRun:
			v = meets(i, j+1) || i < len(p) && meets(i+1, j)
		case i < len(p) && j < len(q):
			v = (p[i].kind == anyOne || q[j].kind == anyOne || p[i].literal == q[j].literal) && meets(i+1, j+1)
		}
		memo[k] = v
		return v
	}
	return meets(0, 0)
}

// unprefixed returns the rest of both patterns after their common literal start. ok is
// false when the literals differ, so that no text matches both.
func (p pattern) unprefixed(q pattern) (pattern, pattern, bool) {
	for len(p) > 0 && len(q) > 0 && p[0].kind == literal && q[0].kind == literal {
		if p[0].literal != q[0].literal {
			return nil, nil, false
		}
		p, q = p[1:], q[1:]
	}
	return p, q, true
}
