package text

import (
	"strconv"
	"strings"
)

// wordRow is a row of a table, and what follows it.
type wordRow struct {
	cells  []string
	header bool
	bold   bool // all its words are bold
	merged bool // a cell covers several columns or rows
	after  []func() error
}

// table reads a table: each row has as many cells as the grid has columns, and the text
// of a merged cell is in each place that it covers.
func (w *wordText) table(n *xmlNode) error {
	rows := rowsOf(n, w)
	if one := onlyColumn(rows); one != nil { // a frame around text
		for _, cell := range one {
			inner := *w
			inner.shaded = w.shaded || w.shadedCell(n, cell)
			inner.after = nil
			if err := inner.blocks(cell.kids); err != nil {
				return err
			}
			if err := inner.flushCarry(); err != nil {
				return err
			}
			w.line = inner.line
		}
		return w.follow()
	}
	waiting := w.after
	w.after = nil
	var read []wordRow
	above := map[int]string{}
	columns := 0
	n.kid("tblGrid").find("gridCol", func(*xmlNode) { columns++ })
	for _, tr := range rows {
		row, ok := w.row(n, tr, above)
		if !ok {
			continue
		}
		columns = max(columns, len(row.cells))
		read = append(read, row)
	}
	err := w.emitRows(read, min(columns, maxValues))
	if err == nil {
		w.after = waiting
		err = w.follow()
	}
	return err
}

// rowsOf are the rows of a table, those within content controls too.
func rowsOf(n *xmlNode, w *wordText) []*xmlNode { return elementsIn(n.kids, "tr", w) }

// within are the elements of a name, those within content controls too.
func elementsIn(nodes []*xmlNode, name string, w *wordText) []*xmlNode {
	var out []*xmlNode
	for _, n := range nodes {
		switch n.name {
		case name:
			out = append(out, n)
		case "sdt":
			out = append(out, elementsIn(w.controlled(n), name, w)...)
		case "customXml", "ins", "moveTo":
			out = append(out, elementsIn(n.kids, name, w)...)
		case "mc:AlternateContent":
			out = append(out, elementsIn(alternative(n), name, w)...)
		case "commentRangeStart", "commentRangeEnd":
			w.commentRange(n)
		}
	}
	return out
}

// onlyColumn are the cells of a table that has one column; nil when it has more.
func onlyColumn(rows []*xmlNode) []*xmlNode {
	var out []*xmlNode
	for _, tr := range rows {
		if deletedRow(tr) || tr.kid("trPr").has("hidden") {
			return nil
		}
		var cells []*xmlNode
		for _, k := range tr.kids {
			switch k.name {
			case "tc":
				cells = append(cells, k)
			case "sdt":
				return nil
			}
		}
		if len(cells) != 1 || cells[0].kid("tcPr", "vMerge").name != "" {
			return nil
		}
		out = append(out, cells[0])
	}
	return out
}

func deletedRow(tr *xmlNode) bool { return tr.kid("trPr", "del").name != "" }

// row reads a row. above are the texts of cells that may go on in it, by column.
func (w *wordText) row(table, tr *xmlNode, above map[int]string) (wordRow, bool) {
	properties := tr.kid("trPr")
	if deletedRow(tr) {
		w.deleted += wordsIn(tr)
		return wordRow{}, false
	}
	if properties.has("hidden") {
		w.hidden += wordsIn(tr)
		return wordRow{}, false
	}
	row := wordRow{header: properties.has("tblHeader"), bold: true}
	for range span(properties.kid("gridBefore")) {
		row.cells = append(row.cells, "")
	}
	for _, tc := range elementsIn(tr.kids, "tc", w) {
		text := w.cell(table, tc)
		merge := tc.kid("tcPr", "vMerge")
		column := len(row.cells)
		if merge.name != "" && merge.attr("val") != "restart" {
			row.merged = true
			if strings.TrimSpace(text) == "" {
				text = above[column]
			}
		} else if tc.kid("tcPr", "hMerge").attr("val") == "continue" && column > 0 {
			text = row.cells[column-1]
		}
		across := max(1, span(tc.kid("tcPr", "gridSpan")))
		row.merged = row.merged || across > 1 || merge.name != ""
		for i := range across {
			delete(above, column+i)
			if merge.name != "" {
				above[column+i] = text
			}
			row.cells = append(row.cells, text)
		}
		if strings.TrimSpace(text) != "" && !w.boldCell(tc) {
			row.bold = false
		}
	}
	for range span(properties.kid("gridAfter")) {
		row.cells = append(row.cells, "")
	}
	if len(row.cells) > maxValues {
		row.cells = row.cells[:maxValues]
	}
	row.after, w.after = w.after, nil
	return row, true
}

// span is a number of columns.
func span(n *xmlNode) int {
	columns, _ := strconv.Atoi(n.attr("val"))
	return min(max(columns, 0), maxValues)
}

func (w *wordText) cell(table, tc *xmlNode) string {
	if tc.kid("tcPr", "cellDel").name != "" {
		w.deleted += wordsIn(tc)
		return ""
	}
	shaded := w.shaded
	w.shaded = shaded || w.shadedCell(table, tc)
	text := w.textOf(tc.kids)
	w.shaded = shaded
	return text
}

// shadedCell reports whether a cell may have something dark behind its text: its own
// shading, or one of the table's style.
func (w *wordText) shadedCell(table, tc *xmlNode) bool {
	if darkShade(tc.kid("tcPr", "shd")) || darkShade(table.kid("tblPr", "shd")) {
		return true
	}
	for _, s := range w.chain(table.kid("tblPr", "tblStyle").attr("val")) {
		if s.shaded {
			return true
		}
	}
	return false
}

// boldCell reports whether all words of a cell are bold.
func (w *wordText) boldCell(tc *xmlNode) bool {
	bold := true
	for _, p := range tc.kids {
		if p.name != "p" {
			continue
		}
		base := w.look(wordLook{}, p.kid("pPr", "pStyle").attr("val"))
		p.find("r", func(r *xmlNode) {
			look := w.look(base, r.kid("rPr", "rStyle").attr("val")).with(r.kid("rPr"))
			bold = bold && (look.bold || strings.TrimSpace(r.said()) == "")
		})
	}
	return bold
}

// emitRows appends the rows of a table to the passages, each with what follows it.
func (w *wordText) emitRows(rows []wordRow, columns int) error {
	for i := range rows {
		for len(rows[i].cells) < columns {
			rows[i].cells = append(rows[i].cells, "")
		}
	}
	markHeaders(rows)
	if w.margin == "" {
		w.out.table()
	}
	table := w.out.tables
	for _, row := range rows {
		var err error
		if w.margin != "" {
			var texts []string
			for i, cell := range row.cells {
				if strings.TrimSpace(cell) != "" && (i == 0 || cell != row.cells[i-1]) {
					texts = append(texts, cell)
				}
			}
			err = w.add(w.margin, 0, strings.Join(texts, CellBreak))
		} else {
			err = w.out.rowOf(table, row.header, row.cells...)
		}
		w.after = append(w.after, row.after...)
		if err == nil {
			err = w.follow()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// markHeaders finds the rows of headers of a table that does not say which they are.
func markHeaders(rows []wordRow) {
	first := 0
	for first < len(rows)-1 && (tableTitle(rows[first].cells) || blankRow(rows[first].cells)) {
		first++
	}
	for _, row := range rows {
		if row.header {
			return
		}
	}
	if len(rows)-first < 2 || len(rows[first].cells) < 2 {
		return
	}
	body := make([][]string, 0, len(rows))
	for _, row := range rows[first:] {
		body = append(body, row.cells)
	}
	if rows[first].bold && !rows[len(rows)-1].bold && !anyValue(body[0]) {
		for i := first; i < len(rows)-1 && rows[i].bold && !anyValue(rows[i].cells) && i < first+4; i++ {
			rows[i].header = true
		}
		return
	}
	deep := 1
	for deep < 3 && deep < len(body)-1 && rows[first+deep-1].merged && !anyValue(body[deep]) {
		deep++
	}
	if merged := distinct(body[0]); hasHeader(append([][]string{merged}, body[deep:]...)) {
		for i := range deep {
			rows[first+i].header = true
		}
	}
}

// title reports whether one text covers the row.
func tableTitle(cells []string) bool {
	for _, c := range cells {
		if c != cells[0] {
			return false
		}
	}
	return len(cells) > 1 && cells[0] != ""
}

func anyValue(cells []string) bool {
	for _, c := range cells {
		if aValue.MatchString(strings.TrimSpace(c)) {
			return true
		}
	}
	return false
}

// distinct is a row without the repetitions of its merged cells.
func distinct(cells []string) []string {
	out := append([]string(nil), cells...)
	for i := len(out) - 1; i > 0; i-- {
		if out[i] == out[i-1] {
			out[i] = ""
		}
	}
	return out
}
