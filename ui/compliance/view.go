package compliance

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
	"claria/ui/kit"
)

// View draws the checklist and the detail.
func (p *Pane) View(w, h int) string {
	t := p.env.Theme
	head := p.headline(w)
	body := h - 1
	switch {
	case p.env.Scans.Report == nil:
		return head + "\n" + p.empty(w, body)
	case w >= kit.Wide:
		left := max(44, w*9/20)
		return head + "\n" + t.Columns(body,
			kit.Column{Text: p.list.View(t, left, body, !p.inDetail), Width: left},
			kit.Column{Text: p.detail(w-left-1, body), Width: w - left - 1})
	case p.inDetail:
		return head + "\n" + p.detail(w, body)
	}
	return head + "\n" + p.list.View(t, w, body, true)
}

// headline shows the profile, how many controls it has, and when they were scanned.
func (p *Pane) headline(w int) string {
	t, watch, now := p.env.Theme, p.env.Scans, p.env.Now()
	if watch.Report == nil {
		return kit.Fit(" "+t.Bold("Compliance"), w)
	}
	r := watch.Report
	parts := []string{
		r.Set + " profile", inWords[p.view], words.Plural(len(r.Controls), "control", "controls"), p.dueText(),
		fmt.Sprintf("scanned %s in %.1f s", kit.Ago(now, watch.At), watch.Took.Seconds()),
	}
	if left := watch.Due.Sub(now).Round(time.Minute); !watch.Scanning && left > 0 && watch.Err == nil {
		parts = append(parts, fmt.Sprintf("next in %d min", max(1, int(left.Minutes()))))
	}
	text := " " + t.Bold("Compliance")
	for _, part := range parts { // a part that does not fit is left out
		if part != "" && kit.Width(text)+kit.Width(part)+3 <= w {
			text += t.Dim(" · " + part)
		}
	}
	if watch.Err != nil {
		return kit.Ends(text, t.In(kit.TokenFail, "✗ last scan failed, ! shows why "), w)
	}
	return kit.Fit(text, w)
}

// dueText counts what the top line does not: controls that wait for a signature or a
// record, and waived ones.
func (p *Pane) dueText() string {
	counts := p.env.Scans.Counts(p.env)
	var parts []string
	for _, s := range []kit.Status{kit.StatusDue, kit.StatusWaived} {
		if n := counts[s]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, s.Word()))
		}
	}
	return strings.Join(parts, ", ")
}

// empty is shown while there are no findings.
func (p *Pane) empty(w, h int) string {
	t, watch := p.env.Theme, p.env.Scans
	lines := []string{""}
	if watch.Err != nil && !watch.Scanning {
		for _, line := range kit.Explain(watch.Err).Lines(t, w-2) {
			lines = append(lines, "  "+line)
		}
		lines = append(lines, "", "  "+t.Bold("r")+t.Dim(" scan again"))
	} else {
		lines = append(lines, "  "+t.Mark(kit.StatusRunning)+" Scanning the account. A scan changes nothing.")
	}
	for i := range lines {
		lines[i] = kit.Cut(lines[i], w)
	}
	return strings.Join(lines[:min(len(lines), h)], "\n")
}

func (p *Pane) drawRow(r checkRow, w int, selected bool) string {
	t := p.env.Theme
	name := func(text string) string {
		if selected {
			return t.In(kit.TokenSelected, text)
		}
		return text
	}
	if r.Finding == nil {
		sign := "▾ "
		if p.folded(r.family) {
			sign = "▸ "
		}
		var counts []string
		for _, s := range kit.CountedStatuses {
			if n := r.count[s]; n > 0 {
				counts = append(counts, fmt.Sprintf("%2d ", n)+t.Mark(s))
			}
		}
		title := name(r.family)
		if r.title != "" {
			title += "  " + safe.Line(r.title)
		}
		if len(counts) == 0 && r.matrix != nil {
			counts = []string{t.Dim(elsewhere(*r.matrix))}
		}
		tail := strings.Join(counts, " ") + " "
		return kit.Ends(sign+kit.Cut(title, max(8, w-3-kit.Width(tail))), tail, w)
	}
	s := kit.StatusOf(p.env, *r.Finding)
	tail := ""
	if s != kit.StatusOK {
		tail = t.In(s.Token(), s.Word()) + " "
	}
	return kit.Ends("  "+t.Mark(s)+" "+name(kit.Fit(r.ID, 7))+" "+safe.Line(r.Title), tail, w)
}

// detail shows the selected row: for a control what it means, what was found, what to do.
func (p *Pane) detail(w, h int) string {
	t := p.env.Theme
	var lines, head []string
	if f := p.shown.Finding; f != nil {
		title := kit.Ends(t.Bold(f.ID)+"  "+safe.Line(f.Title), t.Verdict(kit.StatusOf(p.env, *f)), w-2)
		head = []string{" " + title} // stays while the rest scrolls
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
		lines[len(lines)-1] = " " + t.Dim("… ↓ more")
	case more:
		lines[len(lines)-1] = " " + t.Dim("… more: enter, then ↓")
	}
	return strings.Join(append(head, lines...), "\n")
}

// familyLines are a family's detail: why the last scan failed, and what changed.
func (p *Pane) familyLines(w int) []string {
	t := p.env.Theme
	var lines []string
	if err := p.env.Scans.Err; err != nil {
		lines = append(lines, kit.Explain(err).Lines(t, w)...)
		lines = append(lines, "")
	}
	if len(p.changes) == 0 {
		return append(lines, t.Dim("Nothing has changed since Claria was started."))
	}
	lines = append(lines, t.Bold("Changed since Claria was started"))
	for _, c := range p.changes {
		lines = append(lines, kit.Wrap(kit.ChangeText(c), w)...)
	}
	return lines
}

// detailLines are a finding's detail below its heading: what it means, what was found,
// what to do, and last the citations of the law.
func (p *Pane) detailLines(f drift.Finding, w int) []string {
	t, c, s := p.env.Theme, p.catalogue[f.ID], kit.StatusOf(p.env, f)
	var lines []string
	if f.Resource != "" {
		lines = append(lines, t.Dim(safe.Line(f.Resource)))
	}
	para := func(text string) {
		if text != "" {
			lines = append(append(lines, ""), kit.Wrap(safe.Text(text), w)...)
		}
	}
	para(c.Meaning)
	lines = append(lines, "")
	pair := func(label string, k kit.Token, text string) {
		if text == "" {
			return
		}
		for i, line := range kit.Wrap(safe.Text(text), max(10, w-10)) {
			head := ""
			if i == 0 {
				head = label
			}
			lines = append(lines, t.Dim(kit.Fit(head, 10))+t.In(k, line))
		}
	}
	pair("desired", kit.TokenText, f.Desired)
	pair("observed", s.Token(), f.Observed)
	if d := f.Drift; d != nil {
		if !d.Since.IsZero() {
			pair("was ok", kit.TokenText, "until "+kit.Exactly(p.env.Now(), d.Since)+": "+d.Before)
		}
		pair("changed", kit.TokenText, p.byWhom(*d))
	} else {
		for _, change := range p.changes {
			if change.ID == f.ID {
				pair("changed", kit.TokenText, kit.BecameText(change))
			}
		}
	}
	accepted := p.waiver(f.ID)
	switch {
	case accepted != nil && register.Acknowledged(f.ID):
		pair("known", kit.TokenText, "acknowledged by "+accepted.Owner+" on "+kit.Exactly(p.env.Now(), accepted.At))
		pair("cause", kit.TokenText, accepted.Reason)
		pair("response", kit.TokenText, accepted.Compensating)
	case accepted != nil && f.Status == catalogue.Waived:
		now := p.env.Now()
		pair("waived", kit.TokenText, "by "+accepted.Owner+", until "+accepted.LastDay(now.Location())+", "+inDays(now, accepted.Ends))
		pair("reason", kit.TokenText, accepted.Reason)
		pair("control", kit.TokenText, "compensating: "+accepted.Compensating)
	case !f.Until.IsZero():
		pair("until", kit.TokenText, kit.Exactly(p.env.Now(), f.Until))
	}
	if f.Status != catalogue.Pass && (f.Status != catalogue.Waived || accepted == nil) {
		para(kit.Sentence(f.Reason))
	}
	lines = append(lines, p.remedyLines(f, c, w)...)
	small := func(label string, list []string) {
		if len(list) == 0 {
			return
		}
		for _, line := range kit.Wrap(label+strings.Join(list, ", "), w) {
			lines = append(lines, t.Dim(line))
		}
	}
	if len(f.Citations)+len(f.ConfigRules) > 0 && lines[len(lines)-1] != "" {
		lines = append(lines, "")
	}
	small("45 CFR ", f.Citations)
	small("AWS Config: ", f.ConfigRules)
	return lines
}

// inDays is how many days are left.
func inDays(now, then time.Time) string {
	switch days := int(then.Sub(now).Hours() / 24); {
	case days < 1:
		return "last day"
	case days == 1:
		return "1 day left"
	default:
		return fmt.Sprintf("%d days left", days)
	}
}

// remedyLines say what to do about a finding.
func (p *Pane) remedyLines(f drift.Finding, c catalogue.Control, w int) []string {
	t := p.env.Theme
	lines := []string{""}
	text := func(text string) {
		lines = append(lines, kit.Wrap(safe.Text(text), w)...)
	}
	key := func(key, does string) {
		lines = append(lines, t.Bold(key)+"  "+does)
	}
	if p.fixing != nil && p.fixed == f.ID {
		lines = append(lines, p.fixLines(w)...)
		if p.fixing.Running || p.fixing.Err == nil {
			return lines
		}
		lines = append(lines, "")
	}
	guide := func() {
		lines = append(lines, t.Bold("What to do"))
		guide, verbs := onScreen(c.Guide)
		text(guide)
		if verbs {
			for _, line := range kit.Wrap(p.env.CommandHint(), w) {
				lines = append(lines, t.Dim(line))
			}
		}
		lines = append(lines, "")
	}
	switch f.Status {
	case catalogue.Unknown:
		if next := f.Next(); next != "" {
			text(kit.Sentence(next) + " Then press r.")
		} else if action := readAction(f.Reason); action != "" {
			text("Claria is not allowed to read this. Pane Setup adds the permission. If this stays unknown, a policy of the organization " +
				"or the account denies " + action + ": its owner has to change it. Then press r.")
		} else {
			text("The next scan reads it again. Press r to scan now.")
		}
	case catalogue.AttestDue:
		if c.Guide != "" {
			guide()
		}
		if c.Statement != nil {
			key("s", "read the statement, and sign it if it is true")
		}
	case catalogue.Attested:
		if c.Statement != nil {
			key("s", "read the statement, or sign it again")
		}
	case catalogue.Waived:
		key("w", "withdraw the waiver")
	case catalogue.Fail:
		plan, why := p.fix(f)
		if why == "" {
			key("f", "fix it ("+words.Plural(len(plan.Steps), "change", "changes")+", "+riskOf(plan)+")")
			for _, step := range plan.Steps {
				for _, line := range kit.Wrap(step.Op.Sign()+" "+safe.Line(step.Resource)+": "+safe.Line(step.Summary), max(10, w-3)) {
					lines = append(lines, "   "+t.Dim(line))
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
			key("w", "acknowledge it: record who did it and why")
		case !f.Overdue:
			key("w", "accept the risk for a limited time, with a reason")
		}
		key("r", "check again when it is done")
	}
	return lines
}

// riskOf is the risk of a plan's riskiest step, in words.
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
			return kit.RiskWords[risk]
		case n > 0:
			return "partly " + kit.RiskWords[risk]
		}
	}
	return kit.RiskWords[provision.Reversible]
}

// verbPatterns are the commands in a control's guide that are keys on the screen.
var verbPatterns = []struct {
	verb *regexp.Regexp
	key  string
}{
	{regexp.MustCompile(`claria attest [A-Z0-9]+-\d+( --file [A-Za-z]+(\.[a-z]+)?)?`), "key s"},
	{regexp.MustCompile(`claria waive( [A-Z0-9]+-\d+)?`), "key w"},
}

// onScreen is a control's guide with keys instead of commands; verbs is true if a
// command for a shell is left.
func onScreen(guide string) (text string, verbs bool) {
	for _, p := range verbPatterns {
		guide = p.verb.ReplaceAllString(guide, p.key)
	}
	return guide, strings.Contains(guide, "claria ")
}

// fixLines show the current or last fix of the selected control.
func (p *Pane) fixLines(w int) []string {
	t := p.env.Theme
	var lines []string
	for i, step := range p.fixing.Plan.Steps {
		s, word := p.fixing.Steps[i].Mark()
		if p.fixing.Steps[i].Detail != "" {
			word += " · " + safe.Line(p.fixing.Steps[i].Detail)
		}
		resource := kit.Cut(safe.Line(step.Resource), max(8, w-4-kit.Width(word)))
		lines = append(lines, t.Mark(s)+" "+resource+"  "+t.Dim(word))
	}
	switch {
	case p.fixing.Running:
	case p.fixing.Stopped:
		lines = append(lines, fmt.Sprintf("Stopped: %d of %d changes were made.", p.fixing.Done, len(p.fixing.Steps)))
	case p.fixing.Err != nil:
		lines = append(lines, kit.Explain(p.fixing.Err).Lines(t, w)...)
	case p.waiting:
		lines = append(lines, "Done. Scanning the account again.")
	default:
		lines = append(lines, "Done. A scan has confirmed it.")
	}
	return lines
}

// readActionPattern finds the IAM action of a failed read in a reason.
var readActionPattern = regexp.MustCompile(`\b[a-z][a-z0-9-]*:[A-Z][A-Za-z]+\b`)

// readAction is the permission that the reason of an unknown finding names.
func readAction(reason string) string { return readActionPattern.FindString(reason) }
