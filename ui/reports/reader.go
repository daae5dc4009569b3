package reports

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
	"claria/ui/kit"
)

// reader shows one report, also while it is being written.
type reader struct {
	env    *kit.Env
	client clients.Client
	report reports.Report
	column int // outlineColumn, documentColumn, evidenceColumn

	slot     string // of the current or last draft
	running  bool
	stopping bool
	stopped  bool
	err      error     // why the draft failed
	notice   string    // the draft's last notice
	began    time.Time // of the draft
	composer *composer // of a new report, until the report exists

	outline  kit.List[int] // sections by index
	follow   bool          // the document scrolls with the text that is being written
	scroll   int
	height   int // rows last drawn, for page keys
	marker   int // place of the selected marker in the layout; -1: none
	layout   layout
	evidence []reports.Passage
	gaps     error // why the evidence could not be read
	loaded   bool  // the evidence is loaded
	looking  int   // scroll of the evidence
}

// The columns of a reader.
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

func newReader(e *kit.Env, client clients.Client, report reports.Report) *reader {
	q := &reader{env: e, client: client, report: report, column: documentColumn, marker: -1}
	q.outline = kit.List[int]{Key: func(i int) string { return fmt.Sprint(i) }, Draw: q.drawSection}
	q.setOutline()
	return q
}

func (q *reader) setOutline() {
	rows := make([]int, len(q.report.Sections))
	for i := range rows {
		rows[i] = i
	}
	q.outline.Set(rows)
}

// last is the number of the report's last passage.
func (q *reader) last() int {
	if n := len(q.report.Context); n > 0 {
		return q.report.Context[n-1].First + q.report.Context[n-1].Count - 1
	}
	return 0
}

// run starts a draft and shows it.
func (p *Pane) run(q *reader, seq func(context.Context) iter.Seq2[reports.Event, error]) tea.Cmd {
	p.numbered++
	q.slot = fmt.Sprintf("draft %d", p.numbered)
	q.running, q.stopping, q.stopped, q.err, q.notice = true, false, false, nil, ""
	q.began, q.follow, q.marker = p.env.Now(), true, -1
	p.reader, p.mode = q, reading
	p.running = append(p.running, q)
	return kit.Stream(p.env.Jobs, kit.Job{Pane: kit.ReportsPane, Slot: q.slot, Title: "Drafting"}, seq)
}

func (p *Pane) draftOf(slot string) *reader {
	for _, q := range p.running {
		if q.slot == slot {
			return q
		}
	}
	return nil
}

// drafted takes the events of a draft.
func (p *Pane) drafted(m kit.Events[reports.Event]) tea.Cmd {
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
	p.env.Jobs.Progress(kit.ReportsPane, q.slot, int64(sectionsWritten(q.report)), int64(len(q.report.Sections)), at)
	if isNew && q.report.ID != "" {
		q.composer = nil
		return tea.Batch(p.loadEvidence(q), kit.Broadcast(kit.ReportsChangedMsg{Report: q.report}))
	}
	return nil
}

// take applies one event. Events come in order, and a saved report may be older than
// the one that is shown.
func (q *reader) take(event reports.Event) {
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
func (q *reader) writing() int {
	if !q.running {
		return -1
	}
	return slices.IndexFunc(q.report.Sections, func(s reports.Section) bool { return s.State == reports.Writing })
}

// draftEnded shows the outcome of a draft. If it was refused before anything was
// written, the composer opens again.
func (p *Pane) draftEnded(m kit.Ended) tea.Cmd {
	q := p.draftOf(m.Slot)
	if q == nil {
		return nil
	}
	p.running = slices.DeleteFunc(p.running, func(one *reader) bool { return one == q })
	q.running, q.stopping, q.follow = false, false, false
	q.stopped = m.Stopped || kit.StoppedByUser(m.Err)
	if !q.stopped {
		q.err = m.Err
	}
	if q.report.ID == "" {
		if q.composer != nil && p.composer == nil {
			p.composer = q.composer
			if p.reader == q && p.mode == reading {
				p.mode = composing
			}
		}
		if p.reader == q {
			p.reader = nil
			if p.mode == reading {
				p.mode = choosing
			}
		}
		if q.stopped {
			return kit.Notify("Stopped. Nothing was written.")
		}
		return kit.ComplainOf(m.Err)
	}
	done, all := sectionsWritten(q.report), len(q.report.Sections)
	var say tea.Cmd
	switch {
	case q.err != nil:
		say = kit.ComplainOf(q.err)
	case q.stopped:
		say = kit.Notify("Stopped. The text so far is saved. Press r to write this section again and continue.")
	case done < all:
		say = kit.Complain(fmt.Sprintf("%d of %d sections are not finished. The document says why. Press r to try again.", all-done, all))
	default:
		say = kit.Notify("The draft is complete. Check it against the record before you use it.")
	}
	return tea.Batch(say, kit.Broadcast(kit.ReportsChangedMsg{Report: q.report}))
}

// loadEvidence reads the passages that a report was drafted from.
func (p *Pane) loadEvidence(q *reader) tea.Cmd {
	drafter, report := p.env.Session.Reports(), q.report
	return kit.Ask(p.env.Jobs, kit.Job{Pane: kit.ReportsPane, Slot: "evidence " + report.ID, Title: "Loading the passages", Quiet: true},
		func(ctx context.Context) (evidenceOf, error) {
			passages, err := drafter.Evidence(ctx, report)
			return evidenceOf{report.ID, passages}, err
		})
}

func (p *Pane) evidenceCame(m kit.Answer[evidenceOf]) {
	for _, q := range append(p.running[:len(p.running):len(p.running)], p.reader) {
		if q != nil && q.report.ID == m.Value.report {
			q.evidence, q.gaps, q.loaded = m.Value.passages, m.Err, true
		}
	}
}

// resume writes the sections that are not written.
func (p *Pane) resume() tea.Cmd {
	q, drafter := p.reader, p.env.Session.Reports()
	report := q.report
	return p.run(q, func(ctx context.Context) iter.Seq2[reports.Event, error] { return drafter.Resume(ctx, report) })
}

// stop stops the draft that is shown.
func (p *Pane) stop() tea.Cmd {
	p.reader.stopping = true
	p.env.Jobs.Stop(kit.ReportsPane, p.reader.slot)
	return nil
}

// read takes a key while a report is shown.
func (p *Pane) read(msg tea.Msg) tea.Cmd {
	press, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	q := p.reader
	switch key := kit.Move(press.String()); {
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

// toMarker selects the next marker in a direction, at first one on the screen.
func (p *Pane) toMarker(direction int) tea.Cmd {
	q := p.reader
	all := q.layout.markers
	if len(all) == 0 {
		return kit.Complain("The text has no markers yet.")
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
func (p *Pane) copyReport() tea.Cmd {
	return kit.CopyText("the report as Markdown", p.reader.report.Markdown())
}

// exportName is the proposed name of a report's file.
func (q *reader) exportName() safe.PHI {
	day := q.report.Changed.In(q.env.Now().Location()).Format(time.DateOnly)
	return safe.PHI(q.client.Name.Line() + ", " + safe.Line(q.report.Title) + ", " + day + ".md")
}
