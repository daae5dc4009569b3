package frame

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/ui/kit"
)

// help shows the keys that work here.
type help struct {
	sections []helpSection
	scroll   int
}

// helpSection is the actions of one place.
type helpSection struct {
	title   string
	actions []kit.Action
}

func (h *help) Heading() string { return "Keys" }

func (h *help) Update(msg tea.Msg) (tea.Cmd, bool) {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch key := press.String(); {
		case key == "?", key == "q":
			return nil, true
		case kit.Move(key) == "up":
			h.scroll = max(0, h.scroll-1)
		case kit.Move(key) == "down":
			h.scroll++
		case kit.Move(key) == "page down", key == "space":
			h.scroll += 10
		case kit.Move(key) == "page up":
			h.scroll = max(0, h.scroll-10)
		}
	}
	return nil, false
}

func (h *help) View(t *kit.Theme, w, height int) string {
	var lines []string
	for i, s := range h.sections {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, t.Bold(s.title))
		for _, a := range s.actions {
			if len(a.Keys) == 0 {
				continue
			}
			names := make([]string, len(a.Keys))
			for i, key := range a.Keys {
				names[i] = kit.KeyName(key)
			}
			text := a.Long
			if a.Disabled != "" {
				text += " Not now: " + a.Disabled
			}
			for i, line := range kit.Wrap(text, max(10, w-18)) {
				head := ""
				if i == 0 {
					head = strings.Join(names, " ")
				}
				if a.Disabled != "" {
					line = t.Dim(line)
				}
				lines = append(lines, "  "+t.Accent(kit.Fit(head, 15))+" "+line)
			}
		}
	}
	room := max(1, height-2)
	last := max(0, len(lines)-room)
	h.scroll = min(h.scroll, last)
	more := ""
	if h.scroll < last {
		more = t.Dim("   ↓ more")
	}
	lines = lines[h.scroll:min(len(lines), h.scroll+room)]
	return strings.Join(lines, "\n") + "\n\n" + t.Bold("esc") + " back" + more
}
