// Package frame is the screen around the panes: it routes messages, stacks dialogs,
// and draws tabs, top line, footer, palette and help. It gets its tabs as an argument
// and knows no pane.
package frame

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"claria/internal/safe"
	"claria/session"
	"claria/ui/kit"
)

// Frame is the root model: it routes messages, sizes panes, stacks dialogs, and knows
// nothing about the content of panes.
type Frame struct {
	env     *kit.Env
	options session.Screen
	tabs    []Tab
	current int
	dialogs []kit.Dialog

	width, height int
	notice        kit.Notice
	read          kit.Notice // on screen when the last key was pressed
	detail        string     // of the last thing that went wrong
	unkept        bool       // the last line of the evidence ledger was not written
	leaving       bool       // ctrl+c was pressed once
	blurred       bool       // the terminal has lost the focus
	drawn         string
	crash         *crash
	abort         context.CancelFunc // ends the program from where no command can
}

// tickMsg comes once a minute.
type tickMsg struct{}

// New makes the root model around tabs, and shows the first.
func New(e *kit.Env, options session.Screen, tabs []Tab) *Frame {
	return &Frame{env: e, options: options, tabs: tabs, abort: func() {}}
}

// Init starts the scan and the panes; the first frame waits for none of them.
func (f *Frame) Init() tea.Cmd {
	cmds := []tea.Cmd{minuteTick(), f.env.Scans.Start(f.env)}
	if f.options.Theme == "" || f.options.Theme == "deuteranopia" {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	if askSynchronized(f.options) {
		cmds = append(cmds, tea.Raw(requestSynchronized))
	}
	for _, t := range f.tabs {
		cmds = append(cmds, t.Pane.Init())
	}
	if !f.env.Session.SetUp {
		cmds = append(cmds, kit.GoTo(kit.SetupPane, nil))
	}
	return guard(tea.Batch(cmds...))
}

func minuteTick() tea.Cmd {
	return tea.Tick(time.Minute, func(time.Time) tea.Msg { return tickMsg{} })
}

// Update routes a message.
func (f *Frame) Update(msg tea.Msg) (model tea.Model, cmd tea.Cmd) {
	defer func() {
		if r := recover(); r != nil {
			f.crash = newCrash(r)
			model, cmd = f, tea.Quit
		}
	}()
	switch m := msg.(type) {
	case tea.WindowSizeMsg:
		f.width, f.height = m.Width, m.Height
		cmd = f.broadcast(m)
	case tea.KeyPressMsg:
		cmd = f.key(m)
	case tea.PasteMsg:
		cmd = f.input(m)
	case tea.ColorProfileMsg:
		f.env.Theme.Profile = m.Profile
		f.env.Theme.Choose(f.options.Theme, f.env.Theme.Dark)
	case tea.BackgroundColorMsg:
		f.env.Theme.Choose(f.options.Theme, m.IsDark())
	case tea.FocusMsg:
		f.blurred = false
	case tea.BlurMsg:
		f.blurred = true
	case kit.OpenMsg:
		cmd = f.open(m.Dialog)
	case kit.CloseMsg:
		f.close(m.Dialog)
	case kit.NotifyMsg:
		f.notice = m.Notice
		if m.Notice.Detail != "" || m.Notice.Bad {
			f.detail = m.Notice.Whole()
		}
	case kit.GoToMsg:
		cmd = f.goTo(m)
	case kit.RescanMsg:
		cmd = f.env.Scans.Start(f.env)
	case kit.JobMsg:
		cmd = f.deliver(m)
	case tickMsg:
		cmd = tea.Batch(minuteTick(), f.env.Scans.Minute(f.env), f.broadcast(kit.MinuteMsg{}))
	case crash:
		f.crash = &m
		cmd = tea.Quit
	case kit.ArmMsg: // only to draw again
	default:
		cmd = f.broadcast(msg)
	}
	return f, guard(f.repaint(msg, cmd))
}

// broadcast hands a message to every pane.
func (f *Frame) broadcast(msg tea.Msg) tea.Cmd {
	cmds := make([]tea.Cmd, 0, len(f.tabs))
	for _, t := range f.tabs {
		cmds = append(cmds, t.Pane.Update(msg))
	}
	return tea.Batch(cmds...)
}

// input hands what was typed or pasted to the topmost dialog, else to the pane.
func (f *Frame) input(msg tea.Msg) tea.Cmd {
	if top := f.Dialog(); top != nil {
		cmd, closed := top.Update(msg)
		if closed {
			f.close(top)
		}
		return cmd
	}
	return f.Pane().Update(msg)
}

// Pane is the pane that is shown.
func (f *Frame) Pane() kit.Pane { return f.tabs[f.current].Pane }

// Dialog is the topmost dialog; nil: none is open.
func (f *Frame) Dialog() kit.Dialog {
	if len(f.dialogs) == 0 {
		return nil
	}
	return f.dialogs[len(f.dialogs)-1]
}

// key routes a key press: first the frame's own two keys, then the topmost dialog, a text that is
// being typed, the table of actions, and last the pane.
func (f *Frame) key(press tea.KeyPressMsg) tea.Cmd {
	key := press.String()
	switch key {
	case "ctrl+c":
		return f.leave()
	case "ctrl+z":
		return tea.Suspend
	}
	f.leaving, f.read, f.notice = false, f.notice, kit.Notice{}
	switch {
	case f.Dialog() != nil && key == "esc":
		f.close(f.Dialog())
		return nil
	case f.Dialog() != nil, f.Pane().CapturesInput():
		return f.input(press)
	case key == "esc", key == "q":
		if b, ok := f.Pane().(kit.Backer); ok && b.Back() {
			return f.Pane().Update(kit.BackMsg{})
		}
		if key == "q" {
			return f.askQuit()
		}
		return nil
	}
	if a, ok := kit.FindAction(f.Pane().Actions(), key); ok {
		return a.Run()
	}
	if a, ok := kit.FindAction(f.Actions(), key); ok {
		return a.Run()
	}
	return f.Pane().Update(press)
}

func (f *Frame) open(d kit.Dialog) tea.Cmd {
	f.dialogs = append(f.dialogs, d)
	if o, ok := d.(kit.Opened); ok {
		return o.Opened(f.env.Now)
	}
	return nil
}

func (f *Frame) close(d kit.Dialog) {
	for i := range f.dialogs {
		if f.dialogs[i] == d {
			f.dialogs = append(f.dialogs[:i:i], f.dialogs[i+1:]...)
			if c, ok := d.(kit.Closer); ok {
				c.Closed()
			}
			return
		}
	}
}

// goTo shows a pane and hands it what to show.
func (f *Frame) goTo(m kit.GoToMsg) tea.Cmd {
	for i, t := range f.tabs {
		if t.ID == m.Pane {
			f.current = i
			cmds := []tea.Cmd{t.Pane.Update(kit.ShownMsg{})}
			if m.What != nil {
				cmds = append(cmds, t.Pane.Update(m.What))
			}
			return tea.Batch(cmds...)
		}
	}
	return nil
}

// deliver hands a job's results to its pane, and rings the bell when named work has
// ended and the terminal does not have the focus.
func (f *Frame) deliver(m kit.JobMsg) tea.Cmd {
	payload, next := f.env.Jobs.Receive(m)
	cmds := []tea.Cmd{next}
	for _, p := range payload {
		if m.Work.Pane == kit.WatchPane {
			switch result := p.(type) {
			case kit.Answer[kit.Scanned]:
				cmds = append(cmds, f.scanned(result))
			case kit.Answer[kit.Kept]:
				cmds = append(cmds, f.kept(result.Err))
				for _, note := range result.Value.Notes {
					cmds = append(cmds, kit.Notify(kit.Sentence(note)))
				}
			}
			continue
		}
		for _, t := range f.tabs {
			if t.ID == m.Work.Pane {
				cmds = append(cmds, t.Pane.Update(p))
			}
		}
	}
	if m.Over && !m.Work.Quiet && f.blurred && len(payload) > 0 {
		cmds = append(cmds, tea.Raw("\a"))
	}
	return tea.Batch(cmds...)
}

// scanned takes a scan's result and informs every pane before the next frame, so that
// no two panes show different scans.
func (f *Frame) scanned(result kit.Answer[kit.Scanned]) tea.Cmd {
	failing := f.env.Scans.Err != nil
	next := f.env.Scans.Receive(f.env, result)
	if result.Err != nil {
		p := kit.Explain(result.Err)
		if !failing { // once, not every five minutes
			f.notice = kit.Notice{Text: p.What + " " + p.Next, Bad: true}
		}
	}
	return tea.Batch(next, f.broadcast(kit.ScannedMsg{}))
}

// kept shows, once, that evidence is not being written. The work continues.
func (f *Frame) kept(err error) tea.Cmd {
	before := f.unkept
	f.unkept = err != nil && !kit.StoppedByUser(err)
	if !f.unkept || before {
		return nil
	}
	p := kit.Explain(err)
	return func() tea.Msg {
		text := kit.Sentence(kit.Cut(safe.Line(err.Error()), 160))
		return kit.NotifyMsg{Notice: kit.Notice{Text: text, Bad: true, Detail: p.Next + "\n\n" + p.Detail}}
	}
}

// why is the detail of what the screen shows: the notice that was on screen when the
// key was pressed, else why the account is not scanned, else the last error.
func (f *Frame) why() string {
	switch {
	case f.read.Text != "":
		return f.read.Whole()
	case f.env.Scans.Err != nil:
		p := kit.Explain(f.env.Scans.Err)
		return p.What + " " + p.Next + "\n\n" + p.Detail
	}
	return f.detail
}

// leave quits at the second ctrl+c in a row. The first shows what quitting would stop
// or lose.
func (f *Frame) leave() tea.Cmd {
	if f.leaving {
		return tea.Quit
	}
	f.leaving = true
	stops, loses := f.atStake()
	text := "ctrl+c again quits."
	if len(stops) > 0 {
		text += " This stops: " + strings.Join(stops, ", ") + "."
	}
	if len(loses) > 0 {
		text += " Not saved: " + strings.Join(loses, ", ") + "."
	}
	f.notice = kit.Notice{Text: text, Bad: len(stops)+len(loses) > 0}
	return nil
}

// askQuit asks before Claria quits.
func (f *Frame) askQuit() tea.Cmd {
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
	return f.open(&kit.Confirm{Title: "Quit Claria?", What: what, Verb: "quit", Back: "stay", Do: func() tea.Cmd { return tea.Quit }})
}

// atStake is what quitting would stop and lose.
func (f *Frame) atStake() (stops, loses []string) {
	for _, w := range f.env.Jobs.Named() {
		stops = append(stops, strings.ToLower(w.Title))
	}
	for _, t := range f.tabs {
		if h, ok := t.Pane.(kit.Holder); ok {
			if unsaved := h.Unsaved(); unsaved != "" {
				loses = append(loses, unsaved)
			}
		}
	}
	return stops, loses
}

// Actions are the frame's part of the table.
func (f *Frame) Actions() []kit.Action {
	var table []kit.Action
	for i, t := range f.tabs {
		id := t.ID
		table = append(table, kit.Action{
			ID: string(id) + ".pane", Keys: []string{fmt.Sprint(i + 1)}, Help: t.Title, Quiet: true,
			Long: "Show " + t.Title + ".",
			Do:   func() tea.Cmd { return f.goTo(kit.GoToMsg{Pane: id}) }, // at once: the next key is for that pane
		})
	}
	running := f.env.Jobs.Foremost(f.tabs[f.current].ID)
	stop := kit.Action{
		ID: "frame.stop", Keys: []string{"ctrl+x"}, Help: "stop", Quiet: true,
		Long: "Stop what is running: this pane's work first, the latest first. What is done stays.",
		Do: func() tea.Cmd {
			f.env.Jobs.Stop(running.Pane, running.Slot)
			return kit.Notify("Stopping: " + safe.Line(running.Title) + ".")
		},
	}
	if running == nil {
		stop.Disabled = "Nothing is running."
	}
	detail := kit.Action{
		ID: "frame.detail", Keys: []string{"!"}, Help: "detail", Quiet: true, Long: "Show the detail of the last error.",
		Do: func() tea.Cmd { return kit.Open(&kit.Message{Title: "Detail", Text: f.why()}) },
	}
	if f.why() == "" {
		detail.Disabled = "Nothing has gone wrong."
	}
	return append(
		table,
		kit.Action{
			ID: "frame.go", Keys: []string{":"}, Help: "commands", Quiet: true, Long: "Go anywhere by typing: commands, clients, files, reports, controls.",
			Do: func() tea.Cmd { return f.open(f.newPalette()) },
		},
		kit.Action{
			ID: "frame.search", Keys: []string{"F"}, Help: "search", Quiet: true, Long: "Search the clients, their files and labels.",
			Disabled: kit.Unless(f.searcher() != nil, "No pane can search."), Do: func() tea.Cmd { return f.searcher()("") },
		},
		kit.Action{
			ID: "frame.keys", Keys: []string{"?"}, Help: "help", Quiet: true, Long: "Show the keys that work here.",
			Do: func() tea.Cmd { return f.open(f.help()) },
		},
		kit.Action{
			ID: "frame.back", Keys: []string{"esc", "q"}, Help: "back", Quiet: true,
			Long: "Go back one step. At the top, esc does nothing and q asks whether to quit.",
		},
		stop,
		kit.Action{
			ID: "frame.lock", Keys: []string{"ctrl+l"}, Help: "lock", Quiet: true, Long: "Lock the screen (not built yet).",
			Disabled: "Locking is not built yet. Lock the computer instead.",
		},
		detail,
		kit.Action{
			ID: "frame.scan", Help: "scan now", Quiet: true, Long: "Scan the account again.",
			Do: kit.Rescan,
		},
		kit.Action{
			ID: "frame.suspend", Keys: []string{"ctrl+z"}, Help: "suspend", Quiet: true, Long: "Go to the shell; fg returns to Claria.",
			Do: func() tea.Cmd { return tea.Suspend },
		},
		kit.Action{
			ID: "frame.quit", Keys: []string{"ctrl+c"}, Help: "quit", Quiet: true, Long: "Quit Claria (ctrl+c twice).",
			Do: func() tea.Cmd { return tea.Quit },
		},
	)
}

// Everything is every action that is possible here, the pane's own first.
func (f *Frame) Everything() []kit.Action {
	all := f.Pane().Actions()
	return append(all[:len(all):len(all)], f.Actions()...)
}

// help is the keys that work here.
func (f *Frame) help() *help {
	t := f.tabs[f.current]
	h := &help{}
	if actions := t.Pane.Actions(); len(actions) > 0 {
		h.sections = append(h.sections, helpSection{t.Title, actions})
	}
	h.sections = append(h.sections, helpSection{"Everywhere", f.Actions()}, helpSection{"Lists and texts", kit.Moves})
	return h
}

// Tab is a pane's place in the frame.
type Tab struct {
	ID    kit.PaneID
	Title string
	Pane  kit.Pane
}
