package provision_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	bedrocktypes "github.com/aws/aws-sdk-go-v2/service/bedrock/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cloudtrailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/aws-sdk-go-v2/service/transcribe"
	transcribetypes "github.com/aws/aws-sdk-go-v2/service/transcribe/types"

	"claria/aws"
	"claria/aws/sandbox"
	"claria/provision"
	"claria/provision/state"
)

// drift is something that somebody does to the account, and the steps that revert it.
type drift struct {
	name    string
	steps   []string
	disturb func(*testing.T, *practice, *aws.Account)
}

func drifts() []drift {
	data, audit := state.DataBucketName(settings()), state.AuditBucketName(settings())
	trail, model := state.TrailName(settings()), "anthropic.claude-sonnet-5-5"
	do := func(f func(ctx context.Context, root *aws.Account) error) func(*testing.T, *practice, *aws.Account) {
		return func(t *testing.T, _ *practice, root *aws.Account) {
			t.Helper()
			if err := f(t.Context(), root); err != nil {
				t.Fatalf("disturbing the account: %v", err)
			}
		}
	}
	return []drift{
		{"account block removed", []string{"account-public-access"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3Control(root).DeletePublicAccessBlock(ctx, &s3control.DeletePublicAccessBlockInput{AccountId: new(sandbox.AccountID)})
			return err
		})},
		{"bucket block weakened", []string{"data-bucket/public-access"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3(root).PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
				Bucket: &data, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: new(true)},
			})
			return err
		})},
		{"access lists on", []string{"data-bucket/ownership"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3(root).PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{
				Bucket: &data, OwnershipControls: &types.OwnershipControls{
					Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipObjectWriter}},
				},
			})
			return err
		})},
		{"another encryption", []string{"audit-bucket/encryption"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3(root).PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
				Bucket: &audit, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
					ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms},
				}}},
			})
			return err
		})},
		{"versioning suspended", []string{"data-bucket/versioning"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3(root).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
				Bucket: &data, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusSuspended},
			})
			return err
		})},
		{"retention shortened", []string{"audit-bucket/object-lock"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3(root).PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{
				Bucket: &audit, ObjectLockConfiguration: &types.ObjectLockConfiguration{
					ObjectLockEnabled: types.ObjectLockEnabledEnabled,
					Rule: &types.ObjectLockRule{
						DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: new(int32(30))},
					},
				},
			})
			return err
		})},
		{"six years of 365 days", []string{"audit-bucket/object-lock", "data-bucket/lifecycle"}, do(func(ctx context.Context, root *aws.Account) error {
			days := new(int32(6 * 365))
			_, err := aws.S3(root).PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{
				Bucket: &audit, ObjectLockConfiguration: &types.ObjectLockConfiguration{
					ObjectLockEnabled: types.ObjectLockEnabledEnabled,
					Rule: &types.ObjectLockRule{
						DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: days},
					},
				},
			})
			if err != nil {
				return err
			}
			out, err := aws.S3(root).GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &data})
			if err != nil {
				return err
			}
			for _, rule := range out.Rules {
				if *rule.ID == "claria-history" {
					rule.NoncurrentVersionExpiration.NoncurrentDays = days
				}
			}
			_, err = aws.S3(root).PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
				Bucket: &data, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: out.Rules},
			})
			return err
		})},
		{"lifecycle removed", []string{"data-bucket/lifecycle"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3(root).DeleteBucketLifecycle(ctx, &s3.DeleteBucketLifecycleInput{Bucket: &data})
			return err
		})},
		{"events sent on", []string{"data-bucket/event-bridge"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3(root).PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
				Bucket: &data, NotificationConfiguration: &types.NotificationConfiguration{EventBridgeConfiguration: &types.EventBridgeConfiguration{}},
			})
			return err
		})},
		{"made a website", []string{"data-bucket/website"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3(root).PutBucketWebsite(ctx, &s3.PutBucketWebsiteInput{
				Bucket: &data, WebsiteConfiguration: &types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: new("index.html")}},
			})
			return err
		})},
		{"opened to web pages", []string{"data-bucket/cors"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3(root).PutBucketCors(ctx, &s3.PutBucketCorsInput{
				Bucket: &data, CORSConfiguration: &types.CORSConfiguration{
					CORSRules: []types.CORSRule{{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"*"}}},
				},
			})
			return err
		})},
		{"bucket policy removed", []string{"data-bucket/policy"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3(root).DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: &data})
			return err
		})},
		{"statements added", []string{"access/audit-bucket", "access/data-bucket"}, do(letIn)},
		{"an access point's reader", []string{"access/points"}, do(pointTo(`{"Sid":"Lab","Effect":"Allow","Principal":{"AWS":"444455556666"},
			"Action":"s3:GetObject","Resource":"arn:aws:s3:us-east-1:111122223333:accesspoint/lab/object/*"}`))},
		{"another among others", []string{"access/points"}, do(pointTo(`{"Effect":"Allow","Principal":{"AWS":"444455556666"},
			"Action":"s3:GetObject","Resource":"arn:aws:s3:us-east-1:111122223333:accesspoint/lab/object/*"},{"Effect":"Deny","Principal":"*",
			"Action":"s3:DeleteObject","Resource":"arn:aws:s3:us-east-1:111122223333:accesspoint/lab/object/*"}`))},
		{"an access grant", []string{"access/grants"}, do(grantAccess)},
		{"records archived", []string{"data-bucket/lifecycle"}, do(func(ctx context.Context, root *aws.Account) error {
			return archive(ctx, root, data)
		})},
		{"records archived when nobody reads them", []string{"archive-tiers"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.S3(root).PutBucketIntelligentTieringConfiguration(ctx, &s3.PutBucketIntelligentTieringConfigurationInput{
				Bucket: &data, Id: new("rarely"), IntelligentTieringConfiguration: &types.IntelligentTieringConfiguration{
					Id: new("rarely"), Status: types.IntelligentTieringStatusEnabled,
					Tierings: []types.Tiering{{Days: new(int32(90)), AccessTier: types.IntelligentTieringAccessTierArchiveAccess}},
				},
			})
			return err
		})},
		{"log validation off", []string{"trail/settings"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.CloudTrail(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
				Name: &trail, EnableLogFileValidation: new(false), IsMultiRegionTrail: new(false),
			})
			return err
		})},
		{"record reads not logged", []string{"trail/selectors"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.CloudTrail(root).PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{
				TrailName: &trail, EventSelectors: []cloudtrailtypes.EventSelector{{ReadWriteType: cloudtrailtypes.ReadWriteTypeWriteOnly}},
			})
			return err
		})},
		{"logging stopped", []string{"trail/logging"}, do(stopLogging)},
		{"trail deleted", []string{"trail"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.CloudTrail(root).DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &trail})
			return err
		})},
		{"password policy removed", []string{"password-policy"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.IAM(root).DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{})
			return err
		})},
		{"analyzer deleted", []string{"access-analyzer"}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.AccessAnalyzer(root).DeleteAnalyzer(ctx, &accessanalyzer.DeleteAnalyzerInput{AnalyzerName: new("claria-analyzer")})
			return err
		})},
		{"policy widened, five times", []string{"policy/claria-admin"}, do(func(ctx context.Context, root *aws.Account) error {
			for range 4 { // five versions are the most
				if err := newVersion(ctx, root, "policy/claria-admin"); err != nil {
					return err
				}
			}
			return nil
		})},
		{"more rights for the daily identity", []string{"user/claria-admin"}, do(func(ctx context.Context, root *aws.Account) error {
			if _, err := aws.IAM(root).AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{
				UserName: new("claria-admin"), PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess"),
			}); err != nil {
				return err
			}
			if _, err := aws.IAM(root).CreateGroup(ctx, &iam.CreateGroupInput{GroupName: new("office")}); err != nil {
				return err
			}
			if _, err := aws.IAM(root).AddUserToGroup(ctx, &iam.AddUserToGroupInput{
				UserName: new("claria-admin"), GroupName: new("office"),
			}); err != nil {
				return err
			}
			_, err := aws.IAM(root).PutUserPolicy(ctx, &iam.PutUserPolicyInput{
				UserName: new("claria-admin"), PolicyName: new("extra"),
				PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`),
			})
			return err
		})},
		{"auditor deleted", []string{"user/claria-auditor", "key/claria-auditor"}, do(deleteAuditor)},
		{"role opened and widened", []string{"role/claria-provisioner"}, do(func(ctx context.Context, root *aws.Account) error {
			if _, err := aws.IAM(root).UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
				RoleName:       new("claria-provisioner"),
				PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}`),
			}); err != nil {
				return err
			}
			if _, err := aws.IAM(root).UpdateRole(ctx, &iam.UpdateRoleInput{
				RoleName: new("claria-provisioner"), MaxSessionDuration: new(int32(43200)),
			}); err != nil {
				return err
			}
			if _, err := aws.IAM(root).AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
				RoleName: new("claria-provisioner"), PolicyArn: new("arn:aws:iam::aws:policy/AdministratorAccess"),
			}); err != nil {
				return err
			}
			_, err := aws.IAM(root).PutRolePolicy(ctx, &iam.PutRolePolicyInput{
				RoleName: new("claria-provisioner"), PolicyName: new("extra"),
				PolicyDocument: new(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`),
			})
			return err
		})},
		{"model agreement ended", []string{"bedrock/agreement/" + model}, do(func(ctx context.Context, root *aws.Account) error {
			_, err := aws.Bedrock(root).DeleteFoundationModelAgreement(ctx, &bedrock.DeleteFoundationModelAgreementInput{
				ModelId: new(model),
			})
			return err
		})},
		{"retention on", []string{"bedrock/retention"}, do(func(ctx context.Context, root *aws.Account) error {
			return root.SetDataRetention(ctx, "default")
		})},
		{"prompts logged", []string{"bedrock/invocation-logging"}, do(func(ctx context.Context, root *aws.Account) error {
			copies := new("prompt-copies")
			if _, err := aws.S3(root).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: copies}); err != nil {
				return err
			}
			if err := putBucketPolicy(ctx, root, *copies, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"bedrock.amazonaws.com"},`+
				`"Action":"s3:PutObject","Resource":"arn:aws:s3:::prompt-copies/*","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}]}`); err != nil {
				return err
			}
			_, err := aws.Bedrock(root).PutModelInvocationLoggingConfiguration(ctx, &bedrock.PutModelInvocationLoggingConfigurationInput{
				LoggingConfig: &bedrocktypes.LoggingConfig{S3Config: &bedrocktypes.S3Config{BucketName: copies}, TextDataDeliveryEnabled: new(true)},
			})
			return err
		})},
		{
			"our tags removed", []string{
				"data-bucket", "trail", "policy/claria-admin", "user/claria-auditor", "role/claria-provisioner", "key/claria-auditor",
			}, do(untag),
		},
	}
}

// transcribeSomething adds one more thing to read: a finished transcription.
func transcribeSomething(ctx context.Context, root *aws.Account) error {
	bucket, key := state.DataBucketName(settings()), "recordings/c/f.mp3"
	if _, err := aws.S3(root).PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader("sound")}); err != nil {
		return err
	}
	_, err := aws.Transcribe(root).StartTranscriptionJob(ctx, &transcribe.StartTranscriptionJobInput{
		TranscriptionJobName: new("j-1"), LanguageCode: "en-US", OutputBucketName: &bucket, OutputKey: new("recordings/c/f.json"),
		Media: &transcribetypes.Media{MediaFileUri: new("s3://" + bucket + "/" + key)},
	})
	return err
}

// Each drift takes one small step, and the daily identity's role can revert it.
func TestDriftIsMended(t *testing.T) {
	t.Parallel()
	p := newPractice(t, sandbox.Options{})
	root := p.settle()
	for _, d := range drifts() {
		t.Run(strings.ReplaceAll(d.name, " ", "-"), func(t *testing.T) {
			d.disturb(t, p, root)
			admin := p.as(state.AdminUser)
			plan := p.plan(admin)
			if !slices.Equal(ids(plan), d.steps) {
				t.Errorf("steps %v, want %v", ids(plan), d.steps)
			}
			for _, s := range plan.Steps {
				if s.Op == provision.Change && (s.Before == "" || s.Before == s.After || s.Undo == "") {
					t.Errorf("step does not say what changes: %+v", s)
				}
			}
			p.apply(p.mender(), plan, p.adopting(plan))
			if again := p.plan(p.as(state.AdminUser)); !again.Empty() {
				t.Errorf("after mending: %v, from %q", ids(again), again.Steps[0].Before)
			}
		})
	}
}

func untag(ctx context.Context, root *aws.Account) error {
	tag := []string{state.SystemTag}
	data, arn := state.DataBucketName(settings()), "arn:aws:iam::111122223333:policy/claria-admin"
	if _, err := aws.S3(root).DeleteBucketTagging(ctx, &s3.DeleteBucketTaggingInput{Bucket: &data}); err != nil {
		return err
	}
	if _, err := aws.CloudTrail(root).RemoveTags(ctx, &cloudtrail.RemoveTagsInput{
		ResourceId: new("arn:aws:cloudtrail:us-east-1:111122223333:trail/claria-trail"), TagsList: []cloudtrailtypes.Tag{{Key: &tag[0]}},
	}); err != nil {
		return err
	}
	if _, err := aws.IAM(root).UntagPolicy(ctx, &iam.UntagPolicyInput{PolicyArn: &arn, TagKeys: tag}); err != nil {
		return err
	}
	if _, err := aws.IAM(root).UntagUser(ctx, &iam.UntagUserInput{UserName: new(state.AuditorUser), TagKeys: tag}); err != nil {
		return err
	}
	_, err := aws.IAM(root).UntagRole(ctx, &iam.UntagRoleInput{RoleName: new(state.ProvisionerRole), TagKeys: tag})
	return err
}

func stopLogging(ctx context.Context, account *aws.Account) error {
	_, err := aws.CloudTrail(account).StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: new(state.TrailName(settings()))})
	return err
}

func putBucketPolicy(ctx context.Context, account *aws.Account, bucket, document string) error {
	_, err := aws.S3(account).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: &document})
	return err
}

func deleteVersion(ctx context.Context, account *aws.Account, bucket, key string) error {
	_, err := aws.S3(account).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key, VersionId: new("null")})
	return err
}

func getObject(ctx context.Context, account *aws.Account, bucket, key string) error {
	_, err := aws.S3(account).GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	return err
}

func newVersion(ctx context.Context, root *aws.Account, policy string) error {
	_, err := aws.IAM(root).CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{
		PolicyArn: new("arn:aws:iam::" + sandbox.AccountID + ":" + policy), SetAsDefault: true,
		PolicyDocument: new(`{"Version":"2012-10-17","Statement":[` +
			`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/claria-provisioner"},` +
			`{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`),
	})
	return err
}

func deleteAuditor(ctx context.Context, root *aws.Account) error {
	user := new(state.AuditorUser)
	keys, err := aws.IAM(root).ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: user})
	if err != nil {
		return err
	}
	for _, k := range keys.AccessKeyMetadata {
		if _, err := aws.IAM(root).DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: user, AccessKeyId: k.AccessKeyId}); err != nil {
			return err
		}
	}
	for _, policy := range []string{"claria-auditor", "claria-auditor-wide"} {
		if _, err := aws.IAM(root).DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{
			UserName: user, PolicyArn: new("arn:aws:iam::111122223333:policy/" + policy),
		}); err != nil {
			return err
		}
	}
	_, err = aws.IAM(root).DeleteUser(ctx, &iam.DeleteUserInput{UserName: user})
	return err
}

// letIn adds statements that let somebody in to the policies of both buckets.
func letIn(ctx context.Context, root *aws.Account) error {
	for _, b := range []struct{ bucket, added string }{
		{state.DataBucketName(settings()), `{"Sid":"Finance","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/claria-auditor"},
			"Action":"s3:GetObject","Resource":"arn:aws:s3:::111122223333-claria-records/*"}`},
		{state.AuditBucketName(settings()), `{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},
			"Action":"s3:GetObject","Resource":"arn:aws:s3:::111122223333-claria-audit/*","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}`},
	} {
		if err := addStatement(ctx, root, b.bucket, b.added); err != nil {
			return err
		}
	}
	return nil
}

// addStatement adds a statement at the end of a bucket's policy.
func addStatement(ctx context.Context, root *aws.Account, bucket, statement string) error {
	out, err := aws.S3(root).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &bucket})
	if err != nil {
		return err
	}
	return putBucketPolicy(ctx, root, bucket, strings.TrimSuffix(strings.TrimSpace(*out.Policy), "]}")+","+statement+"]}")
}

// pointTo makes an access point to the records, if there is none, and gives it a policy.
func pointTo(statements string) func(context.Context, *aws.Account) error {
	return func(ctx context.Context, root *aws.Account) error {
		account, name, data := new(sandbox.AccountID), new("lab"), state.DataBucketName(settings())
		_, err := aws.S3Control(root).CreateAccessPoint(ctx, &s3control.CreateAccessPointInput{AccountId: account, Name: name, Bucket: &data})
		if err = aws.Wrap(err, "", ""); err != nil && aws.KindOf(err) != aws.Conflict {
			return err
		}
		_, err = aws.S3Control(root).PutAccessPointPolicy(ctx, &s3control.PutAccessPointPolicyInput{
			AccountId: account, Name: name, Policy: new(`{"Version":"2012-10-17","Statement":[` + statements + `]}`),
		})
		return err
	}
}

// grantAccess gives a user access to the records beside every policy.
func grantAccess(ctx context.Context, root *aws.Account) error {
	client, account := aws.S3Control(root), new(sandbox.AccountID)
	if _, err := client.CreateAccessGrantsInstance(ctx, &s3control.CreateAccessGrantsInstanceInput{AccountId: account}); err != nil {
		return err
	}
	where, err := client.CreateAccessGrantsLocation(ctx, &s3control.CreateAccessGrantsLocationInput{
		AccountId: account, LocationScope: new("s3://"), IAMRoleArn: new("arn:aws:iam::111122223333:role/grants"),
	})
	if err != nil {
		return err
	}
	_, err = client.CreateAccessGrant(ctx, &s3control.CreateAccessGrantInput{
		AccountId: account, AccessGrantsLocationId: where.AccessGrantsLocationId, Permission: controltypes.PermissionRead,
		AccessGrantsLocationConfiguration: &controltypes.AccessGrantsLocationConfiguration{S3SubPrefix: new(state.DataBucketName(settings()) + "/*")},
		Grantee:                           &controltypes.Grantee{GranteeType: controltypes.GranteeTypeIam, GranteeIdentifier: new("arn:aws:iam::111122223333:user/finance")},
	})
	return err
}

// archive moves records to an archive class by a rule of somebody else.
func archive(ctx context.Context, root *aws.Account, bucket string) error {
	out, err := aws.S3(root).GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	if err != nil {
		return err
	}
	_, err = aws.S3(root).PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket: &bucket, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: append(out.Rules, types.LifecycleRule{
			ID: new("cheaper"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: new("records/")},
			Transitions: []types.Transition{{Days: new(int32(90)), StorageClass: types.TransitionStorageClassDeepArchive}},
		})},
	})
	return err
}
