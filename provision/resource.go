package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"claria/aws"
	"claria/provision/state"
)

// A resource is one thing of the account that a plan can change. The rows, in the
// order in which they depend on each other, are the whole of planning: MakePlan asks each for its
// difference, Apply reads it again, lets it write, and asks it once more.
type resource struct {
	id       string
	title    string   // "data bucket 111122223333-claria-records"
	controls []string // that it satisfies
	why      []string // 45 CFR citations
	needs    []string // ids of the rows that must stand first

	// read schedules the reads that facts and diff look at.
	read func(o *observer, s *state.State)
	// facts are the readings that the difference follows from. One that is
	// unknown makes the row unplanned; one that changed after a plan was approved
	// stops its step.
	facts func(s *state.State) []fact
	// stuck is why the difference cannot be mended by a step; nil: never.
	stuck func(have *state.State) *Block
	// diff is what has to change; nil: nothing. It is asked only when every fact
	// is known or absent.
	diff func(have *state.State) *change
	// write makes the change. The detail is what a person should know of it.
	write func(ctx context.Context, w *writer) (detail string, err error)
	// done tells from a fresh reading that the change shows; nil: diff is nil.
	done func(have *state.State) bool
	// patience is how long writing may take where a person has a part in it; 0: stepTime.
	patience time.Duration
	last     bool // the credential is gone afterwards, so nothing can be read again
	// asked is a row that is planned only when its control is asked for by name.
	asked bool
	// setting is how what the row writes is kept and put back; nil: it makes, adopts
	// or deletes a thing, which is not undone.
	setting *setting
}

// fact is a Reading of any type.
type fact interface{ Problem() (state.Problem, bool) }

// change is a difference in words.
type change struct {
	op            Op
	summary       string
	before, after string
	undo          string
	risk          Risk
}

// resources are all rows for the settings; want is Desired(settings).
func resources(s state.Settings, want *state.State) []resource {
	all := slices.Concat(
		[]resource{accountPublicAccessResource(s, want)},
		kmsResources(s, want),
		bucketResources(s, auditBucketKind(want)),
		bucketResources(s, dataBucketKind(want)),
		trailResources(s, want),
		[]resource{passwordPolicyResource(s, want), analyzerResource(s)},
		identityResources(s, want),
		modelResources(s, want),
		peopleResources(s, want),
		accountResources(s, want),
		inventoryResources(s, want),
		monitoringResources(s, want),
		[]resource{accessKeyResource(s, state.AdminUser), accessKeyResource(s, state.AuditorUser), rotationResource(s, state.AdminUser), rotationResource(s, state.AuditorUser), secondFactorResource(s), rootKeyResource()},
	)
	settings := settingsByRow(s, want)
	for i := range all {
		all[i].setting = settings[all[i].id]
	}
	return all
}

func (r resource) problems(s *state.State) []state.Problem {
	var all []state.Problem
	for _, f := range r.facts(s) {
		if p, unknown := f.Problem(); unknown {
			all = append(all, p)
		}
	}
	return all
}

// step is the row's difference from the State as a step of a plan.
func (r resource) step(c *change, have *state.State) Step {
	risk, undo := r.undoable(c, have)
	return Step{
		ID: r.id, Op: c.op, Resource: r.title, Summary: c.summary, Before: c.before, After: c.after,
		Why: r.why, Risk: risk, Undo: undo, Control: r.controls,
	}
}

// attributes are the rows below this one: "data-bucket/encryption" of "data-bucket".
func (r resource) attributes(all []resource) []resource {
	var parts []resource
	for _, other := range all {
		if strings.HasPrefix(other.id, r.id+"/") {
			parts = append(parts, other)
		}
	}
	return parts
}

// sameFacts reports whether what the row looks at is the same in both states.
func (r resource) sameFacts(a, b *state.State) bool {
	x, errX := json.Marshal(r.facts(a))
	y, errY := json.Marshal(r.facts(b))
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// describe is a reading in words; absent has its own word.
func describe[T any](r state.Reading[T], absent string, words func(T) string) string {
	if v, ok := r.Value(); ok {
		return words(v)
	}
	return absent
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

// writer is what the writing of one step has at hand.
type writer struct {
	account  *aws.Account
	settings state.Settings
	approval Approval
	all      []resource
	have     *state.State // read again just before
	observer *observer
	asking   context.Context // ends when the person stops: for questions, never for writes
	widened  bool            // the plan gave rights to whoever does it, which may not have arrived everywhere
}

func isUnknown(f fact) bool {
	_, unknown := f.Problem()
	return unknown
}
