package provision

import (
	"context"
	"errors"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"claria/aws"
	"claria/provision/state"
)

// Every call names the expected owner, so that S3 refuses a bucket with our name in
// another account.

// bucket schedules every read of one bucket.
func (o *observer) bucket(b *state.Bucket) {
	o.bucketRegion(b)
	o.bucketTags(b)
	o.bucketEncryption(b)
	o.bucketPublicAccess(b)
	o.bucketPolicy(b)
	o.bucketPolicyPublic(b)
	o.bucketOwnership(b)
	o.bucketGrants(b)
	o.bucketVersioning(b)
	o.bucketLifecycle(b)
	o.bucketObjectLock(b)
	o.bucketEventBridge(b)
	o.bucketWebsite(b)
	o.bucketCORS(b)
}

func (o *observer) bucketRegion(b *state.Bucket) {
	ask(o, "s3:HeadBucket", &b.Region, func(ctx context.Context) (string, error) {
		out, err := aws.S3(o.account).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account})
		if region := elsewhere(err); region != "" {
			return region, nil
		}
		if err != nil {
			return "", err
		}
		if out.BucketRegion != nil {
			return *out.BucketRegion, nil
		}
		if _, ok := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata); !ok {
			return "", state.ErrIncomplete // S3 always sends a request id, so this was not S3
		}
		return o.settings.Region, nil // an S3 that does not say answered for this region
	})
}

// elsewhere is the region that an error names: HeadBucket answers 301 without a body for
// a bucket in another region.
func elsewhere(err error) string {
	response, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || response.HTTPStatusCode() != 301 {
		return ""
	}
	return response.Response.Header.Get("X-Amz-Bucket-Region")
}

func (o *observer) bucketTags(b *state.Bucket) {
	ask(o, "s3:GetBucketTagging", &b.Tags, func(ctx context.Context) (map[string]string, error) {
		out, err := aws.S3(o.account).GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account})
		if err != nil {
			return nil, err
		}
		tags := map[string]string{}
		for _, t := range out.TagSet {
			tags[sdk.ToString(t.Key)] = sdk.ToString(t.Value)
		}
		return tags, nil
	})
}

func (o *observer) bucketEncryption(b *state.Bucket) {
	ask(o, "s3:GetBucketEncryption", &b.Encryption, func(ctx context.Context) (state.Encryption, error) {
		return encryptionOf(aws.S3(o.account).GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{
			Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account,
		}))
	})
}

func encryptionOf(out *s3.GetBucketEncryptionOutput, err error) (state.Encryption, error) {
	if err != nil {
		return state.Encryption{}, err
	}
	if out.ServerSideEncryptionConfiguration == nil || len(out.ServerSideEncryptionConfiguration.Rules) == 0 {
		return state.Encryption{}, state.ErrNone
	}
	rule := out.ServerSideEncryptionConfiguration.Rules[0]
	if rule.ApplyServerSideEncryptionByDefault == nil {
		return state.Encryption{}, state.ErrNone
	}
	return state.Encryption{
		Algorithm: string(rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm),
		Key:       sdk.ToString(rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID),
		BucketKey: sdk.ToBool(rule.BucketKeyEnabled),
	}, nil
}

func (o *observer) bucketPublicAccess(b *state.Bucket) {
	ask(o, "s3:GetPublicAccessBlock", &b.PublicAccess, func(ctx context.Context) (state.PublicAccess, error) {
		return publicAccessOf(aws.S3(o.account).GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{
			Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account,
		}))
	})
}

func publicAccessOf(out *s3.GetPublicAccessBlockOutput, err error) (state.PublicAccess, error) {
	if err != nil {
		return state.PublicAccess{}, err
	}
	c := out.PublicAccessBlockConfiguration
	if c == nil {
		return state.PublicAccess{}, state.ErrNone
	}
	return publicAccess(c.BlockPublicAcls, c.IgnorePublicAcls, c.BlockPublicPolicy, c.RestrictPublicBuckets), nil
}

// publicAccess is the four settings; S3 and S3 Control each have their own type for them.
func publicAccess(blockACLs, ignoreACLs, blockPolicy, restrict *bool) state.PublicAccess {
	return state.PublicAccess{
		BlockACLs: sdk.ToBool(blockACLs), IgnoreACLs: sdk.ToBool(ignoreACLs),
		BlockPolicy: sdk.ToBool(blockPolicy), RestrictsBuckets: sdk.ToBool(restrict),
	}
}

func (o *observer) accountPublicAccess(s *state.State) {
	ask(o, "s3control:GetPublicAccessBlock", &s.AccountPublicAccess, func(ctx context.Context) (state.PublicAccess, error) {
		out, err := aws.S3Control(o.account).GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: &o.settings.Account})
		if err != nil {
			return state.PublicAccess{}, err
		}
		c := out.PublicAccessBlockConfiguration
		if c == nil {
			return state.PublicAccess{}, state.ErrNone
		}
		return publicAccess(c.BlockPublicAcls, c.IgnorePublicAcls, c.BlockPublicPolicy, c.RestrictPublicBuckets), nil
	})
}

func (o *observer) bucketPolicy(b *state.Bucket) {
	ask(o, "s3:GetBucketPolicy", &b.Policy, func(ctx context.Context) (string, error) {
		return policyOf(aws.S3(o.account).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{
			Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account,
		}))
	})
}

func policyOf(out *s3.GetBucketPolicyOutput, err error) (string, error) {
	if err != nil {
		return "", err
	}
	if sdk.ToString(out.Policy) == "" {
		return "", state.ErrIncomplete // S3 answers with an error when there is no policy
	}
	return *out.Policy, nil
}

func (o *observer) bucketPolicyPublic(b *state.Bucket) {
	ask(o, "s3:GetBucketPolicyStatus", &b.PolicyPublic, func(ctx context.Context) (bool, error) {
		return policyStatusOf(aws.S3(o.account).GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{
			Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account,
		}))
	})
}

func policyStatusOf(out *s3.GetBucketPolicyStatusOutput, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	if out.PolicyStatus == nil || out.PolicyStatus.IsPublic == nil {
		return false, state.ErrIncomplete
	}
	return *out.PolicyStatus.IsPublic, nil
}

func (o *observer) bucketOwnership(b *state.Bucket) {
	ask(o, "s3:GetBucketOwnershipControls", &b.Ownership, func(ctx context.Context) (string, error) {
		out, err := aws.S3(o.account).GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{
			Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account,
		})
		if err != nil {
			return "", err
		}
		if out.OwnershipControls == nil || len(out.OwnershipControls.Rules) == 0 {
			return "", state.ErrNone
		}
		return string(out.OwnershipControls.Rules[0].ObjectOwnership), nil
	})
}

func (o *observer) bucketGrants(b *state.Bucket) {
	ask(o, "s3:GetBucketAcl", &b.Grants, func(ctx context.Context) ([]state.Grant, error) {
		out, err := aws.S3(o.account).GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account})
		if err != nil {
			return nil, err
		}
		if out.Owner == nil { // every ACL names the owner
			return nil, state.ErrIncomplete
		}
		grants := []state.Grant{}
		for _, g := range out.Grants {
			grant := state.Grant{Permission: string(g.Permission)}
			if g.Grantee != nil {
				grant.Grantee = sdk.ToString(g.Grantee.ID)
				if g.Grantee.URI != nil {
					grant.Grantee = *g.Grantee.URI
				}
			}
			grants = append(grants, grant)
		}
		return grants, nil
	})
}

func (o *observer) bucketVersioning(b *state.Bucket) {
	ask(o, "s3:GetBucketVersioning", &b.Versioning, func(ctx context.Context) (string, error) {
		out, err := aws.S3(o.account).GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{
			Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account,
		})
		if err != nil {
			return "", err
		}
		if out.Status == "" {
			return "", state.ErrNone
		}
		return string(out.Status), nil
	})
}

func (o *observer) bucketLifecycle(b *state.Bucket) {
	ask(o, "s3:GetBucketLifecycleConfiguration", &b.Lifecycle, func(ctx context.Context) ([]state.LifecycleRule, error) {
		rules, err := o.lifecycleRules(ctx, b.Name)
		if err != nil {
			return nil, err
		}
		reduced := make([]state.LifecycleRule, 0, len(rules))
		for _, r := range rules {
			reduced = append(reduced, reduceRule(r))
		}
		return reduced, nil
	})
}

// lifecycleRules are the bucket's rules as S3 returns them.
func (o *observer) lifecycleRules(ctx context.Context, bucket string) ([]types.LifecycleRule, error) {
	out, err := aws.S3(o.account).GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{
		Bucket: &bucket, ExpectedBucketOwner: &o.settings.Account,
	})
	if err != nil {
		return nil, err
	}
	if len(out.Rules) == 0 { // S3 answers with an error when there are no rules
		return nil, state.ErrIncomplete
	}
	return out.Rules, nil
}

// reduceRule keeps the parts of a rule that affect whether records are kept.
func reduceRule(r types.LifecycleRule) state.LifecycleRule {
	rule := state.LifecycleRule{
		ID: sdk.ToString(r.ID), Enabled: r.Status == types.ExpirationStatusEnabled,
		Prefix:      sdk.ToString(r.Prefix), //nolint:staticcheck // the old form
		Transitions: len(r.Transitions)+len(r.NoncurrentVersionTransitions) > 0,
	}
	for _, t := range r.Transitions {
		rule.Archives = archiveOf(rule.Archives, t.StorageClass)
	}
	for _, t := range r.NoncurrentVersionTransitions {
		rule.Archives = archiveOf(rule.Archives, t.StorageClass)
	}
	if f := r.Filter; f != nil {
		rule.Filtered = f.Tag != nil || f.ObjectSizeGreaterThan != nil || f.ObjectSizeLessThan != nil
		if f.Prefix != nil {
			rule.Prefix = *f.Prefix
		}
		if and := f.And; and != nil {
			rule.Prefix = sdk.ToString(and.Prefix)
			rule.Filtered = rule.Filtered || len(and.Tags) > 0 || and.ObjectSizeGreaterThan != nil || and.ObjectSizeLessThan != nil
		}
	}
	if e := r.Expiration; e != nil {
		rule.ExpireDays = int(sdk.ToInt32(e.Days))
		rule.ExpireMarkers = sdk.ToBool(e.ExpiredObjectDeleteMarker)
		if e.Date != nil {
			rule.ExpireDate = e.Date.UTC().Format(time.RFC3339)
		}
	}
	if n := r.NoncurrentVersionExpiration; n != nil {
		rule.NoncurrentDays = int(sdk.ToInt32(n.NoncurrentDays))
		rule.NoncurrentKeep = int(sdk.ToInt32(n.NewerNoncurrentVersions))
	}
	if a := r.AbortIncompleteMultipartUpload; a != nil {
		rule.AbortDays = int(sdk.ToInt32(a.DaysAfterInitiation))
	}
	return rule
}

// archiveOf is the class of the deepest archive that a rule moves objects to. Objects of the
// other classes, S3 Glacier Instant Retrieval among them, are read like any (S3 user guide,
// "Understanding and managing Amazon S3 storage classes").
func archiveOf(before string, class types.TransitionStorageClass) string {
	if class == types.TransitionStorageClassDeepArchive || class == types.TransitionStorageClassGlacier && before == "" {
		return string(class)
	}
	return before
}

func (o *observer) bucketObjectLock(b *state.Bucket) {
	ask(o, "s3:GetObjectLockConfiguration", &b.ObjectLock, func(ctx context.Context) (state.ObjectLock, error) {
		out, err := aws.S3(o.account).GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{
			Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account,
		})
		if err != nil {
			return state.ObjectLock{}, err
		}
		if out.ObjectLockConfiguration == nil {
			return state.ObjectLock{}, state.ErrNone
		}
		return reduceLock(*out.ObjectLockConfiguration), nil
	})
}

func reduceLock(c types.ObjectLockConfiguration) state.ObjectLock {
	lock := state.ObjectLock{Enabled: c.ObjectLockEnabled == types.ObjectLockEnabledEnabled}
	if c.Rule != nil && c.Rule.DefaultRetention != nil {
		lock.Mode = string(c.Rule.DefaultRetention.Mode)
		lock.Days = int(sdk.ToInt32(c.Rule.DefaultRetention.Days)) + 365*int(sdk.ToInt32(c.Rule.DefaultRetention.Years))
	}
	return lock
}

func (o *observer) bucketEventBridge(b *state.Bucket) {
	ask(o, "s3:GetBucketNotificationConfiguration", &b.EventBridge, func(ctx context.Context) (bool, error) {
		out, err := aws.S3(o.account).GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{
			Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account,
		})
		if err != nil {
			return false, err
		}
		return out.EventBridgeConfiguration != nil, nil
	})
}

func (o *observer) bucketWebsite(b *state.Bucket) {
	ask(o, "s3:GetBucketWebsite", &b.Website, func(ctx context.Context) (bool, error) {
		_, err := aws.S3(o.account).GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account})
		return true, err
	})
}

func (o *observer) bucketCORS(b *state.Bucket) {
	ask(o, "s3:GetBucketCors", &b.CORS, func(ctx context.Context) (int, error) {
		out, err := aws.S3(o.account).GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account})
		if err != nil {
			return 0, err
		}
		return len(out.CORSRules), nil
	})
}
