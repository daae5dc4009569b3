package provision

import (
	"context"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"

	"claria/aws"
	"claria/provision/state"
)

// inventory schedules the reads of Inventory.
func (o *observer) inventory(s *state.State) {
	o.otherBuckets(s)
	o.accessLog(s)
	o.archiveTiers(s)
	o.accessPoints(s)
	o.multiRegionAccessPoints(s)
	o.accessGrants(s)
	if o.settings.Strict {
		o.encryptionKey(s)
	}
	if o.settings.Strict || o.settings.Wide {
		o.insights(s) // the strict profile turns them on
	}
	if o.settings.Wide {
		o.replication(s)
		o.targets(s)
	}
}

// otherBuckets lists every bucket of the account and reads all but our two, each in its
// own region.
func (o *observer) otherBuckets(s *state.State) {
	o.do(func(ctx context.Context) {
		others, err := o.listBuckets(ctx, s)
		s.Inventory.Buckets = state.ReadingOf(others, err, "s3:ListBuckets")
		for i := range others {
			o.otherBucket(&others[i])
		}
	})
}

func (o *observer) listBuckets(ctx context.Context, s *state.State) ([]state.OtherBucket, error) {
	others := []state.OtherBucket{}
	err := aws.Pages(func(token string) (string, error) {
		// S3 includes the regions only in a paged request.
		page, err := aws.S3(o.account).ListBuckets(ctx, &s3.ListBucketsInput{MaxBuckets: new(int32(1000)), ContinuationToken: aws.Token(token)})
		if err != nil {
			return "", err
		}
		if page.Owner == nil { // every answer names the owner
			return "", state.ErrIncomplete
		}
		for _, b := range page.Buckets {
			if name := sdk.ToString(b.Name); name != s.DataBucket.Name && name != s.AuditBucket.Name {
				others = append(others, state.OtherBucket{Name: name, Region: sdk.ToString(b.BucketRegion)})
			}
		}
		return sdk.ToString(page.ContinuationToken), nil
	})
	if err != nil {
		return nil, err
	}
	return others, nil
}

// otherBucket schedules the reads of a bucket that is not ours.
func (o *observer) otherBucket(b *state.OtherBucket) {
	there := func(options *s3.Options) {
		if b.Region != "" {
			options.Region = b.Region
		}
	}
	owner := &o.settings.Account
	ask(o, "s3:GetBucketEncryption", &b.Encryption, func(ctx context.Context) (state.Encryption, error) {
		out, err := aws.S3(o.account).GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &b.Name, ExpectedBucketOwner: owner}, there)
		return encryptionOf(out, err)
	})
	ask(o, "s3:GetPublicAccessBlock", &b.PublicAccess, func(ctx context.Context) (state.PublicAccess, error) {
		out, err := aws.S3(o.account).GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &b.Name, ExpectedBucketOwner: owner}, there)
		return publicAccessOf(out, err)
	})
	ask(o, "s3:GetBucketPolicy", &b.Policy, func(ctx context.Context) (string, error) {
		out, err := aws.S3(o.account).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &b.Name, ExpectedBucketOwner: owner}, there)
		return policyOf(out, err)
	})
	ask(o, "s3:GetBucketPolicyStatus", &b.PolicyPublic, func(ctx context.Context) (bool, error) {
		out, err := aws.S3(o.account).GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{
			Bucket: &b.Name, ExpectedBucketOwner: owner,
		}, there)
		return policyStatusOf(out, err)
	})
}

// accessLog reads the data bucket's server access logging.
func (o *observer) accessLog(s *state.State) {
	b := &s.DataBucket
	ask(o, "s3:GetBucketLogging", &s.Inventory.Logging, func(ctx context.Context) (state.AccessLog, error) {
		out, err := aws.S3(o.account).GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account})
		if err != nil {
			return state.AccessLog{}, err
		}
		if out.LoggingEnabled == nil {
			return state.AccessLog{}, state.ErrNone
		}
		return state.AccessLog{Bucket: sdk.ToString(out.LoggingEnabled.TargetBucket), Prefix: sdk.ToString(out.LoggingEnabled.TargetPrefix)}, nil
	})
}

// archiveTiers reads which Intelligent-Tiering configurations archive objects of the data
// bucket: like those of an archive class, they must be restored before they can be read (S3
// user guide, "How S3 Intelligent-Tiering works").
func (o *observer) archiveTiers(s *state.State) {
	ask(o, "s3:ListBucketIntelligentTieringConfigurations", &s.Inventory.ArchiveTiers, func(ctx context.Context) ([]string, error) {
		all, err := o.tierings(ctx, s.DataBucket.Name)
		return archiving(all), err
	})
}

// tierings are a bucket's Intelligent-Tiering configurations as S3 returns them, by id. Each
// names at least one archive tier: moving to the others needs no configuration.
func (o *observer) tierings(ctx context.Context, bucket string) (map[string]types.IntelligentTieringConfiguration, error) {
	all := map[string]types.IntelligentTieringConfiguration{}
	err := aws.Pages(func(token string) (string, error) {
		page, err := aws.S3(o.account).ListBucketIntelligentTieringConfigurations(ctx, &s3.ListBucketIntelligentTieringConfigurationsInput{
			Bucket: &bucket, ExpectedBucketOwner: &o.settings.Account, ContinuationToken: aws.Token(token),
		})
		if err != nil {
			return "", err
		}
		for _, c := range page.IntelligentTieringConfigurationList {
			all[sdk.ToString(c.Id)] = c
		}
		return aws.Next(sdk.ToBool(page.IsTruncated), page.NextContinuationToken)
	})
	return all, err
}

// archiving are the ids of those in force.
func archiving(all map[string]types.IntelligentTieringConfiguration) []string {
	ids := []string{}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if all[id].Status == types.IntelligentTieringStatusEnabled {
			ids = append(ids, id)
		}
	}
	return ids
}

// replication reads where the data bucket's objects are replicated to.
func (o *observer) replication(s *state.State) {
	b := &s.DataBucket
	ask(o, "s3:GetBucketReplication", &s.Inventory.Replication, func(ctx context.Context) ([]state.Replication, error) {
		out, err := aws.S3(o.account).GetBucketReplication(ctx, &s3.GetBucketReplicationInput{
			Bucket: &b.Name, ExpectedBucketOwner: &o.settings.Account,
		})
		if err != nil {
			return nil, err
		}
		if out.ReplicationConfiguration == nil { // S3 answers with an error when there is no replication
			return nil, state.ErrIncomplete
		}
		rules := []state.Replication{}
		for _, r := range out.ReplicationConfiguration.Rules {
			rules = append(rules, replicationOf(r))
		}
		return rules, nil
	})
}

func replicationOf(r types.ReplicationRule) state.Replication {
	rule := state.Replication{
		ID: sdk.ToString(r.ID), Enabled: r.Status == types.ReplicationRuleStatusEnabled,
		Prefix: sdk.ToString(r.Prefix), //nolint:staticcheck // the old form
	}
	if f := r.Filter; f != nil {
		rule.Filtered = f.Tag != nil
		if f.Prefix != nil {
			rule.Prefix = *f.Prefix
		}
		if f.And != nil {
			rule.Prefix, rule.Filtered = sdk.ToString(f.And.Prefix), rule.Filtered || len(f.And.Tags) > 0
		}
	}
	if d := r.Destination; d != nil {
		rule.Bucket, rule.Account = strings.TrimPrefix(sdk.ToString(d.Bucket), state.BucketARN("")), sdk.ToString(d.Account)
	}
	return rule
}

// targets reads where the two buckets send notifications about objects. EventBridge, in
// the same answer, is a setting of the bucket.
func (o *observer) targets(s *state.State) {
	ask(o, "s3:GetBucketNotificationConfiguration", &s.Inventory.Targets, func(ctx context.Context) ([]string, error) {
		all := []string{}
		for _, name := range []string{s.DataBucket.Name, s.AuditBucket.Name} {
			out, err := aws.S3(o.account).GetBucketNotificationConfiguration(ctx, &s3.GetBucketNotificationConfigurationInput{
				Bucket: &name, ExpectedBucketOwner: &o.settings.Account,
			})
			if err != nil {
				return nil, err
			}
			for _, t := range out.TopicConfigurations {
				all = append(all, sdk.ToString(t.TopicArn))
			}
			for _, q := range out.QueueConfigurations {
				all = append(all, sdk.ToString(q.QueueArn))
			}
			for _, f := range out.LambdaFunctionConfigurations {
				all = append(all, sdk.ToString(f.LambdaFunctionArn))
			}
		}
		return all, nil
	})
}

// accessPoints lists the access points to our two buckets and reads their policies. An access
// point is in the region of its bucket. One of another account reaches a bucket only as far
// as the bucket's own policy lets it.
func (o *observer) accessPoints(s *state.State) {
	o.do(func(ctx context.Context) {
		points, err := o.listAccessPoints(ctx, s)
		s.Inventory.AccessPoints = state.ReadingOf(points, err, "s3control:ListAccessPoints")
		for i := range points {
			p := &points[i]
			ask(o, "s3control:GetAccessPointPolicy", &p.Policy, func(ctx context.Context) (string, error) {
				out, err := aws.S3Control(o.account).GetAccessPointPolicy(ctx, &s3control.GetAccessPointPolicyInput{
					AccountId: &o.settings.Account, Name: &p.Name,
				})
				switch {
				case err != nil:
					return "", err
				case sdk.ToString(out.Policy) == "": // S3 answers with an error when there is no policy
					return "", state.ErrIncomplete
				}
				return *out.Policy, nil
			})
		}
	})
}

func (o *observer) listAccessPoints(ctx context.Context, s *state.State) ([]state.AccessPoint, error) {
	points := []state.AccessPoint{}
	err := aws.Pages(func(token string) (string, error) {
		page, err := aws.S3Control(o.account).ListAccessPoints(ctx, &s3control.ListAccessPointsInput{
			AccountId: &o.settings.Account, NextToken: aws.Token(token),
		})
		if err != nil {
			return "", err
		}
		for _, p := range page.AccessPointList {
			if bucket := sdk.ToString(p.Bucket); s.Ours(bucket) {
				points = append(points, state.AccessPoint{Name: sdk.ToString(p.Name), Buckets: []string{bucket}, Origin: string(p.NetworkOrigin)})
			}
		}
		return sdk.ToString(page.NextToken), nil
	})
	return points, err
}

// accessGrants lists what S3 Access Grants give on our two buckets. An account has at most
// one instance of them in each region, and grants are about buckets of its region.
func (o *observer) accessGrants(s *state.State) {
	ask(o, "s3control:ListAccessGrants", &s.Inventory.AccessGrants, func(ctx context.Context) ([]state.AccessGrant, error) {
		grants := []state.AccessGrant{}
		instances, err := aws.S3Control(o.account).ListAccessGrantsInstances(ctx, &s3control.ListAccessGrantsInstancesInput{
			AccountId: &o.settings.Account,
		})
		if err != nil || len(instances.AccessGrantsInstancesList) == 0 {
			return grants, err
		}
		err = aws.Pages(func(token string) (string, error) {
			page, err := aws.S3Control(o.account).ListAccessGrants(ctx, &s3control.ListAccessGrantsInput{
				AccountId: &o.settings.Account, NextToken: aws.Token(token),
			})
			if err != nil {
				return "", err
			}
			for _, g := range page.AccessGrantsList {
				grant := state.AccessGrant{ID: sdk.ToString(g.AccessGrantId), Scope: sdk.ToString(g.GrantScope), Permission: string(g.Permission)}
				if g.Grantee != nil {
					grant.Grantee = sdk.ToString(g.Grantee.GranteeIdentifier)
				}
				if grant.Reaches(s.DataBucket.Name) || grant.Reaches(s.AuditBucket.Name) {
					grants = append(grants, grant)
				}
			}
			return sdk.ToString(page.NextToken), nil
		})
		return grants, err
	})
}

// multiRegionAccessPoints lists the multi-region access points to our two buckets. Every
// region's are listed in us-west-2 (S3 user guide, "Multi-Region Access Point restrictions
// and limitations").
func (o *observer) multiRegionAccessPoints(s *state.State) {
	ask(o, "s3control:ListMultiRegionAccessPoints", &s.Inventory.MultiRegion, func(ctx context.Context) ([]state.AccessPoint, error) {
		points := []state.AccessPoint{}
		err := aws.Pages(func(token string) (string, error) {
			input := &s3control.ListMultiRegionAccessPointsInput{AccountId: &o.settings.Account, NextToken: aws.Token(token)}
			page, err := aws.S3Control(o.account).ListMultiRegionAccessPoints(ctx, input, func(options *s3control.Options) {
				options.Region = "us-west-2"
			})
			if err != nil {
				return "", err
			}
			for _, p := range page.AccessPoints {
				point := state.AccessPoint{Name: sdk.ToString(p.Name)}
				for _, region := range p.Regions {
					if bucket := sdk.ToString(region.Bucket); s.Ours(bucket) {
						point.Buckets = append(point.Buckets, bucket)
					}
				}
				if len(point.Buckets) > 0 {
					points = append(points, point)
				}
			}
			return sdk.ToString(page.NextToken), nil
		})
		return points, err
	})
}

// insights reads which kinds of unusual activity the trail detects.
func (o *observer) insights(s *state.State) {
	ask(o, "cloudtrail:GetInsightSelectors", &s.Inventory.Insights, func(ctx context.Context) ([]string, error) {
		out, err := aws.CloudTrail(o.account).GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{
			TrailName: new(o.settings.TrailARN()),
		})
		if err != nil {
			return nil, err
		}
		if out.TrailARN == nil { // every answer names the trail
			return nil, state.ErrIncomplete
		}
		kinds := []string{}
		for _, selector := range out.InsightSelectors {
			kinds = append(kinds, string(selector.InsightType))
		}
		if len(kinds) == 0 {
			return nil, state.ErrNone
		}
		return kinds, nil
	})
}
