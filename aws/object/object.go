// Package object reads and writes small objects in a bucket that several computers share:
// a client's record, a report, the register, a line of the evidence ledger.
//
// A write has a condition (IfAbsent, IfMatch), so that two computers never overwrite each
// other. If its answer is lost (a timeout, a dropped connection, or a refusal because the
// first try already succeeded), Write reads the object back and compares the bytes. They
// must therefore be unique to the write: include a random word or the time. A write that
// lost the race returns a *RaceError; if it cannot be found out whether the write took
// place, an *UnsureError. An answer without an ETag does not confirm a write.
//
// A caller that may write but not read, as the auditor may in the evidence ledger, sets
// WriteOnly: Write then compares size and ETag in the bucket's listing.
//
// The package does not interpret keys or content. Its errors name bucket and key, never
// the content. It does not stream large files.
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

// Bucket is a bucket and the identity that uses it. It is safe for concurrent use.
type Bucket struct {
	Account *aws.Account
	Name    string
	// Owner is the account that must own the bucket, 12 digits; S3 refuses another account's
	// bucket with this name. Empty: any account.
	Owner string
	// Most is how many bytes Read accepts; 0: 64 MiB.
	Most int64
	// WriteOnly says that the identity may not read objects. It needs s3:ListBucket, and
	// s3:GetEncryptionConfiguration in a bucket that KMS encrypts.
	WriteOnly bool
}

// mostBytes is the limit for Read if the caller sets none.
const mostBytes = 64 << 20

// Object is one version of an object.
type Object struct {
	Data    []byte
	ETag    string // as S3 sends it, quotes included; for IfMatch
	Version string // empty: the bucket keeps no versions
}

// TooLargeError says that an object is larger than the caller's limit.
type TooLargeError struct {
	Resource string // bucket/key
	Most     int64  // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%s is larger than %d MiB, so it was not read", e.Resource, e.Most>>20)
}

// Read reads the object's current version. If there is none, the error is an *aws.Error of
// kind Absent.
func (b Bucket) Read(ctx context.Context, key string) (Object, error) {
	return b.ReadVersion(ctx, key, "")
}

// ReadVersion reads one version of the object; an empty version is the current one.
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

// readTries is how often Read tries an object whose body is cut off. The SDK repeats
// requests, but not after it has received the headers.
const readTries = 3

// cutOffError says that a body ended too early.
type cutOffError struct{ err error }

func (e *cutOffError) Error() string { return "AWS's answer was cut off: " + e.err.Error() }
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

// noTag is the error of an answer without an ETag.
func (b Bucket) noTag(operation, key string) error {
	return fmt.Errorf("AWS's answer has no ETag: %w", &aws.Error{
		Kind: aws.Unavailable, Operation: operation, Resource: b.resource(key), Err: errors.New("no ETag"),
	})
}

func (b Bucket) resource(key string) string { return b.Name + "/" + key }

// given is an optional parameter: nil if s is empty.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
