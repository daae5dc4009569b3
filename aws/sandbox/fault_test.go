package sandbox

import (
	"bytes"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestRefusingFaults(t *testing.T) {
	a := newAccount(t, Options{})
	client, storage := iam.NewFromConfig(sdkAsRoot(a)), s3.NewFromConfig(sdkAsRoot(a))
	list := func() error { return errOf(client.ListUsers(t.Context(), &iam.ListUsersInput{})) }
	buckets := func() error { return errOf(storage.ListBuckets(t.Context(), &s3.ListBucketsInput{})) }
	for _, one := range []struct {
		spec string
		call func() error
		code string
	}{
		{"deny=iam:ListUsers", list, "AccessDenied"},
		{"deny=iam:List*", list, "AccessDenied"},
		{"deny=IAM:listusers", list, "AccessDenied"},
		{"deny=iam:GetUser", list, ""},
		{"deny=s3:ListAllMyBuckets", buckets, "AccessDenied"}, // by its IAM action
		{"deny=s3:ListBuckets", buckets, "AccessDenied"},      // by its operation
		{"throttle=iam:*", list, "Throttling"},
		{"throttle=*", buckets, "SlowDown"},
		{"error=iam:ListUsers,code=ServiceFailure,status=503", list, "ServiceFailure"},
	} {
		t.Run(one.spec, func(t *testing.T) {
			if err := a.Inject(one.spec); err != nil {
				t.Fatal(err)
			}
			err := one.call()
			a.Clear()
			if one.code == "" && err != nil {
				t.Error(err)
			} else if one.code != "" {
				wantCode(t, err, one.code)
			}
			if err := one.call(); err != nil {
				t.Errorf("after Clear: %v", err)
			}
		})
	}
}

func TestFaultActsOnlySoManyTimes(t *testing.T) {
	a := newAccount(t, Options{Faults: []string{"throttle=iam:ListUsers,times=2"}})
	client := iam.NewFromConfig(sdkAsRoot(a))
	var failed []bool
	for range 4 {
		failed = append(failed, errOf(client.ListUsers(t.Context(), &iam.ListUsersInput{})) != nil)
	}
	if !failed[0] || !failed[1] || failed[2] || failed[3] {
		t.Errorf("failed: %v", failed)
	}
}

// A lost answer leaves the effect; an error or a dropped connection leaves none.
func TestLostAnswers(t *testing.T) {
	for spec, want := range map[string]struct {
		code string
		done bool
	}{
		"lose=iam:CreateUser,times=1":                                         {"", true},
		"lose=iam:CreateUser,times=1,code=ServiceFailure,status=500":          {"ServiceFailure", true},
		"drop=iam:CreateUser,times=1":                                         {"", false},
		"error=iam:CreateUser,times=1,code=ServiceFailure,message=Later, ann": {"ServiceFailure", false},
	} {
		a := newAccount(t, Options{Faults: []string{spec}})
		client := iam.NewFromConfig(sdkAsRoot(a))
		err := errOf(client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: new("ann")}))
		if want.code != "" {
			wantCode(t, err, want.code)
		} else if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %v", spec, err)
		}
		if strings.Contains(spec, "message=") && !strings.Contains(errString(err), "Later, ann") {
			t.Errorf("%s: %v", spec, err)
		}
		if got := errOf(client.GetUser(t.Context(), &iam.GetUserInput{UserName: new("ann")})) == nil; got != want.done {
			t.Errorf("%s: done %v", spec, got)
		}
	}
}

func TestFaultActsForATime(t *testing.T) {
	clock := &testClock{now: time.Now().UTC()}
	a := newAccount(t, Options{Now: clock.Now, SigningNow: time.Now, Faults: []string{"error=iam:ListUsers,for=1m"}})
	list := func() bool {
		return errOf(iam.NewFromConfig(sdkAsRoot(a)).ListUsers(t.Context(), &iam.ListUsersInput{})) == nil
	}
	clock.forward(time.Hour) // it begins with the first call
	first := list()
	clock.forward(59 * time.Second)
	second := list()
	clock.forward(2 * time.Second)
	if third := list(); first || second || !third {
		t.Errorf("answered %v, %v, %v", first, second, third)
	}
}

func TestDelayIsWaitedFor(t *testing.T) {
	a := newAccount(t, Options{Faults: []string{"delay=iam:ListUsers,for=80ms"}})
	start := time.Now()
	if err := errOf(iam.NewFromConfig(sdkAsRoot(a)).ListUsers(t.Context(), &iam.ListUsersInput{})); err != nil ||
		time.Since(start) < 80*time.Millisecond {
		t.Errorf("got %v after %v", err, time.Since(start))
	}
}

// Broken connections must be broken for both kinds of client.
func TestBrokenConnections(t *testing.T) {
	a := bucketAccount(t, Options{})
	body := bytes.Repeat([]byte("x"), 100<<10)
	if _, err := s3.NewFromConfig(sdkAsRoot(a)).PutObject(t.Context(),
		&s3.PutObjectInput{Bucket: new("practice"), Key: new("k"), Body: bytes.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a)
	defer server.Close()
	overSocket := sdkAsRoot(a)
	overSocket.HTTPClient, overSocket.BaseEndpoint = server.Client(), new(server.URL)
	for name, config := range map[string]aws.Config{"in process": sdkAsRoot(a), "loopback": overSocket} {
		t.Run(name, func(t *testing.T) {
			defer a.Clear()
			client := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
			if err := a.Inject("drop=s3:GetObject"); err != nil {
				t.Fatal(err)
			}
			_, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: new("practice"), Key: new("k")})
			if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
				t.Errorf("drop: got %v", err)
			}
			a.Clear()
			if err := a.Inject("truncate=s3:GetObject,after=1000"); err != nil {
				t.Fatal(err)
			}
			out, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: new("practice"), Key: new("k")})
			got, err := io.ReadAll(must(t, out, err).Body)
			if len(got) != 1000 || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("truncate: got %d bytes, %v", len(got), err)
			}
		})
	}
	var statuses []int
	for _, one := range a.Calls() {
		if one.Operation == "GetObject" {
			statuses = append(statuses, one.Status)
		}
	}
	if len(statuses) != 4 || statuses[0] != 0 || statuses[1] != 200 {
		t.Errorf("recorded statuses %v", statuses)
	}
}

func TestStaleIdentities(t *testing.T) {
	clock := &testClock{now: time.Now().UTC()}
	a := newAccount(t, Options{Now: clock.Now, Faults: []string{"stale=iam:CreateAccessKey,for=3s", "stale=iam:PutUserPolicy,for=3s"}})
	root := iam.NewFromConfig(sdkAsRoot(a))
	if _, err := root.CreateUser(t.Context(), &iam.CreateUserInput{UserName: new("ann")}); err != nil {
		t.Fatal(err)
	}
	out, err := root.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: new("ann")})
	key := must(t, out, err).AccessKey
	ann := sdkAs(a, *key.AccessKeyId, *key.SecretAccessKey, "")
	who := func() error {
		return errOf(sts.NewFromConfig(ann).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))
	}
	wantCode(t, who(), "InvalidClientTokenId")
	clock.forward(4 * time.Second)
	if err := who(); err != nil {
		t.Errorf("after the delay: %v", err)
	}
	if _, err := root.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
		UserName: new("ann"), PolicyName: new("p"),
		PolicyDocument: new(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}}`),
	}); err != nil {
		t.Fatal(err)
	}
	list := func() error {
		return errOf(iam.NewFromConfig(ann).ListUsers(t.Context(), &iam.ListUsersInput{}))
	}
	wantCode(t, list(), "AccessDenied")
	clock.forward(4 * time.Second)
	if err := list(); err != nil {
		t.Errorf("after the delay: %v", err)
	}
}

// A key's tags and aliases count for rights some time after they are shown.
func TestStaleTagsAndAliases(t *testing.T) {
	clock := &testClock{now: time.Now().UTC()}
	a := newAccount(t, Options{Now: clock.Now, SigningNow: time.Now, Faults: []string{"stale=kms:Create*,for=5m"}})
	root := sdkAsRoot(a)
	people := iam.NewFromConfig(root)
	must(t, 0, second(people.CreateUser(t.Context(), &iam.CreateUserInput{UserName: new("ann")})))
	must(t, 0, second(people.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
		UserName: new("ann"), PolicyName: new("p"), PolicyDocument: new(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":"kms:EnableKey","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/of":"ann"}}},
			{"Effect":"Allow","Action":"kms:DescribeKey","Resource":"*","Condition":{"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/x"}}}]}`),
	})))
	out, err := people.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: new("ann")})
	key := must(t, out, err).AccessKey
	ann := sdkAs(a, *key.AccessKeyId, *key.SecretAccessKey, "")
	made, _ := askKMS(t, root, "CreateKey", fields{"Tags": []fields{{"TagKey": "of", "TagValue": "ann"}}})
	arn := made["KeyMetadata"].(map[string]any)["Arn"]
	if _, code := askKMS(t, root, "CreateAlias", fields{"AliasName": "alias/x", "TargetKeyId": arn}); code != "" {
		t.Fatal(code)
	}
	for _, want := range []string{"AccessDeniedException", ""} {
		for _, operation := range []string{"EnableKey", "DescribeKey"} {
			if _, code := askKMS(t, ann, operation, fields{"KeyId": arn}); code != want {
				t.Errorf("%s: %q, want %q", operation, code, want)
			}
		}
		clock.forward(5 * time.Minute)
	}
}

func TestMatches(t *testing.T) {
	for _, one := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true},
		{"a*c", "abbc", true},
		{"a*c", "abb", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"iam:Get*", "IAM:GETUSER", true},
		{"*:*List*", "s3:ListBuckets", true},
		{"", "a", false},
		{"a**b", "ab", true},
	} {
		if got := matches(one.pattern, one.s); got != one.want {
			t.Errorf("matches(%q, %q) = %v", one.pattern, one.s, got)
		}
	}
	if !strings.Contains(errString(newFault("x=y")), "KIND=ACTION") {
		t.Error("the error for a bad specification does not say what is valid")
	}
}

func newFault(spec string) error { _, err := ParseFault(spec); return err }

func errString(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
