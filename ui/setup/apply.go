package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/drift/ledger"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/provision"
	"claria/provision/state"
	"claria/ui/kit"
)

// The steps of a plan that the pane mentions by name.
const (
	keyStep    = "key/" + state.AdminUser
	factorStep = "mfa/" + state.AdminUser
	rootStep   = "root-key"
)

// whyNot is why the plan cannot be applied now; empty: it can.
func (p *Pane) whyNot() string {
	switch {
	case p.applying != nil && p.applying.Running:
		return "The plan is being applied."
	case p.env.Scans.Applies(p.env):
		return "Another change is running."
	case !p.planned:
		return "The account has not been read yet."
	case p.stale:
		return "Claria is scanning the account again. Wait a moment."
	case p.plan.Blocked != nil:
		return kit.Sentence(p.plan.Blocked.Reason) + " " + kit.Sentence(p.plan.Blocked.Next)
	case p.plan.Empty() && p.env.Session.SetUp:
		return "There is nothing to change."
	case p.env.Session.SetUp:
	case p.credential.judging:
		return "Claria is still checking what the credential may do."
	case len(p.credential.intake.Missing) > 0:
		return kit.Sentence(p.credential.intake.Guidance)
	}
	return ""
}

// approve asks for the name of each resource that the plan takes over and of each thing of
// others that it removes, then asks about the plan as a whole, and applies it.
func (p *Pane) approve(plan provision.Plan, adopt, remove []string) tea.Cmd {
	for _, step := range plan.Steps {
		for _, name := range step.Asks {
			if !slices.Contains(remove, name) {
				return p.askRemoval(step, name, func() tea.Cmd {
					return p.approve(plan, adopt, append(remove[:len(remove):len(remove)], name))
				})
			}
		}
		name := resourceName(step)
		if step.Op != provision.Adopt || slices.Contains(adopt, name) {
			continue
		}
		hint := fmt.Sprintf("%s exists, and Claria did not create it. To take it over means: %s. To allow this, type its name.",
			safe.Line(step.Resource), safe.Line(step.Summary))
		check := func(typed string) string {
			if strings.TrimSpace(typed) != name {
				return "Type " + safe.Line(name) + ", or press esc to leave it unchanged."
			}
			return ""
		}
		return kit.Open(kit.NewPrompt("Take over "+safe.Line(name), "name", "", hint, check, func(string) tea.Cmd {
			return p.approve(plan, append(adopt[:len(adopt):len(adopt)], name), remove)
		}))
	}
	return p.askApply(plan, adopt, remove)
}

// askRemoval asks for the name of one thing that Claria did not write and that a step removes.
func (p *Pane) askRemoval(step provision.Step, name string, approved func() tea.Cmd) tea.Cmd {
	hint := fmt.Sprintf("%s: Claria did not write %s. There is now: %s. To remove it, type its name. To keep a statement, press esc "+
		"and add its name to keep under [bucket] in claria.toml.", safe.Line(step.Resource), safe.Line(name), safe.Line(step.Before))
	check := func(typed string) string {
		if strings.TrimSpace(typed) != name {
			return "Type " + safe.Line(name) + ", or press esc to leave it unchanged."
		}
		return ""
	}
	return kit.Open(kit.NewPrompt("Remove "+safe.Line(name), "name", "", hint, check, func(string) tea.Cmd { return approved() }))
}

func (p *Pane) askApply(plan provision.Plan, adopt, remove []string) tea.Cmd {
	t := p.env.Theme
	details := make([]string, 0, len(plan.Steps))
	for _, step := range plan.Steps {
		line := t.In(kit.SignTokens[step.Op], step.Op.Sign()) + " " + safe.Line(step.Resource)
		switch {
		case step.ID == rootStep && p.keepRoot:
			line += t.In(kit.TokenDrift, "  kept, as you chose")
		case step.Risk == provision.Irreversible:
			line += t.In(kit.TokenDrift, "  cannot be undone")
		default:
			line += "  " + t.Dim(safe.Line(step.Summary))
		}
		details = append(details, line)
	}
	what := "Makes " + p.headline(plan) + "."
	if slices.ContainsFunc(plan.Steps, func(s provision.Step) bool { return s.ID == factorStep }) {
		what += " You need your phone for the second factor."
	}
	return kit.Open(&kit.Confirm{
		Title: "Apply the plan", What: what, Target: "AWS account " + safe.Line(plan.Account) + ", " + safe.Line(plan.Region),
		Undo: p.undoWords(plan), Details: details, Verb: "apply",
		Do: func() tea.Cmd {
			p.applying, p.finished, p.rootLeft = kit.NewApplying(plan), nil, nil
			clear(p.expanded)
			p.env.Scans.Pause(p.env)
			keepRoot := p.keepRoot
			job := kit.Job{Pane: kit.SetupPane, Slot: kit.ApplySlot, Title: "Applying the plan"}
			return kit.Stream(p.env.Jobs, job, kit.ApplyPlan(p.env, plan, "The plan of set-up", func(a *provision.Approval) {
				a.Adopt, a.Remove = adopt, remove
				if keepRoot {
					a.StartedFromRootKey = ""
				}
			}))
		},
	})
}

// undoWords say how to undo the plan as a whole.
func (p *Pane) undoWords(plan provision.Plan) string {
	var never []string
	byHand := false
	for _, step := range plan.Steps {
		switch {
		case p.spared(step):
		case step.Undo == "" || step.Risk == provision.Irreversible:
			never = append(never, safe.Line(step.Resource))
		case step.Risk == provision.Manual:
			byHand = true
		}
	}
	text := "Each step says how. Press → on a step to see it."
	if byHand {
		text += " Claria does not undo what it creates or takes over."
	}
	if len(never) > 0 {
		text += " Not possible for " + strings.Join(never, ", ") + "."
	}
	return text
}

// spared reports whether the plan leaves out the step, because the root key is kept.
func (p *Pane) spared(step provision.Step) bool { return p.keepRoot && step.ID == rootStep }

// headline counts the changes, and those that delete something or cannot be undone.
func (p *Pane) headline(plan provision.Plan) string {
	destroys := 0
	for _, step := range plan.Steps {
		if (step.Op == provision.Delete || step.Risk == provision.Irreversible) && !p.spared(step) {
			destroys++
		}
	}
	text := words.Plural(len(plan.Steps), "change", "changes")
	switch destroys {
	case 0:
		return text + ", no deletions"
	case 1:
		return text + ", 1 of which cannot be undone"
	}
	return fmt.Sprintf("%s, %d of which cannot be undone", text, destroys)
}

func (p *Pane) applyEnded(m kit.Ended) tea.Cmd {
	if p.applying == nil {
		return nil
	}
	p.applying.End(m)
	p.stale = true
	p.list.Set(p.rows(p.width))
	p.list.Select("stage " + stagePlan)
	record := func(outcome string) tea.Cmd {
		text := fmt.Sprintf("The plan of set-up %s: %d of %s.", outcome, p.applying.Done,
			words.Plural(len(p.applying.Steps), "change", "changes"))
		return p.env.Record(ledger.Apply, text, p.applying.Made()...)
	}
	switch {
	case m.Stopped || kit.StoppedByUser(m.Err):
		text := fmt.Sprintf("Stopped after %d of %d changes. The plan shows what is left.", p.applying.Done, len(p.applying.Steps))
		return tea.Batch(kit.Rescan(), record("was stopped"), kit.Notify(text))
	case m.Err != nil && p.applying.FailedAt() == rootStep:
		// Everything else is done and the daily key works, so Claria uses it and not
		// the root key, which could not be deleted.
		p.rootLeft = m.Err
		loud := &kit.Message{Title: "The root key was NOT deleted", Text: p.rootWords()}
		return tea.Batch(record("failed to delete the root key"), p.goOver(), kit.Open(loud))
	case m.Err != nil:
		said := kit.Notice{Text: whyFailed(m.Err), Bad: true, Detail: m.Err.Error()}
		failed := record("failed")
		if errors.Is(m.Err, kit.ErrNoCode) && p.applying.Done == 0 { // nothing was done, so there is nothing to record
			failed = nil
		}
		return tea.Batch(kit.Rescan(), failed, func() tea.Msg { return kit.NotifyMsg{Notice: said} })
	case p.env.Session.SetUp && p.rootGone(): // it signed this session's calls
		return tea.Batch(p.finish(), record("was carried out"))
	case p.env.Session.SetUp:
		return tea.Batch(kit.Rescan(), record("was carried out"), p.share(), kit.Notify("Applied. Scanning the account again."))
	}
	return tea.Batch(record("was carried out"), p.goOver())
}

// rootGone reports whether the plan that ended deleted the root key that this session used.
func (p *Pane) rootGone() bool {
	return p.env.Scans.State.Caller.Root() && strings.HasPrefix(p.done[rootStep], "deleted") &&
		slices.ContainsFunc(p.applying.Made(), func(s provision.Step) bool { return s.ID == rootStep })
}

// goOver switches to this computer's own key.
func (p *Pane) goOver() tea.Cmd {
	if p.env.Session.SetUp {
		return kit.Rescan()
	}
	return p.finish()
}

// rootWords say clearly that the root key still exists, and what to do.
func (p *Pane) rootWords() string {
	return "Everything else is set up, and Claria uses its own key. But anyone with the root user's key can do anything in this account, " +
		"and no policy can stop them.\n\n" + kit.Sentence(strings.TrimPrefix(p.rootLeft.Error(), "root access key: ")) +
		" The address is https://console.aws.amazon.com; your name is at the top right.\n\n" +
		"Control IAM-01 fails until the key is deleted."
}

// finish switches to the session with the daily identity's key, once no scan with the
// old one is running. It asks AWS nothing new, so it does not have to be a job.
func (p *Pane) finish() tea.Cmd {
	if p.going = p.env.Scans.Scanning; p.going {
		return nil
	}
	ctx, cancel := context.WithTimeout(p.env.Jobs.Context, 10*time.Second)
	defer cancel()
	next, err := p.env.Session.Finish(ctx)
	if p.finished = err; err != nil {
		return kit.ComplainOf(err)
	}
	p.take(next)
	p.showProof()
	said := kit.Notify("The account is set up, and Claria now uses its own key. Press 2 for your clients.")
	if p.rootLeft != nil {
		said = kit.Complain("The account is set up, but the root key was NOT deleted. Delete it yourself: pane Setup says how.")
	}
	return tea.Batch(kit.Rescan(), p.share(), kit.Broadcast(kit.SetUpMsg{}), said)
}

// whyFailed explains why applying failed.
func whyFailed(err error) string {
	switch {
	case errors.Is(err, kit.ErrLeft) && !gone(err):
		return "You left the second factor. Keep its entry in the app, because the device may be on. Press enter to continue."
	case errors.Is(err, kit.ErrLeft):
		return "You left the second factor, and set-up removed the new device. Delete its entry in the app. " +
			"Press enter to continue with a new picture."
	case errors.Is(err, kit.ErrNotRetired):
		return "You kept both keys, so this computer has none yet. Press enter to choose again."
	case errors.Is(err, kit.ErrNoCode):
		return "You gave no code, so nothing changed. Press enter to try again."
	}
	problem := kit.Explain(err)
	return problem.What + " " + problem.Next
}

// gone reports whether the device of a failed enrolment is gone.
func gone(err error) bool {
	failed, ok := errors.AsType[*provision.EnrolmentError](err)
	return ok && failed.Gone
}
