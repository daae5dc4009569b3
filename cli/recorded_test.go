package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/drift/ledger"
)

// atDone runs a function once, when the nth step was printed as done.
type atDone struct {
	bytes.Buffer
	n    int
	then func()
}

func (a *atDone) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(" done ")) {
		if a.n--; a.n == 0 {
			a.then()
		}
	}
	return a.Buffer.Write(p)
}

// runsUntil is runs with a function that is called when the nth step is done.
func (c clerk) runsUntil(t *testing.T, n int, then func(), args ...string) (string, int) {
	t.Helper()
	shown := &atDone{n: n, then: then}
	before := c.Stderr
	c.Stderr = shown
	defer func() { c.Stderr = before }()
	c.Stdin = strings.NewReader("")
	code := c.run(t.Context(), args)
	return shown.String(), code
}

func (c clerk) apply(t *testing.T) []string {
	t.Helper()
	return []string{"setup", "--apply", "--yes", "--mfa-code", c.code(t)}
}

// If the ledger cannot be written, or another process changes the account, nothing is
// changed.
func TestNothingIsChangedThatCannotBeRecorded(t *testing.T) {
	o := newClerk(t)
	plan, _, code := o.runs(t, "setup", "--plan")
	if code != 0 {
		t.Fatal(plan)
	}
	unchanged := func(what string) {
		t.Helper()
		if again, _, _ := o.runs(t, "setup", "--plan"); again != plan {
			t.Errorf("%s: the account was changed; the plan is now\n%s", what, again)
		}
	}
	state := filepath.Join(o.home, "state")
	release, err := ledger.Acquire(state, "change")
	if err != nil {
		t.Fatal(err)
	}
	if _, problem, code := o.runs(t, o.apply(t)...); code != 1 ||
		!strings.Contains(problem, "nothing was changed: another change is running (process ") {
		t.Errorf("a second one: exit %d, %s", code, problem)
	}
	release()
	unchanged("a second one")
	if err := os.MkdirAll(o.lines(), 0o700); err != nil { // no file can be written here
		t.Fatal(err)
	}
	if _, problem, code := o.runs(t, o.apply(t)...); code != 1 ||
		!strings.Contains(problem, "nothing was changed, because the change could not be recorded: evidence ledger: ") ||
		!strings.Contains(problem, "Next: free space") {
		t.Errorf("no ledger: exit %d, %s", code, problem)
	}
	unchanged("no ledger")
}

// A ledger that fails while the plan is applied makes the verb fail. The next one that
// can write it has the changes.
func TestAnUnwrittenLineMakesTheVerbFail(t *testing.T) {
	o := newClerk(t)
	problem, code := o.runsUntil(t, 1, func() {
		if err := os.MkdirAll(o.lines(), 0o700); err != nil {
			t.Error(err)
		}
	}, o.apply(t)...)
	if code != 1 || !strings.Contains(problem, "The account is set up.") || !strings.Contains(problem, "this is not in the evidence ledger: ") {
		t.Errorf("exit %d, %s", code, problem)
	}
	if err := os.Remove(o.lines()); err != nil {
		t.Fatal(err)
	}
	if out, problem, code := o.runs(t, "setup", "--undo"); code != 0 || !strings.Contains(out, "~ trail claria-trail") {
		t.Errorf("afterwards: exit %d, %s%s", code, out, problem)
	}
}

// A program that was killed while it applied a plan leaves its journal. The next one
// lists what was done, and undoes it.
func TestAKilledPlanIsRecordedAndUndone(t *testing.T) {
	o := newClerk(t)
	dir, killed := filepath.Dir(o.lines()), filepath.Join(t.TempDir(), "ledger")
	problem, code := o.runsUntil(t, 1, func() {
		if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
			t.Error(err)
		}
	}, o.apply(t)...)
	if code != 0 {
		t.Fatal(problem)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(killed, dir); err != nil {
		t.Fatal(err)
	}
	o.watch = nil // another process
	list, problem, code := o.runs(t, "setup", "--undo")
	if code != 0 || strings.Count(list, "\n") != 2 || !strings.Contains(list, "1.1  ") {
		t.Fatalf("exit %d, %s%s", code, list, problem)
	}
	if out, _, _ := o.runs(t, "evidence", "list"); !strings.Contains(out, "A plan was interrupted: 1 change was made.") {
		t.Errorf("the ledger:\n%s", out)
	}
	if _, problem, code := o.runs(t, "setup", "--undo", "1.1", "--yes", "--mfa-code", o.code(t)); code != 0 ||
		!strings.Contains(problem, "done     trail claria-trail") {
		t.Errorf("undo: exit %d, %s", code, problem)
	}
	if out, problem, code := o.runs(t, "evidence", "verify", "--offline"); code != 0 {
		t.Errorf("verify: exit %d, %s%s", code, out, problem)
	}
}

// A signature, a waiver and an entry of the register are lines of the ledger. On a
// computer whose ledger cannot be written the line goes into the audit bucket; if it is
// nowhere, the verb exits with 1, and what it did stays done.
func TestStatementsAreRecorded(t *testing.T) {
	t.Parallel()
	o := newClerk(t)
	verbs := [][]string{
		{"attest", "ADM-03", "--sign", "Dr. Quill", "--yes"},
		{
			"waive", "CT-03", "--owner", "Dr. Quill", "--reason", "a test", "--compensating", "the weekly review", "--until",
			time.Now().AddDate(0, 1, 0).Format(time.DateOnly), "--yes",
		},
		{"waive", "CT-03", "--withdraw", "--yes"},
		{"register", "trainings", "add", "--person", "Ada Moss", "--subject", "HIPAA", "--at", time.Now().Format(time.DateOnly), "--yes"},
	}
	for _, verb := range verbs {
		if _, told, code := o.runs(t, verb...); code != 0 || strings.Contains(told, "claria: ") {
			t.Errorf("%v: exit %d, %s", verb, code, told)
		}
	}
	if list, _, _ := o.runs(t, "evidence", "list"); !strings.Contains(list, "register  An entry of the register of trainings was recorded.") ||
		strings.Contains(list, "Moss") || strings.Count(list, "CT-03") != 2 || strings.Contains(list, "Quill") {
		t.Errorf("list:\n%s", list)
	}
	state := filepath.Join(o.home, "state")
	if err := os.Rename(state, state+".away"); err != nil {
		t.Fatal(err)
	}
	// A file in the place of the directory: nothing can be written there, by root neither.
	if err := os.WriteFile(state, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.watch = nil // another process
	for _, verb := range append(verbs, []string{"check", "--quiet"}) {
		_, told, code := o.runs(t, verb...)
		want := 0
		if verb[0] == "check" {
			want = 2
		}
		if code != want || !strings.Contains(told, "the line is in the audit bucket only") {
			t.Errorf("%v: exit %d, %s", verb, code, told)
		}
	}
	const refused = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject",` +
		`"Resource":"arn:aws:s3:::111122223333-claria-audit/_evidence/ledger/*"}]}`
	if _, err := aws.S3(o.role(t)).PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{
		Bucket: new("111122223333-claria-audit"), Policy: new(refused),
	}); err != nil {
		t.Fatal(err)
	}
	for _, verb := range verbs {
		if _, told, code := o.runs(t, verb...); code != 1 || !strings.Contains(told, "nor is it in the audit bucket: s3:PutObject") {
			t.Errorf("%v: exit %d, %s", verb, code, told)
		}
	}
	if list, _, _ := o.runs(t, "attest", "--all", "--controls", "strict"); !strings.Contains(list, "Dr. Quill") {
		t.Errorf("what was signed:\n%s", list)
	}
}
