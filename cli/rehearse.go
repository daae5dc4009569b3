package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"claria/clients"
	"claria/drift/ledger"
	"claria/drift/register"
	"claria/internal/safe"
)

// rehearseCommand runs the one drill that the program can do by itself.
func rehearseCommand(e *env) *cobra.Command {
	run := &cobra.Command{Use: "run", Short: "Run a drill and record the result", Args: cobra.NoArgs}
	var by string
	restore := &cobra.Command{
		Use: "restore --by NAME", Args: cobra.NoArgs,
		Short: "Test a restore on an object made for it, and record the drill (S3-19)",
		Long: "Stores 64 kB of random bytes next to the records, deletes them, restores them like a deleted file,\n" +
			"reads them back and compares the SHA-256. The register records when, by whom, how long it took and\n" +
			"whether it worked. The bytes are deleted again; like all earlier versions, theirs are kept.",
		RunE: func(cmd *cobra.Command, _ []string) error { return e.rehearse(cmd.Context(), by) },
	}
	restore.Flags().StringVar(&by, "by", "", "who runs it")
	_ = restore.MarkFlagRequired("by")
	run.AddCommand(restore)
	return run
}

func (e *env) rehearse(ctx context.Context, by string) error {
	s, err := e.Rooms(ctx, false)
	if err != nil {
		return err
	}
	rehearsal, err := s.Clients().Rehearse(ctx)
	failed, tried := errors.AsType[*clients.RestoreError](err)
	if err != nil && !tried {
		return fmt.Errorf("the restore could not be tested, so nothing is recorded: %w", err)
	}
	drill := register.Drill{At: register.DateOf(s.Account.Now()), Kind: "restore", By: by, Worked: !tried}
	took := rehearsal.Took.Round(10 * time.Millisecond)
	if tried {
		drill.Note = failed.Error()
	} else {
		drill.Minutes = int(math.Ceil(rehearsal.Took.Minutes()))
		drill.Note = fmt.Sprintf("%d bytes by claria, back in %s, SHA-256 %x", rehearsal.Bytes, took, rehearsal.SHA256)
	}
	var unrecorded error
	_, noted := register.NewStore(s.Account, s.Settings).Update(ctx, func(r *register.Register) error {
		r.Drills = append(r.Drills, drill)
		return nil
	})
	if noted != nil {
		noted = fmt.Errorf("the drill was not recorded in the register: %w. Run it again", noted)
	} else {
		unrecorded = e.record(ctx, s, ledger.Register, "A drill of a restore was recorded.")
	}
	if rehearsal.Left != "" {
		fmt.Fprintf(e.Stderr, "claria: not deleted: %s\n", safe.Line(rehearsal.Left))
	}
	if tried {
		return errors.Join(fmt.Errorf("%w. Run claria check --controls strict and read S3-11 and S3-12", failed), noted)
	}
	fmt.Fprintf(e.Stdout, "%d bytes were deleted, restored in %s, and are the same (SHA-256 %x…).\n", rehearsal.Bytes, took,
		rehearsal.SHA256[:6])
	return cmp.Or(noted, unrecorded)
}
