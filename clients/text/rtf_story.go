package text

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"claria/internal/safe"
)

// letter takes text of the current group to where it belongs.
func (r *rtf) letter(s string) {
	switch r.g.place {
	case inColors:
		if s == ";" {
			r.colors = append(r.colors, r.red == 255 && r.green == 255 && r.blue == 255)
			r.red, r.green, r.blue = 0, 0, 0
		}
	case inStyles:
		r.style.name.WriteString(s)
	case inInstruction:
		if r.form.kind.Len() < 200 {
			r.form.kind.WriteString(s)
		}
	case inEntry:
		if r.form.entry.Len() < 1000 {
			r.form.entry.WriteString(s)
		}
	case inAuthor:
		if len(r.author) < 200 {
			r.author += s
		}
	case inNumber:
		if r.story.number.Len() < 60 {
			r.story.number.WriteString(s)
		}
	case inText:
		r.letterOf(s)
	}
}

// letterOf appends text to the story, unless nobody sees it.
func (r *rtf) letterOf(s string) {
	if s == "" {
		return
	}
	g, t := r.g, r.story
	blank := strings.TrimSpace(s) == ""
	isWhite := g.color > 0 && g.color < len(r.colors) && r.colors[g.color] && !g.shaded && !t.shaded && !t.inTable
	left := func(now bool, was *bool, count *int) bool {
		if !now {
			if !blank {
				*was = false
			}
			return false
		}
		if !blank && !*was {
			*was = true
			*count++
		}
		return true
	}
	if left(g.deleted, &r.wasDeleted, &r.deleted) || left(g.hidden, &r.wasHidden, &r.hidden) || left(isWhite, &r.wasWhite, &r.white) {
		return
	}
	mark := byte(0)
	switch {
	case g.struck:
		mark = 's'
	case g.raised:
		mark = 'r'
	}
	if mark != t.marked {
		t.endRun()
		t.marked = mark
	}
	t.run.WriteString(s)
	if !blank {
		t.letters++
		if g.bold {
			t.bold++
		}
	}
}

// endRun ends a run of letters with the same mark.
func (t *rtfStory) endRun() {
	switch s := t.run.String(); t.marked {
	case 's':
		t.text.WriteString(struck(s))
	case 'r':
		t.text.WriteString(raised(s))
	default:
		t.text.WriteString(s)
	}
	t.run.Reset()
	t.marked = 0
}

// surrogate joins the halves of a letter outside the basic plane.
func (r *rtf) surrogate(c rune) {
	if c < 0xdc00 {
		r.red = int(c) // colours are not read within text
		return
	}
	if pair := utf16.DecodeRune(rune(r.red), c); pair != unicode.ReplacementChar {
		r.letter(string(pair))
	}
	r.red = 0
}

func (r *rtf) endStyle() {
	name := strings.TrimSuffix(strings.TrimSpace(r.style.name.String()), ";")
	level := headingLevel(name)
	if level == 0 && r.style.level >= 1 && r.style.level <= 9 {
		level = r.style.level
	}
	if level > 0 {
		r.styles[r.style.number] = level
	}
	r.style.name.Reset()
	r.style.number, r.style.level = 0, 0
}

// endInstruction writes the value of a form's tick box or list.
func (r *rtf) endInstruction() {
	value := r.form.result
	if value == 25 { // nobody changed it
		value = r.form.original
	}
	switch kind := strings.ToUpper(strings.TrimSpace(r.form.kind.String())); {
	case strings.HasPrefix(kind, "FORMCHECKBOX"):
		if value == 1 {
			r.letter(" [x] ")
		} else {
			r.letter(" [ ] ")
		}
	case strings.HasPrefix(kind, "FORMDROPDOWN"):
		if value >= 0 && value < len(r.form.entries) {
			r.letter(r.form.entries[value])
		}
	}
	r.form = rtfForm{}
}

// noteMark writes the number of a note: within the note, or of the next one.
func (r *rtf) noteMark() {
	mark := r.story.mark
	if mark == "" {
		mark = strconv.Itoa(r.notes + 1)
	}
	was := r.g.raised
	r.g.raised = true
	r.letter(mark)
	r.g.raised = was
}

// beginStory begins a run of paragraphs of their own, which ends with the group.
func (r *rtf) beginStory(s *rtfStory) {
	r.stories = append(r.stories, r.story)
	r.story = s
	r.g.opened = s
	r.g.place = inText
	r.g.bold, r.g.hidden, r.g.struck, r.g.deleted, r.g.raised = false, false, false, false, false
}

// endStory ends it. A note follows the paragraph that it is about.
func (r *rtf) endStory() error {
	t := r.story
	if err := r.paragraph(); err != nil {
		return err
	}
	if err := r.endTable(); err != nil {
		return err
	}
	r.story = r.stories[len(r.stories)-1]
	r.stories = r.stories[:len(r.stories)-1]
	text := strings.Join(t.paragraph, " ")
	if text == "" {
		return nil
	}
	switch t.kind {
	case Header, Footer:
		if !r.margins[t.kind+text] {
			r.margins[t.kind+text] = true
			return r.out.append(Passage{Kind: t.kind, Text: safe.PHI(text)})
		}
		return nil
	case Comment:
		if t.author != "" {
			text = t.author + ": " + text
		}
	}
	r.story.after = append(r.story.after, Passage{Kind: t.kind, Text: safe.PHI(text)})
	return nil
}

// endParagraph ends a paragraph. Within a cell it is a line break.
func (r *rtf) endParagraph() error {
	if r.g.place != inText {
		return nil
	}
	if r.story.inTable {
		r.story.endRun()
		r.story.text.WriteByte(' ')
		return nil
	}
	if len(r.story.rows) > 0 {
		if err := r.endTable(); err != nil {
			return err
		}
	}
	return r.paragraph()
}

// paragraph appends what the story has so far.
func (r *rtf) paragraph() error {
	t := r.story
	t.endRun()
	text, number := t.text.String(), tidy(t.number.String())
	t.text.Reset()
	t.number.Reset()
	t.letters, t.bold = 0, 0
	after := t.after
	t.after = nil
	kind, level := Paragraph, t.level
	if style, ok := r.styles[t.style]; ok && level == 0 {
		level = style
	}
	switch {
	case level >= 1 && level <= 9:
		kind = Heading
	case number != "":
		kind = Item
	}
	if kind != Heading {
		level = 0
	}
	if t.kind != Paragraph { // a note is one passage
		if text = tidy(strings.TrimSpace(number + " " + text)); text != "" {
			t.paragraph = append(t.paragraph, text)
		}
		return nil
	}
	if strings.TrimSpace(text) != "" {
		if len(t.rows) > 0 {
			if err := r.endTable(); err != nil {
				return err
			}
		}
		for i, part := range broken(text) {
			if number != "" && i == 0 {
				part = bulletOf(number) + " " + part
			}
			if err := r.out.add(kind, level, part); err != nil {
				return err
			}
		}
	}
	for _, p := range after {
		if err := r.out.append(p); err != nil {
			return err
		}
	}
	return nil
}

// bulletOf makes the bullets of fonts of symbols one.
func bulletOf(number string) string {
	letters := []rune(number)
	if len(letters) == 1 && (letters[0] >= 0xe000 && letters[0] <= 0xf8ff || letters[0] == '\u00b7' || letters[0] == '\ufffd') {
		return "•"
	}
	return number
}

func (r *rtf) endCell() error {
	t := r.story
	t.endRun()
	text := t.text.String()
	if number := tidy(t.number.String()); number != "" {
		text = bulletOf(number) + " " + text
	}
	t.now.cells = append(t.now.cells, rtfCell{text: tidy(text), bold: t.letters > 0 && t.bold == t.letters})
	t.text.Reset()
	t.number.Reset()
	t.letters, t.bold = 0, 0
	if len(t.now.cells) > maxColumns {
		return errTooMuch
	}
	return nil
}

// endRow keeps a row until its table ends: only then are its columns known.
func (r *rtf) endRow() error {
	t := r.story
	row := t.now
	t.now.cells = nil
	for len(row.edges) < len(row.cells) { // it is not defined: columns of one width
		last := row.left
		if n := len(row.edges); n > 0 {
			last = row.edges[n-1]
		}
		row.edges, row.merged = append(row.edges, last+1440), append(row.merged, 0)
	}
	for len(row.cells) < len(row.edges) {
		row.cells = append(row.cells, rtfCell{})
	}
	t.rows = append(t.rows, row)
	t.table.cells += len(row.cells)
	if t.table.cells > maxLattice {
		return errTooMuch
	}
	return nil
}

// sameEdge is how far apart edges of one column may be, in twips (1/20 of a point).
const sameEdge = 40

// endTable finds the columns of a table from the edges of all its cells, and appends it.
func (r *rtf) endTable() error {
	t := r.story
	rows := t.rows
	t.rows, t.table = nil, lattice{}
	if len(rows) == 0 {
		return nil
	}
	var edges []int
	for _, row := range rows {
		edges = append(edges, row.left)
		edges = append(edges, row.edges...)
	}
	slices.Sort(edges)
	columns := edges[:1:1]
	for _, e := range edges[1:] {
		if e > columns[len(columns)-1]+sameEdge {
			columns = append(columns, e)
		}
	}
	if len(columns) > maxColumns {
		return errTooMuch
	}
	nearest := func(edge int) int {
		i, _ := slices.BinarySearch(columns, edge)
		if i == len(columns) || i > 0 && edge-columns[i-1] <= columns[i]-edge {
			i--
		}
		return i
	}
	var l lattice
	above := make([]spot, len(columns))
	for _, row := range rows {
		var line []spot
		at := 0
		if first := nearest(row.left); first > 0 {
			line = append(line, spot{across: first})
			at = first
		}
		for i, c := range row.cells {
			to := nearest(row.edges[i])
			s := spot{text: c.text, head: c.bold, across: max(1, to-at)}
			if row.merged[i] == 'a' && len(line) > 0 {
				line[len(line)-1].across += s.across
				at += s.across
				continue
			}
			if row.merged[i] == 'd' && c.text == "" && at < len(above) {
				s.text, s.head = above[at].text, above[at].head
			}
			line = append(line, s)
			for c := at; c < at+s.across && c < len(above); c++ {
				above[c] = s
			}
			at += s.across
		}
		if row.header && l.heads == len(l.rows) {
			l.heads++
		}
		if err := l.add(line); err != nil {
			return err
		}
	}
	return r.notesAfter(l.emit(r.out))
}

// notesAfter appends the notes of a table's cells.
func (r *rtf) notesAfter(err error) error {
	after := r.story.after
	r.story.after = nil
	for _, p := range after {
		if err == nil {
			err = r.out.append(p)
		}
	}
	return err
}
