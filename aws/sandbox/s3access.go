package sandbox

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// conditionKeys are the condition keys that S3 adds to a request, and their values.
type conditionKeys map[string][]string

// s3authorize checks an action on the request's bucket.
func (c *call) s3authorize(action string, keys ...conditionKeys) error {
	return c.s3ask(action, c.params["Bucket"], "", keys...)
}

// s3authorizeObject checks an action on the request's object.
func (c *call) s3authorizeObject(action string, keys ...conditionKeys) error {
	return c.s3ask(action, c.params["Bucket"], c.params["Key"], keys...)
}

// s3authorizeList checks one of the actions that list a bucket.
func (c *call) s3authorizeList(action string, q url.Values) error {
	keys := conditionKeys{}
	for _, name := range []string{"prefix", "delimiter", "max-keys"} {
		if q.Has(name) {
			keys["s3:"+name] = []string{q.Get(name)}
		}
	}
	return c.s3authorize(action, keys)
}

func (c *call) s3ask(action, bucket, key string, more ...conditionKeys) error {
	resource := bucketARN(bucket)
	if key != "" {
		resource = objectARN(bucket, key)
	}
	if c.caller.anonymous && (c.account.restricted(bucket) || c.point != nil && c.point.block().RestrictPublicBuckets) {
		return accessDenied()
	}
	if c.point != nil {
		// Both the access point and its bucket must allow the request (S3 user guide,
		// "Configuring IAM policies for using access points").
		if err := c.authorize(action, c.pointResource(key), c.s3keys(more...)); err != nil {
			return err
		}
	}
	// The owner's root user can always reach a bucket's policy, so that nobody is locked out
	// for good (PutBucketPolicy, API reference).
	if c.caller.root() && (action == "s3:GetBucketPolicy" || action == "s3:PutBucketPolicy" || action == "s3:DeleteBucketPolicy") {
		return c.allow(action, resource)
	}
	return c.authorize(action, resource, c.s3keys(more...))
}

// s3may checks without failing the call.
func (c *call) s3may(action, bucket, key string) bool {
	resource := bucketARN(bucket)
	if key != "" {
		resource = objectARN(bucket, key)
	}
	if c.point != nil && !c.may(action, c.pointResource(key), c.s3keys()) {
		return false
	}
	return (!c.caller.anonymous || !c.account.restricted(bucket)) && c.may(action, resource, c.s3keys())
}

// restricted reports whether RestrictPublicBuckets refuses everyone outside the account:
// the bucket's policy is public, and the bucket or the account has the setting.
func (a *Account) restricted(name string) (yes bool) {
	a.view(func() {
		b, ok := a.s3().Buckets[name]
		if !ok || b.policy == nil {
			return
		}
		block := a.blockOf(b)
		yes = block.RestrictPublicBuckets && isPublic(*b.policy)
	})
	return yes
}

// blockOf returns the public access block that applies to a bucket: the strictest
// combination of its own and the account's.
func (a *Account) blockOf(b *bucket) publicAccessBlock {
	var out publicAccessBlock
	for _, one := range []*publicAccessBlock{b.Settings.PublicAccess, a.s3().AccountBlock} {
		if one != nil {
			out.BlockPublicAcls = out.BlockPublicAcls || one.BlockPublicAcls
			out.IgnorePublicAcls = out.IgnorePublicAcls || one.IgnorePublicAcls
			out.BlockPublicPolicy = out.BlockPublicPolicy || one.BlockPublicPolicy
			out.RestrictPublicBuckets = out.RestrictPublicBuckets || one.RestrictPublicBuckets
		}
	}
	return out
}

// s3keys returns the condition keys of every S3 request, and more.
func (c *call) s3keys(more ...conditionKeys) map[string][]string {
	out := map[string][]string{
		"s3:ResourceAccount":  {c.account.id},
		"aws:ResourceAccount": {c.account.id},
	}
	if c.point != nil {
		out["s3:DataAccessPointArn"] = []string{c.point.arn(c.account.id)}
		out["s3:DataAccessPointAccount"] = []string{c.account.id}
		out["s3:AccessPointNetworkOrigin"] = []string{c.point.origin()}
	}
	switch c.event.Signature {
	case "AuthHeader":
		out["s3:authType"] = []string{"REST-HEADER"}
		out["s3:signatureversion"] = []string{algorithm}
		if hash := c.request.Header.Get("X-Amz-Content-Sha256"); hash != "" {
			out["s3:x-amz-content-sha256"] = []string{hash}
		}
	case "QueryString":
		out["s3:authType"] = []string{"REST-QUERY-STRING"}
		out["s3:signatureversion"] = []string{algorithm}
		if signed, err := time.Parse("20060102T150405Z", c.request.URL.Query().Get("X-Amz-Date")); err == nil {
			out["s3:signatureAge"] = []string{strconv.FormatInt(c.now.Sub(signed).Milliseconds(), 10)}
		}
	}
	for _, keys := range more {
		maps.Copy(out, keys)
	}
	return out
}

// headerKeys are the condition keys from a request's headers: present when the header is.
func headerKeys() map[string]string {
	out := map[string]string{
		"X-Amz-Object-Lock-Mode":              "s3:object-lock-mode",
		"X-Amz-Object-Lock-Retain-Until-Date": "s3:object-lock-retain-until-date",
		"X-Amz-Object-Lock-Legal-Hold":        "s3:object-lock-legal-hold",
		"If-Match":                            "s3:if-match",
		"If-None-Match":                       "s3:if-none-match",
	}
	for _, name := range []string{
		"x-amz-acl", "x-amz-copy-source", "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp",
		"x-amz-grant-write", "x-amz-grant-write-acp", "x-amz-metadata-directive", "x-amz-object-ownership",
		"x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
		"x-amz-server-side-encryption-customer-algorithm", "x-amz-storage-class", "x-amz-website-redirect-location",
	} {
		out[http.CanonicalHeaderKey(name)] = "s3:" + name
	}
	return out
}

// writeKeys are the condition keys of a write of an object: its headers, its tags and
// whether it makes an object (s3:ObjectCreationOperation is false for the steps of a
// multipart upload before the last).
func (c *call) writeKeys(creates bool) conditionKeys {
	keys := conditionKeys{"s3:ObjectCreationOperation": {strconv.FormatBool(creates)}}
	for header, name := range headerKeys() {
		if value := c.request.Header.Get(header); value != "" {
			keys[name] = []string{value}
		}
	}
	if until, err := time.Parse(time.RFC3339, c.request.Header.Get("X-Amz-Object-Lock-Retain-Until-Date")); err == nil {
		keys["s3:object-lock-remaining-retention-days"] = []string{remainingDays(c.now, until)}
	}
	if tags, err := headerTags(c.request.Header.Get("X-Amz-Tagging")); err == nil {
		maps.Copy(keys, requestTagKeys(tags))
	}
	return keys
}

func remainingDays(now, until time.Time) string {
	return strconv.Itoa(int(until.Sub(now).Hours()+23) / 24)
}

func requestTagKeys(tags []tag) conditionKeys {
	keys := conditionKeys{}
	for _, t := range tags {
		keys["s3:RequestObjectTag/"+t.Key] = []string{t.Value}
		keys["s3:RequestObjectTagKeys"] = append(keys["s3:RequestObjectTagKeys"], t.Key)
	}
	return keys
}

func existingTagKeys(tags []tag) conditionKeys {
	keys := conditionKeys{}
	for _, t := range tags {
		keys["s3:ExistingObjectTag/"+t.Key] = []string{t.Value}
	}
	return keys
}

// settingKeys returns the condition keys of a change to a bucket's setting.
func (c *call) settingKeys() []conditionKeys {
	keys := conditionKeys{}
	for header, name := range headerKeys() {
		if value := c.request.Header.Get(header); value != "" {
			keys[name] = []string{value}
		}
	}
	return []conditionKeys{keys}
}

// An objectAction is an IAM action with a second name for requests that name a version:
// GetObject and GetObjectVersion.
type objectAction struct{ plain, version string }

// versionTarget is the version that a request is about, after authorisation.
type versionTarget struct {
	version *version // a copy: tags and retention of the real one may change
	kept    *version // the real one; use it only under the lock
	asked   string   // version id asked for; empty: the latest
	shown   bool     // the bucket shows version ids
}

// s3authorizeTarget authorises an operation on an object or one of its versions, and finds
// it. A missing key is NoSuchKey only for a caller who may list the bucket; for others it is
// AccessDenied, so that they cannot guess names.
func (c *call) s3authorizeTarget(action objectAction, more ...conditionKeys) (versionTarget, error) {
	return c.s3target(c.params["Bucket"], c.params["Key"], c.request.URL.Query().Get("versionId"), action, more...)
}

func (c *call) s3target(bucket, key, id string, action objectAction, more ...conditionKeys) (versionTarget, error) {
	t := versionTarget{asked: id}
	var tags []tag
	var missing error
	c.account.view(func() {
		b, ok := c.account.s3().Buckets[bucket]
		if !ok {
			missing = noSuchBucket(bucket)
			return
		}
		t.shown = b.versioned()
		if id == "" {
			t.kept = b.latest(key)
		} else {
			t.kept = b.version(key, id)
		}
		if t.kept != nil {
			t.version = new(*t.kept)
			tags = t.version.Tags
		}
	})
	if missing != nil {
		return t, missing
	}
	name := action.plain
	if id != "" {
		name = action.version
		more = append(more, conditionKeys{"s3:VersionId": {id}})
	}
	if err := c.s3ask(name, bucket, key, append(more, existingTagKeys(tags))...); err != nil {
		return t, err
	}
	if t.version != nil && !t.version.Marker {
		return t, nil
	}
	list := "s3:ListBucket"
	if id != "" {
		list = "s3:ListBucketVersions"
	}
	if t.version == nil && !c.s3may(list, bucket, "") {
		return t, c.denied(list, bucketARN(bucket), "because no identity-based policy allows the "+list+" action")
	}
	h := c.writer.Header()
	switch {
	case t.version == nil && id != "":
		return t, noSuchVersion(key, id)
	case t.version == nil:
		return t, noSuchKey(key)
	}
	h.Set("X-Amz-Delete-Marker", "true")
	h.Set("X-Amz-Version-Id", t.version.ID)
	if id == "" {
		return t, noSuchKey(key)
	}
	h.Set("Allow", "DELETE")
	h.Set("Last-Modified", t.version.Modified.Format(http.TimeFormat))
	return t, &apiError{
		status: http.StatusMethodNotAllowed, code: "MethodNotAllowed", message: "The specified method is not allowed against this resource.",
		extra: map[string]string{"Method": c.request.Method, "ResourceType": "DeleteMarker"},
	}
}

// noSuchVersion distinguishes an invalid id from the id of a deleted version.
func noSuchVersion(key, id string) error {
	if id != nullVersion && (len(id) != versionIDLength || strings.Trim(id, versionAlphabet) != "") {
		return invalidArgument("Invalid version id specified", "versionId", id)
	}
	return &apiError{
		status: http.StatusNotFound, code: "NoSuchVersion", message: "The specified version does not exist.",
		extra: map[string]string{"Key": key, "VersionId": id},
	}
}

const (
	versionIDLength = 32
	versionAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._"
)

// newVersionID makes a version id in the format of S3.
func newVersionID() string {
	id := randomBytes(versionIDLength)
	for i := range id {
		id[i] = versionAlphabet[int(id[i])%len(versionAlphabet)]
	}
	return string(id)
}
