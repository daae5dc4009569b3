package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func TestS3ObjectRoundTrip(t *testing.T) {
	w := newS3World(t)
	w.bucket("objects")
	for _, key := range []string{
		"plain.txt", "with space", "plus+and%20percent%", "日本語/絵文字🧠.txt", "a//b", "quote\"'<>&", "~!*'();:@=$,?#[]", strings.Repeat("k", 1024),
		" lead", ".", "dir/..",
	} {
		w.put("objects", key, "text of "+key, func(in *s3.PutObjectInput) {
			in.ContentType, in.CacheControl, in.Metadata = new("text/plain; charset=utf-8"), new("no-store"), map[string]string{"Case": "Kept Value"}
		})
		out, text, err := w.get("objects", key, func(in *s3.GetObjectInput) { in.ChecksumMode = types.ChecksumModeEnabled })
		if err != nil {
			t.Errorf("%q: %v", key, err)
			continue
		}
		equal(w, key, text, "text of "+key)
		equal(w, "type", *out.ContentType, "text/plain; charset=utf-8")
		equal(w, "cache", *out.CacheControl, "no-store")
		equal(w, "metadata", out.Metadata["case"], "Kept Value")
		equal(w, "encryption", out.ServerSideEncryption, types.ServerSideEncryptionAes256)
		equal(w, "version id of an unversioned bucket", out.VersionId == nil, true)
	}
	list, err := w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("objects")})
	w.must(err)
	equal(w, "count", len(list.Contents), 11)
	// Names survive in both encodings of a listing.
	encoded, err := w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("objects"), EncodingType: types.EncodingTypeUrl})
	w.must(err)
	for i := range list.Contents {
		name, err := url.QueryUnescape(*encoded.Contents[i].Key)
		w.must(err)
		equal(w, "encoded name", name, *list.Contents[i].Key)
	}
	_, err = w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
		Bucket: new("objects"), Key: new(strings.Repeat("k", 1025)), Body: strings.NewReader(""),
	})
	w.wantCode(err, 400, "KeyTooLongError")
	_, _, err = w.get("objects", "nothing")
	if _, ok := errors.AsType[*types.NoSuchKey](err); !ok {
		t.Errorf("a missing key: %v", err)
	}
	_, err = w.s3.HeadObject(w.ctx(), &s3.HeadObjectInput{Bucket: new("objects"), Key: new("nothing")})
	w.wantCode(err, 404, "NotFound")
	_, err = w.s3.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: new("objects"), Key: new("nothing")})
	w.must(err)
}

func TestS3RangesAndPreconditions(t *testing.T) {
	w := newS3World(t)
	w.bucket("ranges")
	w.put("ranges", "k", "0123456789")
	w.put("ranges", "empty", "")
	for _, c := range []struct{ header, want, content string }{
		{"bytes=0-3", "0123", "bytes 0-3/10"},
		{"bytes=7-", "789", "bytes 7-9/10"},
		{"bytes=-2", "89", "bytes 8-9/10"},
		{"bytes=8-100", "89", "bytes 8-9/10"},
		{"bytes=0-1,4-5", "0123456789", ""}, // several ranges are the whole object
		{"bytes=5-2", "0123456789", ""},
	} {
		out, text, err := w.get("ranges", "k", func(in *s3.GetObjectInput) { in.Range = &c.header; in.ChecksumMode = types.ChecksumModeEnabled })
		w.must(err)
		equal(w, c.header, text, c.want)
		equal(w, c.header, sdk.ToString(out.ContentRange), c.content)
	}
	for _, key := range []string{"k", "empty"} {
		_, _, err := w.get("ranges", key, func(in *s3.GetObjectInput) { in.Range = new("bytes=10-") })
		w.wantCode(err, 416, "InvalidRange")
	}
	head, err := w.s3.HeadObject(w.ctx(), &s3.HeadObjectInput{Bucket: new("ranges"), Key: new("k")})
	w.must(err)
	etag, modified := *head.ETag, *head.LastModified
	equal(w, "ETag is the MD5", etag, `"781e5e245d69b566979b86e28d23f2c7"`)
	status := func(set func(*s3.GetObjectInput)) int {
		_, _, err := w.get("ranges", "k", set)
		if err == nil {
			return 200
		}
		response, ok := errors.AsType[*smithyhttp.ResponseError](err)
		if !ok {
			t.Fatal(err)
		}
		return response.HTTPStatusCode()
	}
	for name, c := range map[string]struct {
		set  func(*s3.GetObjectInput)
		want int
	}{
		"if-match":            {func(in *s3.GetObjectInput) { in.IfMatch = &etag }, 200},
		"if-match other":      {func(in *s3.GetObjectInput) { in.IfMatch = new(`"other"`) }, 412},
		"if-none-match":       {func(in *s3.GetObjectInput) { in.IfNoneMatch = &etag }, 304},
		"if-none-match other": {func(in *s3.GetObjectInput) { in.IfNoneMatch = new(`"other"`) }, 200},
		"not modified":        {func(in *s3.GetObjectInput) { in.IfModifiedSince = &modified }, 304},
		"modified":            {func(in *s3.GetObjectInput) { in.IfModifiedSince = new(modified.Add(-time.Hour)) }, 200},
		"unmodified":          {func(in *s3.GetObjectInput) { in.IfUnmodifiedSince = &modified }, 200},
		"modified since":      {func(in *s3.GetObjectInput) { in.IfUnmodifiedSince = new(modified.Add(-time.Hour)) }, 412},
		"the ETag goes first": {func(in *s3.GetObjectInput) { in.IfMatch = &etag; in.IfUnmodifiedSince = new(modified.Add(-time.Hour)) }, 200},
	} {
		equal(w, name, status(c.set), c.want)
	}
}

func TestS3VersionsAndMarkers(t *testing.T) {
	w := newS3World(t)
	w.bucket("versions")
	bucket, key := new("versions"), new("k")
	w.put("versions", "k", "null")
	set := func(status types.BucketVersioningStatus) {
		_, err := w.s3.PutBucketVersioning(w.ctx(), &s3.PutBucketVersioningInput{
			Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: status},
		})
		w.must(err)
	}
	set(types.BucketVersioningStatusEnabled)
	first := w.put("versions", "k", "first")
	deleted, err := w.s3.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: bucket, Key: key})
	w.must(err)
	equal(w, "a marker was made", *deleted.DeleteMarker, true)
	marker := *deleted.VersionId

	_, _, err = w.get("versions", "k")
	w.wantCode(err, 404, "NoSuchKey")
	response, _ := errors.AsType[*smithyhttp.ResponseError](err)
	equal(w, "the answer shows the marker", response.Response.Header.Get("X-Amz-Delete-Marker"), "true")
	_, _, err = w.get("versions", "k", func(in *s3.GetObjectInput) { in.VersionId = &marker })
	w.wantCode(err, 405, "MethodNotAllowed")
	for id, want := range map[string]string{first: "first", "null": "null"} {
		out, text, err := w.get("versions", "k", func(in *s3.GetObjectInput) { in.VersionId = &id })
		w.must(err)
		equal(w, "version "+id, text, want)
		equal(w, "version id", *out.VersionId, id)
	}
	_, _, err = w.get("versions", "k", func(in *s3.GetObjectInput) { in.VersionId = new(newVersionID()) })
	w.wantCode(err, 404, "NoSuchVersion")
	_, _, err = w.get("versions", "k", func(in *s3.GetObjectInput) { in.VersionId = new("no id at all") })
	w.wantCode(err, 400, "InvalidArgument")

	// A restore copies the version to a new one.
	copied, err := w.s3.CopyObject(w.ctx(), &s3.CopyObjectInput{Bucket: bucket, Key: key, CopySource: new("versions/k?versionId=" + first)})
	w.must(err)
	equal(w, "copied from", *copied.CopySourceVersionId, first)
	_, text, err := w.get("versions", "k")
	w.must(err)
	equal(w, "restored", text, "first")

	// Suspended: a write replaces the null version and leaves the others.
	set(types.BucketVersioningStatusSuspended)
	w.put("versions", "k", "new null")
	_, err = w.s3.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: bucket, Key: key})
	w.must(err)
	list, err := w.s3.ListObjectVersions(w.ctx(), &s3.ListObjectVersionsInput{Bucket: bucket})
	w.must(err)
	var seen []string
	for _, v := range list.Versions {
		seen = append(seen, *v.VersionId)
	}
	equal(w, "versions", strings.Join(seen, " "), *copied.VersionId+" "+first)
	equal(w, "markers", len(list.DeleteMarkers), 2)
	equal(w, "latest marker", *list.DeleteMarkers[0].VersionId+fmt.Sprint(*list.DeleteMarkers[0].IsLatest), "nulltrue")

	// Deleting a marker makes the version before it current again.
	_, err = w.s3.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: new("null")})
	w.must(err)
	_, text, err = w.get("versions", "k")
	w.must(err)
	equal(w, "undeleted", text, "first")

	batch := &types.Delete{}
	for _, id := range []string{*copied.VersionId, first, marker} {
		batch.Objects = append(batch.Objects, types.ObjectIdentifier{Key: key, VersionId: &id})
	}
	result, err := w.s3.DeleteObjects(w.ctx(), &s3.DeleteObjectsInput{Bucket: bucket, Delete: batch})
	w.must(err)
	equal(w, "deleted", len(result.Deleted), 3)
	_, err = w.s3.DeleteBucket(w.ctx(), &s3.DeleteBucketInput{Bucket: bucket})
	w.must(err)
}

func TestS3ConditionalWrites(t *testing.T) { synctest.Test(t, testS3ConditionalWrites) }

func testS3ConditionalWrites(t *testing.T) {
	w := newS3World(t)
	w.versioned("conditions")
	put := func(text string, set func(*s3.PutObjectInput)) (*s3.PutObjectOutput, error) {
		in := &s3.PutObjectInput{Bucket: new("conditions"), Key: new("k"), Body: strings.NewReader(text)}
		set(in)
		return w.s3.PutObject(w.ctx(), in)
	}
	create := func(in *s3.PutObjectInput) { in.IfNoneMatch = new("*") }
	_, err := put("x", func(in *s3.PutObjectInput) { in.IfMatch = new(`"etag"`) })
	w.wantCode(err, 404, "NoSuchKey")

	// Of many concurrent creators one wins, and readers get the winner's bytes.
	var wg sync.WaitGroup
	var mu sync.Mutex
	var won []string
	for i := range 16 {
		wg.Go(func() {
			text := fmt.Sprint("writer ", i)
			_, err := put(text, create)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, text)
				return
			}
			if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != "PreconditionFailed" {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	equal(w, "winners", len(won), 1)
	out, text, err := w.get("conditions", "k")
	w.must(err)
	equal(w, "content", text, won[0])

	_, err = put("second", func(in *s3.PutObjectInput) { in.IfMatch = new(`"00000000000000000000000000000000"`) })
	w.wantCode(err, 412, "PreconditionFailed")
	_, err = put("second", func(in *s3.PutObjectInput) { in.IfMatch = out.ETag })
	w.must(err)
	_, err = w.s3.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: new("conditions"), Key: new("k")})
	w.must(err)
	_, err = put("after the marker", create)
	w.must(err)

	// A delete that overtakes a conditional write is a conflict.
	reader, writer := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
			Bucket: new("conditions"), Key: new("k"), Body: io.MultiReader(reader), ContentLength: new(int64(4)), IfNoneMatch: new("*"),
		})
		done <- err
	}()
	synctest.Wait()
	w.account.view(func() { equal(w, "writes under way", len(w.account.s3().Buckets["conditions"].writes["k"]), 1) })
	_, err = w.s3.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: new("conditions"), Key: new("k")})
	w.must(err)
	_, err = writer.Write([]byte("late"))
	w.must(err)
	w.must(writer.Close())
	w.wantCode(<-done, 409, "ConditionalRequestConflict")
}

// TestS3BrokenUpload breaks a body in the middle: no object is listed and no bytes stay in
// the store.
func TestS3BrokenUpload(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		w := newS3World(t, func(o *Options) { o.Dir = dir })
		w.bucket("broken")
		_, err := w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
			Bucket: new("broken"), Key: new("k"), ContentLength: new(int64(1 << 20)),
			Body: io.MultiReader(bytes.NewReader(make([]byte, 1<<19)), failingReader{}),
		})
		if err == nil {
			t.Fatal("half a body was accepted as a whole one")
		}
		list, err := w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("broken")})
		w.must(err)
		equal(w, "listed", len(list.Contents), 0)
		equal(w, "kept", len(w.account.s3().references.used), 0)
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestS3CopyAndTags(t *testing.T) {
	w := newS3World(t)
	w.bucket("copies")
	w.put("copies", "a+b c/ü", "text", func(in *s3.PutObjectInput) {
		in.ContentType, in.Metadata, in.Tagging = new("text/a"), map[string]string{"m": "1"}, new("k=v&claria%3Asystem=x+y")
	})
	_, err := w.s3.CopyObject(w.ctx(), &s3.CopyObjectInput{
		Bucket: new("copies"), Key: new("copy"), CopySource: new("copies/a%2Bb%20c/%C3%BC"),
	})
	w.must(err)
	out, text, err := w.get("copies", "copy")
	w.must(err)
	equal(w, "text", text, "text")
	equal(w, "type and metadata", *out.ContentType+out.Metadata["m"], "text/a1")
	equal(w, "tags", *out.TagCount, 2)
	tags, err := w.s3.GetObjectTagging(w.ctx(), &s3.GetObjectTaggingInput{Bucket: new("copies"), Key: new("copy")})
	w.must(err)
	equal(w, "tag", *tags.TagSet[1].Key+"="+*tags.TagSet[1].Value, "claria:system=x y")

	itself := &s3.CopyObjectInput{Bucket: new("copies"), Key: new("copy"), CopySource: new("copies/copy")}
	_, err = w.s3.CopyObject(w.ctx(), itself)
	w.wantCode(err, 400, "InvalidRequest")
	itself.MetadataDirective, itself.ContentType = types.MetadataDirectiveReplace, new("text/b")
	_, err = w.s3.CopyObject(w.ctx(), itself)
	w.must(err)
	out, _, err = w.get("copies", "copy")
	w.must(err)
	equal(w, "replaced", *out.ContentType+out.Metadata["m"], "text/b")
	_, err = w.s3.CopyObject(w.ctx(), &s3.CopyObjectInput{
		Bucket: new("copies"), Key: new("new"), CopySource: new("copies/copy"), CopySourceIfMatch: new(`"no"`),
	})
	w.wantCode(err, 412, "PreconditionFailed")
	_, err = w.s3.CopyObject(w.ctx(), &s3.CopyObjectInput{Bucket: new("copies"), Key: new("new"), CopySource: new("copies/none")})
	w.wantCode(err, 404, "NoSuchKey")
	_, err = w.s3.CopyObject(w.ctx(), &s3.CopyObjectInput{
		Bucket: new("copies"), Key: new("copy"), CopySource: new("copies/a%2Bb%20c/%C3%BC"), IfNoneMatch: new("*"),
	})
	w.wantCode(err, 412, "PreconditionFailed")

	// After the original is deleted, the copy's bytes stay.
	_, err = w.s3.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: new("copies"), Key: new("a+b c/ü")})
	w.must(err)
	_, text, err = w.get("copies", "copy")
	w.must(err)
	equal(w, "copy outlives its source", text, "text")
	_, err = w.s3.DeleteObjectTagging(w.ctx(), &s3.DeleteObjectTaggingInput{Bucket: new("copies"), Key: new("copy")})
	w.must(err)
	_, err = w.s3.PutObjectTagging(w.ctx(),
		&s3.PutObjectTaggingInput{Bucket: new("copies"), Key: new("copy"), Tagging: &types.Tagging{TagSet: []types.Tag{
			{Key: new("k"), Value: new("1")}, {Key: new("k"), Value: new("2")},
		}}})
	w.wantCode(err, 400, "InvalidTag")
}

func TestS3Checksums(t *testing.T) {
	w := newS3World(t)
	w.bucket("checksums")
	const text = "123456789"
	// The check values of the catalogue of CRC algorithms, and of RFC 3174 and FIPS 180.
	for algorithm, want := range map[types.ChecksumAlgorithm]string{
		types.ChecksumAlgorithmCrc32: "y/Q5Jg==", types.ChecksumAlgorithmCrc32c: "4waSgw==", types.ChecksumAlgorithmCrc64nvme: "rosUhgp5mIg=",
		types.ChecksumAlgorithmSha1:   "98O8HYCOBHMq32eZZczDTKeuNEE=",
		types.ChecksumAlgorithmSha256: "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
	} {
		t.Run(string(algorithm), func(t *testing.T) {
			w := &s3world{T: t, account: w.account, s3: w.s3, config: w.config}
			// In a header: the SDK computes it over a body it can read twice.
			out, err := w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
				Bucket: new("checksums"), Key: new("k"), Body: strings.NewReader(text), ChecksumAlgorithm: algorithm,
			})
			w.must(err)
			equal(w, "type", out.ChecksumType, types.ChecksumTypeFullObject)
			// In a trailer, as the SDK sends it over TLS for a stream.
			_, err = w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
				Bucket: new("checksums"), Key: new("k"), Body: io.MultiReader(strings.NewReader(text)), ContentLength: new(int64(len(text))),
				ChecksumAlgorithm: algorithm,
			})
			w.must(err)
			attributes, err := w.s3.GetObjectAttributes(w.ctx(),
				&s3.GetObjectAttributesInput{Bucket: new("checksums"), Key: new("k"), ObjectAttributes: []types.ObjectAttributes{
					types.ObjectAttributesChecksum, types.ObjectAttributesEtag, types.ObjectAttributesObjectSize,
				}})
			w.must(err)
			sum := attributes.Checksum
			got := map[types.ChecksumAlgorithm]*string{
				types.ChecksumAlgorithmCrc32: sum.ChecksumCRC32, types.ChecksumAlgorithmCrc32c: sum.ChecksumCRC32C,
				types.ChecksumAlgorithmCrc64nvme: sum.ChecksumCRC64NVME,
				types.ChecksumAlgorithmSha1:      sum.ChecksumSHA1, types.ChecksumAlgorithmSha256: sum.ChecksumSHA256,
			}[algorithm]
			equal(w, "checksum", sdk.ToString(got), want)
			equal(w, "size", *attributes.ObjectSize, int64(len(text)))
			equal(w, "ETag without quotes", *attributes.ETag, "25f9e794323b453885f5181f1b624d0b")
		})
	}
	_, err := w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
		Bucket: new("checksums"), Key: new("bad"), Body: strings.NewReader(text), ChecksumCRC32: new("AAAAAA=="),
	})
	w.wantCode(err, 400, "BadDigest")
	_, err = w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
		Bucket: new("checksums"), Key: new("bad"), Body: strings.NewReader(text), ContentMD5: new("AAAAAAAAAAAAAAAAAAAAAA=="),
	})
	w.wantCode(err, 400, "BadDigest")
	_, err = w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
		Bucket: new("checksums"), Key: new("bad"), Body: strings.NewReader(text), ContentMD5: new("no"),
	})
	w.wantCode(err, 400, "InvalidDigest")
	_, err = w.s3.HeadObject(w.ctx(), &s3.HeadObjectInput{Bucket: new("checksums"), Key: new("bad")})
	w.wantCode(err, 404, "NotFound")

	// Without a checksum in the request, S3 stores its own.
	out, err := w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
		Bucket: new("checksums"), Key: new("k"), Body: strings.NewReader(text),
	}, func(o *s3.Options) {
		o.RequestChecksumCalculation = sdk.RequestChecksumCalculationWhenRequired
	})
	w.must(err)
	equal(w, "own checksum", sdk.ToString(out.ChecksumCRC64NVME), "rosUhgp5mIg=")
	_, _, err = w.get("checksums", "k", func(in *s3.GetObjectInput) { in.ChecksumMode = types.ChecksumModeEnabled })
	w.must(err)
}

func TestS3RefusesWhatItDoesNotServe(t *testing.T) {
	w := newS3World(t)
	w.bucket("refuses")
	_, err := w.s3.ListBucketInventoryConfigurations(w.ctx(), &s3.ListBucketInventoryConfigurationsInput{Bucket: new("refuses")})
	w.wantCode(err, 501, "NotImplemented")
	// Documents that do not match S3's schema.
	for query, body := range map[string]string{
		"versioning": `<VersioningConfiguration><Status>On</Status></VersioningConfiguration>`,
		"lifecycle":  `<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter/><Colour/></Rule></LifecycleConfiguration>`,
		"encryption": `<ServerSideEncryptionConfiguration></ServerSideEncryptionConfiguration>`,
		"tagging":    `<Tags/>`,
	} {
		request, err := http.NewRequestWithContext(w.ctx(), http.MethodPut, "https://refuses.s3.us-east-1.amazonaws.com/?"+query,
			strings.NewReader(body))
		w.must(err)
		equal(w, query, w.send(request), "400 MalformedXML")
	}
}
