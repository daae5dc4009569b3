package session

import (
	"context"
	"path/filepath"

	"claria/aws"
)

// Dirs are the program's own directories on this machine: state, configuration,
// keyring. The practice account has none.
func (s *Session) Dirs() []string {
	if s.options.Practice != nil || s.places.File == "" {
		return nil
	}
	return []string{s.places.State, filepath.Dir(s.places.File), s.places.Keyring}
}

// LookupEnv is the environment that the session was opened in; the practice account
// has one of its own.
func (s *Session) LookupEnv(name string) (string, bool) { return s.options.LookupEnv(name) }

// Writer is the account without the guard of a session that only reads. A check
// copies its evidence with it, which goes nowhere else.
func (s *Session) Writer(ctx context.Context) (*aws.Account, error) {
	if !s.options.ReadOnly {
		return s.Account, nil
	}
	return s.Account.Writer(ctx)
}
