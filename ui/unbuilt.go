package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/ui/kit"
)

// unbuilt is a pane that has its number but is not built yet: it says what it
// will show, and what does the work until then.
type unbuilt struct {
	env   *kit.Env
	title string
	will  string // what it will show, a sentence
	now   []substitute
}

// substitute is what does a part of the work until the pane is built.
type substitute struct{ use, does string }

// newUnbuilt makes one of the panes that are not built yet.
func newUnbuilt(e *kit.Env, id kit.PaneID) *unbuilt {
	p := &unbuilt{env: e}
	switch id {
	case kit.AuditPane:
		p.title = "Audit"
		p.will = "This pane will show who opened, changed or deleted which file, when and from where, as the account's audit trail recorded it."
		p.now = []substitute{
			{"4, then t", "what changed in the account's settings, and by whom"},
			{"claria evidence list", "every check and every change, newest first"},
			{"claria keys list", "every access key, its age and its last use"},
		}
	case kit.PracticePane:
		p.title = "Practice"
		p.will = "This pane will show the practice's registers (vendors, reviews, training, incidents, requests, decisions) and when each is due."
		p.now = []substitute{
			{"claria register", "the registers"},
			{"claria risk", "the risk analysis"},
			{"claria schedule", "the check that runs every day"},
			{"8, then e", "the practice's name, and who gets the alarms"},
		}
	case kit.CostsPane:
		p.title = "Costs"
		p.will = "This pane will show what AWS bills by service and by day, and what drafting cost for each client."
		p.now = []substitute{
			{"3, then enter", "a report: its top line has its tokens and its cost"},
			{"8, then e", "a monthly budget: AWS sends a mail when it is exceeded"},
			{"AWS console", "Billing and Cost Management: the bill itself"},
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
		for _, line := range kit.Wrap("Commands go into a shell: ctrl+z, and fg comes back.", w-4) {
			lines = append(lines, "  "+t.Dim(line))
		}
	}
	return strings.Join(lines, "\n")
}
