// Package audit reads who touched what: the account's CloudTrail trail, looked
// up, verified and searched.
//
// It must not judge and must not write to the account.
package audit

import (
	"context"
	"sync"
	"time"

	"claria/aws"
	"claria/provision/state"
)

// Event is one call that somebody made to the account, as CloudTrail tells it.
// Every text in it came from outside.
type Event struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Name      string    `json:"name"`      // "UpdateTrail"
	Source    string    `json:"source"`    // "cloudtrail.amazonaws.com"
	Actor     string    `json:"actor"`     // "root", "user bob", "role claria-provisioner (claria-mend)"
	ARN       string    `json:"arn"`       // the actor's
	Key       string    `json:"key"`       // id of the access key, shortened
	Address   string    `json:"address"`   // source IP address, or the service that called
	Agent     string    `json:"agent"`     // user agent
	Region    string    `json:"region"`    //
	Error     string    `json:"error"`     // "AccessDenied"; empty: it worked
	Resources []string  `json:"resources"` // names and ARNs
	MFA       bool      `json:"mfa"`
}

// Look is what the trail tells of the last days, in one look of a scan.
//
// CloudTrail's event history has a call within 15 minutes of it as a rule
// (CloudTrail user guide, "Working with CloudTrail event history"): what has just
// happened may not be in Writes yet.
type Look struct {
	From time.Time `json:"from"` // Writes go back to here
	// Writes are the calls that changed something, newest first; Complete is
	// false when there were more than the look reads, and From is then the oldest read.
	Writes   state.Reading[[]Event] `json:"writes"`
	Complete bool                   `json:"complete"`
	// Root are the root user's latest calls of the 90 days that AWS keeps, newest
	// first, at most 50 a region.
	Root state.Reading[[]Event] `json:"root"`
	// Digests is whether the log files are what CloudTrail signed; absent when
	// there is no trail.
	Digests state.Reading[Digests] `json:"digests"`
}

// Digests is the verification of the trail's log files over a window.
type Digests struct {
	At       time.Time `json:"at"`   // when it was verified
	From     time.Time `json:"from"` // the window, in the home region
	To       time.Time `json:"to"`
	Digests  int       `json:"digests"`  // verified
	Files    int       `json:"files"`    // log files whose hash is the signed one
	Problems []string  `json:"problems"` // what is missing, altered or unsigned, in words; empty: nothing
	Partial  string    `json:"partial"`  // why the window was not looked at as a whole; empty: it was
	Notes    []string  `json:"notes"`    // what is no problem and worth saying
	// Begins is when signing was switched on last, as far as is known: the first
	// digest after it comes within two hours.
	Begins time.Time `json:"begins,omitzero"`
}

const (
	// window is how far Writes go back: over a weekend, and yet one page in a
	// practice's usual week.
	window = 7 * 24 * time.Hour
	// history is how far back AWS keeps events for a look-up.
	history = 90 * 24 * time.Hour
	// digestsHold is how long a verification is good for: digests come once an hour.
	digestsHold = 30 * time.Minute
)

// Recent looks at the trail's last days. What could not be read says so; it
// never fails as a whole. The digests that an earlier look found well are not
// downloaded again for half an hour; the zero Look is none.
func Recent(ctx context.Context, account *aws.Account, settings state.Settings, earlier Look) Look {
	now := account.Now()
	var look Look
	var tasks sync.WaitGroup
	tasks.Go(func() { look.Writes, look.Complete, look.From = writes(ctx, account, now) })
	tasks.Go(func() { look.Root = root(ctx, account, now) })
	if d, ok := earlier.Digests.Value(); ok && len(d.Problems) == 0 && d.Partial == "" && !d.At.After(now) && now.Sub(d.At) < digestsHold {
		look.Digests = earlier.Digests
		tasks.Wait()
		return look
	}
	var found evidence
	tasks.Go(func() { found = collect(ctx, account, settings, now) })
	tasks.Wait()
	look.Digests = found.reading(look)
	return look
}
