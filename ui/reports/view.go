package reports

import (
	"cmp"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/reports"
	"claria/ui/kit"
)

// View draws the lists, the composer or the report.
func (p *Pane) View(w, h int) string {
	t := p.env.Theme
	switch p.mode {
	case composing:
		head := " " + t.Bold("Reports") + t.Dim(" ▸ ") + kit.Named(p.composer.client.Name) + t.Dim(" ▸ ") + "new report"
		return kit.Fit(head, w) + "\n" + p.composer.view(w, h-1)
	case reading:
		return p.reader.view(w, h)
	}
	head := " " + t.Bold("Reports")
	if client, ok := p.people.Selected(); ok {
		head += t.Dim(" ▸ ") + kit.Named(client.Name)
	}
	if !p.env.Session.SetUp || !p.peopleLoaded || len(p.people.Items()) == 0 {
		return kit.Fit(head, w) + "\n\n" + strings.Join(p.emptyLines(w), "\n")
	}
	note := ""
	if p.loaded && p.listed() {
		note = words.Plural(len(p.written.Items()), "report", "reports")
	}
	head = kit.Ends(head, t.Dim(note)+" ", w)
	body := h - 1
	switch {
	case w >= kit.Wide:
		left := max(24, w/5)
		return head + "\n" + t.Columns(body,
			kit.Column{Text: p.people.View(t, left, body, p.column == 0), Width: left},
			kit.Column{Text: p.writtenView(w-left-1, body), Width: w - left - 1})
	case p.column == 0:
		return head + "\n" + p.people.View(t, w, body, true)
	}
	return head + "\n" + p.writtenView(w, body)
}

// emptyLines are shown while there are no clients.
func (p *Pane) emptyLines(w int) []string {
	return kit.NoClients(p.env, w, p.peopleErr, p.peopleLoaded,
		"Reports are drafted in your own AWS account. It is not set up yet.",
		"Reports are drafted from a client's files, section by section. Every sentence names the passage that it comes from. "+
			"There are no clients yet.",
		"Add the first client in pane "+p.env.Theme.Bold("Clients")+".")
}

func (p *Pane) drawClient(c clients.Client, w int, selected bool) string {
	t := p.env.Theme
	name, note := kit.Named(c.Name), ""
	if selected {
		name = t.In(kit.TokenSelected, name)
	}
	for _, q := range p.running {
		if q.client.ID == c.ID {
			note = t.Mark(kit.StatusRunning) + " "
		}
	}
	return kit.Ends(name, note, w)
}

func (p *Pane) writtenView(w, h int) string {
	t := p.env.Theme
	switch {
	case !p.listed():
		return " " + t.Bold("enter") + t.Dim(" lists the client's reports")
	case p.loadErr != nil && !p.loaded:
		return strings.Join(append(kit.Explain(p.loadErr).Lines(t, w), "", "  "+t.Bold("r")+t.Dim(" try again")), "\n")
	case !p.loaded:
		return " " + t.Mark(kit.StatusRunning) + t.Dim(" Loading reports.")
	case len(p.written.Items()) == 0:
		return "  No reports yet.\n\n  " + t.Bold("a") + " draft the first report"
	}
	var below []string
	if p.loadErr != nil {
		below = kit.Explain(p.loadErr).Lines(t, w)
		below = below[:min(len(below), 4, h-2)]
	}
	list := p.written.View(t, w, h-len(below), p.column == 1)
	return strings.Join(append(kit.Box(list, w, h-len(below)), below...), "\n")
}

func (p *Pane) drawReport(r reports.Report, w int, selected bool) string {
	t := p.env.Theme
	for _, q := range p.running {
		if q.report.ID == r.ID {
			r = q.report
		}
	}
	s := stateOf(r)
	name := safe.Line(r.Title)
	if selected {
		name = t.In(kit.TokenSelected, name)
	}
	state := fmt.Sprintf("%d of %d sections", sectionsWritten(r), len(r.Sections))
	if s == kit.StatusOK {
		state = "written"
	}
	return kit.Ends(t.Mark(s)+" "+name, t.Dim(state+"  "+kit.Right(kit.Ago(p.env.Now(), r.Changed), 10))+" ", w)
}

// stateOf is the state of a report as a whole.
func stateOf(r reports.Report) kit.Status {
	s := kit.StatusOK
	for _, section := range r.Sections {
		switch section.State {
		case reports.Failed:
			return kit.StatusFail
		case reports.Writing:
			return kit.StatusRunning
		case reports.Written:
		default:
			s = kit.StatusDue
		}
	}
	return s
}

// view draws a report in w × h.
func (q *reader) view(w, h int) string {
	t := q.env.Theme
	head := q.headline(w)
	foot := q.statusLines(w)
	body := h - 1 - len(foot)
	var text string
	switch {
	case w >= kit.Wide:
		left := max(26, w/4)
		side := w * 3 / 10
		middle := w - left - side - 2
		text = t.Columns(body,
			kit.Column{Text: q.outline.View(t, left, body, q.column == outlineColumn), Width: left},
			kit.Column{Text: q.document(t, middle, body), Width: middle},
			kit.Column{Text: q.evidenceView(t, side, body), Width: side})
	case q.column == outlineColumn:
		text = q.outline.View(t, w, body, true)
	case q.column == evidenceColumn:
		text = q.evidenceView(t, w, body)
	case q.marker >= 0:
		// One column at a time, but a passage is read next to its sentence.
		below := max(4, body*2/5)
		text = strings.Join(kit.Box(q.document(t, w, body-below-1), w, body-below-1), "\n") + "\n" +
			t.Border(strings.Repeat("─", w)) + "\n" + q.evidenceView(t, w, below)
	default:
		text = q.document(t, w, body)
	}
	lines := append([]string{head}, kit.Box(text, w, body)...)
	return strings.Join(append(lines, foot...), "\n")
}

// headline shows the report, its cost, tokens and model. A part that does not fit is left out.
func (q *reader) headline(w int) string {
	t, r := q.env.Theme, q.report
	text := " " + t.Bold("Reports") + t.Dim(" ▸ ") + kit.Named(q.client.Name) + t.Dim(" ▸ ") + safe.Line(r.Title)
	u := r.Usage
	in := u.InputTokens + u.CacheReadTokens + u.CacheWriteTokens
	var notes []string
	if dollars, known := reports.Cost(r.Model, u); known && in > 0 {
		about := ""
		if u.Estimated {
			about = "about "
		}
		notes = append(notes, about+money(dollars))
	}
	if in > 0 {
		notes = append(notes, tokenCount(in)+" in, "+tokenCount(u.OutputTokens)+" out")
	}
	notes = append(notes, safe.Line(r.Model))
	note := ""
	for _, part := range notes {
		if next := part + " · " + note; kit.Width(text)+kit.Width(next)+3 <= w {
			note = next
		}
	}
	return kit.Ends(text, t.Dim(strings.TrimSuffix(note, " · "))+" ", w)
}

// statusLines show the report's state and what to do next.
func (q *reader) statusLines(w int) []string {
	t := q.env.Theme
	done, all := sectionsWritten(q.report), len(q.report.Sections)
	switch i := q.writing(); {
	case q.stopping:
		return []string{" " + t.Mark(kit.StatusRunning) + " Stopping. Claria is saving the text."}
	case q.running && i < 0:
		return []string{" " + t.Mark(kit.StatusRunning) + t.Dim(" Reading the files and counting tokens.")}
	case q.running:
		text := fmt.Sprintf(" Writing section %d of %d: %s", i+1, all, safe.Line(q.report.Sections[i].Heading))
		lines := []string{kit.Ends(" "+t.Mark(kit.StatusRunning)+text, t.Bold("ctrl+x")+t.Dim(" stop, keep the text "), w)}
		if q.notice != "" {
			for _, line := range kit.Wrap(safe.Line(q.notice), max(4, w-4)) {
				lines = append(lines, "   "+line)
			}
		}
		return lines
	case q.err != nil:
		lines := kit.Explain(q.err).Lines(t, w-1)
		lines = lines[:min(3, len(lines))]
		for i := range lines {
			lines[i] = " " + lines[i]
		}
		return lines
	case q.stopped:
		text := fmt.Sprintf(": %d of %d sections written, text saved.", done, all)
		return []string{kit.Ends(" "+t.In(kit.TokenDrift, "▲ Stopped")+text, t.Bold("r")+t.Dim(" continue "), w)}
	case done < all:
		text := fmt.Sprintf(": %d of %d sections written.", done, all)
		return []string{kit.Ends(" "+t.In(kit.TokenDue, "◌ Not finished")+text, t.Bold("r")+t.Dim(" continue "), w)}
	}
	text := " " + t.Mark(kit.StatusOK) + " Written. Saved " + kit.Ago(q.env.Now(), q.report.Changed) + "."
	if flagged := q.flagged(); flagged > 0 {
		points := words.Plural(flagged, "marker points", "markers point")
		text = " " + t.In(kit.TokenFail, "✗ "+points+" at no passage") + t.Dim(", ✗ in the text")
	}
	return []string{kit.Ends(text, t.Bold("n")+t.Dim(" next passage "), w)}
}

// flagged is how many markers point at no passage.
func (q *reader) flagged() int {
	n := 0
	for _, s := range q.report.Sections {
		n += len(s.Unknown)
	}
	return n
}

func (q *reader) drawSection(i, w int, selected bool) string {
	t, s := q.env.Theme, q.report.Sections[i]
	name := safe.Line(s.Heading)
	state, word := kit.StatusDue, ""
	switch s.State {
	case reports.Writing:
		state, word = kit.StatusRunning, words.Plural(wordCount(s), "word", "words")
	case reports.Written:
		state, word = kit.StatusOK, words.Plural(wordCount(s), "word", "words")
		if len(s.Unknown) > 0 {
			state, word = kit.StatusFail, "check"
		}
	case reports.Stopped:
		state, word = kit.StatusDrift, "stopped"
	case reports.Failed:
		state, word = kit.StatusFail, "failed"
	}
	note := t.Mark(state) + " "
	if word != "" && kit.Width(name)+kit.Width(word)+8 <= w {
		note = t.Dim(word+" ") + note
	}
	number := fmt.Sprintf("%d ", i+1)
	if selected {
		name = t.In(kit.TokenSelected, name)
	}
	return kit.Ends(t.Dim(number)+name, note, w)
}

// document draws the visible part of the text.
func (q *reader) document(t *kit.Theme, w, h int) string {
	room := min(w-2, 88) // longer lines are hard to read
	q.lay(t, room)
	q.height = h
	end := max(0, len(q.layout.lines)-h)
	if i := q.writing(); q.follow && i >= 0 {
		q.scroll = min(end, max(0, q.layout.sections[i].end-h))
	}
	q.scroll = max(0, min(q.scroll, end))
	lines := q.draw(t, q.scroll, min(len(q.layout.lines), q.scroll+h))
	for i := range lines {
		lines[i] = " " + lines[i]
	}
	return strings.Join(lines, "\n")
}

// evidenceView shows the passages of the selected marker.
func (q *reader) evidenceView(t *kit.Theme, w, h int) string {
	var lines []string
	add := func(text string) {
		for _, line := range kit.Wrap(text, max(4, w-2)) {
			lines = append(lines, " "+line)
		}
	}
	switch {
	case q.marker < 0 || q.marker >= len(q.layout.markers):
		add(t.Bold("Evidence"))
		lines = append(lines, "")
		add("Each [S…] in the text names the passage that its sentence comes from. Press n and N to go through them.")
		if len(q.report.Context) > 0 {
			lines = append(lines, "")
			add(t.Dim("Drafted from"))
			for _, line := range q.sourceLines(w - 2) {
				lines = append(lines, " "+line)
			}
		}
	case q.gaps != nil:
		lines = append(lines, kit.Explain(q.gaps).Lines(t, w)...)
	case !q.loaded:
		lines = append(lines, " "+t.Mark(kit.StatusRunning)+t.Dim(" Loading passages."))
	default:
		lines = q.passageLines(t, w)
	}
	q.looking = max(0, min(q.looking, len(lines)-h))
	to := min(len(lines), q.looking+h)
	out := append([]string(nil), lines[q.looking:to]...)
	if to < len(lines) && len(out) > 0 {
		out[len(out)-1] = " " + t.Dim("… more: tab, then ↓")
	}
	return strings.Join(out, "\n")
}

func (q *reader) passageLines(t *kit.Theme, w int) []string {
	m := q.layout.markers[q.marker]
	lines := []string{" " + t.Dim(fmt.Sprintf("marker %d of %d", q.marker+1, len(q.layout.markers)))}
	for _, span := range m.marker.Spans {
		if span[0] >= 1 && span[0] <= span[1] && span[1] <= q.last() {
			continue
		}
		name := fmt.Sprintf("S%d", span[0])
		if span[1] != span[0] {
			name += fmt.Sprintf("–S%d", span[1])
		}
		lines = append(lines, "", " "+t.In(kit.TokenFail, "✗ no such passage: "+name))
		for _, line := range kit.Wrap("No passage of the record supports this sentence. Check it, or delete it.", max(4, w-2)) {
			lines = append(lines, " "+line)
		}
	}
	for _, n := range m.marker.Numbers(len(q.evidence)) {
		passage := q.evidence[n-1]
		head := " " + t.Bold(fmt.Sprintf("S%d", n)) + " " + kit.Named(passage.File) + " " + t.Dim(where(passage))
		lines = append(lines, "", kit.Cut(head, w))
		for _, line := range kit.Wrap(kit.Steady(passage.Text.Text()), max(4, w-3)) {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}

// where is the passage's number in its file, and the page or sheet.
func where(passage reports.Passage) string {
	out := fmt.Sprintf("§%d", passage.InFile)
	if passage.Place != "" {
		out += " · " + passage.Place.Line()
	}
	return out
}

// Actions are the pane's part of the table of actions.
func (p *Pane) Actions() []kit.Action {
	first := cmp.Or[string]
	setUp := kit.Unless(p.env.Session.SetUp, "Set up the account first, in pane Setup.")
	client, some := p.people.Selected()
	read := kit.Unless(p.mode == reading, "Open a report first.")
	running := p.mode == reading && p.reader.running
	unfinished := p.mode == reading && sectionsWritten(p.reader.report) < len(p.reader.report.Sections)
	clientOf := client.ID
	if p.mode == reading {
		clientOf = p.reader.report.Client
	}
	noClient := kit.Unless(some, "There are no clients yet. Add one in pane Clients.")
	enter := kit.Action{
		ID: "reports.open", Keys: []string{"enter"}, Help: "open", Long: "Open the report. In a new report, go to the next part.",
		Disabled: first(setUp, noClient), Do: p.enter,
	}
	attach := kit.Action{
		ID: "reports.select", Keys: []string{"space"}, Help: "attach", Long: "Attach the file to the new report, or detach it.",
		Disabled: "Start a new report first (a).", Do: p.attach,
	}
	all := kit.Action{
		ID: "reports.all", Keys: []string{"*"}, Help: "all", Long: "Attach all files to the new report, or none.",
		Disabled: attach.Disabled, Quiet: true, Do: p.attachAll,
	}
	stop := kit.Action{
		ID: "reports.stop", Help: "stop", Long: "Stop the draft and keep its text. r writes the stopped section again and continues.",
		Disabled: kit.Unless(running, "No draft is running here."), Do: p.stop,
	}
	tab := kit.Action{
		ID: "reports.column", Keys: []string{"tab"}, Help: "next column", Long: "Go to the next column or part.", Disabled: setUp,
		Do: func() tea.Cmd {
			p.column = 1 - p.column
			if !p.listed() {
				p.column = 0 // enter lists the reports
			}
			return nil
		},
	}
	again := kit.Action{
		ID: "reports.again", Keys: []string{"r"}, Help: "refresh",
		Long:  "Load clients and reports again. In a report, write the sections that are not written.",
		Quiet: true, Disabled: setUp, Do: func() tea.Cmd { return tea.Batch(p.loadPeople(), p.loadReports()) },
	}
	switch p.mode {
	case composing:
		enter.Help, enter.Do = "next", p.next
		tab.Help, tab.Do = "next part", p.next
		attach.Disabled = kit.Unless(p.composer.zone == filesZone, "Go to the files first (enter).")
		all.Disabled, all.Quiet = attach.Disabled, false
	case reading:
		enter.Help, enter.Do = "text", func() tea.Cmd { p.reader.column = documentColumn; return nil }
		tab.Do = func() tea.Cmd { p.reader.column = (p.reader.column + 1) % 3; return nil }
		attach.Keys = nil
		again.Help, again.Long, again.Do, again.Quiet = "continue", "Write the sections that are not written.", p.resume, false
		again.Disabled = first(kit.Unless(!running, "The report is being written."), kit.Unless(unfinished, "Every section is written."))
		if running { // else ctrl+x stops other work
			stop.Keys = []string{"ctrl+x"}
		}
		if p.reader.column == documentColumn {
			enter.Quiet = true
		}
	}
	return []kit.Action{
		stop,
		attach,
		all,
		enter,
		{
			ID: "reports.add", Keys: []string{"a"}, Help: "new report", Quiet: p.mode == composing,
			Long:     "Draft a new report for the client: choose template, files and instructions.",
			Disabled: first(setUp, noClient), Do: func() tea.Cmd { return p.draftFor(clientOf) },
		},
		again,
		{
			ID: "reports.next", Keys: []string{"n"}, Help: "next passage", Long: "Show the passage of the next [S…] in the text.",
			Disabled: read, Do: func() tea.Cmd { return p.toMarker(1) },
		},
		{
			ID: "reports.previous", Keys: []string{"N"}, Help: "previous", Long: "Show the passage of the previous [S…] in the text.",
			Quiet: true, Disabled: read, Do: func() tea.Cmd { return p.toMarker(-1) },
		},
		tab,
		{
			ID: "reports.copy", Keys: []string{"y"}, Help: "copy", Long: "Copy the report as Markdown to the terminal's clipboard.",
			Disabled: read, Do: p.copyReport,
		},
		{
			ID: "reports.export", Keys: []string{"E"}, Help: "export", Long: "Export the report to a Markdown file. Only you can read it.",
			Disabled: read, Do: p.askExport,
		},
		{
			ID: "reports.editor", Keys: []string{"ctrl+e"}, Help: "editor", Quiet: true,
			Long:     "Write the instructions in your own editor ($VISUAL or $EDITOR).",
			Disabled: kit.Unless(p.mode == composing, "Start a new report first (a)."),
			Do:       func() tea.Cmd { return editText(p.composer.wishes.Value()) },
		},
		{
			ID: "reports.sort", Keys: []string{"o"}, Help: "sort", Quiet: true,
			Long:     "Change the order of the clients or reports: by name, title or date.",
			Disabled: first(setUp, kit.Unless(p.mode == choosing, "Go back to the lists first (esc).")),
			Do: func() tea.Cmd {
				if p.column == 0 {
					return kit.Notify("Clients sorted " + p.people.Sort() + ".")
				}
				return kit.Notify("Reports sorted " + p.written.Sort() + ".")
			},
		},
		{
			ID: "reports.filter", Keys: []string{"/"}, Help: "filter", Quiet: p.mode != choosing,
			Long:     "Show only the clients, or reports, that contain what you type.",
			Disabled: kit.Unless(p.mode == choosing, "Go back to the lists first (esc)."),
			Do:       func() tea.Cmd { return p.choose(tea.KeyPressMsg{Code: '/', Text: "/"}) },
		},
	}
}

// Hints are the keys that work while instructions are being typed.
func (p *Pane) Hints() []kit.Action {
	if p.mode != composing {
		return []kit.Action{{Keys: []string{"enter"}, Help: "done"}}
	}
	return []kit.Action{
		{Keys: []string{"enter"}, Help: "draft"},
		{Keys: []string{"alt+enter"}, Help: "new line"},
		{Keys: []string{"ctrl+e"}, Help: "editor"},
		{Keys: []string{"tab"}, Help: "next part"},
	}
}
