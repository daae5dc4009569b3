package kit

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
)

// Chooser is a dialog that offers a few things to choose from.
type Chooser struct {
	Title, Intro, Verb string
	Rows               []Choice
	at                 int
	Do                 func(int) tea.Cmd // nil: the caller waits on reply
	reply              chan<- int        // gets the row, or -1 for none
}

// Choice is one row of a chooser, and what it means.
type Choice struct{ Name, Note string }

// Heading is the title in the border.
func (c *Chooser) Heading() string { return c.Title }

// Closed answers a caller that waits: nothing was chosen.
func (c *Chooser) Closed() { c.answer(-1) }

func (c *Chooser) answer(at int) {
	if c.reply != nil {
		c.reply <- at
		c.reply = nil
	}
}

// Update takes a key or a paste.
func (c *Chooser) Update(msg tea.Msg) (tea.Cmd, bool) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok || len(c.Rows) == 0 {
		return nil, false
	}
	switch key := press.String(); {
	case key == "q":
		return nil, true
	case key == "enter":
		if c.Do != nil {
			return c.Do(c.at), true
		}
		c.answer(c.at)
		return nil, true
	case Move(key) == "up":
		c.at = max(0, c.at-1)
	case Move(key) == "down":
		c.at = min(len(c.Rows)-1, c.at+1)
	}
	return nil, false
}

// View draws what is inside the border.
func (c *Chooser) View(t *Theme, w, h int) string {
	lines := append(Wrap(c.Intro, w), "")
	names := 0
	for _, row := range c.Rows {
		names = max(names, Width(safe.Line(row.Name)))
	}
	names = min(names, w/2)
	room := max(1, h-len(lines)-2)
	from := max(0, c.at-room+1)
	for i := from; i < len(c.Rows) && i < from+room; i++ {
		bar, name := "  ", Fit(safe.Line(c.Rows[i].Name), names)
		if i == c.at {
			bar, name = t.Accent("▌")+" ", t.In(TokenSelected, name)
		}
		lines = append(lines, bar+name+"  "+t.Dim(Cut(safe.Line(c.Rows[i].Note), w-names-4)))
	}
	return strings.Join(append(lines, "", t.Bold("enter")+" "+c.Verb+"   "+t.Bold("esc")+" back"), "\n")
}
