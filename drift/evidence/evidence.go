// Package evidence prints a report in the formats that its readers use: a person, a
// cron mail, an auditor, a SIEM, a build server, a monitoring system.
//
// It must not judge: package drift decides what it prints. Every text
// from outside goes through safe.Line, because a resource's name may
// hold terminal control characters, and through the format's own escaping.
package evidence

import (
	"fmt"
	"io"
	"strings"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/drift/register"
	"claria/internal/safe"
	"claria/internal/words"
)

// Dossier is everything that a format may show. Only Report is required; a zero field is
// left out or shown as missing.
type Dossier struct {
	Report   drift.Report
	Register register.Register // the practice's statements, waivers and registers
	Previous *drift.Report     // the previous check of the same account and set; nil: there was none
	Changes  []drift.Change    // since the previous check
	Head     ledger.Head       // the newest line of the evidence ledger
	Practice string            // its name
	Version  string            // of the program
	Zone     *time.Location    // shown beside UTC; nil: UTC alone
	Style    Style             // of the text format
}

// Format is one way to print a dossier.
type Format struct {
	Name      string // as --format takes it
	Title     string // what it is for, in a few words
	Extension string // of a file
	Binary    bool   // not for a terminal
	Write     func(io.Writer, Dossier) error
}

// Formats returns all formats, in the order in which they are listed.
func Formats() []Format {
	return []Format{
		{"text", "for a person", "txt", false, func(w io.Writer, d Dossier) error {
			style := d.Style
			style.Zone = d.Zone
			return Styled(w, d.Report, style)
		}},
		{"json", "the report as it is", "json", false, func(w io.Writer, d Dossier) error { return JSON(w, d.Report) }},
		{"ocsf", "OCSF " + ocsfVersion + " Compliance Findings, for a SIEM", "ocsf.jsonl", false, OCSF},
		{"oscal", "OSCAL " + oscalVersion + " assessment results, for an auditor's tools", "oscal.json", false, OSCAL},
		{"csv", "for a spreadsheet", "csv", false, CSV},
		{"junit", "JUnit XML, for a build server", "xml", false, JUnit},
		{"prometheus", "metrics for node_exporter's textfile collector", "prom", false, Prometheus},
		{"nagios", "one line for Nagios and compatible systems", "txt", false, func(w io.Writer, d Dossier) error {
			line, _ := Nagios(d)
			_, err := io.WriteString(w, line+"\n")
			return err
		}},
		{"html", "one page that needs no network", "html", false, HTML},
		{"pdf", "a binder for an auditor", "pdf", true, PDF},
	}
}

// Find returns the format with a name.
func Find(name string) (Format, error) {
	names := []string{}
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("there is no format %q; the formats are: %s", name, strings.Join(names, ", "))
}

// JSON writes the report as one indented JSON object, the schema of
// `claria --check --format json`. No list in it is null.
func JSON(w io.Writer, report drift.Report) error {
	report.Controls = append([]drift.Finding{}, report.Controls...)
	for i := range report.Controls {
		f := &report.Controls[i]
		f.Citations = append([]string{}, f.Citations...)
		f.ConfigRules = append([]string{}, f.ConfigRules...)
		f.Prowler = append([]string{}, f.Prowler...)
		f.Methods = append([]catalogue.Method{}, f.Methods...)
	}
	return safe.WriteJSON(w, report)
}

// controls returns the catalogue's rows of a report's set, by id: what a finding does
// not hold itself.
func controls(set string) map[string]catalogue.Control {
	known, err := catalogue.Controls(set)
	if err != nil {
		known, _ = catalogue.Controls(catalogue.Strict)
	}
	byID := make(map[string]catalogue.Control, len(known))
	for _, c := range known {
		byID[c.ID] = c
	}
	return byID
}

// actor says who made a finding worse, from the trail; empty without drift.
func actor(f drift.Finding, zone *time.Location) string {
	if f.Drift == nil {
		return ""
	}
	well := ""
	if !f.Drift.Since.IsZero() { // zero: no earlier check saw it in order
		well = "in order until " + words.Moment(f.Drift.Since, zone) + "; "
	}
	e := f.Drift.Event
	if e == nil {
		return well + "the trail does not name who changed it"
	}
	return well + fmt.Sprintf("%s by %s from %s at %s", e.Name, e.Actor, e.Address, words.Moment(e.At, zone))
}

// meaning explains a finding: the reason, or for one that is in order
// what was observed.
func meaning(f drift.Finding) string {
	switch {
	case f.Reason != "":
		return safe.Line(f.Reason)
	case f.Observed != "":
		return safe.Line(f.Observed)
	}
	return word(f)
}

// word returns a finding's status in words.
func word(f drift.Finding) string {
	switch f.Status {
	case catalogue.Pass:
		return "passed"
	case catalogue.Fail:
		if f.Advice {
			return "advice"
		}
		if f.Overdue {
			return "overdue"
		}
		return "failed"
	case catalogue.NotApplicable:
		return "not applicable"
	case catalogue.Waived:
		return "waived"
	case catalogue.Attested:
		return "attested"
	case catalogue.AttestDue:
		return "to be signed"
	}
	return "unknown"
}

// fails reports whether a finding counts as failing: advice on what the law only
// proposes does not.
func fails(f drift.Finding) bool { return f.Status == catalogue.Fail && !f.Advice }

// unsure reports whether a finding could not be established.
func unsure(f drift.Finding) bool {
	switch f.Status {
	case catalogue.Pass, catalogue.Fail, catalogue.NotApplicable, catalogue.Waived, catalogue.Attested, catalogue.AttestDue:
		return false
	}
	return !f.Advice
}

// where returns the resource that a finding is about; a control without a single resource
// is about the account.
func where(d Dossier, f drift.Finding) string {
	if name := safe.Line(f.Resource); name != "" {
		return name
	}
	return "account " + safe.Line(d.Report.Account)
}

// severities returns the severities, the worst first.
func severities() []catalogue.Severity {
	return []catalogue.Severity{catalogue.Critical, catalogue.High, catalogue.Medium, catalogue.Low, catalogue.Info}
}
