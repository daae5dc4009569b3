package evidence

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"claria/audit"
	"claria/clients/text/pdf"
	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/ledger"
	"claria/drift/register"
)

// samples writes the dossier of these tests in every format, for the judges that
// others wrote: go test ./drift/evidence -run TestSamples -samples DIR.
var samples = flag.String("samples", "", "write a sample of every format into this directory")

// hostile is a resource name that someone chose to fool the reader.
const hostile = "=cmd|' /C calc'!A0\",<script src=\"https://evil.example/x.js\">]]>\x1b[2J\x1b]0;evil\x07\u202e\r\n{\"status\": \"pass\"} \\ %n #{x} ć"

// dossier holds a finding of each status; outside texts are hostile.
func dossier() Dossier {
	at := time.Date(2026, 11, 21, 23, 2, 5, 0, time.UTC)
	findings := []drift.Finding{
		{ID: "IAM-01", Title: "The root user has no access keys", Status: catalogue.Pass, Severity: catalogue.Critical, Citations: []string{"164.312(a)(1)", "164.308(a)(3)(i)"}, Observed: "none"},
		{
			ID: "CT-03", Title: "Log files are validated", Status: catalogue.Fail, Severity: catalogue.High, Citations: []string{"164.312(c)(1)", "164.312(b)"},
			ConfigRules: []string{"cloud-trail-log-file-validation-enabled"}, Prowler: []string{"cloudtrail_log_file_validation_enabled"},
			Resource: "trail " + hostile, Desired: "on", Observed: "off: " + hostile, Reason: "a changed log would not be noticed, " + hostile,
			Drift: &drift.Drift{Since: at.Add(-24 * time.Hour), Event: &audit.Event{Name: "UpdateTrail", Actor: "user " + hostile, Address: "203.0.113.9", At: at.Add(-time.Hour)}},
		},
		{ID: "BRN-02", Title: "The breach clocks are kept", Status: catalogue.Fail, Overdue: true, Severity: catalogue.Critical, Citations: []string{"164.404"}, Reason: "INC-2026-1: individuals were to be told by 2026-11-01", Methods: []catalogue.Method{catalogue.ByRegister}},
		{ID: "IAM-12", Title: "Access keys are young", Status: catalogue.Fail, Severity: catalogue.Medium, Citations: []string{"164.308(a)(5)(ii)(D)"}, Observed: "a key of 200 days"},
		{ID: "S3-02", Title: "Records are encrypted at rest", Status: catalogue.Unknown, Severity: catalogue.Critical, Citations: []string{"164.312(a)(2)(iv)"}, Reason: "s3:GetEncryptionConfiguration: this identity is not allowed to do it"},
		{ID: "BDR-05", Title: "The declared models may be used", Status: catalogue.NotApplicable, Severity: catalogue.Medium, Citations: []string{"164.308(b)(1)"}, Observed: "no model is declared"},
		{ID: "MON-01", Title: "Intruders are looked for", Status: catalogue.Waived, Severity: catalogue.Medium, Citations: []string{"164.308(a)(1)(ii)(D)"}, Reason: "waived by Dr. Łęcka: cost", Until: at.Add(10 * 24 * time.Hour)},
		{ID: "ADM-03", Title: "Breaking the rules has consequences", Status: catalogue.Attested, Severity: catalogue.Low, Citations: []string{"164.308(a)(1)(ii)(C)"}, Methods: []catalogue.Method{catalogue.ByStatement}, Until: at.AddDate(1, 0, 0)},
		{ID: "ADM-04", Title: "Somebody is in charge of security", Status: catalogue.AttestDue, Severity: catalogue.Medium, Citations: []string{"164.308(a)(2)"}, Methods: []catalogue.Method{catalogue.ByStatement}},
		{ID: "ADM-15", Title: "Somebody tries to break in", Status: catalogue.Fail, Advice: true, Severity: catalogue.Low, Citations: []string{"NPRM"}, Methods: []catalogue.Method{catalogue.ByStatement}},
		{ID: "X-99", Title: "A status of a later program", Status: "later", Severity: catalogue.High},
	}
	zone := time.FixedZone("EST", -5*3600)
	previous := drift.Report{Schema: 1, Account: "111122223333", Set: "core", Controls: []drift.Finding{
		{ID: "CT-03", Title: "Log files are validated", Status: catalogue.Pass, Observed: "on"}, {ID: "IAM-12", Status: catalogue.Fail, Observed: "a key of 200 days"},
	}}
	return Dossier{
		Practice: "Practice of Dr. Łęcka " + hostile, Version: "1.2.3", Zone: zone, Previous: &previous,
		Head: ledger.Head{Sequence: 12, Hash: strings.Repeat("ab", 32), At: at, Machine: "0123456789abcdef", KeyID: "fedcba9876543210"},
		Report: drift.Report{
			Schema: 1, Account: "111122223333", Region: "us-east-1", Set: "core", Started: at, ElapsedMS: 912, APICalls: 48,
			Summary: drift.Summarize(findings), Controls: findings,
		},
		Register: register.Register{
			Attestations: []register.Attestation{{Control: "ADM-03", Version: 2, Text: "I have a sanction policy. " + hostile, Signer: "Dr. Łęcka", At: at, Ends: at.AddDate(1, 0, 0), SHA256: strings.Repeat("cd", 32)}},
			Waivers:      []register.Waiver{{Control: "MON-01", Owner: "Dr. Łęcka", Reason: "cost", Compensating: "the weekly review", At: at, Ends: at.Add(10 * 24 * time.Hour)}},
			Decisions:    []register.Decision{{Specification: "164.312(a)(2)(iii)", Choice: "alternative", Why: "one person only", Alternative: "a locked door", Signer: "Dr. Łęcka", At: at}},
		},
	}
}

func written(t *testing.T, name string, d Dossier) []byte {
	t.Helper()
	f, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Write(&out, d); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out.Bytes()
}

func TestSamples(t *testing.T) {
	t.Parallel()
	for _, f := range Formats() {
		data := written(t, f.Name, dossier())
		if again := written(t, f.Name, dossier()); !bytes.Equal(data, again) {
			t.Errorf("%s: the same dossier gives another document", f.Name)
		}
		if len(data) == 0 || !f.Binary && strings.ContainsAny(string(data), "\x1b\x07\u202e") {
			t.Errorf("%s is empty, or speaks to a terminal", f.Name)
		}
		written(t, f.Name, Dossier{}) // of nothing, it is still a document
		if *samples != "" {
			if err := os.MkdirAll(*samples, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(*samples, "sample-"+f.Name+"."+f.Extension), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := Find("docx"); err == nil || !strings.Contains(err.Error(), "text, json, ocsf, oscal, csv, junit, prometheus, nagios, html, pdf") {
		t.Errorf("an unknown format: %v", err)
	}
}

func TestTextPutsOverdueFirstAndDueInABlock(t *testing.T) {
	t.Parallel()
	text := string(written(t, "text", dossier()))
	order := []string{
		"2026-11-21 23:02 UTC (18:02 EST)", "48 calls", "\nOverdue: a legal deadline has passed\n  ✗ fail     BRN-02",
		"IAM-01", "✗ fail     CT-03",
		"drift   In order until 2026-11-20 23:02 UTC (18:02 EST); UpdateTrail by user =cmd|",
		"◆ signed", "until 2027-11-21", "advice", "\nTo be signed (1):", "ADM-04  Somebody is in charge",
		"\n11 controls: 1 ok, 3 fail (CT-03, BRN-02, IAM-12)", "1 waived (MON-01)", "1 signed, 1 to be signed, 1 advice",
	}
	rest := text
	for _, want := range order {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("no %q in its place in\n%s", want, text)
		}
		rest = after
	}
	if strings.Count(text, "BRN-02  ") != 1 {
		t.Error("the overdue clock is listed twice")
	}
	for line := range strings.Lines(text) {
		if n := len([]rune(line)); n > 101 && !strings.Contains(line, "https://") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestCSVLoadsAndHoldsNoFormula(t *testing.T) {
	t.Parallel()
	data := written(t, "csv", dossier())
	if bytes.Count(data, []byte("\n")) != bytes.Count(data, []byte("\r\n")) {
		t.Error("a line does not end as RFC 4180 says")
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(rows) != 12 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	trail := rows[2]
	if trail[at["control"]] != "CT-03" || trail[at["status"]] != "fail" || !strings.HasPrefix(trail[at["resource"]], "trail =cmd|") || trail[at["citations_45_cfr"]] != "164.312(c)(1) 164.312(b)" {
		t.Errorf("CT-03: %q", trail)
	}
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "|x", "%x", "＝1"} {
		if got := cell(text); !strings.HasPrefix(got, "'") {
			t.Errorf("%q is a formula: %q", text, got)
		}
	}
	if cell("111122223333") != "111122223333" || cell("") != "" || cell("a=1") != "a=1" {
		t.Error("a plain cell is changed")
	}
}

func TestJUnitLoads(t *testing.T) {
	t.Parallel()
	var read junitSuites
	if err := xml.Unmarshal(written(t, "junit", dossier()), &read); err != nil {
		t.Fatal(err)
	}
	// Failing: CT-03, BRN-02, IAM-12. Errors: S3-02, X-99. Skipped: BDR-05, MON-01, ADM-04, ADM-15.
	if read.Tests != 11 || read.Failures != 3 || read.Errors != 2 || read.Skipped != 4 {
		t.Errorf("%d tests, %d failures, %d errors, %d skipped", read.Tests, read.Failures, read.Errors, read.Skipped)
	}
	suites := map[string]int{}
	for _, s := range read.Suites {
		suites[s.Name] = s.Tests
		for _, c := range s.Cases {
			if strings.HasPrefix(c.Name, "CT-03") && (c.Failure == nil || !strings.Contains(c.Failure.Message, "would not be noticed") || !strings.Contains(c.Failure.Text, `<script src=`)) {
				t.Errorf("CT-03: %+v", c)
			}
		}
	}
	want := map[string]int{
		"45 CFR 164.312(a)": 2, "45 CFR 164.312(c)": 1, "45 CFR 164.404": 1, "45 CFR 164.308(a)(5)": 1, "45 CFR 164.308(b)": 1,
		"45 CFR 164.308(a)(1)": 2, "45 CFR 164.308(a)(2)": 1, "NPRM": 1, "none": 1,
	}
	if !maps.Equal(suites, want) {
		t.Errorf("suites %v, want %v", suites, want)
	}
}

// Required attributes of the class in OCSF 1.5.0, its objects' included.
func TestOCSFEventsAreOfTheClass(t *testing.T) {
	t.Parallel()
	statuses := map[string][2]float64{} // control → compliance.status_id, activity_id
	uids := map[string]string{}
	for line := range bytes.Lines(written(t, "ocsf", dossier())) {
		var e map[string]any
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{
			"activity_id", "category_uid", "class_uid", "type_uid", "time", "severity_id", "metadata.version", "metadata.product.vendor_name", "metadata.product.name",
			"compliance.standards", "compliance.control", "compliance.status_id", "finding_info.uid", "finding_info.title", "cloud.provider", "cloud.account.uid", "resources", "message",
		} {
			at := any(e)
			for step := range strings.SplitSeq(path, ".") {
				at = at.(map[string]any)[step]
			}
			if at == nil || at == "" {
				t.Errorf("no %s in %s", path, line)
			}
		}
		if e["class_uid"] != 2003.0 || e["category_uid"] != 2.0 || e["type_uid"] != 200300+e["activity_id"].(float64) || e["time"] != 1795302125000.0 {
			t.Errorf("the class: %s", line)
		}
		compliance := e["compliance"].(map[string]any)
		id := compliance["control"].(string)
		statuses[id] = [2]float64{compliance["status_id"].(float64), e["activity_id"].(float64)}
		uids[id] = e["finding_info"].(map[string]any)["uid"].(string)
	}
	want := map[string][2]float64{
		"IAM-01": {1, 3}, "CT-03": {3, 1}, "BRN-02": {3, 1}, "IAM-12": {3, 2}, "S3-02": {0, 1}, "BDR-05": {99, 3},
		"MON-01": {99, 2}, "ADM-03": {99, 3}, "ADM-04": {2, 1}, "ADM-15": {2, 1}, "X-99": {0, 1},
	}
	if !maps.Equal(statuses, want) {
		t.Errorf("status and activity %v, want %v", statuses, want)
	}
	later := dossier()
	later.Report.Started = later.Report.Started.Add(24 * time.Hour)
	for line := range bytes.Lines(written(t, "ocsf", later)) {
		var e struct {
			Compliance struct{ Control string }
			Info       struct{ UID string } `json:"finding_info"`
		}
		if err := json.Unmarshal(line, &e); err != nil || uids[e.Compliance.Control] != e.Info.UID {
			t.Errorf("%s has another uid a day later: %v", e.Compliance.Control, err)
		}
	}
}

func TestOSCALHoldsTogether(t *testing.T) {
	t.Parallel()
	var read oscalDocument
	data := written(t, "oscal", dossier())
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	a := read.Results
	r := a.Results[0]
	version5 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]string{}
	take := func(what, id string) {
		if !version5.MatchString(id) || seen[id] != "" {
			t.Errorf("%s: uuid %q is none, or is %s's", what, id, seen[id])
		}
		seen[id] = what
	}
	take("document", a.UUID)
	take("result", r.UUID)
	for _, res := range a.BackMatter.Resources {
		take("resource "+res.Title, res.UUID)
	}
	if plan, ok := strings.CutPrefix(a.ImportAP.Href, "#"); !ok || seen[plan] == "" {
		t.Errorf("import-ap %s leads nowhere", a.ImportAP.Href)
	}
	for _, o := range r.Observations {
		take("observation "+o.Title, o.UUID)
		if seen[o.Subjects[0].UUID] == "" || len(o.Methods) == 0 || o.Collected != "2026-11-21T23:02:05Z" {
			t.Errorf("observation %+v", o)
		}
	}
	for _, k := range r.Risks {
		take("risk "+k.Title, k.UUID)
	}
	names := map[string]string{}
	token := regexp.MustCompile(`^(\p{L}|_)(\p{L}|\p{N}|[.\-_])*$`) // OSCAL's TokenDatatype
	for _, f := range r.Findings {
		take("finding "+f.Title, f.UUID)
		for _, o := range f.Observations {
			if !strings.HasPrefix(seen[o.UUID], "observation") {
				t.Errorf("%s refers to no observation", f.Title)
			}
		}
		for _, k := range f.Risks {
			if !strings.HasPrefix(seen[k.UUID], "risk") {
				t.Errorf("%s refers to no risk", f.Title)
			}
		}
		if !token.MatchString(f.Target.ID) || f.Target.Type != "statement-id" {
			t.Errorf("target %+v", f.Target)
		}
		names[f.Target.ID] = f.Target.Status.State + " " + f.Target.Status.Reason
	}
	for id, want := range map[string]string{
		"hipaa-164.312-a-1": "satisfied pass", "hipaa-164.312-c-1": "not-satisfied fail", "hipaa-164.312-a-2-iv": "not-satisfied other",
		"hipaa-164.308-a-1-ii-D": "not-satisfied other", "hipaa-164.308-a-1-ii-C": "satisfied pass", "hipaa-164.308-a-2": "not-satisfied other", "hipaa-164.404": "not-satisfied fail",
	} {
		if names[id] != want {
			t.Errorf("%s is %q, want %q", id, names[id], want)
		}
	}
	if n := len(r.Risks); n != 4 { // three failing, one waived
		t.Errorf("%d risks", n)
	}
	methods := map[string][]string{}
	for _, o := range r.Observations {
		methods[strings.Fields(o.Title)[0]] = o.Methods
	}
	if !slices.Equal(methods["ADM-03"], []string{"INTERVIEW"}) || !slices.Equal(methods["BRN-02"], []string{"EXAMINE"}) || !slices.Equal(methods["IAM-01"], []string{"TEST"}) {
		t.Errorf("methods %v", methods)
	}
}

func TestPrometheusLines(t *testing.T) {
	t.Parallel()
	text := string(written(t, "prometheus", dossier()))
	line := regexp.MustCompile(`^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)+\} [0-9.]+)$`)
	for l := range strings.Lines(text) {
		if !line.MatchString(strings.TrimSuffix(l, "\n")) {
			t.Errorf("not a line of the exposition format: %q", l)
		}
	}
	for _, want := range []string{
		`claria_check_controls{account="111122223333",set="core",status="fail"} 3`, `claria_check_failing{account="111122223333",set="core",severity="critical"} 1`,
		`claria_check_overdue{account="111122223333",set="core"} 1`, `claria_control_ok{account="111122223333",set="core",control="CT-03",severity="high",status="fail"} 0`,
		`claria_check_exit_code{account="111122223333",set="core"} 2`, `claria_check_duration_seconds{account="111122223333",set="core"} 0.912`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if got := label("a\"b\\c\nd"); got != `a\"b\\c d` {
		t.Errorf("label %s", got)
	}
}

func TestNagiosCodes(t *testing.T) {
	t.Parallel()
	of := func(findings ...drift.Finding) Dossier {
		return Dossier{Report: drift.Report{Started: dossier().Report.Started, Controls: findings, Summary: drift.Summarize(findings)}}
	}
	pass := drift.Finding{ID: "A-1", Status: catalogue.Pass}
	soon := dossier().Report.Started.Add(24 * time.Hour)
	for _, c := range []struct {
		d    Dossier
		code int
		line string
	}{
		{of(pass, drift.Finding{ID: "A-2", Status: catalogue.NotApplicable}), 0, "CLARIA OK - 2 controls | pass=1 fail=0 unknown=0 not_applicable=1"},
		{of(pass, drift.Finding{ID: "A|2", Status: catalogue.AttestDue}), 1, "CLARIA WARNING - 1 to be signed |"},
		{of(drift.Finding{ID: "A|2", Status: catalogue.Fail, Severity: catalogue.Medium}), 1, "CLARIA WARNING - 1 fail (A/2) |"},
		{of(drift.Finding{ID: "A-2", Status: catalogue.Waived, Until: soon}), 1, "CLARIA WARNING - 1 waiver ends soon (A-2) |"},
		{of(drift.Finding{ID: "A-2", Status: catalogue.Waived, Until: soon.AddDate(0, 1, 0)}), 0, "CLARIA OK - "},
		{of(drift.Finding{ID: "A-2", Status: catalogue.Unknown}, drift.Finding{ID: "A-3", Status: catalogue.AttestDue}), 3, "CLARIA UNKNOWN - 1 unknown (A-2), 1 to be signed |"},
		{of(drift.Finding{ID: "A-2", Status: catalogue.Unknown}, drift.Finding{ID: "A-3", Status: catalogue.Fail, Severity: catalogue.High}), 2, "CLARIA CRITICAL - 1 fail (A-3), 1 unknown (A-2) |"},
		{of(drift.Finding{ID: "A-2", Status: catalogue.Fail, Severity: catalogue.Low, Overdue: true}), 2, "CLARIA CRITICAL - 1 overdue (A-2) |"},
		{of(drift.Finding{ID: "A-2", Status: catalogue.Fail, Severity: catalogue.Critical, Advice: true}), 0, "CLARIA OK - "},
	} {
		if line, code := Nagios(c.d); code != c.code || !strings.HasPrefix(line, c.line) || strings.Count(line, "|") != 1 {
			t.Errorf("%d %s, want %d %s", code, line, c.code, c.line)
		}
	}
}

func TestHTMLNeedsNoNetworkAndRunsNothing(t *testing.T) {
	t.Parallel()
	text := string(written(t, "html", dossier()))
	tags := regexp.MustCompile(`<[^>]*>`).FindAllString(text, -1)
	for _, tag := range tags {
		if regexp.MustCompile(`(?i)^<(script|img|link|iframe|object|embed|a|form|svg|base|audio|video|source)\b|\b(src|href|action|srcset|on[a-z]+)=`).MatchString(tag) {
			t.Errorf("the page has %s", tag)
		}
	}
	style := text[strings.Index(text, "<style>"):strings.Index(text, "</style>")]
	if strings.Contains(style, "url(") || strings.Contains(style, "@import") {
		t.Error("the style loads something")
	}
	for _, want := range []string{
		"default-src &#39;none&#39;", "<h3><b>overdue</b> BRN-02", "<h3><b>failed</b> CT-03", "&lt;script src=&#34;https://evil.example", "prefers-color-scheme:dark", "@media print",
		"2026-11-21 23:02 UTC (18:02 EST)", "I have a sanction policy.", "the weekly review", "a locked door", strings.Repeat("ab", 32), "UpdateTrail by user",
	} {
		if !strings.Contains(text, want) && !strings.Contains(text, strings.ReplaceAll(want, "&#39;", "'")) {
			t.Errorf("no %q", want)
		}
	}
	if i, j := strings.Index(text, "BRN-02"), strings.Index(text, "IAM-01"); i > j {
		t.Error("what is in order comes before what is overdue")
	}
}

// The binder's text, read with the program's own reader of PDF files, is the
// findings'.
func TestThePDFTellsTheFindings(t *testing.T) {
	t.Parallel()
	reading, err := pdf.Text(t.Context(), written(t, "pdf", dossier()))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, b := range reading.Blocks {
		all.WriteString(strings.Join(b.Cells, " ") + " ")
	}
	text := strings.Join(strings.Fields(all.String()), " ")
	d := dossier()
	for _, f := range d.Report.Controls {
		if want := f.ID + " " + f.Title + ": " + word(f); !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	for _, want := range []string{
		"Scope", "Method", "Waivers", "Signed statements", "Changes since the previous check", "Evidence", "Practice of Dr. Lecka",
		"10 controls: 1 passed, 3 failed, 2 not established", "Of the failed, 1 because a legal deadline", "UpdateTrail by user =cmd", "2026-11-21 23:02 UTC (18:02 EST)", "the weekly review", strings.Repeat("ab", 32),
		"INC-2026-1: individuals were to be told by 2026-11-01", "The fonts of this document lack",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "evil\x07") {
		t.Error("control characters are in the text")
	}
	if out, n := winAnsi("Dr. Łęcka – “quoted” café → 日本"); out != "Dr. Lecka \x96 \x93quoted\x94 caf\xe9 -> ??" || n != 5 {
		t.Errorf("%q, %d", out, n)
	}
}
