package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestS3IndexAgrees compares the index with a sorted map under random changes.
func TestS3IndexAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var x index[int]
	model := map[string]int{}
	for i := range 20_000 {
		key := fmt.Sprint(r.IntN(3000))
		if r.IntN(3) == 0 {
			x.delete(key)
			delete(model, key)
		} else {
			x.set(key, i)
			model[key] = i
		}
	}
	keys := []string{}
	for key := range model {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	got := []string{}
	for key, value := range x.from("") {
		if got = append(got, key); model[key] != value {
			t.Fatalf("%s: got %d, want %d", key, value, model[key])
		}
	}
	if !slices.Equal(got, keys) || x.length != len(keys) {
		t.Fatalf("%d keys (length %d), want %d", len(got), x.length, len(keys))
	}
}

// TestS3Paging reads every listing page by page, with every page size, and expects the same
// entries as on one page.
func TestS3Paging(t *testing.T) {
	w := newS3World(t)
	w.versioned("pages")
	bucket := new("pages")
	for _, key := range []string{"a", "a/1", "a/2", "b/", "b/1/x", "b/1/y", "b/2", "c", "日本/1", "日本/2", "zz"} {
		w.put("pages", key, key)
	}
	w.put("pages", "c", "again")
	for _, key := range []string{"a/2", "zz"} {
		_, err := w.s3.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: bucket, Key: &key})
		w.must(err)
	}
	for _, c := range []struct{ prefix, delimiter, want, versions string }{
		{"", "", "a a/1 b/ b/1/x b/1/y b/2 c 日本/1 日本/2", "a a/1 -a/2 a/2 b/ b/1/x b/1/y b/2 c c -zz zz 日本/1 日本/2"},
		{"", "/", "a [a/] [b/] c [日本/]", "a [a/] [b/] c c -zz zz [日本/]"},
		{"b/", "/", "b/ [b/1/] b/2", "b/ [b/1/] b/2"},
		{"a/2", "", "", "-a/2 a/2"},
		{"", "1", "a [a/1] b/ [b/1] b/2 c [日本/1] 日本/2", "a [a/1] -a/2 a/2 b/ [b/1] b/2 c c -zz zz [日本/1] 日本/2"},
	} {
		for size := int32(1); size <= 15; size++ {
			var got []string
			v2 := s3.NewListObjectsV2Paginator(w.s3, &s3.ListObjectsV2Input{
				Bucket: bucket, Prefix: &c.prefix, Delimiter: &c.delimiter, MaxKeys: &size,
			})
			for v2.HasMorePages() {
				page, err := v2.NextPage(w.ctx())
				w.must(err)
				if int(*page.KeyCount) != len(page.Contents)+len(page.CommonPrefixes) || *page.KeyCount > size {
					t.Fatalf("a page of %d has %d entries", size, *page.KeyCount)
				}
				got = append(got, merged(page.Contents, page.CommonPrefixes)...)
			}
			equal(w, fmt.Sprintf("objects of %q by %q, %d a page", c.prefix, c.delimiter, size), strings.Join(got, " "), c.want)

			got = nil
			in := &s3.ListObjectsInput{Bucket: bucket, Prefix: &c.prefix, Delimiter: &c.delimiter, MaxKeys: &size}
			for {
				page, err := w.s3.ListObjects(w.ctx(), in)
				w.must(err)
				got = append(got, merged(page.Contents, page.CommonPrefixes)...)
				if !*page.IsTruncated {
					break
				}
				if in.Marker = page.NextMarker; in.Marker == nil {
					in.Marker = page.Contents[len(page.Contents)-1].Key
				}
			}
			equal(w, fmt.Sprintf("v1 of %q by %q, %d a page", c.prefix, c.delimiter, size), strings.Join(got, " "), c.want)

			got = nil
			versions := s3.NewListObjectVersionsPaginator(w.s3, &s3.ListObjectVersionsInput{
				Bucket: bucket, Prefix: &c.prefix, Delimiter: &c.delimiter, MaxKeys: &size,
			})
			for versions.HasMorePages() {
				page, err := versions.NextPage(w.ctx())
				w.must(err)
				got = append(got, mergedVersions(page)...)
			}
			equal(w, fmt.Sprintf("versions of %q by %q, %d a page", c.prefix, c.delimiter, size), strings.Join(got, " "), c.versions)
		}
	}
	after, err := w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{
		Bucket: bucket, StartAfter: new("b/1/x"), MaxKeys: new(int32(2)), FetchOwner: new(true),
	})
	w.must(err)
	equal(w, "start after", *after.Contents[0].Key+" "+*after.Contents[1].Key, "b/1/y b/2")
	equal(w, "owner", len(*after.Contents[0].Owner.ID), 64)
	_, err = w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: bucket, ContinuationToken: new("guess")})
	w.wantCode(err, 400, "InvalidArgument")
}

// merged returns the entries of a page in S3's order, with common prefixes in brackets.
func merged(objects []types.Object, prefixes []types.CommonPrefix) []string {
	var names []string
	for _, o := range objects {
		names = append(names, *o.Key)
	}
	for _, p := range prefixes {
		names = append(names, "["+*p.Prefix+"]")
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.Trim(a, "[]"), strings.Trim(b, "[]")) })
	return names
}

func mergedVersions(page *s3.ListObjectVersionsOutput) []string {
	names := merged(nil, page.CommonPrefixes)
	for _, v := range page.Versions {
		names = append(names, *v.Key)
	}
	for _, m := range page.DeleteMarkers {
		names = append(names, "-"+*m.Key) // newer than the version it hides
	}
	slices.SortStableFunc(names, func(a, b string) int {
		if c := strings.Compare(strings.Trim(a, "[]-"), strings.Trim(b, "[]-")); c != 0 {
			return c
		}
		return strings.Compare(b, a) * -1
	})
	return names
}

// TestS3ManyKeys lists one page of 100,000 keys, and then all of them.
func TestS3ManyKeys(t *testing.T) {
	w := newS3World(t)
	w.bucket("many")
	w.must(w.account.update("s3", func() error {
		b := w.account.s3().Buckets["many"]
		for i := range 100_000 {
			b.add(fmt.Sprintf("records/%05d/%d", i/10, i%10), &version{ETag: "e"})
		}
		return nil
	}))
	page, err := w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{
		Bucket: new("many"), Prefix: new("records/"), Delimiter: new("/"), StartAfter: new("records/09000/"),
	})
	w.must(err)
	equal(w, "prefixes", len(page.CommonPrefixes), 999)
	count := 0
	all := s3.NewListObjectsV2Paginator(w.s3, &s3.ListObjectsV2Input{Bucket: new("many")})
	for all.HasMorePages() {
		page, err := all.NextPage(w.ctx())
		w.must(err)
		count += len(page.Contents)
	}
	equal(w, "keys", count, 100_000)
}

// TestS3StaysOnDisk closes an account and opens it again.
func TestS3StaysOnDisk(t *testing.T) {
	dir := t.TempDir()
	keep := func(o *Options) { o.Dir = dir }
	first := newS3World(t, keep)
	first.versioned("kept")
	id := first.put("kept", "k", "one", func(in *s3.PutObjectInput) { in.Metadata, in.Tagging = map[string]string{"m": "1"}, new("t=1") })
	first.put("kept", "k", "two")
	upload, _ := first.upload("kept", "partial", nil, []byte("part"))
	first.must(first.account.Close())

	w := newS3World(t, keep)
	out, text, err := w.get("kept", "k", func(in *s3.GetObjectInput) { in.VersionId = &id; in.ChecksumMode = types.ChecksumModeEnabled })
	w.must(err)
	equal(w, "an old version", text+out.Metadata["m"]+fmt.Sprint(*out.TagCount), "one11")
	_, text, err = w.get("kept", "k")
	w.must(err)
	equal(w, "the latest", text, "two")
	parts, err := w.s3.ListParts(w.ctx(), &s3.ListPartsInput{Bucket: new("kept"), Key: new("partial"), UploadId: &upload})
	w.must(err)
	equal(w, "parts", len(parts.Parts), 1)
}
