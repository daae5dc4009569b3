package ui

import (
	"context"
	"errors"
	"io"

	tea "charm.land/bubbletea/v2"

	"claria/internal/local"
)

// exported tells that a report was written to a file.
type exported struct{}

// askExport asks where the report's Markdown is to go.
func (p *reporting) askExport() tea.Cmd {
	name := local.Name(p.paper.exportName(), p.paper.report.ID+".md")
	text := p.paper.report.Markdown()
	return open(newPrompt("Export as Markdown", "To", freePath(downloads(), name),
		"The text as it is now, its [S…] markers and its sources included. The file is readable by you alone.",
		func(path string) string { return checkTarget(path, name) },
		func(path string) tea.Cmd {
			path = target(path, name)
			return ask(p.env.jobs, job{Pane: reportsPane, Slot: "export", Title: "Exporting", Quiet: true}, func(context.Context) (exported, error) {
				return exported{}, local.Save(path, func(w io.Writer) error {
					_, err := io.WriteString(w, text)
					return err
				})
			})
		}))
}

func (p *reporting) exportEnded(m answer[exported]) tea.Cmd {
	switch {
	case errors.Is(m.Err, local.ErrExists):
		return complain("There is a file of that name by now, so nothing was written. Export under another name.")
	case m.Err != nil:
		return complainOf(m.Err)
	}
	return notify("Exported; only you can read the file.")
}
