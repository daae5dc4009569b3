package clients

import (
	"fmt"
	"strings"
	"unicode"

	"claria/clients/text"
	"claria/internal/safe"
	"claria/ui/kit"
)

// passageName is a passage's name on the screen: "§4". It is the same number everywhere.
func passageName(number int) string { return fmt.Sprintf("§%d", number) }

// textLine is one line of a text as it is drawn.
type textLine struct {
	passage int    // its number; 0: the line is between passages
	label   string // the passage's name on its first line, padded
	mark    string // what kind of passage it is, on its first line; dim
	body    string
	token   kit.Token // of the body
	bold    bool
}

// draw draws the line, with what was found in it.
func (l textLine) draw(t *kit.Theme, hits []hit) string {
	head := " " + t.Dim(l.label)
	if l.mark != "" {
		head += t.Dim(l.mark)
	}
	style := func(s string) string {
		if l.bold {
			return t.Bold(s)
		}
		return t.In(l.token, s)
	}
	runes := []rune(l.body)
	var b strings.Builder
	at := 0
	for _, h := range hits {
		from, to := min(h.from, len(runes)), min(h.to, len(runes))
		if from < at || from == to {
			continue
		}
		token := kit.TokenFound
		if h.here {
			token = kit.TokenHere
		}
		b.WriteString(style(string(runes[at:from])))
		b.WriteString(t.In(token, string(runes[from:to])))
		at = to
	}
	b.WriteString(style(string(runes[at:])))
	return head + b.String()
}

// marks are the kinds of passage that are not the document's own running text.
var marks = map[string]string{
	text.Header: "header ", text.Footer: "footer ", text.Footnote: "note ", text.Comment: "comment ",
}

// layOut lays out numbered passages in w columns. Headings are bold, what is not running
// text is dim, and the rows of a table are aligned if they fit.
func layOut(segments []text.Passage, w int) []textLine {
	if len(segments) == 0 {
		return nil
	}
	label := kit.Width(passageName(segments[len(segments)-1].Number)) + 2
	room := max(8, w-label-1)
	var lines []textLine
	add := func(number int, mark string, body []string, token kit.Token, bold bool) {
		for i, line := range body {
			l := textLine{passage: number, label: strings.Repeat(" ", label), body: line, token: token, bold: bold}
			if i == 0 {
				l.label, l.mark = kit.Fit(passageName(number), label), mark
			} else if mark != "" {
				l.label += strings.Repeat(" ", kit.Width(mark))
			}
			lines = append(lines, l)
		}
	}
	place := ""
	for i := 0; i < len(segments); i++ {
		s := segments[i]
		if i > 0 && apart(segments[i-1], s) {
			lines = append(lines, textLine{})
		}
		here := safe.Line(s.Place.Reveal())
		if here != place && here != "" && s.Kind != text.Turn {
			lines = append(lines, textLine{body: kit.Cut("── "+here+" ──", w-1), token: kit.TokenDim})
		}
		place = here
		if s.IsRow() {
			last := i
			for last+1 < len(segments) && sameTable(s, segments[last+1]) {
				last++
			}
			for j, body := range tableRows(segments[i:last+1], room) {
				add(segments[i+j].Number, "", body, kit.TokenText, segments[i+j].Kind == text.HeaderRow)
			}
			i = last
			continue
		}
		mark, token := marks[s.Kind], kit.TokenText
		if mark != "" {
			token = kit.TokenDim
		}
		if s.Kind == text.Turn && here != "" {
			mark = here + " "
		}
		add(s.Number, mark, kit.Wrap(kit.Steady(s.Text.Text()), max(8, room-kit.Width(mark))), token, s.Kind == text.Heading)
	}
	return lines
}

// apart reports whether an empty line is between two passages.
func apart(before, s text.Passage) bool {
	if before.IsRow() && s.IsRow() {
		return !sameTable(before, s)
	}
	return s.Kind != before.Kind || s.Kind == text.Paragraph || s.Kind == text.Heading
}

func sameTable(a, b text.Passage) bool { return b.IsRow() && a.Table == b.Table && a.Place == b.Place }

// cellsOf are a row's cells on one line each, blank ones included.
func cellsOf(row text.Passage) []string {
	var cells []string
	if len(row.Cells) > 0 {
		for _, cell := range row.Cells {
			cells = append(cells, kit.Shown(cell))
		}
		return cells
	}
	for cell := range strings.SplitSeq(row.Text.Reveal(), text.CellBreak) {
		cells = append(cells, strings.TrimSpace(kit.Steady(safe.Line(cell))))
	}
	return cells
}

// leastCell is the narrowest column of a table that is worth drawing.
const leastCell = 6

// tableRows lays out the rows of a table in columns; wide cells are wrapped. A table of
// more columns than fit is drawn one cell after the other, a blank one as "·", so that no
// value seems to belong to its neighbour's column.
func tableRows(rows []text.Passage, room int) [][]string {
	cells := make([][]string, len(rows))
	var widths []int
	for i, row := range rows {
		cells[i] = cellsOf(row)
		for x, cell := range cells[i] {
			if x == len(widths) {
				widths = append(widths, 1)
			}
			widths[x] = max(widths[x], kit.Width(cell))
		}
	}
	out := make([][]string, len(rows))
	if !shrink(widths, room) {
		for i := range rows {
			shown := make([]string, len(cells[i]))
			for x, cell := range cells[i] {
				if shown[x] = cell; cell == "" {
					shown[x] = "·"
				}
			}
			out[i] = kit.Wrap(strings.Join(shown, " │ "), room)
		}
		return out
	}
	right := numeric(rows, cells, len(widths))
	for i := range rows {
		out[i] = tableRow(cells[i], widths, right)
	}
	return out
}

// shrink makes the widest columns narrower until all fit, and reports whether they do.
func shrink(widths []int, room int) bool {
	const gap = 2
	for {
		sum, widest := gap*(len(widths)-1), 0
		for x, w := range widths {
			sum += w
			if w > widths[widest] {
				widest = x
			}
		}
		switch {
		case sum <= room:
			return true
		case widths[widest] <= leastCell:
			return false
		}
		widths[widest]--
	}
}

// numeric says which columns hold only numbers below their header.
func numeric(rows []text.Passage, cells [][]string, columns int) []bool {
	some, other := make([]bool, columns), make([]bool, columns)
	for i := range rows {
		for x, cell := range cells[i] {
			switch {
			case cell == "" || rows[i].Kind == text.HeaderRow:
			case strings.IndexFunc(cell, func(r rune) bool { return !unicode.IsDigit(r) && !strings.ContainsRune(" .,%+-–<>()", r) }) < 0:
				some[x] = true
			default:
				other[x] = true
			}
		}
	}
	for x := range some {
		some[x] = some[x] && !other[x]
	}
	return some
}

// tableRow lays out one row; each cell stays in its column.
func tableRow(cells []string, widths []int, right []bool) []string {
	var lines []string
	parts := make([][]string, len(cells))
	height := 1
	for x, cell := range cells {
		parts[x] = kit.Wrap(cell, widths[x])
		height = max(height, len(parts[x]))
	}
	for y := range height {
		line := ""
		for x := range cells {
			part := ""
			if y < len(parts[x]) {
				part = parts[x][y]
			}
			if x > 0 {
				line += "  "
			}
			if right[x] {
				line += kit.Right(part, widths[x])
			} else {
				line += kit.Fit(part, widths[x])
			}
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return lines
}
