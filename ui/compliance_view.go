package ui

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/register"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/provision"
)

func (p *compliance) View(w, h int) string {
	t := p.env.theme
	head := p.headline(w)
	body := h - 1
	switch {
	case p.env.watch.report == nil:
		return head + "\n" + p.empty(w, body)
	case w >= wide:
		left := max(44, w*9/20)
		return head + "\n" + t.columns(body,
			column{p.list.View(t, left, body, !p.inDetail), left},
			column{p.detail(w-left-1, body), w - left - 1})
	case p.inDetail:
		return head + "\n" + p.detail(w, body)
	}
	return head + "\n" + p.list.View(t, w, body, true)
}

// headline says what was scanned, when, and what changed.
func (p *compliance) headline(w int) string {
	t, watch, now := p.env.theme, p.env.watch, p.env.now()
	if watch.report == nil {
		return fit(" "+t.bold("Compliance"), w)
	}
	r := watch.report
	parts := []string{
		r.Set + " profile", inWords[p.view], words.Plural(len(r.Controls), "control", "controls"), p.dueText(),
		fmt.Sprintf("scanned %s in %.1f s", ago(now, watch.at), watch.took.Seconds()),
	}
	if left := watch.due.Sub(now).Round(time.Minute); !watch.scanning && left > 0 && watch.err == nil {
		parts = append(parts, fmt.Sprintf("next in %d min", max(1, int(left.Minutes()))))
	}
	text := " " + t.bold("Compliance")
	for _, part := range parts { // what does not fit is left out whole
		if part != "" && width(text)+width(part)+3 <= w {
			text += t.dim(" · " + part)
		}
	}
	if watch.err != nil {
		return ends(text, t.in(tokenFail, "✗ last scan failed, ! says why "), w)
	}
	return fit(text, w)
}

// dueText is what the top line does not count: what waits for a signature, and what
// is accepted for a time.
func (p *compliance) dueText() string {
	counts := p.env.watch.counts(p.env)
	var parts []string
	for _, s := range []status{statusDue, statusWaived} {
		if n := counts[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s.word()))
		}
	}
	return strings.Join(parts, ", ")
}

// empty is what stands where there are no findings yet.
func (p *compliance) empty(w, h int) string {
	t, watch := p.env.theme, p.env.watch
	lines := []string{""}
	if watch.err != nil && !watch.scanning {
		for _, line := range explain(watch.err).lines(t, w-2) {
			lines = append(lines, "  "+line)
		}
		lines = append(lines, "", "  "+t.bold("r")+t.dim(" scans again"))
	} else {
		lines = append(lines, "  "+t.mark(statusRunning)+" Looking at the account. This reads its settings and changes nothing.")
	}
	for i := range lines {
		lines[i] = cut(lines[i], w)
	}
	return strings.Join(lines[:min(len(lines), h)], "\n")
}

func (p *compliance) drawRow(r checkRow, w int, selected bool) string {
	t := p.env.theme
	name := func(text string) string {
		if selected {
			return t.in(tokenSelected, text)
		}
		return text
	}
	if r.Finding == nil {
		sign := "▾ "
		if p.folded(r.family) {
			sign = "▸ "
		}
		var counts []string
		for _, s := range countedStatuses {
			if n := r.count[s]; n > 0 {
				counts = append(counts, fmt.Sprintf("%2d ", n)+t.mark(s))
			}
		}
		title := name(r.family)
		if r.title != "" {
			title += "  " + safe.Line(r.title)
		}
		if len(counts) == 0 && r.matrix != nil {
			counts = []string{t.dim(elsewhere(*r.matrix))}
		}
		tail := strings.Join(counts, " ") + " "
		return ends(sign+cut(title, max(8, w-3-width(tail))), tail, w)
	}
	s := statusOf(p.env, *r.Finding)
	tail := ""
	if s != statusOK {
		tail = t.in(statuses[s].token, s.word()) + " "
	}
	return ends("  "+t.mark(s)+" "+name(fit(r.ID, 7))+" "+safe.Line(r.Title), tail, w)
}

// detail is the selected control: what it means, what was found, what to do.
func (p *compliance) detail(w, h int) string {
	t := p.env.theme
	var lines, head []string
	if f := p.shown.Finding; f != nil {
		head = []string{" " + ends(t.bold(f.ID)+"  "+safe.Line(f.Title), t.verdict(statusOf(p.env, *f)), w-2)} // stays while the rest scrolls
		lines, h = p.detailLines(*f, w-2), h-1
	} else if p.shown.matrix != nil {
		lines = p.matrixLines(*p.shown.matrix, w-2)
	} else {
		lines = p.familyLines(w - 2)
	}
	p.scroll = min(p.scroll, max(0, len(lines)-h))
	from := p.scroll
	more := len(lines) > from+h
	lines = lines[from:min(len(lines), from+h)]
	for i := range lines {
		lines[i] = " " + lines[i]
	}
	switch {
	case more && p.inDetail:
		lines[len(lines)-1] = " " + t.dim("… ↓ more")
	case more:
		lines[len(lines)-1] = " " + t.dim("… more: enter, then ↓")
	}
	return strings.Join(append(head, lines...), "\n")
}

// familyLines tell what changed and why the last scan failed, when a family is selected.
func (p *compliance) familyLines(w int) []string {
	t := p.env.theme
	var lines []string
	if err := p.env.watch.err; err != nil {
		lines = append(lines, explain(err).lines(t, w)...)
		lines = append(lines, "")
	}
	if len(p.changes) == 0 {
		return append(lines, t.dim("Nothing has changed since Claria was opened."))
	}
	lines = append(lines, t.bold("Changed since Claria was opened"))
	for _, c := range p.changes {
		lines = append(lines, wrap(changeText(c), w)...)
	}
	return lines
}

// detailLines are a finding's detail below its heading: what is meant, what was found,
// what to do, and last where the law asks for it.
func (p *compliance) detailLines(f drift.Finding, w int) []string {
	t, c, s := p.env.theme, p.catalogue[f.ID], statusOf(p.env, f)
	var lines []string
	if f.Resource != "" {
		lines = append(lines, t.dim(safe.Line(f.Resource)))
	}
	para := func(text string) {
		if text != "" {
			lines = append(append(lines, ""), wrap(safe.Text(text), w)...)
		}
	}
	para(c.Meaning)
	lines = append(lines, "")
	pair := func(label string, k token, text string) {
		if text == "" {
			return
		}
		for i, line := range wrap(safe.Text(text), max(10, w-10)) {
			head := ""
			if i == 0 {
				head = label
			}
			lines = append(lines, t.dim(fit(head, 10))+t.in(k, line))
		}
	}
	pair("desired", tokenText, f.Desired)
	pair("observed", statuses[s].token, f.Observed)
	if d := f.Drift; d != nil {
		if !d.Since.IsZero() {
			pair("was well", tokenText, "until "+exactly(p.env.now(), d.Since)+": "+d.Before)
		}
		pair("changed", tokenText, p.byWhom(*d))
	} else {
		for _, change := range p.changes {
			if change.ID == f.ID {
				pair("changed", tokenText, becameText(change))
			}
		}
	}
	accepted := p.waiver(f.ID)
	switch {
	case accepted != nil && register.Acknowledged(f.ID):
		pair("known", tokenText, "acknowledged by "+accepted.Owner+" on "+exactly(p.env.now(), accepted.At))
		pair("it was", tokenText, accepted.Reason)
		pair("done", tokenText, accepted.Compensating)
	case accepted != nil && f.Status == catalogue.Waived:
		pair("waived", tokenText, "by "+accepted.Owner+", to "+accepted.LastDay(p.env.now().Location())+", "+inDays(p.env.now(), accepted.Ends))
		pair("reason", tokenText, accepted.Reason)
		pair("instead", tokenText, accepted.Compensating)
	case !f.Until.IsZero():
		pair("until", tokenText, exactly(p.env.now(), f.Until))
	}
	if f.Status != catalogue.Pass && (f.Status != catalogue.Waived || accepted == nil) {
		para(sentence(f.Reason))
	}
	lines = append(lines, p.remedyLines(f, c, w)...)
	small := func(label string, list []string) {
		if len(list) == 0 {
			return
		}
		for _, line := range wrap(label+strings.Join(list, ", "), w) {
			lines = append(lines, t.dim(line))
		}
	}
	if len(f.Citations)+len(f.ConfigRules) > 0 && lines[len(lines)-1] != "" {
		lines = append(lines, "")
	}
	small("45 CFR ", f.Citations)
	small("AWS Config: ", f.ConfigRules)
	return lines
}

// inDays is how far ahead a moment is.
func inDays(now, then time.Time) string {
	switch days := int(then.Sub(now).Hours() / 24); {
	case days < 1:
		return "the last day"
	case days == 1:
		return "1 more day"
	default:
		return fmt.Sprintf("%d more days", days)
	}
}

// remedyLines say what to do about a finding that is not well.
func (p *compliance) remedyLines(f drift.Finding, c catalogue.Control, w int) []string {
	t := p.env.theme
	lines := []string{""}
	text := func(text string) {
		lines = append(lines, wrap(safe.Text(text), w)...)
	}
	key := func(key, does string) {
		lines = append(lines, t.bold(key)+"  "+does)
	}
	if p.fixing != nil && p.fixed == f.ID {
		lines = append(lines, p.fixLines(w)...)
		if p.fixing.running || p.fixing.err == nil {
			return lines
		}
		lines = append(lines, "")
	}
	guide := func() {
		lines = append(lines, t.bold("What to do"))
		told, verbs := onScreen(c.Guide)
		text(told)
		if verbs {
			for _, line := range wrap("What begins with claria is typed in a shell: ctrl+z goes there, and fg comes back.", w) {
				lines = append(lines, t.dim(line))
			}
		}
		lines = append(lines, "")
	}
	switch f.Status {
	case catalogue.Unknown:
		if action := readAction(f.Reason); action != "" {
			text("Claria may not read this. Pane Setup gives its own identities the rights they need; if this stays unknown, a rule of the organization or the account denies " + action + ", and whoever made the rule has to lift it. Then r looks again.")
		} else {
			text("It is looked at again with the next scan; r scans now.")
		}
	case catalogue.AttestDue:
		if c.Guide != "" {
			guide()
		}
		if c.Statement != nil {
			key("s", "read the statement, and sign it when it is true")
		}
	case catalogue.Attested:
		if c.Statement != nil {
			key("s", "read the statement again, or sign it anew")
		}
	case catalogue.Waived:
		key("w", "withdraw this, when the risk is no longer accepted")
	case catalogue.Fail:
		plan, why := p.fix(f)
		if why == "" {
			key("f", "set it right ("+words.Plural(len(plan.Steps), "change", "changes")+", "+riskOf(plan)+")")
			for _, step := range plan.Steps {
				for _, line := range wrap(step.Op.Sign()+" "+safe.Line(step.Resource)+": "+safe.Line(step.Summary), max(10, w-3)) {
					lines = append(lines, "   "+t.dim(line))
				}
			}
			return lines
		}
		if f.Remedy != catalogue.Guided && c.Guide == "" {
			text(why)
			return lines
		}
		guide()
		switch {
		case register.Acknowledged(f.ID):
			key("w", "say who it was and why, and so acknowledge it")
		case !f.Overdue:
			key("w", "accept the risk for a time, with a reason")
		}
		key("r", "checks again when it is done")
	}
	return lines
}

// riskOf is the risk of a plan in words: that of its worst step.
func riskOf(plan provision.Plan) string {
	for _, risk := range []provision.Risk{provision.Irreversible, provision.Manual} {
		n := 0
		for _, step := range plan.Steps {
			if step.Risk == risk {
				n++
			}
		}
		switch {
		case n > 0 && n == len(plan.Steps):
			return riskWords[risk]
		case n > 0:
			return "partly " + riskWords[risk]
		}
	}
	return riskWords[provision.Reversible]
}

// verbPatterns are the verbs in a control's guide that are keys on the screen.
var verbPatterns = []struct {
	verb *regexp.Regexp
	key  string
}{
	{regexp.MustCompile(`claria attest [A-Z0-9]+-\d+( --file [A-Za-z]+(\.[a-z]+)?)?`), "key s"},
	{regexp.MustCompile(`claria waive( [A-Z0-9]+-\d+)?`), "key w"},
}

// onScreen is a control's guide as it reads here; verbs is true when it still names
// one that is typed in a shell.
func onScreen(guide string) (text string, verbs bool) {
	for _, p := range verbPatterns {
		guide = p.verb.ReplaceAllString(guide, p.key)
	}
	return guide, strings.Contains(guide, "claria ")
}

// fixLines show the fix that runs or ran for the selected control.
func (p *compliance) fixLines(w int) []string {
	t := p.env.theme
	var lines []string
	for i, step := range p.fixing.plan.Steps {
		s, word := p.fixing.steps[i].mark()
		if p.fixing.steps[i].detail != "" {
			word += " · " + safe.Line(p.fixing.steps[i].detail)
		}
		lines = append(lines, t.mark(s)+" "+cut(safe.Line(step.Resource), max(8, w-4-width(word)))+"  "+t.dim(word))
	}
	switch {
	case p.fixing.running:
	case p.fixing.stopped:
		lines = append(lines, fmt.Sprintf("Stopped: %d of %d changes were made.", p.fixing.done, len(p.fixing.steps)))
	case p.fixing.err != nil:
		lines = append(lines, explain(p.fixing.err).lines(t, w)...)
	case p.waiting:
		lines = append(lines, "Done. Looking at the account again.")
	default:
		lines = append(lines, "Done, and seen in the account.")
	}
	return lines
}

// readActionPattern finds the IAM action of a read that failed in a reason.
var readActionPattern = regexp.MustCompile(`\b[a-z][a-z0-9-]*:[A-Z][A-Za-z]+\b`)

// readAction is the permission that a finding of unknown names.
func readAction(reason string) string { return readActionPattern.FindString(reason) }
