package session

import (
	"context"
	"sync"
	"time"

	"claria/provision"
)

// gateLasts is how long a confirmed agreement is taken as standing before it is
// read again. An agreement ends by a person's act, not by the minute.
const gateLasts = 15 * time.Minute

// gate remembers when the agreement was last seen in force.
type gate struct {
	mu sync.Mutex
	at time.Time
}

// Gate refuses work with patient information while no Business Associate
// Addendum with AWS is known to be in force. A failed read refuses too: unknown
// is not a yes.
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
