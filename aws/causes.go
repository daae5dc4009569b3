package aws

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Cause is why something failed, in words for a person. The screen, the command line,
// findings and plans take both texts from one table.
type Cause struct {
	Says string // without a capital and a full stop: "this computer's clock is wrong …"
	Next string // a step that can help; empty: none is known

	// Alone says that the operation adds nothing to the sentence: every call fails alike.
	Alone bool
	named bool // by a row of the table, not only by the kind
}

// Named reports whether the table knows this cause, and not only its kind.
func (c Cause) Named() bool { return c.named }

// row is a cause and how it is recognised: by AWS's code, by words in AWS's message or in
// the error's text, and by the error's type. What is given must all hold.
type row struct {
	kind  Kind // empty: the kind of the code
	codes []string
	words []string // in lower case; one of them
	is    func(error) bool
	cause Cause
}

// clockCodes say that AWS does not accept the request's time, with one of clockWords in
// the message; without, they say that the signature is wrong.
var (
	clockCodes = []string{"SignatureDoesNotMatch", "InvalidSignatureException", "AuthorizationHeaderMalformed"}
	clockWords = []string{"signature expired", "signature not yet current"}
)

// ByResourcePolicy is in AWS's message, and in the sentence of the cause, when the
// resource's own policy refuses.
const ByResourcePolicy = "explicit deny in a resource-based policy"

// archiveCodes are S3's when an object must be restored first (S3 API reference, "GetObject"
// and "CopyObject").
var archiveCodes = []string{"InvalidObjectState", "ObjectNotInActiveTierError"}

const (
	askNetwork = "ask the owner of the network to let AWS through (*.amazonaws.com, *.api.aws), or use another network"
	lookAtEnv  = "check the network, the proxy (HTTPS_PROXY, NO_PROXY) and AWS_ENDPOINT_URL, then try again"
)

// causes is searched from the top. Sources: Go's net, crypto/x509 and syscall; IAM user
// guide, "Troubleshoot access denied error messages"; the "Common Errors" pages of the API
// references; Amazon Bedrock user guide, "Access foundation models"; AWS KMS guide, "Key
// states of AWS KMS keys".
var causes = []row{
	// The way to AWS.
	{kind: Offline, is: proxyRefuses, cause: Cause{
		Says: "the proxy wants a user name and password (407)", Alone: true,
		Next: "put them into HTTPS_PROXY (http://USER:PASSWORD@HOST:PORT), or " + askNetwork,
	}},
	{kind: Offline, is: proxyFails, cause: Cause{
		Says: "the proxy could not reach AWS", Next: "try again in a few minutes; if it stays, " + askNetwork, Alone: true,
	}},
	{kind: Offline, is: isA[*InterceptedError], cause: Cause{
		Says: "a proxy or firewall answered instead of AWS and blocks the request", Next: askNetwork, Alone: true,
	}},
	{kind: Offline, is: proxyUnreachable, cause: Cause{
		Says: "the proxy could not be reached", Next: "check HTTPS_PROXY and NO_PROXY, then try again", Alone: true,
	}},
	{kind: Offline, is: isA[*net.DNSError], cause: Cause{
		Says: "the name of AWS's host could not be resolved (DNS)", Alone: true,
		Next: "check the network and its DNS; if only this host has no address, check the region and AWS_ENDPOINT_URL",
	}},
	{kind: Offline, is: certificateDated, cause: Cause{
		Says: "the host's certificate is not valid at this time", Next: "set this computer's clock, then try again", Alone: true,
	}},
	{kind: Offline, is: certificate, cause: Cause{
		Says: "this computer does not trust the certificate of the host that answered", Alone: true,
		Next: "if your network inspects TLS, set AWS_CA_BUNDLE to a PEM file with its certificates; else use another network",
	}},
	{kind: Offline, is: noTLS, cause: Cause{
		Says: "the host that answered does not speak TLS", Next: "check HTTPS_PROXY and AWS_ENDPOINT_URL, then try again", Alone: true,
	}},
	{kind: Offline, is: failed(syscall.ECONNREFUSED), cause: Cause{Says: "the connection was refused", Next: lookAtEnv, Alone: true}},
	{kind: Offline, is: failed(syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN), cause: Cause{
		Says: "this computer has no way to AWS's host", Next: "connect to the network, then try again", Alone: true,
	}},
	{kind: Offline, is: late, cause: Cause{Says: "AWS did not answer in time", Next: lookAtEnv, Alone: true}},

	// The request's time and its credential.
	{kind: Expired, codes: clockCodes, words: clockWords, cause: wrongClock},
	{kind: Expired, codes: []string{"RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired"}, cause: wrongClock},
	{codes: []string{"SignatureDoesNotMatch", "InvalidSignatureException"}, cause: Cause{
		Says: "the secret access key does not belong to the access key", Alone: true,
		Next: "copy both parts of the key again, or give another credential",
	}},
	{kind: Expired, codes: []string{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}, cause: Cause{
		Says: "the session token has expired", Next: "sign in again (for SSO: aws sso login) or get a new token, then try again", Alone: true,
	}},
	{kind: Expired, words: []string{"sso session has expired", "cached sso token", "token expired and no refresh"}, cause: Cause{
		Says: "the sign-in through IAM Identity Center has expired", Next: "sign in again: aws sso login", Alone: true,
	}},
	{
		kind: Denied, codes: []string{"AuthFailure", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "InvalidToken"},
		is: inOptInRegion, cause: regionOff,
	},
	{kind: Denied, codes: []string{"RegionDisabledException"}, cause: regionOff},
	{
		kind: Denied, codes: []string{"InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException", "AuthFailure"},
		cause: unknownKey,
	},
	{kind: Denied, is: isA[*CodeError], cause: Cause{
		Says: "the profile's role needs the code of its second factor (mfa_serial)", Alone: true,
		Next: "run this in a terminal, where Claria can ask, or give a session that was opened with the factor (AWS_SESSION_TOKEN)",
	}},
	{kind: Denied, is: refused, words: []string{"multifactorauthentication failed"}, cause: Cause{
		Says: "AWS did not accept the code of the second factor", Alone: true,
		Next: "wait for the next code, and try again; each code works once",
	}},

	// The account.
	{kind: Denied, codes: []string{"OptInRequired", "SubscriptionRequiredException", "SubscriptionRequired"}, cause: Cause{
		Says: "the account is not signed up for this service",
		Next: "finish the sign-up in the AWS console (payment method, phone number); AWS can take 24 hours to open a new account",
	}},
	{kind: Denied, codes: []string{"AccountProblem", "AllAccessDisabled", "Blocked", "PendingVerification"}, cause: suspended},
	{
		kind: Denied, is: isA[smithy.APIError], cause: suspended,
		words: []string{"account is suspended", "account has been suspended", "account is currently blocked"},
	},

	// Who denies. AWS writes the kind of policy into its message.
	{kind: Denied, is: refused, words: []string{"service control policy", "service control policies"}, cause: Cause{
		Says: notAllowed + " (denied by a service control policy of the organization)", Next: organization,
	}},
	{kind: Denied, is: refused, words: []string{"resource control policy", "resource control policies"}, cause: Cause{
		Says: notAllowed + " (denied by a resource control policy of the organization)", Next: organization,
	}},
	{kind: Denied, is: refused, words: []string{"vpc endpoint policy"}, cause: Cause{
		Says: notAllowed + " (denied by the policy of the network's VPC endpoint)",
		Next: "change the policy of the VPC endpoint, or use another network",
	}},
	{kind: Denied, is: refused, words: []string{ByResourcePolicy}, cause: Cause{
		Says: notAllowed + " (" + ByResourcePolicy + ")",
		Next: "remove that Deny from the resource's own policy; a bucket's policy can always be changed by the root user",
	}},
	{kind: Denied, is: refused, words: []string{"permissions boundary"}, cause: Cause{
		Says: notAllowed + " (denied by its permissions boundary)",
		Next: "change the permissions boundary of this identity, or use another identity; more policies cannot help",
	}},
	{kind: Denied, is: refused, words: []string{"session policy", "session policies"}, cause: Cause{
		Says: notAllowed + " (denied by the policy of its session)", Next: "start a session whose policy allows it, or use another credential",
	}},
	{kind: Denied, is: refused, words: []string{"explicit deny in an identity-based policy"}, cause: Cause{
		Says: notAllowed + " (explicit deny in an identity-based policy)",
		Next: "remove that Deny from the policies of this identity, or use an identity that may",
	}},

	// What takes a while.
	{kind: Waiting, is: isA[smithy.APIError], words: []string{"use case details have not been submitted"}, cause: Cause{
		Says: "Anthropic's use-case form was not submitted, or less than 15 minutes ago",
		Next: "wait 15 minutes if it was submitted; else claria setup --apply submits it, after asking",
	}},
	{kind: Waiting, is: isA[smithy.APIError], words: []string{"aws marketplace subscription for this model cannot be completed"}, cause: Cause{
		Says: "AWS Marketplace has not finished the subscription to the model",
		Next: "try again in 2 minutes; if it stays, claria setup --plan shows what the model needs",
	}},

	{codes: archiveCodes, cause: Cause{
		Says: "it was moved to an archive class and must be restored before it can be read",
		Next: "open it in the S3 console and choose Initiate restore, which takes minutes to two days",
	}},

	// Keys of KMS. S3 puts "KMS." before the code.
	{
		codes: []string{
			"DisabledException", "KMSInvalidStateException", "KMS.DisabledException", "KMS.KMSInvalidStateException", "KmsKeyDisabledException",
			"KMSDisabledException",
		},
		cause: Cause{
			Says: "the encryption key is disabled or is going to be deleted",
			Next: "in the KMS console, cancel the deletion of the key and enable it",
		},
	},
	{codes: []string{"NoSuchBucket"}, cause: Cause{
		Says: "the bucket does not exist", Next: "if the account is not set up: claria setup --plan shows what it needs",
	}},

	// This computer.
	{is: failed(syscall.ENOSPC, syscall.EDQUOT), cause: diskFull},
	{words: []string{"no space left on device", "not enough space on the disk"}, cause: diskFull},
	{is: failed(syscall.EROFS), cause: Cause{
		Says: "the file system is read-only", Next: "make it writable, or set CLARIA_HOME to a directory that is",
	}},
	{is: passphrase, cause: Cause{
		Says: "the passphrase of the keyring is wrong", Alone: true,
		Next: "type it again, or put the right one into the file that " + PassphraseVariable + " names",
	}},
}

var (
	wrongClock = Cause{
		Says: "this computer's clock is wrong: AWS does not accept the time of the request", Alone: true,
		Next: "set the clock, best by turning on automatic time, then try again",
	}
	unknownKey = Cause{
		Says: "AWS does not accept this access key: it was deleted or deactivated", Next: "give another credential", Alone: true,
	}
	regionOff = Cause{
		Says: "the region is not enabled in this account, or it does not know this access key", Alone: true,
		Next: "enable the region (AWS console, Account, AWS Regions) and wait some minutes, or choose another with --region",
	}
	suspended = Cause{
		Says: "AWS has suspended the account, or has not verified it yet", Alone: true,
		Next: "sign in to the AWS console as the root user and settle what Billing and the Support Center ask for",
	}
	diskFull = Cause{Says: "no space left on device", Next: "free space on the disk, then try again"}
)

const (
	notAllowed   = "this identity is not allowed to do it"
	organization = "ask the administrator of the AWS organization to allow it; rights of this identity cannot help"
)

// byKind are the causes of which only the kind is known.
var byKind = map[Kind]Cause{
	Absent:    {Says: "it does not exist"},
	Denied:    {Says: notAllowed, Next: "allow this identity to do it, or use an identity that may"},
	Throttled: {Says: "AWS asks for fewer requests", Next: "wait a minute, then try again"},
	Expired: {
		Says: "the credential has expired, or this computer's clock is wrong", Alone: true,
		Next: "sign in again (for SSO: aws sso login) or set the clock, then try again",
	},
	Offline:     {Says: "AWS could not be reached", Next: "check the network, then try again", Alone: true},
	Conflict:    {Says: "somebody else changed or created it in the meantime", Next: "look at the current state, then decide again"},
	Invalid:     {Says: "AWS refuses the request"},
	Waiting:     {Says: "AWS has not finished an earlier request", Next: "try again in some minutes"},
	Stopped:     {Says: "it was stopped", Alone: true},
	Unavailable: {Says: "AWS could not serve the request", Next: "try again in a few minutes", Alone: true},
}

// find returns the row of the table for an error.
func find(err error) (row, bool) {
	if err == nil || errors.Is(err, context.Canceled) {
		return row{}, false
	}
	code, message := "", strings.ToLower(err.Error())
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code, message = api.ErrorCode(), strings.ToLower(api.ErrorMessage())
	}
	says := func(word string) bool { return strings.Contains(message, word) }
	for _, r := range causes {
		if (len(r.codes) == 0 || slices.Contains(r.codes, code)) && (len(r.words) == 0 || slices.ContainsFunc(r.words, says)) &&
			(r.is == nil || r.is(err)) {
			r.cause.named = true
			return r, true
		}
	}
	return row{}, false
}

// CauseOf returns why an error happened, as far as the table or the error's kind says.
// The cause of an error that is neither AWS's nor in the table is empty.
func CauseOf(err error) Cause {
	if known, ok := errors.AsType[*Error](err); ok {
		return known.Cause()
	}
	r, _ := find(err)
	return r.cause
}

// CauseIn finds the cause whose sentence a text contains: findings and blocks of a plan
// keep only the words of an unread fact.
func CauseIn(text string) (Cause, bool) {
	for _, r := range causes {
		if strings.Contains(text, r.cause.Says) {
			r.cause.named = true
			return r.cause, true
		}
	}
	return Cause{}, false
}

// Reported is the sentence of a cause that was found earlier, such as why a fact is unread,
// as an error.
type Reported string

func (r Reported) Error() string { return string(r) }

// InterceptedError is an answer from a proxy or a firewall on the way to AWS: to CONNECT,
// or as a web page, in which AWS's services never answer an error.
type InterceptedError struct{ Status int }

func (e *InterceptedError) Error() string {
	return "not AWS answered: " + http.StatusText(e.Status)
}

func isA[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

func failed(numbers ...syscall.Errno) func(error) bool {
	return func(err error) bool {
		return slices.ContainsFunc(numbers, func(n syscall.Errno) bool { return errors.Is(err, n) })
	}
}

func proxyRefuses(err error) bool {
	answer, ok := errors.AsType[*InterceptedError](err)
	// The SDK's own client, which fetches the credentials of a profile, has only the words.
	return ok && answer.Status == http.StatusProxyAuthRequired || strings.HasSuffix(err.Error(), "Proxy Authentication Required")
}

func proxyFails(err error) bool {
	answer, ok := errors.AsType[*InterceptedError](err)
	return ok && answer.Status >= 500 && answer.Status != http.StatusNetworkAuthenticationRequired
}

func proxyUnreachable(err error) bool {
	dial, ok := errors.AsType[*net.OpError](err)
	return ok && dial.Op == "proxyconnect"
}

func certificateDated(err error) bool {
	invalid, ok := errors.AsType[x509.CertificateInvalidError](err)
	return ok && invalid.Reason == x509.Expired
}

func certificate(err error) bool {
	return isA[*tls.CertificateVerificationError](err) || isA[x509.UnknownAuthorityError](err) || isA[x509.HostnameError](err) ||
		isA[x509.CertificateInvalidError](err) || isA[x509.SystemRootsError](err)
}

// noTLS reports whether the host answered in plain text. Go's HTTP client has only words
// for an answer in HTTP.
func noTLS(err error) bool {
	return isA[tls.RecordHeaderError](err) || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

func late(err error) bool {
	slow, ok := errors.AsType[net.Error](err)
	return ok && slow.Timeout() || errors.Is(err, context.DeadlineExceeded)
}

// refused reports whether AWS denied the call.
func refused(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && codes[api.ErrorCode()] == Denied
}

// inOptInRegion reports whether the refused request was signed for a region that an
// account must enable before it can be used.
func inOptInRegion(err error) bool {
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || response.Response == nil || response.Response.Response == nil || response.Response.Request == nil {
		return false
	}
	_, scope, _ := strings.Cut(response.Response.Request.Header.Get("Authorization"), "Credential=")
	parts := strings.Split(scope, "/") // key, date, region, service (Signature Version 4)
	return len(parts) > 3 && optIn(parts[2])
}

// passphrase reports whether the encrypted file keyring was not opened by its passphrase.
func passphrase(err error) bool {
	ring, ok := errors.AsType[*KeyringError](err)
	if !ok || ring.Err == nil {
		return false
	}
	return errors.Is(ring.Err, ErrPassphrase) || strings.Contains(ring.Err.Error(), "integrity check failed") // of an old file
}
