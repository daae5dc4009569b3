package clients

import (
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/words"
	"claria/ui/kit"
)

// mark selects the file under the cursor, or deselects it, and goes to the next.
func (p *Pane) mark() tea.Cmd {
	file, ok := p.files.Selected()
	if !ok {
		return nil
	}
	if p.marked == nil {
		p.marked = map[string]bool{}
	}
	if p.marked[file.ID] {
		delete(p.marked, file.ID)
	} else {
		p.marked[file.ID] = true
	}
	return p.input(tea.KeyPressMsg{Code: tea.KeyDown})
}

// markAll selects all files that the filter shows, or none if all are selected.
func (p *Pane) markAll() tea.Cmd {
	shown := p.files.Shown()
	all := !slices.ContainsFunc(shown, func(f clients.File) bool { return !p.marked[f.ID] })
	p.marked = map[string]bool{}
	if !all {
		for _, f := range shown {
			p.marked[f.ID] = true
		}
	}
	return nil
}

// clearMarks deselects all files, and reports whether any was selected.
func (p *Pane) clearMarks() bool {
	some := len(p.marked) > 0
	p.marked = nil
	return some
}

// keepMarks forgets selected files that are no longer listed.
func (p *Pane) keepMarks() {
	listed := map[string]bool{}
	for _, f := range p.files.Items() {
		listed[f.ID] = p.marked[f.ID]
	}
	for id := range p.marked {
		if !listed[id] {
			delete(p.marked, id)
		}
	}
}

// targets are the files that an action is for: the selected ones, else the one under the
// cursor.
func (p *Pane) targets() []clients.File {
	var files []clients.File
	for _, f := range p.files.Items() {
		if p.marked[f.ID] {
			files = append(files, f)
		}
	}
	if file, ok := p.files.Selected(); ok && len(files) == 0 {
		files = append(files, file)
	}
	return files
}

// counted names files: one by its name, several by their number.
func counted(files []clients.File) string {
	if len(files) == 1 {
		return kit.Named(files[0].Name)
	}
	return words.Plural(len(files), "file", "files")
}

// sized is the size of files together.
func sized(files []clients.File) string {
	var bytes int64
	for _, f := range files {
		bytes += f.Size
	}
	return words.Bytes(bytes)
}

// names are the lines that list several files in a dialog.
func names(files []clients.File) []string {
	if len(files) < 2 {
		return nil
	}
	lines := make([]string, len(files))
	for i, f := range files {
		lines[i] = kit.Named(f.Name)
	}
	return lines
}

// askDelete asks before files are deleted.
func (p *Pane) askDelete(files []clients.File) tea.Cmd {
	what, it := "Marks the file as deleted and removes it from the list. Its versions and its text stay in the account.", "it"
	if len(files) > 1 {
		what = fmt.Sprintf("Marks %d files as deleted and removes them from the list. Their versions and texts stay in the account.", len(files))
		it = words.Plural(len(files), "file", "files")
	}
	return kit.Open(&kit.Confirm{
		Title:   "Delete " + counted(files),
		What:    what,
		Target:  counted(files) + ", " + sized(files) + ", of " + kit.Named(p.held.Name),
		Undo:    "Press u right after. Later: t lists deleted files, and u restores them.",
		Details: names(files),
		Verb:    "delete " + it,
		Do: func() tea.Cmd {
			return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
				done, err := eachFile(ctx, files, func(f clients.File) error { return store.Delete(ctx, f) })
				said := "Deleted. u brings it back."
				if len(done) > 1 {
					said = words.Plural(len(done), "file", "files") + " deleted. u brings them back."
				}
				return change{said: said, gone: done}, err
			})
		},
	})
}

// eachFile does something to files, one after the other, until one fails. It returns
// those that are done.
func eachFile(ctx context.Context, files []clients.File, do func(clients.File) error) (done []clients.File, err error) {
	for _, f := range files {
		if err = ctx.Err(); err == nil {
			err = do(f)
		}
		if err != nil {
			if len(files) > 1 {
				err = fmt.Errorf("%d of %d files are done: %w", len(done), len(files), err)
			}
			return done, err
		}
		done = append(done, f)
	}
	return done, nil
}

// restore brings back the selected version, the selected deleted files, or what was
// deleted last.
func (p *Pane) restore() tea.Cmd {
	if p.column == peopleColumn {
		client, _ := p.people.Selected()
		if !client.Deleted {
			client = p.lost
		}
		return p.restoreClient(client)
	}
	if p.history != nil {
		return p.askRestoreVersion()
	}
	files, next := p.gone, ""
	if p.trash {
		files, next = p.targets(), " Press t to list the files."
	}
	return p.alter(func(ctx context.Context, store *clients.Store) (change, error) {
		done, err := eachFile(ctx, files, func(f clients.File) error {
			_, err := store.Restore(ctx, f, "")
			return err
		})
		said := "Restored." + next
		if len(done) > 1 {
			said = words.Plural(len(done), "file", "files") + " restored." + next
		}
		return change{said: said, file: files[0].ID}, err
	})
}
