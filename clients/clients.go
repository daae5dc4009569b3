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
	ID      string // random, 26 characters of Crockford base32
	Name    safe.PHI
	Created time.Time
	Changed time.Time
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
	Source   string // "upload"
	Segments int    // numbered segments of extracted text; 0: none
	Problem  string // why there is no text, in words; empty when there is
	Version  string // S3 version id of the record object
	Deleted  bool   // its newest version is a delete marker

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
	File         *File // set once, when this file is committed
	// Same is true with File when the client already had the same bytes under this
	// name and nothing was uploaded.
	Same bool
	// Replaced is true with File when the client had a file of this name: this is its
	// new version, and the earlier one is kept.
	Replaced bool
	Err      error // set once, when this file failed; the others continue
}
