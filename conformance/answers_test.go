//go:build conformance

package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestAnswersAgreeWithMoto asks the demo account and moto the questions of answers.py and
// compares the answers fact by fact: status, error code, and each field.
func TestAnswersAgreeWithMoto(t *testing.T) {
	ours := sandbox(t)
	theirs := maps.Clone(ours)
	theirs["AWS_ENDPOINT_URL"] = moto(t, "111122223333")
	a, b := answers(t, ours), answers(t, theirs)
	compared, agreed, used := 0, 0, map[*decision]bool{}
	for _, path := range slices.Sorted(maps.Keys(merged(a, b))) {
		compared++
		if a[path] == b[path] {
			agreed++
			continue
		}
		if i := slices.IndexFunc(decisions, func(d decision) bool { return d.about.MatchString(path) }); i >= 0 {
			used[&decisions[i]] = true
			continue
		}
		t.Errorf("%s:\n  demo account %s\n  moto         %s", path, a[path], b[path])
	}
	for i, d := range decisions {
		if !used[&decisions[i]] {
			t.Errorf("there is no difference any more at %s (%s)", d.about, d.page)
		}
	}
	if agreed < 1000 {
		t.Errorf("only %d facts agree", agreed)
	}
	t.Logf("%d questions, %d facts compared, %d agree; %d explanations for the others", len(asked(a)), compared, agreed, len(decisions))
}

// answers are the facts of a run of answers.py: "question field" → value.
func answers(t *testing.T, environ map[string]string) map[string]string {
	t.Helper()
	flat := map[string]string{}
	for line := range strings.Lines(run(t, environ, tool(t, "python"), "answers.py")) {
		var one struct {
			Question string
			Status   int
			Code     string
			Answer   any
		}
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("answers.py printed %s", line)
		}
		if flat[one.Question+": status"] != "" {
			t.Fatalf("%q is asked twice", one.Question)
		}
		flat[one.Question+": status"], flat[one.Question+": code"] = fmt.Sprint(one.Status), one.Code
		walk(flat, one.Question+":", one.Answer)
	}
	return flat
}

func asked(facts map[string]string) []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(facts)), func(path string) bool { return !strings.HasSuffix(path, ": status") })
}
