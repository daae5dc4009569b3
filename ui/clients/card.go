package clients

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"claria/clients"
	"claria/clients/text"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/ui/kit"
)

// The cards show what the lists know. Drawing one reads nothing from the account.

// fact is a line of a card: a label and a text.
type fact struct{ label, text string }

// factLines draws facts in w columns, and leaves out the empty ones.
func (p *Pane) factLines(facts []fact, w int) []string {
	t, labels := p.env.Theme, 0
	for _, f := range facts {
		if f.text != "" {
			labels = max(labels, kit.Width(f.label))
		}
	}
	var lines []string
	for _, f := range facts {
		if f.text == "" {
			continue
		}
		for i, line := range kit.Wrap(f.text, max(8, w-labels-4)) {
			head := ""
			if i == 0 {
				head = f.label
			}
			lines = append(lines, " "+t.Dim(kit.Fit(head, labels))+"  "+line)
		}
	}
	return lines
}

// clientCard shows the selected client before it is opened.
func (p *Pane) clientCard(c clients.Client, w int) string {
	t := p.env.Theme
	if c.ID == "" {
		return ""
	}
	lines := []string{" " + t.Bold(kit.Cut(kit.Named(c.Name), w-1)), ""}
	lines = append(lines, p.factLines(p.clientFacts(c), w)...)
	next := t.Bold("enter") + t.Dim(" opens the client's files")
	if c.Deleted {
		next = t.Bold("u") + t.Dim(" restores the client and its files")
	}
	return strings.Join(append(lines, "", " "+next), "\n")
}

// clientFacts is what is recorded of a client.
func (p *Pane) clientFacts(c clients.Client) []fact {
	status := ""
	switch {
	case c.Deleted:
		status = "deleted"
	case c.Archived:
		status = "archived"
	}
	var aliases, people, numbers []string
	for _, alias := range c.Aliases {
		aliases = append(aliases, kit.Shown(alias))
	}
	for _, person := range c.People {
		people = append(people, kit.Shown(person.Relation)+": "+kit.Shown(person.Name))
	}
	for _, i := range c.Identifiers {
		numbers = append(numbers, kit.Shown(i.System)+" "+kit.Shown(i.Value))
	}
	return []fact{
		{"Status", status},
		{"Legal name", kit.Shown(c.Legal)},
		{"Also", strings.Join(aliases, ", ")},
		{"Born", safe.Line(c.Born)},
		{"Pronouns", kit.Shown(c.Pronouns)},
		{"People", strings.Join(people, "\n")},
		{"Numbers", strings.Join(numbers, "\n")},
		{"Consents", strings.Join(consentLines(c.Consents), "\n")},
		{"Added", longDay(p.env.Now(), c.Created)},
		{"Id", c.ID},
	}
}

// consentLines are a client's consents, one on a line.
func consentLines(consents []clients.Consent) []string {
	var lines []string
	for _, c := range consents {
		line := safe.Line(c.Purpose) + " " + safe.Line(c.Date)
		if form := kit.Shown(c.Form); form != "" {
			line += ", " + form
		}
		if c.Withdrawn != "" {
			line += ", withdrawn " + safe.Line(c.Withdrawn)
		}
		lines = append(lines, line)
	}
	return lines
}

// fileCard shows the selected file before its text is opened.
func (p *Pane) fileCard(f clients.File, w int) string {
	t := p.env.Theme
	lines := []string{" " + t.Bold(kit.Cut(kit.Named(f.Name), w-1)), ""}
	lines = append(lines, p.factLines(p.fileFacts(f), w)...)
	lines = append(lines, p.unreadLines(f, w)...)
	next := []string{"", " " + t.Bold("enter") + t.Dim(" reads its text")}
	if f.Problem != "" {
		next = []string{""}
		for _, line := range kit.Wrap(kit.Sentence(f.Problem), max(4, w-2)) {
			next = append(next, " "+line)
		}
		next = append(next, "", " "+t.Bold("d")+t.Dim(" downloads the file"))
	}
	return strings.Join(append(lines, next...), "\n")
}

// fileFacts is what the list knows of a file.
func (p *Pane) fileFacts(f clients.File) []fact {
	label, state := shownLabel(f)
	passages := ""
	if f.Segments > 0 {
		passages = words.Plural(f.Segments, "passage", "passages")
	}
	return []fact{
		{"What", label + state},
		{"Class", classWord(f.Class)},
		{"Size", words.Bytes(f.Size)},
		{"Added", longDay(p.env.Now(), f.Added)},
		{"Text", passages},
	}
}

// unreadLines warn of what is missing in a file's text, a line for each kind.
func (p *Pane) unreadLines(f clients.File, w int) []string {
	t := p.env.Theme
	var lines []string
	for _, u := range f.Unread {
		token, mark := kit.TokenDim, "  "
		if u.Missing() {
			token, mark = kit.TokenDrift, "▲ "
		}
		for i, line := range kit.Wrap(kit.Sentence(u.String()), max(8, w-4)) {
			if i > 0 {
				mark = "  "
			}
			lines = append(lines, " "+t.In(token, mark+line))
		}
	}
	if len(lines) > 0 {
		lines = append([]string{""}, lines...)
	}
	return lines
}

// classWord is a class in words.
func classWord(c clients.Class) string {
	switch c {
	case "":
		return "not set"
	case clients.Notes:
		return "psychotherapy notes"
	case clients.Part2:
		return "Part 2 (substance use)"
	case clients.Test:
		return "test material"
	}
	return safe.Line(string(c))
}

// classBadge is a class in a column of a list; empty for an ordinary file.
func classBadge(c clients.Class) string {
	switch c {
	case "", clients.Ordinary:
		return ""
	case clients.Notes:
		return "notes"
	case clients.Part2:
		return "part 2"
	case clients.Test:
		return "test"
	}
	return safe.Line(string(c))
}

// shownLabel is a file's label in words, and whether a person has yet to confirm it.
func shownLabel(f clients.File) (label, state string) {
	if f.Label != (clients.Label{}) {
		return labelWords(f.Label), ""
	}
	if f.Proposed != (clients.Label{}) {
		return labelWords(f.Proposed), " (proposed, not confirmed)"
	}
	return "", ""
}

// labelWords is a label in words: "intake interview, mother, BASC-3, 2026-03-03".
func labelWords(l clients.Label) string {
	var parts []string
	for _, part := range []string{kit.Shown(l.What), kit.Shown(l.Instrument), kit.Shown(l.Informant), safe.Line(l.Date)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// missing is a file's text.Short: a few words on what its text lacks.
func missing(f clients.File) string { return text.Short(f.Unread) }

// tells is what tells a client from another of the same name: the birth date, else the
// day on which it was added and the end of its id.
func tells(c clients.Client) string {
	return cmp.Or(safe.Line(c.Born), fmt.Sprintf("%s …%s", c.Created.Format("Jan 2"), c.ID[max(0, len(c.ID)-4):]))
}

// sameName is a name for comparing: without case, space and the order of its words.
func sameName(name safe.PHI) string {
	words := strings.FieldsFunc(strings.ToLower(name.Line()), func(r rune) bool { return r == ' ' || r == ',' || r == '.' })
	slices.Sort(words)
	return strings.Join(words, " ")
}

// twins are the ids of the clients whose name another one has too.
func twins(all []clients.Client) map[string]bool {
	by := map[string][]string{}
	for _, c := range all {
		by[sameName(c.Name)] = append(by[sameName(c.Name)], c.ID)
	}
	out := map[string]bool{}
	for _, ids := range by {
		for _, id := range ids {
			out[id] = len(ids) > 1
		}
	}
	return out
}

// clientText is what the filter of the clients searches.
func clientText(c clients.Client) string {
	parts := []string{c.Name.Line(), c.Legal.Line(), c.Born}
	for _, alias := range c.Aliases {
		parts = append(parts, alias.Line())
	}
	for _, i := range c.Identifiers {
		parts = append(parts, i.Value.Line())
	}
	return strings.Join(parts, " ")
}

// fileText is what the filter of the files searches.
func fileText(f clients.File) string {
	label, _ := shownLabel(f)
	return strings.Join([]string{f.Name.Line(), label, classBadge(f.Class)}, " ")
}
