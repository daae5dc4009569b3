package clients

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/local"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/ui/kit"
)

// step is how far a download is.
type step struct {
	done, total int64 // bytes
	files, of   int   // of several: how many are complete
}

// askDownload asks where to write the selected file or version, or the selected files.
func (p *Pane) askDownload() tea.Cmd {
	if files := p.targets(); p.history == nil && len(files) > 1 {
		return p.askDownloadMany(files)
	}
	file, version := p.chosen()
	name := local.Name(file.Name, file.ID)
	return kit.Open(kit.NewPrompt("Download "+kit.Named(file.Name), "To", kit.FreePath(kit.DownloadsFolder(), name),
		"Only you can read the file, and it appears only if its checksum is right. From then on a copy is on this computer: protect it.",
		func(text string) string { return kit.CheckTarget(text, name) },
		func(text string) tea.Cmd { return p.download(file, version, kit.TargetPath(text, name)) }))
}

// askDownloadMany asks for the folder in which to write several files.
func (p *Pane) askDownloadMany(files []clients.File) tea.Cmd {
	return kit.Open(kit.NewPrompt("Download "+counted(files)+", "+sized(files), "Folder", kit.DownloadsFolder(),
		"Each file gets its own name; a file that is there already is not replaced. Only you can read the copies. From then on they "+
			"are on this computer: protect them.",
		func(text string) string {
			if info, err := os.Stat(local.Home(strings.TrimSpace(text))); err != nil || !info.IsDir() {
				return "There is no folder " + safe.Line(text) + "."
			}
			return ""
		},
		func(text string) tea.Cmd { return p.downloadMany(files, local.Home(strings.TrimSpace(text))) }))
}

// chosen is the selected file, and its selected version, if there is one.
func (p *Pane) chosen() (file clients.File, version string) {
	if p.history == nil {
		file, _ = p.files.Selected()
		return file, ""
	}
	v, ok := p.history.list.Selected()
	if !ok || v.Deleted {
		return p.history.file, ""
	}
	return p.history.file, v.ID
}

func (p *Pane) download(file clients.File, version, path string) tea.Cmd {
	p.numbered++
	store := p.env.Session.Clients()
	return kit.Stream(p.env.Jobs, kit.Job{Pane: kit.ClientsPane, Slot: fmt.Sprintf("download %d", p.numbered), Title: "Downloading"},
		func(ctx context.Context) iter.Seq2[step, error] {
			return func(yield func(step, error) bool) {
				err := local.Save(path, func(w io.Writer) error {
					return store.Get(ctx, file, version, w, func(done, total int64) { yield(step{done: done, total: total}, nil) })
				})
				if err != nil {
					yield(step{}, err)
				}
			}
		})
}

func (p *Pane) downloadEnded(m kit.Ended) tea.Cmd {
	many := p.fetching[m.Slot]
	delete(p.fetching, m.Slot)
	switch {
	case many > 1 && (m.Stopped || kit.StoppedByUser(m.Err)):
		return kit.Notify("Stopped. The files that were complete stay.")
	case m.Stopped || kit.StoppedByUser(m.Err):
		return kit.Notify("Stopped. Nothing was written.")
	case errors.Is(m.Err, local.ErrExists):
		return kit.Complain("A file of that name exists now, so nothing was written. Download again under another name.")
	case m.Err != nil:
		return kit.ComplainOf(m.Err)
	}
	if many > 1 {
		return kit.Notify(words.Plural(many, "file", "files") + " downloaded. Only you can read them.")
	}
	return kit.Notify("Downloaded. Only you can read the file.")
}

// downloadMany writes files to a folder, one after the other.
func (p *Pane) downloadMany(files []clients.File, folder string) tea.Cmd {
	p.numbered++
	p.marked = nil
	store, slot := p.env.Session.Clients(), fmt.Sprintf("download %d", p.numbered)
	p.fetching[slot] = len(files)
	var total int64
	for _, f := range files {
		total += f.Size
	}
	return kit.Stream(p.env.Jobs, kit.Job{Pane: kit.ClientsPane, Slot: slot, Title: "Downloading"},
		func(ctx context.Context) iter.Seq2[step, error] {
			return func(yield func(step, error) bool) {
				var before int64
				for i, file := range files {
					path := kit.FreePath(folder, local.Name(file.Name, file.ID))
					err := local.Save(path, func(w io.Writer) error {
						return store.Get(ctx, file, "", w, func(done, _ int64) { yield(step{before + done, total, i, len(files)}, nil) })
					})
					if err != nil {
						yield(step{}, fmt.Errorf("%d of %d files are downloaded, the next one failed: %w", i, len(files), err))
						return
					}
					before += file.Size
					yield(step{before, total, i + 1, len(files)}, nil)
				}
			}
		})
}
