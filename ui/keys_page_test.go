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
		table(t.title, t.pane.Actions())
	}
	return b.String()
}
