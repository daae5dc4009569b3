package reports

import (
	"fmt"

	"claria/internal/safe"
	"claria/reports"
	"claria/ui/kit"
)

// layout is a report's document as lines. A section's lines are kept until its text
// changes; while a text grows, only its last block is rendered again.
type layout struct {
	width    int
	markdown *kit.Markdown
	sections []laid
	lines    []docLine
	markers  []placed
}

// laid is a section's last layout, and the text that it was made from.
type laid struct {
	text     safe.PHI
	last     int
	rendered kit.Rendered
	noted    kit.Noted
	from     int // line of its heading
	end      int // line after its last
}

// docLine is one line of the document.
type docLine struct {
	text    string
	section int // whose markers it may contain
	open    int // the section's marker that continues from the line before; -1: none
	styled  bool
}

// placed is a marker and where it is.
type placed struct {
	section int
	place   int // among the markers of its section
	line    int
	marker  reports.Marker
}

// begins is the line where a section begins.
func (l *layout) begins(section int) int {
	if section < len(l.sections) {
		return l.sections[section].from
	}
	return 0
}

// lay lays out the document in w columns. While a report is being written, it leaves
// out the sections that have not begun.
func (q *reader) lay(t *kit.Theme, w int) {
	l := &q.layout
	if l.width != w || l.markdown == nil {
		*l = layout{width: w, markdown: kit.NewMarkdown(w)}
	}
	if len(l.sections) != len(q.report.Sections) {
		l.sections = make([]laid, len(q.report.Sections))
	}
	l.lines, l.markers = l.lines[:0], l.markers[:0]
	last, writing := q.last(), q.writing()
	plain := func(text string) { l.lines = append(l.lines, docLine{text: text, open: -1, styled: true}) }
	for i, section := range q.report.Sections {
		part := &l.sections[i]
		part.from, part.end = len(l.lines), len(l.lines)
		if q.running && section.State == reports.Waiting {
			continue
		}
		if len(l.lines) > 0 {
			plain("")
			part.from++
		}
		for _, line := range kit.Wrap(fmt.Sprintf("%d  %s", i+1, safe.Line(section.Heading)), w) {
			plain(t.Bold(line))
		}
		if part.text != section.Text || part.last != last {
			part.text, part.last = section.Text, last
			part.noted = kit.NoteMarkers(kit.Steady(section.Text.Text()), last)
			part.rendered = l.markdown.Render(part.noted.Text, part.rendered)
		}
		l.place(i, part)
		if note := section.Note(); note != "" && i != writing {
			plain("")
			for _, line := range kit.Wrap(noteMark(section)+" "+note, w) {
				plain(t.In(noteToken(section), line))
			}
		}
		part.end = len(l.lines)
	}
	if !q.running && len(q.report.Context) > 0 {
		plain("")
		plain(t.Bold("Sources"))
		for _, line := range q.sourceLines(w) {
			plain(line)
		}
	}
}

// place appends a section's text and records where its markers are.
func (l *layout) place(i int, part *laid) {
	if len(part.rendered.Lines) == 0 {
		return
	}
	l.lines = append(l.lines, docLine{open: -1, styled: true})
	open := -1
	for _, line := range part.rendered.Lines {
		for _, place := range kit.MarkersIn(line) {
			if place < len(part.noted.Markers) {
				l.markers = append(l.markers, placed{i, place, len(l.lines), part.noted.Markers[place]})
			}
		}
		l.lines = append(l.lines, docLine{text: line, section: i, open: open})
		_, open = kit.PaintMarkers(line, open, func(int) (string, string) { return "", "" })
	}
}

func noteMark(s reports.Section) string {
	switch s.State {
	case reports.Failed:
		return "✗"
	case reports.Waiting:
		return "◌"
	}
	return "▲"
}

func noteToken(s reports.Section) kit.Token {
	switch s.State {
	case reports.Failed:
		return kit.TokenFail
	case reports.Waiting:
		return kit.TokenDim
	}
	return kit.TokenDrift
}

// sourceLines list the files and the numbers of their passages.
func (q *reader) sourceLines(w int) []string {
	var lines []string
	for _, file := range q.report.Context {
		span := fmt.Sprintf("S%d", file.First)
		if file.Count > 1 {
			span += fmt.Sprintf("–S%d", file.First+file.Count-1)
		}
		lines = append(lines, kit.Cut(q.env.Theme.Dim(kit.Fit(span, 9))+" "+kit.Named(file.Name), w))
	}
	return lines
}

// draw returns lines of the document with their markers painted.
func (q *reader) draw(t *kit.Theme, from, to int) []string {
	l := &q.layout
	accent, accentEnd := t.Around(kit.TokenAccent)
	fail, failEnd := t.Around(kit.TokenFail)
	last, writing := q.last(), q.writing()
	var lines []string
	for at := from; at < to; at++ {
		line := l.lines[at]
		text := line.text
		if !line.styled {
			text, _ = kit.PaintMarkers(text, line.open, func(place int) (string, string) {
				markers := l.sections[line.section].noted.Markers
				before, after := accent, accentEnd
				if place < len(markers) && !kit.Resolves(markers[place], last) {
					before, after = fail, failEnd
				}
				if q.marker >= 0 && q.marker < len(l.markers) &&
					l.markers[q.marker].section == line.section && l.markers[q.marker].place == place {
					before, after = before+"\x1b[7m", "\x1b[27m"+after
				}
				return before, after
			})
		}
		if writing >= 0 && at == l.sections[writing].end-1 {
			text += t.Accent("▌")
		}
		lines = append(lines, text)
	}
	return lines
}
