// Package reports drafts a report from a client's files: the context that is
// sent, the stream that comes back, the check that every marker is real, and
// the saved versions.
//
// The model drafts, code verifies, the clinician decides. The package must not
// send anything but the attached files' segments, and must not know the screen.
package reports

import (
	"context"
	"crypto/rand"
	"io"
	"time"

	"claria/aws"
	"claria/aws/object"
	"claria/clients"
	"claria/internal/safe"
)

// Report is one report's working document, reports/{Client}/{ID}.json. Each
// save is an object version.
type Report struct {
	ID           string
	Client       string
	CopyOf       string // id of the report this one was split from by a lost race; empty: none
	Template     string
	Title        string
	Created      time.Time
	Changed      time.Time
	Model        string // inference-profile id
	Instructions safe.PHI
	Context      []Attachment
	Sections     []Section
	Usage        Usage
	Version      string // S3 version id
	ETag         string // of the version this was read from, for If-Match
}

// Attachment is one file as it was sent: which version, and its hash.
type Attachment struct {
	File    string // id
	Name    safe.PHI
	Version string
	SHA256  string
	First   int // number of its first segment in this report, from 1
	Count   int // of its segments
}

// Section is one section of a report as it stands.
type Section struct {
	ID      string
	Heading string
	Text    safe.PHI // Markdown with [Sn] markers
	State   State
	Problem string   // for Failed and Stopped, in words
	Author  string   // "model", "person"
	Unknown []string // markers that no segment bears out, "S99"
}

// State is how far a section is.
type State string

// The states of a section.
const (
	Waiting State = "waiting"
	Writing State = "writing"
	Written State = "written"
	Stopped State = "stopped" // by the user, or cut off; its text is kept
	Failed  State = "failed"  // Problem says why; its text is kept
)

// Usage is what AWS counted, over all requests of the report. A stopped or
// broken stream has no count; then Estimated is true and the figures hold an estimate.
type Usage struct {
	InputTokens      int // without those read from or written to the cache
	OutputTokens     int
	CacheReadTokens  int
	CacheWriteTokens int
	Estimated        bool
}

// Event is one step of drafting.
type Event struct {
	Kind    EventKind
	Section int      // index into Report.Sections
	Delta   safe.PHI // Text: what was added; safe to show
	Notice  string   // Notice: a plain sentence ("AWS asks for fewer requests; trying again in 3 s.")
	// Report is the report as it stands (SectionStarted, SectionEnded) or as it
	// was saved (Saved, Done).
	Report Report
}

// EventKind is the kind of an Event.
type EventKind string

// The kinds of event.
const (
	SectionStarted EventKind = "started"
	Text           EventKind = "text"
	SectionReset   EventKind = "reset" // the text shown so far is void: another try replaces it
	SectionEnded   EventKind = "ended"
	Notice         EventKind = "notice"
	Saved          EventKind = "saved"
	Done           EventKind = "done" // always the last, with the error when the draft broke off
)

// Desk drafts, keeps and shows the reports of one account. It is safe for
// concurrent use once its fields are set.
type Desk struct {
	// Gate is asked before anything is sent to the model; its error refuses. The
	// session sets it to the agreement's gate. Nil: none.
	Gate func(context.Context) error

	account *aws.Account
	store   *clients.Store
	bucket  string
	objects object.Bucket
	options Options
}

// Options of a Desk; zero values have defaults.
type Options struct {
	Model      string        // inference-profile id of new reports; there is no default
	Window     int           // tokens that fit the model; default by model
	MaxTokens  int           // of one answer, before it is continued; 4096, which every Claude model allows
	Tries      int           // of one section, the first included; 6
	FirstEvent time.Duration // wait for the first event of a stream; 60 s
	Silence    time.Duration // longest silence between events; 30 s
	// SaveEvery is the time between two saves while text arrives; 750 ms, so that
	// with the time a save takes no more than the last second can be lost.
	SaveEvery time.Duration
	Random    io.Reader                            // ids, tags and jitter, read concurrently; crypto/rand
	After     func(time.Duration) <-chan time.Time // waits; time.After
}

// NewDesk returns the desk. Nothing is sent.
func NewDesk(account *aws.Account, store *clients.Store, bucket string, options Options) *Desk {
	if options.MaxTokens == 0 {
		options.MaxTokens = 4096
	}
	if options.Tries == 0 {
		options.Tries = 6
	}
	if options.FirstEvent == 0 {
		options.FirstEvent = time.Minute
	}
	if options.Silence == 0 {
		options.Silence = 30 * time.Second
	}
	if options.SaveEvery == 0 {
		options.SaveEvery = 750 * time.Millisecond
	}
	if options.Random == nil {
		options.Random = rand.Reader
	}
	if options.After == nil {
		options.After = time.After
	}
	return &Desk{
		account: account, store: store, bucket: bucket, objects: object.Bucket{Account: account, Name: bucket}, options: options,
	}
}

// Model is the inference-profile id that new reports are drafted with.
func (d *Desk) Model() string { return d.options.Model }

// Window is how many tokens fit the model of new reports, the answer included.
func (d *Desk) Window() int { return d.window(d.options.Model) }

func (d *Desk) window(model string) int {
	if d.options.Window > 0 {
		return d.options.Window
	}
	return familyOf(model).window
}

// allowed asks the gate.
func (d *Desk) allowed(ctx context.Context) error {
	if d.Gate == nil {
		return nil
	}
	return d.Gate(ctx)
}

// Request is what to draft.
type Request struct {
	Client       string
	Template     string
	Files        []clients.File // in the order in which their segments are numbered
	Instructions safe.PHI       // the clinician's wishes; may be empty
}

// Passage is one numbered segment of a report's context.
type Passage struct {
	Number int    // n of the marker [Sn]
	FileID string // the file's id
	File   safe.PHI
	Place  int // the segment's number in its file
	Text   safe.PHI
}
