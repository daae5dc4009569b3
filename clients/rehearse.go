package clients

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"claria/aws"
	"claria/aws/object"
	"claria/internal/id"
)

// rehearsalPrefix is where the objects of restore drills are stored: next to the
// records, with the same protection, and about no client.
const rehearsalPrefix = "_state/restore-drills/"

// rehearsalBytes is the size of a drill's object.
const rehearsalBytes = 64 << 10

// Rehearsal is the result of a restore drill on an object made for it.
type Rehearsal struct {
	Bytes  int
	SHA256 [sha256.Size]byte // of the stored and of the restored bytes
	Took   time.Duration     // from the search for the deleted version until it was read back completely
	Left   string            // what the drill could not delete, in words; empty: nothing but earlier versions
}

// RestoreError says that a restore ran and did not bring back the same object.
type RestoreError struct{ Err error }

func (e *RestoreError) Error() string {
	return "the deleted object could not be restored: " + e.Err.Error()
}
func (e *RestoreError) Unwrap() error { return e.Err }

// Rehearse stores an object of random bytes, deletes it, restores it the way files
// are restored, reads it back and compares. A *RestoreError says that the restore
// failed; any other error says that it could not run.
func (s *Store) Rehearse(ctx context.Context) (r Rehearsal, err error) {
	id, err := id.New(s.Random)
	if err != nil {
		return r, err
	}
	key, data := rehearsalPrefix+id, make([]byte, rehearsalBytes)
	if _, err := io.ReadFull(s.Random, data); err != nil {
		return r, fmt.Errorf("this computer could not generate random numbers: %w", err)
	}
	r.Bytes, r.SHA256 = len(data), sha256.Sum256(data)
	if _, err := s.objects.Write(ctx, key, data, object.IfAbsent()); err != nil {
		return r, err
	}
	defer func() { // also after an interruption: no listing shows what is left
		if problem := s.remove(context.WithoutCancel(ctx), key); problem != nil {
			r.Left = fmt.Sprintf("the drill's object %s/%s, which contains random bytes (%v)", s.bucket, key, problem)
		}
	}()
	if err := s.remove(ctx, key); err != nil {
		return r, err
	}
	if _, there, err := s.current(ctx, key); err != nil {
		return r, err
	} else if there {
		return r, &RestoreError{errors.New("it was still there after it was deleted")}
	}
	began := time.Now()
	if err := s.broughtBack(ctx, key, data); err != nil {
		switch aws.KindOf(err) {
		case aws.Stopped, aws.Offline, aws.Throttled, aws.Unavailable, aws.Expired:
			return r, err // says nothing about the restore
		}
		return r, &RestoreError{err}
	}
	r.Took = time.Since(began)
	return r, nil
}

// broughtBack restores the last version of an object and compares its bytes.
func (s *Store) broughtBack(ctx context.Context, key string, want []byte) error {
	history, err := s.objects.Versions(ctx, key)
	if err != nil {
		return err
	}
	last, ok := lastVersion(history[key])
	if !ok {
		return errors.New("no version of it was kept: is versioning on?")
	}
	if _, err := s.forward(ctx, key, last.ID); err != nil {
		return err
	}
	back, err := s.objects.Read(ctx, key)
	if err != nil {
		return err
	}
	if !bytes.Equal(back.Data, want) {
		return fmt.Errorf("its SHA-256 is %x and was %x", sha256.Sum256(back.Data), sha256.Sum256(want))
	}
	return nil
}
