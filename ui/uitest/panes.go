// Package uitest drives a screen in tests: keys in, text out. A pane's tests draw it
// alone among the workstation's tabs, with [Only]; those of package ui draw all panes.
// It knows no pane, and only tests import it.
package uitest

import (
	tea "charm.land/bubbletea/v2"

	"claria/session"
	"claria/ui/frame"
	"claria/ui/kit"
)

// Panes makes the tabs of a screen.
type Panes func(*kit.Env) []frame.Tab

// Change changes what the panes share, or how the screen looks, for one test.
type Change = func(*kit.Env, *session.Screen)

// Titles are the workstation's tabs. A test in package ui compares them.
var Titles = []struct {
	ID    kit.PaneID
	Title string
}{
	{kit.TodayPane, "Today"},
	{kit.ClientsPane, "Clients"},
	{kit.ReportsPane, "Reports"},
	{kit.CompliancePane, "Compliance"},
	{kit.AuditPane, "Audit"},
	{kit.PracticePane, "Practice"},
	{kit.CostsPane, "Costs"},
	{kit.SetupPane, "Setup"},
}

// Only are the workstation's tabs with one real pane; the others are blank.
func Only[P kit.Pane](id kit.PaneID, make func(*kit.Env) P) Panes {
	return func(e *kit.Env) []frame.Tab {
		var tabs []frame.Tab
		for _, t := range Titles {
			tab := frame.Tab{ID: t.ID, Title: t.Title, Pane: &blank{}}
			if t.ID == id {
				tab.Pane = make(e)
			}
			tabs = append(tabs, tab)
		}
		return tabs
	}
}

// blank is a pane with nothing in it. It has a size, so that two of them are not equal.
type blank struct{ _ byte }

func (*blank) Init() tea.Cmd          { return nil }
func (*blank) Update(tea.Msg) tea.Cmd { return nil }
func (*blank) View(int, int) string   { return "" }
func (*blank) Actions() []kit.Action  { return nil }
func (*blank) CapturesInput() bool    { return false }
