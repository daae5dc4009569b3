package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/ui/kit"
)

// unbuilt is a pane that has its number but is not built yet. It says what it will
// show, and what to use until then.
type unbuilt struct {
	env   *kit.Env
	title string
	will  string // what it will show, a sentence
	now   []substitute
}

// substitute is what to use until the pane is built, and what for.
type substitute struct{ use, does string }

// newUnbuilt makes one of the panes that are not built yet.
func newUnbuilt(e *kit.Env, id kit.PaneID) *unbuilt {
	p := &unbuilt{env: e}
	switch id {
	case kit.AuditPane:
		p.title = "Audit"
		p.will = "This pane will show who opened, changed or deleted which file, when and from where, from the account's audit trail."
		p.now = []substitute{
			{"4, then t", "what changed in the account's settings, and who changed it"},
			{"claria evidence list", "every check and every change, newest first"},
			{"claria keys list", "every access key, its age and its last use"},
		}
	case kit.PracticePane:
		p.title = "Practice"
		p.will = "This pane will show the practice's registers (vendors, reviews, training, incidents, requests, decisions) and their due dates."
		p.now = []substitute{
			{"claria register", "the registers"},
			{"claria risk", "the risk analysis"},
			{"claria schedule", "the check that runs every day"},
			{"8, then e", "the practice's name, and who gets alarms"},
		}
	case kit.CostsPane:
		p.title = "Costs"
		p.will = "This pane will show what AWS bills by service and by day, and what drafting costs for each client."
		p.now = []substitute{
			{"3, then enter", "a report: its top line shows its tokens and cost"},
			{"8, then e", "a monthly budget: AWS sends an e-mail if costs exceed it"},
			{"AWS console", "Billing and Cost Management: the bill"},
		}
	}
	return p
}

func (p *unbuilt) Init() tea.Cmd          { return nil }
func (p *unbuilt) Update(tea.Msg) tea.Cmd { return nil }
func (p *unbuilt) Actions() []kit.Action  { return nil }
func (p *unbuilt) CapturesInput() bool    { return false }

func (p *unbuilt) View(w, _ int) string {
	t := p.env.Theme
	lines := []string{" " + t.Bold(p.title) + t.Dim(" · not built yet"), ""}
	for _, line := range kit.Wrap(p.will, min(w-4, 88)) {
		lines = append(lines, "  "+line)
	}
	lines = append(lines, "", "  "+t.Bold("Until then"))
	uses, verbs := 0, false
	for _, s := range p.now {
		uses = max(uses, kit.Width(s.use))
		verbs = verbs || strings.HasPrefix(s.use, "claria ")
	}
	for _, s := range p.now {
		for i, line := range kit.Wrap(s.does, max(8, w-uses-6)) {
			use := ""
			if i == 0 {
				use = s.use
			}
			lines = append(lines, "  "+t.Accent(kit.Fit(use, uses))+"  "+line)
		}
	}
	if verbs {
		lines = append(lines, "")
		for _, line := range kit.Wrap(p.env.CommandHint(), w-4) {
			lines = append(lines, "  "+t.Dim(line))
		}
	}
	return strings.Join(lines, "\n")
}
