package compliance

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/ui/kit"
)

// grouping is how the checklist is grouped.
type grouping int

// The groupings, in the order of the key v.
const (
	byFamily   grouping = iota
	byCitation          // the matrix: every requirement of the law, also without a control
	byRule              // AWS Config's rules
	groupings
)

// inWords is how the headline names a grouping; the default has no name.
var inWords = [groupings]string{byCitation: "by requirement", byRule: "by AWS Config rule"}

// group is one heading of the checklist and the findings below it.
type group struct {
	name, title string
	findings    []*drift.Finding
	matrix      *drift.MatrixRow // a requirement's; nil otherwise
}

// groups are a report's findings, grouped.
func (p *Pane) groups(report *drift.Report) []group {
	switch p.view {
	case byCitation:
		return p.requirements(report)
	case byRule:
		return p.rules(report)
	}
	var all []group
	for i := range report.Controls {
		f := &report.Controls[i]
		family := p.catalogue[f.ID].Family
		at := slices.IndexFunc(all, func(g group) bool { return g.name == family })
		if at < 0 {
			at = len(all)
			all = append(all, group{name: family})
		}
		all[at].findings = append(all[at].findings, f)
	}
	return all
}

// requirements are the requirements of the law, with their findings.
func (p *Pane) requirements(report *drift.Report) []group {
	register, _ := p.env.Scans.Facts.Register.Value()
	byID := map[string]*drift.Finding{}
	for i := range report.Controls {
		byID[report.Controls[i].ID] = &report.Controls[i]
	}
	var all []group
	for _, row := range drift.Matrix(*report, register) {
		g := group{name: row.Citation, title: row.Title, matrix: &row}
		for _, c := range row.Controls {
			if f := byID[c.ID]; f != nil {
				g.findings = append(g.findings, f)
			}
		}
		all = append(all, g)
	}
	return all
}

// rules are the AWS Config rules that controls correspond to, and last the controls
// without a rule.
func (p *Pane) rules(report *drift.Report) []group {
	by := map[string]*group{}
	var names []string
	add := func(name string, f *drift.Finding) {
		if by[name] == nil {
			by[name] = &group{name: name}
			names = append(names, name)
		}
		by[name].findings = append(by[name].findings, f)
	}
	const none = "no AWS Config rule"
	for i := range report.Controls {
		f := &report.Controls[i]
		for _, rule := range f.ConfigRules {
			add(rule, f)
		}
		if len(f.ConfigRules) == 0 {
			add(none, f)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		switch {
		case a == none:
			return 1
		case b == none:
			return -1
		}
		return strings.Compare(a, b)
	})
	all := make([]group, 0, len(names))
	for _, name := range names {
		all = append(all, *by[name])
	}
	return all
}

// folded reports whether a heading's controls are hidden. At first families are open;
// requirements and rules, which are long, are folded.
func (p *Pane) folded(name string) bool {
	if folded, ok := p.closed[name]; ok {
		return folded
	}
	return p.view != byFamily
}

// unfold opens every heading, because a filter searches all of them.
func (p *Pane) unfold() {
	for _, row := range p.list.Items() {
		p.closed[row.family] = false
	}
	p.rebuild()
}

// rebuild makes the rows from the latest report: each heading, and its controls
// unless it is folded.
func (p *Pane) rebuild() {
	report := p.env.Scans.Report
	if report == nil {
		return
	}
	var rows []checkRow
	for _, g := range p.groups(report) {
		count := map[kit.Status]int{}
		for _, f := range g.findings {
			count[kit.StatusOf(p.env, *f)]++
		}
		rows = append(rows, checkRow{family: g.name, title: g.title, matrix: g.matrix, count: count})
		if p.folded(g.name) {
			continue
		}
		for _, f := range g.findings {
			rows = append(rows, checkRow{family: g.name, Finding: f})
		}
	}
	p.list.Set(rows)
}

// group switches to a grouping, and keeps the selected control if it can.
func (p *Pane) group(by grouping) {
	row, _ := p.list.Selected()
	p.list.Back()
	p.view, p.inDetail = by, false
	p.rebuild()
	p.list.First()
	if row.Finding != nil {
		for _, g := range p.groups(p.env.Scans.Report) {
			if slices.ContainsFunc(g.findings, func(f *drift.Finding) bool { return f.ID == row.ID }) {
				p.closed[g.name] = false
				p.rebuild()
				p.list.Select(p.list.Key(checkRow{family: g.name, Finding: row.Finding}))
				break
			}
		}
	}
	p.settle()
}

// needsPerson reports whether a finding needs a person.
func needsPerson(f drift.Finding) bool {
	return !f.Advice && (f.Status == catalogue.Fail || f.Status == catalogue.Unknown || f.Status == catalogue.AttestDue)
}

// needing is how many findings need a person.
func (p *Pane) needing() int {
	n := 0
	if report := p.env.Scans.Report; report != nil {
		for _, f := range report.Controls {
			if needsPerson(f) {
				n++
			}
		}
	}
	return n
}

// next selects the next row that needs a person, or the previous one if direction is
// -1. It wraps around, and unfolds the row's heading. A filter stays: it limits the
// rows.
func (p *Pane) next(direction int) {
	var rows []checkRow
	for _, g := range p.groups(p.env.Scans.Report) {
		rows = append(rows, checkRow{family: g.name})
		for _, f := range g.findings {
			rows = append(rows, checkRow{family: g.name, Finding: f})
		}
	}
	selected, _ := p.list.Selected()
	from := slices.IndexFunc(rows, func(r checkRow) bool { return p.list.Key(r) == p.list.Key(selected) })
	from = max(0, from)
	for i := range rows {
		row := rows[(from+direction*(i+1)+len(rows))%len(rows)]
		if row.Finding == nil || !needsPerson(*row.Finding) {
			continue
		}
		if !p.list.Filtered() && p.folded(row.family) {
			p.closed[row.family] = false
			p.rebuild()
		}
		if p.list.Select(p.list.Key(row)) {
			p.settle()
			return
		}
	}
}

// nextActions go through the rows that need a person.
func (p *Pane) nextActions() []kit.Action {
	next := kit.Action{
		ID: "compliance.next", Keys: []string{"n"}, Help: "next",
		Long: "Go to the next control that needs you: one that fails, is unknown, or waits for a signature.",
		Do:   func() tea.Cmd { p.next(1); return nil },
	}
	previous := kit.Action{
		ID: "compliance.previous", Keys: []string{"N"}, Help: "previous", Long: "Go to the previous control that needs you.", Quiet: true,
		Do: func() tea.Cmd { p.next(-1); return nil },
	}
	if p.needing() == 0 {
		next.Disabled, previous.Disabled = "Nothing here needs you.", "Nothing here needs you."
	}
	return []kit.Action{next, previous}
}

// viewActions change the grouping and the profile.
func (p *Pane) viewActions() []kit.Action {
	view := kit.Action{
		ID: "compliance.view", Keys: []string{"v"}, Help: "view",
		Long: "Change the view: by family, by requirement of the law, by AWS Config rule.",
		Do:   func() tea.Cmd { p.group((p.view + 1) % groupings); return nil },
	}
	if p.env.Scans.Report == nil {
		view.Disabled = "The account has not been scanned yet."
	}
	sets := catalogue.Sets()
	next := sets[(slices.Index(sets, p.env.Scans.Set)+1)%len(sets)]
	return []kit.Action{view, {
		ID: "compliance.profile", Keys: []string{"p"}, Help: "profile",
		Long: "Change the profile: core, strict (every control), or nprm (core and the proposed rule of 2025, as advice).",
		Do: func() tea.Cmd {
			p.env.Scans.Set = next
			return tea.Batch(p.Init(), kit.Rescan(), kit.Notify("Checking the account by the "+next+" profile."))
		},
	}}
}

// classWords say how a requirement is established.
var classWords = map[catalogue.Class]string{
	catalogue.Verified: "verified here, by calls to the account", catalogue.Provisioned: "put in place by set-up",
	catalogue.Attestable: "attested by a person", catalogue.Inherited: "inherited from AWS, under its agreement",
	catalogue.OutOfScope: "out of Claria's scope",
}

// elsewhere says who is responsible for a requirement without findings.
func elsewhere(m drift.MatrixRow) string {
	for _, c := range []catalogue.Class{catalogue.Inherited, catalogue.OutOfScope} {
		if slices.Contains(m.Classes, c) {
			return string(c)
		}
	}
	return "not judged"
}

// matrixLines are a requirement's detail.
func (p *Pane) matrixLines(m drift.MatrixRow, w int) []string {
	t := p.env.Theme
	lines := kit.Wrap(safe.Line(m.Title), w)
	for i := range lines {
		lines[i] = t.Bold(lines[i])
	}
	kind := map[string]string{"R": " · required", "A": " · addressable"}[m.Kind]
	lines = append(lines, t.Dim("45 CFR "+m.Citation+kind))
	for _, line := range kit.Wrap(m.Part, w) {
		lines = append(lines, t.Dim(line))
	}
	lines = append(lines, "")
	for _, c := range m.Classes {
		lines = append(lines, kit.Wrap(kit.Sentence(classWords[c]), w)...)
	}
	lines = append(lines, "")
	for _, part := range strings.Split(m.Evidence, "; ") {
		for _, line := range kit.Wrap(safe.Line(part), w) {
			lines = append(lines, t.Dim(line))
		}
	}
	return lines
}
