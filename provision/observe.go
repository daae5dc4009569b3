// Package provision knows how the account should be and how to get there: Observe
// reads the account into a state.State, Desired is the State it should have,
// MakePlan orders the steps between the two, Apply does exactly an approved plan,
// and Undo plans a step back. The files of one topic share a prefix:
// trail_observe.go reads the trail, trail_plan.go says what a plan may change about
// it, trail_setting.go restores it; state/trail.go has its data and
// permissions/audit.go the calls that are allowed.
//
// Observe never writes. MakePlan and Desired are pure. The package does not judge:
// package drift says what a difference means under the law.
package provision

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"claria/aws"
	"claria/provision/state"
)

// maxReads bounds the concurrent reads. All reads that do not depend on another fit into
// it, so a scan takes as long as its longest chain (three reads), however many there are.
const maxReads = 64

// Observe reads the account concurrently. It never writes. A read that fails is unknown
// in its reading. The error says that the caller is not known (no credential, no network)
// or belongs to an account other than the practice's.
func Observe(ctx context.Context, account *aws.Account, settings state.Settings) (state.State, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var caller aws.Identity
	var failed error
	identify := func(ctx context.Context) {
		if caller, failed = account.Identity(ctx); failed == nil {
			failed = refuseForeign(settings, caller)
		} else {
			failed = fmt.Errorf("AWS did not say whom this credential belongs to: %w", failed)
		}
		if failed != nil {
			cancel()
		}
	}
	if settings.Account == "" { // the buckets' names need it
		if identify(ctx); failed != nil {
			return state.State{}, failed
		}
		settings = settings.In(caller.Account)
	}
	snapshot := newState(settings)
	snapshot.At = account.Now()
	o := newObserver(ctx, account, settings)
	if caller.Account == "" {
		o.do(identify)
	}
	o.readAll(&snapshot)
	o.wait()
	if len(snapshot.Models) == 0 {
		o.undeclared(&snapshot)
	}
	listedLives(&snapshot)
	if failed != nil {
		return state.State{}, failed
	}
	for _, b := range []*state.Bucket{&snapshot.DataBucket, &snapshot.AuditBucket} {
		b.Region = explained(b.Region, b.Tags)
	}
	snapshot.Caller = caller
	if root, ok := snapshot.Root.Value(); ok && caller.Root() {
		// A root session of the console has a temporary key, which need not be deleted.
		if id, err := account.KeyID(ctx); err == nil && strings.HasPrefix(id, "AKIA") {
			root.StartedFrom = id
			snapshot.Root = state.Known(root)
		}
	}
	return snapshot, nil
}

// explained is a refused reading with the reason of another read of the same bucket: a
// refusal of HeadBucket comes without AWS's reason.
func explained(r state.Reading[string], other state.Reading[map[string]string]) state.Reading[string] {
	p, _ := r.Problem()
	o, _ := other.Problem()
	if p.Kind != aws.Denied || o.Kind != aws.Denied || !strings.Contains(o.Message, aws.ByResourcePolicy) {
		return r
	}
	p.Message = o.Message
	return state.Unknown[string](p)
}

// ForeignError says that a credential does not belong to the practice's account.
type ForeignError struct{ Practice, Caller string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("this credential belongs to AWS account %s, but the practice is in account %s: use a credential for %s",
		e.Caller, e.Practice, e.Practice)
}

// newState is a State in which nothing was read yet.
func newState(s state.Settings) state.State {
	snapshot := state.State{Account: s.Account, System: s.SystemName(), Region: s.Region}
	snapshot.DataBucket.Name = state.DataBucketName(s)
	snapshot.AuditBucket.Name = state.AuditBucketName(s)
	for _, profile := range s.Models {
		snapshot.Models = append(snapshot.Models, state.Model{Profile: profile, Foundation: state.Foundation(profile)})
	}
	return snapshot
}

func (o *observer) readAll(s *state.State) {
	for _, b := range []*state.Bucket{&s.DataBucket, &s.AuditBucket} {
		o.bucket(b)
	}
	o.accountPublicAccess(s)
	o.everybody(s)
	o.trail(s)
	o.trailStatus(s)
	o.trailSelectors(s)
	o.trailTags(s)
	o.root(s)
	o.passwordPolicy(s)
	o.analyzers(s)
	o.agreements(s)
	o.organization(s)
	o.retention(s)
	o.invocationLogging(s)
	o.useCase(s)
	o.models(s)
	o.offers(s)
	o.transcriptionJobs(s)
	o.people(s)
	o.accountSettings(s)
	o.inventory(s)
	o.monitoring(s)
}

// observer runs reads concurrently. Each writes to its own field of a State, which may be
// read after wait.
type observer struct {
	account  *aws.Account
	settings state.Settings

	ctx   context.Context // the scan's own; an observer lives for one scan
	slots chan struct{}
	tasks sync.WaitGroup
}

func newObserver(ctx context.Context, account *aws.Account, settings state.Settings) *observer {
	return &observer{account: account, settings: settings, ctx: ctx, slots: make(chan struct{}, maxReads)}
}

// do schedules a read; a read may schedule further ones. It also runs after the scan was
// stopped, so that its field says why it is unknown.
func (o *observer) do(read func(context.Context)) {
	o.tasks.Go(func() {
		select {
		case o.slots <- struct{}{}:
			defer func() { <-o.slots }()
		case <-o.ctx.Done():
		}
		read(o.ctx)
	})
}

func (o *observer) wait() { o.tasks.Wait() }

// ask schedules the read of one fact.
func ask[T any](o *observer, operation string, into *state.Reading[T], call func(context.Context) (T, error)) {
	o.do(func(ctx context.Context) {
		value, err := call(ctx)
		*into = state.ReadingOf(value, err, operation)
	})
}

func refuseForeign(s state.Settings, caller aws.Identity) error {
	if s.Account != "" && caller.Account != s.Account {
		return &ForeignError{Practice: s.Account, Caller: caller.Account}
	}
	return nil
}
