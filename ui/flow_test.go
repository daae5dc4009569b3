package ui

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"claria/session"
	"claria/session/demo"
)

// live is the workstation on a practice account: real work, run as Bubble Tea
// runs it, and keys pressed by hand.
type live struct {
	*screen
	messages chan tea.Msg
	account  *demo.Account
	work     sync.WaitGroup // the commands under way
}

func openLive(t *testing.T, seed string, w, h int) *live {
	t.Helper()
	account, err := demo.New(demo.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return openOn(t, account.Session(), w, h)
}

// openOn is the workstation of one computer on a practice account.
func openOn(t *testing.T, account *session.Demo, w, h int) *live {
	t.Helper()
	held, err := session.Open(t.Context(), session.Options{Demo: account})
	if err != nil {
		t.Fatal(err)
	}
	options := Options{Theme: "dark", Environ: []string{}}.withDefaults()
	e := newEnv(t.Context(), held, options)
	e.theme = newTheme("dark", true, false, colorprofile.TrueColor)
	l := &live{screen: &screen{t: t, frame: newFrame(e, options)}, messages: make(chan tea.Msg, 256)}
	e.send = func(m tea.Msg) { l.messages <- m }
	t.Cleanup(l.end)
	l.handle(tea.WindowSizeMsg{Width: w, Height: h})
	l.begin(l.Init())
	return l
}

// begin runs a command beside everything else.
func (l *live) begin(cmd tea.Cmd) {
	if cmd != nil {
		l.work.Go(func() {
			select {
			case l.messages <- cmd():
			case <-l.t.Context().Done():
			}
		})
	}
}

// end waits until nothing is under way.
func (l *live) end() {
	l.env.jobs.close(5 * time.Second)
	l.work.Wait()
}

func (l *live) handle(msg tea.Msg) {
	l.t.Helper()
	switch m := msg.(type) {
	case nil:
	case tea.BatchMsg:
		for _, cmd := range m {
			l.begin(cmd)
		}
	default:
		_, cmd := l.Update(m)
		if l.crash != nil {
			l.t.Fatalf("crash: %s\n%s", l.crash.what, l.crash.stack)
		}
		l.begin(cmd)
	}
}

// until goes on until the screen shows the text.
func (l *live) until(text string) {
	l.t.Helper()
	l.await(fmt.Sprintf("shows %q", text), func() bool { return strings.Contains(l.text(), text) })
}

// await goes on until the screen is as it should be.
func (l *live) await(does string, done func() bool) {
	l.t.Helper()
	limit := time.After(20 * time.Second)
	for !done() {
		select {
		case msg := <-l.messages:
			l.handle(msg)
		case <-limit:
			l.t.Fatalf("the screen never %s:\n%s", does, l.text())
		}
	}
}

func (l *live) press(names ...string) {
	l.t.Helper()
	for _, name := range names {
		l.handle(press(name))
		holdKeys(l.t, l.frame)
	}
}

// confirm confirms once the dialog is not deaf any more.
func (l *live) confirm() {
	l.t.Helper()
	l.ready()
	l.press(confirmKey)
}

// ready waits until the dialog hears the keys that end it, which are not to have been
// typed ahead.
func (l *live) ready() {
	l.t.Helper()
	l.await("hears keys", func() bool {
		if len(l.dialogs) == 0 {
			return false
		}
		switch d := l.dialogs[len(l.dialogs)-1].(type) {
		case interface{ armed() bool }:
			return d.armed()
		case *form:
			return d.deaf.over()
		}
		return true
	})
}

// codes has the codes read from the practice account's phone.
func (l *live) codes() {
	l.t.Helper()
	l.until("Second factor ")
	l.until(phoneKey + " phone")
	l.press(phoneKey)
}

func TestDriftIsFoundAndFixed(t *testing.T) { bubble(testDriftIsFoundAndFixed)(t) }

func testDriftIsFoundAndFixed(t *testing.T) {
	l := openLive(t, "demo", 120, 40)
	l.until("Log files are validated")
	l.sees("? 1 unknown")
	l.handle(goToMsg{compliancePane, showControl{ID: "CT-03"}})
	l.until("by root from 127.0.0.1 (UpdateTrail")
	l.press("f")
	l.until("Undo")
	l.confirm()
	l.codes()
	l.until("is fixed, and the account shows it.")
	l.sees("failing → ok", "? 1 unknown", "Nobody tampered with the logging  drift") // stays until it is looked into
}
