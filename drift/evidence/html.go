package evidence

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/internal/words"
)

// page is an HTML page under construction. text and element escape what they write;
// only markup writes markup, and its arguments come only from this file.
type page struct {
	out  bytes.Buffer
	zone *time.Location
}

func (p *page) markup(m string) { p.out.WriteString(m) }

func (p *page) text(s string) { p.out.WriteString(html.EscapeString(safe.Line(s))) }

// element writes one element with a text in it.
func (p *page) element(tag, class, s string) {
	p.markup("<" + tag)
	if class != "" {
		p.markup(` class="` + class + `"`)
	}
	p.markup(">")
	p.text(s)
	p.markup("</" + tag + ">")
}

// table writes rows of texts under a row of names; an empty table is left out.
func (p *page) table(title string, head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	p.element("h2", "", title)
	p.markup("<table><thead><tr>")
	for _, h := range head {
		p.element("th", "", h)
	}
	p.markup("</tr></thead><tbody>\n")
	for _, row := range rows {
		p.markup("<tr>")
		for _, c := range row {
			p.element("td", "", c)
		}
		p.markup("</tr>\n")
	}
	p.markup("</tbody></table>\n")
}

// pageStyle has no url() and no import: the page loads nothing.
const pageStyle = `:root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--dim:#57606a;--line:#d0d7de;--bad:#b3261e;--good:#1a6e36;--warn:#8a5300}
@media(prefers-color-scheme:dark){:root{--fg:#e6e9ed;--bg:#14171b;--dim:#9aa4af;--line:#363c44;--bad:#ff8a80;--good:#6fdc8c;--warn:#ffc46b}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid var(--line)}
p.dim,td.dim{color:var(--dim)}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
section.finding{break-inside:avoid;margin:.6rem 0;padding-left:.7rem;border-left:3px solid var(--line)}
section.fail{border-color:var(--bad)}section.pass,section.attested{border-color:var(--good)}section.unknown,section.attest_due,section.waived{border-color:var(--warn)}
h3{font-size:1rem;margin:0}h3 b{font-variant:small-caps}section.fail h3 b{color:var(--bad)}section.pass h3 b,section.attested h3 b{color:var(--good)}section.unknown h3 b,section.attest_due h3 b,section.waived h3 b{color:var(--warn)}
dl{display:grid;grid-template-columns:5rem 1fr;margin:.2rem 0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
@media print{:root{--fg:#000;--bg:#fff;--dim:#444;--line:#bbb;--bad:#8c0000;--good:#00521c;--warn:#5e3800}body{font-size:10pt;margin:0;max-width:none}}
`

// HTML writes one page that needs no network: no script, no link, no image.
func HTML(w io.Writer, d Dossier) error {
	p := &page{zone: d.Zone}
	r := d.Report
	p.markup("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">" +
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">" +
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>")
	p.text("Check of " + r.Started.UTC().Format(time.DateOnly) + " · account " + r.Account)
	p.markup("</title><style>" + pageStyle + "</style></head><body>\n")
	p.element("h1", "", title(d))
	p.element("p", "dim", fmt.Sprintf("AWS account %s · %s · %s controls · %s · %d calls in %s s · Claria %s", r.Account, r.Region, r.Set, words.Moment(r.Started, d.Zone), r.APICalls, seconds(r.ElapsedMS), d.Version))
	p.element("p", "", tally(r))
	rows := controls(r.Set)
	for _, group := range groups(d) {
		p.element("h2", "", group.name)
		for _, f := range group.findings {
			p.finding(d, f, rows[f.ID])
		}
	}
	p.table("Changes since the previous check", changeHead, changeRows(d))
	p.table("The Security Rule, row by row", matrixHead, matrixRows(d))
	p.table("Signed statements", attestationHead, attestationRows(d))
	p.table("Waivers", waiverHead, waiverRows(d))
	p.table("Decisions on addressable specifications", decisionHead, decisionRows(d))
	p.table("Evidence", []string{"what", "value"}, headRows(d))
	p.element("p", "dim", disclaimer)
	p.markup("</body></html>\n")
	_, err := w.Write(p.out.Bytes())
	return err
}

func (p *page) finding(d Dossier, f drift.Finding, c catalogue.Control) {
	class := string(f.Status)
	if !known(f.Status) {
		class = string(catalogue.Unknown) // a class is one of the known statuses
	}
	p.markup(`<section class="finding ` + class + `"><h3><b>`)
	p.text(word(f))
	p.markup("</b> ")
	p.text(f.ID + " " + f.Title)
	p.markup("</h3>")
	parts := [][2]string{{"severity", string(f.Severity)}, {"where", f.Resource}, {"seen", f.Observed}}
	if !settled(f) {
		parts = append(parts, [2]string{"wanted", f.Desired}, [2]string{"why", f.Reason}, [2]string{"meaning", c.Meaning}, [2]string{"do", c.Guide})
	}
	if !f.Until.IsZero() {
		parts = append(parts, [2]string{"until", words.Moment(f.Until, p.zone)})
	}
	parts = append(parts, [2]string{"drift", actor(f, d.Zone)}, [2]string{"law", citations(f)})
	p.markup("<dl>")
	for _, part := range parts {
		if safe.Line(part[1]) != "" {
			p.element("dt", "", part[0])
			p.element("dd", "", part[1])
		}
	}
	p.markup("</dl></section>\n")
}

func known(s catalogue.Status) bool {
	switch s {
	case catalogue.Pass, catalogue.Fail, catalogue.Unknown, catalogue.NotApplicable, catalogue.Waived, catalogue.Attested, catalogue.AttestDue:
		return true
	}
	return false
}

func title(d Dossier) string {
	if d.Practice != "" {
		return "Safeguards of " + d.Practice
	}
	return "Safeguards of AWS account " + d.Report.Account
}

// disclaimer says what the document is not.
const disclaimer = "This document lists what was checked and what was found. It is evidence for a risk analysis and an evaluation under 45 CFR 164.308. It is not a certificate and not legal advice."

// tally counts the findings in one sentence.
func tally(r drift.Report) string {
	words := map[string]string{
		"pass": "passed", "fail": "failed", "unknown": "not established", "not_applicable": "not applicable",
		"waived": "waived", "attested": "attested", "attest_due": "to be signed",
	}
	var parts []string
	total := 0
	for _, c := range counted(r.Summary) {
		total += c.n
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, words[c.name]))
		}
	}
	text := fmt.Sprintf("%d controls: %s.", total, strings.Join(parts, ", "))
	if r.Summary.Overdue > 0 {
		text += fmt.Sprintf(" Of the failed, %d because a legal deadline has passed.", r.Summary.Overdue)
	}
	if r.Summary.Advice > 0 {
		text += fmt.Sprintf(" Also %d as advice, on law that is only proposed.", r.Summary.Advice)
	}
	return text
}

// group is findings that are shown together.
type group struct {
	name     string
	findings []drift.Finding
}

// groups returns the findings in reading order: those that need
// action first, those in order last.
func groups(d Dossier) []group {
	all := []group{{name: "Overdue"}, {name: "Failed"}, {name: "Not established"}, {name: "To be signed"}, {name: "Waived"}, {name: "Advice"}, {name: "In order"}, {name: "Not applicable"}}
	for _, f := range d.Report.Controls {
		i := 6
		switch {
		case fails(f) && f.Overdue:
			i = 0
		case fails(f):
			i = 1
		case unsure(f):
			i = 2
		case f.Status == catalogue.AttestDue:
			i = 3
		case f.Status == catalogue.Waived:
			i = 4
		case f.Status == catalogue.NotApplicable:
			i = 7
		case !settled(f):
			i = 5
		}
		all[i].findings = append(all[i].findings, f)
	}
	var filled []group
	for _, g := range all {
		if len(g.findings) > 0 {
			filled = append(filled, g)
		}
	}
	return filled
}
