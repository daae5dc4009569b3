package ui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"claria/internal/safe"
)

// The rows of the frame that are not the pane: top line, tabs, two rules, footer.
const frameRows = 5

// View draws the whole screen. A panic in it ends the program, as one in Update
// does; no command can be returned from here, so the context is cancelled.
func (f *frame) View() (v tea.View) {
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

// draw is the screen as text, and where the cursor is; y is -1 when there is none.
func (f *frame) draw() (text string, x, y int) {
	switch {
	case f.width == 0 || f.crash != nil:
		return "", 0, -1
	case f.width < leastWidth || f.height < leastHeight:
		return f.tooSmall(), 0, -1
	}
	t, lines := f.env.theme, f.wholly()
	if lines == nil {
		rows := f.height - frameRows
		pane := box(f.pane().View(f.width, rows), f.width, rows)
		for _, d := range f.dialogs {
			pane = f.overlay(pane, d)
		}
		lines = append([]string{f.topLine(), f.tabLine(), f.upperRule()}, pane...)
		lines = append(lines, f.lowerRule(), f.footer())
	}
	x, y = 0, -1
	for i := range lines {
		if at := strings.Index(lines[i], cursorMark); at >= 0 {
			x, y = width(lines[i][:at]), i
			lines[i] = strings.ReplaceAll(lines[i], cursorMark, "")
		}
	}
	text = strings.Join(lines, "\n")
	if t.ascii {
		text = ascii.Replace(text)
	}
	return text, x, y
}

// wholly is the topmost dialog when it takes the whole screen; nil: it does not.
func (f *frame) wholly() []string {
	if len(f.dialogs) == 0 {
		return nil
	}
	d, ok := f.dialogs[len(f.dialogs)-1].(whole)
	if !ok {
		return nil
	}
	lines := d.Whole(f.env.theme, f.width, f.height)
	if lines == nil {
		return nil
	}
	return box(strings.Join(lines, "\n"), f.width, f.height)
}

func (f *frame) tooSmall() string {
	text := fmt.Sprintf("Claria needs a window of %d×%d; this one is %d×%d. Make it larger or the letters smaller; nothing is lost.",
		leastWidth, leastHeight, f.width, f.height)
	if f.env.theme.ascii {
		text = ascii.Replace(text)
	}
	return strings.Join(wrap(text, f.width), "\n")
}

// topLine says where the user is and whether all is safe.
func (f *frame) topLine() string {
	t, w := f.env.theme, f.env.watch
	var parts []string
	counts := w.counts(f.env)
	for _, s := range []status{statusOK, statusDrift, statusFail, statusUnknown} {
		if n := counts[s]; n > 0 {
			parts = append(parts, t.in(statuses[s].token, fmt.Sprintf("%s %d %s", s.glyph(), n, s.word())))
		}
	}
	switch {
	case w.scanning:
		parts = append(parts, t.accent("◐ scanning"))
	case w.err != nil:
		parts = append(parts, t.in(tokenUnknown, "? not scanned"))
	}
	state := strings.Join(parts, "  ")
	if region := safe.Line(f.env.session.Settings.Region); width(state)+width(region)+18 <= f.width {
		state += "   " + t.dim(region)
	}
	name := "  " + safe.Line(f.env.session.Config.Practice)
	if room := f.width - 7 - width(state) - 2; room < min(12, width(name)) {
		name = "" // a stub of a name says nothing
	}
	return ends(" "+t.bold("Claria")+name, state+" ", f.width)
}

// untitled are the tabs that go by their number alone where not all titles fit,
// in the order in which they lose theirs; the tab that is shown keeps it.
var untitled = []paneID{costsPane, practicePane, auditPane, setupPane}

func (f *frame) tabLine() string {
	t := f.env.theme
	labels, room := make([]string, len(f.tabs)), f.width-1
	for i, tab := range f.tabs {
		labels[i] = fmt.Sprintf("%d %s", i+1, tab.title)
		room -= 1 + width(labels[i])
	}
	for _, id := range untitled {
		for i, tab := range f.tabs {
			if tab.id == id && i != f.current && room < 0 {
				room += 1 + width(tab.title)
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
			labels[i] = t.in(tokenSelected, t.accent(labels[i]))
		} else {
			labels[i] = t.dim(labels[i])
		}
	}
	return fit(" "+strings.Join(labels, gap), f.width)
}

// upperRule says on every screen of the practice account that nothing is real.
func (f *frame) upperRule() string {
	text := ""
	if f.env.session.Demo {
		text = f.env.theme.in(tokenDrift, "practice account · nothing here is real")
	}
	return f.rule("", text)
}

// lowerRule names what runs, or what just happened.
func (f *frame) lowerRule() string {
	t := f.env.theme
	if f.notice.text != "" {
		text := safe.Line(f.notice.text)
		if width(text) > f.width-6 {
			return f.rule(t.in(tokenDrift, cut(text, f.width-24)), t.bold("!")+t.dim(" shows it all"))
		}
		if f.notice.bad {
			return f.rule(t.in(tokenDrift, text), "")
		}
		return f.rule(t.in(tokenText, text), "")
	}
	w := f.env.jobs.foremost(f.tabs[f.current].id)
	if w == nil {
		return f.rule("", "")
	}
	text := "◐ " + w.Title
	if w.total > 0 {
		text += fmt.Sprintf(" %d/%d", w.done, w.total)
	}
	if w.detail != "" {
		text += " · " + safe.Line(w.detail)
	}
	if more := len(f.env.jobs.named()) - 1; more > 0 {
		text += fmt.Sprintf(" · %d more", more)
	}
	return f.rule(t.accent(text), t.dim("ctrl+x stops it"))
}

// rule is a horizontal line with texts at its two ends.
func (f *frame) rule(left, rightText string) string {
	t := f.env.theme
	line := ""
	if left != "" {
		room := f.width - 6
		if rightText != "" {
			room -= width(rightText) + 6
		}
		left = cut(left, room)
		line = t.border("── ") + left + " "
	}
	if rightText != "" && width(line)+width(rightText)+5 <= f.width {
		fill := f.width - width(line) - width(rightText) - 4
		return line + t.border(strings.Repeat("─", max(0, fill))) + " " + rightText + " " + t.border("──")
	}
	return line + t.border(strings.Repeat("─", max(0, f.width-width(line))))
}

// footer shows the keys that matter most here.
func (f *frame) footer() string {
	t := f.env.theme
	rest := t.bold(":") + t.dim(" commands") + "  " + t.bold("?") + t.dim(" help") + " "
	actions := f.pane().Actions()
	switch h, hints := f.pane().(hinter); {
	case len(f.dialogs) > 0:
		return ends("", t.bold("esc")+t.dim(" back")+" ", f.width)
	case f.pane().CapturesInput():
		rest = t.bold("esc") + t.dim(" back") + " "
		actions = []action{{Keys: []string{"enter"}, Help: "done"}}
		if hints {
			actions = h.Hints()
		}
	}
	line := ""
	for _, a := range actions {
		if a.Quiet || a.Disabled != "" || len(a.Keys) == 0 {
			continue
		}
		next := " " + t.bold(keyName(a.Keys[0])) + t.dim(" "+a.Help) + " "
		if width(line)+width(next)+width(rest)+1 > f.width {
			break
		}
		line += next
	}
	return ends(line, rest, f.width)
}

// hinter is a pane that says which keys work while text is being typed.
type hinter interface{ Hints() []action }

// overlay draws a dialog over the pane's lines.
func (f *frame) overlay(lines []string, d dialog) []string {
	t := f.env.theme
	w := min(78, f.width-2)
	inner := w - 4
	content := strings.Split(d.View(t, inner, len(lines)-2), "\n")
	content = content[:min(len(content), len(lines)-2)]
	title := cut(safe.Line(d.Title()), inner-2)
	framed := make([]string, 0, len(content)+2)
	framed = append(framed, t.border("┌─ ")+t.bold(title)+t.border(" "+strings.Repeat("─", max(0, w-5-width(title)))+"┐"))
	for _, line := range content {
		framed = append(framed, t.border("│")+" "+fit(line, inner)+" "+t.border("│"))
	}
	framed = append(framed, t.border("└"+strings.Repeat("─", w-2)+"┘"))
	left, top := (f.width-w)/2, max(0, (len(lines)-len(framed))/3)
	out := make([]string, len(lines))
	for i, line := range lines {
		// The pane below keeps its text but not its cursor. Where the dialog
		// takes nearly all of it, its edges would only be noise.
		line = strings.ReplaceAll(line, cursorMark, "")
		if f.width < wide {
			line = strings.Repeat(" ", f.width)
		}
		out[i] = line
		if at := i - top; at >= 0 && at < len(framed) {
			out[i] = fit(ansi.Cut(line, 0, left), left) + "\x1b[m" + framed[at] + ansi.Cut(line, left+w, f.width)
		}
	}
	return out
}
