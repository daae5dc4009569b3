package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
)

// frame is the root model: it routes, sizes and stacks dialogs, and knows
// nothing of what the panes are about.
type frame struct {
	env     *env
	options Options
	tabs    []tab
	current int
	dialogs []dialog

	width, height int
	notice        notice
	read          notice // was on screen when the latest key was pressed
	detail        string // of the last thing that went wrong
	unkept        bool   // the last line of the evidence ledger could not be written
	leaving       bool   // ctrl+c was pressed once
	blurred       bool   // the terminal has lost the focus
	drawn         string
	crash         *crash
	abort         context.CancelFunc // ends the program from where no command can
}

// tickMsg comes once a minute.
type tickMsg struct{}

func newFrame(e *env, options Options) *frame {
	f := &frame{env: e, options: options, abort: func() {}}
	f.tabs = newPanes(e)
	return f
}

// Init draws first and asks the network afterwards: the first frame needs nothing.
func (f *frame) Init() tea.Cmd {
	cmds := []tea.Cmd{minuteTick(), f.env.watch.start(f.env)}
	if f.options.Theme == "" || f.options.Theme == "deuteranopia" {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	if f.options.askSynchronized() {
		cmds = append(cmds, tea.Raw(requestSynchronized))
	}
	for _, t := range f.tabs {
		cmds = append(cmds, t.pane.Init())
	}
	if !f.env.session.SetUp {
		cmds = append(cmds, goTo(setupPane, nil))
	}
	return guard(tea.Batch(cmds...))
}

func minuteTick() tea.Cmd {
	return tea.Tick(time.Minute, func(time.Time) tea.Msg { return tickMsg{} })
}

// Update routes a message.
func (f *frame) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	defer func() {
		if r := recover(); r != nil {
			f.crash = newCrash(r)
			model, cmd = f, tea.Quit
		}
	}()
	switch m := msg.(type) {
	case tea.WindowSizeMsg:
		f.width, f.height = m.Width, m.Height
		cmd = f.tell(m)
	case tea.KeyPressMsg:
		cmd = f.key(m)
	case tea.PasteMsg:
		cmd = f.input(m)
	case tea.ColorProfileMsg:
		f.env.theme.profile = m.Profile
		f.env.theme.choose(f.options.Theme, f.env.theme.dark)
	case tea.BackgroundColorMsg:
		f.env.theme.choose(f.options.Theme, m.IsDark())
	case tea.FocusMsg:
		f.blurred = false
	case tea.BlurMsg:
		f.blurred = true
	case openMsg:
		cmd = f.open(m.dialog)
	case closeMsg:
		f.close(m.dialog)
	case notifyMsg:
		f.notice = m.notice
		if m.notice.detail != "" || m.notice.bad {
			f.detail = m.notice.whole()
		}
	case goToMsg:
		cmd = f.goTo(m)
	case rescanMsg:
		cmd = f.env.watch.start(f.env)
	case jobMsg:
		cmd = f.deliver(m)
	case tickMsg:
		cmd = tea.Batch(minuteTick(), f.env.watch.minute(f.env), f.tell(minuteMsg{}))
	case crash:
		f.crash = &m
		cmd = tea.Quit
	case armMsg: // only to draw again
	default:
		cmd = f.tell(msg)
	}
	return f, guard(f.repaint(msg, cmd))
}

// tell hands a message to every pane.
func (f *frame) tell(msg tea.Msg) tea.Cmd {
	cmds := make([]tea.Cmd, 0, len(f.tabs))
	for _, t := range f.tabs {
		cmds = append(cmds, t.pane.Update(msg))
	}
	return tea.Batch(cmds...)
}

// input hands what was typed or pasted to whoever has the keyboard.
func (f *frame) input(msg tea.Msg) tea.Cmd {
	if n := len(f.dialogs); n > 0 {
		top := f.dialogs[n-1]
		cmd, closed := top.Update(msg)
		if closed {
			f.close(top)
		}
		return cmd
	}
	return f.pane().Update(msg)
}

func (f *frame) pane() pane { return f.tabs[f.current].pane }

// key routes a key press: the frame's own two, the dialog on top, a text that is
// being typed, then the table of actions, then the pane.
func (f *frame) key(press tea.KeyPressMsg) tea.Cmd {
	key := press.String()
	switch key {
	case "ctrl+c":
		return f.leave()
	case "ctrl+z":
		return tea.Suspend
	}
	f.leaving, f.read, f.notice = false, f.notice, notice{}
	switch {
	case len(f.dialogs) > 0 && key == "esc":
		f.close(f.dialogs[len(f.dialogs)-1])
		return nil
	case len(f.dialogs) > 0, f.pane().CapturesInput():
		return f.input(press)
	case key == "esc", key == "q":
		if b, ok := f.pane().(backer); ok && b.Back() {
			return f.pane().Update(backMsg{})
		}
		if key == "q" {
			return f.askQuit()
		}
		return nil
	}
	if a, ok := find(f.pane().Actions(), key); ok {
		return a.run()
	}
	if a, ok := find(f.actions(), key); ok {
		return a.run()
	}
	return f.pane().Update(press)
}

func (f *frame) open(d dialog) tea.Cmd {
	f.dialogs = append(f.dialogs, d)
	if o, ok := d.(opened); ok {
		return o.Opened(f.env.now)
	}
	return nil
}

func (f *frame) close(d dialog) {
	for i := range f.dialogs {
		if f.dialogs[i] == d {
			f.dialogs = append(f.dialogs[:i:i], f.dialogs[i+1:]...)
			if c, ok := d.(closer); ok {
				c.Closed()
			}
			return
		}
	}
}

// goTo shows a pane and hands it what it is to show.
func (f *frame) goTo(m goToMsg) tea.Cmd {
	for i, t := range f.tabs {
		if t.id == m.pane {
			f.current = i
			cmds := []tea.Cmd{t.pane.Update(shownMsg{})}
			if m.what != nil {
				cmds = append(cmds, t.pane.Update(m.what))
			}
			return tea.Batch(cmds...)
		}
	}
	return nil
}

// deliver hands a job's results to its pane, and rings when named work has
// ended and nobody is looking.
func (f *frame) deliver(m jobMsg) tea.Cmd {
	payload, next := f.env.jobs.receive(m)
	cmds := []tea.Cmd{next}
	for _, p := range payload {
		if m.work.Pane == watchPane {
			switch result := p.(type) {
			case answer[scanned]:
				cmds = append(cmds, f.scanned(result))
			case answer[kept]:
				cmds = append(cmds, f.kept(result.Err))
				for _, note := range result.Value.notes {
					cmds = append(cmds, notify(sentence(note)))
				}
			}
			continue
		}
		for _, t := range f.tabs {
			if t.id == m.work.Pane {
				cmds = append(cmds, t.pane.Update(p))
			}
		}
	}
	if m.over && !m.work.Quiet && f.blurred && len(payload) > 0 {
		cmds = append(cmds, tea.Raw("\a"))
	}
	return tea.Batch(cmds...)
}

// scanned takes a scan's result and tells every pane before the next frame, so
// that no two of them show different scans.
func (f *frame) scanned(result answer[scanned]) tea.Cmd {
	failing := f.env.watch.err != nil
	next := f.env.watch.receive(f.env, result)
	if result.Err != nil {
		p := explain(result.Err)
		if !failing { // once, not every five minutes
			f.notice = notice{text: p.what + " " + p.next, bad: true}
		}
	}
	return tea.Batch(next, f.tell(scannedMsg{}))
}

// kept tells, once, that evidence is not being written; the work goes on.
func (f *frame) kept(err error) tea.Cmd {
	before := f.unkept
	f.unkept = err != nil && !stoppedByUser(err)
	if !f.unkept || before {
		return nil
	}
	p := explain(err)
	return func() tea.Msg {
		return notifyMsg{notice{text: sentence(cut(safe.Line(err.Error()), 160)), bad: true, detail: p.next + "\n\n" + p.detail}}
	}
}

// why is the detail behind what the screen says: the line that was there when the
// key was pressed, else why the account is not scanned, else what went wrong last.
func (f *frame) why() string {
	switch {
	case f.read.text != "":
		return f.read.whole()
	case f.env.watch.err != nil:
		p := explain(f.env.watch.err)
		return p.what + " " + p.next + "\n\n" + p.detail
	}
	return f.detail
}

// leave quits at the second ctrl+c in a row; the first says what quitting would
// stop or lose.
func (f *frame) leave() tea.Cmd {
	if f.leaving {
		return tea.Quit
	}
	f.leaving = true
	stops, loses := f.atStake()
	text := "ctrl+c again quits"
	if len(stops) > 0 {
		text += " and stops: " + strings.Join(stops, ", ")
	}
	if len(loses) > 0 {
		text += "; not saved: " + strings.Join(loses, ", ")
	}
	f.notice = notice{text: text + ".", bad: len(stops)+len(loses) > 0}
	return nil
}

// askQuit asks before Claria is quit.
func (f *frame) askQuit() tea.Cmd {
	stops, loses := f.atStake()
	what := "Closes Claria."
	if len(stops) > 0 {
		what += " This stops: " + strings.Join(stops, ", ") + ". What is done stays."
	}
	if len(loses) > 0 {
		what += " Not saved: " + strings.Join(loses, ", ") + "."
	}
	if len(stops)+len(loses) == 0 {
		what += " Nothing is running, and nothing is unsaved."
	}
	return f.open(&confirm{title: "Quit Claria?", what: what, verb: "quit", back: "stay", do: func() tea.Cmd { return tea.Quit }})
}

// atStake is what quitting would stop and lose.
func (f *frame) atStake() (stops, loses []string) {
	for _, w := range f.env.jobs.named() {
		stops = append(stops, strings.ToLower(w.Title))
	}
	for _, t := range f.tabs {
		if h, ok := t.pane.(holder); ok {
			if unsaved := h.Unsaved(); unsaved != "" {
				loses = append(loses, unsaved)
			}
		}
	}
	return stops, loses
}

// actions are the frame's part of the table.
func (f *frame) actions() []action {
	var table []action
	for i, t := range f.tabs {
		id := t.id
		table = append(table, action{
			ID: string(id) + ".pane", Keys: []string{fmt.Sprint(i + 1)}, Help: t.title, Quiet: true,
			Long: "Show " + t.title + ".", Do: func() tea.Cmd { return f.goTo(goToMsg{pane: id}) }, // at once: the next key is for that pane
		})
	}
	running := f.env.jobs.foremost(f.tabs[f.current].id)
	stop := action{
		ID: "frame.stop", Keys: []string{"ctrl+x"}, Help: "stop", Quiet: true, Long: "Stop what runs: of this pane's work first, what began last. What is done stays.",
		Do: func() tea.Cmd {
			f.env.jobs.stop(running.Pane, running.Slot)
			return notify("Stopping: " + safe.Line(running.Title) + ".")
		},
	}
	if running == nil {
		stop.Disabled = "Nothing is running."
	}
	detail := action{
		ID: "frame.detail", Keys: []string{"!"}, Help: "detail", Quiet: true, Long: "Show the detail behind the last thing that went wrong.",
		Do: func() tea.Cmd { return open(&message{title: "Detail", text: f.why()}) },
	}
	if f.why() == "" {
		detail.Disabled = "Nothing has gone wrong."
	}
	return append(
		table,
		action{
			ID: "frame.go", Keys: []string{":"}, Help: "commands", Quiet: true, Long: "Find any command by typing.",
			Do: func() tea.Cmd { return f.open(newPalette(f.everything())) },
		},
		action{
			ID: "frame.keys", Keys: []string{"?"}, Help: "help", Quiet: true, Long: "Show the keys that work here.",
			Do: func() tea.Cmd { return f.open(f.help()) },
		},
		action{
			ID: "frame.back", Keys: []string{"esc", "q"}, Help: "back", Quiet: true,
			Long: "Go back one step. Where there is none, esc does nothing and q asks whether to quit.",
		},
		stop,
		action{
			ID: "frame.lock", Keys: []string{"ctrl+l"}, Help: "lock", Quiet: true, Long: "Lock the screen, once that is built.",
			Disabled: "Locking is not built yet: lock the computer instead.",
		},
		detail,
		action{
			ID: "frame.scan", Help: "scan now", Quiet: true, Long: "Look at the account again.",
			Do: rescan,
		},
		action{
			ID: "frame.suspend", Keys: []string{"ctrl+z"}, Help: "suspend", Quiet: true, Long: "Go to the shell; fg comes back.",
			Do: func() tea.Cmd { return tea.Suspend },
		},
		action{
			ID: "frame.quit", Keys: []string{"ctrl+c"}, Help: "quit", Quiet: true, Long: "Quit Claria (ctrl+c twice).",
			Do: func() tea.Cmd { return tea.Quit },
		},
	)
}

// everything is all that can be done from here, the pane's actions first.
func (f *frame) everything() []action {
	all := f.pane().Actions()
	return append(all[:len(all):len(all)], f.actions()...)
}

// help is the keys that work here.
func (f *frame) help() *help {
	t := f.tabs[f.current]
	h := &help{}
	if actions := t.pane.Actions(); len(actions) > 0 {
		h.sections = append(h.sections, helpSection{t.title, actions})
	}
	h.sections = append(h.sections, helpSection{"Everywhere", f.actions()}, helpSection{"Lists and texts", moves})
	return h
}
