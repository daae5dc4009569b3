package provision

import (
	"context"

	"claria/aws"
	"claria/provision/state"
)

// keySettings are the settings of the strict profile's encryption key; none without it.
func keySettings(s state.Settings) map[string]*setting {
	if !s.Strict {
		return nil
	}
	arn := func(w *writer) string { k, _ := w.have.Inventory.Key.Value(); return k.ARN }
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
		"encryption-key/policy": keep(whole[string]{
			of:  func(st *state.State) state.Reading[string] { return st.Inventory.KeyPolicy },
			see: func(st *state.State, r state.Reading[string]) { st.Inventory.KeyPolicy = r },
			put: func(ctx context.Context, w *writer, document string) error {
				return w.kms(ctx, aws.Request{Operation: "PutKeyPolicy", In: map[string]any{
					"KeyId": arn(w), "PolicyName": "default", "Policy": document,
				}})
			},
		}),
	}
}
