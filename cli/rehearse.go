package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"claria/clients"
	"claria/drift/register"
	"claria/internal/safe"
)

// rehearseCommand carries out the one drill that the program can do by itself.
func rehearseCommand(e *env) *cobra.Command {
	run := &cobra.Command{Use: "run", Short: "Carry out a drill, and record how it went", Args: cobra.NoArgs}
	var by string
	restore := &cobra.Command{
		Use: "restore --by NAME", Args: cobra.NoArgs,
		Short: "Delete an object made for it, restore it, compare it, and record the drill (S3-19)",
		Long: "Stores 64 kB of random bytes beside the records, deletes them, restores them the way a deleted file is\n" +
			"restored, reads them back, compares the SHA-256, and records in the register when, by whom, how long it\n" +
			"took and whether it worked. The bytes are deleted again; their earlier versions stay, as all do.",
		RunE: func(cmd *cobra.Command, _ []string) error { return e.rehearse(cmd.Context(), by) },
	}
	restore.Flags().StringVar(&by, "by", "", "who does it")
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
		return fmt.Errorf("no restore was tried, and nothing is recorded: %w", err)
	}
	drill := register.Drill{At: register.DateOf(s.Account.Now()), Kind: "restore", By: by, Worked: !tried}
	took := rehearsal.Took.Round(10 * time.Millisecond)
	if tried {
		drill.Note = failed.Error()
	} else {
		drill.Minutes = int(math.Ceil(rehearsal.Took.Minutes()))
		drill.Note = fmt.Sprintf("%d bytes by claria, back in %s, SHA-256 %x", rehearsal.Bytes, took, rehearsal.SHA256)
	}
	_, noted := register.NewStore(s.Account, s.Settings).Update(ctx, func(r *register.Register) error {
		r.Drills = append(r.Drills, drill)
		return nil
	})
	if noted != nil {
		noted = fmt.Errorf("the drill is not in the register: %w. Next: run it again", noted)
	}
	if rehearsal.Left != "" {
		fmt.Fprintf(e.Stderr, "claria: this is left over: %s\n", safe.Line(rehearsal.Left))
	}
	if tried {
		return errors.Join(fmt.Errorf("%w. Next: claria check --controls strict, S3-11 and S3-12", failed), noted)
	}
	fmt.Fprintf(e.Stdout, "%d bytes were deleted, restored in %s, and are the same (SHA-256 %x…).\n", rehearsal.Bytes, took, rehearsal.SHA256[:6])
	return noted
}
