package pdf

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// stripe is a range of x that words occupy.
type stripe struct{ lo, hi float64 }

func (l *line) stripes() []stripe {
	var out []stripe
	for _, s := range l.spans() {
		out = append(out, stripe{s.x0, s.x1})
	}
	return out
}

// merged are stripes without those that overlap or nearly touch.
func merged(all []stripe, apart float64) []stripe {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b stripe) int { return cmp.Compare(a.lo, b.lo) })
	var out []stripe
	for _, s := range all {
		if n := len(out); n > 0 && s.lo-out[n-1].hi < apart {
			out[n-1].hi = max(out[n-1].hi, s.hi)
			continue
		}
		out = append(out, s)
	}
	return out
}

// crosses counts the gaps between columns that a line's texts run across.
func crosses(columns []stripe, l *line) int {
	n := 0
	for i := 1; i < len(columns); i++ {
		lo, hi := columns[i-1].hi, columns[i].lo
		for _, s := range l.stripes() {
			if s.lo < lo-0.1*l.size && s.hi > hi+0.1*l.size {
				n++
			}
		}
	}
	return n
}

// finder finds tables without upright rules among the lines of a column of the page.
type finder struct {
	lines []*line
	rules []across
	text  join
	last  *table // the table that ended the page before, if these lines may go on with it
}

// at looks for a table whose first line of several texts is i. It returns the table and
// the lines it has, from and to; nil when there is none.
func (f *finder) at(i, free int) (t *table, from, to int) {
	if f.last != nil {
		if t, to = f.resume(i); t != nil {
			return t, i, to
		}
	}
	first := f.lines[i]
	if first.words[0].grid != nil || len(first.spans()) < 2 {
		return nil, 0, 0
	}
	to, exempt := f.grow(i)
	from = f.above(i, free, to, &exempt)
	columns := f.columns(from, to, &exempt)
	to = f.trim(from, to, columns)
	if len(columns) < 2 || !f.plausible(from, to, columns) {
		return nil, 0, 0
	}
	t = f.build(from, to, columns)
	return t, from, to
}

// apart is the least gap between columns.
func (f *finder) apart(i int) float64 { return 0.4 * f.lines[i].size }

// grow follows the table down from line i. The columns come from all its lines: exempt is
// the first line that counts for them.
func (f *finder) grow(i int) (to, exempt int) {
	occupied := merged(f.lines[i].stripes(), f.apart(i))
	exempt, to = i, i+1
	widest := 0.0
	for j := i + 1; j < len(f.lines); j++ {
		l, before := f.lines[j], f.lines[j-1]
		gap := before.y - l.y
		limit := max(2.7*l.size, 1.45*widest)
		if l.words[0].grid != nil || l.form() || gap > limit && !(gap < 2.2*limit && f.enclosed(before, l)) {
			break
		}
		own := l.stripes()
		now := merged(append(slices.Clone(occupied), own...), f.apart(i))
		switch {
		case len(own) > 1 && j-i < 3 && len(own) > len(now) && len(own) > len(occupied):
			now, exempt = merged(own, f.apart(i)), j // the lines above are labels over several columns
		case len(own) == 1 && (len(now) < len(occupied) || crosses(occupied, l) > 0):
			if !f.band(j, occupied) {
				return to, exempt
			}
			now = occupied
		case len(now) < len(occupied) && 3*len(now) < 2*len(occupied)+2:
			return to, exempt
		}
		occupied, widest = now, max(widest, gap)
		if len(own) > 1 {
			to = j + 1
		} else if f.inside(j, occupied, to) || f.nameOnly(i, j, occupied, to) {
			to = j + 1
		}
	}
	return to, exempt
}

// enclosed reports whether level rules stand above and below both lines, as of a table
// with tall rows.
func (f *finder) enclosed(a, b *line) bool {
	above, below := false, false
	for _, r := range f.rules {
		if r.lo < b.x0+b.size && r.hi > b.x1-b.size {
			above = above || r.at > a.y && r.at < a.y+60
			below = below || r.at < b.y && r.at > b.y-60
		}
	}
	return above && below
}

// inside reports whether a line of one text belongs to the table when it may be its last:
// it goes on with the row above.
func (f *finder) inside(j int, columns []stripe, to int) bool {
	l, before := f.lines[j], f.lines[j-1]
	if j > to || before.y-l.y > 1.35*l.size || l.bulleted() {
		return false
	}
	for i, c := range columns {
		if l.x0 > c.lo-0.3*l.size && l.x1 < c.hi+0.3*l.size {
			return i > 0 || l.x1-l.x0 < 0.45*(columns[len(columns)-1].hi-columns[0].lo)
		}
	}
	return false
}

// nameOnly reports whether a line of one text is the name of a row without any score.
func (f *finder) nameOnly(from, j int, columns []stripe, to int) bool {
	l := f.lines[j]
	within := math.Abs(l.x0-columns[0].lo) < 1 && l.x1 < columns[0].hi+0.5
	if j > to || j-from < 2 || l.bold || !within || strings.HasSuffix(l.words[len(l.words)-1].text, ":") {
		return false
	}
	pitch := f.lines[j-2].y - f.lines[j-1].y
	return math.Abs(f.lines[j-1].y-l.y-pitch) < 0.6 && (j+1 == len(f.lines) || l.y-f.lines[j+1].y > 1.2*pitch)
}

// band reports whether line j, a text across the columns, stands between rows of one
// table: the lines after it have the same columns.
func (f *finder) band(j int, columns []stripe) bool {
	if f.lines[j].x1-f.lines[j].x0 > 0.8*(columns[len(columns)-1].hi-columns[0].lo) {
		return false
	}
	for k := j + 1; k < min(len(f.lines), j+3); k++ {
		l := f.lines[k]
		own := l.stripes()
		if len(own) < 2 || l.words[0].grid != nil || f.lines[k-1].y-l.y > 2*l.size {
			continue
		}
		aligned := 0
		for _, s := range own {
			for _, c := range columns {
				if math.Abs(s.lo-c.lo) < 2 || math.Abs(s.hi-c.hi) < 2 {
					aligned++
					break
				}
			}
		}
		return crosses(columns, l) == 0 && aligned*2 > len(own)
	}
	return false
}

// above takes the lines of the header that stand above the first line of several texts.
func (f *finder) above(i, free, to int, exempt *int) int {
	columns := f.columns(i, to, exempt)
	if len(columns) < 2 {
		return i
	}
	from := i
	for j := i - 1; j >= max(free, i-3); j-- {
		l := f.lines[j]
		beside := l.x0 < columns[0].lo-l.size || l.x1 > columns[len(columns)-1].hi+2*l.size
		if l.words[0].grid != nil || l.form() || l.y-f.lines[j+1].y > 1.5*l.size || beside {
			break
		}
		if l.x0 < columns[0].hi && !f.labels(l, columns) || l.bulleted() || l.bold && !f.lines[j+1].bold || l.size > 1.1*f.lines[j+1].size {
			break
		}
		if l.x0 < columns[0].hi {
			l.split, l.parts, *exempt = true, nil, j
		}
		from = j
	}
	return from
}

// labels reports whether each of a line's words stands over one column, and all columns
// have one.
func (f *finder) labels(l *line, columns []stripe) bool {
	at, last := 0, math.Inf(-1)
	for _, w := range l.words {
		for at < len(columns) && w.x0 > columns[at].hi+0.2*l.size {
			at++
		}
		if at == len(columns) || w.x0 < columns[at].lo-0.6*l.size && at > 0 && w.x0 < columns[at-1].hi {
			return false
		}
		if gap := w.x0 - last; at > 0 && last < columns[at-1].hi+l.size && gap < 0.6*l.size {
			return false
		}
		last = w.x1
	}
	return at == len(columns)-1 && len(l.words) == len(columns)
}

// columns are the stripes of the table's columns. Up to three lines at the top may be
// labels over several columns; they do not count when there are more columns without.
func (f *finder) columns(from, to int, exempt *int) []stripe {
	of := func(first int) []stripe {
		var all []stripe
		for j := first; j < to; j++ {
			own := f.lines[j].stripes()
			if len(own) == 1 && j > from {
				continue // it may run across
			}
			all = append(all, own...)
		}
		return f.paired(merged(all, f.apart(from)), first, to)
	}
	best := of(*exempt)
	for first := *exempt + 1; first <= min(*exempt+3, to-2); first++ {
		more := f.together(of(first), first, to)
		if len(more) > len(best) || len(more) == len(best) && f.crowded(best, first, to) && !f.crowded(more, first, to) {
			best, *exempt = more, first
		}
	}
	return best
}

// crowded reports whether a line has two texts in one column.
func (f *finder) crowded(columns []stripe, from, to int) bool {
	for j := from; j < to; j++ {
		own := f.lines[j].stripes()
		for i := 1; i < len(own); i++ {
			for _, c := range columns {
				if own[i-1].lo < c.hi && own[i-1].hi > c.lo && own[i].lo < c.hi && own[i].hi > c.lo {
					return true
				}
			}
		}
	}
	return false
}

// together joins neighbouring columns that no line fills both of: numbers of which some
// are set on the left.
func (f *finder) together(columns []stripe, from, to int) []stripe {
	for i := 1; i < len(columns); i++ {
		both := false
		for j := from; j < to && !both; j++ {
			left, right := false, false
			for _, s := range f.lines[j].stripes() {
				left = left || s.lo < columns[i-1].hi && s.hi > columns[i-1].lo
				right = right || s.lo < columns[i].hi && s.hi > columns[i].lo
			}
			both = left && right
		}
		if !both {
			columns = slices.Concat(columns[:i-1], []stripe{{columns[i-1].lo, columns[i].hi}}, columns[i+1:])
			i--
		}
	}
	return columns
}

// paired joins columns that only the header has with columns that only the rows have: a
// label on the left above numbers on the right.
func (f *finder) paired(columns []stripe, from, to int) []stripe {
	if to-from < 2 || len(columns) < 3 {
		return columns
	}
	filled := make([]map[int]bool, len(columns)) // the lines that have something there
	first := make([]int, len(columns))
	for i := range filled {
		filled[i], first[i] = map[int]bool{}, math.MaxInt
	}
	for j := from; j < to; j++ {
		for _, s := range f.lines[j].stripes() {
			for i, c := range columns {
				if s.lo < c.hi && s.hi > c.lo {
					filled[i][j], first[i] = true, min(first[i], j)
				}
			}
		}
	}
	out := columns[:1:1]
	last := 0
	for i := 1; i < len(columns); i++ {
		both := false
		for j := range filled[i] {
			both = both || filled[last][j]
		}
		// The label has no number beside it, and the numbers have no label of their own.
		if !both && first[last] < first[i] && first[last]-from < 3 {
			out[len(out)-1].hi = columns[i].hi
			for j := range filled[i] {
				filled[last][j] = true
			}
			continue
		}
		out, last = append(out, columns[i]), i
	}
	return out
}

// trim takes lines from the end that are no rows: they run across columns.
func (f *finder) trim(from, to int, columns []stripe) int {
	for to > from+1 && len(columns) > 1 && len(f.lines[to-1].spans()) == 1 && crosses(columns, f.lines[to-1]) > 0 {
		to--
	}
	return to
}

// plausible reports whether lines with these columns are a table and not prose.
func (f *finder) plausible(from, to int, columns []stripe) bool {
	if to-from < 3 && f.set(from, to) {
		return false
	}
	if to-from == 1 {
		l := f.lines[from]
		for i := 1; i < len(columns); i++ {
			if columns[i].lo-columns[i-1].hi > wideGap*l.size {
				return true
			}
		}
		return false
	}
	several := 0
	for _, l := range f.lines[from:to] {
		several += count(len(l.spans()) > 1)
	}
	return several*3 >= to-from || several > 3
}

// set reports whether lines fill the measure of the text around them: their words stand
// apart to make both edges even.
func (f *finder) set(from, to int) bool {
	even := func(j int, l *line) bool {
		if j < 0 || j >= len(f.lines) || f.lines[j].words[0].grid != nil {
			return false
		}
		o := f.lines[j]
		return len(o.spans()) == 1 && math.Abs(o.x0-l.x0) < 1.5 && math.Abs(o.x1-l.x1) < 6 && math.Abs(o.y-l.y) < 1.7*float64(to-from)*l.size
	}
	for _, l := range f.lines[from:to] {
		for i := 1; i < len(l.words); i++ {
			if l.words[i].seq != l.words[i-1].seq+1 {
				return false
			}
		}
		if !even(from-1, l) && !even(to, l) {
			return false
		}
	}
	return true
}

// build makes the rows.
func (f *finder) build(from, to int, columns []stripe) *table {
	t := &table{top: f.lines[from].y + f.lines[from].size, bottom: f.lines[to-1].y}
	t.x0, t.x1, t.columns = columns[0].lo, columns[len(columns)-1].hi, columns
	t.edges = []float64{t.x0 - 2}
	for i := 1; i < len(columns); i++ {
		t.edges = append(t.edges, (columns[i-1].hi+columns[i].lo)/2)
	}
	t.edges = append(t.edges, t.x1+2)
	g := grouping{lines: f.lines[from:to], edges: t.edges, rules: f.rules, text: f.text}
	t.rows = g.rows()
	return t
}

// resume goes on with the table of the page before: its columns hold here too, even where
// they are blank.
func (f *finder) resume(i int) (*table, int) {
	last := f.last
	f.last = nil
	columns := make([]stripe, 0, len(last.edges)-1)
	for c := 1; c < len(last.edges); c++ {
		columns = append(columns, stripe{last.edges[c-1] + 1, last.edges[c] - 1})
	}
	to, rows, matches, texts := i, 0, 0, 0
	for ; to < len(f.lines); to++ {
		l := f.lines[to]
		if l.words[0].grid != nil || l.form() || l.x0 < last.x0-l.size || l.x1 > last.x1+1.5*l.size {
			break
		}
		if to > i && f.lines[to-1].y-l.y > 3*l.size {
			break
		}
		own := l.spans()
		if len(own) == 1 && (crosses(columns, l) > 0 || l.x0 < columns[0].hi && to > i && len(f.lines[to-1].spans()) == 1) {
			break
		}
		if straddles(last.edges, l) {
			break
		}
		rows += count(len(own) > 1)
		for _, s := range own {
			texts++
			for _, c := range last.columns {
				if math.Abs(s.x0-c.lo) < 2.5 || math.Abs(s.x1-c.hi) < 2.5 || math.Abs(s.x0+s.x1-c.lo-c.hi) < 5 {
					matches++
					break
				}
			}
		}
	}
	if rows == 0 || 3*matches < 2*texts {
		return nil, 0
	}
	for to > i && len(f.lines[to-1].spans()) == 1 && !f.inside(to-1, columns, to-1) && !f.nameOnly(i, to-1, columns, to-1) {
		to--
	}
	t := &table{x0: last.x0, x1: last.x1, edges: last.edges, columns: last.columns}
	t.top, t.bottom = f.lines[i].y+f.lines[i].size, f.lines[to-1].y
	g := grouping{lines: f.lines[i:to], edges: t.edges, rules: f.rules, text: f.text}
	t.rows = g.rows()
	return t, to
}

// straddles reports whether a line has several texts and one runs over an edge.
func straddles(edges []float64, l *line) bool {
	own := l.spans()
	for _, s := range own {
		for _, e := range edges[1 : len(edges)-1] {
			if len(own) > 1 && s.x0 < e-0.3*l.size && s.x1 > e+0.3*l.size {
				return true
			}
		}
	}
	return false
}
