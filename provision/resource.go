package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"claria/provision/state"

	"claria/aws"
)

// A resource is one thing in the account that a plan can change. All planning goes
// through the resources, in the order of their dependencies: MakePlan asks each for its
// difference; Apply reads it again, writes it, and asks for the difference once more.
type resource struct {
	id       string
	title    string   // "data bucket 111122223333-claria-records"
	controls []string // that it satisfies
	why      []string // 45 CFR citations
	needs    []string // ids of the resources that must exist first

	// read schedules the reads that facts and diff look at.
	read func(o *observer, s *state.State)
	// facts are the readings that the difference follows from. If one is unknown, the
	// resource is not planned; if one changed after the plan was approved, its step stops.
	facts func(s *state.State) []fact
	// stuck is why no step can remove the difference; nil: a step always can.
	stuck func(have *state.State) *Block
	// diff is what has to change; nil: nothing. It is asked only when every fact
	// is known or absent.
	diff func(have *state.State) *change
	// write makes the change. The detail is what a person should know about it.
	write func(ctx context.Context, w *writer) (detail string, err error)
	// done reports whether a fresh reading shows the change; nil: whether diff is nil.
	done func(have *state.State) bool
	// patience is how long a write that waits for a person may take; 0: stepTime.
	patience time.Duration
	last     bool // the credential no longer works afterwards, so nothing can be read again
	// asked is a resource that is planned only when its control is asked for by name.
	asked bool
	// setting is how the resource's setting is kept and restored; nil: the step creates,
	// adopts or deletes something, which Undo does not undo.
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
	asks          []string // Step.Asks
}

// resources are all resources for the settings; want is Desired(settings).
func resources(s state.Settings, want *state.State) []resource {
	all := slices.Concat(
		[]resource{accountPublicAccessResource(s, want)},
		kmsResources(s, want),
		bucketResources(s, auditBucketKind(want)),
		bucketResources(s, dataBucketKind(want)),
		accessResources(s, want),
		trailResources(s, want),
		[]resource{passwordPolicyResource(s, want), analyzerResource(s)},
		identityResources(s, want),
		modelResources(s, want),
		peopleResources(s, want),
		accountResources(s, want),
		inventoryResources(s, want),
		monitoringResources(s, want),
		[]resource{
			accessKeyResource(s, state.AdminUser), accessKeyResource(s, state.AuditorUser),
			rotationResource(s, state.AdminUser), rotationResource(s, state.AuditorUser),
			secondFactorResource(s), unheldKeysResource(s), rootKeyResource(),
		},
	)
	settings := settingsByResource(s, want)
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

// step is the resource's difference from the State as a step of a plan.
func (r resource) step(c *change, have *state.State) Step {
	risk, undo := r.undoable(c, have)
	return Step{
		ID: r.id, Op: c.op, Resource: r.title, Summary: c.summary, Before: c.before, After: c.after,
		Why: r.why, Risk: risk, Undo: undo, Control: r.controls, Asks: c.asks,
	}
}

// attributes are the resources below this one: "data-bucket/encryption" of "data-bucket".
func (r resource) attributes(all []resource) []resource {
	var below []resource
	for _, other := range all {
		if strings.HasPrefix(other.id, r.id+"/") {
			below = append(below, other)
		}
	}
	return below
}

// sameFacts reports whether the facts are the same in both states.
func (r resource) sameFacts(a, b *state.State) bool {
	x, errX := json.Marshal(r.facts(a))
	y, errY := json.Marshal(r.facts(b))
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// describe is a reading in words; absent is the word for an absent one.
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

// writer is what one step needs to write.
type writer struct {
	account  *aws.Account
	settings state.Settings
	approval Approval
	all      []resource
	resource resource     // of the step
	have     *state.State // read again just before
	observer *observer
	asking   context.Context // ends when the person stops; for questions, never for writes
	opened   bool            // the provisioner role was opened with the second factor
}

func isUnknown(f fact) bool {
	_, unknown := f.Problem()
	return unknown
}

// attribute is one setting of a resource with our tag, such as the trail or the
// encryption key.
type attribute struct {
	id            string
	controls, why []string
	fact          func(*state.State) fact
	read          func(*observer, *state.State) // nil: the whole resource's read covers it
	diff          func(*state.State) *change
	write         func(context.Context, *writer, *state.State) error
}

// withAttributes returns a whole resource and one resource for each of its attributes.
// An attribute has a difference only while the whole exists and is ours; otherwise the
// whole creates or adopts it with all of its attributes.
func withAttributes(
	whole resource, attributes []attribute, tags func(*state.State) fact, ours func(*state.State) bool,
	read func(attribute, *observer, *state.State),
) []resource {
	all := []resource{whole}
	for _, p := range attributes {
		all[0].controls = append(all[0].controls, p.controls...)
		all = append(all, resource{
			id: whole.id + "/" + p.id, title: whole.title, controls: p.controls, why: p.why, needs: whole.needs,
			read: func(o *observer, st *state.State) { read(p, o, st) },
			facts: func(st *state.State) []fact {
				if _, unknown := tags(st).Problem(); !unknown && !ours(st) {
					return nil
				}
				return []fact{tags(st), p.fact(st)}
			},
			diff: func(st *state.State) *change {
				if !ours(st) {
					return nil
				}
				c := p.diff(st)
				if c != nil {
					c.op, c.risk, c.undo = Change, Reversible, "set it back to: "+c.before
				}
				return c
			},
			write: func(ctx context.Context, w *writer) (string, error) { return "", p.write(ctx, w, w.have) },
		})
	}
	return all
}

// adoptAttributes is the change that takes over a resource with our name that Claria
// did not create.
func adoptAttributes(s state.Settings, summary string, attributes []attribute, have *state.State) *change {
	before, after := []string{"tag " + state.SystemTag + ": none"}, []string{"tag " + state.SystemTag + ": " + s.SystemName()}
	for _, p := range attributes {
		if c := p.diff(have); c != nil {
			before, after = append(before, p.id+": "+c.before), append(after, p.id+": "+c.after)
		}
	}
	return &change{
		op: Adopt, summary: summary, risk: Reversible, before: strings.Join(before, "\n"), after: strings.Join(after, "\n"),
		undo: "restore the previous settings, and remove the tag " + state.SystemTag,
	}
}
