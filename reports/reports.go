// Package reports drafts a report from a client's files: the context that is
// sent, the stream that comes back, the check that every marker is real, and
// the saved versions.
//
// The model drafts, code verifies, the clinician decides. The package must not
// send anything but the attached files' segments, and must not know the screen.
package reports

import (
	"context"
	"iter"
	"time"

	"claria/aws"
	"claria/clients"
	"claria/internal/safe"
)

// Template is what a report consists of.
type Template struct {
	ID       string // "psychological-evaluation", "soap"
	Title    string
	Sections []TemplateSection
}

// TemplateSection is one section to be written.
type TemplateSection struct {
	ID          string // "observations"
	Heading     string
	Instruction string
	Required    bool
}

// Report is one report's working document, reports/{Client}/{ID}.json. Each
// save is an object version.
type Report struct {
	ID           string
	Client       string
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
	Stopped State = "stopped" // by the user; its text is kept
	Failed  State = "failed"  // Problem says why; its text is kept
)

// Usage is what AWS counted. A stopped stream has none, and Estimated is true.
type Usage struct {
	InputTokens, OutputTokens int
	Estimated                 bool
}

// Event is one step of drafting.
type Event struct {
	Kind    EventKind
	Section int      // index into Report.Sections
	Delta   safe.PHI // Text: what was added
	Notice  string   // Notice: a plain sentence ("AWS asks for fewer requests; trying again in 3 s")
	Report  Report   // Saved and Done: the report as saved
}

// EventKind is the kind of an Event.
type EventKind string

// The kinds of event.
const (
	SectionStarted EventKind = "started"
	Text           EventKind = "text"
	SectionReset   EventKind = "reset" // a retry begins the section again
	SectionEnded   EventKind = "ended"
	Notice         EventKind = "notice"
	Saved          EventKind = "saved"
	Done           EventKind = "done"
)

// Desk drafts, keeps and shows the reports of one account.
type Desk struct {
	account *aws.Account
	store   *clients.Store
	bucket  string
	options Options
}

// Options of a Desk; zero values have defaults.
type Options struct {
	Model      string        // inference-profile id
	FirstEvent time.Duration // wait for the first event of a stream; 60 s
	Silence    time.Duration // longest silence between events; 30 s
	SaveEvery  time.Duration // 1 s
}

// NewDesk returns the desk. Nothing is sent.
func NewDesk(account *aws.Account, store *clients.Store, bucket string, options Options) *Desk {
	return &Desk{account: account, store: store, bucket: bucket, options: options}
}

// Request is what to draft.
type Request struct {
	Client       string
	Template     string
	Files        []clients.File
	Instructions safe.PHI
}

// Templates lists the built-in templates.
func Templates() []Template { panic("written next") }

// Draft writes a new report section by section. Cancelling ctx stops it: the
// text so far is saved (with a fresh deadline) and a Done event follows.
func (d *Desk) Draft(ctx context.Context, request Request) iter.Seq2[Event, error] {
	panic("written next")
}

// Resume goes on with a report that was cut off: sections that are not Written
// are written, the others stay.
func (d *Desk) Resume(ctx context.Context, report Report) iter.Seq2[Event, error] {
	panic("written next")
}

// List lists a client's reports, newest first.
func (d *Desk) List(ctx context.Context, client string) ([]Report, error) { panic("written next") }

// Get reads one report.
func (d *Desk) Get(ctx context.Context, client, report string) (Report, error) {
	panic("written next")
}

// CountTokens asks the model how many tokens the request is; approximate is true when
// the model refuses to count and the figure is an estimate.
func (d *Desk) CountTokens(ctx context.Context, request Request) (tokens int, approximate bool, err error) {
	panic("written next")
}

// Evidence is the segments of a report's context, S1 … Sn in their order.
func (d *Desk) Evidence(ctx context.Context, report Report) ([]Passage, error) {
	panic("written next")
}

// Passage is one numbered segment of a report's context.
type Passage struct {
	Number int // n of the marker [Sn]
	File   safe.PHI
	Place  int // the segment's number in its file
	Text   safe.PHI
}

// Markdown is the report as Markdown, markers included.
func (r Report) Markdown() string { panic("written next") }
