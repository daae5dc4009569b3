package provision

import (
	"context"
	"fmt"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"claria/aws"
	"claria/provision/state"
)

// accessKeyResource gives an identity its access key. The key is stored in the keyring
// only after it was tested.
func accessKeyResource(s state.Settings, user string) resource {
	is := func(u state.User) bool { return u.ARN == s.UserARN(user) }
	active := func(st *state.State) []state.AccessKey {
		u, _ := state.Find(st.Users, is).Value()
		if !s.Owned(u.Tags) {
			return nil // an adopted user has somebody else's keys
		}
		keys, _ := u.Keys.Value()
		var on []state.AccessKey
		for _, k := range keys {
			if k.Active {
				on = append(on, k)
			}
		}
		return on
	}
	controls := []string{}
	if user == state.AdminUser {
		controls = append(controls, "IAM-12")
	}
	return resource{
		id: "key/" + user, title: "access key of " + user, controls: controls, needs: []string{"user/" + user},
		why:  []string{"164.312(a)(2)(i)", "164.312(d)"},
		read: (*observer).identities,
		facts: func(st *state.State) []fact {
			u := state.Find(st.Users, is)
			have, exists := u.Value()
			if !exists {
				if _, unknown := u.Problem(); unknown {
					return []fact{u}
				}
				return []fact{state.Known([]string{})}
			}
			return []fact{state.Derive(have.Keys, func(keys []state.AccessKey) []string {
				ids := []string{}
				for _, k := range keys {
					ids = append(ids, fmt.Sprint(k.ID, k.Active))
				}
				return ids
			})}
		},
		diff: func(st *state.State) *change {
			keys := active(st)
			enough := len(keys) > 0
			if user == state.AdminUser && s.Held != nil { // this computer needs its own key
				enough = false
				for _, k := range keys {
					enough = enough || k.ID == s.Held[user]
				}
			}
			if enough {
				return nil
			}
			return &change{
				op: Create, summary: "tested, then stored in the keyring", after: "one new key",
				risk: Reversible, undo: "delete the key in IAM and from the keyring",
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) { return w.newKey(ctx, user) },
		done:  func(st *state.State) bool { return len(active(st)) > 0 },
	}
}

// proofTime is how long AWS may take until a new key works everywhere.
const proofTime = 30 * time.Second

// newKey creates a key, tests it and stores it. If that fails, it deletes the key, because
// nobody would know its secret.
func (w *writer) newKey(ctx context.Context, user string) (string, error) {
	key, err := w.createKey(ctx, user)
	if err != nil {
		return "", err
	}
	err = w.prove(ctx, user, key)
	if err == nil {
		err = w.approval.Keyring.Store(user, key)
		if err != nil {
			err = fmt.Errorf("the new key of %s could not be stored in the keyring: %w", user, err)
		}
	}
	if err == nil {
		return "key " + key.String() + ", stored in " + w.approval.Keyring.Backend(), nil
	}
	if undo := w.deleteKey(ctx, user, key.ID); undo != nil {
		return "", fmt.Errorf("%w. The new key %s could not be deleted either (%w): delete it in the IAM console", err, key.ID, undo)
	}
	return "", fmt.Errorf("%w. The new key was deleted", err)
}

// prove tests that the key works and belongs to the user. New keys are eventually
// consistent, so it repeats a refused call for a while.
func (w *writer) prove(ctx context.Context, user string, key aws.Key) error {
	account, err := w.approval.Prove(ctx, key)
	if err != nil {
		return fmt.Errorf("the new key of %s could not be tested: %w", user, err)
	}
	var identity aws.Identity
	err = poll(ctx, proofTime, func() (bool, error) {
		identity, err = account.Identity(ctx)
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("the new key of %s does not work: %w", user, err)
	}
	if identity.ARN != w.settings.UserARN(user) {
		return fmt.Errorf("the new key belongs to %s, not to %s", identity.ARN, user)
	}
	return nil
}

func (w *writer) keysOf(ctx context.Context, user string) []state.AccessKey {
	keys, err := w.observer.accessKeys(ctx, user)
	if err != nil {
		return nil
	}
	for i := range keys {
		w.observer.lastUsed(ctx, &keys[i])
	}
	return keys
}

// KeyLimitError says that a user has as many access keys as AWS allows. It lists them, so
// that a person can choose which one to retire.
type KeyLimitError struct {
	User string
	Keys []state.AccessKey
	Err  error
}

func (e *KeyLimitError) Error() string {
	var keys []string
	for _, k := range e.Keys {
		used := "never used"
		if !k.LastUsed.IsZero() {
			used = "last used " + k.LastUsed.UTC().Format(time.DateOnly)
		}
		keys = append(keys, fmt.Sprintf("%s created %s, %s", aws.ShortKeyID(k.ID), k.Created.UTC().Format(time.DateOnly), used))
	}
	return fmt.Sprintf("%s already has two access keys, the most that AWS allows (%s): "+
		"retire the one that is not in use with claria keys retire ID, or in the IAM console, then try again",
		e.User, strings.Join(keys, "; "))
}

// Unwrap returns AWS's refusal.
func (e *KeyLimitError) Unwrap() error { return e.Err }

// rootKeyResource deletes the root user's key that set-up started from.
func rootKeyResource() resource {
	started := func(st *state.State) string {
		root, _ := st.Root.Value()
		return root.StartedFrom
	}
	return resource{
		id: "root-key", title: "root access key", controls: []string{"IAM-01"}, needs: []string{"key/" + state.AdminUser},
		why: []string{"164.308(a)(3)(i)", "164.312(a)(1)"},
		read: func(o *observer, st *state.State) {
			ask(o, "iam:ListAccessKeys", &st.Root, func(ctx context.Context) (state.RootUser, error) { return o.startedFrom(ctx) })
		},
		facts: func(st *state.State) []fact {
			return []fact{state.Derive(st.Root, func(r state.RootUser) string { return r.StartedFrom })}
		},
		diff: func(st *state.State) *change {
			id := started(st)
			if id == "" {
				return nil
			}
			return &change{
				op: Delete, summary: aws.ShortKeyID(id) + ", after the new key was tested", before: "active", after: "deleted", risk: Irreversible,
			}
		},
		write: func(ctx context.Context, w *writer) (string, error) { return w.deleteRootKey(ctx, started(w.have)) },
		last:  true,
	}
}

// startedFrom is the root user's key that this credential is, if it is one.
func (o *observer) startedFrom(ctx context.Context) (state.RootUser, error) {
	id, err := o.account.KeyID(ctx)
	if err != nil {
		return state.RootUser{}, err
	}
	out, err := aws.IAM(o.account).ListAccessKeys(ctx, &iam.ListAccessKeysInput{}) // without a user: the caller's own
	if err != nil {
		return state.RootUser{}, err
	}
	for _, k := range out.AccessKeyMetadata {
		if sdk.ToString(k.AccessKeyId) == id {
			return state.RootUser{StartedFrom: id}, nil
		}
	}
	return state.RootUser{}, nil
}

// deleteRootKey deletes the key that signed all calls so far. It is therefore the last
// step, and first checks that the daily key in the keyring works.
func (w *writer) deleteRootKey(ctx context.Context, id string) (string, error) {
	if w.approval.StartedFromRootKey == "" {
		return "kept, because its deletion was not approved", nil
	}
	loud := func(err error) error {
		return fmt.Errorf("the root access key %s was NOT deleted (%w): "+
			"delete it yourself in the AWS console, under the root user's Security credentials", id, err)
	}
	key, err := w.approval.Keyring.Load(state.AdminUser)
	if err != nil {
		return "", loud(fmt.Errorf("the key of %s could not be read back from the keyring: %w", state.AdminUser, err))
	}
	if err := w.prove(ctx, state.AdminUser, key); err != nil {
		return "", loud(err)
	}
	if remember := w.approval.Remember; remember != nil {
		if err := remember(); err != nil {
			return "", loud(err)
		}
	}
	_, err = aws.IAM(w.account).DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{AccessKeyId: &id})
	if err != nil {
		return "", loud(aws.Wrap(err, "iam:DeleteAccessKey", "root user"))
	}
	dead := false
	_ = poll(ctx, proofTime, func() (bool, error) {
		_, err := aws.STS(w.account).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		dead = aws.KindOf(err) == aws.Denied
		return dead, err
	})
	if dead {
		return "deleted, and no longer accepted", nil
	}
	return "deleted; AWS may still accept it for a minute", nil
}
