//go:build conformance

package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"claria/aws"
	"claria/aws/policy"
	"claria/provision"
	"claria/provision/state"
)

// What versitygw does not support: actions that it refuses in a policy, and elements that
// it does not evaluate. Statements that need them are left out, and so are their
// operations.
var versityLacks = []string{
	"s3:GetBucketPublicAccessBlock", "s3:GetEncryptionConfiguration", "s3:GetBucketWebsite", "s3:GetBucketLogging",
	"s3:GetReplicationConfiguration",
	"s3:GetLifecycleConfiguration", "s3:PutLifecycleConfiguration", "s3:PutEncryptionConfiguration", "s3:GetBucketNotification",
}

// TestVersitygwDecidesAlike gives versitygw, an independent S3 server, the S3 part of the
// rendered identity policies, and asks it and aws/policy the same questions. Its users
// have no policies of their own, so each statement becomes a statement of the bucket's
// policy for its identity.
func TestVersitygwDecidesAlike(t *testing.T) {
	settings := state.Settings{Account: "111122223333", System: "claria", Region: "us-east-1"}
	endpoint := versitygw(t, state.AdminUser, state.AuditorUser)
	open := func(name string) *s3.Client {
		account, err := aws.Open(t.Context(), aws.Options{
			Region: settings.Region, Source: aws.Source{Kind: aws.FromKey, Key: aws.Key{ID: name, Secret: name + "-secret"}}, Attempts: 1,
			LookupEnv: func(n string) (string, bool) { return endpoint, n == "AWS_ENDPOINT_URL_S3" },
		})
		if err != nil {
			t.Fatal(err)
		}
		return aws.S3(account)
	}
	owner := open("owner")
	buckets := map[string]string{"data": state.DataBucketName(settings), "audit": state.AuditBucketName(settings)}
	for _, name := range buckets {
		if _, err := owner.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
		if _, err := owner.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
			Bucket: &name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
		}); err != nil {
			t.Fatal(err)
		}
		text := bucketPolicy(t, settings, name)
		if _, err := owner.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &name, Policy: &text}); err != nil {
			t.Fatalf("%s: %v: %s", name, err, text)
		}
	}

	asked, allowed := 0, 0
	for _, who := range []string{state.AdminUser, state.AuditorUser} {
		client := open(who)
		documents := identityPolicies(t, settings, who)
		for _, q := range versityQuestions(buckets["data"], buckets["audit"]) {
			// The owner makes a new version for each question.
			version := put(t, owner, q.bucket, q.key)
			err := q.call(t.Context(), client, version)
			ours := policy.Evaluate(policy.Request{
				Caller: policy.Caller{ARN: "arn:aws:iam::" + settings.Account + ":user/" + who, Account: settings.Account},
				Action: q.action, Resource: q.resource(), Owner: settings.Account,
				Keys: map[string][]string{"aws:SecureTransport": {"true"}, "aws:RequestedRegion": {settings.Region}},
			}, policy.Policies{Identity: documents}).Allowed
			asked++
			if ours {
				allowed++
			}
			if theirs := !refused(err); theirs != ours {
				t.Errorf("%s %s on %s: versitygw %v (%v), ours %v", who, q.action, q.resource(), theirs, err, ours)
			}
		}
	}
	t.Logf("%d questions, %d allowed", asked, allowed)
	if allowed < 10 || asked-allowed < 10 {
		t.Errorf("%d questions, %d of them allowed, are too few", asked, allowed)
	}
}

// versitygw starts the server and makes users whose secret is NAME-secret; the
// root user is "owner".
func versitygw(t *testing.T, users ...string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	dir := t.TempDir()
	for _, sub := range []string{"data", "versions", "iam", "meta"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(tool(t, "bin/versitygw"), "--access", "owner", "--secret", "owner-secret", "--port", address, "--quiet",
		"--iam-dir", filepath.Join(dir, "iam"), "posix", "--sidecar", filepath.Join(dir, "meta"), "--versioning-dir",
		filepath.Join(dir, "versions"), filepath.Join(dir, "data"))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var wrong error
	if !eventually(20*time.Second, func() bool {
		conn, err := net.Dial("tcp", address)
		if wrong = err; err == nil {
			_ = conn.Close()
		}
		return err == nil
	}) {
		t.Fatalf("versitygw did not answer: %v", wrong)
	}
	endpoint := "http://" + address
	for _, user := range users {
		run(t, nil, cmd.Path, "admin", "--access", "owner", "--secret", "owner-secret", "--endpoint-url", endpoint,
			"create-user", "--access", user, "--secret", user+"-secret", "--role", "user")
	}
	return endpoint
}

// identityPolicies are the rendered policies that an identity has.
func identityPolicies(t *testing.T, settings state.Settings, who string) []policy.Document {
	t.Helper()
	desired := provision.Desired(settings)
	users, _ := desired.Users.Value()
	policies, _ := desired.Policies.Value()
	var documents []policy.Document
	for _, u := range users {
		if u.Name != who {
			continue
		}
		for _, p := range policies {
			if slices.Contains(u.Attached, p.ARN) {
				d, err := policy.Parse([]byte(p.Document))
				if err != nil {
					t.Fatal(err)
				}
				documents = append(documents, d)
			}
		}
	}
	if len(documents) == 0 {
		t.Fatalf("%s has no policies", who)
	}
	return documents
}

// bucketPolicy is the S3 part of both identities' policies that is about the
// bucket, as a policy of the bucket.
func bucketPolicy(t *testing.T, settings state.Settings, bucket string) string {
	t.Helper()
	type statement struct {
		Effect    string
		Principal map[string]string
		Action    []string
		Resource  []string
	}
	var statements []statement
	for _, who := range []string{state.AdminUser, state.AuditorUser} {
		for _, d := range identityPolicies(t, settings, who) {
			for _, s := range d.Statements {
				if len(s.Conditions) > 0 {
					continue
				}
				// An action on objects and one on the bucket may not share a statement there.
				for _, action := range s.Actions {
					for _, resource := range s.Resources {
						arn := "arn:aws:s3:::" + bucket
						if !strings.HasPrefix(action, "s3:") || slices.Contains(versityLacks, action) || strings.Contains(action, "*") ||
							resource != arn && !strings.HasPrefix(resource, arn+"/") {
							continue
						}
						effect := "Deny"
						if s.Allow {
							effect = "Allow"
						}
						statements = append(statements, statement{effect, map[string]string{"AWS": who}, []string{action}, []string{resource}})
					}
				}
			}
		}
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// versityQuestion is one call, and the action that it needs.
type versityQuestion struct {
	action, bucket, key string
	onBucket            bool
	call                func(ctx context.Context, client *s3.Client, version string) error
}

func (q versityQuestion) resource() string {
	arn := "arn:aws:s3:::" + q.bucket
	if q.onBucket {
		return arn
	}
	return arn + "/" + q.key
}

func versityQuestions(data, audit string) []versityQuestion {
	var all []versityQuestion
	for _, at := range []struct{ bucket, key string }{
		{data, "clients/c.json"},
		{data, "records/c/f"},
		{data, "recordings/c/f"},
		{data, "reports/c/r.json"},
		{data, "elsewhere/x"},
		{audit, "_cloudtrail/AWSLogs/x.json.gz"},
		{audit, "_evidence/x.json"},
		{audit, "elsewhere/x"},
	} {
		bucket, key := at.bucket, at.key
		object := func(action string, call func(context.Context, *s3.Client, string) error) {
			all = append(all, versityQuestion{action: action, bucket: bucket, key: key, call: call})
		}
		object("s3:GetObject", func(ctx context.Context, c *s3.Client, _ string) error {
			return errorOf(c.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key}))
		})
		object("s3:GetObjectVersion", func(ctx context.Context, c *s3.Client, v string) error {
			return errorOf(c.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key, VersionId: &v}))
		})
		object("s3:PutObject", func(ctx context.Context, c *s3.Client, _ string) error {
			return errorOf(c.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("x")}))
		})
		object("s3:DeleteObject", func(ctx context.Context, c *s3.Client, _ string) error {
			return errorOf(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key}))
		})
		object("s3:DeleteObjectVersion", func(ctx context.Context, c *s3.Client, v string) error {
			return errorOf(c.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key, VersionId: &v}))
		})
	}
	for _, bucket := range []string{data, audit} {
		on := func(action string, call func(context.Context, *s3.Client) error) {
			all = append(all, versityQuestion{
				action: action, bucket: bucket, key: "elsewhere/y", onBucket: true,
				call: func(ctx context.Context, c *s3.Client, _ string) error { return call(ctx, c) },
			})
		}
		on("s3:ListBucket", func(ctx context.Context, c *s3.Client) error {
			return errorOf(c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket}))
		})
		on("s3:ListBucketVersions", func(ctx context.Context, c *s3.Client) error {
			return errorOf(c.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &bucket}))
		})
		on("s3:GetBucketPolicy", func(ctx context.Context, c *s3.Client) error {
			return errorOf(c.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket}))
		})
		on("s3:GetBucketVersioning", func(ctx context.Context, c *s3.Client) error {
			return errorOf(c.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &bucket}))
		})
		on("s3:GetBucketTagging", func(ctx context.Context, c *s3.Client) error {
			return errorOf(c.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &bucket}))
		})
		on("s3:DeleteBucketPolicy", func(ctx context.Context, c *s3.Client) error {
			return errorOf(c.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: &bucket}))
		})
		on("s3:PutBucketVersioning", func(ctx context.Context, c *s3.Client) error {
			return errorOf(c.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
				Bucket: &bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended},
			}))
		})
		on("s3:DeleteBucket", func(ctx context.Context, c *s3.Client) error {
			return errorOf(c.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &bucket}))
		})
	}
	return all
}

func put(t *testing.T, owner *s3.Client, bucket, key string) (version string) {
	t.Helper()
	out, err := owner.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("x")})
	if err != nil {
		t.Fatal(err)
	}
	if out.VersionId != nil {
		return *out.VersionId
	}
	return "null"
}

func errorOf[T any](_ T, err error) error { return err }

// refused tells a refusal from an answer. “No such setting” is an answer.
func refused(err error) bool {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode() == "AccessDenied"
	}
	return err != nil
}
