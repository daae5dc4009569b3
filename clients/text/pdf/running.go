package pdf

import (
	"math"
	"strconv"
	"strings"
)

// running marks the lines that stand at the top or the bottom of several pages: headers
// and footers.
func running(pages []*page) {
	type edge struct {
		kind Kind
		y    int
		text string
	}
	found := map[edge]int{}
	of := func(p *page, m margin) edge {
		return edge{m.kind, int(math.Round(m.y / 4)), timeless(m.text, p.number)}
	}
	for _, p := range pages {
		seen := map[edge]bool{}
		for _, m := range p.ends {
			if e := of(p, m); !seen[e] {
				seen[e] = true
				found[e]++
			}
		}
	}
	for _, p := range pages {
		for _, m := range p.ends {
			e := of(p, m)
			if found[e]+found[edge{e.kind, e.y - 1, e.text}]+found[edge{e.kind, e.y + 1, e.text}] < 2 {
				continue
			}
			if p.kinds == nil {
				p.kinds = map[int]Kind{}
			}
			for _, w := range m.words {
				p.kinds[w] = m.kind
			}
		}
	}
}

// margin is a line near the top or the bottom of a page.
type margin struct {
	kind  Kind
	y     float64
	text  string
	words []int
}

// margins are the first and the last three lines of a page.
func margins(p *page) []margin {
	if len(p.words) == 0 {
		return nil
	}
	angle, top, bottom := p.words[0].angle, math.Inf(-1), math.Inf(1)
	for _, w := range p.words {
		if w.angle == angle && w.kind == drawn {
			top, bottom = max(top, w.y), min(bottom, w.y)
		}
	}
	var upright []word
	for i, w := range p.words {
		if w.angle == angle && w.kind == drawn && (w.y > top-75 || w.y < bottom+75) {
			w.seq = i
			upright = append(upright, w)
		}
	}
	all := lines(upright)
	var out []margin
	for i, l := range all {
		kind := Paragraph
		switch {
		case i < 3 && l.y > all[0].y-45:
			kind = Header
		case i >= len(all)-3 && l.y < all[len(all)-1].y+45:
			kind = Footer
		}
		// Labels close to what is below or above them are a table's.
		near := func(j int) bool { return j >= 0 && j < len(all) && math.Abs(all[j].y-l.y) < 2.3*l.size }
		if len(l.spans()) > 2 && (kind == Header && near(i+1) || kind == Footer && near(i-1)) {
			kind = Paragraph
		}
		if kind == Paragraph || i > 0 && kind == Header && (len(out) == 0 || out[len(out)-1].kind != Header) {
			continue
		}
		m := margin{kind: kind, y: l.y}
		var parts []string
		for _, w := range l.words {
			m.words = append(m.words, w.seq)
			parts = append(parts, w.text)
		}
		m.text = strings.Join(parts, " ")
		out = append(out, m)
	}
	return out
}

// timeless is a text with numbers that count pages made alike.
func timeless(text string, page int) string {
	fields := strings.Fields(text)
	for i, f := range fields {
		core := strings.Trim(f, "-–—|./:,()[]")
		if n, err := strconv.Atoi(core); err == nil && n == page {
			fields[i] = strings.Replace(f, core, "#", 1)
		}
	}
	return strings.Join(fields, " ")
}

// gathered is what the layout of each page needs to know of all pages.
type gathered struct {
	hyphens hyphens
	phrases map[string]bool // texts of two to five words that stand alone somewhere
	letters map[float64]int // how many there are of each size
	kept    int             // words of pages that are in memory
}

func newGathered() *gathered {
	g := &gathered{hyphens: newHyphens(), phrases: map[string]bool{}, letters: map[float64]int{}}
	for _, name := range []string{
		"Verbal Comprehension", "Visual Spatial", "Fluid Reasoning", "Working Memory", "Processing Speed", "Perceptual Reasoning",
		"Nonverbal Index", "General Ability", "Cognitive Proficiency", "Quantitative Reasoning", "Auditory Working Memory", "Full Scale",
	} {
		g.phrases[name] = true
	}
	return g
}

// learn takes in a page, and drops its words when those of the pages before take enough
// memory.
func (g *gathered) learn(p *page) {
	g.hyphens.learn(p)
	p.ends = margins(p)
	for _, w := range p.words {
		g.letters[math.Round(w.size*2)/2] += len(w.text)
	}
	if len(g.phrases) < 20_000 {
		for _, l := range lines(p.words) {
			for _, s := range l.spans() {
				if len(s.words) > 1 && len(s.words) < 6 {
					g.phrases[say(s.words)] = true
				}
			}
		}
	}
	if g.kept += len(p.words); g.kept > maxKept {
		p.words, p.rules, p.dots, p.notes, p.again = nil, nil, nil, nil, true
	}
}

// bodySize is the size that most letters have.
func (g *gathered) bodySize() float64 {
	best, most := 0.0, -1
	for size, n := range g.letters {
		if n > most || n == most && size < best {
			best, most = size, n
		}
	}
	return best
}
