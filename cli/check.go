package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"claria/drift"
	"claria/drift/evidence"
)

// checkCommand is the scan for cron: it only reads, never prompts, and its exit
// code tells the outcome.
func checkCommand(e *env) *cobra.Command {
	var format, set string
	var quiet bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Judge the account against every control; also claria --check, for cron",
		Long: "Reads the account and judges every control of the set. It changes nothing and never prompts.\n" +
			"Exit code: 0 all is well, 1 something could not be evaluated, 2 something fails (2 wins).",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			s, err := e.ReadOnlySession(ctx)
			if err != nil {
				return err
			}
			result, err := drift.Scan(ctx, s.Account, s.Settings, drift.Options{Set: set, Unattended: true})
			if err != nil {
				if errors.Is(ctx.Err(), context.DeadlineExceeded) {
					err = fmt.Errorf("the check could not begin within %s (--timeout): %w", timeout, err)
				}
				return &exitError{exitFailure, err} // an interrupted check was not evaluated, and says so as cron expects
			}
			report := result.Report
			code := report.Summary.ExitCode()
			if quiet && format == "text" {
				// A mail from cron says what needs a person, not the rest.
				report.Controls = slices.DeleteFunc(report.Controls, func(f drift.Finding) bool { return f.Status == drift.Pass })
			}
			if !quiet || code != exitOK {
				print := evidence.Text
				if format == "json" {
					print = evidence.JSON
				}
				if err := print(e.Stdout, report); err != nil {
					return &exitError{max(code, exitFailure), err}
				}
			}
			if code != exitOK {
				return &exitError{code: code}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.Flags().StringVar(&set, "controls", "core", "the set of controls: core")
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "print nothing when all is well, and else only what is not")
	cmd.Flags().DurationVar(&timeout, "timeout", 2*time.Minute, "give up after this long; what was not read by then is unknown")
	return cmd
}
