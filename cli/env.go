// Package cli is the command line: one file for each verb. A verb reads its flags,
// calls the packages below and prints. It has no rules of its own about AWS, clients
// or reports.
//
// A verb prints its result on standard output, and notes, progress and errors on
// standard error. It never prompts if standard input is not a terminal.
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
)

// runUI opens the workstation; ui.Run is one.
type runUI func(context.Context, *session.Session, session.Screen) error

// env is what every verb uses.
type env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	LookupEnv      func(string) (string, bool)
	Now            func() time.Time
	version        string
	runUI          runUI

	// the flags of every verb
	demo        bool
	seed        string
	credentials string
	region      string
	mfaCode     string
	role        aws.Role
	identity    string
	backend     string

	watch   *watch.Watch     // see watching
	works   string           // the identity whose key in the keyring is used, once a session is open
	frozen  bool             // this run writes no file on this computer
	screen  bool             // the workstation opens, in which the user can give a credential
	answers *config.Answers  // of a set-up without a terminal
	account *demo.Account    // of this run, once opened
	made    []provision.Step // the applied steps of this run, for the ledger
	// rootGone says that the last plan deleted the root key that it started from.
	rootGone bool
	stdin    *bufio.Reader // see lines
}

// Session opens the session that the flags describe.
func (e *env) Session(ctx context.Context) (*session.Session, error) { return e.open(ctx, false) }

// ReadOnlySession opens a session that refuses every call that could change the
// account, and that never prompts.
func (e *env) ReadOnlySession(ctx context.Context) (*session.Session, error) {
	return e.open(ctx, true)
}

// Rooms opens a session for work with records: its account is known from the
// configuration or the credential.
func (e *env) Rooms(ctx context.Context, readOnly bool) (*session.Session, error) {
	s, err := e.open(ctx, readOnly)
	if err != nil {
		return nil, err
	}
	return s, s.Locate(ctx)
}

// FrozenSession is a ReadOnlySession that also leaves this computer's files as they are.
func (e *env) FrozenSession(ctx context.Context) (*session.Session, error) {
	e.frozen = true
	return e.open(ctx, true)
}

func (e *env) open(ctx context.Context, readOnly bool) (*session.Session, error) {
	return e.openWith(ctx, readOnly, false)
}

// CheckSession is a ReadOnlySession for a check: it works as the auditor if this
// computer has its key and no other identity was chosen.
func (e *env) CheckSession(ctx context.Context) (*session.Session, error) {
	return e.openWith(ctx, true, true)
}

func (e *env) openWith(ctx context.Context, readOnly, check bool) (*session.Session, error) {
	options := session.Options{
		PreferAudit: check,
		Credentials: e.credentials, Identity: e.identity, Backend: e.backend, Region: e.region, ReadOnly: readOnly,
		Frozen: e.frozen, Role: e.roleToTake(ctx), LookupEnv: e.LookupEnv, UserAgent: "claria/" + e.version,
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

// Confirm asks a yes-or-no question; any answer but yes is no. Without a terminal it
// returns an error with the flag to use.
func (e *env) Confirm(question, flag string) (bool, error) {
	if !e.IsTerminal(e.Stdin) {
		return false, fmt.Errorf("there is no terminal to ask for confirmation: use %s", flag)
	}
	fmt.Fprintf(e.Stderr, "%s Type yes to continue: ", question)
	line, err := e.lines().ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return strings.EqualFold(strings.TrimSpace(line), "yes"), nil
}

// JSON prints a value as indented JSON.
func (e *env) JSON(value any) error { return safe.WriteJSON(e.Stdout, value) }

// exitError has an exit code other than 1. err may be nil if the message was already
// printed.
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

// Exit codes. `check` exits with 0, 1 or 2 as drift.Summary.ExitCode says. Every
// other verb exits with 0, with 1 after a failure, or with 130 when it was
// interrupted.
const (
	exitOK          = 0
	exitFailure     = 1
	exitInterrupted = 130
)

// exitCode is the only place where an error becomes an exit code.
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
