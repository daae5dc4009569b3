package ui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
	"claria/provision"
)

// setup is the way from an account to one that keeps records: what is needed,
// which credential, the agreement, the plan, doing it, and the proof. It has no
// memory of its own: where it stands follows from the latest look at the account.
type setup struct {
	env      *env
	list     list[setupRow]
	expanded map[string]bool // steps whose before and after are shown
	plan     provision.Plan
	planned  bool
	applying *applying // what runs or ran last
	finished error     // why the session could not go over to the new key
	going    bool      // it goes over as soon as the scan that runs is over
}

// setupRow is a stage, a step of the plan, or a line of text below one of them.
type setupRow struct {
	key  string
	line func(w int, selected bool) string
	text bool // cannot be selected
	step string
}

func newSetup(e *env) *setup {
	p := &setup{env: e, expanded: map[string]bool{}}
	p.list = list[setupRow]{
		Key:  func(r setupRow) string { return r.key },
		Draw: func(r setupRow, w int, selected bool) string { return r.line(w, selected) },
		Skip: func(r setupRow) bool { return r.text },
	}
	return p
}

func (p *setup) Init() tea.Cmd       { return nil }
func (p *setup) CapturesInput() bool { return false }

// Back folds what is unfolded.
func (p *setup) Back() bool {
	if len(p.expanded) == 0 {
		return false
	}
	clear(p.expanded)
	return true
}

func (p *setup) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case scannedMsg:
		p.observed()
		if p.going {
			return p.finish()
		}
	case events[provision.Progress]:
		for _, progress := range m.Items {
			p.applying.take(progress)
		}
		p.env.jobs.progress(setupPane, applySlot, int64(p.applying.done), int64(len(p.applying.steps)), p.applying.current())
		p.follow()
	case ended:
		return p.applyEnded(m)
	case tea.KeyPressMsg:
		if key := move(m.String()); key == "right" || key == "left" {
			p.fold(key == "right")
			return nil
		}
		p.list.Update(m)
	}
	return nil
}

// observed makes the plan from the latest look at the account.
func (p *setup) observed() {
	if p.env.watch.report == nil {
		return
	}
	first := !p.planned
	p.plan, p.planned = p.env.watch.plan, true
	if first {
		p.list.Set(p.rows(80))
		p.list.Select("stage " + p.currentStage())
	}
}

// follow keeps the step that is being worked on in sight.
func (p *setup) follow() {
	p.list.Set(p.rows(80))
	for i, step := range p.applying.plan.Steps {
		if p.applying.steps[i].status == "started" {
			p.list.Select("step " + step.ID)
		}
	}
}

// fold shows or hides the selected step's before and after.
func (p *setup) fold(open bool) {
	row, ok := p.list.Selected()
	if !ok || row.step == "" {
		return
	}
	if open {
		p.expanded[row.step] = true
	} else {
		delete(p.expanded, row.step)
	}
}

// whyNot is why the plan cannot be applied now; empty: it can.
func (p *setup) whyNot() string {
	switch {
	case p.applying != nil && p.applying.running:
		return "The plan is being applied."
	case p.env.watch.applies(p.env):
		return "Another change is being made."
	case !p.planned:
		return "The account has not been read yet."
	case p.plan.Blocked != nil:
		return sentence(p.plan.Blocked.Reason) + " " + sentence(p.plan.Blocked.Next)
	case p.plan.Empty() && p.env.session.SetUp:
		return "There is nothing to change."
	}
	return ""
}

// approve asks for each thing to be taken over by its name, then for the plan as
// a whole, and then applies it.
func (p *setup) approve(plan provision.Plan, adopt []string) tea.Cmd {
	for _, step := range plan.Steps {
		name := resourceName(step)
		if step.Op != provision.Adopt || slices.Contains(adopt, name) {
			continue
		}
		hint := fmt.Sprintf("%s exists and was not made by Claria. Taking it over means: %s. Type its name to allow that.",
			safe.Line(step.Resource), safe.Line(step.Summary))
		check := func(typed string) string {
			if strings.TrimSpace(typed) != name {
				return "Type " + safe.Line(name) + ", or esc to leave it alone."
			}
			return ""
		}
		return open(newPrompt("Take over "+safe.Line(name), "name", "", hint, check, func(string) tea.Cmd {
			return p.approve(plan, append(adopt[:len(adopt):len(adopt)], name))
		}))
	}
	return p.askApply(plan, adopt)
}

func (p *setup) askApply(plan provision.Plan, adopt []string) tea.Cmd {
	t := p.env.theme
	details := make([]string, 0, len(plan.Steps))
	for _, step := range plan.Steps {
		line := t.in(signs[step.Op], step.Op.Sign()) + " " + safe.Line(step.Resource)
		if step.Risk == provision.Irreversible {
			line += t.in(tokenDrift, "  cannot be taken back")
		} else {
			line += "  " + t.dim(safe.Line(step.Summary))
		}
		details = append(details, line)
	}
	return open(&confirm{
		title: "Apply the plan", what: "Makes " + p.headline(plan) + ".", target: "AWS account " + safe.Line(plan.Account) + ", " + safe.Line(plan.Region),
		undo: undoWords(plan), details: details, verb: "apply",
		do: func() tea.Cmd {
			p.applying, p.finished = newApplying(plan), nil
			clear(p.expanded)
			p.env.watch.pause(p.env)
			return stream(p.env.jobs, job{Pane: setupPane, Slot: applySlot, Title: "Applying the plan"}, applyPlan(p.env, plan, adopt))
		},
	})
}

// undoWords say how the plan as a whole is taken back.
func undoWords(plan provision.Plan) string {
	var never []string
	for _, step := range plan.Steps {
		if step.Undo == "" || step.Risk == provision.Irreversible {
			never = append(never, safe.Line(step.Resource))
		}
	}
	if len(never) == 0 {
		return "Each step says how it is taken back; unfold it with →."
	}
	return "Each step says how; not possible for " + strings.Join(never, ", ") + "."
}

// headline counts the changes and those that destroy something.
func (p *setup) headline(plan provision.Plan) string {
	destroys := 0
	for _, step := range plan.Steps {
		if step.Op == provision.Delete || step.Risk == provision.Irreversible {
			destroys++
		}
	}
	text := plural(len(plan.Steps), "change", "changes")
	switch destroys {
	case 0:
		return text + ", none destroys anything"
	case 1:
		return text + ", one of them cannot be taken back"
	}
	return fmt.Sprintf("%s, %d of them cannot be taken back", text, destroys)
}

func (p *setup) applyEnded(m ended) tea.Cmd {
	if p.applying == nil {
		return nil
	}
	p.applying.end(m)
	switch {
	case m.Stopped || stoppedByUser(m.Err):
		return tea.Batch(rescan(), notify(fmt.Sprintf("Stopped after %d of %d changes; the plan shows what is left.", p.applying.done, len(p.applying.steps))))
	case m.Err != nil:
		return tea.Batch(rescan(), complainOf(m.Err))
	case p.env.session.SetUp:
		return tea.Batch(rescan(), notify("Applied; looking at the account again."))
	}
	return p.finish()
}

// finish goes over to the session with the daily identity's key, once no scan
// runs that would tell of the old one. It sends nothing that was not asked
// before, so it need not be a job itself.
func (p *setup) finish() tea.Cmd {
	if p.going = p.env.watch.scanning; p.going {
		return nil
	}
	ctx, cancel := context.WithTimeout(p.env.jobs.ctx, 10*time.Second)
	defer cancel()
	next, err := p.env.session.Finish(ctx)
	if p.finished = err; err != nil {
		return complainOf(err)
	}
	p.env.session = next
	p.list.Set(p.rows(80))
	p.list.Select("stage " + stageProof)
	return tea.Batch(rescan(), broadcast(setUpMsg{}), notify("The account is set up. Claria works with its own key from now on; 2 goes to your clients."))
}

func (p *setup) Actions() []action {
	apply := action{
		ID: "setup.apply", Keys: []string{"enter"}, Help: "apply", Long: "Apply the plan, after asking.", Dangerous: true, Disabled: p.whyNot(),
		Do: func() tea.Cmd {
			if p.plan.Empty() {
				return p.finish()
			}
			return p.approve(p.plan, nil)
		},
	}
	row, ok := p.list.Selected()
	unfold := action{
		ID: "setup.unfold", Keys: []string{"space"}, Help: "before and after", Long: "Show what a step changes, why, its risk and how to undo it.",
		Do: func() tea.Cmd { p.fold(!p.expanded[row.step]); return nil },
	}
	if !ok || row.step == "" {
		unfold.Disabled = "Select a step of the plan first."
	}
	check := action{
		ID: "setup.check", Keys: []string{"r"}, Help: "check again", Long: "Look at the account again, for example after accepting the agreement.",
		Do: rescan,
	}
	yank := action{
		ID: "setup.copy", Keys: []string{"y"}, Help: "copy the plan", Long: "Copy the plan as text.",
		Do: func() tea.Cmd { return copyText("the plan", planText(p.plan)) },
	}
	if !p.planned || p.plan.Empty() {
		yank.Disabled = "There is no plan to copy."
	}
	return []action{apply, unfold, check, yank}
}

// planText is the plan in plain lines.
func planText(plan provision.Plan) string {
	var b strings.Builder
	for _, step := range plan.Steps {
		fmt.Fprintf(&b, "%s %s: %s (%s)\n", step.Op.Sign(), step.Resource, step.Summary, strings.Join(step.Why, ", "))
	}
	return safe.Text(b.String())
}

// resourceName is the name at the end of a step's resource: "data bucket
// 111122223333-claria-records" is 111122223333-claria-records.
func resourceName(step provision.Step) string {
	return step.Resource[strings.LastIndexByte(step.Resource, ' ')+1:]
}
