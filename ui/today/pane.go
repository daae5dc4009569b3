// Package today is pane 1: what needs the user, and the clients that changed
// last. It knows no other pane.
package today

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/reports"
	"claria/ui/kit"
)

// Pane shows what needs the user, then the clients that changed last.
type Pane struct {
	env     *kit.Env
	list    kit.List[todayRow]
	recent  []clients.Client
	dated   []dated
	drafts  []reports.Report // the unfinished ones that this run has seen, the last changed first
	loaded  bool
	loadErr error
	moved   bool // the user selected a row; until then the first one is selected
}

// recentClients is how many clients are shown, and whose reports are listed.
const recentClients = 8

// recentReports is how many reports are shown.
const recentReports = 5

// dated is when a client's report was saved. Whether it is finished is in the report,
// which is read only when a person opens it.
type dated struct {
	client  clients.Client
	report  string // its id
	changed time.Time
}

// todayRow is a heading, a text, or a link to another pane.
type todayRow struct {
	key     string
	heading bool
	status  kit.Status
	plain   bool // no glyph
	text    string
	note    string // dim, at the right
	open    tea.Cmd
}

// overview is what the pane loads.
type overview struct {
	recent []clients.Client
	dated  []dated
}

// New makes the pane.
func New(e *kit.Env) *Pane {
	p := &Pane{env: e}
	p.list = kit.List[todayRow]{
		Key:  func(r todayRow) string { return r.key },
		Draw: p.drawRow,
		Text: func(r todayRow) string {
			if r.heading { // always shown, and not counted as found
				return ""
			}
			return r.text + " " + r.note
		},
		Keep: func(r todayRow) bool { return r.heading },
		Skip: func(r todayRow) bool { return r.open == nil },
	}
	p.rebuild()
	return p
}

// Init loads the recent clients.
func (p *Pane) Init() tea.Cmd { return p.load() }

func (p *Pane) load() tea.Cmd {
	if !p.env.Session.SetUp {
		return nil
	}
	store, drafter := p.env.Session.Clients(), p.env.Session.Reports()
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.TodayPane, Slot: "desk", Title: "Loading", Quiet: true},
		func(ctx context.Context) (overview, error) { return loadOverview(ctx, store, drafter) })
}

// loadOverview lists the clients that changed last and their reports, and opens neither a
// file nor a report. If some of it cannot be read, the rest is shown.
func loadOverview(ctx context.Context, store *clients.Store, drafter *reports.Drafter) (overview, error) {
	all, err := store.List(ctx)
	all = slices.DeleteFunc(all, func(c clients.Client) bool { return c.Archived })
	slices.SortStableFunc(all, func(a, b clients.Client) int { return b.Changed.Compare(a.Changed) })
	d := overview{recent: all[:min(len(all), recentClients)]}
	for _, client := range d.recent {
		dates, failed := drafter.Dates(ctx, client.ID)
		err = errors.Join(err, failed)
		for report, changed := range dates {
			d.dated = append(d.dated, dated{client, report, changed})
		}
	}
	slices.SortFunc(d.dated, func(a, b dated) int { return cmp.Or(b.changed.Compare(a.changed), cmp.Compare(a.report, b.report)) })
	d.dated = d.dated[:min(len(d.dated), recentReports)]
	return d, err
}

// drafted takes a report that was just written.
func (p *Pane) drafted(r reports.Report) {
	if r.ID == "" {
		return
	}
	p.drafts = slices.DeleteFunc(p.drafts, func(one reports.Report) bool { return one.ID == r.ID })
	if !finished(r) {
		p.drafts = append([]reports.Report{r}, p.drafts...)
	}
}

// finished reports whether every section of a report is written.
func finished(r reports.Report) bool {
	for _, s := range r.Sections {
		if s.State != reports.Written {
			return false
		}
	}
	return true
}

// CapturesInput is true while a filter is being typed.
func (p *Pane) CapturesInput() bool { return p.list.CapturesInput() }

// Back removes the filter.
func (p *Pane) Back() bool { return p.list.Back() }

// Update takes keys, the results of the pane's jobs, and messages to all panes.
func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case kit.Answer[overview]:
		p.loaded, p.loadErr = true, m.Err
		if m.Err == nil || len(m.Value.recent) > 0 {
			p.recent, p.dated = m.Value.recent, m.Value.dated
		}
	case kit.ReportsChangedMsg:
		p.drafted(m.Report)
		p.rebuild()
		return p.load()
	case kit.SetUpMsg, kit.ClientsChangedMsg:
		return p.load()
	case tea.KeyPressMsg, tea.PasteMsg:
		p.moved = p.list.Update(msg) || p.moved
		return nil
	case kit.ScannedMsg, kit.MinuteMsg, kit.ShownMsg:
	default:
		return nil
	}
	p.rebuild()
	return nil
}

// rebuild makes the rows: what needs the user, then the recent clients.
func (p *Pane) rebuild() {
	rows := []todayRow{{key: "needs", heading: true, text: "Needs you"}}
	needs := p.needs()
	if len(needs) == 0 {
		needs = []todayRow{{key: "none", plain: true, text: p.quiet()}}
	}
	rows = append(rows, needs...)
	if p.env.Session.SetUp {
		rows = append(rows, todayRow{key: "gap", plain: true}, todayRow{key: "recent", heading: true, text: "Recent clients"})
		rows = append(rows, p.recents()...)
		rows = append(rows, p.written()...)
	}
	p.list.Set(rows)
	if !p.moved {
		p.list.First()
	}
}

// quiet is the sentence for a day on which nothing needs the user.
func (p *Pane) quiet() string {
	w := p.env.Scans
	switch {
	case w.Report == nil && w.Err == nil:
		return "Scanning the account…"
	case w.Report == nil:
		return ""
	}
	return "Nothing. Every control of the " + w.Report.Set + " profile is ok."
}

// needs are the things to do, the most serious first.
func (p *Pane) needs() []todayRow {
	var rows []todayRow
	w := p.env.Scans
	if w.Err != nil {
		problem := kit.Explain(w.Err)
		rows = append(rows,
			todayRow{key: "offline", status: kit.StatusUnknown, text: problem.What, note: "try again", open: kit.Rescan()},
			todayRow{key: "offline next", plain: true, text: problem.Next})
	}
	if !p.env.Session.SetUp {
		rows = append(rows, todayRow{
			key: "setup", status: kit.StatusDue, text: "Set up the account first.", note: "Setup",
			open: kit.GoTo(kit.SetupPane, nil),
		})
	} else {
		rows = append(rows, p.findings()...)
	}
	for _, d := range p.drafts {
		rows = append(rows, todayRow{
			key: "draft " + d.ID, status: kit.StatusDue,
			text: fmt.Sprintf("%s for %s is not finished", safe.Line(d.Title), p.name(d.Client)),
			note: kit.Ago(p.env.Now(), d.Changed),
			open: kit.GoTo(kit.ReportsPane, kit.ShowReport{Client: d.Client, Report: d.ID}),
		})
	}
	return rows
}

// name is the name of a recent client.
func (p *Pane) name(id string) string {
	for _, c := range p.recent {
		if c.ID == id {
			return kit.Named(c.Name)
		}
	}
	return "a client"
}

// written are the reports that changed last.
func (p *Pane) written() []todayRow {
	var rows []todayRow
	for _, d := range p.dated {
		rows = append(rows, todayRow{
			key: "report " + d.report, plain: true, text: "Report for " + kit.Named(d.client.Name), note: kit.Ago(p.env.Now(), d.changed),
			open: kit.GoTo(kit.ReportsPane, kit.ShowReport{Client: d.client.ID, Report: d.report}),
		})
	}
	if len(rows) > 0 {
		rows = append([]todayRow{{key: "gap 2", plain: true}, {key: "reports", heading: true, text: "Recent reports"}}, rows...)
	}
	return rows
}

// severities in the order in which they need a person.
var severities = []catalogue.Severity{catalogue.Critical, catalogue.High, catalogue.Medium, catalogue.Low}

// findings are the controls that fail, by severity, then those that could not be
// read.
func (p *Pane) findings() []todayRow {
	w := p.env.Scans
	if w.Report == nil {
		return nil
	}
	bad := slices.DeleteFunc(slices.Clone(w.Report.Controls), func(f drift.Finding) bool {
		return f.Advice || f.Status != catalogue.Fail && f.Status != catalogue.Unknown
	})
	rank := func(f drift.Finding) int {
		r := slices.Index(severities, f.Severity)
		if f.Status == catalogue.Unknown {
			r += len(severities)
		}
		return r
	}
	slices.SortStableFunc(bad, func(a, b drift.Finding) int { return rank(a) - rank(b) })
	rows := make([]todayRow, 0, len(bad))
	for _, f := range bad {
		s, by := kit.StatusOf(p.env, f), ""
		if who := kit.WhoShort(p.env.Now(), f); who != "" {
			by = " · " + who
		}
		rows = append(rows, todayRow{
			key: f.ID, status: s, text: safe.Line(f.Title) + by, note: s.Word() + " · " + f.ID,
			open: kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: f.ID}),
		})
	}
	return append(rows, p.due()...)
}

// due is one row for all statements that wait for a signature; the Compliance pane
// lists them. A control that needs a record instead of a signature has its own row.
func (p *Pane) due() []todayRow {
	var rows []todayRow
	var statements []drift.Finding
	texts := catalogue.Statements()
	for _, f := range drift.Due(p.env.Scans.Report.Controls) {
		if _, ok := texts[f.ID]; ok && !f.Advice {
			statements = append(statements, f)
		} else if !f.Advice {
			rows = append(rows, todayRow{
				key: f.ID, status: kit.StatusDue, text: safe.Line(f.Title), note: kit.StatusDue.Word() + " · " + f.ID,
				open: kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: f.ID}),
			})
		}
	}
	if len(statements) == 0 {
		return rows
	}
	text, note := words.Plural(len(statements), "statement", "statements")+" to sign", kit.StatusDue.Word()+" · first "+statements[0].ID
	if len(statements) == 1 {
		text, note = "To sign: "+safe.Line(statements[0].Title), kit.StatusDue.Word()+" · "+statements[0].ID
	}
	return append([]todayRow{{
		key: "due", status: kit.StatusDue, text: text, note: note,
		open: kit.GoTo(kit.CompliancePane, kit.ShowControl{ID: statements[0].ID}),
	}}, rows...)
}

// recents are the clients that changed last.
func (p *Pane) recents() []todayRow {
	switch {
	case !p.loaded:
		return []todayRow{{key: "loading", plain: true, text: "Loading…"}}
	case p.loadErr != nil && len(p.recent) == 0:
		problem := kit.Explain(p.loadErr)
		return []todayRow{{
			key: "failed", status: kit.StatusUnknown, text: problem.What + " " + problem.Next, open: kit.Broadcast(kit.ClientsChangedMsg{}),
		}}
	case len(p.recent) == 0:
		return []todayRow{{
			key: "none yet", plain: true, text: "None yet. Add the first client in pane Clients.", open: kit.GoTo(kit.ClientsPane, nil),
		}}
	}
	rows := make([]todayRow, 0, len(p.recent))
	for _, c := range p.recent {
		rows = append(rows, todayRow{
			key: "client " + c.ID, plain: true, text: kit.Named(c.Name), note: kit.Ago(p.env.Now(), c.Changed),
			open: kit.GoTo(kit.ClientsPane, kit.ShowClient{ID: c.ID}),
		})
	}
	return rows
}

// Actions are the pane's part of the table of actions.
func (p *Pane) Actions() []kit.Action {
	row, ok := p.list.Selected()
	enter := kit.Action{
		ID: "today.open", Keys: []string{"enter"}, Help: "open", Long: "Go to the pane that shows this.",
		Do: func() tea.Cmd { return row.open },
	}
	if !ok || row.open == nil {
		enter.Disabled = "There is nothing to open here."
	}
	scan := kit.Action{
		ID: "today.again", Keys: []string{"r"}, Help: "refresh", Long: "Scan the account and load the clients again.",
		Do: func() tea.Cmd { return tea.Batch(kit.Rescan(), p.load()) },
	}
	filter := kit.Action{
		ID: "today.filter", Keys: []string{"/"}, Help: "filter", Long: "Show only the rows that contain what you type.",
		Do: func() tea.Cmd {
			p.list.Update(tea.KeyPressMsg{Code: '/', Text: "/"})
			return nil
		},
	}
	return []kit.Action{enter, scan, filter}
}

// View draws the rows.
func (p *Pane) View(w, h int) string {
	t, now := p.env.Theme, p.env.Now()
	head := " " + t.Bold("Today") + t.Dim(" · "+now.Format("Monday, January 2"))
	return kit.Fit(head, w) + "\n\n" + p.list.View(t, w, h-2, true)
}

func (p *Pane) drawRow(r todayRow, w int, selected bool) string {
	t := p.env.Theme
	if r.heading {
		return t.Bold(r.text)
	}
	mark := "  "
	if !r.plain {
		mark = t.Mark(r.status) + " "
	}
	note := ""
	if r.note != "" {
		note = t.Dim(r.note) + " "
	}
	text := kit.Cut(r.text, max(0, w-5-kit.Width(note)))
	switch {
	case selected:
		text = t.In(kit.TokenSelected, text)
	case r.open == nil:
		text = t.Dim(text)
	}
	return kit.Ends("  "+mark+text, note, w)
}
