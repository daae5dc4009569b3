package clients

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
)

// ErrUntrusted is wrapped by the error of a Get whose bytes differ from the stored
// ones.
var ErrUntrusted = errors.New("the download differs from the stored file; do not use it")

// Get streams a file's bytes (a version's when not empty) to w, and returns nil only
// after it verified the checksum. Until then, do not trust what w received. After a
// broken connection it continues where it stopped.
func (s *Store) Get(ctx context.Context, file File, version string, w io.Writer, progress func(done, total int64)) error {
	if err := checkFile(file); err != nil {
		return err
	}
	if version != "" {
		var err error
		if file, err = s.At(ctx, file, version); err != nil {
			return err
		}
	}
	sum := sha256.New()
	pace := newPacer(func(done int64) {
		if progress != nil {
			progress(done, file.Size)
		}
	})
	done, err := s.span(ctx, file, 0, file.Size, io.MultiWriter(sum, w), pace.at)
	if err != nil {
		return err
	}
	if err := s.trusted(file, sum, done); err != nil {
		return err
	}
	pace.end(done)
	return nil
}

// trusted compares what arrived with the file's record.
func (s *Store) trusted(file File, sum hash.Hash, size int64) error {
	if hex.EncodeToString(sum.Sum(nil)) == file.SHA256 && size == file.Size {
		return nil
	}
	return fmt.Errorf("%s/%s: %w: its SHA-256 or its size differs; try an earlier version", s.bucket, bytesKey(file.Client, file.ID), ErrUntrusted)
}

// span copies a file's bytes from start to end to w, and returns how many arrived. After
// a broken connection it continues where it stopped.
func (s *Store) span(ctx context.Context, file File, start, end int64, w io.Writer, progress func(int64)) (int64, error) {
	key := bytesKey(file.Client, file.ID)
	done := int64(0)
	for failures := 0; ; {
		n, err := s.stream(ctx, key, file, start+done, end, w, func(n int64) { progress(done + n) })
		done += n
		var broken *cutOff
		if !errors.As(err, &broken) || ctx.Err() != nil {
			return done, err
		}
		if n > 0 {
			failures = 0
		}
		if failures++; failures > 3 {
			return done, &aws.Error{Kind: aws.Offline, Operation: "s3:GetObjectVersion", Resource: s.bucket + "/" + key, Err: err}
		}
		if stopped := s.account.Sleep(ctx, time.Duration(failures)*300*time.Millisecond); stopped != nil {
			return done, aws.Wrap(stopped, "s3:GetObjectVersion", s.bucket+"/"+key)
		}
	}
}

// cutOff is a body that ended too early. The SDK retries a request, but not a body
// that stops after the headers arrived.
type cutOff struct{ err error }

func (c *cutOff) Error() string { return "the answer stopped too early: " + c.err.Error() }
func (c *cutOff) Unwrap() error { return c.err }

// stream copies the bytes from offset to end to w and returns how many arrived. It
// returns an error of w unchanged.
func (s *Store) stream(ctx context.Context, key string, file File, offset, end int64, w io.Writer, progress func(int64)) (int64, error) {
	input := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key, VersionId: &file.bytes}
	if offset > 0 || end < file.Size {
		if offset >= end {
			return 0, nil
		}
		input.Range = new(fmt.Sprintf("bytes=%d-%d", offset, end-1))
	}
	out, err := aws.S3(s.account).GetObject(ctx, input)
	if err != nil {
		return 0, aws.Wrap(err, "s3:GetObjectVersion", s.bucket+"/"+key)
	}
	defer func() { _ = out.Body.Close() }()
	var n int64
	buffer := make([]byte, min(128<<10, max(end-offset, 1)))
	for {
		got, err := out.Body.Read(buffer)
		if got > 0 {
			if _, writeErr := w.Write(buffer[:got]); writeErr != nil {
				return n, writeErr
			}
			n += int64(got)
			progress(n)
		}
		switch {
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			if want := sdk.ToInt64(out.ContentLength); want > 0 && n < want {
				return n, &cutOff{io.ErrUnexpectedEOF}
			}
			return n, nil
		case err != nil && ctx.Err() != nil:
			return n, aws.Wrap(ctx.Err(), "s3:GetObjectVersion", s.bucket+"/"+key)
		case err != nil && offset+n >= end:
			// All bytes arrived, but the SDK's checksum of the whole object does not
			// match.
			return n, fmt.Errorf("%s/%s: %w: %w", s.bucket, key, ErrUntrusted, err)
		case err != nil:
			return n, &cutOff{err}
		}
	}
}
