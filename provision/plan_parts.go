package provision

import (
	"context"
	"strings"
)

// part is one setting of a thing that bears our tag, such as the trail or the
// encryption key.
type part struct {
	id            string
	controls, why []string
	fact          func(*State) fact
	read          func(*observer, *State) // nil: the thing's own reading has it
	diff          func(*State) *change
	write         func(context.Context, *writer, *State) error
}

// withParts are the rows of a thing and of its parts, which speak only while the
// thing is ours: of one that is not there, or is somebody else's, its own row does.
func withParts(whole row, parts []part, tags func(*State) fact, ours func(*State) bool, read func(part, *observer, *State)) []row {
	all := []row{whole}
	for _, p := range parts {
		all[0].controls = append(all[0].controls, p.controls...)
		all = append(all, row{
			id: whole.id + "/" + p.id, resource: whole.resource, controls: p.controls, why: p.why, needs: whole.needs,
			read: func(o *observer, st *State) { read(p, o, st) },
			facts: func(st *State) []fact {
				if _, unknown := tags(st).Problem(); !unknown && !ours(st) {
					return nil
				}
				return []fact{tags(st), p.fact(st)}
			},
			diff: func(st *State) *change {
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

// adoptParts is the change that takes over a thing of our name that we did not make.
func (s Settings) adoptParts(summary string, parts []part, have *State) *change {
	before, after := []string{"tag " + SystemTag + ": none"}, []string{"tag " + SystemTag + ": " + s.system()}
	for _, p := range parts {
		if c := p.diff(have); c != nil {
			before, after = append(before, p.id+": "+c.before), append(after, p.id+": "+c.after)
		}
	}
	return &change{
		op: Adopt, summary: summary, risk: Reversible, before: strings.Join(before, "\n"), after: strings.Join(after, "\n"),
		undo: "set the settings back to what is shown as before, and remove the tag " + SystemTag,
	}
}
