package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"claria/aws"
	"claria/aws/object"
	"claria/aws/sandbox"
)

const (
	practiceAccount = "111122223333"
	recordsBucket   = practiceAccount + "-claria-records"
	auditBucket     = practiceAccount + "-claria-audit"
)

// robbed is a practice whose daily key was stolen, without the phone with its second
// factor.
type robbed struct {
	*kept
	account *sandbox.Account
	thief   *aws.Account
}

func newRobbed(t *testing.T) robbed {
	t.Helper()
	dir := t.TempDir()
	unpack(t, filepath.Join("testdata", "account-2026-11.tar.gz"), dir)
	account, err := sandbox.New(sandbox.Options{Dir: filepath.Join(dir, "account")})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(account)
	t.Cleanup(func() { server.Close(); _ = account.Close() })
	home, passphrase := filepath.Join(dir, "home"), filepath.Join(dir, "passphrase")
	k := &kept{t: t, home: home, environ: []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "CLARIA_KEYRING_PASSPHRASE_FILE=" + passphrase, "AWS_ENDPOINT_URL=" + server.URL,
	}}
	seed, err := os.ReadFile(filepath.Join(dir, "second-factor-seed"))
	if err != nil {
		t.Fatal(err)
	}
	k.seed = strings.TrimSpace(string(seed))
	k.approves("setup", "--apply") // what this version declares
	k.claria("--check")

	environ := map[string]string{"AWS_ENDPOINT_URL": server.URL, aws.PassphraseVariable: passphrase}
	lookup := func(name string) (string, bool) { v, ok := environ[name]; return v, ok }
	ring, err := aws.OpenKeyring(aws.KeyringOptions{Dir: filepath.Join(home, ".config", "claria", "keyring"), Scope: practiceAccount, LookupEnv: lookup})
	if err != nil {
		t.Fatal(err)
	}
	key, err := ring.Load("claria-admin")
	if err != nil {
		t.Fatal(err)
	}
	thief, err := aws.Open(t.Context(), aws.Options{
		Region: "us-east-1", Source: aws.Source{Kind: aws.FromKey, Key: key}, LookupEnv: lookup, Attempts: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return robbed{k, account, thief}
}

// first returns the first object below a prefix, and its version.
func (r robbed) first(bucket, prefix string) (key, version string) {
	r.t.Helper()
	for o, err := range (object.Bucket{Account: r.thief, Name: bucket}).List(r.t.Context(), prefix, "") {
		if err != nil {
			r.t.Fatal(err)
		}
		out, err := aws.S3(r.thief).GetObject(r.t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &o.Key})
		if err != nil {
			r.t.Fatal(err)
		}
		_ = out.Body.Close()
		return o.Key, sdk.ToString(out.VersionId)
	}
	r.t.Fatalf("%s has nothing below %s", bucket, prefix)
	return "", ""
}

// TestAThiefWithTheDailyKey tries what would blind, weaken or open the account. AWS, as
// the demo account is, refuses each.
func TestAThiefWithTheDailyKey(t *testing.T) {
	t.Parallel()
	r := newRobbed(t)
	store, users, trail := aws.S3(r.thief), aws.IAM(r.thief), aws.CloudTrail(r.thief)
	line, lineVersion := r.first(auditBucket, "_evidence/ledger/")
	log, logVersion := r.first(auditBucket, "_cloudtrail/")
	record, recordVersion := r.first(recordsBucket, "records/")
	register, registerVersion := r.first(auditBucket, "_evidence/register/")
	daily, audit, records := new("claria-admin"), new(auditBucket), new(recordsBucket)
	open := new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::` +
		recordsBucket + `/*"}]}`)
	put := func(bucket *string, key string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := store.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: strings.NewReader("nothing happened")})
			return err
		}
	}
	remove := func(bucket *string, key string, version *string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := store.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: &key, VersionId: version, BypassGovernanceRetention: new(version != nil)})
			return err
		}
	}
	retain := func(bucket *string, key, version string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := store.PutObjectRetention(ctx, &s3.PutObjectRetentionInput{
				Bucket: bucket, Key: &key, VersionId: &version, BypassGovernanceRetention: new(true),
				Retention: &types.ObjectLockRetention{Mode: types.ObjectLockRetentionModeGovernance, RetainUntilDate: new(time.Now().Add(time.Minute))},
			})
			return err
		}
	}
	tries := map[string]func(context.Context) error{
		"overwrite a line of the ledger":   put(audit, line),
		"delete a line of the ledger":      remove(audit, line, nil),
		"delete a line's version":          remove(audit, line, &lineVersion),
		"shorten a line's retention":       retain(audit, line, lineVersion),
		"overwrite a log file":             put(audit, log),
		"delete a log file":                remove(audit, log, nil),
		"delete a log file's version":      remove(audit, log, &logVersion),
		"shorten a log file's retention":   retain(audit, log, logVersion),
		"delete the register":              remove(audit, register, nil),
		"delete a version of the register": remove(audit, register, &registerVersion),
		"shorten the register's retention": retain(audit, register, registerVersion),
		"delete a version of a record":     remove(records, record, &recordVersion),
		"change the policy of the records": func(ctx context.Context) error {
			_, err := store.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: records, Policy: open})
			return err
		},
		"delete the policy of the records": func(ctx context.Context) error {
			_, err := store.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: records})
			return err
		},
		"delete the policy of the logs": func(ctx context.Context) error {
			_, err := store.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: audit})
			return err
		},
		"open the records to the public": func(ctx context.Context) error {
			_, err := store.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: records})
			return err
		},
		"make the records public by access list": func(ctx context.Context) error {
			_, err := store.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: records, ACL: types.BucketCannedACLPublicRead})
			return err
		},
		"open the account to the public": func(ctx context.Context) error {
			_, err := aws.S3Control(r.thief).PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{
				AccountId: new(practiceAccount), PublicAccessBlockConfiguration: &controltypes.PublicAccessBlockConfiguration{},
			})
			return err
		},
		"stop versioning": func(ctx context.Context) error {
			_, err := store.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
				Bucket: records, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended},
			})
			return err
		},
		"shorten the default retention": func(ctx context.Context) error {
			_, err := store.PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{
				Bucket: audit, ObjectLockConfiguration: &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled},
			})
			return err
		},
		"let records expire": func(ctx context.Context) error {
			_, err := store.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
				Bucket: records, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{
					ID: new("gone"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: new("")},
					NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NoncurrentDays: new(int32(1))},
				}}},
			})
			return err
		},
		"stop the trail": func(ctx context.Context) error {
			_, err := trail.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: new("claria-trail")})
			return err
		},
		"delete the trail": func(ctx context.Context) error {
			_, err := trail.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: new("claria-trail")})
			return err
		},
		"become claria-provisioner without a code": func(ctx context.Context) error {
			_, err := aws.STS(r.thief).AssumeRole(ctx, &sts.AssumeRoleInput{
				RoleArn: new("arn:aws:iam::" + practiceAccount + ":role/claria-provisioner"), RoleSessionName: new("claria-mend"),
			})
			return err
		},
		"get a key of its own": func(ctx context.Context) error {
			_, err := users.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: daily})
			return err
		},
		"create a second factor": func(ctx context.Context) error {
			_, err := users.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: new("mine")})
			return err
		},
		"switch off the practice's": func(ctx context.Context) error {
			_, err := users.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: daily, SerialNumber: new("arn:aws:iam::" + practiceAccount + ":mfa/claria-admin")})
			return err
		},
		"get a console password": func(ctx context.Context) error {
			_, err := users.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: daily, Password: new("Correct-horse-1")})
			return err
		},
		"attach another policy": func(ctx context.Context) error {
			_, err := users.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: daily, PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess")})
			return err
		},
		"create a user": func(ctx context.Context) error {
			_, err := users.CreateUser(ctx, &iam.CreateUserInput{UserName: new("thief")})
			return err
		},
	}
	for _, name := range slices.Sorted(maps.Keys(tries)) {
		if err := aws.Wrap(tries[name](t.Context()), "thief", name); aws.KindOf(err) != aws.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAThiefWritesTheRegister declares with the daily key, which the register cannot
// refuse. The check finds it, nothing on the computer changes, and the gate stays closed.
func TestAThiefWritesTheRegister(t *testing.T) {
	t.Parallel()
	r := newRobbed(t)
	r.account.TerminateBAA()
	toml := filepath.Join(r.home, ".config", "claria", "claria.toml")
	before, err := os.ReadFile(toml)
	if err != nil {
		t.Fatal(err)
	}
	refuses := func(when string) {
		t.Helper()
		draft := filepath.Join(t.TempDir(), "draft.md")
		_, told, code := r.claria("draft", "Avery Quill", "--template", "soap", "--files", "intake.txt", "-o", draft)
		if code != 1 || !strings.Contains(told, "no Business Associate Addendum with AWS is in force") {
			t.Errorf("%s: exit %d, %s", when, code, told)
		}
	}
	refuses("the agreement ended")

	ctx, key := t.Context(), "_evidence/register/register.json"
	out, err := aws.S3(r.thief).GetObject(ctx, &s3.GetObjectInput{Bucket: new(auditBucket), Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(out.Body)
	var forged map[string]any
	if err = errors.Join(err, json.Unmarshal(data, &forged)); err != nil {
		t.Fatal(err)
	}
	forged["declared"] = map[string]any{
		"at": time.Now().UTC(), "strict": false, "alerts": "thief@example.net",
		"paper": map[string]any{"signed": "2026-03-02T00:00:00Z", "sha256": strings.Repeat("0", 64)},
	}
	if data, err = json.Marshal(forged); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.S3(r.thief).PutObject(ctx, &s3.PutObjectInput{Bucket: new(auditBucket), Key: &key, Body: bytes.NewReader(data)}); err != nil {
		t.Fatal(err)
	}

	_, told, code := r.claria("--check")
	if code != 2 || !strings.Contains(told, "it is not used here: ") || !strings.Contains(told, "alerts to thief@example.net (here none)") ||
		!strings.Contains(told, "paper agreement signed 2026-03-02") {
		t.Errorf("the check: exit %d, %s", code, told)
	}
	refuses("after the declaration")
	if _, told, code := r.claria("setup", "--apply", "--yes", "--declared", "elsewhere", "--mfa-code", "000000"); code != 1 ||
		!strings.Contains(told, "nothing was changed") {
		t.Errorf("taken over with a guessed code: exit %d, %s", code, told)
	}
	refuses("after the try with a guessed code")
	if after, err := os.ReadFile(toml); err != nil || string(after) != string(before) {
		t.Errorf("claria.toml, %v:\n%s", err, after)
	}
}

// TestAThiefDoesDailyWork does what a daily key must be able to do. It leaves what the
// practice needs to find it and to go back.
func TestAThiefDoesDailyWork(t *testing.T) {
	t.Parallel()
	r := newRobbed(t)
	ctx := t.Context()
	record, version := r.first(recordsBucket, "records/")
	if _, err := aws.S3(r.thief).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: new(recordsBucket), Key: &record}); err != nil {
		t.Fatal(err)
	}
	if _, err := aws.S3(r.thief).GetObject(ctx, &s3.GetObjectInput{Bucket: new(recordsBucket), Key: &record, VersionId: &version}); err != nil {
		t.Errorf("the deleted record's version: %v", err)
	}
	// A line in the place of the computer's next one, which cannot be signed.
	var last string
	for o, err := range (object.Bucket{Account: r.thief, Name: auditBucket}).List(ctx, "_evidence/ledger/", "") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(o.Key, ".json") {
			last = o.Key
		}
	}
	folder, number := path.Split(last)
	sequence, err := strconv.Atoi(strings.TrimSuffix(number, ".json"))
	if err != nil {
		t.Fatal(err)
	}
	next := fmt.Sprintf("%s%010d.json", folder, sequence+1)
	if _, err := aws.S3(r.thief).PutObject(ctx, &s3.PutObjectInput{
		Bucket: new(auditBucket), Key: &next, Body: strings.NewReader("{}\n"), IfNoneMatch: new("*"),
	}); err != nil {
		t.Fatal(err)
	}
	if _, told, _ := r.claria("--check"); !strings.Contains(told, "of the evidence ledger is not the one in the audit bucket") {
		t.Errorf("the check does not find the line: %s", told)
	}
}
