package evidence

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"claria/drift"
	"claria/internal/safe"
)

// Style is how Styled writes. The zero Style is plain text without colour.
type Style struct {
	Color bool // ANSI colours, for a terminal that asked for them
	ASCII bool // no glyph outside ASCII
	Width int  // columns; 0: 100
}

// Text writes the report for a person, without colour: the findings by family,
// and for each that is not in order what was seen, why it matters and what to do.
func Text(w io.Writer, report drift.Report) error { return Styled(w, report, Style{}) }

// mark is how a status is shown: glyph and word, never colour alone.
type mark struct{ glyph, ascii, word, color string }

func markOf(s drift.Status) mark {
	switch s {
	case drift.Pass:
		return mark{"●", "+", "ok", "32"}
	case drift.Fail:
		return mark{"✗", "x", "fail", "31"}
	case drift.NotApplicable:
		return mark{"–", "-", "n/a", "2"}
	case drift.Waived:
		return mark{"◇", "o", "waived", "36"}
	}
	return mark{"?", "?", "unknown", "33"}
}

// Styled is Text in another style.
func Styled(w io.Writer, report drift.Report, style Style) error {
	if style.Width == 0 {
		style.Width = 100
	}
	p := printer{style: style}
	p.header(report)
	controls := map[string]drift.Control{}
	if known, err := drift.Catalogue(report.Set); err == nil {
		for _, c := range known {
			controls[c.ID] = c
		}
	}
	family := ""
	for _, f := range report.Controls {
		c := controls[f.ID]
		if c.Family == "" {
			c.Family = "Other"
		}
		if c.Family != family {
			family = c.Family
			p.line("\n%s", family)
		}
		p.finding(f, c)
	}
	p.counts(report)
	_, err := w.Write(p.out.Bytes())
	return err
}

type printer struct {
	style Style
	out   bytes.Buffer
}

func (p *printer) line(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

func (p *printer) header(r drift.Report) {
	separator := " · "
	if p.style.ASCII {
		separator = " - "
	}
	p.line("%s", strings.Join([]string{
		"account " + safe.Line(r.Account), safe.Line(r.Region), safe.Line(r.Set) + " controls",
		r.Started.UTC().Format("2006-01-02 15:04") + " UTC",
		fmt.Sprintf("%.1f s", (time.Duration(r.ElapsedMS) * time.Millisecond).Seconds()),
		fmt.Sprintf("%d calls", r.APICalls),
	}, separator))
}

// The columns: glyph and word, id, title, severity. Details are under the title.
const (
	statusWidth = 9 // "? unknown"
	idWidth     = 6
	titleWidth  = 46
	labelWidth  = 8
	indent      = 2 + statusWidth + 2
)

func (p *printer) finding(f drift.Finding, c drift.Control) {
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
	if f.Status == drift.Fail || f.Status == drift.Unknown {
		severity = string(f.Severity)
	}
	p.line("%s", strings.TrimRight("  "+status+"  "+pad(safe.Line(f.ID), idWidth)+"  "+pad(safe.Line(f.Title), titleWidth)+"  "+severity, " "))
	switch f.Status {
	case drift.Fail:
		p.detail("where", f.Resource)
		p.detail("seen", f.Observed)
		p.detail("wanted", f.Desired)
		p.detail("why", sentence(f.Reason))
		p.detail("do", c.Guide)
		p.detail("law", citations(f))
	case drift.Unknown:
		p.detail("where", f.Resource)
		p.detail("wanted", f.Desired)
		p.detail("why", "It could not be judged: "+strings.TrimSuffix(f.Reason, ".")+".")
		p.detail("do", "Allow this identity the read (docs/permissions.md lists them), or wait until AWS answers, then check again.")
		p.detail("law", citations(f))
	case drift.NotApplicable, drift.Waived:
		p.detail("seen", f.Observed)
		p.detail("why", sentence(f.Reason))
	}
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(first)) + strings.TrimSuffix(s[size:], ".") + "."
}

func citations(f drift.Finding) string {
	text := ""
	if len(f.Citations) > 0 {
		text = "45 CFR " + strings.Join(f.Citations, ", ")
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
	for i, line := range wrap(text, room) {
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
		n    int
		word string
		of   drift.Status
	}{{s.Fail, "fail", drift.Fail}, {s.Unknown, "unknown", drift.Unknown}, {s.Waived, "waived", drift.Waived}, {s.NotApplicable, "n/a", drift.NotApplicable}} {
		if other.n == 0 {
			continue
		}
		var ids []string
		for _, f := range r.Controls {
			if f.Status == other.of {
				ids = append(ids, safe.Line(f.ID))
			}
		}
		texts = append(texts, fmt.Sprintf("%d %s (%s)", other.n, other.word, strings.Join(ids, ", ")))
	}
	p.line("")
	// The summary counts all that were judged; a caller may leave findings out.
	total := r.Summary.Pass + r.Summary.Fail + r.Summary.Unknown + r.Summary.NotApplicable + r.Summary.Waived
	for _, line := range wrap(fmt.Sprintf("%d controls: %s", total, strings.Join(texts, ", ")), p.style.Width) {
		p.line("%s", line)
	}
}

// pad fills s with spaces up to n columns; the texts it gets are of narrow characters.
func pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s)))
}

// wrap breaks s at spaces into lines of at most width characters; a longer word
// has a line to itself.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
