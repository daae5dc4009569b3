package ui

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/session"
	"claria/session/watch"
)

// faulty is a pane that fails in one of its methods, or quits after a moment.
type faulty struct{ where string }

func (p faulty) Init() tea.Cmd {
	switch p.where {
	case "command":
		return func() tea.Msg { panic("Rowan Alder") }
	case "nowhere":
		return tea.Tick(150*time.Millisecond, func(time.Time) tea.Msg { return tea.QuitMsg{} })
	}
	return nil
}

func (p faulty) Update(msg tea.Msg) tea.Cmd {
	if _, sized := msg.(tea.WindowSizeMsg); sized && p.where == "update" {
		panic("Rowan Alder")
	}
	return nil
}

func (p faulty) View(int, int) string {
	if p.where == "view" {
		var list []int
		_ = list[len(p.where)]
	}
	return ""
}

func (p faulty) Actions() []action   { return nil }
func (p faulty) CapturesInput() bool { return false }

// screenWriter is a terminal that is written to from several goroutines.
type screenWriter struct {
	sync.Mutex
	bytes.Buffer
}

func (w *screenWriter) Write(p []byte) (int, error) {
	w.Lock()
	defer w.Unlock()
	return w.Buffer.Write(p)
}

// runFrame runs the program itself on a terminal of 80×24, with one pane.
func runFrame(t *testing.T, one pane, environ ...string) (written string, err error) {
	t.Helper()
	s := &session.Session{SetUp: true, State: t.TempDir()}
	out := &screenWriter{}
	silent, stop := io.Pipe() // a terminal on which nobody types
	defer func() { _ = stop.Close() }()
	options := Options{Stdin: silent, Stdout: out, Environ: append(environ, "TERM=xterm-256color"), Version: "test", Theme: "dark"}
	done := make(chan error, 1)
	go func() {
		done <- run(t.Context(), s, options, func(f *frame) {
			f.env.watch.book = nil
			f.env.watch.look = func(ctx context.Context, _ *session.Session, _ watch.Options) (watch.Seen, error) {
				<-ctx.Done()
				return watch.Seen{}, ctx.Err()
			}
			if one != nil {
				f.tabs = []tab{{todayPane, "Today", one}}
			}
		}, tea.WithWindowSize(80, 24))
	}()
	select {
	case err = <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the program does not end")
	}
	out.Lock()
	defer out.Unlock()
	return out.String(), err
}

func TestACrashRestoresTheTerminalAndSaysSoPlainly(t *testing.T) {
	for _, where := range []string{"update", "view", "command"} {
		t.Run(where, func(t *testing.T) {
			written, err := runFrame(t, faulty{where})
			if err == nil || !strings.Contains(err.Error(), "claria met a fault of its own and stopped") {
				t.Fatalf("got %v", err)
			}
			name := err.Error()[strings.LastIndexByte(err.Error(), ' ')+1:]
			report, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(report), "Rowan") || strings.Contains(written, "goroutine") {
				t.Errorf("what was thrown, or the stack, is shown:\n%s\n%q", report, written)
			}
			if !strings.Contains(string(report), "run_test.go") {
				t.Errorf("the report does not say where it was:\n%s", report)
			}
			if strings.Contains(written, "\x1b[?1049h") && !strings.Contains(written, "\x1b[?1049l") {
				t.Errorf("the terminal stays in the alternate screen: %q", written)
			}
		})
	}
}

// AWS CloudShell's terminal loses parts of frames that are painted in parts.
func TestCloudShellIsPaintedWhole(t *testing.T) { bubble(testCloudShellIsPaintedWhole)(t) }

func testCloudShellIsPaintedWhole(t *testing.T) {
	whole := func(environ ...string) (clears int) {
		s := newScreen(t, 80, 24, func(_ *env, o *Options) { o.Environ = environ })
		for _, msg := range []tea.Msg{press("?"), press("esc"), tea.FocusMsg{}, tea.FocusMsg{}} {
			_, cmd := s.Update(msg)
			clears += countClears(s, cmd)
		}
		return clears
	}
	if got := whole("AWS_EXECUTION_ENV=CloudShell"); got != 2 {
		t.Errorf("two changes of the frame were followed by %d full repaints", got)
	}
	if got := whole(); got != 0 {
		t.Errorf("%d full repaints elsewhere", got)
	}
}

// countClears runs a command and what it leads to, and counts the full repaints.
func countClears(s *screen, cmd tea.Cmd) int {
	if cmd == nil {
		return 0
	}
	switch m := cmd().(type) {
	case nil:
		return 0
	case tea.BatchMsg:
		n := 0
		for _, c := range m {
			n += countClears(s, c)
		}
		return n
	default:
		_, next := s.Update(m)
		n := countClears(s, next)
		if m == tea.ClearScreen() {
			n++
		}
		return n
	}
}

func TestSynchronizedOutputIsAskedForOverSSH(t *testing.T) {
	written, _ := runFrame(t, faulty{"nowhere"}, "SSH_TTY=/dev/pts/0", "TERM_PROGRAM=Apple_Terminal")
	if !strings.Contains(written, "\x1b[?2026$p") {
		t.Errorf("the terminal was not asked for mode 2026: %q", written)
	}
}

func TestNoColorHasToBeSetAndNotEmpty(t *testing.T) {
	for value, want := range map[string]bool{"NO_COLOR=": false, "NO_COLOR=yes": true, "NO_COLOR=0": true, "OTHER=1": false} {
		if got := (Options{Environ: []string{value}}).withDefaults().NoColor; got != want {
			t.Errorf("%s: no colour is %v", value, got)
		}
	}
	for value, want := range map[string]bool{"LANG=C": true, "LANG=de_DE.UTF-8": false, "LC_ALL=en_US.ISO-8859-1": true, "OTHER=1": false} {
		if got := (Options{Environ: []string{value}}).withDefaults().ASCII; got != want {
			t.Errorf("%s: ASCII is %v", value, got)
		}
	}
}
