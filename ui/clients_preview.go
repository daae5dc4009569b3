package ui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/clients/text"
	"claria/internal/words"
)

// preview is the text of a file, or of one of its versions.
type preview struct {
	file     clients.File
	segments []text.Passage
	loaded   bool
	err      error
	scroll   int
	height   int // rows last drawn, for page keys

	// What was laid out last, and for what: only visible rows are drawn, but a
	// row's place depends on all before it.
	lines []string
	width int
	theme string
}

// previewed is a file's text and whose it is.
type previewed struct {
	file     clients.File
	segments []text.Passage
}

// showFile makes the preview show the selected file or version.
func (p *records) showFile() tea.Cmd {
	if p.history != nil {
		return p.showVersion()
	}
	file, ok := p.files.Selected()
	if !ok {
		p.preview = preview{}
		return nil
	}
	if file.ID == p.preview.file.ID && file.Version == p.preview.file.Version {
		return nil
	}
	p.preview = preview{file: file}
	if file.Segments == 0 {
		p.preview.loaded = true
		p.env.jobs.drop(job{Pane: clientsPane, Slot: "preview"})
		return nil
	}
	store := p.env.session.Clients()
	return p.loadPreview(func(ctx context.Context) (previewed, error) {
		segments, err := store.Segments(ctx, file)
		return previewed{file, segments}, err
	})
}

func (p *records) loadPreview(load func(context.Context) (previewed, error)) tea.Cmd {
	return ask(p.env.jobs, job{Pane: clientsPane, Slot: "preview", Title: "Loading the text", Quiet: true}, load)
}

// came takes the text; what has been asked for since is not overwritten.
func (v *preview) came(m answer[previewed]) {
	if m.Err != nil {
		v.err, v.loaded = m.Err, true
		return
	}
	if m.Value.file.ID == v.file.ID {
		v.file, v.segments, v.loaded, v.lines = m.Value.file, m.Value.segments, true, nil
	}
}

// move scrolls.
func (v *preview) move(key string) {
	page := max(1, v.height-1)
	switch key {
	case "up":
		v.scroll--
	case "down":
		v.scroll++
	case "page up":
		v.scroll -= page
	case "page down":
		v.scroll += page
	case "first":
		v.scroll = 0
	case "last":
		v.scroll = len(v.lines)
	}
	v.scroll = max(0, min(v.scroll, len(v.lines)-v.height))
}

// View draws the text in w × h.
func (v *preview) View(t *theme, w, h int, focused bool) string {
	switch {
	case v.file.ID == "":
		return ""
	case v.err != nil:
		return strings.Join(explain(v.err).lines(t, w), "\n")
	case !v.loaded:
		return " " + t.mark(statusRunning) + t.dim(" Loading the text.")
	case len(v.segments) == 0:
		why := v.file.Problem
		if why == "" {
			why = "it holds none"
		}
		lines := []string{" " + t.bold("There is no text to show"), ""}
		for _, line := range wrap(sentence(why), max(4, w-2)) {
			lines = append(lines, " "+line)
		}
		lines = append(lines, "", " "+t.bold("d")+t.dim(" downloads the file as it is"))
		return strings.Join(lines, "\n")
	}
	if v.lines == nil || v.width != w || v.theme != t.name {
		v.lines, v.width, v.theme = t.segmentLines(v.segments, w-1), w, t.name
	}
	rows := h - 1
	v.height = rows
	v.scroll = max(0, min(v.scroll, len(v.lines)-rows))
	from, to := v.scroll, min(len(v.lines), v.scroll+rows)
	lines := append([]string(nil), v.lines[from:to]...)
	for len(lines) < rows {
		lines = append(lines, "")
	}
	foot := fmt.Sprintf(" %s", words.Plural(len(v.segments), "passage", "passages"))
	if len(v.lines) > rows {
		foot += fmt.Sprintf(" · %d%%", 100*to/len(v.lines))
	}
	if focused {
		foot += " · ↑↓ scroll"
	}
	return strings.Join(append(lines, t.dim(cut(foot, w))), "\n")
}

// segmentLines lays out numbered passages in w columns. Headings are bold; rows
// of a table stand under each other when they fit.
func (t *theme) segmentLines(segments []text.Passage, w int) []string {
	label := len(fmt.Sprintf("S%d", segments[len(segments)-1].Number)) + 2
	room := max(8, w-label-1)
	var lines []string
	add := func(number int, text []string, bold bool) {
		for i, line := range text {
			head := ""
			if i == 0 {
				head = fmt.Sprintf("S%d", number)
			}
			if bold {
				line = t.bold(line)
			}
			lines = append(lines, " "+t.dim(fit(head, label))+line)
		}
	}
	for i := 0; i < len(segments); i++ {
		s := segments[i]
		if i > 0 && (s.Kind != segments[i-1].Kind || s.Kind == "paragraph" || s.Kind == "heading") {
			lines = append(lines, "")
		}
		if s.Kind != "row" {
			add(s.Number, wrap(steady(s.Text.Text()), room), s.Kind == "heading")
			continue
		}
		last := i
		for last+1 < len(segments) && segments[last+1].Kind == "row" {
			last++
		}
		for j, text := range tableRows(segments[i:last+1], room) {
			add(segments[i+j].Number, text, false)
		}
		i = last
	}
	return lines
}

// cellBreak stands between the cells of a table's row in its text.
const cellBreak = " | "

// tableRows lays out the rows of a table: in columns, the last one wrapped, when
// they fit; else each cell after the other.
func tableRows(rows []text.Passage, room int) [][]string {
	cells := make([][]string, len(rows))
	var widths []int
	for i, row := range rows {
		cells[i] = strings.Split(steady(row.Text.Line()), cellBreak)
		for x, cell := range cells[i] {
			cells[i][x] = strings.TrimSpace(cell)
			if x == len(widths) {
				widths = append(widths, 0)
			}
			widths[x] = max(widths[x], width(cells[i][x]))
		}
	}
	last := len(widths) - 1
	before := 2 * last
	for _, w := range widths[:last] {
		before += w
	}
	out := make([][]string, len(rows))
	for i := range rows {
		if before+min(widths[last], room/3) > room {
			out[i] = wrap(strings.Join(cells[i], " │ "), room)
			continue
		}
		line, tail := "", ""
		for x, cell := range cells[i] {
			if x == last {
				tail = cell
			} else {
				line += fit(cell, widths[x]) + "  "
			}
		}
		for y, part := range wrap(tail, room-before) {
			if y > 0 {
				line = strings.Repeat(" ", before)
			}
			out[i] = append(out[i], strings.TrimRight(line+part, " "))
		}
	}
	return out
}
