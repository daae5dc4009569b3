package ledger

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"claria/provision"
)

func applyEntry() Entry {
	who := Who{ARN: "arn:aws:iam::111122223333:user/claria-admin"}
	return Entry{Kind: Apply, Account: "111122223333", Region: "us-east-1", Note: "A plan", Who: who}
}

// A plan that was killed in its third step: the two that were done become a line, once,
// and can be undone like any other.
func TestAnInterruptedPlanBecomesALine(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, nil)
	appended(t, l, 1)
	j, err := l.Begin(applyEntry())
	if err != nil {
		t.Fatal(err)
	}
	trail := provision.Step{ID: "trail", Op: provision.Change, Resource: "trail claria-trail", Risk: provision.Reversible}
	policy := provision.Step{ID: "data-bucket/policy", Op: provision.Change, Resource: "data bucket", Risk: provision.Reversible}
	for _, step := range []provision.Step{trail, policy} {
		if err := j.Started(step); err != nil {
			t.Fatal(err)
		}
		if err := j.Done(step); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Started(provision.Step{ID: "x", Resource: "user claria-admin"}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(j.path); err != nil || info.Mode().Perm() != 0o600 || info.Size() > 4096 {
		t.Errorf("the journal is not private, or keeps its reserve: %v %v", info, err)
	}
	left, err := os.ReadFile(j.path)
	if err != nil {
		t.Fatal(err)
	}
	torn := slices.Concat(left, []byte(`{"done":{"id":"x"`))
	if err := os.WriteFile(j.path, torn, 0o600); err != nil {
		t.Fatal(err)
	}

	l = open(t, dir, nil)
	if err := l.Recover(); err != nil || l.Interrupted() {
		t.Fatal(err)
	}
	changes, err := l.Changes()
	if err != nil || len(changes) != 2 || changes[0].ID != "2.2" || changes[1].Step.ID != "trail" ||
		changes[0].Who.ARN != applyEntry().Who.ARN {
		t.Errorf("changes: %+v, %v", changes, err)
	}
	for entry := range l.Entries() {
		if want := "A plan was interrupted: 2 changes were made. It is not known whether user claria-admin was changed too."; entry.Note != want {
			t.Errorf("note %q, want %q", entry.Note, want)
		}
		break
	}
	// The line is there, but the program was killed before the journal was removed.
	if err := os.WriteFile(j.path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Recover(); err != nil || l.Interrupted() {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	if v := Verify(bytes.NewReader(whole), keys(t, l)...); !v.OK() || v.Lines != 2 {
		t.Errorf("verify: %+v", v)
	}
}

// A plan that was killed before its first step changed nothing, and leaves no line.
func TestAPlanThatDidNotStartLeavesNoLine(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, nil)
	if _, err := l.Begin(applyEntry()); err != nil {
		t.Fatal(err)
	}
	again, err := l.Begin(applyEntry())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Remove(); err != nil || l.Interrupted() {
		t.Error(err)
	}
	if head, err := l.Head(); err != nil || head.Sequence != 0 {
		t.Errorf("a line was written: %+v, %v", head, err)
	}
}

// A ledger that cannot be written refuses the plan before it begins.
func TestAPlanNeedsALedgerThatCanBeWritten(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, nil)
	if err := os.Mkdir(l.Path(), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Begin(applyEntry()); err == nil || !strings.HasPrefix(err.Error(), "evidence ledger: ") || l.Interrupted() {
		t.Errorf("error %v", err)
	}
}
