package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"claria/drift/ledger"
	"claria/provision"
	"claria/session/watch"
)

// kept is the outcome of writing a line into the evidence ledger.
type kept struct {
	notes []string // what else a person should know of the ledger
}

// record writes a line about something that was done, in the background. text holds
// no patient information.
func (e *env) record(kind ledger.Kind, text string, steps ...provision.Step) tea.Cmd {
	if e.watch.book == nil {
		return nil
	}
	b, s := e.watch.book, e.session
	return ask(e.jobs, job{Pane: watchPane, Slot: "record " + text, Title: "Writing the ledger", Quiet: true},
		func(ctx context.Context) (kept, error) {
			done := b.Note(ctx, s, watch.Done{Kind: kind, Note: text, Steps: steps})
			return kept{done.Notes}, done.Err()
		})
}

// keep copies a scan's line into the audit bucket, in the background: that must not
// hold up the screen. What went wrong with the line itself is said.
func (e *env) keep(seen scanned) tea.Cmd {
	if e.watch.book == nil {
		return nil
	}
	b, s, line, notes := e.watch.book, seen.asked, seen.Kept.Line, seen.Kept.Notes
	return ask(e.jobs, job{Pane: watchPane, Slot: "book", Title: "Writing the ledger", Quiet: true},
		func(ctx context.Context) (kept, error) {
			if line != nil || !seen.Stands {
				return kept{notes}, line
			}
			return kept{notes}, b.Mirror(ctx, s)
		})
}
