package reports

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
	"claria/clients/text"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/reports"
	"claria/ui/kit"
)

// composer collects what a new report is drafted from.
type composer struct {
	env      *kit.Env
	client   clients.Client
	zone     int // templateZone, filesZone, wishesZone
	template kit.List[reports.Template]
	files    kit.List[clients.File]
	loaded   bool
	loadErr  error
	attached map[string]bool // by file id
	weight   map[string]int  // tokens of a file's version, estimated
	wishes   textarea.Model  // the instructions

	counting bool
	count    counted
	countErr error
	changes  kit.Resting
	begin    bool // enter was pressed while tokens were being counted
}

// The parts of the composer, from top to bottom.
const (
	templateZone = iota
	filesZone
	wishesZone
)

// countRest marks a RestedMsg as the end of the composer's wait before it counts.
const countRest kit.PaneID = "reports count"

type (
	// candidates are the files of the composer's client.
	candidates struct {
		client string
		files  []clients.File
	}
	// weighed is the estimated number of tokens of a file's text.
	weighed struct {
		file   string
		tokens int
	}
	// counted is the number of tokens of the first request.
	counted struct {
		tokens      int
		approximate bool
	}
)

func newComposer(e *kit.Env, client clients.Client) *composer {
	c := &composer{env: e, client: client, attached: map[string]bool{}, weight: map[string]int{}}
	c.template = kit.List[reports.Template]{
		Key:  func(t reports.Template) string { return t.ID },
		Draw: c.drawTemplate,
	}
	c.template.Set(reports.Templates())
	c.files = kit.List[clients.File]{
		Key:  func(f clients.File) string { return f.ID },
		Draw: c.drawFile,
	}
	c.wishes = newTextArea()
	return c
}

// newTextArea is a text of several lines with the terminal's real cursor. The pane
// takes enter; alt+enter or ctrl+j makes a new line.
func newTextArea() textarea.Model {
	in := textarea.New()
	in.Prompt, in.ShowLineNumbers, in.CharLimit, in.MaxHeight = "", false, 0, 0
	in.SetVirtualCursor(false)
	in.SetStyles(textarea.Styles{})
	in.KeyMap.InsertNewline = key.NewBinding(key.WithKeys("alt+enter", "ctrl+j", "shift+enter"))
	in.KeyMap.LineEnd = key.NewBinding(key.WithKeys("end"))
	in.KeyMap.Paste = key.NewBinding() // it runs a clipboard program; the terminal's own paste works everywhere
	in.KeyMap.CopySelection = key.NewBinding()
	in.KeyMap.TransposeCharacterBackward = key.NewBinding()
	return in
}

func (c *composer) capturesInput() bool { return c.zone == wishesZone }

// back goes to the part above, and reports whether there is one.
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
		Accepted: true, // each file with a concern was asked about when it was attached
	}
}

// expected is an estimate of what drafting uses: every section sends the files, all
// but the first from the cache, and writes up to two pages. A model that thinks may also
// use all the room it has for that.
func (c *composer) expected() reports.Usage {
	template, _ := c.template.Selected()
	sections := len(template.Sections)
	perSection := 1500 + reports.Thinking(c.env.Session.Reports().Model())
	return reports.Usage{
		CacheWriteTokens: c.count.tokens, CacheReadTokens: c.count.tokens * max(0, sections-1),
		OutputTokens: perSection * sections, Estimated: true,
	}
}

// loadFiles loads the client's files for the composer.
func (p *Pane) loadFiles() tea.Cmd {
	store, client := p.env.Session.Clients(), p.composer.client.ID
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ReportsPane, Slot: "files", Title: "Loading files", Quiet: true},
		func(ctx context.Context) (candidates, error) {
			files, err := store.Files(ctx, client, false)
			return candidates{client, files}, err
		})
}

// compose takes a key in the composer.
func (p *Pane) compose(msg tea.Msg) tea.Cmd {
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
			return p.countSoon(kit.RestAfter)
		}
	case filesZone:
		c.files.Update(msg)
	}
	return nil
}

// next goes to the composer's next part.
func (p *Pane) next() tea.Cmd {
	p.composer.enterZone((p.composer.zone + 1) % 3)
	return nil
}

// attach attaches or detaches the selected file.
func (p *Pane) attach() tea.Cmd {
	c := p.composer
	file, ok := c.files.Selected()
	switch {
	case !ok:
		return nil
	case file.Segments == 0:
		why := file.Problem
		if why == "" {
			why = "it has no text"
		}
		return kit.Complain("A report cannot be drafted from this file: " + safe.Line(why) + ".")
	}
	if c.attached[file.ID] {
		c.attached[file.ID] = false
		return p.countSoon(kit.RestAfter)
	}
	return p.attachKnowingly([]clients.File{file})
}

// attachAll attaches every file that has text, or detaches all if all are attached.
func (p *Pane) attachAll() tea.Cmd {
	c := p.composer
	var more []clients.File
	for _, file := range c.files.Items() {
		if file.Segments > 0 && !c.attached[file.ID] && file.Class != clients.Test {
			more = append(more, file)
		}
	}
	if len(more) == 0 {
		clear(c.attached)
		return p.countSoon(kit.RestAfter)
	}
	return p.attachKnowingly(more)
}

// attachNow attaches files that need no answer, or have one.
func (p *Pane) attachNow(files []clients.File) tea.Cmd {
	var cmds []tea.Cmd
	for _, file := range files {
		p.composer.attached[file.ID] = true
		cmds = append(cmds, p.weigh(file))
	}
	return tea.Batch(append(cmds, p.countSoon(kit.RestAfter))...)
}

// weigh estimates the tokens of a file from its text.
func (p *Pane) weigh(file clients.File) tea.Cmd {
	key := file.ID + file.Version
	if _, known := p.composer.weight[key]; known || !p.composer.attached[file.ID] {
		return nil
	}
	store := p.env.Session.Clients()
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ReportsPane, Slot: "weigh " + key, Title: "Measuring a file", Quiet: true},
		func(ctx context.Context) (weighed, error) {
			segments, err := store.Segments(ctx, file)
			tokens := 0
			for _, s := range segments {
				tokens += reports.Estimate(s.Text.Reveal())
			}
			return weighed{key, tokens}, err
		})
}

// countSoon counts the tokens once nothing has changed for a while.
func (p *Pane) countSoon(after time.Duration) tea.Cmd {
	c := p.composer
	c.counting, c.countErr, c.begin = true, nil, false
	p.env.Jobs.Drop(kit.Job{Pane: kit.ReportsPane, Slot: "count"})
	c.changes.Moves++
	at := kit.RestedMsg{Pane: countRest, Move: c.changes.Moves}
	return tea.Tick(after, func(time.Time) tea.Msg { return at })
}

func (p *Pane) countRested(m kit.RestedMsg) tea.Cmd {
	c := p.composer
	if c == nil || !c.changes.Rested(m, countRest) {
		return nil
	}
	if len(c.attached) == 0 || len(c.chosen()) == 0 {
		c.counting, c.count = false, counted{}
		return nil
	}
	drafter, request := p.env.Session.Reports(), c.request()
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ReportsPane, Slot: "count", Title: "Counting tokens", Quiet: true},
		func(ctx context.Context) (counted, error) {
			tokens, approximate, err := drafter.CountTokens(ctx, request)
			return counted{tokens, approximate}, err
		})
}

// composed takes what was loaded for the composer.
func (p *Pane) composed(msg tea.Msg) tea.Cmd {
	c := p.composer
	if c == nil {
		return nil
	}
	switch m := msg.(type) {
	case kit.Answer[candidates]:
		if m.Value.client != c.client.ID && m.Err == nil {
			return nil
		}
		if c.loadErr = m.Err; m.Err != nil && len(m.Value.files) == 0 {
			return nil
		}
		c.loaded = true
		c.files.Set(m.Value.files)
	case kit.Answer[weighed]:
		if m.Err == nil {
			c.weight[m.Value.file] = m.Value.tokens
		}
	case kit.Answer[counted]:
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
			return kit.Complain(kit.Sentence(m.err.Error()) + " The text has not changed.")
		}
		if m.text != c.wishes.Value() {
			c.wishes.SetValue(m.text)
			return p.countSoon(kit.RestAfter)
		}
	}
	return nil
}

// start starts the draft, once the tokens are counted.
func (p *Pane) start() tea.Cmd {
	c := p.composer
	switch {
	case len(c.chosen()) == 0:
		c.enterZone(filesZone)
		return kit.Complain("Attach at least one file first (space).")
	case c.countErr != nil:
		return kit.ComplainOf(c.countErr)
	case c.counting:
		c.begin = true
		return kit.Notify("Counting tokens. The draft starts when that is done.")
	}
	template, _ := c.template.Selected()
	request := c.request()
	report := reports.Report{Client: c.client.ID, Template: template.ID, Title: template.Title, Model: p.env.Session.Reports().Model()}
	for _, s := range template.Sections {
		report.Sections = append(report.Sections, reports.Section{ID: s.ID, Heading: s.Heading, State: reports.Waiting})
	}
	q := newReader(p.env, c.client, report)
	q.composer = c
	p.composer = nil
	drafter := p.env.Session.Reports()
	return p.run(q, func(ctx context.Context) iter.Seq2[reports.Event, error] { return drafter.Draft(ctx, request) })
}

func (c *composer) drawTemplate(template reports.Template, w int, _ bool) string {
	name := template.Title
	if chosen, _ := c.template.Selected(); chosen.ID == template.ID {
		name = c.env.Theme.In(kit.TokenSelected, name)
	}
	return kit.Ends(name, c.env.Theme.Dim(words.Plural(len(template.Sections), "section", "sections"))+" ", w)
}

func (c *composer) drawFile(f clients.File, w int, selected bool) string {
	t := c.env.Theme
	box, note := "[ ] ", badge(f, words.Bytes(f.Size))
	name := kit.Named(f.Name)
	switch tokens, known := c.weight[f.ID+f.Version]; {
	case f.Segments == 0:
		return kit.Ends(t.Dim("    "+name), t.Dim("no text "), w)
	case c.attached[f.ID] && known:
		note = badge(f, "~"+tokenCount(tokens)+" tokens")
	}
	if c.attached[f.ID] {
		box = t.Accent("[x] ")
	}
	if selected {
		name = t.In(kit.TokenSelected, name)
	}
	return kit.Ends(box+name, t.Dim(note)+" ", w)
}

// view draws the composer in w × h.
func (c *composer) view(w, h int) string {
	t := c.env.Theme
	lines := make([]string, 0, h)
	title := func(zone int, text, hint string) {
		head := " " + t.Bold(text)
		if zone == c.zone {
			head = t.Accent("▌") + t.In(kit.TokenSelected, t.Accent(text))
		}
		if zone != c.zone || kit.Width(head)+kit.Width(hint)+2 > w {
			hint = "" // the footer shows the keys too
		}
		lines = append(lines, kit.Ends(head, t.Dim(hint)+" ", w))
	}
	foot := c.footLines(w)
	wishes := 2 + max(0, min(4, (h-16)/2))
	title(templateZone, "Template", "↑↓ choose · enter next")
	lines = append(lines, kit.Box(c.template.View(t, w, len(c.template.Items()), c.zone == templateZone), w, len(c.template.Items()))...)
	if h > 18 {
		lines = append(lines, "")
	}
	title(filesZone, "Files to draft from", "space attach · enter next")
	fixed := len(lines) + 1 + wishes + len(foot) + 1
	if h > 18 {
		fixed++
	}
	rows := max(2, min(h-fixed, max(1, len(c.files.Items()))))
	lines = append(lines, kit.Box(c.filesView(w, rows), w, rows)...)
	if h > 18 {
		lines = append(lines, "")
	}
	title(wishesZone, "Instructions (optional)", "enter draft · alt+enter new line · ctrl+e editor")
	lines = append(lines, c.wishesLines(w, wishes)...)
	lines = append(lines, t.Border(strings.Repeat("─", w)))
	return strings.Join(append(lines, foot...), "\n")
}

func (c *composer) filesView(w, rows int) string {
	t := c.env.Theme
	switch {
	case c.loadErr != nil && !c.loaded:
		return strings.Join(kit.Explain(c.loadErr).Lines(t, w), "\n")
	case !c.loaded:
		return "  " + t.Mark(kit.StatusRunning) + t.Dim(" Loading files.")
	case len(c.files.Items()) == 0:
		return t.Dim("  This client has no files yet. Upload some in pane Clients (U).")
	}
	return c.files.View(t, w, rows, c.zone == filesZone)
}

// wishesLines draw the instructions and the cursor.
func (c *composer) wishesLines(w, rows int) []string {
	in := c.wishes
	in.SetWidth(max(4, w-3))
	in.SetHeight(rows)
	lines := kit.Box(in.View(), w-3, rows)
	if c.wishes.Value() == "" && c.zone != wishesZone {
		lines[0] = c.env.Theme.Dim("none")
	}
	cursor := in.Cursor()
	for i := range lines {
		if cursor != nil && c.zone == wishesZone && cursor.Y == i {
			lines[i] = kit.InsertCursor(lines[i], cursor.X)
		}
		lines[i] = "  " + lines[i]
	}
	return lines
}

// footLines show which files the model will read, how many tokens that is, and what it costs.
func (c *composer) footLines(w int) []string {
	t := c.env.Theme
	chosen := c.chosen()
	if len(chosen) == 0 {
		return []string{t.Dim(kit.Cut(" No files attached. The model reads attached files only.", w))}
	}
	var pills []string
	for _, f := range chosen {
		pill := kit.Named(f.Name)
		if short := text.Short(f.Unread); short != "" {
			pill += t.In(kit.TokenDrift, " ("+short+")")
		}
		if tokens, known := c.weight[f.ID+f.Version]; known {
			pill += t.Dim(" ~" + tokenCount(tokens))
		}
		pills = append(pills, pill)
	}
	lines := kit.Wrap(" To send: "+strings.Join(pills, t.Dim(" · ")), w-1)
	if len(lines) > 3 {
		lines = append(lines[:2], t.Dim(fmt.Sprintf(" … %s in all", words.Plural(len(chosen), "file", "files"))))
	}
	lines = append(lines, t.Dim(kit.Cut(" The model reads only these files and your instructions.", w)))
	switch {
	case c.countErr != nil:
		problem := kit.Explain(c.countErr)
		for _, line := range kit.Wrap(problem.What+" "+problem.Next, max(8, w-4))[:1] {
			lines = append(lines, " "+t.Mark(kit.StatusFail)+" "+line)
		}
	case c.counting:
		lines = append(lines, " "+t.Mark(kit.StatusRunning)+t.Dim(" Counting tokens."))
	default:
		about := ""
		if c.count.approximate {
			about = "about "
		}
		drafter := c.env.Session.Reports()
		text := fmt.Sprintf(" %s%s tokens (limit %s)", about, tokenCount(c.count.tokens), tokenCount(drafter.Window()))
		if dollars, known := reports.Cost(drafter.Model(), c.expected()); known {
			text += " · at most about " + money(dollars)
		}
		hint := "to draft: enter in Instructions "
		if c.zone == wishesZone {
			hint = "enter draft "
		}
		if kit.Width(text)+kit.Width(hint)+1 > w {
			hint = ""
		}
		lines = append(lines, kit.Ends(text, t.Dim(hint), w))
	}
	return lines
}
