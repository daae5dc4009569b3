// Package clients keeps client records and their files in the data bucket:
// names, versions, transfers and text.
//
// Names live inside objects, never in object keys, because CloudTrail logs keys.
// The package must not know about reports or the screen.
package clients

import (
	"context"
	"io"
	"iter"
	"time"

	"claria/aws"
	"claria/internal/safe"
)

// Client is one client's record, object clients/{ID}.json.
type Client struct {
	ID      string // random, 26 characters of Crockford base32
	Name    safe.PHI
	Created time.Time
	Changed time.Time
}

// File is one committed file of a client, object records/{Client}/{ID}.json.
type File struct {
	ID       string
	Client   string
	Name     safe.PHI // base name as given, any bytes that are valid UTF-8
	Type     string   // media type
	Size     int64    // bytes
	SHA256   string   // 64 hex digits
	Added    time.Time
	Source   string // "upload"
	Segments int    // numbered segments of extracted text; 0: none
	Problem  string // why there is no text, in words; empty when there is
	Version  string // S3 version id of the record object
	Deleted  bool   // its newest version is a delete marker
}

// Version is one version of a file.
type Version struct {
	ID      string // S3 version id of the record object
	Bytes   string // S3 version id of the bytes it describes
	Changed time.Time
	Size    int64
	Latest  bool
	Deleted bool // a delete marker
}

// Segment is one numbered passage of a file's text: paragraph, table row or
// transcript turn. Start and End are byte offsets into the extracted text.
type Segment struct {
	Number int // from 1
	Start  int
	End    int
	Kind   string // "paragraph", "heading", "row", "item"
	Level  int    // of a heading, from 1
	Text   safe.PHI
}

// Store is the client records of one account.
type Store struct {
	account *aws.Account
	bucket  string
}

// New returns the store in the bucket. Nothing is sent.
func New(account *aws.Account, bucket string) *Store { return &Store{account: account, bucket: bucket} }

// Progress is one event of a transfer of many files.
type Progress struct {
	Index, Files int // which of how many
	Name         safe.PHI
	Done, Total  int64 // bytes of this file
	File         *File // set once, when this file is committed
	Err          error // set once, when this file failed; the others go on
}

// List lists the clients, sorted by name.
func (s *Store) List(ctx context.Context) ([]Client, error) { panic("written next") }

// Add adds a client.
func (s *Store) Add(ctx context.Context, name safe.PHI) (Client, error) { panic("written next") }

// Rename renames a client; a lost race is a Conflict.
func (s *Store) Rename(ctx context.Context, client string, name safe.PHI) (Client, error) {
	panic("written next")
}

// Find returns the client with this id, or the one whose name or unique
// beginning of a name this is. The error says when none or several match.
func (s *Store) Find(ctx context.Context, idOrName string) (Client, error) { panic("written next") }

// Files lists a client's committed files, by name; deleted ones only when asked.
func (s *Store) Files(ctx context.Context, client string, deleted bool) ([]File, error) {
	panic("written next")
}

// FindFile returns the client's file with this id or unique name.
func (s *Store) FindFile(ctx context.Context, client, idOrName string) (File, error) {
	panic("written next")
}

// Put uploads the files at these local paths, several at once, each streamed,
// checksummed, its text extracted, and committed by its record object.
func (s *Store) Put(ctx context.Context, client string, paths ...string) iter.Seq2[Progress, error] {
	panic("written next")
}

// Get streams a file's bytes (a version's when not empty) to w, verifying the
// checksum before it returns nil.
func (s *Store) Get(ctx context.Context, file File, version string, w io.Writer, progress func(done, total int64)) error {
	panic("written next")
}

// Segments returns a file's numbered text.
func (s *Store) Segments(ctx context.Context, file File) ([]Segment, error) { panic("written next") }

// Delete puts a delete marker on the file; Restore takes it back.
func (s *Store) Delete(ctx context.Context, file File) error { panic("written next") }

// Restore copies the last real version of a deleted file forward, or the named
// version of any file.
func (s *Store) Restore(ctx context.Context, file File, version string) (File, error) {
	panic("written next")
}

// Versions lists a file's versions, newest first, delete markers included.
func (s *Store) Versions(ctx context.Context, file File) ([]Version, error) { panic("written next") }
