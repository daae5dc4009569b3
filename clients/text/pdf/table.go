package pdf

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// table is a table of one page.
type table struct {
	x0, x1, top, bottom float64
	edges               []float64 // of its columns, one more than columns
	columns             []stripe  // what the texts of each take, when there are no rules
	rows                [][]cell
	header              int // how many rows are its header
	ruled               bool
	number              int    // of the tables of the file
	went                int    // the page where it ends so far
	group               string // the first cell of its last row
}

// cell is one cell: its text, or that of the merged cell it is part of.
type cell struct {
	text     string
	bold     bool
	repeated bool // of a merged cell, not its first place
	beside   bool // its lines do not stand on the lines of the other cells
}

// join joins the lines of a text.
type join func(a, b string) string

// cellOf is a cell with the text of words, line by line.
func cellOf(words []word, text join) cell {
	var c cell
	if len(words) == 0 {
		return c
	}
	c.bold = true
	for _, l := range lines(words) {
		c.text = cellJoin(c.text, say(l.words), text)
		c.bold = c.bold && l.bold
	}
	return c
}

// cellJoin joins two lines of a cell. A narrow column breaks words and numbers anywhere.
func cellJoin(a, b string, text join) string {
	if a == "" || b == "" {
		return a + b
	}
	last, _ := utf8.DecodeLastRuneInString(a)
	first, _ := utf8.DecodeRuneInString(b)
	digits := strings.Trim(b, "0123456789") == ""
	switch {
	case unicode.IsDigit(first) && halfNumber.MatchString(a):
		return a + b
	case len(b) == 1 && unicode.IsUpper(first) && len(a) > 1 && strings.ToUpper(a) == a && !strings.ContainsAny(a, " 0123456789"):
		return a + b
	case digits && len(b) == 1 && brokenNumber.MatchString(a):
		return a + b
	case len(b) < 3 && unicode.IsLower(first) && unicode.IsLower(last) && !shortWords[b] && !strings.Contains(a, " "):
		return a + b
	}
	return text(a, b)
}

var (
	halfNumber   = regexp.MustCompile(`\d[-–/]$`)             // a range or a date that goes on
	brokenNumber = regexp.MustCompile(`^[$€£]?\d{3,}[.,]\d$`) // an amount without its last digit
	shortWords   = set("a of to in on or at by is no an as if mg ml cm kg x he we it be do up so my me go h m g vs de la le et")
)

// set makes a set of words.
func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}

// number matches what stands in a column of numbers, a dash for none included.
var number = regexp.MustCompile(`^([<>≤≥=~±+−–—-]?\s?[$€£]?\d[\d.,:;/%°()−–— -]*` +
	`([*†‡§¹²³⁴⁵⁶⁷⁸⁹]{0,3}|\s?\[\w{1,2}\]|[a-c]|th|st|nd|rd|SD|s|ms|mg|cm|kg|min|h)?|[-–—−]{1,3}|[nN]/?[aA])$`)

func (c cell) numeric() bool { return number.MatchString(c.text) }

// split makes rows of a band of the grid that has no rules between its rows. It returns
// nil when the band is one row.
func (t *table) split(band [][]word, text join) [][]cell {
	var all []word
	stacked, filled := 0, 0
	names := 0
	if len(band) > 0 {
		names = len(lines(band[0]))
	}
	for _, words := range band {
		all = append(all, words...)
		numbers := 0
		own := lines(words)
		for i, l := range own {
			if (cell{text: say(l.words)}).numeric() && (i == 0 || !strings.ContainsAny(ending(own[i-1].words), "-–/")) {
				numbers++
			}
		}
		filled += count(len(own) > 0)
		stacked += count(numbers > 1 && numbers*2 > len(own) && numbers <= names)
	}
	if stacked == 0 || filled < 2 {
		return nil
	}
	g := grouping{lines: lines(all), edges: t.edges, text: text}
	return g.rows()
}

// headed finds the rows of the header and joins them into one.
func (t *table) headed() {
	n := t.headerRows()
	if n == 0 {
		return
	}
	t.spread(n)
	joined := make([]cell, len(t.rows[0]))
	for c := range joined {
		var parts []string
		for r := range n {
			if s := t.rows[r][c].text; s != "" && (len(parts) == 0 || parts[len(parts)-1] != s) {
				parts = append(parts, s)
			}
		}
		joined[c] = cell{text: strings.Join(parts, " "), bold: true}
	}
	t.rows = append([][]cell{joined}, t.rows[n:]...)
	t.header = 1
}

// headerRows counts the rows above the first that has a number in a column of numbers, or
// the bold rows above those that are not.
func (t *table) headerRows() int {
	filled := func(r int) (n, bold, numbers int) {
		for c, one := range t.rows[r] {
			if one.text == "" {
				continue
			}
			n++
			bold += count(one.bold)
			numbers += count(c > 0 && (one.numeric() || measure.MatchString(one.text) && !one.bold))
		}
		return n, bold, numbers
	}
	if len(t.rows) < 2 {
		return 0
	}
	bolds := 0
	for r := range t.rows {
		if n, bold, _ := filled(r); bold < n || r > 3 {
			break
		}
		bolds++
	}
	if bolds > 0 && bolds < len(t.rows) && bolds <= 3 {
		return bolds
	}
	first, numbers := -1, false
	for r := range t.rows {
		if _, _, k := filled(r); k > 0 {
			first, numbers = r, true
			break
		}
	}
	n, _, _ := filled(0)
	switch {
	case first == 0:
		return 0
	case !numbers:
		return t.wordyHeader()
	case n == 1 && first == 1:
		return 0 // a title or the name of a group
	}
	return t.upperRows(first)
}

// upperRows counts the header's rows when the first number is in a given row: a second
// row belongs to it when the first has columns without a label, or spans of them.
func (t *table) upperRows(first int) int {
	for r := 1; r < min(first, 3); r++ {
		if !t.completes(r) && t.rows[r][0].text != "" {
			return r
		}
	}
	return min(first, 3)
}

// completes reports whether a row looks like a lower row of the header: it labels columns
// that the rows above leave blank or span.
func (t *table) completes(r int) bool {
	filled, open := 0, 0
	for c := range t.rows[r] {
		blank := true
		for above := range r {
			one := t.rows[above][c]
			spans := one.repeated || c+1 < len(t.rows[above]) && t.rows[above][c+1].repeated && t.rows[above][c+1].text == one.text
			blank = blank && (one.text == "" || spans)
		}
		if t.rows[r][c].text != "" {
			filled++
			open += count(blank)
		}
	}
	return filled > 1 && open*2 >= filled
}

// wordyHeader decides on a table without numbers: its first row is a header when it has
// short labels above longer texts.
func (t *table) wordyHeader() int {
	if len(t.rows) < 3 {
		return 0
	}
	label, rest, cells := 0, 0, 0
	for r, row := range t.rows {
		for _, one := range row {
			n := len(strings.Fields(one.text))
			switch {
			case r == 0 && (n == 0 || n > 4 || strings.HasSuffix(one.text, ".") || strings.HasSuffix(one.text, ":")):
				return 0
			case r == 0:
				label += n
			case n > 0:
				rest += n
				cells++
			}
		}
	}
	if float64(label)/float64(len(t.rows[0])) < 0.75*float64(rest)/float64(max(1, cells)) {
		return 1
	}
	return 0
}

// measure matches a number and its unit.
var measure = regexp.MustCompile(`^[0-9][0-9.,/-]*( ?\p{Ll}+)?$`)

// spread gives a label above several columns to each of them. Which they are, the labels
// below say when they repeat: "Mother, Father" above "T, %ile, T, %ile".
func (t *table) spread(n int) {
	low := t.rows[n-1]
	for r := range n - 1 {
		var at []int
		for c, one := range t.rows[r] {
			if one.text != "" && !one.repeated && low[c].text != "" {
				at = append(at, c)
			}
		}
		first, period := repeating(low, len(at), at)
		if period < 2 {
			continue
		}
		if t.ruled && t.spans(r) {
			continue
		}
		labels := make([]cell, len(at))
		for i, c := range at {
			labels[i] = t.rows[r][c]
		}
		for i, label := range labels {
			for c := first + i*period; c < first+(i+1)*period; c++ {
				t.rows[r][c] = label
				t.rows[r][c].repeated = c > first+i*period
			}
		}
	}
}

// spans reports whether the rules or the widths already gave labels to several columns.
func (t *table) spans(r int) bool {
	for _, one := range t.rows[r] {
		if one.repeated && one.text != "" {
			return true
		}
	}
	return false
}

// repeating finds k equal groups of labels at the right of a row, and how many columns
// each has. Each label above must stand over its group or beside it.
func repeating(low []cell, k int, at []int) (first, period int) {
	if k < 1 {
		return 0, 0
	}
	for first = range low {
		rest := len(low) - first
		if rest%k != 0 || rest/k < 2 {
			continue
		}
		period = rest / k
		same := true
		for c := first; c < len(low); c++ {
			same = same && low[c].text != "" && low[c].text == low[first+(c-first)%period].text
		}
		for i, c := range at {
			if c < first {
				same = false
				break
			}
			same = same && c >= first+i*period-1 && c < first+(i+1)*period+1
		}
		if same && k > 1 {
			return first, period
		}
	}
	return 0, 0
}
