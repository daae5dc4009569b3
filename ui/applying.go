package ui

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"claria/internal/safe"
	"claria/provision"
)

// applyPlan does an approved plan, as the identity that may change the account.
// change adds to what was approved; nil: nothing.
func applyPlan(e *env, plan provision.Plan, change func(*provision.Approval)) func(context.Context) iter.Seq2[provision.Progress, error] {
	s := e.session
	return func(ctx context.Context) iter.Seq2[provision.Progress, error] {
		return func(yield func(provision.Progress, error) bool) {
			approval, err := s.Approval(ctx)
			if err != nil {
				yield(provision.Progress{}, err)
				return
			}
			if change != nil {
				change(&approval)
			}
			approval.SecondFactor, approval.Code, approval.Retire = e.enrol, e.proof, e.retire
			mender, err := e.mender(ctx)
			if err != nil {
				yield(provision.Progress{}, err)
				return
			}
			for progress, err := range provision.Apply(ctx, mender, plan, approval) {
				if !yield(progress, err) {
					return
				}
			}
		}
	}
}

// applying is a plan that is being done, or was: what each step has come to.
type applying struct {
	plan    provision.Plan
	steps   []stepState
	running bool
	done    int
	err     error
	stopped bool
}

// stepState is how far a step is.
type stepState struct {
	status string // "", "started", "done", "failed", "stopped"
	detail string
	step   provision.Step // as it was done, with what undoing it takes
}

// made are the steps that were done, for the ledger.
func (a *applying) made() []provision.Step {
	var steps []provision.Step
	for _, s := range a.steps {
		if s.status == "done" {
			steps = append(steps, s.step)
		}
	}
	return steps
}

func newApplying(plan provision.Plan) *applying {
	return &applying{plan: plan, steps: make([]stepState, len(plan.Steps)), running: true}
}

// take notes one event.
func (a *applying) take(p provision.Progress) {
	if p.Status == "" || p.Index < 0 || p.Index >= len(a.steps) {
		return
	}
	s := &a.steps[p.Index]
	if p.Status == "done" && s.status != "done" {
		a.done++
	}
	s.status, s.step = p.Status, p.Step
	if p.Detail != "" {
		s.detail = p.Detail
	}
}

// end notes that it is over.
func (a *applying) end(m ended) {
	a.running, a.err, a.stopped = false, m.Err, m.Stopped
}

// current is the resource that is being worked on, for the activity line.
func (a *applying) current() string {
	for i, s := range a.steps {
		if s.status == "started" {
			return a.plan.Steps[i].Resource
		}
	}
	return ""
}

// failedAt is the id of the step that failed; empty: none did.
func (a *applying) failedAt() string {
	for i, s := range a.steps {
		if s.status == "failed" {
			return a.plan.Steps[i].ID
		}
	}
	return ""
}

// status is how a step is shown.
func (s stepState) mark() (status, string) {
	switch s.status {
	case "started":
		return statusRunning, "working"
	case "done":
		return statusOK, "done"
	case "failed":
		return statusFail, "failed"
	case "stopped":
		return statusUnknown, "stopped"
	}
	return statusDue, "waiting"
}

// signs are the colours of a plan's signs.
var signs = map[provision.Op]token{
	provision.Create: tokenAdded, provision.Change: tokenAccent, provision.Delete: tokenRemoved, provision.Adopt: tokenDrift,
}

// doing says what a step does, in words.
func doing(step provision.Step) string {
	verb := map[provision.Op]string{
		provision.Create: "makes it: ", provision.Change: "changes it: ", provision.Delete: "deletes it: ", provision.Adopt: "takes it over: ",
	}[step.Op]
	return verb + safe.Line(step.Summary)
}

// citation is why a step is needed, short: "164.312(b)", with "+2" for more.
func citation(step provision.Step) string {
	switch len(step.Why) {
	case 0:
		return ""
	case 1:
		return step.Why[0]
	}
	return fmt.Sprintf("%s +%d", step.Why[0], len(step.Why)-1)
}

// riskWords say whether a step can be undone.
var riskWords = map[provision.Risk]string{
	provision.NoRisk: "none", provision.Reversible: "can be undone", provision.Manual: "can be undone by hand only", provision.Irreversible: "cannot be undone",
}

// stepDetail is a step's before, after, why, risk and, when asked for, undo, as
// lines of w columns.
func (t *theme) stepDetail(step provision.Step, w int, undo bool) []string {
	var lines []string
	add := func(label string, k token, text string) {
		if text == "" {
			return
		}
		for i, line := range wrap(safe.Text(text), max(10, w-8)) {
			head := ""
			if i == 0 {
				head = label
			}
			lines = append(lines, t.dim(fit(head, 8))+t.in(k, line))
		}
	}
	before := step.Before
	if before == "" && step.Op == provision.Create {
		before = "nothing"
	}
	add("before", tokenRemoved, before)
	add("after", tokenAdded, step.After)
	add("why", tokenText, "45 CFR "+strings.Join(step.Why, ", ")+controlsOf(step))
	add("risk", tokenText, riskWords[step.Risk])
	if undo {
		add("undo", tokenText, step.Undo)
	}
	return lines
}

func controlsOf(step provision.Step) string {
	if len(step.Control) == 0 {
		return ""
	}
	return " (" + strings.Join(step.Control, ", ") + ")"
}
