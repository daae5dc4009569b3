package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"claria/aws"
	"claria/drift/ledger"
	"claria/internal/config"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/provision"
	"claria/session"
)

// setupCommand plans and applies set-up, and mends drift the same way.
func setupCommand(e *env) *cobra.Command {
	var plan, apply, yes, asJSON bool
	var adopt []string
	var answers string
	var example bool
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Plan (--plan) or apply (--apply) what the account still needs",
		Long: "Compares the account with what it should be. --plan prints the steps and changes nothing;\n" +
			"--apply shows them, asks, does exactly them, and tells what was done. A second plan is empty.\n" +
			"In the workstation, pane Setup does the same with an explanation beside each step.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case example:
				_, err := io.WriteString(e.Stdout, config.AnswersExample)
				return err
			case answers != "":
				return e.answered(cmd.Context(), answers)
			}
			if plan == apply {
				return errors.New("say what to do: claria setup --plan shows the steps, claria setup --apply does them")
			}
			ctx := cmd.Context()
			open := e.Session
			if plan {
				open = e.ReadOnlySession
			}
			s, err := open(ctx)
			if err != nil {
				return err
			}
			if !s.SetUp {
				if err := e.intake(ctx, s); err != nil && apply {
					return err
				}
			}
			if err := e.takeOver(ctx, s); err != nil {
				return err
			}
			todo, err := makePlan(ctx, s)
			if err != nil {
				return err
			}
			if asJSON {
				if err := e.JSON(todo); err != nil {
					return err
				}
			} else {
				printPlan(e.Stdout, todo)
			}
			if plan {
				return nil
			}
			return e.apply(ctx, s, todo, yes, adopt)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&plan, "plan", false, "print the steps and change nothing")
	flags.BoolVar(&apply, "apply", false, "do the steps, after asking")
	flags.BoolVarP(&yes, "yes", "y", false, "with --apply: do not ask")
	flags.BoolVar(&asJSON, "json", false, "print the plan as JSON")
	flags.StringArrayVar(&adopt, "adopt", nil, "with --apply: take over the existing resource of this `NAME`; may be repeated")
	flags.StringVar(&answers, "answers", "", "do the whole of set-up without a terminal, by the answers in this `FILE` (- is standard input)")
	flags.BoolVar(&example, "answers-example", false, "print a file of answers, explained")
	cmd.MarkFlagsMutuallyExclusive("plan", "apply", "answers", "answers-example")
	return cmd
}

func makePlan(ctx context.Context, s *session.Session) (provision.Plan, error) {
	observed, err := provision.Observe(ctx, s.Account, s.Settings)
	if err != nil {
		return provision.Plan{}, err
	}
	return s.Plan(observed), nil
}

// apply does the plan that was just shown.
func (e *env) apply(ctx context.Context, s *session.Session, plan provision.Plan, yes bool, adopt []string) error {
	if plan.Blocked != nil {
		return fmt.Errorf("nothing was changed. %s. Next: %s", words.Capital(plan.Blocked.Reason), plan.Blocked.Next)
	}
	if plan.Empty() {
		return e.finish(ctx, s)
	}
	if !yes {
		ok, err := e.Confirm(fmt.Sprintf("Do these %d steps on account %s?", len(plan.Steps), plan.Account), "--yes")
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("nothing was changed")
		}
	}
	approval, err := s.Approval(ctx)
	if err != nil {
		return err
	}
	approval.Adopt = adopt
	e.secondFactor(s, &approval)
	e.choosing(&approval)
	account, err := e.mender(ctx, s)
	if err != nil {
		return err
	}
	failed, err := e.do(ctx, account, plan, approval)
	e.recordPlan(ctx, s, len(plan.Steps), failed)
	if err != nil {
		return err
	}
	if len(plan.Unknown) > 0 { // which these steps may have made readable
		fmt.Fprintln(e.Stderr, "What could not be read was not planned: claria setup --plan looks again.")
	}
	return e.finish(ctx, s)
}

// do does the plan and prints how it goes. failed is the step that it stopped at.
func (e *env) do(ctx context.Context, account *aws.Account, plan provision.Plan, approval provision.Approval) (failed string, err error) {
	e.made = nil
	for progress, err := range provision.Apply(ctx, account, plan, approval) {
		if err != nil {
			return progress.Step.ID, fmt.Errorf("%w. %d of %d steps were done; claria setup --plan shows what is left", err, len(e.made), len(plan.Steps))
		}
		if progress.Status == "done" {
			e.made = append(e.made, progress.Step)
		}
		if progress.Status != "started" || progress.Detail != "" {
			fmt.Fprintf(e.Stderr, "%2d/%d %-8s %s %s\n", progress.Index+1, progress.Total, progress.Status, safe.Line(progress.Step.Resource), safe.Line(progress.Detail))
		}
	}
	return "", nil
}

// finish makes this machine work with its own key from now on.
func (e *env) finish(ctx context.Context, s *session.Session) error {
	if s.SetUp {
		e.share(ctx, s)
		return nil
	}
	_, err := e.finished(ctx, s)
	return err
}

// takeOver takes over what the practice declared on another of its computers.
func (e *env) takeOver(ctx context.Context, s *session.Session) error {
	taken, err := s.Follow(ctx)
	if taken {
		fmt.Fprintln(e.Stderr, takenOver)
	}
	return err
}

const takenOver = "What this practice declared on another of its computers (strict, models, alerts, budget, contact, paper agreement) holds here now too."

// share tells the practice's other computers what is declared here. The account is
// as it was declared by now, so a failure is told and no more.
func (e *env) share(ctx context.Context, s *session.Session) {
	if err := s.Share(ctx); err != nil {
		fmt.Fprintf(e.Stderr, "claria: %s. Next: claria setup --apply tells them\n", safe.Line(err.Error()))
	}
}

// finished is the session that goes on with this machine's own key.
func (e *env) finished(ctx context.Context, s *session.Session) (*session.Session, error) {
	s, err := s.Finish(ctx)
	if err != nil {
		return nil, err
	}
	identity, err := s.Account.Identity(ctx)
	if err != nil {
		return nil, fmt.Errorf("the account is set up, but the new key does not answer yet: %w. Try claria check in a minute", err)
	}
	fmt.Fprintf(e.Stderr, "The account is set up. From now on Claria works as %s, with the key in the keyring (%s).\n", safe.Line(identity.ARN), s.Keyring.Backend())
	e.share(ctx, s)
	e.record(ctx, s, ledger.Apply, "Set-up was finished on this machine.", e.made...)
	return s, nil
}

// intake says what the credential that set-up starts from is and may do, and
// refuses one that cannot set up.
func (e *env) intake(ctx context.Context, s *session.Session) error {
	credential, err := s.Classify(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stderr, "Working as %s (%s), from %s.\n%s\n", safe.Line(credential.Identity.ARN), credential.Kind, s.Account.Source(), safe.Line(credential.Guidance))
	if len(credential.Missing) > 0 {
		return fmt.Errorf("nothing was changed: this credential may not do what set-up takes: %s", strings.Join(credential.Missing, ", "))
	}
	return nil
}

func printPlan(w io.Writer, plan provision.Plan) {
	for _, unknown := range plan.Unknown {
		fmt.Fprintf(w, "? %s. %s.\n", safe.Line(unknown.Reason), words.Capital(safe.Line(unknown.Next)))
	}
	if plan.Empty() {
		fmt.Fprintln(w, "Nothing to do: the account is as it should be, as far as it could be read.")
	}
	width := 0
	for _, step := range plan.Steps {
		width = max(width, len([]rune(step.Resource)))
	}
	for _, step := range plan.Steps {
		fmt.Fprintf(w, "%s %-*s  %s  (%s)\n", step.Op.Sign(), width, safe.Line(step.Resource), safe.Line(step.Summary), strings.Join(step.Why, ", "))
		if step.Risk == provision.Irreversible {
			fmt.Fprintln(w, "  cannot be taken back")
		}
	}
	if plan.Blocked != nil {
		fmt.Fprintf(w, "Blocked: %s.\nNext: %s.\n", safe.Line(plan.Blocked.Reason), safe.Line(plan.Blocked.Next))
	}
}
