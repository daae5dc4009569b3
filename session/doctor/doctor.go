// Package doctor looks at what Claria needs in order to work, from this computer's clock
// to the rights of its identities, and says for each what it found and what to do next.
//
// It only reads. Its lines hold no patient information and no secret, so that they can be
// sent to somebody who helps. It works without a configuration, a credential or a network:
// what it cannot find out it says so.
package doctor

import (
	"context"
	"iter"
	"sync"
	"time"

	"claria/aws"
	"claria/internal/config"
	"claria/provision"
	"claria/provision/state"
	"claria/session"
)

// Status is how a line ends.
type Status string

// The statuses.
const (
	OK      Status = "ok"
	Note    Status = "note"    // nothing is wrong, but a person should know
	Act     Status = "act"     // something must be done; Next says what
	Unknown Status = "unknown" // it could not be found out; Found says why
)

// Line is one thing that was looked at.
type Line struct {
	Topic  string `json:"topic"`
	Status Status `json:"status"`
	Found  string `json:"found"`
	Next   string `json:"next,omitempty"`
}

// Input is what to examine.
type Input struct {
	Version   string                      // of the program
	Session   *session.Session            // nil: it could not be opened, because of Failed
	Failed    error                       //
	Region    string                      // of --region, for the network when there is no session
	Client    aws.HTTPClient              // of the demo account; nil: the network
	LookupEnv func(string) (string, bool) //
	Places    config.Places
}

// Examination is what was read, for the lines and for the answers of a first user.
type Examination struct {
	input     Input
	account   *aws.Account // with the session's credential, or none
	endpoints []endpoint
	observed  state.State
	unread    error // why the account could not be observed
	intake    provision.Intake
	unjudged  error // why the credential could not be judged
	gate      error // why work with patient information is refused; nil: it is not
	quotas    quotas
	took      time.Duration // of the reading
}

// Examine reads everything that the lines need, at the same time where possible. The
// error says only that ctx ended.
func Examine(ctx context.Context, in Input) (*Examination, error) {
	x := &Examination{input: in}
	began := time.Now()
	if in.Session != nil {
		x.account = in.Session.Account
	} else {
		x.account, x.unread = x.anonymous(ctx)
	}
	var tasks sync.WaitGroup
	if x.account != nil {
		x.reach(ctx, &tasks)
	}
	if in.Session != nil {
		tasks.Go(func() { x.observed, x.unread = provision.Observe(ctx, x.account, x.settings()) })
		tasks.Go(func() { x.intake, x.unjudged = in.Session.Classify(ctx) })
		tasks.Go(func() { x.gate = in.Session.Gate(ctx) })
		tasks.Go(func() { x.quotas = readQuotas(ctx, x.account) })
	}
	tasks.Wait()
	x.took = time.Since(began)
	return x, ctx.Err()
}

// settings are the session's, with what only the strict set of controls reads.
func (x *Examination) settings() state.Settings {
	settings := x.input.Session.Settings
	settings.Wide = true
	return settings
}

// anonymous opens an account without a credential, to look at the network.
func (x *Examination) anonymous(ctx context.Context) (*aws.Account, error) {
	region := x.input.Region
	if region == "" {
		if c, _, err := config.Load(x.input.Places.File); err == nil {
			region = c.Region
		}
	}
	if region == "" {
		region = anyRegion
	}
	return aws.Open(ctx, aws.Options{
		Region: region, Source: aws.Source{Kind: aws.FromKey}, Client: x.input.Client, LookupEnv: x.input.LookupEnv, ReadOnly: true,
		Attempts: 1,
	})
}

// anyRegion is where the network is looked at if no region is chosen yet.
const anyRegion = "us-east-1"

// Lines are the lines in their order: this computer, the network, the account.
func (x *Examination) Lines() iter.Seq[Line] {
	return func(yield func(Line) bool) {
		for _, look := range []func(*Examination) []Line{
			(*Examination).version, (*Examination).configuration, (*Examination).clock, (*Examination).network, (*Examination).keyring,
			(*Examination).credential, (*Examination).agreement, (*Examination).models, (*Examination).retention, (*Examination).limits,
			(*Examination).rights, (*Examination).pending,
		} {
			for _, line := range look(x) {
				if !yield(line) {
					return
				}
			}
		}
	}
}

func line(topic string, status Status, found, next string) []Line {
	return []Line{{Topic: topic, Status: status, Found: found, Next: next}}
}
