package ui

import (
	"os"
	"path/filepath"
	"testing"

	"claria/ui/golden"
	"claria/ui/kit"
	"claria/ui/uitest"
)

func TestKeysDocument(t *testing.T) {
	file := filepath.Join("..", "docs", "keys.md")
	got := keysMarkdown()
	if *golden.Update {
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

// A key has one meaning, also the keys that move in lists and texts.
func TestKeysHaveOneMeaning(t *testing.T) { uitest.Bubble(testKeysHaveOneMeaning)(t) }

func testKeysHaveOneMeaning(t *testing.T) {
	s := screens.New(t, 80, 24)
	for _, tab := range s.Tabs {
		s.Show(tab.ID)
		uitest.HoldKeys(t, s.Frame)
	}
	seen := map[string]string{}
	for _, m := range kit.Meanings {
		for _, key := range m.Keys {
			if other := seen[key]; other != "" {
				t.Errorf("%q means both %s and %s", key, other, m.Verb)
			}
			seen[key] = m.Verb
			if meant := kit.Move(key); meant != "" && meant != m.Verb {
				t.Errorf("%q means %s, and in lists %s", key, m.Verb, meant)
			}
		}
	}
}

// Every action has an id, a name and a sentence, and no key of a pane hides a key of
// the frame or the key that confirms.
func TestActionsTable(t *testing.T) { uitest.Bubble(testActionsTable)(t) }

func testActionsTable(t *testing.T) {
	s := screens.New(t, 80, 24)
	seen := map[string]bool{}
	for _, tab := range s.Tabs {
		actions := tab.Pane.Actions()
		for _, a := range actions {
			if a.ID == "" || a.Help == "" || a.Long == "" || seen[a.ID] {
				t.Errorf("%s: action %+v lacks an id, help or sentence, or its id is taken", tab.Title, a)
			}
			seen[a.ID] = true
			for _, key := range a.Keys {
				if key == kit.ConfirmKey && a.Dangerous {
					t.Errorf("%s: %s opens with the key that confirms", tab.Title, a.ID)
				}
				if other, ok := kit.FindAction(s.Frame.Actions(), key); ok && other.Verb() != a.Verb() {
					t.Errorf("%s: %s takes %q from %s", tab.Title, a.ID, key, other.ID)
				}
				if first, _ := kit.FindAction(actions, key); first.ID != a.ID {
					t.Errorf("%s: %q is both %s and %s", tab.Title, key, first.ID, a.ID)
				}
			}
		}
	}
}
