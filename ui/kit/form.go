package kit

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
)

// Form asks for several lines at once: a signature, a waiver. Tab and shift+tab go
// between the fields, enter goes on and, in the last one, does it, unless a field is
// not as it must be: that one then has the keys.
type Form struct {
	Title  string
	Intro  string // what it is about and what it means; scrolled by page keys when long
	Fields []FormField
	Verb   string // "sign"; the foot says "enter sign"
	// check answers what is wrong with all of it, or "" when it will do.
	Check func(values []string) string
	Do    func(values []string) tea.Cmd
	// grave is a form whose end is more than a note: keys typed ahead do not end it.
	Grave bool
	// left is told what was typed when the form is closed without being done, and
	// nil when it was done; nil: nobody wants to know. What it keeps, begin is given.
	Left func(values []string)

	at     int // the field that has the keys
	scroll int // of the intro
	page   int // lines of the intro last drawn
	wrong  string
	done   bool
	first  []string // the values at the beginning
	deaf   deafness
}

// FormField is one line of a form: a text, or with options a choice.
type FormField struct {
	label   string
	hint    string // dim, when the field has the keys
	options []string
	About   []string // of each option, dim, when it is chosen; nil: nothing
	Input   Field
	chosen  int  // -1: none yet
	empty   bool // it may stay so, and says so
	// check answers what is wrong with the value, or "" when it will do; nil: anything will.
	Check func(value string) string
}

// TextField is a line to type, beginning with value.
func TextField(label, value, hint string) FormField {
	return FormField{label: label, hint: hint, Input: NewField(value)}
}

// OptionalField is a line that may stay empty.
func OptionalField(label, hint string) FormField {
	f := TextField(label, "", hint)
	f.empty = true
	return f
}

// ChoiceField is one of several words, the first to begin with.
func ChoiceField(label, hint string, options []string) FormField {
	return FormField{label: label, hint: hint, options: options}
}

// AnswerField is one of several words, none to begin with: nobody answers by pressing
// enter.
func AnswerField(label string, options []string) FormField {
	return FormField{label: label, hint: "← and → choose.", options: options, chosen: -1, Check: func(value string) string {
		if value == "" {
			return "Choose with ← and →: " + strings.Join(options, " or ") + "."
		}
		return ""
	}}
}

// NotEmpty is a check that a text is not empty.
func NotEmpty(wrong string) func(string) string {
	return func(value string) string {
		if value == "" {
			return wrong
		}
		return ""
	}
}

func (f *FormField) value() string {
	switch {
	case len(f.options) == 0:
		return strings.TrimSpace(f.Input.Value())
	case f.chosen < 0:
		return ""
	}
	return f.options[f.chosen]
}

// Heading is the title in the border.
func (f *Form) Heading() string { return f.Title }

// Begin fills in what was typed before; nil: nothing was.
func (f *Form) Begin(values []string) *Form {
	f.first = f.values()
	for i := range min(len(values), len(f.Fields)) {
		if current := &f.Fields[i]; len(current.options) > 0 {
			current.chosen = slices.Index(current.options, values[i])
		} else {
			current.Input.Set(values[i])
		}
	}
	return f
}

// Typed reports whether there is something that closing the form would lose.
func (f *Form) Typed() bool { return !f.done && !slices.Equal(f.values(), f.first) }

// Opened begins the time in which keys typed ahead do not count.
func (f *Form) Opened(now func() time.Time) tea.Cmd {
	f.deaf.now = now
	if f.Grave {
		return f.deaf.begin()
	}
	return nil
}

// Closed tells what was typed and not used.
func (f *Form) Closed() {
	switch {
	case f.Left == nil:
	case f.Typed():
		f.Left(f.values())
	default:
		f.Left(nil)
	}
}

func (f *Form) values() []string {
	all := make([]string, len(f.Fields))
	for i := range f.Fields {
		all[i] = f.Fields[i].value()
	}
	return all
}

// Update takes a key or a paste.
func (f *Form) Update(msg tea.Msg) (tea.Cmd, bool) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		f.input(msg)
		return nil, false
	}
	switch press.String() {
	case "tab", "down":
		f.at = (f.at + 1) % len(f.Fields)
	case "shift+tab", "up":
		f.at = (f.at + len(f.Fields) - 1) % len(f.Fields)
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
func (f *Form) Hears() bool { return f.deaf.over() }

// enter goes on to the next field, or ends the form.
func (f *Form) enter() (tea.Cmd, bool) {
	if f.at < len(f.Fields)-1 {
		if f.wrong = f.Fields[f.at].wrong(); f.wrong == "" {
			f.at++
		}
		return nil, false
	}
	if f.Grave && !f.Hears() {
		return f.deaf.begin(), false
	}
	for i := range f.Fields {
		if f.wrong = f.Fields[i].wrong(); f.wrong != "" {
			f.at = i
			return nil, false
		}
	}
	values := f.values()
	if f.Check != nil {
		if f.wrong = f.Check(values); f.wrong != "" {
			return nil, false
		}
	}
	f.done = true
	return f.Do(values), true
}

// wrong is what is wrong with a field's value, or "".
func (f *FormField) wrong() string {
	if f.Check == nil {
		return ""
	}
	return f.Check(f.value())
}

// input hands a key or a paste to the field that has the keys.
func (f *Form) input(msg tea.Msg) {
	f.wrong = ""
	current := &f.Fields[f.at]
	if len(current.options) == 0 {
		current.Input.Update(msg)
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

// View draws what is inside the border.
func (f *Form) View(t *Theme, w, h int) string {
	labels := 0
	for i := range f.Fields {
		labels = max(labels, Width(f.Fields[i].label))
	}
	var below []string
	for i := range f.Fields {
		below = append(below, f.line(t, i, labels, w))
	}
	below = append(below, "")
	switch {
	case f.wrong != "":
		for _, line := range Wrap(safe.Line(f.wrong), w) {
			below = append(below, t.In(TokenFail, line))
		}
	default:
		for _, line := range Wrap(f.Fields[f.at].told(), w) {
			below = append(below, t.Dim(line))
		}
	}
	enter := f.Verb
	if f.at < len(f.Fields)-1 {
		enter = "next"
	}
	leave := " do nothing"
	if f.Left != nil && f.Typed() {
		leave = " keep for later"
	}
	below = append(below, "", t.Bold("enter")+" "+enter+"   "+t.Bold("tab")+" next field   "+t.Bold("esc")+leave)

	lines := Wrap(safe.Text(f.Intro), w)
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
		lines = append(slices.Clone(lines[f.scroll:f.scroll+f.page]), t.Dim(more))
	}
	return strings.Join(append(append(lines, ""), below...), "\n")
}

// line is one field: only the one that has the keys has the cursor.
func (f *Form) line(t *Theme, i, labels, w int) string {
	current := &f.Fields[i]
	label := Fit(current.label, labels) + "  "
	room := max(4, w-Width(label))
	if i == f.at {
		label = t.In(TokenSelected, label)
	} else {
		label = t.Dim(label)
	}
	if len(current.options) > 0 {
		text := current.value()
		if text == "" {
			text = "choose"
		}
		if i == f.at {
			return label + InsertCursor(Fit("‹ "+text+" ›", room), 2)
		}
		return label + Cut(text, room)
	}
	if i == f.at {
		return label + current.Input.View(room)
	}
	if current.empty && current.Input.Value() == "" {
		return label + t.Dim(Fit("may stay empty", room))
	}
	return label + Fit(safe.Line(current.Input.Shown()), room)
}

// told is the field's hint, after what there is to say of its choice.
func (f *FormField) told() string {
	if f.About != nil && f.chosen >= 0 {
		return Sentence(f.About[f.chosen]) + " " + f.hint
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
	d.until = d.now().Add(Grace)
	return tea.Tick(Grace, func(time.Time) tea.Msg { return ArmMsg{} })
}

func (d *deafness) over() bool { return d.now == nil || !d.now().Before(d.until) }
