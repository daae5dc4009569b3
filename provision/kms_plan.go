package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"claria/aws"
	"claria/provision/state"
)

// rotateEvery is how old the key's material may grow, in days.
const rotateEvery = 365

// desiredKey fills in what the strict profile wants: a key of the practice's own
// in front of the records and the logs, logs that nobody at all can delete, and
// events of what happens in the data bucket. A key's ARN is known only once it
// exists; until then, and in every comparison, its alias stands for it.
func desiredKey(s state.Settings, snapshot *state.State) {
	encryption := state.Known(state.Encryption{Algorithm: kmsEncryption, Key: s.KeyAliasARN(), BucketKey: true})
	snapshot.DataBucket.Encryption, snapshot.AuditBucket.Encryption = encryption, encryption
	snapshot.DataBucket.EventBridge = state.Known(true)
	snapshot.AuditBucket.ObjectLock = state.Known(state.ObjectLock{Enabled: true, Mode: compliance, Days: keepDays})
	if t, ok := snapshot.Trail.Value(); ok {
		t.Key = s.KeyAliasARN()
		snapshot.Trail = state.Known(t)
	}
	snapshot.Inventory.Insights = state.Known([]string{"ApiCallRateInsight", "ApiErrorRateInsight"})
	snapshot.Inventory.Key = state.Known(state.Key{
		ARN: s.KeyAliasARN(), State: "Enabled", Spec: "SYMMETRIC_DEFAULT", Usage: "ENCRYPT_DECRYPT", Manager: "CUSTOMER", Origin: "AWS_KMS",
	})
	snapshot.Inventory.KeyTags = state.Known(s.Tags())
	snapshot.Inventory.KeyRotation = state.Known(state.Rotation{On: true, Days: rotateEvery})
	snapshot.Inventory.KeyPolicy = state.Known(keyPolicy(s))
	snapshot.Inventory.KeyGrants = state.Known([]state.KeyGrant{})
}

const (
	kmsEncryption = "aws:kms"
	compliance    = "COMPLIANCE"
)

func keyAttributes(want *state.State) []attribute {
	policy, _ := want.Inventory.KeyPolicy.Value()
	guarded := &state.Bucket{Policy: want.Inventory.KeyPolicy}
	return []attribute{
		{
			id: "state", controls: []string{"KMS-01", "KMS-03"}, why: []string{"164.308(a)(7)(ii)(A)", "164.312(a)(2)(iv)"},
			fact: func(st *state.State) fact { return st.Inventory.Key },
			diff: func(st *state.State) *change {
				k, _ := st.Inventory.Key.Value()
				if k.State != "Disabled" && k.State != "PendingDeletion" {
					return nil
				}
				before := k.State
				if !k.Deletion.IsZero() {
					before += ", to be deleted on " + k.Deletion.Format("2006-01-02")
				}
				return &change{summary: "the key works, and stays", before: before, after: "Enabled"}
			},
			write: func(ctx context.Context, w *writer, st *state.State) error {
				k, _ := st.Inventory.Key.Value()
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
			fact: func(st *state.State) fact { return st.Inventory.KeyRotation },
			diff: func(st *state.State) *change {
				r, _ := st.Inventory.KeyRotation.Value()
				if r.On && r.Days <= rotateEvery {
					return nil
				}
				before := "off"
				if r.On {
					before = fmt.Sprintf("every %d days", r.Days)
				}
				return &change{summary: "renewed every year", before: before, after: fmt.Sprintf("every %d days", rotateEvery)}
			},
			write: func(ctx context.Context, w *writer, st *state.State) error {
				k, _ := st.Inventory.Key.Value()
				return w.kms(ctx, aws.Request{Operation: "EnableKeyRotation", In: map[string]any{"KeyId": k.ARN, "RotationPeriodInDays": rotateEvery}})
			},
		},
		{
			id: "policy", controls: []string{"KMS-04"}, why: []string{"164.312(a)(1)"},
			fact: func(st *state.State) fact { return st.Inventory.KeyPolicy },
			diff: func(st *state.State) *change {
				have, _ := st.Inventory.KeyPolicy.Value()
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
			write: func(ctx context.Context, w *writer, st *state.State) error {
				k, _ := st.Inventory.Key.Value()
				have, _ := st.Inventory.KeyPolicy.Value()
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

// kmsResources are the encryption key's own row and one for each setting that drifts;
// none without the strict profile.
func kmsResources(s state.Settings, want *state.State) []resource {
	if !s.Strict {
		return nil
	}
	title := "encryption key " + s.KeyAlias()
	ours := func(st *state.State) bool {
		tags, ok := st.Inventory.KeyTags.Value()
		return ok && s.Owned(tags)
	}
	parts := keyAttributes(want)
	read := func(o *observer, st *state.State) { o.encryptionKey(st) }
	whole := resource{
		id: "encryption-key", title: title, why: []string{"164.312(a)(2)(iv)"}, controls: []string{"S3-03"}, read: read,
		facts: func(st *state.State) []fact {
			facts := []fact{st.Inventory.Key}
			if st.Inventory.Key.Absent() {
				return facts
			}
			facts = append(facts, st.Inventory.KeyTags)
			if _, unknown := st.Inventory.KeyTags.Problem(); unknown || ours(st) {
				return facts
			}
			for _, part := range parts {
				facts = append(facts, part.fact(st))
			}
			return facts
		},
		stuck: func(st *state.State) *Block {
			k, ok := st.Inventory.Key.Value()
			if !ok || k.Manager == "CUSTOMER" && k.Spec == "SYMMETRIC_DEFAULT" && k.Usage == "ENCRYPT_DECRYPT" {
				return nil
			}
			return &Block{
				Reason: title + " is a key of another kind (" + k.Spec + ", " + k.Usage + "), with which S3 cannot encrypt",
				Next:   "delete the alias " + s.KeyAlias() + " in the KMS console, or declare another system name",
			}
		},
		diff: func(st *state.State) *change {
			if st.Inventory.Key.Absent() {
				return &change{
					op: Create, summary: "about $1 a month; rotated every year", risk: Reversible, after: keyPolicy(s),
					undo: "encrypt everything another way first; then delete the alias and schedule the key's deletion",
				}
			}
			if ours(st) {
				return nil
			}
			return adoptAttributes(s, "a key of this name exists that Claria did not make", parts, st)
		},
		write: func(ctx context.Context, w *writer) (string, error) { return w.makeKey(ctx, parts) },
	}
	return withAttributes(whole, parts, func(st *state.State) fact { return st.Inventory.KeyTags }, ours, func(_ attribute, o *observer, st *state.State) { read(o, st) })
}

// kms sends one request; a key that was made a moment ago may not be there yet
// (KMS developer guide, "Eventual consistency").
func (w *writer) kms(ctx context.Context, r aws.Request) error {
	return settle(ctx, func() error { return aws.Ask(ctx, w.account, kms(), r, nil) }, "NotFoundException")
}

// makeKey creates the key where there is none, or takes it over, and writes every
// setting that differs. Killed between the key and its alias, it leaves a key that
// nothing uses; the next plan makes another.
func (w *writer) makeKey(ctx context.Context, parts []attribute) (string, error) {
	s := w.settings
	tags := []map[string]string{{"TagKey": state.SystemTag, "TagValue": s.SystemName()}}
	var detail string
	if k, ok := w.have.Inventory.Key.Value(); ok {
		if err := w.kms(ctx, aws.Request{Operation: "TagResource", In: map[string]any{"KeyId": k.ARN, "Tags": tags}}); err != nil {
			return "", err
		}
	} else {
		var made struct{ KeyMetadata struct{ Arn string } }
		err := aws.Ask(ctx, w.account, kms(), aws.Request{Operation: "CreateKey", In: map[string]any{
			"Policy": keyPolicy(s), "Tags": tags, "Description": "Records and logs of " + s.SystemName(),
		}}, &made)
		if err != nil {
			return "", err
		}
		detail = made.KeyMetadata.Arn
		if err := w.kms(ctx, aws.Request{Operation: "CreateAlias", In: map[string]any{"AliasName": s.KeyAlias(), "TargetKeyId": detail}}); err != nil {
			return "", fmt.Errorf("the key %s was made, but could not be named: %w", detail, err)
		}
	}
	fresh := newState(s)
	if err := settle(ctx, func() error {
		o := newObserver(ctx, w.account, s)
		o.encryptionKey(&fresh)
		o.wait()
		if fresh.Inventory.Key.Absent() {
			return &aws.Error{Kind: aws.Absent, Operation: "kms:DescribeKey", Resource: s.KeyAlias(), Code: "NotFoundException", Err: errors.New("the new key does not show yet")}
		}
		return nil
	}, "NotFoundException"); err != nil {
		return "", err
	}
	for _, part := range parts {
		if p, unknown := part.fact(&fresh).Problem(); unknown {
			return "", problemError(p, s.KeyAlias())
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

// keyNamed is a key's ARN, or our alias where it means the same key.
func keyNamed(s state.Settings, st *state.State, key string) string {
	if st.SameKey(key, s.KeyAliasARN()) {
		return s.KeyAliasARN()
	}
	return key
}

// bucketNamed is the bucket with its key named so that it can be compared. Where the
// strict profile's key could not be read, neither is the encryption known.
func bucketNamed(s state.Settings, st *state.State, b *state.Bucket) *state.Bucket {
	if !s.Strict {
		return b
	}
	compared := *b
	if p, unknown := st.Inventory.Key.Problem(); unknown && !b.Encryption.Absent() {
		compared.Encryption = state.Unknown[state.Encryption](p)
		return &compared
	}
	compared.Encryption = state.Derive(b.Encryption, func(e state.Encryption) state.Encryption { e.Key = keyNamed(s, st, e.Key); return e })
	return &compared
}

// trailNamed is the same of the trail.
func trailNamed(s state.Settings, st *state.State) state.Reading[state.Trail] {
	if !s.Strict {
		return st.Trail
	}
	if p, unknown := st.Inventory.Key.Problem(); unknown && !st.Trail.Absent() {
		return state.Unknown[state.Trail](p)
	}
	return state.Derive(st.Trail, func(t state.Trail) state.Trail { t.Key = keyNamed(s, st, t.Key); return t })
}
