package ui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"
)

// palette finds an action by typing: the topmost match runs on enter.
type palette struct {
	actions []action
	field   field
	matches []int
	cursor  int
}

func newPalette(actions []action) *palette {
	p := &palette{field: newField("")}
	for _, a := range actions {
		if a.Do != nil || a.Disabled != "" {
			p.actions = append(p.actions, a)
		}
	}
	p.search()
	return p
}

func (p *palette) Title() string { return "Commands" }

// String and Len make the palette a source for package fuzzy.
func (p *palette) String(i int) string { return p.actions[i].Help + " " + p.actions[i].Long }

// Len is how many actions there are.
func (p *palette) Len() int { return len(p.actions) }

func (p *palette) search() {
	p.matches, p.cursor = p.matches[:0], 0
	query := strings.TrimSpace(p.field.Value())
	if query == "" {
		for i := range p.actions {
			p.matches = append(p.matches, i)
		}
		return
	}
	// An action whose own words begin with the query comes first: ":quit" is quit.
	for i, a := range p.actions {
		if strings.HasPrefix(strings.ToLower(a.Help), strings.ToLower(query)) {
			p.matches = append(p.matches, i)
		}
	}
	first := len(p.matches)
	for _, m := range fuzzy.FindFrom(query, p) {
		if !slices.Contains(p.matches[:first], m.Index) {
			p.matches = append(p.matches, m.Index)
		}
	}
}

func (p *palette) Update(msg tea.Msg) (tea.Cmd, bool) {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch press.String() {
		case "up", "ctrl+p":
			p.cursor = max(0, p.cursor-1)
			return nil, false
		case "down", "ctrl+n":
			p.cursor = max(0, min(p.cursor+1, len(p.matches)-1))
			return nil, false
		case "enter":
			if len(p.matches) == 0 {
				return nil, false
			}
			return p.actions[p.matches[p.cursor]].run(), true
		}
	}
	before := p.field.Value()
	p.field.Update(msg)
	if p.field.Value() != before {
		p.search()
	}
	return nil, false
}

func (p *palette) View(t *theme, w, h int) string {
	lines := []string{t.accent(": ") + p.field.View(w-2), ""}
	room := max(1, h-len(lines))
	from := max(0, p.cursor-room+1)
	for i := from; i < len(p.matches) && i < from+room; i++ {
		a := p.actions[p.matches[i]]
		keys := ""
		if len(a.Keys) > 0 {
			keys = keyName(a.Keys[0])
		}
		bar, head := "  ", fit(a.Help, 18)
		if i == p.cursor {
			bar, head = t.accent("▌")+" ", t.in(tokenSelected, head)
		}
		long := a.Long
		if a.Disabled != "" {
			long = a.Disabled
		}
		lines = append(lines, bar+ends(head+" "+t.dim(cut(long, max(0, w-34))), t.dim(keys), w-2))
	}
	if len(p.matches) == 0 {
		lines = append(lines, t.dim("No command is called that."))
	}
	return strings.Join(lines, "\n")
}

// help shows the keys that work here.
type help struct {
	sections []helpSection
	scroll   int
}

// helpSection is the actions of one place.
type helpSection struct {
	title   string
	actions []action
}

func (h *help) Title() string { return "Keys" }

func (h *help) Update(msg tea.Msg) (tea.Cmd, bool) {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch key := press.String(); {
		case key == "?", key == "q":
			return nil, true
		case move(key) == "up":
			h.scroll = max(0, h.scroll-1)
		case move(key) == "down":
			h.scroll++
		case move(key) == "page down", key == "space":
			h.scroll += 10
		case move(key) == "page up":
			h.scroll = max(0, h.scroll-10)
		}
	}
	return nil, false
}

func (h *help) View(t *theme, w, height int) string {
	var lines []string
	for i, s := range h.sections {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, t.bold(s.title))
		for _, a := range s.actions {
			if len(a.Keys) == 0 {
				continue
			}
			names := make([]string, len(a.Keys))
			for i, key := range a.Keys {
				names[i] = keyName(key)
			}
			text := a.Long
			if a.Disabled != "" {
				text += " Not now: " + a.Disabled
			}
			for i, line := range wrap(text, max(10, w-18)) {
				head := ""
				if i == 0 {
					head = strings.Join(names, " ")
				}
				if a.Disabled != "" {
					line = t.dim(line)
				}
				lines = append(lines, "  "+t.accent(fit(head, 15))+" "+line)
			}
		}
	}
	room := max(1, height-2)
	last := max(0, len(lines)-room)
	h.scroll = min(h.scroll, last)
	more := ""
	if h.scroll < last {
		more = t.dim("   ↓ more")
	}
	lines = lines[h.scroll:min(len(lines), h.scroll+room)]
	return strings.Join(lines, "\n") + "\n\n" + t.bold("esc") + " back" + more
}
