package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"claria/aws"
	"claria/provision/state"
)

// Kept is what Undo needs: a setting as AWS had it just before a step wrote it, and as
// AWS showed it afterwards. An undo that completes one that stopped half way keeps what
// was there before the first. Both are JSON; null: there was none. Account settings hold
// no patient information.
type Kept struct {
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// A setting is how a resource's setting is read in full and written back. For some
// settings a State has only what a control needs, so these are read once more.
type setting struct {
	// gather schedules the full read; nil: the State has it.
	gather func(o *observer, st *state.State, into *state.Reading[json.RawMessage])
	of     func(st *state.State) state.Reading[json.RawMessage] // from the State; nil where gather is set
	// put writes the value to AWS; null removes the setting.
	put func(ctx context.Context, w *writer, raw json.RawMessage) error
	// see changes a State to what Observe reads when AWS has the value.
	see func(st *state.State, raw json.RawMessage) error
	// same is a recorded value as this version writes it: another version may have left
	// members out.
	same func(raw json.RawMessage) (json.RawMessage, error)
	// removable settings may be absent; the others always have a value.
	removable bool
	// entries says that the value is a JSON object with one member for each of several
	// things. A step keeps the members that it changed, and Undo looks at no others.
	entries bool
	// parts says that several writes restore the setting, so that an undo may stop half way.
	parts bool
	// from is what the undo as a whole began from; nil: the setting is not being undone.
	from json.RawMessage
	// never is why the setting cannot be restored to what it is in the State; empty: it can.
	never func(st *state.State) string
	// admin is why only an administrator, not the provisioner role, may restore it to what
	// it is in the State; empty: the role may too.
	admin func(st *state.State) string
}

// whole describes a setting of one type.
type whole[T any] struct {
	of        func(*state.State) state.Reading[T]
	operation string // of ask
	ask       func(context.Context, *observer) (T, error)
	put       func(context.Context, *writer, T) error
	drop      func(context.Context, *writer) error // nil: it cannot be absent
	see       func(*state.State, state.Reading[T])
	never     func(*state.State) string
	admin     func(*state.State) string
	entries   bool
	parts     bool // entries are parts too
}

// null is the JSON of an absent setting.
const null = "null"

// keep makes the setting from its description.
func keep[T any](d whole[T]) *setting {
	s := &setting{removable: d.drop != nil, entries: d.entries, parts: d.parts || d.entries, never: d.never, admin: d.admin}
	if d.ask != nil {
		s.gather = func(o *observer, _ *state.State, into *state.Reading[json.RawMessage]) {
			o.do(func(ctx context.Context) {
				value, err := d.ask(ctx, o)
				*into = rawOf(state.ReadingOf(value, err, d.operation))
			})
		}
	} else {
		s.of = func(st *state.State) state.Reading[json.RawMessage] { return rawOf(d.of(st)) }
	}
	decode := func(raw json.RawMessage) (state.Reading[T], error) {
		if absentRaw(raw) {
			return state.Absent[T](), nil
		}
		var value T
		if err := json.Unmarshal(raw, &value); err != nil {
			return state.Reading[T]{}, fmt.Errorf("the recorded setting cannot be read: %w", err)
		}
		return state.Known(value), nil
	}
	s.put = func(ctx context.Context, w *writer, raw json.RawMessage) error {
		r, err := decode(raw)
		if err != nil {
			return err
		}
		if value, ok := r.Value(); ok {
			return d.put(ctx, w, value)
		}
		if d.drop == nil {
			return errors.New("this setting cannot be removed")
		}
		return d.drop(ctx, w)
	}
	s.same = func(raw json.RawMessage) (json.RawMessage, error) {
		r, err := decode(raw)
		if err != nil {
			return nil, err
		}
		again, _ := rawOf(r).Value()
		return again, nil
	}
	s.see = func(st *state.State, raw json.RawMessage) error {
		r, err := decode(raw)
		if err == nil {
			d.see(st, r)
		}
		return err
	}
	return s
}

func absentRaw(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == null }

// rawOf is a reading as a reading of its JSON; absent is null.
func rawOf[T any](r state.Reading[T]) state.Reading[json.RawMessage] {
	if p, unknown := r.Problem(); unknown {
		return state.Unknown[json.RawMessage](p)
	}
	value, ok := r.Value()
	if !ok {
		return state.Known(json.RawMessage(null))
	}
	data, err := json.Marshal(value)
	if err != nil {
		return state.Unknown[json.RawMessage](state.Problem{Message: err.Error()})
	}
	return state.Known(json.RawMessage(data))
}

// readSetting schedules the full read of the setting, where the resource's read does not
// cover it.
func (r resource) readSetting(o *observer, st *state.State) {
	if r.setting == nil || r.setting.gather == nil {
		return
	}
	if st.Raw == nil {
		st.Raw = map[string]*state.Reading[json.RawMessage]{}
	}
	into := new(state.Reading[json.RawMessage])
	st.Raw[r.id] = into
	r.setting.gather(o, st, into)
}

// raw is the resource's setting in a State, as JSON.
func (r resource) raw(st *state.State) state.Reading[json.RawMessage] {
	if kept, ok := st.Raw[r.id]; ok {
		return *kept
	}
	if r.setting.of == nil {
		return state.Reading[json.RawMessage]{}
	}
	return r.setting.of(st)
}

// kept is what a step changed; nil: the resource has no setting to restore.
func (r resource) kept(before, after *state.State) *Kept {
	if r.setting == nil || before == nil || after == nil {
		return nil
	}
	was, known := r.raw(before).Value()
	is, knownToo := r.raw(after).Value()
	if !known || !knownToo {
		return nil
	}
	if r.setting.from != nil {
		was = r.setting.from
	}
	k := Kept{Before: was, After: is}
	if r.setting.entries {
		k = k.changed()
	}
	return &k
}

// changed is k without the entries that are the same before and after.
func (k Kept) changed() Kept {
	before, after := entriesOf(k.Before), entriesOf(k.After)
	maps.DeleteFunc(before, func(name string, was json.RawMessage) bool { return bytes.Equal(was, after[name]) })
	maps.DeleteFunc(after, func(name string, _ json.RawMessage) bool { _, kept := before[name]; return !kept })
	return Kept{Before: entriesJSON(before), After: entriesJSON(after)}
}

// only is raw with the entries that were kept.
func (k Kept) only(raw json.RawMessage) json.RawMessage {
	before, all := entriesOf(k.Before), entriesOf(raw)
	maps.DeleteFunc(all, func(name string, _ json.RawMessage) bool { _, kept := before[name]; return !kept })
	return entriesJSON(all)
}

// unlike are the entries of raw that another value does not have as they are.
func unlike(raw, other json.RawMessage) json.RawMessage {
	all, others := entriesOf(raw), entriesOf(other)
	maps.DeleteFunc(all, func(name string, value json.RawMessage) bool { return bytes.Equal(value, others[name]) })
	return entriesJSON(all)
}

// halfWay reports whether every part of a setting is as it was before the step or as the
// step left it, as after an undo that stopped half way. Nothing newer is overwritten when
// the rest is restored.
func (k Kept) halfWay(now json.RawMessage) bool {
	var is, was, left any
	if json.Unmarshal(now, &is) != nil || json.Unmarshal(k.Before, &was) != nil || json.Unmarshal(k.After, &left) != nil {
		return false
	}
	return between(is, was, left)
}

// between compares the members of objects one by one, and lists as sets.
func between(is, was, left any) bool {
	if reflect.DeepEqual(is, was) || reflect.DeepEqual(is, left) {
		return true
	}
	objects, ok := all[map[string]any](is, was, left)
	if ok {
		names := map[string]bool{}
		for _, o := range objects {
			for name := range o {
				names[name] = true
			}
		}
		for name := range names {
			if !between(objects[0][name], objects[1][name], objects[2][name]) {
				return false
			}
		}
		return true
	}
	lists, ok := all[[]any](is, was, left)
	if !ok {
		return false
	}
	has := func(list []any, member any) bool {
		return slices.ContainsFunc(list, func(other any) bool { return reflect.DeepEqual(other, member) })
	}
	for _, member := range lists[0] {
		if !has(lists[1], member) && !has(lists[2], member) {
			return false
		}
	}
	for _, member := range lists[1] {
		if has(lists[2], member) && !has(lists[0], member) {
			return false
		}
	}
	return true
}

// all are the values as one type, where null is the type's zero value.
func all[T any](values ...any) ([]T, bool) {
	typed := make([]T, len(values))
	for i, value := range values {
		if value == nil {
			continue
		}
		var ok bool
		if typed[i], ok = value.(T); !ok {
			return nil, false
		}
	}
	return typed, true
}

// was is a setting as a step found it, where it is read in full.
func was[T any](w *writer, id string) (value T) {
	if r := w.have.Raw[id]; r != nil {
		raw, _ := r.Value()
		_ = json.Unmarshal(raw, &value) // the program wrote it just now
	}
	return value
}

func entriesOf(raw json.RawMessage) map[string]json.RawMessage {
	all := map[string]json.RawMessage{}
	_ = json.Unmarshal(raw, &all) // a value that is not an object has no entries
	return all
}

func entriesJSON(all map[string]json.RawMessage) json.RawMessage {
	data, err := json.Marshal(all)
	if err != nil {
		return json.RawMessage(null)
	}
	return data
}

// undoable says, before a change is made, whether and how it can be undone.
func (r resource) undoable(c *change, have *state.State) (Risk, string) {
	if c.risk != Reversible {
		return c.risk, ""
	}
	s := r.setting
	switch {
	case s == nil || c.op == Adopt || c.op == Delete || c.op == Create && !s.removable:
		return Manual, byHand + "by hand: " + c.undo
	case s.never != nil && s.never(have) != "":
		return Manual, cannotUndo + s.never(have)
	}
	how := "press u in the history, or run claria setup --undo"
	if s.admin != nil && s.admin(have) != "" {
		how = "run claria setup --undo with an administrator's credential, because " + s.admin(have)
	}
	const short = 200 // a longer one is a policy, which the step shows as before
	if before := orNothing(c.before); len(before) <= short {
		how += "; it was: " + before
	}
	return c.risk, how
}

// settingsByResource is the table of settings, by the ids of their resources. A resource
// that is not in it creates or deletes something, which Undo does not undo.
func settingsByResource(s state.Settings, want *state.State) map[string]*setting {
	all := map[string]*setting{}
	for _, topic := range []map[string]*setting{
		accountSettings(s), bucketSettingsKept(s, auditBucketKind(want)), bucketSettingsKept(s, dataBucketKind(want)),
		trailSettings(want), identitySettings(want), credentialSettings(), modelSettings(s), keySettings(s), alertSettings(s), accessPointSettings(), archiveTierSettings(s),
	} {
		maps.Copy(all, topic)
	}
	return all
}

// replaced is a list with the matching members changed.
func replaced[T any](list state.Reading[[]T], is func(T) bool, change func(T) T) state.Reading[[]T] {
	return state.Derive(list, func(all []T) []T {
		all = slices.Clone(all)
		for i := range all {
			if is(all[i]) {
				all[i] = change(all[i])
			}
		}
		return all
	})
}

// lostAnswer reports whether the error leaves open whether AWS did the request.
func lostAnswer(err error) bool {
	kind := aws.KindOf(err)
	return kind == aws.Offline || kind == aws.Unavailable || kind == aws.Stopped
}
