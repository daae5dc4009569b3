package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
)

// chooser is a dialog in which one of a few things is chosen.
type chooser struct {
	title, intro, verb string
	rows               []choice
	at                 int
	do                 func(int) tea.Cmd // nil: somebody waits on reply
	reply              chan<- int        // -1: none was chosen
}

// choice is one row of a chooser, and what it means.
type choice struct{ name, note string }

func (c *chooser) Title() string { return c.title }

// Closed tells the one who waits that none was chosen.
func (c *chooser) Closed() { c.answer(-1) }

func (c *chooser) answer(at int) {
	if c.reply != nil {
		c.reply <- at
		c.reply = nil
	}
}

func (c *chooser) Update(msg tea.Msg) (tea.Cmd, bool) {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok || len(c.rows) == 0 {
		return nil, false
	}
	switch key := press.String(); {
	case key == "q":
		return nil, true
	case key == "enter":
		if c.do != nil {
			return c.do(c.at), true
		}
		c.answer(c.at)
		return nil, true
	case move(key) == "up":
		c.at = max(0, c.at-1)
	case move(key) == "down":
		c.at = min(len(c.rows)-1, c.at+1)
	}
	return nil, false
}

func (c *chooser) View(t *theme, w, h int) string {
	lines := append(wrap(c.intro, w), "")
	names := 0
	for _, row := range c.rows {
		names = max(names, width(safe.Line(row.name)))
	}
	names = min(names, w/2)
	room := max(1, h-len(lines)-2)
	from := max(0, c.at-room+1)
	for i := from; i < len(c.rows) && i < from+room; i++ {
		bar, name := "  ", fit(safe.Line(c.rows[i].name), names)
		if i == c.at {
			bar, name = t.accent("▌")+" ", t.in(tokenSelected, name)
		}
		lines = append(lines, bar+name+"  "+t.dim(cut(safe.Line(c.rows[i].note), w-names-4)))
	}
	return strings.Join(append(lines, "", t.bold("enter")+" "+c.verb+"   "+t.bold("esc")+" back"), "\n")
}
