package object

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
)

// Condition is what must be true for a write to take place. The zero value, also Always,
// is no condition.
type Condition struct {
	absent bool
	etag   string
}

// Always writes in any case.
func Always() Condition { return Condition{} }

// IfAbsent writes if there is no such object.
func IfAbsent() Condition { return Condition{absent: true} }

// IfMatch writes if the current version has this ETag, as Read returned it; if the ETag is
// empty, it writes if there is no such object.
func IfMatch(etag string) Condition { return Condition{absent: etag == "", etag: etag} }

// holds reports whether the object meets the condition; nil: there is none.
func (c Condition) holds(now *Object) bool {
	switch {
	case c.absent:
		return now == nil
	case c.etag != "":
		return now != nil && now.ETag == c.etag
	}
	return true
}

// RaceError says that a write did not take place because somebody else wrote or deleted
// the object first. Nothing was overwritten. Its kind is aws.Conflict.
type RaceError struct {
	// Now is the current object, without Data in a write-only bucket; nil: there is none. If
	// it still meets the condition, two writes collided (409), and the write may be repeated.
	Now *Object
	Err error // an *aws.Error
}

func (e *RaceError) Error() string { return e.Err.Error() }

// Unwrap returns S3's error.
func (e *RaceError) Unwrap() error { return e.Err }

// UnsureError says that a write may have taken place: its answer was lost, or S3 refused a
// repeated try, and the object could not be read back.
type UnsureError struct {
	Write error // why the write failed, an *aws.Error
	Look  error // why the object could not be read back, an *aws.Error
}

func (e *UnsureError) Error() string {
	return e.Write.Error() + "; whether it was written is not known: " + e.Look.Error()
}

// Unwrap returns both errors. The first one gives the error its kind: a conflict that
// could not be confirmed is not a conflict yet.
func (e *UnsureError) Unwrap() []error {
	if aws.KindOf(e.Write) == aws.Conflict {
		return []error{e.Look, e.Write}
	}
	return []error{e.Write, e.Look}
}

// Write stores data as the object's new version if the condition is met, and returns it
// with its ETag and version. The content type is JSON. The SDK sends a checksum, which S3
// verifies and a bucket with Object Lock requires.
func (b Bucket) Write(ctx context.Context, key string, data []byte, must Condition) (Object, error) {
	input := &s3.PutObjectInput{
		Bucket: &b.Name, Key: &key, Body: bytes.NewReader(data), ContentType: new("application/json"),
		IfMatch: given(must.etag), ExpectedBucketOwner: given(b.Owner),
	}
	if must.absent {
		input.IfNoneMatch = new("*")
	}
	out, err := aws.S3(b.Account).PutObject(ctx, input)
	switch {
	case err != nil:
		err = aws.Wrap(err, "s3:PutObject", b.resource(key))
	case sdk.ToString(out.ETag) == "":
		err = b.noTag("s3:PutObject", key)
	default:
		return Object{Data: data, ETag: *out.ETag, Version: sdk.ToString(out.VersionId)}, nil
	}
	if !must.doubtful(err) {
		return Object{}, err
	}
	now, ours, look := b.look(ctx, key, data)
	switch {
	case look != nil:
		return Object{}, &UnsureError{Write: err, Look: look}
	case ours:
		return *now, nil
	case aws.KindOf(err) == aws.Conflict:
		return Object{}, &RaceError{Now: now, Err: err}
	case !must.holds(now):
		return Object{}, &RaceError{Now: now, Err: &aws.Error{
			Kind: aws.Conflict, Operation: "s3:PutObject", Resource: b.resource(key), Err: err,
		}}
	}
	return Object{}, err
}

// doubtful reports whether a write with this error may have taken place, or may have lost a
// race. The error is the last try's: after a lost answer the SDK repeats the request, which
// then conflicts with the first try. S3 answers 404 if the object of IfMatch was deleted.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (c Condition) doubtful(err error) bool {
	switch aws.KindOf(err) {
	case aws.Conflict, aws.Offline, aws.Unavailable, aws.Throttled:
		return true
	case aws.Absent:
		failed, ok := errors.AsType[*aws.Error](err)
		return c.etag != "" && ok && failed.Code == "NoSuchKey"
	}
	return false
}

// look returns the current object (nil: there is none) and whether it has these bytes.
func (b Bucket) look(ctx context.Context, key string, data []byte) (now *Object, ours bool, err error) {
	if b.WriteOnly {
		return b.lookFromOutside(ctx, key, data)
	}
	found, err := b.Read(ctx, key)
	if _, large := errors.AsType[*TooLargeError](err); large {
		return &Object{}, false, nil // larger than any object of ours
	}
	switch {
	case aws.KindOf(err) == aws.Absent:
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	return &found, bytes.Equal(found.Data, data), nil
}

// lookFromOutside is look without reading the object. It compares the ETag, which is the
// MD5 of the bytes, or only the size if KMS encrypts the object (Amazon S3 API Reference,
// Object).
func (b Bucket) lookFromOutside(ctx context.Context, key string, data []byte) (*Object, bool, error) {
	for listed, err := range b.List(ctx, key, "") {
		if err != nil {
			return nil, false, err
		}
		if listed.Key != key {
			continue // a longer one
		}
		now := &Object{ETag: listed.ETag}
		sum := md5.Sum(data)
		switch {
		case listed.Size != int64(len(data)):
			return now, false, nil
		case strings.Trim(listed.ETag, `"`) == hex.EncodeToString(sum[:]):
			now.Data = data
			return now, true, nil
		}
		byKMS, err := b.encryptsByKMS(ctx)
		return now, byKMS, err
	}
	return nil, false, nil
}

func (b Bucket) encryptsByKMS(ctx context.Context) (bool, error) {
	out, err := aws.S3(b.Account).GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{
		Bucket: &b.Name, ExpectedBucketOwner: given(b.Owner),
	})
	if err != nil {
		return false, aws.Wrap(err, "s3:GetBucketEncryption", b.Name)
	}
	if out.ServerSideEncryptionConfiguration == nil {
		return false, nil
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		if by := rule.ApplyServerSideEncryptionByDefault; by != nil && by.SSEAlgorithm != types.ServerSideEncryptionAes256 {
			return true, nil
		}
	}
	return false, nil
}
