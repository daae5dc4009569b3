package evidence

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/internal/words"
)

// Style is how Styled writes. The zero Style is plain text without colour.
type Style struct {
	Color bool           // ANSI colours, for a terminal that asked for them
	ASCII bool           // no glyph outside ASCII
	Width int            // columns; 0: 100
	Zone  *time.Location // shown beside UTC; nil: UTC alone
}

// mark is how a status is shown: glyph and word, never colour alone.
type mark struct{ glyph, ascii, word, color string }

func markOf(s catalogue.Status) mark {
	switch s {
	case catalogue.Pass:
		return mark{"●", "+", "ok", "32"}
	case catalogue.Fail:
		return mark{"✗", "x", "fail", "31"}
	case catalogue.NotApplicable:
		return mark{"–", "-", "n/a", "2"}
	case catalogue.Waived:
		return mark{"◇", "o", "waived", "36"}
	case catalogue.Attested:
		return mark{"◆", "*", "signed", "32"}
	case catalogue.AttestDue:
		return mark{"○", "~", "to sign", "33"}
	}
	return mark{"?", "?", "unknown", "33"}
}

// Styled writes the report for a person: the findings by family, and for each that
// is not in order what was seen, why it matters and what to do.
func Styled(w io.Writer, report drift.Report, style Style) error {
	if style.Width == 0 {
		style.Width = 100
	}
	p := printer{style: style}
	p.header(report)
	rows := controls(report.Set)
	var due []drift.Finding
	for _, f := range report.Controls {
		switch {
		case f.Status == catalogue.AttestDue:
			due = append(due, f)
		case fails(f) && f.Overdue:
			if len(p.first) == 0 {
				p.line("\nOverdue: a legal deadline has passed")
			}
			p.first = append(p.first, f.ID)
			p.finding(f, rows[f.ID])
		}
	}
	last := ""
	for _, f := range report.Controls {
		if f.Status == catalogue.AttestDue || slices.Contains(p.first, f.ID) {
			continue
		}
		if name := family(f, rows[f.ID]); name != last {
			last = name
			p.line("\n%s", safe.Line(last))
		}
		p.finding(f, rows[f.ID])
	}
	p.due(due)
	p.counts(report)
	_, err := w.Write(p.out.Bytes())
	return err
}

type printer struct {
	style Style
	first []string // ids of the findings that are listed first
	out   bytes.Buffer
}

func (p *printer) line(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

func (p *printer) header(r drift.Report) {
	separator := " · "
	if p.style.ASCII {
		separator = " - "
	}
	parts := []string{
		"account " + safe.Line(r.Account), safe.Line(r.Region), safe.Line(r.Set) + " controls",
		words.Moment(r.Started, p.style.Zone),
		fmt.Sprintf("%.1f s", (time.Duration(r.ElapsedMS) * time.Millisecond).Seconds()),
		fmt.Sprintf("%d calls", r.APICalls),
	}
	line := ""
	for _, part := range parts {
		switch {
		case line == "":
			line = part
		case utf8.RuneCountInString(line+separator+part) > p.style.Width:
			p.line("%s", line)
			line = part
		default:
			line += separator + part
		}
	}
	p.line("%s", line)
}

// The columns: glyph and word, id, title, severity. Details are under the title.
const (
	statusWidth = 9 // "? unknown"
	idWidth     = 6
	titleWidth  = 46
	labelWidth  = 8
	indent      = 2 + statusWidth + 2
)

func (p *printer) finding(f drift.Finding, c catalogue.Control) {
	m := markOf(f.Status)
	glyph := m.glyph
	if p.style.ASCII {
		glyph = m.ascii
	}
	status := pad(glyph+" "+m.word, statusWidth)
	if p.style.Color {
		status = "\x1b[" + m.color + "m" + status + "\x1b[0m"
	}
	severity := ""
	switch {
	case f.Advice && f.Status == catalogue.Fail:
		severity = "advice"
	case f.Status == catalogue.Fail || unsure(f):
		severity = string(f.Severity)
	case f.Status == catalogue.Attested && !f.Until.IsZero():
		severity = "until " + f.Until.UTC().Format(time.DateOnly)
	}
	p.line("%s", strings.TrimRight("  "+status+"  "+pad(safe.Line(f.ID), idWidth)+"  "+pad(safe.Line(f.Title), titleWidth)+"  "+severity, " "))
	switch f.Status {
	case catalogue.Fail:
		p.detail("where", f.Resource)
		p.detail("seen", f.Observed)
		p.detail("wanted", f.Desired)
		p.detail("why", sentence(f.Reason))
		p.detail("drift", sentence(actor(f, p.style.Zone)))
		p.detail("do", c.Guide)
		p.detail("law", citations(f))
	case catalogue.Unknown:
		p.detail("where", f.Resource)
		p.detail("wanted", f.Desired)
		p.detail("why", "Claria could not judge it: "+strings.TrimSuffix(f.Reason, ".")+".")
		p.detail("drift", sentence(actor(f, p.style.Zone)))
		p.detail("do", remedyOf(f))
		p.detail("law", citations(f))
	case catalogue.NotApplicable, catalogue.Waived:
		p.detail("seen", f.Observed)
		p.detail("why", sentence(f.Reason))
		if f.Status == catalogue.Waived && !f.Until.IsZero() {
			p.detail("until", words.Moment(f.Until, p.style.Zone))
		}
	}
}

// remedyOf says how an unknown finding can become known.
func remedyOf(f drift.Finding) string {
	if next := f.Next(); next != "" {
		return sentence(next) + " Then check again."
	}
	return "Give this identity the permission to read (docs/permissions.md lists them), or wait until AWS answers. Then check again."
}

// due lists the statements that wait for a signature in one block: before the first
// signature there are many, and none is new.
func (p *printer) due(list []drift.Finding) {
	if len(list) == 0 {
		return
	}
	p.line("\nTo be signed (%d): claria attest, or the Compliance pane on the screen", len(list))
	for _, f := range list {
		m := markOf(f.Status)
		glyph := m.glyph
		if p.style.ASCII {
			glyph = m.ascii
		}
		if p.style.Color {
			glyph = "\x1b[" + m.color + "m" + glyph + "\x1b[0m"
		}
		for i, line := range words.Wrap(safe.Line(f.Title), max(20, p.style.Width-4-idWidth-2)) {
			head := "  " + glyph + " " + pad(safe.Line(f.ID), idWidth) + "  "
			if i > 0 {
				head = strings.Repeat(" ", 4+idWidth+2)
			}
			p.line("%s%s", head, line)
		}
	}
}

// sentence makes a text begin with a capital and end with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(first)) + strings.TrimSuffix(s[size:], ".") + "."
}

func citations(f drift.Finding) string {
	text := ""
	for i, citation := range f.Citations {
		// Name the code only once.
		if i == 0 || !strings.HasPrefix(citation, "164.") {
			citation = cited(citation)
		}
		text = plainly(", ", text, citation)
	}
	if len(f.ConfigRules) > 0 {
		text += "; AWS Config " + strings.Join(f.ConfigRules, ", ")
	}
	return strings.TrimPrefix(text, "; ")
}

// detail writes a labelled text under a finding, wrapped.
func (p *printer) detail(label, text string) {
	text = safe.Line(text)
	if text == "" {
		return
	}
	if p.style.ASCII {
		text = strings.NewReplacer("→", "->", "“", `"`, "”", `"`, "…", "...", "–", "-").Replace(text)
	}
	room := max(20, p.style.Width-indent-labelWidth)
	for i, line := range words.Wrap(text, room) {
		if i > 0 {
			label = ""
		}
		p.line("%s%s%s", strings.Repeat(" ", indent), pad(label, labelWidth), line)
	}
}

func (p *printer) counts(r drift.Report) {
	s := r.Summary
	texts := []string{fmt.Sprintf("%d ok", s.Pass)}
	for _, other := range []struct {
		n     int
		word  string
		of    catalogue.Status
		named bool // list the ids, because nothing above lists them in one place
	}{
		{s.Fail, "fail", catalogue.Fail, true},
		{s.Unknown, "unknown", catalogue.Unknown, true},
		{s.Waived, "waived", catalogue.Waived, true},
		{s.NotApplicable, "n/a", catalogue.NotApplicable, true},
		{s.Attested, "signed", catalogue.Attested, false},
		{s.AttestDue, "to be signed", catalogue.AttestDue, false},
	} {
		if other.n == 0 {
			continue
		}
		var ids []string
		for _, f := range r.Controls {
			if f.Status == other.of && (!f.Advice || f.Status != catalogue.Fail && f.Status != catalogue.Unknown) {
				ids = append(ids, safe.Line(f.ID))
			}
		}
		text := fmt.Sprintf("%d %s", other.n, other.word)
		if other.named && len(ids) > 0 {
			text += " (" + strings.Join(ids, ", ") + ")"
		}
		texts = append(texts, text)
	}
	if s.Advice > 0 {
		texts = append(texts, fmt.Sprintf("%d advice", s.Advice))
	}
	p.line("")
	// The summary counts all judged controls; a caller may leave findings out.
	total := s.Advice
	for _, c := range counted(s) {
		total += c.n
	}
	for _, line := range words.Wrap(fmt.Sprintf("%d controls: %s", total, strings.Join(texts, ", ")), p.style.Width) {
		p.line("%s", line)
	}
}

// pad fills s with spaces up to n columns; its texts have only narrow characters.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s)))
}
