package evidence

import (
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
)

// column is one column of the CSV.
type column struct {
	name string
	of   func(Dossier, drift.Finding) string
}

func columns() []column {
	list := func(of func(drift.Finding) []string) func(Dossier, drift.Finding) string {
		return func(_ Dossier, f drift.Finding) string { return strings.Join(of(f), " ") }
	}
	moment := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return []column{
		{"control", func(_ Dossier, f drift.Finding) string { return f.ID }},
		{"family", func(_ Dossier, f drift.Finding) string { return f.Family }},
		{"title", func(_ Dossier, f drift.Finding) string { return f.Title }},
		{"status", func(_ Dossier, f drift.Finding) string { return string(f.Status) }},
		{"severity", func(_ Dossier, f drift.Finding) string { return string(f.Severity) }},
		{"overdue", func(_ Dossier, f drift.Finding) string { return strconv.FormatBool(f.Overdue) }},
		{"advice", func(_ Dossier, f drift.Finding) string { return strconv.FormatBool(f.Advice) }},
		{"resource", func(_ Dossier, f drift.Finding) string { return f.Resource }},
		{"observed", func(_ Dossier, f drift.Finding) string { return f.Observed }},
		{"desired", func(_ Dossier, f drift.Finding) string { return f.Desired }},
		{"reason", func(_ Dossier, f drift.Finding) string { return f.Reason }},
		{"until_utc", func(_ Dossier, f drift.Finding) string { return moment(f.Until) }},
		{"drift", func(d Dossier, f drift.Finding) string { return actor(f, d.Zone) }},
		{"citations_45_cfr", list(func(f drift.Finding) []string { return f.Citations })},
		{"aws_config_rules", list(func(f drift.Finding) []string { return f.ConfigRules })},
		{"prowler", list(func(f drift.Finding) []string { return f.Prowler })},
		{"remedy", func(_ Dossier, f drift.Finding) string { return string(f.Remedy) }},
		{"account", func(d Dossier, _ drift.Finding) string { return d.Report.Account }},
		{"region", func(d Dossier, _ drift.Finding) string { return d.Report.Region }},
		{"set", func(d Dossier, _ drift.Finding) string { return d.Report.Set }},
		{"checked_utc", func(d Dossier, _ drift.Finding) string { return moment(d.Report.Started) }},
	}
}

// CSV writes one row per finding under a header row, as in RFC 4180.
func CSV(w io.Writer, d Dossier) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	var row []string
	for _, c := range columns() {
		row = append(row, c.name)
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for _, f := range d.Report.Controls {
		row = row[:0]
		for _, c := range columns() {
			row = append(row, cell(c.of(d, f)))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// cell keeps a spreadsheet from reading a text as a formula, which a resource's name
// could be: formulas begin with =, +, -, @, or a character that becomes one (OWASP, CSV
// Injection). The apostrophe marks it as text.
func cell(text string) string {
	text = safe.Line(text)
	if text != "" && strings.ContainsRune("=+-@|%\uff1d\uff0b\uff0d\uff20", []rune(text)[0]) {
		return "'" + text
	}
	return text
}

// JUnit's XML, as build servers read it: testsuites, testsuite, testcase.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string      `xml:"name,attr"`
		Tests      int         `xml:"tests,attr"`
		Failures   int         `xml:"failures,attr"`
		Errors     int         `xml:"errors,attr"`
		Skipped    int         `xml:"skipped,attr"`
		Time       string      `xml:"time,attr"`
		Timestamp  string      `xml:"timestamp,attr"`
		Hostname   string      `xml:"hostname,attr"`
		Properties []junitPair `xml:"properties>property"`
		Cases      []junitCase `xml:"testcase"`
	}
	junitPair struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string     `xml:"name,attr"`
		ClassName string     `xml:"classname,attr"`
		Time      string     `xml:"time,attr"`
		Failure   *junitNote `xml:"failure"`
		Error     *junitNote `xml:"error"`
		Skipped   *junitNote `xml:"skipped"`
		Out       string     `xml:"system-out,omitempty"`
	}
	junitNote struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a suite for each standard of the rule and a case for each control
// under its first citation. A control that could not be judged is an error; one
// that is waived, does not apply, is advice or waits for a signature is skipped.
func JUnit(w io.Writer, d Dossier) error {
	rows := controls(d.Report.Set)
	all := junitSuites{Name: "Claria: 45 CFR 164, " + safe.Line(d.Report.Set) + " controls", Time: seconds(d.Report.ElapsedMS)}
	index := map[string]int{}
	for _, f := range d.Report.Controls {
		of := standardOf(f.Citations)
		i, known := index[of]
		if !known {
			i = len(all.Suites)
			index[of] = i
			all.Suites = append(all.Suites, junitSuite{
				Name: cited(of), Time: "0", Timestamp: d.Report.Started.UTC().Format("2006-01-02T15:04:05"), Hostname: safe.Line(d.Report.Account),
				Properties: []junitPair{{"region", safe.Line(d.Report.Region)}, {"version", d.Version}},
			})
		}
		s := &all.Suites[i]
		c := junitCase{
			Name:      safe.Line(f.ID + " " + f.Title),
			ClassName: "claria." + strings.ReplaceAll(family(f, rows[f.ID]), " ", "_"),
			Time:      "0",
		}
		note := &junitNote{Message: meaning(f), Type: word(f), Text: details(d, f, rows[f.ID])}
		switch {
		case fails(f):
			c.Failure = note
			s.Failures++
		case unsure(f):
			c.Error = note
			s.Errors++
		case f.Status == catalogue.Pass, f.Status == catalogue.Attested:
			c.Out = meaning(f)
		default:
			c.Skipped = &junitNote{Message: word(f) + ": " + meaning(f)}
			s.Skipped++
		}
		s.Tests++
		s.Cases = append(s.Cases, c)
	}
	slices.SortStableFunc(all.Suites, func(a, b junitSuite) int { return strings.Compare(a.Name, b.Name) })
	for _, s := range all.Suites {
		all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors, all.Skipped+s.Skipped
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func seconds(ms int64) string { return fmt.Sprintf("%.3f", float64(ms)/1000) }

// details returns the lines that say what to do about a finding.
func details(d Dossier, f drift.Finding, c catalogue.Control) string {
	var b strings.Builder
	for _, part := range [][2]string{
		{"where", where(d, f)},
		{"seen", f.Observed},
		{"wanted", f.Desired},
		{"why", f.Reason},
		{"drift", actor(f, d.Zone)},
		{"do", c.Guide},
		{"law", citations(f)},
	} {
		if text := safe.Line(part[1]); text != "" {
			fmt.Fprintf(&b, "%s: %s\n", part[0], text)
		}
	}
	return b.String()
}
