package aws_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/aws/sandbox"
)

// foreign is an answer with a good status that is not the operation's. A headed one has the
// headers that AWS sent, and only its body is another.
type foreign struct {
	name, body string
	status     int
	location   string
	headed     bool
}

var foreigners = []foreign{
	{name: "nothing"},
	{name: "a sign-in page", body: "<html><body>Welcome to the hotel</body></html>"},
	{name: "a sign-in page as JSON", body: `{"login": "required"}`},
	{name: "null", body: "null"},
	{name: "another service's document", body: `<ListQueuesResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"/>`},
	{name: "a redirect to a sign-in page", status: http.StatusFound, location: "https://portal.example/login?from=aws", body: "<html></html>"},
	{name: "AWS's headers and a page", body: "<html><body>blocked</body></html>", headed: true},
	{name: "AWS's headers and null", body: "null", headed: true},
	{name: "AWS's headers and text", body: "OK", headed: true},
}

// replace puts the answer in place of the demo account's; the request is done nevertheless.
func (f foreign) replace(answer *http.Response) *http.Response {
	header := http.Header{}
	if f.headed {
		header = answer.Header.Clone()
		header.Del("Content-Length")
	}
	if f.location != "" {
		header.Set("Location", f.location)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	status := f.status
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Request: answer.Request,
		Body: io.NopCloser(strings.NewReader(f.body)), ContentLength: int64(len(f.body)),
	}
}

// An answer that is not AWS's never means that a write was done, or that there is nothing.
func TestAForeignAnswerIsNoAnswer(t *testing.T) {
	t.Parallel()
	demo, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = demo.Close() })
	var instead *foreign
	environ := demo.Environ()
	account := open(t, aws.Options{
		Region: "us-east-1", Attempts: 1,
		Source: aws.Source{Kind: aws.FromKey, Key: aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]}},
		Client: client(func(r *http.Request) (*http.Response, error) {
			answer, err := demo.Client().Do(r)
			if err == nil && instead != nil {
				answer = instead.replace(answer)
			}
			return answer, err
		}),
	})
	const name = "111122223333-a-bucket"
	calls := foreignCalls(t, account, name)
	for _, each := range calls {
		if err := each.call(t.Context()); err != nil {
			t.Fatalf("%s: %v", each.name, err)
		}
	}
	for _, f := range foreigners {
		instead = &f
		for _, each := range calls {
			if f.headed && each.bytes {
				continue // an object may say anything
			}
			err := each.call(t.Context())
			if err == nil {
				t.Errorf("%s, answered with %s: it was taken for AWS's", each.name, f.name)
				continue
			}
			want := aws.Unavailable
			if f.location != "" {
				want = aws.Offline // it did not reach AWS
			}
			if kind := aws.KindOf(aws.Wrap(err, each.name, "")); kind != want {
				t.Errorf("%s, answered with %s: %s: %v", each.name, f.name, kind, err)
			}
			if f.location != "" && !strings.Contains(aws.Wrap(err, each.name, "").Error(), "a proxy or firewall answered instead of AWS") {
				t.Errorf("%s, answered with %s: %v", each.name, f.name, err)
			}
		}
	}
}

type foreignCall struct {
	name  string
	bytes bool
	call  func(context.Context) error
}

// foreignCalls are reads and writes of each protocol, each of which can be repeated.
func foreignCalls(t *testing.T, account *aws.Account, name string) []foreignCall {
	bucket, key := &name, new("one")
	s3s, iams := aws.S3(account), aws.IAM(account)
	if _, err := s3s.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		t.Fatal(err)
	}
	if _, err := iams.CreateUser(t.Context(), &iam.CreateUserInput{UserName: new("ada")}); err != nil {
		t.Fatal(err)
	}
	return []foreignCall{
		{"s3:PutObject", false, func(ctx context.Context) error {
			_, err := s3s.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x")})
			return err
		}},
		{"s3:GetObject", true, func(ctx context.Context) error {
			_, err := s3s.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})
			return err
		}},
		{"s3:CopyObject", false, func(ctx context.Context) error {
			_, err := s3s.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: new("two"), CopySource: new(name + "/one")})
			return err
		}},
		{"s3:CreateMultipartUpload", false, func(ctx context.Context) error {
			_, err := s3s.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
			return err
		}},
		{"s3:PutBucketVersioning", false, func(ctx context.Context) error {
			_, err := s3s.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
				Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
			})
			return err
		}},
		{"s3:GetBucketVersioning", false, func(ctx context.Context) error {
			_, err := s3s.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: bucket})
			return err
		}},
		{"s3:GetBucketLogging", false, func(ctx context.Context) error {
			_, err := s3s.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: bucket})
			return err
		}},
		{"s3:ListObjectsV2", false, func(ctx context.Context) error {
			_, err := s3s.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
			return err
		}},
		{"iam:TagUser", false, func(ctx context.Context) error {
			_, err := iams.UntagUser(ctx, &iam.UntagUserInput{UserName: new("ada"), TagKeys: []string{"a"}})
			return err
		}},
		{"iam:ListUsers", false, func(ctx context.Context) error {
			_, err := iams.ListUsers(ctx, &iam.ListUsersInput{})
			return err
		}},
		{"cloudtrail:DescribeTrails", false, func(ctx context.Context) error {
			_, err := aws.CloudTrail(account).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{})
			return err
		}},
		{"sns:CreateTopic", false, func(ctx context.Context) error {
			return aws.Ask(ctx, account, topics(), aws.Request{Operation: "CreateTopic", Values: map[string][]string{"Name": {"alerts"}}}, nil)
		}},
		{"events:ListRules", false, func(ctx context.Context) error {
			return aws.Ask(ctx, account, events(), aws.Request{Operation: "ListRules"}, &struct{}{})
		}},
		{"guardduty:ListDetectors", false, func(ctx context.Context) error {
			return aws.Ask(ctx, account, detectors(), aws.Request{Operation: "ListDetectors", Path: "/detector"}, &struct{}{})
		}},
		{"bedrock:PutAccountDataRetention", false, func(ctx context.Context) error { return account.SetDataRetention(ctx, "none") }},
	}
}

// endless is a body without an end.
type endless struct {
	of   string
	read int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.of[e.read%len(e.of)]
		e.read++
	}
	return len(p), nil
}

// An answer that is longer than any of AWS's is not read to its end.
func TestAnAnswerWithoutEndIsNotReadWhole(t *testing.T) {
	t.Parallel()
	const head = `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name>`
	total := 0
	account := open(t, aws.Options{Attempts: 1, Client: client(func(r *http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader(head), &endless{of: "<Contents><Key>a</Key></Contents>"})
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/detector") {
			body = io.MultiReader(strings.NewReader(`{"detectorIds": [`), &endless{of: `"a",`})
		}
		return &http.Response{
			StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: -1,
			Header: http.Header{"X-Amz-Request-Id": {"1"}},
			Body:   io.NopCloser(io.TeeReader(body, writer(func(p []byte) { total += len(p) }))),
		}, nil
	})})
	for name, call := range map[string]func() error{
		"an SDK's list": func() error {
			_, err := aws.S3(account).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: new("b")})
			return aws.Wrap(err, "s3:ListObjectsV2", "b")
		},
		"a list that is signed by hand": func() error {
			return aws.Ask(t.Context(), account, detectors(), aws.Request{Operation: "ListDetectors", Path: "/detector"}, &struct{}{})
		},
	} {
		total = 0
		err := call()
		if _, large := errors.AsType[*aws.SizeError](err); !large || aws.KindOf(err) != aws.Unavailable ||
			!strings.Contains(err.Error(), "longer than 16 MB") {
			t.Errorf("%s: %v", name, err)
		}
		if total > 17<<20 {
			t.Errorf("%s: %d bytes were read", name, total)
		}
	}
}

// writer is an io.Writer that is a function.
type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// A listing ends in an error where it makes no progress.
func TestPagesMakeProgress(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		next func(page int) string
		want string
	}{
		"three pages":     {func(page int) string { return []string{"a", "b", ""}[page] }, ""},
		"the same page":   {func(int) string { return "a" }, "leads back"},
		"two in a circle": {func(page int) string { return []string{"a", "b"}[page%2] }, "leads back"},
		"always another":  {func(page int) string { return strings.Repeat("a", page+1) }, "after 300 pages there are still more"},
	} {
		page := 0
		err := aws.Pages(func(string) (string, error) {
			page++
			return c.next(page - 1), nil
		})
		_, isEndless := errors.AsType[*aws.EndlessError](err)
		if c.want == "" && err != nil || c.want != "" && (!isEndless || !strings.Contains(err.Error(), c.want) || aws.KindOf(err) != aws.Unavailable) {
			t.Errorf("%s: %v after %d pages", name, err, page)
		}
	}
	if _, err := aws.Next(true, nil); err == nil {
		t.Error("a page without its successor's token was the last one")
	}
}
