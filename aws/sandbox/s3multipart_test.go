package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// upload makes a multipart upload and sends its parts.
func (w *s3world) upload(
	bucket, key string, set func(*s3.CreateMultipartUploadInput), parts ...[]byte,
) (id string, sent []types.CompletedPart) {
	w.Helper()
	in := &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key}
	if set != nil {
		set(in)
	}
	created, err := w.s3.CreateMultipartUpload(w.ctx(), in)
	w.must(err)
	for i, body := range parts {
		out, err := w.s3.UploadPart(w.ctx(), &s3.UploadPartInput{
			Bucket: &bucket, Key: &key, UploadId: created.UploadId, PartNumber: new(int32(i + 1)), Body: bytes.NewReader(body),
			ChecksumAlgorithm: in.ChecksumAlgorithm,
		})
		w.must(err)
		sent = append(sent, types.CompletedPart{
			PartNumber: new(int32(i + 1)), ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC32C: out.ChecksumCRC32C,
			ChecksumCRC64NVME: out.ChecksumCRC64NVME, ChecksumSHA256: out.ChecksumSHA256,
		})
	}
	return *created.UploadId, sent
}

func (w *s3world) complete(
	bucket, key, id string, parts []types.CompletedPart, set ...func(*s3.CompleteMultipartUploadInput),
) (*s3.CompleteMultipartUploadOutput, error) {
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &bucket, Key: &key, UploadId: &id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	}
	for _, f := range set {
		f(in)
	}
	return w.s3.CompleteMultipartUpload(w.ctx(), in)
}

// patterned bytes differ from part to part.
func patterned(n, seed int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(i*7 + i>>8*13 + seed)
	}
	return out
}

func TestS3Multipart(t *testing.T) {
	w := newS3World(t)
	w.bucket("multi")
	one, two := patterned(minPart, 1), patterned(1000, 2)
	all := append(bytes.Clone(one), two...)

	id, parts := w.upload("multi", "k", nil, one, two)
	listed, err := w.s3.ListParts(w.ctx(), &s3.ListPartsInput{Bucket: new("multi"), Key: new("k"), UploadId: &id, MaxParts: new(int32(1))})
	w.must(err)
	equal(w, "first page of parts", say(len(listed.Parts), *listed.IsTruncated, *listed.NextPartNumberMarker), "1 true 1")
	uploads, err := w.s3.ListMultipartUploads(w.ctx(), &s3.ListMultipartUploadsInput{Bucket: new("multi")})
	w.must(err)
	equal(w, "uploads", len(uploads.Uploads), 1)
	objects, err := w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("multi")})
	w.must(err)
	equal(w, "nothing is listed before it is complete", len(objects.Contents), 0)

	_, err = w.complete("multi", "k", id, []types.CompletedPart{parts[1], parts[0]})
	w.wantCode(err, 400, "InvalidPartOrder")
	wrong := parts[1]
	wrong.ETag = new(`"00000000000000000000000000000000"`)
	_, err = w.complete("multi", "k", id, []types.CompletedPart{parts[0], wrong})
	w.wantCode(err, 400, "InvalidPart")
	out, err := w.complete("multi", "k", id, parts)
	w.must(err)
	equal(w, "ETag counts the parts", strings.HasSuffix(*out.ETag, `-2"`), true)
	_, err = w.complete("multi", "k", id, parts)
	w.wantCode(err, 404, "NoSuchUpload")
	_, text, err := w.get("multi", "k")
	w.must(err)
	equal(w, "bytes", text == string(all), true)
	// A range across two parts, and a part by its number.
	_, text, err = w.get("multi", "k", func(in *s3.GetObjectInput) { in.Range = new(fmt.Sprintf("bytes=%d-%d", minPart-3, minPart+2)) })
	w.must(err)
	equal(w, "range across two parts", text == string(all[minPart-3:minPart+3]), true)
	part, text, err := w.get("multi", "k", func(in *s3.GetObjectInput) { in.PartNumber = new(int32(2)) })
	w.must(err)
	equal(w, "part 2 of", *part.PartsCount, 2)
	equal(w, "part 2", text == string(two), true)

	id, parts = w.upload("multi", "small", nil, two, two)
	_, err = w.complete("multi", "small", id, parts)
	w.wantCode(err, 400, "EntityTooSmall")
	_, err = w.s3.AbortMultipartUpload(w.ctx(), &s3.AbortMultipartUploadInput{Bucket: new("multi"), Key: new("small"), UploadId: &id})
	w.must(err)
	_, err = w.complete("multi", "small", id, parts)
	w.wantCode(err, 404, "NoSuchUpload")

	id, parts = w.upload("multi", "k", nil, two)
	_, err = w.complete("multi", "k", id, parts, func(in *s3.CompleteMultipartUploadInput) { in.IfNoneMatch = new("*") })
	w.wantCode(err, 412, "PreconditionFailed")

	// A part copied from a range of another object.
	created, err := w.s3.CreateMultipartUpload(w.ctx(), &s3.CreateMultipartUploadInput{Bucket: new("multi"), Key: new("copied")})
	w.must(err)
	copied, err := w.s3.UploadPartCopy(w.ctx(), &s3.UploadPartCopyInput{
		Bucket: new("multi"), Key: new("copied"), UploadId: created.UploadId, PartNumber: new(int32(1)), CopySource: new("multi/k"),
		CopySourceRange: new(fmt.Sprintf("bytes=%d-%d", minPart-10, minPart+9)),
	})
	w.must(err)
	_, err = w.complete("multi", "copied", *created.UploadId, []types.CompletedPart{{
		PartNumber: new(int32(1)), ETag: copied.CopyPartResult.ETag, ChecksumCRC32: copied.CopyPartResult.ChecksumCRC32,
	}})
	w.must(err)
	_, text, err = w.get("multi", "copied")
	w.must(err)
	equal(w, "copied range", text == string(all[minPart-10:minPart+10]), true)
}

// TestS3MultipartChecksums compares the checksum of a multipart object with that of the same
// bytes in one put, and a composite checksum with its definition.
func TestS3MultipartChecksums(t *testing.T) {
	w := newS3World(t)
	w.bucket("sums")
	one, two := patterned(minPart, 3), patterned(777, 4)
	all := append(bytes.Clone(one), two...)
	for _, algorithm := range []types.ChecksumAlgorithm{
		types.ChecksumAlgorithmCrc32, types.ChecksumAlgorithmCrc32c, types.ChecksumAlgorithmCrc64nvme,
	} {
		whole, err := w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
			Bucket: new("sums"), Key: new("whole"), Body: bytes.NewReader(all), ChecksumAlgorithm: algorithm,
		})
		w.must(err)
		id, parts := w.upload("sums", "parts", func(in *s3.CreateMultipartUploadInput) {
			in.ChecksumAlgorithm, in.ChecksumType = algorithm, types.ChecksumTypeFullObject
		}, one, two)
		out, err := w.complete("sums", "parts", id, parts, func(in *s3.CompleteMultipartUploadInput) {
			in.ChecksumType = types.ChecksumTypeFullObject
		})
		w.must(err)
		got := sdk.ToString(out.ChecksumCRC32) + sdk.ToString(out.ChecksumCRC32C) + sdk.ToString(out.ChecksumCRC64NVME)
		equal(w, string(algorithm), got, sdk.ToString(whole.ChecksumCRC32)+sdk.ToString(whole.ChecksumCRC32C)+
			sdk.ToString(whole.ChecksumCRC64NVME))
		// The SDK checks what it reads against it.
		_, _, err = w.get("sums", "parts", func(in *s3.GetObjectInput) { in.ChecksumMode = types.ChecksumModeEnabled })
		w.must(err)
	}
	id, parts := w.upload("sums", "parts", func(in *s3.CreateMultipartUploadInput) {
		in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256
	}, one, two)
	bare := []types.CompletedPart{{PartNumber: new(int32(1)), ETag: parts[0].ETag}, {PartNumber: new(int32(2)), ETag: parts[1].ETag}}
	_, err := w.complete("sums", "parts", id, bare)
	w.wantCode(err, 400, "InvalidRequest")
	out, err := w.complete("sums", "parts", id, parts)
	w.must(err)
	first, second := sha256.Sum256(one), sha256.Sum256(two)
	both := sha256.Sum256(append(first[:], second[:]...))
	equal(w, "composite", *out.ChecksumSHA256, base64.StdEncoding.EncodeToString(both[:])+"-2")
	attributes, err := w.s3.GetObjectAttributes(w.ctx(), &s3.GetObjectAttributesInput{
		Bucket: new("sums"), Key: new("parts"), ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesObjectParts},
	})
	w.must(err)
	equal(w, "second part's checksum", *attributes.ObjectParts.Parts[1].ChecksumSHA256, base64.StdEncoding.EncodeToString(second[:]))
	_, err = w.s3.CreateMultipartUpload(w.ctx(), &s3.CreateMultipartUploadInput{
		Bucket: new("sums"), Key: new("k"), ChecksumAlgorithm: types.ChecksumAlgorithmSha256, ChecksumType: types.ChecksumTypeFullObject,
	})
	w.wantCode(err, 400, "InvalidRequest")
}

// TestS3LargeFile uploads and downloads a file that an account on disk must not hold in
// memory, first at once, then in parts with the SDK's transfer manager.
func TestS3LargeFile(t *testing.T) {
	w := newS3World(t, func(o *Options) { o.Dir = t.TempDir() })
	w.bucket("large")
	const size = 100 << 20
	sent, got := sha256.New(), sha256.New()
	peak, stop := watchHeap()
	_, err := w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
		Bucket: new("large"), Key: new("k"), Body: io.TeeReader(io.LimitReader(&endless{}, size), sent), ContentLength: new(int64(size)),
	})
	w.must(err)
	out, err := w.s3.GetObject(w.ctx(), &s3.GetObjectInput{Bucket: new("large"), Key: new("k")})
	w.must(err)
	n, err := io.Copy(got, out.Body)
	w.must(err)
	w.must(out.Body.Close())
	stop()
	equal(w, "size", n, size)
	equal(w, "the same bytes", string(got.Sum(nil)) == string(sent.Sum(nil)), true)
	if p := <-peak; p > 16<<20 {
		t.Errorf("the heap grew to %d MB with a file of %d MB", p>>20, size>>20)
	}
	manager := transfermanager.New(w.s3)
	sent.Reset()
	_, err = manager.UploadObject(w.ctx(), &transfermanager.UploadObjectInput{
		Bucket: new("large"), Key: new("parts"), Body: io.TeeReader(io.LimitReader(&endless{}, size), sent),
	})
	w.must(err)
	fetched, err := manager.GetObject(w.ctx(), &transfermanager.GetObjectInput{Bucket: new("large"), Key: new("parts")})
	w.must(err)
	got.Reset()
	_, err = io.Copy(got, fetched.Body)
	w.must(err)
	equal(w, "the same bytes in parts", string(got.Sum(nil)) == string(sent.Sum(nil)), true)
}

// endless yields bytes that do not repeat soon.
type endless struct{ n uint64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		e.n = e.n*6364136223846793005 + 1442695040888963407
		p[i] = byte(e.n >> 56)
	}
	return len(p), nil
}

// watchHeap measures the maximum growth of the heap until stop is called.
func watchHeap() (peak chan uint64, stop func()) {
	peak, end := make(chan uint64, 1), make(chan struct{})
	read := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse
	}
	runtime.GC()
	before := read()
	go func() {
		most := uint64(0)
		for {
			most = max(most, read())
			select {
			case <-end:
				peak <- most - min(before, most)
				return
			default:
				runtime.Gosched()
			}
		}
	}()
	return peak, func() { close(end) }
}
