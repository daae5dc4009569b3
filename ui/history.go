package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/drift"
	"claria/drift/ledger"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/session/watch"
)

// mostPast is how many lines of the ledger the history goes back.
const mostPast = 300

// past is what the ledger has of earlier times, the newest first.
type past struct{ rows []pastRow }

// pastRow is one thing that happened: a control that changed, something that was
// done, or a change of the account, which may be undone.
type pastRow struct {
	key    string
	text   string
	change *ledger.Change // nil: it is no change of the account
}

// undoSlot is the job that plans an undo.
const undoSlot = "undo"

// readPast reads the ledger in a job: what changed from check to check, and what
// was done.
func (p *compliance) readPast() tea.Cmd {
	b, s, now, set := p.env.watch.book, p.env.session, p.env.now(), p.env.watch.set
	read := job{Pane: compliancePane, Slot: "past", Title: "Reading the ledger", Quiet: true}
	return ask(p.env.jobs, read, func(ctx context.Context) (past, error) {
		lines, err := b.Ledger(ctx, s)
		if err != nil {
			return past{}, err
		}
		var entries []ledger.Entry
		for entry, err := range lines.Entries() {
			if err != nil {
				return past{}, err
			}
			if entries = append(entries, entry); len(entries) == mostPast {
				break
			}
		}
		return past{pastRows(entries, set, now)}, nil
	})
}

// pastRows are the rows of entries, the newest first: a check has one for each control
// that changed since the check before it.
func pastRows(entries []ledger.Entry, set string, now time.Time) []pastRow {
	var rows []pastRow
	add := func(at time.Time, text string, change *ledger.Change) {
		key := fmt.Sprint(len(rows))
		if change != nil {
			key = change.ID
		}
		rows = append(rows, pastRow{key, exactly(now, at) + "  " + safe.Line(text), change})
	}
	changes := ledger.ChangesOf(entries)
	var later *drift.Report // the check after the one that is looked at
	var at time.Time
	for _, e := range entries {
		if e.Kind != ledger.Check {
			add(e.At, e.Note, nil)
			for range e.Steps {
				c := changes[0]
				changes = changes[1:]
				add(e.At, c.ID+" "+c.Step.Op.Sign()+" "+c.Step.Resource+": "+c.Step.Summary, &c)
			}
			continue
		}
		if e.Report == nil || e.Set != set {
			continue
		}
		if later != nil {
			for _, change := range drift.Compare(*e.Report, *later) {
				text := change.ID + "  " + becameText(change) + "  " + change.Title
				if f, ok := findingOf(later, change.ID); ok && f.Drift != nil && f.Drift.Event != nil {
					text += ", by " + f.Drift.Event.Actor
				}
				add(at, text, nil)
			}
		}
		later, at = e.Report, e.At
	}
	if later != nil {
		add(at, "the first check of this history", nil)
	}
	return rows
}

func (p *compliance) pastRead(m answer[past]) tea.Cmd {
	if m.Err != nil {
		return complainOf(m.Err)
	}
	return open(newHistory(p, m.Value.rows))
}

// timeline is the history as a dialog: u undoes the selected change.
type timeline struct {
	pane *compliance
	list list[pastRow]
}

func newHistory(p *compliance, rows []pastRow) *timeline {
	h := &timeline{pane: p}
	h.list = list[pastRow]{
		Key: func(r pastRow) string { return r.key },
		Draw: func(r pastRow, w int, selected bool) string {
			if selected {
				return p.env.theme.in(tokenSelected, cut(r.text, w))
			}
			return cut(r.text, w)
		},
	}
	h.list.Set(rows)
	for _, r := range rows { // where u has something to do
		if r.change != nil && r.whyNot() == "" {
			h.list.Select(r.key)
			break
		}
	}
	return h
}

func (h *timeline) Title() string { return "History" }

func (h *timeline) Update(msg tea.Msg) (tea.Cmd, bool) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	row, any := h.list.Selected()
	switch key := press.String(); {
	case key == "enter":
		return nil, true
	case key != "u":
		h.list.Update(msg)
		return nil, false
	case !any || row.change == nil:
		return complain("Select a change of the account first; those have a number."), false
	}
	if why := row.whyNot(); why != "" {
		return complain(sentence(why)), false
	}
	if h.pane.env.watch.applies(h.pane.env) {
		return complain("Another change is being made."), false
	}
	return h.pane.planUndo(*row.change), true
}

// whyNot is why a change is not undone; empty: it can be.
func (r pastRow) whyNot() string {
	if by := r.change.UndoneBy; by != "" {
		return "change " + r.change.ID + " was undone by change " + by + " already; undo that one to make it again"
	}
	if why := r.change.CannotUndo(); why != "" {
		return "change " + r.change.ID + " cannot be undone: " + why
	}
	return ""
}

func (h *timeline) View(t *theme, w, height int) string {
	row, any := h.list.Selected()
	if !any {
		return "Nothing is in the ledger yet.\n\n" + t.bold("esc") + " back"
	}
	about := wrap(row.text, w)
	foot := t.dim("u undo") + "   " + t.bold("esc") + " back"
	if row.change != nil {
		if why := row.whyNot(); why != "" {
			about = append(about, wrap(sentence(safe.Line(why)), w)...)
		} else {
			foot = t.bold("u") + " undo   " + t.bold("esc") + " back"
		}
	}
	about = about[:min(len(about), max(1, height/3))]
	rows := min(h.list.Len(), max(1, height-len(about)-3))
	return h.list.View(t, w, rows, true) + "\n\n" + strings.Join(about, "\n") + "\n\n" + foot
}

// planUndo reads the account and plans the undoing of a change, in a job.
func (p *compliance) planUndo(change ledger.Change) tea.Cmd {
	b, s, facts, set := p.env.watch.book, p.env.session, p.env.watch.facts, p.env.watch.set
	plan := job{Pane: compliancePane, Slot: undoSlot, Title: "Planning the undo"}
	return ask(p.env.jobs, plan, func(ctx context.Context) (watch.Undoing, error) {
		lines, err := b.Ledger(ctx, s)
		if err != nil {
			return watch.Undoing{}, err
		}
		whole, err := lines.Change(change.ID) // as it was signed
		if err != nil {
			return watch.Undoing{}, err
		}
		return watch.Undo(ctx, s, whole, facts, set)
	})
}

// askUndo shows what the undo does, to what, and which controls fail after it, and asks.
func (p *compliance) askUndo(m answer[watch.Undoing]) tea.Cmd {
	if m.Err != nil {
		return tea.Batch(complainOf(m.Err), open(&message{title: "Not undone", text: sentence(m.Err.Error())}))
	}
	u := m.Value
	switch {
	case u.Plan.Blocked != nil:
		return open(&message{title: "Not undone", text: sentence(u.Plan.Blocked.Reason) + " " + sentence(u.Plan.Blocked.Next)})
	case u.Plan.Empty():
		return notify(safe.Line(u.Change.Step.Resource) + " is as it was before change " + u.Change.ID + " already.")
	}
	t, step := p.env.theme, u.Plan.Steps[0]
	details := []string{t.dim("No control fails that does not fail now.")}
	if len(u.Fails) > 0 {
		details = []string{t.in(tokenFail, "The account becomes less safe. After it, "+words.Plural(len(u.Fails), "control fails:", "controls fail:"))}
		for _, f := range u.Fails {
			details = append(details, t.in(tokenFail, statusFail.glyph()+" "+f.ID+"  "+safe.Line(f.Title)))
		}
	}
	details = append(append(details, ""), t.stepDetail(step, 70, false)...)
	id := u.Change.ID
	return open(&confirm{
		title: "Undo change " + id,
		what:  sentence("changes it: " + safe.Line(step.Summary)), target: safe.Line(step.Resource), undo: sentence(safe.Line(step.Undo)),
		details: details, verb: "undo it",
		do: func() tea.Cmd {
			p.fixing, p.fixed, p.undone = newApplying(u.Plan), "", id
			p.env.watch.pause(p.env)
			return stream(p.env.jobs, job{Pane: compliancePane, Slot: fixSlot, Title: "Undoing change " + id}, applyPlan(p.env, u.Plan, nil))
		},
	})
}
