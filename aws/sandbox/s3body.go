package sandbox

import (
	"bytes"
	"crypto/md5" //nolint:gosec // S3's ETag, not a protection
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"slices"
	"sync"
)

// blobReferences counts the segments that refer to a blob, including those of active
// readers, so that the last one to release it removes it.
type blobReferences struct {
	mu   sync.Mutex
	used map[string]int
}

// count starts with the segments in the state.
func (r *blobReferences) count(s *s3State) {
	r.used = map[string]int{}
	for _, b := range s.Buckets {
		for _, o := range b.objects.from("") {
			for _, v := range o.Versions {
				r.hold(v.Segments)
			}
		}
		for _, u := range b.uploads {
			for _, p := range u.Parts {
				r.hold(p.Segments)
			}
		}
	}
}

func (r *blobReferences) hold(list []segment) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range list {
		r.used[s.Blob]++
	}
}

// release releases segments and returns the blobs that nothing refers to any more.
func (r *blobReferences) release(list []segment) (unused []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range list {
		r.used[s.Blob]--
		if r.used[s.Blob] <= 0 {
			delete(r.used, s.Blob)
			unused = append(unused, s.Blob)
		}
	}
	return unused
}

// letGo releases segments. Do not call it under the account's lock.
func (a *Account) letGo(list ...[]segment) {
	for _, segments := range list {
		if unused := a.s3().references.release(segments); len(unused) > 0 {
			a.blobs.remove(unused...)
		}
	}
}

// received is a body that is in the blob store. Its segments are held.
type received struct {
	segments []segment
	size     int64
	md5      []byte
	sum      kept            // the checksum from the request, or the one that S3 chose
	sums     map[string]kept // by algorithm
}

// maxPut is the maximum body of one request: 5 GiB.
const maxPut = 5 << 30

// receive streams the request's body into the blob store and checks it against Content-MD5
// and the checksum in the header or trailer. also names additional checksums to compute. A
// failure leaves nothing behind.
func (c *call) receive(want asked, also ...string) (received, error) {
	h := c.request.Header
	if c.request.ContentLength < 0 && h.Get("X-Amz-Decoded-Content-Length") == "" {
		return received{}, fail(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	if c.request.ContentLength > maxPut {
		return received{}, fail(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	}
	w, err := c.account.blobs.create()
	if err != nil {
		return received{}, err
	}
	defer w.abort()
	sink := newSink(append([]string{want.algorithm.name}, also...)...)
	if sink.size, err = io.Copy(io.MultiWriter(w, sink), c.request.Body); err != nil {
		return received{}, brokenBody(err)
	}
	out := received{size: sink.size, md5: sink.md5.Sum(nil), sums: sink.kept()}
	out.sum = out.sums[want.algorithm.name]
	if err := c.verify(want, out.md5, out.sum.Value); err != nil {
		return received{}, err
	}
	id, err := w.commit()
	if err != nil {
		return received{}, err
	}
	out.segments = []segment{{Blob: id, Size: out.size}}
	c.account.s3().references.hold(out.segments)
	return out, nil
}

// brokenBody is the error for a body that ends too early or does not match its signature.
func brokenBody(err error) error {
	if _, ok := errors.AsType[*apiError](err); ok {
		return err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fail(http.StatusBadRequest,
			"IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	}
	return fail(http.StatusBadRequest,
		"RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period.")
}

// verify compares the body with the checksums in the request.
func (c *call) verify(want asked, sum []byte, value string) error {
	if given := c.request.Header.Get("Content-Md5"); given != "" {
		raw, err := base64.StdEncoding.DecodeString(given)
		if err != nil || len(raw) != md5.Size {
			return fail(http.StatusBadRequest, "InvalidDigest", "The Content-MD5 you specified was invalid.")
		}
		if !bytes.Equal(raw, sum) {
			return &apiError{
				status: http.StatusBadRequest, code: "BadDigest", message: "The Content-MD5 you specified did not match what we received.",
				extra: map[string]string{"ExpectedDigest": hex.EncodeToString(raw), "CalculatedDigest": encodeSum(sum)},
			}
		}
	}
	given := want.value
	if want.trailer {
		// The trailer is available after the end of the body.
		if given = c.request.Trailer.Get(want.algorithm.header); given == "" {
			return fail(http.StatusBadRequest, "MalformedTrailerError",
				"The request contained trailing data that was not well-formed or did not conform to our published schema.")
		}
	}
	if given != "" && given != value {
		return fail(http.StatusBadRequest, "BadDigest", "The "+want.algorithm.name+" you specified did not match the calculated checksum.")
	}
	return nil
}

// maxDocument limits a request document. The largest is a batch delete of 1000 keys of 1024
// bytes, with versions.
const maxDocument = 4 << 20

// smallBody reads a request document and checks it as receive does.
func (c *call) smallBody() ([]byte, error) {
	want, err := askedChecksum(c.request.Header)
	if err != nil {
		return nil, err
	}
	raw, err := c.unverifiedBody()
	if err != nil {
		return nil, err
	}
	sink := newSink(want.algorithm.name)
	_, _ = sink.Write(raw) // a hash never fails
	return raw, c.verify(want, sink.md5.Sum(nil), sink.kept()[want.algorithm.name].Value)
}

// unverifiedBody reads a request document.
func (c *call) unverifiedBody() ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(c.request.Body, maxDocument+1))
	if err != nil {
		return nil, brokenBody(err)
	}
	if len(raw) > maxDocument {
		return nil, fail(http.StatusBadRequest, "MaxMessageLengthExceeded", "Your request was too big.")
	}
	return raw, nil
}

// A sink computes the MD5 and the checksums of the bytes written to it.
type sink struct {
	size   int64
	md5    hash.Hash
	hashes map[string]hash.Hash
}

func newSink(algorithms ...string) *sink {
	s := &sink{md5: md5.New(), hashes: map[string]hash.Hash{}} //nolint:gosec // S3's ETag
	for _, name := range algorithms {
		if c, ok := checksumNamed(name); ok {
			s.hashes[c.name] = c.make()
		}
	}
	return s
}

func (s *sink) Write(p []byte) (int, error) {
	_, _ = s.md5.Write(p)
	for _, h := range s.hashes {
		_, _ = h.Write(p)
	}
	return len(p), nil
}

func (s *sink) kept() map[string]kept {
	out := map[string]kept{}
	for name, h := range s.hashes {
		out[name] = kept{Algorithm: name, Value: encodeSum(h.Sum(nil)), Type: fullObject}
	}
	return out
}

// copyOut writes size bytes, from offset, of an object that is stored as segments. The
// segments must be held.
func (a *Account) copyOut(w io.Writer, segments []segment, offset, size int64) error {
	for _, s := range segments {
		if size <= 0 {
			return nil
		}
		if offset >= s.Size {
			offset -= s.Size
			continue
		}
		n := min(s.Size-offset, size)
		if err := a.copyBlob(w, s.Blob, s.Offset+offset, n); err != nil {
			return err
		}
		offset, size = 0, size-n
	}
	return nil
}

func (a *Account) copyBlob(w io.Writer, id string, offset, size int64) error {
	r, _, err := a.blobs.open(id)
	if err != nil {
		return err
	}
	_, err = r.Seek(offset, io.SeekStart)
	if err == nil {
		_, err = io.CopyN(w, r, size)
	}
	return errors.Join(err, r.Close())
}

// cut returns the part of segments that starts at offset and has size bytes.
func cut(segments []segment, offset, size int64) (out []segment) {
	for _, s := range segments {
		if size <= 0 {
			break
		}
		if offset >= s.Size {
			offset -= s.Size
			continue
		}
		n := min(s.Size-offset, size)
		out = append(out, segment{Blob: s.Blob, Offset: s.Offset + offset, Size: n})
		offset, size = 0, size-n
	}
	return slices.Clip(out)
}
