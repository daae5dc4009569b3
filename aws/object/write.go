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

// Condition is what must hold when a write arrives. The zero value, which Always
// spells out, is no condition.
type Condition struct {
	absent bool
	etag   string
}

// Always writes whatever is there.
func Always() Condition { return Condition{} }

// IfAbsent writes if there is no such object.
func IfAbsent() Condition { return Condition{absent: true} }

// IfMatch writes if the current version has this ETag; with an empty one, if there
// is no such object. It takes what Read returned, or did not find.
func IfMatch(etag string) Condition { return Condition{absent: etag == "", etag: etag} }

// holds reports whether the condition holds over what is there; nil: nothing.
func (c Condition) holds(now *Object) bool {
	switch {
	case c.absent:
		return now == nil
	case c.etag != "":
		return now != nil && now.ETag == c.etag
	}
	return true
}

// RaceError is a write that S3 refused, or that did not take place, because
// somebody else wrote or deleted the object first. Nothing was overwritten. Its
// kind is aws.Conflict.
type RaceError struct {
	// Now is what is there instead, without Data in a write-only bucket; nil:
	// nothing. When it still meets the condition, two writes met (409) and the same
	// one may be tried again.
	Now *Object
	Err error // an *aws.Error
}

func (e *RaceError) Error() string { return e.Err.Error() }

// Unwrap returns the refusal.
func (e *RaceError) Unwrap() error { return e.Err }

// UnsureError is a write that may have taken place: its answer was lost, or S3
// refused it after an earlier try, and the object could not be read back.
type UnsureError struct {
	Write error // what happened to the write, an *aws.Error
	Look  error // why it is not known whether it took place, an *aws.Error
}

func (e *UnsureError) Error() string {
	return e.Write.Error() + "; whether it was written is not known: " + e.Look.Error()
}

// Unwrap returns both, the one that gives the error its kind first: a conflict
// that could not be looked into is none yet.
func (e *UnsureError) Unwrap() []error {
	if aws.KindOf(e.Write) == aws.Conflict {
		return []error{e.Look, e.Write}
	}
	return []error{e.Write, e.Look}
}

// Write stores data as the object's new version if the condition holds, and
// returns it with its ETag and version. The content type is JSON. The SDK sends a
// checksum, which S3 verifies and a bucket with Object Lock demands.
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

// doubtful reports whether a write that failed so may have taken place, or lost a
// race. The error is the last try's: the SDK sends a request again whose answer
// was lost, and then meets its own result. S3 answers 404 when the object that
// IfMatch asks for was deleted.
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

// look says what the object is now (nil: there is none) and whether it holds these
// very bytes.
func (b Bucket) look(ctx context.Context, key string, data []byte) (now *Object, ours bool, err error) {
	if b.WriteOnly {
		return b.lookFromOutside(ctx, key, data)
	}
	found, err := b.Read(ctx, key)
	if _, large := errors.AsType[*TooLargeError](err); large {
		return &Object{}, false, nil // so it is not ours
	}
	switch {
	case aws.KindOf(err) == aws.Absent:
		return nil, false, nil
	case err != nil:
		return nil, false, err
	}
	return &found, bytes.Equal(found.Data, data), nil
}

// lookFromOutside is look without reading the object. Its ETag is the MD5 of its
// bytes, unless a key of KMS encrypts it (Amazon S3 API Reference, Object): then
// its size has to do.
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
