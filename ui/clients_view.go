package ui

import (
	"cmp"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/words"
)

func (p *records) View(w, h int) string {
	t := p.env.theme
	head := p.headline(w)
	if !p.env.session.SetUp || !p.peopleLoaded || len(p.people.Items()) == 0 {
		return head + "\n\n" + strings.Join(p.emptyLines(w), "\n")
	}
	below := p.uploadLines(w, max(3, h/3))
	body := h - 1 - len(below)
	var text string
	switch {
	case w >= wide:
		left := max(24, w/5)
		middle := max(40, (w-left)/2)
		rest := w - left - middle - 2
		text = t.columns(body,
			column{p.peopleView(left, body), left},
			column{p.filesView(middle, body), middle},
			column{p.preview.View(t, rest, body, p.column == previewColumn), rest})
	case p.column == peopleColumn:
		text = p.peopleView(w, body)
	case p.column == filesColumn:
		text = p.filesView(w, body)
	default:
		text = p.preview.View(t, w, body, true)
	}
	lines := append([]string{head}, box(text, w, body)...)
	return strings.Join(append(lines, below...), "\n")
}

// headline says where the user is.
func (p *records) headline(w int) string {
	t := p.env.theme
	text := " " + t.bold("Clients")
	if p.held.ID == "" {
		return fit(text, w)
	}
	text += t.dim(" ▸ ") + named(p.held.Name)
	note := ""
	switch {
	case p.trash && p.filesLoaded:
		note = words.Plural(len(p.files.Items()), "deleted file", "deleted files")
	case p.trash:
		note = "deleted files"
	case p.filesLoaded && p.filesErr == nil:
		var bytes int64
		for _, f := range p.files.Items() {
			bytes += f.Size
		}
		note = words.Plural(len(p.files.Items()), "file", "files") + ", " + words.Bytes(bytes)
	}
	if w < wide && p.column == previewColumn {
		file := p.preview.file
		if p.history != nil {
			file = p.history.file // that of a version is still on its way
		}
		text += t.dim(" ▸ ") + named(file.Name)
		note = ""
	}
	return ends(text, t.dim(note)+" ", w)
}

// emptyLines stand where there are no clients.
func (p *records) emptyLines(w int) []string {
	return noClients(p.env, w, p.peopleErr, p.peopleLoaded,
		"Clients and their files are kept in your own AWS account, which is not set up yet.",
		"Here are your clients, and for each the files that reports are drafted from: encrypted, in your own AWS account, every version kept.",
		p.env.theme.bold("a")+" adds the first client")
}

// noClients are the lines of an empty list of clients: what comes before it, what
// went wrong, or what belongs there and how it begins.
func noClients(e *env, w int, failed error, loaded bool, before, belongs, begin string) []string {
	t := e.theme
	paragraph := func(text, next string) []string {
		var lines []string
		for _, line := range wrap(text, max(4, w-4)) {
			lines = append(lines, "  "+line)
		}
		return append(lines, "", "  "+next)
	}
	switch {
	case !e.session.SetUp:
		return paragraph(before, t.bold("8")+" goes to Setup, which comes first.")
	case failed != nil && !loaded:
		return append(explain(failed).lines(t, w-2), "", "  "+t.bold("r")+t.dim(" tries again"))
	case !loaded:
		return []string{"  " + t.mark(statusRunning) + " Loading the clients."}
	}
	return paragraph(belongs, begin)
}

func (p *records) peopleView(w, h int) string {
	t := p.env.theme
	if p.peopleErr == nil {
		return p.people.View(t, w, h, p.column == peopleColumn)
	}
	lines := explain(p.peopleErr).lines(t, w)
	lines = lines[:min(len(lines), 4, h-2)]
	return strings.Join(append(box(p.people.View(t, w, h-len(lines), p.column == peopleColumn), w, h-len(lines)), lines...), "\n")
}

func (p *records) drawClient(c clients.Client, w int, selected bool) string {
	t := p.env.theme
	name, note := named(c.Name), ""
	if selected {
		name = t.in(tokenSelected, name)
	}
	for _, u := range p.uploading() {
		if u.client.ID == c.ID {
			note = t.mark(statusRunning) + " "
		}
	}
	return ends(name, note, w)
}

func (p *records) filesView(w, h int) string {
	t, focused := p.env.theme, p.column == filesColumn
	if p.history != nil {
		head := " " + t.bold(cut(p.history.title(), w-1))
		switch {
		case p.history.err != nil && len(p.history.list.Items()) == 0:
			return head + "\n\n" + strings.Join(explain(p.history.err).lines(t, w), "\n")
		case !p.history.loaded:
			return head + "\n\n " + t.mark(statusRunning) + t.dim(" Loading.")
		}
		return head + "\n" + p.history.list.View(t, w, h-1, focused)
	}
	if !p.filesLoaded {
		if p.filesErr != nil {
			return strings.Join(append(explain(p.filesErr).lines(t, w), "", "  "+t.bold("r")+t.dim(" tries again")), "\n")
		}
		return " " + t.mark(statusRunning) + t.dim(" Loading the files.")
	}
	if len(p.files.Items()) == 0 && !p.files.CapturesInput() && !p.files.Filtered() { // what is typed into the filter is seen
		lines := []string{"  No files yet.", "", "  " + t.bold("U") + " uploads some; or drop files", "  on this window."}
		if p.trash {
			lines = []string{"  Nothing is deleted here.", "", "  " + t.bold("t") + " goes back"}
		}
		return strings.Join(lines, "\n")
	}
	var below []string
	if p.filesErr != nil {
		below = explain(p.filesErr).lines(t, w)
		below = below[:min(len(below), 4, h-2)]
	}
	list := p.files.View(t, w, h-len(below), focused)
	return strings.Join(append(box(list, w, h-len(below)), below...), "\n")
}

func (p *records) drawFile(f clients.File, w int, selected bool) string {
	t := p.env.theme
	name := named(f.Name)
	note := right(words.Bytes(f.Size), 7) + "  " + right(shortDay(p.env.now(), f.Added), 7) + " "
	if selected {
		name = t.in(tokenSelected, cut(name, w-width(note)-1))
	}
	return ends(name, t.dim(note), w)
}

// shortDay is a date in seven columns: "Nov 11", or "2025-11" of another year.
func shortDay(now, then time.Time) string {
	then = then.In(now.Location())
	if then.Year() == now.Year() {
		return then.Format("Jan 2")
	}
	return then.Format("2006-01")
}

func (p *records) Actions() []action {
	const noFile = "Select a file first."
	noClient := "There is no client here yet; a adds one."
	if !p.peopleLoaded {
		noClient = "The clients are not loaded yet."
	}
	client, some := p.people.Selected()
	file, one := p.files.Selected()
	if client.ID != p.held.ID {
		one = false // its files are not loaded yet
	}
	setUp := ""
	if !p.env.session.SetUp {
		setUp = "Set-up comes first: pane Setup."
	}
	need := func(reasons ...string) string { return cmp.Or(setUp, cmp.Or(reasons...)) }
	inFiles := p.column != peopleColumn
	enter := action{ID: "clients.open", Keys: []string{"enter"}, Help: "open", Long: "Go to the client's files, or to the file's text.", Disabled: need(unless(some, noClient)), Do: p.deeper}
	if p.column == previewColumn {
		enter = action{ID: "clients.back", Keys: []string{"esc"}, Help: "back", Long: "Go back to the files.", Do: func() tea.Cmd { p.Back(); return nil }}
	}
	versions := action{ID: "clients.view", Keys: []string{"v"}, Help: "versions", Long: "Show the file's versions, newest first; u restores one.", Disabled: need(unless(one && inFiles, noFile)), Do: p.openHistory}
	if p.history != nil {
		versions.Help, versions.Do = "files", func() tea.Cmd { p.history = nil; return p.settle() }
	}
	restorable, why := p.trash && one, "Only a deleted file (t) or an earlier version (v) can be restored."
	if p.history != nil {
		version, ok := p.history.list.Selected()
		restorable = ok && !version.Deleted && !version.Latest
		if ok && version.Latest {
			why = "This is the file as it is; select an earlier version."
		}
	}
	trash := action{
		ID: "clients.past", Keys: []string{"t"}, Help: "deleted", Long: "Show the client's deleted files, or the others again.", Disabled: need(unless(some, noClient)),
		Do: func() tea.Cmd {
			settled := p.settle()
			p.showTrash(!p.trash)
			return tea.Batch(settled, p.loadFiles())
		},
	}
	if p.trash {
		trash.Help = "files"
	}
	filter := func() tea.Cmd {
		if p.column != filesColumn || p.history != nil {
			p.column = peopleColumn
		}
		return p.input(tea.KeyPressMsg{Code: '/', Text: "/"})
	}
	return []action{
		enter,
		{ID: "clients.add", Keys: []string{"a"}, Help: "new client", Long: "Add a client.", Quiet: inFiles, Disabled: need(), Do: p.askAdd},
		{ID: "clients.undo", Keys: []string{"u"}, Help: "restore", Long: "Bring back the deleted file, or make the version the file again.", Disabled: need(unless(restorable, why)), Do: p.restore},
		{
			ID: "clients.upload", Keys: []string{"U"}, Help: "upload", Long: "Upload files to the client: type their paths, or drop them on the window.", Disabled: need(unless(some, noClient)),
			Do: func() tea.Cmd { return tea.Batch(p.settle(), p.askUpload("")) },
		},
		{
			ID: "clients.draft", Keys: []string{"D"}, Help: "draft a report", Long: "Draft a report from the client's files.", Disabled: need(unless(some, noClient)),
			Do: func() tea.Cmd { return goTo(reportsPane, draftFor{Client: client.ID}) },
		},
		{ID: "clients.download", Keys: []string{"d"}, Help: "download", Long: "Download the file, or the selected version of it, readable by you alone.", Disabled: need(unless(one && inFiles, noFile)), Do: p.askDownload},
		versions,
		{
			ID: "clients.delete", Keys: []string{"x"}, Help: "delete", Long: "Delete the file; it can be restored.", Dangerous: true,
			Disabled: need(unless(one && inFiles && p.history == nil, noFile), unless(!p.trash, "It is deleted already.")), Do: func() tea.Cmd { return p.askDelete(file) },
		},
		trash,
		{ID: "clients.filter", Keys: []string{"/"}, Help: "filter", Long: "Show only the clients, or files, that contain what you type.", Do: filter},
		{
			ID: "clients.sort", Keys: []string{"o"}, Help: "sort", Long: "Sort the clients, or the files, in another order: by name, date or size.", Quiet: true, Disabled: need(unless(some, noClient)),
			Do: func() tea.Cmd {
				if p.column == peopleColumn {
					return notify("Clients are sorted " + p.people.Sort() + ".")
				}
				return notify("Files are sorted " + p.files.Sort() + ".")
			},
		},
		{ID: "clients.rename", Keys: []string{"R"}, Help: "rename", Long: "Give the client another name.", Quiet: true, Disabled: need(unless(some, noClient)), Do: func() tea.Cmd { return p.askRename(client) }},
		{
			ID: "clients.column", Keys: []string{"tab"}, Help: "next column", Long: "Go to the next column.", Quiet: true,
			Disabled: need(unless(some, noClient)), Do: p.nextColumn,
		},
		{
			ID: "clients.again", Keys: []string{"r"}, Help: "load again", Long: "Load clients and files again.", Quiet: true, Disabled: need(),
			Do: func() tea.Cmd { return tea.Batch(p.loadPeople(), p.loadFiles()) },
		},
	}
}
