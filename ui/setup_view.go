package ui

import (
	"fmt"
	"strings"

	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/provision"
	"claria/provision/state"
)

// stage is one stage of the trail.
type stage struct {
	name   string
	status status
	text   string
	notes  []aside    // sentences below it
	rows   []setupRow // below those
}

// aside is a sentence below a stage, with or without a verdict of its own.
type aside struct {
	key, text string
	verdict   bool
	status    status
}

func (s *stage) add(key, text string) { s.notes = append(s.notes, aside{key: key, text: text}) }

func (s *stage) judge(key string, v status, text string) {
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

func (p *setup) View(w, h int) string {
	t := p.env.theme
	head := " " + t.bold("Setup")
	if account := p.env.watch.state.Account; account != "" {
		head += t.dim(" · account " + safe.Line(account) + " · " + safe.Line(p.env.session.Settings.Region))
	}
	p.width = w - 2
	p.list.Set(p.rows(p.width))
	return fit(head, w) + "\n" + p.list.View(t, w, h-1, true)
}

// rows are the trail and what stands below each stage, in w columns.
func (p *setup) rows(w int) []setupRow {
	t := p.env.theme
	var rows []setupRow
	before := true // every stage so far is done
	for _, s := range p.stages(w) {
		mark := t.mark(s.status)
		if before && s.status == statusDue {
			mark = t.accent("▸")
		}
		before = before && s.status == statusOK
		lines := wrap(s.text, max(20, w-19))
		rows = append(rows, setupRow{key: "stage " + s.name, line: func(_ int, selected bool) string {
			name := fit(s.name, 15)
			if selected {
				name = t.in(tokenSelected, name)
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

// noteRows are a sentence below a stage, so far to the left that an address in it
// fits on a line of its own.
func (p *setup) noteRows(stage string, n aside, w int) []setupRow {
	var rows []setupRow
	for i, line := range wrap(n.text, max(20, w-8)) {
		head := "      "
		if i == 0 && n.verdict {
			head = "    " + p.env.theme.mark(n.status) + " "
		}
		row := textRow(fmt.Sprint(stage, " note ", n.key, " ", i), head+line)
		row.text = stage != stageProof // nothing follows those, so they are gone to themselves
		rows = append(rows, row)
	}
	return rows
}

func textRow(key, line string) setupRow {
	return setupRow{key: key, text: true, line: func(int, bool) string { return line }}
}

// stages are the trail as it stands.
func (p *setup) stages(w int) []stage {
	credentials := p.credentialsStage()
	needs := stage{name: stageNeeds, status: statusOK, text: "An AWS account, ten minutes, a phone for the second factor. About $0.10 a month."}
	if p.env.watch.report == nil && !p.env.session.SetUp {
		needs.text = "An AWS account and a credential of it, ten minutes, and a phone with an authenticator app. AWS bills about $0.10 a month for what set-up makes."
	}
	stages := []stage{needs, credentials}
	if p.env.watch.report == nil || credentials.status == statusRunning && !p.planned {
		for _, name := range []string{stageAgreement, stagePlan, stageFactor, stageProof} {
			stages = append(stages, stage{name: name, status: statusDue})
		}
		return stages
	}
	return append(stages, p.agreementStage(), p.planStage(w), p.factorStage(), p.proofStage())
}

// currentStage is the first stage that is not done.
func (p *setup) currentStage() string {
	stages := p.stages(p.width)
	for _, s := range stages {
		if s.status != statusOK {
			return s.name
		}
	}
	return stages[len(stages)-1].name
}

func (p *setup) agreementStage() stage {
	s := stage{name: stageAgreement}
	state, settings := p.env.watch.state, p.env.session.Settings
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
		s.status, s.text = statusUnknown, "It could not be read whether there is one ("+safe.Line(problem.String())+"). Without it nothing is set up. r checks again."
	default:
		s.status = statusFail
		s.text = "There is no Business Associate Addendum with AWS, and without one no patient record may be kept there."
		for i, line := range agreementSteps {
			s.add(fmt.Sprint(i), line)
		}
	}
	return s
}

// artifactAddress is where agreements are accepted. agreementSteps are the way
// there. Source: AWS Artifact User Guide, "Accepting account agreements".
const artifactAddress = "https://console.aws.amazon.com/artifact/"

var agreementSteps = []string{
	"1 Open the address below in a browser, and sign in as the root user or an administrator (y copies it):",
	artifactAddress,
	"2 Choose Agreements at the left, then the tab Account agreements.",
	"3 Select AWS Business Associate Addendum, read it, tick that you agree, and accept it.",
	"4 Come back and press r.",
}

func (p *setup) planStage(w int) stage {
	s := stage{name: stagePlan}
	switch {
	case p.applying != nil && (p.applying.running || p.applying.err != nil || p.applying.stopped || p.plan.Empty()):
		s = p.applyStage(w)
	case !p.planned:
		s.status = statusDue
	case p.plan.Empty():
		s.status, s.text = statusOK, "Nothing to change: the account is as it should be, as far as it could be read."
	default:
		s.status, s.text = statusDue, sentence(p.headline(p.plan))
		if p.onlyKey() {
			s.text = "This account is set up already, and this computer needs only a key of its own: " + p.headline(p.plan) + "."
		}
		if p.plan.Blocked != nil {
			s.text += " Not now: " + sentence(p.plan.Blocked.Reason)
		}
		for i, step := range p.plan.Steps {
			s.rows = append(s.rows, p.stepRows(i, step, w)...)
		}
	}
	for i, unknown := range p.plan.Unknown {
		for j, line := range wrap(sentence(unknown.Reason)+" "+sentence(unknown.Next), max(20, w-8)) {
			head := "    "
			if j == 0 {
				head = "  " + p.env.theme.mark(statusUnknown) + " "
			}
			s.rows = append(s.rows, textRow(fmt.Sprint("unknown ", i, " ", j), head+line))
		}
	}
	return s
}

// applyStage shows each step with what it has come to.
func (p *setup) applyStage(w int) stage {
	a, t := p.applying, p.env.theme
	s := stage{name: stagePlan, status: statusRunning, text: fmt.Sprintf("Applying: %d of %d done.", a.done, len(a.steps))}
	switch {
	case a.running:
	case p.rootLeft != nil:
		s.status, s.text = statusOK, fmt.Sprintf("%d of %d done; the root key could not be deleted.", a.done, len(a.steps))
	case !a.stopped && a.err == nil:
		s.status, s.text = statusOK, words.Plural(a.done, "change", "changes")+" made, and nothing is left to change."
	case a.stopped:
		s.status, s.text = statusUnknown, fmt.Sprintf("Stopped after %d of %d. enter goes on with what is left.", a.done, len(a.steps))
	case a.err != nil:
		s.status, s.text = statusFail, fmt.Sprintf("%d of %d done. %s", a.done, len(a.steps), whyFailed(a.err))
	}
	for i, step := range a.plan.Steps {
		mark, note := a.steps[i].mark()
		if detail := safe.Line(a.steps[i].detail); detail != "" && mark == statusOK {
			note = detail
		} else if detail != "" {
			note += "; " + detail
		}
		name := safe.Line(step.Resource)
		below := width(name)+width(note)+9 > w // an address in it must not be cut
		s.rows = append(s.rows, setupRow{key: "step " + step.ID, step: step.ID, line: func(w int, selected bool) string {
			shown, end := cut(name, w-7), ""
			if selected {
				shown = t.in(tokenSelected, shown)
			}
			if !below {
				end = t.dim(note) + " "
			}
			return ends("    "+t.mark(mark)+" "+shown, end, w)
		}})
		if below {
			for j, line := range wrap(note, max(20, w-8)) {
				s.rows = append(s.rows, textRow(fmt.Sprint("step note ", step.ID, " ", j), "      "+t.dim(line)))
			}
		}
		if p.expanded[step.ID] {
			s.rows = append(s.rows, p.detailRows(step, w)...)
		}
	}
	return s
}

// onlyKey reports whether the plan gives this computer a key of an account that is
// set up already, and no more.
func (p *setup) onlyKey() bool {
	key := false
	for _, step := range p.plan.Steps {
		if step.ID != keyStep && step.ID != rootStep {
			return false
		}
		key = key || step.ID == keyStep
	}
	return key && !p.env.session.SetUp
}

// stepRows are a step of the plan, and below it its detail when unfolded.
func (p *setup) stepRows(_ int, step provision.Step, w int) []setupRow {
	t := p.env.theme
	rows := []setupRow{{key: "step " + step.ID, step: step.ID, line: func(w int, selected bool) string {
		name := safe.Line(step.Resource)
		cite := ""
		if w >= wide-2 {
			cite = citation(step)
		}
		room := w - 4 - 2 - width(cite) - 2
		name = cut(name, room)
		summary := ""
		if left := room - width(name) - 2; left >= 10 {
			summary = "  " + t.dim(cut(safe.Line(step.Summary), left))
		}
		if selected {
			name = t.in(tokenSelected, name)
		}
		return ends("    "+t.in(signs[step.Op], step.Op.Sign())+" "+name+summary, t.dim(cite)+" ", w)
	}}}
	if p.expanded[step.ID] {
		rows = append(rows, p.detailRows(step, w)...)
	}
	return rows
}

func (p *setup) detailRows(step provision.Step, w int) []setupRow {
	t := p.env.theme
	lines := t.stepDetail(step, max(20, w-8), true)
	if step.Summary != "" {
		lines = append(wrap(safe.Line(step.Summary), max(20, w-8)), lines...)
	}
	rows := make([]setupRow, len(lines))
	for i, line := range lines {
		// They can be selected, so that a long one can be read to its end.
		rows[i] = setupRow{key: fmt.Sprint("detail ", step.ID, " ", i), step: step.ID, line: func(int, bool) string { return "      " + line }}
	}
	return rows
}

// factorStage is the second factor of the daily identity: from what was done in this
// sitting, else from the account.
func (p *setup) factorStage() stage {
	s := stage{name: stageFactor}
	if detail, ok := p.done[factorStep]; ok {
		s.text = "An authenticator app: " + safe.Line(detail) + "."
		return s
	}
	if a := p.applying; a != nil && a.running {
		for i, step := range a.plan.Steps {
			if step.ID == factorStep && a.steps[i].status == "started" {
				s.status, s.text = statusRunning, "Waiting for the codes that your app shows…"
				return s
			}
		}
	}
	devices, known := p.devices()
	switch {
	case !known:
		s.status, s.text = statusUnknown, "It could not be read whether the daily identity has one."
	case len(devices) > 0:
		s.text = "An authenticator app. Every change to the account takes a code of it; one serves for an hour."
	default:
		s.status, s.text = statusDue, "An authenticator app on your phone: a picture to scan, two codes, and one more to prove it. From then on every change takes a code."
	}
	return s
}

// devices are the second factors of the daily identity.
func (p *setup) devices() (serials []string, known bool) {
	users, known := p.env.watch.state.Users.Value()
	if !known {
		return nil, p.env.watch.state.Users.Absent()
	}
	for _, u := range users {
		if u.Name == state.AdminUser {
			return u.MFA.Value()
		}
	}
	return nil, true
}

func (p *setup) proofStage() stage {
	s := stage{name: stageProof, status: statusDue}
	w := p.env.watch
	_, name := identityKind(w.state.Caller)
	switch {
	case p.finished != nil:
		problem := explain(p.finished)
		s.status, s.text = statusFail, problem.what+" "+problem.next
	case !p.env.session.SetUp && p.planned && p.plan.Empty():
		s.text = "The account is ready. enter goes over to Claria's own key."
	case !p.env.session.SetUp:
		s.text = "A scan of the account with the new key."
		return s
	case w.scanning && name != state.AdminUser:
		s.status, s.text = statusRunning, "Looking at the account with the new key…"
	case name != state.AdminUser:
		s.status, s.text = statusUnknown, "This session works with another credential than the daily identity's: "+safe.Line(w.state.Caller.ARN)
	default:
		counts := w.counts(p.env)
		text := fmt.Sprintf("Claria works as %s. Of %s, %d ok", name, words.Plural(len(w.report.Controls), "control", "controls"), counts[statusOK])
		for _, k := range []status{statusAttested, statusDrift, statusFail, statusUnknown, statusDue} {
			if n := counts[k]; n > 0 {
				text += fmt.Sprintf(", %d %s", n, k.word())
			}
		}
		s.status, s.text = statusOK, text+"."
		p.proofs(&s)
		p.left(&s)
		return s
	}
	p.proofs(&s)
	return s
}

// mostLeft is how many findings are named below the proof.
const mostLeft = 5

// left names what the scan found after all was set up.
func (p *setup) left(s *stage) {
	if len(p.done) == 0 { // not in this sitting: the other panes tell
		return
	}
	n := 0
	for _, f := range p.env.watch.report.Controls {
		if verdict := statusOf(p.env, f); !f.Advice && (f.Status == catalogue.Fail || f.Status == catalogue.Unknown) {
			if n++; n <= mostLeft {
				s.judge("left "+f.ID, verdict, "Left to do: "+safe.Line(f.Title)+" ("+f.ID+").")
			}
		}
	}
	switch {
	case n > mostLeft:
		s.add("left", fmt.Sprintf("And %d more; pane Compliance says what to do.", n-mostLeft))
	case n > 0:
		s.add("left", "Pane Compliance says what to do.")
	}
}

// proofs are what was shown in this sitting.
func (p *setup) proofs(s *stage) {
	if detail, ok := p.done[keyStep]; ok {
		s.judge("key", statusOK, "The new key: "+safe.Line(detail)+".")
	}
	if detail, ok := p.done[factorStep]; ok {
		s.judge("factor", statusOK, "The second factor: "+safe.Line(detail)+".")
	}
	switch detail, ok := p.done[rootStep]; {
	case p.rootLeft != nil:
		s.status = statusFail
		s.judge("root", statusFail, "THE ROOT KEY WAS NOT DELETED. "+strings.ReplaceAll(p.rootWords(), "\n\n", " "))
	case ok && strings.HasPrefix(detail, "deleted"):
		s.judge("root", statusOK, "The root key: "+safe.Line(detail)+".")
	case ok:
		s.judge("root", statusDrift, "The root key was kept, as you chose: delete it when it has served. The checklist fails (IAM-01) until then.")
	}
}
