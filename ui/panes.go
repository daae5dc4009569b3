package ui

import (
	"context"

	"claria/session"
	"claria/ui/clients"
	"claria/ui/compliance"
	"claria/ui/frame"
	"claria/ui/kit"
	"claria/ui/reports"
	"claria/ui/setup"
	"claria/ui/today"
)

// panes makes the panes in the order of their numbers, from 1.
func panes(e *kit.Env) []frame.Tab {
	return []frame.Tab{
		{ID: kit.TodayPane, Title: "Today", Pane: today.New(e)},
		{ID: kit.ClientsPane, Title: "Clients", Pane: clients.New(e)},
		{ID: kit.ReportsPane, Title: "Reports", Pane: reports.New(e)},
		{ID: kit.CompliancePane, Title: "Compliance", Pane: compliance.New(e)},
		{ID: kit.AuditPane, Title: "Audit", Pane: newUnbuilt(e, kit.AuditPane)},
		{ID: kit.PracticePane, Title: "Practice", Pane: newUnbuilt(e, kit.PracticePane)},
		{ID: kit.CostsPane, Title: "Costs", Pane: newUnbuilt(e, kit.CostsPane)},
		{ID: kit.SetupPane, Title: "Setup", Pane: setup.New(e)},
	}
}

// Run shows the workstation until the user quits. The error says why it could not be
// shown, or that it crashed and where the crash report is.
func Run(ctx context.Context, s *session.Session, options session.Screen) error {
	return frame.Run(ctx, s, options, panes)
}
