// Package object keeps small objects in a bucket that several computers share: a
// client's record, a report, the register, a line of the evidence ledger.
//
// A write states what must hold when it arrives (IfAbsent, IfMatch), so that two
// computers never overwrite each other. When its answer is lost (a timeout, a
// dropped connection, a refusal that meets the write's own first try), Write reads
// the object back and decides by its bytes whether it took place. The bytes must
// therefore be this write's own: put a random word or the time into them. A write
// that lost the race is a *RaceError; one whose fate cannot be found out is an
// *UnsureError. An answer that lacks the ETag does not confirm a write.
//
// A caller whose identity may write but not read, as the evidence ledger's does,
// sets WriteOnly: Write then compares size and ETag in the bucket's listing.
//
// The package knows neither the keys nor the content. Its errors name bucket and
// key, never what is in the object. Large files, which are streamed, are not its
// subject.
package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
)

// Bucket is a bucket as one identity sees it. It is safe for concurrent use.
type Bucket struct {
	Account *aws.Account
	Name    string
	// Owner is the account, 12 digits, that must own the bucket; another one's
	// bucket of this name is refused. Empty: not asked.
	Owner string
	// Most is how many bytes Read takes; 0: 64 MiB.
	Most int64
	// WriteOnly says that the identity may not read what it wrote. It needs
	// s3:ListBucket, and s3:GetEncryptionConfiguration in a bucket that KMS encrypts.
	WriteOnly bool
}

// mostBytes is how much is read where the caller sets no limit of its own.
const mostBytes = 64 << 20

// Object is one version of an object.
type Object struct {
	Data    []byte
	ETag    string // as S3 sends it, quotes included; for IfMatch
	Version string // empty when the bucket keeps no versions
}

// TooLargeError says that an object is larger than the caller's limit.
type TooLargeError struct {
	Resource string // bucket/key
	Most     int64  // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s is larger than %d MiB, so it was not read", e.Resource, e.Most>>20)
}

// Read reads the object's current version. One that does not exist is an
// *aws.Error of kind Absent.
func (b Bucket) Read(ctx context.Context, key string) (Object, error) {
	return b.ReadVersion(ctx, key, "")
}

// ReadVersion reads one version of the object; the current one when version is empty.
func (b Bucket) ReadVersion(ctx context.Context, key, version string) (Object, error) {
	operation := "s3:GetObject"
	if version != "" {
		operation = "s3:GetObjectVersion"
	}
	for try := 1; ; try++ {
		out, err := b.read(ctx, key, version)
		if _, large := errors.AsType[*TooLargeError](err); large {
			return out, err
		}
		if _, cut := errors.AsType[*cutOffError](err); !cut || try == readTries || ctx.Err() != nil {
			return out, aws.Wrap(err, operation, b.resource(key))
		}
		select {
		case <-ctx.Done():
			return Object{}, aws.Wrap(ctx.Err(), operation, b.resource(key))
		case <-time.After(time.Duration(try) * 200 * time.Millisecond):
		}
	}
}

// readTries is how often a body that breaks off is asked for. The SDK repeats a
// request, but not one whose body breaks off after the headers have come.
const readTries = 3

// cutOffError is a body that ended before its end.
type cutOffError struct{ err error }

func (e *cutOffError) Error() string { return "the answer broke off: " + e.err.Error() }
func (e *cutOffError) Unwrap() error { return e.err }

func (b Bucket) read(ctx context.Context, key, version string) (Object, error) {
	out, err := aws.S3(b.Account).GetObject(ctx, &s3.GetObjectInput{
		Bucket: &b.Name, Key: &key, VersionId: given(version), ExpectedBucketOwner: given(b.Owner),
	})
	if err != nil {
		return Object{}, err
	}
	defer func() { _ = out.Body.Close() }()
	most := b.Most
	if most == 0 {
		most = mostBytes
	}
	data, err := io.ReadAll(io.LimitReader(out.Body, most+1))
	switch {
	case err != nil:
		return Object{}, &cutOffError{err}
	case int64(len(data)) > most:
		return Object{}, &TooLargeError{Resource: b.resource(key), Most: most}
	case sdk.ToString(out.ETag) == "":
		return Object{}, b.noTag("s3:GetObject", key)
	}
	return Object{Data: data, ETag: *out.ETag, Version: sdk.ToString(out.VersionId)}, nil
}

// noTag is the error of an answer that names no version of the object.
func (b Bucket) noTag(operation, key string) error {
	return fmt.Errorf("the answer has no ETag: %w", &aws.Error{
		Kind: aws.Unavailable, Operation: operation, Resource: b.resource(key), Err: errors.New("no ETag"),
	})
}

func (b Bucket) resource(key string) string { return b.Name + "/" + key }

// given is a parameter that may be left out.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
