package watch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"claria/aws"
	"claria/drift/ledger"
	"claria/provision"
	"claria/session"
)

// recordTime is how long the next plan waits for the line of the one before.
const recordTime = 10 * time.Second

// Applying is a plan that is applied, from before its first write until its line is in
// the ledger. Until then a journal next to the ledger has its steps, and no other
// process on this computer applies a plan.
type Applying struct {
	watch   *Watch
	journal *ledger.Journal
	release func()
	touched bool          // a step was begun
	ended   bool          // only its line is missing
	over    chan struct{} // closed when its line is written, or it changed nothing
}

// Begin prepares to apply a plan: it keeps other processes of this computer from applying
// one, and proves that the ledger can be written. An error means that the plan must not
// be applied. name begins the sentence in the ledger if the plan is interrupted, such as
// "A plan"; it has no patient information. The caller calls Apply, then End, and then,
// if Touched, Note with the kind ledger.Apply.
func (w *Watch) Begin(ctx context.Context, s *session.Session, name string, unattended bool) (*Applying, error) {
	settings, err := located(ctx, s)
	if err != nil {
		return nil, err
	}
	w.settle(ctx)
	release, err := ledger.Acquire(s.State, "change")
	if _, busy := errors.AsType[*ledger.BusyError](err); busy {
		return nil, fmt.Errorf("nothing was changed: %w", err)
	}
	if err != nil {
		return nil, &UnreadyError{err}
	}
	plan := ledger.Entry{
		Kind: ledger.Apply, Account: settings.Account, Region: settings.Region, Who: ledger.Who{Unattended: unattended}, Note: name,
	}
	if identity, err := s.Account.Identity(ctx); err == nil {
		plan.Who.ARN = identity.ARN
	}
	lines, err := w.Ledger(ctx, s)
	if err == nil && s.SetUp { // before that the keyring of the signing key is not known
		_, _, err = lines.SigningKey()
	}
	var journal *ledger.Journal
	if err == nil {
		journal, err = lines.Begin(plan)
	}
	if err != nil {
		release()
		return nil, &UnreadyError{err}
	}
	a := &Applying{watch: w, journal: journal, release: release, over: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.applying = a
	return a, nil
}

// UnreadyError says that a plan was not applied because it could not be recorded.
type UnreadyError struct{ Err error }

func (e *UnreadyError) Error() string {
	return fmt.Sprintf("nothing was changed, because the change could not be recorded: %s. Next: free space on this computer's disk, or "+
		"make the ledger writable, and try again", e.Err)
}

func (e *UnreadyError) Unwrap() error { return e.Err }

// settle waits until the line of the plan before is written. If nobody writes it, the
// journal of that plan becomes its line.
func (w *Watch) settle(ctx context.Context) {
	w.mu.Lock()
	before := w.applying
	ended := before != nil && before.ended
	w.mu.Unlock()
	if !ended {
		return
	}
	late := time.NewTimer(recordTime)
	defer late.Stop()
	select {
	case <-before.over:
	case <-ctx.Done():
	case <-late.C:
		_ = w.written(before, false)
	}
}

// Apply applies the plan and records each step. It stops before a step that cannot be
// recorded.
func (a *Applying) Apply(ctx context.Context, account *aws.Account, plan provision.Plan, approval provision.Approval,
) iter.Seq2[provision.Progress, error] {
	return func(yield func(provision.Progress, error) bool) {
		for progress, err := range provision.Apply(ctx, account, plan, approval) {
			switch {
			case err != nil:
			case progress.Status == "started":
				if err := a.journal.Started(progress.Step); err != nil {
					progress.Status = "failed"
					yield(progress, fmt.Errorf("%s was not changed, because the change could not be recorded: %w", progress.Step.Resource, err))
					return
				}
				a.touched = true
			case progress.Status == "done":
				// If this fails, the line may still be written, or the next step is not begun.
				_ = a.journal.Done(progress.Step)
			}
			if !yield(progress, err) {
				return
			}
		}
	}
}

// Do makes one change that is not a step of a plan, such as the rotation of a key, and
// records it as a step. It does not begin a change that cannot be recorded.
func (a *Applying) Do(step provision.Step, change func() error) error {
	if err := a.journal.Started(step); err != nil {
		return fmt.Errorf("%s was not changed, because the change could not be recorded: %w", step.Resource, err)
	}
	a.touched = true
	if err := change(); err != nil {
		return err
	}
	_ = a.journal.Done(step) // if this fails, the line may still be written
	return nil
}

// Touched reports whether a step was begun: the account may have changed.
func (a *Applying) Touched() bool { return a.touched }

// End ends the work on the account. The line of a plan that was begun is written by Note.
func (a *Applying) End() {
	if !a.touched {
		_ = a.watch.written(a, true)
		return
	}
	a.watch.mu.Lock()
	defer a.watch.mu.Unlock()
	a.ended = true
}

// recorded lets the next plan begin after the line of this one. If the line could not be
// written, its journal becomes the line later.
func (w *Watch) recorded(line error) error {
	w.mu.Lock()
	a := w.applying
	ended := a != nil && a.ended
	w.mu.Unlock()
	if !ended {
		return nil
	}
	return w.written(a, line == nil)
}

// written ends an Applying: its line is in the ledger, or its journal is left.
func (w *Watch) written(a *Applying, whole bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.applying != a {
		return nil
	}
	w.applying = nil
	defer close(a.over)
	defer a.release()
	if whole {
		return a.journal.Remove()
	}
	return a.journal.Close()
}

// recover writes the line of a plan that was interrupted, unless another process applies
// it now. If it fails, the journal is left and the next call tries again.
func (w *Watch) recover(s *session.Session, lines *ledger.Ledger) {
	if !lines.Interrupted() {
		return
	}
	release, err := ledger.Acquire(s.State, "change")
	if err != nil {
		return
	}
	defer release()
	_ = lines.Recover()
}
