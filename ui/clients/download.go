package clients

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/local"
	"claria/ui/kit"
)

// step is how far a download is.
type step struct{ done, total int64 }

// askDownload asks where to write the selected file or version.
func (p *Pane) askDownload() tea.Cmd {
	file, version := p.chosen()
	name := local.Name(file.Name, file.ID)
	return kit.Open(kit.NewPrompt("Download "+kit.Named(file.Name), "To", kit.FreePath(kit.DownloadsFolder(), name),
		"Only you can read the file, and it appears only if its checksum is right. From then on a copy is on this computer: protect it.",
		func(text string) string { return kit.CheckTarget(text, name) },
		func(text string) tea.Cmd { return p.download(file, version, kit.TargetPath(text, name)) }))
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
					return store.Get(ctx, file, version, w, func(done, total int64) { yield(step{done, total}, nil) })
				})
				if err != nil {
					yield(step{}, err)
				}
			}
		})
}

func (p *Pane) downloadEnded(m kit.Ended) tea.Cmd {
	switch {
	case m.Stopped || kit.StoppedByUser(m.Err):
		return kit.Notify("Stopped. Nothing was written.")
	case errors.Is(m.Err, local.ErrExists):
		return kit.Complain("A file of that name exists now, so nothing was written. Download again under another name.")
	case m.Err != nil:
		return kit.ComplainOf(m.Err)
	}
	return kit.Notify("Downloaded. Only you can read the file.")
}
