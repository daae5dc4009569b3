package ui

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/reports"
)

// reporting is the Reports pane: it lists a client's reports, takes what a new
// one is to be drafted from, and shows one as it stands or grows.
type reporting struct {
	env  *env
	mode mode

	column       int // of the lists: 0 clients, 1 reports
	people       list[clients.Client]
	peopleLoaded bool
	peopleErr    error
	held         clients.Client // whose reports are listed: where the selection rests
	written      list[reports.Report]
	loaded       bool
	loadErr      error
	resting      resting

	composer *composer // a report that is not begun; nil: none
	paper    *paper    // the report that is read; nil: none
	running  []*paper  // those that are being drafted
	numbered int       // drafts so far, for their slots

	wanted      showReport // to be shown when the clients are listed
	draftWanted string     // id of the client to draft for when the clients are listed
}

// mode is what the pane is at.
type mode int

const (
	choosing mode = iota
	composing
	reading
)

// reportsOf is a client's reports and whose they are.
type reportsOf struct {
	client  string
	reports []reports.Report
}

func newReporting(e *env) *reporting {
	p := &reporting{env: e}
	p.people = list[clients.Client]{
		Key:  func(c clients.Client) string { return c.ID },
		Draw: p.drawClient,
		Text: func(c clients.Client) string { return c.Name.Line() },
		Orders: []order[clients.Client]{
			{name: "by name"},
			{"by last change", func(a, b clients.Client) int { return b.Changed.Compare(a.Changed) }},
		},
	}
	p.written = list[reports.Report]{
		Key:  func(r reports.Report) string { return r.ID },
		Draw: p.drawReport,
		Text: func(r reports.Report) string { return r.Title },
		Orders: []order[reports.Report]{
			{name: "by last change"},
			{"by title", func(a, b reports.Report) int { return cmp.Compare(a.Title, b.Title) }},
		},
	}
	return p
}

// Init loads the clients.
func (p *reporting) Init() tea.Cmd { return p.loadPeople() }

func (p *reporting) loadPeople() tea.Cmd {
	if !p.env.session.SetUp {
		return nil
	}
	return ask(p.env.jobs, job{Pane: reportsPane, Slot: "people", Title: "Loading clients", Quiet: true}, p.env.session.Clients().List)
}

func (p *reporting) loadReports() tea.Cmd {
	if p.held.ID == "" {
		return nil
	}
	desk, client := p.env.session.Reports(), p.held.ID
	return ask(p.env.jobs, job{Pane: reportsPane, Slot: "reports", Title: "Loading reports", Quiet: true},
		func(ctx context.Context) (reportsOf, error) {
			written, err := desk.List(ctx, client)
			return reportsOf{client, written}, err
		})
}

func (p *reporting) CapturesInput() bool {
	switch p.mode {
	case composing:
		return p.composer.capturesInput()
	case reading:
		return false
	}
	return p.people.CapturesInput() || p.written.CapturesInput()
}

// Unsaved names what quitting would lose. Drafts are not among it: they are
// saved as they grow.
func (p *reporting) Unsaved() string {
	if p.composer != nil && p.composer.wishes.Value() != "" {
		return "the instructions of a report that is not begun"
	}
	return ""
}

// Back goes one step back. What is being drafted goes on, and what was chosen
// for a new report is kept.
func (p *reporting) Back() bool {
	switch p.mode {
	case composing:
		if !p.composer.back() {
			p.mode = choosing
		}
		return true
	case reading:
		if p.paper.marker >= 0 {
			p.paper.marker = -1
			return true
		}
		p.mode = choosing
		return true
	}
	switch {
	case p.column == 1 && p.written.Back(), p.column == 0 && p.people.Back():
	case p.column == 1:
		p.column = 0
	default:
		return false
	}
	return true
}

func (p *reporting) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case setUpMsg, clientsChangedMsg:
		cmds := []tea.Cmd{p.loadPeople()}
		if p.composer != nil {
			cmds = append(cmds, p.loadFiles())
		}
		return tea.Batch(cmds...)
	case reportsChangedMsg:
		return p.loadReports()
	case draftFor:
		return p.draftFor(m.Client)
	case showReport:
		return p.showReport(m)
	case answer[[]clients.Client]:
		return p.peopleCame(m)
	case answer[reportsOf]:
		p.reportsCame(m)
	case answer[reports.Report]:
		return p.opened(m)
	case answer[evidenceOf]:
		p.evidenceCame(m)
	case answer[exported]:
		return p.exportEnded(m)
	case events[reports.Event]:
		return p.drafted(m)
	case ended:
		return p.draftEnded(m)
	case restedMsg:
		if m.pane == countRest {
			return p.countRested(m)
		}
		if p.resting.rested(m, reportsPane) {
			return p.settle()
		}
	case answer[candidates], answer[weighed], answer[counted], editedMsg:
		return p.composed(msg)
	case tea.KeyPressMsg, tea.PasteMsg:
		switch p.mode {
		case composing:
			return p.compose(msg)
		case reading:
			return p.read(msg)
		}
		return p.choose(msg)
	}
	return nil
}

// choose takes a key in the lists.
func (p *reporting) choose(msg tea.Msg) tea.Cmd {
	key := ""
	if press, ok := msg.(tea.KeyPressMsg); ok && !p.CapturesInput() {
		key = move(press.String())
	}
	before, _ := p.people.Selected()
	switch {
	case key == "left":
		p.column = 0
	case key == "right":
		p.column = 1
		return p.settle()
	case p.column == 0:
		p.people.Update(msg)
	default:
		p.written.Update(msg)
	}
	if after, _ := p.people.Selected(); after.ID != before.ID {
		return p.resting.moved(reportsPane)
	}
	return nil
}

// settle makes the list of reports follow the selected client.
func (p *reporting) settle() tea.Cmd {
	client, ok := p.people.Selected()
	if !ok || client.ID == p.held.ID {
		return nil
	}
	p.held = client
	p.written.Back()
	p.written.Set(nil)
	p.written.First()
	p.loaded, p.loadErr = false, nil
	return p.loadReports()
}

func (p *reporting) peopleCame(m answer[[]clients.Client]) tea.Cmd {
	p.peopleErr = m.Err
	if m.Err != nil && len(m.Value) == 0 {
		return nil
	}
	p.peopleLoaded = true
	p.people.Set(m.Value)
	cmds := []tea.Cmd{p.settle()}
	if p.paper != nil {
		if client, ok := p.client(p.paper.report.Client); ok {
			p.paper.client = client
		}
	}
	if p.wanted.Report != "" {
		cmds = append(cmds, p.showReport(p.wanted))
	}
	if p.draftWanted != "" {
		cmds = append(cmds, p.draftFor(p.draftWanted))
	}
	return tea.Batch(cmds...)
}

func (p *reporting) client(id string) (clients.Client, bool) {
	all := p.people.Items()
	i := slices.IndexFunc(all, func(c clients.Client) bool { return c.ID == id })
	if i < 0 {
		return clients.Client{}, false
	}
	return all[i], true
}

func (p *reporting) reportsCame(m answer[reportsOf]) {
	if m.Value.client != p.held.ID && m.Err == nil {
		return
	}
	p.loadErr = m.Err
	if m.Err != nil && len(m.Value.reports) == 0 {
		return
	}
	p.loaded = true
	p.written.Set(m.Value.reports)
}

// enter opens what is selected in the lists.
func (p *reporting) enter() tea.Cmd {
	cmd := p.settle()
	if p.column == 0 {
		p.column = 1
		return cmd
	}
	report, ok := p.written.Selected()
	if !ok || report.Client != p.held.ID {
		return cmd
	}
	return tea.Batch(cmd, p.open(report))
}

// showReport opens a report that another pane names.
func (p *reporting) showReport(m showReport) tea.Cmd {
	for _, running := range p.running {
		if running.report.ID == m.Report {
			p.paper, p.mode = running, reading
			return nil
		}
	}
	p.wanted = m
	client, ok := p.client(m.Client)
	if !ok {
		return nil // until the clients are listed
	}
	p.wanted = showReport{}
	p.people.Back()
	p.people.Select(client.ID)
	p.column = 1
	cmd := p.settle()
	desk := p.env.session.Reports()
	return tea.Batch(cmd, ask(p.env.jobs, job{Pane: reportsPane, Slot: "open", Title: "Opening the report", Quiet: true},
		func(ctx context.Context) (reports.Report, error) { return desk.Get(ctx, m.Client, m.Report) }))
}

func (p *reporting) opened(m answer[reports.Report]) tea.Cmd {
	if m.Err != nil {
		return complainOf(m.Err)
	}
	return p.open(m.Value)
}

// open shows a report; one that is being drafted as it grows.
func (p *reporting) open(report reports.Report) tea.Cmd {
	p.mode = reading
	for _, running := range p.running {
		if running.report.ID == report.ID {
			p.paper = running
			return nil
		}
	}
	if p.paper != nil && p.paper.report.ID == report.ID && p.paper.report.Version == report.Version {
		p.paper.column = documentColumn
		return nil
	}
	client, _ := p.client(report.Client)
	p.paper = newPaper(p.env, client, report)
	return p.loadEvidence(p.paper)
}

// draftFor begins a new report for a client.
func (p *reporting) draftFor(id string) tea.Cmd {
	client, ok := p.client(id)
	if !ok {
		p.draftWanted = id
		return nil
	}
	p.draftWanted = ""
	p.people.Back()
	p.people.Select(id)
	p.column = 1
	cmd := p.settle()
	p.mode = composing
	if p.composer == nil || p.composer.client.ID != id {
		p.composer = newComposer(p.env, client)
	}
	return tea.Batch(cmd, p.loadFiles())
}

// sectionsWritten is how many of a report's sections are written.
func sectionsWritten(r reports.Report) int {
	n := 0
	for _, s := range r.Sections {
		if s.State == reports.Written {
			n++
		}
	}
	return n
}

// tokenCount is a count of tokens as people say it: "312", "4.1k", "41k", "1M".
func tokenCount(n int) string {
	switch f := float64(n); {
	case n < 1000:
		return fmt.Sprint(n)
	case f < 9950:
		return fmt.Sprintf("%.1fk", f/1e3)
	case f < 999_500:
		return fmt.Sprintf("%.0fk", f/1e3)
	case n%1_000_000 < 50_000:
		return fmt.Sprintf("%.0fM", f/1e6)
	default:
		return fmt.Sprintf("%.1fM", f/1e6)
	}
}

// money is a sum in dollars: "$0.18", "under $0.01".
func money(dollars float64) string {
	if dollars < 0.005 {
		return "under $0.01"
	}
	return fmt.Sprintf("$%.2f", dollars)
}
