package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Wording is the protocol of a service (Smithy's AWS protocols).
type Wording string

// The wordings.
const (
	JSON10   Wording = "json-1.0"  // POST /, X-Amz-Target, a JSON object
	JSON11   Wording = "json-1.1"  // JSON10 with another content type
	RESTJSON Wording = "rest-json" // method and path, a JSON object
	Query    Wording = "query"     // POST /, a form in, XML out; EC2's variant differs only in its answers
)

// Service is a service of which the program uses a few operations, without a client
// of the SDK: each client adds about 400 kB to the binary for operations that nobody
// calls. Requests go through the same transport, retries, time limits, endpoint
// variables and read-only rule as the SDK's.
type Service struct {
	Name     string  // IAM's prefix, also the operation's in errors: "kms"
	Signing  string  // in the signature's scope; empty: Name
	Host     string  // "kms.{region}.amazonaws.com"
	Region   string  // signs for this region always ("us-east-1" for global services); empty: the account's
	Endpoint string  // AWS_ENDPOINT_URL_<Endpoint>: "KMS"
	Wording  Wording //
	Target   string  // JSON10, JSON11: before the operation in X-Amz-Target: "TrentService"
	Version  string  // Query: "2010-03-31"
	Nameless bool    // AWS does not document that its answers have a request id
}

// Request is one call of a Service.
type Request struct {
	Operation string     // "DescribeKey"; the verb also shows whether it is a read or a change
	Method    string     // RESTJSON; empty: GET without In, else POST
	Path      string     // RESTJSON: "/detector"; the caller escapes parts from outside
	Values    url.Values // RESTJSON: the query string; Query: the form
	In        any        // JSON wordings: the body, a struct or map; nil: {} or none
	Region    string     // another region than the account's
}

// Ask sends one request and decodes its answer into out, a pointer for encoding/json
// or, with Query, for encoding/xml; nil: the answer is ignored. The caller follows the
// tokens of pages.
func Ask(ctx context.Context, a *Account, s Service, r Request, out any) error {
	operation := s.Name + ":" + r.Operation
	if a.options.ReadOnly && !reads(r.Operation) {
		return &ReadOnlyError{operation}
	}
	call := signedCall{
		operation: operation, service: s.Signing, region: r.Region, method: r.Method, path: r.Path,
		base: a.endpoints.of(s.Endpoint), query: r.Values.Encode(), header: http.Header{},
		form: form{kind: ofJSON, named: !s.Nameless},
	}
	if call.service == "" {
		call.service = s.Name
	}
	if call.region == "" {
		call.region = s.Region
	}
	if call.region == "" {
		call.region = a.Region()
	}
	if call.base == "" {
		call.base = "https://" + a.endpoints.host(s.Host, call.region)
	}
	if s.Wording != Query && (r.In != nil || s.Wording != RESTJSON) {
		in := r.In
		if in == nil {
			in = struct{}{}
		}
		body, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("%s: %w", operation, err)
		}
		call.body = body
	}
	switch s.Wording {
	case JSON10, JSON11:
		call.method, call.path, call.query = http.MethodPost, "/", ""
		call.header.Set("Content-Type", "application/x-amz-"+string(s.Wording))
		call.header.Set("X-Amz-Target", s.Target+"."+r.Operation)
	case Query:
		fields := url.Values{"Action": {r.Operation}, "Version": {s.Version}}
		for name, values := range r.Values {
			fields[name] = values
		}
		call.method, call.path, call.query, call.body = http.MethodPost, "/", "", []byte(fields.Encode())
		call.header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		call.header.Set("Accept", "text/xml")
		call.form = form{kind: ofXML, root: r.Operation + "Response"}
		call.decode, call.failure = xml.Unmarshal, xmlError
	default:
		if call.method == "" {
			call.method = http.MethodGet
			if r.In != nil {
				call.method = http.MethodPost
			}
		}
	}
	return a.send(ctx, call, out)
}

// xmlError reads an error of the query protocols: <ErrorResponse><Error>, or
// EC2's <Response><Errors><Error>.
func xmlError(response *http.Response, body []byte) error {
	var answer struct {
		Code    string `xml:"Error>Code"`
		Message string `xml:"Error>Message"`
		EC2     struct {
			Code    string `xml:"Error>Code"`
			Message string `xml:"Error>Message"`
		} `xml:"Errors"`
	}
	_ = xml.NewDecoder(bytes.NewReader(body)).Decode(&answer)
	if answer.Code == "" {
		answer.Code, answer.Message = answer.EC2.Code, answer.EC2.Message
	}
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: response},
		Err:      &smithy.GenericAPIError{Code: answer.Code, Message: answer.Message},
	}
}
