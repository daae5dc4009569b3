package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// actions with another name when the request names a version id.
var (
	getObjectAction     = objectAction{"s3:GetObject", "s3:GetObjectVersion"}
	getAttributesAction = objectAction{"s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"}
	getTaggingAction    = objectAction{"s3:GetObjectTagging", "s3:GetObjectVersionTagging"}
	putTaggingAction    = objectAction{"s3:PutObjectTagging", "s3:PutObjectVersionTagging"}
	deleteTaggingAction = objectAction{"s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"}
	getACLAction        = objectAction{"s3:GetObjectAcl", "s3:GetObjectVersionAcl"}
	putACLAction        = objectAction{"s3:PutObjectAcl", "s3:PutObjectVersionAcl"}
	getRetentionAction  = objectAction{"s3:GetObjectRetention", "s3:GetObjectRetention"}
	putRetentionAction  = objectAction{"s3:PutObjectRetention", "s3:PutObjectRetention"}
	getLegalHoldAction  = objectAction{"s3:GetObjectLegalHold", "s3:GetObjectLegalHold"}
	putLegalHoldAction  = objectAction{"s3:PutObjectLegalHold", "s3:PutObjectLegalHold"}
)

func serveGetObject(c *call) error  { return c.serveObject(true) }
func serveHeadObject(c *call) error { return c.serveObject(false) }

// serveObject answers with an object's headers and, for a GET, its bytes.
func (c *call) serveObject(body bool) error {
	var t versionTarget
	for {
		var err error
		if t, err = c.s3authorizeTarget(getObjectAction); err != nil {
			return err
		}
		if c.hold(c.params["Bucket"], c.params["Key"], t) {
			break // otherwise it was replaced in the meantime: find it again
		}
	}
	defer c.account.letGo(t.version.Segments)
	if body {
		if err := t.version.archived(); err != nil {
			return err
		}
		if _, err := c.useKey("kms:Decrypt", c.params["Bucket"], c.params["Key"], t.version.Encryption); err != nil {
			return err
		}
	}
	return c.answerObject(t, body)
}

// archived is the error of reading an object of an archive class, which must be restored
// first (API reference, "GetObject"). S3 Glacier Instant Retrieval needs no restore. Nothing
// can be restored here.
func (v *version) archived() error {
	if v.StorageClass != "GLACIER" && v.StorageClass != "DEEP_ARCHIVE" {
		return nil
	}
	return &apiError{
		status: http.StatusForbidden, code: "InvalidObjectState", message: "The operation is not valid for the object's storage class",
		extra: map[string]string{"StorageClass": v.StorageClass},
	}
}

// hold keeps a version's bytes until they are released; false when the version no longer
// exists.
func (c *call) hold(bucketName, key string, t versionTarget) (held bool) {
	c.account.view(func() {
		b, ok := c.account.s3().Buckets[bucketName]
		if ok && b.version(key, t.version.ID) == t.kept {
			c.account.s3().references.hold(t.version.Segments)
			held = true
		}
	})
	return held
}

func (c *call) answerObject(t versionTarget, body bool) error {
	v, h := t.version, c.writer.Header()
	h.Set("Last-Modified", v.Modified.Format(http.TimeFormat))
	h.Set("ETag", quote(v.ETag))
	if t.shown {
		h.Set("X-Amz-Version-Id", v.ID)
	}
	switch condition := preconditionOf(c.request.Header, "").refuses(v); condition {
	case "":
	case "If-None-Match", "If-Modified-Since":
		c.writer.WriteHeader(http.StatusNotModified)
		return nil
	default:
		return preconditionFailed(condition)
	}
	r, part, err := c.stretch(v)
	if err != nil {
		return err
	}
	c.objectHeaders(t)
	if strings.EqualFold(c.request.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		// A range has no checksum unless it is one of the parts.
		switch {
		case part != nil && !part.Checksum.zero():
			if v.Checksum.Type == composite {
				kept{part.Checksum.Algorithm, part.Checksum.Value, composite}.headers(h)
			}
		case r.whole:
			v.Checksum.headers(h)
		}
	}
	for name, header := range map[string]string{
		"response-content-type": "Content-Type", "response-content-language": "Content-Language", "response-expires": "Expires",
		"response-cache-control": "Cache-Control", "response-content-disposition": "Content-Disposition",
		"response-content-encoding": "Content-Encoding",
	} {
		if value := c.request.URL.Query().Get(name); value != "" {
			if c.caller.anonymous {
				return fail(http.StatusBadRequest, "InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests.")
			}
			h.Set(header, value)
		}
	}
	h.Set("Content-Length", strconv.FormatInt(r.size, 10))
	status := http.StatusOK
	if !r.whole {
		status = http.StatusPartialContent
		h.Set("Content-Range", "bytes "+strconv.FormatInt(r.from, 10)+"-"+strconv.FormatInt(r.from+r.size-1, 10)+"/"+
			strconv.FormatInt(v.Size, 10))
	}
	c.writer.WriteHeader(status)
	if !body {
		return nil
	}
	return c.account.copyOut(c.writer, v.Segments, r.from, r.size)
}

// stretch is the part of a version that a request asks for: a range, a part, or all.
func (c *call) stretch(v *version) (byteRange, *part, error) {
	number := c.request.URL.Query().Get("partNumber")
	header := c.request.Header.Get("Range")
	if number == "" {
		r, err := rangeOf(header, v.Size)
		return r, nil, err
	}
	n, err := partNumber(number)
	if err != nil {
		return byteRange{}, nil, err
	}
	if header != "" {
		return byteRange{}, nil, fail(http.StatusBadRequest, "InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
	}
	if len(v.Parts) == 0 {
		if n != 1 {
			return byteRange{}, nil, noSuchPart(n)
		}
		// An empty object has one part, and no range to return.
		return byteRange{size: v.Size, whole: v.Size == 0}, nil, nil
	}
	c.writer.Header().Set("X-Amz-Mp-Parts-Count", strconv.Itoa(len(v.Parts)))
	from := int64(0)
	for i := range v.Parts {
		if i+1 == n {
			return byteRange{from: from, size: v.Parts[i].Size, whole: v.Parts[i].Size == 0}, &v.Parts[i], nil
		}
		from += v.Parts[i].Size
	}
	return byteRange{}, nil, noSuchPart(n)
}

func noSuchPart(n int) error {
	return &apiError{
		status: http.StatusRequestedRangeNotSatisfiable, code: "InvalidPartNumber", message: "The requested partnumber is not satisfiable",
		extra: map[string]string{"PartNumberRequested": strconv.Itoa(n)},
	}
}

// objectHeaders sets the headers that describe a version.
func (c *call) objectHeaders(t versionTarget) {
	v, h := t.version, c.writer.Header()
	h.Set("Accept-Ranges", "bytes")
	for name, value := range v.Headers {
		h.Set(name, value)
	}
	for name, value := range v.Metadata {
		// In lower case, as S3 writes it: some clients keep the case, and AWS's validation of
		// CloudTrail digests reads "signature".
		h["x-amz-meta-"+name] = []string{value}
	}
	v.Encryption.headers(h)
	if v.StorageClass != "" {
		h.Set("X-Amz-Storage-Class", v.StorageClass)
	}
	bucketName, key := c.params["Bucket"], c.params["Key"]
	if len(v.Tags) > 0 && c.s3may(getTaggingAction.named(t.asked), bucketName, key) {
		h.Set("X-Amz-Tagging-Count", strconv.Itoa(len(v.Tags)))
	}
	if v.Mode != "" && c.s3may("s3:GetObjectRetention", bucketName, key) {
		h.Set("X-Amz-Object-Lock-Mode", v.Mode)
		h.Set("X-Amz-Object-Lock-Retain-Until-Date", v.Until.Format(time.RFC3339))
	}
	if v.Hold && c.s3may("s3:GetObjectLegalHold", bucketName, key) {
		h.Set("X-Amz-Object-Lock-Legal-Hold", "ON")
	}
}

func (a objectAction) named(id string) string {
	if id != "" {
		return a.version
	}
	return a.plain
}

// storageClass is the storage class as listings show it.
func (v *version) storageClass() string {
	if v.StorageClass == "" {
		return "STANDARD"
	}
	return v.StorageClass
}

// objectAttributes is the answer of GetObjectAttributes.
type objectAttributes struct {
	ETag         string `xml:",omitempty"`
	Checksum     *attributesChecksum
	ObjectParts  *attributesParts
	StorageClass string `xml:",omitempty"`
	ObjectSize   *int64
}

type attributesChecksum struct {
	checksumElements
	ChecksumType string
}

type attributesParts struct {
	PartsCount           int
	PartNumberMarker     int
	NextPartNumberMarker int
	MaxParts             int
	IsTruncated          bool
	Part                 []attributesPart
}

type attributesPart struct {
	checksumElements
	PartNumber int
	Size       int64
}

func serveGetObjectAttributes(c *call) error {
	if _, err := c.s3authorizeTarget(getObjectAction); err != nil {
		return err
	}
	t, err := c.s3authorizeTarget(getAttributesAction)
	if err != nil {
		return err
	}
	v, h := t.version, c.writer.Header()
	wanted := strings.Join(c.request.Header.Values("X-Amz-Object-Attributes"), ",")
	if wanted == "" {
		return invalidArgument("The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
			"x-amz-object-attributes", "")
	}
	var out objectAttributes
	for name := range strings.SplitSeq(wanted, ",") {
		switch name = strings.TrimSpace(name); name {
		case "ETag":
			out.ETag = v.ETag // without quotes, only in this answer
		case "Checksum":
			out.Checksum = &attributesChecksum{v.Checksum.elements(), v.Checksum.Type}
		case "StorageClass":
			out.StorageClass = v.storageClass()
		case "ObjectSize":
			out.ObjectSize = new(v.Size)
		case "ObjectParts":
			if len(v.Parts) > 0 {
				if out.ObjectParts, err = c.attributesParts(v); err != nil {
					return err
				}
			}
		default:
			return invalidArgument("Invalid attribute name specified.", "x-amz-object-attributes", name)
		}
	}
	h.Set("Last-Modified", v.Modified.Format(http.TimeFormat))
	if t.shown {
		h.Set("X-Amz-Version-Id", v.ID)
	}
	return c.document("GetObjectAttributesResponse", out)
}

func (c *call) attributesParts(v *version) (*attributesParts, error) {
	size, err := pageSizeOf(orDefault(c.request.Header.Get("X-Amz-Max-Parts"), "1000"), maxPage)
	if err != nil {
		return nil, invalidArgument("Argument max-parts must be an integer between 0 and 2147483647", "x-amz-max-parts",
			c.request.Header.Get("X-Amz-Max-Parts"))
	}
	marker, err := pageSizeOf(orDefault(c.request.Header.Get("X-Amz-Part-Number-Marker"), "0"), maxParts)
	if err != nil {
		return nil, invalidArgument("Argument part-number-marker must be an integer between 0 and 2147483647", "x-amz-part-number-marker",
			c.request.Header.Get("X-Amz-Part-Number-Marker"))
	}
	out := &attributesParts{PartsCount: len(v.Parts), PartNumberMarker: marker, MaxParts: size}
	if v.Checksum.Type != composite {
		return out, nil // S3 lists the parts only when they have checksums
	}
	for _, p := range v.Parts {
		if p.Number <= marker {
			continue
		}
		if len(out.Part) == size {
			out.IsTruncated = true
			break
		}
		out.Part = append(out.Part, attributesPart{p.Checksum.elements(), p.Number, p.Size})
		out.NextPartNumberMarker = p.Number
	}
	return out, nil
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
