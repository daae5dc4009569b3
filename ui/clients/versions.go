package clients

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/words"
	"claria/ui/kit"
)

// history is a file's versions, newest first.
type history struct {
	file   clients.File
	list   kit.List[clients.Version]
	loaded bool
	err    error
}

// versionsOf are loaded versions, and the id of their file.
type versionsOf struct {
	file     string
	versions []clients.Version
}

// openHistory shows the versions of the selected file.
func (p *Pane) openHistory() tea.Cmd {
	file, _ := p.files.Selected()
	p.history = &history{file: file}
	p.history.list = kit.List[clients.Version]{
		Key:  func(v clients.Version) string { return v.ID },
		Draw: p.drawVersion,
	}
	p.column = filesColumn
	store := p.env.Session.Clients()
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ClientsPane, Slot: "versions", Title: "Loading versions", Quiet: true},
		func(ctx context.Context) (versionsOf, error) {
			versions, err := store.Versions(ctx, file)
			return versionsOf{file.ID, versions}, err
		})
}

func (p *Pane) versionsCame(m kit.Answer[versionsOf]) tea.Cmd {
	if p.history == nil || m.Value.file != p.history.file.ID {
		return nil
	}
	p.history.loaded, p.history.err = true, m.Err
	p.history.list.Set(m.Value.versions)
	p.follow()
	return nil
}

// followVersion makes the preview follow the selected version, and reads nothing.
func (p *Pane) followVersion() {
	version, ok := p.history.list.Selected()
	file := p.history.file
	if !ok || version.ID == p.preview.file.Version && file.ID == p.preview.file.ID {
		return
	}
	p.preview = preview{file: clients.File{ID: file.ID, Client: file.Client, Name: file.Name, Size: version.Size, Added: version.Changed, Version: version.ID}}
	if version.Deleted {
		p.preview.file.Problem, p.preview.loaded = "the file was deleted at this time", true
	}
	p.column = min(p.column, filesColumn)
	p.env.Jobs.Drop(kit.Job{Pane: kit.ClientsPane, Slot: "preview"})
}

// openVersion reads the text of the selected version.
func (p *Pane) openVersion() tea.Cmd {
	p.followVersion()
	version, ok := p.history.list.Selected()
	if !ok {
		return nil
	}
	p.column = previewColumn
	if p.preview.open && p.preview.err == nil || version.Deleted {
		p.preview.open = true
		return nil
	}
	p.preview.open, p.preview.err = true, nil
	store, file := p.env.Session.Clients(), p.history.file
	return p.loadPreview(func(ctx context.Context) (previewed, error) {
		then, err := store.At(ctx, file, version.ID)
		if err != nil {
			return previewed{}, err
		}
		segments, err := store.Segments(ctx, then)
		return previewed{then, segments}, err
	})
}

// askRestoreVersion asks before it makes an earlier version the current one.
func (p *Pane) askRestoreVersion() tea.Cmd {
	version, _ := p.history.list.Selected()
	file := p.history.file
	return kit.Open(&kit.Confirm{
		Title:  "Restore a version",
		What:   "Copies the version of " + p.when(version) + " to a new, current version. All other versions stay.",
		Target: kit.Named(file.Name),
		Undo:   "Restore the version that is current now.",
		Verb:   "restore it",
		Do: func() tea.Cmd {
			p.history = nil
			return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
				_, err := store.Restore(ctx, file, version.ID)
				return change{said: "Version restored.", file: file.ID}, err
			})
		},
	})
}

// when is a version's time, to the minute.
func (p *Pane) when(v clients.Version) string {
	return v.Changed.In(p.env.Now().Location()).Format("2006-01-02 15:04")
}

func (p *Pane) drawVersion(v clients.Version, w int, selected bool) string {
	t := p.env.Theme
	what, note := "", words.Bytes(v.Size)
	switch {
	case v.Deleted:
		what, note = t.Dim("deleted"), ""
	case v.Bytes == "":
		what, note = t.In(kit.TokenUnknown, "? could not be read"), ""
	}
	if v.Latest && !v.Deleted {
		what = t.Dim("current")
	}
	when := p.when(v)
	if selected {
		when = t.In(kit.TokenSelected, when)
	}
	return kit.Ends(when+"  "+what, note+" ", w)
}

// title is the heading of the column of versions.
func (h *history) title() string {
	if !h.loaded {
		return "Versions of " + kit.Named(h.file.Name)
	}
	return fmt.Sprintf("%s of %s", words.Plural(len(h.list.Items()), "version", "versions"), kit.Named(h.file.Name))
}
