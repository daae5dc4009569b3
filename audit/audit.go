// Package audit reads the account's CloudTrail trail: it looks up who did what,
// verifies the log files, and searches them.
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

// Event is one call that somebody made to the account, as CloudTrail records it.
// Every text in it comes from outside.
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

// Look is what the trail shows of the last days, read for one scan.
//
// CloudTrail's event history usually has a call within 15 minutes (CloudTrail user
// guide, "Working with CloudTrail event history"), so the latest calls may not be in
// Writes yet.
type Look struct {
	From time.Time `json:"from"` // Writes go back to here
	// Writes are the calls that changed something, newest first. Complete is false
	// when there were more than one look reads; From is then the oldest call read.
	Writes   state.Reading[[]Event] `json:"writes"`
	Complete bool                   `json:"complete"`
	// Root are the root user's latest calls in the 90 days that AWS keeps, newest
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
	Partial  string    `json:"partial"`  // why not all of the window was verified; empty: all of it was
	Notes    []string  `json:"notes"`    // worth showing, but not a problem
	// Begins is when signing was last switched on, as far as is known. The first
	// digest after that comes within two hours.
	Begins time.Time `json:"begins,omitzero"`
}

const (
	// window is how far back Writes go: longer than a weekend, and in a usual week
	// of a practice still one page.
	window = 7 * 24 * time.Hour
	// history is how far back AWS keeps events for a look-up.
	history = 90 * 24 * time.Hour
	// digestsHold is how long a verification stays valid: digests come once an hour.
	digestsHold = 30 * time.Minute
)

// Recent reads the trail's last days. It never fails as a whole: each part that
// cannot be read says so. Digests that an earlier look verified without a problem are
// not downloaded again for half an hour; pass the zero Look when there is none.
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
