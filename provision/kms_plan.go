package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"claria/aws"
	"claria/provision/permissions"
	"claria/provision/state"
)

// rotateEvery is how often the key's material is rotated, in days.
const rotateEvery = 365

// desiredKey fills in what the strict profile adds: the practice's own key encrypts the
// records and the logs, nobody can delete logs, and the data bucket sends its events. The
// desired State names the key by its alias, because its ARN is known only once it exists.
func desiredKey(s state.Settings, snapshot *state.State) {
	encryption := state.Known(state.Encryption{Algorithm: permissions.KMSEncryption, Key: s.KeyAliasARN(), BucketKey: true})
	snapshot.DataBucket.Encryption, snapshot.AuditBucket.Encryption = encryption, encryption
	snapshot.DataBucket.EventBridge = state.Known(true)
	snapshot.AuditBucket.ObjectLock = state.Known(state.ObjectLock{Enabled: true, Mode: permissions.Compliance, Days: keepDays})
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
	snapshot.Inventory.KeyPolicy = state.Known(permissions.KeyPolicy(s))
	snapshot.Inventory.KeyGrants = state.Known([]state.KeyGrant{})
}

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
					before += ", scheduled for deletion on " + k.Deletion.Format("2006-01-02")
				}
				return &change{summary: "enabled, and not scheduled for deletion", before: before, after: "Enabled"}
			},
			write: func(ctx context.Context, w *writer, st *state.State) error {
				k, _ := st.Inventory.Key.Value()
				if k.State == "PendingDeletion" { // cancelling leaves it disabled
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
				return &change{summary: "rotated every year", before: before, after: fmt.Sprintf("every %d days", rotateEvery)}
			},
			write: func(ctx context.Context, w *writer, st *state.State) error {
				k, _ := st.Inventory.Key.Value()
				return w.kms(ctx, aws.Request{Operation: "EnableKeyRotation", In: map[string]any{"KeyId": k.ARN, "RotationPeriodInDays": rotateEvery}})
			},
		},
		{
			id: "policy", controls: []string{"KMS-04", "S3-21"}, why: []string{"164.312(a)(1)"},
			fact: func(st *state.State) fact { return st.Inventory.KeyPolicy },
			diff: func(st *state.State) *change {
				have, _ := st.Inventory.KeyPolicy.Value()
				merged, dropped := mergePolicy(withoutDefault(have), guarded)
				if permissions.SameDocument(have, merged) {
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
				return w.putKeyPolicy(ctx, k.ARN, merged)
			},
		},
	}
}

// withoutDefault is a key policy without the statement that AWS gives every new key,
// because ours says the same.
func withoutDefault(document string) string {
	if document == "" {
		return ""
	}
	statements, err := permissions.ParseStatements(document)
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

// kmsResources are the encryption key and one resource for each of its attributes; none
// without the strict profile.
func kmsResources(s state.Settings, want *state.State) []resource {
	if !s.Strict {
		return nil
	}
	title := "encryption key " + s.KeyAlias()
	ours := func(st *state.State) bool {
		tags, ok := st.Inventory.KeyTags.Value()
		return ok && s.Owned(tags)
	}
	attributes := keyAttributes(want)
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
			for _, each := range attributes {
				facts = append(facts, each.fact(st))
			}
			return facts
		},
		stuck: func(st *state.State) *Block {
			k, ok := st.Inventory.Key.Value()
			if !ok || k.Manager == "CUSTOMER" && k.Spec == "SYMMETRIC_DEFAULT" && k.Usage == "ENCRYPT_DECRYPT" {
				return nil
			}
			return &Block{
				Reason: "S3 cannot encrypt with " + title + ", which is a key of another kind (" + k.Spec + ", " + k.Usage + ")",
				Next:   "delete the alias " + s.KeyAlias() + " in the KMS console, or declare another system name",
			}
		},
		diff: func(st *state.State) *change {
			if st.Inventory.Key.Absent() {
				return &change{
					op: Create, summary: "about $1 a month; rotated every year", risk: Reversible, after: permissions.KeyPolicy(s),
					undo: "first encrypt everything another way, then delete the alias and schedule the key's deletion",
				}
			}
			if ours(st) {
				return nil
			}
			return adoptAttributes(s, "a key with this name exists that Claria did not create", attributes, st)
		},
		write: func(ctx context.Context, w *writer) (string, error) { return w.makeKey(ctx, attributes) },
	}
	tags := func(st *state.State) fact { return st.Inventory.KeyTags }
	return withAttributes(whole, attributes, tags, ours, func(_ attribute, o *observer, st *state.State) { read(o, st) })
}

func (w *writer) kms(ctx context.Context, r aws.Request) error {
	return aws.Ask(ctx, w.account, kms(), r, nil)
}

func (w *writer) putKeyPolicy(ctx context.Context, key, document string) error {
	return w.kms(ctx, aws.Request{Operation: "PutKeyPolicy", In: map[string]any{"KeyId": key, "PolicyName": "default", "Policy": document}})
}

// makeKey creates or adopts the key and writes every attribute that differs. A key that an
// earlier run made and could not name is named instead of making another.
func (w *writer) makeKey(ctx context.Context, attributes []attribute) (string, error) {
	s := w.settings
	tags := []map[string]string{{"TagKey": state.SystemTag, "TagValue": s.SystemName()}}
	var detail string
	if k, ok := w.have.Inventory.Key.Value(); ok {
		if err := w.kms(ctx, aws.Request{Operation: "TagResource", In: map[string]any{"KeyId": k.ARN, "Tags": tags}}); err != nil {
			return "", err
		}
		w.account.Made(k.ARN)
	} else {
		var err error
		if detail, err = w.newEncryptionKey(ctx, tags); err != nil {
			return "", err
		}
		if err := w.nameKey(ctx, detail); err != nil {
			return "", fmt.Errorf("the key %s was created, but its alias was not: %w. The next run names it", detail, err)
		}
	}
	fresh := newState(s)
	o := newObserver(ctx, w.account, s)
	o.encryptionKey(&fresh)
	o.wait()
	if fresh.Inventory.Key.Absent() {
		return "", &aws.Error{
			Kind: aws.Absent, Operation: "kms:DescribeKey", Resource: s.KeyAlias(), Err: errors.New("AWS does not show the new key yet"),
		}
	}
	for _, each := range attributes {
		if p, unknown := each.fact(&fresh).Problem(); unknown {
			return "", problemError(p, s.KeyAlias())
		}
		if each.diff(&fresh) == nil {
			continue
		}
		if err := each.write(ctx, w, &fresh); err != nil {
			return "", err
		}
	}
	return detail, nil
}

// newEncryptionKey returns the ARN of the key: one with our tag that has no name yet, or a new one.
// CreateKey makes another key each time, so a lost answer is looked for by the tag.
func (w *writer) newEncryptionKey(ctx context.Context, tags []map[string]string) (arn string, err error) {
	if arn, err = w.namelessKey(ctx); arn != "" || err != nil {
		return arn, err
	}
	err = w.account.Once(ctx, "kms:CreateKey", func() error {
		var made struct{ KeyMetadata struct{ Arn string } }
		err := aws.Ask(ctx, w.account, kms(), aws.Request{Operation: "CreateKey", In: map[string]any{
			"Policy": permissions.KeyPolicy(w.settings), "Tags": tags, "Description": w.keyDescription(),
		}}, &made)
		arn = made.KeyMetadata.Arn
		return err
	}, func(ctx context.Context) (bool, error) {
		found, err := w.namelessKey(ctx)
		arn = found
		return found != "", err
	})
	if err == nil {
		w.account.Made(arn)
	}
	return arn, err
}

// nameKey gives the key its alias.
func (w *writer) nameKey(ctx context.Context, arn string) error {
	return w.create(ctx, "kms:CreateAlias", w.settings.KeyAlias(), []string{w.settings.KeyAlias(), arn}, isThere, func() error {
		return w.kms(ctx, aws.Request{Operation: "CreateAlias", In: map[string]any{"AliasName": w.settings.KeyAlias(), "TargetKeyId": arn}})
	})
}

func (w *writer) keyDescription() string { return "Records and logs of " + w.settings.SystemName() }

// namelessKey is the ARN of the oldest key that Claria made here and that is not scheduled
// for deletion; empty: there is none. It is asked only while our alias does not exist.
func (w *writer) namelessKey(ctx context.Context) (string, error) {
	keys, err := w.listKeys(ctx)
	if err != nil {
		return "", err
	}
	oldest, created := "", 0.0
	for _, key := range keys {
		tags, err := w.observer.keyTags(ctx, key)
		if aws.ClosedPolicy(err) {
			continue // ours lets the account's policies decide
		}
		if err != nil {
			return "", err
		}
		if !w.settings.Owned(tags) {
			continue
		}
		var out struct {
			KeyMetadata struct {
				KeyState, Description string
				CreationDate          float64
			}
		}
		if err := aws.Ask(ctx, w.account, kms(), keyRequest("DescribeKey", key), &out); err != nil {
			return "", err
		}
		m := out.KeyMetadata
		if m.Description == w.keyDescription() && m.KeyState != "PendingDeletion" && (oldest == "" || m.CreationDate < created) {
			oldest, created = key, m.CreationDate
		}
	}
	return oldest, nil
}

// listKeys are the ARNs of the region's keys.
func (w *writer) listKeys(ctx context.Context) ([]string, error) {
	var all []string
	in := map[string]any{"Limit": 1000}
	for {
		var page struct {
			Keys       *[]struct{ KeyArn string }
			NextMarker string
			Truncated  bool
		}
		if err := aws.Ask(ctx, w.account, kms(), aws.Request{Operation: "ListKeys", In: in}, &page); err != nil {
			return nil, err
		}
		if page.Keys == nil {
			return nil, state.ErrIncomplete
		}
		for _, k := range *page.Keys {
			all = append(all, k.KeyArn)
		}
		if !page.Truncated {
			return all, nil
		}
		in["Marker"] = page.NextMarker
	}
}

// keyNamed is a key's ARN, or our alias if both mean the same key.
func keyNamed(s state.Settings, st *state.State, key string) string {
	if st.SameKey(key, s.KeyAliasARN()) {
		return s.KeyAliasARN()
	}
	return key
}

// bucketNamed is the bucket with its key named by keyNamed, for comparison. If the strict
// profile's key could not be read, the encryption is unknown too.
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

// trailNamed is the same for the trail.
func trailNamed(s state.Settings, st *state.State) state.Reading[state.Trail] {
	if !s.Strict {
		return st.Trail
	}
	if p, unknown := st.Inventory.Key.Problem(); unknown && !st.Trail.Absent() {
		return state.Unknown[state.Trail](p)
	}
	return state.Derive(st.Trail, func(t state.Trail) state.Trail { t.Key = keyNamed(s, st, t.Key); return t })
}

// keySettings are the settings of the strict profile's encryption key; none without it.
func keySettings(s state.Settings) map[string]*setting {
	if !s.Strict {
		return nil
	}
	arn := func(w *writer) string { k, _ := w.have.Inventory.Key.Value(); return k.ARN }
	policyKept := whole[string]{
		of:  func(st *state.State) state.Reading[string] { return st.Inventory.KeyPolicy },
		see: func(st *state.State, r state.Reading[string]) { st.Inventory.KeyPolicy = r },
		put: func(ctx context.Context, w *writer, document string) error {
			return w.putKeyPolicy(ctx, arn(w), document)
		},
	}
	return map[string]*setting{
		"encryption-key/state": keep(whole[string]{
			of: func(st *state.State) state.Reading[string] {
				return state.Derive(st.Inventory.Key, func(k state.Key) string { return k.State })
			},
			see: func(st *state.State, r state.Reading[string]) {
				st.Inventory.Key = state.Derive(st.Inventory.Key, func(k state.Key) state.Key { k.State, _ = r.Value(); return k })
			},
			put: func(ctx context.Context, w *writer, state string) error {
				if state == "Disabled" {
					return w.kms(ctx, keyRequest("DisableKey", arn(w)))
				}
				return w.kms(ctx, keyRequest("EnableKey", arn(w)))
			},
			never: func(st *state.State) string {
				if k, _ := st.Inventory.Key.Value(); k.State == "PendingDeletion" {
					return "Claria deletes no encryption key, because records could no longer be opened"
				}
				return ""
			},
			admin: func(st *state.State) string {
				if k, _ := st.Inventory.Key.Value(); k.State == "Disabled" {
					return "none of Claria's identities may disable the encryption key"
				}
				return ""
			},
		}),
		"encryption-key/rotation": keep(whole[state.Rotation]{
			of:  func(st *state.State) state.Reading[state.Rotation] { return st.Inventory.KeyRotation },
			see: func(st *state.State, r state.Reading[state.Rotation]) { st.Inventory.KeyRotation = r },
			put: func(ctx context.Context, w *writer, r state.Rotation) error {
				if !r.On {
					return w.kms(ctx, keyRequest("DisableKeyRotation", arn(w)))
				}
				in := map[string]any{"KeyId": arn(w)}
				if r.Days > 0 {
					in["RotationPeriodInDays"] = r.Days
				}
				return w.kms(ctx, aws.Request{Operation: "EnableKeyRotation", In: in})
			},
			admin: func(st *state.State) string {
				if r, _ := st.Inventory.KeyRotation.Value(); r.On {
					return ""
				}
				return state.ProvisionerRole + " may turn the key's rotation on, not off"
			},
		}),
		"encryption-key/policy": keep(policyKept),
		keyAccessID:             keep(policyKept),
	}
}
