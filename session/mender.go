package session

import (
	"context"
	"sync"
	"time"

	"claria/aws"
	"claria/internal/config"
	"claria/provision"
)

// roleLasts is how long the provisioner's session is used again: it ends after an
// hour, and a plan that was begun must be finished before.
const roleLasts = 50 * time.Minute

// mender remembers the opened provisioner role, so that one code of the second
// factor serves several fixes.
type mender struct {
	mu      sync.Mutex
	account *aws.Account
	until   time.Time
}

// Mender is the account as the one that may change it. code is asked for a code of
// the second factor, once, and only when no session of the last hour is open. A
// *provision.CodeError says that the code was refused: call again to try another.
func (s *Session) Mender(ctx context.Context, code func() (string, error)) (*aws.Account, error) {
	s.mender.mu.Lock()
	defer s.mender.mu.Unlock()
	if s.mender.account != nil && s.Account.Now().Before(s.mender.until) {
		return s.mender.account, nil
	}
	account, err := provision.Mender(ctx, s.Account, s.Settings, code)
	if err != nil {
		return nil, err
	}
	if account != s.Account {
		s.mender.account, s.mender.until = account, s.Account.Now().Add(roleLasts)
	}
	return account, nil
}

// Mending reports whether Mender would answer without asking for a code.
func (s *Session) Mending() bool {
	s.mender.mu.Lock()
	defer s.mender.mu.Unlock()
	return s.mender.account != nil && s.Account.Now().Before(s.mender.until)
}

// Rotate gives this machine a new key of an identity, and works with it from then
// on when it is the session's own.
func (s *Session) Rotate(ctx context.Context, user string, approval provision.Approval, code func() (string, error)) (provision.Rotated, error) {
	account, err := s.Mender(ctx, code)
	if err != nil {
		return provision.Rotated{}, err
	}
	done, err := provision.Rotate(ctx, account, s.Settings, user, approval)
	s.Account.Renew() // also after an error: the keyring may have the new key
	return done, err
}

// Issued writes down, on a machine that was not set up, that it works with the key
// of one identity that was issued to it: a machine that only checks.
func (s *Session) Issued(ctx context.Context, identity string) error {
	if s.SetUp || s.options.Practice != nil {
		return nil
	}
	caller, err := s.Account.Identity(ctx)
	if err != nil {
		return err
	}
	c := s.finished(caller)
	c.Identity = identity
	return config.Save(s.places.File, c)
}

// Phone is the practice account's authenticator app, from which a face may read
// codes aloud, since nothing there is real; nil on AWS.
func (s *Session) Phone() *provision.Authenticator {
	if s.options.Practice == nil {
		return nil
	}
	return s.options.Practice.Phone
}
