package sandbox

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// keptHeaders are the headers of an upload that S3 returns with the object.
func keptHeaders() []string {
	return []string{
		"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires",
		"X-Amz-Website-Redirect-Location",
	}
}

func storageClasses() []string {
	return []string{
		"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR",
	}
}

// maxMetadata is the maximum size of an object's user metadata.
const maxMetadata = 2 << 10

// attributesOf reads the attributes of an upload's object.
func attributesOf(h http.Header) (attributes, error) {
	out := attributes{Headers: map[string]string{"Content-Type": "binary/octet-stream"}, Metadata: map[string]string{}}
	for _, name := range keptHeaders() {
		if value := h.Get(name); value != "" {
			out.Headers[name] = value
		}
	}
	size := 0
	for name, values := range h {
		if meta, ok := strings.CutPrefix(name, "X-Amz-Meta-"); ok {
			value := strings.Join(values, ",")
			out.Metadata[strings.ToLower(meta)] = value
			size += len(meta) + len(value)
		}
	}
	if size > maxMetadata {
		return out, &apiError{
			status: http.StatusBadRequest, code: "MetadataTooLarge", message: "Your metadata headers exceed the maximum allowed metadata size",
			extra: map[string]string{"Size": strconv.Itoa(size), "MaxSizeAllowed": strconv.Itoa(maxMetadata)},
		}
	}
	if class := h.Get("X-Amz-Storage-Class"); class != "" {
		if !slices.Contains(storageClasses(), class) {
			return out, fail(http.StatusBadRequest, "InvalidStorageClass", "The storage class you specified is not valid")
		}
		if class != "STANDARD" {
			out.StorageClass = class
		}
	}
	tags, err := headerTags(h.Get("X-Amz-Tagging"))
	if err != nil {
		return out, err
	}
	out.Tags = tags
	return out, checkTags(tags, maxObjectTags)
}

// headerTags reads tags that are written as a query string.
func headerTags(header string) ([]tag, error) {
	if header == "" {
		return nil, nil
	}
	var tags []tag
	for pair := range strings.SplitSeq(header, "&") {
		name, value, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(name)
		if err == nil {
			value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, invalidArgument(
				"The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
				"x-amz-tagging", header)
		}
		tags = append(tags, tag{key, value})
	}
	return tags, nil
}

// encryptionOf returns the encryption of an upload: from the request, or the bucket's
// default.
func (c *call) encryptionOf(b *bucket) (sse, error) {
	h := c.request.Header
	rule := defaultEncryption().Rule[0]
	if b.Settings.Encryption != nil {
		rule = b.Settings.Encryption.Rule[0]
	}
	if h.Get("X-Amz-Server-Side-Encryption-Customer-Algorithm") != "" {
		if rule.Blocked != nil && slices.Contains(rule.Blocked.EncryptionType, "SSE-C") {
			return sse{}, accessDenied()
		}
		return sse{}, fail(http.StatusNotImplemented, "NotImplemented", "The demo account does not encrypt with keys that customers provide")
	}
	asked, key := h.Get("X-Amz-Server-Side-Encryption"), h.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
	out := sse{Algorithm: rule.Apply.Algorithm, Key: rule.Apply.Key, BucketKey: rule.BucketKey != nil && *rule.BucketKey}
	switch asked {
	case "":
		if key != "" {
			return out, invalidArgument(
				"Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
				"x-amz-server-side-encryption", "null")
		}
	case "AES256", "aws:kms", "aws:kms:dsse":
		if asked == "AES256" && key != "" {
			return out, invalidArgument(
				"Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
				"x-amz-server-side-encryption", asked)
		}
		if asked != out.Algorithm || key != "" {
			out.Key = key
		}
		out.Algorithm = asked
	default:
		return out, invalidArgument("The encryption method specified is not supported", "x-amz-server-side-encryption", asked)
	}
	if out.Algorithm == "AES256" {
		return sse{Algorithm: out.Algorithm}, nil
	}
	if given := h.Get("X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"); given != "" {
		out.BucketKey = strings.EqualFold(given, "true")
	}
	out.Key = c.account.keyARN(b.Region, out.Key)
	return out, nil
}

// keyARN returns the ARN of a KMS key; without a name, of the AWS managed key for S3.
func (a *Account) keyARN(region, key string) string {
	switch {
	case strings.HasPrefix(key, "arn:"):
		return key
	case key == "":
		key = "00000000-5333-4000-8000-" + a.id
	}
	if !strings.HasPrefix(key, "alias/") {
		key = "key/" + key
	}
	return "arn:aws:kms:" + region + ":" + a.id + ":" + key
}

func (e sse) headers(h http.Header) {
	if e.Algorithm == "" {
		return
	}
	h.Set("X-Amz-Server-Side-Encryption", e.Algorithm)
	if e.Key != "" {
		h.Set("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", e.Key)
	}
	if e.BucketKey {
		h.Set("X-Amz-Server-Side-Encryption-Bucket-Key-Enabled", "true")
	}
}

// etag returns an object's ETag: the MD5 of its bytes, but a random value with KMS
// encryption, so that nobody uses an ETag as a checksum.
func (e sse) etag(sum []byte) string {
	if e.Algorithm != "AES256" {
		return hex.EncodeToString(randomBytes(len(sum)))
	}
	return hex.EncodeToString(sum)
}

// authorizeWrite checks every permission that a write of an object needs.
func (c *call) authorizeWrite(action string, creates bool) error {
	keys := c.writeKeys(creates)
	if err := c.s3authorizeObject(action, keys); err != nil {
		return err
	}
	h := c.request.Header
	acl := h.Get("X-Amz-Acl")
	for _, need := range []struct {
		when   bool
		action string
	}{
		{h.Get("X-Amz-Tagging") != "", "s3:PutObjectTagging"},
		{h.Get("X-Amz-Object-Lock-Mode") != "", "s3:PutObjectRetention"},
		{h.Get("X-Amz-Object-Lock-Legal-Hold") != "", "s3:PutObjectLegalHold"},
		{acl != "" && acl != "bucket-owner-full-control", "s3:PutObjectAcl"},
	} {
		if !need.when {
			continue
		}
		if err := c.s3authorizeObject(need.action, keys); err != nil {
			return err
		}
	}
	return nil
}

// draft is an object to write: everything except its bytes.
type draft struct {
	attributes
	lock
	conditions writeConditions
}

// draftOf reads the headers of a request that makes an object.
func (c *call) draftOf() (d draft, err error) {
	if d.attributes, err = attributesOf(c.request.Header); err != nil {
		return d, err
	}
	if d.conditions, err = writeConditionsOf(c.request.Header); err != nil {
		return d, err
	}
	err = c.readBucket(func(b *bucket) error {
		if err := c.checkObjectACL(b); err != nil {
			return err
		}
		if d.Encryption, err = c.encryptionOf(b); err != nil {
			return err
		}
		d.lock, err = lockOf(c.request.Header, b, c.now)
		return err
	})
	if err == nil {
		d.Encryption.Key, err = c.useKey("kms:GenerateDataKey", c.params["Bucket"], c.params["Key"], d.Encryption)
	}
	return d, err
}

// checkObjectACL checks the ACL of an upload. Where ACLs are disabled, it may only say that
// the bucket owner has full control.
func (c *call) checkObjectACL(b *bucket) error {
	name := c.request.Header.Get("X-Amz-Acl")
	if name == "" {
		return nil
	}
	grants, ok := cannedACLs()[name]
	if !ok {
		return invalidArgument("The canned ACL is not one that S3 knows", "x-amz-acl", name)
	}
	if b.ownership() == ownerEnforced && name != "bucket-owner-full-control" {
		return noACLs()
	}
	if acl := c.account.ownACL(grants...); acl.public() && c.account.blockOf(b).BlockPublicAcls {
		return accessDenied()
	}
	return nil
}

func servePutObject(c *call) error {
	if err := c.authorizeWrite("s3:PutObject", true); err != nil {
		return err
	}
	if c.request.Header.Get("X-Amz-Write-Offset-Bytes") != "" {
		return fail(http.StatusNotImplemented, "NotImplemented", "Only directory buckets take appended bytes")
	}
	d, err := c.draftOf()
	if err != nil {
		return err
	}
	want, err := askedChecksum(c.request.Header)
	if err != nil {
		return err
	}
	watched, done := c.watch(d.conditions)
	defer done()
	in, err := c.receive(want)
	if err != nil {
		return err
	}
	v := &version{
		ID: newVersionID(), Modified: c.now.Truncate(time.Second), Segments: in.segments, Size: in.size, ETag: d.Encryption.etag(in.md5),
		Checksum: in.sum, attributes: d.attributes, lock: d.lock,
	}
	if err := c.commit(v, d.conditions, watched, nil); err != nil {
		return err
	}
	h := c.writer.Header()
	h.Set("ETag", quote(v.ETag))
	v.Checksum.headers(h)
	return c.empty(http.StatusOK)
}

// commit makes v the current version of the request's key, if the conditions hold, and sets
// the headers of every write's answer. v's segments must be held; they are released on
// failure. also runs first, under the same lock.
func (c *call) commit(v *version, w writeConditions, watched *conditionalWrite, also func(*bucket) error) error {
	key := c.params["Key"]
	var replaced *version
	var id string
	err := c.changeBucket(func(b *bucket) error {
		if err := w.check(key, b.latest(key), watched.overtaken); err != nil {
			return err
		}
		if also != nil {
			if err := also(b); err != nil {
				return err
			}
		}
		replaced = b.add(key, v)
		if b.Settings.Versioning == versioningEnabled {
			id = v.ID
		}
		return nil
	})
	if err != nil {
		c.account.letGo(v.Segments)
		return err
	}
	if replaced != nil {
		c.account.letGo(replaced.Segments)
	}
	h := c.writer.Header()
	if id != "" {
		h.Set("X-Amz-Version-Id", id)
	}
	v.Encryption.headers(h)
	return nil
}
