package ui

import (
	"os"
	"path/filepath"
	"testing"
)

func TestKeysDocument(t *testing.T) {
	file := filepath.Join("..", "docs", "keys.md")
	got := keysMarkdown()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("docs/keys.md is not what the table of actions says; write it with: go test ./ui -run TestKeysDocument -update\n%s", got)
	}
}

// Every action can be found and understood, and no key of a pane hides one of
// the frame or the key that confirms.
func TestActionsTable(t *testing.T) { bubble(testActionsTable)(t) }

func testActionsTable(t *testing.T) {
	s := newScreen(t, 80, 24)
	seen := map[string]bool{}
	for _, tab := range s.tabs {
		actions := tab.pane.Actions()
		for _, a := range actions {
			if a.ID == "" || a.Help == "" || a.Long == "" || seen[a.ID] {
				t.Errorf("%s: action %+v lacks an id, help or sentence, or its id is taken", tab.title, a)
			}
			seen[a.ID] = true
			for _, key := range a.Keys {
				if key == confirmKey && a.Dangerous {
					t.Errorf("%s: %s opens with the key that confirms", tab.title, a.ID)
				}
				if other, ok := find(s.actions(), key); ok {
					t.Errorf("%s: %s takes %q from %s", tab.title, a.ID, key, other.ID)
				}
				if first, _ := find(actions, key); first.ID != a.ID {
					t.Errorf("%s: %q is both %s and %s", tab.title, key, first.ID, a.ID)
				}
			}
		}
	}
}
