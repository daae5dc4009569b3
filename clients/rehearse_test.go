package clients_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/clients"
)

// A drill says that a restore works when it does, and fails when versions are not
// kept or cannot be read. No listing shows what it leaves behind.
func TestARestoreIsRehearsed(t *testing.T) {
	t.Parallel()
	p, ctx, name := newDemo(t), t.Context(), bucket
	listed := func() (keys int) {
		out, err := aws.S3(p.account).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &name})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.Contents)
	}
	r, err := p.store.Rehearse(ctx)
	if err != nil || r.Took <= 0 || r.Bytes == 0 || r.SHA256 == sha256.Sum256(nil) || r.Left != "" || listed() != 0 {
		t.Fatalf("%+v, %v, %d objects left", r, err, listed())
	}
	tried := func(what, want string) {
		t.Helper()
		_, err := p.store.Rehearse(ctx)
		if failed, ok := errors.AsType[*clients.RestoreError](err); !ok || !strings.Contains(failed.Error(), want) {
			t.Errorf("%s: %v", what, err)
		}
		if listed() != 0 {
			t.Errorf("%s: %d objects left", what, listed())
		}
	}
	if err := p.Inject("deny=s3:CopyObject,times=1"); err != nil {
		t.Fatal(err)
	}
	tried("copying is refused", "not allowed")
	_, err = aws.S3(p.account).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: &name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended},
	})
	if err != nil {
		t.Fatal(err)
	}
	tried("versioning is off", "no version of it was kept")

	if err := p.Inject("deny=s3:PutObject,times=1"); err != nil {
		t.Fatal(err)
	}
	_, err = p.store.Rehearse(ctx)
	if _, tried := errors.AsType[*clients.RestoreError](err); err == nil || tried {
		t.Errorf("nothing could be stored: %v", err)
	}
}
