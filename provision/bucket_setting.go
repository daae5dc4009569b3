package provision

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"claria/aws"
	"claria/aws/policy"
	"claria/provision/permissions"
	"claria/provision/state"
)

// bucketSettingsKept are the settings of a bucket. Policy, lifecycle, encryption, Object
// Lock, website and CORS are kept as S3 returns them; a State has less of the last five.
func bucketSettingsKept(s state.Settings, kind bucketKind) map[string]*setting {
	name, owner, pick := kind.want.Name, &s.Account, kind.pick
	desiredLock, _ := kind.want.ObjectLock.Value()
	wrap := func(err error, operation string) error { return aws.Wrap(err, "s3:"+operation, name) }
	all := map[string]*setting{
		"policy": keep(bucketPolicyKept(s, kind)),
		"public-access": keep(whole[state.PublicAccess]{
			of:  func(st *state.State) state.Reading[state.PublicAccess] { return pick(st).PublicAccess },
			see: func(st *state.State, r state.Reading[state.PublicAccess]) { pick(st).PublicAccess = r },
			put: func(ctx context.Context, w *writer, p state.PublicAccess) error {
				_, err := aws.S3(w.account).PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
					Bucket: &name, ExpectedBucketOwner: owner,
					PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
						BlockPublicAcls: &p.BlockACLs, IgnorePublicAcls: &p.IgnoreACLs,
						BlockPublicPolicy: &p.BlockPolicy, RestrictPublicBuckets: &p.RestrictsBuckets,
					},
				})
				return wrap(err, "PutPublicAccessBlock")
			},
			drop: func(ctx context.Context, w *writer) error {
				_, err := aws.S3(w.account).DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: &name, ExpectedBucketOwner: owner})
				return wrap(err, "DeletePublicAccessBlock")
			},
		}),
		"ownership": keep(whole[string]{
			of:  func(st *state.State) state.Reading[string] { return pick(st).Ownership },
			see: func(st *state.State, r state.Reading[string]) { pick(st).Ownership = r },
			put: func(ctx context.Context, w *writer, who string) error {
				_, err := aws.S3(w.account).PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{
					Bucket: &name, ExpectedBucketOwner: owner,
					OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnership(who)}}},
				})
				return wrap(err, "PutBucketOwnershipControls")
			},
			drop: func(ctx context.Context, w *writer) error {
				_, err := aws.S3(w.account).DeleteBucketOwnershipControls(ctx, &s3.DeleteBucketOwnershipControlsInput{
					Bucket: &name, ExpectedBucketOwner: owner,
				})
				return wrap(err, "DeleteBucketOwnershipControls")
			},
		}),
		"versioning": keep(whole[string]{
			of:  func(st *state.State) state.Reading[string] { return pick(st).Versioning },
			see: func(st *state.State, r state.Reading[string]) { pick(st).Versioning = r },
			put: func(ctx context.Context, w *writer, status string) error {
				_, err := aws.S3(w.account).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
					Bucket: &name, ExpectedBucketOwner: owner,
					VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatus(status)},
				})
				return wrap(err, "PutBucketVersioning")
			},
			never: func(st *state.State) string {
				if pick(st).Versioning.Known() {
					return ""
				}
				return "versioning cannot be turned off once it was on; you can suspend it in the S3 console"
			},
		}),
		"event-bridge": keep(whole[bool]{
			of:  func(st *state.State) state.Reading[bool] { return pick(st).EventBridge },
			see: func(st *state.State, r state.Reading[bool]) { pick(st).EventBridge = r },
			put: func(ctx context.Context, w *writer, on bool) error {
				return switchEventBridge(ctx, w, &state.Bucket{Name: name}, on)
			},
		}),
		"lifecycle":   keep(bucketLifecycleKept(name, owner, pick)),
		"encryption":  keep(bucketEncryptionKept(name, owner, pick)),
		"object-lock": keep(objectLockKept(name, owner, pick, desiredLock)),
		"website":     keep(websiteKept(name, owner, pick)),
		"cors":        keep(corsKept(name, owner, pick)),
	}
	byRow := map[string]*setting{accessID(kind): keep(bucketPolicyKept(s, kind))}
	for id, s := range all {
		byRow[kind.id+"/"+id] = s
	}
	return byRow
}

func bucketPolicyKept(s state.Settings, kind bucketKind) whole[string] {
	name, owner, pick := kind.want.Name, &s.Account, kind.pick
	return whole[string]{
		of: func(st *state.State) state.Reading[string] { return pick(st).Policy },
		see: func(st *state.State, r state.Reading[string]) {
			pick(st).Policy, pick(st).PolicyPublic = r, state.Derive(r, publicPolicy)
		},
		put: func(ctx context.Context, w *writer, document string) error {
			_, err := aws.S3(w.account).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
				Bucket: &name, ExpectedBucketOwner: owner, Policy: &document, ConfirmRemoveSelfBucketAccess: new(true),
			})
			return aws.Wrap(err, "s3:PutBucketPolicy", name)
		},
		drop: func(ctx context.Context, w *writer) error {
			_, err := aws.S3(w.account).DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: &name, ExpectedBucketOwner: owner})
			return aws.Wrap(err, "s3:DeleteBucketPolicy", name)
		},
	}
}

// publicPolicy is AWS's verdict on a policy, as far as the document alone decides it.
func publicPolicy(document string) bool {
	parsed, err := policy.Parse([]byte(document))
	return err == nil && policy.Public(parsed).Yes
}

// lifecycleRules is a bucket's lifecycle as S3 returns it.
type lifecycleRules struct {
	Rules   []types.LifecycleRule
	Minimum types.TransitionDefaultMinimumObjectSize `json:",omitempty"`
}

func bucketLifecycleKept(name string, owner *string, pick func(*state.State) *state.Bucket) whole[lifecycleRules] {
	return whole[lifecycleRules]{
		operation: "s3:GetBucketLifecycleConfiguration",
		ask: func(ctx context.Context, o *observer) (lifecycleRules, error) {
			out, err := aws.S3(o.account).GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{
				Bucket: &name, ExpectedBucketOwner: owner,
			})
			if err != nil {
				return lifecycleRules{}, err
			}
			return lifecycleRules{out.Rules, out.TransitionDefaultMinimumObjectSize}, nil
		},
		see: func(st *state.State, r state.Reading[lifecycleRules]) {
			pick(st).Lifecycle = state.Derive(r, func(l lifecycleRules) []state.LifecycleRule {
				reduced := make([]state.LifecycleRule, 0, len(l.Rules))
				for _, rule := range l.Rules {
					reduced = append(reduced, reduceRule(rule))
				}
				return reduced
			})
		},
		put: func(ctx context.Context, w *writer, l lifecycleRules) error {
			_, err := aws.S3(w.account).PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
				Bucket: &name, ExpectedBucketOwner: owner, TransitionDefaultMinimumObjectSize: l.Minimum,
				LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: l.Rules},
			})
			return aws.Wrap(err, "s3:PutBucketLifecycleConfiguration", name)
		},
		drop: func(ctx context.Context, w *writer) error {
			_, err := aws.S3(w.account).DeleteBucketLifecycle(ctx, &s3.DeleteBucketLifecycleInput{Bucket: &name, ExpectedBucketOwner: owner})
			return aws.Wrap(err, "s3:DeleteBucketLifecycle", name)
		},
	}
}

func bucketEncryptionKept(
	name string, owner *string, pick func(*state.State) *state.Bucket,
) whole[types.ServerSideEncryptionConfiguration] {
	return whole[types.ServerSideEncryptionConfiguration]{
		operation: "s3:GetBucketEncryption",
		ask: func(ctx context.Context, o *observer) (types.ServerSideEncryptionConfiguration, error) {
			out, err := aws.S3(o.account).GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &name, ExpectedBucketOwner: owner})
			switch {
			case err != nil:
				return types.ServerSideEncryptionConfiguration{}, err
			case out.ServerSideEncryptionConfiguration == nil:
				return types.ServerSideEncryptionConfiguration{}, state.ErrNone
			}
			return *out.ServerSideEncryptionConfiguration, nil
		},
		see: func(st *state.State, r state.Reading[types.ServerSideEncryptionConfiguration]) {
			pick(st).Encryption = state.Absent[state.Encryption]()
			if c, ok := r.Value(); ok {
				e, err := encryptionOf(&s3.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: &c}, nil)
				pick(st).Encryption = state.ReadingOf(e, err, "s3:GetBucketEncryption")
			}
		},
		put: func(ctx context.Context, w *writer, c types.ServerSideEncryptionConfiguration) error {
			_, err := aws.S3(w.account).PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
				Bucket: &name, ExpectedBucketOwner: owner, ServerSideEncryptionConfiguration: &c,
			})
			return aws.Wrap(err, "s3:PutBucketEncryption", name)
		},
		drop: func(ctx context.Context, w *writer) error {
			_, err := aws.S3(w.account).DeleteBucketEncryption(ctx, &s3.DeleteBucketEncryptionInput{Bucket: &name, ExpectedBucketOwner: owner})
			return aws.Wrap(err, "s3:DeleteBucketEncryption", name)
		},
	}
}

func objectLockKept(
	name string, owner *string, pick func(*state.State) *state.Bucket, desired state.ObjectLock,
) whole[types.ObjectLockConfiguration] {
	return whole[types.ObjectLockConfiguration]{
		operation: "s3:GetObjectLockConfiguration",
		ask: func(ctx context.Context, o *observer) (types.ObjectLockConfiguration, error) {
			out, err := aws.S3(o.account).GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{
				Bucket: &name, ExpectedBucketOwner: owner,
			})
			switch {
			case err != nil:
				return types.ObjectLockConfiguration{}, err
			case out.ObjectLockConfiguration == nil:
				return types.ObjectLockConfiguration{}, state.ErrNone
			}
			return *out.ObjectLockConfiguration, nil
		},
		see: func(st *state.State, r state.Reading[types.ObjectLockConfiguration]) {
			pick(st).ObjectLock = state.Derive(r, reduceLock)
		},
		put: func(ctx context.Context, w *writer, c types.ObjectLockConfiguration) error {
			_, err := aws.S3(w.account).PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{
				Bucket: &name, ExpectedBucketOwner: owner, ObjectLockConfiguration: &c,
			})
			return aws.Wrap(err, "s3:PutObjectLockConfiguration", name)
		},
		never: func(st *state.State) string {
			switch have, _ := pick(st).ObjectLock.Value(); {
			case !have.Enabled:
				return "Object Lock cannot be turned off"
			case desired.Mode == permissions.Compliance && have.Mode != permissions.Compliance:
				return "COMPLIANCE retention cannot be removed"
			}
			return ""
		},
	}
}

func websiteKept(name string, owner *string, pick func(*state.State) *state.Bucket) whole[types.WebsiteConfiguration] {
	return whole[types.WebsiteConfiguration]{
		operation: "s3:GetBucketWebsite",
		ask: func(ctx context.Context, o *observer) (types.WebsiteConfiguration, error) {
			out, err := aws.S3(o.account).GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: &name, ExpectedBucketOwner: owner})
			if err != nil {
				return types.WebsiteConfiguration{}, err
			}
			return types.WebsiteConfiguration{
				ErrorDocument: out.ErrorDocument, IndexDocument: out.IndexDocument,
				RedirectAllRequestsTo: out.RedirectAllRequestsTo, RoutingRules: out.RoutingRules,
			}, nil
		},
		see: func(st *state.State, r state.Reading[types.WebsiteConfiguration]) {
			pick(st).Website = state.Derive(r, func(types.WebsiteConfiguration) bool { return true })
		},
		put: func(ctx context.Context, w *writer, c types.WebsiteConfiguration) error {
			_, err := aws.S3(w.account).PutBucketWebsite(ctx, &s3.PutBucketWebsiteInput{
				Bucket: &name, ExpectedBucketOwner: owner, WebsiteConfiguration: &c,
			})
			return aws.Wrap(err, "s3:PutBucketWebsite", name)
		},
		drop: func(ctx context.Context, w *writer) error {
			_, err := aws.S3(w.account).DeleteBucketWebsite(ctx, &s3.DeleteBucketWebsiteInput{Bucket: &name, ExpectedBucketOwner: owner})
			return aws.Wrap(err, "s3:DeleteBucketWebsite", name)
		},
		admin: func(st *state.State) string {
			if !pick(st).Website.Known() {
				return ""
			}
			return state.ProvisionerRole + " may not turn a bucket into a website"
		},
	}
}

func corsKept(name string, owner *string, pick func(*state.State) *state.Bucket) whole[[]types.CORSRule] {
	return whole[[]types.CORSRule]{
		operation: "s3:GetBucketCors",
		ask: func(ctx context.Context, o *observer) ([]types.CORSRule, error) {
			out, err := aws.S3(o.account).GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: &name, ExpectedBucketOwner: owner})
			switch {
			case err != nil:
				return nil, err
			case len(out.CORSRules) == 0:
				return nil, state.ErrNone
			}
			return out.CORSRules, nil
		},
		see: func(st *state.State, r state.Reading[[]types.CORSRule]) {
			pick(st).CORS = state.Derive(r, func(rules []types.CORSRule) int { return len(rules) })
		},
		put: func(ctx context.Context, w *writer, rules []types.CORSRule) error {
			_, err := aws.S3(w.account).PutBucketCors(ctx, &s3.PutBucketCorsInput{
				Bucket: &name, ExpectedBucketOwner: owner, CORSConfiguration: &types.CORSConfiguration{CORSRules: rules},
			})
			return aws.Wrap(err, "s3:PutBucketCors", name)
		},
		drop: func(ctx context.Context, w *writer) error {
			_, err := aws.S3(w.account).DeleteBucketCors(ctx, &s3.DeleteBucketCorsInput{Bucket: &name, ExpectedBucketOwner: owner})
			return aws.Wrap(err, "s3:DeleteBucketCors", name)
		},
	}
}
