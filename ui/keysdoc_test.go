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

// holdKeys holds every action that is offered now to the one meaning of its keys.
// It is called after every key that any test presses, so in every state a test reaches.
func holdKeys(t testing.TB, f *frame) {
	t.Helper()
	for _, a := range f.everything() {
		for _, key := range a.Keys {
			switch m, ok := meaningOf(key); {
			case !ok:
				t.Errorf("%s has %q, which has no meaning in the table of keys", a.ID, key)
			case m.verb != a.verb():
				t.Errorf("%s has %q, which means %s everywhere", a.ID, key, m.verb)
			}
		}
	}
}

// A key has one meaning, and none that lists and texts move by has another.
func TestKeysHaveOneMeaning(t *testing.T) {
	s := newScreen(t, 80, 24)
	for i := range s.tabs {
		s.current = i
		holdKeys(t, s.frame)
	}
	seen := map[string]string{}
	for _, m := range meanings {
		for _, key := range m.keys {
			if other := seen[key]; other != "" {
				t.Errorf("%q means both %s and %s", key, other, m.verb)
			}
			seen[key] = m.verb
			if meant := move(key); meant != "" && meant != m.verb {
				t.Errorf("%q means %s, and in lists %s", key, m.verb, meant)
			}
		}
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
				if other, ok := find(s.actions(), key); ok && other.verb() != a.verb() {
					t.Errorf("%s: %s takes %q from %s", tab.title, a.ID, key, other.ID)
				}
				if first, _ := find(actions, key); first.ID != a.ID {
					t.Errorf("%s: %q is both %s and %s", tab.title, key, first.ID, a.ID)
				}
			}
		}
	}
}
