package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	control "github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// s3world is a demo account with an S3 client of its root user.
type s3world struct {
	*testing.T
	account *Account
	s3      *s3.Client
	config  sdk.Config
}

func newS3World(t *testing.T, options ...func(*Options)) *s3world {
	t.Helper()
	var o Options
	for _, set := range options {
		set(&o)
	}
	a, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &s3world{T: t, account: a}
	w.config = w.configOf(a.Environ())
	w.s3 = s3.NewFromConfig(w.config)
	return w
}

func (w *s3world) configOf(env map[string]string) sdk.Config {
	return sdk.Config{
		Region: env["AWS_REGION"], HTTPClient: w.account.Client(),
		Retryer: func() sdk.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 2, time.Millisecond })
		},
		Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"]),
	}
}

// as is a client of a new IAM user with one inline policy.
func (w *s3world) as(name, document string) *s3.Client {
	w.Helper()
	users := iam.NewFromConfig(w.config)
	_, err := users.CreateUser(w.ctx(), &iam.CreateUserInput{UserName: &name})
	w.must(err)
	_, err = users.PutUserPolicy(w.ctx(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: new("p"), PolicyDocument: &document})
	w.must(err)
	_, err = users.CreateAccessKey(w.ctx(), &iam.CreateAccessKeyInput{UserName: &name})
	w.must(err)
	return s3.NewFromConfig(w.configOf(w.account.EnvironFor(name)))
}

func (w *s3world) ctx() context.Context { return w.Context() }

func (w *s3world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *s3world) bucket(name string, set ...func(*s3.CreateBucketInput)) {
	w.Helper()
	in := &s3.CreateBucketInput{Bucket: &name}
	for _, f := range set {
		f(in)
	}
	_, err := w.s3.CreateBucket(w.ctx(), in)
	w.must(err)
}

func (w *s3world) versioned(name string) {
	w.Helper()
	w.bucket(name)
	_, err := w.s3.PutBucketVersioning(w.ctx(), &s3.PutBucketVersioningInput{
		Bucket: &name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	})
	w.must(err)
}

// put writes an object and returns its version id.
func (w *s3world) put(bucket, key, text string, set ...func(*s3.PutObjectInput)) string {
	w.Helper()
	in := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(text)}
	for _, f := range set {
		f(in)
	}
	out, err := w.s3.PutObject(w.ctx(), in)
	w.must(err)
	return sdk.ToString(out.VersionId)
}

func (w *s3world) get(bucket, key string, set ...func(*s3.GetObjectInput)) (*s3.GetObjectOutput, string, error) {
	w.Helper()
	in := &s3.GetObjectInput{Bucket: &bucket, Key: &key}
	for _, f := range set {
		f(in)
	}
	out, err := w.s3.GetObject(w.ctx(), in)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = out.Body.Close() }()
	text, err := io.ReadAll(out.Body)
	return out, string(text), err
}

// send signs and sends a request that no SDK makes, and returns the status and the error
// code of the answer.
func (w *s3world) send(r *http.Request) string {
	w.Helper()
	const payload = "UNSIGNED-PAYLOAD"
	r.Header.Set("X-Amz-Content-Sha256", payload)
	who, err := w.config.Credentials.Retrieve(w.ctx())
	w.must(err)
	w.must(v4.NewSigner().SignHTTP(w.ctx(), who, r, payload, "s3", w.config.Region, time.Now(),
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }))
	response, err := w.account.Client().Do(r)
	w.must(err)
	text, err := io.ReadAll(response.Body)
	w.must(errors.Join(err, response.Body.Close()))
	_, code, _ := strings.Cut(string(text), "<Code>")
	code, _, _ = strings.Cut(code, "</Code>")
	return strings.TrimSpace(fmt.Sprint(response.StatusCode, " ", code))
}

// wantCode fails unless err is the API error code with the status.
func (w *s3world) wantCode(err error, status int, code string) {
	w.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		w.Fatalf("got %v, want %s", err, code)
	}
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || api.ErrorCode() != code || response.HTTPStatusCode() != status {
		w.Fatalf("got %v, want %d %s", err, status, code)
	}
}

// say prints values on one line.
func say(values ...any) string { return strings.TrimSpace(fmt.Sprintln(values...)) }

func equal[T comparable](t *s3world, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestS3NewBucketIsClosed(t *testing.T) {
	w := newS3World(t)
	w.bucket("closed")
	block, err := w.s3.GetPublicAccessBlock(w.ctx(), &s3.GetPublicAccessBlockInput{Bucket: new("closed")})
	w.must(err)
	b := block.PublicAccessBlockConfiguration
	if !*b.BlockPublicAcls || !*b.BlockPublicPolicy || !*b.IgnorePublicAcls || !*b.RestrictPublicBuckets {
		t.Errorf("public access block of a new bucket: %+v", *b)
	}
	encryption, err := w.s3.GetBucketEncryption(w.ctx(), &s3.GetBucketEncryptionInput{Bucket: new("closed")})
	w.must(err)
	equal(w, "encryption", encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm,
		types.ServerSideEncryptionAes256)
	ownership, err := w.s3.GetBucketOwnershipControls(w.ctx(), &s3.GetBucketOwnershipControlsInput{Bucket: new("closed")})
	w.must(err)
	equal(w, "ownership", ownership.OwnershipControls.Rules[0].ObjectOwnership, types.ObjectOwnershipBucketOwnerEnforced)
	_, err = w.s3.PutBucketAcl(w.ctx(), &s3.PutBucketAclInput{Bucket: new("closed"), ACL: types.BucketCannedACLPublicRead})
	w.wantCode(err, 400, "AccessControlListNotSupported")
	acl, err := w.s3.GetBucketAcl(w.ctx(), &s3.GetBucketAclInput{Bucket: new("closed")})
	w.must(err)
	equal(w, "grants", len(acl.Grants), 1)
	equal(w, "grantee", acl.Grants[0].Grantee.Type, types.TypeCanonicalUser)
	_, err = w.s3.PutBucketPolicy(w.ctx(), &s3.PutBucketPolicyInput{Bucket: new("closed"), Policy: new(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::closed/*"}}`)})
	w.wantCode(err, 403, "AccessDenied")
}

func TestS3BucketsAndRegions(t *testing.T) {
	w := newS3World(t)
	w.bucket("first")
	_, err := w.s3.CreateBucket(w.ctx(), &s3.CreateBucketInput{Bucket: new("first")})
	w.must(err) // in us-east-1 only
	west := &types.CreateBucketConfiguration{LocationConstraint: "us-west-2"}
	_, err = w.s3.CreateBucket(w.ctx(), &s3.CreateBucketInput{Bucket: new("first"), CreateBucketConfiguration: west})
	w.wantCode(err, 409, "BucketAlreadyOwnedByYou")
	_, err = w.s3.CreateBucket(w.ctx(), &s3.CreateBucketInput{Bucket: new("example")})
	w.wantCode(err, 409, "BucketAlreadyExists")
	_, err = w.s3.CreateBucket(w.ctx(), &s3.CreateBucketInput{Bucket: new("Not_Valid")})
	w.wantCode(err, 400, "InvalidBucketName")
	_, err = w.s3.CreateBucket(w.ctx(), &s3.CreateBucketInput{
		Bucket: new("second"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "us-east-1"},
	})
	w.wantCode(err, 400, "InvalidLocationConstraint")

	frankfurt := s3.NewFromConfig(w.config, func(o *s3.Options) { o.Region = "eu-central-1" })
	_, err = frankfurt.CreateBucket(w.ctx(), &s3.CreateBucketInput{Bucket: new("second")})
	w.wantCode(err, 400, "IllegalLocationConstraintException")
	_, err = frankfurt.CreateBucket(w.ctx(),
		&s3.CreateBucketInput{Bucket: new("second"), CreateBucketConfiguration: &types.CreateBucketConfiguration{
			LocationConstraint: "eu-central-1", Tags: []types.Tag{{Key: new("claria:system"), Value: new("claria")}},
		}})
	w.must(err)
	_, err = w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("second")})
	w.wantCode(err, 301, "PermanentRedirect")
	location, err := w.s3.GetBucketLocation(w.ctx(), &s3.GetBucketLocationInput{Bucket: new("second")})
	w.must(err)
	equal(w, "location", location.LocationConstraint, "eu-central-1")
	location, err = w.s3.GetBucketLocation(w.ctx(), &s3.GetBucketLocationInput{Bucket: new("first")})
	w.must(err)
	equal(w, "location of us-east-1", location.LocationConstraint, "")

	head, err := frankfurt.HeadBucket(w.ctx(), &s3.HeadBucketInput{Bucket: new("second")})
	w.must(err)
	equal(w, "bucket region", *head.BucketRegion, "eu-central-1")
	_, err = w.s3.HeadBucket(w.ctx(), &s3.HeadBucketInput{Bucket: new("nowhere")})
	w.wantCode(err, 404, "NotFound")
	_, err = w.s3.HeadBucket(w.ctx(), &s3.HeadBucketInput{Bucket: new("first"), ExpectedBucketOwner: new("999999999999")})
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); !ok || response.HTTPStatusCode() != 403 {
		t.Errorf("a foreign expected owner: %v", err)
	}

	pages := s3.NewListBucketsPaginator(w.s3, &s3.ListBucketsInput{MaxBuckets: new(int32(1))})
	var names []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(w.ctx())
		w.must(err)
		for _, b := range page.Buckets {
			names = append(names, *b.Name+" "+*b.BucketRegion)
		}
	}
	equal(w, "buckets", strings.Join(names, ", "), "first us-east-1, second eu-central-1")

	w.put("first", "k", "v")
	_, err = w.s3.DeleteBucket(w.ctx(), &s3.DeleteBucketInput{Bucket: new("first")})
	w.wantCode(err, 409, "BucketNotEmpty")
	_, err = w.s3.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: new("first"), Key: new("k")})
	w.must(err)
	_, err = w.s3.DeleteBucket(w.ctx(), &s3.DeleteBucketInput{Bucket: new("first")})
	w.must(err)
	_, err = w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("first")})
	w.wantCode(err, 404, "NoSuchBucket")
}

// TestS3Settings sets every setting that the program uses and reads it back, and reads each
// while it is absent.
func TestS3Settings(t *testing.T) {
	w := newS3World(t)
	w.bucket("settings")
	b := new("settings")
	for _, c := range []struct {
		code string
		get  func() error
	}{
		{"NoSuchBucketPolicy", func() error {
			_, err := w.s3.GetBucketPolicy(w.ctx(), &s3.GetBucketPolicyInput{Bucket: b})
			return err
		}},
		{"NoSuchBucketPolicy", func() error {
			_, err := w.s3.GetBucketPolicyStatus(w.ctx(), &s3.GetBucketPolicyStatusInput{Bucket: b})
			return err
		}},
		{"NoSuchLifecycleConfiguration", func() error {
			_, err := w.s3.GetBucketLifecycleConfiguration(w.ctx(), &s3.GetBucketLifecycleConfigurationInput{Bucket: b})
			return err
		}},
		{"ObjectLockConfigurationNotFoundError", func() error {
			_, err := w.s3.GetObjectLockConfiguration(w.ctx(), &s3.GetObjectLockConfigurationInput{Bucket: b})
			return err
		}},
		{"NoSuchTagSet", func() error {
			_, err := w.s3.GetBucketTagging(w.ctx(), &s3.GetBucketTaggingInput{Bucket: b})
			return err
		}},
		{"NoSuchWebsiteConfiguration", func() error {
			_, err := w.s3.GetBucketWebsite(w.ctx(), &s3.GetBucketWebsiteInput{Bucket: b})
			return err
		}},
		{"NoSuchCORSConfiguration", func() error {
			_, err := w.s3.GetBucketCors(w.ctx(), &s3.GetBucketCorsInput{Bucket: b})
			return err
		}},
		{"ReplicationConfigurationNotFoundError", func() error {
			_, err := w.s3.GetBucketReplication(w.ctx(), &s3.GetBucketReplicationInput{Bucket: b})
			return err
		}},
	} {
		w.wantCode(c.get(), 404, c.code)
	}
	// For these settings S3 answers with an empty document.
	versioning, err := w.s3.GetBucketVersioning(w.ctx(), &s3.GetBucketVersioningInput{Bucket: b})
	w.must(err)
	equal(w, "versioning", versioning.Status, "")
	payment, err := w.s3.GetBucketRequestPayment(w.ctx(), &s3.GetBucketRequestPaymentInput{Bucket: b})
	w.must(err)
	equal(w, "payer", payment.Payer, types.PayerBucketOwner)
	logging, err := w.s3.GetBucketLogging(w.ctx(), &s3.GetBucketLoggingInput{Bucket: b})
	w.must(err)
	equal(w, "logging", logging.LoggingEnabled == nil, true)
	notification, err := w.s3.GetBucketNotificationConfiguration(w.ctx(), &s3.GetBucketNotificationConfigurationInput{Bucket: b})
	w.must(err)
	equal(w, "EventBridge", notification.EventBridgeConfiguration == nil, true)

	w.account.kms().Keys = []*kmsKey{{ID: "k", Region: "us-east-1", State: kmsEnabled, Policy: defaultKeyPolicy(AccountID)}}
	_, err = w.s3.PutBucketEncryption(w.ctx(),
		&s3.PutBucketEncryptionInput{Bucket: b, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{
				{BucketKeyEnabled: new(true), ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
					SSEAlgorithm: "aws:kms", KMSMasterKeyID: new("arn:aws:kms:us-east-1:111122223333:key/k"),
				}},
			},
		}})
	w.must(err)
	encryption, err := w.s3.GetBucketEncryption(w.ctx(), &s3.GetBucketEncryptionInput{Bucket: b})
	w.must(err)
	rule := encryption.ServerSideEncryptionConfiguration.Rules[0]
	equal(w, "encryption", string(rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm)+
		*rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID, "aws:kmsarn:aws:kms:us-east-1:111122223333:key/k")
	equal(w, "bucket key", *rule.BucketKeyEnabled, true)
	stored, err := w.s3.PutObject(w.ctx(), &s3.PutObjectInput{Bucket: b, Key: new("k"), Body: strings.NewReader("x")})
	w.must(err)
	equal(w, "an object's encryption", string(stored.ServerSideEncryption)+" "+*stored.SSEKMSKeyId,
		"aws:kms arn:aws:kms:us-east-1:111122223333:key/k")

	day := func(n int32) *int32 { return &n }
	lifecycle := &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{
		{
			ID: new("uploads"), Status: "Enabled", Filter: &types.LifecycleRuleFilter{Prefix: new("")},
			AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: day(7)},
			NoncurrentVersionExpiration:    &types.NoncurrentVersionExpiration{NoncurrentDays: day(2190)},
		},
		{
			Status: "Enabled", Filter: &types.LifecycleRuleFilter{Prefix: new("recordings/")},
			NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NoncurrentDays: day(1)},
		},
	}}
	_, err = w.s3.PutBucketLifecycleConfiguration(w.ctx(), &s3.PutBucketLifecycleConfigurationInput{
		Bucket: b, LifecycleConfiguration: lifecycle,
	})
	w.must(err)
	rules, err := w.s3.GetBucketLifecycleConfiguration(w.ctx(), &s3.GetBucketLifecycleConfigurationInput{Bucket: b})
	w.must(err)
	equal(w, "transition default", rules.TransitionDefaultMinimumObjectSize, types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k)
	equal(w, "uploads end after", *rules.Rules[0].AbortIncompleteMultipartUpload.DaysAfterInitiation, 7)
	equal(w, "an empty prefix is kept", rules.Rules[0].Filter.Prefix != nil && *rules.Rules[0].Filter.Prefix == "", true)
	equal(w, "recordings end after", *rules.Rules[1].NoncurrentVersionExpiration.NoncurrentDays, 1)
	equal(w, "a rule gets an id", sdk.ToString(rules.Rules[1].ID) != "", true)
	lifecycle.Rules[1].ID = new("uploads")
	_, err = w.s3.PutBucketLifecycleConfiguration(w.ctx(), &s3.PutBucketLifecycleConfigurationInput{
		Bucket: b, LifecycleConfiguration: lifecycle,
	})
	w.wantCode(err, 400, "InvalidArgument")
	lifecycle.Rules[1].ID, lifecycle.Rules[1].NoncurrentVersionExpiration = nil, nil
	_, err = w.s3.PutBucketLifecycleConfiguration(w.ctx(), &s3.PutBucketLifecycleConfigurationInput{
		Bucket: b, LifecycleConfiguration: lifecycle,
	})
	w.wantCode(err, 400, "InvalidRequest")

	_, err = w.s3.PutBucketTagging(w.ctx(), &s3.PutBucketTaggingInput{
		Bucket: b, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: new("claria:system"), Value: new("claria")}}},
	})
	w.must(err)
	tags, err := w.s3.GetBucketTagging(w.ctx(), &s3.GetBucketTaggingInput{Bucket: b})
	w.must(err)
	equal(w, "tag", *tags.TagSet[0].Key+"="+*tags.TagSet[0].Value, "claria:system=claria")
	_, err = w.s3.PutBucketNotificationConfiguration(w.ctx(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: b, NotificationConfiguration: &types.NotificationConfiguration{EventBridgeConfiguration: &types.EventBridgeConfiguration{}},
	})
	w.must(err)
	notification, err = w.s3.GetBucketNotificationConfiguration(w.ctx(), &s3.GetBucketNotificationConfigurationInput{Bucket: b})
	w.must(err)
	equal(w, "EventBridge", notification.EventBridgeConfiguration != nil, true)
	_, err = w.s3.PutBucketWebsite(w.ctx(), &s3.PutBucketWebsiteInput{
		Bucket: b, WebsiteConfiguration: &types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: new("index.html")}},
	})
	w.must(err)
	website, err := w.s3.GetBucketWebsite(w.ctx(), &s3.GetBucketWebsiteInput{Bucket: b})
	w.must(err)
	equal(w, "website", *website.IndexDocument.Suffix, "index.html")
	_, err = w.s3.DeleteBucketWebsite(w.ctx(), &s3.DeleteBucketWebsiteInput{Bucket: b})
	w.must(err)
	_, err = w.s3.GetBucketWebsite(w.ctx(), &s3.GetBucketWebsiteInput{Bucket: b})
	w.wantCode(err, 404, "NoSuchWebsiteConfiguration")
	_, err = w.s3.PutBucketLogging(w.ctx(), &s3.PutBucketLoggingInput{
		Bucket: b, BucketLoggingStatus: &types.BucketLoggingStatus{
			LoggingEnabled: &types.LoggingEnabled{TargetBucket: new("nowhere"), TargetPrefix: new("")},
		},
	})
	w.wantCode(err, 400, "InvalidTargetBucketForLogging")
	_, err = w.s3.DeletePublicAccessBlock(w.ctx(), &s3.DeletePublicAccessBlockInput{Bucket: b})
	w.must(err)
	_, err = w.s3.GetPublicAccessBlock(w.ctx(), &s3.GetPublicAccessBlockInput{Bucket: b})
	w.wantCode(err, 404, "NoSuchPublicAccessBlockConfiguration")
}

func TestS3AccountBlock(t *testing.T) {
	w := newS3World(t)
	account := s3control.NewFromConfig(w.config)
	id := new(AccountID)
	_, err := account.GetPublicAccessBlock(w.ctx(), &s3control.GetPublicAccessBlockInput{AccountId: id})
	w.wantCode(err, 404, "NoSuchPublicAccessBlockConfiguration")

	w.bucket("open")
	_, err = w.s3.DeletePublicAccessBlock(w.ctx(), &s3.DeletePublicAccessBlockInput{Bucket: new("open")})
	w.must(err)
	public := &s3.PutBucketPolicyInput{Bucket: new("open"), Policy: new(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::open/*"}}`)}
	_, err = w.s3.PutBucketPolicy(w.ctx(), public)
	w.must(err)
	status, err := w.s3.GetBucketPolicyStatus(w.ctx(), &s3.GetBucketPolicyStatusInput{Bucket: new("open")})
	w.must(err)
	equal(w, "public", *status.PolicyStatus.IsPublic, true)

	_, err = w.s3.PutBucketPolicy(w.ctx(), &s3.PutBucketPolicyInput{Bucket: new("open"), Policy: new(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"graph.facebook.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::open/*"}}`)})
	w.must(err)
	status, err = w.s3.GetBucketPolicyStatus(w.ctx(), &s3.GetBucketPolicyStatusInput{Bucket: new("open")})
	w.must(err)
	equal(w, "public to a directory", *status.PolicyStatus.IsPublic, true)
	_, err = w.s3.PutBucketPolicy(w.ctx(), public)
	w.must(err)

	w.put("open", "k", "for everyone")
	anybody := s3.NewFromConfig(w.config, func(o *s3.Options) { o.Credentials = sdk.AnonymousCredentials{} })
	read := func() error {
		_, err := anybody.GetObject(w.ctx(), &s3.GetObjectInput{Bucket: new("open"), Key: new("k")})
		return err
	}
	w.must(read())
	_, err = anybody.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("open")})
	w.wantCode(err, 403, "AccessDenied")

	_, err = account.PutPublicAccessBlock(w.ctx(),
		&s3control.PutPublicAccessBlockInput{AccountId: id, PublicAccessBlockConfiguration: &control.PublicAccessBlockConfiguration{
			BlockPublicAcls: new(true), BlockPublicPolicy: new(true), IgnorePublicAcls: new(true), RestrictPublicBuckets: new(true),
		}})
	w.must(err)
	got, err := account.GetPublicAccessBlock(w.ctx(), &s3control.GetPublicAccessBlockInput{AccountId: id})
	w.must(err)
	equal(w, "account block", *got.PublicAccessBlockConfiguration.RestrictPublicBuckets, true)
	w.wantCode(read(), 403, "AccessDenied")
	_, err = w.s3.PutBucketPolicy(w.ctx(), public)
	w.wantCode(err, 403, "AccessDenied")
	_, err = account.DeletePublicAccessBlock(w.ctx(), &s3control.DeletePublicAccessBlockInput{AccountId: id})
	w.must(err)
	w.must(read())
	points, err := account.ListAccessPoints(w.ctx(), &s3control.ListAccessPointsInput{AccountId: id})
	w.must(err)
	equal(w, "access points", len(points.AccessPointList), 0)
}

// TestS3OverSocket uses a real server, with path style and virtual host, and a body larger
// than any buffer.
func TestS3OverSocket(t *testing.T) {
	w := newS3World(t, func(o *Options) { o.Dir = t.TempDir() })
	server := httptest.NewServer(w.account)
	defer server.Close()
	// Every host name leads to this server.
	anyHost := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}}}
	defer anyHost.CloseIdleConnections()
	big := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	for name, base := range map[string]string{
		"path": server.URL, "localhost": "http://localhost:9000", "host": "http://s3.us-east-1.amazonaws.com",
	} {
		client := s3.NewFromConfig(w.config, func(o *s3.Options) {
			o.BaseEndpoint, o.HTTPClient = &base, anyHost
		})
		bucket := new(name + "-style")
		_, err := client.CreateBucket(w.ctx(), &s3.CreateBucketInput{Bucket: bucket})
		w.must(err)
		_, err = client.PutObject(w.ctx(), &s3.PutObjectInput{Bucket: bucket, Key: new("a b/ü+%/字"), Body: bytes.NewReader(big)})
		w.must(err)
		out, err := client.GetObject(w.ctx(), &s3.GetObjectInput{Bucket: bucket, Key: new("a b/ü+%/字"), ChecksumMode: types.ChecksumModeEnabled})
		w.must(err)
		got, err := io.ReadAll(out.Body)
		w.must(err)
		if !bytes.Equal(got, big) {
			t.Errorf("%s: got %d bytes of %d", name, len(got), len(big))
		}
		presigned, err := s3.NewPresignClient(client).PresignGetObject(w.ctx(),
			&s3.GetObjectInput{Bucket: bucket, Key: new("a b/ü+%/字"), ResponseContentType: new("text/x-test")}, s3.WithPresignExpires(time.Minute))
		w.must(err)
		response, err := anyHost.Get(presigned.URL)
		w.must(err)
		n, err := io.Copy(io.Discard, response.Body)
		w.must(errors.Join(err, response.Body.Close()))
		equal(w, name+": presigned status", response.StatusCode, 200)
		equal(w, name+": presigned length", n, int64(len(big)))
		equal(w, name+": presigned type", response.Header.Get("Content-Type"), "text/x-test")
	}
}
