package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"claria/provision"
)

func stepped(t *testing.T, l *Ledger, steps ...provision.Step) {
	t.Helper()
	if err := l.Append(Entry{Kind: Apply, Account: "111122223333", Region: "us-east-1", Steps: steps}); err != nil {
		t.Fatal(err)
	}
}

func changed(resource, before, after string) provision.Step {
	return provision.Step{
		ID: resource, Op: provision.Change, Resource: resource, Risk: provision.Reversible,
		Kept: &provision.Kept{Before: json.RawMessage(before), After: json.RawMessage(after)},
	}
}

// A change is found by its number, with the settings as they were written, and shows
// what undid it.
func TestAChangeIsFoundByItsNumber(t *testing.T) {
	l := open(t, t.TempDir(), nil)
	appended(t, l, 1)
	policy := `"{ \"Statement\" : [\n]}\t<&> ü\u2028"`
	stepped(t, l, changed("a", policy, "null"), changed("b", "null", `{"x":1}`))
	back := changed("a", "null", policy)
	back.Undoes = "2.1"
	stepped(t, l, back)
	changes, err := l.Changes()
	if err != nil || len(changes) != 3 || changes[0].ID != "3.1" || changes[1].ID != "2.2" || changes[2].ID != "2.1" || changes[2].UndoneBy != "3.1" || changes[1].UndoneBy != "" {
		t.Fatalf("%v, %+v", err, changes)
	}
	c, err := l.Change("2.1")
	var was, is string
	if err != nil || json.Unmarshal([]byte(policy), &was) != nil || json.Unmarshal(c.Step.Kept.Before, &is) != nil || was != is || string(c.Step.Kept.After) != "null" {
		t.Errorf("%v, %q, want %q", err, is, was)
	}
	if c, err := l.Change("3"); err != nil || c.ID != "3.1" {
		t.Errorf("a line of one change: %v, %s", err, c.ID)
	}
	for _, id := range []string{"", "2", "1.1", "9.1", "2.3", "list", "-1"} {
		if _, err := l.Change(id); err == nil {
			t.Errorf("%q was found", id)
		} else if _, ok := errors.AsType[*NoChangeError](err); !ok {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// Nothing is put back out of a line that somebody edited.
func TestAnEditedLineIsNotPutBack(t *testing.T) {
	l := open(t, t.TempDir(), nil)
	stepped(t, l, changed("a", `"mine"`, "null"))
	data, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.Path(), bytes.Replace(data, []byte(`mine`), []byte(`ours`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Change("1.1"); err == nil || !strings.Contains(err.Error(), "line 1 of the evidence ledger is not as it was signed") {
		t.Errorf("%v", err)
	}
}

// Nothing is put back out of a line that Verify rejects, even if the forger's key is among
// the ledger's public keys: the signature must be that of the key that the line names.
func TestAForgedLineIsNotPutBack(t *testing.T) {
	for name, c := range map[string]struct {
		named bool // the line names the forger's key
		edit  func(lines [][]byte, forged []byte) [][]byte
		says  string
	}{
		"signed by another key than it names": {false, func(lines [][]byte, forged []byte) [][]byte {
			return [][]byte{lines[0], forged, lines[2]}
		}, "it was edited: the signature does not match the key"},
		"the chain does not hold": {true, func(lines [][]byte, forged []byte) [][]byte {
			return [][]byte{lines[0], forged, lines[2]}
		}, "the line after it was signed when another line preceded it"},
		"a second line of its number": {true, func(lines [][]byte, forged []byte) [][]byte {
			return [][]byte{lines[0], lines[1], lines[2], forged}
		}, "it was inserted or moved"},
		"the last line, which was copied before": {true, func(lines [][]byte, forged []byte) [][]byte {
			return [][]byte{lines[0], forged}
		}, "number 2 is not the line that this machine's record of what it copied into the audit bucket has"},
	} {
		dir := t.TempDir()
		l := open(t, dir, nil)
		appended(t, l, 1)
		stepped(t, l, changed("a", `"mine"`, "null"))
		head, err := l.Head()
		if err != nil {
			t.Fatal(err)
		}
		if err := l.setSent(head); err != nil {
			t.Fatal(err)
		}
		appended(t, l, 1)
		if _, err := l.Change("2.1"); err != nil {
			t.Fatalf("%s: untouched: %v", name, err)
		}
		forger := open(t, t.TempDir(), nil)
		appended(t, forger, 1)
		entry := parsed(t, fileLines(t, l)[1])
		entry.Steps[0].Kept.Before = json.RawMessage(`"theirs"`)
		if c.named {
			entry.KeyID = forger.signer.id
		}
		if err := l.remember(keys(t, forger)[0]); err != nil { // as anyone can who writes the file
			t.Fatal(err)
		}
		file := bytes.Join(c.edit(fileLines(t, l), mustLine(t, forger.signer, entry)), nil)
		if err := os.WriteFile(l.Path(), file, 0o600); err != nil {
			t.Fatal(err)
		}
		if v, err := l.verdict(); err != nil || v.OK() {
			t.Errorf("%s: verified: %v", name, err)
		}
		if _, err := open(t, dir, nil).Change("2.1"); err == nil ||
			!strings.Contains(err.Error(), "line 2 of the evidence ledger is not as it was signed, so nothing is put back from it: "+c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func fileLines(t *testing.T, l *Ledger) [][]byte {
	t.Helper()
	data, err := os.ReadFile(l.Path())
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(bytes.Lines(data))
}

// An undo that was undone itself does not count.
func TestAChangeThatWasMadeAgainIsInForce(t *testing.T) {
	l := open(t, "", nil)
	stepped(t, l, changed("a", "1", "2"))
	for i, want := range [][]string{
		{"1.1 by 2.1"}, {"2.1 by 3.1"}, {"3.1 by 4.1", "1.1 by 2.1"},
	} {
		step := changed("a", "2", "1")
		step.Undoes = fmt.Sprintf("%d.1", i+1)
		stepped(t, l, step)
		changes, err := l.Changes()
		if err != nil {
			t.Fatal(err)
		}
		var undone []string
		for _, c := range changes {
			if c.UndoneBy != "" {
				undone = append(undone, c.ID+" by "+c.UndoneBy)
			}
			if why := c.CannotUndo(); (why == "") != (c.UndoneBy == "") ||
				c.UndoneBy != "" && why != "it was undone by change "+c.UndoneBy+" already; undo that one to make it again" {
				t.Errorf("%s: %q", c.ID, why)
			}
		}
		if !slices.Equal(undone, want) {
			t.Errorf("after change %d.1: %v, want %v", i+2, undone, want)
		}
	}
}

// A ledger of schema 1 still verifies, goes on, and says of its changes that they
// were recorded before undo.
func TestALedgerOfSchemaOne(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{fileName, publicName, machineName} {
		data, err := os.ReadFile(filepath.Join("testdata", "schema1", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	l := open(t, dir, nil)
	if chain, ok := l.Chain().Value(); !ok || chain.Lines != 3 || len(chain.Problems) > 0 {
		t.Fatalf("%+v", chain)
	}
	for _, id := range []string{"2.1", "2.2"} {
		if c, err := l.Change(id); err != nil || !strings.Contains(c.CannotUndo(), "recorded before undo") {
			t.Errorf("%s: %v, %q", id, err, c.CannotUndo())
		}
	}
	stepped(t, l, changed("a", `"mine"`, "null"))
	if chain, ok := l.Chain().Value(); !ok || chain.Lines != 4 || len(chain.Problems) > 0 {
		t.Errorf("%+v", chain)
	}
	if c, err := l.Change("4.1"); err != nil || c.Schema != 2 || c.CannotUndo() != "" {
		t.Errorf("%v, schema %d, %q", err, c.Schema, c.CannotUndo())
	}
}
