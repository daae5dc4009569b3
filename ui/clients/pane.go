// Package clients is pane 2: clients, their files, and the text of a file. It knows no
// other pane.
package clients

import (
	"cmp"
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/ui/kit"
)

// Pane is the Clients pane: clients, the files of one client, and the text of one of
// these files.
type Pane struct {
	env    *kit.Env
	column int // the one with the focus: peopleColumn, filesColumn, previewColumn

	people       kit.List[clients.Client]
	all          []clients.Client // archived ones included
	twins        map[string]bool  // ids of clients whose name another one has too
	archived     bool             // archived clients are listed too
	peopleLoaded bool
	peopleErr    error

	held        clients.Client // the one that is open; its ID is empty: none
	files       kit.List[clients.File]
	filesLoaded bool
	filesErr    error
	trash       bool            // shows the deleted files
	marked      map[string]bool // ids of the selected files
	gone        []clients.File  // what was deleted last, for undo

	history *history // a file's versions, shown instead of the files; nil: none
	preview preview

	folder     string // of the last upload, for the next
	transfers  []*transfer
	numbered   int // uploads and downloads so far, for their slots
	wanted     wanted
	wantedFile string // id of the file to select when it is listed
	wantedText wanted // the file to open when it is listed
}

// wanted is the client to select when it is listed, and the file of it to open at a
// passage.
type wanted struct {
	id      string
	open    bool // lists its files
	file    string
	passage int    // 0: the first
	query   string // to find in it
}

// The columns of the pane.
const (
	peopleColumn = iota
	filesColumn
	previewColumn
)

// filesOf are the loaded files, and what was asked for.
type filesOf struct {
	client string
	trash  bool
	files  []clients.File
}

// change is the outcome of a small change to the records.
type change struct {
	said   string // the notice
	client wanted // what to select; empty: nothing
	file   string
	gone   []clients.File // deleted: undo brings them back
}

// New makes the pane.
func New(e *kit.Env) *Pane {
	p := &Pane{env: e}
	p.people = kit.List[clients.Client]{
		Key:  func(c clients.Client) string { return c.ID },
		Draw: p.drawClient,
		Text: clientText,
		Orders: []kit.Order[clients.Client]{
			{Name: "by name"},
			{Name: "by last change", Compare: func(a, b clients.Client) int { return b.Changed.Compare(a.Changed) }},
		},
	}
	p.files = kit.List[clients.File]{
		Key:  func(f clients.File) string { return f.ID },
		Draw: p.drawFile,
		Text: fileText,
		Orders: []kit.Order[clients.File]{
			{Name: "by name"},
			{Name: "by date, newest first", Compare: func(a, b clients.File) int { return b.Added.Compare(a.Added) }},
			{Name: "by size, largest first", Compare: func(a, b clients.File) int { return cmp.Compare(b.Size, a.Size) }},
		},
	}
	return p
}

// Init loads the clients.
func (p *Pane) Init() tea.Cmd { return p.loadPeople() }

func (p *Pane) loadPeople() tea.Cmd {
	if !p.env.Session.SetUp {
		return nil
	}
	store := p.env.Session.Clients()
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ClientsPane, Slot: "people", Title: "Loading clients", Quiet: true}, store.List)
}

// loadFiles loads the files of the held client.
func (p *Pane) loadFiles() tea.Cmd {
	if p.held.ID == "" {
		return nil
	}
	store, asked := p.env.Session.Clients(), filesOf{client: p.held.ID, trash: p.trash}
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ClientsPane, Slot: "files", Title: "Loading files", Quiet: true},
		func(ctx context.Context) (filesOf, error) {
			var err error
			asked.files, err = store.Files(ctx, asked.client, asked.trash)
			if asked.trash {
				asked.files = slices.DeleteFunc(asked.files, func(f clients.File) bool { return !f.Deleted })
			}
			return asked, err
		})
}

// CapturesInput is true while a filter, or what to find in the text, is being typed.
func (p *Pane) CapturesInput() bool {
	return p.people.CapturesInput() || p.files.CapturesInput() || p.preview.found.typing
}

// Back goes back one step: it clears the result of an upload or a filter, then goes
// from the text to the files, from versions to files, and from files to clients.
func (p *Pane) Back() bool {
	switch {
	case p.column == peopleColumn && p.people.Back(), p.column == filesColumn && p.history == nil && p.files.Back():
	case p.column == previewColumn && p.preview.found.query != "":
		p.preview.found = found{}
	case p.column == previewColumn:
		p.column = filesColumn
	case p.clearTransfers(), p.column == filesColumn && p.clearMarks():
	case p.history != nil:
		p.history = nil
	case p.trash:
		p.showTrash(false)
	case p.column == filesColumn:
		p.column = peopleColumn
	default:
		return false
	}
	return true
}

// Update takes keys, the results of the pane's jobs, and messages to all panes.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case kit.SetUpMsg:
		return p.loadPeople()
	case kit.ClientsChangedMsg:
		return tea.Batch(p.loadPeople(), p.loadFiles())
	case kit.BackMsg:
		if p.opened() && !p.filesLoaded {
			return p.loadFiles()
		}
	case kit.ShownMsg:
		p.choseClient(p.env.Client)
	case kit.ShowClient:
		return p.show(wanted{id: m.ID, open: true})
	case kit.ShowFile:
		return p.show(wanted{m.Client, true, m.File, m.Passage, m.Query})
	case kit.Answer[[]clients.Client]:
		return p.peopleCame(m)
	case kit.Answer[filesOf]:
		return p.filesCame(m)
	case kit.Answer[previewed]:
		p.preview.came(m)
	case kit.Answer[versionsOf]:
		return p.versionsCame(m)
	case kit.Answer[change]:
		return p.changed(m)
	case kit.Events[clients.Progress]:
		p.transferred(m)
	case kit.Answer[gathered]:
		return p.askGathered(m)
	case kit.Ended:
		return p.transferEnded(m)
	case tea.PasteMsg:
		if !p.CapturesInput() {
			return p.dropped(m.Content)
		}
		return p.input(msg)
	case tea.KeyPressMsg:
		return p.input(msg)
	}
	return nil
}

// input takes a key that belongs to no action.
func (p *Pane) input(msg tea.Msg) tea.Cmd {
	key := ""
	if press, ok := msg.(tea.KeyPressMsg); ok && !p.CapturesInput() {
		key = kit.Move(press.String())
	}
	before, _ := p.people.Selected()
	switch {
	case key == "left":
		p.column = max(peopleColumn, p.column-1)
	case key == "right":
		return p.deeper()
	case p.column == peopleColumn:
		p.people.Update(msg)
	case p.column == previewColumn && p.preview.found.typing:
		p.preview.typed(msg)
	case p.column == previewColumn:
		p.preview.move(key)
	case p.history != nil:
		p.history.list.Update(msg)
	default:
		p.files.Update(msg)
	}
	p.follow()
	if after, ok := p.people.Selected(); ok && after.ID != before.ID {
		p.env.Client = after.ID
	}
	return nil
}

// choseClient selects the client that was selected in another pane, and reads nothing of it.
func (p *Pane) choseClient(id string) {
	if p.people.Filtered() {
		p.people.Back()
	}
	if p.people.Select(id) && !p.opened() {
		p.column = peopleColumn
	}
}

// opened reports whether the selected client is the one that is open.
func (p *Pane) opened() bool {
	client, ok := p.people.Selected()
	return ok && client.ID == p.held.ID
}

// deeper opens what is selected: a client's files, then a file's text. Only here, and
// where a person asks for more of the same, is a record read from the account.
func (p *Pane) deeper() tea.Cmd {
	switch {
	case p.column == peopleColumn:
		return p.open()
	case p.column == filesColumn && p.history != nil:
		return p.openVersion()
	case p.column == filesColumn:
		return p.openFile()
	}
	return nil
}

// open opens the selected client: its files are listed, and none is read.
func (p *Pane) open() tea.Cmd {
	client, ok := p.people.Selected()
	if !ok {
		return nil
	}
	p.column, p.env.Client = filesColumn, client.ID
	if client.ID == p.held.ID {
		return nil
	}
	p.held = client
	p.trash, p.history, p.preview, p.marked = false, nil, preview{}, nil
	p.files.Back()
	p.files.Set(nil)
	p.files.First()
	p.filesLoaded, p.filesErr = false, nil
	return p.loadFiles()
}

// nextColumn goes to the next column that is open, and from the last one to the first.
func (p *Pane) nextColumn() tea.Cmd {
	switch {
	case p.column == peopleColumn && p.opened():
		p.column = filesColumn
	case p.column == filesColumn && p.preview.open:
		p.column = previewColumn
	default:
		p.column = peopleColumn
	}
	return nil
}

// show selects a client, now or as soon as it is listed.
func (p *Pane) show(w wanted) tea.Cmd {
	p.people.Back()
	p.wanted = w
	if !p.archived && slices.ContainsFunc(p.all, func(c clients.Client) bool { return c.ID == w.id && c.Archived }) {
		p.archived = true
		p.listPeople()
	}
	if !p.people.Select(w.id) {
		return nil
	}
	p.wanted = wanted{}
	if !w.open {
		return nil
	}
	if w.file == "" {
		return p.open()
	}
	p.wantedText = w
	opened := p.open()
	if p.trash || p.history != nil {
		p.showTrash(false)
		return tea.Batch(opened, p.loadFiles())
	}
	return tea.Batch(opened, p.showText())
}

// showText opens the wanted file at the wanted passage, as soon as it is listed.
func (p *Pane) showText() tea.Cmd {
	w := p.wantedText
	if w.file == "" || !p.opened() || !p.filesLoaded {
		return nil
	}
	p.wantedText = wanted{}
	p.files.Back()
	if !p.files.Select(w.file) {
		return kit.Complain("The file is no longer there. It may have been deleted: t lists deleted files.")
	}
	p.column = filesColumn
	cmd := p.openFile()
	p.preview.at, p.preview.found, p.preview.lines = w.passage, found{query: w.query}, nil
	return cmd
}

func (p *Pane) peopleCame(m kit.Answer[[]clients.Client]) tea.Cmd {
	p.peopleErr = m.Err
	if m.Err != nil && len(m.Value) == 0 {
		return nil
	}
	p.peopleLoaded, p.all, p.twins = true, m.Value, twins(m.Value)
	p.listPeople()
	for _, c := range m.Value {
		if c.ID == p.held.ID {
			p.held = c // it may have been renamed
		}
	}
	if !p.opened() {
		p.column = peopleColumn
	}
	if p.wanted.id != "" {
		return p.show(p.wanted)
	}
	return nil
}

func (p *Pane) filesCame(m kit.Answer[filesOf]) tea.Cmd {
	if m.Value.client != p.held.ID || m.Value.trash != p.trash {
		return nil
	}
	p.filesErr = m.Err
	if m.Err != nil && len(m.Value.files) == 0 {
		return nil
	}
	p.filesLoaded = true
	p.files.Set(m.Value.files)
	p.keepMarks()
	if p.wantedFile != "" && p.files.Select(p.wantedFile) {
		p.wantedFile = ""
	}
	p.follow()
	return p.showText()
}

// Places are the clients, and the files of the one that is open.
func (p *Pane) Places() []kit.Place {
	var places []kit.Place
	for _, c := range p.all {
		note := "client, " + tells(c)
		if c.Archived {
			note += ", archived"
		}
		places = append(places, kit.Place{
			Name: kit.Named(c.Name), Note: note,
			Do: func() tea.Cmd { return kit.GoTo(kit.ClientsPane, kit.ShowClient{ID: c.ID}) },
		})
	}
	for _, f := range p.files.Items() {
		places = append(places, kit.Place{
			Name: kit.Named(f.Name), Note: "file of " + kit.Named(p.held.Name),
			Do: func() tea.Cmd { return kit.GoTo(kit.ClientsPane, kit.ShowFile{Client: f.Client, File: f.ID}) },
		})
	}
	return places
}

// changed shows the outcome of a change and makes all panes load again.
func (p *Pane) changed(m kit.Answer[change]) tea.Cmd {
	if m.Err != nil {
		// Of many files, some may be done.
		p.gone = m.Value.gone
		return tea.Batch(kit.ComplainOf(m.Err), kit.Broadcast(kit.ClientsChangedMsg{}))
	}
	p.wanted, p.wantedFile, p.gone, p.marked = m.Value.client, m.Value.file, m.Value.gone, nil
	return tea.Batch(kit.Notify(m.Value.said), kit.Broadcast(kit.ClientsChangedMsg{}))
}

// alter makes a small change in the background.
func (p *Pane) alter(call func(context.Context, *clients.Store) (change, error)) tea.Cmd {
	store := p.env.Session.Clients()
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ClientsPane, Slot: "change", Title: "Saving", Quiet: true},
		func(ctx context.Context) (change, error) { return call(ctx, store) })
}

func checkClientName(name string) string {
	if safe.Line(name) == "" {
		return "A client needs a name. Initials or a number are enough."
	}
	return ""
}

func (p *Pane) askAdd() tea.Cmd {
	return kit.Open(kit.NewPrompt("New client", "Name", "",
		"A name, initials or a number. It is stored in your AWS account, encrypted, and never written to a log.",
		checkClientName, func(name string) tea.Cmd {
			if same := p.alike(safe.PHI(name), ""); len(same) > 0 {
				return p.askSameName(safe.PHI(name), same)
			}
			return p.add(safe.PHI(name))
		}))
}

func (p *Pane) add(name safe.PHI) tea.Cmd {
	return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
		client, err := store.Add(ctx, name)
		return change{said: "Client added.", client: wanted{id: client.ID, open: true}}, err
	})
}

// alike are the clients that have this name, archived ones too, without the one of this id.
func (p *Pane) alike(name safe.PHI, id string) []clients.Client {
	var same []clients.Client
	for _, c := range p.all {
		if c.ID != id && sameName(c.Name) == sameName(name) {
			same = append(same, c)
		}
	}
	return same
}

// askSameName warns before a second client gets a name. Two files of one person, or one
// file of two, are hard to find later.
func (p *Pane) askSameName(name safe.PHI, same []clients.Client) tea.Cmd {
	var lines []string
	for _, c := range same {
		line := kit.Named(c.Name) + "  " + tells(c)
		if c.Archived {
			line += "  archived"
		}
		lines = append(lines, line)
	}
	return kit.Open(&kit.Confirm{
		Title: "A client of this name exists",
		What: words.Plural(len(same), "client has", "clients have") + " this name already. Is it the same person? Then go back and open that one. " +
			"A second client is right only for another person.",
		Target:  kit.Shown(name),
		Undo:    "Rename or delete the new client.",
		Details: lines,
		Verb:    "add a second client",
		Back:    "go back",
		Do:      func() tea.Cmd { return p.add(name) },
	})
}

func (p *Pane) askRename(client clients.Client) tea.Cmd {
	return kit.Open(kit.NewPrompt("Rename "+kit.Named(client.Name), "Name", client.Name.Line(), "Files and reports stay with the client.",
		checkClientName, func(name string) tea.Cmd {
			if name == client.Name.Line() {
				return nil
			}
			return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
				client, err := store.Rename(ctx, client.ID, safe.PHI(name))
				return change{said: "Client renamed.", client: wanted{id: client.ID}}, err
			})
		}))
}

// showTrash switches to the deleted files or back; the caller loads them.
func (p *Pane) showTrash(trash bool) {
	p.trash, p.history, p.preview, p.marked = trash, nil, preview{}, nil
	p.column, p.filesLoaded, p.filesErr = filesColumn, false, nil
	p.files.Back()
	p.files.Set(nil)
}
