package object

import (
	"context"
	"iter"
	"slices"
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

// mostPages bounds a listing to a hundred million objects.
const mostPages = 100_000

// List yields the current objects whose keys begin with prefix, in the order of their
// keys. It reads a page at a time. With a delimiter ("/") it leaves out keys that contain
// the delimiter after the prefix. An error ends it.
func (b Bucket) List(ctx context.Context, prefix, delimiter string) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		var order progress
		stopped := false
		err := aws.PagesUpTo(mostPages, func(token string) (string, error) {
			page, err := aws.S3(b.Account).ListObjectsV2(ctx, &s3.ListObjectsV2Input{
				Bucket: &b.Name, Prefix: &prefix, Delimiter: given(delimiter), ExpectedBucketOwner: given(b.Owner),
				ContinuationToken: aws.Token(token),
			})
			if err != nil {
				return "", err
			}
			var keys []string
			for _, o := range page.Contents {
				keys = append(keys, sdk.ToString(o.Key))
			}
			for _, p := range page.CommonPrefixes {
				keys = append(keys, sdk.ToString(p.Prefix))
			}
			if err := order.add(keys); err != nil {
				return "", err
			}
			for _, o := range page.Contents {
				listed := Listed{
					Key: sdk.ToString(o.Key), ETag: sdk.ToString(o.ETag), Size: sdk.ToInt64(o.Size), Changed: sdk.ToTime(o.LastModified),
				}
				if stopped = !yield(listed, nil); stopped {
					return "", nil
				}
			}
			return aws.Next(sdk.ToBool(page.IsTruncated), page.NextContinuationToken)
		})
		if err != nil && !stopped {
			yield(Listed{}, aws.Wrap(err, "s3:ListObjectsV2", b.Name))
		}
	}
}

// mostIdle is how many pages in a row may hold nothing: S3 may send such while it skips
// deleted objects.
const mostIdle = 300

// progress checks that the pages of a listing go on, as S3's are in the order of the keys.
// Another token for the same page would list it without end.
type progress struct {
	last  string // the last key
	first string // the first version of the last page
	idle  int    // pages in a row that hold nothing
}

// add checks the next page by its keys. A page of versions, which also has their ids, may
// begin with more versions of the key that the page before it ended with.
func (p *progress) add(keys []string, ids ...string) error {
	if len(keys) == 0 {
		if p.idle++; p.idle > mostIdle {
			return &aws.EndlessError{Why: "its pages hold nothing"}
		}
		return nil
	}
	least, before := slices.Min(keys), p.last
	same := least == before && (len(ids) == 0 || ids[0] == p.first)
	if before != "" && (least < before || same) {
		return &aws.EndlessError{Why: "a page does not go on where the one before it ended"}
	}
	p.last, p.idle = slices.Max(keys), 0
	if len(ids) > 0 {
		p.first = ids[0]
	}
	return nil
}

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
	var order progress
	err := aws.PagesUpTo(mostPages, func(string) (string, error) {
		page, err := aws.S3(b.Account).ListObjectVersions(ctx, input)
		if err != nil {
			return "", err
		}
		var keys, ids []string
		for _, v := range page.Versions {
			keys, ids = append(keys, sdk.ToString(v.Key)), append(ids, sdk.ToString(v.VersionId))
			add(versions, v.Key, v.VersionId, v.LastModified, v.IsLatest, false)
		}
		for _, m := range page.DeleteMarkers {
			keys, ids = append(keys, sdk.ToString(m.Key)), append(ids, sdk.ToString(m.VersionId))
			add(markers, m.Key, m.VersionId, m.LastModified, m.IsLatest, true)
		}
		if err := order.add(keys, ids...); err != nil {
			return "", err
		}
		input.KeyMarker, input.VersionIdMarker = page.NextKeyMarker, page.NextVersionIdMarker
		next, err := aws.Next(sdk.ToBool(page.IsTruncated), page.NextKeyMarker)
		if next != "" {
			next += " " + sdk.ToString(page.NextVersionIdMarker)
		}
		return next, err
	})
	if err != nil {
		return nil, aws.Wrap(err, "s3:ListObjectVersions", b.Name)
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
