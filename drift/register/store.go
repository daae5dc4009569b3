package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"claria/aws"
	"claria/aws/object"
	"claria/provision/permissions"
	"claria/provision/state"
)

// registerSchema is the register's current schema. A register from a newer Claria
// is refused, because writing it back would drop fields that this one does not know.
const registerSchema = 1

// NewerError is a register that a newer Claria wrote.
type NewerError struct{ Schema int }

func (e *NewerError) Error() string {
	return fmt.Sprintf(
		"the practice's register was written by a newer Claria (schema %d; this one knows %d): update Claria on this machine",
		e.Schema,
		registerSchema,
	)
}

// GarbledError says that the stored register is not valid. Its earlier versions are kept.
type GarbledError struct{ Err error }

func (e *GarbledError) Error() string {
	return "the practice's register cannot be read: it is not the JSON that Claria writes. Its earlier versions are kept in the audit bucket"
}

func (e *GarbledError) Unwrap() error { return e.Err }

// Store keeps the practice's register and its notes in the audit bucket. Every
// identity of the program can read the register; only claria-admin can write it
// and use the notes.
type Store struct {
	objects object.Bucket
}

// NewStore returns the store of the practice that the settings name.
func NewStore(account *aws.Account, settings state.Settings) *Store {
	return &Store{object.Bucket{
		Account: account, Name: state.AuditBucketName(settings), Owner: settings.Account, Most: mostBytes,
	}}
}

// Load reads the register; if it was never written, it is empty.
func (s *Store) Load(ctx context.Context) (Register, error) {
	register, _, err := load[Register](ctx, s, permissions.RegisterKey)
	return register, err
}

// Notes reads the notes; if they were never written, they are empty.
func (s *Store) Notes(ctx context.Context) (Notes, error) {
	notes, _, err := load[Notes](ctx, s, permissions.NotesKey)
	return notes, err
}

// Update changes the register: it reads it, calls change, and writes it if
// nobody else wrote it meanwhile. If someone did, it starts again from theirs, so
// change may run more than once, and both changes are kept. An error of change is
// returned as it is, and nothing is written.
func (s *Store) Update(ctx context.Context, change func(*Register) error) (Register, error) {
	return amend(ctx, s, permissions.RegisterKey, change)
}

// UpdateNotes is Update for the notes.
func (s *Store) UpdateNotes(ctx context.Context, change func(*Notes) error) (Notes, error) {
	return amend(ctx, s, permissions.NotesKey, change)
}

// Version is one kept version of the register.
type Version struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Latest bool      `json:"latest"`
}

// History lists every version of the register, newest first.
func (s *Store) History(ctx context.Context) ([]Version, error) {
	found, err := s.objects.Versions(ctx, permissions.RegisterKey)
	if err != nil {
		return nil, err
	}
	var versions []Version
	for _, v := range found[permissions.RegisterKey] {
		if !v.Marker {
			versions = append(versions, Version{ID: v.ID, At: v.Changed, Latest: v.Latest})
		}
	}
	return versions, nil
}

// ReadRegister reads the practice's register from the audit bucket. Absent: none
// was written yet, or the bucket does not exist yet.
func ReadRegister(ctx context.Context, account *aws.Account, settings state.Settings) state.Reading[Register] {
	register, etag, err := load[Register](ctx, NewStore(account, settings), permissions.RegisterKey)
	switch {
	case err == nil && etag == "":
		return state.Absent[Register]()
	case err == nil:
		return state.Known(register)
	}
	problem := state.Problem{Operation: "s3:GetObject", Kind: aws.KindOf(err), Message: err.Error()}
	if failed, ok := errors.AsType[*aws.Error](err); ok {
		problem.Message = "the practice's register could not be read: " + failed.Kind.Sentence()
	}
	return state.Unknown[Register](problem)
}

// document is the content of an object of the store.
type document interface {
	schema() *int
	encode() ([]byte, error)
}

func (r *Register) schema() *int            { return &r.Schema }
func (r *Register) encode() ([]byte, error) { return json.Marshal(r) }
func (n *Notes) schema() *int               { return &n.Schema }

// mostBytes bounds a read: a register of six years is a few hundred kilobytes.
const mostBytes = 16 << 20

// load reads a document and the tag of the version that was read; the tag is empty
// when there is no document.
func load[T any, P interface {
	*T
	document
}](ctx context.Context, s *Store, key string) (T, string, error) {
	var empty, read T
	*P(&empty).schema() = registerSchema
	stored, err := s.objects.Read(ctx, key)
	if aws.KindOf(err) == aws.Absent {
		return empty, "", nil
	}
	if _, large := errors.AsType[*object.TooLargeError](err); large {
		return empty, "", &GarbledError{err}
	}
	if err != nil {
		return empty, "", err
	}
	err = object.Decode(stored.Data, registerSchema, &read)
	if newer, ok := errors.AsType[*object.NewerError](err); ok {
		return empty, "", &NewerError{newer.Schema}
	}
	if err != nil {
		return empty, "", &GarbledError{err}
	}
	return read, stored.ETag, nil
}

// amendTries is how often a write starts again after losing a race.
const amendTries = 5

func amend[T any, P interface {
	*T
	document
}](ctx context.Context, s *Store, key string, change func(*T) error) (T, error) {
	var none T
	for try := 1; ; try++ {
		doc, etag, err := load[T, P](ctx, s, key)
		if err != nil {
			return none, err
		}
		if err := change(&doc); err != nil {
			return none, err
		}
		data, err := P(&doc).encode()
		if err != nil {
			return none, fmt.Errorf("the register could not be written: %w", err)
		}
		_, err = s.objects.Write(ctx, key, data, object.IfMatch(etag))
		if err == nil {
			return doc, nil
		}
		if _, lost := errors.AsType[*object.RaceError](err); !lost {
			return none, err
		}
		if try == amendTries {
			return none, fmt.Errorf("someone else changed the register during each attempt, and nothing of yours was written; try again: %w", err)
		}
	}
}
