package provision

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	s3controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"claria/aws"
	"claria/provision/state"
)

// accountSettings are the settings of the account itself.
func accountSettings(s state.Settings) map[string]*setting {
	return map[string]*setting{
		"account-public-access": keep(whole[state.PublicAccess]{
			of:  func(st *state.State) state.Reading[state.PublicAccess] { return st.AccountPublicAccess },
			see: func(st *state.State, r state.Reading[state.PublicAccess]) { st.AccountPublicAccess = r },
			put: func(ctx context.Context, w *writer, p state.PublicAccess) error {
				_, err := aws.S3Control(w.account).PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{
					AccountId: &s.Account,
					PublicAccessBlockConfiguration: &s3controltypes.PublicAccessBlockConfiguration{
						BlockPublicAcls: &p.BlockACLs, IgnorePublicAcls: &p.IgnoreACLs,
						BlockPublicPolicy: &p.BlockPolicy, RestrictPublicBuckets: &p.RestrictsBuckets,
					},
				})
				return aws.Wrap(err, "s3control:PutPublicAccessBlock", s.Account)
			},
			drop: func(ctx context.Context, w *writer) error {
				_, err := aws.S3Control(w.account).DeletePublicAccessBlock(ctx, &s3control.DeletePublicAccessBlockInput{AccountId: &s.Account})
				return aws.Wrap(err, "s3control:DeletePublicAccessBlock", s.Account)
			},
		}),
		"password-policy": keep(whole[types.PasswordPolicy]{
			operation: "iam:GetAccountPasswordPolicy",
			ask: func(ctx context.Context, o *observer) (types.PasswordPolicy, error) {
				out, err := aws.IAM(o.account).GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
				switch {
				case err != nil:
					return types.PasswordPolicy{}, err
				case out.PasswordPolicy == nil:
					return types.PasswordPolicy{}, state.ErrNone
				}
				return *out.PasswordPolicy, nil
			},
			see: func(st *state.State, r state.Reading[types.PasswordPolicy]) {
				st.PasswordPolicy = state.Derive(r, reducePasswordPolicy)
			},
			put: func(ctx context.Context, w *writer, p types.PasswordPolicy) error {
				_, err := aws.IAM(w.account).UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{
					AllowUsersToChangePassword: p.AllowUsersToChangePassword, HardExpiry: p.HardExpiry, MaxPasswordAge: unlessZero(p.MaxPasswordAge),
					MinimumPasswordLength: p.MinimumPasswordLength, PasswordReusePrevention: unlessZero(p.PasswordReusePrevention),
					RequireLowercaseCharacters: p.RequireLowercaseCharacters, RequireUppercaseCharacters: p.RequireUppercaseCharacters,
					RequireNumbers: p.RequireNumbers, RequireSymbols: p.RequireSymbols,
				})
				return aws.Wrap(err, "iam:UpdateAccountPasswordPolicy", s.Account)
			},
			drop: func(ctx context.Context, w *writer) error {
				_, err := aws.IAM(w.account).DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{})
				return aws.Wrap(err, "iam:DeleteAccountPasswordPolicy", s.Account)
			},
		}),
		"security-contact": keep(whole[state.Contact]{
			of:  func(st *state.State) state.Reading[state.Contact] { return st.AccountSettings.Security },
			see: func(st *state.State, r state.Reading[state.Contact]) { st.AccountSettings.Security = r },
			put: func(ctx context.Context, w *writer, c state.Contact) error {
				return aws.Ask(ctx, w.account, accountService(), aws.Request{
					Operation: "PutAlternateContact", Path: "/putAlternateContact", In: contactWire{"SECURITY", c.Name, c.Title, c.Email, c.Phone},
				}, nil)
			},
			drop: func(ctx context.Context, w *writer) error {
				return aws.Ask(ctx, w.account, accountService(), aws.Request{
					Operation: "DeleteAlternateContact", Path: "/deleteAlternateContact", In: map[string]string{"AlternateContactType": "SECURITY"},
				}, nil)
			},
		}),
		"disk-defaults": keep(diskDefaults()),
	}
}

// unlessZero is nil for zero, which IAM returns but does not accept.
func unlessZero(n *int32) *int32 {
	if n == nil || *n == 0 {
		return nil
	}
	return n
}

// diskDefault is what a region does with a new disk and its snapshots.
type diskDefault struct {
	Encrypt   bool   `json:"encrypt"`
	Snapshots string `json:"snapshots"`
}

func diskDefaults() whole[map[string]diskDefault] {
	return whole[map[string]diskDefault]{
		entries: true,
		of: func(st *state.State) state.Reading[map[string]diskDefault] {
			regions, known := st.AccountSettings.RegionContents.Value()
			if !known {
				return state.Derive(st.AccountSettings.RegionContents, func([]state.RegionContents) map[string]diskDefault { return nil })
			}
			all := map[string]diskDefault{}
			for _, g := range regions {
				encrypt, ok := g.EncryptDisks.Value()
				block, okToo := g.BlockSnapshots.Value()
				if ok && okToo {
					all[g.Region] = diskDefault{encrypt, block}
				}
			}
			return state.Known(all)
		},
		see: func(st *state.State, r state.Reading[map[string]diskDefault]) {
			all, _ := r.Value()
			st.AccountSettings.RegionContents = replaced(st.AccountSettings.RegionContents, func(g state.RegionContents) bool {
				_, is := all[g.Region]
				return is
			}, func(g state.RegionContents) state.RegionContents {
				g.EncryptDisks, g.BlockSnapshots = state.Known(all[g.Region].Encrypt), state.Known(all[g.Region].Snapshots)
				return g
			})
		},
		put: func(ctx context.Context, w *writer, all map[string]diskDefault) error {
			regions, _ := w.have.AccountSettings.RegionContents.Value()
			for region, d := range all {
				var have state.RegionContents
				if i := slices.IndexFunc(regions, func(g state.RegionContents) bool { return g.Region == region }); i >= 0 {
					have = regions[i]
				}
				encrypt, block := aws.Request{Operation: "DisableEbsEncryptionByDefault"}, aws.Request{Operation: "DisableSnapshotBlockPublicAccess"}
				if d.Encrypt {
					encrypt.Operation = "EnableEbsEncryptionByDefault"
				}
				if d.Snapshots != "unblocked" {
					block.Operation, block.Values = "EnableSnapshotBlockPublicAccess", url.Values{"State": {d.Snapshots}}
				}
				var requests []aws.Request
				if on, known := have.EncryptDisks.Value(); !known || on != d.Encrypt {
					requests = append(requests, encrypt)
				}
				if is, known := have.BlockSnapshots.Value(); !known || is != d.Snapshots {
					requests = append(requests, block)
				}
				for _, r := range requests {
					r.Region = region
					if err := aws.Ask(ctx, w.account, ec2Service(), r, nil); err != nil {
						return fmt.Errorf("%s: %w", region, err)
					}
				}
			}
			return nil
		},
		admin: func(st *state.State) string {
			regions, _ := st.AccountSettings.RegionContents.Value()
			if len(lax(regions)) == 0 {
				return ""
			}
			return state.ProvisionerRole + " may turn disk encryption and snapshot blocking on, not off"
		},
	}
}
