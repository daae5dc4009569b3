package ui

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textarea"
	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/reports"
)

// composer is what a new report is to be drafted from.
type composer struct {
	env      *env
	client   clients.Client
	zone     int // templateZone, filesZone, wishesZone
	template list[reports.Template]
	files    list[clients.File]
	loaded   bool
	loadErr  error
	attached map[string]bool // by file id
	weight   map[string]int  // tokens of a file's version, estimated
	wishes   textarea.Model

	counting bool
	count    counted
	countErr error
	changes  resting
	begin    bool // enter was pressed while the tokens were being counted
}

// The parts of the composer, from top to bottom.
const (
	templateZone = iota
	filesZone
	wishesZone
)

// countRest stands in restedMsg for the composer's wait before it counts.
const countRest paneID = "reports count"

type (
	// candidates are the files of the composer's client.
	candidates struct {
		client string
		files  []clients.File
	}
	// weighed is how many tokens the text of a file may be.
	weighed struct {
		file   string
		tokens int
	}
	// counted is how many tokens the first request is.
	counted struct {
		tokens      int
		approximate bool
	}
)

func newComposer(e *env, client clients.Client) *composer {
	c := &composer{env: e, client: client, attached: map[string]bool{}, weight: map[string]int{}}
	c.template = list[reports.Template]{
		Key:  func(t reports.Template) string { return t.ID },
		Draw: c.drawTemplate,
	}
	c.template.Set(reports.Templates())
	c.files = list[clients.File]{
		Key:  func(f clients.File) string { return f.ID },
		Draw: c.drawFile,
	}
	c.wishes = newTextArea()
	return c
}

// newTextArea is a text of several lines with the terminal's real cursor. enter
// is left to the pane; a new line is alt+enter or ctrl+j.
func newTextArea() textarea.Model {
	in := textarea.New()
	in.Prompt, in.ShowLineNumbers, in.CharLimit, in.MaxHeight = "", false, 0, 0
	in.SetVirtualCursor(false)
	in.SetStyles(textarea.Styles{})
	in.KeyMap.InsertNewline = key.NewBinding(key.WithKeys("alt+enter", "ctrl+j", "shift+enter"))
	in.KeyMap.LineEnd = key.NewBinding(key.WithKeys("end"))
	in.KeyMap.Paste = key.NewBinding() // runs a clipboard program; the terminal's own paste works everywhere
	in.KeyMap.CopySelection = key.NewBinding()
	in.KeyMap.TransposeCharacterBackward = key.NewBinding()
	return in
}

func (c *composer) capturesInput() bool { return c.zone == wishesZone }

// back goes to the part above; false: there is none.
func (c *composer) back() bool {
	if c.zone == templateZone {
		return false
	}
	c.enterZone(c.zone - 1)
	return true
}

func (c *composer) enterZone(zone int) {
	c.zone = zone
	if zone == wishesZone {
		_ = c.wishes.Focus()
	} else {
		c.wishes.Blur()
	}
}

// chosen are the attached files, in the order of the list.
func (c *composer) chosen() []clients.File {
	var files []clients.File
	for _, f := range c.files.Items() {
		if c.attached[f.ID] {
			files = append(files, f)
		}
	}
	return files
}

func (c *composer) request() reports.Request {
	template, _ := c.template.Selected()
	return reports.Request{
		Client: c.client.ID, Template: template.ID, Files: c.chosen(), Instructions: safe.PHI(strings.TrimSpace(c.wishes.Value())),
	}
}

// expected is what drafting is reckoned to use: every section sends the files,
// all but the first from the cache, and writes up to two pages.
func (c *composer) expected() reports.Usage {
	template, _ := c.template.Selected()
	sections := len(template.Sections)
	const perSection = 1500
	return reports.Usage{
		CacheWriteTokens: c.count.tokens, CacheReadTokens: c.count.tokens * max(0, sections-1),
		OutputTokens: perSection * sections, Estimated: true,
	}
}

// loadFiles loads the files that the composer offers.
func (p *reporting) loadFiles() tea.Cmd {
	store, client := p.env.session.Clients(), p.composer.client.ID
	return ask(p.env.jobs, job{Pane: reportsPane, Slot: "files", Title: "Loading files", Quiet: true},
		func(ctx context.Context) (candidates, error) {
			files, err := store.Files(ctx, client, false)
			return candidates{client, files}, err
		})
}

// compose takes a key in the composer.
func (p *reporting) compose(msg tea.Msg) tea.Cmd {
	c := p.composer
	press, isKey := msg.(tea.KeyPressMsg)
	if c.zone == wishesZone {
		if isKey {
			switch press.String() {
			case "esc":
				p.Back()
				return nil
			case "enter":
				return p.start()
			case "tab":
				c.enterZone(templateZone)
				return nil
			case "shift+tab":
				c.enterZone(filesZone)
				return nil
			case "ctrl+e":
				return editText(c.wishes.Value())
			}
		}
		before := c.wishes.Value()
		c.wishes, _ = c.wishes.Update(msg)
		if c.wishes.Value() != before {
			return p.countSoon(700 * time.Millisecond)
		}
		return nil
	}
	if isKey && press.String() == "shift+tab" {
		c.enterZone((c.zone + 2) % 3)
		return nil
	}
	switch c.zone {
	case templateZone:
		before, _ := c.template.Selected()
		c.template.Update(msg)
		if after, _ := c.template.Selected(); after.ID != before.ID {
			return p.countSoon(restAfter)
		}
	case filesZone:
		c.files.Update(msg)
	}
	return nil
}

// next goes to the composer's next part.
func (p *reporting) next() tea.Cmd {
	p.composer.enterZone((p.composer.zone + 1) % 3)
	return nil
}

// attach attaches the selected file, or takes it out again.
func (p *reporting) attach() tea.Cmd {
	c := p.composer
	file, ok := c.files.Selected()
	switch {
	case !ok:
		return nil
	case file.Segments == 0:
		why := file.Problem
		if why == "" {
			why = "it holds no text"
		}
		return complain("There is nothing to draft from in this file: " + safe.Line(why) + ".")
	}
	c.attached[file.ID] = !c.attached[file.ID]
	return tea.Batch(p.weigh(file), p.countSoon(restAfter))
}

// attachAll attaches every file that has text, or, when all are attached, none.
func (p *reporting) attachAll() tea.Cmd {
	c := p.composer
	before := len(c.chosen())
	var cmds []tea.Cmd
	for _, file := range c.files.Items() {
		if file.Segments > 0 {
			c.attached[file.ID] = true
			cmds = append(cmds, p.weigh(file))
		}
	}
	if len(c.chosen()) == before {
		clear(c.attached)
	}
	return tea.Batch(append(cmds, p.countSoon(restAfter))...)
}

// weigh estimates the tokens of a file from its text.
func (p *reporting) weigh(file clients.File) tea.Cmd {
	key := file.ID + file.Version
	if _, known := p.composer.weight[key]; known || !p.composer.attached[file.ID] {
		return nil
	}
	store := p.env.session.Clients()
	return ask(p.env.jobs, job{Pane: reportsPane, Slot: "weigh " + key, Title: "Measuring a file", Quiet: true},
		func(ctx context.Context) (weighed, error) {
			segments, err := store.Segments(ctx, file)
			tokens := 0
			for _, s := range segments {
				tokens += reports.Estimate(s.Text.Reveal())
			}
			return weighed{key, tokens}, err
		})
}

// countSoon counts the tokens when nothing has changed for a while.
func (p *reporting) countSoon(after time.Duration) tea.Cmd {
	c := p.composer
	c.counting, c.countErr, c.begin = true, nil, false
	p.env.jobs.drop(job{Pane: reportsPane, Slot: "count"})
	c.changes.moves++
	at := restedMsg{countRest, c.changes.moves}
	return tea.Tick(after, func(time.Time) tea.Msg { return at })
}

func (p *reporting) countRested(m restedMsg) tea.Cmd {
	c := p.composer
	if c == nil || !c.changes.rested(m, countRest) {
		return nil
	}
	if len(c.attached) == 0 || len(c.chosen()) == 0 {
		c.counting, c.count = false, counted{}
		return nil
	}
	desk, request := p.env.session.Reports(), c.request()
	return ask(p.env.jobs, job{Pane: reportsPane, Slot: "count", Title: "Counting tokens", Quiet: true},
		func(ctx context.Context) (counted, error) {
			tokens, approximate, err := desk.CountTokens(ctx, request)
			return counted{tokens, approximate}, err
		})
}

// composed takes what was loaded for the composer.
func (p *reporting) composed(msg tea.Msg) tea.Cmd {
	c := p.composer
	if c == nil {
		return nil
	}
	switch m := msg.(type) {
	case answer[candidates]:
		if m.Value.client != c.client.ID && m.Err == nil {
			return nil
		}
		if c.loadErr = m.Err; m.Err != nil && len(m.Value.files) == 0 {
			return nil
		}
		c.loaded = true
		c.files.Set(m.Value.files)
	case answer[weighed]:
		if m.Err == nil {
			c.weight[m.Value.file] = m.Value.tokens
		}
	case answer[counted]:
		c.counting, c.countErr = false, m.Err
		if m.Err == nil {
			c.count = m.Value
		}
		if c.begin {
			c.begin = false
			return p.start()
		}
	case editedMsg:
		if m.err != nil {
			return complain(sentence(m.err.Error()) + " The text is as it was.")
		}
		if m.text != c.wishes.Value() {
			c.wishes.SetValue(m.text)
			return p.countSoon(restAfter)
		}
	}
	return nil
}

// start begins the draft, once the tokens are counted.
func (p *reporting) start() tea.Cmd {
	c := p.composer
	switch {
	case len(c.chosen()) == 0:
		c.enterZone(filesZone)
		return complain("Attach at least one file (space); a report is drafted from files.")
	case c.countErr != nil:
		return complainOf(c.countErr)
	case c.counting:
		c.begin = true
		return notify("Counting the tokens; drafting begins when that is done.")
	}
	template, _ := c.template.Selected()
	request := c.request()
	report := reports.Report{Client: c.client.ID, Template: template.ID, Title: template.Title, Model: p.env.session.Reports().Model()}
	for _, s := range template.Sections {
		report.Sections = append(report.Sections, reports.Section{ID: s.ID, Heading: s.Heading, State: reports.Waiting})
	}
	paper := newPaper(p.env, c.client, report)
	paper.composer = c
	p.composer = nil
	desk := p.env.session.Reports()
	return p.run(paper, func(ctx context.Context) iter.Seq2[reports.Event, error] { return desk.Draft(ctx, request) })
}

func (c *composer) drawTemplate(template reports.Template, w int, _ bool) string {
	name := template.Title
	if chosen, _ := c.template.Selected(); chosen.ID == template.ID {
		name = c.env.theme.in(tokenSelected, name)
	}
	return ends(name, c.env.theme.dim(words.Plural(len(template.Sections), "section", "sections"))+" ", w)
}

func (c *composer) drawFile(f clients.File, w int, selected bool) string {
	t := c.env.theme
	box, note := "[ ] ", words.Bytes(f.Size)
	name := named(f.Name)
	switch tokens, known := c.weight[f.ID+f.Version]; {
	case f.Segments == 0:
		return ends(t.dim("    "+name), t.dim("no text "), w)
	case c.attached[f.ID] && known:
		note = "~" + tokenCount(tokens) + " tokens"
	}
	if c.attached[f.ID] {
		box = t.accent("[x] ")
	}
	if selected {
		name = t.in(tokenSelected, name)
	}
	return ends(box+name, t.dim(note)+" ", w)
}

// view draws the composer in w × h.
func (c *composer) view(w, h int) string {
	t := c.env.theme
	lines := make([]string, 0, h)
	title := func(zone int, text, hint string) {
		head := " " + t.bold(text)
		if zone == c.zone {
			head = t.accent("▌") + t.in(tokenSelected, t.accent(text))
		}
		if zone != c.zone || width(head)+width(hint)+2 > w {
			hint = "" // the footer has the keys as well
		}
		lines = append(lines, ends(head, t.dim(hint)+" ", w))
	}
	foot := c.footLines(w)
	wishes := 2 + max(0, min(4, (h-16)/2))
	title(templateZone, "Template", "↑↓ chooses, enter goes on")
	lines = append(lines, box(c.template.View(t, w, len(c.template.Items()), c.zone == templateZone), w, len(c.template.Items()))...)
	if h > 18 {
		lines = append(lines, "")
	}
	title(filesZone, "Files to draft from", "space attaches, enter goes on")
	fixed := len(lines) + 1 + wishes + len(foot) + 1
	if h > 18 {
		fixed++
	}
	rows := max(2, min(h-fixed, max(1, len(c.files.Items()))))
	lines = append(lines, box(c.filesView(w, rows), w, rows)...)
	if h > 18 {
		lines = append(lines, "")
	}
	title(wishesZone, "Instructions, if any", "enter drafts · alt+enter new line · ctrl+e editor")
	lines = append(lines, c.wishesLines(w, wishes)...)
	lines = append(lines, t.border(strings.Repeat("─", w)))
	return strings.Join(append(lines, foot...), "\n")
}

func (c *composer) filesView(w, rows int) string {
	t := c.env.theme
	switch {
	case c.loadErr != nil && !c.loaded:
		return strings.Join(explain(c.loadErr).lines(t, w), "\n")
	case !c.loaded:
		return "  " + t.mark(statusRunning) + t.dim(" Loading the files.")
	case len(c.files.Items()) == 0:
		return t.dim("  This client has no files yet. Pane Clients uploads them (U).")
	}
	return c.files.View(t, w, rows, c.zone == filesZone)
}

// wishesLines draw the instructions, the cursor's place marked.
func (c *composer) wishesLines(w, rows int) []string {
	in := c.wishes
	in.SetWidth(max(4, w-3))
	in.SetHeight(rows)
	lines := box(in.View(), w-3, rows)
	if c.wishes.Value() == "" && c.zone != wishesZone {
		lines[0] = c.env.theme.dim("none")
	}
	cursor := in.Cursor()
	for i := range lines {
		if cursor != nil && c.zone == wishesZone && cursor.Y == i {
			lines[i] = insertCursor(lines[i], cursor.X)
		}
		lines[i] = "  " + lines[i]
	}
	return lines
}

// footLines say what is sent, how much that is and what it costs.
func (c *composer) footLines(w int) []string {
	t := c.env.theme
	chosen := c.chosen()
	if len(chosen) == 0 {
		return []string{t.dim(cut(" Nothing attached. Only what you attach leaves the storage.", w))}
	}
	var pills []string
	for _, f := range chosen {
		pill := named(f.Name)
		if tokens, known := c.weight[f.ID+f.Version]; known {
			pill += t.dim(" ~" + tokenCount(tokens))
		}
		pills = append(pills, pill)
	}
	lines := wrap(" Sent: "+strings.Join(pills, t.dim(" · ")), w-1)
	if len(lines) > 3 {
		lines = append(lines[:2], t.dim(fmt.Sprintf(" … %s in all", words.Plural(len(chosen), "file", "files"))))
	}
	lines = append(lines, t.dim(cut(" Only these leave this account's storage, for the model.", w)))
	switch {
	case c.countErr != nil:
		problem := explain(c.countErr)
		for _, line := range wrap(problem.what+" "+problem.next, max(8, w-4))[:1] {
			lines = append(lines, " "+t.mark(statusFail)+" "+line)
		}
	case c.counting:
		lines = append(lines, " "+t.mark(statusRunning)+t.dim(" Counting the tokens."))
	default:
		about := ""
		if c.count.approximate {
			about = "about "
		}
		desk := c.env.session.Reports()
		text := fmt.Sprintf(" %s%s of %s tokens", about, tokenCount(c.count.tokens), tokenCount(desk.Window()))
		if dollars, known := reports.Cost(desk.Model(), c.expected()); known {
			text += " · up to about " + money(dollars)
		}
		hint := "enter under Instructions drafts "
		if c.zone == wishesZone {
			hint = "enter drafts "
		}
		if width(text)+width(hint)+1 > w {
			hint = ""
		}
		lines = append(lines, ends(text, t.dim(hint), w))
	}
	return lines
}
