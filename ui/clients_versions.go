package ui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/words"
)

// history is a file's versions, newest first.
type history struct {
	file   clients.File
	list   list[clients.Version]
	loaded bool
	err    error
}

// versionsOf is a file's versions and whose they are.
type versionsOf struct {
	file     string
	versions []clients.Version
}

// openHistory shows the versions of the selected file.
func (p *records) openHistory() tea.Cmd {
	file, _ := p.files.Selected()
	p.history = &history{file: file}
	p.history.list = list[clients.Version]{
		Key:  func(v clients.Version) string { return v.ID },
		Draw: p.drawVersion,
	}
	p.column = filesColumn
	store := p.env.session.Clients()
	return ask(p.env.jobs, job{Pane: clientsPane, Slot: "versions", Title: "Loading versions", Quiet: true},
		func(ctx context.Context) (versionsOf, error) {
			versions, err := store.Versions(ctx, file)
			return versionsOf{file.ID, versions}, err
		})
}

func (p *records) versionsCame(m answer[versionsOf]) tea.Cmd {
	if p.history == nil || m.Value.file != p.history.file.ID {
		return nil
	}
	p.history.loaded, p.history.err = true, m.Err
	p.history.list.Set(m.Value.versions)
	return p.showVersion()
}

// showVersion makes the preview show the selected version.
func (p *records) showVersion() tea.Cmd {
	version, ok := p.history.list.Selected()
	file := p.history.file
	if !ok || version.ID == p.preview.file.Version && file.ID == p.preview.file.ID {
		return nil
	}
	if version.Deleted {
		p.preview = preview{file: clients.File{ID: file.ID, Version: version.ID, Problem: "here the file was deleted"}, loaded: true}
		p.env.jobs.drop(job{Pane: clientsPane, Slot: "preview"})
		return nil
	}
	p.preview = preview{file: clients.File{ID: file.ID, Version: version.ID}}
	store := p.env.session.Clients()
	return p.loadPreview(func(ctx context.Context) (previewed, error) {
		then, err := store.At(ctx, file, version.ID)
		if err != nil {
			return previewed{}, err
		}
		segments, err := store.Segments(ctx, then)
		return previewed{then, segments}, err
	})
}

// askRestoreVersion asks before an earlier version becomes the file again.
func (p *records) askRestoreVersion() tea.Cmd {
	version, _ := p.history.list.Selected()
	file := p.history.file
	return open(&confirm{
		title:  "Restore a version",
		what:   "Makes the version of " + p.when(version) + " the file again, as a new version. Those after it stay.",
		target: named(file.Name),
		undo:   "Restore the version that is the newest now.",
		verb:   "restore it",
		do: func() tea.Cmd {
			p.history = nil
			return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
				_, err := store.Restore(ctx, file, version.ID)
				return change{said: "The version is restored.", file: file.ID}, err
			})
		},
	})
}

// when is the moment of a version, exact to the minute.
func (p *records) when(v clients.Version) string {
	return v.Changed.In(p.env.now().Location()).Format("2006-01-02 15:04")
}

func (p *records) drawVersion(v clients.Version, w int, selected bool) string {
	t := p.env.theme
	what, note := "", words.Bytes(v.Size)
	switch {
	case v.Deleted:
		what, note = t.dim("deleted"), ""
	case v.Bytes == "":
		what, note = t.in(tokenUnknown, "? could not be read"), ""
	}
	if v.Latest && !v.Deleted {
		what = t.dim("now")
	}
	when := p.when(v)
	if selected {
		when = t.in(tokenSelected, when)
	}
	return ends(when+"  "+what, note+" ", w)
}

// versionsTitle heads the column of versions.
func (h *history) title() string {
	if !h.loaded {
		return "Versions of " + named(h.file.Name)
	}
	return fmt.Sprintf("%s of %s", words.Plural(len(h.list.Items()), "version", "versions"), named(h.file.Name))
}
