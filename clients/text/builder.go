package text

import (
	"strings"
	"unicode"

	"claria/internal/safe"
)

// CellBreak is between two cells of a row in its text.
const CellBreak = " | "

// builder collects passages and what was not read, and holds them to the bounds.
type builder struct {
	passages []Passage
	unread   []Unread
	size     int

	place  safe.PHI // of the passages that follow
	tables int      // tables begun so far
}

// add appends a passage. It ignores an empty one.
func (b *builder) add(kind string, level int, text string) error {
	return b.append(Passage{Kind: kind, Level: level, Text: safe.PHI(tidy(text))})
}

// table begins a table: the rows that follow belong to it.
func (b *builder) table() { b.tables++ }

// row appends a row of the current table, or a header row of it. It keeps blank cells,
// and ignores a row of nothing else.
func (b *builder) row(header bool, cells ...string) error {
	p := Passage{Kind: Row, Table: b.tables, Cells: make([]safe.PHI, len(cells))}
	if header {
		p.Kind = HeaderRow
	}
	texts := make([]string, len(cells))
	blank := true
	for i, cell := range cells {
		texts[i] = tidy(cell)
		blank = blank && texts[i] == ""
		p.Cells[i] = safe.PHI(texts[i])
	}
	if blank {
		return nil
	}
	p.Text = safe.PHI(strings.Join(texts, CellBreak))
	return b.append(p)
}

func (b *builder) append(p Passage) error {
	size := len(p.Text)
	if size == 0 {
		return nil
	}
	if len(b.passages) >= maxPassages || b.size+size > maxText {
		return errTooMuch
	}
	p.Number, p.Start, p.End = len(b.passages)+1, b.size, b.size+size
	if p.Place == "" {
		p.Place = b.place
	}
	b.passages = append(b.passages, p)
	b.size += size + 1
	return nil
}

// leave records something that was not read.
func (b *builder) leave(u Unread) { b.unread = append(b.unread, u) }

// tidy drops control characters, and nothing after them, and makes each run of white
// space one space. Text is made safe for a terminal where it is shown, not here.
func tidy(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)), " ")
}
