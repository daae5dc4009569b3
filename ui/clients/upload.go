package clients

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/ui/kit"
)

// gathered is what there is to upload, found in folders too.
type gathered struct {
	client clients.Client
	paths  []string
	found  []clients.Found
}

// upload uploads files and folders to a client. What a person may not expect is told
// first: what is in a folder, and that a file is empty.
func (p *Pane) upload(client clients.Client, paths []string) tea.Cmd {
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && (info.IsDir() || info.Size() == 0) {
			return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ClientsPane, Slot: "gather", Title: "Looking into the folder", Quiet: true},
				func(context.Context) (gathered, error) { return gathered{client, paths, clients.Gather(paths...)}, nil })
		}
	}
	return p.startUpload(client, paths)
}

// askGathered shows what was found before it is uploaded.
func (p *Pane) askGathered(m kit.Answer[gathered]) tea.Cmd {
	if m.Err != nil {
		return kit.ComplainOf(m.Err)
	}
	t := p.env.Theme
	var bytes int64
	files := 0
	folders := map[string]bool{}
	var left, stored []string
	for _, f := range m.Value.found {
		name := kit.Named(f.Name)
		switch {
		case f.Err != nil:
			left = append(left, t.Mark(kit.StatusFail)+" "+name+t.Dim("  "+kit.Sentence(f.Err.Error())))
		case f.Skip != "":
			left = append(left, t.Dim("–")+" "+name+t.Dim("  left out: "+kit.Sentence(f.Skip)))
		default:
			files, bytes = files+1, bytes+f.Size
			if folder := filepath.Dir(f.Name.Reveal()); folder != "." {
				folders[folder] = true
			}
			note := words.Bytes(f.Size)
			if f.Size == 0 {
				note = t.In(kit.TokenDrift, "▲ empty, 0 bytes")
			}
			stored = append(stored, "  "+name+"  "+t.Dim(note))
		}
	}
	if files == 0 {
		return kit.Open(&kit.Message{Title: "Nothing to upload", Text: "There is no file to upload in what was chosen."})
	}
	what := "Uploads " + words.Plural(files, "file", "files") + ", " + words.Bytes(bytes)
	if len(folders) > 0 {
		what += ", also those in " + words.Plural(len(folders), "subfolder", "subfolders") + "; each keeps its path as its name"
	}
	what += "."
	if len(left) > 0 {
		what += fmt.Sprintf(" %d left out.", len(left))
	}
	return kit.Open(&kit.Confirm{
		Title: "Upload " + words.Plural(files, "file", "files"), What: what, Target: kit.Named(m.Value.client.Name),
		Undo: "Delete the files; u brings them back.", Details: append(left, stored...), Verb: "upload " + words.Plural(files, "file", "files"),
		Do: func() tea.Cmd { return p.startUpload(m.Value.client, m.Value.paths) },
	})
}

// startUpload uploads files to a client, in parallel with other transfers.
func (p *Pane) startUpload(client clients.Client, paths []string) tea.Cmd {
	u := p.begin(client, false)
	for _, path := range paths {
		i := item{name: safe.PHI(filepath.Base(path))}
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			i.total = info.Size()
		}
		u.items = append(u.items, i)
	}
	open := p.show(wanted{id: client.ID, open: true})
	if p.history != nil || p.trash {
		p.showTrash(false)
	}
	store, options := p.env.Session.Clients(), clients.PutOptions{Control: u.control}
	return tea.Batch(open, kit.Stream(p.env.Jobs, kit.Job{Pane: kit.ClientsPane, Slot: u.slot, Title: "Uploading"},
		func(ctx context.Context) iter.Seq2[clients.Progress, error] {
			return store.Put(ctx, client.ID, options, paths...)
		}))
}
