package reports

import (
	"context"
	"errors"
	"io"

	tea "charm.land/bubbletea/v2"

	"claria/internal/local"
	"claria/ui/kit"
)

// exported: a report was written to a file.
type exported struct{}

// askExport asks where to write the report's Markdown.
func (p *Pane) askExport() tea.Cmd {
	name := local.Name(p.reader.exportName(), p.reader.report.ID+".md")
	text := p.reader.report.Markdown()
	return kit.Open(kit.NewPrompt("Export as Markdown", "To", kit.FreePath(kit.DownloadsFolder(), name),
		"The file contains the current text with its [S…] markers and its sources. Only you can read it.",
		func(path string) string { return kit.CheckTarget(path, name) },
		func(path string) tea.Cmd {
			path = kit.TargetPath(path, name)
			job := kit.Job{Pane: kit.ReportsPane, Slot: "export", Title: "Exporting", Quiet: true}
			return kit.Ask(p.env.Jobs, job, func(context.Context) (exported, error) {
				return exported{}, local.Save(path, func(w io.Writer) error {
					_, err := io.WriteString(w, text)
					return err
				})
			})
		}))
}

func (p *Pane) exportEnded(m kit.Answer[exported]) tea.Cmd {
	switch {
	case errors.Is(m.Err, local.ErrExists):
		return kit.Complain("A file of that name exists now, so nothing was written. Export under another name.")
	case m.Err != nil:
		return kit.ComplainOf(m.Err)
	}
	return kit.Notify("Exported. Only you can read the file.")
}
