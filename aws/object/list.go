package object

import (
	"context"
	"errors"
	"iter"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
)

// Listed is an object as a listing of the bucket shows it.
type Listed struct {
	Key     string
	ETag    string // quotes included
	Size    int64  // bytes
	Changed time.Time
}

// List yields the current objects whose keys begin with prefix, in the order of their
// keys. It reads a page at a time. With a delimiter ("/") it leaves out keys that contain
// the delimiter after the prefix. An error ends it.
func (b Bucket) List(ctx context.Context, prefix, delimiter string) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		input := &s3.ListObjectsV2Input{
			Bucket: &b.Name, Prefix: &prefix, Delimiter: given(delimiter), ExpectedBucketOwner: given(b.Owner),
		}
		for {
			page, err := aws.S3(b.Account).ListObjectsV2(ctx, input)
			if err == nil && sdk.ToBool(page.IsTruncated) && sdk.ToString(page.NextContinuationToken) == "" {
				err = errNoNextPage
			}
			if err != nil {
				yield(Listed{}, aws.Wrap(err, "s3:ListObjectsV2", b.Name))
				return
			}
			for _, o := range page.Contents {
				listed := Listed{
					Key: sdk.ToString(o.Key), ETag: sdk.ToString(o.ETag), Size: sdk.ToInt64(o.Size), Changed: sdk.ToTime(o.LastModified),
				}
				if !yield(listed, nil) {
					return
				}
			}
			if !sdk.ToBool(page.IsTruncated) {
				return
			}
			input.ContinuationToken = page.NextContinuationToken
		}
	}
}

// errNoNextPage stops a listing that would otherwise start over forever.
var errNoNextPage = errors.New("the listing has more pages, but the answer has no token for the next one")

// Version is one version or delete marker of an object.
type Version struct {
	Key     string
	ID      string
	Changed time.Time // whole seconds
	Latest  bool
	Marker  bool // a delete marker
}

// Versions lists every version and delete marker of the objects whose keys begin with
// prefix: by key, newest first.
func (b Bucket) Versions(ctx context.Context, prefix string) (map[string][]Version, error) {
	versions, markers := map[string][]Version{}, map[string][]Version{}
	input := &s3.ListObjectVersionsInput{Bucket: &b.Name, Prefix: &prefix, ExpectedBucketOwner: given(b.Owner)}
	for more := true; more; {
		page, err := aws.S3(b.Account).ListObjectVersions(ctx, input)
		if err == nil && sdk.ToBool(page.IsTruncated) && sdk.ToString(page.NextKeyMarker) == "" {
			err = errNoNextPage
		}
		if err != nil {
			return nil, aws.Wrap(err, "s3:ListObjectVersions", b.Name)
		}
		for _, v := range page.Versions {
			add(versions, v.Key, v.VersionId, v.LastModified, v.IsLatest, false)
		}
		for _, m := range page.DeleteMarkers {
			add(markers, m.Key, m.VersionId, m.LastModified, m.IsLatest, true)
		}
		input.KeyMarker, input.VersionIdMarker, more = page.NextKeyMarker, page.NextVersionIdMarker, sdk.ToBool(page.IsTruncated)
	}
	out := map[string][]Version{}
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

func add(to map[string][]Version, key, id *string, changed *time.Time, latest *bool, marker bool) {
	v := Version{Key: sdk.ToString(key), ID: sdk.ToString(id), Changed: sdk.ToTime(changed), Latest: sdk.ToBool(latest), Marker: marker}
	to[v.Key] = append(to[v.Key], v)
}

// interleave merges a key's versions and markers into one list, newest first. S3 lists
// them separately, with times in whole seconds. Within one second they alternate, because
// Claria never deletes an object that is already deleted.
func interleave(versions, markers []Version) []Version {
	out := make([]Version, 0, len(versions)+len(markers))
	for len(versions) > 0 && len(markers) > 0 {
		v, m := versions[0], markers[0]
		takeMarker := m.Changed.After(v.Changed)
		if m.Changed.Equal(v.Changed) {
			takeMarker = m.Latest || !v.Latest && (len(out) == 0 || !out[len(out)-1].Marker)
		}
		if takeMarker {
			out, markers = append(out, m), markers[1:]
		} else {
			out, versions = append(out, v), versions[1:]
		}
	}
	return append(append(out, versions...), markers...)
}
