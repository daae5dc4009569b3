package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
)

// askKMS sends one request in the form of KMS's clients, and returns the answer and the
// error code.
func askKMS(t *testing.T, config aws.Config, operation string, in any) (out map[string]any, code string) {
	t.Helper()
	body, err := json.Marshal(in)
	must(t, 0, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://kms.us-east-1.amazonaws.com/", strings.NewReader(string(body)))
	must(t, 0, err)
	r.Header.Set("X-Amz-Target", "TrentService."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	key, err := config.Credentials.Retrieve(t.Context())
	must(t, 0, err)
	sum := sha256.Sum256(body)
	must(t, 0, v4.NewSigner().SignHTTP(t.Context(), key, r, hex.EncodeToString(sum[:]), "kms", "us-east-1", time.Now()))
	response, err := config.HTTPClient.Do(r)
	must(t, 0, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	must(t, 0, err)
	if len(text) > 0 {
		must(t, 0, json.Unmarshal(text, &out))
	}
	if response.StatusCode != http.StatusOK {
		code, _ = out["__type"].(string)
	}
	return out, code
}

type fields = map[string]any

// A key works only for callers whom its policy and their own policies allow to use it, and
// only while it is enabled.
func TestKeyDecidesWhoReads(t *testing.T) {
	a := newAccount(t, Options{})
	root := sdkAsRoot(a)
	made, code := askKMS(t, root, "CreateKey", fields{"Tags": []fields{{"TagKey": "for", "TagValue": "records"}}})
	if code != "" {
		t.Fatal(code)
	}
	meta := made["KeyMetadata"].(map[string]any)
	arn := meta["Arn"].(string)
	if meta["KeyState"] != "Enabled" || meta["KeySpec"] != "SYMMETRIC_DEFAULT" || meta["KeyManager"] != "CUSTOMER" ||
		meta["MultiRegion"] != false {
		t.Errorf("a new key: %v", meta)
	}
	for _, step := range []struct {
		operation, code string
		in              fields
	}{
		{"DescribeKey", "NotFoundException", fields{"KeyId": "alias/records"}},
		{"CreateAlias", "", fields{"AliasName": "alias/records", "TargetKeyId": arn}},
		{"CreateAlias", "AlreadyExistsException", fields{"AliasName": "alias/records", "TargetKeyId": arn}},
		{"PutKeyPolicy", "MalformedPolicyDocumentException", fields{"KeyId": arn, "Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"kms:*","Resource":"*"}]}`}},
		{"PutKeyPolicy", "MalformedPolicyDocumentException", fields{"KeyId": arn, "Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"kms:*","Resource":"*"}]}`}},
		{"DisableKey", "", fields{"KeyId": arn}},
		{"EnableKeyRotation", "DisabledException", fields{"KeyId": arn}},
		{"EnableKey", "", fields{"KeyId": arn}},
		{"EnableKeyRotation", "", fields{"KeyId": arn}},
	} {
		if _, code := askKMS(t, root, step.operation, step.in); code != step.code {
			t.Errorf("%s: %q, want %q", step.operation, code, step.code)
		}
	}
	if out, _ := askKMS(t, root, "GetKeyRotationStatus", fields{"KeyId": "alias/records"}); out["KeyRotationEnabled"] != true ||
		out["RotationPeriodInDays"] != 365.0 {
		t.Errorf("rotation: %v", out)
	}

	files, bucket := s3.NewFromConfig(root), new("with-a-key")
	must(t, 0, second(files.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket})))
	must(t, 0, second(files.PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{
		Bucket: bucket,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{
				{BucketKeyEnabled: new(true), ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
					SSEAlgorithm: "aws:kms", KMSMasterKeyID: &arn,
				}},
			},
		},
	})))
	put, err := files.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: new("k"), Body: strings.NewReader("x")})
	must(t, 0, err)
	if put.SSEKMSKeyId == nil || *put.SSEKMSKeyId != arn {
		t.Errorf("encrypted with %v", put.SSEKMSKeyId)
	}

	// This user may do everything with the bucket, but nothing with the key.
	people := iam.NewFromConfig(root)
	must(t, 0, second(people.CreateUser(t.Context(), &iam.CreateUserInput{UserName: new("ann")})))
	allow := func(statements string) {
		t.Helper()
		must(t, 0, second(people.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
			UserName: new("ann"), PolicyName: new("p"), PolicyDocument: new(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}` + statements + `]}`),
		})))
	}
	allow("")
	key, err := people.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: new("ann")})
	must(t, 0, err)
	anns := s3.NewFromConfig(sdkAs(a, *key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, ""))
	get := func() error {
		return second(anns.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: new("k")}))
	}
	wantCode(t, get(), "AccessDenied", "kms:Decrypt", arn)
	wantCode(t, second(anns.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: new("k"), Body: strings.NewReader("y")})),
		"AccessDenied", "kms:GenerateDataKey")
	must(t, 0, second(anns.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: bucket, Key: new("k")}))) // only its bytes are encrypted
	allow(`,{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"},
		"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/records"},"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::with-a-key*"}}}`)
	must(t, 0, get())

	_, code = askKMS(t, root, "DisableKey", fields{"KeyId": arn})
	if wantCode(t, get(), "KMS.DisabledException"); code != "" {
		t.Error(code)
	}
	if out, code := askKMS(t, root, "ScheduleKeyDeletion", fields{"KeyId": arn, "PendingWindowInDays": 7}); code != "" ||
		out["KeyState"] != "PendingDeletion" {
		t.Errorf("%v %s", out, code)
	}
	wantCode(t, get(), "KMS.KMSInvalidStateException")
	if _, code := askKMS(t, root, "CancelKeyDeletion", fields{"KeyId": arn}); code != "" {
		t.Error(code)
	}
	if out, _ := askKMS(t, root, "DescribeKey", fields{"KeyId": arn}); out["KeyMetadata"].(map[string]any)["KeyState"] != "Disabled" {
		t.Errorf("a key whose deletion was cancelled: %v", out)
	}
}

// CloudTrail accepts a key only when it may encrypt with it, describe it and, with an S3
// Bucket Key, decrypt. It then encrypts its logs and its digests with the key.
func TestTrailWithAKey(t *testing.T) {
	a := newAccount(t, Options{})
	root := sdkAsRoot(a)
	files, trails, bucket := s3.NewFromConfig(root), cloudtrail.NewFromConfig(root), new("logs-with-a-key")
	must(t, 0, second(files.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket})))
	must(t, 0, second(files.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:GetBucketAcl","s3:PutObject"],"Resource":["arn:aws:s3:::logs-with-a-key","arn:aws:s3:::logs-with-a-key/*"],
		"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}]}`)})))
	made, _ := askKMS(t, root, "CreateKey", fields{})
	arn := made["KeyMetadata"].(map[string]any)["Arn"].(string)
	create := func(key string) error {
		return second(trails.CreateTrail(t.Context(), &cloudtrail.CreateTrailInput{
			Name: new("keyed"), S3BucketName: bucket, KmsKeyId: &key, EnableLogFileValidation: new(true),
		}))
	}
	wantCode(t, create("alias/none"), "KmsKeyNotFoundException")
	wantCode(t, create(arn), "InsufficientEncryptionPolicyException")
	const ours = `"Principal":{"Service":"cloudtrail.amazonaws.com"},"Resource":"*","Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:111122223333:trail/keyed"}`
	allow := func(more string) {
		t.Helper()
		if _, code := askKMS(t, root, "PutKeyPolicy", fields{"KeyId": arn, "PolicyName": "default", "Policy": strings.Replace(
			defaultKeyPolicy(AccountID), `"Statement":[`, `"Statement":[{"Effect":"Allow","Action":"kms:GenerateDataKey*",`+ours+
				`,"StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}},`+more, 1)}); code != "" {
			t.Fatal(code)
		}
	}
	allow("")
	wantCode(t, create(arn), "InsufficientEncryptionPolicyException")
	allow(`{"Effect":"Allow","Action":"kms:DescribeKey",` + ours + `}},`)
	must(t, 0, create(arn))
	must(t, 0, second(files.PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{
		Bucket: bucket, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
			BucketKeyEnabled: new(true), ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: "aws:kms", KMSMasterKeyID: &arn},
		}}},
	})))
	update := func() error {
		return second(trails.UpdateTrail(t.Context(), &cloudtrail.UpdateTrailInput{Name: new("keyed"), KmsKeyId: &arn}))
	}
	wantCode(t, update(), "InsufficientEncryptionPolicyException")
	allow(`{"Effect":"Allow","Action":["kms:DescribeKey","kms:Decrypt"],` + ours + `}},`)
	must(t, 0, update())
	got, err := trails.GetTrail(t.Context(), &cloudtrail.GetTrailInput{Name: new("keyed")})
	must(t, 0, err)
	if *got.Trail.KmsKeyId != arn {
		t.Errorf("key %s", *got.Trail.KmsKeyId)
	}
	must(t, 0, second(trails.StartLogging(t.Context(), &cloudtrail.StartLoggingInput{Name: new("keyed")})))
	must(t, 0, second(trails.ListTrails(t.Context(), &cloudtrail.ListTrailsInput{})))
	a.Deliver()
	list, err := files.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket})
	must(t, 0, err)
	seen := map[string]string{}
	for _, o := range list.Contents {
		head, err := files.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: bucket, Key: o.Key})
		must(t, 0, err)
		kind := "log"
		if strings.Contains(*o.Key, "Digest") {
			kind = "digest"
		}
		seen[kind] = string(head.ServerSideEncryption)
	}
	if seen["log"] != "aws:kms" || seen["digest"] != "aws:kms" {
		t.Errorf("encrypted: %v", seen)
	}

	// Insights are off by default.
	_, err = trails.GetInsightSelectors(t.Context(), &cloudtrail.GetInsightSelectorsInput{TrailName: new("keyed")})
	wantCode(t, err, "InsightNotEnabledException")
	must(t, 0, second(trails.PutInsightSelectors(t.Context(), &cloudtrail.PutInsightSelectorsInput{
		TrailName: new("keyed"), InsightSelectors: []trailtypes.InsightSelector{{InsightType: trailtypes.InsightTypeApiCallRateInsight}},
	})))
	insights, err := trails.GetInsightSelectors(t.Context(), &cloudtrail.GetInsightSelectorsInput{TrailName: new("keyed")})
	if err != nil || len(insights.InsightSelectors) != 1 {
		t.Errorf("%+v %v", insights, err)
	}
}

func TestAccessPoints(t *testing.T) {
	a := newAccount(t, Options{})
	root := sdkAsRoot(a)
	control, account := s3control.NewFromConfig(root), new(AccountID)
	must(t, 0, second(s3.NewFromConfig(root).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: new("with-a-door")})))
	must(t, 0, second(control.CreateAccessPoint(t.Context(), &s3control.CreateAccessPointInput{
		AccountId: account, Bucket: new("with-a-door"), Name: new("side-door"),
	})))
	list, err := control.ListAccessPoints(t.Context(), &s3control.ListAccessPointsInput{AccountId: account})
	must(t, 0, err)
	if len(list.AccessPointList) != 1 || *list.AccessPointList[0].Bucket != "with-a-door" ||
		list.AccessPointList[0].NetworkOrigin != "Internet" {
		t.Errorf("%+v", list.AccessPointList)
	}
	must(t, 0, second(control.DeleteAccessPoint(t.Context(), &s3control.DeleteAccessPointInput{AccountId: account, Name: new("side-door")})))
	_, err = control.DeleteAccessPoint(t.Context(), &s3control.DeleteAccessPointInput{AccountId: account, Name: new("side-door")})
	wantCode(t, err, "NoSuchAccessPoint")
	many, err := control.ListMultiRegionAccessPoints(t.Context(), &s3control.ListMultiRegionAccessPointsInput{AccountId: account},
		func(o *s3control.Options) { o.Region = "us-west-2" })
	if err != nil || len(many.AccessPoints) != 0 {
		t.Errorf("%+v %v", many, err)
	}
}

func second[T any](_ T, err error) error { return err }
