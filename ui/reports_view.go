package ui

import (
	"cmp"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/reports"
)

func (p *reporting) View(w, h int) string {
	t := p.env.theme
	switch p.mode {
	case composing:
		head := " " + t.bold("Reports") + t.dim(" ▸ ") + named(p.composer.client.Name) + t.dim(" ▸ ") + "new report"
		return fit(head, w) + "\n" + p.composer.view(w, h-1)
	case reading:
		return p.paper.view(w, h)
	}
	head := " " + t.bold("Reports")
	if p.held.ID != "" {
		head += t.dim(" ▸ ") + named(p.held.Name)
	}
	if !p.env.session.SetUp || !p.peopleLoaded || len(p.people.Items()) == 0 {
		return fit(head, w) + "\n\n" + strings.Join(p.emptyLines(w), "\n")
	}
	note := ""
	if p.loaded {
		note = words.Plural(len(p.written.Items()), "report", "reports")
	}
	head = ends(head, t.dim(note)+" ", w)
	body := h - 1
	switch {
	case w >= wide:
		left := max(24, w/5)
		return head + "\n" + t.columns(body, column{p.people.View(t, left, body, p.column == 0), left}, column{p.writtenView(w-left-1, body), w - left - 1})
	case p.column == 0:
		return head + "\n" + p.people.View(t, w, body, true)
	}
	return head + "\n" + p.writtenView(w, body)
}

// emptyLines stand where there are no clients.
func (p *reporting) emptyLines(w int) []string {
	return noClients(p.env, w, p.peopleErr, p.peopleLoaded,
		"Reports are drafted in your own AWS account, which is not set up yet.",
		"A report is drafted from a client's files, section by section, and every sentence says which passage it comes from. There are no clients yet.",
		"Pane "+p.env.theme.bold("Clients")+" adds the first.")
}

func (p *reporting) drawClient(c clients.Client, w int, selected bool) string {
	t := p.env.theme
	name, note := named(c.Name), ""
	if selected {
		name = t.in(tokenSelected, name)
	}
	for _, q := range p.running {
		if q.client.ID == c.ID {
			note = t.mark(statusRunning) + " "
		}
	}
	return ends(name, note, w)
}

func (p *reporting) writtenView(w, h int) string {
	t := p.env.theme
	switch {
	case p.loadErr != nil && !p.loaded:
		return strings.Join(append(explain(p.loadErr).lines(t, w), "", "  "+t.bold("r")+t.dim(" tries again")), "\n")
	case !p.loaded:
		return " " + t.mark(statusRunning) + t.dim(" Loading the reports.")
	case len(p.written.Items()) == 0:
		return "  No reports yet.\n\n  " + t.bold("a") + " drafts the first one"
	}
	var below []string
	if p.loadErr != nil {
		below = explain(p.loadErr).lines(t, w)
		below = below[:min(len(below), 4, h-2)]
	}
	list := p.written.View(t, w, h-len(below), p.column == 1)
	return strings.Join(append(box(list, w, h-len(below)), below...), "\n")
}

func (p *reporting) drawReport(r reports.Report, w int, selected bool) string {
	t := p.env.theme
	for _, q := range p.running {
		if q.report.ID == r.ID {
			r = q.report
		}
	}
	s := stateOf(r)
	name := safe.Line(r.Title)
	if selected {
		name = t.in(tokenSelected, name)
	}
	state := fmt.Sprintf("%d of %d sections", sectionsWritten(r), len(r.Sections))
	if s == statusOK {
		state = "written"
	}
	return ends(t.mark(s)+" "+name, t.dim(state+"  "+right(ago(p.env.now(), r.Changed), 10))+" ", w)
}

// stateOf is a report's state as a whole.
func stateOf(r reports.Report) status {
	s := statusOK
	for _, section := range r.Sections {
		switch section.State {
		case reports.Failed:
			return statusFail
		case reports.Writing:
			return statusRunning
		case reports.Written:
		default:
			s = statusDue
		}
	}
	return s
}

// view draws a report in w × h.
func (q *paper) view(w, h int) string {
	t := q.env.theme
	head := q.headline(w)
	foot := q.statusLines(w)
	body := h - 1 - len(foot)
	var text string
	switch {
	case w >= wide:
		left := max(26, w/4)
		side := w * 3 / 10
		middle := w - left - side - 2
		text = t.columns(body,
			column{q.outline.View(t, left, body, q.column == outlineColumn), left},
			column{q.document(t, middle, body), middle},
			column{q.evidenceView(t, side, body), side})
	case q.column == outlineColumn:
		text = q.outline.View(t, w, body, true)
	case q.column == evidenceColumn:
		text = q.evidenceView(t, w, body)
	case q.marker >= 0:
		// One column at a time; but a passage is read next to its sentence.
		below := max(4, body*2/5)
		text = strings.Join(box(q.document(t, w, body-below-1), w, body-below-1), "\n") + "\n" +
			t.border(strings.Repeat("─", w)) + "\n" + q.evidenceView(t, w, below)
	default:
		text = q.document(t, w, body)
	}
	lines := append([]string{head}, box(text, w, body)...)
	return strings.Join(append(lines, foot...), "\n")
}

// headline says which report this is and what it has cost; what does not fit is left out whole.
func (q *paper) headline(w int) string {
	t, r := q.env.theme, q.report
	text := " " + t.bold("Reports") + t.dim(" ▸ ") + named(q.client.Name) + t.dim(" ▸ ") + safe.Line(r.Title)
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
		if next := part + " · " + note; width(text)+width(next)+3 <= w {
			note = next
		}
	}
	return ends(text, t.dim(strings.TrimSuffix(note, " · "))+" ", w)
}

// statusLines say how the report stands and what can be done.
func (q *paper) statusLines(w int) []string {
	t := q.env.theme
	done, all := sectionsWritten(q.report), len(q.report.Sections)
	switch i := q.writing(); {
	case q.stopping:
		return []string{" " + t.mark(statusRunning) + " Stopping; what is written is being saved."}
	case q.running && i < 0:
		return []string{" " + t.mark(statusRunning) + t.dim(" Reading the files and counting their tokens.")}
	case q.running:
		text := fmt.Sprintf(" Writing section %d of %d: %s", i+1, all, safe.Line(q.report.Sections[i].Heading))
		lines := []string{ends(" "+t.mark(statusRunning)+text, t.bold("ctrl+x")+t.dim(" stops, the text is kept "), w)}
		if q.notice != "" {
			for _, line := range wrap(safe.Line(q.notice), max(4, w-4)) {
				lines = append(lines, "   "+line)
			}
		}
		return lines
	case q.err != nil:
		lines := explain(q.err).lines(t, w-1)
		lines = lines[:min(3, len(lines))]
		for i := range lines {
			lines[i] = " " + lines[i]
		}
		return lines
	case q.stopped:
		return []string{ends(" "+t.in(tokenDrift, "▲ Stopped")+fmt.Sprintf(": %d of %d sections are written, and the text is kept.", done, all), t.bold("r")+t.dim(" goes on "), w)}
	case done < all:
		return []string{ends(" "+t.in(tokenDue, "◌ Not finished")+fmt.Sprintf(": %d of %d sections are written.", done, all), t.bold("r")+t.dim(" goes on "), w)}
	}
	text := " " + t.mark(statusOK) + " Written; saved " + ago(q.env.now(), q.report.Changed) + "."
	if flagged := q.flagged(); flagged > 0 {
		text = " " + t.in(tokenFail, "✗ "+words.Plural(flagged, "marker points", "markers point")+" at no passage") + t.dim("; they are marked ✗ in the text")
	}
	return []string{ends(text, t.bold("n")+t.dim(" goes through the passages "), w)}
}

// flagged is how many markers no passage bears out.
func (q *paper) flagged() int {
	n := 0
	for _, s := range q.report.Sections {
		n += len(s.Unknown)
	}
	return n
}

func (q *paper) drawSection(i, w int, selected bool) string {
	t, s := q.env.theme, q.report.Sections[i]
	name := safe.Line(s.Heading)
	state, word := statusDue, ""
	switch s.State {
	case reports.Writing:
		state, word = statusRunning, words.Plural(wordCount(s), "word", "words")
	case reports.Written:
		state, word = statusOK, words.Plural(wordCount(s), "word", "words")
		if len(s.Unknown) > 0 {
			state, word = statusFail, "check"
		}
	case reports.Stopped:
		state, word = statusDrift, "stopped"
	case reports.Failed:
		state, word = statusFail, "failed"
	}
	note := t.mark(state) + " "
	if word != "" && width(name)+width(word)+8 <= w {
		note = t.dim(word+" ") + note
	}
	number := fmt.Sprintf("%d ", i+1)
	if selected {
		name = t.in(tokenSelected, name)
	}
	return ends(t.dim(number)+name, note, w)
}

// document draws the visible part of the text.
func (q *paper) document(t *theme, w, h int) string {
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
func (q *paper) evidenceView(t *theme, w, h int) string {
	var lines []string
	add := func(text string) {
		for _, line := range wrap(text, max(4, w-2)) {
			lines = append(lines, " "+line)
		}
	}
	switch {
	case q.marker < 0 || q.marker >= len(q.layout.markers):
		add(t.bold("Evidence"))
		lines = append(lines, "")
		add("Each [S…] in the text names the passage that its sentence comes from. n and N go through them.")
		if len(q.report.Context) > 0 {
			lines = append(lines, "")
			add(t.dim("Drafted from"))
			for _, line := range q.sourceLines(w - 2) {
				lines = append(lines, " "+line)
			}
		}
	case q.gaps != nil:
		lines = append(lines, explain(q.gaps).lines(t, w)...)
	case !q.loaded:
		lines = append(lines, " "+t.mark(statusRunning)+t.dim(" Loading the passages."))
	default:
		lines = q.passageLines(t, w)
	}
	q.looking = max(0, min(q.looking, len(lines)-h))
	to := min(len(lines), q.looking+h)
	out := append([]string(nil), lines[q.looking:to]...)
	if to < len(lines) && len(out) > 0 {
		out[len(out)-1] = " " + t.dim("… more; tab, then ↓")
	}
	return strings.Join(out, "\n")
}

func (q *paper) passageLines(t *theme, w int) []string {
	m := q.layout.markers[q.marker]
	lines := []string{" " + t.dim(fmt.Sprintf("marker %d of %d", q.marker+1, len(q.layout.markers)))}
	for _, span := range m.marker.Spans {
		if span[0] >= 1 && span[0] <= span[1] && span[1] <= q.last() {
			continue
		}
		name := fmt.Sprintf("S%d", span[0])
		if span[1] != span[0] {
			name += fmt.Sprintf("–S%d", span[1])
		}
		lines = append(lines, "", " "+t.in(tokenFail, "✗ no such passage: "+name))
		for _, line := range wrap("Nothing in the record bears this sentence out. Check it, or strike it.", max(4, w-2)) {
			lines = append(lines, " "+line)
		}
	}
	for _, n := range m.marker.Numbers(len(q.evidence)) {
		passage := q.evidence[n-1]
		lines = append(lines, "", cut(" "+t.bold(fmt.Sprintf("S%d", n))+" "+named(passage.File)+t.dim(fmt.Sprintf(" ¶%d", passage.Place)), w))
		for _, line := range wrap(steady(passage.Text.Text()), max(4, w-3)) {
			lines = append(lines, "  "+line)
		}
	}
	return lines
}

func (p *reporting) Actions() []action {
	first := cmp.Or[string]
	setUp := unless(p.env.session.SetUp, "Set-up comes first: pane Setup.")
	client, some := p.people.Selected()
	read := unless(p.mode == reading, "Open a report first.")
	running := p.mode == reading && p.paper.running
	unfinished := p.mode == reading && sectionsWritten(p.paper.report) < len(p.paper.report.Sections)
	clientOf := client.ID
	if p.mode == reading {
		clientOf = p.paper.report.Client
	}
	enter := action{ID: "reports.open", Keys: []string{"enter"}, Help: "open", Long: "Open the report; while choosing what to draft from, go on.", Disabled: first(setUp, unless(some, "There is no client yet; pane Clients adds one.")), Do: p.enter}
	attach := action{ID: "reports.select", Keys: []string{"space"}, Help: "attach", Long: "Attach the file to the report that is to be drafted, or take it out.", Disabled: "Files are attached while a new report is composed (a).", Do: p.attach}
	all := action{ID: "reports.all", Keys: []string{"*"}, Help: "all", Long: "Attach all files to the report that is to be drafted, or none.", Disabled: attach.Disabled, Quiet: true, Do: p.attachAll}
	stop := action{ID: "reports.stop", Help: "stop", Long: "Stop the draft; its text is kept. r writes the stopped section again and goes on.", Disabled: unless(running, "Nothing is being drafted here."), Do: p.stop}
	tab := action{ID: "reports.column", Keys: []string{"tab"}, Help: "next column", Long: "Give the keys to the next column or part.", Disabled: setUp, Do: func() tea.Cmd {
		p.column = 1 - p.column
		return p.settle()
	}}
	again := action{
		ID: "reports.again", Keys: []string{"r"}, Help: "load again", Long: "Load clients and reports again; in a report, go on with the sections that are not written.",
		Quiet: true, Disabled: setUp, Do: func() tea.Cmd { return tea.Batch(p.loadPeople(), p.loadReports()) },
	}
	switch p.mode {
	case composing:
		enter.Help, enter.Do = "go on", p.next
		tab.Help, tab.Do = "next part", p.next
		attach.Disabled = unless(p.composer.zone == filesZone, "Go to the files first (enter).")
		all.Disabled, all.Quiet = attach.Disabled, false
	case reading:
		enter.Help, enter.Do = "text", func() tea.Cmd { p.paper.column = documentColumn; return nil }
		tab.Do = func() tea.Cmd { p.paper.column = (p.paper.column + 1) % 3; return nil }
		attach.Keys = nil
		again.Help, again.Long, again.Do, again.Quiet = "go on writing", "Go on with the sections that are not written.", p.resume, false
		again.Disabled = first(unless(!running, "It is being written."), unless(unfinished, "Every section is written."))
		if running { // else ctrl+x stops what runs elsewhere
			stop.Keys = []string{"ctrl+x"}
		}
		if p.paper.column == documentColumn {
			enter.Quiet = true
		}
	}
	return []action{
		stop,
		attach,
		all,
		enter,
		{
			ID: "reports.add", Keys: []string{"a"}, Help: "new report", Long: "Draft a new report for the client: template, files, instructions.", Quiet: p.mode == composing,
			Disabled: first(setUp, unless(some, "There is no client yet; pane Clients adds one.")), Do: func() tea.Cmd { return p.draftFor(clientOf) },
		},
		again,
		{ID: "reports.next", Keys: []string{"n"}, Help: "next passage", Long: "Show the passage behind the next [S…] of the text.", Disabled: read, Do: func() tea.Cmd { return p.toMarker(1) }},
		{ID: "reports.previous", Keys: []string{"N"}, Help: "previous", Long: "Show the passage behind the [S…] before.", Quiet: true, Disabled: read, Do: func() tea.Cmd { return p.toMarker(-1) }},
		tab,
		{ID: "reports.copy", Keys: []string{"y"}, Help: "copy", Long: "Copy the report as Markdown into the terminal's clipboard.", Disabled: read, Do: p.copyReport},
		{ID: "reports.export", Keys: []string{"E"}, Help: "export", Long: "Write the report to a Markdown file that you alone can read.", Disabled: read, Do: p.askExport},
		{
			ID: "reports.editor", Keys: []string{"ctrl+e"}, Help: "editor", Long: "Write the instructions in your own editor ($VISUAL or $EDITOR).", Quiet: true,
			Disabled: unless(p.mode == composing, "Instructions are written while a new report is composed (a)."), Do: func() tea.Cmd { return editText(p.composer.wishes.Value()) },
		},
		{
			ID: "reports.sort", Keys: []string{"o"}, Help: "sort", Long: "Sort the clients, or the reports, in another order: by name, title or date.", Quiet: true,
			Disabled: first(setUp, unless(p.mode == choosing, "The lists can be sorted; esc goes back to them.")),
			Do: func() tea.Cmd {
				if p.column == 0 {
					return notify("Clients are sorted " + p.people.Sort() + ".")
				}
				return notify("Reports are sorted " + p.written.Sort() + ".")
			},
		},
		{
			ID: "reports.filter", Keys: []string{"/"}, Help: "filter", Long: "Show only the clients, or reports, that contain what you type.", Quiet: p.mode != choosing,
			Disabled: unless(p.mode == choosing, "The lists can be filtered; esc goes back to them."),
			Do:       func() tea.Cmd { return p.choose(tea.KeyPressMsg{Code: '/', Text: "/"}) },
		},
	}
}

// Hints are the keys that work while instructions are typed.
func (p *reporting) Hints() []action {
	if p.mode != composing {
		return []action{{Keys: []string{"enter"}, Help: "done"}}
	}
	return []action{
		{Keys: []string{"enter"}, Help: "draft"},
		{Keys: []string{"alt+enter"}, Help: "new line"},
		{Keys: []string{"ctrl+e"}, Help: "editor"},
		{Keys: []string{"tab"}, Help: "next part"},
	}
}
