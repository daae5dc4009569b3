package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/session"
)

// wide is the width from which a pane shows more than one column.
const wide = 100

// The smallest frame that is worth drawing.
const (
	leastWidth  = 60
	leastHeight = 20
)

// pane is one screen of the workstation. See the package's documentation for
// what each method may do.
type pane interface {
	Init() tea.Cmd
	Update(msg tea.Msg) tea.Cmd
	View(width, height int) string
	Actions() []action
	CapturesInput() bool
}

// backer is a pane in which esc and q can go back a step: it goes back and reports
// whether there was one.
type backer interface{ Back() bool }

// holder is a pane that may hold what would be lost by quitting: it says so in a
// few words, or answers "".
type holder interface{ Unsaved() string }

// paneID names a pane.
type paneID string

// The panes.
const (
	todayPane      paneID = "today"
	clientsPane    paneID = "clients"
	reportsPane    paneID = "reports"
	compliancePane paneID = "compliance"
	auditPane      paneID = "audit"
	practicePane   paneID = "practice"
	costsPane      paneID = "costs"
	setupPane      paneID = "setup"
)

// tab is a pane's place in the frame.
type tab struct {
	id    paneID
	title string
	pane  pane
}

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

// env is what all panes share. Only the frame changes it.
type env struct {
	session *session.Session
	jobs    *jobs
	theme   *theme
	now     func() time.Time
	version string
	watch   *scans        // the latest scan of the account
	send    func(tea.Msg) // to the running program, for questions of a job; nil: none runs
}

// These messages come to every pane.
type (
	// scannedMsg tells that a scan of the account ended; env.watch has it.
	scannedMsg struct{}
	// minuteMsg comes once a minute, for texts that grow old.
	minuteMsg struct{}
	// setUpMsg tells that set-up has ended and the session has the daily key:
	// what was loaded before is to be loaded again.
	setUpMsg struct{}
	// clientsChangedMsg tells that clients or their files changed.
	clientsChangedMsg struct{}
	// reportsChangedMsg tells that a report was written or changed.
	reportsChangedMsg struct{}
)

// These messages come to one pane, through goTo or when it is chosen.
type (
	// shownMsg tells a pane that it is now the one on screen.
	shownMsg struct{}
	// backMsg tells a pane that its Back went a step, for what has to be loaded then.
	backMsg struct{}
	// showControl asks the Compliance pane to select a control.
	showControl struct{ ID string }
	// showClient asks the Clients pane to select a client.
	showClient struct{ ID string }
	// showReport asks the Reports pane to open a report.
	showReport struct{ Client, Report string }
	// draftFor asks the Reports pane to begin a report for a client.
	draftFor struct{ Client string }
)
