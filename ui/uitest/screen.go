package uitest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"claria/drift"
	"claria/internal/config"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
	"claria/session/watch"
	"claria/ui/frame"
	"claria/ui/golden"
	"claria/ui/kit"
)

// Noon is the clock of every test.
var Noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Screen is a frame that a test drives: keys in, text out. Commands run as Bubble Tea
// would run them.
type Screen struct {
	Frame         *frame.Frame
	Env           *kit.Env
	Tabs          []frame.Tab
	T             testing.TB
	width, height int
	Clock         time.Time
	Raw           []string // what was written around the frame: bells, clipboard
	Quit          bool
	work          sync.WaitGroup   // the commands that Run did not wait for
	late          []<-chan tea.Msg // their results
}

// Bubble runs a test in parallel and on a clock of its own, which begins at noon and
// advances when everything waits, so waiting takes no real time.
func Bubble(f func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		AtNoon(t, f)
	}
}

// AtNoon is Bubble for a test that does not run in parallel.
func AtNoon(t *testing.T, f func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(Noon))
		f(t)
	})
}

// New is the panes' screen at a size, on a demo account that is set up. Its scans
// return nothing: tests feed them.
func (p Panes) New(t testing.TB, w, h int, with ...Change) *Screen {
	t.Helper()
	s := &Screen{T: t, Clock: Noon}
	options := session.Screen{Theme: "dark", Environ: []string{}, Now: func() time.Time { return s.Clock }, Version: "test"}
	held := &session.Session{
		Config:   config.Config{Practice: "Example practice"},
		Settings: state.Settings{Account: "111122223333", System: "claria", Region: "us-east-1"},
		Demo:     true, SetUp: true,
	}
	options = options.WithDefaults()
	e := kit.NewEnv(t.Context(), held, options)
	e.Scans.Look = func(ctx context.Context, _ *session.Session, _ watch.Options) (watch.Seen, error) {
		<-ctx.Done() // scans are fed by hand
		return watch.Seen{}, ctx.Err()
	}
	e.Scans.Watch = nil
	e.Scans.Lead = func(_ *session.Session, state state.State) provision.Plan {
		return provision.Plan{Account: state.Account}
	}
	for _, change := range with {
		change(e, &options)
	}
	e.Theme = kit.NewTheme(options.Theme, !options.NoColor, options.ASCII, colorprofile.TrueColor)
	s.around(e, options, p(e))
	t.Cleanup(s.work.Wait)
	s.Send(tea.WindowSizeMsg{Width: w, Height: h})
	return s
}

// around makes the frame.
func (s *Screen) around(e *kit.Env, options session.Screen, tabs []frame.Tab) {
	s.Env, s.Tabs, s.Frame = e, tabs, frame.New(e, options, tabs)
}

// Send hands a message to the frame and runs the command that it returns. It does not
// wait for slow commands; see Run.
func (s *Screen) Send(msg tea.Msg) {
	s.T.Helper()
	if size, ok := msg.(tea.WindowSizeMsg); ok {
		s.width, s.height = size.Width, size.Height
	}
	_, cmd := s.Frame.Update(msg)
	s.Run(cmd)
}

// Run runs a command and hands its message to the frame. It does not wait for a slow
// command, such as a tick.
func (s *Screen) Run(cmd tea.Cmd) {
	s.T.Helper()
	if cmd == nil {
		return
	}
	result := make(chan tea.Msg, 1)
	s.work.Go(func() { result <- cmd() })
	select {
	case msg := <-result:
		switch m := msg.(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range m {
				s.Run(c)
			}
		case tea.QuitMsg:
			s.Quit = true
		case tea.RawMsg:
			s.Raw = append(s.Raw, m.Msg.(string))
		default:
			s.Send(msg)
		}
	case <-time.After(120 * time.Millisecond):
		s.late = append(s.late, result)
	}
}

// Arrives handles the results that Run did not wait for until the screen shows the text.
func (s *Screen) Arrives(text string) {
	s.T.Helper()
	limit := time.After(5 * time.Second)
	for !strings.Contains(s.Text(), text) {
		late := s.late
		s.late = nil
		for _, result := range late {
			select {
			case msg := <-result:
				s.Run(func() tea.Msg { return msg })
			default:
				s.late = append(s.late, result)
			}
		}
		select {
		case <-limit:
			s.T.Fatalf("the screen never shows %q:\n%s", text, s.Text())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Keys presses keys by their names: "down", "ctrl+c", "a".
func (s *Screen) Keys(names ...string) {
	s.T.Helper()
	for _, name := range names {
		s.Send(Press(name))
		HoldKeys(s.T, s.Frame)
	}
}

// Typed presses one key for each letter.
func (s *Screen) Typed(text string) {
	s.T.Helper()
	for _, r := range text {
		s.Send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// Press is the key press of this name.
func Press(name string) tea.KeyPressMsg {
	codes := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft,
		"right": tea.KeyRight, "pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd,
		"tab": tea.KeyTab, "backspace": tea.KeyBackspace, "space": tea.KeySpace,
	}
	if code, ok := codes[name]; ok {
		p := tea.KeyPressMsg{Code: code}
		if name == "space" {
			p.Text = " "
		}
		return p
	}
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// Styled is the screen as it is written to the terminal.
func (s *Screen) Styled() string { return s.Frame.View().Content }

// Text is the screen without styles.
func (s *Screen) Text() string { return ansi.Strip(s.Styled()) }

// Pane is the pane that is shown.
func (s *Screen) Pane() kit.Pane { return s.Frame.Pane() }

// Tab is a pane, shown or not.
func (s *Screen) Tab(id kit.PaneID) kit.Pane {
	s.T.Helper()
	for _, t := range s.Tabs {
		if t.ID == id {
			return t.Pane
		}
	}
	s.T.Fatalf("there is no pane %s", id)
	return nil
}

// Asks reports whether a dialog is open.
func (s *Screen) Asks() bool { return s.Frame.Dialog() != nil }

// Busy starts a job that does not end.
func (s *Screen) Busy(j kit.Job) {
	_ = kit.Ask(s.Env.Jobs, j, func(context.Context) (struct{}, error) { return struct{}{}, nil })
}

// Sees fails unless the screen shows each text.
func (s *Screen) Sees(texts ...string) {
	s.T.Helper()
	for _, text := range texts {
		if !strings.Contains(s.Text(), text) {
			s.T.Errorf("the screen does not show %q:\n%s", text, s.Text())
		}
	}
}

// Hides fails if the screen shows one of the texts.
func (s *Screen) Hides(texts ...string) {
	s.T.Helper()
	for _, text := range texts {
		if strings.Contains(s.Text(), text) {
			s.T.Errorf("the screen shows %q:\n%s", text, s.Text())
		}
	}
}

// Golden compares the screen with testdata/<name>.golden, and checks that every line
// is as wide as the screen.
func (s *Screen) Golden(name string) {
	s.T.Helper()
	for i, line := range strings.Split(s.Text(), "\n") {
		if got := ansi.StringWidth(line); got != s.width && s.width >= kit.LeastWidth && s.height >= kit.LeastHeight {
			s.T.Errorf("line %d is %d columns wide, not %d: %q", i+1, got, s.width, line)
		}
	}
	golden.Compare(s.T, name, s.Text())
}

// Sizes are the three that every pane is drawn at.
var Sizes = []struct {
	Name string
	W, H int
}{{"60x20", 60, 20}, {"80x24", 80, 24}, {"120x40", 120, 40}}

// HoldKeys checks that every action that is offered now has the one meaning of its
// keys. It runs after every key that a test presses, so in every state a test reaches.
func HoldKeys(t testing.TB, f *frame.Frame) {
	t.Helper()
	for _, a := range f.Everything() {
		for _, key := range a.Keys {
			switch m, ok := kit.MeaningOf(key); {
			case !ok:
				t.Errorf("%s has %q, which has no meaning in the table of keys", a.ID, key)
			case m.Verb != a.Verb():
				t.Errorf("%s has %q, which means %s everywhere", a.ID, key, m.Verb)
			}
		}
	}
}

// look runs a scan with a session; the scan returns seen and err.
func (s *Screen) look(asked *session.Session, seen watch.Seen, err error) {
	s.T.Helper()
	w, held, look := s.Env.Scans, s.Env.Session, s.Env.Scans.Look
	w.Pause(s.Env)
	w.Look = func(context.Context, *session.Session, watch.Options) (watch.Seen, error) { return seen, err }
	s.Env.Session, s.Clock = asked, s.Clock.Add(-912*time.Millisecond)
	cmd := w.Start(s.Env)
	s.Env.Session, s.Clock = held, s.Clock.Add(912*time.Millisecond)
	w.Look = look
	s.Run(cmd)
}

// Scan runs a scan that returns this report and state.
func (s *Screen) Scan(report drift.Report, snapshot state.State, err error) {
	s.T.Helper()
	s.look(s.Env.Session, watch.Seen{Result: drift.Result{Report: report, State: snapshot}}, err)
}

// Show goes to a pane.
func (s *Screen) Show(id kit.PaneID) { s.T.Helper(); s.Run(kit.GoTo(id, nil)) }

// Ended fails while the slot's job is running.
func (s *Screen) Ended(pane kit.PaneID, slot string) {
	s.T.Helper()
	if s.Env.Jobs.Busy(pane, slot) {
		s.T.Fatalf("job %s of %s does not end", slot, pane)
	}
}

// Seen hands the screen a scan that was taken with a session.
func (s *Screen) Seen(asked *session.Session, change func(*watch.Seen)) {
	s.T.Helper()
	seen := watch.Seen{Result: drift.Result{Report: SampleReport(), State: SampleState()}}
	change(&seen)
	s.look(asked, seen, nil)
}
