package kit

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
)

// Form asks for several lines at once: a signature, a waiver. Tab and shift+tab move
// between the fields. Enter goes to the next field; in the last one it finishes the
// form, or goes to the first field with a mistake.
type Form struct {
	Title  string
	Intro  string // what it is about and what it means; page keys scroll it
	Fields []FormField
	Verb   string // "sign": the last line says "enter sign"
	// Check returns what is wrong with the values together, or "".
	Check func(values []string) string
	Do    func(values []string) tea.Cmd
	// Grave is a form with lasting consequences: keys typed ahead do not finish it.
	Grave bool
	// Left gets what was typed when the form is closed unfinished, and nil when it is
	// finished. Begin fills in what Left kept. It may be nil.
	Left func(values []string)

	at     int // the field that has the focus
	scroll int // of the intro
	page   int // lines of the intro last drawn
	wrong  string
	done   bool
	first  []string // the values that the form began with
	deaf   deafness
}

// FormField is one line of a form: a text, or a choice if it has options.
type FormField struct {
	label   string
	hint    string // dim, while the field has the focus
	options []string
	About   []string // what each option means, dim, while it is chosen; may be nil
	Input   Field
	chosen  int  // -1: none yet
	empty   bool // it is optional, and says so
	// Check returns what is wrong with the value, or "". It may be nil.
	Check func(value string) string
}

// TextField is a line to type; value is already typed in it.
func TextField(label, value, hint string) FormField {
	return FormField{label: label, hint: hint, Input: NewField(value)}
}

// OptionalField is a line that can stay empty.
func OptionalField(label, hint string) FormField {
	f := TextField(label, "", hint)
	f.empty = true
	return f
}

// ChoiceField is one of several words; the first is chosen at the start.
func ChoiceField(label, hint string, options []string) FormField {
	return FormField{label: label, hint: hint, options: options}
}

// AnswerField is one of several words; none is chosen at the start, so that pressing
// enter is not an answer.
func AnswerField(label string, options []string) FormField {
	return FormField{label: label, hint: "Choose with ← and →.", options: options, chosen: -1, Check: func(value string) string {
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

// Begin fills in what was typed before; values may be nil.
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

// Typed reports whether closing the form would lose something.
func (f *Form) Typed() bool { return !f.done && !slices.Equal(f.values(), f.first) }

// Opened starts the grace period.
func (f *Form) Opened(now func() time.Time) tea.Cmd {
	f.deaf.now = now
	if f.Grave {
		return f.deaf.begin()
	}
	return nil
}

// Closed hands on what was typed and not used.
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

// Hears reports whether the grace period is over.
func (f *Form) Hears() bool { return f.deaf.over() }

// enter goes to the next field, or finishes the form.
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

// input hands a key or a paste to the field that has the focus.
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
	default: // the next option that begins with the letter
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
		for _, line := range Wrap(f.Fields[f.at].help(), w) {
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
		more := "… page down for more"
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

// line is one field. Only the one that has the focus has the cursor.
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
		return label + t.Dim(Fit("optional", room))
	}
	return label + Fit(safe.Line(current.Input.Shown()), room)
}

// help is the field's hint, after what its chosen option means.
func (f *FormField) help() string {
	if f.About != nil && f.chosen >= 0 {
		return Sentence(f.About[f.chosen]) + " " + f.hint
	}
	return f.hint
}

// deafness is the grace period of a form: [Grace] after it opens, and again after each
// key that came too early, because that key was typed ahead.
type deafness struct {
	now   func() time.Time
	until time.Time
}

func (d *deafness) begin() tea.Cmd {
	d.until = d.now().Add(Grace)
	return tea.Tick(Grace, func(time.Time) tea.Msg { return ArmMsg{} })
}

func (d *deafness) over() bool { return d.now == nil || !d.now().Before(d.until) }
