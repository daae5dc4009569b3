// Package setup is pane 8: it sets up an account so that it can keep records. It knows
// no other pane.
package setup

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
	"claria/provision"
	"claria/ui/kit"
)

// Pane sets up an account in stages: what is needed, the credential, the agreement,
// the plan, the second factor, and the proof. The stage follows from the latest scan of
// the account, so a person can stop anywhere and continue later, also on another
// computer.
type Pane struct {
	env      *kit.Env
	list     kit.List[setupRow]
	width    int             // of the rows as they were last drawn
	expanded map[string]bool // steps whose before and after are shown
	plan     provision.Plan
	planned  bool
	applying *kit.Applying     // the current or last plan
	done     map[string]string // by step, its detail when it was done in this run of the program
	finished error             // why the session could not switch to the new key
	going    bool              // it switches when the current scan ends
	stale    bool              // the account was changed and not scanned since

	credential credential
	keepRoot   bool  // the user keeps the root key that set-up started with
	rootLeft   error // why it could not be deleted
}

// setupRow is a stage, a step of the plan, or a line of text below one of them.
type setupRow struct {
	key  string
	line func(w int, selected bool) string
	text bool // cannot be selected
	step string
}

// New makes the pane.
func New(e *kit.Env) *Pane {
	p := &Pane{env: e, width: kit.LeastWidth, expanded: map[string]bool{}, done: map[string]string{}}
	p.list = kit.List[setupRow]{
		Key:  func(r setupRow) string { return r.key },
		Draw: func(r setupRow, w int, selected bool) string { return r.line(w, selected) },
		Skip: func(r setupRow) bool { return r.text },
	}
	return p
}

// Init asks AWS about the credential that set-up starts from.
func (p *Pane) Init() tea.Cmd { return p.judge() }

// CapturesInput is never true: all typing happens in dialogs.
func (p *Pane) CapturesInput() bool { return false }

// Back folds all steps.
func (p *Pane) Back() bool {
	if len(p.expanded) == 0 {
		return false
	}
	clear(p.expanded)
	return true
}

// Update takes keys, the results of the pane's jobs, and messages to all panes.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case kit.ScannedMsg:
		p.observed()
		if p.going {
			return p.finish()
		}
	case kit.Answer[shared]:
		if m.Err != nil {
			return kit.ComplainOf(m.Err)
		}
	case kit.Answer[taken]:
		return p.tookOver(m)
	case kit.Answer[provision.Intake]:
		p.judged(m)
	case kit.Events[provision.Progress]:
		for _, progress := range m.Items {
			p.applying.Take(progress)
			if progress.Status == "done" {
				p.done[progress.Step.ID] = progress.Detail
			}
		}
		done, all := int64(p.applying.Done), int64(len(p.applying.Steps))
		p.env.Jobs.Progress(kit.SetupPane, kit.ApplySlot, done, all, p.applying.Current())
		p.follow()
	case kit.Ended:
		return p.applyEnded(m)
	case tea.KeyPressMsg:
		if key := kit.Move(m.String()); key == "right" || key == "left" {
			p.fold(key == "right")
			return nil
		}
		p.list.Update(m)
	}
	return nil
}

// observed takes the plan of the latest scan.
func (p *Pane) observed() {
	if p.env.Scans.Report == nil {
		p.list.Set(p.rows(p.width))
		p.list.Select("stage " + p.currentStage())
		return
	}
	first := !p.planned
	p.plan, p.planned = p.env.Scans.Plan, true
	p.stale = p.stale && p.env.Scans.Err != nil
	if row, ok := p.list.Selected(); ok && row.key == "stage "+stageProof {
		p.showProof()
	}
	if first {
		p.list.Set(p.rows(p.width))
		p.list.Select("stage " + p.currentStage())
	}
}

// showProof selects the last stage and makes everything below it visible.
func (p *Pane) showProof() {
	p.list.Set(p.rows(p.width))
	if rows := p.list.Items(); len(rows) > 0 {
		p.list.Select(rows[len(rows)-1].key)
	}
	p.list.Select("stage " + stageProof)
}

// follow keeps the running step visible.
func (p *Pane) follow() {
	p.list.Set(p.rows(p.width))
	for i, step := range p.applying.Plan.Steps {
		if p.applying.Steps[i].Status == "started" {
			p.list.Select("step " + step.ID)
		}
	}
}

// fold shows or hides the selected step's before and after.
func (p *Pane) fold(open bool) {
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

// Actions are the pane's part of the table of actions.
func (p *Pane) Actions() []kit.Action {
	row, ok := p.list.Selected()
	apply := kit.Action{
		ID: "setup.fix", Keys: []string{"f"}, Help: "apply", Long: "Apply the plan, after asking.",
		Dangerous: true, Quiet: true, Disabled: p.whyNot(),
		Do: func() tea.Cmd {
			if p.plan.Empty() {
				return p.finish()
			}
			if found := p.env.Scans.Elsewhere(p.env); found != nil {
				return p.askDeclared(found)
			}
			return p.approve(p.plan, nil, nil)
		},
	}
	enter := apply
	enter.ID, enter.Keys, enter.Quiet = "setup.open", []string{"enter"}, false
	enter.Long = "Continue with set-up. On a step, show what it changes, why, its risk and how to undo it."
	switch {
	case ok && row.step != "":
		enter.Help, enter.Disabled, enter.Dangerous = "before and after", "", false
		enter.Do = func() tea.Cmd { p.fold(!p.expanded[row.step]); return nil }
		apply.Quiet = false // enter is for the step here
	case p.needsCredential():
		enter.Help, enter.Disabled, enter.Dangerous, enter.Do = "give a credential", "", false, p.chooseCredential
	}
	check := kit.Action{
		ID: "setup.again", Keys: []string{"r"}, Help: "check again", Long: "Scan the account again, for example after you accept the agreement.",
		Do: func() tea.Cmd { return tea.Batch(kit.Rescan(), p.judge()) },
	}
	yank := kit.Action{
		ID: "setup.copy", Keys: []string{"y"}, Help: "copy the plan", Long: "Copy the plan as text.",
		Do: func() tea.Cmd { return kit.CopyText("the plan", planText(p.plan)) },
	}
	if !p.planned || p.plan.Empty() {
		yank.Disabled = "There is no plan to copy."
	}
	address := p.addressAction()
	if address.Disabled == "" { // the agreement comes first, so y copies its address
		address.Keys, yank.Keys = yank.Keys, nil
	}
	return []kit.Action{enter, apply, p.rootAction(), check, p.credentialAction(), p.practiceAction(), address, yank}
}

// rootAction decides what happens to the root key that set-up started with.
func (p *Pane) rootAction() kit.Action {
	a := kit.Action{
		ID: "setup.select", Keys: []string{"space"}, Help: "keep the root key", Quiet: true,
		Long: "On the step that deletes the root user's key: keep the key, or (recommended) delete it after all.",
		Do: func() tea.Cmd {
			p.keepRoot = !p.keepRoot
			if p.keepRoot {
				return kit.Complain("Set-up will keep the root key. Anyone who finds it can do anything. Delete it when you no longer need it.")
			}
			return kit.Notify("Set-up will delete the root key at the end.")
		},
	}
	if p.keepRoot {
		a.Help = "delete the root key"
	}
	row, ok := p.list.Selected()
	switch {
	case p.applying != nil && p.applying.Running:
		a.Disabled = "The plan is being applied."
	case !p.deletesRoot():
		a.Disabled = "The plan deletes no root key."
	case !ok || row.step != rootStep:
		a.Disabled = "Go to the step that deletes the root key first."
	default:
		a.Quiet = false
	}
	return a
}

func (p *Pane) deletesRoot() bool {
	for _, step := range p.plan.Steps {
		if step.ID == rootStep {
			return true
		}
	}
	return false
}

// addressAction copies the address of AWS Artifact.
func (p *Pane) addressAction() kit.Action {
	a := kit.Action{
		ID: "setup.address.copy", Help: "copy the address", Quiet: true,
		Long: "Copy the address where you accept the agreement. Until it is accepted, y does this.",
		Do:   func() tea.Cmd { return kit.CopyText("the address", artifactAddress) },
	}
	if p.env.Scans.Report == nil || p.agreementStage().status == kit.StatusOK {
		a.Disabled = "There is no agreement to accept."
	}
	return a
}

// planText is the plan in plain lines.
func planText(plan provision.Plan) string {
	var b strings.Builder
	for _, step := range plan.Steps {
		b.WriteString(step.Op.Sign() + " " + step.Resource + ": " + step.Summary + " (" + strings.Join(step.Why, ", ") + ")\n")
	}
	return safe.Text(b.String())
}

// resourceName is the name at the end of a step's resource: "data bucket
// 111122223333-claria-records" is 111122223333-claria-records.
func resourceName(step provision.Step) string {
	return step.Resource[strings.LastIndexByte(step.Resource, ' ')+1:]
}
