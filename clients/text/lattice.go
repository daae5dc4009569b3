package text

import (
	"strings"
	"unicode"
)

// The limits of a table.
const (
	maxColumns   = 1_000
	maxLattice   = 1_000_000 // cells, merged ones counted everywhere
	maxHeadings  = 4         // rows of headers that a table may have without saying so
	longestLabel = 80        // bytes of a header
	shortLabel   = 4         // bytes of a header that cannot be a value: "T", "%ile"
)

// spot is a cell as a document gives it. It covers columns to its right and rows below
// it.
type spot struct {
	text         string
	across, down int  // 0 is 1
	head         bool // its document shows it as a header: th, or bold letters
}

// lattice is a table while it is read.
type lattice struct {
	rows  [][]spot
	heads int // rows at the top that the document calls headers
	cells int
}

// add appends a row. A merged cell counts everywhere.
func (l *lattice) add(row []spot) error {
	for i := range row {
		row[i].across, row[i].down = max(1, row[i].across), max(1, row[i].down)
		row[i].text = tidy(row[i].text)
		l.cells += min(row[i].across, maxColumns)
	}
	l.rows = append(l.rows, row)
	if l.cells > maxLattice || len(l.rows) > maxLattice {
		return errTooMuch
	}
	return nil
}

// square gives each place of the table its cell. Merged cells are repeated; own reports
// whether a cell begins there.
func (l *lattice) square() (cells [][]spot) {
	cells = make([][]spot, len(l.rows))
	width, filled := 0, 0
	for r, row := range l.rows {
		c := 0
		for _, s := range row {
			for c < len(cells[r]) && cells[r][c].down > 0 {
				c++
			}
			for down := 0; down < s.down && r+down < len(cells); down++ {
				for across := 0; across < s.across && c+across < maxColumns && filled < maxLattice; across++ {
					for len(cells[r+down]) <= c+across {
						cells[r+down] = append(cells[r+down], spot{})
					}
					cells[r+down][c+across] = s
					filled++
				}
			}
			c += s.across
		}
		width = max(width, len(cells[r]))
	}
	for r := range cells {
		for len(cells[r]) < width {
			cells[r] = append(cells[r], spot{})
		}
	}
	return cells
}

// emit appends the table to the passages: each row with as many cells as the table has
// columns. A table of one column is a frame around paragraphs.
func (l *lattice) emit(out *builder) error {
	cells := l.square()
	if len(cells) == 0 || len(cells[0]) == 0 {
		return nil
	}
	if len(cells[0]) == 1 {
		for _, row := range cells {
			if err := out.add(Paragraph, 0, row[0].text); err != nil {
				return err
			}
		}
		return nil
	}
	from, to := 0, l.heads
	if to == 0 {
		from, to = headings(cells)
	}
	out.table()
	for r, row := range cells {
		texts := make([]string, len(row))
		for c, s := range row {
			texts[c] = s.text
		}
		if err := out.row(r >= from && r < to, texts...); err != nil {
			return err
		}
	}
	return nil
}

// headings finds the rows of headers of a table that does not say which they are.
func headings(cells [][]spot) (from, to int) {
	for from < len(cells) && titleRow(cells[from]) {
		from++
	}
	to = from
	bold := false
	for to < len(cells)-1 && to-from < maxHeadings && allHeads(cells[to]) {
		bold = true
		to++
	}
	if bold {
		return from, to
	}
	if from >= len(cells)-1 || !labels(cells[from]) || !unlike(cells[from], cells[from+1:]) {
		return 0, 0
	}
	// A header that spans columns has the headers of these below it, and a header that
	// spans rows covers them.
	for to++; to < len(cells)-1 && to-from < maxHeadings && (spans(cells[to-1], 1) || covered(cells[from:to])) && labels(cells[to]); {
		to++
	}
	return from, to
}

// titleRow reports whether one cell covers the row.
func titleRow(row []spot) bool { return row[0].across >= len(row) && len(row) > 1 }

func allHeads(row []spot) bool {
	some := false
	for _, s := range row {
		if s.text != "" && !s.head {
			return false
		}
		some = some || s.text != ""
	}
	return some
}

func spans(row []spot, over int) bool {
	for _, s := range row {
		if s.across > over && s.text != "" {
			return true
		}
	}
	return false
}

// covered reports whether a cell of the first row covers more rows than these.
func covered(rows [][]spot) bool {
	for _, s := range rows[0] {
		if s.down > len(rows) && s.text != "" {
			return true
		}
	}
	return false
}

// labels reports whether the cells of a row could be headers: short words, no values.
func labels(row []spot) bool {
	some := 0
	for _, s := range row {
		if s.text == "" {
			continue
		}
		if figure(s.text) || len(s.text) > longestLabel || strings.HasSuffix(s.text, ":") || strings.HasSuffix(s.text, ".") {
			return false
		}
		some++
	}
	return some >= 2 || some == len(row)
}

// unlike reports whether the rows below hold values, which their header does not.
func unlike(head []spot, body [][]spot) bool {
	columns, blank := 0, 0
	for c := range head {
		values, all := 0, 0
		for _, row := range body {
			if row[c].text == "" {
				continue
			}
			all++
			if figure(row[c].text) || len(row[c].text) <= 2 {
				values++
			}
		}
		if all > 0 && values*2 > all {
			columns++
		}
		if head[c].text == "" {
			blank++
		}
	}
	if len(head) == 2 { // a list of names and values has no header
		return columns == 1 && (len(body) > 1 || len(head[1].text) <= shortLabel) && !figure(body[0][0].text) && allFigures(body, 1)
	}
	return columns > 0 && blank <= len(head)/2
}

func allFigures(rows [][]spot, column int) bool {
	for _, row := range rows {
		if row[column].text != "" && !figure(row[column].text) {
			return false
		}
	}
	return true
}

// figure reports whether a text is a value: a number, a date, a percentage, a range.
func figure(s string) bool {
	digits, letters := 0, 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits > 0 && letters <= 2
}
