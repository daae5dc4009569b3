package ui

import (
	"context"
	"fmt"
	"strings"

	"claria/session"
)

// keysMarkdown is docs/keys.md: the table of actions as a document. A test
// holds the file to it.
func keysMarkdown() string {
	e := newEnv(context.Background(), &session.Session{SetUp: true}, Options{}.withDefaults())
	f := newFrame(e, Options{})
	var b strings.Builder
	b.WriteString("# Keys\n\nGenerated from the table of actions: `go test ./ui -run TestKeysDocument -update`.\n" +
		"The actions of the pane that is shown are also found by typing a part of their words after `:`.\n" +
		"What is marked ⚠ changes something and asks first; its confirm key is `y`, deaf for a moment so that keys typed ahead do not confirm.\n")
	b.WriteString("\n## One meaning for each key\n\n| key | in every pane where it does anything |\n|---|---|\n")
	for _, m := range meanings {
		keys := "`" + m.keys[0] + "`"
		if last := len(m.keys) - 1; last > 0 {
			keys += " … `" + m.keys[last] + "`"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", keys, m.does)
	}
	table := func(title string, actions []action) {
		fmt.Fprintf(&b, "\n## %s\n\n| key | does |\n|---|---|\n", title)
		for _, a := range actions {
			keys := "`:" + strings.ToLower(a.Help) + "`"
			if len(a.Keys) > 0 {
				names := make([]string, len(a.Keys))
				for i, key := range a.Keys {
					names[i] = "`" + keyName(key) + "`"
				}
				keys = strings.Join(names, " ")
			}
			danger := ""
			if a.Dangerous {
				danger = " ⚠"
			}
			fmt.Fprintf(&b, "| %s | %s%s |\n", keys, a.Long, danger)
		}
	}
	table("Everywhere", f.actions())
	table("Lists and texts", moves)
	for _, t := range f.tabs {
		if actions := t.pane.Actions(); len(actions) > 0 {
			table(t.title, actions)
		}
	}
	return b.String()
}
