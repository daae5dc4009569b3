package clients

import (
	"context"
	"fmt"
	"slices"
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

	at int // the passage to show first, once the text is laid out; 0: the first

	// The last layout, and what it was made for. Only visible rows are drawn, but a
	// row's place depends on all rows before it.
	lines []textLine
	width int
	found found
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
	if was := p.preview.file; file.ID == was.ID && (file.Version == was.Version ||
		file.SHA256 == was.SHA256 && file.Reader == was.Reader && file.Segments == was.Segments) {
		p.preview.file = file // perhaps with another name or label; its text is the same
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

// previewHead is the top of an open text: the file, what it is, and what was not read.
// Alone on the screen, its name is in the line above.
func (p *Pane) previewHead(w, h int, alone bool) []string {
	t, file := p.env.Theme, p.preview.file
	badge := ""
	if class := classBadge(file.Class); class != "" {
		badge = t.In(kit.TokenDue, class) + " "
	}
	label, state := shownLabel(file)
	label = t.Dim(label + state)
	var lines []string
	if alone {
		if label != "" || badge != "" {
			lines = append(lines, kit.Ends(" "+label, badge, w))
		}
	} else {
		lines = append(lines, kit.Ends(" "+t.Bold(kit.Named(file.Name)), badge, w))
		if label != "" {
			lines = append(lines, " "+kit.Cut(label, w-1))
		}
	}
	if unread := p.unreadLines(file, w); len(unread) > 0 {
		lines = append(lines, unread[1:]...)
	}
	if most := max(2, h/3); len(lines) > most {
		lines = append(lines[:most-1], t.Dim(fmt.Sprintf("   … %s", words.Plural(len(lines)-most+1, "more line", "more lines"))))
	}
	return append(lines, t.Border(strings.Repeat("─", max(0, w))))
}

// View draws the text in w × h, below its head.
func (v *preview) View(t *kit.Theme, w, h int, head []string, focused bool) string {
	switch {
	case v.err != nil:
		return strings.Join(kit.Explain(v.err).Lines(t, w), "\n")
	case !v.loaded:
		return strings.Join(append(head, " "+t.Mark(kit.StatusRunning)+t.Dim(" Loading text.")), "\n")
	case len(v.segments) == 0:
		why := v.file.Problem
		if why == "" {
			why = "the file holds no text"
		}
		lines := slices.Concat(head, []string{" " + t.Bold("No text to show"), ""})
		for _, line := range kit.Wrap(kit.Sentence(why), max(4, w-2)) {
			lines = append(lines, " "+line)
		}
		lines = append(lines, "", " "+t.Bold("d")+t.Dim(" download the file"))
		return strings.Join(lines, "\n")
	}
	if v.lines == nil || v.width != w {
		v.lines, v.width = layOut(v.segments, w-1), w
		v.found.in(v.lines)
	}
	rows := max(1, h-1-len(head))
	v.height = rows
	if v.at > 0 {
		v.reveal(v.at)
		v.found.from(v.scroll)
		v.at = 0
	}
	v.scroll = max(0, min(v.scroll, len(v.lines)-rows))
	from, to := v.scroll, min(len(v.lines), v.scroll+rows)
	lines := head
	for i := from; i < to; i++ {
		lines = append(lines, v.lines[i].draw(t, v.found.on(i)))
	}
	for len(lines) < h-1 {
		lines = append(lines, "")
	}
	return strings.Join(append(lines, v.foot(t, w, to, rows, focused)), "\n")
}

// foot is the last line: what is searched for, or how far the text goes.
func (v *preview) foot(t *kit.Theme, w, to, rows int, focused bool) string {
	if v.found.typing || v.found.query != "" {
		return v.found.line(t, w)
	}
	foot := fmt.Sprintf(" %s", words.Plural(len(v.segments), "passage", "passages"))
	if len(v.lines) > rows {
		foot += fmt.Sprintf(" · %d%%", 100*to/len(v.lines))
	}
	if focused {
		foot += " · ↑↓ scroll · / find"
	}
	return t.Dim(kit.Cut(foot, w))
}

// reveal scrolls so that a passage is the first one.
func (v *preview) reveal(passage int) {
	for i, line := range v.lines {
		if line.passage == passage {
			v.scroll = i
			return
		}
	}
}
