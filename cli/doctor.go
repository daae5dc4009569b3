package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"claria/internal/config"
	"claria/internal/safe"
	"claria/session/doctor"
)

// doctorCommand looks at what Claria needs in order to work.
func doctorCommand(e *env) *cobra.Command {
	var asJSON, report bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at what Claria needs to work: clock, network, credentials, keyring, models, rights",
		Long: "Looks at this computer, the network and the account, and prints a line for each thing with the next\n" +
			"step. It only reads, works without a configuration or a credential, and shows no patient information.\n" +
			"Exit code: 0 nothing to do, 1 something could not be found out, 2 something must be done.\n\n" +
			"With --report it prints what this account says about the questions of docs/first-run.md, without the\n" +
			"account's number, so that a first user can send it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			x, err := e.examine(cmd)
			if err != nil {
				return err
			}
			if report {
				return e.printReport(x, asJSON)
			}
			return e.printLines(x, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&report, "report", false, "answer the questions that only a live account can answer")
	return cmd
}

func (e *env) examine(cmd *cobra.Command) (*doctor.Examination, error) {
	in := doctor.Input{Version: e.version, Region: e.region, LookupEnv: e.LookupEnv}
	in.Places, _ = config.Locate(e.LookupEnv) // without a place the session cannot be opened, which says why
	in.Session, in.Failed = e.ReadOnlySession(cmd.Context())
	return doctor.Examine(cmd.Context(), in)
}

func (e *env) printLines(x *doctor.Examination, asJSON bool) error {
	lines := []doctor.Line{}
	code := exitOK
	for line := range x.Lines() {
		lines = append(lines, line)
		switch line.Status {
		case doctor.Act:
			code = 2
		case doctor.Unknown:
			code = max(code, exitFailure)
		}
	}
	if asJSON {
		if err := e.JSON(lines); err != nil {
			return err
		}
		return coded(code)
	}
	for _, line := range lines {
		fmt.Fprintf(e.Stdout, "%-8s %-13s %s\n", line.Status, line.Topic, safe.Line(line.Found))
		if line.Next != "" {
			fmt.Fprintf(e.Stdout, "%22s → %s\n", "", safe.Line(line.Next))
		}
	}
	return coded(code)
}

func (e *env) printReport(x *doctor.Examination, asJSON bool) error {
	answers := x.Report()
	if asJSON {
		return e.JSON(answers)
	}
	for _, a := range answers {
		fmt.Fprintf(e.Stdout, "%d. %s\n", a.Number, a.Question)
		if a.Found != "" {
			fmt.Fprintf(e.Stdout, "   found: %s\n", safe.Line(a.Found))
		}
		fmt.Fprintf(e.Stdout, "   to find out: %s\n", a.Command)
	}
	return nil
}
