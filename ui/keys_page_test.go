package ui

import (
	"context"
	"fmt"
	"strings"

	"claria/session"
	"claria/ui/frame"
	"claria/ui/kit"
)

// keysMarkdown is docs/keys.md: the table of actions as a document. A test compares
// the file with it.
func keysMarkdown() string {
	e := kit.NewEnv(context.Background(), &session.Session{SetUp: true}, session.Screen{}.WithDefaults())
	tabs := panes(e)
	f := frame.New(e, session.Screen{}, tabs)
	var b strings.Builder
	b.WriteString("# Keys\n\nGenerated from the table of actions: `go test ./ui -run TestKeysDocument -update`.\n" +
		"To go anywhere, type `:` and the beginning of a name: an action of any pane, a client, a file, a report, a control.\n" +
		"An action marked ⚠ changes something and asks first. Its confirm key is `y`. " +
		"The key does nothing for a moment, so that keys typed ahead do not confirm.\n")
	b.WriteString("\n## One meaning for each key\n\n| key | in every pane that uses it |\n|---|---|\n")
	for _, m := range kit.Meanings {
		keys := "`" + m.Keys[0] + "`"
		if last := len(m.Keys) - 1; last > 0 {
			keys += " … `" + m.Keys[last] + "`"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", keys, m.Does)
	}
	table := func(title string, actions []kit.Action) {
		fmt.Fprintf(&b, "\n## %s\n\n| key | does |\n|---|---|\n", title)
		for _, a := range actions {
			keys := "`:" + strings.ToLower(a.Help) + "`"
			if len(a.Keys) > 0 {
				names := make([]string, len(a.Keys))
				for i, key := range a.Keys {
					names[i] = "`" + kit.KeyName(key) + "`"
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
	table("Everywhere", f.Actions())
	table("Lists and texts", kit.Moves)
	for _, t := range tabs {
		if actions := t.Pane.Actions(); len(actions) > 0 {
			table(t.Title, actions)
		}
	}
	return b.String()
}
