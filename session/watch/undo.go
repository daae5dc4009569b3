package watch

import (
	"context"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/provision"
	"claria/session"
)

// Undoing is a change to undo and its effects.
type Undoing struct {
	Change ledger.Change   `json:"change"`
	Plan   provision.Plan  `json:"plan"`  // empty: the setting is already as before
	Fails  []drift.Finding `json:"fails"` // controls that pass now and fail afterwards
}

// Undo plans how to undo a change, and judges the account as it would be afterwards.
// It only reads. facts come from the latest look at the account; set is the set of
// controls to judge.
func Undo(ctx context.Context, s *session.Session, change ledger.Change, facts drift.Facts, set string) (Undoing, error) {
	u := Undoing{Change: change}
	if why := change.CannotUndo(); why != "" {
		return u, &provision.CannotUndoError{ID: change.ID, Resource: change.Step.Resource, Reason: why}
	}
	settings := s.Settings
	settings.Wide = set != catalogue.Core
	observed, err := provision.Observe(ctx, s.Account, settings)
	if err != nil {
		return u, err
	}
	if change.Region != "" && change.Region != observed.Region {
		return u, &provision.CannotUndoError{
			ID: change.ID, Resource: change.Step.Resource,
			Reason: "it was made in region " + change.Region + ", and the practice's region is " + observed.Region,
		}
	}
	if u.Plan, err = provision.Undo(ctx, s.Account, observed, s.Settings, change.ID, change.Step); err != nil {
		return u, err
	}
	if facts.Now.IsZero() {
		facts.Now = s.Account.Now()
	}
	fails, err := drift.Weakened(u.Plan, observed, s.Settings.In(observed.Account), facts, set)
	u.Fails = append([]drift.Finding{}, fails...) // in JSON a list even if it is empty
	return u, err
}
