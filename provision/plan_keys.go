package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"claria/aws"
)

// rotateEvery is how old the key's material may grow, in days.
const rotateEvery = 365

// desiredKey fills in what the strict profile wants: a key of the practice's own
// in front of the records and the logs, logs that nobody at all can delete, and
// events of what happens in the data bucket. A key's ARN is known only once it
// exists; until then, and in every comparison, its alias stands for it.
func desiredKey(s Settings, state *State) {
	encryption := Known(Encryption{Algorithm: kmsEncryption, Key: s.keyAliasARN(), BucketKey: true})
	state.DataBucket.Encryption, state.AuditBucket.Encryption = encryption, encryption
	state.DataBucket.EventBridge = Known(true)
	state.AuditBucket.ObjectLock = Known(ObjectLock{Enabled: true, Mode: compliance, Days: keepDays})
	if t, ok := state.Trail.Value(); ok {
		t.Key = s.keyAliasARN()
		state.Trail = Known(t)
	}
	state.Estate.Insights = Known([]string{"ApiCallRateInsight", "ApiErrorRateInsight"})
	state.Estate.Key = Known(Key{
		ARN: s.keyAliasARN(), State: "Enabled", Spec: "SYMMETRIC_DEFAULT", Usage: "ENCRYPT_DECRYPT", Manager: "CUSTOMER", Origin: "AWS_KMS",
	})
	state.Estate.KeyTags = Known(s.tags())
	state.Estate.KeyRotation = Known(Rotation{On: true, Days: rotateEvery})
	state.Estate.KeyPolicy = Known(keyPolicy(s))
	state.Estate.KeyGrants = Known([]KeyGrant{})
}

const (
	kmsEncryption = "aws:kms"
	compliance    = "COMPLIANCE"
)

// named is a key's ARN, or our alias where it means the same key.
func (s Settings) named(st *State, key string) string {
	if st.SameKey(key, s.keyAliasARN()) {
		return s.keyAliasARN()
	}
	return key
}

// bucketNamed is the bucket with its key named so that it can be compared. Where the
// strict profile's key could not be read, neither is the encryption known.
func (s Settings) bucketNamed(st *State, b *Bucket) *Bucket {
	if !s.Strict {
		return b
	}
	compared := *b
	if p, unknown := st.Estate.Key.Problem(); unknown && !b.Encryption.Absent() {
		compared.Encryption = Unknown[Encryption](p)
		return &compared
	}
	compared.Encryption = derive(b.Encryption, func(e Encryption) Encryption { e.Key = s.named(st, e.Key); return e })
	return &compared
}

// trailNamed is the same of the trail.
func (s Settings) trailNamed(st *State) Reading[Trail] {
	if !s.Strict {
		return st.Trail
	}
	if p, unknown := st.Estate.Key.Problem(); unknown && !st.Trail.Absent() {
		return Unknown[Trail](p)
	}
	return derive(st.Trail, func(t Trail) Trail { t.Key = s.named(st, t.Key); return t })
}

func keyParts(want *State) []part {
	policy, _ := want.Estate.KeyPolicy.Value()
	guarded := &Bucket{Policy: want.Estate.KeyPolicy}
	return []part{
		{
			id: "state", controls: []string{"KMS-01", "KMS-03"}, why: []string{"164.308(a)(7)(ii)(A)", "164.312(a)(2)(iv)"},
			fact: func(st *State) fact { return st.Estate.Key },
			diff: func(st *State) *change {
				k, _ := st.Estate.Key.Value()
				if k.State != "Disabled" && k.State != "PendingDeletion" {
					return nil
				}
				before := k.State
				if !k.Deletion.IsZero() {
					before += ", to be deleted on " + k.Deletion.Format("2006-01-02")
				}
				return &change{summary: "the key works, and stays", before: before, after: "Enabled"}
			},
			write: func(ctx context.Context, w *writer, st *State) error {
				k, _ := st.Estate.Key.Value()
				if k.State == "PendingDeletion" { // which leaves it disabled
					if err := w.kms(ctx, keyRequest("CancelKeyDeletion", k.ARN)); err != nil {
						return err
					}
				}
				return w.kms(ctx, keyRequest("EnableKey", k.ARN))
			},
		},
		{
			id: "rotation", controls: []string{"KMS-02"}, why: []string{"164.312(a)(2)(iv)"},
			fact: func(st *State) fact { return st.Estate.KeyRotation },
			diff: func(st *State) *change {
				r, _ := st.Estate.KeyRotation.Value()
				if r.On && r.Days <= rotateEvery {
					return nil
				}
				before := "off"
				if r.On {
					before = fmt.Sprintf("every %d days", r.Days)
				}
				return &change{summary: "renewed every year", before: before, after: fmt.Sprintf("every %d days", rotateEvery)}
			},
			write: func(ctx context.Context, w *writer, st *State) error {
				k, _ := st.Estate.Key.Value()
				return w.kms(ctx, aws.Request{Operation: "EnableKeyRotation", In: map[string]any{"KeyId": k.ARN, "RotationPeriodInDays": rotateEvery}})
			},
		},
		{
			id: "policy", controls: []string{"KMS-04"}, why: []string{"164.312(a)(1)"},
			fact: func(st *State) fact { return st.Estate.KeyPolicy },
			diff: func(st *State) *change {
				have, _ := st.Estate.KeyPolicy.Value()
				merged, dropped := mergePolicy(withoutDefault(have), guarded)
				if SameDocument(have, merged) {
					return nil
				}
				c := &change{summary: "for this account and its trail only", before: have, after: merged}
				if len(dropped) > 0 {
					c.summary += "; public statement removed: " + strings.Join(dropped, ", ")
				}
				return c
			},
			write: func(ctx context.Context, w *writer, st *State) error {
				k, _ := st.Estate.Key.Value()
				have, _ := st.Estate.KeyPolicy.Value()
				merged, _ := mergePolicy(withoutDefault(have), guarded)
				if merged == "" {
					merged = policy
				}
				return w.kms(ctx, aws.Request{Operation: "PutKeyPolicy", In: map[string]any{"KeyId": k.ARN, "PolicyName": "default", "Policy": merged}})
			},
		},
	}
}

// withoutDefault is a key's policy without the statement that AWS gives every new
// key: ours says the same.
func withoutDefault(document string) string {
	if document == "" {
		return ""
	}
	statements, err := parseStatements(document)
	if err != nil {
		return document
	}
	if len(statements) == 1 {
		if sid, _ := statements[0]["Sid"].(string); sid == "Enable IAM User Permissions" {
			return ""
		}
	}
	return document
}

// keyRows are the encryption key's own row and one for each setting that drifts;
// none without the strict profile.
func keyRows(s Settings, want *State) []row {
	if !s.Strict {
		return nil
	}
	resource := "encryption key " + s.keyAlias()
	ours := func(st *State) bool {
		tags, ok := st.Estate.KeyTags.Value()
		return ok && s.owned(tags)
	}
	parts := keyParts(want)
	read := func(o *observer, st *State) { o.encryptionKey(st) }
	whole := row{
		id: "encryption-key", resource: resource, why: []string{"164.312(a)(2)(iv)"}, controls: []string{"S3-03"}, read: read,
		facts: func(st *State) []fact {
			facts := []fact{st.Estate.Key}
			if st.Estate.Key.Absent() {
				return facts
			}
			facts = append(facts, st.Estate.KeyTags)
			if _, unknown := st.Estate.KeyTags.Problem(); unknown || ours(st) {
				return facts
			}
			for _, part := range parts {
				facts = append(facts, part.fact(st))
			}
			return facts
		},
		stuck: func(st *State) *Block {
			k, ok := st.Estate.Key.Value()
			if !ok || k.Manager == "CUSTOMER" && k.Spec == "SYMMETRIC_DEFAULT" && k.Usage == "ENCRYPT_DECRYPT" {
				return nil
			}
			return &Block{
				Reason: resource + " is a key of another kind (" + k.Spec + ", " + k.Usage + "), with which S3 cannot encrypt",
				Next:   "delete the alias " + s.keyAlias() + " in the KMS console, or declare another system name",
			}
		},
		diff: func(st *State) *change {
			if st.Estate.Key.Absent() {
				return &change{
					op: Create, summary: "about $1 a month; rotated every year", risk: Reversible, after: keyPolicy(s),
					undo: "encrypt everything another way first; then delete the alias and schedule the key's deletion",
				}
			}
			if ours(st) {
				return nil
			}
			return s.adoptParts("a key of this name exists that Claria did not make", parts, st)
		},
		write: func(ctx context.Context, w *writer) (string, error) { return w.makeKey(ctx, parts) },
	}
	return withParts(whole, parts, func(st *State) fact { return st.Estate.KeyTags }, ours, func(_ part, o *observer, st *State) { read(o, st) })
}

// kms sends one request; a key that was made a moment ago may not be there yet
// (KMS developer guide, "Eventual consistency").
func (w *writer) kms(ctx context.Context, r aws.Request) error {
	return settle(ctx, func() error { return aws.Ask(ctx, w.account, kms(), r, nil) }, "NotFoundException")
}

// makeKey creates the key where there is none, or takes it over, and writes every
// setting that differs. Killed between the key and its alias, it leaves a key that
// nothing uses; the next plan makes another.
func (w *writer) makeKey(ctx context.Context, parts []part) (string, error) {
	s := w.settings
	tags := []map[string]string{{"TagKey": SystemTag, "TagValue": s.system()}}
	var detail string
	if k, ok := w.have.Estate.Key.Value(); ok {
		if err := w.kms(ctx, aws.Request{Operation: "TagResource", In: map[string]any{"KeyId": k.ARN, "Tags": tags}}); err != nil {
			return "", err
		}
	} else {
		var made struct{ KeyMetadata struct{ Arn string } }
		err := aws.Ask(ctx, w.account, kms(), aws.Request{Operation: "CreateKey", In: map[string]any{
			"Policy": keyPolicy(s), "Tags": tags, "Description": "Records and logs of " + s.system(),
		}}, &made)
		if err != nil {
			return "", err
		}
		detail = made.KeyMetadata.Arn
		if err := w.kms(ctx, aws.Request{Operation: "CreateAlias", In: map[string]any{"AliasName": s.keyAlias(), "TargetKeyId": detail}}); err != nil {
			return "", fmt.Errorf("the key %s was made, but could not be named: %w", detail, err)
		}
	}
	fresh := newState(s)
	if err := settle(ctx, func() error {
		o := newObserver(ctx, w.account, s)
		o.encryptionKey(&fresh)
		o.wait()
		if fresh.Estate.Key.Absent() {
			return &aws.Error{Kind: aws.Absent, Operation: "kms:DescribeKey", Resource: s.keyAlias(), Code: "NotFoundException", Err: errors.New("the new key does not show yet")}
		}
		return nil
	}, "NotFoundException"); err != nil {
		return "", err
	}
	for _, part := range parts {
		if p, unknown := part.fact(&fresh).Problem(); unknown {
			return "", p.err(s.keyAlias())
		}
		if part.diff(&fresh) == nil {
			continue
		}
		if err := part.write(ctx, w, &fresh); err != nil {
			return "", err
		}
	}
	return detail, nil
}
