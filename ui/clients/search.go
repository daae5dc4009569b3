package clients

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/ui/kit"
)

// result is something that a search found.
type result struct {
	kind    string // "client", "file", "text"
	client  string // ids
	file    string
	passage int    // 0: none
	name    string // what is found, safe to draw
	note    string // whose it is, or what tells it from others
	context string // the passage, safe to draw; empty: none
}

func (r result) key() string { return fmt.Sprint(r.kind, " ", r.client, r.file, r.passage) }

// searching is the dialog that searches names and labels, as the query is typed.
type searching struct {
	pane  *Pane
	field kit.Field
	list  kit.List[result]
}

// Search is the dialog that searches, with a query.
func (p *Pane) Search(query string) kit.Dialog {
	d := &searching{pane: p, field: kit.NewField(query)}
	d.list = kit.List[result]{Key: result.key, Draw: d.draw}
	d.find()
	return d
}

// Heading is the title in the border.
func (d *searching) Heading() string { return "Search" }

// begins reports whether every word of the query begins a word of a text.
func begins(text string, query []string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" ,.:;()/-_’'", r) })
next:
	for _, wanted := range query {
		for _, word := range words {
			if strings.HasPrefix(word, wanted) {
				continue next
			}
		}
		return false
	}
	return true
}

// find looks in the names, details and labels that are listed. It reads no record.
func (d *searching) find() {
	p, query := d.pane, strings.Fields(strings.ToLower(d.field.Value()))
	var all []result
	if len(query) > 0 {
		for _, c := range p.all {
			if begins(clientText(c), query) {
				all = append(all, clientResult(c))
			}
		}
		for _, f := range p.files.Items() {
			if begins(fileText(f), query) {
				label, state := shownLabel(f)
				all = append(all, result{
					kind: "file", client: f.Client, file: f.ID, name: kit.Named(f.Name), note: kit.Named(p.held.Name), context: label + state,
				})
			}
		}
	}
	d.list.Set(all)
	d.list.First()
}

func clientResult(c clients.Client) result {
	note := tells(c)
	if c.Archived {
		note += ", archived"
	}
	return result{kind: "client", client: c.ID, name: kit.Named(c.Name), note: note}
}

// Update takes a key or a paste.
func (d *searching) Update(msg tea.Msg) (tea.Cmd, bool) {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch press.String() {
		case "up", "down", "pgup", "pgdown":
			d.list.Update(press)
			return nil, false
		case "enter":
			r, ok := d.list.Selected()
			if !ok {
				return nil, false
			}
			return d.open(r), true
		}
	}
	before := d.field.Value()
	d.field.Update(msg)
	if d.field.Value() != before {
		d.find()
	}
	return nil, false
}

// open goes to what was found. A person asked for it, so it is read.
func (d *searching) open(r result) tea.Cmd {
	if r.kind == "client" {
		return kit.GoTo(kit.ClientsPane, kit.ShowClient{ID: r.client})
	}
	query := ""
	if r.kind == "text" {
		query = d.field.Value()
	}
	return kit.GoTo(kit.ClientsPane, kit.ShowFile{Client: r.client, File: r.file, Passage: r.passage, Query: query})
}

func (d *searching) draw(r result, w int, selected bool) string {
	t := d.pane.env.Theme
	name := r.name
	if selected {
		name = t.In(kit.TokenSelected, name)
	}
	if r.passage > 0 {
		name += " " + passageName(r.passage)
	}
	return kit.Ends(t.Dim(kit.Fit(r.kind, 8))+name, t.Dim(kit.Cut(r.note, w/2)), w)
}

// View draws what is inside the border.
func (d *searching) View(t *kit.Theme, w, h int) string {
	lines := []string{t.Accent("/ ") + d.field.View(max(4, w-2)), ""}
	var context []string
	if r, ok := d.list.Selected(); ok && r.context != "" {
		context = kit.Wrap(r.context, w)
		context = append([]string{""}, context[:min(len(context), 4)]...)
	}
	below := slices.Concat(context, []string{"", t.Bold("enter") + " open   " + t.Bold("esc") + " back"})
	switch n := len(d.list.Items()); {
	case n > 0:
		rows := min(n, max(3, h-len(lines)-len(below)))
		lines = append(lines, strings.Split(d.list.View(t, w, rows, true), "\n")...)
	case strings.TrimSpace(d.field.Value()) == "":
		lines = append(lines, kit.Wrap(t.Dim("Names, birth dates and numbers of all clients; names and labels of the open client's files. It reads no text."), w)...)
	default:
		lines = append(lines, t.Dim("Nothing has the name “"+safe.Line(d.field.Value())+"”."))
	}
	if n := len(d.list.Items()); n > 0 {
		below[len(below)-1] += t.Dim("   " + words.Plural(n, "result by name", "results by name"))
	}
	return strings.Join(append(lines, below...), "\n")
}
