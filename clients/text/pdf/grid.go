package pdf

import (
	"cmp"
	"math"
	"slices"
)

// touch is how far apart, in points, two rules may be and still meet.
const touch = 2.6

// across is a horizontal rule; of a vertical one, x and y are exchanged.
type across struct {
	at     float64
	lo, hi float64
}

// rulings are the rules of a page, those in one line joined.
func rulings(rules []segment) (level, upright []across) {
	for _, s := range rules {
		if math.Abs(s.y0-s.y1) <= math.Abs(s.x0-s.x1) {
			level = append(level, across{(s.y0 + s.y1) / 2, min(s.x0, s.x1), max(s.x0, s.x1)})
		} else {
			upright = append(upright, across{(s.x0 + s.x1) / 2, min(s.y0, s.y1), max(s.y0, s.y1)})
		}
	}
	return inLine(level), inLine(upright)
}

func inLine(all []across) []across {
	slices.SortFunc(all, func(a, b across) int { return cmp.Compare(a.at, b.at) })
	for i := 0; i < len(all); { // what is nearly in one line gets one place
		j := i + 1
		for j < len(all) && all[j].at-all[j-1].at < 1.2 && all[j].at-all[i].at < 2 {
			j++
		}
		for k := i; k < j; k++ {
			all[k].at = all[i].at
		}
		i = j
	}
	slices.SortFunc(all, func(a, b across) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.lo, b.lo)) })
	var out []across
	for _, a := range all {
		if n := len(out); n > 0 && out[n-1].at == a.at && a.lo-out[n-1].hi < touch {
			out[n-1].hi = max(out[n-1].hi, a.hi)
			continue
		}
		out = append(out, a)
	}
	return out
}

// grid is rules that meet, as columns and rows.
type grid struct {
	level, upright []across
	xs, ys         []float64 // the edges, from the left and from the top
	cell           []int     // for each place, the first place of its cell
}

// grids groups rules that meet. free are the level rules that meet no upright one.
func grids(level, upright []across) (out []*grid, free []across) {
	parent := make([]int, len(level)+len(upright))
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for i, h := range level {
		for j, v := range upright {
			if v.at >= h.lo-touch && v.at <= h.hi+touch && h.at >= v.lo-touch && h.at <= v.hi+touch {
				parent[root(i)] = root(len(level) + j)
			}
		}
	}
	byRoot := map[int]*grid{}
	of := func(i int) *grid {
		g := byRoot[root(i)]
		if g == nil {
			g = &grid{}
			byRoot[root(i)] = g
			out = append(out, g)
		}
		return g
	}
	for i := range level {
		of(i).level = append(of(i).level, level[i])
	}
	for j := range upright {
		of(len(level) + j).upright = append(of(len(level)+j).upright, upright[j])
	}
	out = slices.DeleteFunc(out, func(g *grid) bool {
		if len(g.upright) == 0 || !g.measure() {
			free = append(free, g.level...)
			return true
		}
		return false
	})
	return out, free
}

// measure sets the edges, and reports whether they make columns.
func (g *grid) measure() bool {
	left, right, bottom, top := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, h := range g.level {
		g.ys = append(g.ys, h.at)
		left, right = min(left, h.lo), max(right, h.hi)
	}
	for _, v := range g.upright {
		g.xs = append(g.xs, v.at)
		bottom, top = min(bottom, v.lo), max(top, v.hi)
	}
	if len(g.level) == 0 {
		return false // bars beside a text
	}
	g.xs, g.ys = edges(g.xs, left, right), edges(g.ys, bottom, top)
	slices.Reverse(g.ys)
	columns, rows := len(g.xs)-1, len(g.ys)-1
	return columns >= 2 && rows >= 1 && columns*rows <= 6000
}

// edges are distinct places, with the ends of the rules that cross them.
func edges(at []float64, lo, hi float64) []float64 {
	at = append(at, lo, hi)
	slices.Sort(at)
	var out []float64
	for _, a := range at {
		if n := len(out); n == 0 || a-out[n-1] > 2*touch {
			out = append(out, a)
		}
	}
	return out
}

// place is the column and row of a point.
func (g *grid) place(x, y float64) (column, row int, ok bool) {
	column, found := slices.BinarySearch(g.xs, x)
	if !found {
		column--
	}
	row = -1
	for i := 0; i+1 < len(g.ys); i++ {
		if y <= g.ys[i] && y > g.ys[i+1] {
			row = i
			break
		}
	}
	return column, row, column >= 0 && column < len(g.xs)-1 && row >= 0
}

// join finds the cells: places without a rule between them are one.
func (g *grid) join() {
	columns, rows := len(g.xs)-1, len(g.ys)-1
	g.cell = make([]int, columns*rows)
	for i := range g.cell {
		g.cell[i] = i
	}
	root := func(i int) int {
		for g.cell[i] != i {
			i = g.cell[i]
		}
		return i
	}
	unite := func(a, b int) {
		a, b = root(a), root(b)
		g.cell[max(a, b)] = min(a, b)
	}
	for r := range rows {
		for c := range columns {
			if c+1 < columns && !ruled(g.upright, g.xs[c+1], g.ys[r+1], g.ys[r]) {
				unite(r*columns+c, r*columns+c+1)
			}
			if r+1 < rows && !ruled(g.level, g.ys[r+1], g.xs[c], g.xs[c+1]) {
				unite(r*columns+c, (r+1)*columns+c)
			}
		}
	}
	for i := range g.cell {
		g.cell[i] = root(i)
	}
}

// ruled reports whether rules cover most of the way from lo to hi.
func ruled(rules []across, at, lo, hi float64) bool {
	covered := 0.0
	for _, r := range rules {
		if math.Abs(r.at-at) <= 2*touch {
			covered += max(0, min(r.hi, hi)-max(r.lo, lo))
		}
	}
	return covered > 0.55*(hi-lo)
}

// table reads the words within the grid. It is nil when they make no table.
func (g *grid) table(words []word, text join) (t *table, rest []word) {
	g.join()
	columns, rows := len(g.xs)-1, len(g.ys)-1
	inside := make([][]word, columns*rows)
	for _, w := range words {
		x, y := w.mid()
		if c, r, ok := g.place(x, y); ok && w.grid == nil {
			at := g.cell[r*columns+c]
			inside[at] = append(inside[at], w)
		} else {
			rest = append(rest, w)
		}
	}
	if !g.tabular(inside) {
		return nil, words
	}
	t = &table{x0: g.xs[0], x1: g.xs[columns], top: g.ys[0], bottom: g.ys[rows], edges: g.xs, ruled: true}
	for r := range rows {
		band := g.band(r, inside)
		if split := t.split(band, text); split != nil {
			t.rows = append(t.rows, split...)
			continue
		}
		row := make([]cell, columns)
		for c := range columns {
			at := g.cell[r*columns+c]
			row[c] = cellOf(inside[at], text)
			row[c].repeated = at != r*columns+c
		}
		t.rows = append(t.rows, row)
	}
	return t, rest
}

// tabular reports whether some row has several cells, and the cells have words.
func (g *grid) tabular(inside [][]word) bool {
	columns, rows := len(g.xs)-1, len(g.ys)-1
	filled, several := 0, 0
	for r := range rows {
		cells := map[int]bool{}
		some := false
		for c := range columns {
			at := g.cell[r*columns+c]
			cells[at] = true
			some = some || len(inside[at]) > 0
		}
		if len(cells) > 1 && some {
			several++
		}
	}
	for _, words := range inside {
		filled += count(len(words) > 0)
	}
	return several > 0 && filled > 1 && (columns*rows < 30 || filled*7 > columns*rows || filled > 20)
}

// band are the words of one row of the grid, by column. Cells over several rows are not
// among them.
func (g *grid) band(r int, inside [][]word) [][]word {
	columns, rows := len(g.xs)-1, len(g.ys)-1
	out := make([][]word, columns)
	for c := range columns {
		at := g.cell[r*columns+c]
		tall := at/columns != r || r+1 < rows && g.cell[(r+1)*columns+c] == at
		if at == r*columns+c && !tall {
			out[c] = inside[at]
		}
	}
	return out
}
