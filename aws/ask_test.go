package aws_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"claria/aws"
	"claria/aws/sandbox"
)

// One service of the demo account for each wording.
func topics() aws.Service {
	return aws.Service{Name: "sns", Host: "sns.{region}.amazonaws.com", Endpoint: "SNS", Wording: aws.Query, Version: "2010-03-31"}
}

func events() aws.Service {
	return aws.Service{
		Name: "events", Host: "events.{region}.amazonaws.com", Endpoint: "EVENTBRIDGE", Wording: aws.JSON11, Target: "AWSEvents",
	}
}

func detectors() aws.Service {
	return aws.Service{Name: "guardduty", Host: "guardduty.{region}.amazonaws.com", Endpoint: "GUARDDUTY", Wording: aws.RESTJSON}
}

// seen records the requests on their way to the demo account, and may answer some of
// them itself.
type seen struct {
	next   aws.HTTPClient
	answer func(n int) *http.Response // n counts from 1; nil: the account answers

	mu  sync.Mutex
	all []*http.Request
}

func (s *seen) Do(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.all = append(s.all, r)
	n := len(s.all)
	s.mu.Unlock()
	if s.answer != nil {
		if response := s.answer(n); response != nil {
			response.Request = r
			return response, nil
		}
	}
	return s.next.Do(r)
}

// asking is the root user's account, with its requests recorded.
func asking(t *testing.T, change func(*aws.Options)) (*aws.Account, *seen) {
	t.Helper()
	demo, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = demo.Close() })
	environ := demo.Environ()
	wire := &seen{next: demo.Client()}
	options := aws.Options{
		Region: "us-east-1", Client: wire, Attempts: 1,
		Source:    aws.Source{Kind: aws.FromKey, Key: aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}},
		LookupEnv: func(string) (string, bool) { return "", false },
	}
	if change != nil {
		change(&options)
	}
	account, err := aws.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return account, wire
}

// Each wording is sent as its service requires and its answer is decoded: the demo
// account verifies every signature and reads every request.
func TestAskWordings(t *testing.T) {
	account, wire := asking(t, nil)
	ctx := t.Context()

	var made struct {
		ARN string `xml:"CreateTopicResult>TopicArn"`
	}
	if err := aws.Ask(ctx, account, topics(), aws.Request{Operation: "CreateTopic", Values: url.Values{"Name": {"a b"}}},
		&made); aws.KindOf(err) != aws.Invalid {
		t.Errorf("a name with a space: %v", err)
	}
	if err := aws.Ask(ctx, account, topics(), aws.Request{
		Operation: "CreateTopic", Values: url.Values{"Name": {"office"}}, Region: "us-west-2",
	}, &made); err != nil || made.ARN != "arn:aws:sns:us-west-2:111122223333:office" {
		t.Errorf("query, in another region: %v, %+v", err, made)
	}

	if err := aws.Ask(ctx, account, events(), aws.Request{
		Operation: "PutRule", In: map[string]any{"Name": "r", "EventPattern": `{"source":["aws.s3"]}`},
	}, nil); err != nil {
		t.Errorf("json-1.1: %v", err)
	}
	var rules struct{ Rules []struct{ Name string } }
	if err := aws.Ask(ctx, account, events(), aws.Request{Operation: "ListRules"}, &rules); err != nil || len(rules.Rules) != 1 ||
		rules.Rules[0].Name != "r" {
		t.Errorf("json-1.1 without an input: %v, %+v", err, rules)
	}

	var detector struct{ DetectorID string }
	if err := aws.Ask(ctx, account, detectors(), aws.Request{
		Operation: "CreateDetector", Path: "/detector", In: map[string]bool{"enable": true},
	}, &detector); err != nil || detector.DetectorID == "" {
		t.Fatalf("rest-json: %v, %+v", err, detector)
	}
	var status struct{ Status string }
	if err := aws.Ask(ctx, account, detectors(), aws.Request{
		Operation: "GetDetector", Path: "/detector/" + detector.DetectorID, Values: url.Values{"a": {"b c"}},
	}, &status); err != nil || status.Status != "ENABLED" {
		t.Errorf("rest-json with a query string: %v, %+v", err, status)
	}

	for i, want := range []struct{ method, url, contentType, target string }{
		{"POST", "https://sns.us-east-1.amazonaws.com/", "application/x-www-form-urlencoded; charset=utf-8", ""},
		{"POST", "https://sns.us-west-2.amazonaws.com/", "application/x-www-form-urlencoded; charset=utf-8", ""},
		{"POST", "https://events.us-east-1.amazonaws.com/", "application/x-amz-json-1.1", "AWSEvents.PutRule"},
		{"POST", "https://events.us-east-1.amazonaws.com/", "application/x-amz-json-1.1", "AWSEvents.ListRules"},
		{"POST", "https://guardduty.us-east-1.amazonaws.com/detector", "application/json", ""},
		{"GET", "https://guardduty.us-east-1.amazonaws.com/detector/" + detector.DetectorID + "?a=b%20c", "", ""},
	} {
		r := wire.all[i]
		if r.Method != want.method || r.URL.String() != want.url || r.Header.Get("X-Amz-Target") != want.target ||
			want.contentType != "" && r.Header.Get("Content-Type") != want.contentType {
			t.Errorf("request %d: %s %s %v", i, r.Method, r.URL, r.Header)
		}
	}
}

// JSON 1.0 differs from 1.1 by its content type. A global service signs for its own
// region. An endpoint from the environment replaces the host.
func TestAskWhere(t *testing.T) {
	account, wire := asking(t, func(o *aws.Options) {
		o.Region = "eu-west-1"
		o.LookupEnv = func(name string) (string, bool) { return "https://local.example", name == "AWS_ENDPOINT_URL_OTHER" }
	})
	wire.answer = func(int) *http.Response { return response(http.StatusOK, `{}`) }
	service := aws.Service{Name: "other", Host: "other.{region}.amazonaws.com", Region: "us-east-1", Wording: aws.JSON10, Target: "T"}
	if err := aws.Ask(t.Context(), account, service, aws.Request{Operation: "GetX"}, nil); err != nil {
		t.Fatal(err)
	}
	service.Endpoint = "OTHER"
	if err := aws.Ask(t.Context(), account, service, aws.Request{Operation: "GetX"}, nil); err != nil {
		t.Fatal(err)
	}
	first, second := wire.all[0], wire.all[1]
	if first.URL.Host != "other.us-east-1.amazonaws.com" || first.Header.Get("Content-Type") != "application/x-amz-json-1.0" ||
		!strings.Contains(first.Header.Get("Authorization"), "/us-east-1/other/aws4_request") {
		t.Errorf("%s %v", first.URL, first.Header)
	}
	if second.URL.Host != "local.example" {
		t.Errorf("the endpoint of the environment is not used: %s", second.URL)
	}
}

// response is an answer as AWS gives it.
func response(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"X-Amzn-Requestid": {"1"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// client is an HTTP client that is a function.
type client func(*http.Request) (*http.Response, error)

func (c client) Do(r *http.Request) (*http.Response, error) { return c(r) }

// In every wording, an error's code decides its kind. An answer that is not from AWS
// never means “it does not exist”.
func TestAskErrors(t *testing.T) {
	demo, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = demo.Close() })
	environ := demo.Environ()
	open := func(client aws.HTTPClient, key aws.Key) *aws.Account {
		account, err := aws.Open(t.Context(), aws.Options{
			Region: "us-east-1", Client: client, Attempts: 1, Source: aws.Source{Kind: aws.FromKey, Key: key},
			LookupEnv: func(string) (string, bool) { return "", false },
		})
		if err != nil {
			t.Fatal(err)
		}
		return account
	}
	root := open(demo.Client(), aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]})
	nobody := open(demo.Client(), aws.Key{ID: "AKIAXXXXXXXXXXXXXXXX", Secret: "x"})
	topic := aws.Request{Operation: "GetTopicAttributes", Values: url.Values{"TopicArn": {"arn:aws:sns:us-east-1:111122223333:none"}}}
	for _, c := range []struct {
		name    string
		account *aws.Account
		service aws.Service
		request aws.Request
		kind    aws.Kind
		code    string
	}{
		{"query, a code in XML", root, topics(), topic, aws.Invalid, "NotFound"}, // S3 gives this code another meaning; the caller checks it
		{"json-1.1, absent", root, events(), aws.Request{Operation: "ListTargetsByRule", In: map[string]string{"Rule": "none"}}, aws.Absent, "ResourceNotFoundException"},
		{"rest-json, invalid", root, detectors(), aws.Request{Operation: "GetDetector", Path: "/detector/none"}, aws.Invalid, "BadRequestException"},
		{"query, refused", nobody, topics(), aws.Request{Operation: "ListTopics"}, aws.Denied, "InvalidClientTokenId"},
		{"json-1.1, refused", nobody, events(), aws.Request{Operation: "ListRules"}, aws.Denied, "UnrecognizedClientException"},
		{"rest-json, refused", nobody, detectors(), aws.Request{Operation: "ListDetectors", Path: "/detector"}, aws.Denied, "UnrecognizedClientException"},
	} {
		err := aws.Ask(t.Context(), c.account, c.service, c.request, nil)
		failure, ok := errors.AsType[*aws.Error](err)
		if !ok || failure.Kind != c.kind || failure.Code != c.code || failure.Operation != c.service.Name+":"+c.request.Operation {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	// EC2's form of an XML error, and a proxy that answers in place of AWS.
	for _, c := range []struct {
		status int
		body   string
		kind   aws.Kind
		code   string
	}{
		{http.StatusForbidden, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>`, aws.Denied, "UnauthorizedOperation"},
		{http.StatusNotFound, `<html><body>not found</body></html>`, aws.Invalid, ""},
		{http.StatusBadGateway, ``, aws.Unavailable, ""},
	} {
		account := open(client(func(r *http.Request) (*http.Response, error) {
			answer := response(c.status, c.body)
			answer.Request = r
			return answer, nil
		}), aws.Key{ID: "AKIAXXXXXXXXXXXXXXXX", Secret: "x"})
		failure, _ := errors.AsType[*aws.Error](aws.Ask(t.Context(), account, topics(), aws.Request{Operation: "ListTopics"}, nil))
		if failure == nil || failure.Kind != c.kind || failure.Code != c.code {
			t.Errorf("%d %q: %+v", c.status, c.body, failure)
		}
	}
}

// A read-only account changes nothing, whatever it is asked to do.
func TestAskReadsOnly(t *testing.T) {
	account, wire := asking(t, func(o *aws.Options) { o.ReadOnly = true })
	for _, operation := range []string{"CreateTopic", "Subscribe", "SetTopicAttributes"} {
		err := aws.Ask(t.Context(), account, topics(), aws.Request{Operation: operation}, nil)
		if _, ok := errors.AsType[*aws.ReadOnlyError](err); !ok {
			t.Errorf("%s: %v", operation, err)
		}
	}
	before := len(wire.all)
	if err := aws.Ask(t.Context(), account, topics(), aws.Request{Operation: "ListTopics"}, nil); err != nil || len(wire.all) != before+1 {
		t.Errorf("a read: %v", err)
	}
}

// A request to a busy service is retried within the account's limit; a refused one is not.
func TestAskRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name     string
			answer   func(n int) *http.Response
			requests int
			kind     aws.Kind
		}{
			{"busy twice", func(n int) *http.Response {
				if n > 2 {
					return nil
				}
				return response(http.StatusServiceUnavailable, "")
			}, 3, ""},
			{"always busy", func(int) *http.Response { return response(http.StatusServiceUnavailable, "") }, 3, aws.Unavailable},
			{"refused", func(int) *http.Response { return response(http.StatusForbidden, "") }, 1, aws.Denied},
		} {
			account, wire := asking(t, func(o *aws.Options) { o.Attempts = 3 })
			wire.answer = c.answer
			err := aws.Ask(t.Context(), account, detectors(), aws.Request{Operation: "ListDetectors", Path: "/detector"}, nil)
			if len(wire.all) != c.requests || aws.KindOf(err) != c.kind {
				t.Errorf("%s: %d requests, %v", c.name, len(wire.all), err)
			}
		}
		account, wire := asking(t, nil)
		wire.answer = func(int) *http.Response { return response(http.StatusOK, "") }
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := aws.Ask(ctx, account, detectors(), aws.Request{Operation: "ListDetectors", Path: "/detector"}, &json.RawMessage{}); err == nil {
			t.Error("an empty body was accepted as an answer")
		}
	})
}
