package provision

import (
	"context"
	"time"

	"claria/aws"
	"claria/provision/state"
)

// kms is AWS's Key Management Service, called without an SDK client (AWS KMS API
// reference).
func kms() aws.Service {
	return aws.Service{Name: "kms", Host: "kms.{region}.amazonaws.com", Endpoint: "KMS", Wording: aws.JSON11, Target: "TrentService"}
}

// keyRequest names one key.
func keyRequest(operation, key string) aws.Request {
	return aws.Request{Operation: operation, In: map[string]any{"KeyId": key}}
}

// encryptionKey schedules the reads of the practice's own key. DescribeKey comes first,
// because only it accepts an alias.
func (o *observer) encryptionKey(s *state.State) {
	e := &s.Inventory
	o.do(func(ctx context.Context) {
		key, err := o.describeKey(ctx)
		e.Key = state.ReadingOf(key, err, "kms:DescribeKey")
		if !e.Key.Known() {
			e.KeyTags = state.Derive(e.Key, func(state.Key) map[string]string { return nil })
			e.KeyRotation = state.Derive(e.Key, func(state.Key) state.Rotation { return state.Rotation{} })
			e.KeyPolicy = state.Derive(e.Key, func(state.Key) string { return "" })
			e.KeyGrants = state.Derive(e.Key, func(state.Key) []state.KeyGrant { return nil })
			return
		}
		ask(o, "kms:ListResourceTags", &e.KeyTags, func(ctx context.Context) (map[string]string, error) { return o.keyTags(ctx, key.ARN) })
		ask(o, "kms:GetKeyRotationStatus", &e.KeyRotation, func(ctx context.Context) (state.Rotation, error) {
			return o.keyRotation(ctx, key.ARN)
		})
		ask(o, "kms:GetKeyPolicy", &e.KeyPolicy, func(ctx context.Context) (string, error) { return o.keyPolicy(ctx, key.ARN) })
		ask(o, "kms:ListGrants", &e.KeyGrants, func(ctx context.Context) ([]state.KeyGrant, error) { return o.keyGrants(ctx, key.ARN) })
	})
}

func (o *observer) describeKey(ctx context.Context) (state.Key, error) {
	var out struct {
		KeyMetadata struct {
			Arn, KeyState, KeySpec, KeyUsage, KeyManager, Origin string
			MultiRegion                                          bool
			DeletionDate                                         float64
		}
	}
	if err := aws.Ask(ctx, o.account, kms(), keyRequest("DescribeKey", o.settings.KeyAliasARN()), &out); err != nil {
		return state.Key{}, err
	}
	m := out.KeyMetadata
	if m.Arn == "" || m.KeyState == "" {
		return state.Key{}, state.ErrIncomplete
	}
	key := state.Key{
		ARN: m.Arn, State: m.KeyState, Spec: m.KeySpec, Usage: m.KeyUsage, Manager: m.KeyManager, Origin: m.Origin, MultiRegion: m.MultiRegion,
	}
	if m.DeletionDate > 0 {
		key.Deletion = time.Unix(int64(m.DeletionDate), 0).UTC()
	}
	return key, nil
}

func (o *observer) keyTags(ctx context.Context, key string) (map[string]string, error) {
	tags := map[string]string{}
	in := map[string]any{"KeyId": key}
	err := aws.Pages(func(token string) (string, error) {
		if token != "" {
			in["Marker"] = token
		}
		var page struct {
			Tags       *[]struct{ TagKey, TagValue string }
			NextMarker string
			Truncated  bool
		}
		if err := aws.Ask(ctx, o.account, kms(), aws.Request{Operation: "ListResourceTags", In: in}, &page); err != nil {
			return "", err
		}
		if page.Tags == nil {
			return "", state.ErrIncomplete
		}
		for _, t := range *page.Tags {
			tags[t.TagKey] = t.TagValue
		}
		return aws.Next(page.Truncated, &page.NextMarker)
	})
	return tags, err
}

func (o *observer) keyRotation(ctx context.Context, key string) (state.Rotation, error) {
	var out struct {
		KeyRotationEnabled   *bool
		RotationPeriodInDays int
	}
	if err := aws.Ask(ctx, o.account, kms(), keyRequest("GetKeyRotationStatus", key), &out); err != nil {
		return state.Rotation{}, err
	}
	if out.KeyRotationEnabled == nil {
		return state.Rotation{}, state.ErrIncomplete
	}
	return state.Rotation{On: *out.KeyRotationEnabled, Days: out.RotationPeriodInDays}, nil
}

func (o *observer) keyPolicy(ctx context.Context, key string) (string, error) {
	var out struct{ Policy string }
	// A key has one policy, named "default".
	in := map[string]any{"KeyId": key, "PolicyName": "default"}
	if err := aws.Ask(ctx, o.account, kms(), aws.Request{Operation: "GetKeyPolicy", In: in}, &out); err != nil {
		return "", err
	}
	if out.Policy == "" {
		return "", state.ErrIncomplete
	}
	return out.Policy, nil
}

func (o *observer) keyGrants(ctx context.Context, key string) ([]state.KeyGrant, error) {
	grants := []state.KeyGrant{}
	in := map[string]any{"KeyId": key}
	err := aws.Pages(func(token string) (string, error) {
		if token != "" {
			in["Marker"] = token
		}
		var page struct {
			Grants *[]struct {
				GrantId, GranteePrincipal string
				Operations                []string
			}
			NextMarker string
			Truncated  bool
		}
		if err := aws.Ask(ctx, o.account, kms(), aws.Request{Operation: "ListGrants", In: in}, &page); err != nil {
			return "", err
		}
		if page.Grants == nil {
			return "", state.ErrIncomplete
		}
		for _, g := range *page.Grants {
			grants = append(grants, state.KeyGrant{ID: g.GrantId, Grantee: g.GranteePrincipal, Operations: g.Operations})
		}
		return aws.Next(page.Truncated, &page.NextMarker)
	})
	return grants, err
}
