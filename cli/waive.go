package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"claria/drift/ledger"
	"claria/drift/register"
	"claria/internal/safe"
)

// waiveCommand accepts the risk of one control for a limited time, or withdraws that.
func waiveCommand(e *env) *cobra.Command {
	var owner, reason, compensating, until string
	var yes, withdraw, asJSON bool
	cmd := &cobra.Command{
		Use:   "waive [ID]",
		Short: "Accept the risk of a failing control for a limited time, or list accepted risks",
		Long: "A waiver records who is responsible, why, what protects the records until then, and its last day (at most 365 days ahead).\n" +
			"A waived control never counts as passed, and fails again when the waiver ends. Without an id it lists the accepted risks.\n" +
			"CT-14 reports past events: a waiver acknowledges the events so far, and later ones are reported again.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			s, err := e.Rooms(ctx, len(args) == 0)
			if err != nil {
				return err
			}
			store, now := register.NewStore(s.Account, s.Settings), s.Account.Now()
			if len(args) == 0 {
				reg, err := store.Load(ctx)
				if err != nil {
					return err
				}
				running := slices.DeleteFunc(slices.Clone(reg.Waivers), func(w register.Waiver) bool { return !w.Running(now) })
				if asJSON {
					return e.JSON(append([]register.Waiver{}, running...))
				}
				if len(running) == 0 {
					fmt.Fprintln(e.Stdout, "No risk is accepted.")
				}
				rows := [][]string{}
				for _, w := range running {
					rows = append(rows, []string{w.Control, "until " + w.LastDay(now.Location()), safe.Line(w.Owner), safe.Line(w.Reason) +
						"; until then: " + safe.Line(w.Compensating)})
				}
				return table(e.Stdout, rows)
			}
			id := strings.ToUpper(args[0])
			if withdraw {
				if err := e.enter(ctx, store, fmt.Sprintf("Withdraw the waiver of %s?", id), yes, func(r *register.Register) error {
					if !r.Withdraw(id, now) {
						return fmt.Errorf("%s is not waived", id)
					}
					return nil
				}); err != nil {
					return err
				}
				unrecorded := e.record(ctx, s, ledger.Waive, fmt.Sprintf("The waiver of %s was withdrawn.", id))
				if !asJSON {
					fmt.Fprintf(e.Stdout, "the waiver of %s is withdrawn: the control fails again until it is fixed\n", id)
				}
				return unrecorded
			}
			if missing := unset(cmd, "owner", "reason", "compensating", "until"); len(missing) > 0 {
				return fmt.Errorf("to accept the risk of %s use %s", safe.Line(id), strings.Join(missing, ", "))
			}
			waiver, err := register.NewWaiver(id, owner, reason, compensating, now, register.Date(until))
			if err != nil {
				return err
			}
			if err := e.enter(ctx, store, fmt.Sprintf("Accept the risk of %s until %s, with %s responsible for it?", id, until, owner), yes,
				func(r *register.Register) error {
					r.Waivers = append(r.Waivers, waiver)
					return nil
				}); err != nil {
				return err
			}
			unrecorded := e.record(ctx, s, ledger.Waive, fmt.Sprintf("The risk of %s was accepted until %s.", id, waiver.LastDay(now.Location())))
			if asJSON {
				return cmp.Or(e.JSON(waiver), unrecorded)
			}
			if register.Acknowledged(id) {
				fmt.Fprintf(e.Stdout, "the events that %s reports until now are acknowledged\n", id)
				return unrecorded
			}
			fmt.Fprintf(e.Stdout, "%s is waived until %s\n", id, waiver.LastDay(now.Location()))
			return unrecorded
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&owner, "owner", "", "who is responsible for the risk")
	flags.StringVar(&reason, "reason", "", "the reason; no patient information, because the auditor reads it")
	flags.StringVar(&compensating, "compensating", "", "what protects the records until then")
	flags.StringVar(&until, "until", "", "the last day, such as "+time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	flags.BoolVar(&withdraw, "withdraw", false, "withdraw the waiver")
	flags.BoolVarP(&yes, "yes", "y", false, "do not ask")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// unset returns the flags that were not given, as they are typed.
func unset(cmd *cobra.Command, names ...string) []string {
	var missing []string
	for _, name := range names {
		if !cmd.Flags().Changed(name) {
			missing = append(missing, "--"+name)
		}
	}
	return missing
}
