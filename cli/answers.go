package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"claria/aws"
	"claria/internal/config"
	"claria/internal/safe"
	"claria/provision"
	"claria/provision/state"
)

// answered does the whole set-up from a file of answers, without a terminal: the
// check of the credential, the gate, the plan, the second factor, and the final
// check.
func (e *env) answered(ctx context.Context, path string) error {
	answers, err := e.readAnswers(path)
	if err != nil {
		return err
	}
	if !answers.Approve {
		return errors.New("the answers do not approve the plan: read it with claria setup --plan, then add approve = true")
	}
	e.answers = &answers
	s, err := e.Session(ctx)
	if err != nil {
		return err
	}
	if !s.SetUp {
		if err := e.intake(ctx, s); err != nil {
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
	printPlan(e.Stdout, todo)
	if todo.Blocked != nil {
		return fmt.Errorf("nothing was changed: %s. Next: %s", todo.Blocked.Reason, todo.Blocked.Next)
	}
	phone := &seedPhone{Authenticator: provision.NewAuthenticator(s.Account.Now)}
	if answers.SecondFactor != nil {
		phone.path = answers.SecondFactor.SeedFile
	}
	enrols := slices.ContainsFunc(todo.Steps, func(step provision.Step) bool { return strings.HasPrefix(step.ID, "mfa/") })
	if err := phone.ready(enrols); err != nil {
		return err
	}
	approval, err := s.Approval(ctx)
	if err != nil {
		return err
	}
	approval.Adopt, approval.Remove, approval.SecondFactor, approval.Code = answers.Adopt, answers.Remove, phone.Enrol, phone.Code
	if !answers.DeleteRootKey {
		approval.StartedFromRootKey = ""
	}
	if !todo.Empty() {
		failed, err := e.do(ctx, s, todo, approval, doing{name: "A plan", next: planAgain, note: e.planNote, as: func() (*aws.Account, error) {
			return s.AsProvisioner(ctx, func() (string, error) {
				if e.mfaCode != "" {
					return e.mfaCode, nil
				}
				return phone.Code(ctx, nil)
			})
		}})
		if err != nil {
			if strings.HasPrefix(failed, "mfa/") && phone.wrote {
				err = errors.Join(err, os.Remove(phone.path)) // its device is deleted too
			}
			return err
		}
	}
	if phone.wrote {
		fmt.Fprintf(e.Stderr, "The seed of the second factor of %s is in %s, which only you can read: add it to an authenticator app, then "+
			"delete the file or store it safely.\n",
			state.AdminUser, safe.Line(phone.path))
	}
	if s.SetUp {
		if err := s.Keep(); err != nil {
			return err
		}
		e.share(ctx, s)
	} else if s, err = e.finished(ctx, s); err != nil {
		return err
	}
	again, err := makePlan(ctx, s)
	if err != nil {
		return err
	}
	if !again.Empty() || len(again.Unknown) > 0 {
		printPlan(e.Stdout, again)
		return errors.New("set-up is done, but a check with the new key found the problems above: run the same command again in a minute")
	}
	fmt.Fprintln(e.Stderr, "A check with the new key found the account as it should be.")
	return nil
}

func (e *env) readAnswers(path string) (config.Answers, error) {
	if path == "-" {
		return config.ReadAnswers(e.Stdin)
	}
	file, err := os.Open(path)
	if err != nil {
		return config.Answers{}, fmt.Errorf("answers: %w", err)
	}
	defer func() { _ = file.Close() }()
	return config.ReadAnswers(io.LimitReader(file, 1<<20))
}

// seedPhone is an authenticator with its seed in a file.
type seedPhone struct {
	*provision.Authenticator
	path  string
	wrote bool
}

// ready prepares what the plan needs before anything is changed: a file for a new
// seed, or the seed that an earlier set-up wrote.
func (p *seedPhone) ready(enrols bool) error {
	if p.path == "" {
		if enrols {
			return errors.New("nothing was changed: the plan enrols a second factor, and the answers have no file for its seed: add " +
				"[second_factor] seed_file = \"…\"")
		}
		return nil
	}
	data, err := os.ReadFile(p.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case enrols:
		return fmt.Errorf("nothing was changed: %s already exists, and a seed is written only to a new file: name another file", p.path)
	case err != nil:
		return fmt.Errorf("second_factor.seed_file: %w", err)
	}
	if err := p.Load(string(data)); err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	return nil
}

// Enrol saves the seed before AWS relies on it.
func (p *seedPhone) Enrol(ctx context.Context, enrolment provision.Enrolment) (first, second string, err error) {
	if enrolment.Refused == nil {
		file, err := os.OpenFile(p.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return "", "", fmt.Errorf("the seed could not be saved: %w", err)
		}
		p.wrote = true
		_, err = file.WriteString(enrolment.Seed + "\n")
		if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
			return "", "", fmt.Errorf("the seed could not be saved: %w", err)
		}
	}
	return p.Authenticator.Enrol(ctx, enrolment)
}
