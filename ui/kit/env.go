package kit

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"claria/drift/catalogue"
	"claria/session"
	"claria/session/watch"
)

// Env is what all panes share. Only the frame changes it, Client apart.
type Env struct {
	Session *session.Session
	Jobs    *Jobs
	Theme   *Theme
	Now     func() time.Time
	Version string
	Scans   *Scans        // the latest scan of the account
	Send    func(tea.Msg) // to the running program, so that a job can ask; nil: none runs
	// Client is the id of the client that was selected last. A pane sets it when its
	// selection moves, and selects this client when it is shown. It reads nothing of it
	// before enter.
	Client string
}

// NewEnv is what the panes of a screen share.
func NewEnv(ctx context.Context, s *session.Session, options session.Screen) *Env {
	w := watch.New(options.Version)
	return &Env{
		Session: s,
		Jobs:    newJobs(ctx),
		Theme:   NewTheme(options.Theme, !options.NoColor, options.ASCII, colorprofile.Unknown),
		Now:     options.Now,
		Version: options.Version,
		Scans:   &Scans{Set: catalogue.Core, Look: w.Look, Lead: (*session.Session).Plan, Watch: w},
	}
}

// CommandHint says how to use a command that the screen names.
func (e *Env) CommandHint() string {
	if e.Session.Demo {
		return "Commands need a real account: the demo account exists only in this window."
	}
	return "For commands that begin with claria: ctrl+z opens a shell, fg returns here."
}
