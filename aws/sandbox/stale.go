package sandbox

import (
	"encoding/json"
	"slices"
	"time"
)

// staleViews are the identities as they were before the recent changes that a stale fault
// hides.
type staleViews []staleView

type staleView struct {
	until time.Time
	state *iamState
}

// iamAt returns the state of the identities for authentication and authorisation: normally
// the present one.
func (a *Account) iamAt(now time.Time) *iamState {
	for _, v := range a.stale {
		if now.Before(v.until) {
			return v.state
		}
	}
	return a.iam()
}

// hide makes authentication and authorisation use the present identities until the stale
// fault for the action ends. Call it under update, before the change.
func (a *Account) hide(now time.Time, names ...string) {
	a.stale = slices.DeleteFunc(a.stale, func(v staleView) bool { return !now.Before(v.until) })
	list := a.faults.take(nil, func(kind string) bool { return kind == faultStale }, names...)
	for _, f := range list {
		text, err := json.Marshal(a.iam())
		if err != nil {
			continue // the state always marshals; it is saved this way
		}
		before := &iamState{}
		if json.Unmarshal(text, before) == nil {
			a.stale = append(a.stale, staleView{until: now.Add(f.wait), state: before})
		}
	}
}
