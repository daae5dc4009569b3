package clients

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/clients/text"
	"claria/internal/words"
	"claria/ui/kit"
)

// preview is the text of a file, or of one of its versions.
type preview struct {
	file     clients.File
	segments []text.Passage
	open     bool // a person asked for the text
	loaded   bool
	err      error
	scroll   int
	height   int // rows last drawn, for page keys

	// The last layout, and what it was made for. Only visible rows are drawn, but a
	// row's place depends on all rows before it.
	lines []string
	width int
	theme string
}

// previewed is a loaded text, and the file that it belongs to.
type previewed struct {
	file     clients.File
	segments []text.Passage
}

// follow makes the preview follow the selection. It reads nothing: until the file is
// opened, the preview shows what the list knows.
func (p *Pane) follow() {
	if p.history != nil {
		p.followVersion()
		return
	}
	file, ok := p.files.Selected()
	if !ok {
		p.preview = preview{}
		p.column = min(p.column, filesColumn)
		return
	}
	if file.ID == p.preview.file.ID && file.Version == p.preview.file.Version {
		p.preview.file = file
		return
	}
	p.preview = preview{file: file}
	p.column = min(p.column, filesColumn)
	p.env.Jobs.Drop(kit.Job{Pane: kit.ClientsPane, Slot: "preview"})
}

// openFile reads the selected file's text.
func (p *Pane) openFile() tea.Cmd {
	p.follow()
	file := p.preview.file
	if file.ID == "" {
		return nil
	}
	p.column = previewColumn
	if p.preview.open && p.preview.err == nil {
		return nil
	}
	p.preview = preview{file: file, open: true}
	if file.Segments == 0 {
		p.preview.loaded = true
		return nil
	}
	store := p.env.Session.Clients()
	return p.loadPreview(func(ctx context.Context) (previewed, error) {
		segments, err := store.Segments(ctx, file)
		return previewed{file, segments}, err
	})
}

func (p *Pane) loadPreview(load func(context.Context) (previewed, error)) tea.Cmd {
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ClientsPane, Slot: "preview", Title: "Loading the text", Quiet: true}, load)
}

// came takes the text, unless another file was selected since.
func (v *preview) came(m kit.Answer[previewed]) {
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
func (v *preview) View(t *kit.Theme, w, h int, focused bool) string {
	switch {
	case v.file.ID == "":
		return ""
	case v.err != nil:
		return strings.Join(kit.Explain(v.err).Lines(t, w), "\n")
	case !v.loaded:
		return " " + t.Mark(kit.StatusRunning) + t.Dim(" Loading text.")
	case len(v.segments) == 0:
		why := v.file.Problem
		if why == "" {
			why = "the file holds no text"
		}
		lines := []string{" " + t.Bold("No text to show"), ""}
		for _, line := range kit.Wrap(kit.Sentence(why), max(4, w-2)) {
			lines = append(lines, " "+line)
		}
		lines = append(lines, "", " "+t.Bold("d")+t.Dim(" download the file"))
		return strings.Join(lines, "\n")
	}
	if v.lines == nil || v.width != w || v.theme != t.Name {
		v.lines, v.width, v.theme = segmentLines(t, v.segments, w-1), w, t.Name
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
	return strings.Join(append(lines, t.Dim(kit.Cut(foot, w))), "\n")
}

// cellBreak separates the cells of a table's row in its text.
const cellBreak = " | "

// tableRows lays out the rows of a table: in columns, the last one wrapped, if they
// fit; else one cell after the other.
func tableRows(rows []text.Passage, room int) [][]string {
	cells := make([][]string, len(rows))
	var widths []int
	for i, row := range rows {
		cells[i] = strings.Split(kit.Steady(row.Text.Line()), cellBreak)
		for x, cell := range cells[i] {
			cells[i][x] = strings.TrimSpace(cell)
			if x == len(widths) {
				widths = append(widths, 0)
			}
			widths[x] = max(widths[x], kit.Width(cells[i][x]))
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
			out[i] = kit.Wrap(strings.Join(cells[i], " │ "), room)
			continue
		}
		line, tail := "", ""
		for x, cell := range cells[i] {
			if x == last {
				tail = cell
			} else {
				line += kit.Fit(cell, widths[x]) + "  "
			}
		}
		for y, part := range kit.Wrap(tail, room-before) {
			if y > 0 {
				line = strings.Repeat(" ", before)
			}
			out[i] = append(out[i], strings.TrimRight(line+part, " "))
		}
	}
	return out
}

// segmentLines lays out numbered passages in w columns. Headings are bold; rows of a
// table are aligned if they fit.
func segmentLines(t *kit.Theme, segments []text.Passage, w int) []string {
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
				line = t.Bold(line)
			}
			lines = append(lines, " "+t.Dim(kit.Fit(head, label))+line)
		}
	}
	for i := 0; i < len(segments); i++ {
		s := segments[i]
		if i > 0 && (s.Kind != segments[i-1].Kind || s.Kind == "paragraph" || s.Kind == "heading") {
			lines = append(lines, "")
		}
		if s.Kind != "row" {
			add(s.Number, kit.Wrap(kit.Steady(s.Text.Text()), room), s.Kind == "heading")
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
