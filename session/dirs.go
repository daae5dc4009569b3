package session

import (
	"context"
	"path/filepath"

	"claria/aws"
)

// Dirs are the program's own directories on this computer: state, configuration,
// keyring. The demo account has none.
func (s *Session) Dirs() []string {
	if s.options.Demo != nil || s.places.File == "" {
		return nil
	}
	return []string{s.places.State, filepath.Dir(s.places.File), s.places.Keyring}
}

// LookupEnv looks up a variable in the environment of the session; the demo account
// has its own.
func (s *Session) LookupEnv(name string) (string, bool) { return s.options.LookupEnv(name) }

// Writer returns the account without the guard of a read-only session. A check uses
// it only to copy its evidence.
func (s *Session) Writer(ctx context.Context) (*aws.Account, error) {
	if !s.options.ReadOnly {
		return s.Account, nil
	}
	return s.Account.Writer(ctx)
}
