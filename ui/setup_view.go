package ui

import (
	"fmt"
	"strings"

	"claria/aws"
	"claria/internal/safe"
	"claria/provision"
)

// stage is one stage of the trail.
type stage struct {
	name   string
	status status
	text   string
	rows   []setupRow // below it
}

// The stages' names.
const (
	stageNeeds       = "What you need"
	stageCredentials = "Credentials"
	stageAgreement   = "Agreement"
	stagePlan        = "Plan"
	stageProof       = "Proof"
)

func (p *setup) View(w, h int) string {
	t := p.env.theme
	head := " " + t.bold("Setup")
	if account := p.env.watch.state.Account; account != "" {
		head += t.dim(" · account " + safe.Line(account) + " · " + safe.Line(p.env.session.Settings.Region))
	}
	p.list.Set(p.rows(w - 2))
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
		rows = append(rows, s.rows...)
	}
	return rows
}

func textRow(key, line string) setupRow {
	return setupRow{key: key, text: true, line: func(int, bool) string { return line }}
}

// stages are the trail as it stands.
func (p *setup) stages(w int) []stage {
	credentials := p.credentialsStage()
	needs := stage{name: stageNeeds, status: statusOK, text: "An AWS account, a key to it, ten minutes."}
	if credentials.status != statusOK {
		needs.text = "An AWS account, a key to it (root or administrator) and ten minutes. Claria is free; AWS bills about $0.10 a month for what it sets up."
	}
	stages := []stage{needs, credentials}
	if credentials.status != statusOK {
		for _, name := range []string{stageAgreement, stagePlan, stageProof} {
			stages = append(stages, stage{name: name, status: statusDue})
		}
		return stages
	}
	return append(stages, p.agreementStage(), p.planStage(w), p.proofStage())
}

// currentStage is the first stage that is not done.
func (p *setup) currentStage() string {
	stages := p.stages(80)
	for _, s := range stages {
		if s.status != statusOK {
			return s.name
		}
	}
	return stages[len(stages)-1].name
}

func (p *setup) credentialsStage() stage {
	s := stage{name: stageCredentials}
	w := p.env.watch
	switch {
	case w.err != nil && !w.scanning:
		problem := explain(w.err)
		s.status, s.text = statusFail, problem.what+" "+problem.next+" r checks again."
		return s
	case w.report == nil:
		s.status, s.text = statusRunning, "Asking AWS whose key this is…"
		return s
	}
	s.status = statusOK
	s.text = identityWords(w.state.Caller)
	return s
}

// identityWords say whose credential it is and what becomes of it.
func identityWords(id aws.Identity) string {
	kind, name := identityKind(id)
	switch kind {
	case "root":
		return "The root user's access key. It is used once, and the plan's last step deletes it."
	case "user":
		if name == provision.AdminUser {
			return "claria-admin, the daily identity: it keeps records, and changes the account only through a role for that."
		}
		return "The IAM user " + safe.Line(name) + ". Set-up uses it once and stores nothing of it; afterwards Claria has a key of its own."
	case "role":
		return "A session of the role " + safe.Line(name) + ". Set-up uses it once and stores nothing of it; afterwards Claria has a key of its own."
	}
	return safe.Line(id.ARN)
}

// identityKind reads from an ARN whose it is: "root", "user" or "role", and the name.
func identityKind(id aws.Identity) (kind, name string) {
	_, resource, _ := strings.Cut(id.ARN, "::"+id.Account+":")
	switch parts := strings.Split(resource, "/"); {
	case id.Root():
		return "root", ""
	case parts[0] == "user" && len(parts) > 1:
		return "user", parts[len(parts)-1]
	case parts[0] == "assumed-role" && len(parts) > 1:
		return "role", parts[1]
	}
	return "", ""
}

func (p *setup) agreementStage() stage {
	s := stage{name: stageAgreement}
	state, settings := p.env.watch.state, p.env.session.Settings
	organization, _ := state.Organization.Value()
	agreements, known := state.Agreements.Value()
	found, ok := provision.BusinessAssociateAddendum(agreements, state.Account, organization)
	switch {
	case settings.PaperAgreement != nil:
		s.status = statusOK
		s.text = "Business Associate Addendum on paper, signed " + settings.PaperAgreement.Signed.Format("2006-01-02") + "."
	case ok:
		s.status = statusOK
		s.text = "Business Associate Addendum, active since " + found.EffectiveStart.Format("2006-01-02") + "."
	case !known:
		problem, _ := state.Agreements.Problem()
		s.status, s.text = statusUnknown, "It could not be read whether there is one ("+safe.Line(problem.String())+"). Without it nothing is set up. r checks again."
	default:
		s.status = statusFail
		s.text = "There is no Business Associate Addendum with AWS, and without one no patient record may be kept there."
		for i, line := range agreementSteps {
			s.rows = append(s.rows, textRow(fmt.Sprint("agreement ", i), strings.Repeat(" ", 18)+line))
		}
	}
	return s
}

// agreementSteps are the way through the AWS console, each a line of at most 40
// columns. Source: AWS Artifact User Guide, "Accepting an agreement".
var agreementSteps = []string{
	"1 Sign in to console.aws.amazon.com",
	"  as the root user.",
	"2 Open AWS Artifact, then Agreements.",
	"3 Select the AWS Business Associate",
	"  Addendum, and accept it.",
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
	case !a.stopped && a.err == nil:
		s.status, s.text = statusOK, plural(a.done, "change", "changes")+" made, and nothing is left to change."
	case a.stopped:
		s.status, s.text = statusUnknown, fmt.Sprintf("Stopped after %d of %d. enter goes on with what is left.", a.done, len(a.steps))
	case a.err != nil:
		problem := explain(a.err)
		s.status, s.text = statusFail, fmt.Sprintf("%d of %d done. %s %s", a.done, len(a.steps), problem.what, problem.next)
	}
	for i, step := range a.plan.Steps {
		mark, word := a.steps[i].mark()
		detail := a.steps[i].detail
		s.rows = append(s.rows, setupRow{key: "step " + step.ID, step: step.ID, line: func(w int, selected bool) string {
			name := safe.Line(step.Resource)
			if selected {
				name = t.in(tokenSelected, name)
			}
			note := word
			if detail != "" {
				note = safe.Line(detail)
			}
			return ends("    "+t.mark(mark)+" "+name, t.dim(cut(note, max(w/3, w-8-width(safe.Line(step.Resource)))))+" ", w)
		}})
		if p.expanded[step.ID] {
			s.rows = append(s.rows, p.detailRows(step, w)...)
		}
	}
	return s
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
	case w.scanning && name != provision.AdminUser:
		s.status, s.text = statusRunning, "Looking at the account with the new key…"
	case name != provision.AdminUser:
		s.status, s.text = statusUnknown, "This session works with another credential than the daily identity's: "+safe.Line(w.state.Caller.ARN)
	default:
		counts := w.counts(p.env)
		text := fmt.Sprintf("Claria works as %s. Of %s, %d ok", name, plural(len(w.report.Controls), "control", "controls"), counts[statusOK])
		for _, k := range []status{statusDrift, statusFail, statusUnknown} {
			if n := counts[k]; n > 0 {
				text += fmt.Sprintf(", %d %s", n, k.word())
			}
		}
		s.status, s.text = statusOK, text+"."
	}
	return s
}
