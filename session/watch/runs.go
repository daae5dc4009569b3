package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"claria/aws"
	"claria/drift"
	"claria/drift/ledger"
	"claria/provision/state"
	"claria/session"
)

// recently is how far back to read other computers' checks: twice the longest time between
// two daily checks.
const recently = 52 * time.Hour

// maxCopies is how many lines from other computers one look reads.
const maxCopies = 300

// runs are the checks of all the practice's computers, newest first. It reads other
// computers' checks from the audit bucket only if neither this look nor this computer's
// checks show that unattended checks run.
func (w *Watch) runs(
	ctx context.Context, s *session.Session, settings state.Settings, lines *ledger.Ledger, unopened error, unattended bool,
) state.Reading[[]drift.Run] {
	var here []drift.Run
	unread := unopened
	if unopened == nil {
		here, unread = lines.Runs()
	}
	if unread != nil && len(here) == 0 || unread != nil && !unattended && !drift.Watched(here, s.Account.Now()) {
		return state.Unknown[[]drift.Run](state.Problem{Operation: "evidence ledger", Message: unread.Error()})
	}
	if unattended || drift.Watched(here, s.Account.Now()) {
		return state.Known(here)
	}
	there, err := w.elsewhere(ctx, s.Account, state.AuditBucketName(settings), lines)
	if err != nil {
		return state.Unknown[[]drift.Run](problem(err))
	}
	all := slices.Concat(here, there)
	slices.SortStableFunc(all, func(a, b drift.Run) int { return b.At.Compare(a.At) })
	return state.Known(all)
}

// elsewhere are the checks that other computers copied to the audit bucket, back to the
// latest unattended check that completed.
func (w *Watch) elsewhere(ctx context.Context, account *aws.Account, bucket string, lines *ledger.Ledger) ([]drift.Run, error) {
	now := account.Now()
	copies, err := ledger.Copies(ctx, account, bucket, now.Add(-recently))
	if aws.KindOf(err) == aws.Absent {
		return nil, nil // no bucket, no copies
	}
	if err != nil {
		return nil, err
	}
	head, err := lines.Head()
	if err != nil {
		return nil, err
	}
	copies = slices.DeleteFunc(copies, func(c ledger.Copy) bool { return c.Machine == head.Machine })
	var runs []drift.Run
	for i, c := range copies {
		if i == maxCopies {
			return nil, fmt.Errorf("the newest %d of %d lines from other computers show no unattended check, and the rest were not read",
				maxCopies, len(copies))
		}
		run, err := w.read(ctx, account, bucket, c)
		if err != nil {
			return nil, err
		}
		if run.At.IsZero() {
			continue
		}
		if runs = append(runs, run); drift.Watched(runs, now) {
			break
		}
	}
	return runs, nil
}

// read is the check in a copied line; the zero Run if the line is about something else. A
// copy never changes, so each is read once.
func (w *Watch) read(ctx context.Context, account *aws.Account, bucket string, c ledger.Copy) (drift.Run, error) {
	w.mu.Lock()
	run, ok := w.copies[c.Key]
	w.mu.Unlock()
	if ok {
		return run, nil
	}
	entry, err := c.Read(ctx, account, bucket)
	if err != nil {
		return drift.Run{}, err
	}
	if run, ok = entry.Run(); ok {
		run.Elsewhere = c.Machine
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.copies[c.Key] = run
	return run, nil
}

// problem is why other computers' checks are not known.
func problem(err error) state.Problem {
	p := state.Problem{Kind: aws.KindOf(err), Message: "other computers' lines in the audit bucket could not be read: " + err.Error()}
	if known, ok := errors.AsType[*aws.Error](err); ok {
		p.Operation = known.Operation
		p.Message = known.Kind.Sentence() + ", so other computers' lines in the audit bucket could not be read"
	}
	return p
}
