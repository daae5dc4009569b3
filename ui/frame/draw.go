package frame

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"claria/internal/safe"
	"claria/ui/kit"
)

// The rows of the frame that are not the pane: top line, tabs, two rules, footer.
const frameRows = 5

// View draws the whole screen. A panic in it ends the program, as one in Update
// does. View cannot return a command, so it cancels the context.
func (f *Frame) View() (v tea.View) {
	defer func() {
		if r := recover(); r != nil {
			f.crash = newCrash(r)
			v = tea.View{}
			f.abort()
		}
	}()
	text, x, y := f.draw()
	v = tea.NewView(text)
	v.AltScreen = true
	v.ReportFocus = true
	v.WindowTitle = "Claria"
	if y >= 0 {
		v.Cursor = tea.NewCursor(x, y)
	}
	return v
}

// draw is the screen as text, and where the cursor is; y is -1 if there is none.
func (f *Frame) draw() (text string, x, y int) {
	switch {
	case f.width == 0 || f.crash != nil:
		return "", 0, -1
	case f.width < kit.LeastWidth || f.height < kit.LeastHeight:
		return f.tooSmall(), 0, -1
	}
	t, lines := f.env.Theme, f.wholly()
	if lines == nil {
		rows := f.height - frameRows
		pane := kit.Box(f.Pane().View(f.width, rows), f.width, rows)
		for _, d := range f.dialogs {
			pane = f.overlay(pane, d)
		}
		lines = append([]string{f.topLine(), f.tabLine(), f.upperRule()}, pane...)
		lines = append(lines, f.lowerRule(), f.footer())
	}
	x, y = 0, -1
	for i := range lines {
		if at := strings.Index(lines[i], kit.CursorMark); at >= 0 {
			x, y = kit.Width(lines[i][:at]), i
			lines[i] = strings.ReplaceAll(lines[i], kit.CursorMark, "")
		}
	}
	text = strings.Join(lines, "\n")
	if t.ASCII {
		text = kit.ASCII.Replace(text)
	}
	return text, x, y
}

// wholly is the topmost dialog if it takes the whole screen; nil: it does not.
func (f *Frame) wholly() []string {
	d, ok := f.Dialog().(kit.Whole)
	if !ok {
		return nil
	}
	lines := d.Whole(f.env.Theme, f.width, f.height)
	if lines == nil {
		return nil
	}
	return kit.Box(strings.Join(lines, "\n"), f.width, f.height)
}

func (f *Frame) tooSmall() string {
	text := fmt.Sprintf("Claria needs a window of %d×%d; this one is %d×%d. Make the window larger or the font smaller. Nothing is lost.",
		kit.LeastWidth, kit.LeastHeight, f.width, f.height)
	if f.env.Theme.ASCII {
		text = kit.ASCII.Replace(text)
	}
	return strings.Join(kit.Wrap(text, f.width), "\n")
}

// topLine shows the practice, how many controls have each status, and the region.
func (f *Frame) topLine() string {
	t, w := f.env.Theme, f.env.Scans
	var parts []string
	counts := w.Counts(f.env)
	for _, s := range []kit.Status{kit.StatusOK, kit.StatusDrift, kit.StatusFail, kit.StatusUnknown} {
		if n := counts[s]; n > 0 {
			parts = append(parts, t.In(s.Token(), fmt.Sprintf("%s %d %s", s.Glyph(), n, s.Word())))
		}
	}
	switch {
	case w.Scanning:
		parts = append(parts, t.Accent("◐ scanning"))
	case w.Err != nil:
		parts = append(parts, t.In(kit.TokenUnknown, "? not scanned"))
	}
	state := strings.Join(parts, "  ")
	if region := safe.Line(f.env.Session.Settings.Region); kit.Width(state)+kit.Width(region)+18 <= f.width {
		state += "   " + t.Dim(region)
	}
	name := "  " + safe.Line(f.env.Session.Config.Practice)
	if room := f.width - 7 - kit.Width(state) - 2; room < min(12, kit.Width(name)) {
		name = "" // the start of a name alone is no help
	}
	return kit.Ends(" "+t.Bold("Claria")+name, state+" ", f.width)
}

// untitled are the tabs that lose their title, in this order, where not all titles
// fit. The tab that is shown keeps its title.
var untitled = []kit.PaneID{kit.CostsPane, kit.PracticePane, kit.AuditPane, kit.SetupPane}

func (f *Frame) tabLine() string {
	t := f.env.Theme
	labels, room := make([]string, len(f.tabs)), f.width-1
	for i, tab := range f.tabs {
		labels[i] = fmt.Sprintf("%d %s", i+1, tab.Title)
		room -= 1 + kit.Width(labels[i])
	}
	for _, id := range untitled {
		for i, tab := range f.tabs {
			if tab.ID == id && i != f.current && room < 0 {
				room += 1 + kit.Width(tab.Title)
				labels[i] = fmt.Sprint(i + 1)
			}
		}
	}
	gap := " "
	if room >= len(f.tabs) {
		gap = "  "
	}
	for i := range labels {
		if i == f.current {
			labels[i] = t.In(kit.TokenSelected, t.Accent(labels[i]))
		} else {
			labels[i] = t.Dim(labels[i])
		}
	}
	return kit.Fit(" "+strings.Join(labels, gap), f.width)
}

// upperRule says on every screen of the demo account that nothing is real.
func (f *Frame) upperRule() string {
	text := ""
	if f.env.Session.Demo {
		text = f.env.Theme.In(kit.TokenDrift, "demo account · nothing here is real")
	}
	return f.rule("", text)
}

// lowerRule shows what is running, or what just happened.
func (f *Frame) lowerRule() string {
	t := f.env.Theme
	if f.notice.Text != "" {
		text := safe.Line(f.notice.Text)
		if kit.Width(text) > f.width-6 {
			return f.rule(t.In(kit.TokenDrift, kit.Cut(text, f.width-24)), t.Bold("!")+t.Dim(" show all"))
		}
		if f.notice.Bad {
			return f.rule(t.In(kit.TokenDrift, text), "")
		}
		return f.rule(t.In(kit.TokenText, text), "")
	}
	w := f.env.Jobs.Foremost(f.tabs[f.current].ID)
	if w == nil {
		return f.rule("", "")
	}
	text := "◐ " + w.Title
	if w.Total > 0 {
		text += fmt.Sprintf(" %d/%d", w.Done, w.Total)
	}
	if w.Detail != "" {
		text += " · " + safe.Line(w.Detail)
	}
	if more := len(f.env.Jobs.Named()) - 1; more > 0 {
		text += fmt.Sprintf(" · %d more", more)
	}
	return f.rule(t.Accent(text), t.Dim("ctrl+x stop"))
}

// rule is a horizontal line with text at both ends.
func (f *Frame) rule(left, rightText string) string {
	t := f.env.Theme
	line := ""
	if left != "" {
		room := f.width - 6
		if rightText != "" {
			room -= kit.Width(rightText) + 6
		}
		left = kit.Cut(left, room)
		line = t.Border("── ") + left + " "
	}
	if rightText != "" && kit.Width(line)+kit.Width(rightText)+5 <= f.width {
		fill := f.width - kit.Width(line) - kit.Width(rightText) - 4
		return line + t.Border(strings.Repeat("─", max(0, fill))) + " " + rightText + " " + t.Border("──")
	}
	return line + t.Border(strings.Repeat("─", max(0, f.width-kit.Width(line))))
}

// footer shows the keys that matter most here.
func (f *Frame) footer() string {
	t := f.env.Theme
	rest := t.Bold(":") + t.Dim(" commands") + "  " + t.Bold("?") + t.Dim(" help") + " "
	actions := f.Pane().Actions()
	switch h, hints := f.Pane().(hinter); {
	case f.Dialog() != nil:
		return kit.Ends("", t.Bold("esc")+t.Dim(" back")+" ", f.width)
	case f.Pane().CapturesInput():
		rest = t.Bold("esc") + t.Dim(" back") + " "
		actions = []kit.Action{{Keys: []string{"enter"}, Help: "done"}}
		if hints {
			actions = h.Hints()
		}
	}
	line := ""
	for _, a := range actions {
		if a.Quiet || a.Disabled != "" || len(a.Keys) == 0 {
			continue
		}
		next := " " + t.Bold(kit.KeyName(a.Keys[0])) + t.Dim(" "+a.Help) + " "
		if kit.Width(line)+kit.Width(next)+kit.Width(rest)+1 > f.width {
			break
		}
		line += next
	}
	return kit.Ends(line, rest, f.width)
}

// hinter is a pane that names the keys that work while text is being typed.
type hinter interface{ Hints() []kit.Action }

// overlay draws a dialog over the pane's lines.
func (f *Frame) overlay(lines []string, d kit.Dialog) []string {
	t := f.env.Theme
	w := min(78, f.width-2)
	inner := w - 4
	content := strings.Split(d.View(t, inner, len(lines)-2), "\n")
	content = content[:min(len(content), len(lines)-2)]
	title := kit.Cut(safe.Line(d.Heading()), inner-2)
	framed := make([]string, 0, len(content)+2)
	framed = append(framed, t.Border("┌─ ")+t.Bold(title)+t.Border(" "+strings.Repeat("─", max(0, w-5-kit.Width(title)))+"┐"))
	for _, line := range content {
		framed = append(framed, t.Border("│")+" "+kit.Fit(line, inner)+" "+t.Border("│"))
	}
	framed = append(framed, t.Border("└"+strings.Repeat("─", w-2)+"┘"))
	left, top := (f.width-w)/2, max(0, (len(lines)-len(framed))/3)
	out := make([]string, len(lines))
	for i, line := range lines {
		// The pane below keeps its text but not its cursor. Where the dialog
		// covers nearly all of it, its edges would only be noise.
		line = strings.ReplaceAll(line, kit.CursorMark, "")
		if f.width < kit.Wide {
			line = strings.Repeat(" ", f.width)
		}
		out[i] = line
		if at := i - top; at >= 0 && at < len(framed) {
			out[i] = kit.Fit(ansi.Cut(line, 0, left), left) + "\x1b[m" + framed[at] + ansi.Cut(line, left+w, f.width)
		}
	}
	return out
}
