package frame

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
	"claria/ui/kit"
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

func (p faulty) Actions() []kit.Action { return nil }
func (p faulty) CapturesInput() bool   { return false }

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
func runFrame(t *testing.T, one kit.Pane, environ ...string) (written string, err error) {
	t.Helper()
	s := &session.Session{SetUp: true, State: t.TempDir()}
	out := &screenWriter{}
	silent, stop := io.Pipe() // a terminal without input
	defer func() { _ = stop.Close() }()
	options := session.Screen{Stdin: silent, Stdout: out, Environ: append(environ, "TERM=xterm-256color"), Version: "test", Theme: "dark"}
	done := make(chan error, 1)
	go func() {
		panes := func(*kit.Env) []Tab { return []Tab{{kit.TodayPane, "Today", one}} }
		done <- run(t.Context(), s, options, panes, func(f *Frame) {
			f.env.Scans.Watch = nil
			f.env.Scans.Look = func(ctx context.Context, _ *session.Session, _ watch.Options) (watch.Seen, error) {
				<-ctx.Done()
				return watch.Seen{}, ctx.Err()
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
			if err == nil || !strings.Contains(err.Error(), "claria crashed") {
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

func TestSynchronizedOutputIsAskedForOverSSH(t *testing.T) {
	written, _ := runFrame(t, faulty{"nowhere"}, "SSH_TTY=/dev/pts/0", "TERM_PROGRAM=Apple_Terminal")
	if !strings.Contains(written, "\x1b[?2026$p") {
		t.Errorf("the terminal was not asked for mode 2026: %q", written)
	}
}
