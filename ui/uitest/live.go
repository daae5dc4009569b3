package uitest

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"claria/aws/sandbox"
	"claria/session"
	"claria/session/demo"
	"claria/ui/golden"
	"claria/ui/kit"
)

// Demo is a live screen on the demo account, which is set up and has faults.
func (p Panes) Demo(t *testing.T, w, h int, options sandbox.Options) *Live {
	t.Helper()
	account, err := demo.New(demo.Options{Sandbox: options})
	if err != nil {
		t.Fatal(err)
	}
	l := p.On(t, account.Session(), w, h)
	l.Account = account
	l.Until("? 1 unknown")
	return l
}

// Rest waits until no job runs and the selection rests.
func (l *Live) Rest() {
	l.T.Helper()
	for {
		select {
		case msg := <-l.messages:
			l.Handle(msg)
		case <-time.After(kit.RestAfter + 60*time.Millisecond):
			if l.Env.Jobs.Idle() {
				return
			}
		}
	}
}

// Typed presses one key for each letter.
func (l *Live) Typed(text string) {
	l.T.Helper()
	for _, r := range text {
		l.Handle(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// moments are the dates, times and ids on a screen of the demo account, which change.
var moments = regexp.MustCompile(`\d{4}-\d{2}-\d{2}( \d{2}:\d{2})?|[0-9A-HJKMNP-TV-Z]{26}| [A-Z][a-z]{2} \d\d |  [A-Z][a-z]{2} \d |\d{4}-\d{2} `)

// GoldenDated is Golden with every date masked, and without the top line, whose counts
// grow with the catalogue.
func (l *Live) GoldenDated(name string) {
	l.T.Helper()
	for i, line := range strings.Split(l.Text(), "\n") {
		if got := kit.Width(line); got != l.width {
			l.T.Errorf("line %d is %d columns wide, not %d: %q", i+1, got, l.width, line)
		}
	}
	_, text, _ := strings.Cut(l.Text(), "\n")
	golden.Compare(l.T, name, moments.ReplaceAllStringFunc(text, func(found string) string { return strings.Repeat("#", len(found)) }))
}

// Live is a screen on a demo account. Work is real and runs as Bubble Tea runs it; the
// test presses the keys.
type Live struct {
	*Screen
	messages chan tea.Msg
	Account  *demo.Account
	work     sync.WaitGroup // the commands that run
}

// Live is a live screen on a demo account of this seed.
func (p Panes) Live(t *testing.T, seed string, w, h int) *Live {
	t.Helper()
	account, err := demo.New(demo.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return p.On(t, account.Session(), w, h)
}

// On is the screen of one computer on a demo account.
func (p Panes) On(t *testing.T, account *session.Demo, w, h int) *Live {
	t.Helper()
	held, err := session.Open(t.Context(), session.Options{Demo: account})
	if err != nil {
		t.Fatal(err)
	}
	options := session.Screen{Theme: "dark", Environ: []string{}}.WithDefaults()
	e := kit.NewEnv(t.Context(), held, options)
	e.Theme = kit.NewTheme("dark", true, false, colorprofile.TrueColor)
	l := &Live{Screen: &Screen{T: t, Clock: time.Now()}, messages: make(chan tea.Msg, 256)}
	l.around(e, options, p(e))
	e.Send = func(m tea.Msg) { l.messages <- m }
	t.Cleanup(l.end)
	l.Handle(tea.WindowSizeMsg{Width: w, Height: h})
	l.Begin(l.Frame.Init())
	return l
}

// Begin runs a command in parallel.
func (l *Live) Begin(cmd tea.Cmd) {
	if cmd != nil {
		l.work.Go(func() {
			select {
			case l.messages <- cmd():
			case <-l.T.Context().Done():
			}
		})
	}
}

// end waits until no command runs.
func (l *Live) end() {
	l.Env.Jobs.Close(5 * time.Second)
	l.work.Wait()
}

// Handle hands a message to the frame and runs the command that it returns.
func (l *Live) Handle(msg tea.Msg) {
	l.T.Helper()
	switch m := msg.(type) {
	case nil:
	case tea.BatchMsg:
		for _, cmd := range m {
			l.Begin(cmd)
		}
	default:
		if size, ok := msg.(tea.WindowSizeMsg); ok {
			l.width, l.height = size.Width, size.Height
		}
		_, cmd := l.Frame.Update(m)
		if fault := l.Frame.Fault(); fault != "" {
			l.T.Fatal(fault)
		}
		l.Begin(cmd)
	}
}

// Until handles messages until the screen shows the text.
func (l *Live) Until(text string) {
	l.T.Helper()
	l.Await(fmt.Sprintf("shows %q", text), func() bool { return strings.Contains(l.Text(), text) })
}

// Await handles messages until done is true.
func (l *Live) Await(does string, done func() bool) {
	l.T.Helper()
	limit := time.After(20 * time.Second)
	for !done() {
		select {
		case msg := <-l.messages:
			l.Handle(msg)
		case <-limit:
			l.T.Fatalf("the screen never %s:\n%s", does, l.Text())
		}
	}
}

// Press presses keys by their names.
func (l *Live) Press(names ...string) {
	l.T.Helper()
	for _, name := range names {
		l.Handle(Press(name))
		HoldKeys(l.T, l.Frame)
	}
}

// Confirm confirms the dialog after its grace period.
func (l *Live) Confirm() {
	l.T.Helper()
	l.Ready()
	l.Press(kit.ConfirmKey)
}

// Ready waits until the dialog's grace period is over.
func (l *Live) Ready() {
	l.T.Helper()
	l.Await("hears keys", func() bool {
		d, deaf := l.Frame.Dialog().(interface{ Hears() bool })
		return l.Asks() && (!deaf || d.Hears())
	})
}

// Codes reads the codes from the demo account's phone.
func (l *Live) Codes() {
	l.T.Helper()
	l.Until("Second factor ")
	l.Until("p phone")
	l.Press("p")
}
