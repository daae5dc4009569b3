package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
	"claria/provision"
)

// setup is the way from an account to one that keeps records: what is needed,
// which credential, the agreement, the plan, doing it, the second factor, and the
// proof. It has no memory of its own beyond this sitting: where it stands follows
// from the latest look at the account, so it can be left and begun again anywhere.
type setup struct {
	env      *env
	list     list[setupRow]
	width    int             // of the rows as they were last drawn
	expanded map[string]bool // steps whose before and after are shown
	plan     provision.Plan
	planned  bool
	applying *applying         // what runs or ran last
	done     map[string]string // by step, what was said of it when it was done in this sitting
	finished error             // why the session could not go over to the new key
	going    bool              // it goes over as soon as the scan that runs is over
	stale    bool              // the account was changed and not looked at since

	credential credential
	keepRoot   bool  // the root key that set-up begins with is not to be deleted
	rootLeft   error // why it could not be deleted
}

// setupRow is a stage, a step of the plan, or a line of text below one of them.
type setupRow struct {
	key  string
	line func(w int, selected bool) string
	text bool // cannot be selected
	step string
}

func newSetup(e *env) *setup {
	p := &setup{env: e, width: leastWidth, expanded: map[string]bool{}, done: map[string]string{}}
	p.list = list[setupRow]{
		Key:  func(r setupRow) string { return r.key },
		Draw: func(r setupRow, w int, selected bool) string { return r.line(w, selected) },
		Skip: func(r setupRow) bool { return r.text },
	}
	return p
}

// Init finds out what the credential is that set-up starts from.
func (p *setup) Init() tea.Cmd { return p.judge() }

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
	case answer[shared]:
		if m.Err != nil {
			return complainOf(m.Err)
		}
	case answer[provision.Intake]:
		p.judged(m)
	case events[provision.Progress]:
		for _, progress := range m.Items {
			p.applying.take(progress)
			if progress.Status == "done" {
				p.done[progress.Step.ID] = progress.Detail
			}
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
		p.list.Set(p.rows(p.width))
		p.list.Select("stage " + p.currentStage())
		return
	}
	first := !p.planned
	p.plan, p.planned = p.env.watch.plan, true
	p.stale = p.stale && p.env.watch.err != nil
	if row, ok := p.list.Selected(); ok && row.key == "stage "+stageProof {
		p.showProof()
	}
	if first {
		p.list.Set(p.rows(p.width))
		p.list.Select("stage " + p.currentStage())
	}
}

// showProof selects the last stage with all that stands below it in sight.
func (p *setup) showProof() {
	p.list.Set(p.rows(p.width))
	if rows := p.list.Items(); len(rows) > 0 {
		p.list.Select(rows[len(rows)-1].key)
	}
	p.list.Select("stage " + stageProof)
}

// follow keeps the step that is being worked on in sight.
func (p *setup) follow() {
	p.list.Set(p.rows(p.width))
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

func (p *setup) Actions() []action {
	row, ok := p.list.Selected()
	apply := action{
		ID: "setup.fix", Keys: []string{"f"}, Help: "apply", Long: "Apply the plan, after asking.", Dangerous: true, Quiet: true, Disabled: p.whyNot(),
		Do: func() tea.Cmd {
			if p.plan.Empty() {
				return p.finish()
			}
			return p.approve(p.plan, nil)
		},
	}
	enter := apply
	enter.ID, enter.Keys, enter.Quiet = "setup.open", []string{"enter"}, false
	enter.Long = "Go on with set-up; on a step, show what it changes, why, its risk and how to undo it."
	switch {
	case ok && row.step != "":
		enter.Help, enter.Disabled, enter.Dangerous, enter.Do = "before and after", "", false, func() tea.Cmd { p.fold(!p.expanded[row.step]); return nil }
		apply.Quiet = false // enter is for the step here
	case p.needsCredential():
		enter.Help, enter.Disabled, enter.Dangerous, enter.Do = "give a credential", "", false, p.chooseCredential
	}
	check := action{
		ID: "setup.again", Keys: []string{"r"}, Help: "check again", Long: "Look at the account again, for example after accepting the agreement.",
		Do: func() tea.Cmd { return tea.Batch(rescan(), p.judge()) },
	}
	yank := action{
		ID: "setup.copy", Keys: []string{"y"}, Help: "copy the plan", Long: "Copy the plan as text.",
		Do: func() tea.Cmd { return copyText("the plan", planText(p.plan)) },
	}
	if !p.planned || p.plan.Empty() {
		yank.Disabled = "There is no plan to copy."
	}
	address := p.addressAction()
	if address.Disabled == "" { // what is to be done first is what y copies
		address.Keys, yank.Keys = yank.Keys, nil
	}
	return []action{enter, apply, p.rootAction(), check, p.credentialAction(), p.practiceAction(), address, yank}
}

// rootAction decides what becomes of the root key that set-up began with.
func (p *setup) rootAction() action {
	a := action{
		ID: "setup.select", Keys: []string{"space"}, Help: "keep the root key", Quiet: true,
		Long: "On the step that deletes the root user's key: take it out of the plan, and so keep the key, or put it in again, as is best.",
		Do: func() tea.Cmd {
			p.keepRoot = !p.keepRoot
			if p.keepRoot {
				return complain("The root key will be kept: whoever finds it can do anything. Delete it when it has served.")
			}
			return notify("The root key will be deleted at the end.")
		},
	}
	if p.keepRoot {
		a.Help = "delete the root key"
	}
	row, ok := p.list.Selected()
	switch {
	case p.applying != nil && p.applying.running:
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

func (p *setup) deletesRoot() bool {
	for _, step := range p.plan.Steps {
		if step.ID == rootStep {
			return true
		}
	}
	return false
}

// addressAction copies where the agreement is accepted.
func (p *setup) addressAction() action {
	a := action{
		ID: "setup.address.copy", Help: "copy the address", Long: "Copy the address at which the agreement is accepted; while it is missing, y does.", Quiet: true,
		Do: func() tea.Cmd { return copyText("the address", artifactAddress) },
	}
	if p.env.watch.report == nil || p.agreementStage().status == statusOK {
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
