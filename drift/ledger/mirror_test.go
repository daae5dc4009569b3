package ledger

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// settled returns a demo account with its buckets and auditor, and the auditor's
// and the starting key's view of it.
func settled(t *testing.T) (account *sandbox.Account, auditor, root *aws.Account, bucket string) {
	t.Helper()
	account, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = account.Close() })
	view := func(key aws.Key) *aws.Account {
		a, err := aws.Open(context.Background(), aws.Options{
			Region: "us-east-1", Client: account.Client(), Source: aws.Source{Kind: aws.FromKey, Key: key},
			LookupEnv: func(string) (string, bool) { return "", false }, Attempts: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	environ := account.Environ()
	root = view(aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]})
	settings := state.Settings{Account: sandbox.AccountID, Region: "us-east-1"}
	snapshot, err := provision.Observe(t.Context(), root, settings)
	if err != nil {
		t.Fatal(err)
	}
	plan := provision.MakePlan(snapshot, provision.Desired(settings), settings)
	plan.Steps = slices.DeleteFunc(plan.Steps, func(s provision.Step) bool { return s.ID == "root-key" || strings.HasPrefix(s.ID, "mfa/") })
	keys := aws.NewMemoryKeyring()
	for progress, err := range provision.Apply(t.Context(), root, plan, provision.Approval{
		Keyring: keys, Prove: func(_ context.Context, key aws.Key) (*aws.Account, error) { return view(key), nil },
	}) {
		if err != nil {
			t.Fatalf("%+v: %v", progress, err)
		}
	}
	made, err := aws.IAM(root).CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: new(state.AuditorUser)})
	if err != nil {
		t.Fatal(err)
	}
	return account, view(aws.Key{ID: *made.AccessKey.AccessKeyId, Secret: *made.AccessKey.SecretAccessKey}), root, state.AuditBucketName(settings)
}

// Every line is copied once, under a lock, by an identity that can neither read it
// back nor replace it; the mirror alone can be verified.
func TestMirror(t *testing.T) {
	t.Parallel()
	account, auditor, root, bucket := settled(t)
	l := open(t, t.TempDir(), nil)
	ctx := t.Context()
	send := func(want int) {
		t.Helper()
		if n, err := l.Mirror(ctx, auditor, bucket); err != nil || n != want {
			t.Fatalf("%d sent, %v, want %d", n, err, want)
		}
	}
	send(0)
	appended(t, l, 3)
	send(3)
	send(0)

	// Lines that could not be sent are sent next time.
	appended(t, l, 1)
	if err := account.Inject("deny=s3:PutObject"); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Mirror(ctx, auditor, bucket); aws.KindOf(err) != aws.Denied {
		t.Errorf("denied: %v", err)
	}
	account.Clear()
	appended(t, l, 1)
	send(2)
	// So are lines whose record of sending was lost: the bucket already has them.
	if err := os.Remove(l.path(sentName)); err != nil {
		t.Fatal(err)
	}
	send(5)

	machine := must(l.Head()).Machine
	if head := must(RemoteHead(ctx, auditor, bucket, machine)); head.Sequence != 5 || head.Hash != "" {
		t.Errorf("the auditor sees %+v", head)
	}
	if head := must(RemoteHead(ctx, root, bucket, machine)); head != must(l.Head()) {
		t.Errorf("the head is %+v", head)
	}
	copies := must(Copies(ctx, root, bucket, time.Time{}))
	if len(copies) != 5 {
		t.Fatalf("%d copies in the mirror", len(copies))
	}
	for i, c := range copies {
		entry := must(c.Read(ctx, root, bucket))
		if run, ok := entry.Run(); entry.Sequence != int64(5-i) || c.Machine != machine || !ok || !run.At.Equal(entry.At) {
			t.Errorf("copy %d: %+v", i, entry)
		}
	}
	if late := must(Copies(ctx, root, bucket, time.Now().Add(time.Hour))); len(late) != 0 {
		t.Errorf("%d copies of the future", len(late))
	}
	if _, err := must(Copies(ctx, auditor, bucket, time.Time{}))[0].Read(ctx, auditor, bucket); aws.KindOf(err) != aws.Denied {
		t.Errorf("the auditor reads a copy: %v", err)
	}

	// The mirror alone, with the key that is stored in it.
	var lines bytes.Buffer
	for n := range int64(5) {
		lines.Write(download(t, root, bucket, lineKey(machine, n+1)))
	}
	public := keys(t, l)
	text := download(t, root, bucket, Prefix+machine+"/key-"+KeyID(public[0])+".pub")
	if v := Verify(&lines, must(ParseKeys(string(text)))...); !v.OK() || v.Lines != 5 {
		t.Errorf("the mirror: %v", v.Problems)
	}

	// Nobody can remove a line: it is locked, and the auditor cannot replace it.
	key := lineKey(machine, 1)
	out, err := aws.S3(root).HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil || out.ObjectLockMode != "GOVERNANCE" || out.ObjectLockRetainUntilDate.Before(time.Now().AddDate(5, 11, 0)) {
		t.Errorf("the lock: %+v, %v", out, err)
	}
	for name, try := range map[string]func() error{
		"replace": func() error {
			_, err := aws.S3(auditor).PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("{}")})
			return err
		},
		"read": func() error {
			_, err := aws.S3(auditor).GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
			return err
		},
		"write elsewhere": func() error {
			_, err := aws.S3(auditor).PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: new("_cloudtrail/x"), Body: strings.NewReader("{}"), IfNoneMatch: new("*")})
			return err
		},
		"delete": func() error {
			_, err := aws.S3(auditor).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
			return err
		},
	} {
		if err := try(); aws.KindOf(err) != aws.Denied {
			t.Errorf("the auditor may %s: %v", name, err)
		}
	}
}

// A ledger whose end was cut off and rewritten is not mirrored over the original.
func TestAnotherHistoryIsNotMirrored(t *testing.T) {
	t.Parallel()
	_, auditor, _, bucket := settled(t)
	for name, spoil := range map[string]func(l *Ledger){
		"with its note":    func(*Ledger) {},
		"without its note": func(l *Ledger) { _ = os.Remove(l.path(sentName)) },
	} {
		l := open(t, t.TempDir(), nil)
		appended(t, l, 3)
		if _, err := l.Mirror(t.Context(), auditor, bucket); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(l.Path())
		if err != nil {
			t.Fatal(err)
		}
		short := bytes.Join(slices.Collect(bytes.Lines(data))[:2], nil)
		if err := os.WriteFile(l.Path(), short, 0o600); err != nil {
			t.Fatal(err)
		}
		spoil(l)
		for range 3 { // it does not heal by growing
			if err := l.Append(Entry{Kind: Lock, Note: "after the cut"}); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Mirror(t.Context(), auditor, bucket); err == nil || !strings.Contains(err.Error(), "line 3 of the evidence ledger is not the one") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func download(t *testing.T, account *aws.Account, bucket, key string) []byte {
	t.Helper()
	out, err := aws.S3(account).GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	return must(io.ReadAll(out.Body))
}
