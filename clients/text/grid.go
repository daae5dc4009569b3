package text

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"claria/internal/safe"
)

// grid is the cells of one sheet that have something to show.
type grid struct {
	rows          map[int]map[int]spot // by row from 1, by column from 0
	cells         int
	hiddenColumns map[int]bool
	merged        [][4]int // column and row of the first cell, then of the last
	heads         [][3]int // row, first and last column of headers that the sheet knows
	margins       []Passage
}

func (g *grid) put(row, column int, text string, bold bool) {
	if g.rows == nil {
		g.rows = map[int]map[int]spot{}
	}
	if g.rows[row] == nil {
		g.rows[row] = map[int]spot{}
	}
	g.rows[row][column] = spot{text: text, across: 1, down: 1, head: bold}
	g.cells++
}

// area reads "A1:C3".
func area(ref string) ([4]int, bool) {
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		to = from
	}
	c1, r1, ok1 := cellRef(from)
	c2, r2, ok2 := cellRef(to)
	return [4]int{c1, r1, c2, r2}, ok1 && ok2 && c1 <= c2 && r1 <= r2
}

func (g *grid) merge(ref string) {
	if a, ok := area(ref); ok && len(g.merged) < 100_000 {
		g.merged = append(g.merged, a)
	}
}

func (g *grid) headAt(ref string) {
	if a, ok := area(ref); ok && len(g.heads) < 10_000 {
		g.heads = append(g.heads, [3]int{a[1] + 1, a[0], a[2]})
	}
}

var marginCode = regexp.MustCompile(`&(?:"[^"]*"|K[0-9A-Fa-f]{6}|[0-9]+|[A-Za-z])`)

// margin keeps the header or footer of the printed pages, without the page's number.
func (g *grid) margin(element, text string) {
	text = tidy(marginCode.ReplaceAllString(strings.ReplaceAll(text, "&&", "\x00"), " "))
	text = strings.ReplaceAll(text, "\x00", "&")
	kind := Header
	if strings.HasSuffix(element, "Footer") {
		kind = Footer
	}
	if strings.Trim(text, " /-") != "" && !strings.EqualFold(text, "Page") {
		g.margins = append(g.margins, Passage{Kind: kind, Text: safe.PHI(text)})
	}
}

// hiddenUsed counts the hidden columns that have something in them, and drops them.
func (g *grid) hiddenUsed() int {
	used := map[int]bool{}
	for _, row := range g.rows {
		for c := range row {
			if g.hiddenColumns[c] {
				used[c] = true
				delete(row, c)
			}
		}
	}
	return len(used)
}

// emit appends the sheet's tables. A row without anything ends a table.
func (g *grid) emit(out *builder) error {
	for _, m := range g.margins {
		if err := out.append(m); err != nil {
			return err
		}
	}
	g.spread()
	var block []int
	for _, r := range slices.Sorted(maps.Keys(g.rows)) {
		if len(g.rows[r]) == 0 {
			continue
		}
		if len(block) > 0 && r > block[len(block)-1]+1 {
			if err := g.table(out, block); err != nil {
				return err
			}
			block = block[:0]
		}
		block = append(block, r)
	}
	return g.table(out, block)
}

// spread repeats merged cells in all places that they cover.
func (g *grid) spread() {
	for _, m := range g.merged {
		s, ok := g.rows[m[1]+1][m[0]]
		if !ok {
			continue
		}
		s.across, s.down = m[2]-m[0]+1, m[3]-m[1]+1
		if s.across*s.down > maxLattice || g.cells+s.across*s.down > 2*maxLattice {
			continue
		}
		for r := m[1] + 1; r <= m[3]+1; r++ {
			if g.rows[r] == nil && r > m[1]+1 && s.across == 1 {
				continue
			}
			if g.rows[r] == nil {
				g.rows[r] = map[int]spot{}
			}
			for c := m[0]; c <= m[2]; c++ {
				if !g.hiddenColumns[c] {
					g.rows[r][c] = s
					g.cells++
				}
			}
		}
	}
}

// table appends one block of rows: a table, or paragraphs if it has one column.
func (g *grid) table(out *builder, block []int) error {
	// Lines of one cell above a table are its title.
	for len(block) > 1 && len(g.rows[block[0]]) == 1 && g.wide(block) {
		if err := g.lines(out, block[:1]); err != nil {
			return err
		}
		block = block[1:]
	}
	if len(block) == 0 {
		return nil
	}
	columns := g.columns(block)
	if len(columns) == 1 {
		return g.lines(out, block)
	}
	if len(columns)*len(block) > 4*maxLattice {
		return errTooMuch
	}
	cells := make([][]spot, len(block))
	for i, r := range block {
		for _, c := range columns {
			s := g.rows[r][c]
			s.text = tidy(s.text)
			cells[i] = append(cells[i], s)
		}
	}
	from, to := g.known(block)
	if to == 0 {
		from, to = headings(cells)
	}
	out.table()
	for i, row := range cells {
		texts := make([]string, len(row))
		for c, s := range row {
			texts[c] = s.text
		}
		if err := out.row(i >= from && i < to, texts...); err != nil {
			return err
		}
	}
	return nil
}

// wide reports whether some row of the block has more than one cell.
func (g *grid) wide(block []int) bool {
	return slices.ContainsFunc(block, func(r int) bool { return len(g.rows[r]) > 1 })
}

// known are the header rows of a block that the sheet itself knows.
func (g *grid) known(block []int) (from, to int) {
	for i, r := range block {
		if slices.ContainsFunc(g.heads, func(h [3]int) bool { return h[0] == r }) {
			return i, i + 1
		}
	}
	return 0, 0
}

// columns are those from the first to the last that the block uses. Of a very wide block
// only the ones that it uses.
func (g *grid) columns(block []int) []int {
	used := map[int]bool{}
	for _, r := range block {
		for c := range g.rows[r] {
			used[c] = true
		}
	}
	sorted := slices.Sorted(maps.Keys(used))
	first, last := sorted[0], sorted[len(sorted)-1]
	if last-first > 200 {
		return sorted
	}
	var out []int
	for c := first; c <= last; c++ {
		if !g.hiddenColumns[c] {
			out = append(out, c)
		}
	}
	return out
}

// lines appends rows of one cell as paragraphs.
func (g *grid) lines(out *builder, block []int) error {
	for _, r := range block {
		for _, s := range g.rows[r] {
			if err := out.add(Paragraph, 0, s.text); err != nil {
				return err
			}
		}
	}
	return nil
}
