package session

import (
	"context"
	"sync"
	"time"

	"claria/provision"
)

// gateLasts is how long a confirmed agreement counts before it is read again. A
// person ends an agreement; it does not expire by the minute.
const gateLasts = 15 * time.Minute

// gate remembers when the agreement was last read as in force.
type gate struct {
	mu sync.Mutex
	at time.Time
}

// Gate refuses work with patient information unless a Business Associate Addendum
// with AWS is known to be in force. A failed read refuses too: unknown does not count
// as yes.
func (s *Session) Gate(ctx context.Context) error {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	now := s.Account.Now()
	if !s.gate.at.IsZero() && now.Sub(s.gate.at) < gateLasts {
		return nil
	}
	if err := provision.CheckAgreement(ctx, s.Account, s.Settings); err != nil {
		return err
	}
	s.gate.at = now
	return nil
}
