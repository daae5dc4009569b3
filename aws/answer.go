package aws

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// ForeignError says that an answer with a good status is not the answer of the operation
// that was asked for: a proxy, a network's sign-in page or a broken service sent it. A read
// learned nothing from it. A write may have been done or not.
type ForeignError struct {
	Why string // "it has no request id of AWS"
}

func (e *ForeignError) Error() string {
	return "the answer is not AWS's: " + e.Why + "; a proxy or the sign-in page of a network may have answered in AWS's place"
}

// SizeError says that an answer is longer than any that AWS sends to the operation. Its
// rest was not read.
type SizeError struct {
	Most int64 // bytes
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("the answer is longer than %d MB, as AWS's never are; the rest of it was not read", e.Most>>20)
}

// The most bytes of an answer that are read. The longest that AWS may send are fifty events of
// CloudTrail with 256 kB each, and a page of IAM's authorization details with 1,000 items.
// Objects and streams have no limit here.
const (
	mostAnswer  = 16 << 20
	mostDetails = 64 << 20
)

// form is what AWS sends with a good status in answer to an operation.
type form struct {
	kind   formKind
	root   string // ofXML: the name of the document's first element
	header string // a header that the answer must also have
	named  bool   // AWS's request id must be in a header
}

type formKind int

const (
	ofNothing formKind = iota // headers only
	ofXML
	ofJSON   // an object, or no body if the operation returns nothing
	ofBytes  // an object's content
	ofEvents // a stream of events
)

// s3Roots are the documents that S3 and S3 Control send (Amazon S3 API Reference). An
// operation that is not here and does not write is refused, so that none is forgotten.
var s3Roots = map[string]string{
	"ListBuckets": "ListAllMyBucketsResult", "ListObjectsV2": "ListBucketResult", "ListObjectVersions": "ListVersionsResult",
	"ListMultipartUploads": "ListMultipartUploadsResult", "ListParts": "ListPartsResult", "DeleteObjects": "DeleteResult",
	"CreateMultipartUpload": "InitiateMultipartUploadResult", "CompleteMultipartUpload": "CompleteMultipartUploadResult",
	"CopyObject": "CopyObjectResult", "UploadPartCopy": "CopyPartResult",

	"GetBucketAcl": "AccessControlPolicy", "GetBucketCors": "CORSConfiguration",
	"GetBucketEncryption":             "ServerSideEncryptionConfiguration",
	"GetBucketLifecycleConfiguration": "LifecycleConfiguration", "GetBucketLocation": "LocationConstraint",
	"GetBucketLogging": "BucketLoggingStatus", "GetBucketNotificationConfiguration": "NotificationConfiguration",
	"GetBucketOwnershipControls": "OwnershipControls", "GetBucketPolicyStatus": "PolicyStatus",
	"ListBucketIntelligentTieringConfigurations": "ListBucketIntelligentTieringConfigurationsOutput",
	"GetBucketReplication":                       "ReplicationConfiguration", "GetBucketTagging": "Tagging",
	"GetBucketVersioning": "VersioningConfiguration", "GetBucketWebsite": "WebsiteConfiguration",
	"GetPublicAccessBlock": "PublicAccessBlockConfiguration", "GetObjectLockConfiguration": "ObjectLockConfiguration",
	"GetObjectAcl": "AccessControlPolicy", "GetObjectLegalHold": "LegalHold", "GetObjectRetention": "Retention",
	"GetObjectTagging": "Tagging", "GetObjectAttributes": "GetObjectAttributesResponse",

	"ListAccessPoints": "ListAccessPointsResult", "ListMultiRegionAccessPoints": "ListMultiRegionAccessPointsResult",
	"CreateAccessPoint": "CreateAccessPointResult", "CreateAccessGrantsInstance": "CreateAccessGrantsInstanceResult",
	"CreateAccessGrantsLocation": "CreateAccessGrantsLocationResult", "CreateAccessGrant": "CreateAccessGrantResult",
	"GetAccessPoint": "GetAccessPointResult", "GetAccessPointPolicy": "GetAccessPointPolicyResult",
	"GetAccessPointPolicyStatus":                 "GetAccessPointPolicyStatusResult",
	"GetMultiRegionAccessPoint":                  "GetMultiRegionAccessPointResult",
	"GetMultiRegionAccessPointPolicy":            "GetMultiRegionAccessPointPolicyResult",
	"GetMultiRegionAccessPointPolicyStatus":      "GetMultiRegionAccessPointPolicyStatusResult",
	"ListAccessGrants":                           "ListAccessGrantsResult",
	"ListAccessGrantsInstances":                  "ListAccessGrantsInstancesResult",
	"ListAccessGrantsLocations":                  "ListAccessGrantsLocationsResult",
	"GetAccessGrantsInstance":                    "GetAccessGrantsInstanceResult",
	"GetAccessGrantsInstanceForPrefix":           "GetAccessGrantsInstanceForPrefixResult",
	"GetAccessGrantsInstanceResourcePolicy":      "GetAccessGrantsInstanceResourcePolicyResult",
	"ListAccessPointsForObjectLambda":            "ListAccessPointsForObjectLambdaResult",
	"GetAccessPointPolicyForObjectLambda":        "GetAccessPointPolicyForObjectLambdaResult",
	"GetAccessPointConfigurationForObjectLambda": "GetAccessPointConfigurationForObjectLambdaResult",
}

// s3Headers are the headers that prove that S3 did what it was asked to.
var s3Headers = map[string]string{
	"PutObject": "ETag", "UploadPart": "ETag", "GetObject": "ETag", "HeadObject": "ETag", "CreateBucket": "Location",
}

// formOf is the form of the SDK's operation.
func formOf(service, operation string) (form, bool) {
	switch service {
	case "S3", "S3 Control":
		f := form{named: true, header: s3Headers[operation]}
		root, known := s3Roots[operation]
		switch {
		case known:
			f.kind, f.root = ofXML, root
		case operation == "GetObject":
			f.kind = ofBytes
		case operation == "GetBucketPolicy":
			f.kind = ofJSON
		case reads(operation) && !strings.HasPrefix(operation, "Head"):
			return f, false
		}
		return f, true
	case "IAM", "STS":
		return form{kind: ofXML, root: operation + "Response"}, true
	}
	if operation == "ConverseStream" {
		return form{kind: ofEvents, named: true}, true
	}
	return form{kind: ofJSON, named: true}, true
}

// genuine fails a call whose answer is not the operation's. The SDK reads any document with
// a good status, and an empty body, as an answer in which everything is left out: behind a
// network's sign-in page a write would be done, and a bucket would have no versioning, no
// logging and no objects.
func genuine(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("claria/genuine",
		func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
			middleware.DeserializeOutput, middleware.Metadata, error,
		) {
			out, metadata, err := next.HandleDeserialize(ctx, in)
			if err != nil {
				return out, metadata, err
			}
			response, ok := out.RawResponse.(*smithyhttp.Response)
			if !ok {
				return out, metadata, fmt.Errorf("an answer of type %T", out.RawResponse)
			}
			operation := middleware.GetOperationName(ctx)
			want, known := formOf(middleware.GetServiceID(ctx), operation)
			if !known {
				return out, metadata, fmt.Errorf("%s: this version of Claria does not know its answer", operation)
			}
			return out, metadata, want.check(response.Response, operation)
		}), middleware.After)
}

// check reports why an answer is not the operation's, and limits how much of it is read.
// It leaves other errors than those to the reader of errors.
func (f form) check(response *http.Response, operation string) error {
	if f.kind != ofBytes && f.kind != ofEvents {
		most := int64(mostAnswer)
		if operation == "GetAccountAuthorizationDetails" {
			most = mostDetails
		}
		response.Body = &limited{ReadCloser: response.Body, left: most, err: &SizeError{most}}
	}
	foreign := func(why string, args ...any) error { return &ForeignError{fmt.Sprintf(why, args...)} }
	switch status := response.StatusCode; {
	case status/100 == 3 && requestID(response) == "" && response.Header.Get("Location") != "":
		return foreign("it leads to %s", hostOf(response.Header.Get("Location")))
	case status == http.StatusNotFound && f.kind == ofNothing && strings.HasPrefix(operation, "Head") && requestID(response) == "":
		return foreign("it has no request id of AWS") // a HEAD has no body that could say what is not found
	case status/100 != 2:
		return nil
	case f.named && requestID(response) == "":
		return foreign("it has no request id of AWS")
	case f.header != "" && response.Header.Get(f.header) == "":
		return foreign("it has no %s", f.header)
	}
	switch f.kind {
	case ofNothing:
		if first, err := firstByte(response); err != nil || first != 0 {
			return orForeign(err, foreign("it has a body"))
		}
	case ofXML:
		root, err := firstElement(response)
		// A service may name a document after its operation instead; S3 sends some errors with
		// a good status.
		ours := root == f.root || root == "Error" || root == operation+"Result" || root == operation+"Response" || root == operation+"Output"
		if err != nil || !ours {
			return orForeign(err, foreign("it is a document %q where AWS sends %q", root, f.root))
		}
	case ofJSON:
		if first, err := firstByte(response); err != nil || first != '{' && first != 0 {
			return orForeign(err, foreign("it is not a JSON object"))
		}
	case ofEvents:
		if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/vnd.amazon.eventstream") {
			return foreign("it is %q where AWS sends events", kind)
		}
	}
	return nil
}

func orForeign(err, foreign error) error {
	if err != nil {
		return err
	}
	return foreign
}

// requestID is the id that AWS gives every request, in the spellings of its services.
func requestID(response *http.Response) string {
	for _, name := range []string{"X-Amz-Request-Id", "X-Amzn-Requestid", "X-Amzn-Request-Id"} {
		if id := response.Header.Get(name); id != "" {
			return id
		}
	}
	return ""
}

// hostOf is the host of a URL, without what a sign-in page puts into its path.
func hostOf(location string) string {
	parsed, err := url.Parse(location)
	if err != nil || parsed.Host == "" {
		return "another page"
	}
	return parsed.Host
}

// firstByte is the first byte of the body that is no space; 0: there is none. The body can
// still be read from its beginning.
func firstByte(response *http.Response) (byte, error) {
	var seen bytes.Buffer
	defer rewound(response, &seen)()
	one := make([]byte, 1)
	for {
		n, err := io.TeeReader(response.Body, &seen).Read(one)
		if n > 0 && !strings.ContainsRune(" \t\r\n", rune(one[0])) {
			return one[0], nil
		}
		if errors.Is(err, io.EOF) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
	}
}

// firstElement is the name of a document's first element; empty: there is none. The body
// can still be read from its beginning. S3 sends spaces before the document while it works
// (Amazon S3 API Reference, CompleteMultipartUpload).
func firstElement(response *http.Response) (string, error) {
	var seen bytes.Buffer
	defer rewound(response, &seen)()
	broken := &noted{Reader: response.Body}
	decoder := xml.NewDecoder(io.TeeReader(broken, &seen))
	for {
		token, err := decoder.Token()
		if err != nil {
			return "", broken.err // what cannot be parsed has no name
		}
		if start, ok := token.(xml.StartElement); ok {
			return start.Name.Local, nil
		}
	}
}

// noted remembers why a reader failed.
type noted struct {
	io.Reader
	err error
}

func (n *noted) Read(p []byte) (int, error) {
	count, err := n.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		n.err = err
	}
	return count, err
}

// rewound gives the body back what was read of it.
func rewound(response *http.Response, seen *bytes.Buffer) func() {
	body := response.Body
	return func() {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(seen, body), body}
	}
}

// limited is a body that fails after a number of bytes.
type limited struct {
	io.ReadCloser
	left int64
	err  error
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		if n, err := l.ReadCloser.Read(make([]byte, 1)); n == 0 {
			return 0, err
		}
		return 0, l.err
	}
	if int64(len(p)) > l.left {
		p = p[:l.left]
	}
	n, err := l.ReadCloser.Read(p)
	l.left -= int64(n)
	return n, err
}

// proven fails an answer of S3 that lacks what its document must say: the bucket of a list,
// the ETag of what was written.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func proven(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("claria/proven",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error,
		) {
			out, metadata, err := next.HandleInitialize(ctx, in)
			if err != nil {
				return out, metadata, err
			}
			var said *string
			what := "the bucket's name"
			switch answer := out.Result.(type) {
			case *s3.ListObjectsV2Output:
				said = answer.Name
			case *s3.ListObjectVersionsOutput:
				said = answer.Name
			case *s3.CreateMultipartUploadOutput:
				said, what = answer.UploadId, "the upload's id"
			case *s3.CompleteMultipartUploadOutput:
				said, what = answer.ETag, "an ETag"
			case *s3.CopyObjectOutput:
				what = "an ETag"
				if answer.CopyObjectResult != nil {
					said = answer.CopyObjectResult.ETag
				}
			default:
				return out, metadata, nil
			}
			if sdk.ToString(said) == "" {
				return out, metadata, &ForeignError{"it lacks " + what}
			}
			return out, metadata, nil
		}), middleware.After)
}
