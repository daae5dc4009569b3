package doctor_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"claria/session/doctor"
)

var update = flag.Bool("update", false, "write docs/first-run.md")

const intro = `# The first run on a real account

This page is generated from the questions in ` + "`session/doctor`" + `.

Claria is tested against a demo account that behaves as AWS's documentation, its service models and other programs' recorded
answers say. No test of this project has run on a real AWS account. The documentation leaves the questions below open. Each has the
command that answers it, and what in Claria depends on it.

If you are among the first to use Claria on a real account, ` + "`claria doctor --report`" + ` writes what reading your account already
answers. It only reads. The text has no account number, no key and nothing about a patient, so you can attach it to an issue.
Questions that only a change can answer are left to the commands; run them when you would run them anyway.
`

// docs/first-run.md is the list of questions.
func TestFirstRunPage(t *testing.T) {
	t.Parallel()
	const path = "../../docs/first-run.md"
	var b strings.Builder
	b.WriteString(intro)
	for _, q := range doctor.Questions() {
		fmt.Fprintf(&b, "\n## %d. %s\n\n%s\n\nTo find out: %s\n", q.Number, q.Question, q.Why, q.Command)
	}
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != b.String() {
		t.Errorf("%s is out of date (%v): go test ./session/doctor -run FirstRunPage -update", path, err)
	}
}
