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
	ofPage := make([]map[edge][]int, len(pages)) // indexes of words
	for i, p := range pages {
		ofPage[i] = map[edge][]int{}
		for _, m := range margins(p) {
			e := edge{m.kind, int(math.Round(m.y / 4)), timeless(m.text, p.number)}
			if ofPage[i][e] == nil {
				found[e]++
			}
			ofPage[i][e] = append(ofPage[i][e], m.words...)
		}
	}
	for i, p := range pages {
		for e, words := range ofPage[i] {
			if found[e]+found[edge{e.kind, e.y - 1, e.text}]+found[edge{e.kind, e.y + 1, e.text}] < 2 {
				continue
			}
			for _, w := range words {
				p.words[w].running = e.kind
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
	angle := p.words[0].angle
	var upright []word
	for i, w := range p.words {
		if w.angle == angle && w.kind == drawn {
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
		if kind == Paragraph || i > 0 && kind == Header && out[len(out)-1].kind != Header {
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

// phrases are the texts of two to five words that stand alone somewhere: names whose
// words may be found on several lines elsewhere.
func phrases(pages []*page) map[string]bool {
	out := map[string]bool{}
	for _, name := range []string{
		"Verbal Comprehension", "Visual Spatial", "Fluid Reasoning", "Working Memory", "Processing Speed", "Perceptual Reasoning",
		"Nonverbal Index", "General Ability", "Cognitive Proficiency", "Quantitative Reasoning", "Auditory Working Memory", "Full Scale",
	} {
		out[name] = true
	}
	for _, p := range pages {
		for _, l := range lines(p.words) {
			for _, s := range l.spans() {
				if len(s.words) > 1 && len(s.words) < 6 && len(out) < 50_000 {
					out[say(s.words)] = true
				}
			}
		}
	}
	return out
}
