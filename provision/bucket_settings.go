package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/aws/policy"
	"claria/provision/permissions"
	"claria/provision/state"
)

// bucketSetting is one setting of a bucket: how it is read, compared and written.
type bucketSetting struct {
	id            string
	controls, why []string
	fact          func(*state.Bucket) fact
	read          func(*observer, *state.Bucket)
	diff          func(have *state.Bucket) *change // bucketResources fills in op, undo and risk
	write         func(ctx context.Context, w *writer, have *state.Bucket) error
}

// bucketSettings are the settings of a bucket in the order of writing. The policy is
// last: once it is written, only the provisioner and the root user may change the
// settings that it protects.
func bucketSettings(kind bucketKind) []bucketSetting {
	want := kind.want
	return []bucketSetting{
		{
			id: "public-access", controls: []string{"S3-05"}, why: []string{"164.308(a)(3)(i)", "164.312(a)(1)"},
			fact: func(b *state.Bucket) fact { return b.PublicAccess }, read: (*observer).bucketPublicAccess,
			diff: func(b *state.Bucket) *change {
				return differ("no public access", b.PublicAccess, want.PublicAccess, "not set", publicAccessWords)
			},
			write: func(ctx context.Context, w *writer, b *state.Bucket) error {
				p, _ := want.PublicAccess.Value()
				_, err := aws.S3(w.account).PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
					Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account,
					PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
						BlockPublicAcls: &p.BlockACLs, IgnorePublicAcls: &p.IgnoreACLs,
						BlockPublicPolicy: &p.BlockPolicy, RestrictPublicBuckets: &p.RestrictsBuckets,
					},
				})
				return aws.Wrap(err, "s3:PutPublicAccessBlock", b.Name)
			},
		},
		{
			id: "ownership", controls: []string{"S3-08"}, why: []string{"164.308(a)(3)(i)", "164.312(a)(1)"},
			fact: func(b *state.Bucket) fact { return b.Ownership }, read: (*observer).bucketOwnership,
			diff: func(b *state.Bucket) *change {
				return differ("access control lists are off", b.Ownership, want.Ownership, "not set", strings.Clone)
			},
			write: func(ctx context.Context, w *writer, b *state.Bucket) error {
				_, err := aws.S3(w.account).PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{
					Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account,
					OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{
						{ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced},
					}},
				})
				return aws.Wrap(err, "s3:PutBucketOwnershipControls", b.Name)
			},
		},
		{
			id: "encryption", controls: kind.encryption, why: []string{"164.312(a)(2)(iv)"},
			fact: func(b *state.Bucket) fact { return b.Encryption }, read: (*observer).bucketEncryption,
			diff: func(b *state.Bucket) *change {
				if e, _ := want.Encryption.Value(); e.Key != "" {
					return differ("encrypted with the practice's own key", b.Encryption, want.Encryption, "none", encryptionWords)
				}
				algorithm := func(e state.Encryption) string { return e.Algorithm }
				have, desired := state.Derive(b.Encryption, algorithm), state.Derive(want.Encryption, algorithm)
				return differ("encrypted at rest", have, desired, "none", strings.Clone)
			},
			write: func(ctx context.Context, w *writer, b *state.Bucket) error {
				e, _ := want.Encryption.Value()
				rule := types.ServerSideEncryptionRule{
					ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryption(e.Algorithm)},
				}
				if e.Key != "" {
					key, known := w.have.Inventory.Key.Value()
					if !known {
						return errors.New("the encryption key does not exist yet: apply the step encryption-key first")
					}
					rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID, rule.BucketKeyEnabled = &key.ARN, &e.BucketKey
				}
				_, err := aws.S3(w.account).PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
					Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account,
					ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{rule}},
				})
				return aws.Wrap(err, "s3:PutBucketEncryption", b.Name)
			},
		},
		{
			id: "versioning", controls: []string{"S3-11"}, why: []string{"164.312(c)(1)", "164.308(a)(7)(ii)(A)"},
			fact: func(b *state.Bucket) fact { return b.Versioning }, read: (*observer).bucketVersioning,
			diff: func(b *state.Bucket) *change {
				return differ("every version is kept", b.Versioning, want.Versioning, "never enabled", strings.Clone)
			},
			write: func(ctx context.Context, w *writer, b *state.Bucket) error {
				_, err := aws.S3(w.account).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
					Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account,
					VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
				})
				return aws.Wrap(err, "s3:PutBucketVersioning", b.Name)
			},
		},
		objectLockSetting(want),
		lifecycleSetting(kind),
		{
			id: "event-bridge", controls: []string{"S3-18"}, why: []string{"164.312(a)(1)"},
			fact: func(b *state.Bucket) fact { return b.EventBridge }, read: (*observer).bucketEventBridge,
			diff: func(b *state.Bucket) *change {
				on, _ := b.EventBridge.Value()
				wanted, _ := want.EventBridge.Value()
				switch {
				case on == wanted:
					return nil
				case wanted:
					return differ("object events go to EventBridge", b.EventBridge, want.EventBridge, "off", onOff)
				}
				return differ("object events are not sent to EventBridge", b.EventBridge, want.EventBridge, "off", onOff)
			},
			write: func(ctx context.Context, w *writer, b *state.Bucket) error {
				wanted, _ := want.EventBridge.Value()
				return switchEventBridge(ctx, w, b, wanted)
			},
		},
		{
			id: "website", controls: []string{"S3-17"}, why: []string{"164.312(a)(1)"},
			fact: func(b *state.Bucket) fact { return b.Website }, read: (*observer).bucketWebsite,
			diff: func(b *state.Bucket) *change {
				return differ("not a website", b.Website, want.Website, "off", onOff)
			},
			write: func(ctx context.Context, w *writer, b *state.Bucket) error {
				_, err := aws.S3(w.account).DeleteBucketWebsite(ctx, &s3.DeleteBucketWebsiteInput{
					Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account,
				})
				return aws.Wrap(err, "s3:DeleteBucketWebsite", b.Name)
			},
		},
		{
			id: "cors", controls: []string{"S3-17"}, why: []string{"164.312(a)(1)"},
			fact: func(b *state.Bucket) fact { return b.CORS }, read: (*observer).bucketCORS,
			diff: func(b *state.Bucket) *change {
				return differ("no access from web pages", b.CORS, want.CORS, "none", func(n int) string { return fmt.Sprintf("%d rules", n) })
			},
			write: func(ctx context.Context, w *writer, b *state.Bucket) error {
				_, err := aws.S3(w.account).DeleteBucketCors(ctx, &s3.DeleteBucketCorsInput{Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account})
				return aws.Wrap(err, "s3:DeleteBucketCors", b.Name)
			},
		},
		{
			id: "policy", controls: []string{"S3-07", "S3-09", "S3-04", "S3-12", "CT-06", "S3-10", "S3-21"},
			why:  []string{"164.312(e)(1)", "164.312(e)(2)(ii)", "164.312(c)(1)"},
			fact: func(b *state.Bucket) fact { return b.Policy }, read: (*observer).bucketPolicy,
			diff: func(b *state.Bucket) *change {
				have, _ := b.Policy.Value()
				merged, dropped := mergePolicy(have, want)
				if permissions.SameDocument(have, merged) {
					return nil
				}
				c := &change{summary: "TLS only, history protected", before: "none", after: merged}
				if have != "" {
					c.before = have
				}
				if len(dropped) > 0 {
					c.summary += "; public statement removed: " + strings.Join(dropped, ", ")
				}
				return c
			},
			write: func(ctx context.Context, w *writer, b *state.Bucket) error {
				have, _ := b.Policy.Value()
				merged, _ := mergePolicy(have, want)
				_, err := aws.S3(w.account).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
					Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account, Policy: &merged,
					// The caller who sets up may lose the right to change the policy.
					ConfirmRemoveSelfBucketAccess: new(true),
				})
				return aws.Wrap(err, "s3:PutBucketPolicy", b.Name)
			},
		},
	}
}

// differ is the change from one reading to another; nil if they are equal.
func differ[T comparable](summary string, have, want state.Reading[T], absent string, words func(T) string) *change {
	h, known := have.Value()
	w, wanted := want.Value()
	if known == wanted && h == w {
		return nil
	}
	return &change{summary: summary, before: describe(have, absent, words), after: describe(want, absent, words)}
}

// mergePolicy is our statements plus those that others added. It drops, and returns the
// names of, statements that make the bucket public: AWS would refuse them together with
// the public access block.
func mergePolicy(have string, want *state.Bucket) (merged string, dropped []string) {
	ours, _ := want.Policy.Value()
	if have == "" {
		return ours, nil
	}
	statements, err := permissions.ParseStatements(have)
	if err != nil {
		return ours, []string{"the whole policy, which cannot be read"}
	}
	var foreign []map[string]any
	for i, s := range statements {
		sid, _ := s["Sid"].(string)
		if strings.HasPrefix(sid, permissions.OwnSid) {
			continue
		}
		alone, err := json.Marshal(map[string]any{"Version": permissions.PolicyVersion, "Statement": []any{s}})
		if err == nil {
			if parsed, err := policy.Parse(alone); err == nil && policy.Public(parsed).Yes {
				if sid == "" {
					sid = fmt.Sprintf("statement %d", i+1)
				}
				dropped = append(dropped, sid)
				continue
			}
		}
		foreign = append(foreign, s)
	}
	if len(foreign) == 0 {
		return ours, dropped
	}
	own, err := permissions.ParseStatements(ours)
	if err != nil {
		return ours, dropped
	}
	all, err := json.Marshal(map[string]any{"Version": permissions.PolicyVersion, "Statement": slices.Concat(own, foreign)})
	if err != nil {
		return ours, dropped
	}
	return string(all), dropped
}

func objectLockSetting(want *state.Bucket) bucketSetting {
	desired, locked := want.ObjectLock.Value()
	return bucketSetting{
		id: "object-lock", controls: []string{"CT-10"}, why: []string{"164.316(b)(2)(i)", "164.312(c)(1)"},
		fact: func(b *state.Bucket) fact { return b.ObjectLock }, read: (*observer).bucketObjectLock,
		diff: func(b *state.Bucket) *change {
			have, _ := b.ObjectLock.Value()
			enough := have.Mode == desired.Mode || have.Mode == permissions.Compliance
			if !locked || have.Enabled && enough && have.Days >= desired.Days {
				return nil
			}
			words := func(l state.ObjectLock) string {
				if !l.Enabled || l.Mode == "" {
					return "no retention"
				}
				return fmt.Sprintf("%s, %d days", l.Mode, l.Days)
			}
			c := &change{summary: "nothing can be deleted for six years", before: describe(b.ObjectLock, "off", words), after: words(desired)}
			if !have.Enabled || desired.Mode == permissions.Compliance && have.Mode != permissions.Compliance {
				c.risk = Irreversible // Object Lock cannot be turned off, nor COMPLIANCE retention shortened
			}
			return c
		},
		write: func(ctx context.Context, w *writer, b *state.Bucket) error {
			mode := types.ObjectLockRetentionMode(desired.Mode)
			if have, ok := b.ObjectLock.Value(); ok && have.Mode == string(types.ObjectLockRetentionModeCompliance) {
				mode = types.ObjectLockRetentionModeCompliance // stricter than declared: never weakened
			}
			_, err := aws.S3(w.account).PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{
				Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account,
				ObjectLockConfiguration: &types.ObjectLockConfiguration{
					ObjectLockEnabled: types.ObjectLockEnabledEnabled,
					Rule:              &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: mode, Days: new(int32(desired.Days))}},
				},
			})
			return aws.Wrap(err, "s3:PutObjectLockConfiguration", b.Name)
		},
	}
}

// switchEventBridge turns EventBridge on or off and keeps the other notifications.
func switchEventBridge(ctx context.Context, w *writer, b *state.Bucket, on bool) error {
	out, err := aws.S3(w.account).GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{
		Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account,
	})
	if err != nil {
		return aws.Wrap(err, "s3:GetBucketNotificationConfiguration", b.Name)
	}
	var bridge *types.EventBridgeConfiguration
	if on {
		bridge = &types.EventBridgeConfiguration{}
	}
	_, err = aws.S3(w.account).PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
		Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account, SkipDestinationValidation: new(true),
		NotificationConfiguration: &types.NotificationConfiguration{
			EventBridgeConfiguration: bridge, LambdaFunctionConfigurations: out.LambdaFunctionConfigurations,
			QueueConfigurations: out.QueueConfigurations, TopicConfigurations: out.TopicConfigurations,
		},
	})
	return aws.Wrap(err, "s3:PutBucketNotificationConfiguration", b.Name)
}

func encryptionWords(e state.Encryption) string {
	words := e.Algorithm
	if e.Key != "" {
		words += " with " + e.Key
	}
	if e.BucketKey {
		words += ", bucket key on"
	}
	return words
}
