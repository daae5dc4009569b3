package sandbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestS3Actions calls each operation as a user who has only the action that the Service
// Authorization Reference names for it, and as a user who has every action but that.
func TestS3Actions(t *testing.T) {
	w := newS3World(t)
	w.versioned("actions")
	id := w.put("actions", "k", "v")
	bucket, key := new("actions"), new("k")
	rows := []struct {
		action, resource string
		do               func(*s3.Client) error
	}{
		{"s3:GetEncryptionConfiguration", "", func(c *s3.Client) error {
			_, err := c.GetBucketEncryption(w.ctx(), &s3.GetBucketEncryptionInput{Bucket: bucket})
			return err
		}},
		{"s3:GetBucketPublicAccessBlock", "", func(c *s3.Client) error {
			_, err := c.GetPublicAccessBlock(w.ctx(), &s3.GetPublicAccessBlockInput{Bucket: bucket})
			return err
		}},
		{"s3:ListBucket", "", func(c *s3.Client) error {
			_, err := c.HeadBucket(w.ctx(), &s3.HeadBucketInput{Bucket: bucket})
			return err
		}},
		{"s3:ListBucket", "", func(c *s3.Client) error {
			_, err := c.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: bucket})
			return err
		}},
		{"s3:ListBucketVersions", "", func(c *s3.Client) error {
			_, err := c.ListObjectVersions(w.ctx(), &s3.ListObjectVersionsInput{Bucket: bucket})
			return err
		}},
		{"s3:GetBucketVersioning", "", func(c *s3.Client) error {
			_, err := c.GetBucketVersioning(w.ctx(), &s3.GetBucketVersioningInput{Bucket: bucket})
			return err
		}},
		{"s3:GetObject", "/k", func(c *s3.Client) error {
			_, err := c.HeadObject(w.ctx(), &s3.HeadObjectInput{Bucket: bucket, Key: key})
			return err
		}},
		{"s3:GetObjectVersion", "/k", func(c *s3.Client) error {
			_, err := c.GetObject(w.ctx(), &s3.GetObjectInput{Bucket: bucket, Key: key, VersionId: &id})
			return err
		}},
		{"s3:PutObject", "/n", func(c *s3.Client) error {
			_, err := c.PutObject(w.ctx(), &s3.PutObjectInput{Bucket: bucket, Key: new("n"), Body: strings.NewReader("")})
			return err
		}},
		{"s3:DeleteObject", "/n", func(c *s3.Client) error {
			_, err := c.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: bucket, Key: new("n")})
			return err
		}},
		{"s3:DeleteObjectVersion", "/n", func(c *s3.Client) error {
			_, err := c.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: bucket, Key: new("n"), VersionId: new("null")})
			return err
		}},
		{"s3:PutLifecycleConfiguration", "", func(c *s3.Client) error {
			_, err := c.DeleteBucketLifecycle(w.ctx(), &s3.DeleteBucketLifecycleInput{Bucket: bucket})
			return err
		}},
	}
	for i, row := range rows {
		only := w.as(fmt.Sprint("only", i),
			fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":%q,"Resource":"arn:aws:s3:::actions%s"}}`,
				row.action, row.resource))
		if err := row.do(only); err != nil {
			t.Errorf("%s alone is not enough: %v", row.action, err)
		}
		without := w.as(fmt.Sprint("without", i),
			fmt.Sprintf(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":%q,"Resource":"*"}]}`,
				row.action))
		if err := row.do(without); err == nil || !strings.Contains(err.Error(), "StatusCode: 403") {
			t.Errorf("without %s: %v", row.action, err)
		}
	}
	// Only a caller who may list learns that a key is missing.
	reader := w.as("reader", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`)
	_, err := reader.GetObject(w.ctx(), &s3.GetObjectInput{Bucket: bucket, Key: new("missing")})
	w.wantCode(err, 403, "AccessDenied")
	// A batch delete is answered key by key.
	some := w.as("some",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::actions/mine/*"}}`)
	out, err := some.DeleteObjects(w.ctx(), &s3.DeleteObjectsInput{
		Bucket: bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: new("mine/1")}, {Key: new("k")}}},
	})
	w.must(err)
	equal(w, "batch", say(len(out.Deleted), *out.Errors[0].Key, *out.Errors[0].Code), "1 k AccessDenied")
	_, err = some.CopyObject(w.ctx(), &s3.CopyObjectInput{Bucket: bucket, Key: new("mine/1"), CopySource: new("actions/k")})
	w.wantCode(err, 403, "AccessDenied")
}

// TestS3BucketPolicy sends requests against a policy like that of the data bucket.
func TestS3BucketPolicy(t *testing.T) {
	w := newS3World(t, func(o *Options) { o.Insecure = true })
	w.bucket("records")
	policy := `{"Version":"2012-10-17","Statement":[
		{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::records","arn:aws:s3:::records/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}},
		{"Sid":"TLS12","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::records","arn:aws:s3:::records/*"],"Condition":{"NumericLessThan":{"s3:TlsVersion":"1.2"}}},
		{"Sid":"Encryption","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::records/*","Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"AES256"},"Null":{"s3:x-amz-server-side-encryption":"false"}}},
		{"Sid":"Prefix","Effect":"Deny","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::records","Condition":{"StringLike":{"s3:prefix":"secret/*"}}},
		{"Sid":"Create","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::records/once/*","Condition":{"Null":{"s3:if-none-match":"true"}}},
		{"Sid":"Tagged","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::records/*","Condition":{"StringEquals":{"s3:ExistingObjectTag/hold":"yes"}}}]}`
	_, err := w.s3.PutBucketPolicy(w.ctx(), &s3.PutBucketPolicyInput{Bucket: new("records"), Policy: &policy})
	w.must(err)
	got, err := w.s3.GetBucketPolicy(w.ctx(), &s3.GetBucketPolicyInput{Bucket: new("records")})
	w.must(err)
	equal(w, "the policy is returned unchanged", *got.Policy, policy)
	status, err := w.s3.GetBucketPolicyStatus(w.ctx(), &s3.GetBucketPolicyStatusInput{Bucket: new("records")})
	w.must(err)
	equal(w, "public", *status.PolicyStatus.IsPublic, false)

	insecure := s3.NewFromConfig(w.config, func(o *s3.Options) {
		o.BaseEndpoint, o.UsePathStyle = new("http://s3.us-east-1.amazonaws.com"), true
	})
	_, err = insecure.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("records")})
	w.wantCode(err, 403, "AccessDenied")
	_, err = w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("records")})
	w.must(err)
	_, err = w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("records"), Prefix: new("secret/x")})
	w.wantCode(err, 403, "AccessDenied")
	put := func(key string, set func(*s3.PutObjectInput)) error {
		in := &s3.PutObjectInput{Bucket: new("records"), Key: &key, Body: strings.NewReader("x")}
		set(in)
		_, err := w.s3.PutObject(w.ctx(), in)
		return err
	}
	w.must(put("k", func(*s3.PutObjectInput) {}))
	w.must(put("k", func(in *s3.PutObjectInput) { in.ServerSideEncryption = "AES256" }))
	w.wantCode(put("k", func(in *s3.PutObjectInput) { in.ServerSideEncryption = "aws:kms" }), 403, "AccessDenied")
	w.wantCode(put("once/k", func(*s3.PutObjectInput) {}), 403, "AccessDenied")
	w.must(put("once/k", func(in *s3.PutObjectInput) { in.IfNoneMatch = new("*") }))
	w.must(put("held", func(in *s3.PutObjectInput) { in.Tagging = new("hold=yes") }))
	_, _, err = w.get("records", "held")
	w.wantCode(err, 403, "AccessDenied")

	for name, bad := range map[string]string{
		"not JSON":            `{"Version":`,
		"no principal":        `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::records"}}`,
		"nobody":              `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::111122223333:user/nobody"},"Action":"s3:*","Resource":"arn:aws:s3:::records"}}`,
		"another bucket":      `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}}`,
		"another service":     `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"ec2:*","Resource":"arn:aws:s3:::records"}}`,
		"everything":          `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}`,
		"all but one":         `{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::records/*"}}`,
		"objects of a bucket": `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::records"}}`,
	} {
		_, err = w.s3.PutBucketPolicy(w.ctx(), &s3.PutBucketPolicyInput{Bucket: new("records"), Policy: &bad})
		t.Log(name)
		w.wantCode(err, 400, "MalformedPolicy")
	}
	// The owner's root user can undo a policy that locks everybody out.
	_, err = w.s3.PutBucketPolicy(w.ctx(), &s3.PutBucketPolicyInput{Bucket: new("records"), Policy: new(
		`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::records",` +
			`"arn:aws:s3:::records/*"]}}`)})
	w.must(err)
	_, err = w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("records")})
	w.wantCode(err, 403, "AccessDenied")
	_, err = w.s3.DeleteBucketPolicy(w.ctx(), &s3.DeleteBucketPolicyInput{Bucket: new("records")})
	w.must(err)
	_, err = w.s3.ListObjectsV2(w.ctx(), &s3.ListObjectsV2Input{Bucket: new("records")})
	w.must(err)
}

func TestS3ObjectLock(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	w := newS3World(t, func(o *Options) { o.Now = func() time.Time { return now } })
	w.bucket("plain")
	_, err := w.s3.PutObjectLockConfiguration(w.ctx(), &s3.PutObjectLockConfigurationInput{
		Bucket: new("plain"), ObjectLockConfiguration: &types.ObjectLockConfiguration{ObjectLockEnabled: "Enabled"},
	})
	w.wantCode(err, 409, "InvalidBucketState")
	w.bucket("audit", func(in *s3.CreateBucketInput) { in.ObjectLockEnabledForBucket = new(true) })
	bucket, key := new("audit"), new("log")
	_, err = w.s3.PutObjectLockConfiguration(w.ctx(),
		&s3.PutObjectLockConfigurationInput{Bucket: bucket, ObjectLockConfiguration: &types.ObjectLockConfiguration{
			ObjectLockEnabled: "Enabled", Rule: &types.ObjectLockRule{
				DefaultRetention: &types.DefaultRetention{Mode: "GOVERNANCE", Days: new(int32(2190))},
			},
		}})
	w.must(err)
	lock, err := w.s3.GetObjectLockConfiguration(w.ctx(), &s3.GetObjectLockConfigurationInput{Bucket: bucket})
	w.must(err)
	equal(w, "default retention", say(lock.ObjectLockConfiguration.Rule.DefaultRetention.Mode,
		*lock.ObjectLockConfiguration.Rule.DefaultRetention.Days), "GOVERNANCE 2190")
	_, err = w.s3.PutBucketVersioning(w.ctx(), &s3.PutBucketVersioningInput{
		Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: "Suspended"},
	})
	w.wantCode(err, 409, "InvalidBucketState")

	id := w.put("audit", "log", "line")
	retention, err := w.s3.GetObjectRetention(w.ctx(), &s3.GetObjectRetentionInput{Bucket: bucket, Key: key})
	w.must(err)
	equal(w, "kept until", retention.Retention.RetainUntilDate.Equal(now.AddDate(0, 0, 2190)), true)
	remove := func(c *s3.Client, bypass bool) error {
		_, err := c.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: &id, BypassGovernanceRetention: &bypass})
		return err
	}
	w.wantCode(remove(w.s3, false), 403, "AccessDenied")
	weak := w.as("weak",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},`+
			`{"Effect":"Deny","Action":"s3:BypassGovernanceRetention","Resource":"*"}]}`)
	w.wantCode(remove(weak, true), 403, "AccessDenied")
	shorter := &s3.PutObjectRetentionInput{
		Bucket: bucket, Key: key, Retention: &types.ObjectLockRetention{Mode: "GOVERNANCE", RetainUntilDate: new(now.Add(time.Hour))},
	}
	_, err = w.s3.PutObjectRetention(w.ctx(), shorter)
	w.wantCode(err, 403, "AccessDenied")
	shorter.BypassGovernanceRetention = new(true)
	_, err = w.s3.PutObjectRetention(w.ctx(), shorter)
	w.must(err)
	// A marker hides the version but does not change it.
	_, err = w.s3.DeleteObject(w.ctx(), &s3.DeleteObjectInput{Bucket: bucket, Key: key})
	w.must(err)
	hold := func(status types.ObjectLockLegalHoldStatus) {
		_, err := w.s3.PutObjectLegalHold(w.ctx(), &s3.PutObjectLegalHoldInput{
			Bucket: bucket, Key: key, VersionId: &id, LegalHold: &types.ObjectLockLegalHold{Status: status},
		})
		w.must(err)
	}
	hold("ON")
	now = now.Add(2 * time.Hour)
	w.wantCode(remove(w.s3, true), 403, "AccessDenied")
	hold("OFF")
	w.must(remove(w.s3, false))

	// Compliance mode binds everyone, including the root user.
	id = w.put("audit", "log", "line", func(in *s3.PutObjectInput) {
		in.ObjectLockMode, in.ObjectLockRetainUntilDate = "COMPLIANCE", new(now.Add(time.Hour))
	})
	w.wantCode(remove(w.s3, true), 403, "AccessDenied")
	now = now.Add(2 * time.Hour)
	w.must(remove(w.s3, false))
	_, err = w.s3.PutObject(w.ctx(), &s3.PutObjectInput{
		Bucket: new("plain"), Key: key, Body: strings.NewReader(""), ObjectLockLegalHoldStatus: "ON",
	})
	w.wantCode(err, 400, "InvalidRequest")
}

// TestS3Delivery writes as CloudTrail does.
func TestS3Delivery(t *testing.T) {
	w := newS3World(t)
	w.bucket("trail", func(in *s3.CreateBucketInput) { in.ObjectLockEnabledForBucket = new(true) })
	_, err := w.s3.PutObjectLockConfiguration(w.ctx(),
		&s3.PutObjectLockConfigurationInput{Bucket: new("trail"), ObjectLockConfiguration: &types.ObjectLockConfiguration{
			ObjectLockEnabled: "Enabled", Rule: &types.ObjectLockRule{
				DefaultRetention: &types.DefaultRetention{Mode: "COMPLIANCE", Years: new(int32(6))},
			},
		}})
	w.must(err)
	const source = "arn:aws:cloudtrail:us-east-1:111122223333:trail/claria-trail"
	log := delivery{
		Bucket: "trail", Key: "_cloudtrail/AWSLogs/1.json.gz", Principal: "cloudtrail.amazonaws.com", Source: source,
		ContentType: "application/json", Encoding: "gzip", Metadata: map[string]string{"signature": "s"},
	}
	refused := func(d delivery, why string) {
		t.Helper()
		if err := w.account.putAsService(d, []byte("x")); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("%s: %v", why, err)
		}
	}
	refused(log, "without a policy")
	_, err = w.s3.PutBucketPolicy(w.ctx(), &s3.PutBucketPolicyInput{Bucket: new("trail"), Policy: new(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::trail","Condition":{"StringEquals":{"aws:SourceArn":"` + source + `"}}},
		{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::trail/_cloudtrail/*","Condition":{"StringEquals":{"aws:SourceArn":"` + source + `","s3:x-amz-acl":"bucket-owner-full-control"}}}]}`)})
	w.must(err)
	w.must(w.account.putAsService(log, []byte("events")))
	other := log
	other.Source += "-other"
	refused(other, "another trail")
	other = log
	other.Key = "elsewhere"
	refused(other, "another prefix")

	head, err := w.s3.HeadObject(w.ctx(), &s3.HeadObjectInput{Bucket: new("trail"), Key: &log.Key})
	w.must(err)
	equal(w, "delivered", say(sdk.ToString(head.ContentEncoding), head.Metadata["signature"], head.ObjectLockMode, head.VersionId != nil),
		"gzip s COMPLIANCE true")
	text, found, err := w.account.objectBytes("trail", log.Key)
	w.must(err)
	equal(w, "read back", say(string(text), found), "events true")
	equal(w, "keys", strings.Join(w.account.objectKeys("trail", "_cloudtrail/"), ","), log.Key)
}
