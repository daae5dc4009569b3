package kit

import (
	tea "charm.land/bubbletea/v2"

	"claria/reports"
)

// Wide is the width from which a pane shows more than one column.
const Wide = 100

// The smallest frame that is worth drawing.
const (
	LeastWidth  = 60
	LeastHeight = 20
)

// Pane is one screen of the workstation. Package ui documents what each method may
// do.
type Pane interface {
	Init() tea.Cmd
	Update(msg tea.Msg) tea.Cmd
	View(width, height int) string
	Actions() []Action
	CapturesInput() bool
}

// Backer is a pane in which esc and q can go back a step. Back goes back and reports
// whether there was one.
type Backer interface{ Back() bool }

// Holder is a pane that may hold what quitting would lose. Unsaved names it in a few
// words, or is "".
type Holder interface{ Unsaved() string }

// Placer is a pane that holds what a person can go to by its name: clients, files,
// reports, controls. Places sends nothing: it names what is loaded.
type Placer interface{ Places() []Place }

// Place is one of them. Do goes there.
type Place struct {
	Name string // safe to draw
	Note string // what it is, or what tells it from others of its name
	Do   func() tea.Cmd
}

// PaneID names a pane.
type PaneID string

// The panes.
const (
	TodayPane      PaneID = "today"
	ClientsPane    PaneID = "clients"
	ReportsPane    PaneID = "reports"
	CompliancePane PaneID = "compliance"
	AuditPane      PaneID = "audit"
	PracticePane   PaneID = "practice"
	CostsPane      PaneID = "costs"
	SetupPane      PaneID = "setup"
)

// These messages come to every pane.
type (
	// ScannedMsg says that a scan of the account ended; Env.Scans has it.
	ScannedMsg struct{}
	// MinuteMsg comes once a minute, for texts such as "4 min ago".
	MinuteMsg struct{}
	// SetUpMsg says that set-up ended and the session has the daily key. Panes load again
	// what they loaded before.
	SetUpMsg struct{}
	// ClientsChangedMsg says that clients or their files changed.
	ClientsChangedMsg struct{}
	// ReportsChangedMsg says that a report was written or changed. Report is empty when it is
	// not known which.
	ReportsChangedMsg struct{ Report reports.Report }
)

// These messages come to one pane, through GoTo or when it is chosen.
type (
	// ShownMsg says that this pane is now on screen.
	ShownMsg struct{}
	// BackMsg says that this pane's Back went back a step. The pane can now load something.
	BackMsg struct{}
	// ShowControl asks the Compliance pane to select a control.
	ShowControl struct{ ID string }
	// ShowClient asks the Clients pane to select a client.
	ShowClient struct{ ID string }
	// ShowFile asks the Clients pane to open a file of a client at a passage (0: its first),
	// and to find the query in it.
	ShowFile struct {
		Client, File string
		Passage      int
		Query        string
	}
	// ShowReport asks the Reports pane to open a report.
	ShowReport struct{ Client, Report string }
	// DraftFor asks the Reports pane to begin a report for a client.
	DraftFor struct{ Client string }
)
