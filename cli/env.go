// Package cli is the face of the program without a screen: one file per verb. A
// verb reads its flags, calls the rooms below and prints; it holds no rule about
// AWS, clients or reports of its own.
//
// What a verb prints on standard output is the answer; notes, progress and
// errors go to standard error. A verb never prompts when standard input is not
// a terminal.
package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"claria/aws"
	"claria/internal/config"
	"claria/internal/safe"
	"claria/provision"
	"claria/session"
	"claria/session/demo"
	"claria/session/watch"
	"claria/ui"
)

// runUI opens the workstation; ui.Run is one.
type runUI func(context.Context, *session.Session, ui.Options) error

// env is what every verb works with.
type env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	LookupEnv      func(string) (string, bool)
	Now            func() time.Time
	version        string
	runUI          runUI

	// the flags that every verb has
	demo        bool
	seed        string
	credentials string
	region      string
	mfaCode     string
	role        aws.Role
	identity    string
	backend     string

	watch   *watch.Watch     // see watching
	works   string           // the identity whose key of the keyring is used, once a session is open
	screen  bool             // the workstation is opened, on which a credential can be given
	answers *config.Answers  // of a set-up without a terminal
	account *demo.Account    // of this run, once made
	made    []provision.Step // of the plan that this run carried out, for the ledger
	stdin   *bufio.Reader    // see lines
}

// Session opens the session that the flags ask for.
func (e *env) Session(ctx context.Context) (*session.Session, error) { return e.open(ctx, false) }

// ReadOnlySession opens a session that refuses every call that could change the
// account, and that never prompts.
func (e *env) ReadOnlySession(ctx context.Context) (*session.Session, error) {
	return e.open(ctx, true)
}

// Rooms opens a session to work with records in: the account is known, from the
// configuration or from the credential.
func (e *env) Rooms(ctx context.Context, readOnly bool) (*session.Session, error) {
	s, err := e.open(ctx, readOnly)
	if err != nil {
		return nil, err
	}
	return s, s.Locate(ctx)
}

func (e *env) open(ctx context.Context, readOnly bool) (*session.Session, error) {
	return e.openWith(ctx, readOnly, false)
}

// CheckSession is a ReadOnlySession for a check: as the auditor, when this machine
// holds its key and nothing else was asked for.
func (e *env) CheckSession(ctx context.Context) (*session.Session, error) {
	return e.openWith(ctx, true, true)
}

func (e *env) openWith(ctx context.Context, readOnly, check bool) (*session.Session, error) {
	options := session.Options{
		PreferAudit: check,
		Credentials: e.credentials, Identity: e.identity, Backend: e.backend, Region: e.region, ReadOnly: readOnly,
		Role: e.roleToTake(ctx), LookupEnv: e.LookupEnv, UserAgent: "claria/" + e.version,
	}
	if e.answers != nil {
		options.Declare, options.Start = e.answers.Declare, e.answers.Credentials
	}
	if !readOnly && e.answers == nil && e.IsTerminal(e.Stdin) {
		options.Passphrase = e.askPassphrase
	}
	if e.demo {
		if e.account == nil {
			account, err := demo.New(demo.Options{Seed: e.seed})
			if err != nil {
				return nil, err
			}
			e.account = account
		}
		options.Demo = e.account.Session()
	}
	if e.screen {
		return session.OpenToSetUp(ctx, options)
	}
	s, err := session.Open(ctx, options)
	if err == nil {
		e.works = s.Account.Source().Name
	}
	return s, err
}

// IsTerminal reports whether a stream is a terminal.
func (e *env) IsTerminal(stream any) bool {
	if out, ok := stream.(*output); ok {
		stream = out.Writer
	}
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

func (e *env) askPassphrase(prompt string) (string, error) {
	fmt.Fprintf(e.Stderr, "%s: ", prompt)
	defer fmt.Fprintln(e.Stderr)
	secret, err := term.ReadPassword(int(os.Stdin.Fd()))
	return string(secret), err
}

// Confirm asks a yes-or-no question; anything but yes is no. Without a terminal
// nobody can answer, and that is an error that says which flag does.
func (e *env) Confirm(question, flag string) (bool, error) {
	if !e.IsTerminal(e.Stdin) {
		return false, fmt.Errorf("nobody is at the terminal to confirm: give %s", flag)
	}
	fmt.Fprintf(e.Stderr, "%s Type yes to go on: ", question)
	line, err := e.lines().ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return strings.EqualFold(strings.TrimSpace(line), "yes"), nil
}

// JSON prints a value as indented JSON.
func (e *env) JSON(value any) error { return safe.WriteJSON(e.Stdout, value) }

// exitError carries an exit code that is not 1. err may be nil: all has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// Exit codes. `check` answers 0, 1 or 2 as drift.Summary.ExitCode says; every
// other verb answers 0, 1 for a failure, 130 when it was interrupted.
const (
	exitOK          = 0
	exitFailure     = 1
	exitInterrupted = 130
)

// exitCode is the one place where an error becomes an exit code.
func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit.code
	}
	if errors.Is(err, context.Canceled) || aws.KindOf(err) == aws.Stopped {
		return exitInterrupted
	}
	return exitFailure
}
