package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/session"
	"claria/session/watch"
)

// listChanges is the value of --undo without an ID.
const listChanges = "list"

// undo undoes one change in the ledger, or lists the changes.
func (e *env) undo(ctx context.Context, id string, planOnly, yes, asJSON bool) error {
	open := e.Session
	if planOnly || id == "" || id == listChanges {
		open = e.ReadOnlySession
	}
	s, err := open(ctx)
	if err != nil {
		return err
	}
	if err := s.Locate(ctx); err != nil {
		return err
	}
	lines, err := e.watching().Ledger(ctx, s)
	if err != nil {
		return err
	}
	if id == "" || id == listChanges {
		return e.listChanges(lines, asJSON)
	}
	change, err := lines.Change(id)
	if _, none := errors.AsType[*ledger.NoChangeError](err); none {
		return fmt.Errorf("%w: claria setup --undo lists the changes", err)
	}
	if err != nil {
		return err
	}
	u, err := watch.Undo(ctx, s, change, drift.Facts{}, catalogue.Core)
	if err != nil {
		return err
	}
	if asJSON {
		if err := e.JSON(u); err != nil {
			return err
		}
	} else {
		printUndo(e.Stdout, u)
	}
	if planOnly {
		return nil
	}
	return e.applyUndo(ctx, s, u, yes)
}

// applyUndo applies the undo that was shown.
func (e *env) applyUndo(ctx context.Context, s *session.Session, u watch.Undoing, yes bool) error {
	switch plan := u.Plan; {
	case plan.Blocked != nil:
		return fmt.Errorf("nothing was changed: %s. Next: %s", plan.Blocked.Reason, plan.Blocked.Next)
	case plan.Empty():
		return nil
	}
	if !yes {
		ok, err := e.Confirm(fmt.Sprintf("Undo change %s on account %s?", u.Change.ID, u.Plan.Account), "--yes")
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("nothing was changed")
		}
	}
	approval, err := s.Approval(ctx)
	if err != nil {
		return err
	}
	id := u.Change.ID
	err = e.do(ctx, s, u.Plan, approval, doing{
		name: "Undoing change " + id, next: "claria setup --undo " + id + " tries again",
		note: func(_ *session.Session, _ int, failed string) string {
			if failed != "" {
				return fmt.Sprintf("Undoing change %s failed.", id)
			}
			return fmt.Sprintf("Change %s was undone.", id)
		},
	})
	return err
}

// printUndo prints what an undo changes, to the byte, and which controls it makes
// fail.
func printUndo(w io.Writer, u watch.Undoing) {
	for _, step := range u.Plan.Steps {
		fmt.Fprintf(w, "%s %s  %s\n", step.Op.Sign(), safe.Line(step.Resource), safe.Line(step.Summary))
		fmt.Fprintf(w, "  before  %s\n  after   %s\n  risk    %s\n", safe.Line(step.Before), safe.Line(step.After), undoRisk(u))
	}
	for _, f := range u.Fails {
		fmt.Fprintf(w, "  fails   %s %s (%s)\n", f.ID, safe.Line(f.Title), f.Severity)
	}
	switch {
	case u.Plan.Blocked != nil:
		fmt.Fprintf(w, "Blocked: %s.\nNext: %s.\n", safe.Line(u.Plan.Blocked.Reason), safe.Line(u.Plan.Blocked.Next))
	case u.Plan.Empty():
		fmt.Fprintf(w, "Nothing to do: %s is as it was before change %s.\n", safe.Line(u.Change.Step.Resource), u.Change.ID)
	}
}

// undoRisk describes the risk of an undo.
func undoRisk(u watch.Undoing) string {
	if n := len(u.Fails); n > 0 {
		return fmt.Sprintf("the account becomes less safe: %s afterwards; it can be undone", failing(n))
	}
	return "no other control fails afterwards; it can be undone"
}

func failing(n int) string {
	if n == 1 {
		return "1 control fails"
	}
	return fmt.Sprintf("%d controls fail", n)
}

// listChanges prints the changes in this computer's ledger, and which can be undone.
func (e *env) listChanges(lines *ledger.Ledger, asJSON bool) error {
	changes, err := lines.Changes()
	if asJSON {
		list := []listedChange{}
		for _, c := range changes {
			list = append(list, listedChange{c, c.CannotUndo()})
		}
		return errors.Join(e.JSON(list), err)
	}
	if len(changes) == 0 {
		fmt.Fprintln(e.Stdout, "The ledger of this computer has no changes yet.")
		return err
	}
	for _, c := range changes {
		line := fmt.Sprintf("%8s  %s  %s %s: %s", c.ID, words.Moment(c.At, time.Local), c.Step.Op.Sign(), c.Step.Resource, c.Step.Summary)
		switch why := c.CannotUndo(); {
		case c.UndoneBy != "":
			line += "; undone by " + c.UndoneBy
		case why != "":
			line += "; cannot be undone: " + why
		}
		fmt.Fprintln(e.Stdout, safe.Line(line))
	}
	fmt.Fprintln(e.Stdout, "claria setup --undo ID undoes one; with --plan it shows how and changes nothing.")
	return err
}

// listedChange is a change, and why it cannot be undone; empty: it can.
type listedChange struct {
	ledger.Change
	CannotUndo string `json:"cannot_undo,omitempty"`
}
