// Package audit reads who touched what: the account's CloudTrail trail, looked
// up, verified and searched.
//
// It must not judge and must not write to the account.
package audit

import (
	"context"
	"time"

	"claria/aws"
	"claria/provision"
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
type Look struct {
	From time.Time `json:"from"` // the look goes back to here
	// Writes are the calls that changed something, newest first; Complete is
	// false when there were more than the look reads.
	Writes   provision.Reading[[]Event] `json:"writes"`
	Complete bool                       `json:"complete"`
	// Root are the root user's calls.
	Root provision.Reading[[]Event] `json:"root"`
	// Digests is whether the log files are what CloudTrail signed.
	Digests provision.Reading[Digests] `json:"digests"`
}

// Digests is the verification of the trail's log files over a window.
type Digests struct {
	From, To time.Time
	Digests  int      // verified
	Files    int      // log files whose hash is the signed one
	Problems []string // what is missing, altered or unsigned, in words; empty: nothing
	Partial  string   // why the window was not looked at as a whole; empty: it was
}

// Recent looks at the trail's last days. What could not be read says so; it
// never fails as a whole.
func Recent(ctx context.Context, account *aws.Account, settings provision.Settings) Look {
	return Look{}
}
