package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	s3controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"claria/aws"
	"claria/provision/state"
)

// bucketKind is what differs between the two buckets.
type bucketKind struct {
	id, title  string
	short      string // names the policy's statements without a Sid: "records:3"
	summary    string
	why        []string
	controls   []string // of the whole bucket
	isolated   []string // controls that every setting affects
	encryption []string // controls of its encryption
	pick       func(*state.State) *state.Bucket
	want       *state.Bucket
	keep       keeping
}

func dataBucketKind(want *state.State) bucketKind {
	return bucketKind{
		id: "data-bucket", title: "data bucket", short: "records", summary: "encrypted, versioned, private",
		why: []string{"164.312(a)(2)(iv)", "164.312(c)(1)", "164.312(a)(1)"}, controls: []string{"S3-01"},
		encryption: []string{"S3-02", "S3-03"},
		pick:       func(s *state.State) *state.Bucket { return &s.DataBucket }, want: &want.DataBucket,
		keep: keeping{prefixes: state.RecordPrefixes(), gone: state.RecordingsPrefix},
	}
}

func auditBucketKind(want *state.State) bucketKind {
	return bucketKind{
		id: "audit-bucket", title: "audit bucket", short: "audit", summary: "locked for six years, private",
		why: []string{"164.316(b)(2)(i)", "164.312(b)", "164.312(c)(1)"}, controls: []string{"CT-09", "CT-10"}, isolated: []string{"CT-09"},
		encryption: []string{"S3-02", "S3-03", "CT-07"},
		pick:       func(s *state.State) *state.Bucket { return &s.AuditBucket }, want: &want.AuditBucket,
		keep: keeping{prefixes: []string{state.TrailPrefix + "/", state.EvidencePrefix + "/"}, expireAfter: keepDays},
	}
}

// bucketResources are the bucket, which is created or adopted with all of its settings,
// and one resource for each setting, which may drift.
func bucketResources(s state.Settings, kind bucketKind) []resource {
	name := kind.want.Name
	title := kind.title + " " + name
	ours := func(b *state.Bucket) bool {
		tags, ok := b.Tags.Value()
		return ok && s.Owned(tags)
	}
	settings := bucketSettings(kind)
	var needs []string
	if s.Strict {
		needs = []string{"encryption-key"}
	}
	whole := resource{
		id: kind.id, title: title, controls: kind.controls, why: kind.why, needs: needs,
		read: func(o *observer, st *state.State) {
			o.bucket(kind.pick(st))
			if s.Strict {
				o.encryptionKey(st)
			}
		},
		facts: func(st *state.State) []fact {
			b := bucketNamed(s, st, kind.pick(st))
			facts := []fact{b.Region}
			if b.Region.Absent() {
				return facts
			}
			facts = append(facts, b.Tags)
			if _, unknown := b.Tags.Problem(); unknown || ours(b) {
				return facts
			}
			for _, setting := range settings {
				facts = append(facts, setting.fact(b))
			}
			return facts
		},
		stuck: func(st *state.State) *Block {
			region, ok := kind.pick(st).Region.Value()
			if !ok || region == s.Region {
				return nil
			}
			return &Block{
				Reason: fmt.Sprintf("%s is in %s, but the practice's region is %s", title, region, s.Region),
				Next:   "declare region " + region + ", or another system name",
			}
		},
		diff: func(st *state.State) *change {
			b := bucketNamed(s, st, kind.pick(st))
			if ours(b) {
				return nil
			}
			var before, after []string
			for _, setting := range settings {
				if c := setting.diff(b); c != nil {
					before, after = append(before, setting.id+": "+c.before), append(after, setting.id+": "+c.after)
				}
			}
			if b.Region.Absent() {
				return &change{
					op: Create, summary: kind.summary, after: strings.Join(after, "\n"), risk: Reversible,
					undo: "delete the bucket while it is empty",
				}
			}
			return &change{
				op: Adopt, summary: "a bucket with this name exists that Claria did not create", risk: Reversible,
				before: strings.Join(append([]string{"tag " + state.SystemTag + ": none"}, before...), "\n"),
				after:  strings.Join(append([]string{"tag " + state.SystemTag + ": " + s.SystemName()}, after...), "\n"),
				undo:   "restore the previous settings, and remove the tag " + state.SystemTag,
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) { return "", w.makeBucket(ctx, kind) },
	}
	all := []resource{whole}
	for _, setting := range settings {
		whole := &all[0]
		whole.controls = append(whole.controls, setting.controls...)
		all = append(all, resource{
			id: kind.id + "/" + setting.id, title: title, why: setting.why,
			controls: append(append([]string{}, setting.controls...), kind.isolated...),
			needs:    needs,
			read: func(o *observer, st *state.State) {
				o.bucketTags(kind.pick(st))
				setting.read(o, kind.pick(st))
				if s.Strict {
					o.encryptionKey(st)
				}
			},
			facts: func(st *state.State) []fact {
				b := bucketNamed(s, st, kind.pick(st))
				if _, unknown := b.Tags.Problem(); !unknown && !ours(b) {
					return nil // the whole bucket's resource reports it
				}
				return []fact{b.Tags, setting.fact(b)}
			},
			diff: func(st *state.State) *change {
				b := bucketNamed(s, st, kind.pick(st))
				if !ours(b) {
					return nil
				}
				c := setting.diff(b)
				if c == nil {
					return nil
				}
				c.op = Change
				c.undo = "set it back to: " + c.before
				if c.risk == "" {
					c.risk = Reversible
				}
				return c
			},
			write: func(ctx context.Context, w *writer) (string, error) {
				return "", setting.write(ctx, w, kind.pick(w.have))
			},
		})
	}
	return all
}

// makeBucket creates the bucket if there is none, tags it as ours, and writes every
// setting that differs. If it is interrupted, the next plan completes the bucket.
func (w *writer) makeBucket(ctx context.Context, kind bucketKind) error {
	b := kind.pick(w.have)
	name := kind.want.Name
	tagged := false
	if b.Region.Absent() {
		var err error
		if tagged, err = w.createBucket(ctx, kind); err != nil {
			return err
		}
	}
	if !tagged {
		if err := w.tagBucket(ctx, b); err != nil {
			return err
		}
	}
	fresh := newState(w.settings)
	o := newObserver(ctx, w.account, w.settings)
	o.bucket(kind.pick(&fresh))
	o.wait()
	fresh.Inventory = w.have.Inventory
	// Where the tag was taken and ignored, it is written now.
	if tags, _ := kind.pick(&fresh).Tags.Value(); tagged && !isUnknown(kind.pick(&fresh).Tags) && !w.settings.Owned(tags) {
		if err := w.tagBucket(ctx, kind.pick(&fresh)); err != nil {
			return err
		}
	}
	for _, setting := range bucketSettings(kind) {
		now := bucketNamed(w.settings, &fresh, kind.pick(&fresh))
		if p, unknown := setting.fact(now).Problem(); unknown {
			return fmt.Errorf("%s: %s could not be read: %w", name, setting.id, problemError(p, name))
		}
		if setting.diff(now) == nil {
			continue
		}
		if err := setting.write(ctx, w, now); err != nil {
			return err
		}
	}
	return nil
}

// createBucket creates the bucket with our tag, so that it is ours from its first moment.
// Some partitions do not take tags here and say UnsupportedArgument (terraform-provider-aws,
// issue 45684); there it is created without, and tagged reports false.
func (w *writer) createBucket(ctx context.Context, kind bucketKind) (tagged bool, err error) {
	name := kind.want.Name
	in := &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &types.CreateBucketConfiguration{Tags: w.ownTag()}}
	if lock, ok := kind.want.ObjectLock.Value(); ok && lock.Enabled {
		in.ObjectLockEnabledForBucket = new(true)
	}
	if w.settings.Region != "us-east-1" { // which accepts no LocationConstraint
		in.CreateBucketConfiguration.LocationConstraint = types.BucketLocationConstraint(w.settings.Region)
	}
	request := func() error {
		_, err := aws.S3(w.account).CreateBucket(ctx, in)
		return err
	}
	err = w.create(ctx, "s3:CreateBucket", name, nil, isThere, request)
	failure, ok := errors.AsType[*aws.Error](err)
	if !ok || failure.Code != "UnsupportedArgument" {
		return true, err
	}
	if in.CreateBucketConfiguration.Tags = nil; in.CreateBucketConfiguration.LocationConstraint == "" {
		in.CreateBucketConfiguration = nil
	}
	return false, w.create(ctx, "s3:CreateBucket", name, nil, isThere, request)
}

func (w *writer) ownTag() []types.Tag {
	return []types.Tag{{Key: new(state.SystemTag), Value: new(w.settings.SystemName())}}
}

// tagBucket adds our tag and keeps the others.
func (w *writer) tagBucket(ctx context.Context, b *state.Bucket) error {
	tags, _ := b.Tags.Value()
	set := w.ownTag()
	for key, value := range tags {
		if key != state.SystemTag {
			set = append(set, types.Tag{Key: &key, Value: &value})
		}
	}
	_, err := aws.S3(w.account).PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: &b.Name, ExpectedBucketOwner: &w.settings.Account, Tagging: &types.Tagging{TagSet: set},
	})
	return aws.Wrap(err, "s3:PutBucketTagging", b.Name)
}

func accountPublicAccessResource(s state.Settings, want *state.State) resource {
	desired, _ := want.AccountPublicAccess.Value()
	return resource{
		id: "account-public-access", title: "public access of account " + s.Account, controls: []string{"S3-06"},
		why:   []string{"164.308(a)(3)(i)", "164.312(a)(1)"},
		read:  func(o *observer, st *state.State) { o.accountPublicAccess(st) },
		facts: func(st *state.State) []fact { return []fact{st.AccountPublicAccess} },
		diff: func(st *state.State) *change {
			if have, ok := st.AccountPublicAccess.Value(); ok && have == desired {
				return nil
			}
			before := describe(st.AccountPublicAccess, "not set", publicAccessWords)
			return &change{
				op: Change, summary: "no bucket can be made public", before: before, after: publicAccessWords(desired),
				risk: Reversible, undo: "set it back to: " + before,
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			_, err := aws.S3Control(w.account).PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{
				AccountId: &s.Account,
				PublicAccessBlockConfiguration: &s3controltypes.PublicAccessBlockConfiguration{
					BlockPublicAcls: &desired.BlockACLs, IgnorePublicAcls: &desired.IgnoreACLs,
					BlockPublicPolicy: &desired.BlockPolicy, RestrictPublicBuckets: &desired.RestrictsBuckets,
				},
			})
			return "", aws.Wrap(err, "s3control:PutPublicAccessBlock", s.Account)
		},
	}
}

func publicAccessWords(p state.PublicAccess) string {
	return fmt.Sprintf("block ACLs %s, ignore ACLs %s, block policies %s, restrict buckets %s",
		onOff(p.BlockACLs), onOff(p.IgnoreACLs), onOff(p.BlockPolicy), onOff(p.RestrictsBuckets))
}
