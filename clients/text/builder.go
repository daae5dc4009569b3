package text

import (
	"errors"
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

	exact  bool     // white space counts
	place  safe.PHI // of the passages that follow
	tables int      // tables begun so far
}

// add appends a passage. It ignores an empty one.
func (b *builder) add(kind string, level int, text string) error {
	return b.append(Passage{Kind: kind, Level: level, Text: safe.PHI(b.text(text))})
}

// table begins a table: the rows that follow belong to it.
func (b *builder) table() { b.tables++ }

// row appends a row of the current table, or a header row of it. It keeps blank cells,
// and ignores a row of nothing else.
func (b *builder) row(header bool, cells ...string) error {
	return b.rowOf(b.tables, header, cells...)
}

// rowOf appends a row of a table that is not the last one.
func (b *builder) rowOf(table int, header bool, cells ...string) error {
	p := Passage{Kind: Row, Table: table, Cells: make([]safe.PHI, len(cells))}
	if header {
		p.Kind = HeaderRow
	}
	texts := make([]string, len(cells))
	blank := true
	for i, cell := range cells {
		texts[i] = b.text(cell)
		blank = blank && texts[i] == ""
		p.Cells[i] = safe.PHI(texts[i])
	}
	if blank {
		return nil
	}
	p.Text = safe.PHI(strings.Join(texts, CellBreak))
	return b.append(p)
}

// append holds passages to the limits: the passage that crosses the limit of text is cut.
func (b *builder) append(p Passage) error {
	if p.Text == "" {
		return nil
	}
	if len(b.passages) >= maxPassages {
		return errTooMuch
	}
	var err error
	if over := b.size + len(p.Text) - maxText; over > 0 {
		whole := p.Text.Reveal()
		if over >= len(whole) || p.IsRow() {
			return errTooMuch
		}
		p.Text, err = safe.PHI(strings.ToValidUTF8(whole[:len(whole)-over], "")), errTooMuch
	}
	size := len(p.Text)
	p.Number, p.Start, p.End = len(b.passages)+1, b.size, b.size+size
	if p.Place == "" {
		p.Place = b.place
	}
	b.passages = append(b.passages, p)
	b.size += size + 1
	return err
}

// leave records something that was not read.
func (b *builder) leave(u Unread) { b.unread = append(b.unread, u) }

// breakOff records that reading ended before the file's end, and why.
func (b *builder) breakOff(why error) {
	reason := Damaged
	if errors.Is(why, errTooMuch) || errors.Is(why, errTooLong) {
		reason = PastLimit
	}
	for _, u := range b.unread {
		if u.Reason == reason && u.Unit == "part" {
			return
		}
	}
	b.leave(Unread{Unit: "part", Reason: reason})
}

// tidy drops control characters, and nothing after them. A passage is one line, so a line
// break becomes a space. Other white space stays as it is only in a plain text, where it
// holds columns apart. Text is made safe for a terminal where it is shown, not here.
func tidy(text string) string { return strings.Join(strings.Fields(oneLine(text)), " ") }

// text is a passage's text.
func (b *builder) text(text string) string {
	if b.exact {
		return oneLine(text)
	}
	return tidy(text)
}

// oneLine drops control characters and makes line breaks spaces.
func oneLine(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r) && r != '\n' && r != '\t':
			return -1
		}
		return r
	}, text))
	if !strings.Contains(text, "\n") {
		return text
	}
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(line)
		}
	}
	return b.String()
}
