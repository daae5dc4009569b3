// Package compliance is pane 4: the checklist, fixes, signatures, and the history. It
// knows no other pane.
package compliance

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/provision"
	"claria/session/watch"
	"claria/ui/kit"
)

// Pane is the live checklist: the controls in groups on the left, the selected one on
// the right.
type Pane struct {
	env       *kit.Env
	catalogue map[string]catalogue.Control
	list      kit.List[checkRow]
	view      grouping
	closed    map[string]bool // headings that the user folded (true) or unfolded
	shown     checkRow        // the row that the detail shows
	resting   kit.Resting
	inDetail  bool                      // the detail has the focus
	scroll    int                       // of the detail
	changes   []drift.Change            // the latest changes between two scans
	plan      provision.Plan            // from the latest scan
	fixes     map[string]provision.Plan // by control, made when first needed

	fixing  *kit.Applying // the current or last fix or undo
	fixed   string        // its control; empty: it is an undo
	undone  string        // the change that it undoes
	waiting bool          // the fix is done, its scan is not

	form  *kit.Form           // the open form; nil: none
	typed map[string][]string // what was typed into forms that were closed, by form
}

// checkRow is a heading (a family, a requirement of the law or a rule) or one of its
// controls.
type checkRow struct {
	family string
	title  string             // of a heading, after its name
	matrix *drift.MatrixRow   // of a requirement
	count  map[kit.Status]int // of a heading's controls
	*drift.Finding
}

// New makes the pane.
func New(e *kit.Env) *Pane {
	p := &Pane{
		env: e, closed: map[string]bool{}, fixes: map[string]provision.Plan{},
		catalogue: map[string]catalogue.Control{}, typed: map[string][]string{},
	}
	p.list = kit.List[checkRow]{
		Key: func(r checkRow) string {
			switch {
			case r.Finding == nil:
				return r.family
			case p.view == byFamily:
				return r.ID
			}
			return r.family + " " + r.ID // a control can be in several groups
		},
		Draw: p.drawRow,
		Text: func(r checkRow) string {
			if r.Finding == nil {
				return ""
			}
			fields := []string{r.ID, r.Title, r.family, kit.StatusOf(e, *r.Finding).Word(), r.Resource}
			return strings.Join(append(fields, r.Citations...), " ")
		},
	}
	return p
}

// Init reads the catalogue, which is a table in memory.
func (p *Pane) Init() tea.Cmd {
	controls, err := catalogue.Controls(p.env.Scans.Set)
	if err != nil {
		return kit.ComplainOf(err)
	}
	for _, c := range controls {
		p.catalogue[c.ID] = c
	}
	return nil
}

// Places are the controls of the last scan.
func (p *Pane) Places() []kit.Place {
	if p.env.Scans.Report == nil {
		return nil
	}
	var places []kit.Place
	for _, f := range p.env.Scans.Report.Controls {
		s := kit.StatusOf(p.env, f)
		places = append(places, kit.Place{
			Name: f.ID + " " + safe.Line(f.Title), Note: s.Word(),
			Do: func() tea.Cmd { return kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: f.ID}) },
		})
	}
	return places
}

// CapturesInput is true while a filter is being typed.
func (p *Pane) CapturesInput() bool { return p.list.CapturesInput() }

// Back goes from the detail to the list, then removes the filter.
func (p *Pane) Back() bool {
	if p.inDetail {
		p.inDetail, p.scroll = false, 0
		return true
	}
	return p.list.Back()
}

// Update takes keys, the results of the pane's jobs, and messages to all panes.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case kit.ScannedMsg:
		return p.scanned()
	case kit.ShowControl:
		p.show(m.ID)
	case kit.Events[provision.Progress]:
		for _, progress := range m.Items {
			p.fixing.Take(progress)
		}
		done, all := int64(p.fixing.Done), int64(len(p.fixing.Steps))
		p.env.Jobs.Progress(kit.CompliancePane, kit.FixSlot, done, all, p.fixing.Current())
	case kit.Ended:
		return p.fixEnded(m)
	case kit.Answer[registered]:
		return p.wrote(m)
	case kit.Answer[evidenced]:
		return p.exportEnded(m)
	case kit.Answer[past]:
		return p.pastRead(m)
	case kit.Answer[watch.Undoing]:
		return p.askUndo(m)
	case kit.RestedMsg:
		if p.resting.Rested(m, kit.CompliancePane) {
			p.settle()
		}
	case tea.KeyPressMsg, tea.PasteMsg:
		before, _ := p.list.Selected()
		p.input(msg)
		if after, _ := p.list.Selected(); p.list.Key(after) != p.list.Key(before) {
			return p.resting.Moved(kit.CompliancePane)
		}
	}
	return nil
}

// settle makes the detail show the selected row.
func (p *Pane) settle() {
	row, _ := p.list.Selected()
	if p.list.Key(row) != p.list.Key(p.shown) {
		p.scroll = 0
	}
	p.shown = row
}

// input takes a key that belongs to no action: it scrolls the detail, folds a group
// or moves in the list.
func (p *Pane) input(msg tea.Msg) {
	key := ""
	if press, ok := msg.(tea.KeyPressMsg); ok && !p.list.CapturesInput() {
		key = kit.Move(press.String())
	}
	row, any := p.list.Selected()
	switch {
	case p.inDetail && key == "down":
		p.scroll++
	case p.inDetail && key == "page down":
		p.scroll += 10
	case p.inDetail && key == "up":
		p.scroll = max(0, p.scroll-1)
	case p.inDetail && key == "page up":
		p.scroll = max(0, p.scroll-10)
	case p.inDetail && key == "left":
		p.Back()
	case p.inDetail:
	case key == "left" && any && !p.list.Filtered():
		p.closed[row.family] = true
		p.rebuild()
		p.list.Select(row.family)
	case key == "right" && any && row.Finding == nil:
		p.closed[row.family] = false
		p.rebuild()
	default:
		p.list.Update(msg)
		if p.list.CapturesInput() && !p.list.Filtered() {
			p.unfold()
		}
	}
}

// show selects a control, and unfolds its family.
func (p *Pane) show(id string) {
	p.list.Back()
	p.view = byFamily
	if c, ok := p.catalogue[id]; ok {
		p.closed[c.Family] = false
	}
	p.rebuild()
	p.inDetail = p.list.Select(id)
	p.settle()
}

// scanned takes a new report.
func (p *Pane) scanned() tea.Cmd {
	w := p.env.Scans
	f, found := kit.FindingOf(w.Report, p.fixed)
	fixed := p.waiting && w.Err == nil && p.fixing != nil && p.fixing.Err == nil && !p.fixing.Stopped &&
		found && f.Status == catalogue.Pass
	p.waiting = false
	if w.Report != nil && w.Previous != nil && w.Err == nil {
		if found := drift.Compare(*w.Previous, *w.Report); len(found) > 0 {
			p.changes = found
		}
	}
	if found && p.fixing != nil && !p.fixing.Running && p.fixing.Err == nil && f.Status != catalogue.Pass {
		p.fixing = nil // done, but the control still does not pass: show the finding
	}
	if w.Report != nil {
		p.plan, p.fixes = w.Plan, map[string]provision.Plan{}
	}
	first := len(p.list.Items()) == 0
	p.rebuild()
	if first {
		p.selectWorst()
	}
	p.settle()
	if fixed {
		return kit.Notify(p.fixed + " is fixed. A scan has confirmed it.")
	}
	return nil
}

// selectWorst selects the first of the most serious rows.
func (p *Pane) selectWorst() {
	for _, wanted := range []kit.Status{kit.StatusDrift, kit.StatusFail, kit.StatusUnknown} {
		for _, row := range p.list.Items() {
			if row.Finding != nil && kit.StatusOf(p.env, *row.Finding) == wanted {
				p.list.Select(p.list.Key(row))
				return
			}
		}
	}
}

// finding is the selected control's finding.
func (p *Pane) finding() (drift.Finding, bool) {
	row, ok := p.list.Selected()
	if !ok || row.Finding == nil {
		return drift.Finding{}, false
	}
	return *row.Finding, true
}

// fix is the plan that fixes a control, or why there is none.
func (p *Pane) fix(f drift.Finding) (plan provision.Plan, why string) {
	w := p.env.Scans
	switch {
	case f.Status == catalogue.Unknown:
		return plan, "Claria could not read this, so it cannot plan a fix. The detail says what is missing."
	case f.Status != catalogue.Fail:
		return plan, "There is nothing to fix here."
	case w.Applies(p.env):
		return plan, "Another change is running."
	}
	if w.Report == nil {
		return plan, "The account has not been scanned yet."
	}
	plan, known := p.fixes[f.ID]
	if !known {
		plan = p.plan.Only(f.ID)
		p.fixes[f.ID] = plan
	}
	switch {
	case plan.Empty() && f.Remedy == catalogue.Automatic && p.plan.Blocked != nil:
		return plan, kit.Sentence(p.plan.Blocked.Reason) + " " + kit.Sentence(p.plan.Blocked.Next)
	case plan.Empty():
		return plan, "Claria cannot fix this. The detail says what to do."
	case plan.Blocked != nil:
		return plan, kit.Sentence(plan.Blocked.Reason) + " " + kit.Sentence(plan.Blocked.Next)
	}
	for _, step := range plan.Steps {
		if step.Op == provision.Adopt {
			return plan, "The fix takes over a resource that Claria did not create. Apply it in pane Setup."
		}
		if len(step.Asks) > 0 {
			return plan, "The fix removes what Claria did not write, and asks for each name. Apply it in pane Setup."
		}
	}
	return plan, ""
}

// askFix shows what the fix does, to what, and how to undo it, and asks.
func (p *Pane) askFix(f drift.Finding, plan provision.Plan) tea.Cmd {
	var details, does, undo []string
	resources := []string{}
	for i, step := range plan.Steps {
		if i > 0 {
			details = append(details, "")
		}
		details = append(details, p.env.Theme.In(kit.SignTokens[step.Op], step.Op.Sign())+" "+safe.Line(step.Resource))
		details = append(details, p.env.Theme.StepDetail(step, 70, len(plan.Steps) > 1)...)
		does = append(does, kit.Doing(step))
		if resource := safe.Line(step.Resource); !slices.Contains(resources, resource) {
			resources = append(resources, resource)
		}
		if step.Undo == "" {
			undo = append(undo, "not possible for "+safe.Line(step.Resource))
		} else {
			undo = append(undo, safe.Line(step.Undo))
		}
	}
	return kit.Open(&kit.Confirm{
		Title: "Fix " + f.ID + "  " + f.Title,
		What:  kit.Sentence(strings.Join(does, "; ")), Target: strings.Join(resources, ", "),
		Undo:    kit.Sentence(strings.Join(slices.Compact(undo), "; ")),
		Details: details, Verb: "fix it",
		Do: func() tea.Cmd {
			p.fixing, p.fixed, p.undone = kit.NewApplying(plan), f.ID, ""
			p.env.Scans.Pause(p.env)
			job := kit.Job{Pane: kit.CompliancePane, Slot: kit.FixSlot, Title: "Fixing " + f.ID}
			return kit.Stream(p.env.Jobs, job, kit.ApplyPlan(p.env, plan, "A plan to fix "+f.ID, nil))
		},
	})
}

func (p *Pane) fixEnded(m kit.Ended) tea.Cmd {
	if p.fixing == nil {
		return nil
	}
	p.fixing.End(m)
	p.waiting = true
	switch {
	case m.Stopped || kit.StoppedByUser(m.Err):
		made := fmt.Sprintf("Stopped. %d of %d changes were made.", p.fixing.Done, len(p.fixing.Steps))
		return tea.Batch(kit.Rescan(), p.recordFix("was stopped"), kit.Notify(made))
	case errors.Is(m.Err, kit.ErrNoCode): // nothing was done, so there is nothing to record
		return tea.Batch(kit.Rescan(), kit.ComplainOf(m.Err))
	case m.Err != nil:
		return tea.Batch(kit.Rescan(), p.recordFix("failed"), kit.ComplainOf(m.Err))
	}
	done := p.fixed + ": done. Scanning the account again."
	if p.undone != "" {
		done = "Change " + p.undone + " is undone. Scanning the account again."
	}
	return tea.Batch(kit.Rescan(), p.recordFix("was carried out"), kit.Notify(done))
}

// recordFix records the fix or undo in the ledger.
func (p *Pane) recordFix(outcome string) tea.Cmd {
	if p.undone != "" {
		return p.env.Record(ledger.Apply, fmt.Sprintf("Undoing change %s %s.", p.undone, outcome), p.fixing.Made()...)
	}
	text := fmt.Sprintf("A plan to fix %s %s: %d of %s.", p.fixed, outcome, p.fixing.Done,
		words.Plural(len(p.fixing.Steps), "change", "changes"))
	return p.env.Record(ledger.Apply, text, p.fixing.Made()...)
}

// Actions are the pane's part of the table of actions.
func (p *Pane) Actions() []kit.Action {
	f, ok := p.finding()
	row, any := p.list.Selected()
	fix := kit.Action{
		ID: "compliance.fix", Keys: []string{"f"}, Help: "fix", Dangerous: true,
		Long: "Fix this control: show the planned changes, and make them when you confirm.",
	}
	enter := kit.Action{
		ID: "compliance.open", Keys: []string{"enter"}, Help: "details", Long: "Show the control, or fold the group.",
		Do: func() tea.Cmd { p.toggle(row); return nil },
	}
	yank := kit.Action{
		ID: "compliance.copy", Keys: []string{"y"}, Help: "copy", Long: "Copy the finding as text, for an e-mail or a note.",
		Do: func() tea.Cmd { return kit.CopyText("the finding "+f.ID, findingText(f, kit.StatusOf(p.env, f))) },
	}
	if !ok {
		fix.Disabled, yank.Disabled = "Select a control first.", "Select a control first."
	} else {
		plan, why := p.fix(f)
		fix.Disabled = why
		fix.Do = func() tea.Cmd { return p.askFix(f, plan) }
	}
	switch {
	case p.inDetail:
		enter = kit.Action{
			ID: "compliance.back", Keys: []string{"esc"}, Help: "back", Long: "Go back to the list.",
			Do: func() tea.Cmd { p.Back(); return nil },
		}
	case !any:
		enter.Disabled = "The account has not been scanned yet."
	}
	scan := kit.Action{
		ID: "compliance.again", Keys: []string{"r"}, Help: "rescan", Long: "Scan the account again now.",
		Do: kit.Rescan,
	}
	filter := kit.Action{
		ID: "compliance.filter", Keys: []string{"/"}, Help: "filter", Long: "Show only the controls that contain what you type.",
		Do: func() tea.Cmd {
			p.inDetail = false
			p.input(tea.KeyPressMsg{Code: '/', Text: "/"})
			return nil
		},
	}
	column := kit.Action{
		ID: "compliance.column", Keys: []string{"tab"}, Help: "next column", Quiet: true,
		Long: "Go to the control's detail, or back to the list.",
		Do: func() tea.Cmd {
			p.settle()
			p.inDetail, p.scroll = !p.inDetail, 0
			return nil
		},
	}
	if !any {
		column.Disabled = enter.Disabled
	}
	return slices.Concat([]kit.Action{fix, enter, p.attestAction(f, ok), p.waiveAction(f, ok)},
		p.nextActions(), p.reportActions(), p.viewActions(), []kit.Action{column, filter, scan, yank})
}

// toggle opens a control's detail, or folds or unfolds a group.
func (p *Pane) toggle(row checkRow) {
	p.settle()
	if row.Finding != nil {
		p.inDetail, p.scroll = true, 0
		return
	}
	p.closed[row.family] = !p.folded(row.family)
	p.rebuild()
}

// findingText is a finding in plain lines.
func findingText(f drift.Finding, s kit.Status) string {
	lines := []string{
		f.ID + "  " + f.Title, "status: " + s.Word(), "resource: " + f.Resource,
		"desired: " + f.Desired, "observed: " + f.Observed, "reason: " + f.Reason,
		"45 CFR " + strings.Join(f.Citations, ", "),
	}
	return safe.Text(strings.Join(lines, "\n"))
}
