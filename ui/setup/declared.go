package setup

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
	"claria/session"
	"claria/ui/kit"
)

// taken is the session that uses what the register declares.
type taken struct {
	session *session.Session
	left    []session.Difference
}

// askDeclared asks whether this computer uses what the practice declared elsewhere,
// before a plan that could undo it.
func (p *Pane) askDeclared(found *session.Elsewhere) tea.Cmd {
	var details []string
	for _, d := range found.Differences {
		line := safe.Line(d.String())
		if d.Guarded {
			line += p.env.Theme.Dim("  needs a code")
		}
		details = append(details, line)
	}
	s := p.env.Session
	return kit.Open(&kit.Confirm{
		Title:   "Use what the register declares",
		What:    "Uses on this computer what the practice declared on another one, and makes the plan again.",
		Target:  "claria.toml on this computer",
		Undo:    "Edit claria.toml. To keep it as it is instead, run claria setup --apply --declared here.",
		Details: details, Verb: "use it here",
		Do: func() tea.Cmd {
			job := kit.Job{Pane: kit.SetupPane, Slot: "declared", Title: "Using what the register declares"}
			return kit.Ask(p.env.Jobs, job, func(ctx context.Context) (taken, error) {
				next, left, err := p.env.TakeOver(ctx, s, found)
				return taken{next, left}, err
			})
		},
	})
}

// tookOver continues with the session that uses it.
func (p *Pane) tookOver(m kit.Answer[taken]) tea.Cmd {
	if m.Err != nil {
		return kit.ComplainOf(m.Err)
	}
	p.env.Scans.Pause(p.env) // a scan that runs is the old session's, and so is the plan
	p.env.Scans.Decided()
	p.take(m.Value.session)
	p.stale = true
	said := kit.Notify("Claria now uses what this practice declared on another computer.")
	if left := m.Value.left; len(left) > 0 {
		var texts []string
		for _, d := range left {
			texts = append(texts, safe.Line(d.String()))
		}
		said = kit.Complain(fmt.Sprintf("Not used here, because only claria-admin can prove it with a code: %s. After set-up, press enter here "+
			"again.", strings.Join(texts, "; ")))
	}
	return tea.Batch(kit.Rescan(), said)
}
