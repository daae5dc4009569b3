package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// How much a large account holds in addition to what set-up made.
const (
	manyUsers   = 1000 // each with an access key and a group
	manyBuckets = 200
)

// large times `claria --check` of an account with many users and buckets, and the processor
// time that it takes.
func large(claria string) error {
	ctx := context.Background()
	account, err := sandbox.New(sandbox.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = account.Close() }()
	auditor, err := crowd(ctx, account)
	if err != nil {
		return err
	}
	server := httptest.NewServer(account)
	defer server.Close()
	home, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(home) }()
	config := "version = 1\nsystem = \"claria\"\naccount = \"111122223333\"\nregion = \"us-east-1\"\ncredentials = \"environment\"\n"
	if err := os.WriteFile(filepath.Join(home, "claria.toml"), []byte(config), 0o600); err != nil {
		return err
	}
	environ := []string{
		"CLARIA_HOME=" + home, "HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_ENDPOINT_URL=" + server.URL,
		"AWS_ACCESS_KEY_ID=" + auditor.ID, "AWS_SECRET_ACCESS_KEY=" + auditor.Secret, "AWS_REGION=us-east-1",
	}
	for _, set := range []string{"core", "strict"} {
		var took, busy []time.Duration
		memory := int64(0)
		for range 3 {
			cmd := exec.Command(claria, "--check", "--controls", set, "--format", "json")
			cmd.Env = environ
			before, start := len(account.Calls()), time.Now()
			printed, _ := cmd.Output()
			if len(printed) == 0 {
				return fmt.Errorf("claria --check of a large account printed nothing")
			}
			took = append(took, time.Since(start))
			usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			busy = append(busy, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
			memory = max(memory, usage.Maxrss*1024)
			if len(took) == 1 {
				fmt.Printf("claria --check of %d users and %d buckets, %s set: %d calls\n", manyUsers, manyBuckets, set,
					len(account.Calls())-before)
			}
		}
		spread("  time", took)
		spread("  processor time (aim under 3 s)", busy)
		fmt.Printf("%-58s %8.1f MB\n", "  most resident", float64(memory)/1e6)
	}
	return nil
}

// crowd sets up the account and adds the users and buckets. It returns the auditor's key.
func crowd(ctx context.Context, account *sandbox.Account) (aws.Key, error) {
	settings := state.Settings{Account: sandbox.AccountID, System: "claria", Region: "us-east-1"}
	open := func(key aws.Key) (*aws.Account, error) {
		return aws.Open(ctx, aws.Options{
			Region: settings.Region, Client: account.Client(), Source: aws.Source{Kind: aws.FromKey, Key: key},
			LookupEnv: func(string) (string, bool) { return "", false },
		})
	}
	environ := account.Environ()
	root, err := open(aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]})
	if err != nil {
		return aws.Key{}, err
	}
	observed, err := provision.Observe(ctx, root, settings)
	if err != nil {
		return aws.Key{}, err
	}
	keys, phone := aws.NewMemoryKeyring(), provision.NewAuthenticator(time.Now)
	plan := provision.MakePlan(observed, provision.Desired(settings), settings)
	for _, err := range provision.Apply(ctx, root, plan, provision.Approval{
		Keyring: keys, SecondFactor: phone.Enrol, Code: phone.Code,
		Prove: func(_ context.Context, key aws.Key) (*aws.Account, error) { return open(key) },
	}) {
		if err != nil {
			return aws.Key{}, err
		}
	}
	group := new("staff")
	if _, err := aws.IAM(root).CreateGroup(ctx, &iam.CreateGroupInput{GroupName: group}); err != nil {
		return aws.Key{}, err
	}
	const selfService = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
		"Action": ["iam:ChangePassword", "iam:*AccessKey*", "iam:*MFADevice*"], "Resource": "arn:aws:iam::*:user/${aws:username}"}]}`
	if _, err := aws.IAM(root).PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{
		GroupName: group, PolicyName: new("own-keys"), PolicyDocument: new(selfService),
	}); err != nil {
		return aws.Key{}, err
	}
	for i := range manyUsers {
		name := new(fmt.Sprintf("person-%04d", i))
		if _, err := aws.IAM(root).CreateUser(ctx, &iam.CreateUserInput{UserName: name}); err != nil {
			return aws.Key{}, err
		}
		if _, err := aws.IAM(root).AddUserToGroup(ctx, &iam.AddUserToGroupInput{UserName: name, GroupName: group}); err != nil {
			return aws.Key{}, err
		}
		if _, err := aws.IAM(root).CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: name}); err != nil {
			return aws.Key{}, err
		}
	}
	for i := range manyBuckets {
		if _, err := aws.S3(root).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: new(fmt.Sprintf("archive-of-%04d", i))}); err != nil {
			return aws.Key{}, err
		}
	}
	return keys.Load(state.AuditorUser)
}
