package sandbox

import (
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// copySource is the object that a copy reads, authorised and held.
type copySource struct {
	versionTarget
	bucket, key string
}

// source reads x-amz-copy-source, authorises reading the object, checks its conditions and
// holds its bytes, which the caller releases.
func (c *call) source() (copySource, error) {
	var s copySource
	h := c.request.Header
	path, id, _ := strings.Cut(h.Get("X-Amz-Copy-Source"), "?versionId=")
	path, err := url.QueryUnescape(path)
	var ok bool
	s.bucket, s.key, ok = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if err != nil || !ok || s.bucket == "" || s.key == "" {
		return s, invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "x-amz-copy-source",
			h.Get("X-Amz-Copy-Source"))
	}
	if want := h.Get("X-Amz-Source-Expected-Bucket-Owner"); want != "" && want != c.account.id {
		return s, accessDenied()
	}
	for {
		s.versionTarget, err = c.s3target(s.bucket, s.key, id, getObjectAction)
		if known, is := errors.AsType[*apiError](err); is && known.code == "MethodNotAllowed" {
			c.forgetMarker()
			return s, fail(http.StatusBadRequest,
				"InvalidRequest", "The source of a copy request may not specifically refer to a delete marker by version id.")
		}
		if err != nil {
			c.forgetMarker()
			return s, err
		}
		if c.hold(s.bucket, s.key, s.versionTarget) {
			break
		}
	}
	p := preconditionOf(h, "X-Amz-Copy-Source-")
	if condition := p.refuses(s.version); condition != "" {
		c.account.letGo(s.version.Segments)
		return s, preconditionFailed("x-amz-copy-source-" + condition)
	}
	if s.shown {
		c.writer.Header().Set("X-Amz-Copy-Source-Version-Id", s.version.ID)
	}
	return s, nil
}

// forgetMarker removes headers about a delete marker of the source, which is another object.
func (c *call) forgetMarker() {
	h := c.writer.Header()
	for _, name := range []string{"X-Amz-Delete-Marker", "X-Amz-Version-Id", "Allow", "Last-Modified"} {
		h.Del(name)
	}
}

// active refuses the source of an archive class (API reference, "CopyObject", "Errors").
func (s copySource) active() error {
	if s.version.archived() == nil {
		return nil
	}
	return fail(http.StatusForbidden, "ObjectNotInActiveTierError", "The source object of the COPY action is not in the active tier")
}

type copyResult struct {
	LastModified string
	ETag         string
	checksumElements
	ChecksumType string `xml:",omitempty"`
}

func serveCopyObject(c *call) error {
	s, err := c.source()
	if err != nil {
		return err
	}
	// The source stays held until the copy is committed; then the copy holds it.
	defer func() { c.account.letGo(s.version.Segments) }()
	if err := s.active(); err != nil {
		return err
	}
	if _, err := c.useKey("kms:Decrypt", s.bucket, s.key, s.version.Encryption); err != nil {
		return err
	}
	if err := c.authorizeWrite("s3:PutObject", true); err != nil {
		return err
	}
	if s.version.Size > maxPut {
		return fail(http.StatusBadRequest,
			"InvalidRequest", "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120")
	}
	d, err := c.draftOf()
	if err != nil {
		return err
	}
	if err := c.directives(&d, s); err != nil {
		return err
	}
	watched, done := c.watch(d.conditions)
	defer done()
	v := &version{
		ID: newVersionID(), Modified: c.now.Truncate(time.Second), Segments: s.version.Segments, Size: s.version.Size,
		attributes: d.attributes, lock: d.lock,
	}
	if err := c.digest(v, s.version); err != nil {
		return err
	}
	c.account.s3().references.hold(v.Segments)
	if err := c.commit(v, d.conditions, watched, nil); err != nil {
		return err
	}
	out := copyResult{
		LastModified: stamp(v.Modified), ETag: quote(v.ETag), checksumElements: v.Checksum.elements(), ChecksumType: v.Checksum.Type,
	}
	return c.document("CopyObjectResult", out)
}

// directives decides what a copy takes over from its source.
func (c *call) directives(d *draft, s copySource) error {
	h := c.request.Header
	for _, name := range []string{"X-Amz-Metadata-Directive", "X-Amz-Tagging-Directive"} {
		if value := h.Get(name); value != "" && value != "COPY" && value != "REPLACE" {
			return invalidArgument("Unknown metadata directive.", strings.ToLower(name), value)
		}
	}
	redirect, redirected := d.Headers["X-Amz-Website-Redirect-Location"]
	if h.Get("X-Amz-Metadata-Directive") != "REPLACE" {
		itself := s.bucket == c.params["Bucket"] && s.key == c.params["Key"] && s.asked == ""
		changed := h.Get("X-Amz-Server-Side-Encryption") != "" || h.Get("X-Amz-Storage-Class") != "" || redirected ||
			h.Get("X-Amz-Checksum-Algorithm") != "" || s.version.Encryption != d.Encryption
		if itself && !changed {
			return fail(http.StatusBadRequest,
				"InvalidRequest",
				"This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage "+
					"class, website redirect location or encryption attributes.")
		}
		d.Metadata = s.version.Metadata
		d.Headers = map[string]string{}
		for name, value := range s.version.Headers {
			if name != "X-Amz-Website-Redirect-Location" { // never copied
				d.Headers[name] = value
			}
		}
		if redirected {
			d.Headers["X-Amz-Website-Redirect-Location"] = redirect
		}
	}
	if h.Get("X-Amz-Tagging-Directive") != "REPLACE" {
		d.Tags = s.version.Tags
		if len(d.Tags) > 0 {
			if err := c.s3ask(getTaggingAction.named(s.asked), s.bucket, s.key); err != nil {
				return err
			}
			if err := c.s3authorizeObject("s3:PutObjectTagging", requestTagKeys(d.Tags)); err != nil {
				return err
			}
		}
	}
	return nil
}

// digest gives a copy its ETag and checksum. They are taken from the source when they are
// valid for the copy, and computed from the bytes otherwise: the copy of a multipart object
// has one part.
func (c *call) digest(v, from *version) error {
	algorithm := c.request.Header.Get("X-Amz-Checksum-Algorithm")
	if algorithm == "" {
		algorithm = orDefault(from.Checksum.Algorithm, "CRC64NVME")
	}
	known, ok := checksumNamed(algorithm)
	if !ok {
		return fail(http.StatusBadRequest, "InvalidRequest",
			"Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
	}
	plain := from.Encryption.Algorithm == "AES256" && len(from.Parts) == 0
	if plain && from.Checksum.Algorithm == known.name && from.Checksum.Type == fullObject {
		sum, err := hex.DecodeString(from.ETag)
		if err != nil {
			return err
		}
		v.ETag, v.Checksum = v.Encryption.etag(sum), from.Checksum
		return nil
	}
	sums := newSink(known.name)
	if err := c.account.copyOut(sums, from.Segments, 0, from.Size); err != nil {
		return err
	}
	v.ETag, v.Checksum = v.Encryption.etag(sums.md5.Sum(nil)), sums.kept()[known.name]
	return nil
}

func serveUploadPartCopy(c *call) error {
	s, err := c.source()
	if err != nil {
		return err
	}
	defer func() { c.account.letGo(s.version.Segments) }()
	if err := s.active(); err != nil {
		return err
	}
	if err := c.s3authorizeObject("s3:PutObject", c.writeKeys(false)); err != nil {
		return err
	}
	number, u, err := c.part()
	if err != nil {
		return err
	}
	r := byteRange{size: s.version.Size}
	if header := c.request.Header.Get("X-Amz-Copy-Source-Range"); header != "" {
		if r, err = rangeOf(header, s.version.Size); err != nil {
			return err
		}
		if r.whole {
			return invalidArgument(
				"The x-amz-copy-source-range value must be of the form bytes=first-last where first and last "+
					"are the zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", header)
		}
	}
	segments := cut(s.version.Segments, r.from, r.size)
	sums := newSink(u.Algorithm)
	if err := c.account.copyOut(sums, segments, 0, r.size); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	c.account.s3().references.hold(segments)
	p := part{
		Number: number, Size: r.size, ETag: hex.EncodeToString(sums.md5.Sum(nil)), Checksum: sums.kept()[u.Algorithm],
		Modified: c.now.Truncate(time.Second), Segments: segments,
	}
	if err := c.addPart(u, p); err != nil {
		return err
	}
	u.Encryption.headers(c.writer.Header())
	return c.document("CopyPartResult", copyResult{
		LastModified: stamp(p.Modified), ETag: quote(p.ETag), checksumElements: p.Checksum.elements(),
	})
}
