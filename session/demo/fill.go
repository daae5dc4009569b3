package demo

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"claria/aws"
	"claria/clients"
	"claria/internal/safe"
	"claria/provision"
	"claria/provision/state"
	"claria/session/demo/documents"
)

// Model is the model of the demo account: what set-up chooses there, as a test holds. The
// configuration needs it before the account is filled.
const Model = "us.anthropic.claude-sonnet-5-5"

// settings is what the demo's practice declares.
func settings() state.Settings {
	return state.Settings{Account: "111122223333", System: "claria", Region: "us-east-1", Models: []string{Model}}
}

const day = 24 * time.Hour

// restriction makes the demo's one unknown control: a policy of the organisation
// refuses one read. No identity in the account can see or lift that policy.
const restriction = "deny=bedrock:GetModelInvocationLoggingConfiguration"

// fill sets up the account as a person would, some days ago, and then simulates the
// time since and the acts of other people.
func (a *Account) fill(ctx context.Context) error {
	a.clock.ago(12 * day)
	environ := a.Sandbox.Environ()
	root, err := a.account(ctx, aws.Key{ID: environ["AWS_ACCESS_KEY_ID"], Secret: environ["AWS_SECRET_ACCESS_KEY"]})
	if err != nil {
		return err
	}
	if err := a.setUp(ctx, root); err != nil {
		return fmt.Errorf("demo account: set-up: %w", err)
	}
	key, err := a.keys.Load(state.AdminUser)
	if err != nil {
		return fmt.Errorf("demo account: %w", err)
	}
	admin, err := a.account(ctx, key)
	if err != nil {
		return err
	}
	if err := a.addClients(ctx, admin); err != nil {
		return fmt.Errorf("demo account: clients: %w", err)
	}
	a.clock.ago(14 * time.Hour)
	a.Sandbox.Deliver() // CloudTrail delivers even without calls
	if err := drift(ctx, root, environ["AWS_ACCESS_KEY_ID"]); err != nil {
		return fmt.Errorf("demo account: drift: %w", err)
	}
	a.clock.ago(0)
	a.Sandbox.Deliver()
	return nil
}

func (a *Account) account(ctx context.Context, key aws.Key) (*aws.Account, error) {
	return aws.Open(ctx, aws.Options{
		Region: settings().Region, Client: a.Sandbox.Client(), Now: a.clock.now,
		Source:    aws.Source{Kind: aws.FromKey, Key: key},
		LookupEnv: func(string) (string, bool) { return "", false },
	})
}

// setUp does what `claria setup --apply` does.
func (a *Account) setUp(ctx context.Context, root *aws.Account) error {
	state, err := provision.Observe(ctx, root, settings())
	if err != nil {
		return err
	}
	plan := provision.MakePlan(state, provision.Desired(settings()), settings())
	approval := provision.Approval{
		Keyring: a.keys,
		Prove:   func(ctx context.Context, key aws.Key) (*aws.Account, error) { return a.account(ctx, key) },

		SecondFactor: a.phone.Enrol, Code: a.phone.Code,
	}
	for _, err := range provision.Apply(ctx, root, plan, approval) {
		if err != nil {
			return err
		}
	}
	return nil
}

// addClients adds the invented clients, each file on its day.
func (a *Account) addClients(ctx context.Context, admin *aws.Account) error {
	store := clients.New(admin, state.DataBucketName(settings()))
	// The practice classes each file when it uploads it.
	ordinary := clients.PutOptions{Ask: func(context.Context, clients.Question) (clients.Answer, error) {
		return clients.Answer{Class: clients.Ordinary}, nil
	}}
	ago := 11 * day
	for _, c := range documents.Clients() {
		a.clock.ago(ago)
		client, err := store.Add(ctx, safe.PHI(c.Name))
		if err != nil {
			return err
		}
		for _, f := range c.Files {
			a.clock.ago(ago)
			ago -= 20 * time.Hour
			if _, _, err := store.PutFrom(ctx, client.ID, ordinary, safe.PHI(f.Name), bytes.NewReader(f.Data)); err != nil {
				return err
			}
		}
	}
	return nil
}

// drift is what happened since set-up: someone switched log validation off with a
// root key and then deleted the key.
func drift(ctx context.Context, root *aws.Account, rootKey string) error {
	trail, off := state.TrailName(settings()), false
	if _, err := aws.CloudTrail(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{Name: &trail, EnableLogFileValidation: &off}); err != nil {
		return err
	}
	_, err := aws.IAM(root).DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{AccessKeyId: &rootKey})
	return err
}
