package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// testClock is a clock that a test moves.
type testClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newAccount(t *testing.T, options Options) *Account {
	t.Helper()
	a, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// sdkAs is the SDK's configuration for one credential, in process and without retries, so
// that the test gets every answer.
func sdkAs(a *Account, id, secret, token string) aws.Config {
	return aws.Config{
		Region: a.Region(), HTTPClient: a.Client(), Credentials: credentials.NewStaticCredentialsProvider(id, secret, token),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func sdkAsRoot(a *Account) aws.Config {
	env := a.Environ()
	return sdkAs(a, env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], "")
}

// wantCode checks the error code and that the message contains every text.
func wantCode(t *testing.T, err error, code string, texts ...string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("got %v, want an API error %s", err, code)
	}
	if api.ErrorCode() != code {
		t.Errorf("got code %s (%s), want %s", api.ErrorCode(), api.ErrorMessage(), code)
	}
	for _, text := range texts {
		if !strings.Contains(api.ErrorMessage(), text) {
			t.Errorf("message %q does not say %q", api.ErrorMessage(), text)
		}
	}
}

func must[T any](t *testing.T, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestEveryWayInAnswersTheSame(t *testing.T) {
	a := newAccount(t, Options{})
	server := httptest.NewServer(a)
	defer server.Close()
	overSocket := sdkAsRoot(a)
	overSocket.HTTPClient, overSocket.BaseEndpoint = server.Client(), new(server.URL)
	for name, config := range map[string]aws.Config{"in process": sdkAsRoot(a), "loopback": overSocket} {
		t.Run(name, func(t *testing.T) {
			out, err := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
			who := must(t, out, err)
			if *who.Arn != "arn:aws:iam::111122223333:root" || *who.Account != AccountID || *who.UserId != AccountID {
				t.Errorf("got %s %s %s", *who.Arn, *who.Account, *who.UserId)
			}
			summary, err := iam.NewFromConfig(config).GetAccountSummary(t.Context(), &iam.GetAccountSummaryInput{})
			if got := must(t, summary, err).SummaryMap; got["AccountMFAEnabled"] != 1 || got["AccountAccessKeysPresent"] != 1 || got["Users"] != 0 {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestUnknownKeyIsWordedByProtocol(t *testing.T) {
	a := newAccount(t, Options{})
	config := sdkAs(a, "AKIAXXXXXXXXXXXXXXXX", "secret", "")
	_, err := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantCode(t, err, "InvalidClientTokenId")
	_, err = s3.NewFromConfig(config).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	wantCode(t, err, "InvalidAccessKeyId")
}

func TestUnsignedRequests(t *testing.T) {
	a := newAccount(t, Options{})
	for _, one := range []struct {
		name, url, want string
		status          int
	}{
		{"identity", "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15", "MissingAuthenticationToken", 403},
		{"anonymous storage", "https://s3.us-east-1.amazonaws.com/", "AccessDenied", 403},
	} {
		t.Run(one.name, func(t *testing.T) {
			request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, one.url, nil)
			response, err := a.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			var body bytes.Buffer
			_, _ = body.ReadFrom(response.Body)
			if response.StatusCode != one.status || !strings.Contains(body.String(), one.want) {
				t.Errorf("got %d %s", response.StatusCode, body.String())
			}
		})
	}
}

func TestCallsAreRecordedDeniedOnesToo(t *testing.T) {
	var lines bytes.Buffer
	a := newAccount(t, Options{Calls: &lines})
	root := iam.NewFromConfig(sdkAsRoot(a))
	must(t, &iam.CreateUserOutput{}, errOf(root.CreateUser(t.Context(), &iam.CreateUserInput{UserName: new("eve")})))
	key, err := root.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: new("eve")})
	k := must(t, key, err).AccessKey
	eve := iam.NewFromConfig(sdkAs(a, *k.AccessKeyId, *k.SecretAccessKey, ""))
	_, err = eve.ListUsers(t.Context(), &iam.ListUsersInput{})
	wantCode(t, err, "AccessDenied",
		"User: arn:aws:iam::111122223333:user/eve is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::111122223333:user/",
		"because no identity-based policy allows the iam:ListUsers action")

	calls := a.Calls()
	if len(calls) != 3 {
		t.Fatalf("got %d calls, want 3", len(calls))
	}
	created, denied := calls[0], calls[2]
	if created.Operation != "CreateUser" || !created.Write || created.Status != 200 ||
		created.Resource != "arn:aws:iam::111122223333:user/eve" {
		t.Errorf("got %+v", created)
	}
	if denied.Action != "iam:ListUsers" || denied.Write || denied.Status != 403 || denied.Code != "AccessDenied" ||
		denied.Caller != "arn:aws:iam::111122223333:user/eve" {
		t.Errorf("got %+v", denied)
	}
	written := strings.Split(strings.TrimSpace(lines.String()), "\n")
	var last Call
	if err := json.Unmarshal([]byte(written[len(written)-1]), &last); err != nil || last.Code != "AccessDenied" || len(written) != 3 {
		t.Errorf("got %d lines, the last %+v, %v", len(written), last, err)
	}
}

func errOf[T any](_ T, err error) error { return err }

func TestCancellingEndsACallInProcess(t *testing.T) {
	a := newAccount(t, Options{Latency: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := sts.NewFromConfig(sdkAsRoot(a)).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 10*time.Second {
		t.Errorf("got %v after %v", err, time.Since(start))
	}
}

// The TLS-only policy can be tested both ways: loopback counts as TLS, unless an option says
// otherwise. The policy applies even to the root user.
func TestInsecureLoopbackMeetsTheTLSPolicy(t *testing.T) {
	const policy = `{"Version":"2012-10-17","Statement":[{"Sid":"TLS","Effect":"Deny","Principal":"*",` +
		`"Action":"s3:*","Resource":["arn:aws:s3:::practice","arn:aws:s3:::practice/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
	for _, insecure := range []bool{false, true} {
		a := bucketAccount(t, Options{Insecure: insecure})
		inProcess := s3.NewFromConfig(sdkAsRoot(a))
		if _, err := inProcess.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: new("practice"), Policy: new(policy)}); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(a)
		config := sdkAsRoot(a)
		config.HTTPClient, config.BaseEndpoint = server.Client(), new(server.URL)
		_, err := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }).ListObjectsV2(t.Context(),
			&s3.ListObjectsV2Input{Bucket: new("practice")})
		server.Close()
		if insecure {
			wantCode(t, err, "AccessDenied", "with an explicit deny in a resource-based policy")
		} else if err != nil {
			t.Errorf("loopback that counts as TLS: %v", err)
		}
		if _, err := inProcess.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: new("practice")}); err != nil {
			t.Errorf("in process, over https: %v", err)
		}
	}
}

// A client that stops in the middle of an upload must not leave a waiting handler.
func TestCancellingFreesAStuckUpload(t *testing.T) { synctest.Test(t, testCancellingFreesAStuckUpload) }

func testCancellingFreesAStuckUpload(t *testing.T) {
	a := bucketAccount(t, Options{})
	reader, writer := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = writer.Write(make([]byte, 1000))
		cancel()
	}()
	request := signed(t, a, http.MethodPut, bucketURL, "", unsignedPayload, nil)
	request.Body, request.ContentLength = reader, 2000
	_, err := a.Client().Do(request.WithContext(ctx))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	synctest.Wait()
	if calls := a.Calls(); calls[len(calls)-1].Operation != "PutObject" {
		t.Fatal("the handler still waits for the body")
	}
	_ = writer.Close() // of what nobody reads any more
	out, err := s3.NewFromConfig(sdkAsRoot(a)).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: new("practice")})
	if got := must(t, out, err); *got.KeyCount != 0 {
		t.Error("half an upload is listed")
	}
}

func TestForgottenAuthorisationIsAnInternalFailure(t *testing.T) {
	a := newAccount(t, Options{})
	a.named("sts").route = func(*call) *operation {
		return &operation{name: "GetCallerIdentity", serve: func(c *call) error { return c.result(struct{ Arn string }{"secret"}) }}
	}
	_, err := sts.NewFromConfig(sdkAsRoot(a)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	wantCode(t, err, "InternalFailure", "without authorising")
}

func TestUnknownSeedAndFaultAreRefused(t *testing.T) {
	for _, options := range []Options{{Seed: "nonesuch"}, {Faults: []string{"explode=s3:GetObject"}}, {Faults: []string{"deny=GetObject"}}, {
		Faults: []string{"deny=s3:GetObject,often=1"},
	}} {
		if _, err := New(options); err == nil {
			t.Errorf("%+v was accepted", options)
		}
	}
}
