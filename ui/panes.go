package ui

import (
	"context"

	"claria/session"
)

// newPanes makes the panes in the order of their numbers, from 1.
func newPanes(e *env) []tab {
	return []tab{
		{todayPane, "Today", newToday(e)},
		{clientsPane, "Clients", newRecords(e)},
		{reportsPane, "Reports", newReporting(e)},
		{compliancePane, "Compliance", newCompliance(e)},
		{auditPane, "Audit", newUnbuilt(e, auditPane)},
		{practicePane, "Practice", newUnbuilt(e, practicePane)},
		{costsPane, "Costs", newUnbuilt(e, costsPane)},
		{setupPane, "Setup", newSetup(e)},
	}
}

// Run shows the workstation until the user quits. The error says why it could
// not be shown, or that it crashed and where the report of that is.
func Run(ctx context.Context, s *session.Session, options Options) error {
	return show(ctx, s, options, newPanes)
}
