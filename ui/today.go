package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/reports"
)

// today is what needs a person, and then the clients that were worked on last.
type today struct {
	env     *env
	list    list[todayRow]
	recent  []clients.Client
	drafts  []draft
	loaded  bool
	loadErr error
	moved   bool // the user chose a row; before that the first one is selected
}

// recentClients is how many clients are shown, and looked into for drafts.
const recentClients = 8

// draft is a report that is not finished.
type draft struct {
	client clients.Client
	report reports.Report
}

// todayRow is a heading, a text, or something to go to.
type todayRow struct {
	key     string
	heading bool
	status  status
	plain   bool // no glyph
	text    string
	note    string // dim, at the right
	open    tea.Cmd
}

// desk is what the pane loads.
type desk struct {
	recent []clients.Client
	drafts []draft
}

func newToday(e *env) *today {
	p := &today{env: e}
	p.list = list[todayRow]{
		Key:  func(r todayRow) string { return r.key },
		Draw: p.drawRow,
		Text: func(r todayRow) string {
			if r.heading { // kept, and not counted as found
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
func (p *today) Init() tea.Cmd { return p.load() }

func (p *today) load() tea.Cmd {
	if !p.env.session.SetUp {
		return nil
	}
	store, reportDesk := p.env.session.Clients(), p.env.session.Reports()
	return ask(p.env.jobs, job{Pane: todayPane, Slot: "desk", Title: "Loading", Quiet: true},
		func(ctx context.Context) (desk, error) { return loadDesk(ctx, store, reportDesk) })
}

// loadDesk reads the clients that changed last and their unfinished reports.
// What of it cannot be read does not hide the rest.
func loadDesk(ctx context.Context, store *clients.Store, reportDesk *reports.Drafter) (desk, error) {
	all, err := store.List(ctx)
	slices.SortStableFunc(all, func(a, b clients.Client) int { return b.Changed.Compare(a.Changed) })
	d := desk{recent: all[:min(len(all), recentClients)]}
	for _, client := range d.recent {
		written, failed := reportDesk.List(ctx, client.ID)
		err = errors.Join(err, failed)
		for _, report := range written {
			if !finished(report) {
				d.drafts = append(d.drafts, draft{client, report})
			}
		}
	}
	return d, err
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

func (p *today) CapturesInput() bool { return p.list.CapturesInput() }

// Back drops the filter.
func (p *today) Back() bool { return p.list.Back() }

func (p *today) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case answer[desk]:
		p.loaded, p.loadErr = true, m.Err
		if m.Err == nil || len(m.Value.recent) > 0 {
			p.recent, p.drafts = m.Value.recent, m.Value.drafts
		}
	case setUpMsg, clientsChangedMsg, reportsChangedMsg:
		return p.load()
	case tea.KeyPressMsg, tea.PasteMsg:
		p.moved = p.list.Update(msg) || p.moved
		return nil
	case scannedMsg, minuteMsg, shownMsg:
	default:
		return nil
	}
	p.rebuild()
	return nil
}

// rebuild makes the rows: what needs a person, then the recent clients.
func (p *today) rebuild() {
	rows := []todayRow{{key: "needs", heading: true, text: "Needs you"}}
	needs := p.needs()
	if len(needs) == 0 {
		needs = []todayRow{{key: "none", plain: true, text: p.quiet()}}
	}
	rows = append(rows, needs...)
	if p.env.session.SetUp {
		rows = append(rows, todayRow{key: "gap", plain: true}, todayRow{key: "recent", heading: true, text: "Recent clients"})
		rows = append(rows, p.recents()...)
	}
	p.list.Set(rows)
	if !p.moved {
		p.list.First()
	}
}

// quiet is what is said when nothing needs a person.
func (p *today) quiet() string {
	w := p.env.watch
	switch {
	case w.report == nil && w.err == nil:
		return "Looking at the account…"
	case w.report == nil:
		return ""
	}
	return "Nothing. Every control of the " + w.report.Set + " profile is ok."
}

// needs are the things to do, the gravest first.
func (p *today) needs() []todayRow {
	var rows []todayRow
	w := p.env.watch
	if w.err != nil {
		problem := explain(w.err)
		rows = append(rows,
			todayRow{key: "offline", status: statusUnknown, text: problem.what, note: "try again", open: rescan()},
			todayRow{key: "offline next", plain: true, text: problem.next})
	}
	if !p.env.session.SetUp {
		rows = append(rows, todayRow{
			key: "setup", status: statusDue, text: "Set-up is not done; it comes first.", note: "Setup",
			open: goTo(setupPane, nil),
		})
	} else {
		rows = append(rows, p.findings()...)
	}
	for _, d := range p.drafts {
		rows = append(rows, todayRow{
			key: "draft " + d.report.ID, status: statusDue,
			text: fmt.Sprintf("%s for %s is not finished", safe.Line(d.report.Title), shown(d.client.Name)),
			note: ago(p.env.now(), d.report.Changed),
			open: goTo(reportsPane, showReport{Client: d.client.ID, Report: d.report.ID}),
		})
	}
	return rows
}

// severities in the order in which they need a person.
var severities = []catalogue.Severity{catalogue.Critical, catalogue.High, catalogue.Medium, catalogue.Low}

// findings are the controls that are not well: failing ones by severity, then
// what could not be read.
func (p *today) findings() []todayRow {
	w := p.env.watch
	if w.report == nil {
		return nil
	}
	bad := slices.DeleteFunc(slices.Clone(w.report.Controls), func(f drift.Finding) bool {
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
		s, by := statusOf(p.env, f), ""
		if who := whoShort(p.env.now(), f); who != "" {
			by = " · " + who
		}
		rows = append(rows, todayRow{
			key: f.ID, status: s, text: safe.Line(f.Title) + by, note: s.word() + " · " + f.ID,
			open: goTo(compliancePane, showControl{ID: f.ID}),
		})
	}
	return append(rows, p.due()...)
}

// due is one row for all the statements that wait for a signature: which they are
// is the Compliance pane's to show. What is not signed but recorded has its own.
func (p *today) due() []todayRow {
	var rows []todayRow
	var statements []drift.Finding
	texts := catalogue.Statements()
	for _, f := range drift.Due(p.env.watch.report.Controls) {
		if _, ok := texts[f.ID]; ok && !f.Advice {
			statements = append(statements, f)
		} else if !f.Advice {
			rows = append(rows, todayRow{
				key: f.ID, status: statusDue, text: safe.Line(f.Title), note: statusDue.word() + " · " + f.ID,
				open: goTo(compliancePane, showControl{ID: f.ID}),
			})
		}
	}
	if len(statements) == 0 {
		return rows
	}
	text, note := words.Plural(len(statements), "statement", "statements")+" to sign", statusDue.word()+" · first "+statements[0].ID
	if len(statements) == 1 {
		text, note = "To sign: "+safe.Line(statements[0].Title), statusDue.word()+" · "+statements[0].ID
	}
	return append([]todayRow{{
		key: "due", status: statusDue, text: text, note: note,
		open: goTo(compliancePane, showControl{ID: statements[0].ID}),
	}}, rows...)
}

// recents are the clients that changed last.
func (p *today) recents() []todayRow {
	switch {
	case !p.loaded:
		return []todayRow{{key: "loading", plain: true, text: "Loading…"}}
	case p.loadErr != nil && len(p.recent) == 0:
		problem := explain(p.loadErr)
		return []todayRow{{key: "failed", status: statusUnknown, text: problem.what + " " + problem.next, open: broadcast(clientsChangedMsg{})}}
	case len(p.recent) == 0:
		return []todayRow{{key: "none yet", plain: true, text: "None yet. Pane Clients adds the first.", open: goTo(clientsPane, nil)}}
	}
	rows := make([]todayRow, 0, len(p.recent))
	for _, c := range p.recent {
		rows = append(rows, todayRow{
			key: "client " + c.ID, plain: true, text: shown(c.Name), note: ago(p.env.now(), c.Changed),
			open: goTo(clientsPane, showClient{ID: c.ID}),
		})
	}
	return rows
}

func (p *today) Actions() []action {
	row, ok := p.list.Selected()
	enter := action{
		ID: "today.open", Keys: []string{"enter"}, Help: "open", Long: "Go to where this is dealt with.",
		Do: func() tea.Cmd { return row.open },
	}
	if !ok || row.open == nil {
		enter.Disabled = "There is nothing to open here."
	}
	scan := action{
		ID: "today.again", Keys: []string{"r"}, Help: "look again", Long: "Scan the account and load the clients again.",
		Do: func() tea.Cmd { return tea.Batch(rescan(), p.load()) },
	}
	filter := action{ID: "today.filter", Keys: []string{"/"}, Help: "filter", Long: "Show only the rows that contain what you type.", Do: func() tea.Cmd {
		p.list.Update(tea.KeyPressMsg{Code: '/', Text: "/"})
		return nil
	}}
	return []action{enter, scan, filter}
}

func (p *today) View(w, h int) string {
	t, now := p.env.theme, p.env.now()
	head := " " + t.bold("Today") + t.dim(" · "+now.Format("Monday, January 2"))
	return fit(head, w) + "\n\n" + p.list.View(t, w, h-2, true)
}

func (p *today) drawRow(r todayRow, w int, selected bool) string {
	t := p.env.theme
	if r.heading {
		return t.bold(r.text)
	}
	mark := "  "
	if !r.plain {
		mark = t.mark(r.status) + " "
	}
	note := ""
	if r.note != "" {
		note = t.dim(r.note) + " "
	}
	text := cut(r.text, max(0, w-5-width(note)))
	switch {
	case selected:
		text = t.in(tokenSelected, text)
	case r.open == nil:
		text = t.dim(text)
	}
	return ends("  "+mark+text, note, w)
}
