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
func openOn(t *testing.T, account *session.Practice, w, h int) *live {
	t.Helper()
	held, err := session.Open(t.Context(), session.Options{Practice: account})
	if err != nil {
		t.Fatal(err)
	}
	options := Options{Theme: "dark", Environ: []string{}}.withDefaults()
	e := newEnv(t.Context(), held, options)
	e.theme = newTheme("dark", true, false, colorprofile.TrueColor)
	l := &live{screen: &screen{t: t, clock: time.Now()}, messages: make(chan tea.Msg, 256)}
	l.around(e, options, newPanes(e))
	e.send = func(m tea.Msg) { l.messages <- m }
	t.Cleanup(l.end)
	l.handle(tea.WindowSizeMsg{Width: w, Height: h})
	l.begin(l.frame.Init())
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
		if size, ok := msg.(tea.WindowSizeMsg); ok {
			l.width, l.height = size.Width, size.Height
		}
		_, cmd := l.frame.Update(m)
		if fault := l.frame.fault(); fault != "" {
			l.t.Fatal(fault)
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
		d, deaf := l.frame.top().(interface{ Hears() bool })
		return l.asks() && (!deaf || d.Hears())
	})
}

// codes has the codes read from the practice account's phone.
func (l *live) codes() {
	l.t.Helper()
	l.until("Second factor ")
	l.until("p phone")
	l.press("p")
}

func TestDriftIsFoundAndFixed(t *testing.T) { bubble(testDriftIsFoundAndFixed)(t) }

func testDriftIsFoundAndFixed(t *testing.T) {
	l := openLive(t, "demo", 120, 40)
	l.until("? 1 unknown")
	l.handle(goToMsg{compliancePane, showControl{ID: "CT-03"}})
	l.until("by root from 127.0.0.1 (UpdateTrail")
	l.press("f")
	l.until("Undo")
	l.confirm()
	l.codes()
	l.until("is fixed, and the account shows it.")
	l.sees("failing → ok", "? 1 unknown", "Nobody tampered with the logging  drift") // stays until it is looked into
}

// A fix asks for a code: a wrong one is asked again, and without one nothing is
// changed.
func TestAFixWithoutACodeChangesNothing(t *testing.T) { bubble(testAFixWithoutACodeChangesNothing)(t) }

func testAFixWithoutACodeChangesNothing(t *testing.T) {
	l := openLive(t, "demo", 100, 30)
	l.until("? 1 unknown")
	fix := func() {
		l.handle(goToMsg{compliancePane, showControl{ID: "CT-03"}})
		l.press("f")
		l.until("Undo")
		l.confirm()
		l.until("Changing the account takes a code")
	}
	fix()
	l.press("esc")
	l.until("No code was given, so nothing was changed.")
	l.until("● ")
	fix()
	l.typed("000000")
	l.press("enter")
	l.until("AWS did not accept the code")
	l.codes()
	l.until("is fixed, and the account shows it.")
}
