package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"claria/drift/catalogue"
	"claria/session"
	"claria/session/watch"
)

// Options are how the workstation looks and what it stands on. The zero value
// of each field is usable.
type Options struct {
	Theme   string // "", "dark", "light", "deuteranopia"; "" follows the terminal's background
	ASCII   bool   // only ASCII glyphs
	NoColor bool   // no colours; also when NO_COLOR is set and not empty

	Stdin   io.Reader // nil: the terminal
	Stdout  io.Writer // nil: os.Stdout
	Environ []string  // "NAME=value"; nil: os.Environ()
	Now     func() time.Time
	Version string
}

// Themes are the values of Options.Theme.
func Themes() []string { return []string{"dark", "light", "deuteranopia"} }

// fps is how often the screen may be painted: twice as often as usual halves the
// wait between a key and its paint. Nothing is painted while nothing changes.
const fps = 120

// Run shows the workstation until the user quits. The error says why it could
// not be shown, or that it crashed and where the report of that is.
func Run(ctx context.Context, s *session.Session, options Options) error {
	return run(ctx, s, options, func(*frame) {})
}

// run is Run with what a test changes: the frame, and how the program is run.
func run(ctx context.Context, s *session.Session, options Options, change func(*frame), program ...tea.ProgramOption) error {
	options = options.withDefaults()
	if options.Theme != "" && palettes[options.Theme] == [tokens]shade{} {
		return fmt.Errorf("theme %q: want one of %s", options.Theme, strings.Join(Themes(), ", "))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := newFrame(newEnv(ctx, s, options), options)
	f.abort = cancel
	change(f)

	profile := colorprofile.Detect(options.Stdout, options.Environ)
	f.env.theme.profile = profile
	if options.NoColor {
		profile = min(profile, colorprofile.Ascii)
	}
	program = append(
		program, tea.WithContext(ctx), tea.WithOutput(options.Stdout), tea.WithEnvironment(options.Environ), tea.WithFPS(fps),
	)
	if options.NoColor {
		program = append(program, tea.WithColorProfile(profile))
	}
	if options.Stdin != nil {
		program = append(program, tea.WithInput(options.Stdin))
	}
	p := tea.NewProgram(f, program...)
	f.env.send = p.Send
	s.Passphrase = func(question string) (string, error) { return askSecret(ctx, p.Send, question) }
	_, err := p.Run()
	cancelled := ctx.Err() != nil
	cancel() // whoever waits for a passphrase or an answer of AWS need not any more
	// What still runs is cancelled and may save what it has.
	f.env.jobs.close(10 * time.Second)
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

func newEnv(ctx context.Context, s *session.Session, options Options) *env {
	book := watch.New(options.Version)
	return &env{
		session: s,
		jobs:    newJobs(ctx),
		theme:   newTheme(options.Theme, !options.NoColor, options.ASCII, colorprofile.Unknown),
		now:     options.Now,
		version: options.Version,
		watch:   &scans{set: catalogue.Core, look: book.Look, lead: (*session.Session).Plan, book: book},
	}
}

func (o Options) withDefaults() Options {
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	o.NoColor = o.NoColor || o.getenv("NO_COLOR") != ""
	o.ASCII = o.ASCII || !o.utf8()
	return o
}

func (o Options) getenv(name string) string {
	value := ""
	for _, pair := range o.Environ {
		if rest, ok := strings.CutPrefix(pair, name+"="); ok {
			value = rest
		}
	}
	return value
}

// utf8 reports whether the locale lets the program write more than ASCII. A
// locale that is not set says nothing; most such terminals do.
func (o Options) utf8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(o.getenv(name)); locale != "" {
			return strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
		}
	}
	return true
}

// requestSynchronized asks the terminal whether it can show a whole frame at
// once (DEC mode 2026). Bubble Tea turns it on when the answer says so, but does
// not ask over SSH, where it is needed most.
const requestSynchronized = ansi.RequestModeSynchronizedOutput

func (o Options) askSynchronized() bool { return o.getenv("SSH_TTY") != "" }

// cloudShell reports whether this is AWS CloudShell, whose terminal loses parts of
// frames that are painted in parts.
func (o Options) cloudShell() bool { return o.getenv("AWS_EXECUTION_ENV") == "CloudShell" }

// repaint adds a full repaint to cmd where the terminal needs it and the frame changed.
func (f *frame) repaint(msg tea.Msg, cmd tea.Cmd) tea.Cmd {
	if !f.options.cloudShell() || msg == tea.ClearScreen() {
		return cmd
	}
	text, _, _ := f.draw()
	if text == f.drawn {
		return cmd
	}
	f.drawn = text
	return tea.Batch(cmd, tea.ClearScreen)
}

// crash is a panic, held until the terminal is restored.
type crash struct {
	what  string // no PHI: a runtime error's text, or only the type of what was thrown
	stack []byte
}

func newCrash(r any) *crash {
	what := reflect.TypeOf(r).String()
	if err, ok := r.(runtime.Error); ok {
		what = err.Error()
	}
	return &crash{what: what, stack: debug.Stack()}
}

// guard makes a panic in a command a message, so that the terminal is restored
// and a person is told in a sentence.
func guard(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = *newCrash(r)
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i := range batch {
				batch[i] = guard(batch[i])
			}
		}
		return msg
	}
}

// report writes the crash to a file in the directory (empty: the system's one
// for temporary files) and says so in plain words.
func (c *crash) report(options Options, dir string) error {
	if dir == "" {
		dir = os.TempDir()
	}
	name := filepath.Join(dir, "claria-crash-"+options.Now().UTC().Format("20060102T150405Z")+".log")
	text := fmt.Sprintf("claria %s\n%s\n\n%s", options.Version, c.what, c.stack)
	err := os.MkdirAll(dir, 0o700) // nothing else has needed it so far, on a new machine
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o600)
	}
	if err != nil {
		return fmt.Errorf("claria met a fault of its own and stopped (%s); its report could not be written: %w", c.what, err)
	}
	return fmt.Errorf("claria met a fault of its own and stopped, and so did the work it was doing. The report of it holds no patient information: %s", name)
}
