package ui

import (
	"cmp"
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/safe"
	"claria/internal/words"
)

// records is the Clients pane: clients, the files of one of them, and the text
// of one of those.
type records struct {
	env    *env
	column int // which one has the keys: peopleColumn, filesColumn, previewColumn

	people       list[clients.Client]
	peopleLoaded bool
	peopleErr    error

	held        clients.Client // whose files are shown: where the selection rests
	files       list[clients.File]
	filesLoaded bool
	filesErr    error
	trash       bool // the files are the deleted ones

	history *history // a file's versions, shown in place of the files; nil: none
	preview preview
	resting resting

	uploads    []*upload
	numbered   int    // uploads and downloads so far, for their slots
	wanted     string // id of the client to select when it is listed
	wantedFile string // id of the file to select when it is listed
}

// The columns of the pane.
const (
	peopleColumn = iota
	filesColumn
	previewColumn
)

// filesOf is what was asked for when files were loaded.
type filesOf struct {
	client string
	trash  bool
	files  []clients.File
}

// change is what a small change to the records came to.
type change struct {
	said         string // what is told
	client, file string // what to select; empty: nothing
}

func newRecords(e *env) *records {
	p := &records{env: e}
	p.people = list[clients.Client]{
		Key:  func(c clients.Client) string { return c.ID },
		Draw: p.drawClient,
		Text: func(c clients.Client) string { return c.Name.Line() },
		Orders: []order[clients.Client]{
			{name: "by name"},
			{"by last change", func(a, b clients.Client) int { return b.Changed.Compare(a.Changed) }},
		},
	}
	p.files = list[clients.File]{
		Key:  func(f clients.File) string { return f.ID },
		Draw: p.drawFile,
		Text: func(f clients.File) string { return f.Name.Line() },
		Orders: []order[clients.File]{
			{name: "by name"},
			{"by date, the newest first", func(a, b clients.File) int { return b.Added.Compare(a.Added) }},
			{"by size, the largest first", func(a, b clients.File) int { return cmp.Compare(b.Size, a.Size) }},
		},
	}
	return p
}

// Init loads the clients.
func (p *records) Init() tea.Cmd { return p.loadPeople() }

func (p *records) loadPeople() tea.Cmd {
	if !p.env.session.SetUp {
		return nil
	}
	store := p.env.session.Clients()
	return ask(p.env.jobs, job{Pane: clientsPane, Slot: "people", Title: "Loading clients", Quiet: true}, store.List)
}

// loadFiles loads the files of the client that is held.
func (p *records) loadFiles() tea.Cmd {
	if p.held.ID == "" {
		return nil
	}
	store, asked := p.env.session.Clients(), filesOf{client: p.held.ID, trash: p.trash}
	return ask(p.env.jobs, job{Pane: clientsPane, Slot: "files", Title: "Loading files", Quiet: true},
		func(ctx context.Context) (filesOf, error) {
			var err error
			asked.files, err = store.Files(ctx, asked.client, asked.trash)
			if asked.trash {
				asked.files = slices.DeleteFunc(asked.files, func(f clients.File) bool { return !f.Deleted })
			}
			return asked, err
		})
}

func (p *records) CapturesInput() bool { return p.people.CapturesInput() || p.files.CapturesInput() }

// Back goes one step back: the end of an upload is put away, a filter dropped,
// then from the text to the files, from versions to files, from files to clients.
func (p *records) Back() bool {
	switch {
	case p.column == peopleColumn && p.people.Back(), p.column == filesColumn && p.history == nil && p.files.Back():
	case p.column == previewColumn:
		p.column = filesColumn
	case p.clearUploads():
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

func (p *records) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case setUpMsg:
		return p.loadPeople()
	case clientsChangedMsg:
		return tea.Batch(p.loadPeople(), p.loadFiles())
	case backMsg:
		if p.held.ID != "" && !p.filesLoaded {
			return p.loadFiles()
		}
		return p.settle()
	case showClient:
		return p.show(m.ID)
	case answer[[]clients.Client]:
		return p.peopleCame(m)
	case answer[filesOf]:
		return p.filesCame(m)
	case answer[previewed]:
		p.preview.came(m)
	case answer[versionsOf]:
		return p.versionsCame(m)
	case answer[change]:
		return p.changed(m)
	case events[clients.Progress]:
		p.uploadsWent(m)
	case events[step]:
		last := m.Items[len(m.Items)-1]
		p.env.jobs.progress(clientsPane, m.Slot, 0, 0, words.Bytes(last.done)+" of "+words.Bytes(last.total))
	case ended:
		return p.transferEnded(m)
	case restedMsg:
		if p.resting.rested(m, clientsPane) {
			return p.settle()
		}
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

// input takes a key that is no action's.
func (p *records) input(msg tea.Msg) tea.Cmd {
	before := p.place()
	key := ""
	if press, ok := msg.(tea.KeyPressMsg); ok && !p.CapturesInput() {
		key = move(press.String())
	}
	switch {
	case key == "left":
		p.column = max(peopleColumn, p.column-1)
	case key == "right":
		return p.deeper()
	case p.column == peopleColumn:
		p.people.Update(msg)
	case p.column == previewColumn:
		p.preview.move(key)
	case p.history != nil:
		p.history.list.Update(msg)
	default:
		p.files.Update(msg)
	}
	if p.place() != before {
		return p.resting.moved(clientsPane)
	}
	return nil
}

// place names what is selected in every column.
func (p *records) place() [3]string {
	client, _ := p.people.Selected()
	file, _ := p.files.Selected()
	at := [3]string{client.ID, file.ID}
	if p.history != nil {
		version, _ := p.history.list.Selected()
		at[2] = version.ID
	}
	return at
}

// deeper gives the keys to the next column, if there is something in it.
func (p *records) deeper() tea.Cmd {
	cmd := p.settle()
	switch {
	case p.column == peopleColumn && p.held.ID != "":
		p.column = filesColumn
	case p.column == filesColumn && p.preview.file.ID != "":
		p.column = previewColumn
	}
	return cmd
}

// nextColumn gives the keys to the next column, after the last one to the first.
func (p *records) nextColumn() tea.Cmd {
	before := p.column
	cmd := p.deeper()
	if p.column == before {
		p.column = peopleColumn
	}
	return cmd
}

// settle makes the columns to the right follow the selection.
func (p *records) settle() tea.Cmd {
	client, ok := p.people.Selected()
	if ok && client.ID != p.held.ID {
		p.held = client
		p.trash, p.history, p.preview = false, nil, preview{}
		p.files.Back()
		p.files.Set(nil)
		p.files.First()
		p.filesLoaded, p.filesErr = false, nil
		return p.loadFiles()
	}
	return p.showFile()
}

// show selects a client, when it is listed.
func (p *records) show(id string) tea.Cmd {
	p.people.Back()
	p.wanted = id
	if p.people.Select(id) {
		p.wanted = ""
		p.column = filesColumn
		return p.settle()
	}
	return nil
}

func (p *records) peopleCame(m answer[[]clients.Client]) tea.Cmd {
	p.peopleErr = m.Err
	if m.Err != nil && len(m.Value) == 0 {
		return nil
	}
	p.peopleLoaded = true
	p.people.Set(m.Value)
	for _, c := range m.Value {
		if c.ID == p.held.ID {
			p.held = c // its name may be another
		}
	}
	if p.wanted != "" {
		return p.show(p.wanted)
	}
	return p.settle()
}

func (p *records) filesCame(m answer[filesOf]) tea.Cmd {
	if m.Value.client != p.held.ID || m.Value.trash != p.trash {
		return nil
	}
	p.filesErr = m.Err
	if m.Err != nil && len(m.Value.files) == 0 {
		return nil
	}
	p.filesLoaded = true
	p.files.Set(m.Value.files)
	if p.wantedFile != "" && p.files.Select(p.wantedFile) {
		p.wantedFile = ""
	}
	return p.showFile()
}

// changed tells what a change came to and lets everybody load again.
func (p *records) changed(m answer[change]) tea.Cmd {
	if m.Err != nil {
		return complainOf(m.Err)
	}
	p.wanted, p.wantedFile = m.Value.client, m.Value.file
	return tea.Batch(notify(m.Value.said), broadcast(clientsChangedMsg{}))
}

// alter makes a small change in the background.
func (p *records) alter(call func(context.Context, *clients.Store) (change, error)) tea.Cmd {
	store := p.env.session.Clients()
	return ask(p.env.jobs, job{Pane: clientsPane, Slot: "change", Title: "Saving", Quiet: true},
		func(ctx context.Context) (change, error) { return call(ctx, store) })
}

func checkClientName(name string) string {
	if safe.Line(name) == "" {
		return "A client needs a name: initials or a number will do."
	}
	return ""
}

func (p *records) askAdd() tea.Cmd {
	return open(newPrompt("New client", "Name", "", "A name, initials or a number. It is kept in your account's storage, encrypted, and in no log.",
		checkClientName, func(name string) tea.Cmd {
			return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
				client, err := store.Add(ctx, safe.PHI(name))
				return change{said: "The client is added.", client: client.ID}, err
			})
		}))
}

func (p *records) askRename(client clients.Client) tea.Cmd {
	return open(newPrompt("Rename "+named(client.Name), "Name", client.Name.Line(), "Files and reports stay with the client.",
		checkClientName, func(name string) tea.Cmd {
			if name == client.Name.Line() {
				return nil
			}
			return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
				client, err := store.Rename(ctx, client.ID, safe.PHI(name))
				return change{said: "The client is renamed.", client: client.ID}, err
			})
		}))
}

func (p *records) askDelete(file clients.File) tea.Cmd {
	return open(&confirm{
		title:  "Delete " + named(file.Name),
		what:   "Marks the file deleted: it is in no listing any more. Its versions and its text stay in the account.",
		target: named(file.Name) + ", " + words.Bytes(file.Size) + ", of " + named(p.held.Name),
		undo:   "t shows what is deleted, u there brings it back.",
		verb:   "delete it",
		do: func() tea.Cmd {
			return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
				return change{said: "Deleted. t shows what is deleted; u there brings it back."}, store.Delete(ctx, file)
			})
		},
	})
}

// restore brings back the file that is selected among the deleted ones, or the
// version that is selected.
func (p *records) restore() tea.Cmd {
	if p.history != nil {
		return p.askRestoreVersion()
	}
	file, _ := p.files.Selected()
	return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
		_, err := store.Restore(ctx, file, "")
		return change{said: "Restored. t goes back to the files.", file: file.ID}, err
	})
}

// showTrash shows the deleted files, or the others again; they are to be loaded.
func (p *records) showTrash(trash bool) {
	p.trash, p.history, p.preview = trash, nil, preview{}
	p.column, p.filesLoaded, p.filesErr = filesColumn, false, nil
	p.files.Back()
	p.files.Set(nil)
}
