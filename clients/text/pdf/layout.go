package pdf

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// composer turns words into passages, page by page.
type composer struct {
	hyphens hyphens
	phrases map[string]bool
	body    float64 // the size of most letters
	tables  int
	divided bool            // nothing of this page or column is written yet
	marks   map[string]bool // of notes on the page
	open    *table          // the table that ended the page before
	out     []Block
}

func layout(f *file, pages []*page, g *gathered, out *Reading) []Block {
	l := &composer{hyphens: g.hyphens, phrases: g.phrases, body: g.bodySize()}
	running(pages)
	seen := map[string]bool{}
	for i, p := range pages {
		if p.again && !f.reread(p) || f.budget.late() {
			out.rest(p.number, pages)
			break
		}
		for at, kind := range p.kinds {
			if at < len(p.words) {
				p.words[at].running = kind
			}
		}
		l.running(p, Header, seen)
		l.page(p)
		l.out = append(l.out, p.notes...)
		l.running(p, Footer, seen)
		pages[i] = &page{number: p.number, glyphs: p.glyphs, lost: p.lost}
		if len(l.out) > maxBlocks {
			l.out = l.out[:maxBlocks]
			out.lacks(Part, p.number, 0, PastLimit)
			out.rest(p.number+1, pages)
			break
		}
	}
	return l.out
}

// reread reads the words of a page again.
func (f *file) reread(p *page) bool {
	again, spent := f.readPage(p.number, p.node, &Reading{})
	p.words, p.rules, p.dots, p.notes = again.words, again.rules, again.dots, again.notes
	return spent == nil
}

// rest says that the pages from number on are past the limit.
func (r *Reading) rest(number int, pages []*page) {
	said := map[int]bool{}
	for _, u := range r.Unread {
		said[u.Page] = said[u.Page] || u.Unit == Page && u.Reason == PastLimit
	}
	for _, p := range pages {
		if p.number >= number && !said[p.number] {
			r.lacks(Page, p.number, 1, PastLimit)
		}
	}
}

// running writes the header or footer of a page, once for each text.
func (l *composer) running(p *page, kind Kind, seen map[string]bool) {
	var words []word
	for _, w := range p.words {
		if w.running == kind {
			words = append(words, w)
		}
	}
	for _, line := range lines(words) {
		var parts []string
		for _, s := range line.spans() {
			parts = append(parts, say(s.words))
		}
		text := strings.Join(parts, " ")
		if key := timeless(text, p.number); !seen[key] {
			seen[key] = true
			l.out = append(l.out, Block{Kind: kind, Page: p.number, Cells: []string{text}})
		}
	}
}

// page writes the passages of one page: first what is written in the direction of most
// words, then the rest.
func (l *composer) page(p *page) {
	byAngle := map[int][]word{}
	l.marks = map[string]bool{}
	for _, w := range p.words {
		if w.running == Paragraph {
			byAngle[w.angle] = append(byAngle[w.angle], w)
		}
	}
	angles := make([]int, 0, len(byAngle))
	for angle := range byAngle {
		angles = append(angles, angle)
	}
	slices.SortFunc(angles, func(a, b int) int {
		return cmp.Or(cmp.Compare(len(byAngle[b]), len(byAngle[a])), cmp.Compare(a, b))
	})
	for _, angle := range angles {
		l.turned(p, byAngle[angle], p.turned(angle))
	}
	if len(angles) == 0 {
		l.open = nil
	}
}

// turned writes the passages of the words that are written in one direction.
func (l *composer) turned(p *page, words []word, rules []segment) {
	level, upright := rulings(rules)
	level = strike(words, level)
	found, free := grids(level, upright)
	for _, g := range found {
		t, rest := g.table(words, l.hyphens.cell)
		if t == nil {
			free = append(free, g.level...)
			continue
		}
		// The table stands in the place of its words.
		rest = append(rest, word{x0: t.x0, x1: t.x1, y: t.top - 1, size: 1, grid: t, seq: -1})
		words = rest
	}
	if words[0].angle == 0 {
		words = bullets(words, p.dots)
	}
	all := lines(words)
	for _, one := range all {
		for _, w := range one.words {
			if w.script > 0 {
				l.marks[w.text] = true
			}
		}
	}
	parts := zones(all, 0)
	for i, part := range parts {
		reach(part)
		l.divided = true
		f := &finder{lines: part, rules: free, text: l.hyphens.cell}
		if i == 0 {
			f.last = l.open
			if l.open != nil && l.open.went < p.number-1 {
				f.last = nil
			}
		}
		l.flow(p, f)
	}
}

// flow writes the passages of one column of the page, tables among them.
func (l *composer) flow(p *page, f *finder) {
	start := 0
	first := true
	for i := 0; i < len(f.lines); {
		if g := f.lines[i].words[0].grid; g != nil {
			l.paragraphs(p, f.lines[start:i])
			l.table(p, g, first && start == i)
			i++
			start, first = i, false
			continue
		}
		if f.lines[i].form() {
			i++
			continue
		}
		if i > 0 {
			f.last = nil
		}
		resumed := f.last
		t, from, to := f.at(i, start)
		f.last = nil
		if t == nil {
			i++
			first = false
			continue
		}
		l.paragraphs(p, f.lines[start:from])
		l.table(p, t, resumed != nil || first && from == 0)
		i = to
		start, first = i, false
	}
	l.paragraphs(p, f.lines[start:])
	if start < len(f.lines) {
		l.open = nil
	}
}

// table writes the rows of a table. One at the top of a page goes on with the table that
// ended the page before when it has the same columns.
func (l *composer) table(p *page, t *table, top bool) {
	last := l.open
	l.divided = false
	t.headed()
	goesOn := top && last != nil && last.went == p.number-1 && last.alike(t)
	if goesOn {
		t.number = last.number
		if t.header > 0 && last.header > 0 && sameCells(t.rows[0], last.rows[0]) {
			t.header = 1 // it is repeated at the top of the page
		} else if t.header > 0 && last.header > 0 {
			t.header = 0 // the header is on the page before: these are rows
		}
	} else {
		l.tables++
		t.number = l.tables
	}
	group := ""
	if goesOn {
		group = last.group
	}
	t.fillDown(l.phrases, group)
	if n := len(t.rows); n > t.header {
		t.group = t.rows[n-1][0].text
	}
	for i, row := range t.rows {
		b := Block{Kind: Row, Page: p.number, Table: t.number}
		if i < t.header {
			b.Kind = HeaderRow
		}
		some := false
		for _, c := range row {
			b.Cells = append(b.Cells, c.text)
			some = some || c.text != ""
		}
		if some {
			l.out = append(l.out, b)
		}
	}
	if goesOn {
		last.group = t.group
		last.went, last.edges, last.columns, last.x0, last.x1 = p.number, t.edges, t.columns, t.x0, t.x1
		l.open = last
		return
	}
	t.went = p.number
	l.open = t
}

func sameCells(a, b []cell) bool {
	return slices.EqualFunc(a, b, func(a, b cell) bool { return a.text == b.text })
}

// alike reports whether two tables have the same columns in the same places.
func (t *table) alike(o *table) bool {
	if len(t.edges) != len(o.edges) {
		return false
	}
	shift := o.edges[0] - t.edges[0] // left and right pages have different margins
	for i := range t.edges {
		if math.Abs(o.edges[i]-t.edges[i]-shift) > 12 {
			return false
		}
	}
	return true
}

// fillDown repeats the name of a group in the rows that it stands for. The first column
// holds such names when the second has the rows' own. before is the name at the end of
// the page before.
func (t *table) fillDown(phrases map[string]bool, before string) {
	rows := t.rows[t.header:]
	if len(rows) < 2 && before == "" || len(rows) == 0 || len(rows[0]) < 3 {
		return
	}
	blank := rows[0][0].text == "" && before != ""
	for i, row := range rows {
		if row[1].text == "" || row[1].numeric() || row[0].numeric() {
			return
		}
		blank = blank || i > 0 && row[0].text == ""
	}
	if rows[0][0].text == "" {
		rows[0][0].text = before
	}
	if !blank || rows[0][0].text == "" {
		return
	}
	for i := 0; i < len(rows); {
		// A name may be on several rows' lines: "Verbal", "Comprehension".
		name, j := rows[i][0].text, i+1
		for k := i + 1; k < len(rows) && rows[k][0].text != "" && k-i < 4; k++ {
			var parts []string
			for _, row := range rows[i : k+1] {
				parts = append(parts, row[0].text)
			}
			if whole := strings.Join(parts, " "); phrases[whole] && !phrases[rows[k][0].text] {
				name, j = whole, k+1
			}
		}
		for j < len(rows) && rows[j][0].text == "" {
			j++
		}
		for _, row := range rows[i:j] {
			row[0].text = name
		}
		i = j
	}
}
