//go:build conformance

package files

import (
	"slices"
	"strings"
	"unicode"

	"claria/clients/text"
)

// share is how many of how many are right.
type share struct{ right, all int }

func (s *share) add(right bool) {
	s.all++
	if right {
		s.right++
	}
}

func (s *share) plus(o share) { s.right, s.all = s.right+o.right, s.all+o.all }

// words are runs of letters and digits.
func words(s string) []string {
	return strings.FieldsFunc(plain(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

func count(words []string) map[string]int {
	out := map[string]int{}
	for _, w := range words {
		out[w]++
	}
	return out
}

// found is how many of the wanted words are in have, each as often.
func found(wanted, have []string) share {
	left, out := count(have), share{all: len(wanted)}
	for _, w := range wanted {
		if left[w] > 0 {
			left[w]--
			out.right++
		}
	}
	return out
}

// lacking are the words of wanted that are not in have, each as often.
func lacking(wanted, have []string) []string {
	left := count(have)
	var out []string
	for _, w := range wanted {
		if left[w] > 0 {
			left[w]--
		} else {
			out = append(out, w)
		}
	}
	return out
}

// read is all that a reading says.
func readWords(r text.Reading) []string {
	var out []string
	for _, p := range r.Passages {
		out = append(out, words(p.Text.Reveal())...)
	}
	return out
}

// expected are the words that a reading may have although the judge shows none: notes,
// list numbers, fields, and merged cells, which are repeated.
func (d told) expected() []string {
	all := []string{}
	for _, m := range d.Marked {
		all = append(all, m.Text, m.Author, m.Kind)
	}
	for _, n := range d.Numbers {
		all = append(all, n.Number, n.Number, n.Number) // parents may stand before it
	}
	all = append(all, d.Fields...)
	for _, t := range d.Tables {
		all = append(all, t.Header...) // above each column that it spans
		for _, row := range t.Rows {
			for _, c := range row {
				if c.Merged {
					all = append(all, c.Text)
				}
			}
		}
	}
	all = append(all, d.Struck)
	return words(strings.Join(all, " "))
}

// row is a row that Claria read.
type row struct {
	table  int
	header bool
	cells  []string
}

func rows(r text.Reading) []row {
	var out []row
	for _, p := range r.Passages {
		if !p.IsRow() {
			continue
		}
		one := row{table: p.Table, header: p.Kind == text.HeaderRow}
		for _, c := range p.Cells {
			one.cells = append(one.cells, plain(c.Reveal()))
		}
		out = append(out, one)
	}
	return out
}

// under cuts a row to the columns of a table. Places beside the table must be blank.
func (r row) under(columns, from int) []string {
	if from+columns > len(r.cells) || from < 0 {
		return nil
	}
	outside := slices.Concat(r.cells[:from], r.cells[from+columns:])
	if strings.Join(outside, "") != "" {
		return nil
	}
	return r.cells[from : from+columns]
}

// same reports whether a cell is right. A merged one repeats the text or has a mark.
func (c cell) same(got string) bool {
	if got == plain(c.Text) {
		return true
	}
	return c.Merged && got != "" && len(words(got)) == 0
}

// tableResult says how a table was read.
type tableResult struct {
	cells, header share
	shifted       int      // cells whose text is under another column
	wrong         []string // the rows that are wrong
}

// compareTable finds each row of the table among the rows that Claria read.
func compareTable(want table, have []row) tableResult {
	var out tableResult
	used := map[int]bool{}
	tables := map[int]bool{}
	for _, line := range want.Rows {
		at := known(line, have, used)
		if at < 0 {
			out.cells.plus(share{all: len(line)})
			out.wrong = append(out.wrong, "no row for "+show(line))
			continue
		}
		used[at] = true
		tables[have[at].table] = true
		got := have[at].closest(line)
		right := matches(line, got)
		out.cells.plus(share{right, len(line)})
		for c, one := range line {
			if (c >= len(got) || !one.same(got[c])) && one.Text != "" && slices.Contains(have[at].cells, plain(one.Text)) {
				out.shifted++
			}
		}
		if right < len(line) {
			out.wrong = append(out.wrong, "expected "+show(line)+"\n        got      "+strings.Join(have[at].cells, " | "))
		}
	}
	out.header = compareHeader(want.Header, have, tables, &out)
	return out
}

// known finds the row that has most of the line's words, whatever their columns, and at
// least half of them.
func known(line []cell, have []row, used map[int]bool) int {
	wanted := words(show(line))
	best, at := 0, -1
	for i, r := range have {
		if used[i] {
			continue
		}
		got := words(strings.Join(r.cells, " "))
		// Words beside the line's, as of two rows read as one, count against it.
		if s := 2*found(wanted, got).right - len(got)/2; s > best && 2*found(wanted, got).right >= len(wanted) {
			best, at = s, i
		}
	}
	return at
}

// closest are the row's cells, without blank ones beside the table.
func (r row) closest(line []cell) []string {
	best, out := -1, r.cells[:min(len(r.cells), len(line))]
	for from := 0; from <= len(r.cells)-len(line); from++ {
		got := r.under(len(line), from)
		if right := matches(line, got); got != nil && right > best {
			best, out = right, got
		}
	}
	return out
}

func matches(line []cell, got []string) int {
	n := 0
	for i := range got {
		if line[i].same(got[i]) {
			n++
		}
	}
	return n
}

func show(line []cell) string {
	var out []string
	for _, c := range line {
		out = append(out, c.Text)
	}
	return strings.Join(out, " | ")
}

// compareHeader compares the joined header of each column.
func compareHeader(want []string, have []row, tables map[int]bool, out *tableResult) share {
	columns, some := make([][]string, len(want)), false
	for _, r := range have {
		if !r.header || !tables[r.table] {
			continue
		}
		some = true
		for c, cell := range r.trimmed(len(want)) {
			if cell != "" && !slices.Contains(columns[c], cell) {
				columns[c] = append(columns[c], cell)
			}
		}
	}
	var s share
	var got []string
	for c, label := range want {
		joined := strings.Join(columns[c], " ")
		s.add(some && joined == plain(label))
		got = append(got, joined)
	}
	if s.right < s.all {
		out.wrong = append(out.wrong, "header   "+strings.Join(want, " | ")+"\n        got      "+strings.Join(got, " | "))
	}
	return s
}

// trimmed drops blank cells beside the table.
func (r row) trimmed(columns int) []string {
	for from := 0; from <= len(r.cells)-columns; from++ {
		if got := r.under(columns, from); got != nil {
			return got
		}
	}
	return nil
}

// boxes writes ticked and empty boxes in one way.
var boxes = strings.NewReplacer("☒", "[x]", "☑", "[x]", "✓", "[x]", "☐", "[ ]", "[X]", "[x]", ":", "")

// fieldIn reports whether a passage has the label and the value together.
func fieldIn(want string, r text.Reading) bool {
	want = plain(boxes.Replace(want))
	return slices.ContainsFunc(r.Passages, func(p text.Passage) bool {
		return strings.Contains(plain(boxes.Replace(p.Text.Reveal())), want)
	})
}

// numberOf is what stands before an item's text.
func numberOf(item string, r text.Reading) (string, bool) {
	for _, p := range r.Passages {
		got := plain(p.Text.Reveal())
		if before, ok := strings.CutSuffix(got, plain(item)); ok && p.Kind == text.Item {
			return strings.TrimSpace(before), true
		}
	}
	return "", false
}

// bullet makes all bullets one: their shape is the font's.
func bullet(s string) string {
	if len([]rune(s)) == 1 && !unicode.IsLetter([]rune(s)[0]) && !unicode.IsDigit([]rune(s)[0]) {
		return "•"
	}
	return plain(s)
}

// whole reports whether the words stand together in one passage.
func whole(want string, r text.Reading) bool {
	w := " " + strings.Join(words(want), " ") + " "
	return slices.ContainsFunc(r.Passages, func(p text.Passage) bool {
		return strings.Contains(" "+strings.Join(words(p.Text.Reveal()), " ")+" ", w)
	})
}
