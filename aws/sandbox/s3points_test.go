package sandbox

import (
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	control "github.com/aws/aws-sdk-go-v2/service/s3control/types"
)

// An access point's policy gives access only together with its bucket: by the bucket's own
// policy, or because that delegates to the account's access points.
func TestThroughAnAccessPoint(t *testing.T) {
	w := newS3World(t)
	points, account, bucket := s3control.NewFromConfig(w.config), new(AccountID), new("with-a-door")
	_, err := w.s3.CreateBucket(w.ctx(), &s3.CreateBucketInput{Bucket: bucket})
	w.must(err)
	_, err = w.s3.PutObject(w.ctx(), &s3.PutObjectInput{Bucket: bucket, Key: new("notes/a"), Body: strings.NewReader("note")})
	w.must(err)
	made, err := points.CreateAccessPoint(w.ctx(), &s3control.CreateAccessPointInput{AccountId: account, Bucket: bucket, Name: new("side-door")})
	w.must(err)
	const arn = "arn:aws:s3:us-east-1:111122223333:accesspoint/side-door"
	equal(w, "arn", *made.AccessPointArn, arn)
	ann := w.as("ann", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}]}`)
	read := func(client *s3.Client, by string) error {
		out, err := client.GetObject(w.ctx(), &s3.GetObjectInput{Bucket: &by, Key: new("notes/a")})
		if err == nil {
			body, _ := io.ReadAll(out.Body)
			equal(w, "body", string(body), "note")
		}
		return err
	}
	w.must(read(w.s3, arn))
	w.must(read(w.s3, *made.Alias))
	w.wantCode(read(w.s3, "arn:aws:s3:us-east-1:111122223333:accesspoint/none"), 404, "NoSuchAccessPoint")
	_, err = w.s3.GetBucketLifecycleConfiguration(w.ctx(), &s3.GetBucketLifecycleConfigurationInput{Bucket: made.Alias})
	w.wantCode(err, 405, "MethodNotAllowed")

	name := new("side-door")
	_, err = points.GetAccessPointPolicy(w.ctx(), &s3control.GetAccessPointPolicyInput{AccountId: account, Name: name})
	w.wantCode(err, 404, "NoSuchAccessPointPolicy")
	grant := func(principal, resource string) error {
		_, err := points.PutAccessPointPolicy(w.ctx(), &s3control.PutAccessPointPolicyInput{AccountId: account, Name: name, Policy: new(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"s3:GetObject","Resource":"` + resource + `"}]}`,
		)})
		return err
	}
	w.wantCode(grant("444455556666", "arn:aws:s3:::with-a-door/*"), 400, "MalformedPolicy")
	w.wantCode(grant("*", arn+"/object/*"), 403, "AccessDenied")
	w.must(grant("arn:aws:iam::111122223333:user/ann", arn+"/object/*"))
	w.wantCode(read(ann, arn), 403, "AccessDenied") // the bucket does not allow it yet
	_, err = w.s3.PutBucketPolicy(w.ctx(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::with-a-door/*","Condition":{"StringEquals":{"s3:DataAccessPointAccount":"111122223333"}}}]}`)})
	w.must(err)
	w.must(read(ann, arn))
	w.wantCode(read(ann, "with-a-door"), 403, "AccessDenied") // not through the access point
	policy, err := points.GetAccessPointPolicy(w.ctx(), &s3control.GetAccessPointPolicyInput{AccountId: account, Name: name})
	w.must(err)
	if !strings.Contains(*policy.Policy, "user/ann") {
		t.Errorf("policy: %s", *policy.Policy)
	}
	status, err := points.GetAccessPointPolicyStatus(w.ctx(), &s3control.GetAccessPointPolicyStatusInput{AccountId: account, Name: name})
	w.must(err)
	equal(w, "public", status.PolicyStatus.IsPublic, false)
	point, err := points.GetAccessPoint(w.ctx(), &s3control.GetAccessPointInput{AccountId: account, Name: name})
	w.must(err)
	equal(w, "origin", point.NetworkOrigin, control.NetworkOriginInternet)
	equal(w, "blocks", *point.PublicAccessBlockConfiguration.BlockPublicPolicy, true)
	w.must(grant("444455556666", arn+"/object/*")) // another account is not the public
	_, err = points.DeleteAccessPointPolicy(w.ctx(), &s3control.DeleteAccessPointPolicyInput{AccountId: account, Name: name})
	w.must(err)
	w.wantCode(read(ann, arn), 403, "AccessDenied")
}

func TestAccessGrants(t *testing.T) {
	w := newS3World(t)
	client, account := s3control.NewFromConfig(w.config), new(AccountID)
	list := func() ([]control.ListAccessGrantEntry, error) {
		out, err := client.ListAccessGrants(w.ctx(), &s3control.ListAccessGrantsInput{AccountId: account})
		if err != nil {
			return nil, err
		}
		return out.AccessGrantsList, nil
	}
	_, err := list()
	w.wantCode(err, 404, "AccessGrantsInstanceNotExistsError")
	none, err := client.ListAccessGrantsInstances(w.ctx(), &s3control.ListAccessGrantsInstancesInput{AccountId: account})
	w.must(err)
	equal(w, "instances", len(none.AccessGrantsInstancesList), 0)
	_, err = client.CreateAccessGrantsInstance(w.ctx(), &s3control.CreateAccessGrantsInstanceInput{AccountId: account})
	w.must(err)
	where, err := client.CreateAccessGrantsLocation(w.ctx(), &s3control.CreateAccessGrantsLocationInput{
		AccountId: account, LocationScope: new("s3://"), IAMRoleArn: new("arn:aws:iam::111122223333:role/grants"),
	})
	w.must(err)
	made, err := client.CreateAccessGrant(w.ctx(), &s3control.CreateAccessGrantInput{
		AccountId: account, AccessGrantsLocationId: where.AccessGrantsLocationId, Permission: control.PermissionRead,
		AccessGrantsLocationConfiguration: &control.AccessGrantsLocationConfiguration{S3SubPrefix: new("records/*")},
		Grantee:                           &control.Grantee{GranteeType: control.GranteeTypeIam, GranteeIdentifier: new("arn:aws:iam::111122223333:user/ann")},
	})
	w.must(err)
	all, err := list()
	w.must(err)
	if len(all) != 1 || *all[0].GrantScope != "s3://records/*" || *all[0].Grantee.GranteeIdentifier != "arn:aws:iam::111122223333:user/ann" {
		t.Errorf("grants: %+v", all)
	}
	_, err = client.DeleteAccessGrant(w.ctx(), &s3control.DeleteAccessGrantInput{AccountId: account, AccessGrantId: made.AccessGrantId})
	w.must(err)
	all, err = list()
	w.must(err)
	equal(w, "grants left", len(all), 0)
}

// An object of an archive class is listed and described, but must be restored before it can
// be read or copied.
func TestArchivedObjects(t *testing.T) {
	w := newS3World(t)
	bucket := new("archive")
	_, err := w.s3.CreateBucket(w.ctx(), &s3.CreateBucketInput{Bucket: bucket})
	w.must(err)
	for class, code := range map[types.StorageClass]string{
		types.StorageClassGlacier: "InvalidObjectState", types.StorageClassDeepArchive: "InvalidObjectState", types.StorageClassGlacierIr: "",
	} {
		key := string(class)
		_, err := w.s3.PutObject(w.ctx(), &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: strings.NewReader("x"), StorageClass: class})
		w.must(err)
		_, err = w.s3.HeadObject(w.ctx(), &s3.HeadObjectInput{Bucket: bucket, Key: &key})
		w.must(err)
		_, err = w.s3.GetObject(w.ctx(), &s3.GetObjectInput{Bucket: bucket, Key: &key})
		_, copied := w.s3.CopyObject(w.ctx(), &s3.CopyObjectInput{Bucket: bucket, Key: new("copy"), CopySource: new("archive/" + key)})
		if code == "" {
			w.must(err)
			w.must(copied)
			continue
		}
		w.wantCode(err, 403, code)
		w.wantCode(copied, 403, "ObjectNotInActiveTierError")
	}
}

// The owner's root user can always read and change a bucket's policy, and only that.
func TestALockedBucket(t *testing.T) {
	w := newS3World(t)
	bucket := new("locked")
	_, err := w.s3.CreateBucket(w.ctx(), &s3.CreateBucketInput{Bucket: bucket})
	w.must(err)
	_, err = w.s3.PutBucketPolicy(w.ctx(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: new(`{"Version":"2012-10-17","Statement":[
		{"Sid":"Lock","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::locked","arn:aws:s3:::locked/*"]}]}`)})
	w.must(err)
	_, err = w.s3.GetBucketTagging(w.ctx(), &s3.GetBucketTaggingInput{Bucket: bucket})
	w.wantCode(err, 403, "AccessDenied")
	if !strings.Contains(err.Error(), "with an explicit deny in a resource-based policy") {
		t.Errorf("the refusal: %v", err)
	}
	_, err = w.s3.GetBucketPolicyStatus(w.ctx(), &s3.GetBucketPolicyStatusInput{Bucket: bucket})
	w.wantCode(err, 403, "AccessDenied")
	admin := w.as("ann", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	_, err = admin.DeleteBucketPolicy(w.ctx(), &s3.DeleteBucketPolicyInput{Bucket: bucket})
	w.wantCode(err, 403, "AccessDenied")
	got, err := w.s3.GetBucketPolicy(w.ctx(), &s3.GetBucketPolicyInput{Bucket: bucket})
	w.must(err)
	_, err = w.s3.PutBucketPolicy(w.ctx(), &s3.PutBucketPolicyInput{Bucket: bucket, Policy: got.Policy})
	w.must(err)
	_, err = w.s3.DeleteBucketPolicy(w.ctx(), &s3.DeleteBucketPolicyInput{Bucket: bucket})
	w.must(err)
	_, err = w.s3.GetBucketVersioning(w.ctx(), &s3.GetBucketVersioningInput{Bucket: bucket})
	w.must(err)
}
