package session

import (
	"context"
	"sync"
	"time"

	"claria/aws"
	"claria/internal/config"
	"claria/provision"
)

// roleLasts is how long the provisioner's session is reused. The session ends after
// an hour, and a plan must finish before that.
const roleLasts = 50 * time.Minute

// provisioner keeps the session of the provisioner role, so that one code of the second
// factor is enough for several fixes.
type provisioner struct {
	mu      sync.Mutex
	account *aws.Account
	until   time.Time
}

// AsProvisioner returns the account as claria-provisioner, the identity that may change it.
// It calls code once for a code of the second factor, unless a session of the last
// hour is open. A *provision.CodeError says that AWS refused the code: call again to
// try another.
func (s *Session) AsProvisioner(ctx context.Context, code func() (string, error)) (*aws.Account, error) {
	s.provisioner.mu.Lock()
	defer s.provisioner.mu.Unlock()
	if s.provisioner.account != nil && s.Account.Now().Before(s.provisioner.until) {
		return s.provisioner.account, nil
	}
	account, err := provision.AsProvisioner(ctx, s.Account, s.Settings, code)
	if err != nil {
		return nil, err
	}
	if account != s.Account {
		s.provisioner.account, s.provisioner.until = account, s.Account.Now().Add(roleLasts)
	}
	return account, nil
}

// IsProvisioner reports whether Mender would answer without asking for a code.
func (s *Session) IsProvisioner() bool {
	s.provisioner.mu.Lock()
	defer s.provisioner.mu.Unlock()
	return s.provisioner.account != nil && s.Account.Now().Before(s.provisioner.until)
}

// Rotate gives this computer a new key of an identity. If it is the session's own
// key, the session works with the new one from then on.
func (s *Session) Rotate(ctx context.Context, user string, approval provision.Approval,
	code func() (string, error),
) (provision.Rotated, error) {
	account, err := s.AsProvisioner(ctx, code)
	if err != nil {
		return provision.Rotated{}, err
	}
	done, err := provision.Rotate(ctx, account, s.Settings, user, approval)
	s.Account.Renew() // also after an error: the keyring may have the new key
	return done, err
}

// Issued saves, on a computer that was not set up, that it works with the one key
// that was issued to it: a computer that only checks.
func (s *Session) Issued(ctx context.Context, identity string) error {
	if s.SetUp || s.options.Demo != nil {
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

// Phone is the demo account's authenticator app. An interface may show its codes,
// because nothing there is real. Nil on AWS.
func (s *Session) Phone() *provision.Authenticator {
	if s.options.Demo == nil {
		return nil
	}
	return s.options.Demo.Phone
}
