// Package reports drafts a report from a client's files: it sends the context, reads
// the stream, checks that every marker cites a real passage, and saves versions.
//
// The model drafts, code verifies, the clinician decides. The package must not send
// anything from storage but the attached files' segments, and must not know the
// screen.
package reports

import (
	"context"
	"crypto/rand"
	"io"
	"slices"
	"time"

	"claria/aws"
	models "claria/aws/model"
	"claria/aws/object"
	"claria/clients"
	"claria/clients/text"
	"claria/internal/safe"
)

// Report is one report's working document, reports/{Client}/{ID}.json. Each
// save is an object version.
type Report struct {
	ID           string
	Client       string
	CopyOf       string // id of the report from which a conflict split this one; empty: none
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
	ETag         string // of the version that was read, for If-Match
}

// Attachment is one file as it was sent: its version and its hash.
type Attachment struct {
	File    string // id
	Name    safe.PHI
	Version string
	SHA256  string
	First   int           // number of its first passage in this report, from 1
	Count   int           // of its passages
	Unread  []text.Unread // what the passages lack of the file
}

// Section is one section of a report.
type Section struct {
	ID      string
	Heading string
	Text    safe.PHI // Markdown with [Sn] markers
	State   State
	Problem string   // for Failed and Stopped, in words
	Author  string   // "model", "person"
	Unknown []string // markers that cite no segment, "S99"
}

// State is the state of a section.
type State string

// The states of a section.
const (
	Waiting State = "waiting"
	Writing State = "writing"
	Written State = "written"
	Stopped State = "stopped" // by the user or an interruption; its text is kept
	Failed  State = "failed"  // Problem says why; its text is kept
)

// Usage is the sum of AWS's counts for all requests of the report. For a stopped or
// broken stream AWS sends no count; then Estimated is true and the figures include an
// estimate.
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
	// Report is the current report (SectionStarted, SectionEnded) or the saved one
	// (Saved, Done).
	Report Report
}

// EventKind is the kind of an Event.
type EventKind string

// The kinds of event.
const (
	SectionStarted EventKind = "started"
	Text           EventKind = "text"
	SectionReset   EventKind = "reset" // discard the section's text so far: another try replaces it
	SectionEnded   EventKind = "ended"
	Notice         EventKind = "notice"
	Saved          EventKind = "saved"
	Done           EventKind = "done" // always the last, with the error if the draft failed
)

// Drafter drafts, stores and reads the reports of one account. It is safe for
// concurrent use once its fields are set.
type Drafter struct {
	// Gate is asked before anything is sent to the model; its error refuses. The
	// session sets it to the gate of the agreement. Nil: no gate.
	Gate func(context.Context) error

	account *aws.Account
	store   *clients.Store
	bucket  string
	objects object.Bucket
	options Options
}

// Options of a Drafter; zero values have defaults.
type Options struct {
	Model string // inference-profile id of new reports; there is no default
	// Declared are all profiles that this identity may call. A report of another one goes on
	// with Model. Empty: every report goes on with its own.
	Declared   []string
	Window     int           // context window in tokens; default: the model's
	MaxTokens  int           // of one answer's text, before a continuation; 4096, which every Claude model allows
	Tries      int           // of one section, including the first; 6
	FirstEvent time.Duration // wait for the first event of a stream; 60 s
	Silence    time.Duration // longest wait between events; 30 s
	// SaveEvery is the time between two saves while text arrives; 750 ms, so that,
	// with the time that a save takes, a crash loses at most the last second.
	SaveEvery time.Duration
	Random    io.Reader                            // ids, tags and jitter, read concurrently; crypto/rand
	After     func(time.Duration) <-chan time.Time // waits; time.After
}

// NewDrafter returns the drafter. It sends nothing.
func NewDrafter(account *aws.Account, store *clients.Store, bucket string, options Options) *Drafter {
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
	return &Drafter{
		account: account, store: store, bucket: bucket, objects: object.Bucket{Account: account, Name: bucket}, options: options,
	}
}

// Model returns the inference-profile id for new reports.
func (d *Drafter) Model() string { return d.options.Model }

// Window returns the context window of the model of new reports in tokens, including
// the answer.
func (d *Drafter) Window() int { return d.window(d.options.Model) }

func (d *Drafter) window(model string) int {
	if d.options.Window > 0 {
		return d.options.Window
	}
	m, _ := models.Find(models.Bare(model))
	return m.Window
}

// allowed asks the gate.
func (d *Drafter) allowed(ctx context.Context) error {
	if d.Gate == nil {
		return nil
	}
	return d.Gate(ctx)
}

// Request says what to draft.
type Request struct {
	Client       string
	Template     string
	Files        []clients.File // in the order in which their segments are numbered
	Instructions safe.PHI       // the clinician's wishes; may be empty
	Accepted     bool           // a person said yes to each of the files' Concerns
}

// Passage is one numbered passage of a report's context.
type Passage struct {
	Number int    // n of the marker [Sn]
	FileID string // the file's id
	File   safe.PHI
	InFile int      // its number within the file: §InFile
	Place  safe.PHI // where it is in the file: "page 2"; empty: not known
	Text   safe.PHI
}

// Cite is a passage by its number within the file and within the report.
type Cite struct {
	File string `json:"file"` // id
	N    int    `json:"n"`    // within the file
	S    int    `json:"s"`    // within the report, as in [S36]
}

// Cites lists the passages that the report's text cites, in order of their number in the
// report, each once.
func (r Report) Cites() []Cite {
	var numbers []int
	for _, section := range r.Sections {
		for _, marker := range Markers(section.Text.Reveal()) {
			numbers = append(numbers, marker.Numbers(r.last())...)
		}
	}
	slices.Sort(numbers)
	var out []Cite
	for _, s := range slices.Compact(numbers) {
		for _, file := range r.Context {
			if s >= file.First && s < file.First+file.Count {
				out = append(out, Cite{file.File, s - file.First + 1, s})
			}
		}
	}
	return out
}

// last is the number of the report's last passage; 0: it has none.
func (r Report) last() int {
	if len(r.Context) == 0 {
		return 0
	}
	last := r.Context[len(r.Context)-1]
	return last.First + last.Count - 1
}
