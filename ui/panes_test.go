package ui

import (
	"testing"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/ui/kit"
	"claria/ui/uitest"
)

var workstationFrames = []uitest.Still{
	{Name: "audit", With: nil, Draw: func(s *uitest.Screen) { s.Keys("5") }},
	{Name: "practice", With: nil, Draw: func(s *uitest.Screen) { s.Keys("6") }},
	{Name: "costs", With: nil, Draw: func(s *uitest.Screen) { s.Keys("7") }},
	{Name: "setup-code", With: []uitest.Change{uitest.WithPlan()}, Draw: func(s *uitest.Screen) {
		s.Send(kit.OpenMsg{Dialog: kit.NewCodesDialog("To change the account, type a code.", nil, true)})
		s.Typed("12")
	}},
	{Name: "palette", With: []uitest.Change{uitest.WithPlan()}, Draw: func(s *uitest.Screen) { s.Keys(":"); s.Typed("sc") }},
	{Name: "help", With: []uitest.Change{uitest.WithPlan()}, Draw: func(s *uitest.Screen) { s.Keys("?") }},
	{Name: "leaving", With: nil, Draw: func(s *uitest.Screen) {
		s.Busy(kit.Job{Pane: kit.SetupPane, Slot: "apply", Title: "Applying the plan"})
		s.Keys("ctrl+c")
	}},
	{Name: "activity", With: nil, Draw: func(s *uitest.Screen) {
		s.Busy(kit.Job{Pane: kit.SetupPane, Slot: "apply", Title: "Applying the plan"})
		s.Env.Jobs.Progress(kit.SetupPane, "apply", 3, 17, "trail claria-trail")
	}},
}

func TestWorkstationFrames(t *testing.T) { uitest.DrawFrames(t, screens.New, workstationFrames) }

// Advice, and controls that need a record instead of a signature, do not count as
// statements to sign.
func TestTodayCountsTheStatementsToSign(t *testing.T) {
	uitest.Bubble(testTodayCountsTheStatementsToSign)(t)
}

func testTodayCountsTheStatementsToSign(t *testing.T) {
	s := screens.New(t, 80, 24)
	report := uitest.SampleReport()
	report.Controls = []drift.Finding{
		{ID: "ADM-10", Title: "There is a contingency plan", Status: catalogue.AttestDue},
		{ID: "ADM-12", Title: "The safeguards were evaluated", Status: catalogue.AttestDue},
		{ID: "ADM-01", Title: "A risk analysis was done", Status: catalogue.AttestDue},
		{ID: "ADM-15", Title: "Somebody tried to break in", Status: catalogue.AttestDue, Advice: true},
	}
	s.Scan(report, uitest.SampleState(), nil)
	s.Sees("◌ 2 statements to sign", "first ADM-10", "◌ A risk analysis was done")
	s.Hides("ADM-15", "ADM-12")
	s.Run(kit.GoTo(kit.CompliancePane, nil))
	s.Sees("3 due")
	s.Keys("g", "n", "n")
	s.Sees("▌   ◌ ADM-12")
	s.Keys("n", "n")
	s.Sees("▌   ◌ ADM-10") // wraps around, and skips advice
	s.Keys("N", "N")
	s.Sees("▌   ◌ ADM-12")
}
