package aws

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/net/http/httpproxy"
)

// How long each kind of wait may take. A call that answers with one document has a
// limit as a whole; a transfer or a stream may continue as long as bytes move.
const (
	dialTimeout    = 10 * time.Second
	headerTimeout  = 90 * time.Second // the answer's first byte, after the request was sent
	requestTimeout = 30 * time.Second // one attempt of a call that is not a transfer
	stallTimeout   = 2 * time.Minute  // no byte in either direction
)

// newTransport makes the one HTTP client that all services share. bundle is the file with
// the certificates to trust; empty: the system's.
func newTransport(lookup func(string) (string, bool), bundle string) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if bundle != "" {
		pem, err := os.ReadFile(bundle)
		if err != nil {
			return nil, fmt.Errorf("AWS_CA_BUNDLE: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("AWS_CA_BUNDLE: %s has no certificate in PEM form", bundle)
		}
	}
	proxy := proxies(lookup)
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	return &http.Client{
		// AWS services answer redirects as errors; following one would lose the signature.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: func(r *http.Request) (*url.URL, error) { return proxy(r.URL) },
			OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
				if answer.StatusCode != http.StatusOK {
					return &InterceptedError{Status: answer.StatusCode}
				}
				return nil
			},
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := dialer.DialContext(ctx, network, address)
				if err != nil {
					return nil, err
				}
				return &stallConn{Conn: conn}, nil
			},
			TLSClientConfig:       config,
			TLSHandshakeTimeout:   dialTimeout,
			ResponseHeaderTimeout: headerTimeout,
			ExpectContinueTimeout: time.Second,
			IdleConnTimeout:       90 * time.Second,
			// As many as a transfer of small files uses at once: a connection that is not kept
			// costs two round trips again. Their buffers are 8 MB together.
			MaxIdleConns:        160,
			MaxIdleConnsPerHost: 128,
			ForceAttemptHTTP2:   true,
			WriteBufferSize:     32 << 10,
			ReadBufferSize:      32 << 10,
		},
	}, nil
}

// proxies chooses the proxy as Go's HTTP client does, from the account's environment and
// not the process's, which Go reads only once.
func proxies(lookup func(string) (string, bool)) func(*url.URL) (*url.URL, error) {
	value := func(names ...string) string { return first(lookup, names...) }
	config := httpproxy.Config{
		HTTPProxy: value("HTTP_PROXY", "http_proxy"), HTTPSProxy: value("HTTPS_PROXY", "https_proxy"), NoProxy: value("NO_PROXY", "no_proxy"),
		CGI: value("REQUEST_METHOD") != "",
	}
	return config.ProxyFunc()
}

// stallConn gives up on a connection on which no bytes move. A write also extends the
// read deadline: no answer is expected while a large body is sent.
type stallConn struct{ net.Conn }

func (c *stallConn) Read(p []byte) (int, error) {
	_ = c.SetReadDeadline(time.Now().Add(stallTimeout))
	return c.Conn.Read(p)
}

func (c *stallConn) Write(p []byte) (int, error) {
	_ = c.SetDeadline(time.Now().Add(stallTimeout))
	return c.Conn.Write(p)
}

// traffic counts an account's requests and keeps the time from the answers.
type traffic struct {
	atomic.Int64
	skew       atomic.Pointer[time.Duration]
	correction atomic.Int64 // how far signing times are moved back, in nanoseconds; see Account.corrected
}

// counting counts the requests that are sent, and finds answers that are not AWS's.
type counting struct {
	client HTTPClient
	calls  *traffic
}

func (c counting) Do(r *http.Request) (*http.Response, error) {
	c.calls.Add(1)
	sent := time.Now()
	response, err := c.client.Do(r)
	if err != nil {
		return response, err
	}
	if told, ok := r.Context().Value(throttledKey{}).(func()); ok &&
		(response.StatusCode == http.StatusServiceUnavailable || response.StatusCode == http.StatusTooManyRequests) {
		told()
	}
	if intercepted(response) {
		_ = response.Body.Close()
		return nil, &InterceptedError{Status: response.StatusCode}
	}
	if date, wrong := http.ParseTime(response.Header.Get("Date")); wrong == nil {
		// AWS wrote the time between the sending and now, in whole seconds.
		got := time.Now()
		c.calls.skew.Store(new(sent.Add(got.Sub(sent) / 2).Sub(date.Add(time.Second / 2))))
	}
	return response, nil
}

type throttledKey struct{}

// WhenThrottled calls told for each answer that asks for fewer requests (429, or 503 as
// S3's SlowDown), also when the request is tried again and succeeds.
func WhenThrottled(ctx context.Context, told func()) context.Context {
	return context.WithValue(ctx, throttledKey{}, told)
}

// intercepted reports whether a proxy or a sign-in page answered in AWS's place. AWS's
// APIs describe an error in XML or JSON, and their answers have the request's id. A
// gateway's own error (502, 503, 504) can be AWS's and is left to the retries.
func intercepted(r *http.Response) bool {
	if r.StatusCode == http.StatusProxyAuthRequired || r.StatusCode == http.StatusNetworkAuthenticationRequired {
		return true
	}
	for _, name := range requestIDs {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.StatusCode/100 == 3 || r.StatusCode/100 == 4 && kind == "text/html"
}

// transfers are the operations whose duration depends on the size of their body, so
// only a stall ends them.
var transfers = map[string]bool{
	"GetObject": true, "PutObject": true, "UploadPart": true, "CopyObject": true, "UploadPartCopy": true,
	"CompleteMultipartUpload": true, "Converse": true, "ConverseStream": true,
}

// bound gives each attempt of a call that is not a transfer a time limit.
func bound(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("claria/timeout",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
			middleware.FinalizeOutput, middleware.Metadata, error,
		) {
			if transfers[awsmiddleware.GetOperationName(ctx)] {
				return next.HandleFinalize(ctx, in)
			}
			ctx, cancel := context.WithTimeout(ctx, requestTimeout)
			defer cancel()
			return next.HandleFinalize(ctx, in)
		}), "Retry", middleware.After)
}

func userAgent(agent string) func(*middleware.Stack) error {
	if agent == "" {
		return func(*middleware.Stack) error { return nil }
	}
	name, version, _ := strings.Cut(agent, "/")
	return awsmiddleware.AddUserAgentKeyValue(name, version)
}

// ReadOnlyError means that a read-only account did not send an operation that could
// change something.
type ReadOnlyError struct{ Operation string }

func (e *ReadOnlyError) Error() string {
	return e.Operation + " was not sent: this run only reads"
}

// reads reports whether an operation only reads. AWS names operations by verb.
// GenerateCredentialReport makes a report and CountTokens counts; neither changes
// the account's settings. Everything else counts as a change.
func reads(operation string) bool {
	for _, verb := range []string{"Get", "List", "Describe", "Head", "Lookup"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	switch operation {
	case "AssumeRole", "GenerateCredentialReport", "CountTokens":
		return true
	}
	return false
}

// refuseWrites stops a changing operation before the request is built.
func refuseWrites(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("claria/read-only",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
			middleware.InitializeOutput, middleware.Metadata, error,
		) {
			if operation := awsmiddleware.GetOperationName(ctx); !reads(operation) {
				return middleware.InitializeOutput{}, middleware.Metadata{}, &ReadOnlyError{operation}
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.After)
}
