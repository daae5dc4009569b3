// Package demo is an account without real patients: the sandbox with a seed, ready to
// open as a session.
//
// The program itself makes the seed "demo": it sets up an empty account with
// provision, adds invented clients with package clients, then changes one setting and
// denies one read. So the demo cannot show anything that the program does not do.
package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/internal/config"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
)

// Seeds are the names of the demo accounts, the default first.
var Seeds = []string{"demo", "empty", "no-baa"}

// SeedVariable has, in the environment of a served demo account, the seed of the
// daily identity's second factor, because a change to the account needs a code.
const SeedVariable = "CLARIA_DEMO_MFA_SEED"

// wordTime is how long the demo model takes for a word, about as long as a real one.
const wordTime = 20 * time.Millisecond

// Options of a demo account; see sandbox.Options for what is passed on.
type Options struct {
	Seed    string // one of Seeds; empty: "demo"
	Sandbox sandbox.Options
}

// Account is a demo account.
type Account struct {
	Sandbox *sandbox.Account
	seed    string
	asked   sandbox.Options // what the user asked for
	clock   *clock
	keys    aws.Keyring
	phone   *provision.Authenticator
	model   string // that the practice declares
	once    sync.Once
	ready   chan struct{}
	err     error
}

// New makes a demo account. The seed "demo" is filled at its first use, or by Fill,
// so that opening it costs nothing.
func New(options Options) (*Account, error) {
	seed := options.Seed
	if seed == "" {
		seed = Seeds[0]
	}
	if !slices.Contains(Seeds, seed) {
		return nil, fmt.Errorf("seed %q: want one of %s", seed, strings.Join(Seeds, ", "))
	}
	if seed == "demo" {
		options.Sandbox.Faults = append([]string{restriction}, options.Sandbox.Faults...)
	}
	a := &Account{
		seed: seed, asked: options.Sandbox, clock: newClock(options.Sandbox.Now), keys: aws.NewMemoryKeyring(),
		model: Model, ready: make(chan struct{}),
	}
	a.phone = provision.NewAuthenticator(a.clock.now)
	inner := options.Sandbox
	if inner.Writer.PerWord == 0 {
		inner.Writer.PerWord = wordTime
	}
	inner.Now, inner.SigningNow = a.clock.now, a.clock.source
	inner.Seed = seed
	if seed == "demo" {
		inner.Seed = "empty"
	}
	kept, err := a.open(inner.Dir)
	if err != nil {
		return nil, err
	}
	fill := seed == "demo" && !kept
	if fill {
		// Faults, latency and the record of calls apply to the user's requests, not
		// to filling the account.
		for _, spec := range inner.Faults {
			if _, err := sandbox.ParseFault(spec); err != nil {
				return nil, err
			}
		}
		inner.Latency, inner.Faults, inner.Calls = 0, nil, nil
	}
	if a.Sandbox, err = sandbox.New(inner); err != nil {
		return nil, err
	}
	if !fill {
		a.once.Do(func() { close(a.ready) })
	}
	return a, nil
}

// Fill fills the demo account once; later calls wait for the first.
func (a *Account) Fill(ctx context.Context) error {
	a.once.Do(func() {
		defer close(a.ready)
		// The first caller may give up, but the others still need the account.
		if a.err = a.fill(context.WithoutCancel(ctx)); a.err == nil {
			a.err = errors.Join(a.keep(), a.Sandbox.Begin(a.asked.Latency, a.asked.Faults, a.asked.Calls))
		}
	})
	select {
	case <-a.ready:
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Session returns the account for a session to open. The first request waits until
// the account is filled.
func (a *Account) Session() *session.Demo {
	p := &session.Demo{
		Client: waiting{a}, Environ: a.Sandbox.Environ(), Keyring: waitingKeyring{a.keys, a}, Phone: a.phone,
		Now: a.clock.source, // not the past, in which the account is filled
	}
	if a.seed == "demo" {
		settled := settings()
		c := config.Default()
		c.Practice, c.Account, c.Region, c.Credentials = "Example practice", settled.Account, settled.Region, string(aws.FromKeyring)
		c.Models = []string{a.model}
		p.Config = &c
	}
	return p
}

// Environ returns the environment for any AWS client on the account: the daily
// identity's key if the account is set up, otherwise its starting key.
func (a *Account) Environ(ctx context.Context) (map[string]string, error) {
	if err := a.Fill(ctx); err != nil {
		return nil, err
	}
	environ := a.Sandbox.Environ()
	if key, err := a.keys.Load(state.AdminUser); err == nil {
		environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"] = key.ID, key.Secret
	}
	if seed := a.phone.Seed(); seed != "" {
		environ[SeedVariable] = seed
	}
	return environ, nil
}

// waiting sends requests once the account is filled.
type waiting struct{ account *Account }

func (w waiting) Do(r *http.Request) (*http.Response, error) {
	if err := w.account.Fill(r.Context()); err != nil {
		return nil, err
	}
	return w.account.Sandbox.Client().Do(r)
}

// waitingKeyring reads keys once the account is filled.
type waitingKeyring struct {
	aws.Keyring
	account *Account
}

func (w waitingKeyring) Load(name string) (aws.Key, error) {
	if err := w.account.Fill(context.Background()); err != nil {
		return aws.Key{}, err
	}
	return w.Keyring.Load(name)
}

// clock is the account's clock. Filling the account sets it back, so that the history
// has dates.
type clock struct {
	mu     sync.Mutex
	source func() time.Time
	offset time.Duration
}

func newClock(source func() time.Time) *clock {
	if source == nil {
		source = time.Now
	}
	return &clock{source: source}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.source().Add(c.offset)
}

func (c *clock) ago(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = -d
}
