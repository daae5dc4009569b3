// Package reports is pane 3: what a report is drafted from, the report while it is
// written, and the passages behind it. It knows no other pane.
package reports

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/safe"
	"claria/reports"
	"claria/ui/kit"
)

// Pane is the Reports pane: it lists a client's reports, collects what a new one is
// drafted from, and shows a report, also while it is being written.
type Pane struct {
	env  *kit.Env
	mode mode

	column       int // of the lists: 0 clients, 1 reports
	people       kit.List[clients.Client]
	peopleLoaded bool
	peopleErr    error
	held         clients.Client // whose reports are listed; its ID is empty: none
	written      kit.List[reports.Report]
	loaded       bool
	loadErr      error

	composer *composer // a report that has not been started; nil: none
	reader   *reader   // the open report; nil: none
	running  []*reader // the reports that are being drafted
	numbered int       // drafts so far, for their slots

	wanted      kit.ShowReport // to show when the clients are listed
	draftWanted string         // id of the client to draft for when the clients are listed
}

// mode is what the pane shows.
type mode int

const (
	choosing mode = iota
	composing
	reading
)

// reportsOf are loaded reports, and the id of their client.
type reportsOf struct {
	client  string
	reports []reports.Report
}

// New makes the pane.
func New(e *kit.Env) *Pane {
	p := &Pane{env: e}
	p.people = kit.List[clients.Client]{
		Key:  func(c clients.Client) string { return c.ID },
		Draw: p.drawClient,
		Text: func(c clients.Client) string { return c.Name.Line() },
		Orders: []kit.Order[clients.Client]{
			{Name: "by name"},
			{Name: "by last change", Compare: func(a, b clients.Client) int { return b.Changed.Compare(a.Changed) }},
		},
	}
	p.written = kit.List[reports.Report]{
		Key:  func(r reports.Report) string { return r.ID },
		Draw: p.drawReport,
		Text: func(r reports.Report) string { return r.Title },
		Orders: []kit.Order[reports.Report]{
			{Name: "by last change"},
			{Name: "by title", Compare: func(a, b reports.Report) int { return cmp.Compare(a.Title, b.Title) }},
		},
	}
	return p
}

// Init loads the clients.
func (p *Pane) Init() tea.Cmd { return p.loadPeople() }

func (p *Pane) loadPeople() tea.Cmd {
	if !p.env.Session.SetUp {
		return nil
	}
	job := kit.Job{Pane: kit.ReportsPane, Slot: "people", Title: "Loading clients", Quiet: true}
	return kit.Ask(p.env.Jobs, job, p.env.Session.Clients().List)
}

func (p *Pane) loadReports() tea.Cmd {
	if p.held.ID == "" {
		return nil
	}
	drafter, client := p.env.Session.Reports(), p.held.ID
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ReportsPane, Slot: "reports", Title: "Loading reports", Quiet: true},
		func(ctx context.Context) (reportsOf, error) {
			written, err := drafter.List(ctx, client)
			return reportsOf{client, written}, err
		})
}

// CapturesInput is true while a filter or the instructions are being typed.
func (p *Pane) CapturesInput() bool {
	switch p.mode {
	case composing:
		return p.composer.capturesInput()
	case reading:
		return false
	}
	return p.people.CapturesInput() || p.written.CapturesInput()
}

// Unsaved names what quitting would lose. Drafts are not part of it, because they are
// saved while they are written.
func (p *Pane) Unsaved() string {
	if p.composer != nil && p.composer.wishes.Value() != "" {
		return "the instructions of a new report"
	}
	return ""
}

// Back goes back one step. A draft that runs continues, and what was chosen for a new
// report is kept.
func (p *Pane) Back() bool {
	switch p.mode {
	case composing:
		if !p.composer.back() {
			p.mode = choosing
		}
		return true
	case reading:
		if p.reader.marker >= 0 {
			p.reader.marker = -1
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

// Update takes keys, the results of the pane's jobs, and messages to all panes.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case kit.SetUpMsg, kit.ClientsChangedMsg:
		cmds := []tea.Cmd{p.loadPeople()}
		if p.composer != nil {
			cmds = append(cmds, p.loadFiles())
		}
		return tea.Batch(cmds...)
	case kit.ReportsChangedMsg:
		return p.loadReports()
	case kit.ShownMsg:
		p.choseClient(p.env.Client)
	case kit.DraftFor:
		return p.draftFor(m.Client)
	case kit.ShowReport:
		return p.showReport(m)
	case kit.Answer[[]clients.Client]:
		return p.peopleCame(m)
	case kit.Answer[reportsOf]:
		p.reportsCame(m)
	case kit.Answer[reports.Report]:
		return p.opened(m)
	case kit.Answer[evidenceOf]:
		p.evidenceCame(m)
	case kit.Answer[exported]:
		return p.exportEnded(m)
	case kit.Events[reports.Event]:
		return p.drafted(m)
	case kit.Ended:
		return p.draftEnded(m)
	case kit.RestedMsg:
		if m.Pane == countRest {
			return p.countRested(m)
		}
	case kit.Answer[candidates], kit.Answer[weighed], kit.Answer[counted], editedMsg:
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
func (p *Pane) choose(msg tea.Msg) tea.Cmd {
	key := ""
	if press, ok := msg.(tea.KeyPressMsg); ok && !p.CapturesInput() {
		key = kit.Move(press.String())
	}
	before, _ := p.people.Selected()
	switch {
	case key == "left":
		p.column = 0
	case key == "right" && p.people.Len() > 0:
		p.column = 1
		return p.settle()
	case key == "right":
	case p.column == 0:
		p.people.Update(msg)
	default:
		p.written.Update(msg)
	}
	if after, ok := p.people.Selected(); ok && after.ID != before.ID {
		p.env.Client = after.ID
	}
	return nil
}

// listed reports whether the reports of the selected client are the listed ones.
func (p *Pane) listed() bool {
	client, ok := p.people.Selected()
	return ok && client.ID == p.held.ID
}

// settle lists the reports of the selected client, which reads them.
func (p *Pane) settle() tea.Cmd {
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

func (p *Pane) peopleCame(m kit.Answer[[]clients.Client]) tea.Cmd {
	p.peopleErr = m.Err
	if m.Err != nil && len(m.Value) == 0 {
		return nil
	}
	p.peopleLoaded = true
	p.people.Set(m.Value)
	if !p.listed() {
		p.column = 0
	}
	var cmds []tea.Cmd
	if p.reader != nil {
		if client, ok := p.client(p.reader.report.Client); ok {
			p.reader.client = client
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

func (p *Pane) client(id string) (clients.Client, bool) {
	all := p.people.Items()
	i := slices.IndexFunc(all, func(c clients.Client) bool { return c.ID == id })
	if i < 0 {
		return clients.Client{}, false
	}
	return all[i], true
}

// choseClient selects the client that was selected in another pane, and reads nothing of it.
func (p *Pane) choseClient(id string) {
	if p.people.Filtered() {
		p.people.Back()
	}
	if p.people.Select(id) && !p.listed() {
		p.column = 0
	}
}

func (p *Pane) reportsCame(m kit.Answer[reportsOf]) {
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

// Places are the listed reports.
func (p *Pane) Places() []kit.Place {
	var places []kit.Place
	for _, r := range p.written.Items() {
		places = append(places, kit.Place{
			Name: safe.Line(r.Title), Note: "report for " + kit.Named(p.held.Name) + ", " + kit.Ago(p.env.Now(), r.Changed),
			Do: func() tea.Cmd { return kit.GoTo(kit.ReportsPane, kit.ShowReport{Client: r.Client, Report: r.ID}) },
		})
	}
	return places
}

// enter opens the selected client or report.
func (p *Pane) enter() tea.Cmd {
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

// showReport opens a report for another pane.
func (p *Pane) showReport(m kit.ShowReport) tea.Cmd {
	for _, running := range p.running {
		if running.report.ID == m.Report {
			p.reader, p.mode = running, reading
			return nil
		}
	}
	p.wanted = m
	client, ok := p.client(m.Client)
	if !ok {
		return nil // until the clients are listed
	}
	p.wanted = kit.ShowReport{}
	p.people.Back()
	p.people.Select(client.ID)
	p.column = 1
	cmd := p.settle()
	drafter := p.env.Session.Reports()
	return tea.Batch(cmd, kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ReportsPane, Slot: "open", Title: "Opening the report", Quiet: true},
		func(ctx context.Context) (reports.Report, error) { return drafter.Get(ctx, m.Client, m.Report) }))
}

func (p *Pane) opened(m kit.Answer[reports.Report]) tea.Cmd {
	if m.Err != nil {
		return kit.ComplainOf(m.Err)
	}
	return p.open(m.Value)
}

// open shows a report, also one that is being drafted.
func (p *Pane) open(report reports.Report) tea.Cmd {
	p.mode = reading
	for _, running := range p.running {
		if running.report.ID == report.ID {
			p.reader = running
			return nil
		}
	}
	if p.reader != nil && p.reader.report.ID == report.ID && p.reader.report.Version == report.Version {
		p.reader.column = documentColumn
		return nil
	}
	client, _ := p.client(report.Client)
	p.reader = newReader(p.env, client, report)
	return p.loadEvidence(p.reader)
}

// draftFor opens the composer for a client.
func (p *Pane) draftFor(id string) tea.Cmd {
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

// tokenCount is a short count of tokens: "312", "4.1k", "41k", "1M".
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

// money is an amount in dollars: "$0.18", "under $0.01".
func money(dollars float64) string {
	if dollars < 0.005 {
		return "under $0.01"
	}
	return fmt.Sprintf("$%.2f", dollars)
}
