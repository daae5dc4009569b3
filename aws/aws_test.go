package aws_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/smithy-go"

	"claria/aws"
)

// environ makes a LookupEnv of pairs.
func environ(pairs ...string) func(string) (string, bool) {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

func open(t *testing.T, options aws.Options) *aws.Account {
	t.Helper()
	if options.LookupEnv == nil {
		options.LookupEnv = environ()
	}
	if options.Source.Kind == "" {
		options.Source = aws.Source{Kind: aws.FromKey, Key: aws.Key{ID: "AKIAEXAMPLE00000001", Secret: "secret"}}
	}
	if options.Region == "" {
		options.Region = "eu-central-1"
	}
	account, err := aws.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// TestEveryCallHonoursTheEndpoint sends one call of each kind to a server that
// only AWS_ENDPOINT_URL names, and one that a service's own variable names.
func TestEveryCallHonoursTheEndpoint(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.URL.Path)
		w.Header().Set("X-Amz-Request-Id", "1")
		switch {
		case strings.HasPrefix(r.URL.Path, "/v1/customer-agreement"):
			fmt.Fprint(w, `{"customerAgreements":[{"name":"A","state":"ACTIVE","effectiveStart":"2026-03-02T00:00:00Z"}]}`)
		case r.URL.Path == "/data-retention":
			fmt.Fprint(w, `{"mode":"none"}`)
		case strings.HasPrefix(r.URL.Path, "/v20180820/"):
			fmt.Fprint(w,
				`<PublicAccessBlockConfiguration `+
					`xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>`)
		default:
			w.WriteHeader(http.StatusOK)
		}
	}))
	defer server.Close()
	account := open(t, aws.Options{LookupEnv: environ("AWS_ENDPOINT_URL", "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3", server.URL+"/",
		"AWS_ENDPOINT_URL_ARTIFACT", server.URL, "AWS_ENDPOINT_URL_BEDROCK", server.URL, "AWS_ENDPOINT_URL_S3_CONTROL", server.URL), Attempts: 1})
	ctx := t.Context()
	agreements, err := account.Agreements(ctx)
	if err != nil || len(agreements) != 1 || agreements[0].EffectiveStart.Year() != 2026 {
		t.Errorf("agreements = %v, %v", agreements, err)
	}
	if mode, err := account.DataRetention(ctx); err != nil || mode != "none" {
		t.Errorf("retention = %q, %v", mode, err)
	}
	if _, err := aws.S3(account).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: new("records")}); err != nil {
		t.Error(err)
	}
	if _, err := aws.S3Control(account).GetPublicAccessBlock(ctx,
		&s3control.GetPublicAccessBlockInput{AccountId: new("111122223333")}); err != nil {
		t.Error(err)
	}
	want := []string{
		"GET /v1/customer-agreement/list", "GET /data-retention", "HEAD /records", "GET /v20180820/configuration/publicAccessBlock",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the server got %q, want %q", got, want)
	}
	if account.Calls() != 4 {
		t.Errorf("counted %d calls, want 4", account.Calls())
	}
	// A service without its own variable uses AWS_ENDPOINT_URL, where no server listens.
	if _, err := account.Identity(ctx); aws.KindOf(err) != aws.Offline {
		t.Errorf("identity: %v is %q, want offline", err, aws.KindOf(err))
	}
}

// TestReadOnlySendsNoChange tries one change by each way to send one.
func TestReadOnlySendsNoChange(t *testing.T) {
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent++ }))
	defer server.Close()
	account := open(t, aws.Options{ReadOnly: true, LookupEnv: environ("AWS_ENDPOINT_URL", server.URL)})
	_, put := aws.S3(account).PutObject(t.Context(), &s3.PutObjectInput{Bucket: new("b"), Key: new("k")})
	for name, err := range map[string]error{"PutObject": put, "SetDataRetention": account.SetDataRetention(t.Context(), "none")} {
		if refusal, ok := errors.AsType[*aws.ReadOnlyError](err); !ok || !strings.Contains(refusal.Error(), "only reads") {
			t.Errorf("%s: %v, want a ReadOnlyError", name, err)
		}
	}
	if sent != 0 {
		t.Errorf("%d requests were sent", sent)
	}
}

func TestErrorKinds(t *testing.T) {
	for _, c := range []struct {
		status     int
		code, body string
		want       aws.Kind
	}{
		{403, "AccessDeniedException", "", aws.Denied},
		{400, "RequestThrottledException", "", aws.Invalid},
		{404, "ResourceNotFoundException", "", aws.Absent},
		{429, "ThrottlingException", "", aws.Throttled},
		{409, "ConflictException", "", aws.Conflict},
		{400, "ValidationException", "", aws.Invalid},
		{500, "InternalServerException", "", aws.Unavailable},
		{502, "", "<html>bad gateway</html>", aws.Unavailable},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-ErrorType", c.code+":http://internal.amazon.com/")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		}))
		account := open(t, aws.Options{LookupEnv: environ("AWS_ENDPOINT_URL", server.URL), Attempts: 1})
		_, err := account.DataRetention(t.Context())
		if aws.KindOf(err) != c.want {
			t.Errorf("%d %s is %q, want %q", c.status, c.code, aws.KindOf(err), c.want)
		}
		if err == nil || !strings.HasPrefix(err.Error(), "bedrock:GetAccountDataRetention: "+c.want.Sentence()) {
			t.Errorf("%d %s reads %q", c.status, c.code, err)
		}
		server.Close()
	}
	for err, want := range map[error]aws.Kind{
		context.Canceled: aws.Stopped, context.DeadlineExceeded: aws.Offline,
		&smithy.GenericAPIError{Code: "NoSuchBucketPolicy"}: aws.Absent,
	} {
		if got := aws.KindOf(aws.Wrap(err, "s3:GetBucketPolicy", "b")); got != want {
			t.Errorf("%v is %q, want %q", err, got, want)
		}
	}
}

// TestThrottledCallIsTriedAgain sends throttles twice and then the answer.
func TestThrottledCallIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account, wire := asking(t, func(o *aws.Options) { o.Attempts = 0 })
		wire.answer = func(n int) *http.Response {
			if n > 2 {
				return response(http.StatusOK, `{"mode":"inherit"}`)
			}
			throttle := response(http.StatusTooManyRequests, "")
			throttle.Header = http.Header{"X-Amzn-Errortype": {"ThrottlingException"}}
			return throttle
		}
		if mode, err := account.DataRetention(t.Context()); mode != "inherit" || err != nil || len(wire.all) != 3 {
			t.Errorf("mode %q, error %v after %d calls", mode, err, len(wire.all))
		}
	})
}

func TestNoCredentialSaysWhatToDo(t *testing.T) {
	t.Setenv("AWS_PROFILE", "")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	account := open(t, aws.Options{Source: aws.Source{Kind: aws.FromEnvironment}})
	_, err := account.Identity(t.Context())
	if err == nil || !strings.Contains(err.Error(), "set AWS_ACCESS_KEY_ID") || aws.KindOf(err) != aws.Denied {
		t.Errorf("error %v (%s)", err, aws.KindOf(err))
	}
}

func TestProfile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path,
		[]byte("[profile work]\nregion = eu-west-1\naws_access_key_id = AKIAPROFILE000000001\naws_secret_access_key = s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", path)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", path+".none")
	source, err := aws.ParseSource("profile:work")
	if err != nil {
		t.Fatal(err)
	}
	account, err := aws.Open(t.Context(), aws.Options{Source: source, LookupEnv: environ()})
	if err != nil {
		t.Fatal(err)
	}
	if id, err := account.KeyID(t.Context()); account.Region() != "eu-west-1" || id != "AKIAPROFILE000000001" || err != nil {
		t.Errorf("region %q, key %q, %v", account.Region(), id, err)
	}
}

func TestFileKeyring(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "passphrase")
	if err := os.WriteFile(secret, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	options := aws.KeyringOptions{
		Dir: filepath.Join(dir, "keyring"), Scope: "111122223333", LookupEnv: environ(aws.PassphraseVariable, secret),
	}
	ring, err := aws.OpenKeyring(options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Load("claria-admin"); aws.KindOf(err) != aws.Absent {
		t.Errorf("an empty keyring answers %v", err)
	}
	key := aws.Key{ID: "AKIAEXAMPLE00000001", Secret: "hush"}
	if err := ring.Store("claria-admin", key); err != nil {
		t.Fatal(err)
	}
	if got, err := ring.Load("claria-admin"); err != nil || got.ID != key.ID || got.Secret != key.Secret {
		t.Errorf("loaded %v, %v", got, err)
	}
	if names, err := ring.Names(); fmt.Sprint(names) != "[claria-admin]" || err != nil {
		t.Errorf("names %v, %v", names, err)
	}
	err = filepath.WalkDir(options.Dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if info, _ := entry.Info(); strings.Contains(string(data), "hush") || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is readable (mode %v)", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	if err := os.WriteFile(secret, []byte("wrong\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := aws.OpenKeyring(options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Load("claria-admin"); err == nil || !strings.Contains(err.Error(), "the passphrase is wrong") {
		t.Errorf("a wrong passphrase answers %v", err)
	}
	if err := os.Chmod(secret, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.OpenKeyring(options); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a passphrase file that others can read: %v", err)
	}
	options.LookupEnv = environ()
	var none *aws.NoKeyringError
	if _, err := aws.OpenKeyring(options); !errors.As(err, &none) || !strings.Contains(err.Error(), aws.PassphraseVariable) {
		t.Errorf("no keyring service and no passphrase: %v", err)
	}
}

func TestAgreementsReadsEveryPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := map[string]any{"customerAgreements": []aws.Agreement{{Name: "one", State: "ACTIVE"}}, "nextToken": "2"}
		if r.URL.Query().Get("nextToken") == "2" {
			page = map[string]any{"customerAgreements": []aws.Agreement{{Name: "two", State: "ACTIVE"}}}
		}
		w.Header().Set("X-Amzn-Requestid", "1")
		_ = json.NewEncoder(w).Encode(page)
	}))
	defer server.Close()
	account := open(t, aws.Options{LookupEnv: environ("AWS_ENDPOINT_URL_ARTIFACT", server.URL)})
	if all, err := account.Agreements(t.Context()); err != nil || len(all) != 2 || all[1].Name != "two" {
		t.Errorf("agreements %v, %v", all, err)
	}
}
