package frame

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
	"claria/ui/kit"
)

// palette goes anywhere by typing: every action of every pane, and every client, file,
// report and control that is loaded. Enter runs the selected match.
type palette struct {
	rows    []goal
	field   kit.Field
	matches []int
	cursor  int
	search  func(query string) tea.Cmd // looks in the records; nil: no pane can
}

// goal is one row: an action, or something to go to.
type goal struct {
	name, long string
	at         string // the key, or the pane that it is in
	careful    bool   // it changes something or leaves: only its own name finds it
	do         func() tea.Cmd
}

// leaving are the verbs that end or stop something. No other word finds them.
var leaving = []string{"quit", "suspend", "lock", "stop"}

// moving are the verbs that mean nothing outside their pane.
var moving = []string{"open", "back", "column", "next", "previous"}

// goals are the rows of the palette: what can be done here, then what there is to go to,
// then what can be done elsewhere.
func (f *Frame) goals() []goal {
	var rows []goal
	add := func(a kit.Action, at string, do func() tea.Cmd) {
		if a.Do == nil && a.Disabled == "" {
			return
		}
		long := a.Long
		if a.Disabled != "" {
			long = a.Disabled
		}
		rows = append(rows, goal{name: a.Help, long: long, at: at, careful: a.Dangerous || slices.Contains(leaving, a.Verb()), do: do})
	}
	for _, a := range f.Everything() {
		at := ""
		if len(a.Keys) > 0 {
			at = kit.KeyName(a.Keys[0])
		}
		add(a, at, a.Run)
	}
	for _, t := range f.tabs {
		if placer, ok := t.Pane.(kit.Placer); ok {
			for _, place := range placer.Places() {
				rows = append(rows, goal{name: place.Name, long: place.Note, at: t.Title, do: place.Do})
			}
		}
	}
	for i, t := range f.tabs {
		if i == f.current {
			continue
		}
		for _, a := range t.Pane.Actions() {
			if !slices.Contains(moving, a.Verb()) {
				add(a, t.Title, func() tea.Cmd { return f.runThere(t.ID, a.ID) })
			}
		}
	}
	return rows
}

// runThere shows a pane and runs one of its actions there, as it is then.
func (f *Frame) runThere(id kit.PaneID, action string) tea.Cmd {
	shown := f.goTo(kit.GoToMsg{Pane: id})
	for _, a := range f.Pane().Actions() {
		if a.ID == action {
			return tea.Batch(shown, a.Run())
		}
	}
	return shown
}

// searcher is a pane that looks in the records.
type searcher interface{ Search(query string) kit.Dialog }

func (f *Frame) newPalette() *palette {
	p := &palette{rows: f.goals(), field: kit.NewField(""), search: f.searcher()}
	p.find()
	return p
}

// searcher is the search of the pane that has one; nil: none has.
func (f *Frame) searcher() func(query string) tea.Cmd {
	for _, t := range f.tabs {
		if s, ok := t.Pane.(searcher); ok {
			// The dialog opens at once: the next key is for it.
			return func(query string) tea.Cmd { return f.open(s.Search(query)) }
		}
	}
	return nil
}

func (p *palette) Heading() string { return "Go anywhere" }

// rank says how well a row matches a query, 0 the best; -1: it does not. A name is
// matched by its beginning, by the beginnings of its words, or by a part of it; the
// sentence beside it by the beginnings of its words. Nothing is guessed.
func (g goal) rank(query string) int {
	name := strings.ToLower(g.name)
	switch {
	case name == query:
		return 0
	case g.careful && strings.HasPrefix(name, query):
		return 5
	case g.careful:
		return -1
	case strings.HasPrefix(name, query):
		return 1
	case wordsBegin(name, query):
		return 2
	case len(query) > 1 && strings.Contains(name, query):
		return 3
	case wordsBegin(strings.ToLower(g.long), query):
		return 4
	}
	return -1
}

// wordsBegin reports whether each word of the query begins a word of the text.
func wordsBegin(text, query string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,.:;()/-’'", r) })
	for word := range strings.FieldsSeq(query) {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, word) }) {
			return false
		}
	}
	return true
}

func (p *palette) find() {
	p.matches, p.cursor = p.matches[:0], 0
	query := strings.ToLower(strings.TrimSpace(p.field.Value()))
	ranks := make([]int, len(p.rows))
	for i, row := range p.rows {
		if query != "" {
			ranks[i] = row.rank(query)
		}
		if ranks[i] >= 0 {
			p.matches = append(p.matches, i)
		}
	}
	slices.SortStableFunc(p.matches, func(a, b int) int { return ranks[a] - ranks[b] })
}

// searches reports whether the last row looks in the records.
func (p *palette) searches() bool { return p.search != nil && strings.TrimSpace(p.field.Value()) != "" }

// length is how many rows there are, the last one included.
func (p *palette) length() int {
	if p.searches() {
		return len(p.matches) + 1
	}
	return len(p.matches)
}

func (p *palette) Update(msg tea.Msg) (tea.Cmd, bool) {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch press.String() {
		case "up", "ctrl+p":
			p.cursor = max(0, p.cursor-1)
			return nil, false
		case "down", "ctrl+n":
			p.cursor = max(0, min(p.cursor+1, p.length()-1))
			return nil, false
		case "enter":
			switch {
			case p.cursor < len(p.matches):
				return p.rows[p.matches[p.cursor]].do(), true
			case p.searches():
				return p.search(strings.TrimSpace(p.field.Value())), true
			}
			return nil, false
		}
	}
	before := p.field.Value()
	p.field.Update(msg)
	if p.field.Value() != before {
		p.find()
	}
	return nil, false
}

func (p *palette) View(t *kit.Theme, w, h int) string {
	lines := []string{t.Accent(": ") + p.field.View(w-2), ""}
	room := max(1, h-len(lines))
	from := max(0, p.cursor-room+1)
	for i := from; i < p.length() && i < from+room; i++ {
		row := goal{name: "search", long: "Search all clients for “" + safe.Line(p.field.Value()) + "”.", at: "F"}
		if i < len(p.matches) {
			row = p.rows[p.matches[i]]
		}
		bar, head := "  ", kit.Fit(row.name, min(24, w/3))
		if i == p.cursor {
			bar, head = t.Accent("▌")+" ", t.In(kit.TokenSelected, head)
		}
		lines = append(lines, bar+kit.Ends(head+" "+t.Dim(row.long), t.Dim(row.at), w-2))
	}
	if p.length() == 0 {
		lines = append(lines, t.Dim("Nothing here has that name."))
	}
	return strings.Join(lines, "\n")
}
