// Package session opens what both faces work on: the settings, the account
// under the right credential, and the rooms built on them.
//
// It must not print and must not know the screen. The practice account comes in
// as an HTTP client; the session does not know what is behind it.
package session

import (
	"context"

	"claria/aws"
	"claria/clients"
	"claria/internal/config"
	"claria/provision"
	"claria/reports"
)

// Options say what to open.
type Options struct {
	Credentials string // --credentials: "", keyring, environment, profile:NAME
	Region      string // --region; empty: configuration, then AWS_REGION
	ReadOnly    bool
	Practice    *Practice // the practice account; nil: AWS
	LookupEnv   func(string) (string, bool)
	UserAgent   string
	// Passphrase asks a person for the file keyring's passphrase; nil: never ask.
	Passphrase func(prompt string) (string, error)
}

// Practice is an account that is not real: its HTTP client and the environment
// to use instead of the machine's.
type Practice struct {
	Client  aws.HTTPClient
	Environ map[string]string
	// Settled is true when the practice account is already set up, so that the
	// program starts with its settings instead of with set-up.
	Settled bool
}

// Session is an open account with its rooms.
type Session struct {
	Config   config.Config
	Settings provision.Settings
	Account  *aws.Account
	Keyring  aws.Keyring // nil when the machine has none; KeyringErr says what to do
	Practice bool
	// SetUp is true once this machine has a configuration with an account.
	SetUp bool

	KeyringErr error
	options    Options
}

// Open opens the session. It sends nothing: the first frame is drawn before any
// network call.
func Open(ctx context.Context, options Options) (*Session, error) { panic("written next") }

// Clients is the store of client records.
func (s *Session) Clients() *clients.Store { panic("written next") }

// Reports is the desk that drafts.
func (s *Session) Reports() *reports.Desk { panic("written next") }

// Approval is what an Apply needs besides the plan: the keyring, how to prove a
// new key, and the root key it started from.
func (s *Session) Approval(ctx context.Context) provision.Approval { panic("written next") }

// Finish records that set-up is done: it saves the configuration with the
// account and switches the session to the new daily key. On the practice
// account nothing is written to the machine.
func (s *Session) Finish(ctx context.Context, state provision.State) error { panic("written next") }
