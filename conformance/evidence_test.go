//go:build conformance

package conformance

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEvidenceIsReadByOthers exports one check in every format and reads it with
// independent readers: all find the same controls with the same findings.
func TestEvidenceIsReadByOthers(t *testing.T) {
	environ := sandbox(t, "--seed", "demo")
	environ["CLARIA_HOME"] = t.TempDir()
	claria := os.Getenv("CLARIA")
	dir := t.TempDir()
	export := func(format string) string {
		path := filepath.Join(dir, format+".json") // trestle decides by the file extension
		run(t, environ, claria, "evidence", "export", "--format", format, "--output", path)
		return path
	}
	// The exit code of the check says that the demo has drift.
	if out, err := command(t, environ, claria, "--check", "--quiet").CombinedOutput(); err == nil {
		t.Fatalf("the demo has no drift: %s", out)
	}
	var report struct {
		Controls []struct {
			ID, Title, Status string
			Advice            bool
			Citations         []string
		}
	}
	data, err := os.ReadFile(export("json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Controls) < 60 {
		t.Fatalf("the report has %d controls", len(report.Controls))
	}
	read := func(kind, path string, into any) {
		t.Helper()
		out := run(t, nil, tool(t, "judges/bin/python"), "judges/evidence.py", kind, path)
		if err := json.Unmarshal([]byte(out), into); err != nil {
			t.Fatalf("%s: %v: %s", kind, err, out)
		}
	}
	var ocsf map[string]int
	var junit, csv map[string]string
	read("ocsf", export("ocsf"), &ocsf)
	read("junit", export("junit"), &junit)
	read("csv", export("csv"), &csv)
	var html, pdf struct {
		Pages int
		Text  string
	}
	read("html", export("html"), &html)
	read("pdf", export("pdf"), &pdf)
	want := map[string]struct {
		ocsf  int
		junit string
	}{
		"pass": {1, "pass"}, "fail": {3, "fail"}, "unknown": {0, "error"}, "not_applicable": {99, "skipped"},
		"waived": {99, "skipped"}, "attested": {99, "pass"}, "attest_due": {2, "skipped"},
	}
	flat := func(s string) string { return strings.ReplaceAll(s, " ", "") }
	text := flat(pdf.Text)
	for _, c := range report.Controls {
		if got, ok := ocsf[c.ID]; !ok || got != want[c.Status].ocsf {
			t.Errorf("OCSF: %s is %d (%v), want %d for %s", c.ID, got, ok, want[c.Status].ocsf, c.Status)
		}
		if got := junit[c.ID]; got != want[c.Status].junit {
			t.Errorf("JUnit: %s is %q, want %q for %s", c.ID, got, want[c.Status].junit, c.Status)
		}
		if csv[c.ID] != c.Status {
			t.Errorf("CSV: %s is %q, want %s", c.ID, csv[c.ID], c.Status)
		}
		if !strings.Contains(html.Text, c.ID) || !strings.Contains(html.Text, c.Title) {
			t.Errorf("HTML: %s %s is not in it", c.ID, c.Title)
		}
		// The PDF breaks lines anywhere, so the test ignores spaces.
		if !strings.Contains(text, flat(c.ID)) || !strings.Contains(text, flat(c.Title)) {
			t.Errorf("PDF: %s %s is not in it", c.ID, c.Title)
		}
	}
	if len(ocsf) != len(report.Controls) || len(csv) != len(report.Controls) {
		t.Errorf("OCSF has %d, CSV %d of %d controls", len(ocsf), len(csv), len(report.Controls))
	}

	var oscal struct {
		Version             string
		Findings            map[string]string
		Observations, Risks int
	}
	out := run(t, nil, tool(t, "oscal/bin/python"), "oscal/read.py", export("oscal"))
	if err := json.Unmarshal([]byte(out), &oscal); err != nil {
		t.Fatalf("OSCAL: %v: %s", err, out)
	}
	failing, satisfied := 0, 0
	for _, state := range oscal.Findings {
		if state == "satisfied" {
			satisfied++
		}
	}
	for _, c := range report.Controls {
		if c.Status == "fail" {
			failing++
			for target, state := range oscal.Findings {
				for _, citation := range c.Citations {
					if strings.HasSuffix(target, oscalID(citation)) && state == "satisfied" {
						t.Errorf("OSCAL: %s is satisfied although %s fails", target, c.ID)
					}
				}
			}
		}
	}
	if oscal.Version != "1.1.3" || oscal.Observations != len(report.Controls) || oscal.Risks < failing || satisfied == 0 {
		t.Errorf("OSCAL %s: %d observations, %d risks, %d satisfied; the report has %d controls, %d fail",
			oscal.Version, oscal.Observations, oscal.Risks, satisfied, len(report.Controls), failing)
	}
	t.Logf("%d controls in each format; OSCAL has %d requirements, %d satisfied; the binder has %d pages", len(report.Controls),
		len(oscal.Findings), satisfied, pdf.Pages)
}

// oscalID is a citation as a statement's id: "164.308(a)(1)(i)" is "164.308-a-1-i".
func oscalID(citation string) string {
	return "-" + strings.NewReplacer(")(", "-", "(", "-", ")", "").Replace(fmt.Sprint(citation))
}
