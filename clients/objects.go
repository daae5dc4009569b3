package clients

import (
	"context"
	"fmt"
	"sync"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"claria/aws"
)

// readers is how many small objects are read at once. S3 serves thousands a second
// per prefix; this reads a thousand records in about a second at 50 ms for each
// request, without filling a slow line.
const readers = 128

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

// keys lists the keys of the current objects under a prefix.
func (s *Store) keys(ctx context.Context, prefix string) ([]string, error) {
	var out []string
	for listed, err := range s.objects.List(ctx, prefix, "") {
		if err != nil {
			return nil, err
		}
		out = append(out, listed.Key)
	}
	return out, nil
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
	return head{version: sdk.ToString(out.VersionId), etag: sdk.ToString(out.ETag), size: sdk.ToInt64(out.ContentLength)}, true, nil
}

// head is the answer to a HEAD request.
type head struct {
	version, etag string
	size          int64
}

// forward makes the named version of an object its current one again and returns its
// new version id.
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
	return sdk.ToString(out.VersionId), nil
}

// remove adds a delete marker to an object.
func (s *Store) remove(ctx context.Context, key string) error {
	_, err := aws.S3(s.account).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: &key})
	return aws.Wrap(err, "s3:DeleteObject", s.bucket+"/"+key)
}
