package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"claria/aws"
	"claria/provision/state"
)

// CannotUndoError says why a change cannot be undone.
type CannotUndoError struct {
	ID       string // of the change, as the ledger numbers it
	Resource string
	Reason   string
}

func (e *CannotUndoError) Error() string {
	return fmt.Sprintf("change %s to %s cannot be undone: %s", e.ID, e.Resource, e.Reason)
}

// ChangedSinceError says that a setting changed again after the change to undo. Its kind
// is aws.Conflict.
type ChangedSinceError struct {
	ID, Resource string
	Left, Now    string // the settings, as JSON
}

func (e *ChangedSinceError) Error() string {
	left, now := excerpts(shown(json.RawMessage(e.Left)), shown(json.RawMessage(e.Now)))
	return fmt.Sprintf("%s was changed again after change %s, and undoing that would overwrite the newer setting: "+
		"nothing was changed; change %s set it to %s; it is now %s", e.Resource, e.ID, e.ID, left, now)
}

// Unwrap gives the error its kind.
func (e *ChangedSinceError) Unwrap() error {
	return &aws.Error{Kind: aws.Conflict, Operation: "undo", Resource: e.Resource}
}

// Step.Undo begins with one of these when Claria cannot undo the step. Ledgers hold them.
const (
	cannotUndo = "Claria cannot undo this: "
	byHand     = "Claria cannot undo this; "
)

// CannotUndo is why Claria cannot undo a step that was done; empty: it can.
func (s Step) CannotUndo() string {
	switch {
	case s.Op == Delete:
		return "what was deleted cannot be restored"
	case s.Kept != nil && s.Risk == Reversible:
		return ""
	case s.Risk == Manual && s.Undo != "":
		return strings.TrimPrefix(strings.TrimPrefix(s.Undo, byHand), cannotUndo)
	case s.Risk == Irreversible:
		return "AWS cannot reverse it"
	}
	return "the step changed nothing, because the setting was already so"
}

// Undo makes the plan that restores what one step changed, from what the ledger kept; id
// is the change's number there. It reads the setting first, and refuses if the setting is
// no longer what the step left. If it is already restored, the plan is empty. observed is
// the account as it is now. Apply takes the plan like any other.
func Undo(
	ctx context.Context, account *aws.Account, observed state.State, settings state.Settings, id string, done Step,
) (plan Plan, err error) {
	if why := done.CannotUndo(); why != "" {
		return Plan{}, &CannotUndoError{id, done.Resource, why}
	}
	settings, block := settled(observed, settings)
	if block != nil {
		return Plan{}, &BlockedError{*block}
	}
	plan = newPlan(observed, Desired(settings), settings)
	all := plan.resources()
	i := slices.IndexFunc(all, func(r resource) bool { return r.id == done.ID && r.setting != nil })
	if i < 0 || all[i].title != done.Resource {
		return Plan{}, &CannotUndoError{id, done.Resource, "this practice's settings no longer ask for it"}
	}
	if done.Kept, err = all[i].setting.readBack(*done.Kept); err != nil {
		return Plan{}, &CannotUndoError{id, done.Resource, err.Error()}
	}
	done.Summary = undoes(id, done)
	done.Undoes, plan.undone = id, &done
	all = plan.resources()
	back := all[i]
	w := &writer{account: account, settings: plan.settings, all: all}
	fresh, err := w.readAgain(ctx, back)
	if err != nil {
		return Plan{}, err
	}
	now, _ := back.raw(fresh).Value()
	// A person approves the setting as it was read here.
	plan.observed.Raw = map[string]*state.Reading[json.RawMessage]{back.id: new(state.Known(now))}
	c := back.diff(&plan.observed)
	if c == nil {
		return plan, nil
	}
	if !bytes.Equal(now, done.Kept.After) && (!back.setting.parts || !done.Kept.halfWay(now)) {
		return Plan{}, &ChangedSinceError{id, done.Resource, string(done.Kept.After), string(now)}
	}
	after, err := plan.Undone()
	if err != nil {
		return Plan{}, err
	}
	if err := plan.needsAdministrator(ctx, account, back, &after); err != nil {
		return Plan{}, err
	}
	step := back.step(c, fresh)
	step.Undoes = id
	plan.Steps = append(plan.Steps, step)
	return plan, nil
}

// readBack is what was kept, as this version writes it, for comparison.
func (s *setting) readBack(k Kept) (*Kept, error) {
	before, err := s.same(k.Before)
	if err != nil {
		return nil, err
	}
	after, err := s.same(k.After)
	return &Kept{Before: before, After: after}, err
}

// needsAdministrator blocks a plan that the daily identity's role may not apply.
func (p *Plan) needsAdministrator(ctx context.Context, account *aws.Account, back resource, after *state.State) error {
	if back.setting.admin == nil || p.Blocked != nil {
		return nil
	}
	why := back.setting.admin(after)
	if why == "" {
		return nil
	}
	identity, err := account.Identity(ctx)
	if err != nil {
		return err
	}
	if ownIdentity(p.settings, identity.ARN) {
		p.Blocked = &Block{
			Reason: why,
			Next:   "undo it with an administrator's credential: claria setup --undo " + p.undone.Undoes + " --credentials profile:NAME",
		}
	}
	return nil
}

// Undone is the account as Observe would read it after a plan of Undo. A control that
// fails there and not now fails because of the plan.
func (p Plan) Undone() (state.State, error) {
	if p.undone == nil {
		return state.State{}, errors.New("the plan undoes nothing")
	}
	snapshot := p.observed
	for _, r := range p.resources() {
		if r.id == p.undone.ID {
			return snapshot, r.setting.see(&snapshot, p.undone.Kept.Before)
		}
	}
	return state.State{}, fmt.Errorf("this version of Claria has no step %q", p.undone.ID)
}

// back is the resource with the setting that the step found as its desired setting.
func (r resource) back(done Step) resource {
	whole, target := r.setting, done.Kept.Before
	raw := func(st *state.State) state.Reading[json.RawMessage] {
		return state.Derive(r.raw(st), func(now json.RawMessage) json.RawMessage {
			if whole.entries {
				return done.Kept.only(now)
			}
			return now
		})
	}
	b := r
	narrowed := *whole
	narrowed.gather, narrowed.of, narrowed.from = nil, raw, done.Kept.After
	b.setting = &narrowed
	b.read = func(o *observer, st *state.State) {
		r.read(o, st)
		r.readSetting(o, st)
	}
	b.facts = func(st *state.State) []fact { return []fact{raw(st)} }
	b.stuck, b.done, b.asked = nil, nil, false
	b.diff = func(st *state.State) *change {
		now, _ := raw(st).Value()
		if bytes.Equal(now, target) {
			return nil
		}
		// A person approves what is written, not the words that were recorded with it.
		return &change{op: Change, summary: done.Summary, before: shown(now), after: shown(target), risk: Reversible}
	}
	b.write = func(ctx context.Context, w *writer) (string, error) { return w.putBack(ctx, b, target) }
	return b
}

// putBack writes a setting that was kept. If the answer is lost, it reads the setting
// instead of writing again: a second write could overwrite a newer change.
func (w *writer) putBack(ctx context.Context, r resource, target json.RawMessage) (string, error) {
	once := *w
	once.account = w.account.Unrepeated()
	if r.setting.entries {
		now, _ := r.raw(w.have).Value()
		target = unlike(target, now)
	}
	err := r.setting.put(ctx, &once, target)
	lost := lostAnswer(err)
	if err == nil || !lost && !r.setting.parts {
		return "", err
	}
	fresh, unread := w.readAgain(ctx, r)
	switch {
	case unread != nil:
		return "", fmt.Errorf("%w; the setting could not be read afterwards (%w), so it may or may not be restored: "+
			"undo it again to find out", err, unread)
	case lost && r.diff(fresh) == nil:
		return "AWS's answer was lost, but the setting was restored", nil
	case lost && r.sameFacts(fresh, w.have):
		return "", fmt.Errorf("%w; the setting was not restored: undo it again", err)
	case r.sameFacts(fresh, w.have):
		return "", err
	case r.setting.parts:
		return "", fmt.Errorf("%w; a part of the setting is restored: undo it again to restore the rest", err)
	}
	return "", fmt.Errorf("%w; part of the setting may be restored: claria setup --plan shows what differs from how it should be", err)
}

// undoing matches the summary of a step that undid another, around that one's summary.
var undoing = regexp.MustCompile(`^(?:undoes|puts back) change [^ ]+ (?:\(|, which undid change [^ ]+ \()(.*)\)$`)

// undoes is the summary of a step that undoes another. That of an undo has the summary of
// the change at the bottom once, however often it was undone and made again.
func undoes(id string, done Step) string {
	plain := done.Summary
	for {
		inner := undoing.FindStringSubmatch(plain)
		if inner == nil {
			break
		}
		plain = inner[1]
	}
	if done.Undoes != "" {
		id += ", which undid change " + done.Undoes
	}
	return "undoes change " + id + " (" + plain + ")"
}

// shown is a setting that was kept as a person approves it: a text as it is, such as a
// policy, and anything else as JSON.
func shown(raw json.RawMessage) string {
	if absentRaw(raw) {
		return orNothing("")
	}
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		return text
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return string(raw)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // policies have many of < and &
	if encoder.Encode(value) != nil {
		return string(raw)
	}
	return strings.TrimSpace(out.String())
}

const (
	excerptLength = 200 // runes
	excerptLead   = 40  // runes that are the same, before the first that differs
)

// excerpts are two settings on one line each, cut to where they begin to differ.
func excerpts(a, b string) (string, string) {
	x, y := []rune(strings.Join(strings.Fields(a), " ")), []rune(strings.Join(strings.Fields(b), " "))
	same := 0
	for same < min(len(x), len(y)) && x[same] == y[same] {
		same++
	}
	from := max(0, same-excerptLead)
	if max(len(x), len(y)) <= excerptLength {
		from = 0
	}
	cut := func(text []rune) string {
		text, head, tail := text[from:], "", ""
		if from > 0 {
			head = "…"
		}
		if len(text) > excerptLength {
			text, tail = text[:excerptLength], "…"
		}
		return head + string(text) + tail
	}
	return cut(x), cut(y)
}
