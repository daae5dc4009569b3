package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"claria/aws"
	"claria/internal/config"
	"claria/internal/safe"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
)

// answered does the whole set-up from a file of answers, without a terminal: the
// check of the credential, the gate, the plan, the second factor, and the final
// check.
func (e *env) answered(ctx context.Context, path, declared string) error {
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
	if s.SetUp && answers.DeleteRootKey {
		s = e.rootAgain(ctx, s)
	}
	if !s.SetUp {
		if err := e.intake(ctx, s); err != nil {
			return err
		}
	}
	if err := e.takeOver(ctx, s, declared); err != nil {
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
	phone := &seedPhone{Authenticator: provision.NewAuthenticator(s.Account.Now), device: s.SecondFactorARN(todo.Account), given: e.mfaCode}
	if answers.SecondFactor != nil {
		phone.path = answers.SecondFactor.SeedFile
	}
	has := func(prefix string) bool {
		return slices.ContainsFunc(todo.Steps, func(step provision.Step) bool { return strings.HasPrefix(step.ID, prefix) })
	}
	if err := phone.ready(has("mfa/"), has("root-key") && answers.DeleteRootKey); err != nil {
		return err
	}
	approval, err := s.Approval(ctx)
	if err != nil {
		return err
	}
	approval.Adopt, approval.Remove, approval.SecondFactor = answers.Adopt, answers.Remove, phone.Enrol
	approval.Code, approval.KeptSeed = phone.Code, phone.KeptSeed
	if !answers.DeleteRootKey {
		approval.StartedFromRootKey = ""
	}
	if !todo.Empty() {
		if err := e.do(ctx, s, todo, approval, doing{
			name: "A plan", next: planAgain, note: e.planNote, as: func() (*aws.Account, error) { return phone.provisioner(ctx, s) },
		}); err != nil {
			return errors.Join(err, phone.forget(err))
		}
		if s, err = e.goOn(ctx, s); err != nil {
			return err
		}
	}
	if phone.wrote {
		fmt.Fprintf(e.Stderr, "The seed of the second factor of %s is in %s, which only you can read: add it to an authenticator app, then "+
			"delete the file or store it safely.\n",
			state.AdminUser, safe.Line(phone.path))
	}
	if s.SetUp {
		s = s.Current()
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

// rootAgain returns the session of the root key that the answers start from, if that key
// still works: set-up was stopped after it had stored the daily key and before it deleted
// the root key. Otherwise it returns the same session.
func (e *env) rootAgain(ctx context.Context, s *session.Session) *session.Session {
	given := e.credentials
	defer func() { e.credentials = given }()
	if e.credentials = e.answers.Credentials; given != "" || e.credentials == "" {
		return s
	}
	root, err := e.Session(ctx)
	if err != nil {
		return s
	}
	identity, err := root.Account.Identity(ctx)
	key, unread := root.Account.KeyID(ctx)
	if err != nil || unread != nil || !identity.Root() || identity.Account != s.Settings.Account || !strings.HasPrefix(key, "AKIA") {
		return s
	}
	fmt.Fprintf(e.Stderr, "The root key that set-up started from still works, so it is deleted now.\n")
	return root
}

// seedPhone is an authenticator with its seed in a file: the seed on the first line, and
// the device that it belongs to on the second.
type seedPhone struct {
	*provision.Authenticator
	path   string
	device string // the serial number of the device that the plan enrols
	given  string // a code of --mfa-code, for the first question
	kept   string // the seed in the file, of a device that is not on
	wrote  bool
}

// deviceLine precedes the device in a file with a seed.
const deviceLine = "# device "

// ready prepares what the plan needs before anything is changed: a file for a new
// seed, or the seed that an earlier set-up wrote.
func (p *seedPhone) ready(enrols, deletesRoot bool) error {
	if p.path == "" {
		switch {
		case enrols:
			return errors.New("nothing was changed: the plan enrols a second factor, and the answers have no file for its seed: add " +
				"[second_factor] seed_file = \"…\"")
		case deletesRoot && p.given == "":
			return errors.New("nothing was changed: before the root key is deleted, a code must prove the second factor, and the answers name " +
				"no file with its seed: add [second_factor] seed_file = \"…\", or give --mfa-code")
		}
		return nil
	}
	data, err := os.ReadFile(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		if !enrols && deletesRoot && p.given == "" {
			return fmt.Errorf("nothing was changed: before the root key is deleted, a code must prove the second factor, and the file with its "+
				"seed, %s, does not exist: restore it, or give --mfa-code", p.path)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("second_factor.seed_file: %w", err)
	}
	seed, rest, _ := strings.Cut(string(data), "\n")
	device, _, _ := strings.Cut(strings.TrimPrefix(rest, deviceLine), "\n")
	switch {
	case !enrols:
	case strings.HasPrefix(rest, deviceLine) && device == p.device: // an interrupted set-up left it
		p.kept = seed
	default:
		return fmt.Errorf("nothing was changed: %s already exists, and a seed is written only to a new file: name another file", p.path)
	}
	if err := p.Load(seed); err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	return nil
}

// KeptSeed is an Approval.KeptSeed.
func (p *seedPhone) KeptSeed(serial string) string {
	if serial != p.device {
		return ""
	}
	return p.kept
}

// Enrol saves the seed before AWS relies on it. A seed that an interrupted set-up left is
// replaced only here: its device is gone.
func (p *seedPhone) Enrol(ctx context.Context, enrolment provision.Enrolment) (first, second string, err error) {
	if enrolment.Kept {
		p.wrote = true
		return p.Authenticator.Enrol(ctx, enrolment)
	}
	if enrolment.Refused == nil {
		if err := p.save(enrolment); err != nil {
			return "", "", fmt.Errorf("the seed could not be saved: %w", err)
		}
		p.wrote = true
	}
	return p.Authenticator.Enrol(ctx, enrolment)
}

// save writes the file whole or not at all, and returns once it is on disk.
func (p *seedPhone) save(enrolment provision.Enrolment) error {
	if _, err := os.Lstat(p.path); p.kept == "" && !errors.Is(err, fs.ErrNotExist) {
		return cmp.Or(err, fmt.Errorf("%s already exists", p.path))
	}
	fresh := p.path + ".new" // a run that was killed may have left it
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(fresh, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(enrolment.Seed + "\n" + deviceLine + enrolment.Serial + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	if err := os.Rename(fresh, p.path); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	dir, err := os.Open(filepath.Dir(p.path))
	if err != nil {
		return err
	}
	err = dir.Sync()
	if runtime.GOOS == "windows" {
		err = nil // it cannot sync a directory
	}
	return errors.Join(err, dir.Close())
}

// forget deletes the file only if the failed enrolment's device is gone for certain.
func (p *seedPhone) forget(err error) error {
	failed, ok := errors.AsType[*provision.EnrolmentError](err)
	switch {
	case !p.wrote || !ok:
		return nil
	case failed.Gone:
		return os.Remove(p.path)
	}
	return fmt.Errorf("the seed of the second factor is kept in %s: the same command uses it again", p.path)
}

// Code is the code of --mfa-code at first, then one of the seed.
func (p *seedPhone) Code(ctx context.Context, refused error) (string, error) {
	if p.given != "" && refused == nil {
		return p.given, nil
	}
	return p.Authenticator.Code(ctx, refused)
}

// provisioner returns the account as the identity that may change it.
func (p *seedPhone) provisioner(ctx context.Context, s *session.Session) (account *aws.Account, err error) {
	var refused error
	for range 3 {
		account, err = s.AsProvisioner(ctx, func() (string, error) { return p.Code(ctx, refused) })
		if _, again := errors.AsType[*provision.CodeError](err); !again || p.Seed() == "" {
			break
		}
		refused = err // an earlier run may have used it
	}
	return account, err
}
