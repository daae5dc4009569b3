package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"claria/aws/policy"
)

// README.md explains how to add a service.

// services returns the services of a demo account, in the order in which they are asked
// whether a request is theirs.
func services() []*service {
	return append(bareServices(),
		stsService(),
		iamService(),
		s3Service(),
		s3ControlService(),
		cloudTrailService(),
		kmsService(),
		artifactService(),
		bedrockService(),
		bedrockRuntimeService(),
		bedrockAgentService(),
		mantleService(),
		transcribeService(),
		costExplorerService(),
		accessAnalyzerService(),
		snsService(),
		eventsService(),
		cloudWatchService(),
		logsService(),
		guardDutyService(),
		configService(),
		securityHubService(),
		serviceQuotasService(),
		organizationsService(),
		accountService(),
		budgetsService(),
		ec2Service(),
		ssmService(),
	)
}

// A service is one AWS service of the demo account.
type service struct {
	name     string // unique; the state's file name: "s3", "s3control", "bedrock-runtime"
	prefix   string // IAM prefix and event source where they differ from name: "s3" for s3control
	signing  string // service name in the signature's scope where it differs from prefix: "ce"
	host     string // first label of the service's host name where it differs from name: "s3-control"
	global   bool   // its events always have the region us-east-1 (IAM)
	protocol protocol
	xmlns    string // query protocol: the namespace of its answers

	// match says whether a request with this service's signing name is for this service.
	// It is needed where two services have the same signing name (s3 and s3control,
	// bedrock and bedrock-runtime). nil: yes.
	match func(*http.Request) bool
	// route finds the operation and fills in call.params from path, query, form or
	// X-Amz-Target. nil: the service has no such operation.
	route func(*call) *operation

	state func() any     // a pointer to the zero state; nil: the service has none
	seed  func(*Account) // fills the state of a new account by a.options.Seed; no lock needed
	load  func(*Account) // after the state was made or read; no lock needed
	close func(*Account) // before the account is closed
	// blobs yields the ids in use.
	blobs func(a *Account, use func(id string))
	// resourcePolicy returns the policy of the resource itself (a bucket's policy for the
	// ARN of the bucket or an object); nil when it has none. Called under view.
	resourcePolicy func(a *Account, resource string) *policy.Document
	// observe gets every finished call of every service, in the caller's goroutine,
	// outside the lock.
	observe func(*Account, event)
}

// iamPrefix is the service's prefix in IAM actions and event sources.
func (s *service) iamPrefix() string {
	if s.prefix != "" {
		return s.prefix
	}
	return s.name
}

// protocol is the form of a service's answers and errors.
type protocol int

const (
	queryProtocol  protocol = iota // IAM, STS: form in, XML out
	restXML                        // S3: <Error>
	restXMLWrapped                 // S3 Control: <ErrorResponse><Error>
	restJSON                       // Bedrock, Artifact, Access Analyzer
	json11                         // CloudTrail, Transcribe, Cost Explorer, Organizations
	ec2Protocol                    // EC2: form in, XML out, with its own form of errors
)

// An operation is one API operation. serve must call authorize at least once before it
// answers. The core turns an answer without authorisation into an InternalFailure, so a
// forgotten check fails a test.
type operation struct {
	name   string // "PutBucketPolicy"
	action string // IAM action without prefix where it differs from name
	write  bool   // it can change something
	data   bool   // a data event, not a management event (S3 objects, models)
	serve  func(*call) error
}

// A call is one verified request in progress.
type call struct {
	account *Account
	request *http.Request // the body is the payload itself, without aws-chunked framing; its hash is checked at EOF
	writer  http.ResponseWriter
	service *service
	op      *operation
	params  map[string]string // path parameters, by name
	form    url.Values        // query protocol: Action and its parameters
	caller  caller
	region  string // the region of the signature's scope, or the account's
	now     time.Time
	id      string       // request id
	secure  bool         // counts as a request over TLS
	point   *accessPoint // the access point that an S3 request goes through; nil: none

	authorized bool
	action     string // the first action authorised, for the record
	resource   string

	event  event           // the record so far; see note, respond and touch
	struck map[*fault]bool // faults that have already acted on this call
}

// caller is the identity that signed the request.
type caller struct {
	policy.Caller
	keyID     string
	anonymous bool
	mfa       bool      // the session was made with MFA
	mfaSince  time.Time // when it was made
	session   string    // session name of an assumed role
	user      string    // user name; empty for root and roles
	role      string    // role name of an assumed role
	roleARN   string    // with the role's path
	policies  []string  // session policies, as JSON
	issued    time.Time // when a temporary credential was issued
}

// root reports whether the caller is the account's root user.
func (c caller) root() bool {
	return c.ARN != "" && c.ARN == "arn:aws:iam::"+c.Account+":root"
}

// kind is CloudTrail's userIdentity type.
func (c caller) kind() string {
	switch {
	case c.Service != "":
		return "AWSService"
	case c.anonymous:
		return "AWSAccount"
	case c.root():
		return "Root"
	case c.role != "":
		return "AssumedRole"
	default:
		return "IAMUser"
	}
}

// apiError is an error in the form of AWS.
type apiError struct {
	status  int
	code    string
	message string
	// extra are additional elements of an S3 error (BucketName, Key, …), or additional
	// members of a JSON error.
	extra map[string]string
}

func (e *apiError) Error() string { return e.code + ": " + e.message }

// fail makes an apiError.
func fail(status int, code, message string) error {
	return &apiError{status: status, code: code, message: message}
}

// failf makes an apiError with a formatted message.
func failf(status int, code, format string, args ...any) error {
	return fail(status, code, fmt.Sprintf(format, args...))
}

// stateOf returns the state of the service called name.
func stateOf[T any](a *Account, name string) *T {
	state, ok := a.states[name].(*T)
	if !ok {
		panic("sandbox: no state of this type for " + name)
	}
	return state
}

// view runs read while no service's state can change.
func (a *Account) view(read func()) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	read()
}

// update runs change with exclusive access, and schedules a save of the service's state
// unless change fails. A change that fails must leave the state as it was.
func (a *Account) update(service string, change func() error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := change(); err != nil {
		return err
	}
	a.store.dirty(service)
	return nil
}

// now is the account's clock, in UTC.
func (a *Account) now() time.Time { return a.options.Now().UTC() }

// signedNow is the clock against which the time of the call's signature is checked.
func (c *call) signedNow() time.Time { return c.account.options.SigningNow().UTC() }
