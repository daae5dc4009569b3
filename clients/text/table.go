package text

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// The limits of a table of separated values.
const (
	maxValues   = 1_000     // columns
	tableSample = 512 << 10 // bytes that are looked at to find the delimiter
	maxOpened   = 100       // quotes that are never closed; after them, a quote is a letter
)

// readTable reads separated values: a row is a passage. Its delimiter is found over the
// whole file; usual is the one that the extension means.
func readTable(usual byte) reader {
	return func(ctx context.Context, data []byte, out *builder) error {
		text, err := out.decoded(data)
		if err != nil {
			return err
		}
		comma, text := delimiter(strings.TrimPrefix(text, "\ufeff"), usual)
		values := values{ctx: ctx, text: text, comma: comma}
		rows, columns, broken := [][]string(nil), 0, []int(nil)
		for err == nil && values.at < len(text) && len(rows) < 4*maxPassages {
			var row []string
			var whole bool
			if row, whole, err = values.row(); !whole {
				broken = append(broken, len(rows)+1)
			}
			columns = max(columns, len(row))
			if !blankRow(row) || !whole {
				rows = append(rows, row)
			}
		}
		if len(broken) > 0 {
			out.leave(Unread{Unit: "row", Numbers: broken, Count: len(broken), Reason: Damaged})
		}
		if err == nil && values.at < len(text) {
			err = errTooMuch
		}
		header := hasHeader(rows)
		out.table()
		for i, row := range rows {
			for len(row) < columns {
				row = append(row, "")
			}
			if err := out.row(header && i == 0, row...); err != nil {
				return err
			}
		}
		return err
	}
}

func blankRow(row []string) bool {
	return !slices.ContainsFunc(row, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// delimiter finds what stands between the values: Excel writes it into a first line
// "sep=;"; else it is the sign that gives most rows the same number of cells. It returns
// the text without that first line.
func delimiter(text string, usual byte) (byte, string) {
	line, rest, _ := strings.Cut(text, "\n")
	line = strings.Trim(line, "\r\" ")
	if len(line) == 5 && strings.EqualFold(line[:4], "sep=") {
		return line[4], rest
	}
	if strings.EqualFold(line, "sep=") { // a tab that was trimmed with the spaces
		return '\t', rest
	}
	best, most := usual, 0.0
	sample := text[:min(len(text), tableSample)]
	for _, comma := range []byte{usual, '\t', ';', '|', ','} {
		if strings.IndexByte(sample, comma) < 0 || comma == ',' && usual == ',' && onlyDecimals(sample) && strings.ContainsAny(sample, "\t;|") {
			continue
		}
		share := evenness(sample, comma)
		if share > most+0.001 || share == most && best == ',' && comma != ',' && share > 0 {
			best, most = comma, share
		}
	}
	return best, text
}

var decimalComma = regexp.MustCompile(`\d,\d`)

// onlyDecimals reports whether each comma is in a number, as in "63,5".
func onlyDecimals(text string) bool {
	commas := strings.Count(text, ",")
	return commas > 0 && len(decimalComma.FindAllStringIndex(text, -1)) == commas
}

// evenness is the share of rows that have the most frequent number of cells, if that is
// more than one.
func evenness(sample string, comma byte) float64 {
	values := values{ctx: context.Background(), text: sample, comma: comma}
	counts, rows := map[int]int{}, 0
	for values.at < len(sample) {
		row, _, err := values.row()
		if err != nil {
			break
		}
		if len(row) > 1 || row[0] != "" {
			counts[len(row)]++
			rows++
		}
	}
	most := 0
	for cells, n := range counts {
		if cells > 1 {
			most = max(most, n)
		}
	}
	return float64(most) / float64(max(rows, 1))
}

// values splits a text into rows of cells (RFC 4180, and what programs make of it).
type values struct {
	ctx    context.Context
	text   string
	comma  byte
	at     int
	rows   int
	opened int
}

// row reads one row. A quote that nothing closes would swallow all rows after it: such a
// row ends with its line, and is not whole.
func (v *values) row() (cells []string, whole bool, err error) {
	if v.rows++; v.rows%1024 == 0 && v.ctx.Err() != nil {
		return nil, true, v.ctx.Err()
	}
	start := v.at
	for {
		cell, closed := v.cell()
		if !closed {
			v.opened++
			line, _, _ := strings.Cut(v.text[start:], "\n")
			v.at = min(len(v.text), start+len(line)+1)
			return strings.Split(strings.NewReplacer(`"`, "", "\r", "").Replace(line), string(rune(v.comma))), false, nil
		}
		if cells = append(cells, cell); len(cells) > maxValues {
			return cells, true, errTooMuch
		}
		if v.at >= len(v.text) {
			return cells, true, nil
		}
		switch c := v.text[v.at]; c {
		case v.comma:
			v.at++
			if v.at == len(v.text) {
				return append(cells, ""), true, nil
			}
		case '\r':
			v.at++
			if v.at < len(v.text) && v.text[v.at] == '\n' {
				v.at++
			}
			return cells, true, nil
		default:
			v.at++
			return cells, true, nil
		}
	}
}

// cell reads one cell, up to the delimiter or the line's end. A quote within a cell is a
// letter, as in 5" or in "Verbal" total.
func (v *values) cell() (text string, closed bool) {
	rest := v.text[v.at:]
	quoted := strings.TrimLeft(rest, " ")
	if !strings.HasPrefix(quoted, `"`) || v.opened > maxOpened {
		return v.plainCell(), true
	}
	from := v.at + len(rest) - len(quoted) + 1
	var b strings.Builder
	for at := from; ; {
		quote := strings.IndexByte(v.text[at:], '"')
		if quote < 0 {
			return "", false
		}
		b.WriteString(v.text[at : at+quote])
		at += quote + 1
		if at < len(v.text) && v.text[at] == '"' {
			b.WriteByte('"')
			at++
			continue
		}
		after := strings.TrimLeft(v.text[at:], " ")
		if after == "" || after[0] == v.comma || after[0] == '\n' || after[0] == '\r' {
			v.at = len(v.text) - len(after)
			return b.String(), true
		}
		if strings.Contains(v.text[from:at], "\n") {
			return "", false
		}
		return v.plainCell(), true
	}
}

func (v *values) plainCell() string {
	rest := v.text[v.at:]
	end := strings.IndexFunc(rest, func(r rune) bool { return r == rune(v.comma) || r == '\n' || r == '\r' })
	if end < 0 {
		end = len(rest)
	}
	v.at += end
	return rest[:end]
}

// aValue is a cell that a header would not be: a number, a date, a percentage, a range.
var aValue = regexp.MustCompile(`^[\s<>≤≥=~+−-]*[$€£]?\s*[0-9][0-9.,:;/%*\s–−+-]*([a-zA-Z]{1,3})?[*†‡]*$`)

// hasHeader reports whether the first row names the columns: short words, no values,
// none of them below in its own column, and above at least one value or blank cell.
func hasHeader(rows [][]string) bool {
	if len(rows) < 2 || len(rows[0]) < 2 {
		return false
	}
	first, named := rows[0], 0
	for c, cell := range first {
		cell = strings.TrimSpace(cell)
		if aValue.MatchString(cell) || len(cell) > 100 || strings.HasSuffix(cell, ":") {
			return false
		}
		if cell == "" {
			continue
		}
		named++
		for _, row := range rows[1:min(len(rows), 200)] {
			if c < len(row) && strings.EqualFold(strings.TrimSpace(row[c]), cell) {
				return false
			}
		}
	}
	if named < 2 && named < len(first) {
		return false
	}
	for _, row := range rows[1:min(len(rows), 200)] {
		for _, cell := range row {
			if aValue.MatchString(strings.TrimSpace(cell)) {
				return true
			}
		}
	}
	return false
}
