package text

import (
	"context"
	"strings"

	"claria/internal/safe"
)

// readODS reads a spreadsheet of OpenDocument, which stores its cells as they are shown.
func readODS(ctx context.Context, data []byte, out *builder) error {
	o, content, err := openODF(ctx, data, out)
	if err != nil {
		return err
	}
	o.stylesheet(content)
	body := content.child("document-content").child("body").child("spreadsheet")
	sheets, hidden, rows, columns := 0, 0, 0, 0
	for _, k := range body.kids {
		if k.name != "table" {
			continue
		}
		sheets++
		if o.styles[k.attr("style-name")].gone {
			hidden++
			continue
		}
		out.place = safe.PHI("sheet " + k.attr("name"))
		g := &grid{hiddenColumns: map[int]bool{}}
		at := 0
		o.sheetColumns(k, g, &at)
		at = 0
		hiddenRows, err := o.sheetRows(k, g, &at)
		if err != nil {
			return err
		}
		rows += hiddenRows
		columns += g.hiddenUsed()
		if err := g.emit(out); err != nil {
			return err
		}
		if err := o.flushAfter(); err != nil {
			return err
		}
	}
	out.place = ""
	for _, u := range []Unread{
		{Unit: "sheet", Count: hidden, Of: sheets, Reason: Hidden},
		{Unit: "row", Count: rows, Reason: Hidden},
		{Unit: "column", Count: columns, Reason: Hidden},
	} {
		if u.Count > 0 {
			out.leave(u)
		}
	}
	o.tell()
	return nil
}

func unseenODF(n *node) bool {
	v := n.attr("visibility")
	return v == "collapse" || v == "filter"
}

func (o *odf) sheetColumns(n *node, g *grid, at *int) {
	for _, k := range n.kids {
		switch k.name {
		case "table-columns", "table-column-group", "table-header-columns":
			o.sheetColumns(k, g, at)
		case "table-column":
			times := min(max(1, number(k.attr("number-columns-repeated"), 1)), maxSheetColumns)
			for range times {
				if unseenODF(k) {
					g.hiddenColumns[*at] = true
				}
				*at++
			}
		}
		if *at > maxSheetColumns {
			return
		}
	}
}

func (o *odf) sheetRows(n *node, g *grid, at *int) (hidden int, err error) {
	for _, k := range n.kids {
		switch k.name {
		case "table-rows", "table-row-group", "table-header-rows":
			h, err := o.sheetRows(k, g, at)
			if err != nil {
				return 0, err
			}
			hidden += h
		case "table-row":
			times := max(1, number(k.attr("number-rows-repeated"), 1))
			some, err := o.sheetRow(k, g, *at+1, min(times, 1_000))
			if err != nil {
				return 0, err
			}
			if some && unseenODF(k) {
				hidden++
			}
			*at += times
		}
		if err := o.ctx.Err(); err != nil {
			return 0, err
		}
	}
	return hidden, nil
}

func (o *odf) sheetRow(n *node, g *grid, row, times int) (some bool, err error) {
	column := 0
	for _, k := range n.kids {
		repeated := min(max(1, number(k.attr("number-columns-repeated"), 1)), maxSheetColumns)
		if k.name == "table-cell" && len(k.kids) > 0 {
			text := o.inlineBlocks(k)
			for i := range o.after {
				o.after[i].Place = o.out.place
			}
			if strings.TrimSpace(text) == "" {
				text = ""
			}
			across, down := number(k.attr("number-columns-spanned"), 1), number(k.attr("number-rows-spanned"), 1)
			for c := column; text != "" && c < column+repeated && c < maxSheetColumns; c++ {
				some = true
				if unseenODF(n) {
					continue
				}
				for r := range times {
					g.put(row+r, c, text, o.boldCell(k))
				}
			}
			if text != "" && (across > 1 || down > 1) {
				g.merged = append(g.merged, [4]int{column, row - 1, column + max(1, across) - 1, row + max(1, down) - 2})
			}
		}
		if k.name == "table-cell" || k.name == "covered-table-cell" {
			column += repeated
		}
		if g.cells > maxLattice {
			return false, errTooMuch
		}
	}
	return some, nil
}

// boldCell reports whether a cell's style has bold letters.
func (o *odf) boldCell(k *node) bool {
	s := o.styled(k.attr("style-name"))
	return o.boldOnly(k, s.bold && !s.plain)
}
