package ui

import (
	"cmp"
	"math"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
	"claria/internal/words"
)

// dialog is a box on top of the pane. The topmost one gets all keys but ctrl+c
// and ctrl+z, and esc closes it.
type dialog interface {
	// Update takes a message; closed is true when the dialog has done its work.
	Update(msg tea.Msg) (cmd tea.Cmd, closed bool)
	// View draws the dialog's content in at most w × h; the frame draws the border.
	View(t *theme, w, h int) string
	// Title is shown in the border.
	Title() string
}

// whole is a dialog that may take the whole screen: it answers its lines, or nil to
// be drawn in a box.
type whole interface {
	Whole(t *theme, w, h int) []string
}

// opened is a dialog that wants to know when it came up.
type opened interface {
	Opened(now func() time.Time) tea.Cmd
}

// grace is how long a dangerous dialog is deaf after it came up, and after every
// key it ignored: keys typed ahead do not confirm.
const grace = 400 * time.Millisecond

// armMsg redraws a dialog when its grace is over.
type armMsg struct{}

// confirm asks before something dangerous is done, or before Claria is quit. The
// key that confirms is "y", never the key that opened it; no other key acts here
// but esc and those that scroll.
type confirm struct {
	title string
	// what it will do, to what, and how to undo it. Each is drawn under its word.
	what, target, undo string
	details            []string // shown below, scrolled when long; styled lines
	verb               string   // "turn it back on"; the footer of the dialog says "y turn it back on"
	back               string   // what esc does; empty: "do nothing"
	do                 func() tea.Cmd
	// extra are further keys and what they answer; nil: none.
	now    func() time.Time
	deaf   time.Time // until then no key confirms
	scroll int
}

const confirmKey = "y"

func (c *confirm) Title() string { return c.title }

func (c *confirm) Opened(now func() time.Time) tea.Cmd {
	c.now = now
	return c.rearm()
}

func (c *confirm) rearm() tea.Cmd {
	c.deaf = c.now().Add(grace)
	return tea.Tick(grace, func(time.Time) tea.Msg { return armMsg{} })
}

func (c *confirm) armed() bool { return !c.now().Before(c.deaf) }

func (c *confirm) Update(msg tea.Msg) (tea.Cmd, bool) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	switch key := press.String(); {
	case move(key) == "up":
		c.scroll = max(0, c.scroll-1)
	case move(key) == "down":
		c.scroll = min(max(0, len(c.details)-1), c.scroll+1)
	case !c.armed():
		return c.rearm(), false
	case key == confirmKey:
		return c.do(), true
	}
	return nil, false
}

func (c *confirm) View(t *theme, w, h int) string {
	var lines []string
	add := func(label, text string) {
		if text == "" {
			return
		}
		for i, line := range wrap(text, max(10, w-8)) {
			head := ""
			if i == 0 {
				head = label
			}
			lines = append(lines, t.dim(fit(head, 8))+line)
		}
	}
	add("Does", c.what)
	add("To", c.target)
	add("Undo", c.undo)
	back := cmp.Or(c.back, "do nothing")
	foot := t.bold(confirmKey) + " " + c.verb + "   " + t.bold("esc") + " " + back
	if c.now == nil || !c.armed() {
		foot = t.dim(confirmKey + " " + c.verb + "   esc " + back)
	}
	if len(c.details) > 0 {
		lines = append(lines, "")
		room := max(1, h-len(lines)-2)
		from := min(c.scroll, max(0, len(c.details)-room))
		to := min(len(c.details), from+room)
		lines = append(lines, c.details[from:to]...)
		if to < len(c.details) {
			lines[len(lines)-1] = t.dim("… " + words.Plural(len(c.details)-to+1, "more line", "more lines") + ", ↓ shows them")
		}
	}
	lines = append(lines, "", foot)
	return strings.Join(lines, "\n")
}

// prompt asks for one line of text.
type prompt struct {
	title string
	label string
	hint  string // what is expected, dim, below the field
	field field
	// check answers what is wrong with the text, or "" when it will do.
	check func(string) string
	do    func(string) tea.Cmd
	wrong string
}

// ask for a line, beginning with value.
func newPrompt(title, label, value, hint string, check func(string) string, do func(string) tea.Cmd) *prompt {
	return &prompt{title: title, label: label, hint: hint, field: newField(value), check: check, do: do}
}

func (p *prompt) Title() string { return p.title }

func (p *prompt) Update(msg tea.Msg) (tea.Cmd, bool) {
	if press, ok := msg.(tea.KeyPressMsg); ok && press.String() == "enter" {
		if p.check != nil {
			if p.wrong = p.check(p.field.Value()); p.wrong != "" {
				return nil, false
			}
		}
		return p.do(p.field.Value()), true
	}
	p.wrong = ""
	p.field.Update(msg)
	return nil, false
}

func (p *prompt) View(t *theme, w, _ int) string {
	label := ""
	if p.label != "" {
		label = t.dim(p.label + "  ")
	}
	lines := []string{label + p.field.View(max(4, w-width(label)))}
	if p.wrong != "" {
		lines = append(lines, "")
		for _, line := range wrap(p.wrong, w) {
			lines = append(lines, t.in(tokenFail, line))
		}
	} else if p.hint != "" {
		lines = append(lines, "")
		for _, line := range wrap(p.hint, w) {
			lines = append(lines, t.dim(line))
		}
	}
	lines = append(lines, "", t.bold("enter")+" go on   "+t.bold("esc")+" back")
	return strings.Join(lines, "\n")
}

// message shows text that is too long for a line: the detail behind an error.
type message struct {
	title  string
	text   string
	scroll int
	page   int // lines last drawn
}

func (m *message) Title() string { return m.title }

func (m *message) Update(msg tea.Msg) (tea.Cmd, bool) {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch move(press.String()) {
		case "up":
			m.scroll = max(0, m.scroll-1)
		case "down":
			m.scroll++
		case "page up":
			m.scroll = max(0, m.scroll-max(1, m.page-1))
		case "page down":
			m.scroll += max(1, m.page-1)
		case "first":
			m.scroll = 0
		case "last":
			m.scroll = math.MaxInt32
		default:
			return nil, press.String() == "enter" || press.String() == "q"
		}
	}
	return nil, false
}

func (m *message) View(t *theme, w, h int) string {
	lines := wrap(safe.Text(m.text), w)
	room := max(1, h-2)
	last := max(0, len(lines)-room)
	m.scroll, m.page = min(m.scroll, last), room
	more := ""
	if m.scroll < last {
		more = t.dim("   ↓ more")
	}
	lines = lines[m.scroll:min(len(lines), m.scroll+room)]
	return strings.Join(lines, "\n") + "\n\n" + t.bold("esc") + " back" + more
}
