package kit

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"claria/internal/safe"
	"claria/provision"
	"claria/session"
)

// ApplyPlan applies an approved plan, as the identity that may change the account. name
// begins the ledger's sentence if it is interrupted, such as "A plan"; the pane calls
// Record at its end. change adds to the approval; it may be nil.
func ApplyPlan(
	e *Env, plan provision.Plan, name string, change func(*provision.Approval),
) func(context.Context) iter.Seq2[provision.Progress, error] {
	s := e.Session
	return func(ctx context.Context) iter.Seq2[provision.Progress, error] {
		return func(yield func(provision.Progress, error) bool) {
			if err := undecided(ctx, s, plan); err != nil {
				yield(provision.Progress{}, err)
				return
			}
			approval, err := s.Approval(ctx)
			if err != nil {
				yield(provision.Progress{}, err)
				return
			}
			if change != nil {
				change(&approval)
			}
			approval.SecondFactor, approval.Code, approval.Retire = e.enrol, e.proof, e.retire
			if !slices.ContainsFunc(plan.Steps, func(s provision.Step) bool { return strings.HasPrefix(s.ID, "mfa/") }) {
				approval.Code = e.proofAgain
			}
			apply := provision.Apply
			if e.Scans.Watch != nil {
				applying, err := e.Scans.Watch.Begin(ctx, s, name, false)
				if err != nil {
					yield(provision.Progress{}, err)
					return
				}
				defer applying.End()
				apply = applying.Apply
			}
			admin, err := e.provisioner(ctx)
			if err != nil {
				yield(provision.Progress{}, err)
				return
			}
			for progress, err := range apply(ctx, admin, plan, approval) {
				if !yield(progress, err) {
					return
				}
			}
		}
	}
}

// undecided refuses a plan while the register declares something else: the plan could
// undo what another computer declared. An undo does not depend on a declaration.
func undecided(ctx context.Context, s *session.Session, plan provision.Plan) error {
	if slices.ContainsFunc(plan.Steps, func(step provision.Step) bool { return step.Undoes != "" }) {
		return nil
	}
	if found, err := s.Elsewhere(ctx); err == nil && found != nil && (s.SetUp || !found.Guarded()) { // an unread register does not keep a fix back
		return fmt.Errorf("nothing was changed: %w", found)
	}
	return nil
}

// TakeOver returns the session that uses what the register declares. It asks for a code
// if any of it needs one; left is what could not be proven.
func (e *Env) TakeOver(ctx context.Context, s *session.Session, found *session.Elsewhere) (
	next *session.Session, left []session.Difference, err error,
) {
	if found.AnyGuarded() {
		if _, err := e.provisioner(ctx); err != nil {
			return nil, nil, err
		}
	}
	return s.TakingOver(found)
}

// Applying is a plan that is being applied, or was, and the state of each step.
type Applying struct {
	Plan    provision.Plan
	Steps   []StepState
	Running bool
	Done    int
	Err     error
	Stopped bool
}

// StepState is how far a step is.
type StepState struct {
	Status string // "", "started", "done", "failed", "stopped"
	Detail string
	step   provision.Step // as it was applied, with the setting that undo puts back
}

// Made are the steps that are done, for the ledger.
func (a *Applying) Made() []provision.Step {
	var steps []provision.Step
	for _, s := range a.Steps {
		if s.Status == "done" {
			steps = append(steps, s.step)
		}
	}
	return steps
}

// NewApplying is a plan that begins now.
func NewApplying(plan provision.Plan) *Applying {
	return &Applying{Plan: plan, Steps: make([]StepState, len(plan.Steps)), Running: true}
}

// Take records one event.
func (a *Applying) Take(p provision.Progress) {
	if p.Status == "" || p.Index < 0 || p.Index >= len(a.Steps) {
		return
	}
	s := &a.Steps[p.Index]
	if p.Status == "done" && s.Status != "done" {
		a.Done++
	}
	if p.Status == "waiting" { // the step still runs
		s.Detail = p.Detail
		return
	}
	s.Status, s.step, s.Detail = p.Status, p.Step, p.Detail
}

// End records how it ended.
func (a *Applying) End(m Ended) {
	a.Running, a.Err, a.Stopped = false, m.Err, m.Stopped
}

// Current is the resource of the step that runs, for the activity line.
func (a *Applying) Current() string {
	for i, s := range a.Steps {
		if s.Status == "started" {
			return a.Plan.Steps[i].Resource
		}
	}
	return ""
}

// FailedAt is the id of the step that failed; empty: none failed.
func (a *Applying) FailedAt() string {
	for i, s := range a.Steps {
		if s.Status == "failed" {
			return a.Plan.Steps[i].ID
		}
	}
	return ""
}

// Mark is a step's status and the word for it.
func (s StepState) Mark() (Status, string) {
	switch s.Status {
	case "started":
		return StatusRunning, "working"
	case "done":
		return StatusOK, "done"
	case "failed":
		return StatusFail, "failed"
	case "stopped":
		return StatusUnknown, "stopped"
	}
	return StatusDue, "waiting"
}

// SignTokens are the colours of a plan's signs.
var SignTokens = map[provision.Op]Token{
	provision.Create: tokenAdded, provision.Change: TokenAccent, provision.Delete: tokenRemoved, provision.Adopt: TokenDrift,
}

// Doing says what a step does, in words.
func Doing(step provision.Step) string {
	verb := map[provision.Op]string{
		provision.Create: "creates: ", provision.Change: "changes: ", provision.Delete: "deletes: ", provision.Adopt: "takes over: ",
	}[step.Op]
	return verb + safe.Line(step.Summary)
}

// Citation is the law behind a step, short: "164.312(b)", with "+2" for two more.
func Citation(step provision.Step) string {
	switch len(step.Why) {
	case 0:
		return ""
	case 1:
		return step.Why[0]
	}
	return fmt.Sprintf("%s +%d", step.Why[0], len(step.Why)-1)
}

// RiskWords say whether a step can be undone.
var RiskWords = map[provision.Risk]string{
	provision.NoRisk: "none", provision.Reversible: "can be undone",
	provision.Manual: "can be undone by hand only", provision.Irreversible: "cannot be undone",
}

// StepDetail is a step's before, after, why, risk and, if undo is true, undo, as
// lines of w columns.
func (t *Theme) StepDetail(step provision.Step, w int, undo bool) []string {
	var lines []string
	add := func(label string, k Token, text string) {
		if text == "" {
			return
		}
		for i, line := range Wrap(safe.Text(text), max(10, w-8)) {
			head := ""
			if i == 0 {
				head = label
			}
			lines = append(lines, t.Dim(Fit(head, 8))+t.In(k, line))
		}
	}
	before := step.Before
	if before == "" && step.Op == provision.Create {
		before = "nothing"
	}
	add("before", tokenRemoved, before)
	add("after", tokenAdded, step.After)
	add("why", TokenText, "45 CFR "+strings.Join(step.Why, ", ")+controlsOf(step))
	add("risk", TokenText, RiskWords[step.Risk])
	if undo {
		add("undo", TokenText, step.Undo)
	}
	return lines
}

func controlsOf(step provision.Step) string {
	if len(step.Control) == 0 {
		return ""
	}
	return " (" + strings.Join(step.Control, ", ") + ")"
}
