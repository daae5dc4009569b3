package pdf

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// zones are the parts of a page that are read one after the other, each from the top
// down: text in columns is read column by column.
func zones(all []*line, depth int) [][]*line {
	if depth > 4 {
		return [][]*line{all}
	}
	g, ok := gutter(all)
	if !ok {
		return [][]*line{all}
	}
	var left, right []word
	for _, l := range all[g.from:g.to] {
		for _, w := range l.words {
			if w.x0 < g.x {
				left = append(left, w)
			} else {
				right = append(right, w)
			}
		}
	}
	var out [][]*line
	if g.from > 0 {
		out = append(out, zones(all[:g.from], depth+1)...)
	}
	out = append(out, zones(lines(left), depth+1)...)
	out = append(out, zones(lines(right), depth+1)...)
	if g.to < len(all) {
		out = append(out, zones(all[g.to:], depth+1)...)
	}
	return out
}

// gap is a gutter between columns of text: its right edge, and the lines it divides.
type gap struct {
	x        float64
	from, to int
	words    int
}

// gutter finds the best gutter of a page.
func gutter(all []*line) (best gap, found bool) {
	starts, jumps := map[int]int{}, map[int]bool{}
	for _, l := range all {
		for i, w := range l.words {
			if w.grid == nil && w.script == 0 && (i == 0 || w.x0-l.words[i-1].x1 > 0.75*l.size) {
				starts[int(math.Round(w.x0/2))]++
				if i > 0 && w.seq > l.words[i-1].seq+20 {
					jumps[int(math.Round(w.x0/2))] = true // much was drawn between the two
					starts[int(math.Round(w.x0/2))] += 5
				}
			}
		}
	}
	for _, l := range all { // the column of a text that was drawn later may begin with an indent
		for at := int(math.Round(l.x0/2)) + 1; at < int(math.Round(l.x0/2))+12; at++ {
			if jumps[at] {
				starts[int(math.Round(l.x0/2))] += 5
				break
			}
		}
	}
	type candidate struct{ at, n int }
	var candidates []candidate
	for at, n := range starts {
		if n += starts[at+1] + starts[at-1]; n >= 5 {
			candidates = append(candidates, candidate{at, n})
		}
	}
	slices.SortFunc(candidates, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.at, b.at)) })
	for _, c := range candidates[:min(len(candidates), 16)] {
		x := float64(c.at)*2 - 2.5
		for from := 0; from < len(all); {
			to := from
			for to < len(all) && leaves(all[to], x) {
				to++
			}
			if to-from >= 5 {
				if g := (gap{x: x, from: from, to: to}); prose(all, &g) && g.words > best.words {
					best, found = g, true
				}
			}
			from = to + 1
		}
	}
	return best, found
}

// leaves reports whether a line leaves the gutter left of x free.
func leaves(l *line, x float64) bool {
	for i, w := range l.words {
		if w.x0 >= x || w.x1 <= x-0.45*l.size {
			continue
		}
		// Columns may nearly touch when one was drawn long before the other.
		if i+1 == len(l.words) || w.x1 > x+2 || l.words[i+1].seq-w.seq < 20 {
			return false
		}
	}
	return true
}

// side is what stands on one side of a gutter.
type side struct {
	lines, words, tabular int
	digits                int // words with digits
	lo, hi                float64
	first, last           int // in the order of drawing
	widths                []float64
}

func (s *side) add(words []word) {
	if len(words) == 0 {
		return
	}
	s.lines++
	s.words += len(words)
	s.tabular += count(len((&line{words: words, size: words[0].size}).spans()) > 1)
	s.lo, s.hi = min(s.lo, words[0].x0), max(s.hi, words[len(words)-1].x1)
	s.widths = append(s.widths, words[len(words)-1].x1-words[0].x0)
	for _, w := range words {
		s.digits += count(strings.ContainsAny(w.text, "0123456789"))
		s.first, s.last = min(s.first, w.seq), max(s.last, w.seq)
	}
}

// filled is the part of the lines that reach far into the column.
func (s *side) filled() float64 {
	n := 0
	for _, w := range s.widths {
		n += count(w > 0.7*(s.hi-s.lo))
	}
	return float64(n) / float64(max(1, s.lines))
}

// flows reports whether the lines are long and have hardly a number.
func (s *side) flows() bool {
	return s.lines > 5 && s.words > 4*s.lines && 10*s.digits < s.words && s.filled() > 0.6
}

// prose reports whether running text stands on both sides of a gutter. It narrows the
// gutter to the lines from the first to the last with text on the right.
func prose(all []*line, g *gap) bool {
	right := func(l *line) bool { return l.words[len(l.words)-1].x0 >= g.x }
	left := func(l *line) bool { return l.words[0].x0 < g.x }
	for g.from < g.to && !right(all[g.from]) {
		g.from++
	}
	for g.to > g.from && !right(all[g.to-1]) && !left(all[g.to-1]) {
		g.to--
	}
	for g.to-1 > g.from && all[g.to-2].y-all[g.to-1].y > 6*all[g.to-1].size {
		g.to-- // the number of the page
	}
	a := side{lo: math.Inf(1), hi: math.Inf(-1), first: math.MaxInt}
	b := a
	for _, l := range all[g.from:g.to] {
		at := len(l.words)
		for i, w := range l.words {
			if w.x0 >= g.x {
				at = i
				break
			}
		}
		if at < len(l.words) && l.words[at].grid != nil || at > 0 && l.words[0].grid != nil {
			continue
		}
		a.add(l.words[:at])
		b.add(l.words[at:])
	}
	inOrder := a.last < b.first || b.last < a.first
	tabular := 5*a.tabular > 2*a.lines || 5*b.tabular > 2*b.lines
	if inOrder && a.flows() && b.flows() {
		tabular = false // more columns, or wide spaces in set text
	}
	if a.lines < 4 || b.lines < 1 || tabular {
		return false
	}
	g.words = a.words + b.words
	perA, perB := float64(a.words)/float64(a.lines), float64(b.words)/float64(b.lines)
	switch {
	case b.lines < 4: // the text ends early in the second column
		return a.last < b.first && a.lines > 5 && perA >= 4 && perB >= 3.5 && a.filled() > 0.35 && b.filled() > 0.35
	case inOrder:
		return perA >= 2.5 && perB >= 2.5 && a.filled() > 0.35 && b.filled() > 0.35
	case min(a.lines, b.lines) >= 6:
		return perA >= 4.5 && perB >= 4.5 && a.filled() > 0.7 && b.filled() > 0.7
	}
	return false
}
