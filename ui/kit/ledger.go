package kit

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"claria/drift/ledger"
	"claria/provision"
	"claria/session/watch"
)

// Kept is the outcome of writing a line into the evidence ledger.
type Kept struct {
	Notes []string // what else a person should know about the ledger
}

// Record writes a line about something that was done, in the background. text must
// hold no patient information.
func (e *Env) Record(kind ledger.Kind, text string, steps ...provision.Step) tea.Cmd {
	if e.Scans.Watch == nil {
		return nil
	}
	w, s := e.Scans.Watch, e.Session
	return Ask(e.Jobs, Job{Pane: WatchPane, Slot: "record " + text, Title: "Writing the ledger", Quiet: true},
		func(ctx context.Context) (Kept, error) {
			done := w.Note(ctx, s, watch.Done{Kind: kind, Note: text, Steps: steps})
			return Kept{done.Notes}, done.Err()
		})
}

// keep copies a scan's line into the audit bucket, in the background, because that
// must not hold up the screen. An error of the line itself comes first.
func (e *Env) keep(seen Scanned) tea.Cmd {
	if e.Scans.Watch == nil {
		return nil
	}
	w, s, line, notes := e.Scans.Watch, seen.asked, seen.Kept.Line, seen.Kept.Notes
	return Ask(e.Jobs, Job{Pane: WatchPane, Slot: "book", Title: "Writing the ledger", Quiet: true},
		func(ctx context.Context) (Kept, error) {
			if line != nil || !seen.Stands {
				return Kept{notes}, line
			}
			return Kept{notes}, w.Mirror(ctx, s)
		})
}
