package clients

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"claria/aws"
)

// readers is how many small objects are read at once. S3 serves thousands a second
// per prefix; this lists a thousand clients in about a second at 30 ms for each
// request, without filling a slow line.
const readers = 32

// maxRecord bounds a record or text object that is read into memory. Extracted
// text is capped well below it.
const maxRecord = 64 << 20

// object is a small object as it was read.
type object struct {
	data    []byte
	version string
	etag    string
}

// fetch reads a small object whole; a version of it when version is not empty.
func (s *Store) fetch(ctx context.Context, key, version string) (object, error) {
	input := &s3.GetObjectInput{Bucket: &s.bucket, Key: &key}
	operation := "s3:GetObject"
	if version != "" {
		input.VersionId, operation = &version, "s3:GetObjectVersion"
	}
	var out object
	err := again(ctx, func() error {
		answer, err := aws.S3(s.account).GetObject(ctx, input)
		if err != nil {
			return err
		}
		defer func() { _ = answer.Body.Close() }()
		data, err := io.ReadAll(io.LimitReader(answer.Body, maxRecord+1))
		if err != nil {
			return &cutOff{err}
		}
		out = object{data: data, version: deref(answer.VersionId), etag: deref(answer.ETag)}
		return nil
	})
	if err != nil {
		return object{}, aws.Wrap(err, operation, s.bucket+"/"+key)
	}
	if len(out.data) > maxRecord {
		return object{}, fmt.Errorf("%s/%s is too large for a record", s.bucket, key)
	}
	return out, nil
}

// cutOff is a body that ended before its end. The SDK retries a request, but not
// a body that breaks off after the headers have come.
type cutOff struct{ err error }

func (c *cutOff) Error() string { return "the answer broke off: " + c.err.Error() }
func (c *cutOff) Unwrap() error { return c.err }

// again repeats a read whose body broke off, three tries in all.
func again(ctx context.Context, read func() error) error {
	for try := 1; ; try++ {
		err := read()
		broken := (*cutOff)(nil)
		if err == nil || !errors.As(err, &broken) || try == 3 || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try) * 200 * time.Millisecond):
		}
	}
}

// condition is what must hold for a write to happen.
type condition struct {
	etag  string // the current version's; empty: not asked
	fresh bool   // the object must not exist
}

// write stores a small object under the condition. A lost race is a Conflict.
// When the answer to a write is lost the SDK sends it again and is told that
// somebody wrote in between: that somebody may be us, so it looks.
func (s *Store) write(ctx context.Context, key string, data []byte, c condition) (object, error) {
	input := &s3.PutObjectInput{
		Bucket: &s.bucket, Key: &key, Body: bytes.NewReader(data), ContentType: new("application/json"),
	}
	if c.etag != "" {
		input.IfMatch = &c.etag
	}
	if c.fresh {
		input.IfNoneMatch = new("*")
	}
	out, err := aws.S3(s.account).PutObject(ctx, input)
	if err == nil {
		return object{data: data, version: deref(out.VersionId), etag: deref(out.ETag)}, nil
	}
	err = aws.Wrap(err, "s3:PutObject", s.bucket+"/"+key)
	if aws.KindOf(err) == aws.Conflict {
		if now, readErr := s.fetch(ctx, key, ""); readErr == nil && bytes.Equal(now.data, data) {
			return now, nil
		}
	}
	return object{}, err
}

// keys lists the current objects under a prefix.
func (s *Store) keys(ctx context.Context, prefix string) ([]string, error) {
	var out []string
	input := &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix}
	for more := true; more; {
		page, err := aws.S3(s.account).ListObjectsV2(ctx, input)
		if err != nil {
			return nil, aws.Wrap(err, "s3:ListObjectsV2", s.bucket)
		}
		for _, o := range page.Contents {
			out = append(out, deref(o.Key))
		}
		input.ContinuationToken, more = page.NextContinuationToken, deref(page.IsTruncated)
	}
	return out, nil
}

// entry is one version or delete marker of an object.
type entry struct {
	key     string
	version string
	changed time.Time
	latest  bool
	marker  bool
}

// history lists every version and delete marker under a prefix, by key, newest
// first.
func (s *Store) history(ctx context.Context, prefix string) (map[string][]entry, error) {
	versions, markers := map[string][]entry{}, map[string][]entry{}
	input := &s3.ListObjectVersionsInput{Bucket: &s.bucket, Prefix: &prefix}
	for more := true; more; {
		page, err := aws.S3(s.account).ListObjectVersions(ctx, input)
		if err != nil {
			return nil, aws.Wrap(err, "s3:ListObjectVersions", s.bucket)
		}
		for _, v := range page.Versions {
			versions[deref(v.Key)] = append(versions[deref(v.Key)], entryOf(v.Key, v.VersionId, v.LastModified, v.IsLatest, false))
		}
		for _, m := range page.DeleteMarkers {
			markers[deref(m.Key)] = append(markers[deref(m.Key)], entryOf(m.Key, m.VersionId, m.LastModified, m.IsLatest, true))
		}
		input.KeyMarker, input.VersionIdMarker, more = page.NextKeyMarker, page.NextVersionIdMarker, deref(page.IsTruncated)
	}
	out := map[string][]entry{}
	for key := range versions {
		out[key] = interleave(versions[key], markers[key])
	}
	for key := range markers {
		if _, done := out[key]; !done {
			out[key] = markers[key]
		}
	}
	return out, nil
}

func entryOf(key, version *string, changed *time.Time, latest *bool, marker bool) entry {
	return entry{key: deref(key), version: deref(version), changed: deref(changed), latest: deref(latest), marker: marker}
}

// interleave merges versions and markers, each newest first, into one list. S3
// lists both newest first but apart, with times in whole seconds: within one
// second they alternate, because nothing here deletes what is deleted already.
func interleave(versions, markers []entry) []entry {
	out := make([]entry, 0, len(versions)+len(markers))
	for len(versions) > 0 && len(markers) > 0 {
		v, m := versions[0], markers[0]
		takeMarker := m.changed.After(v.changed)
		if m.changed.Equal(v.changed) {
			takeMarker = m.latest || !v.latest && (len(out) == 0 || !out[len(out)-1].marker)
		}
		if takeMarker {
			out, markers = append(out, m), markers[1:]
		} else {
			out, versions = append(out, v), versions[1:]
		}
	}
	return append(append(out, versions...), markers...)
}

// each runs work for every item, readers at a time. It returns the results in order
// and the joined errors of the items that failed.
func each[T, R any](ctx context.Context, items []T, work func(context.Context, T) (R, bool, error)) ([]R, error) {
	type slot struct {
		value R
		ok    bool
	}
	slots := make([]slot, len(items))
	var failed []error
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(readers)
	for i, item := range items {
		group.Go(func() error {
			value, ok, err := work(ctx, item)
			slots[i] = slot{value, ok && err == nil}
			if err != nil {
				mu.Lock()
				failed = append(failed, err)
				mu.Unlock()
			}
			return nil
		})
	}
	_ = group.Wait()
	out := make([]R, 0, len(items))
	for _, s := range slots {
		if s.ok {
			out = append(out, s.value)
		}
	}
	return out, summarise(failed)
}

// Unreadable is the error that comes with an incomplete listing: these records could
// not be read, the others were returned.
type Unreadable struct {
	Errors []error
}

// Error says how many, and why for the first one.
func (u *Unreadable) Error() string {
	if len(u.Errors) == 1 {
		return "one record could not be read: " + u.Errors[0].Error()
	}
	return fmt.Sprintf("%d records could not be read; the first: %s", len(u.Errors), u.Errors[0])
}

// Unwrap returns the causes.
func (u *Unreadable) Unwrap() []error { return u.Errors }

func summarise(failed []error) error {
	if len(failed) == 0 {
		return nil
	}
	return &Unreadable{Errors: failed}
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// current returns the version id of an object's current version, and whether there is
// one.
func (s *Store) current(ctx context.Context, key string) (head, bool, error) {
	out, err := aws.S3(s.account).HeadObject(ctx, &s3.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		err = aws.Wrap(err, "s3:HeadObject", s.bucket+"/"+key)
		if aws.KindOf(err) == aws.Absent {
			return head{}, false, nil
		}
		return head{}, false, err
	}
	return head{version: deref(out.VersionId), etag: deref(out.ETag), size: deref(out.ContentLength)}, true, nil
}

// head is the answer to a HEAD request.
type head struct {
	version, etag string
	size          int64
}

// forward makes the named version of an object its current one again and
// returns the version id that now holds it.
func (s *Store) forward(ctx context.Context, key, version string) (string, error) {
	now, there, err := s.current(ctx, key)
	if err != nil {
		return "", err
	}
	if there && now.version == version {
		return version, nil // S3 refuses to copy an object onto itself unchanged
	}
	source := s.bucket + "/" + key + "?versionId=" + version
	out, err := aws.S3(s.account).CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: &s.bucket, Key: &key, CopySource: &source, MetadataDirective: types.MetadataDirectiveCopy,
	})
	if err != nil {
		return "", aws.Wrap(err, "s3:CopyObject", s.bucket+"/"+key)
	}
	return deref(out.VersionId), nil
}

// remove adds a delete marker to an object.
func (s *Store) remove(ctx context.Context, key string) error {
	_, err := aws.S3(s.account).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key})
	return aws.Wrap(err, "s3:DeleteObject", s.bucket+"/"+key)
}
