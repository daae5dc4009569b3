package compliance

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
	"claria/ui/kit"
)

// mostPast is how many ledger entries the history reads.
const mostPast = 300

// past is the history in the ledger, newest first.
type past struct{ rows []pastRow }

// pastRow is one event: a control that changed, something that was done, or a change
// of the account, which undo may put back.
type pastRow struct {
	key    string
	text   string
	change *ledger.Change // nil: the account did not change
}

// undoSlot is the job that plans an undo.
const undoSlot = "undo"

// readPast reads the ledger in a job: what changed between checks, and what was done.
func (p *Pane) readPast() tea.Cmd {
	w, s, now, set := p.env.Scans.Watch, p.env.Session, p.env.Now(), p.env.Scans.Set
	read := kit.Job{Pane: kit.CompliancePane, Slot: "past", Title: "Reading the ledger", Quiet: true}
	return kit.Ask(p.env.Jobs, read, func(ctx context.Context) (past, error) {
		lines, err := w.Ledger(ctx, s)
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

// pastRows are the rows of ledger entries, newest first. A check has one row for each
// control that changed since the check before it.
func pastRows(entries []ledger.Entry, set string, now time.Time) []pastRow {
	var rows []pastRow
	add := func(at time.Time, text string, change *ledger.Change) {
		key := fmt.Sprint(len(rows))
		if change != nil {
			key = change.ID
		}
		rows = append(rows, pastRow{key, kit.Exactly(now, at) + "  " + safe.Line(text), change})
	}
	changes := ledger.ChangesOf(entries)
	var later *drift.Report // the check after the current one
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
				text := change.ID + "  " + kit.BecameText(change) + "  " + change.Title
				if f, ok := kit.FindingOf(later, change.ID); ok && f.Drift != nil && f.Drift.Event != nil {
					text += ", by " + f.Drift.Event.Actor
				}
				add(at, text, nil)
			}
		}
		later, at = e.Report, e.At
	}
	if later != nil {
		add(at, "the first check in this history", nil)
	}
	return rows
}

func (p *Pane) pastRead(m kit.Answer[past]) tea.Cmd {
	if m.Err != nil {
		return kit.ComplainOf(m.Err)
	}
	return kit.Open(newHistory(p, m.Value.rows))
}

// timeline is the history as a dialog: u undoes the selected change.
type timeline struct {
	pane *Pane
	list kit.List[pastRow]
}

func newHistory(p *Pane, rows []pastRow) *timeline {
	h := &timeline{pane: p}
	h.list = kit.List[pastRow]{
		Key: func(r pastRow) string { return r.key },
		Draw: func(r pastRow, w int, selected bool) string {
			if selected {
				return p.env.Theme.In(kit.TokenSelected, kit.Cut(r.text, w))
			}
			return kit.Cut(r.text, w)
		},
	}
	h.list.Set(rows)
	for _, r := range rows { // the first change that u can undo
		if r.change != nil && r.whyNot() == "" {
			h.list.Select(r.key)
			break
		}
	}
	return h
}

func (h *timeline) Heading() string { return "History" }

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
		return kit.Complain("Select a change of the account first. Those rows have a number."), false
	}
	if why := row.whyNot(); why != "" {
		return kit.Complain(kit.Sentence(why)), false
	}
	if h.pane.env.Scans.Applies(h.pane.env) {
		return kit.Complain("Another change is running."), false
	}
	return h.pane.planUndo(*row.change), true
}

// whyNot is why a change cannot be undone; empty: it can.
func (r pastRow) whyNot() string {
	if why := r.change.CannotUndo(); why != "" {
		return "change " + r.change.ID + " cannot be undone: " + why
	}
	return ""
}

func (h *timeline) View(t *kit.Theme, w, height int) string {
	row, any := h.list.Selected()
	if !any {
		return "The ledger is empty.\n\n" + t.Bold("esc") + " back"
	}
	about := kit.Wrap(row.text, w)
	foot := t.Dim("u undo") + "   " + t.Bold("esc") + " back"
	if row.change != nil {
		if why := row.whyNot(); why != "" {
			about = append(about, kit.Wrap(kit.Sentence(safe.Line(why)), w)...)
		} else {
			foot = t.Bold("u") + " undo   " + t.Bold("esc") + " back"
		}
	}
	about = about[:min(len(about), max(1, height/3))]
	rows := min(h.list.Len(), max(1, height-len(about)-3))
	return h.list.View(t, w, rows, true) + "\n\n" + strings.Join(about, "\n") + "\n\n" + foot
}

// planUndo reads the account and plans the undo of a change, in a job.
func (p *Pane) planUndo(change ledger.Change) tea.Cmd {
	w, s, facts, set := p.env.Scans.Watch, p.env.Session, p.env.Scans.Facts, p.env.Scans.Set
	plan := kit.Job{Pane: kit.CompliancePane, Slot: undoSlot, Title: "Planning the undo"}
	return kit.Ask(p.env.Jobs, plan, func(ctx context.Context) (watch.Undoing, error) {
		lines, err := w.Ledger(ctx, s)
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

// askUndo shows what the undo does, to what, and which controls will fail, and asks.
func (p *Pane) askUndo(m kit.Answer[watch.Undoing]) tea.Cmd {
	if m.Err != nil {
		return tea.Batch(kit.ComplainOf(m.Err), kit.Open(&kit.Message{Title: "Not undone", Text: kit.Sentence(m.Err.Error())}))
	}
	u := m.Value
	switch {
	case u.Plan.Blocked != nil:
		return kit.Open(&kit.Message{Title: "Not undone", Text: kit.Sentence(u.Plan.Blocked.Reason) + " " + kit.Sentence(u.Plan.Blocked.Next)})
	case u.Plan.Empty():
		return kit.Notify(safe.Line(u.Change.Step.Resource) + " is already as it was before change " + u.Change.ID + ".")
	}
	t, step := p.env.Theme, u.Plan.Steps[0]
	details := []string{t.Dim("No other control will fail.")}
	if len(u.Fails) > 0 {
		fails := words.Plural(len(u.Fails), "control", "controls")
		details = []string{t.In(kit.TokenFail, "The account becomes less safe. "+fails+" will fail:")}
		for _, f := range u.Fails {
			details = append(details, t.In(kit.TokenFail, kit.StatusFail.Glyph()+" "+f.ID+"  "+safe.Line(f.Title)))
		}
	}
	details = append(append(details, ""), t.StepDetail(step, 70, false)...)
	id := u.Change.ID
	return kit.Open(&kit.Confirm{
		Title: "Undo change " + id,
		What:  kit.Sentence("changes: " + safe.Line(step.Summary)), Target: safe.Line(step.Resource), Undo: kit.Sentence(safe.Line(step.Undo)),
		Details: details, Verb: "undo it",
		Do: func() tea.Cmd {
			p.fixing, p.fixed, p.undone = kit.NewApplying(u.Plan), "", id
			p.env.Scans.Pause(p.env)
			job := kit.Job{Pane: kit.CompliancePane, Slot: kit.FixSlot, Title: "Undoing change " + id}
			return kit.Stream(p.env.Jobs, job, kit.ApplyPlan(p.env, u.Plan, job.Title, nil))
		},
	})
}
