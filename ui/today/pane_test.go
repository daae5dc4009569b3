package today

import (
	"strings"
	"testing"
	"time"

	"claria/aws"
	"claria/clients"
	"claria/drift"
	"claria/provision/state"
	"claria/reports"
	"claria/ui/kit"
	"claria/ui/uitest"
)

var invented = []clients.Client{
	{ID: "c1", Name: "Rowan Alder", Changed: uitest.Noon.Add(-3 * time.Hour)},
	{ID: "c2", Name: "Iris\x1b[2J Birch\u202e", Changed: uitest.Noon.AddDate(0, 0, -2)},
	{ID: "c3", Name: "李小龍 👨‍👩‍👧 Ōta", Changed: uitest.Noon.AddDate(0, -1, 0)},
}

func loadDesk(s *uitest.Screen) {
	s.T.Helper()
	s.Run(s.Tab(kit.TodayPane).Update(kit.Answer[overview]{Slot: "desk", Value: overview{
		recent: invented,
		dated:  []dated{{invented[0], "r1", uitest.Noon.Add(-40 * time.Minute)}},
	}}))
	s.Tab(kit.TodayPane).(*Pane).drafted(reports.Report{
		ID: "r1", Client: "c1", Title: "Psychological evaluation", Changed: uitest.Noon.Add(-40 * time.Minute),
		Sections: []reports.Section{{State: reports.Stopped}},
	})
	s.Send(kit.MinuteMsg{})
}

var todayFrames = []uitest.Still{
	{Name: "today-loading", With: nil, Draw: func(*uitest.Screen) {}},
	{Name: "today-full", With: []uitest.Change{uitest.WithPlan()}, Draw: func(s *uitest.Screen) {
		s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
		loadDesk(s)
	}},
	{Name: "today-not-set-up", With: []uitest.Change{uitest.NotSetUp}, Draw: func(*uitest.Screen) {}},
	{Name: "today-offline", With: []uitest.Change{uitest.WithPlan()}, Draw: func(s *uitest.Screen) {
		s.Scan(drift.Report{}, state.State{}, &aws.Error{Kind: aws.Offline, Operation: "sts:GetCallerIdentity"})
	}},
	{Name: "today-drift", With: []uitest.Change{uitest.WithPlan()}, Draw: func(s *uitest.Screen) {
		s.Scan(uitest.DriftedReport(), uitest.SampleState(), nil)
		loadDesk(s)
	}},
}

func TestTodayFrames(t *testing.T) { uitest.DrawFrames(t, screens.New, todayFrames) }

func TestNamesFromOutsideAreSafe(t *testing.T) { uitest.Bubble(testNamesFromOutsideAreSafe)(t) }

func testNamesFromOutsideAreSafe(t *testing.T) {
	s := screens.New(t, 80, 24, uitest.WithPlan())
	s.Scan(uitest.SampleReport(), uitest.SampleState(), nil)
	loadDesk(s)
	text := s.Styled()
	if strings.Contains(text, "\x1b[2J") || strings.ContainsRune(text, '\u202e') || strings.ContainsRune(text, '\u200d') {
		t.Errorf("a name reached the terminal as it came: %q", text)
	}
	s.Sees("Iris Birch", "李小龍 👨 Ōta")
}
