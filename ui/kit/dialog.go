package kit

import (
	"cmp"
	"math"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
	"claria/internal/words"
)

// Dialog is a box on top of the pane. The topmost one gets all keys except ctrl+c
// and ctrl+z. Esc closes it.
type Dialog interface {
	// Update takes a message; closed is true when the dialog is finished.
	Update(msg tea.Msg) (cmd tea.Cmd, closed bool)
	// View draws the dialog's content in at most w × h; the frame draws the border.
	View(t *Theme, w, h int) string
	// Heading is shown in the border.
	Heading() string
}

// Whole is a dialog that may take the whole screen. It returns the lines, or nil to
// be drawn in a box.
type Whole interface {
	Whole(t *Theme, w, h int) []string
}

// Opened is a dialog that is called when it opens.
type Opened interface {
	Opened(now func() time.Time) tea.Cmd
}

// Grace is how long a dangerous dialog ignores its confirm key after it opens, and
// after every key that came too early, so that keys typed ahead do not confirm.
const Grace = 400 * time.Millisecond

// ArmMsg redraws a dialog when its grace is over.
type ArmMsg struct{}

// Confirm asks before something dangerous is done, or before Claria quits. The key
// that confirms is "y", never the key that opened it. The only other keys are esc
// and those that scroll.
type Confirm struct {
	Title string
	// What it does, to what, and how to undo it. Each is drawn beside its label.
	What, Target, Undo string
	Details            []string // styled lines, shown below; they scroll
	Verb               string   // "delete the key": the last line says "y delete the key"
	Back               string   // what esc does; empty: "do nothing"
	Do                 func() tea.Cmd
	now                func() time.Time
	deaf               time.Time // until then no key confirms
	scroll             int
}

// ConfirmKey is the key that confirms.
const ConfirmKey = "y"

// Heading is the title in the border.
func (c *Confirm) Heading() string { return c.Title }

// Opened starts the grace period.
func (c *Confirm) Opened(now func() time.Time) tea.Cmd {
	c.now = now
	return c.rearm()
}

func (c *Confirm) rearm() tea.Cmd {
	c.deaf = c.now().Add(Grace)
	return tea.Tick(Grace, func(time.Time) tea.Msg { return ArmMsg{} })
}

// Hears reports whether the grace period is over.
func (c *Confirm) Hears() bool { return !c.now().Before(c.deaf) }

// Update takes a key or a paste.
func (c *Confirm) Update(msg tea.Msg) (tea.Cmd, bool) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil, false
	}
	switch key := press.String(); {
	case Move(key) == "up":
		c.scroll = max(0, c.scroll-1)
	case Move(key) == "down":
		c.scroll = min(max(0, len(c.Details)-1), c.scroll+1)
	case !c.Hears():
		return c.rearm(), false
	case key == ConfirmKey:
		return c.Do(), true
	}
	return nil, false
}

// View draws what is inside the border.
func (c *Confirm) View(t *Theme, w, h int) string {
	var lines []string
	add := func(label, text string) {
		if text == "" {
			return
		}
		for i, line := range Wrap(text, max(10, w-8)) {
			head := ""
			if i == 0 {
				head = label
			}
			lines = append(lines, t.Dim(Fit(head, 8))+line)
		}
	}
	add("Does", c.What)
	add("To", c.Target)
	add("Undo", c.Undo)
	back := cmp.Or(c.Back, "do nothing")
	foot := t.Bold(ConfirmKey) + " " + c.Verb + "   " + t.Bold("esc") + " " + back
	if c.now == nil || !c.Hears() {
		foot = t.Dim(ConfirmKey + " " + c.Verb + "   esc " + back)
	}
	if len(c.Details) > 0 {
		lines = append(lines, "")
		room := max(1, h-len(lines)-2)
		from := min(c.scroll, max(0, len(c.Details)-room))
		to := min(len(c.Details), from+room)
		lines = append(lines, c.Details[from:to]...)
		if to < len(c.Details) {
			lines[len(lines)-1] = t.Dim("… " + words.Plural(len(c.Details)-to+1, "more line", "more lines") + ", ↓ shows them")
		}
	}
	lines = append(lines, "", foot)
	return strings.Join(lines, "\n")
}

// Prompt asks for one line of text.
type Prompt struct {
	title string
	label string
	hint  string // what is expected, dim, below the field
	field Field
	// check returns what is wrong with the text, or "".
	check func(string) string
	do    func(string) tea.Cmd
	wrong string
}

// NewPrompt asks for a line of text; value is already typed in it.
func NewPrompt(title, label, value, hint string, check func(string) string, do func(string) tea.Cmd) *Prompt {
	return &Prompt{title: title, label: label, hint: hint, field: NewField(value), check: check, do: do}
}

// Heading is the title in the border.
func (p *Prompt) Heading() string { return p.title }

// Update takes a key or a paste.
func (p *Prompt) Update(msg tea.Msg) (tea.Cmd, bool) {
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

// View draws what is inside the border.
func (p *Prompt) View(t *Theme, w, _ int) string {
	label := ""
	if p.label != "" {
		label = t.Dim(p.label + "  ")
	}
	lines := []string{label + p.field.View(max(4, w-Width(label)))}
	if p.wrong != "" {
		lines = append(lines, "")
		for _, line := range Wrap(p.wrong, w) {
			lines = append(lines, t.In(TokenFail, line))
		}
	} else if p.hint != "" {
		lines = append(lines, "")
		for _, line := range Wrap(p.hint, w) {
			lines = append(lines, t.Dim(line))
		}
	}
	lines = append(lines, "", t.Bold("enter")+" continue   "+t.Bold("esc")+" back")
	return strings.Join(lines, "\n")
}

// Message shows text that is too long for one line, such as the detail of an error.
type Message struct {
	Title  string
	Text   string
	scroll int
	page   int // lines last drawn
}

// Heading is the title in the border.
func (m *Message) Heading() string { return m.Title }

// Update takes a key or a paste.
func (m *Message) Update(msg tea.Msg) (tea.Cmd, bool) {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch Move(press.String()) {
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

// View draws what is inside the border.
func (m *Message) View(t *Theme, w, h int) string {
	lines := Wrap(safe.Text(m.Text), w)
	room := max(1, h-2)
	last := max(0, len(lines)-room)
	m.scroll, m.page = min(m.scroll, last), room
	more := ""
	if m.scroll < last {
		more = t.Dim("   ↓ more")
	}
	lines = lines[m.scroll:min(len(lines), m.scroll+room)]
	return strings.Join(lines, "\n") + "\n\n" + t.Bold("esc") + " back" + more
}
