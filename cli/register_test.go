package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/drift/register"
)

// found is what a check says about one control.
func (d *shop) found(t *testing.T, id string) (drift.Finding, int) {
	t.Helper()
	out, problem, code := d.says(t, "", "check", "--format", "json", "--controls", "strict")
	var report drift.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v\n%s%s", err, out, problem)
	}
	for _, f := range report.Controls {
		if f.ID == id {
			return f, code
		}
	}
	t.Fatalf("%s is not judged", id)
	return drift.Finding{}, 0
}

// TestAPracticeKeepsItsRegister signs, waives and records, and reads what a check
// then says.
func TestAPracticeKeepsItsRegister(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	if out := d.ok(t, "attest"); !strings.Contains(out, "PRV-08  high      sign") || !strings.Contains(out, "ADM-01  critical  record") {
		t.Errorf("due:\n%s", out)
	}
	policy := filepath.Join(t.TempDir(), "Jo Quill.pdf")
	if err := os.WriteFile(policy, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := d.ok(t, "attest", "prv-08", "--answer", "no", "--sign", "Ada Moss", "--yes", "--file", policy); !strings.Contains(out,
		"PRV-08 signed by Ada Moss, until ") {
		t.Errorf("signed: %s", out)
	}
	if f, _ := d.found(t, "PRV-08"); f.Status != catalogue.Attested || f.Severity != catalogue.Low || f.Until.IsZero() ||
		!strings.Contains(f.Observed, "signed by Ada Moss") {
		t.Errorf("%+v", f)
	}
	for _, c := range []struct {
		says string
		args []string
	}{
		{"use --sign NAME --yes", []string{"attest", "ADM-10"}},
		{"use --yes", []string{"attest", "ADM-10", "--sign", "Ada Moss"}},
		{"use --answer", []string{"attest", "ADM-05", "--sign", "Ada Moss", "--yes"}},
		{"no statement", []string{"attest", "S3-02", "--sign", "Ada Moss", "--yes"}},
		{"there is no such file", []string{"attest", "ADM-10", "--sign", "Ada Moss", "--yes", "--file", filepath.Join(t.TempDir(), "Jo Quill")}},
		{"is in the future", []string{"register", "drills", "add", "--kind", "restore", "--by", "Ada Moss", "--worked", "--at", "2099-01-01", "--yes"}},
		{"is in the future", []string{"register", "trainings", "add", "--person", "Ada Moss", "--subject", "HIPAA", "--at", "2099-01-01", "--yes"}},
		{"owner", []string{"waive", "CT-03", "--yes"}},
		{"at most 365 days", []string{"waive", "CT-03", "--owner", "A", "--reason", "B", "--compensating", "C", "--until", "2099-01-01", "--yes"}},
		{"CT-03 is not waived", []string{"waive", "CT-03", "--withdraw", "--yes"}},
		{"use --kind, --affected", []string{"register", "incidents", "add", "--yes"}},
		{"use a number", []string{"register", "incidents", "add", "--kind", "other", "--affected", "some", "--yes"}},
		{"write it as 2026-11-30", []string{"register", "trainings", "add", "--person", "A", "--subject", "B", "--at", "yesterday", "--yes"}},
		{"use access or", []string{"register", "requests", "add", "--kind", "everything", "--yes"}},
		{"there is no request REQ-1", []string{"register", "requests", "set", "REQ-1", "--answer", "granted", "--yes"}},
		{"not an addressable specification", []string{"register", "decisions", "add", "--specification", "164.312(b)", "--choice", "alternative", "--why", "w", "--yes"}},
		{"claria risk --template", []string{"risk"}},
	} {
		if _, problem, code := d.says(t, "", c.args...); code != 1 || !strings.Contains(problem, c.says) || strings.Contains(problem, "Quill") {
			t.Errorf("%q: exit %d, %s", c.args, code, problem)
		}
	}

	// The setting that drifted in the demo is waived, and then withdrawn.
	until := time.Now().AddDate(0, 0, 90).Format(time.DateOnly)
	if before, _ := d.found(t, "CT-03"); before.Status != catalogue.Fail {
		t.Fatalf("the demo's drift: %+v", before)
	}
	d.ok(t, "waive", "CT-03", "--owner", "Ada Moss", "--reason", "until the move", "--compensating", "weekly review", "--until", until,
		"--yes")
	if f, _ := d.found(t, "CT-03"); f.Status != catalogue.Waived || !strings.Contains(f.Reason, "waived by Ada Moss until "+until) ||
		f.Observed == "" {
		t.Errorf("waived: %+v", f)
	}
	if out := d.ok(t, "waive"); !strings.Contains(out, "CT-03  until "+until) {
		t.Errorf("waivers:\n%s", out)
	}
	d.ok(t, "waive", "CT-03", "--withdraw", "--yes")
	if f, _ := d.found(t, "CT-03"); f.Status != catalogue.Fail {
		t.Errorf("withdrawn: %+v", f)
	}

	// An incident whose 60 days have passed.
	day := func(ago int) string { return time.Now().AddDate(0, 0, -ago).Format(time.DateOnly) }
	out := d.ok(t, "register", "incidents", "add", "--kind", "misdirected message", "--affected", "3", "--unsecured", "yes", "--discovered",
		day(70), "--note", "a letter for Jo Quill", "--yes")
	id := strings.TrimSpace(strings.TrimPrefix(out, "recorded: "))
	f, code := d.found(t, "BRN-02")
	if code != 2 || f.Status != catalogue.Fail || !f.Overdue ||
		!strings.Contains(f.Reason, id+": notify the people affected was due on "+day(10)) {
		t.Errorf("overdue: exit %d, %+v", code, f)
	}
	if f, _ := d.found(t, "BRN-01"); f.Status != catalogue.Fail {
		t.Errorf("not assessed: %+v", f)
	}
	if _, problem, code := d.says(t, "", "register", "incidents", "set", id, "--outcome", "low probability", "--yes"); code != 1 ||
		!strings.Contains(problem, "needs an assessment") {
		t.Errorf("low probability without an assessment: %s", problem)
	}
	args := []string{"register", "incidents", "set", id, "--outcome", "low probability", "--yes"}
	for _, f := range register.Factors() {
		args = append(args, "--"+f.Name, "low", "--"+f.Name+"-why", "Jo Quill had it back unopened")
	}
	d.ok(t, args...)
	if f, _ := d.found(t, "BRN-02"); f.Status != catalogue.Pass || f.Overdue || f.Observed != "no incident is open" {
		t.Errorf("assessed: %+v", f)
	}
	if f, _ := d.found(t, "BRN-03"); f.Status != catalogue.Pass {
		t.Errorf("what the account showed: %+v", f)
	}
	if out := d.ok(t, "register", "incidents", "list") + d.ok(t, "register", "incidents", "list", "--json"); strings.Contains(out, "Quill") ||
		!strings.Contains(out, id) {
		t.Errorf("incidents:\n%s", out)
	}
	if out := d.ok(t, "register", "incidents", "list", "--notes"); !strings.Contains(out, "a letter for Jo Quill") ||
		!strings.Contains(out, "recipient: Jo Quill had it back unopened") {
		t.Errorf("notes:\n%s", out)
	}
	if _, problem, code := d.says(t, "", "--identity", "auditor", "register", "incidents", "list", "--notes"); code != 1 ||
		!strings.Contains(problem, "not allowed") {
		t.Errorf("the auditor reads notes: exit %d %s", code, problem)
	}

	// The other registers accept a row and show it.
	for _, c := range []struct {
		list, shows string
		args        []string
	}{
		{"vendors", "NO AGREEMENT", []string{"add", "--name", "Post Inc", "--service", "e-mail", "--phi"}},
		{"vendors", "agreement of " + day(3), []string{"set", "post inc", "--signed", day(3)}},
		{"reviews", "credentials", []string{"add", "--reviewer", "Ada Moss"}},
		{"trainings", "phishing", []string{"add", "--person", "Ada Moss", "--subject", "phishing"}},
		{"requests", "answer the request for access by", []string{"add", "--kind", "access"}},
		{"decisions", "164.312(a)(2)(iii)", []string{"add", "--specification", "164.312(a)(2)(iii)", "--choice", "alternative", "--why", "w", "--alternative", "a", "--signer", "Ada Moss"}},
		{"actions", "LATE since " + day(1), []string{"add", "--control", "CT-03", "--owner", "Ada Moss", "--what", "fix it", "--due", day(1)}},
		{"drills", "worked, 12 minutes", []string{"add", "--kind", "restore", "--by", "Ada Moss", "--worked", "--minutes", "12"}},
	} {
		d.ok(t, append(append([]string{"register", c.list}, c.args...), "--yes")...)
		if out := d.ok(t, "register", c.list, "list"); !strings.Contains(out, c.shows) {
			t.Errorf("%s:\n%s", c.list, out)
		}
		if out := d.ok(t, "register", c.list, "list", "--json"); !json.Valid([]byte(out)) || len(out) < 20 {
			t.Errorf("%s: %s", c.list, out)
		}
	}
	if out := d.ok(t, "register", "drills", "run", "restore", "--by", "Rowan Alder"); !strings.Contains(out, "restored in") ||
		!strings.Contains(out, "are the same (SHA-256 ") {
		t.Errorf("a tested restore:\n%s", out)
	}
	if out := d.ok(t, "register", "drills", "list"); !strings.Contains(out, "Rowan Alder  worked, 1 minute ") {
		t.Errorf("the drill is not recorded:\n%s", out)
	}
	if _, problem, code := d.says(t, "", "--identity", "auditor", "register", "drills", "run", "restore", "--by", "Rowan Alder"); code != 1 ||
		!strings.Contains(problem, "nothing is recorded") {
		t.Errorf("a drill by the auditor: exit %d %s", code, problem)
	}
	var reviews []register.AccessReview
	if err := json.Unmarshal([]byte(d.ok(t, "register", "reviews", "list", "--json")), &reviews); err != nil ||
		len(reviews[0].Credentials) < 2 {
		t.Errorf("the review lists no credentials: %v %+v", err, reviews)
	}
	if f, _ := d.found(t, "ADM-02"); f.Status != catalogue.Fail || !strings.Contains(f.Reason, "CT-03 (Ada Moss, "+day(1)+")") {
		t.Errorf("the risk management plan: %+v", f)
	}
	if out := d.ok(t, "register", "history"); strings.Count(out, "\n") < 10 {
		t.Errorf("history:\n%s", out)
	}
	if out := d.ok(t, "matrix"); !strings.Contains(out, "164.404") || !strings.Contains(out, "decided by Ada Moss") ||
		!strings.Contains(out, "fail: CT-03") {
		t.Errorf("matrix:\n%s", out)
	}
}

// TestTheRiskAnalysisFromAFile signs a filled-in template. What the controls found
// comes from the scan, not from the file.
func TestTheRiskAnalysisFromAFile(t *testing.T) {
	t.Parallel()
	d := newShop("demo")
	var todo riskFile
	if err := json.Unmarshal([]byte(d.ok(t, "risk", "--template")), &todo); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "answers.json")
	write := func() {
		data, err := json.Marshal(todo)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if _, problem, code := d.says(t, "", "risk", "--answers", path, "--sign", "Ada Moss", "--yes"); code != 1 ||
		!strings.Contains(problem, "is not complete") {
		t.Errorf("unfinished: exit %d %s", code, problem)
	}
	filled := 0
	for i := range todo.Answers {
		a := &todo.Answers[i]
		if a.Answer != "" {
			filled++
		} else {
			a.Answer = register.Yes
		}
		if a.Open() {
			a.Likelihood, a.Impact = 2, 3
		}
		for j := range a.Facts {
			a.Facts[j].Status = catalogue.Fail // a file cannot change the findings
		}
	}
	if filled < 5 {
		t.Errorf("the scan answered %d questions", filled)
	}
	write()
	if out := d.ok(t, "risk", "--answers", path, "--sign", "Ada Moss", "--yes"); !strings.Contains(out, "signed by Ada Moss") {
		t.Errorf("%s", out)
	}
	if f, _ := d.found(t, "ADM-01"); f.Status != catalogue.Attested || !strings.Contains(f.Observed, "rated high") {
		t.Errorf("%+v", f)
	}
	var kept []register.RiskAnalysis
	if err := json.Unmarshal([]byte(d.ok(t, "risk", "--list")), &kept); err != nil || len(kept) != 1 {
		t.Fatalf("%v %+v", err, kept)
	}
	passed := false
	for _, a := range kept[0].Answers {
		for _, f := range a.Facts {
			passed = passed || f.Status == catalogue.Pass
		}
	}
	if !passed {
		t.Error("the facts are the file's, not the scan's")
	}
}

// At the terminal, Enter accepts what the scan filled in, and a question repeats
// until the answer is valid.
func TestTheQuestionnaire(t *testing.T) {
	t.Parallel()
	todo := riskFile{Answers: drift.Prefill(drift.Report{Controls: []drift.Finding{
		{ID: "BAA-01", Status: catalogue.Pass, Observed: "active"},
		{ID: "S3-02", Status: catalogue.Fail, Observed: "off"},
	}})}
	var answers strings.Builder
	questions := catalogue.Questions()
	for i, q := range questions {
		switch q.ID {
		case "vendors-1":
			answers.WriteString("\n") // as filled in
		case "data-1":
			answers.WriteString("\n5\n2\n3\n") // no, as filled in; 5 is not a rating
		case "basics-1":
			answers.WriteString("x\np\n1\n1\nA shelf.\n")
		default:
			answers.WriteString("y\n")
		}
		if i+1 == len(questions) || questions[i+1].Section != q.Section {
			answers.WriteString("Ada Moss\n")
		}
	}
	var shown bytes.Buffer
	q := questionnaire{in: bufio.NewReader(strings.NewReader(answers.String())), out: &shown}
	if err := q.run(&todo); err != nil {
		t.Fatal(err)
	}
	analysis, err := register.SignAnalysis(todo.Answers, todo.Reviewers, todo.Signer, time.Now())
	if err != nil || analysis.Signer != "Ada Moss" {
		t.Fatalf("%v %+v", err, todo)
	}
	var risks bytes.Buffer
	printRisks(&risks, analysis)
	if want := "2 of"; !strings.Contains(risks.String(), want) ||
		strings.Index(risks.String(), "high") > strings.Index(risks.String(), "low") {
		t.Errorf("risks:\n%s", risks.String())
	}
	if !strings.Contains(shown.String(), "S3-02 fail: off") {
		t.Errorf("the evidence is not shown:\n%s", shown.String())
	}
	short := questionnaire{in: bufio.NewReader(strings.NewReader("y\n")), out: &shown}
	if err := short.run(&riskFile{Answers: drift.Prefill(drift.Report{})}); err == nil ||
		!strings.Contains(err.Error(), "nothing was signed") {
		t.Errorf("cut short: %v", err)
	}
}
