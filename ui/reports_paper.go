package ui

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/clients"
	"claria/internal/safe"
	"claria/reports"
)

// paper is one report as it is read, or as it grows.
type paper struct {
	env    *env
	client clients.Client
	report reports.Report
	column int // outlineColumn, documentColumn, evidenceColumn

	slot     string // of the draft that runs or ran last
	running  bool
	stopping bool
	stopped  bool
	err      error     // why the draft broke off
	notice   string    // what the draft last said
	began    time.Time // of the draft
	composer *composer // what a new report is drafted from, until it exists

	outline  list[int] // sections by index
	follow   bool      // the document stays at the end of what is being written
	scroll   int
	height   int // rows last drawn, for page keys
	marker   int // place of the selected marker in the layout; -1: none
	layout   layout
	evidence []reports.Passage
	gaps     error // why there is no evidence
	loaded   bool  // the evidence
	looking  int   // scroll of the evidence
}

// The columns of a paper.
const (
	outlineColumn = iota
	documentColumn
	evidenceColumn
)

// evidenceOf is the passages of a report.
type evidenceOf struct {
	report   string
	passages []reports.Passage
}

func newPaper(e *env, client clients.Client, report reports.Report) *paper {
	q := &paper{env: e, client: client, report: report, column: documentColumn, marker: -1}
	q.outline = list[int]{Key: func(i int) string { return fmt.Sprint(i) }, Draw: q.drawSection}
	q.setOutline()
	return q
}

func (q *paper) setOutline() {
	rows := make([]int, len(q.report.Sections))
	for i := range rows {
		rows[i] = i
	}
	q.outline.Set(rows)
}

// last is the number of the report's last passage.
func (q *paper) last() int {
	if n := len(q.report.Context); n > 0 {
		return q.report.Context[n-1].First + q.report.Context[n-1].Count - 1
	}
	return 0
}

// run starts a draft and shows it.
func (p *reporting) run(q *paper, seq func(context.Context) iter.Seq2[reports.Event, error]) tea.Cmd {
	p.numbered++
	q.slot = fmt.Sprintf("draft %d", p.numbered)
	q.running, q.stopping, q.stopped, q.err, q.notice = true, false, false, nil, ""
	q.began, q.follow, q.marker = p.env.now(), true, -1
	p.paper, p.mode = q, reading
	p.running = append(p.running, q)
	return stream(p.env.jobs, job{Pane: reportsPane, Slot: q.slot, Title: "Drafting"}, seq)
}

func (p *reporting) draftOf(slot string) *paper {
	for _, q := range p.running {
		if q.slot == slot {
			return q
		}
	}
	return nil
}

// drafted takes what a draft has brought.
func (p *reporting) drafted(m events[reports.Event]) tea.Cmd {
	q := p.draftOf(m.Slot)
	if q == nil {
		return nil
	}
	isNew := q.report.ID == ""
	for _, event := range m.Items {
		q.take(event)
	}
	at := ""
	if i := q.writing(); i >= 0 {
		at = q.report.Sections[i].Heading
	}
	p.env.jobs.progress(reportsPane, q.slot, int64(sectionsWritten(q.report)), int64(len(q.report.Sections)), at)
	if isNew && q.report.ID != "" {
		q.composer = nil
		return tea.Batch(p.loadEvidence(q), broadcast(reportsChangedMsg{}))
	}
	return nil
}

// take applies one event. Events come in order, and what is saved may be older
// than what is shown.
func (q *paper) take(event reports.Event) {
	switch event.Kind {
	case reports.Saved:
		sections := q.report.Sections
		if q.report.ID != "" {
			event.Report.Sections = sections
		}
		q.report = event.Report
	case reports.SectionStarted, reports.SectionEnded, reports.Done:
		q.report = event.Report
		q.report.Sections = slices.Clone(q.report.Sections)
		if event.Kind == reports.SectionEnded {
			q.notice = ""
		}
	case reports.SectionReset:
		q.report.Sections[event.Section].Text = ""
	case reports.Text:
		q.report.Sections[event.Section].Text += event.Delta
	case reports.Notice:
		q.notice = event.Notice
	}
	if len(q.outline.Items()) != len(q.report.Sections) {
		q.setOutline()
	}
}

// writing is the section that is being written; -1: none.
func (q *paper) writing() int {
	if !q.running {
		return -1
	}
	return slices.IndexFunc(q.report.Sections, func(s reports.Section) bool { return s.State == reports.Writing })
}

// draftEnded tells what a draft came to. One that was refused before anything
// was written goes back to the composer.
func (p *reporting) draftEnded(m ended) tea.Cmd {
	q := p.draftOf(m.Slot)
	if q == nil {
		return nil
	}
	p.running = remove(p.running, q)
	q.running, q.stopping, q.follow = false, false, false
	q.stopped = m.Stopped || stoppedByUser(m.Err)
	if !q.stopped {
		q.err = m.Err
	}
	if q.report.ID == "" {
		if q.composer != nil && p.composer == nil {
			p.composer = q.composer
			if p.paper == q && p.mode == reading {
				p.mode = composing
			}
		}
		if p.paper == q {
			p.paper = nil
			if p.mode == reading {
				p.mode = choosing
			}
		}
		if q.stopped {
			return notify("Stopped before anything was written.")
		}
		return complainOf(m.Err)
	}
	done, all := sectionsWritten(q.report), len(q.report.Sections)
	var say tea.Cmd
	switch {
	case q.err != nil:
		say = complainOf(q.err)
	case q.stopped:
		say = notify("Stopped; the text so far is kept. r writes this section again and goes on.")
	case done < all:
		say = complain(fmt.Sprintf("%d of %d sections are not finished; the document says why. r tries them again.", all-done, all))
	default:
		say = notify("The draft is written. Check it against the record before you use it.")
	}
	return tea.Batch(say, broadcast(reportsChangedMsg{}))
}

// loadEvidence reads the passages that a report was drafted from.
func (p *reporting) loadEvidence(q *paper) tea.Cmd {
	desk, report := p.env.session.Reports(), q.report
	return ask(p.env.jobs, job{Pane: reportsPane, Slot: "evidence " + report.ID, Title: "Loading the passages", Quiet: true},
		func(ctx context.Context) (evidenceOf, error) {
			passages, err := desk.Evidence(ctx, report)
			return evidenceOf{report.ID, passages}, err
		})
}

func (p *reporting) evidenceCame(m answer[evidenceOf]) {
	for _, q := range append(p.running[:len(p.running):len(p.running)], p.paper) {
		if q != nil && q.report.ID == m.Value.report {
			q.evidence, q.gaps, q.loaded = m.Value.passages, m.Err, true
		}
	}
}

// resume goes on with the sections that are not written.
func (p *reporting) resume() tea.Cmd {
	q, desk := p.paper, p.env.session.Reports()
	report := q.report
	return p.run(q, func(ctx context.Context) iter.Seq2[reports.Event, error] { return desk.Resume(ctx, report) })
}

// stop stops the draft that is shown.
func (p *reporting) stop() tea.Cmd {
	p.paper.stopping = true
	p.env.jobs.stop(reportsPane, p.paper.slot)
	return nil
}

// read takes a key while a report is shown.
func (p *reporting) read(msg tea.Msg) tea.Cmd {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	q := p.paper
	switch key := move(press.String()); {
	case press.String() == "shift+tab":
		q.column = (q.column + 2) % 3
	case key == "left":
		q.column = max(outlineColumn, q.column-1)
	case key == "right":
		q.column = min(evidenceColumn, q.column+1)
	case q.column == outlineColumn:
		q.outline.Update(msg)
		if i, ok := q.outline.Selected(); ok {
			q.follow = false
			q.scroll = q.layout.begins(i)
		}
	case q.column == evidenceColumn:
		q.looking = scrolled(q.looking, key, q.height, 1<<20)
	default:
		end := max(0, len(q.layout.lines)-q.height)
		q.scroll = scrolled(q.scroll, key, q.height, end)
		q.follow = q.running && q.scroll >= end
	}
	return nil
}

// scrolled is a scroll position after a key.
func scrolled(at int, key string, height, end int) int {
	page := max(1, height-1)
	switch key {
	case "up":
		at--
	case "down":
		at++
	case "page up":
		at -= page
	case "page down":
		at += page
	case "first":
		at = 0
	case "last":
		at = end
	}
	return max(0, min(at, end))
}

// toMarker selects the next marker in a direction, from what is on screen.
func (p *reporting) toMarker(direction int) tea.Cmd {
	q := p.paper
	all := q.layout.markers
	if len(all) == 0 {
		return complain("There are no markers in the text yet.")
	}
	q.follow = false
	switch {
	case q.marker >= 0:
		q.marker = (q.marker + direction + len(all)) % len(all)
	default: // the first one on the screen
		q.marker = max(0, slices.IndexFunc(all, func(m placed) bool { return m.line >= q.scroll }))
	}
	q.looking = 0
	if q.column == outlineColumn {
		q.column = documentColumn
	}
	line, rows := all[q.marker].line, max(1, q.height-2)
	if line < q.scroll || line >= q.scroll+rows {
		q.scroll = max(0, line-rows/2)
	}
	return nil
}

// wordCount is how many words a section has.
func wordCount(s reports.Section) int { return len(strings.Fields(s.Text.Reveal())) }

// copyReport puts the Markdown into the terminal's clipboard.
func (p *reporting) copyReport() tea.Cmd {
	return copyText("the report as Markdown", p.paper.report.Markdown())
}

// exportName is the name that a report's file is offered under.
func (q *paper) exportName() safe.PHI {
	return safe.PHI(q.client.Name.Line() + ", " + safe.Line(q.report.Title) + ", " + q.report.Changed.In(q.env.now().Location()).Format(time.DateOnly) + ".md")
}
