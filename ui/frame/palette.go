package frame

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/sahilm/fuzzy"

	"claria/ui/kit"
)

// palette finds an action by typing. Enter runs the selected match.
type palette struct {
	actions []kit.Action
	field   kit.Field
	matches []int
	cursor  int
}

func newPalette(actions []kit.Action) *palette {
	p := &palette{field: kit.NewField("")}
	for _, a := range actions {
		if a.Do != nil || a.Disabled != "" {
			p.actions = append(p.actions, a)
		}
	}
	p.search()
	return p
}

func (p *palette) Heading() string { return "Commands" }

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
	// An action whose name begins with the query comes first: ":quit" is quit.
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
			return p.actions[p.matches[p.cursor]].Run(), true
		}
	}
	before := p.field.Value()
	p.field.Update(msg)
	if p.field.Value() != before {
		p.search()
	}
	return nil, false
}

func (p *palette) View(t *kit.Theme, w, h int) string {
	lines := []string{t.Accent(": ") + p.field.View(w-2), ""}
	room := max(1, h-len(lines))
	from := max(0, p.cursor-room+1)
	for i := from; i < len(p.matches) && i < from+room; i++ {
		a := p.actions[p.matches[i]]
		keys := ""
		if len(a.Keys) > 0 {
			keys = kit.KeyName(a.Keys[0])
		}
		bar, head := "  ", kit.Fit(a.Help, 18)
		if i == p.cursor {
			bar, head = t.Accent("▌")+" ", t.In(kit.TokenSelected, head)
		}
		long := a.Long
		if a.Disabled != "" {
			long = a.Disabled
		}
		lines = append(lines, bar+kit.Ends(head+" "+t.Dim(kit.Cut(long, max(0, w-34))), t.Dim(keys), w-2))
	}
	if len(p.matches) == 0 {
		lines = append(lines, t.Dim("No command matches."))
	}
	return strings.Join(lines, "\n")
}
