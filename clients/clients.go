// Package clients keeps client records and their files in the data bucket:
// names, versions, transfers and text.
//
// Names live inside objects, never in object keys, because CloudTrail logs keys. The
// record object of a file is its commit: it is written last and names the exact
// versions of the bytes and the text. No listing shows what an interrupted transfer
// leaves behind.
//
// Everything is read from the bucket, so every computer of the practice sees the
// same. The package must not know about reports or the screen, and its errors never
// contain a name, a path or a passage.
package clients

import (
	"context"
	"crypto/rand"
	"io"
	"time"

	"claria/aws"
	"claria/aws/object"
	"claria/clients/text"
	"claria/internal/safe"
)

// Client is one client's record, object clients/{ID}.json.
type Client struct {
	ID      string   // random, 26 characters of Crockford base32
	Name    safe.PHI // as lists show it
	Created time.Time
	Changed time.Time

	Legal       safe.PHI     // legal name, when it differs
	Aliases     []safe.PHI   // also known as
	Born        string       // date of birth, 2014-04-12; empty: not recorded
	Pronouns    safe.PHI     // he/him
	Identifiers []Identifier // numbers of other systems
	People      []Person
	Consents    []Consent
	Archived    bool
	Deleted     bool // its newest version is a delete marker
}

// Identifier is a client's number in another system.
type Identifier struct {
	System safe.PHI // "school", "insurer"
	Value  safe.PHI
}

// Person is someone of the client's life whom the files name.
type Person struct {
	Relation safe.PHI // mother, teacher, sibling
	Name     safe.PHI
}

// The purposes of a consent.
const (
	ForDrafting  = "ai-drafting"
	ForRecording = "recording"
	ForTexting   = "texting"
	ForEmail     = "email"
)

// Consent is one consent of a client.
type Consent struct {
	Purpose   string // one of the purposes above
	Form      safe.PHI
	Date      string // 2026-03-03
	Withdrawn string // the date; empty: in force
}

// Consented reports whether the client's consent to a purpose is in force on a day
// (2026-03-03): given by then, and not withdrawn by then.
func (c Client) Consented(purpose, day string) bool {
	for _, consent := range c.Consents {
		if consent.Purpose == purpose && consent.Date <= day && (consent.Withdrawn == "" || consent.Withdrawn > day) {
			return true
		}
	}
	return false
}

// Class is a file's class of protection. The empty class means that nobody has set
// one, which is not ordinary.
type Class string

// The classes of a file.
const (
	Ordinary Class = "ordinary"
	Notes    Class = "psychotherapy-notes" // 45 CFR 164.501
	Part2    Class = "part2"               // 42 CFR Part 2: substance use treatment records
	Test     Class = "test-material"       // items and manuals that a test's publisher protects
)

// Label says what a document is.
type Label struct {
	What       safe.PHI // "intake interview"
	Informant  safe.PHI // "mother"
	Instrument safe.PHI // "BASC-3"
	Date       string   // of the document, 2026-03-03
}

// File is one committed file of a client, object records/{Client}/{ID}.json.
type File struct {
	ID       string
	Client   string
	Name     safe.PHI // base name as given, any valid UTF-8
	Type     string   // media type
	Size     int64    // bytes
	SHA256   string   // 64 hex digits
	Added    time.Time
	Source   string        // "upload"
	Segments int           // numbered passages of its text; 0: none
	Unread   []text.Unread // what its passages lack
	Reader   int           // version of the readers that read it
	Machine  string        // the model that read its pictures; empty: none did
	Problem  string        // why there is no text, in words; empty when there is
	Class    Class         // empty: not set
	Label    Label         // confirmed by a person
	Proposed Label         // found in its text, not confirmed
	Version  string        // S3 version id of the record object
	Deleted  bool          // its newest version is a delete marker

	bytes string // S3 version id of the bytes
	text  string // S3 version id of the text object; empty: none
	etag  string // of the record object, for If-Match
}

// Version is one version of a file.
type Version struct {
	ID      string // S3 version id of the record object
	Bytes   string // S3 version id of the bytes it describes; empty for a delete marker
	Changed time.Time
	Size    int64
	Latest  bool
	Deleted bool // a delete marker
}

// Store is the client records of one account. It is safe for concurrent use
// once its fields are set.
type Store struct {
	// Gate is asked before anything new is stored (Add, Put, PutReader, Restore); its
	// error refuses. The session sets it to the gate of the agreement. Nil: no gate.
	Gate func(context.Context) error
	// Random is the source of ids.
	Random io.Reader

	account *aws.Account
	bucket  string
	objects object.Bucket // records and texts; files are streamed
	texts   *text.Extractor
}

// New returns the store in the bucket. It sends nothing.
func New(account *aws.Account, bucket string) *Store {
	account = account.Paced()
	return &Store{
		account: account, bucket: bucket, objects: object.Bucket{Account: account, Name: bucket},
		Random: rand.Reader, texts: text.NewExtractor(),
	}
}

// allowed asks the gate.
func (s *Store) allowed(ctx context.Context) error {
	if s.Gate == nil {
		return nil
	}
	return s.Gate(ctx)
}

// Progress is one event of a transfer of many files.
type Progress struct {
	Index, Files int // which of how many, from 0
	Name         safe.PHI
	Done, Total  int64 // bytes of this file; Total -1: not known
	File         *File // set once, when this file is committed or written
	// Same is true with File when the client already had the same bytes under this
	// name and nothing was uploaded.
	Same bool
	// Replaced is true with File when the client had a file of this name: this is its
	// new version, and the earlier one is kept.
	Replaced bool
	Skipped  string // set once, when this file is left out on purpose: why, in words
	Err      error  // set once, when this file failed; the others continue

	Ended    int           // how many files are over
	AllDone  int64         // bytes of all files that are done
	AllMoved int64         // of those, the ones that were sent or received
	All      int64         // bytes of all files
	Took     time.Duration // so far, without pauses

	kept int64 // of Done: bytes that an earlier run sent
}

// Over reports whether this is the last event of its file.
func (p Progress) Over() bool { return p.File != nil || p.Err != nil || p.Skipped != "" }

// Rate is how fast the transfer is, in bytes a second; 0: not known yet.
func (p Progress) Rate() float64 {
	if p.Took < 500*time.Millisecond || p.AllMoved == 0 {
		return 0
	}
	return float64(p.AllMoved) / p.Took.Seconds()
}

// Left is how long the rest takes at this rate; 0: not known.
func (p Progress) Left() time.Duration {
	rate := p.Rate()
	if rate == 0 {
		return 0
	}
	return time.Duration(float64(p.All-p.AllDone) / rate * float64(time.Second))
}
