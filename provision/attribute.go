package provision

import (
	"context"
	"strings"

	"claria/provision/state"
)

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
