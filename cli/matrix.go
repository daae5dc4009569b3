package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"claria/drift"
	"claria/drift/catalogue"
	"claria/internal/safe"
	"claria/session/watch"
)

// matrixCommand prints the status of the account and the practice, requirement by
// requirement.
func matrixCommand(e *env) *cobra.Command {
	var set string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "matrix",
		Short: "Show the status of every requirement: Security Rule, breach notification, privacy",
		Long: "Scans the account and shows, for every requirement, how Claria covers it (verified, provisioned, attested,\n" +
			"inherited, out of scope), and the status of its controls.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := e.ReadOnlySession(cmd.Context())
			if err != nil {
				return err
			}
			result, err := e.look(cmd.Context(), s, watch.Options{Set: set, Unrecorded: true})
			if err != nil {
				return err
			}
			register, _ := result.Facts.Register.Value()
			rows := drift.Matrix(result.Report, register)
			if asJSON {
				return e.JSON(rows)
			}
			part := ""
			for _, r := range rows {
				if r.Part != part {
					part = r.Part
					fmt.Fprintf(e.Stdout, "\n%s\n", part)
				}
				fmt.Fprintf(e.Stdout, "%-24s %1s  %-14s %s\n", r.Citation, r.Kind, matrixWord(r), r.Title)
				fmt.Fprintf(e.Stdout, "%28s%s; %s\n", "", join(r.Classes), safe.Line(r.Evidence))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&set, "controls", catalogue.Strict, "the set of controls to judge: core, strict or nprm")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func matrixWord(r drift.MatrixRow) string {
	switch {
	case r.Status == "":
		return "not judged"
	case r.Status == catalogue.NotApplicable:
		return "not applicable"
	case r.Status == catalogue.AttestDue:
		return "due"
	case r.Status == catalogue.Pass && r.Partly:
		return "partial pass"
	}
	return string(r.Status)
}

func join[T ~string](all []T) string {
	text := ""
	for i, one := range all {
		if i > 0 {
			text += ", "
		}
		text += string(one)
	}
	return text
}
