package sandbox

import (
	"net/http"
	"net/url"
	"time"

	"claria/aws/policy"
)

// A service is one AWS service of the practice account: one file, one table of
// operations. The core verifies the signature, finds the service, asks route which
// operation the request is, injects faults, calls serve, records the call and
// renders an error in the service's protocol.
type service struct {
	name     string // event source and IAM prefix: "s3", "iam", "bedrock"
	protocol protocol
	// route finds the operation and fills in call.params from path, query,
	// form or X-Amz-Target. nil: the request fits no operation of the service.
	route func(*call) *operation
}

// protocol is how a service words its answers and errors.
type protocol int

const (
	queryProtocol protocol = iota // IAM, STS: form in, XML out
	restXML                       // S3, S3 Control
	restJSON                      // Bedrock, Artifact, Access Analyzer
	json11                        // CloudTrail, Transcribe, Cost Explorer, Organizations
)

// An operation is one API operation. serve must call authorize at least once
// before it answers; the core turns an answer that was not authorised into an
// InternalFailure, so that a forgotten check is a failing test.
type operation struct {
	name  string // "PutBucketPolicy"
	write bool   // it can change something
	serve func(*call) error
}

// A call is one verified request on its way through an operation.
type call struct {
	account *Account
	request *http.Request // body: the payload itself; aws-chunked framing is already removed and its hash is checked at EOF
	writer  http.ResponseWriter
	service *service
	op      *operation
	params  map[string]string // path parameters, by name
	form    url.Values        // query protocol: Action and its parameters
	caller  caller
	now     time.Time
	id      string // request id
	secure  bool   // counts as made over TLS

	authorized bool
	action     string // the first action authorised, for the record
	resource   string
}

// caller is who signed the request.
type caller struct {
	policy.Caller
	keyID   string
	mfa     bool // the session was made with MFA
	session string
}

// apiError is an error as AWS answers it.
type apiError struct {
	status  int
	code    string
	message string
	// extra are further elements of an S3 error (BucketName, Key, …).
	extra map[string]string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// fail makes an apiError.
func fail(status int, code, message string) error {
	return &apiError{status: status, code: code, message: message}
}

type accountFields struct{}
