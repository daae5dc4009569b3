// Package sandbox is a practice AWS account: the real protocols in memory, with
// SigV4 verified, IAM enforced, every call recorded, and a clock and faults that
// can be set. It is an http.Handler and, for the demo and the tests, also an
// SDK HTTP client that opens no socket.
//
// One file per service. Answers are as AWS documents them, errors have AWS's
// codes. It imports aws/policy and nothing else of ours.
package sandbox

import (
	"io"
	"net/http"
	"time"
)

// Options of a practice account. Zero values are usable.
type Options struct {
	Seed     string           // "empty" (default), "demo", "no-baa"
	Region   string           // "us-east-1"
	Dir      string           // keep the account on disk here; empty: memory
	Now      func() time.Time // the clock; nil: time.Now
	Faults   []string         // fault specifications, see ParseFault
	Latency  time.Duration    // added to every call
	Calls    io.Writer        // every call as one JSON line; nil: none
	Insecure bool             // requests over plain HTTP count as such (aws:SecureTransport false)
	Writer   Pace             // how fast the practice model writes
}

// Pace is how the practice model streams.
type Pace struct {
	PerWord time.Duration // 0: as fast as it can
}

// Account is the practice account. It is safe for concurrent use.
type Account struct {
	// fields are the core's
	accountFields
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
	Status    int       `json:"status"` // HTTP status
	Code      string    `json:"code,omitempty"`
}

// New makes a practice account.
func New(options Options) (*Account, error) { panic("written next") }

// ServeHTTP answers one request.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) { panic("written next") }

// Client is an SDK HTTP client that reaches the account without a socket. Its
// bodies stream.
func (a *Account) Client() *http.Client { panic("written next") }

// Environ is the environment that starts work on the account: access key,
// secret and region (and nothing else), as NAME → value.
func (a *Account) Environ() map[string]string { panic("written next") }

// Calls returns the recorded calls so far.
func (a *Account) Calls() []Call { panic("written next") }

// Inject adds a fault; see ParseFault. Clear removes all of them.
func (a *Account) Inject(fault string) error { panic("written next") }

// Clear removes every injected fault.
func (a *Account) Clear() { panic("written next") }

// Close writes what is to be kept.
func (a *Account) Close() error { panic("written next") }
