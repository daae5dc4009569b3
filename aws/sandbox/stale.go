package sandbox

import (
	"encoding/json"
	"maps"
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
	list := a.faults.take(now, nil, func(kind string) bool { return kind == faultStale }, names...)
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

// A staleKey is a key's tags and aliases as they were before a change that a stale fault
// hides. AWS takes up to five minutes to authorise by a changed tag or alias (KMS developer
// guide, "ABAC for AWS KMS").
type staleKey struct {
	until   time.Time
	id      string
	tags    map[string]string
	aliases []string
}

// hideKey makes authorisation use the key's present tags and aliases until the stale fault
// for the operation ends. Call it under update, before the change.
func (a *Account) hideKey(now time.Time, k *kmsKey, operation string) {
	a.staleKeys = slices.DeleteFunc(a.staleKeys, func(v staleKey) bool { return !now.Before(v.until) })
	for _, f := range a.faults.take(now, nil, func(kind string) bool { return kind == faultStale }, "kms:"+operation) {
		a.staleKeys = append(a.staleKeys, staleKey{until: now.Add(f.wait), id: k.ID, tags: maps.Clone(k.Tags), aliases: a.aliasesOf(k)})
	}
}

// labelsAt are the tags and aliases of a key that count for authorisation. Call it under the
// account's lock.
func (a *Account) labelsAt(now time.Time, k *kmsKey) (tags map[string]string, aliases []string) {
	for _, v := range a.staleKeys {
		if v.id == k.ID && now.Before(v.until) {
			return v.tags, v.aliases
		}
	}
	return k.Tags, a.aliasesOf(k)
}
