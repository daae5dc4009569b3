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

// rehearsalPrefix is where the objects of rehearsals lie: beside the records,
// under the same protection, and about nobody.
const rehearsalPrefix = "_state/restore-drills/"

// rehearsalBytes is the size of a rehearsal's object.
const rehearsalBytes = 64 << 10

// Rehearsal is a restore that was tried on an object made for it.
type Rehearsal struct {
	Bytes  int
	SHA256 [sha256.Size]byte // of what was stored, and of what came back
	Took   time.Duration     // from looking for the lost version until it was read back whole
	Left   string            // what the rehearsal could not clear away, in words; empty: only earlier versions, which nobody who works daily may delete
}

// RestoreError is a restore that was tried and did not bring the object back as it was.
type RestoreError struct{ Err error }

func (e *RestoreError) Error() string {
	return "what was deleted could not be restored: " + e.Err.Error()
}
func (e *RestoreError) Unwrap() error { return e.Err }

// Rehearse stores an object of random bytes, deletes it, restores it the way a
// file is restored, reads it back and compares. A *RestoreError says that the
// restore failed; any other error, that it could not be tried.
func (s *Store) Rehearse(ctx context.Context) (r Rehearsal, err error) {
	id, err := id.New(s.Random)
	if err != nil {
		return r, err
	}
	key, data := rehearsalPrefix+id, make([]byte, rehearsalBytes)
	if _, err := io.ReadFull(s.Random, data); err != nil {
		return r, fmt.Errorf("this machine gave no random numbers: %w", err)
	}
	r.Bytes, r.SHA256 = len(data), sha256.Sum256(data)
	if _, err := s.objects.Write(ctx, key, data, object.IfAbsent()); err != nil {
		return r, err
	}
	defer func() { // also when it was cut off: what is left shows in no listing
		if problem := s.remove(context.WithoutCancel(ctx), key); problem != nil {
			r.Left = fmt.Sprintf("the object of the drill, %s/%s, which holds random bytes (%v)", s.bucket, key, problem)
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
			return r, err // says nothing of the restore
		}
		return r, &RestoreError{err}
	}
	r.Took = time.Since(began)
	return r, nil
}

// broughtBack restores the last version of an object and compares what it then holds.
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
