package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"claria/aws/policy"
)

// s3State is S3's state.
type s3State struct {
	Buckets map[string]*bucket `json:"buckets"`
	// AccountBlock is the account's public access block; S3 Control sets it.
	AccountBlock *publicAccessBlock `json:"accountBlock,omitempty"`
	AccessPoints []accessPoint      `json:"accessPoints,omitempty"`
	AccessGrants []*grantsInstance  `json:"accessGrants,omitempty"`

	references blobReferences
}

func (a *Account) s3() *s3State { return stateOf[s3State](a, "s3") }

func s3Service() *service {
	routes := s3routes()
	return &service{
		name:     "s3",
		protocol: restXML,
		match:    func(r *http.Request) bool { return !isS3Control(r) },
		route:    func(c *call) *operation { return routeS3(c, routes) },
		state:    func() any { return &s3State{Buckets: map[string]*bucket{}} },
		load:     loadS3,
		blobs: func(a *Account, use func(string)) {
			for id := range a.s3().references.used {
				use(id)
			}
		},
		resourcePolicy: bucketPolicy,
	}
}

// level is what a request's address names: the service, a bucket or an object.
type level int

const (
	accountLevel level = iota
	bucketLevel
	objectLevel
)

// s3route is one row of the table of operations. A request is of the first row whose
// method, level, query parameters and header all match.
type s3route struct {
	method string
	level  level
	query  []string // "uploads", or "list-type=2" where the value matters too
	header string
	operation
}

// s3routes is the table of operations, special ones before plain ones. The actions are
// those of the Service Authorization Reference for Amazon S3.
func s3routes() []s3route {
	const object, bucket = objectLevel, bucketLevel
	get, put, del, post, head := http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPost, http.MethodHead
	on := func(query ...string) []string { return query }
	routes := []s3route{
		{get, accountLevel, nil, "", operation{name: "ListBuckets", action: "ListAllMyBuckets", serve: serveListBuckets}},

		{put, bucket, on("intelligent-tiering", "id"), "", operation{name: "PutBucketIntelligentTieringConfiguration", action: "PutIntelligentTieringConfiguration", write: true, serve: servePutTiering}},
		{get, bucket, on("intelligent-tiering", "id"), "", *notImplemented(get, "intelligent-tiering with an id")},
		{get, bucket, on("intelligent-tiering"), "", operation{name: "ListBucketIntelligentTieringConfigurations", action: "GetIntelligentTieringConfiguration", serve: serveListTiering}},
		{get, bucket, on("location"), "", operation{name: "GetBucketLocation", serve: serveGetBucketLocation}},
		{get, bucket, on("policyStatus"), "", operation{name: "GetBucketPolicyStatus", serve: serveGetBucketPolicyStatus}},
		{get, bucket, on("uploads"), "", operation{name: "ListMultipartUploads", action: "ListBucketMultipartUploads", data: true, serve: serveListMultipartUploads}},
		{get, bucket, on("versions"), "", operation{name: "ListObjectVersions", action: "ListBucketVersions", data: true, serve: serveListObjectVersions}},
		{get, bucket, on("list-type=2"), "", operation{name: "ListObjectsV2", action: "ListBucket", data: true, serve: serveListObjectsV2}},
		{post, bucket, on("delete"), "", operation{name: "DeleteObjects", action: "DeleteObject", write: true, data: true, serve: serveDeleteObjects}},

		{put, object, on("partNumber", "uploadId"), "X-Amz-Copy-Source", operation{name: "UploadPartCopy", action: "PutObject", write: true, data: true, serve: serveUploadPartCopy}},
		{put, object, on("partNumber", "uploadId"), "", operation{name: "UploadPart", action: "PutObject", write: true, data: true, serve: serveUploadPart}},
		{post, object, on("uploads"), "", operation{name: "CreateMultipartUpload", action: "PutObject", write: true, data: true, serve: serveCreateMultipartUpload}},
		{post, object, on("uploadId"), "", operation{name: "CompleteMultipartUpload", action: "PutObject", write: true, data: true, serve: serveCompleteMultipartUpload}},
		{del, object, on("uploadId"), "", operation{name: "AbortMultipartUpload", write: true, data: true, serve: serveAbortMultipartUpload}},
		{get, object, on("uploadId"), "", operation{name: "ListParts", action: "ListMultipartUploadParts", data: true, serve: serveListParts}},
		{get, object, on("attributes"), "", operation{name: "GetObjectAttributes", data: true, serve: serveGetObjectAttributes}},
		{get, object, on("tagging"), "", operation{name: "GetObjectTagging", data: true, serve: serveGetObjectTagging}},
		{put, object, on("tagging"), "", operation{name: "PutObjectTagging", write: true, data: true, serve: servePutObjectTagging}},
		{del, object, on("tagging"), "", operation{name: "DeleteObjectTagging", write: true, data: true, serve: serveDeleteObjectTagging}},
		{get, object, on("retention"), "", operation{name: "GetObjectRetention", data: true, serve: serveGetObjectRetention}},
		{put, object, on("retention"), "", operation{name: "PutObjectRetention", write: true, data: true, serve: servePutObjectRetention}},
		{get, object, on("legal-hold"), "", operation{name: "GetObjectLegalHold", data: true, serve: serveGetObjectLegalHold}},
		{put, object, on("legal-hold"), "", operation{name: "PutObjectLegalHold", write: true, data: true, serve: servePutObjectLegalHold}},
		{get, object, on("acl"), "", operation{name: "GetObjectAcl", data: true, serve: serveGetObjectACL}},
		{put, object, on("acl"), "", operation{name: "PutObjectAcl", write: true, data: true, serve: servePutObjectACL}},
	}
	for _, s := range bucketSettingsTable() {
		routes = append(routes, s.routes()...)
	}
	return append(routes,
		s3route{put, object, nil, "X-Amz-Copy-Source", operation{name: "CopyObject", action: "PutObject", write: true, data: true, serve: serveCopyObject}},
		s3route{put, object, nil, "", operation{name: "PutObject", write: true, data: true, serve: servePutObject}},
		s3route{get, object, nil, "", operation{name: "GetObject", data: true, serve: serveGetObject}},
		s3route{head, object, nil, "", operation{name: "HeadObject", action: "GetObject", data: true, serve: serveHeadObject}},
		s3route{del, object, nil, "", operation{name: "DeleteObject", write: true, data: true, serve: serveDeleteObject}},
		s3route{put, bucket, nil, "", operation{name: "CreateBucket", write: true, serve: serveCreateBucket}},
		s3route{del, bucket, nil, "", operation{name: "DeleteBucket", write: true, serve: serveDeleteBucket}},
		s3route{head, bucket, nil, "", operation{name: "HeadBucket", action: "ListBucket", data: true, serve: serveHeadBucket}},
		s3route{get, bucket, nil, "", operation{name: "ListObjects", action: "ListBucket", data: true, serve: serveListObjects}},
	)
}

// subresources are the query parameters that select another operation. A request with a
// subresource that no row serves must not fall through to a listing or a GetObject.
const subresources = " abac accelerate acl analytics annotation attributes cors delete encryption intelligent-tiering inventory" +
	" legal-hold lifecycle location logging metadataConfiguration metadataTable metrics notification object-lock" +
	" ownershipControls policy policyStatus publicAccessBlock renameObject replication requestPayment restore retention select session" +
	" tagging torrent uploadId uploads versioning versions website "

func routeS3(c *call, routes []s3route) *operation {
	bucket, key := c.address()
	if point, refused := c.enterPoint(bucket); refused != nil {
		return refused
	} else if point != nil {
		bucket = point.Bucket
	}
	at := accountLevel
	if bucket != "" {
		c.params["Bucket"] = bucket
		at = bucketLevel
	}
	if key != "" {
		c.params["Key"] = key
		at = objectLevel
	}
	q := c.request.URL.Query()
	for _, row := range routes {
		if row.method == c.request.Method && row.level == at && row.fits(q, c.request.Header) {
			if row.query == nil {
				for name := range q {
					if strings.Contains(subresources, " "+name+" ") {
						return notImplemented(c.request.Method, name)
					}
				}
			}
			op := row.operation
			if c.point != nil && !slices.Contains(throughPoints, op.name) {
				return incompatible(op)
			}
			if at != accountLevel && op.name != "CreateBucket" {
				serve := op.serve
				op.serve = func(c *call) error {
					if err := c.enter(); err != nil {
						return err
					}
					return serve(c)
				}
			}
			c.describe(q)
			return &op
		}
	}
	return nil
}

func notImplemented(method, subresource string) *operation {
	return &operation{name: method + " " + subresource, write: method != http.MethodGet &&
		method != http.MethodHead, serve: func(*call) error {
		return failf(http.StatusNotImplemented, "NotImplemented", "The demo account does not serve %s ?%s", method, subresource)
	}}
}

func (r s3route) fits(q url.Values, h http.Header) bool {
	for _, want := range r.query {
		name, value, exact := strings.Cut(want, "=")
		if !q.Has(name) || exact && q.Get(name) != value {
			return false
		}
	}
	return r.header == "" || h.Get(r.header) != ""
}

// address splits a request's address of either style into bucket and key:
// bucket.s3.region.amazonaws.com/key, bucket.localhost/key, or host/bucket/key.
func (c *call) address() (bucket, key string) {
	path := strings.TrimPrefix(c.request.URL.Path, "/")
	if bucket = hostBucket(c.request.Host); bucket != "" {
		return bucket, path
	}
	bucket, key, _ = strings.Cut(path, "/")
	return bucket, key
}

func hostBucket(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if name, ok := strings.CutSuffix(host, ".localhost"); ok {
		return name
	}
	rest, ok := strings.CutSuffix(host, ".amazonaws.com")
	if !ok {
		return ""
	}
	if name, ok := strings.CutSuffix(rest, ".s3"); ok {
		return name
	}
	for _, mark := range []string{".s3.", ".s3-"} {
		if i := strings.LastIndex(rest, mark); i > 0 {
			return rest[:i]
		}
	}
	return ""
}

// describe adds to the record what CloudTrail records of an S3 request.
func (c *call) describe(q url.Values) {
	bucket, key := c.params["Bucket"], c.params["Key"]
	if bucket == "" {
		return
	}
	c.note("bucketName", bucket)
	c.note("Host", c.request.Host)
	if key != "" {
		c.note("key", key)
		c.touch(objectARN(bucket, key), "AWS::S3::Object")
	}
	c.touch(bucketARN(bucket), "AWS::S3::Bucket")
	for name := range q {
		if name != "x-id" && !strings.HasPrefix(strings.ToLower(name), "x-amz-") {
			c.note(name, q.Get(name))
		}
	}
}

func bucketARN(bucket string) string      { return "arn:aws:s3:::" + bucket }
func objectARN(bucket, key string) string { return "arn:aws:s3:::" + bucket + "/" + key }

// maxKey is the longest key in bytes.
const maxKey = 1024

// enter makes the checks before every operation on a bucket: the bucket exists, is in the
// region of the signature and has the expected owner, and S3 accepts the key.
func (c *call) enter() error {
	if key := c.params["Key"]; len(key) > maxKey {
		return &apiError{status: http.StatusBadRequest, code: "KeyTooLongError", message: "Your key is too long", extra: map[string]string{
			"MaxSizeAllowed": "1024",
		}}
	} else if !utf8.ValidString(key) {
		return fail(http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI.")
	}
	region := ""
	if err := c.readBucket(func(b *bucket) error { region = b.Region; return nil }); err != nil {
		return err
	}
	if !c.caller.anonymous && c.region != region && c.op.name != "GetBucketLocation" {
		c.writer.Header().Set("X-Amz-Bucket-Region", region)
		return &apiError{
			status: http.StatusMovedPermanently, code: "PermanentRedirect",
			message: "The bucket you are attempting to access must be addressed using the specified " +
				"endpoint. Please send all future requests to this endpoint.",
			extra: map[string]string{"Bucket": c.params["Bucket"], "Endpoint": c.params["Bucket"] + ".s3." + region + ".amazonaws.com"},
		}
	}
	if want := c.request.Header.Get("X-Amz-Expected-Bucket-Owner"); want != "" && want != c.account.id {
		return accessDenied()
	}
	return nil
}

// readBucket runs read with the request's bucket while nothing changes.
func (c *call) readBucket(read func(*bucket) error) (err error) {
	name := c.params["Bucket"]
	c.account.view(func() {
		b, ok := c.account.s3().Buckets[name]
		if !ok {
			err = noSuchBucket(name)
			return
		}
		err = read(b)
	})
	return err
}

// changeBucket runs change with exclusive access to the request's bucket, and saves the
// state.
func (c *call) changeBucket(change func(*bucket) error) error {
	name := c.params["Bucket"]
	return c.account.update("s3", func() error {
		b, ok := c.account.s3().Buckets[name]
		if !ok {
			return noSuchBucket(name)
		}
		return change(b)
	})
}

// document answers 200 with a document in S3's namespace.
func (c *call) document(root string, v any) error {
	var b bytes.Buffer
	b.WriteString(xmlHeader)
	start := xml.StartElement{Name: xml.Name{Local: root}, Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: s3Namespace}}}
	if err := xml.NewEncoder(&b).EncodeElement(v, start); err != nil {
		return err
	}
	return c.send(http.StatusOK, "application/xml", b.Bytes())
}

// owner is the account as S3 names it: a canonical user id.
func (a *Account) owner() *owner {
	sum := sha256.Sum256([]byte("canonical user of " + a.id))
	return &owner{ID: hex.EncodeToString(sum[:])}
}

func noSuchBucket(name string) error {
	return &apiError{
		status: http.StatusNotFound, code: "NoSuchBucket", message: "The specified bucket does not exist",
		extra: map[string]string{"BucketName": name},
	}
}

func noSuchKey(key string) error {
	return &apiError{
		status: http.StatusNotFound, code: "NoSuchKey", message: "The specified key does not exist.", extra: map[string]string{"Key": key},
	}
}

func accessDenied() error { return fail(http.StatusForbidden, "AccessDenied", "Access Denied") }

func quote(etag string) string { return `"` + etag + `"` }

// bucketPolicy returns the policy of a bucket, for the ARNs of the bucket and its objects.
// Call it under view.
func bucketPolicy(a *Account, resource string) *policy.Document {
	name, ok := strings.CutPrefix(resource, "arn:aws:s3:::")
	if !ok {
		return a.policyOfPoint(resource)
	}
	name, _, _ = strings.Cut(name, "/")
	b, ok := a.s3().Buckets[name]
	if !ok {
		return nil
	}
	return b.policy
}

// loadS3 builds what is not stored.
func loadS3(a *Account) {
	state := a.s3()
	for _, b := range state.Buckets {
		// PutBucketPolicy refuses a policy that does not parse.
		b.policy, _ = parsePolicy(b.Settings.Policy)
	}
	state.references.count(state)
}
