package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"claria/internal/safe"
)

// plainUsage makes every verb below cmd explain a wrong call in words: too many or
// too few arguments, or an unknown verb. A group of verbs that is called without one
// prints its help.
func plainUsage(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		plainUsage(sub)
	}
	switch check := cmd.Args; {
	case !cmd.HasParent():
	case !cmd.Runnable() && cmd.HasSubCommands():
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			names := []string{}
			for _, sub := range cmd.Commands() {
				if sub.IsAvailableCommand() {
					names = append(names, sub.Name())
				}
			}
			return fmt.Errorf("%s has no command %s; it has: %s", cmd.CommandPath(), safe.Line(args[0]), strings.Join(names, ", "))
		}
	case check != nil:
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if check(cmd, args) == nil {
				return nil
			}
			form, _, _ := strings.Cut(cmd.UseLine(), " [flags]")
			return fmt.Errorf("usage: %s (%s -h explains)", form, cmd.CommandPath())
		}
	}
}
