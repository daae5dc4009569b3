package aws

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Agreement is one agreement between the customer and AWS, as AWS Artifact
// lists it (Artifact API, CustomerAgreementSummary).
type Agreement struct {
	Name            string    `json:"name"`
	ARN             string    `json:"arn"`
	AgreementARN    string    `json:"agreementArn"`
	AccountID       string    `json:"awsAccountId"`
	OrganizationARN string    `json:"organizationArn,omitempty"`
	EffectiveStart  time.Time `json:"effectiveStart"`
	EffectiveEnd    time.Time `json:"effectiveEnd,omitzero"`
	State           string    `json:"state"` // ACTIVE, CUSTOMER_TERMINATED, AWS_TERMINATED
	Type            string    `json:"type"`  // DEFAULT, CUSTOM, MODIFIED
}

// Agreements lists every agreement that applies to the caller, from all pages. The Go
// SDK has no Artifact module, so the request is signed here. Artifact exists only in
// the partition's global region (its endpoint rule set).
func (a *Account) Agreements(ctx context.Context) ([]Agreement, error) {
	const region = "us-east-1"
	call := signedCall{
		operation: "artifact:ListCustomerAgreements", service: "artifact", region: region,
		method: http.MethodGet, base: a.endpoints.of("ARTIFACT"), path: "/v1/customer-agreement/list",
		form: form{kind: ofJSON, named: true},
	}
	if call.base == "" {
		call.base = "https://" + a.endpoints.host("artifact.{region}.amazonaws.com", region)
	}
	all := []Agreement{}
	err := Pages(func(token string) (string, error) {
		var page struct {
			CustomerAgreements []Agreement `json:"customerAgreements"`
			NextToken          string      `json:"nextToken"`
		}
		query := url.Values{"maxResults": {"100"}}
		if token != "" {
			query.Set("nextToken", token)
		}
		call.query = query.Encode()
		if err := a.send(ctx, call, &page); err != nil {
			return "", err
		}
		if page.CustomerAgreements == nil { // AWS writes an empty list out
			return "", &Error{Kind: Unavailable, Operation: call.operation, Err: fmt.Errorf("the answer has no list of agreements")}
		}
		all = append(all, page.CustomerAgreements...)
		return page.NextToken, nil
	})
	if err != nil {
		return nil, Wrap(err, call.operation, "")
	}
	return all, nil
}

// retention is Bedrock's account setting for keeping prompts and answers. The SDK has
// no such operation, so its requests are signed here.
func (a *Account) retention(method string) signedCall {
	call := signedCall{
		operation: "bedrock:GetAccountDataRetention", service: "bedrock", region: a.Region(),
		method: method, base: a.endpoints.of("BEDROCK"), path: "/data-retention", form: form{kind: ofJSON, named: true},
	}
	if method == http.MethodPut {
		call.operation = "bedrock:PutAccountDataRetention"
	}
	if call.base == "" {
		call.base = "https://" + a.endpoints.host("bedrock.{region}.amazonaws.com", a.Region())
	}
	return call
}

// DataRetention reads the account's Bedrock data-retention mode in the region:
// none, default, aws_review, provider_data_share or inherit, or a mode that AWS has
// added since.
func (a *Account) DataRetention(ctx context.Context) (string, error) {
	var out struct {
		Mode string `json:"mode"`
	}
	if err := a.send(ctx, a.retention(http.MethodGet), &out); err != nil {
		return "", err
	}
	return out.Mode, nil
}

// SetDataRetention sets the account's Bedrock data-retention mode in the region.
func (a *Account) SetDataRetention(ctx context.Context, mode string) error {
	call := a.retention(http.MethodPut)
	if a.options.ReadOnly {
		return &ReadOnlyError{call.operation}
	}
	body, err := json.Marshal(map[string]string{"mode": mode})
	if err != nil {
		return err
	}
	call.body = body
	return a.send(ctx, call, nil)
}

// signedCall is a rest-json request that the SDK has no client for.
type signedCall struct {
	operation, service, region string
	method, base, path, query  string
	body                       []byte
	header                     http.Header                        // in addition to the usual ones
	form                       form                               // of the answer
	decode                     func([]byte, any) error            // nil: JSON
	failure                    func(*http.Response, []byte) error // reads an error; nil: JSON's
}

// send signs and sends the call with the account's retry rules and time limit,
// and decodes its answer into out.
func (a *Account) send(ctx context.Context, call signedCall, out any) error {
	service, operation, _ := strings.Cut(call.operation, ":")
	about := func() string { return a.about(ctx, call.path+" "+call.query+" "+string(call.body)) }
	return a.outlast(ctx, service, operation, about, func() error { return a.tries(ctx, call, operation, out) }, nil)
}

func (a *Account) tries(ctx context.Context, call signedCall, operation string, out any) error {
	retryer := a.config.Retryer()
	for attempt := 1; ; attempt++ {
		at := a.signingTime()
		err := unsure(operation, a.attempt(ctx, call, at, out))
		if err != nil && attempt < retryer.MaxAttempts() && a.corrected(err, at) {
			continue
		}
		if err == nil || attempt >= retryer.MaxAttempts() || !retryer.IsErrorRetryable(err) {
			return Wrap(err, call.operation, "")
		}
		delay, delayErr := retryer.RetryDelay(attempt, err)
		if delayErr != nil {
			return Wrap(err, call.operation, "")
		}
		select {
		case <-ctx.Done():
			return Wrap(ctx.Err(), call.operation, "")
		case <-time.After(delay):
		}
	}
}

// signingTime is this computer's time, corrected if AWS did not accept it.
func (a *Account) signingTime() time.Time {
	return time.Now().Add(-time.Duration(a.calls.correction.Load()))
}

// wrongBy is how far a signing time is from AWS's at least before a signature is refused
// for its time and not for its secret. The SDK uses the same.
const wrongBy = 4 * time.Minute

// corrected takes AWS's time from the refusal of a request that was signed at a wrong
// time, as the SDK's clients do (aws/retry, clock skew), and reports whether the request
// can be sent again.
func (a *Account) corrected(err error, signed time.Time) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	response, answered := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || !answered || !slices.Contains(skewCodes, api.ErrorCode()) {
		return false
	}
	now, wrong := http.ParseTime(response.Response.Header.Get("Date"))
	if wrong != nil || response.Response.Header.Get("Age") != "" || signed.Sub(now).Abs() <= wrongBy {
		return false
	}
	a.calls.correction.Store(int64(time.Since(now)))
	return true
}

// skewCodes are the codes that a wrong time can cause.
var skewCodes = []string{
	"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture",
	"AccessDeniedException",
}

func (a *Account) attempt(ctx context.Context, call signedCall, at time.Time, out any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	target := call.base + call.path
	if call.query != "" {
		target += "?" + call.query
	}
	request, err := http.NewRequestWithContext(ctx, call.method, target, bytes.NewReader(call.body))
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	if agent := a.options.UserAgent; agent != "" {
		request.Header.Set("User-Agent", agent)
	}
	if call.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, values := range call.header {
		request.Header[name] = values
	}
	credentials, err := a.config.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(call.body)
	if err := v4.NewSigner().SignHTTP(ctx, credentials, request, hex.EncodeToString(sum[:]), call.service, call.region, at); err != nil {
		return err
	}
	response, err := a.config.HTTPClient.Do(request)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	defer func() { _ = response.Body.Close() }()
	if err := call.form.check(response, call.operation); err != nil {
		return err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	if response.StatusCode/100 != 2 {
		if call.failure != nil {
			return call.failure(response, body)
		}
		return answerError(response, body)
	}
	if out == nil {
		return nil
	}
	decode := call.decode
	if decode == nil {
		decode = json.Unmarshal
	}
	if err := decode(body, out); err != nil {
		return &smithy.DeserializationError{Err: err, Snapshot: nil}
	}
	return nil
}

// answerError reads a rest-json error: the code is in the header or the body,
// possibly followed by ":" and a URL (Smithy, AWS restJson1 protocol).
func answerError(response *http.Response, body []byte) error {
	var answer struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &answer)
	code := response.Header.Get("X-Amzn-ErrorType")
	if code == "" {
		code = answer.Code
	}
	if code == "" {
		code = answer.Type
	}
	code, _, _ = strings.Cut(code, ":")
	if _, after, ok := strings.Cut(code, "#"); ok {
		code = after
	}
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: response},
		Err:      &smithy.GenericAPIError{Code: code, Message: answer.Message},
	}
}
