package frame

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"claria/session"
	"claria/ui/kit"
)

// fps limits how often the screen is painted. Twice Bubble Tea's default halves the
// wait between a key and its paint; nothing is painted while nothing changes.
const fps = 120

// Run shows the tabs that panes makes until the user quits. The error says why they
// could not be shown, or that the program crashed and where the crash report is.
func Run(ctx context.Context, s *session.Session, options session.Screen, panes func(*kit.Env) []Tab) error {
	return run(ctx, s, options, panes, func(*Frame) {})
}

// run is Run with what a test changes: the frame, and options of the program.
func run(
	ctx context.Context, s *session.Session, options session.Screen, panes func(*kit.Env) []Tab, change func(*Frame), program ...tea.ProgramOption,
) error {
	options = options.WithDefaults()
	if options.Theme != "" && !slices.Contains(session.Themes(), options.Theme) {
		return fmt.Errorf("theme %q: want one of %s", options.Theme, strings.Join(session.Themes(), ", "))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	e := kit.NewEnv(ctx, s, options)
	f := New(e, options, panes(e))
	f.abort = cancel
	change(f)

	profile := colorprofile.Detect(options.Stdout, options.Environ)
	f.env.Theme.Profile = profile
	if options.NoColor {
		profile = min(profile, colorprofile.Ascii)
	}
	program = append(
		program, tea.WithContext(ctx), tea.WithOutput(options.Stdout), tea.WithEnvironment(options.Environ), tea.WithFPS(fps),
	)
	if options.NoColor {
		program = append(program, tea.WithColorProfile(profile))
	}
	switch {
	case options.Stdin != nil:
		program = append(program, tea.WithInput(options.Stdin))
	case runtime.GOOS != "windows": // its console is no file that hangs up
		program = append(program, tea.WithInput(hungUp{os.Stdin, cancel}))
	}
	p := tea.NewProgram(f, program...)
	f.env.Send = p.Send
	s.Passphrase = func(question string) (string, error) { return kit.AskSecret(ctx, p.Send, question) }
	_, err := p.Run()
	cancelled := ctx.Err() != nil
	cancel() // ends what waits for a passphrase or for AWS
	// What still runs is cancelled and can save what it has.
	f.env.Jobs.Close(10 * time.Second)
	switch {
	case f.crash != nil:
		return f.crash.report(options, s.State)
	case errors.Is(err, tea.ErrInterrupted), cancelled:
		return nil
	case err != nil:
		return fmt.Errorf("the screen could not be shown: %w", err)
	}
	return nil
}

// hungUp ends the program when its terminal is gone. The kernel sends SIGHUP only to the
// terminal's own session, and Bubble Tea waits on after the end of its input.
type hungUp struct {
	*os.File
	end func()
}

// Read reads keys.
func (h hungUp) Read(p []byte) (int, error) {
	n, err := h.File.Read(p)
	if err != nil {
		h.end()
	}
	return n, err
}

// requestSynchronized asks the terminal whether it can show a whole frame at once
// (DEC mode 2026). Bubble Tea turns the mode on if the terminal can, but does not ask
// over SSH, where it matters most.
const requestSynchronized = ansi.RequestModeSynchronizedOutput

// repaint adds a full repaint to cmd where the terminal needs it and the frame changed.
func (f *Frame) repaint(msg tea.Msg, cmd tea.Cmd) tea.Cmd {
	if !cloudShell(f.options) || msg == tea.ClearScreen() {
		return cmd
	}
	text, _, _ := f.draw()
	if text == f.drawn {
		return cmd
	}
	f.drawn = text
	return tea.Batch(cmd, tea.ClearScreen)
}

func askSynchronized(o session.Screen) bool { return o.Getenv("SSH_TTY") != "" }

// cloudShell reports whether this is AWS CloudShell, whose terminal loses parts of a
// frame that is not painted as a whole.
func cloudShell(o session.Screen) bool { return o.Getenv("AWS_EXECUTION_ENV") == "CloudShell" }
