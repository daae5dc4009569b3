package aws

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Kind says what went wrong with a call, in the terms that the program acts on. The
// table below is the only code that reads AWS's error codes.
type Kind string

// The kinds of failure.
const (
	Absent      Kind = "absent"      // the resource or the setting does not exist
	Denied      Kind = "denied"      // the identity may not do this
	Throttled   Kind = "throttled"   // too many requests, also after the retries
	Expired     Kind = "expired"     // the credential is no longer, or not yet, valid
	Offline     Kind = "offline"     // no answer: DNS, TLS, connection, timeout
	Conflict    Kind = "conflict"    // somebody else changed it first, or it exists already
	Invalid     Kind = "invalid"     // AWS refuses the request as it is
	Unavailable Kind = "unavailable" // AWS failed to serve the request
	Waiting     Kind = "waiting"     // AWS needs some minutes to finish what was asked for earlier
	Stopped     Kind = "stopped"     // the user or a deadline of ours cancelled it
)

// Error is a failed call: the kind of failure, the operation and the resource.
// Resource never holds PHI: object keys consist of random ids.
type Error struct {
	Kind      Kind
	Operation string // service and operation: "s3:GetBucketEncryption"
	Resource  string // bucket, key, user or ARN; may be empty
	Code      string // AWS's code, when it sent one
	Err       error
}

// Error says in one line what failed, on what resource, and why.
func (e *Error) Error() string {
	if missing, ok := errors.AsType[*NoCredentialError](e.Err); ok {
		return missing.Error()
	}
	var b strings.Builder
	b.WriteString(e.Operation)
	if e.Resource != "" {
		b.WriteString(" on " + e.Resource)
	}
	b.WriteString(": " + e.Cause().Says)
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	}
	return b.String()
}

// Unwrap returns the SDK's error.
func (e *Error) Unwrap() error { return e.Err }

// UnknownKey reports whether the access key does not exist or is inactive.
func (e *Error) UnknownKey() bool { return e.Cause().Says == unknownKey.Says }

// Cause returns why the call failed, and a next step that can help.
func (e *Error) Cause() Cause {
	if r, ok := find(e.Err); ok {
		return r.cause
	}
	if cause, ok := notAnAnswer(e.Err); ok {
		return cause
	}
	cause, ok := byKind[e.Kind]
	if !ok {
		cause = byKind[Unavailable]
	}
	if said, ok := errors.AsType[Reported](e.Err); ok {
		if known, ok := CauseIn(string(said)); ok {
			return known
		}
		cause.Says = string(said)
	}
	return cause
}

// Archived reports whether an object is of a storage class from which it must be restored
// before it can be read or copied.
func (e *Error) Archived() bool { return slices.Contains(archiveCodes, e.Code) }

// notAnAnswer is why what came back was no answer of AWS; false: it was one.
func notAnAnswer(err error) (Cause, bool) {
	if foreign, ok := errors.AsType[*ForeignError](err); ok {
		return Cause{Says: foreign.Error(), Next: askNetwork, named: true}, true
	}
	if endless, ok := errors.AsType[*EndlessError](err); ok {
		return Cause{Says: endless.Error(), named: true}, true
	}
	if large, ok := errors.AsType[*SizeError](err); ok {
		return Cause{Says: large.Error(), Next: askNetwork, named: true}, true
	}
	return Cause{}, false
}

// Sentence says the kind in plain words.
func (k Kind) Sentence() string {
	if cause, ok := byKind[k]; ok {
		return cause.Says
	}
	return byKind[Unavailable].Says
}

// Wrap turns an SDK error into an *Error. A nil error stays nil, and an *Error stays
// unchanged.
func Wrap(err error, operation, resource string) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	kind, code := classify(err)
	if code == "NotFound" && !strings.Contains(operation, ":Head") {
		// The SDK makes this code from the status when an answer has no body. S3 answers
		// without a body only to HEAD; otherwise the answer is not from S3.
		kind = Invalid
	}
	return &Error{Kind: kind, Operation: operation, Resource: resource, Code: code, Err: err}
}

// KindOf is the kind of err; empty when err is nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var known *Error
	if errors.As(err, &known) {
		return known.Kind
	}
	if ring, ok := errors.AsType[*KeyringError](err); ok {
		return ring.Kind
	}
	kind, _ := classify(err)
	return kind
}

// codes maps AWS's error codes to kinds; causes, which comes first, has more of them. Sources: the "Common Errors" pages of
// IAM, S3, CloudTrail, Bedrock, STS and Transcribe in the AWS API references.
var codes = map[string]Kind{
	"NoSuchBucket": Absent, "NoSuchKey": Absent, "NoSuchVersion": Absent, "NoSuchUpload": Absent, "NotFound": Absent,
	"NoSuchEntity": Absent, "NoSuchEntityException": Absent, "NoSuchBucketPolicy": Absent,
	"NoSuchLifecycleConfiguration": Absent, "NoSuchPublicAccessBlockConfiguration": Absent,
	"ServerSideEncryptionConfigurationNotFoundError": Absent, "OwnershipControlsNotFoundError": Absent,
	"ObjectLockConfigurationNotFoundError": Absent, "NoSuchTagSet": Absent, "NoSuchWebsiteConfiguration": Absent,
	"NoSuchAccessPoint": Absent, "NoSuchAccessPointPolicy": Absent, "AccessGrantsInstanceNotExistsError": Absent,
	"NoSuchCORSConfiguration": Absent, "ReplicationConfigurationNotFoundError": Absent,
	"TrailNotFoundException": Absent, "ResourceNotFoundException": Absent, "NotFoundException": Absent,
	"AWSOrganizationsNotInUseException": Absent, "InsightNotEnabledException": Absent,

	"AccessDenied": Denied, "AccessDeniedException": Denied, "UnauthorizedOperation": Denied, "AllAccessDisabled": Denied,
	"AuthorizationError": Denied, "UnauthorizedException": Denied, "Forbidden": Denied, "AuthFailure": Denied,
	"InvalidClientTokenId": Denied, "InvalidAccessKeyId": Denied, "SignatureDoesNotMatch": Denied,
	"UnrecognizedClientException": Denied, "IncompleteSignature": Denied, "MissingAuthenticationToken": Denied,
	"MissingAuthenticationTokenException": Denied, "InvalidSignatureException": Denied,

	"Throttling": Throttled, "ThrottlingException": Throttled, "ThrottledException": Throttled, "SlowDown": Throttled,
	"TooManyRequestsException": Throttled, "RequestLimitExceeded": Throttled, "ServiceQuotaExceededException": Throttled,
	"LimitExceededException": Throttled, "ModelNotReadyException": Throttled,

	"BucketAlreadyExists": Conflict, "BucketAlreadyOwnedByYou": Conflict, "PreconditionFailed": Conflict,
	"ConditionalRequestConflict": Conflict, "OperationAborted": Conflict, "EntityAlreadyExists": Conflict,
	"EntityAlreadyExistsException": Conflict, "ConcurrentModification": Conflict, "ConcurrentModificationException": Conflict,
	"ConflictException": Conflict, "TrailAlreadyExistsException": Conflict, "DeleteConflict": Conflict,
	"LimitExceeded": Conflict, "InvalidBucketState": Conflict,
	"InvalidObjectState": Invalid, "ObjectNotInActiveTierError": Invalid,

	"InternalError": Unavailable, "InternalFailure": Unavailable, "InternalServerException": Unavailable,
	"ServiceUnavailable": Unavailable, "ServiceUnavailableException": Unavailable, "ServiceFailure": Unavailable,
	"ModelErrorException": Unavailable, "ModelStreamErrorException": Unavailable, "ModelTimeoutException": Unavailable,
	"RequestTimeout": Offline, "RequestTimeoutException": Offline,
}

func classify(err error) (Kind, string) {
	var code string
	if missing, ok := errors.AsType[*NoCredentialError](err); ok {
		if kind, _ := classify(missing.Err); kind == Offline || kind == Expired || kind == Stopped {
			return kind, code
		}
		return Denied, code
	}
	if r, ok := find(err); ok && r.kind != "" {
		if api, ok := errors.AsType[smithy.APIError](err); ok {
			code = api.ErrorCode()
		}
		return r.kind, code
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = api.ErrorCode()
		if k, ok := codes[code]; ok {
			return k, code
		}
	}
	if _, foreign := notAnAnswer(err); foreign {
		return Unavailable, code
	}
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		// A 404 without a code of the table is not “absent”: a proxy or a wrong
		// endpoint answers 404 too, and a check may pass because something is absent.
		switch status := response.HTTPStatusCode(); {
		case status == http.StatusUnauthorized, status == http.StatusForbidden:
			return Denied, code
		case status == http.StatusTooManyRequests:
			return Throttled, code
		case status == http.StatusConflict, status == http.StatusPreconditionFailed:
			return Conflict, code
		case status >= 500:
			return Unavailable, code
		case status >= 400:
			return Invalid, code
		}
	}
	// An answer that cannot be read, is incomplete or is not AWS's is not a refusal.
	_, garbled := errors.AsType[*smithy.DeserializationError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return Stopped, code
	case code != "":
		return Invalid, code
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF):
		return Offline, code
	case garbled:
		return Unavailable, code
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return Offline, code
	}
	if _, ok := errors.AsType[*smithyhttp.RequestSendError](err); ok {
		return Offline, code
	}
	return Invalid, code
}
