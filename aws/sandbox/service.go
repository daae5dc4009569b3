package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"claria/aws/policy"
)

// How to add a service.
//
// Write one file NAME.go with a function that returns its *service, and add that
// function to services() below. The core verifies the signature, finds the
// service, asks route for the operation, injects faults, calls serve, renders a
// returned error in the service's protocol and records the call.
//
// State. service.state returns a pointer to a zero struct that encoding/json can
// write and read; it is the whole truth of the service and is kept as
// NAME.json when the account is kept on disk. Get at it with stateOf:
//
//	func (a *Account) s3() *s3State { return stateOf[s3State](a, "s3") }
//
// Make maps where you first write to them, or in service.seed, which runs once
// for a new account. service.load runs after the state was made or read, and
// may build indexes.
//
// Locking. One lock guards every service's state. Read inside a.view(func(){…}),
// change inside a.update("NAME", func() error {…}), which also schedules saving.
// Inside either: no body is read, no answer written, no authorize called, no view
// or update nested, so a slow client can never hold the account up. Copy what you
// need out, then answer.
//
// Bytes. Bodies go to a.blobs (blobs.go): create a blob, stream into it, commit
// it, then put its id into the state; take the id out of the state and then call
// a.blobs.remove. Declare the ids in use with service.blobs, so that leftovers of
// a killed process are swept on open.
//
// Authorisation. serve calls c.authorize(action, resource ARN, condition keys) at
// least once before it answers. A service with resource policies gives
// service.resourcePolicy. Work that AWS does in its own name asks
// a.authorizeService.
//
// Answers. c.result (query), c.json, c.send, c.empty, or c.writer for a stream
// (it is an http.Flusher). Errors: return fail(status, code, message).
//
// The record. c.note adds a request parameter, c.respond a response element,
// c.touch a resource to the CloudTrail event; a service that wants every event sets
// service.observe.

// services are the services of a practice account, in the order in which they
// are asked whether a request is theirs.
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
		organizationsService(),
		accountService(),
		budgetsService(),
		ec2Service(),
		ssmService(),
	)
}

// A service is one AWS service of the practice account: one file, one table of
// operations.
type service struct {
	name     string // unique; the state's file name: "s3", "s3control", "bedrock-runtime"
	prefix   string // IAM prefix and event source where they differ from name: "s3" for s3control
	signing  string // service name in the signature's scope where it differs from prefix: "ce"
	host     string // first label of the service's host name where it differs from name: "s3-control"
	global   bool   // its events carry us-east-1 whatever the region (IAM)
	protocol protocol
	xmlns    string // query protocol: the namespace of its answers

	// match says whether a request signed with this service's name is really
	// this service's; needed where two services sign alike (s3 and s3control,
	// bedrock and bedrock-runtime). nil: yes.
	match func(*http.Request) bool
	// route finds the operation and fills in call.params from path, query,
	// form or X-Amz-Target. nil: the request fits no operation of the service.
	route func(*call) *operation

	state func() any     // a pointer to the zero state; nil: the service keeps none
	seed  func(*Account) // fills the state of a new account, per a.options.Seed; no lock needed
	load  func(*Account) // after the state was made or read; no lock needed
	close func(*Account) // before the account is closed
	// blobs yields the ids in use.
	blobs func(a *Account, use func(id string))
	// resourcePolicy is the policy of the resource itself (a bucket's policy for
	// a bucket's or an object's ARN); nil when it has none. Called under view.
	// label names it in a denial: "resource-based policy".
	resourcePolicy func(a *Account, resource string) *policy.Document
	// observe is told every finished call of every service, in the caller's
	// goroutine, outside the lock.
	observe func(*Account, event)
}

// iamPrefix is the service's prefix in IAM actions and event sources.
func (s *service) iamPrefix() string {
	if s.prefix != "" {
		return s.prefix
	}
	return s.name
}

// protocol is how a service words its answers and errors.
type protocol int

const (
	queryProtocol  protocol = iota // IAM, STS: form in, XML out
	restXML                        // S3: <Error>
	restXMLWrapped                 // S3 Control: <ErrorResponse><Error>
	restJSON                       // Bedrock, Artifact, Access Analyzer
	json11                         // CloudTrail, Transcribe, Cost Explorer, Organizations
	ec2Protocol                    // EC2: form in, XML out, with errors of its own form
)

// An operation is one API operation. serve must call authorize at least once
// before it answers; the core turns an answer that was not authorised into an
// InternalFailure, so that a forgotten check is a failing test.
type operation struct {
	name   string // "PutBucketPolicy"
	action string // IAM action without prefix where it differs from name
	write  bool   // it can change something
	data   bool   // a data event, not a management event (S3 objects, models)
	serve  func(*call) error
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
	region  string // the region of the signature's scope, or the account's
	now     time.Time
	id      string // request id
	secure  bool   // counts as made over TLS

	authorized bool
	action     string // the first action authorised, for the record
	resource   string

	event  event           // what the record will hold; see note, respond and touch
	struck map[*fault]bool // faults that already acted on this call
}

// caller is who signed the request.
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

// apiError is an error as AWS answers it.
type apiError struct {
	status  int
	code    string
	message string
	// extra are further elements of an S3 error (BucketName, Key, …), or further
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

// stateOf is the state of the service called name.
func stateOf[T any](a *Account, name string) *T {
	state, ok := a.states[name].(*T)
	if !ok {
		panic("sandbox: no state of this type for " + name)
	}
	return state
}

// view runs read while nobody changes the state of any service.
func (a *Account) view(read func()) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	read()
}

// update runs change alone, and schedules saving the service's state unless
// change fails. A change that fails must leave the state as it was.
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

// signedNow is what the time of the call's signature is held against.
func (c *call) signedNow() time.Time { return c.account.options.SigningNow().UTC() }
