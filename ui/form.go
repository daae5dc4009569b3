package ui

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
)

// form asks for several lines at once: a signature, a waiver. Tab and shift+tab go
// between the fields, enter goes on and, in the last one, does it, unless a field is
// not as it must be: that one then has the keys.
type form struct {
	title  string
	intro  string // what it is about and what it means; scrolled by page keys when long
	fields []formField
	verb   string // "sign"; the foot says "enter sign"
	// check answers what is wrong with all of it, or "" when it will do.
	check func(values []string) string
	do    func(values []string) tea.Cmd
	// grave is a form whose end is more than a note: keys typed ahead do not end it.
	grave bool
	// left is told what was typed when the form is closed without being done, and
	// nil when it was done; nil: nobody wants to know. What it keeps, begin is given.
	left func(values []string)

	at     int // the field that has the keys
	scroll int // of the intro
	page   int // lines of the intro last drawn
	wrong  string
	done   bool
	first  []string // the values at the beginning
	deaf   deafness
}

// formField is one line of a form: a text, or with options a choice.
type formField struct {
	label   string
	hint    string // dim, when the field has the keys
	options []string
	about   []string // of each option, dim, when it is chosen; nil: nothing
	input   field
	chosen  int  // -1: none yet
	empty   bool // it may stay so, and says so
	// check answers what is wrong with the value, or "" when it will do; nil: anything will.
	check func(value string) string
}

// textField is a line to type, beginning with value.
func textField(label, value, hint string) formField {
	return formField{label: label, hint: hint, input: newField(value)}
}

// optionalField is a line that may stay empty.
func optionalField(label, hint string) formField {
	f := textField(label, "", hint)
	f.empty = true
	return f
}

// choiceField is one of several words, the first to begin with.
func choiceField(label, hint string, options []string) formField {
	return formField{label: label, hint: hint, options: options}
}

// answerField is one of several words, none to begin with: nobody answers by pressing
// enter.
func answerField(label string, options []string) formField {
	return formField{label: label, hint: "← and → choose.", options: options, chosen: -1, check: func(value string) string {
		if value == "" {
			return "Choose with ← and →: " + strings.Join(options, " or ") + "."
		}
		return ""
	}}
}

// must is a check that a text is not empty.
func must(wrong string) func(string) string {
	return func(value string) string {
		if value == "" {
			return wrong
		}
		return ""
	}
}

func (f *formField) value() string {
	switch {
	case len(f.options) == 0:
		return strings.TrimSpace(f.input.Value())
	case f.chosen < 0:
		return ""
	}
	return f.options[f.chosen]
}

func (f *form) Title() string { return f.title }

// begin fills in what was typed before; nil: nothing was.
func (f *form) begin(values []string) *form {
	f.first = f.values()
	for i := range min(len(values), len(f.fields)) {
		if current := &f.fields[i]; len(current.options) > 0 {
			current.chosen = slices.Index(current.options, values[i])
		} else {
			current.input.Set(values[i])
		}
	}
	return f
}

// typed reports whether there is something that closing the form would lose.
func (f *form) typed() bool { return !f.done && !slices.Equal(f.values(), f.first) }

func (f *form) Opened(now func() time.Time) tea.Cmd {
	f.deaf.now = now
	if f.grave {
		return f.deaf.begin()
	}
	return nil
}

// Closed tells what was typed and not used.
func (f *form) Closed() {
	switch {
	case f.left == nil:
	case f.typed():
		f.left(f.values())
	default:
		f.left(nil)
	}
}

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
		f.scroll += max(1, f.page-1)
	case "pgup":
		f.scroll = max(0, f.scroll-max(1, f.page-1))
	case "enter":
		return f.enter()
	default:
		f.input(msg)
	}
	return nil, false
}

// Hears reports whether enter ends the form by now.
func (f *form) Hears() bool { return f.deaf.over() }

// enter goes on to the next field, or ends the form.
func (f *form) enter() (tea.Cmd, bool) {
	if f.at < len(f.fields)-1 {
		if f.wrong = f.fields[f.at].wrong(); f.wrong == "" {
			f.at++
		}
		return nil, false
	}
	if f.grave && !f.Hears() {
		return f.deaf.begin(), false
	}
	for i := range f.fields {
		if f.wrong = f.fields[i].wrong(); f.wrong != "" {
			f.at = i
			return nil, false
		}
	}
	values := f.values()
	if f.check != nil {
		if f.wrong = f.check(values); f.wrong != "" {
			return nil, false
		}
	}
	f.done = true
	return f.do(values), true
}

// wrong is what is wrong with a field's value, or "".
func (f *formField) wrong() string {
	if f.check == nil {
		return ""
	}
	return f.check(f.value())
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
		current.chosen = (max(0, current.chosen) + n - 1) % n
	default: // the first letter, of the next that begins with it
		for i := range n {
			if at := (current.chosen + 1 + i) % n; strings.HasPrefix(strings.ToLower(current.options[at]), key) {
				current.chosen = at
				return
			}
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
	default:
		for _, line := range wrap(f.fields[f.at].told(), w) {
			below = append(below, t.dim(line))
		}
	}
	enter := f.verb
	if f.at < len(f.fields)-1 {
		enter = "next"
	}
	leave := " do nothing"
	if f.left != nil && f.typed() {
		leave = " keep for later"
	}
	below = append(below, "", t.bold("enter")+" "+enter+"   "+t.bold("tab")+" next field   "+t.bold("esc")+leave)

	lines := wrap(safe.Text(f.intro), w)
	if room := max(2, h-len(below)-1); len(lines) > room {
		f.page = room - 1
		last := len(lines) - f.page
		f.scroll = min(f.scroll, last)
		more := "… page down: more"
		switch {
		case f.scroll == last:
			more = "… page up"
		case f.scroll > 0:
			more = "… page up, page down"
		}
		lines = append(slices.Clone(lines[f.scroll:f.scroll+f.page]), t.dim(more))
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
		text := current.value()
		if text == "" {
			text = "choose"
		}
		if i == f.at {
			return label + insertCursor(fit("‹ "+text+" ›", room), 2)
		}
		return label + cut(text, room)
	}
	if i == f.at {
		return label + current.input.View(room)
	}
	if current.empty && current.input.Value() == "" {
		return label + t.dim(fit("may stay empty", room))
	}
	return label + fit(safe.Line(current.input.Shown()), room)
}

// told is the field's hint, after what there is to say of its choice.
func (f *formField) told() string {
	if f.about != nil && f.chosen >= 0 {
		return sentence(f.about[f.chosen]) + " " + f.hint
	}
	return f.hint
}

// deafness is how long keys that end something do not count: for a moment after it
// came up, and after each such key that came too early, because it was typed ahead.
type deafness struct {
	now   func() time.Time
	until time.Time
}

func (d *deafness) begin() tea.Cmd {
	d.until = d.now().Add(grace)
	return tea.Tick(grace, func(time.Time) tea.Msg { return armMsg{} })
}

func (d *deafness) over() bool { return d.now == nil || !d.now().Before(d.until) }
