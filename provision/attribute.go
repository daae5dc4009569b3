package provision

import (
	"context"
	"strings"

	"claria/provision/state"
)

// attribute is one setting of a thing that bears our tag, such as the trail or the
// encryption key.
type attribute struct {
	id            string
	controls, why []string
	fact          func(*state.State) fact
	read          func(*observer, *state.State) // nil: the thing's own reading has it
	diff          func(*state.State) *change
	write         func(context.Context, *writer, *state.State) error
}

// withAttributes are the rows of a thing and of its parts, which speak only while the
// thing is ours: of one that is not there, or is somebody else's, its own row does.
func withAttributes(whole resource, parts []attribute, tags func(*state.State) fact, ours func(*state.State) bool, read func(attribute, *observer, *state.State)) []resource {
	all := []resource{whole}
	for _, p := range parts {
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

// adoptAttributes is the change that takes over a thing of our name that we did not make.
func adoptAttributes(s state.Settings, summary string, parts []attribute, have *state.State) *change {
	before, after := []string{"tag " + state.SystemTag + ": none"}, []string{"tag " + state.SystemTag + ": " + s.SystemName()}
	for _, p := range parts {
		if c := p.diff(have); c != nil {
			before, after = append(before, p.id+": "+c.before), append(after, p.id+": "+c.after)
		}
	}
	return &change{
		op: Adopt, summary: summary, risk: Reversible, before: strings.Join(before, "\n"), after: strings.Join(after, "\n"),
		undo: "set the settings back to what is shown as before, and remove the tag " + state.SystemTag,
	}
}
