package session

import (
	"context"
	"slices"
	"sync"

	"claria/provision"
)

// picked are the models that a plan chose, until a session uses them. A plan is applied
// while other work reads the session, so they have a lock of their own.
type picked struct {
	mu     sync.Mutex
	models []string
}

func (p *picked) set(models []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.models = slices.Clone(models)
}

func (p *picked) get() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.models)
}

// pick saves in claria.toml which models the practice uses from now on. Current and
// Following return the session that uses them.
func (s *Session) pick(_ context.Context, models []string) error {
	s.picked.set(models)
	if !s.SetUp {
		return nil // saved when set-up is done
	}
	return s.Current().Keep()
}

// Current returns the session with the models that a plan declared since it was opened; the
// same session if there are none.
func (s *Session) Current() *Session {
	models := s.picked.get()
	if !s.SetUp || models == nil || slices.Equal(models, s.Settings.Models) {
		return s
	}
	next := s.clone()
	next.Config.Models, next.Settings.Models = models, models
	return next
}

// PlanModels returns the plan that makes the practice use these models, the first one for
// drafts: what the identities may call, the models' terms, and claria.toml.
func (s *Session) PlanModels(ctx context.Context, models []string) (provision.Plan, error) {
	settings := s.Settings
	settings.Outgoing, settings.Models = s.Settings.Models, models
	observed, err := provision.Observe(ctx, s.Account, settings)
	if err != nil {
		return provision.Plan{}, err
	}
	settings = settings.In(observed.Account)
	return provision.MakePlan(observed, provision.Desired(settings), settings).Only("BDR-06"), nil
}
