package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// What other services of the account do in a bucket. An AWS service that delivers an object
// is a caller like any other: the bucket's policy must allow it, and the bucket's encryption
// and default retention apply to the object.

// delivery is an object that an AWS service writes.
type delivery struct {
	Bucket, Key string
	Principal   string // "cloudtrail.amazonaws.com"
	Source      string // ARN of what it works for: aws:SourceArn
	ContentType string
	Encoding    string            // Content-Encoding
	Metadata    map[string]string // user metadata, names in lower case
	Encryption  sse               // zero: the bucket's default
}

// putAsService delivers an object. Like CloudTrail, the service first checks that it may
// read the bucket's ACL, then writes with the ACL bucket-owner-full-control. It fails with
// NoSuchBucket or AccessDenied.
func (a *Account) putAsService(d delivery, body []byte) error {
	if err := a.mayDeliver(d.Bucket, d.Key, d.Principal, d.Source); err != nil {
		return err
	}
	return a.putObject(d, body)
}

// putObject writes an object for an authorised service: the bucket's policy allows it, or
// it works with the permissions of a caller, which were checked.
func (a *Account) putObject(d delivery, body []byte) error {
	w, err := a.blobs.create()
	if err != nil {
		return err
	}
	defer w.abort()
	sums := newSink("CRC64NVME")
	size, err := io.Copy(io.MultiWriter(w, sums), bytes.NewReader(body))
	if err != nil {
		return err
	}
	id, err := w.commit()
	if err != nil {
		return err
	}
	v := &version{
		ID: newVersionID(), Segments: []segment{{Blob: id, Size: size}}, Size: size, Checksum: sums.kept()["CRC64NVME"],
		attributes: attributes{Headers: map[string]string{"Content-Type": orDefault(d.ContentType, "binary/octet-stream")}, Metadata: d.Metadata},
	}
	if d.Encoding != "" {
		v.Headers["Content-Encoding"] = d.Encoding
	}
	a.s3().references.hold(v.Segments)
	now := a.now()
	v.Modified = now.Truncate(time.Second)
	// The bucket's settings decide the encryption and the retention; a delivery names
	// neither.
	plain := &call{account: a, request: &http.Request{Header: http.Header{}}}
	var replaced *version
	err = a.update("s3", func() error {
		b, ok := a.s3().Buckets[d.Bucket]
		if !ok {
			return noSuchBucket(d.Bucket)
		}
		var err error
		if v.Encryption, err = plain.encryptionOf(b); err != nil {
			return err
		}
		if d.Encryption.Algorithm != "" {
			v.Encryption = d.Encryption
		}
		v.ETag = v.Encryption.etag(sums.md5.Sum(nil))
		if v.lock, err = lockOf(http.Header{}, b, now); err != nil {
			return err
		}
		replaced = b.add(d.Key, v)
		return nil
	})
	if err != nil {
		a.letGo(v.Segments)
		return err
	}
	if replaced != nil {
		a.letGo(replaced.Segments)
	}
	return nil
}

// mayDeliver checks whether a bucket's policy allows a service to deliver an object.
// CreateTrail checks it before there is anything to deliver. It fails with NoSuchBucket or
// AccessDenied.
func (a *Account) mayDeliver(bucketName, key, principal, source string) error {
	found := false
	a.view(func() { _, found = a.s3().Buckets[bucketName] })
	if !found {
		return noSuchBucket(bucketName)
	}
	if err := a.authorizeService("s3", principal, "s3:GetBucketAcl", bucketARN(bucketName), source, nil); err != nil {
		return err
	}
	keys := map[string][]string{"s3:x-amz-acl": {"bucket-owner-full-control"}, "s3:ObjectCreationOperation": {"true"}}
	return a.authorizeService("s3", principal, "s3:PutObject", objectARN(bucketName, key), source, keys)
}

// objectBytes reads the current version of an object; false when there is none.
func (a *Account) objectBytes(bucketName, key string) ([]byte, bool, error) {
	var v *version
	a.view(func() {
		if b, ok := a.s3().Buckets[bucketName]; ok {
			if latest := b.latest(key); latest != nil && !latest.Marker {
				v = new(*latest)
				a.s3().references.hold(v.Segments)
			}
		}
	})
	if v == nil {
		return nil, false, nil
	}
	defer a.letGo(v.Segments)
	var out bytes.Buffer
	err := a.copyOut(&out, v.Segments, 0, v.Size)
	return out.Bytes(), err == nil, err
}

// objectKeys returns the keys of a bucket's current objects with the prefix, in order; nil
// when there is no such bucket.
func (a *Account) objectKeys(bucketName, prefix string) []string {
	var keys []string
	a.view(func() {
		b, ok := a.s3().Buckets[bucketName]
		if !ok {
			return
		}
		for g := range b.live.groups(span{prefix: prefix}) {
			keys = append(keys, g.name)
		}
	})
	return keys
}
