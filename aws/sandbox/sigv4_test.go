package sandbox

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// signed makes a request signed with the SDK's signer as the root user.
func signed(t *testing.T, a *Account, method, address, body, payload string, header map[string]string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	request.Header.Set("X-Amz-Content-Sha256", payload)
	credential, err := sdkAsRoot(a).Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	name := "s3"
	if strings.Contains(address, "//iam.") {
		name = "iam"
	}
	if err := v4.NewSigner().SignHTTP(t.Context(), credential, request, payload, name, "us-east-1", a.now(),
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }); err != nil {
		t.Fatal(err)
	}
	return request
}

// answerTo sends a request and returns the status and S3's or IAM's error code.
func answerFor(t *testing.T, a *Account, request *http.Request) (int, string) {
	t.Helper()
	response, err := a.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var failure struct {
		Code  string
		Error struct{ Code string }
	}
	_ = xml.Unmarshal(text, &failure)
	return response.StatusCode, failure.Code + failure.Error.Code
}

const (
	bucketURL = "https://practice.s3.us-east-1.amazonaws.com/a%20b/c?x-id=PutObject"
	iamURL    = "https://iam.amazonaws.com/"
)

func bucketAccount(t *testing.T, options Options) *Account {
	t.Helper()
	a := newAccount(t, options)
	_, err := s3.NewFromConfig(sdkAsRoot(a)).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: new("practice")})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestSignatures(t *testing.T) {
	a := bucketAccount(t, Options{})
	put := func(payload string, header map[string]string) *http.Request {
		return signed(t, a, http.MethodPut, bucketURL, "hello", payload, header)
	}
	hello := hashHex([]byte("hello"))
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	for _, one := range []struct {
		name   string
		make   func() *http.Request
		tamper func(*http.Request)
		status int
		code   string
	}{
		{"sound", func() *http.Request { return put(hello, nil) }, nil, 200, ""},
		{"unsigned payload", func() *http.Request { return put(unsignedPayload, nil) }, nil, 200, ""},
		{"spaces in a header are one", func() *http.Request { return put(hello, map[string]string{"X-Amz-Meta-A": "b   c"}) }, nil, 200, ""},
		{
			"header changed", func() *http.Request { return put(hello, map[string]string{"X-Amz-Meta-A": "b"}) },
			func(r *http.Request) { r.Header.Set("X-Amz-Meta-A", "c") }, 403, "SignatureDoesNotMatch",
		},
		{
			"header added", func() *http.Request { return put(hello, nil) },
			func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }, 403, "AccessDenied",
		},
		{
			"query changed", func() *http.Request { return put(hello, nil) },
			func(r *http.Request) { r.URL.RawQuery += "&versionId=1" }, 403, "SignatureDoesNotMatch",
		},
		{
			"path changed", func() *http.Request { return put(hello, nil) },
			func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/other", "" }, 403, "SignatureDoesNotMatch",
		},
		{
			"method changed", func() *http.Request { return put(hello, nil) },
			func(r *http.Request) { r.Method = http.MethodPost }, 403, "SignatureDoesNotMatch",
		},
		{
			"body changed", func() *http.Request { return put(hello, nil) },
			func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("hullo")) }, 400, "XAmzContentSHA256Mismatch",
		},
		{
			"no content hash", func() *http.Request { return put(hello, nil) },
			func(r *http.Request) { r.Header.Del("X-Amz-Content-Sha256") }, 400, "InvalidRequest",
		},
		{
			"signature cut", func() *http.Request { return put(hello, nil) },
			func(r *http.Request) {
				cut, _, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
				r.Header.Set("Authorization", cut)
			}, 400, "IncompleteSignature",
		},
		{"form", func() *http.Request {
			return signed(t, a, "POST", iamURL, getUserForm, hashHex([]byte(getUserForm)), form)
		}, nil, 200, ""},
		{
			"form changed", func() *http.Request {
				return signed(t, a, "POST", iamURL, getUserForm, hashHex([]byte(getUserForm)), form)
			},
			func(r *http.Request) {
				body := strings.Replace(getUserForm, "GetUser", "GetRole", 1)
				r.Body = io.NopCloser(strings.NewReader(body))
			}, 403, "SignatureDoesNotMatch",
		},
	} {
		t.Run(one.name, func(t *testing.T) {
			request := one.make()
			if one.tamper != nil {
				one.tamper(request)
			}
			if status, code := answerFor(t, a, request); status != one.status || code != one.code {
				t.Errorf("got %d %s, want %d %s", status, code, one.status, one.code)
			}
		})
	}
}

const getUserForm = "Action=GetUser&Version=2010-05-08"

func TestTamperedBodyLeavesNoObject(t *testing.T) {
	a := bucketAccount(t, Options{})
	request := signed(t, a, http.MethodPut, bucketURL, "hello", hashHex([]byte("hello")), nil)
	request.Body = io.NopCloser(strings.NewReader("hullo"))
	answerFor(t, a, request)
	out, err := s3.NewFromConfig(sdkAsRoot(a)).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: new("practice")})
	if got := must(t, out, err); *got.KeyCount != 0 {
		t.Errorf("a refused upload left %s", *got.Contents[0].Key)
	}
}

// chunks frames a body like clients that sign every chunk. break is applied to the framed
// body.
func chunks(k *signer, seed string, trailer string, parts ...string) string {
	var b strings.Builder
	previous := seed
	for _, part := range append(parts, "") {
		previous = k.chunk(previous, hashHex([]byte(part)))
		fmt.Fprintf(&b, "%x;chunk-signature=%s\r\n%s", len(part), previous, part)
		if part != "" {
			b.WriteString("\r\n")
		}
	}
	if trailer != "" {
		fmt.Fprintf(&b, "%s\r\nx-amz-trailer-signature:%s\r\n", trailer, k.trailer(previous, trailer+"\n"))
	}
	b.WriteString("\r\n")
	return b.String()
}

func TestStreamedBodies(t *testing.T) {
	a := bucketAccount(t, Options{})
	const crc = "x-amz-checksum-crc32:DUoRhQ==" // of "hello world"
	large := strings.Repeat("x", 8192)
	for _, one := range []struct {
		name    string
		payload string
		frame   func(k *signer, seed string) string
		length  int
		status  int
		code    string
	}{
		{"signed chunks", streamingSigned, func(k *signer, seed string) string { return chunks(k, seed, "", large, "hello world") }, 8203, 200, ""},
		{"chunk changed", streamingSigned, func(k *signer, seed string) string {
			return strings.Replace(chunks(k, seed, "", large, "hello world"), "hello", "hullo", 1)
		}, 8203, 403, "SignatureDoesNotMatch"},
		{"chunk left out", streamingSigned, func(k *signer, seed string) string {
			whole := chunks(k, seed, "", "aaaa", "bbbb")
			return whole[strings.Index(whole, "aaaa\r\n")+6:]
		}, 4, 403, "SignatureDoesNotMatch"},
		{"last chunk's signature changed", streamingSigned, func(k *signer, seed string) string {
			whole := chunks(k, seed, "", "hello world")
			at := strings.LastIndex(whole, "=") + 1
			return whole[:at] + strings.Repeat("0", 64) + whole[at+64:]
		}, 11, 403, "SignatureDoesNotMatch"},
		{"cut short", streamingSigned, func(k *signer, seed string) string {
			cut, _, _ := strings.Cut(chunks(k, seed, "", "hello world"), "\r\n0;")
			return cut
		}, 11, 400, "IncompleteBody"},
		{"signed trailer", streamingSignedTrailer, func(k *signer, seed string) string { return chunks(k, seed, crc, "hello world") }, 11, 200, ""},
		{"trailer changed", streamingSignedTrailer, func(k *signer, seed string) string {
			return strings.Replace(chunks(k, seed, crc, "hello world"), "DUoRhQ==", "DUoRhg==", 1)
		}, 11, 403, "SignatureDoesNotMatch"},
		{"unsigned with trailer", streamingUnsignedTrailer, func(*signer, string) string {
			return "b\r\nhello world\r\n0\r\n" + crc + "\r\n\r\n"
		}, 11, 200, ""},
		{"unsigned, checksum wrong", streamingUnsignedTrailer, func(*signer, string) string {
			return "b\r\nhullo world\r\n0\r\n" + crc + "\r\n\r\n"
		}, 11, 400, "BadDigest"},
		{"shorter than announced", streamingUnsignedTrailer, func(*signer, string) string {
			return "b\r\nhello world\r\n0\r\n" + crc + "\r\n\r\n"
		}, 12, 400, "IncompleteBody"},
		{"longer than announced", streamingUnsignedTrailer, func(*signer, string) string {
			return "b\r\nhello world\r\n5\r\n     \r\n0\r\n" + crc + "\r\n\r\n"
		}, 11, 400, "InvalidChunkSizeError"},
	} {
		t.Run(one.name, func(t *testing.T) {
			header := map[string]string{"X-Amz-Decoded-Content-Length": fmt.Sprint(one.length), "Content-Encoding": "aws-chunked"}
			if strings.HasSuffix(one.payload, "TRAILER") {
				header["X-Amz-Trailer"] = "x-amz-checksum-crc32"
			}
			request := signed(t, a, http.MethodPut, bucketURL, "", one.payload, header)
			s, err := readSignature(request)
			if err != nil {
				t.Fatal(err)
			}
			body := one.frame(s.signer(a.Environ()["AWS_SECRET_ACCESS_KEY"]), s.value)
			request.Body, request.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			if status, code := answerFor(t, a, request); status != one.status || code != one.code {
				t.Fatalf("got %d %s, want %d %s", status, code, one.status, one.code)
			}
			if one.status != 200 {
				return
			}
			out, err := s3.NewFromConfig(sdkAsRoot(a)).HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: new("practice"), Key: new("a b/c")})
			if got := must(t, out, err); *got.ContentLength != int64(one.length) || aws.ToString(got.ContentEncoding) != "" {
				t.Errorf("stored %d bytes, encoding %q", *got.ContentLength, aws.ToString(got.ContentEncoding))
			}
		})
	}
}

// The SDK must be able to stream a body that it cannot rewind over TLS (unsigned chunks with
// a trailer), and a seekable body over plain HTTP.
func TestSDKStreams(t *testing.T) {
	a := bucketAccount(t, Options{})
	body := bytes.Repeat([]byte("0123456789abcdef"), 80<<10)
	server := httptest.NewServer(a)
	defer server.Close()
	plain := sdkAsRoot(a)
	plain.HTTPClient, plain.BaseEndpoint = server.Client(), new(server.URL)
	for name, one := range map[string]struct {
		client *s3.Client
		body   io.Reader
	}{
		"in process": {s3.NewFromConfig(sdkAsRoot(a)), io.MultiReader(bytes.NewReader(body))},
		"loopback":   {s3.NewFromConfig(plain, func(o *s3.Options) { o.UsePathStyle = true }), bytes.NewReader(body)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := one.client.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: new("practice"), Key: new("k ü/~"), Body: one.body, ContentLength: new(int64(len(body))),
			})
			if err != nil {
				t.Fatal(err)
			}
			out, err := one.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: new("practice"), Key: new("k ü/~")})
			got, err := io.ReadAll(must(t, out, err).Body)
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
		})
	}
}

func TestPresignedRequests(t *testing.T) {
	clock := &testClock{now: time.Now().UTC().Truncate(time.Second)}
	a := bucketAccount(t, Options{Now: clock.Now})
	client := s3.NewFromConfig(sdkAsRoot(a))
	if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: new("practice"), Key: new("k"), Body: strings.NewReader("v"),
	}); err != nil {
		t.Fatal(err)
	}
	get := func(change func(string) string) (int, string) {
		url, err := s3.NewPresignClient(client).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: new("practice"), Key: new("k")},
			s3.WithPresignExpires(20*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, change(url.URL), nil)
		if err != nil {
			t.Fatal(err)
		}
		return answerFor(t, a, request)
	}
	same := func(s string) string { return s }
	if status, code := get(same); status != 200 {
		t.Errorf("sound: got %d %s", status, code)
	}
	if status, code := get(func(s string) string { return strings.Replace(s, "/k?", "/other?", 1) }); code != "SignatureDoesNotMatch" {
		t.Errorf("path changed: got %d %s", status, code)
	}
	if status, code := get(func(s string) string {
		return strings.Replace(s, "X-Amz-Expires=1200", "X-Amz-Expires=9999", 1)
	}); code != "SignatureDoesNotMatch" {
		t.Errorf("life prolonged: got %d %s", status, code)
	}
	clock.forward(21 * time.Minute)
	if status, code := get(same); status != 403 || code != "AccessDenied" {
		t.Errorf("expired: got %d %s", status, code)
	}
}

func TestClockSkew(t *testing.T) {
	clock := &testClock{now: time.Now().UTC().Add(16 * time.Minute)}
	a := newAccount(t, Options{Now: clock.Now})
	_, err := iam.NewFromConfig(sdkAsRoot(a)).ListUsers(t.Context(), &iam.ListUsersInput{})
	wantCode(t, err, "SignatureDoesNotMatch", "Signature expired")
	_, err = s3.NewFromConfig(sdkAsRoot(a)).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	wantCode(t, err, "RequestTimeTooSkewed")
}

func TestSessionTokens(t *testing.T) {
	clock := &testClock{now: time.Now().UTC()}
	a := newAccount(t, Options{Now: clock.Now})
	out, err := sts.NewFromConfig(sdkAsRoot(a)).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{DurationSeconds: new(int32(900))})
	c := must(t, out, err).Credentials
	const form = "Action=GetCallerIdentity&Version=2011-06-15"
	who := func(token string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://sts.us-east-1.amazonaws.com/", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		credential := aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: token}
		// The request is signed with the account's clock, so only the session can be too old.
		if err := v4.NewSigner().SignHTTP(t.Context(), credential, request, hashHex([]byte(form)), "sts", "us-east-1", clock.Now()); err != nil {
			t.Fatal(err)
		}
		return answerFor(t, a, request)
	}
	if status, code := who(*c.SessionToken); status != 200 {
		t.Errorf("got %d %s", status, code)
	}
	if status, code := who("forged"); status != 403 || code != "InvalidClientTokenId" {
		t.Errorf("forged token: got %d %s", status, code)
	}
	clock.forward(15*time.Minute - time.Second)
	if status, code := who(*c.SessionToken); status != 200 {
		t.Errorf("a second before its end: got %d %s", status, code)
	}
	clock.forward(time.Second)
	if status, code := who(*c.SessionToken); status != 403 || code != "ExpiredToken" {
		t.Errorf("at its end: got %d %s", status, code)
	}
}
