package pdf

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// grouping makes rows of the lines of a table whose columns are known.
type grouping struct {
	lines []*line
	edges []float64
	rules []across // level ones, between rows
	text  join
}

// placed is a line of the table, its words by column.
type placed struct {
	*line
	cells    [][]word
	over     []stretch // texts above several columns
	x1       []float64 // where the words of a column end
	filled   int
	numbers  int
	numeric  []bool
	ruleOver bool // a rule stands above the line
}

// stretch is a text that stands above several columns.
type stretch struct {
	from, to int
	words    []word
}

// rows are the rows, each with a cell for each column.
func (g *grouping) rows() [][]cell {
	all := make([]*placed, len(g.lines))
	for i, l := range g.lines {
		all[i] = g.place(l)
		if i > 0 {
			all[i].ruleOver = g.ruledBetween(g.lines[i-1], l)
		}
	}
	ends := g.ends(all)
	steps := leading(all)
	var out [][]cell
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && !all[j].ruleOver && continues(all[i:j], all[j], ends, steps) {
			j++
		}
		out = append(out, g.row(all[i:j]))
		i = j
	}
	return out
}

// reaches says how far the texts of a column reach, and how far they could.
type reaches struct{ text, room float64 }

func (g *grouping) ends(all []*placed) []reaches {
	out := make([]reaches, len(g.edges)-1)
	for c := range out {
		out[c] = reaches{math.Inf(-1), math.Inf(1)}
		for _, p := range all {
			out[c].text = max(out[c].text, p.x1[c])
			if c+1 < len(out) && len(p.cells[c+1]) > 0 {
				out[c].room = min(out[c].room, p.cells[c+1][0].x0-0.5*p.size)
			}
		}
		if math.IsInf(out[c].room, 1) {
			out[c].room = out[c].text
		}
	}
	return out
}

// place puts the words of a line into columns. A text that crosses an edge stands above
// the columns it touches.
func (g *grouping) place(l *line) *placed {
	n := len(g.edges) - 1
	p := &placed{line: l, cells: make([][]word, n), x1: make([]float64, n), numeric: make([]bool, n)}
	for c := range p.x1 {
		p.x1[c] = math.Inf(-1)
	}
	for _, s := range l.spans() {
		from, to := g.column(s.x0+0.1*l.size), g.column(s.x1-0.1*l.size)
		if to > from && !g.steps(s.words) {
			p.over = append(p.over, stretch{from, to, s.words})
			continue
		}
		for _, w := range s.words {
			c := g.best(w)
			p.cells[c], p.x1[c] = append(p.cells[c], w), max(p.x1[c], w.x1)
		}
	}
	for c, words := range p.cells {
		if len(words) > 0 {
			p.filled++
			p.numeric[c] = (cell{text: say(words)}).numeric()
			p.numbers += count(p.numeric[c])
		}
	}
	return p
}

// steps reports whether an edge of a column runs between words, and through none.
func (g *grouping) steps(words []word) bool {
	for _, w := range words {
		if g.column(w.x0+0.1*w.size) != g.column(w.x1-0.1*w.size) {
			return false
		}
	}
	for i := 1; i < len(words); i++ {
		if g.column(words[i-1].x1) != g.column(words[i].x0) && words[i].x0-words[i-1].x1 < 0.42*words[i].size {
			return false
		}
	}
	return true
}

func (g *grouping) column(x float64) int {
	for c := 1; c < len(g.edges)-1; c++ {
		if x < g.edges[c] {
			return c - 1
		}
	}
	return len(g.edges) - 2
}

// best is the column that a word overlaps most.
func (g *grouping) best(w word) int {
	best, most := 0, math.Inf(-1)
	for c := range len(g.edges) - 1 {
		lo, hi := g.edges[c], g.edges[c+1]
		if c == 0 {
			lo = math.Inf(-1)
		}
		if c == len(g.edges)-2 {
			hi = math.Inf(1)
		}
		if shared := min(hi, w.x1) - max(lo, w.x0); shared > most {
			best, most = c, shared
		}
	}
	return best
}

// ruledBetween reports whether a rule across much of the table runs between two lines.
func (g *grouping) ruledBetween(a, b *line) bool {
	wide := g.edges[len(g.edges)-1] - g.edges[0]
	covered := 0.0
	for _, r := range g.rules {
		if r.at < a.y+0.1*a.size && r.at > b.y+0.3*b.size {
			covered += max(0, min(r.hi, g.edges[len(g.edges)-1])-max(r.lo, g.edges[0]))
		}
	}
	return covered > 0.5*wide
}

// steps says how far apart lines are.
type steps struct {
	tight float64 // the most between the lines of one cell
	clear bool    // rows are farther apart than that
	named bool    // and all have a first cell
}

// leading is the distance of lines within a cell, when the distances show it.
func leading(all []*placed) steps {
	s := distances(all)
	s.named = s.clear
	for i := 1; i < len(all); i++ {
		if all[i-1].y-all[i].y > s.tight && len(all[i].cells[0]) == 0 {
			s.named = false
		}
	}
	return s
}

func distances(all []*placed) steps {
	var gaps []float64
	for i := 1; i < len(all); i++ {
		if d := all[i-1].y - all[i].y; d > 0.97*min(all[i].size, all[i-1].size) && d < 4*all[i].size {
			gaps = append(gaps, d)
		}
	}
	if len(gaps) == 0 {
		return steps{}
	}
	least, most := slices.Min(gaps), slices.Max(gaps)
	// Lines of one text are at most 1.45 sizes apart.
	if most > 1.13*least && least < 1.45*all[0].size {
		return steps{tight: least * 1.08, clear: true}
	}
	// A smaller step counts when the lines behind it have no name of a row.
	near, nameless, far, named := 0, 0, 0, 0
	for i := 1; i < len(all); i++ {
		blank := len(all[i].cells[0]) == 0
		if all[i-1].y-all[i].y < least+0.3 {
			near, nameless = near+1, nameless+count(blank)
		} else {
			far, named = far+1, named+count(!blank)
		}
	}
	return steps{tight: least + 0.3, clear: far > 1 && near > 1 && most > least+0.35 && 5*nameless >= 3*near && 10*named >= 9*far}
}

// continues reports whether a line goes on with the row of the lines before it.
func continues(row []*placed, next *placed, ends []reaches, steps steps) bool {
	last := row[len(row)-1]
	d := last.y - next.y
	numbers, torn := 0, false // of the row so far
	clash := false
	for c := range next.cells {
		for _, p := range row {
			if len(p.cells[c]) > 0 {
				numbers += count(p.numeric[c])
				if p.numeric[c] && next.numeric[c] {
					goesOn := strings.ContainsAny(ending(p.cells[c]), "-–/")
					clash, torn = clash || !goesOn, torn || goesOn
				}
			}
		}
	}
	// A number may be broken, not only a text.
	broken := len(next.cells[0]) == 0 && (2*next.filled <= len(next.cells)+1 || steps.named && d <= steps.tight)
	switch {
	case clash && !broken, clash && steps.clear && d > steps.tight, heads(row, next):
		return false // two numbers in a column are two rows
	case d < 0.8*min(last.size, next.size):
		return true // their letters overlap: they stand side by side
	case steps.clear && (d > steps.tight || apart(row, next) > steps.tight):
		return false
	case len(next.over) > 0 || len(last.over) > 0:
		return false
	case separate(last, next, ends):
		return false
	case steps.clear:
		return torn || next.filled < len(next.cells) || numbers == 0 || next.numbers == 0
	}
	return wraps(row, next, ends)
}

// separate reports whether two close lines of a table of two columns are rows of their own,
// as in a list of names and what they stand for: both have both texts, and a text would
// have had room for the next one's first word, so that it was not wrapped, or only one line
// is bold. The bold labels of a heading may break where they like.
func separate(last, next *placed, ends []reaches) bool {
	if len(next.cells) != 2 || last.filled < 2 || next.filled < 2 {
		return false
	}
	lastBold, bold, roomy := true, true, false
	for c, words := range next.cells {
		first := words[0]
		lastBold, bold = lastBold && last.cells[c][0].bold, bold && first.bold
		reach := max(ends[c].text, ends[c].room)
		roomy = roomy || last.x1[c]+0.3*last.size+first.x1-first.x0 < reach
	}
	return lastBold != bold || roomy && !bold
}

// ending is the text of the last of the words.
func ending(words []word) string {
	s := words[len(words)-1].text
	_, n := utf8.DecodeLastRuneInString(s)
	return s[len(s)-n:]
}

// heads reports whether the row is a line of labels over several columns, and the next
// line has the labels of the columns, which repeat.
func heads(row []*placed, next *placed) bool {
	if len(row) > 1 || row[0].numbers > 0 || next.numbers > 0 || len(row[0].cells[0]) > 0 && len(next.cells[0]) > 0 {
		return false
	}
	seen := map[string]bool{}
	for _, words := range next.cells {
		if text := say(words); text != "" && seen[text] {
			return true
		} else if text != "" {
			seen[text] = true
		}
	}
	return false
}

// apart is the farthest that a text of the line is from what stands above it in the row.
func apart(row []*placed, next *placed) float64 {
	most := 0.0
	for c, words := range next.cells {
		for i := len(row) - 1; i >= 0 && len(words) > 0; i-- {
			if len(row[i].cells[c]) > 0 {
				most = max(most, row[i].y-next.y)
				break
			}
		}
	}
	return most
}

// wraps decides by the words when all lines are equally far apart: a text goes on in the
// next line only when its first word had no room in this one.
func wraps(row []*placed, next *placed, ends []reaches) bool {
	all := true
	lower := false
	for c, words := range next.cells {
		if len(words) == 0 {
			continue
		}
		above := false
		for i := len(row) - 1; i >= 0 && !above; i-- {
			if p := row[i]; len(p.cells[c]) > 0 {
				above = true
				last := p.cells[c][len(p.cells[c])-1]
				r, _ := utf8.DecodeRuneInString(words[0].text)
				small := unicode.IsLower(r) || r == '(' || strings.ContainsAny(ending(p.cells[c]), "-,/&") || connects[last.text]
				room := ends[c].text - last.x1
				if !small {
					room = max(room, ends[c].room-last.x1) // another name, if it had room
				}
				lower = lower || small
				if next.numeric[c] && p.numeric[c] && len(next.cells[0]) == 0 {
					// A narrow column breaks a number where it must.
					short := words[len(words)-1].x1-words[0].x0 < 0.5*(last.x1-p.cells[c][0].x0)
					all, lower = all && short, true
				} else if next.numeric[c] || p.numeric[c] || room > words[0].x1-words[0].x0+0.2*next.size && !small {
					all = false
				}
			}
		}
		if !above {
			// A number may stand on the last line of its name.
			all = all && c > 0 && len(row) == 1 && row[0].filled == 1 && len(row[0].cells[0]) > 0 && len(next.cells[0]) > 0
		}
	}
	numbers := 0
	for _, p := range row {
		numbers += p.numbers
	}
	return all && next.filled > 0 && (next.numbers == 0 || numbers == 0 || len(next.cells[0]) == 0) &&
		(lower || next.filled < len(next.cells) || row[0].filled < len(next.cells))
}

// connects are words that end no name.
var connects = set("and of the or to in for with a an on by")

// row joins the lines of a row.
func (g *grouping) row(all []*placed) []cell {
	out := make([]cell, len(g.edges)-1)
	for c := range out {
		var words []word
		for _, p := range all {
			words = append(words, p.cells[c]...)
			if len(all) > 1 && p.filled == 1 && c == 0 && len(p.cells[0]) > 0 {
				out[c].beside = true
			}
		}
		beside := out[c].beside
		out[c] = cellOf(words, g.text)
		out[c].beside = beside
	}
	for _, p := range all {
		for _, s := range p.over {
			own := cellOf(s.words, g.text)
			for c := s.from; c <= s.to; c++ {
				out[c].text, out[c].bold = g.text(out[c].text, own.text), own.bold
				out[c].repeated = c > s.from
			}
		}
	}
	return out
}
