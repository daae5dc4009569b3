package clients

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/words"
	"claria/ui/kit"
)

// View draws the columns.
func (p *Pane) View(w, h int) string {
	t := p.env.Theme
	head := p.headline(w)
	if !p.env.Session.SetUp || !p.peopleLoaded || len(p.all) == 0 {
		return head + "\n\n" + strings.Join(p.emptyLines(w), "\n")
	}
	below := p.transferLines(w, max(3, h/3))
	body := h - 1 - len(below)
	var text string
	switch {
	case w >= kit.Wide:
		left := max(24, w/5)
		if slices.Contains(slices.Collect(maps.Values(p.twins)), true) {
			left = max(34, w/4) // a name, and what tells it from another
		}
		middle := max(40, (w-left)/2)
		rest := w - left - middle - 2
		text = t.Columns(body,
			kit.Column{Text: p.peopleView(left, body), Width: left},
			kit.Column{Text: p.filesView(middle, body), Width: middle},
			kit.Column{Text: p.previewView(rest, body, false), Width: rest})
	case p.column == peopleColumn:
		text = p.peopleView(w, body)
	case p.column == filesColumn:
		text = p.filesView(w, body)
	default:
		text = p.previewView(w, body, true)
	}
	lines := append([]string{head}, kit.Box(text, w, body)...)
	return strings.Join(append(lines, below...), "\n")
}

// headline shows the selected client, and its files' number and size once it is open.
func (p *Pane) headline(w int) string {
	t := p.env.Theme
	text := " " + t.Bold("Clients")
	client, ok := p.people.Selected()
	if !ok {
		return kit.Fit(text, w)
	}
	text += t.Dim(" ▸ ") + kit.Named(client.Name)
	note := ""
	switch hidden := p.hidden(); {
	case !p.opened() || p.column == peopleColumn && w < kit.Wide:
		note = words.Plural(len(p.people.Items()), "client", "clients")
		if hidden > 0 {
			note += fmt.Sprintf(", %d archived", hidden)
		}
	case len(p.marked) > 0:
		note = fmt.Sprintf("%d of %s selected, %s", len(p.marked), words.Plural(len(p.files.Items()), "file", "files"), sized(p.targets()))
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
	if w < kit.Wide && p.column == previewColumn {
		file := p.preview.file
		if p.history != nil {
			file = p.history.file // the preview may not be loaded yet
		}
		text += t.Dim(" ▸ ") + kit.Named(file.Name)
		note = ""
	}
	return kit.Ends(text, t.Dim(note)+" ", w)
}

// emptyLines are shown while there are no clients.
func (p *Pane) emptyLines(w int) []string {
	return kit.NoClients(p.env, w, p.peopleErr, p.peopleLoaded,
		"Clients and their files are stored in your own AWS account. It is not set up yet.",
		"This pane lists your clients and the files that reports are drafted from. They are stored in your own AWS account, "+
			"encrypted, with every version.",
		p.env.Theme.Bold("a")+" add the first client")
}

// toggleArchived lists archived clients too, or hides them.
func (p *Pane) toggleArchived() tea.Cmd {
	p.archived = !p.archived
	p.listPeople()
	switch n := len(p.all) - len(slices.DeleteFunc(slices.Clone(p.all), func(c clients.Client) bool { return c.Archived })); {
	case n == 0:
		return kit.Notify("No client is archived.")
	case p.archived:
		return kit.Notify(words.Plural(n, "archived client is", "archived clients are") + " listed.")
	}
	return kit.Notify("Archived clients are hidden.")
}

func (p *Pane) peopleView(w, h int) string {
	t := p.env.Theme
	if len(p.people.Items()) == 0 && p.hidden() > 0 {
		return "  Every client is archived.\n\n  " + t.Bold("t") + t.Dim(" lists them")
	}
	if p.peopleErr == nil {
		return p.people.View(t, w, h, p.column == peopleColumn)
	}
	lines := kit.Explain(p.peopleErr).Lines(t, w)
	lines = lines[:min(len(lines), 4, h-2)]
	return strings.Join(append(kit.Box(p.people.View(t, w, h-len(lines), p.column == peopleColumn), w, h-len(lines)), lines...), "\n")
}

// listPeople lists the clients, archived ones only when they are asked for.
func (p *Pane) listPeople() {
	shown := p.all
	if !p.archived {
		shown = slices.DeleteFunc(slices.Clone(p.all), func(c clients.Client) bool { return c.Archived })
	}
	p.people.Set(shown)
}

// hidden is how many archived clients are not listed.
func (p *Pane) hidden() int { return len(p.all) - len(p.people.Items()) }

func (p *Pane) drawClient(c clients.Client, w int, selected bool) string {
	t := p.env.Theme
	name, note := kit.Named(c.Name), ""
	if c.Archived {
		note = t.Dim("archived ")
	}
	if p.twins[c.ID] {
		note = t.Dim(tells(c)) + " " + note
	}
	for _, u := range p.running() {
		if u.client.ID == c.ID {
			note += t.Mark(kit.StatusRunning) + " "
		}
	}
	if selected {
		name = t.In(kit.TokenSelected, kit.Cut(name, w-kit.Width(note)-1))
	}
	return kit.Ends(name, note, w)
}

func (p *Pane) filesView(w, h int) string {
	t, focused := p.env.Theme, p.column == filesColumn
	if !p.opened() {
		client, _ := p.people.Selected()
		return p.clientCard(client, w)
	}
	if p.history != nil {
		head := " " + t.Bold(kit.Cut(p.history.title(), w-1))
		switch {
		case p.history.err != nil && len(p.history.list.Items()) == 0:
			return head + "\n\n" + strings.Join(kit.Explain(p.history.err).Lines(t, w), "\n")
		case !p.history.loaded:
			return head + "\n\n " + t.Mark(kit.StatusRunning) + t.Dim(" Loading.")
		}
		return head + "\n" + p.history.list.View(t, w, h-1, focused)
	}
	if !p.filesLoaded {
		if p.filesErr != nil {
			return strings.Join(append(kit.Explain(p.filesErr).Lines(t, w), "", "  "+t.Bold("r")+t.Dim(" try again")), "\n")
		}
		return " " + t.Mark(kit.StatusRunning) + t.Dim(" Loading files.")
	}
	if len(p.files.Items()) == 0 && !p.files.CapturesInput() && !p.files.Filtered() { // a filter stays visible
		lines := []string{"  No files yet.", "", "  " + t.Bold("U") + " upload files, or drop them", "  on this window."}
		if p.trash {
			lines = []string{"  No deleted files.", "", "  " + t.Bold("t") + " back to the files"}
		}
		return strings.Join(lines, "\n")
	}
	var below []string
	if p.filesErr != nil {
		below = kit.Explain(p.filesErr).Lines(t, w)
		below = below[:min(len(below), 4, h-2)]
	}
	list := p.files.View(t, w, h-len(below), focused)
	return strings.Join(append(kit.Box(list, w, h-len(below)), below...), "\n")
}

// previewView is the column at the right: the card of the selected file, or its text.
func (p *Pane) previewView(w, h int, alone bool) string {
	t := p.env.Theme
	switch {
	case !p.opened() || p.preview.file.ID == "":
		return ""
	case !p.preview.open:
		return p.fileCard(p.preview.file, w)
	}
	return p.preview.View(t, w, h, p.previewHead(w, h, alone), p.column == previewColumn)
}

func (p *Pane) drawFile(f clients.File, w int, selected bool) string {
	t := p.env.Theme
	name := kit.Named(f.Name)
	if len(p.marked) > 0 {
		box := "[ ] "
		if p.marked[f.ID] {
			box = "[x] "
		}
		name = box + name
	}
	note := t.Dim(kit.Right(words.Bytes(f.Size), 7))
	if short := missing(f); short != "" {
		if short = "▲ " + short; w-kit.Width(short)-10 < kit.Width(name) {
			short = "▲ in part"
		}
		note = t.In(kit.TokenDrift, short)
	}
	note += t.Dim("  " + kit.Right(shortDay(p.env.Now(), f.Added), 7) + " ")
	if badge := classBadge(f.Class); badge != "" {
		note = t.In(kit.TokenDue, badge) + "  " + note
	}
	room := w - kit.Width(note) - 1
	label, _ := shownLabel(f)
	if label != "" && kit.Width(name)+kit.Width(label)+2 <= room {
		label = "  " + t.Dim(label)
	} else {
		label = ""
	}
	if selected {
		name = t.In(kit.TokenSelected, kit.Cut(name, room))
	}
	return kit.Ends(name+label, note, w)
}

// shortDay is a date in seven columns: "Nov 11", or "2025-11" in another year.
func shortDay(now, then time.Time) string {
	then = then.In(now.Location())
	if then.Year() == now.Year() {
		return then.Format("Jan 2")
	}
	return then.Format("2006-01")
}

// longDay is a date: "2026-11-21".
func longDay(now, then time.Time) string {
	if then.IsZero() {
		return ""
	}
	return then.In(now.Location()).Format("2006-01-02")
}

// Actions are the pane's part of the table of actions.
func (p *Pane) Actions() []kit.Action {
	const noFile = "Select a file first."
	noClient := "There are no clients yet. Press a to add one."
	if !p.peopleLoaded {
		noClient = "Clients are still loading."
	}
	client, some := p.people.Selected()
	_, one := p.files.Selected()
	if client.ID != p.held.ID {
		one = false // the client is not open
	}
	setUp := ""
	if !p.env.Session.SetUp {
		setUp = "Set up the account first, in pane Setup."
	}
	need := func(reasons ...string) string { return cmp.Or(setUp, cmp.Or(reasons...)) }
	inFiles := p.column != peopleColumn
	enter := kit.Action{
		ID: "clients.open", Keys: []string{"enter"}, Help: "open", Long: "Go to the client's files, or to the file's text.",
		Disabled: need(kit.Unless(some, noClient)), Do: p.deeper,
	}
	if p.column == previewColumn {
		enter = kit.Action{
			ID: "clients.back", Keys: []string{"esc"}, Help: "back", Long: "Go back to the files.",
			Do: func() tea.Cmd { p.Back(); return nil },
		}
	}
	versions := kit.Action{
		ID: "clients.view", Keys: []string{"v"}, Help: "versions", Long: "Show the file's versions, newest first. u restores one.",
		Disabled: need(kit.Unless(one && inFiles, noFile)), Do: p.openHistory,
	}
	if p.history != nil {
		versions.Help, versions.Do = "files", func() tea.Cmd { p.history = nil; p.follow(); return nil }
	}
	restorable, why := p.trash && one || len(p.gone) > 0, "Nothing was deleted just now. Select a deleted file (t) or an earlier version (v)."
	if p.history != nil {
		version, ok := p.history.list.Selected()
		restorable = ok && !version.Deleted && !version.Latest
		if ok && version.Latest {
			why = "This is the current version. Select an earlier one."
		}
	}
	trash := kit.Action{
		ID: "clients.past", Keys: []string{"t"}, Help: "deleted", Long: "Show the client's deleted files, or go back to the others. In the clients, show archived ones.",
		Disabled: need(kit.Unless(some, noClient)),
		Do: func() tea.Cmd {
			opened := p.open()
			p.showTrash(!p.trash)
			return tea.Batch(opened, p.loadFiles())
		},
	}
	switch {
	case p.column == peopleColumn:
		trash.Help, trash.Do = "archived", p.toggleArchived
		trash.Disabled = need(kit.Unless(len(p.all) > 0, noClient))
	case p.trash:
		trash.Help = "files"
	}
	files := p.targets()
	several := ""
	if len(files) > 1 {
		several = fmt.Sprintf(" %d", len(files))
	}
	choose := need(kit.Unless(one && p.column == filesColumn && p.history == nil, noFile))
	filter := func() tea.Cmd {
		if p.column == previewColumn && p.preview.open {
			p.preview.find()
			return nil
		}
		if p.column != filesColumn || p.history != nil {
			p.column = peopleColumn
		}
		return p.input(tea.KeyPressMsg{Code: '/', Text: "/"})
	}
	filterHelp := "filter"
	if p.column == previewColumn {
		filterHelp = "find"
	}
	nothing := kit.Unless(p.column == previewColumn && p.preview.found.count() > 0, "Find something in an open text first (/).")
	return []kit.Action{
		enter,
		{ID: "clients.add", Keys: []string{"a"}, Help: "new client", Long: "Add a client.", Quiet: inFiles, Disabled: need(), Do: p.askAdd},
		{
			ID: "clients.undo", Keys: []string{"u"}, Help: "restore", Long: "Restore what was just deleted, the selected deleted files, or the earlier version.",
			Disabled: need(kit.Unless(restorable, why)), Do: p.restore,
		},
		{
			ID: "clients.upload", Keys: []string{"U"}, Help: "upload", Long: "Upload files to the client: type their paths, or drop them on the window.",
			Disabled: need(kit.Unless(some, noClient)),
			Do:       func() tea.Cmd { return p.askUpload("") },
		},
		{
			ID: "clients.draft", Keys: []string{"D"}, Help: "draft a report", Long: "Draft a report from the client's files.",
			Disabled: need(kit.Unless(some, noClient)),
			Do:       func() tea.Cmd { return kit.GoTo(kit.ReportsPane, kit.DraftFor{Client: client.ID}) },
		},
		{
			ID: "clients.download", Keys: []string{"d"}, Help: "download" + several,
			Long:     "Download the file, its selected version, or the selected files. Only you can read the copies.",
			Disabled: need(kit.Unless(one && inFiles, noFile)), Do: p.askDownload,
		},
		versions,
		{
			ID: "clients.delete", Keys: []string{"x"}, Help: "delete" + several, Long: "Delete the file, or the selected ones. You can restore them.", Dangerous: true,
			Disabled: need(kit.Unless(one && inFiles && p.history == nil, noFile), kit.Unless(!p.trash, "The file is already deleted.")),
			Do:       func() tea.Cmd { return p.askDelete(files) },
		},
		trash,
		{
			ID: "clients.pause", Keys: []string{"P"}, Help: "pause", Long: "Pause the upload or download, or go on.", Quiet: true,
			Disabled: kit.Unless(p.foremost() != nil, "No upload or download is running."), Do: p.pause,
		},
		{
			ID: "clients.select", Keys: []string{"space"}, Help: "select", Long: "Select the file, or deselect it. Delete, download and label act on all selected files.",
			Quiet: len(p.marked) == 0, Disabled: choose, Do: p.mark,
		},
		{
			ID: "clients.all", Keys: []string{"*"}, Help: "all", Long: "Select all listed files, or none.", Quiet: len(p.marked) == 0,
			Disabled: choose, Do: p.markAll,
		},
		{
			ID: "clients.filter", Keys: []string{"/"}, Help: filterHelp, Long: "Show only the clients, or files, that contain what you type; in a text, find it.",
			Do: filter,
		},
		{
			ID: "clients.next", Keys: []string{"n"}, Help: "next", Long: "Go to the next place of what was found in the text.", Quiet: true,
			Disabled: nothing, Do: func() tea.Cmd { p.preview.toHit(1); return nil },
		},
		{
			ID: "clients.previous", Keys: []string{"N"}, Help: "previous", Long: "Go to the previous place of what was found in the text.", Quiet: true,
			Disabled: nothing, Do: func() tea.Cmd { p.preview.toHit(-1); return nil },
		},
		{
			ID: "clients.sort", Keys: []string{"o"}, Help: "sort", Long: "Change the order of the clients or files: by name, date or size.",
			Quiet: true, Disabled: need(kit.Unless(some, noClient)),
			Do: func() tea.Cmd {
				if p.column == peopleColumn {
					return kit.Notify("Clients sorted " + p.people.Sort() + ".")
				}
				return kit.Notify("Files sorted " + p.files.Sort() + ".")
			},
		},
		{
			ID: "clients.rename", Keys: []string{"R"}, Help: "rename", Long: "Rename the client.", Quiet: true,
			Disabled: need(kit.Unless(some, noClient)), Do: func() tea.Cmd { return p.askRename(client) },
		},
		{
			ID: "clients.column", Keys: []string{"tab"}, Help: "next column", Long: "Go to the next column.", Quiet: true,
			Disabled: need(kit.Unless(some, noClient)), Do: p.nextColumn,
		},
		{
			ID: "clients.again", Keys: []string{"r"}, Help: "refresh", Long: "Load clients and files again.", Quiet: true, Disabled: need(),
			Do: func() tea.Cmd { return tea.Batch(p.loadPeople(), p.loadFiles()) },
		},
	}
}
