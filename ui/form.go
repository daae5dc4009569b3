package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
)

// form asks for several lines at once: a signature, a waiver. Tab and shift+tab go
// between the fields, enter goes on and, in the last one, does it.
type form struct {
	title  string
	intro  string // what it is about and what it means; scrolled by page keys when long
	fields []formField
	verb   string // "sign"; the foot says "enter sign"
	// check answers what is wrong with all of it, or "" when it will do.
	check func(values []string) string
	do    func(values []string) tea.Cmd

	at     int // the field that has the keys
	scroll int // of the intro
	wrong  string
}

// formField is one line of a form: a text, or with options a choice.
type formField struct {
	label   string
	hint    string // dim, when the field has the keys
	options []string
	input   field
	chosen  int
}

// textField is a line to type, beginning with value.
func textField(label, value, hint string) formField {
	return formField{label: label, hint: hint, input: newField(value)}
}

// choiceField is one of several words.
func choiceField(label, hint string, options []string) formField {
	return formField{label: label, hint: hint, options: options}
}

func (f *formField) value() string {
	if len(f.options) > 0 {
		return f.options[f.chosen]
	}
	return strings.TrimSpace(f.input.Value())
}

func (f *form) Title() string { return f.title }

func (f *form) values() []string {
	all := make([]string, len(f.fields))
	for i := range f.fields {
		all[i] = f.fields[i].value()
	}
	return all
}

func (f *form) Update(msg tea.Msg) (tea.Cmd, bool) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		f.input(msg)
		return nil, false
	}
	switch press.String() {
	case "tab", "down":
		f.at = (f.at + 1) % len(f.fields)
	case "shift+tab", "up":
		f.at = (f.at + len(f.fields) - 1) % len(f.fields)
	case "pgdown":
		f.scroll++
	case "pgup":
		f.scroll = max(0, f.scroll-1)
	case "enter":
		if f.at < len(f.fields)-1 {
			f.at++
			return nil, false
		}
		values := f.values()
		if f.wrong = f.check(values); f.wrong != "" {
			return nil, false
		}
		return f.do(values), true
	default:
		f.input(msg)
	}
	return nil, false
}

// input hands a key or a paste to the field that has the keys.
func (f *form) input(msg tea.Msg) {
	f.wrong = ""
	current := &f.fields[f.at]
	if len(current.options) == 0 {
		current.input.Update(msg)
		return
	}
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return
	}
	n := len(current.options)
	switch key := press.String(); key {
	case "right", "space":
		current.chosen = (current.chosen + 1) % n
	case "left":
		current.chosen = (current.chosen + n - 1) % n
	default: // the first letter
		if i := slices.IndexFunc(current.options, func(o string) bool { return strings.HasPrefix(strings.ToLower(o), key) }); i >= 0 {
			current.chosen = i
		}
	}
}

func (f *form) View(t *theme, w, h int) string {
	labels := 0
	for i := range f.fields {
		labels = max(labels, width(f.fields[i].label))
	}
	var below []string
	for i := range f.fields {
		below = append(below, f.line(t, i, labels, w))
	}
	below = append(below, "")
	switch {
	case f.wrong != "":
		for _, line := range wrap(safe.Line(f.wrong), w) {
			below = append(below, t.in(tokenFail, line))
		}
	case f.fields[f.at].hint != "":
		for _, line := range wrap(f.fields[f.at].hint, w) {
			below = append(below, t.dim(line))
		}
	}
	enter := f.verb
	if f.at < len(f.fields)-1 {
		enter = "next"
	}
	below = append(below, "", t.bold("enter")+" "+enter+"   "+t.bold("tab")+" next field   "+t.bold("esc")+" do nothing")

	lines := wrap(safe.Text(f.intro), w)
	if room := max(2, h-len(below)-1); len(lines) > room {
		f.scroll = min(f.scroll, len(lines)-room+1)
		lines = append(lines[f.scroll:min(len(lines), f.scroll+room-1)], t.dim("… page up, page down"))
	}
	return strings.Join(append(append(lines, ""), below...), "\n")
}

// line is one field: only the one that has the keys has the cursor.
func (f *form) line(t *theme, i, labels, w int) string {
	current := &f.fields[i]
	label := fit(current.label, labels) + "  "
	room := max(4, w-width(label))
	if i == f.at {
		label = t.in(tokenSelected, label)
	} else {
		label = t.dim(label)
	}
	if len(current.options) > 0 {
		text := current.options[current.chosen]
		if i == f.at {
			return label + insertCursor(fit("‹ "+text+" ›", room), 2)
		}
		return label + cut(text, room)
	}
	if i == f.at {
		return label + current.input.View(room)
	}
	return label + fit(safe.Line(current.input.Shown()), room)
}
