// Package sandbox is a demo AWS account: it speaks the real protocols in memory, verifies
// SigV4, enforces IAM, records every call, and has a clock and faults that the caller can
// set. It is an http.Handler and, for the demo and the tests, also an SDK HTTP client that
// opens no socket.
//
// Each service has its own file. Answers follow AWS's documentation, and errors have AWS's
// codes. The package imports aws/policy and no other package of Claria. README.md explains
// what the package must not do and how to add a service.
package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"claria/aws/policy"
)

// Options of a demo account. All zero values are usable.
type Options struct {
	Seed   string           // "empty" (default), "demo", "no-baa"; see Seeds
	Region string           // "us-east-1"
	Dir    string           // keep the account on disk here; empty: memory
	Now    func() time.Time // the clock; nil: time.Now
	// SigningNow is the clock for the times of signatures, for an account whose own clock
	// is set to another day; nil: Now.
	SigningNow func() time.Time
	Faults     []string      // fault specifications, see ParseFault
	Latency    time.Duration // added to every call
	Calls      io.Writer     // every call as one JSON line; nil: none
	Insecure   bool          // requests over plain HTTP count as such (aws:SecureTransport false)
	Confirm    bool          // subscriptions are confirmed at once, as by the link in AWS's e-mail
	Writer     Pace          // how fast the demo model writes
	// Decided gets every request that IAM evaluated, with the policies that applied and the
	// decision, so that another evaluator can decide it too.
	Decided func(policy.Request, policy.Policies, policy.Decision)
}

// Pace is how the demo model streams.
type Pace struct {
	PerWord time.Duration // 0: no delay
	// Thought is how many tokens a model thinks at high effort, at the others in proportion; 0:
	// 6000.
	Thought int
}

// Account is the demo account. It is safe for concurrent use.
type Account struct {
	options  Options
	id       string // twelve digits
	services []*service

	// mu guards every service's state; see README.md, "State and locking".
	mu     sync.RWMutex
	states map[string]any // by service name: what service.state made
	stale  staleViews

	staleKeys []staleKey

	policies policy.Reader

	store    *store
	blobs    blobStore
	faults   *faults
	recorder *recorder
	zips     sync.Pool // of *gzip.Writer: each holds 800 kB, and CloudTrail writes a file an hour
}

// Call is one recorded call.
type Call struct {
	Time      time.Time `json:"time"`
	Service   string    `json:"service"`   // IAM prefix: "s3"
	Operation string    `json:"operation"` // API operation: "GetBucketEncryption"
	Action    string    `json:"action"`    // IAM action: "s3:GetEncryptionConfiguration"
	Resource  string    `json:"resource"`
	Caller    string    `json:"caller"` // ARN
	Write     bool      `json:"write"`  // it can change something
	Status    int       `json:"status"` // HTTP status; 0: the connection was dropped
	Code      string    `json:"code,omitempty"`
}

// AccountID is the account number of every demo account.
const AccountID = "111122223333"

// New makes a demo account, or opens the one in options.Dir. It fails on an
// unknown seed, a fault specification that does not parse, and a directory that
// cannot be read or written.
func New(options Options) (*Account, error) {
	if options.Seed == "" {
		options.Seed = "empty"
	}
	if !slices.Contains(Seeds(), options.Seed) {
		return nil, fmt.Errorf("sandbox: there is no seed %q; choose one of %v", options.Seed, Seeds())
	}
	if options.Region == "" {
		options.Region = "us-east-1"
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.SigningNow == nil {
		options.SigningNow = options.Now
	}
	a := &Account{
		options:  options,
		id:       AccountID,
		services: services(),
		states:   map[string]any{},
		faults:   &faults{},
		recorder: &recorder{lines: options.Calls},
	}
	for _, spec := range options.Faults {
		if err := a.Inject(spec); err != nil {
			return nil, err
		}
	}
	if err := a.openStore(); err != nil {
		return nil, err
	}
	if options.Confirm { // what was subscribed to before
		a.ConfirmSubscriptions()
	}
	return a, nil
}

// Region is the account's declared region.
func (a *Account) Region() string { return a.options.Region }

// Begin starts the latency, the faults and a new record of calls, for an account that was
// filled without them. It must not run concurrently with calls.
func (a *Account) Begin(latency time.Duration, faults []string, calls io.Writer) error {
	a.options.Latency, a.recorder = latency, &recorder{lines: calls}
	for _, spec := range faults {
		if err := a.Inject(spec); err != nil {
			return err
		}
	}
	return nil
}

// Calls returns the recorded calls so far.
func (a *Account) Calls() []Call { return a.recorder.all() }

// Close saves the account. It must not be used afterwards.
func (a *Account) Close() error {
	for _, s := range a.services {
		if s.close != nil {
			s.close(a)
		}
	}
	return errors.Join(a.store.close(), a.blobs.close())
}

// Client is an SDK HTTP client that reaches the account without a socket. Bodies stream. It
// accepts requests to any host.
func (a *Account) Client() *http.Client {
	return &http.Client{
		Transport:     &transport{handler: a},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
