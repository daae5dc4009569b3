package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"claria/aws"
	"claria/drift/ledger"
	"claria/internal/config"
	"claria/internal/safe"
	"claria/internal/words"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
)

// setupCommand plans and applies set-up, and fixes drift in the same way.
func setupCommand(e *env) *cobra.Command {
	var plan, apply, yes, asJSON bool
	var adopt, remove []string
	var answers, undo, declared string
	var example bool
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Set up the account: show the plan (--plan) or apply it (--apply)",
		Long: "Compares the account with what it should be. --plan prints the steps and changes nothing;\n" +
			"--apply shows them, asks, does exactly these steps, and reports the result. A second plan is empty.\n" +
			"In the workstation, the Setup pane does the same and explains each step.\n\n" +
			"--undo ID restores a setting as it was before change ID; --undo alone lists the changes with their\n" +
			"ids. It shows the plan and the controls that fail afterwards, asks for confirmation, and needs a code\n" +
			"of the second factor, as --apply does; with --plan it changes nothing. It refuses a setting that was\n" +
			"changed since. The undo is a change in the ledger too, and can be undone. What set-up creates or\n" +
			"deletes cannot be undone.",
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("undo") && undo == listChanges {
				return cobra.MaximumNArgs(1)(cmd, args)
			}
			return cobra.NoArgs(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case cmd.Flags().Changed("undo"):
				if len(args) > 0 {
					undo = args[0]
				}
				return e.undo(cmd.Context(), undo, plan, yes, asJSON)
			case example:
				_, err := io.WriteString(e.Stdout, config.AnswersExample)
				return err
			case declared != "" && !slices.Contains(declaredAt, declared):
				return oneOf("declared", declared, declaredAt...)
			case answers != "":
				return e.answered(cmd.Context(), answers, declared)
			}
			if plan == apply {
				return errors.New("use claria setup --plan to show the steps, or claria setup --apply to do them")
			}
			ctx := cmd.Context()
			open := e.Session
			if plan {
				open = e.FrozenSession
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
			if plan {
				e.sayElsewhere(ctx, s)
			} else if err := e.takeOver(ctx, s, declared); err != nil {
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
			return e.apply(ctx, s, todo, yes, adopt, remove)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&plan, "plan", false, "print the steps and change nothing")
	flags.BoolVar(&apply, "apply", false, "do the steps, after a confirmation")
	flags.BoolVarP(&yes, "yes", "y", false, "with --apply: do not ask for confirmation")
	flags.BoolVar(&asJSON, "json", false, "print the plan as JSON")
	flags.StringArrayVar(&adopt, "adopt", nil, "with --apply: take over the existing resource of this `NAME`; may be repeated")
	flags.StringArrayVar(&remove, "remove", nil, "with --apply: remove the statement or grant of this `NAME`, which Claria did not write; may be repeated")
	flags.StringVar(&undo, "undo", "", "undo change `ID`; without an id, list the changes")
	flags.Lookup("undo").NoOptDefVal = listChanges
	flags.StringVar(&answers, "answers", "", "do the whole set-up without a terminal, from the answers in `FILE` (- is standard input)")
	flags.BoolVar(&example, "answers-example", false, "print a file of answers with explanations")
	flags.StringVar(&declared, "declared", "", "`WHERE` to take the declaration from if the register and claria.toml differ: here or elsewhere")
	cmd.MarkFlagsMutuallyExclusive("plan", "apply", "answers", "answers-example")
	for _, other := range []string{"answers", "answers-example", "adopt", "remove"} {
		cmd.MarkFlagsMutuallyExclusive("undo", other)
	}
	return cmd
}

func makePlan(ctx context.Context, s *session.Session) (provision.Plan, error) {
	observed, err := provision.Observe(ctx, s.Account, s.Settings)
	if err != nil {
		return provision.Plan{}, err
	}
	return s.Plan(observed), nil
}

// apply applies the plan that was shown.
func (e *env) apply(ctx context.Context, s *session.Session, plan provision.Plan, yes bool, adopt, remove []string) error {
	if plan.Blocked != nil {
		return fmt.Errorf("nothing was changed: %s. Next: %s", plan.Blocked.Reason, plan.Blocked.Next)
	}
	if err := unknownNames(plan, remove); err != nil {
		return err
	}
	plan, left := undecided(plan, remove)
	for _, step := range left {
		fmt.Fprintf(e.Stderr, "Left out: %s, because it removes %s, and each must be approved: --remove %s. To keep a statement, add its Sid to "+
			"keep under [bucket] in claria.toml.\n", safe.Line(step.Resource), safe.Line(step.Before),
			safe.Line(strings.Join(step.Asks, " --remove ")))
	}
	if plan.Empty() && len(left) > 0 {
		return errors.New("nothing was changed: what the plan removes is not approved")
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
	approval.Adopt, approval.Remove = adopt, remove
	e.secondFactor(s, &approval)
	e.choosing(&approval)
	if err := e.do(ctx, s, plan, approval, doing{name: "A plan", next: planAgain, note: e.planNote}); err != nil {
		return err
	}
	if len(plan.Unknown) > 0 { // these steps may have made it readable
		fmt.Fprintln(e.Stderr, "The plan left out what could not be read: run claria setup --plan again.")
	}
	if s, err = e.goOn(ctx, s); err != nil {
		return err
	}
	if err := e.finish(ctx, s); err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("the other steps are done; %s is left, because what it removes was not approved", safe.Line(left[0].Resource))
	}
	return nil
}

// undecided takes the steps out of a plan that remove what others added and that were not
// approved name by name, so that they do not hold up the others.
func undecided(plan provision.Plan, remove []string) (rest provision.Plan, left []provision.Step) {
	rest = plan
	rest.Steps = slices.DeleteFunc(slices.Clone(plan.Steps), func(step provision.Step) bool {
		approved := !slices.ContainsFunc(step.Asks, func(name string) bool { return !slices.Contains(remove, name) })
		if !approved {
			left = append(left, step)
		}
		return !approved
	})
	return rest, left
}

// unknownNames refuses a name to remove that the plan does not have.
func unknownNames(plan provision.Plan, remove []string) error {
	var known []string
	for _, step := range plan.Steps {
		known = append(known, step.Asks...)
	}
	for _, name := range remove {
		if !slices.Contains(known, name) && len(known) > 0 {
			return fmt.Errorf("nothing was changed: --remove %s: the plan removes no such thing; it removes %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// goOn returns the session that can go on after a plan. If this computer was set up before
// and the plan deleted the root key that signed the session's calls, that is the session
// of the keyring's key.
func (e *env) goOn(ctx context.Context, s *session.Session) (*session.Session, error) {
	if !e.rootGone || !s.SetUp {
		return s, nil
	}
	return s.Finish(ctx)
}

// planAgain is the next step after a plan of set-up that stopped.
const planAgain = "claria setup --plan shows what is left"

// doing says how a plan is applied and recorded.
type doing struct {
	name string // begins the note of a plan that was interrupted: "A plan"
	next string // what to do after a failure
	// note describes the plan in the ledger; failed is the step that it stopped at. Empty:
	// the line is written later.
	note func(s *session.Session, steps int, failed string) string
	// as opens the account as the identity that may change it; nil: provisioner.
	as func() (*aws.Account, error)
}

// do does the plan, prints how it goes, and records it.
func (e *env) do(ctx context.Context, s *session.Session, plan provision.Plan, approval provision.Approval, d doing) error {
	e.made, e.rootGone = nil, false
	applying, err := e.watching().Begin(ctx, s, d.name, !e.IsTerminal(e.Stdin))
	if err != nil {
		return err
	}
	if d.as == nil {
		d.as = func() (*aws.Account, error) { return e.provisioner(ctx, s) }
	}
	account, err := d.as()
	if err != nil {
		applying.End()
		return err
	}
	failed, err := e.steps(applying.Apply(ctx, account, plan, approval), len(plan.Steps), d.next)
	applying.End()
	if !applying.Touched() {
		return err
	}
	s, dead := e.goOn(ctx, s)
	if dead != nil {
		return cmp.Or(err, dead)
	}
	if note := d.note(s, len(plan.Steps), failed); note != "" {
		if unrecorded := e.record(ctx, s, ledger.Apply, note, e.made...); err == nil {
			err = unrecorded
		}
	}
	return err
}

// steps does the steps of a plan and prints how it goes.
func (e *env) steps(events iter.Seq2[provision.Progress, error], steps int, next string) (failed string, err error) {
	for progress, err := range events {
		if err != nil {
			return progress.Step.ID, fmt.Errorf("%w. %d of %d steps were done; %s", err, len(e.made), steps, next)
		}
		if progress.Status == "done" {
			e.made = append(e.made, progress.Step)
			e.rootGone = e.rootGone || progress.Step.ID == "root-key" && strings.HasPrefix(progress.Detail, "deleted")
		}
		if progress.Status != "started" || progress.Detail != "" {
			fmt.Fprintf(e.Stderr, "%2d/%d %-8s %s %s\n", progress.Index+1, progress.Total, progress.Status, safe.Line(progress.Step.Resource),
				safe.Line(progress.Detail))
		}
	}
	return "", nil
}

// finish makes this computer work with its own key from now on.
func (e *env) finish(ctx context.Context, s *session.Session) error {
	if s.SetUp {
		e.share(ctx, s.Current())
		return nil
	}
	_, err := e.finished(ctx, s)
	return err
}

// declaredAt are the values of --declared: whose declaration counts where the register
// and this computer's claria.toml differ.
var declaredAt = []string{"here", "elsewhere"}

// takeOver asks whether this computer uses what the practice declared elsewhere. at is
// the answer that was given in advance, one of declaredAt; empty: a person is asked.
func (e *env) takeOver(ctx context.Context, s *session.Session, at string) error {
	found, err := s.Elsewhere(ctx)
	if aws.KindOf(err) == aws.Denied { // set-up is what repairs it
		fmt.Fprintf(e.Stderr, "claria: %s\n", e.said(err))
		return nil
	}
	if err != nil || found == nil {
		return err
	}
	e.showElsewhere(found)
	if at == "" && !e.IsTerminal(e.Stdin) {
		return errors.New("nothing was changed, because this must be decided first: use --declared elsewhere to use it on this computer, " +
			"or --declared here to keep what claria.toml declares")
	}
	if at == "" {
		if at, err = e.askLine(ctx, "Which counts on this computer? Type here (claria.toml) or elsewhere (the register): "); err != nil {
			return err
		}
		if !slices.Contains(declaredAt, at) {
			return errors.New("nothing was changed: the answer was neither here nor elsewhere")
		}
	}
	if at == "here" {
		return s.Overrule(found)
	}
	if found.AnyGuarded() {
		if _, err := e.provisioner(ctx, s); err != nil {
			return fmt.Errorf("nothing was changed: what the register declares is used with a code of the second factor only: %w", err)
		}
	}
	left, err := s.TakeOver(found)
	if err != nil {
		return err
	}
	for _, d := range left {
		fmt.Fprintf(e.Stderr, "claria: not used here, because only %s can prove it with a code: %s. Run claria setup --apply again with its "+
			"key, or declare it in claria.toml\n", state.AdminUser, safe.Line(d.String()))
	}
	return nil
}

// sayElsewhere prints the differences for a plan, which uses none of them.
func (e *env) sayElsewhere(ctx context.Context, s *session.Session) {
	switch found, err := s.Elsewhere(ctx); {
	case err != nil:
		fmt.Fprintf(e.Stderr, "claria: %s\n", e.said(err))
	case found != nil:
		e.showElsewhere(found)
		fmt.Fprintln(e.Stderr, "This plan is for claria.toml as it is. claria setup --apply asks first which of the two counts.")
	}
}

// showElsewhere prints the differences between the register and this computer.
func (e *env) showElsewhere(found *session.Elsewhere) {
	fmt.Fprintln(e.Stderr, "The register declares what claria.toml on this computer does not:")
	for _, d := range found.Differences {
		guarded := ""
		if d.Guarded {
			guarded = "; needs a code"
		}
		fmt.Fprintf(e.Stderr, "  %s: %s  (here: %s%s)\n", d.What, safe.Line(d.There), safe.Line(d.Here), guarded)
	}
}

// share shares what is declared here with the practice's other computers. The account
// already matches the declaration, so a failure is only reported.
func (e *env) share(ctx context.Context, s *session.Session) {
	if err := s.Share(ctx); err != nil {
		fmt.Fprintf(e.Stderr, "claria: %s. claria setup --apply tries again\n", safe.Line(err.Error()))
	}
}

// finished returns the session that continues with this computer's own key.
func (e *env) finished(ctx context.Context, s *session.Session) (*session.Session, error) {
	s, err := s.Finish(ctx)
	if err != nil {
		return nil, err
	}
	identity, err := s.Account.Identity(ctx)
	if err != nil {
		return nil, fmt.Errorf("the account is set up, but the new key does not work yet: %w. Run claria check in a minute", err)
	}
	fmt.Fprintf(e.Stderr, "The account is set up. From now on, Claria works as %s with the key in the keyring (%s).\n",
		safe.Line(identity.ARN), s.Keyring.Backend())
	e.share(ctx, s)
	return s, e.record(ctx, s, ledger.Apply, "Set-up finished on this computer.", e.made...)
}

// intake prints what the credential for set-up is and may do, and refuses one that
// cannot set up.
func (e *env) intake(ctx context.Context, s *session.Session) error {
	credential, err := s.Classify(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stderr, "Working as %s (%s), from %s.\n%s\n", safe.Line(credential.Identity.ARN), credential.Kind, s.Account.Source(),
		safe.Line(credential.Guidance))
	if len(credential.Missing) > 0 {
		return fmt.Errorf("nothing was changed: this credential lacks permissions that set-up needs: %s", strings.Join(credential.Missing, ", "))
	}
	return nil
}

func printPlan(w io.Writer, plan provision.Plan) {
	for _, unknown := range plan.Unknown {
		fmt.Fprintf(w, "? %s. %s.\n", safe.Line(unknown.Reason), words.Capital(safe.Line(unknown.Next)))
	}
	if len(plan.Models) > 0 {
		fmt.Fprintf(w, "Model: %s; set-up writes it into claria.toml (claria models lists the choice).\n",
			safe.Line(strings.Join(plan.Models, ", ")))
	}
	switch {
	case !plan.Empty():
	case len(plan.Unknown) > 0:
		fmt.Fprintln(w, "No changes are planned, but part of the account is unread, so Claria cannot say that it is as it should be.")
	default:
		fmt.Fprintln(w, "Nothing to do: everything that could be read is as it should be.")
	}
	width := 0
	var stays []string // what Claria cannot undo
	for _, step := range plan.Steps {
		width = max(width, len([]rune(step.Resource)))
	}
	for _, step := range plan.Steps {
		fmt.Fprintf(w, "%s %-*s  %s  (%s)\n", step.Op.Sign(), width, safe.Line(step.Resource), safe.Line(step.Summary),
			strings.Join(step.Why, ", "))
		switch step.Risk {
		case provision.Irreversible:
			fmt.Fprintln(w, "  cannot be undone")
		case provision.Manual:
			stays = append(stays, safe.Line(step.Resource))
		}
		if len(step.Asks) > 0 {
			fmt.Fprintf(w, "  Claria did not write: %s\n  it is removed only if you approve each by name: --remove %s\n",
				safe.Line(step.Before), safe.Line(strings.Join(step.Asks, " --remove ")))
		}
	}
	if len(stays) > 0 {
		stays = slices.Compact(stays)
		fmt.Fprintf(w, "Claria cannot undo what it creates or takes over: %s. --json says what to do by hand.\n", strings.Join(stays, ", "))
	}
	if plan.Blocked != nil {
		fmt.Fprintf(w, "Blocked: %s.\nNext: %s.\n", safe.Line(plan.Blocked.Reason), safe.Line(plan.Blocked.Next))
	}
}
