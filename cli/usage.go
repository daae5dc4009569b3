package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"claria/internal/safe"
)

// plainUsage has every verb below cmd say in words what is wrong with how it was
// called: a word too many or too few, or a verb that there is not. A group of verbs,
// called without one, prints its help.
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
			return fmt.Errorf("%s has no %s; it has: %s", cmd.CommandPath(), safe.Line(args[0]), strings.Join(names, ", "))
		}
	case check != nil:
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if check(cmd, args) == nil {
				return nil
			}
			form, _, _ := strings.Cut(cmd.UseLine(), " [flags]")
			return fmt.Errorf("it is called as: %s (%s -h explains)", form, cmd.CommandPath())
		}
	}
}
