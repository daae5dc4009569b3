package setup

import (
	"fmt"
	"strings"

	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/provision"
	"claria/provision/state"
	"claria/ui/kit"
)

// stage is one stage of set-up.
type stage struct {
	name   string
	status kit.Status
	text   string
	notes  []aside    // sentences below it
	rows   []setupRow // below those
}

// aside is a sentence below a stage, with or without a verdict of its own.
type aside struct {
	key, text string
	verdict   bool
	status    kit.Status
}

func (s *stage) add(key, text string) { s.notes = append(s.notes, aside{key: key, text: text}) }

func (s *stage) judge(key string, v kit.Status, text string) {
	s.notes = append(s.notes, aside{key, text, true, v})
}

// The stages' names.
const (
	stageNeeds       = "What you need"
	stageCredentials = "Credentials"
	stageAgreement   = "Agreement"
	stagePlan        = "Plan"
	stageFactor      = "Second factor"
	stageProof       = "Proof"
)

// View draws the stages.
func (p *Pane) View(w, h int) string {
	t := p.env.Theme
	head := " " + t.Bold("Setup")
	if account := p.env.Scans.State.Account; account != "" {
		head += t.Dim(" · account " + safe.Line(account) + " · " + safe.Line(p.env.Session.Settings.Region))
	}
	p.width = w - 2
	p.list.Set(p.rows(p.width))
	return kit.Fit(head, w) + "\n" + p.list.View(t, w, h-1, true)
}

// rows are the stages and what is below each, in w columns.
func (p *Pane) rows(w int) []setupRow {
	t := p.env.Theme
	var rows []setupRow
	before := true // every stage so far is done
	for _, s := range p.stages(w) {
		mark := t.Mark(s.status)
		if before && s.status == kit.StatusDue {
			mark = t.Accent("▸")
		}
		before = before && s.status == kit.StatusOK
		lines := kit.Wrap(s.text, max(20, w-19))
		rows = append(rows, setupRow{key: "stage " + s.name, line: func(_ int, selected bool) string {
			name := kit.Fit(s.name, 15)
			if selected {
				name = t.In(kit.TokenSelected, name)
			}
			return mark + " " + name + " " + lines[0]
		}})
		for i, line := range lines[1:] {
			rows = append(rows, textRow(fmt.Sprintf("%s text %d", s.name, i), strings.Repeat(" ", 18)+line))
		}
		for _, n := range s.notes {
			rows = append(rows, p.noteRows(s.name, n, w)...)
		}
		rows = append(rows, s.rows...)
	}
	return rows
}

// noteRows are a sentence below a stage. They begin far to the left, so that an
// address fits on a line of its own.
func (p *Pane) noteRows(stage string, n aside, w int) []setupRow {
	var rows []setupRow
	for i, line := range kit.Wrap(n.text, max(20, w-8)) {
		head := "      "
		if i == 0 && n.verdict {
			head = "    " + p.env.Theme.Mark(n.status) + " "
		}
		row := textRow(fmt.Sprint(stage, " note ", n.key, " ", i), head+line)
		row.text = stage != stageProof // nothing follows these, so they are selectable to scroll to them
		rows = append(rows, row)
	}
	return rows
}

func textRow(key, line string) setupRow {
	return setupRow{key: key, text: true, line: func(int, bool) string { return line }}
}

// stages are the stages in their current state.
func (p *Pane) stages(w int) []stage {
	credentials := p.credentialsStage()
	needs := stage{name: stageNeeds, status: kit.StatusOK}
	needs.text = "An AWS account, ten minutes, a phone for the second factor. About $0.10 a month."
	if p.env.Scans.Report == nil && !p.env.Session.SetUp {
		needs.text = "An AWS account and a credential for it, ten minutes, and a phone with an authenticator app. " +
			"AWS bills about $0.10 a month for what set-up creates."
	}
	stages := []stage{needs, credentials}
	if p.env.Scans.Report == nil || credentials.status == kit.StatusRunning && !p.planned {
		for _, name := range []string{stageAgreement, stagePlan, stageFactor, stageProof} {
			stages = append(stages, stage{name: name, status: kit.StatusDue})
		}
		return stages
	}
	return append(stages, p.agreementStage(), p.planStage(w), p.factorStage(), p.proofStage())
}

// currentStage is the first stage that is not done.
func (p *Pane) currentStage() string {
	stages := p.stages(p.width)
	for _, s := range stages {
		if s.status != kit.StatusOK {
			return s.name
		}
	}
	return stages[len(stages)-1].name
}

func (p *Pane) agreementStage() stage {
	s := stage{name: stageAgreement}
	state, settings := p.env.Scans.State, p.env.Session.Settings
	organization, _ := state.Organization.Value()
	agreements, known := state.Agreements.Value()
	found, ok := provision.BusinessAssociateAddendum(agreements, state.Account, organization)
	switch {
	case settings.PaperAgreement != nil:
		s.text = "Business Associate Addendum on paper, signed " + settings.PaperAgreement.Signed.Format("2006-01-02") + "."
	case ok:
		whose := "this account"
		if found.AccountID != state.Account {
			whose = "its organisation"
		}
		s.text = "Business Associate Addendum, active since " + found.EffectiveStart.Format("2006-01-02") + ", " + whose + "."
	case !known:
		problem, _ := state.Agreements.Problem()
		s.status = kit.StatusUnknown
		s.text = "Claria could not read whether there is an agreement (" + safe.Line(problem.String()) + "). " +
			"Set-up needs one. Press r to check again."
	default:
		s.status = kit.StatusFail
		s.text = "There is no Business Associate Addendum with AWS. Without one, you may not keep patient records there."
		for i, line := range agreementSteps {
			s.add(fmt.Sprint(i), line)
		}
	}
	return s
}

// artifactAddress is where a person accepts agreements, and agreementSteps say how.
// Source: AWS Artifact User Guide, "Accepting account agreements".
const artifactAddress = "https://console.aws.amazon.com/artifact/"

var agreementSteps = []string{
	"1 Open this address in a browser, and sign in as the root user or an administrator (y copies it):",
	artifactAddress,
	"2 Choose Agreements on the left, then the tab Account agreements.",
	"3 Select AWS Business Associate Addendum, read it, select the box to agree, and accept it.",
	"4 Come back here and press r.",
}

func (p *Pane) planStage(w int) stage {
	s := stage{name: stagePlan}
	switch {
	case p.applying != nil && (p.applying.Running || p.applying.Err != nil || p.applying.Stopped || p.plan.Empty()):
		s = p.applyStage(w)
	case !p.planned:
		s.status = kit.StatusDue
	case p.plan.Empty() && len(p.plan.Unknown) > 0:
		s.status = kit.StatusUnknown
		s.text = "No changes are planned, but part of the account is unread, so Claria cannot say that it is as it should be."
	case p.plan.Empty():
		s.status, s.text = kit.StatusOK, "Nothing to change: everything that could be read is as it should be."
	default:
		s.status, s.text = kit.StatusDue, kit.Sentence(p.headline(p.plan))
		if p.onlyKey() {
			s.text = "This account is already set up. This computer needs only a key of its own: " + p.headline(p.plan) + "."
		}
		if p.plan.Blocked != nil {
			s.text += " Not now: " + kit.Sentence(p.plan.Blocked.Reason)
		}
		for i, step := range p.plan.Steps {
			s.rows = append(s.rows, p.stepRows(i, step, w)...)
		}
	}
	for i, unknown := range p.plan.Unknown {
		for j, line := range kit.Wrap(kit.Sentence(unknown.Reason)+" "+kit.Sentence(unknown.Next), max(20, w-8)) {
			head := "    "
			if j == 0 {
				head = "  " + p.env.Theme.Mark(kit.StatusUnknown) + " "
			}
			s.rows = append(s.rows, textRow(fmt.Sprint("unknown ", i, " ", j), head+line))
		}
	}
	return s
}

// applyStage shows each step and its state.
func (p *Pane) applyStage(w int) stage {
	a, t := p.applying, p.env.Theme
	s := stage{name: stagePlan, status: kit.StatusRunning, text: fmt.Sprintf("Applying: %d of %d done.", a.Done, len(a.Steps))}
	switch {
	case a.Running:
	case p.rootLeft != nil:
		s.status, s.text = kit.StatusOK, fmt.Sprintf("%d of %d done; the root key could not be deleted.", a.Done, len(a.Steps))
	case !a.Stopped && a.Err == nil:
		s.status, s.text = kit.StatusOK, words.Plural(a.Done, "change", "changes")+" made. Nothing is left to change."
	case a.Stopped:
		s.status, s.text = kit.StatusUnknown, fmt.Sprintf("Stopped after %d of %d. Press enter to continue.", a.Done, len(a.Steps))
	case a.Err != nil:
		s.status, s.text = kit.StatusFail, fmt.Sprintf("%d of %d done. %s", a.Done, len(a.Steps), whyFailed(a.Err))
	}
	for i, step := range a.Plan.Steps {
		mark, note := a.Steps[i].Mark()
		if detail := safe.Line(a.Steps[i].Detail); detail != "" && mark == kit.StatusOK {
			note = detail
		} else if detail != "" {
			note += "; " + detail
		}
		name := safe.Line(step.Resource)
		below := kit.Width(name)+kit.Width(note)+9 > w // an address in the note must not be cut
		s.rows = append(s.rows, setupRow{key: "step " + step.ID, step: step.ID, line: func(w int, selected bool) string {
			shown, end := kit.Cut(name, w-7), ""
			if selected {
				shown = t.In(kit.TokenSelected, shown)
			}
			if !below {
				end = t.Dim(note) + " "
			}
			return kit.Ends("    "+t.Mark(mark)+" "+shown, end, w)
		}})
		if below {
			for j, line := range kit.Wrap(note, max(20, w-8)) {
				s.rows = append(s.rows, textRow(fmt.Sprint("step note ", step.ID, " ", j), "      "+t.Dim(line)))
			}
		}
		if p.expanded[step.ID] {
			s.rows = append(s.rows, p.detailRows(step, w)...)
		}
	}
	return s
}

// onlyKey reports whether the plan only gives this computer a key of an account that
// is already set up.
func (p *Pane) onlyKey() bool {
	key := false
	for _, step := range p.plan.Steps {
		if step.ID != keyStep && step.ID != rootStep {
			return false
		}
		key = key || step.ID == keyStep
	}
	return key && !p.env.Session.SetUp
}

// stepRows are a step of the plan and, if it is unfolded, its detail.
func (p *Pane) stepRows(_ int, step provision.Step, w int) []setupRow {
	t := p.env.Theme
	rows := []setupRow{{key: "step " + step.ID, step: step.ID, line: func(w int, selected bool) string {
		name := safe.Line(step.Resource)
		cite := ""
		if w >= kit.Wide-2 {
			cite = kit.Citation(step)
		}
		room := w - 4 - 2 - kit.Width(cite) - 2
		name = kit.Cut(name, room)
		summary := ""
		if left := room - kit.Width(name) - 2; left >= 10 {
			summary = "  " + t.Dim(kit.Cut(safe.Line(step.Summary), left))
		}
		if selected {
			name = t.In(kit.TokenSelected, name)
		}
		return kit.Ends("    "+t.In(kit.SignTokens[step.Op], step.Op.Sign())+" "+name+summary, t.Dim(cite)+" ", w)
	}}}
	if p.expanded[step.ID] {
		rows = append(rows, p.detailRows(step, w)...)
	}
	return rows
}

func (p *Pane) detailRows(step provision.Step, w int) []setupRow {
	t := p.env.Theme
	lines := t.StepDetail(step, max(20, w-8), true)
	if step.Summary != "" {
		lines = append(kit.Wrap(safe.Line(step.Summary), max(20, w-8)), lines...)
	}
	rows := make([]setupRow, len(lines))
	for i, line := range lines {
		// They can be selected, so that a person can scroll to the end of a long one.
		rows[i] = setupRow{
			key: fmt.Sprint("detail ", step.ID, " ", i), step: step.ID,
			line: func(int, bool) string { return "      " + line },
		}
	}
	return rows
}

// factorStage is the second factor of the daily identity: as set up in this run of the
// program, else as the account shows it.
func (p *Pane) factorStage() stage {
	s := stage{name: stageFactor}
	if detail, ok := p.done[factorStep]; ok {
		s.text = "An authenticator app: " + safe.Line(detail) + "."
		return s
	}
	if a := p.applying; a != nil && a.Running {
		for i, step := range a.Plan.Steps {
			if step.ID == factorStep && a.Steps[i].Status == "started" {
				s.status, s.text = kit.StatusRunning, "Waiting for the codes that your app shows…"
				return s
			}
		}
	}
	devices, known := p.devices()
	switch {
	case !known:
		s.status, s.text = kit.StatusUnknown, "Claria could not read whether the daily identity has one."
	case len(devices) > 0:
		s.text = "An authenticator app. A change to the account needs a code from it. One code is enough for an hour."
	default:
		s.status = kit.StatusDue
		s.text = "An authenticator app on your phone: scan a picture, type two codes, and one more to prove it. " +
			"From then on, a change needs a code."
	}
	return s
}

// devices are the second factors of the daily identity.
func (p *Pane) devices() (serials []string, known bool) {
	users, known := p.env.Scans.State.Users.Value()
	if !known {
		return nil, p.env.Scans.State.Users.Absent()
	}
	for _, u := range users {
		if u.Name == state.AdminUser {
			return u.MFA.Value()
		}
	}
	return nil, true
}

func (p *Pane) proofStage() stage {
	s := stage{name: stageProof, status: kit.StatusDue}
	w := p.env.Scans
	_, name := identityKind(w.State.Caller)
	switch {
	case p.finished != nil:
		problem := kit.Explain(p.finished)
		s.status, s.text = kit.StatusFail, problem.What+" "+problem.Next
	case !p.env.Session.SetUp && p.planned && p.plan.Empty():
		s.text = "The account is ready. Press enter to switch to Claria's own key."
	case !p.env.Session.SetUp:
		s.text = "A scan of the account with the new key."
		return s
	case w.Scanning && name != state.AdminUser:
		s.status, s.text = kit.StatusRunning, "Scanning the account with the new key…"
	case name != state.AdminUser:
		s.status, s.text = kit.StatusUnknown, "This session does not use the daily identity, but "+safe.Line(w.State.Caller.ARN)
	default:
		counts := w.Counts(p.env)
		controls := words.Plural(len(w.Report.Controls), "control", "controls")
		text := fmt.Sprintf("Claria works as %s. Of %s, %d ok", name, controls, counts[kit.StatusOK])
		for _, k := range []kit.Status{kit.StatusAttested, kit.StatusDrift, kit.StatusFail, kit.StatusUnknown, kit.StatusDue} {
			if n := counts[k]; n > 0 {
				text += fmt.Sprintf(", %d %s", n, k.Word())
			}
		}
		s.status, s.text = kit.StatusOK, text+"."
		p.proofs(&s)
		p.left(&s)
		return s
	}
	p.proofs(&s)
	return s
}

// mostLeft is how many findings are named below the proof.
const mostLeft = 5

// left lists what the scan after set-up found.
func (p *Pane) left(s *stage) {
	if len(p.done) == 0 { // set up earlier: the other panes show it
		return
	}
	n := 0
	for _, f := range p.env.Scans.Report.Controls {
		if verdict := kit.StatusOf(p.env, f); !f.Advice && (f.Status == catalogue.Fail || f.Status == catalogue.Unknown) {
			if n++; n <= mostLeft {
				s.judge("left "+f.ID, verdict, "Left to do: "+safe.Line(f.Title)+" ("+f.ID+").")
			}
		}
	}
	switch {
	case n > mostLeft:
		s.add("left", fmt.Sprintf("And %d more. Pane Compliance says what to do.", n-mostLeft))
	case n > 0:
		s.add("left", "Pane Compliance says what to do.")
	}
}

// proofs are what this run of the program proved.
func (p *Pane) proofs(s *stage) {
	if detail, ok := p.done[keyStep]; ok {
		s.judge("key", kit.StatusOK, "The new key: "+safe.Line(detail)+".")
	}
	if detail, ok := p.done[factorStep]; ok {
		s.judge("factor", kit.StatusOK, "The second factor: "+safe.Line(detail)+".")
	}
	switch detail, ok := p.done[rootStep]; {
	case p.rootLeft != nil:
		s.status = kit.StatusFail
		s.judge("root", kit.StatusFail, "THE ROOT KEY WAS NOT DELETED. "+strings.ReplaceAll(p.rootWords(), "\n\n", " "))
	case ok && strings.HasPrefix(detail, "deleted"):
		s.judge("root", kit.StatusOK, "The root key: "+safe.Line(detail)+".")
	case ok:
		s.judge("root", kit.StatusDrift, "The root key was kept, as you chose. Control IAM-01 fails until you delete it.")
	}
}
