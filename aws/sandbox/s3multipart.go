package sandbox

import (
	"crypto/md5" //nolint:gosec // S3's ETag, not a protection
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxParts = 10000
	minPart  = 5 << 20
)

func noSuchUpload(id string) error {
	return &apiError{
		status: http.StatusNotFound, code: "NoSuchUpload", extra: map[string]string{"UploadId": id},
		message: "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
	}
}

type initiateResult struct {
	Bucket   string
	Key      string
	UploadId string
}

func serveCreateMultipartUpload(c *call) error {
	if err := c.authorizeWrite("s3:PutObject", false); err != nil {
		return err
	}
	d, err := c.draftOf()
	if err != nil {
		return err
	}
	algorithm, kind, err := uploadChecksum(c.request.Header)
	if err != nil {
		return err
	}
	u := &upload{
		ID:     base64.RawURLEncoding.EncodeToString(randomBytes(48)),
		Bucket: c.params["Bucket"], Key: c.params["Key"], Started: c.now.Truncate(time.Second), Initiator: c.initiator(),
		Algorithm: algorithm, Type: kind, Explicit: c.request.Header.Get("X-Amz-Checksum-Algorithm") != "", Parts: map[int]part{},
		attributes: d.attributes, lock: d.lock,
	}
	if err := c.changeBucket(func(b *bucket) error { b.uploads[u.ID] = u; return nil }); err != nil {
		return err
	}
	h := c.writer.Header()
	u.Encryption.headers(h)
	h.Set(checksumHeader+"Algorithm", algorithm)
	h.Set(checksumHeader+"Type", kind)
	return c.document("InitiateMultipartUploadResult", initiateResult{u.Bucket, u.Key, u.ID})
}

// uploadChecksum is the checksum of a multipart upload and its type ("Checking object
// integrity" lists the types of each algorithm).
func uploadChecksum(h http.Header) (algorithm, kind string, err error) {
	name, kind := h.Get("X-Amz-Checksum-Algorithm"), h.Get("X-Amz-Checksum-Type")
	c, ok := checksumNamed(orDefault(name, "CRC64NVME"))
	if !ok {
		return "", "", fail(http.StatusBadRequest, "InvalidRequest",
			"Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
	}
	switch kind {
	case "":
		kind = composite
		if c.name == "CRC64NVME" {
			kind = fullObject
		}
	case fullObject, composite:
	default:
		return "", "", fail(http.StatusBadRequest, "InvalidRequest", "Value for x-amz-checksum-type header is invalid.")
	}
	if kind == fullObject && c.poly == 0 || kind == composite && c.name == "CRC64NVME" {
		return "", "", failf(http.StatusBadRequest, "InvalidRequest", "The %s checksum type cannot be used with the %s checksum algorithm.", kind,
			strings.ToLower(c.name))
	}
	return c.name, kind, nil
}

// partNumber reads a part's number.
func partNumber(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxParts {
		return 0, invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", text)
	}
	return n, nil
}

// part reads which part of which upload a request names. The returned upload is a copy
// without its parts.
func (c *call) part() (int, *upload, error) {
	n, err := partNumber(c.request.URL.Query().Get("partNumber"))
	if err != nil {
		return 0, nil, err
	}
	var u upload
	err = c.readUpload(func(_ *bucket, kept *upload) { u = *kept; u.Parts = nil })
	return n, &u, err
}

// readUpload runs read with the request's upload while nothing can change.
func (c *call) readUpload(read func(*bucket, *upload)) error {
	id := c.request.URL.Query().Get("uploadId")
	return c.readBucket(func(b *bucket) error {
		u, ok := b.uploads[id]
		if !ok || u.Key != c.params["Key"] {
			return noSuchUpload(id)
		}
		read(b, u)
		return nil
	})
}

func serveUploadPart(c *call) error {
	if err := c.s3authorizeObject("s3:PutObject", c.writeKeys(false)); err != nil {
		return err
	}
	number, u, err := c.part()
	if err != nil {
		return err
	}
	want, err := askedChecksum(c.request.Header)
	if err != nil {
		return err
	}
	given := want.value != "" || want.trailer
	if given && u.Explicit && want.algorithm.name != u.Algorithm {
		return failf(http.StatusBadRequest,
			"InvalidRequest", "Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s", strings.ToLower(u.Algorithm),
			strings.ToLower(want.algorithm.name))
	}
	in, err := c.receive(want, u.Algorithm)
	if err != nil {
		return err
	}
	p := part{
		Number: number, Size: in.size, ETag: hex.EncodeToString(in.md5), Checksum: in.sums[u.Algorithm],
		Modified: c.now.Truncate(time.Second), Segments: in.segments,
	}
	if err := c.addPart(u, p); err != nil {
		return err
	}
	h := c.writer.Header()
	h.Set("ETag", quote(p.ETag))
	u.Encryption.headers(h)
	shown := in.sum
	shown.Type = "" // a part's checksum has no type
	shown.headers(h)
	return c.empty(http.StatusOK)
}

// addPart puts a part, whose segments are held, into its upload. It replaces an earlier part
// of the same number.
func (c *call) addPart(u *upload, p part) error {
	p.Checksum.Type = ""
	var replaced []segment
	err := c.changeBucket(func(b *bucket) error {
		now, ok := b.uploads[u.ID]
		if !ok {
			return noSuchUpload(u.ID) // aborted or completed in the meantime
		}
		replaced = now.Parts[p.Number].Segments
		now.Parts[p.Number] = p
		return nil
	})
	if err != nil {
		replaced = p.Segments
	}
	c.account.letGo(replaced)
	return err
}

type completeDocument struct {
	Part []completePart `need:"yes"`
}

// completePart is flat, because the schema check does not support embedded fields.
type completePart struct {
	PartNumber        int
	ETag              string
	ChecksumCRC32     string
	ChecksumCRC32C    string
	ChecksumCRC64NVME string
	ChecksumSHA1      string
	ChecksumSHA256    string
	ChecksumSHA512    string
	ChecksumMD5       string
}

func (p completePart) checksums() checksumElements {
	return checksumElements{
		p.ChecksumCRC32, p.ChecksumCRC32C, p.ChecksumCRC64NVME, p.ChecksumSHA1, p.ChecksumSHA256, p.ChecksumSHA512, p.ChecksumMD5,
	}
}

type completeResult struct {
	Location string
	Bucket   string
	Key      string
	ETag     string
	checksumElements
	ChecksumType string
}

func serveCompleteMultipartUpload(c *call) error {
	if err := c.s3authorizeObject("s3:PutObject", c.writeKeys(true)); err != nil {
		return err
	}
	conditions, err := writeConditionsOf(c.request.Header)
	if err != nil {
		return err
	}
	// Checksum headers are about the whole object here, not about the document.
	raw, err := c.unverifiedBody()
	if err != nil {
		return err
	}
	var asked completeDocument
	if err := readXML(raw, "CompleteMultipartUpload", &asked); err != nil {
		return err
	}
	watched, done := c.watch(conditions)
	defer done()
	var u upload
	var all []part
	if err := c.readUpload(func(_ *bucket, kept *upload) { u, all = *kept, kept.sortedParts() }); err != nil {
		return err
	}
	v, err := c.assemble(&u, all, asked.Part)
	if err != nil {
		return err
	}
	c.account.s3().references.hold(v.Segments)
	var ended []part
	err = c.commit(v, conditions, watched, func(b *bucket) error {
		now, ok := b.uploads[u.ID]
		if !ok {
			return noSuchUpload(u.ID)
		}
		ended = now.sortedParts()
		delete(b.uploads, u.ID)
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range ended {
		c.account.letGo(p.Segments)
	}
	scheme := "https"
	if !c.secure {
		scheme = "http"
	}
	return c.document("CompleteMultipartUploadResult", completeResult{
		Location: scheme + "://" + c.request.Host + c.request.URL.EscapedPath(), Bucket: u.Bucket, Key: u.Key,
		ETag: quote(v.ETag), checksumElements: v.Checksum.elements(), ChecksumType: v.Checksum.Type,
	})
}

// assemble makes the object from the parts that the request lists.
func (c *call) assemble(u *upload, all []part, listed []completePart) (*version, error) {
	for i := range listed {
		if i > 0 && listed[i].PartNumber <= listed[i-1].PartNumber {
			return nil, fail(http.StatusBadRequest, "InvalidPartOrder",
				"The list of parts was not in ascending order. Parts must be ordered by part number.")
		}
	}
	byNumber := map[int]part{}
	for _, p := range all {
		byNumber[p.Number] = p
	}
	v := &version{ID: newVersionID(), Modified: c.now.Truncate(time.Second), attributes: u.attributes, lock: u.lock}
	etags := md5.New() //nolint:gosec // S3's ETag
	for _, want := range listed {
		p, ok := byNumber[want.PartNumber]
		checksums := want.checksums()
		given := checksums.of(u.Algorithm)
		if !ok || strings.Trim(want.ETag, `"`) != p.ETag || *given != "" && *given != p.Checksum.Value {
			return nil, &apiError{
				status: http.StatusBadRequest, code: "InvalidPart",
				message: "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag " +
					"may not match the part's entity tag.",
				extra: map[string]string{"UploadId": u.ID, "PartNumber": strconv.Itoa(want.PartNumber), "ETag": strings.Trim(want.ETag, `"`)},
			}
		}
		if *given == "" && u.Explicit && u.Type == composite {
			return nil, failf(http.StatusBadRequest, "InvalidRequest",
				"The upload was created using a %s checksum. The complete request must include the "+
					"checksum for each part. It was missing for part %d in the request.", strings.ToLower(u.Algorithm), p.Number)
		}
		sum, err := hex.DecodeString(p.ETag)
		if err != nil {
			return nil, err
		}
		_, _ = etags.Write(sum)
		v.Segments = append(v.Segments, p.Segments...)
		v.Size += p.Size
		v.Parts = append(v.Parts, part{Number: p.Number, Size: p.Size, Checksum: p.Checksum})
	}
	for _, p := range v.Parts[:len(v.Parts)-1] {
		if p.Size < minPart {
			return nil, &apiError{
				status: http.StatusBadRequest, code: "EntityTooSmall", message: "Your proposed upload is smaller than the minimum allowed size",
				extra: map[string]string{
					"ProposedSize": strconv.FormatInt(p.Size, 10), "MinSizeAllowed": strconv.Itoa(minPart), "PartNumber": strconv.Itoa(p.Number),
					"ETag": byNumber[p.Number].ETag,
				},
			}
		}
	}
	v.ETag = fmt.Sprintf("%s-%d", u.Encryption.etag(etags.Sum(nil)), len(listed))
	var err error
	if v.Checksum, err = wholeChecksum(u, v.Parts); err != nil {
		return nil, err
	}
	return v, c.verifyWhole(u, v)
}

// wholeChecksum is the checksum of the object made from parts: a CRC of all the bytes, or
// the checksum of the parts' checksums.
func wholeChecksum(u *upload, parts []part) (kept, error) {
	algorithm, ok := checksumNamed(u.Algorithm)
	if !ok {
		return kept{}, fmt.Errorf("sandbox: the upload has an unknown checksum %q", u.Algorithm)
	}
	var whole []byte
	of := algorithm.make()
	for i, p := range parts {
		sum, err := base64.StdEncoding.DecodeString(p.Checksum.Value)
		if err != nil {
			return kept{}, err
		}
		_, _ = of.Write(sum)
		switch {
		case u.Type == composite:
		case i == 0:
			whole = sum
		default:
			whole = combineCRC(algorithm, whole, sum, p.Size)
		}
	}
	if u.Type == composite {
		return kept{algorithm.name, fmt.Sprintf("%s-%d", encodeSum(of.Sum(nil)), len(parts)), composite}, nil
	}
	return kept{algorithm.name, encodeSum(whole), fullObject}, nil
}

// verifyWhole compares the object with the checksums of the completing request.
func (c *call) verifyWhole(u *upload, v *version) error {
	h := c.request.Header
	if kind := h.Get("X-Amz-Checksum-Type"); kind != "" && kind != u.Type {
		return failf(http.StatusBadRequest,
			"InvalidRequest", "The upload was created using the %s checksum mode. The complete request must use the same checksum mode.", u.Type)
	}
	if size := h.Get("X-Amz-Mp-Object-Size"); size != "" && size != strconv.FormatInt(v.Size, 10) {
		return failf(http.StatusBadRequest,
			"InvalidRequest", "The provided 'x-amz-mp-object-size' header value %s does not match what was computed: %d", size, v.Size)
	}
	for _, one := range checksums() {
		given := h.Get(one.header)
		if given == "" {
			continue
		}
		computed := v.Checksum.Value
		if u.Type == composite && !strings.Contains(given, "-") {
			computed, _, _ = strings.Cut(computed, "-")
		}
		if one.name != u.Algorithm || given != computed {
			return fail(http.StatusBadRequest, "BadDigest", "The "+strings.ToLower(one.name)+" you specified did not match the calculated checksum.")
		}
	}
	return nil
}

func serveAbortMultipartUpload(c *call) error {
	if err := c.s3authorizeObject("s3:AbortMultipartUpload"); err != nil {
		return err
	}
	id := c.request.URL.Query().Get("uploadId")
	var ended []part
	err := c.changeBucket(func(b *bucket) error {
		u, ok := b.uploads[id]
		if !ok || u.Key != c.params["Key"] {
			return noSuchUpload(id)
		}
		ended = u.sortedParts()
		delete(b.uploads, id)
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range ended {
		c.account.letGo(p.Segments)
	}
	return c.empty(http.StatusNoContent)
}
