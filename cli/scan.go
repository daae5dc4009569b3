package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"claria/reports"
)

// filesReadCommand lets the model read the pages of a file that are pictures.
func filesReadCommand(e *env) *cobra.Command {
	var asJSON, yes bool
	cmd := &cobra.Command{
		Use:   "read CLIENT FILE",
		Short: "Read the scanned pages of a PDF file with the model",
		Long: "Sends a PDF file with pages that are pictures to the model, in your own account, and stores what it\n" +
			"writes as a new version of the file's text, marked as read by a machine: check it against the\n" +
			"pages. It shows the cost first and needs a yes, and the client's recorded consent to AI-assisted\n" +
			"drafting. An interrupt keeps the pages read so far.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return e.readScan(cmd.Context(), args, yes, asJSON) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the file as JSON")
	return cmd
}

func (e *env) readScan(ctx context.Context, args []string, yes, asJSON bool) error {
	s, client, err := e.roomsFor(ctx, false, args[0])
	if err != nil {
		return err
	}
	file, err := s.Clients().FindFile(ctx, client.ID, args[1])
	if err != nil {
		e.suggest(err)
		return err
	}
	drafter := s.Reports()
	scan, err := drafter.PlanScan(client, file)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.Stderr, scan.Words())
	if !yes {
		if yes, err = e.Confirm("Send it?", "--yes"); err != nil {
			return err
		}
		if !yes {
			return errors.New("nothing was sent to the model")
		}
	}
	var last reports.Scanned
	for step, err := range drafter.ReadScan(ctx, scan) {
		if last = step; err != nil {
			return e.scanFailed(step, err)
		}
		if step.File.ID == "" {
			fmt.Fprintf(e.Stderr, "Page %d read (%d of %d).\n", step.Page, step.Done, step.Of)
		}
	}
	return e.scanDone(last, asJSON)
}

func (e *env) scanFailed(step reports.Scanned, err error) error {
	if step.Done > 0 && step.File.ID != "" {
		fmt.Fprintf(e.Stderr, "%d of %d pages were read and stored; the same command reads the rest.\n", step.Done, step.Of)
	}
	return err
}

func (e *env) scanDone(last reports.Scanned, asJSON bool) error {
	if last.File.ID == "" {
		return errors.New("no page was read")
	}
	if dollars, known := reports.Cost(last.File.Machine, last.Used); known {
		fmt.Fprintf(e.Stderr, "It cost about $%.2f at the list price. Check the text against the pages: claria files text shows it.\n", dollars)
	}
	return e.printFile(last.File, "read by a machine", asJSON)
}
