package provision

import (
	"context"

	"claria/aws"
)

// keySettings are the settings of the strict profile's encryption key; none without it.
func keySettings(s Settings) map[string]*setting {
	if !s.Strict {
		return nil
	}
	arn := func(w *writer) string { k, _ := w.have.Estate.Key.Value(); return k.ARN }
	return map[string]*setting{
		"encryption-key/state": keep(whole[string]{
			of: func(st *State) Reading[string] { return derive(st.Estate.Key, func(k Key) string { return k.State }) },
			see: func(st *State, r Reading[string]) {
				st.Estate.Key = derive(st.Estate.Key, func(k Key) Key { k.State, _ = r.Value(); return k })
			},
			put: func(ctx context.Context, w *writer, state string) error {
				if state == "Disabled" {
					return w.kms(ctx, keyRequest("DisableKey", arn(w)))
				}
				return w.kms(ctx, keyRequest("EnableKey", arn(w)))
			},
			never: func(st *State) string {
				if k, _ := st.Estate.Key.Value(); k.State == "PendingDeletion" {
					return "Claria deletes no encryption key; records could not be opened any more"
				}
				return ""
			},
			admin: func(st *State) string {
				if k, _ := st.Estate.Key.Value(); k.State == "Disabled" {
					return "no identity of Claria may switch the encryption key off"
				}
				return ""
			},
		}),
		"encryption-key/rotation": keep(whole[Rotation]{
			of:  func(st *State) Reading[Rotation] { return st.Estate.KeyRotation },
			see: func(st *State, r Reading[Rotation]) { st.Estate.KeyRotation = r },
			put: func(ctx context.Context, w *writer, r Rotation) error {
				if !r.On {
					return w.kms(ctx, keyRequest("DisableKeyRotation", arn(w)))
				}
				in := map[string]any{"KeyId": arn(w)}
				if r.Days > 0 {
					in["RotationPeriodInDays"] = r.Days
				}
				return w.kms(ctx, aws.Request{Operation: "EnableKeyRotation", In: in})
			},
			admin: func(st *State) string {
				if r, _ := st.Estate.KeyRotation.Value(); r.On {
					return ""
				}
				return ProvisionerRole + " may turn the key's rotation on, not off"
			},
		}),
		"encryption-key/policy": keep(whole[string]{
			of:  func(st *State) Reading[string] { return st.Estate.KeyPolicy },
			see: func(st *State, r Reading[string]) { st.Estate.KeyPolicy = r },
			put: func(ctx context.Context, w *writer, document string) error {
				return w.kms(ctx, aws.Request{Operation: "PutKeyPolicy", In: map[string]any{
					"KeyId": arn(w), "PolicyName": "default", "Policy": document,
				}})
			},
		}),
	}
}
