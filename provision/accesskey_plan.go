package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
			if _, lost := unheld(s, u, k, st.At); k.Active && !lost {
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

// proofTime is how long AWS may take until a new key and new rights work everywhere, and
// deathTime until a deleted key does not.
const (
	proofTime = 90 * time.Second
	deathTime = 30 * time.Second
)

// newKey creates a key, or takes the one that an interrupted run created, tests it and
// stores it. If the test fails, it deletes the key. The key is in the keyring before it is
// tested, so a run that ends anywhere leaves no key that nobody has.
func (w *writer) newKey(ctx context.Context, user string) (string, error) {
	keys, err := w.observer.accessKeys(ctx, user)
	if err != nil {
		return "", aws.Wrap(err, "iam:ListAccessKeys", user)
	}
	key, err := w.kept(user + nextKey)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(keys, func(k state.AccessKey) bool { return k.Active && k.ID == key.ID }) {
		if key, err = w.createKey(ctx, user, keys); err != nil {
			return "", err
		}
	}
	err = w.prove(ctx, user, key)
	if err == nil {
		err = w.approval.Keyring.Store(user, key)
		if err != nil {
			err = fmt.Errorf("the new key of %s could not be stored in the keyring: %w", user, err)
		}
	}
	if err == nil {
		return "key " + key.String() + ", stored in " + w.approval.Keyring.Backend(), w.forgetKey(user + nextKey)
	}
	return "", w.dropKey(ctx, user, key, err)
}

// dropKey deletes a new key because of err, and adds to err what became of the key.
func (w *writer) dropKey(ctx context.Context, user string, key aws.Key, err error) error {
	if undo := w.deleteKey(ctx, user, key.ID); undo != nil {
		return fmt.Errorf("%w. The new key %s could not be deleted either (%w): try again to finish with it, or delete it in the IAM console",
			err, key.ID, undo)
	}
	return errors.Join(fmt.Errorf("%w. The new key was deleted", err), w.forgetKey(user+nextKey))
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

// unheldKeysID and rootKeyID are the steps that delete keys.
const (
	unheldKeysID = "unheld-keys"
	rootKeyID    = "root-key"
)

// freshKey is how long a key that was never used may belong to a computer that is being
// set up: AWS does not say how soon it shows the first use.
const freshKey = time.Hour

// unheld reports whether nobody has an active key of an identity: this computer does not
// hold it, and it was never used, though set-up uses each new key at once. It is certain
// if this computer began to create the key, or if the key is older than freshKey.
func unheld(s state.Settings, u state.User, k state.AccessKey, now time.Time) (certain, is bool) {
	if !k.Active || !k.Use.Absent() || s.Held == nil || s.Held[u.Name] == k.ID || slices.Contains(s.Unfinished[u.Name].Keys, k.ID) {
		return false, false
	}
	mine := s.Unfinished[u.Name]
	return mine.Begun && !slices.Contains(mine.Known, k.ID) || now.After(k.Created.Add(freshKey)), true
}

// unheldKeysResource removes the keys of our identities that nobody has: set-up or a
// rotation ended between the creation of the key and the keyring.
func unheldKeysResource(s state.Settings) resource {
	users := func(st *state.State) []state.User {
		all, _ := st.Users.Value()
		return slices.DeleteFunc(slices.Clone(all), func(u state.User) bool {
			return !s.Owned(u.Tags) || u.ARN != s.UserARN(state.AdminUser) && u.ARN != s.UserARN(state.AuditorUser)
		})
	}
	list := func(st *state.State) (gone, off []named) {
		for _, u := range users(st) {
			keys, _ := u.Keys.Value()
			for _, k := range keys {
				switch certain, is := unheld(s, u, k, st.At); {
				case certain:
					gone = append(gone, named{u.Name, k.ID, accessKeyKind})
				case is:
					off = append(off, named{u.Name, k.ID, accessKeyKind})
				}
			}
		}
		return gone, off
	}
	words := func(list []named) string {
		var text []string
		for _, k := range list {
			text = append(text, k.id+" of "+k.user)
		}
		return strings.Join(text, ", ")
	}
	return resource{
		id: unheldKeysID, title: "access keys that nobody has", controls: []string{},
		why: []string{"164.308(a)(4)(ii)(C)", "164.312(d)"}, read: (*observer).identities,
		facts: func(st *state.State) []fact {
			if s.Held == nil {
				return nil // the keyring was not read, so every key may be this computer's
			}
			if isUnknown(st.Users) {
				return []fact{st.Users}
			}
			var facts []fact
			for _, u := range users(st) {
				facts = append(facts, u.Keys)
				keys, _ := u.Keys.Value()
				for _, k := range keys {
					if k.Active && isUnknown(k.Use) {
						facts = append(facts, k.Use)
					}
				}
			}
			gone, off := list(st)
			return append(facts, state.Known(ids(append(gone, off...))))
		},
		diff: func(st *state.State) *change {
			gone, off := list(st)
			c := &change{op: Delete, summary: "never used, and not on this computer: an interrupted set-up left them", risk: Irreversible}
			switch {
			case len(gone) == 0 && len(off) == 0:
				return nil
			case len(gone) == 0:
				c.op, c.risk = Change, Reversible
				c.summary = "deactivated: never used, and not on this computer"
				c.undo = "if a computer was set up in the last hour and has the key, activate it again in the IAM console: " + words(off)
			}
			c.before = "active: " + words(append(gone[:len(gone):len(gone)], off...))
			var after []string
			if len(gone) > 0 {
				after = append(after, "deleted: "+words(gone))
			}
			if len(off) > 0 {
				after = append(after, "inactive, because it is less than an hour old: "+words(off))
			}
			c.after = strings.Join(after, "; ")
			return c
		},
		write: func(ctx context.Context, w *writer) (string, error) {
			gone, off := list(w.have)
			for _, k := range append(gone[:len(gone):len(gone)], off...) {
				if err := w.switchOff(ctx, k.user, k.id); err != nil {
					return "", err
				}
			}
			for _, k := range gone {
				if err := w.deleteKey(ctx, k.user, k.id); err != nil {
					return "", err
				}
			}
			return "", nil
		},
	}
}

// rootKeyResource deletes the root user's key that set-up started from.
func rootKeyResource() resource {
	started := func(st *state.State) string {
		root, _ := st.Root.Value()
		return root.StartedFrom
	}
	return resource{
		id: rootKeyID, title: "root access key", controls: []string{"IAM-01"}, needs: []string{"key/" + state.AdminUser},
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
		last:  true, patience: enrolmentTime,
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
// step, and first proves that nothing needs that key any more: the daily key is on disk
// and works, the second factor opens the role that changes the account, and the daily
// identity sees everything as it should be.
func (w *writer) deleteRootKey(ctx context.Context, id string) (string, error) {
	if w.approval.StartedFromRootKey == "" {
		return "kept, because its deletion was not approved", nil
	}
	loud := func(err error) error {
		return fmt.Errorf("the root access key %s was NOT deleted (%w): "+
			"delete it yourself in the AWS console, under the root user's Security credentials", id, err)
	}
	if err := w.provenWithoutRoot(ctx); err != nil {
		return "", loud(err)
	}
	if remember := w.approval.Remember; remember != nil {
		if err := remember(); err != nil {
			return "", loud(err)
		}
	}
	dead := func() (bool, error) {
		_, err := aws.STS(w.account).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		failure, ok := errors.AsType[*aws.Error](aws.Wrap(err, "sts:GetCallerIdentity", ""))
		if ok && failure.UnknownKey() {
			return true, nil
		}
		return false, err
	}
	err := once(ctx, w.account, func(account *aws.Account) error {
		_, err := aws.IAM(account).DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{AccessKeyId: &id})
		err = aws.Wrap(err, "iam:DeleteAccessKey", "root user")
		if failure, ok := errors.AsType[*aws.Error](err); ok && failure.UnknownKey() {
			return nil // a call whose answer was lost deleted the key that signs this one
		}
		return err
	}, dead)
	if err != nil {
		return "", loud(err)
	}
	if poll(ctx, deathTime, dead) == nil {
		return "deleted, and no longer accepted", nil
	}
	return "deleted; AWS may still accept it for a minute", nil
}

// provenWithoutRoot is nil if the account can be used and changed without the root key.
func (w *writer) provenWithoutRoot(ctx context.Context) error {
	key, err := w.approval.Keyring.Load(state.AdminUser)
	if err != nil {
		return fmt.Errorf("the key of %s could not be read back from the keyring: %w", state.AdminUser, err)
	}
	if err := w.prove(ctx, state.AdminUser, key); err != nil {
		return err
	}
	if !w.opened {
		if err := w.openRole(ctx, key); err != nil {
			return err
		}
	}
	daily, err := w.approval.Prove(ctx, key)
	if err != nil {
		return err
	}
	settings := w.settings
	if settings.Held != nil {
		settings.Held = maps.Clone(settings.Held)
		settings.Held[state.AdminUser] = key.ID
	}
	// A check without the root key, repeated while IAM's changes reach every region.
	return poll(ctx, proofTime, func() (bool, error) {
		seen, err := Observe(ctx, daily, settings)
		if err != nil {
			return false, err
		}
		plan := MakePlan(seen, Desired(settings), settings)
		switch {
		case plan.Blocked != nil:
			return false, &BlockedError{*plan.Blocked}
		case len(plan.Unknown) > 0:
			return false, errors.New("part of the account is unread: " + plan.Unknown[0].Reason)
		case !plan.Empty():
			return false, errors.New("the account is not yet as it should be; " + left(plan.Steps))
		}
		return true, nil
	})
}
