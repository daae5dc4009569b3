package ui

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"claria/internal/config"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
	"claria/session/watch"
)

var update = flag.Bool("update", false, "write the golden frames and docs/keys.md anew")

// noon is the clock of every test.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// screen is a frame driven by hand: keys in, text out, commands run as Bubble
// Tea would run them.
type screen struct {
	*frame
	t     testing.TB
	clock time.Time
	raw   []string // what was written around the frame: bells, clipboard
	quit  bool
	work  sync.WaitGroup // the commands that were not waited for
}

// bubble runs a test beside the others and in a time of its own, which begins at noon
// and goes on when everything waits: what takes a while is over at once.
func bubble(f func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		atNoon(t, f)
	}
}

// atNoon is bubble for a test that has the process to itself.
func atNoon(t *testing.T, f func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(noon))
		f(t)
	})
}

// newScreen is the workstation at a size, over a set-up practice account that
// answers nothing by itself: tests feed it messages.
func newScreen(t testing.TB, w, h int, with ...func(*env, *Options)) *screen {
	t.Helper()
	s := &screen{t: t, clock: noon}
	options := Options{Theme: "dark", Environ: []string{}, Now: func() time.Time { return s.clock }, Version: "test"}
	held := &session.Session{
		Config:   config.Config{Practice: "Example practice"},
		Settings: state.Settings{Account: "111122223333", System: "claria", Region: "us-east-1"},
		Demo:     true, SetUp: true,
	}
	options = options.withDefaults()
	e := newEnv(t.Context(), held, options)
	e.watch.look = func(ctx context.Context, _ *session.Session, _ watch.Options) (watch.Seen, error) {
		<-ctx.Done() // scans are fed by hand
		return watch.Seen{}, ctx.Err()
	}
	e.watch.book = nil
	e.watch.lead = func(_ *session.Session, state state.State) provision.Plan {
		return provision.Plan{Account: state.Account}
	}
	for _, change := range with {
		change(e, &options)
	}
	e.theme = newTheme(options.Theme, !options.NoColor, options.ASCII, colorprofile.TrueColor)
	s.frame = newFrame(e, options)
	t.Cleanup(s.work.Wait)
	s.send(tea.WindowSizeMsg{Width: w, Height: h})
	return s
}

// send hands a message to the frame and runs what it asks for, but the slow
// things: ticks and jobs are left to tests that want them.
func (s *screen) send(msg tea.Msg) {
	s.t.Helper()
	_, cmd := s.Update(msg)
	s.run(cmd)
}

// run runs a command and hands what it brings to the frame. What takes longer
// than a moment (a tick) is not waited for.
func (s *screen) run(cmd tea.Cmd) {
	s.t.Helper()
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
				s.run(c)
			}
		case tea.QuitMsg:
			s.quit = true
		case tea.RawMsg:
			s.raw = append(s.raw, m.Msg.(string))
		default:
			s.send(msg)
		}
	case <-time.After(120 * time.Millisecond):
	}
}

// keys presses keys by their names: "down", "ctrl+c", "a".
func (s *screen) keys(names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.send(press(name))
		holdKeys(s.t, s.frame)
	}
}

// typed presses one key for each letter.
func (s *screen) typed(text string) {
	s.t.Helper()
	for _, r := range text {
		s.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// press is the key press of this name.
func press(name string) tea.KeyPressMsg {
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

// text is the screen without styles.
func (s *screen) text() string {
	text, _, _ := s.draw()
	return ansi.Strip(text)
}

// sees fails unless the screen shows each text.
func (s *screen) sees(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if !strings.Contains(s.text(), text) {
			s.t.Errorf("the screen does not show %q:\n%s", text, s.text())
		}
	}
}

// hides fails if the screen shows one of the texts.
func (s *screen) hides(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if strings.Contains(s.text(), text) {
			s.t.Errorf("the screen shows %q:\n%s", text, s.text())
		}
	}
}

// golden compares the screen with testdata/<name>.golden, and checks that no
// line is of another width than the screen.
func (s *screen) golden(name string) {
	s.t.Helper()
	for i, line := range strings.Split(s.text(), "\n") {
		if got := ansi.StringWidth(line); got != s.width && s.width >= leastWidth && s.height >= leastHeight {
			s.t.Errorf("line %d is %d columns wide, not %d: %q", i+1, got, s.width, line)
		}
	}
	compareGolden(s.t, name, s.text())
}

func compareGolden(t testing.TB, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	lines := strings.Split(got, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	got = strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test ./ui -update writes it)", err)
	}
	if got != string(want) {
		t.Errorf("the screen is not %s:\n--- got\n%s--- want\n%s", file, got, want)
	}
}

// sizes are the three that every pane is drawn at.
var sizes = []struct {
	name string
	w, h int
}{{"60x20", 60, 20}, {"80x24", 80, 24}, {"120x40", 120, 40}}

func TestEscNeverQuits(t *testing.T) { bubble(testEscNeverQuits)(t) }

func testEscNeverQuits(t *testing.T) {
	s := newScreen(t, 80, 24)
	for range 5 {
		s.keys("esc")
	}
	if s.quit {
		t.Fatal("esc quit the program")
	}
}

func TestCtrlCTwiceQuitsAndSaysWhatRuns(t *testing.T) { bubble(testCtrlCTwiceQuitsAndSaysWhatRuns)(t) }

func testCtrlCTwiceQuitsAndSaysWhatRuns(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.env.jobs.start(job{Pane: todayPane, Slot: "x", Title: "Uploading"})
	s.keys("ctrl+c")
	if s.quit {
		t.Fatal("the first ctrl+c quit")
	}
	s.sees("ctrl+c again quits and stops: uploading.")
	s.keys("esc")
	s.keys("ctrl+c")
	if s.quit {
		t.Fatal("two ctrl+c with a key between them quit")
	}
	s.keys("ctrl+c")
	if !s.quit {
		t.Fatal("ctrl+c twice did not quit")
	}
}

// q goes back, asks where there is no step back, and is a letter where text is typed.
func TestQGoesBackAndAsksAtTheTop(t *testing.T) {
	s := newScreen(t, 80, 24, withPlan(sampleSteps...))
	s.scan(sampleReport(), sampleState(), nil)
	s.run(goTo(compliancePane, showControl{ID: "S3-11"}))
	s.keys("q")
	s.hides("Quit Claria?", "desired")
	s.keys("/")
	s.typed("q")
	s.sees("/ q")
	s.keys("esc", "?")
	s.sees("┌─ Keys")
	s.keys("q")
	s.hides("┌─ Keys")
	s.keys("q")
	s.sees("Quit Claria?", "Nothing is running, and nothing is unsaved.", "esc stay")
	s.keys("q", "n", "esc")
	s.hides("Quit Claria?")
	s.env.jobs.start(job{Pane: todayPane, Slot: "x", Title: "Uploading"})
	s.keys("q")
	s.sees("This stops: uploading.")
	s.clock = s.clock.Add(grace)
	if s.keys("q", "enter"); s.quit {
		t.Fatal("a key that does not confirm quit")
	}
	s.clock = s.clock.Add(grace)
	if s.keys("y"); !s.quit {
		t.Fatal("y did not quit")
	}
}

// Nobody leaves the computer in the belief that Claria is locked.
func TestLockingSaysThatItIsNotBuilt(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.keys("ctrl+l")
	s.sees("Locking is not built yet")
}

func TestQuitFromThePalette(t *testing.T) { bubble(testQuitFromThePalette)(t) }

func testQuitFromThePalette(t *testing.T) {
	s := newScreen(t, 80, 24)
	s.keys(":")
	s.typed("quit")
	if s.quit {
		t.Fatal("q typed in the palette quit")
	}
	s.keys("enter")
	if !s.quit {
		t.Fatal(":quit did not quit")
	}
}

func TestConfirmIgnoresKeysTypedAhead(t *testing.T) { bubble(testConfirmIgnoresKeysTypedAhead)(t) }

func testConfirmIgnoresKeysTypedAhead(t *testing.T) {
	s := newScreen(t, 80, 24)
	done := 0
	ask := func() {
		s.send(openMsg{&confirm{title: "Delete", what: "Deletes it.", verb: "delete", do: func() tea.Cmd { done++; return nil }}})
	}
	ask()
	s.keys("y", "y")
	s.clock = s.clock.Add(grace - time.Millisecond)
	s.keys("y")
	s.clock = s.clock.Add(grace - time.Millisecond)
	s.keys("y")
	if done != 0 {
		t.Fatal("a key typed ahead confirmed")
	}
	s.clock = s.clock.Add(grace)
	s.keys("enter", "d", "f")
	if done != 0 {
		t.Fatal("a key that is not the confirm key confirmed")
	}
	s.keys("y")
	if done != 1 || len(s.dialogs) != 0 {
		t.Fatalf("y after the grace: done %d times, %d dialogs left", done, len(s.dialogs))
	}
	ask()
	s.clock = s.clock.Add(time.Hour)
	s.keys("esc")
	if done != 1 || len(s.dialogs) != 0 {
		t.Fatal("esc did not close the dialog without doing anything")
	}
}

func TestTooSmallIsOneSentence(t *testing.T) { bubble(testTooSmallIsOneSentence)(t) }

func testTooSmallIsOneSentence(t *testing.T) {
	s := newScreen(t, 59, 30)
	s.sees("Claria needs a window of 60×20; this one is 59×30.")
	s.send(tea.WindowSizeMsg{Width: 60, Height: 20})
	s.hides("Claria needs")
}

func TestStaleAnswersAreDropped(t *testing.T) {
	js := newJobs(context.Background())
	deliver := func(cmd tea.Cmd) []tea.Msg {
		payload, _ := js.receive(cmd().(jobMsg))
		return payload
	}
	j := job{Pane: todayPane, Slot: "files"}
	first := ask(js, j, func(context.Context) (string, error) { return "of client A", nil })
	second := ask(js, j, func(context.Context) (string, error) { return "of client B", nil })
	if got := deliver(first); got != nil {
		t.Errorf("a stale answer arrived: %v", got)
	}
	got := deliver(second)
	if len(got) != 1 || got[0].(answer[string]).Value != "of client B" {
		t.Errorf("got %v, want the answer for client B", got)
	}
}

func TestThePassphraseIsAskedInADialog(t *testing.T) { bubble(testThePassphraseIsAskedInADialog)(t) }

func testThePassphraseIsAskedInADialog(t *testing.T) {
	for _, given := range []bool{true, false} {
		s := newScreen(t, 80, 24)
		type result struct {
			text string
			err  error
		}
		got := make(chan result, 1)
		sent := make(chan tea.Msg, 1)
		go func() {
			text, err := askSecret(t.Context(), func(m tea.Msg) { sent <- m }, "Passphrase of Claria's keyring")
			got <- result{text, err}
		}()
		s.send(<-sent)
		s.typed("open sesame")
		s.sees("Passphrase of Claria's keyring", "***********")
		s.hides("sesame")
		if given {
			s.keys("enter")
		} else {
			s.keys("esc")
		}
		if r := <-got; given && r.text != "open sesame" || !given && r.err == nil || len(s.dialogs) != 0 {
			t.Errorf("given %v: got %q, %v", given, r.text, r.err)
		}
	}
}
