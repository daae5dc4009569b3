package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"claria/aws"
	"claria/provision/state"
)

// A rotation that is cut off is picked up by the next one: the new key is kept under
// the first of these names until it has taken the old one's place, and the old one
// under the second until it is switched off. At every moment the keyring holds a key
// that works under the identity's own name.
const (
	nextKey = ".next"
	oldKey  = ".old"
)

// keyDays is the age at which a key is due, AWS Config's default for access-keys-rotated.
const keyDays = 90

// Rotated is what a rotation did. The keys are named by their ids.
type Rotated struct {
	New     string
	Old     string   // switched off; empty: this machine held none
	Deleted []string // switched off by an earlier rotation
	Resumed bool     // an earlier rotation that was cut off was finished
}

// Keys are an identity's access keys, with when each was last used, the oldest first.
func Keys(ctx context.Context, account *aws.Account, user string) ([]state.AccessKey, error) {
	o := newObserver(ctx, account, state.Settings{})
	keys, err := o.accessKeys(ctx, user)
	if err != nil {
		return nil, aws.Wrap(err, "iam:ListAccessKeys", user)
	}
	for i := range keys {
		o.lastUsed(ctx, &keys[i])
	}
	slices.SortFunc(keys, func(a, b state.AccessKey) int { return a.Created.Compare(b.Created) })
	return keys, nil
}

// Rotate gives this machine a new key of an identity: it makes one, shows that it
// works, puts it in the place of the old one in the keyring, and switches the old one
// off; one that an earlier rotation switched off is deleted. The account must be the
// one that may change it (see Mender). Keys of other machines stay.
func Rotate(ctx context.Context, account *aws.Account, settings state.Settings, user string, approval Approval) (Rotated, error) {
	w, err := newWriter(ctx, account, settings, approval)
	if err != nil {
		return Rotated{}, err
	}
	return w.rotate(ctx, user)
}

func newWriter(ctx context.Context, account *aws.Account, settings state.Settings, approval Approval) (*writer, error) {
	identity, err := account.Identity(ctx)
	if err != nil {
		return nil, err
	}
	if approval.Keyring == nil || approval.Prove == nil {
		return nil, errors.New("there is no keyring to keep the new key in: nothing was changed")
	}
	settings = settings.In(identity.Account)
	return &writer{account: account, settings: settings, approval: approval, asking: ctx, observer: newObserver(ctx, account, settings)}, nil
}

func (w *writer) rotate(ctx context.Context, user string) (Rotated, error) {
	keys, err := w.observer.accessKeys(ctx, user)
	if err != nil {
		return Rotated{}, aws.Wrap(err, "iam:ListAccessKeys", user)
	}
	listed := func(k aws.Key) bool {
		return k.ID != "" && slices.ContainsFunc(keys, func(a state.AccessKey) bool { return a.ID == k.ID })
	}
	held, err := w.kept(user)
	if err != nil {
		return Rotated{}, err
	}
	next, err := w.kept(user + nextKey)
	if err != nil {
		return Rotated{}, err
	}
	old, err := w.kept(user + oldKey)
	if err != nil {
		return Rotated{}, err
	}
	if old.ID != "" && old.ID != held.ID { // the new key is in place; the old one was about to be switched off
		return Rotated{New: held.ID, Old: old.ID, Resumed: true}, w.retireOld(ctx, user, old)
	}
	done := Rotated{Resumed: listed(next)}
	if !done.Resumed {
		if next, err = w.makeNext(ctx, user, keys, held, &done); err != nil {
			return done, err
		}
	}
	done.New = next.ID
	if err := w.prove(ctx, user, next); err != nil {
		if undo := w.deleteKey(ctx, user, next.ID); undo != nil {
			return done, fmt.Errorf("%w. The old key stays in place; the new one, %s, could not be deleted again (%w): delete it in the IAM console", err, next.ID, undo)
		}
		return done, errors.Join(fmt.Errorf("%w. The new key was deleted again, and the old one stays in place", err), w.forgetKey(user+nextKey))
	}
	if !listed(held) {
		held = aws.Key{}
	}
	if held.ID != "" && held.ID != next.ID {
		if err := w.approval.Keyring.Store(user+oldKey, held); err != nil {
			return done, fmt.Errorf("the old key stays in place: %w", err)
		}
	}
	if err := w.approval.Keyring.Store(user, next); err != nil {
		return done, fmt.Errorf("the new key of %s could not take the old one's place in the keyring, and the next rotation tries again: %w", user, err)
	}
	if err := w.forgetKey(user + nextKey); err != nil {
		return done, err
	}
	if held.ID == "" || held.ID == next.ID {
		return done, nil
	}
	done.Old = held.ID
	return done, w.retireOld(ctx, user, held)
}

// makeNext makes the new key and keeps it, before anything is done with it.
func (w *writer) makeNext(ctx context.Context, user string, keys []state.AccessKey, held aws.Key, done *Rotated) (aws.Key, error) {
	for _, k := range keys {
		if k.Active || k.ID == held.ID {
			continue
		}
		if err := w.deleteKey(ctx, user, k.ID); err != nil {
			return aws.Key{}, err
		}
		done.Deleted = append(done.Deleted, k.ID)
	}
	key, err := w.createKey(ctx, user)
	if err != nil {
		return key, err
	}
	if err := w.approval.Keyring.Store(user+nextKey, key); err != nil {
		err = fmt.Errorf("the new key of %s could not be kept in the keyring: %w", user, err)
		if undo := w.deleteKey(ctx, user, key.ID); undo != nil {
			return key, fmt.Errorf("%w. The key %s could not be deleted again (%w): delete it in the IAM console", err, key.ID, undo)
		}
		return key, fmt.Errorf("%w. The key was deleted again", err)
	}
	return key, nil
}

// createKey makes a key. Where the user has as many as AWS allows, a person may
// choose one to retire.
func (w *writer) createKey(ctx context.Context, user string) (aws.Key, error) {
	for try := 0; ; try++ {
		out, err := aws.IAM(w.account).CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user})
		if err == nil {
			return aws.Key{ID: sdk.ToString(out.AccessKey.AccessKeyId), Secret: sdk.ToString(out.AccessKey.SecretAccessKey)}, nil
		}
		err = aws.Wrap(err, "iam:CreateAccessKey", user)
		failure, ok := errors.AsType[*aws.Error](err)
		if !ok || failure.Code != "LimitExceeded" {
			return aws.Key{}, err
		}
		limit := &KeyLimitError{User: user, Keys: w.keysOf(ctx, user), Err: err}
		if w.approval.Retire == nil || try > 0 {
			return aws.Key{}, limit
		}
		id, err := w.approval.Retire(w.asking, limit)
		if err != nil {
			return aws.Key{}, err
		}
		if !slices.ContainsFunc(limit.Keys, func(k state.AccessKey) bool { return k.ID == id }) {
			return aws.Key{}, fmt.Errorf("%s has no access key %s: nothing was retired", user, id)
		}
		if err := w.retire(ctx, user, id); err != nil {
			return aws.Key{}, err
		}
	}
}

// Retire switches a key of an identity off and deletes it, so that another can be
// made. The key that this machine works with is rotated, not retired.
func Retire(ctx context.Context, account *aws.Account, settings state.Settings, user, id string, approval Approval) error {
	w, err := newWriter(ctx, account, settings, approval)
	if err != nil {
		return err
	}
	held, err := w.kept(user)
	if err != nil {
		return err
	}
	if held.ID == id {
		return fmt.Errorf("%s is the key that this machine works with as %s: give it a new one with claria keys rotate", id, user)
	}
	return w.retire(ctx, user, id)
}

// retire switches the key off before it deletes it, for a key that is off can be
// switched on again while the deletion is not certain.
func (w *writer) retire(ctx context.Context, user, id string) error {
	if err := w.switchOff(ctx, user, id); err != nil {
		return err
	}
	return w.deleteKey(ctx, user, id)
}

func (w *writer) switchOff(ctx context.Context, user, id string) error {
	_, err := aws.IAM(w.account).UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: &user, AccessKeyId: &id, Status: types.StatusTypeInactive})
	return aws.Wrap(err, "iam:UpdateAccessKey", user)
}

func (w *writer) deleteKey(ctx context.Context, user, id string) error {
	_, err := aws.IAM(w.account).DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &user, AccessKeyId: &id})
	return aws.Wrap(err, "iam:DeleteAccessKey", user)
}

// retireOld ends a rotation: the old key is off, and its secret is forgotten.
func (w *writer) retireOld(ctx context.Context, user string, old aws.Key) error {
	if err := w.switchOff(ctx, user, old.ID); err != nil && aws.KindOf(err) != aws.Absent {
		return fmt.Errorf("the new key is in place, but the old one, %s, is still on (rotate again): %w", old.ID, err)
	}
	return errors.Join(w.forgetKey(user+oldKey), w.forgetKey(user+nextKey))
}

// kept is a key of the keyring; the zero Key when there is none.
func (w *writer) kept(name string) (aws.Key, error) {
	key, err := w.approval.Keyring.Load(name)
	if aws.KindOf(err) == aws.Absent {
		return aws.Key{}, nil
	}
	return key, err
}

func (w *writer) forgetKey(name string) error {
	err := w.approval.Keyring.Delete(name)
	if aws.KindOf(err) == aws.Absent {
		return nil
	}
	return err
}

// IssueKey makes a key of an identity for this machine, proven and kept in its
// keyring; the detail says which.
func IssueKey(ctx context.Context, account *aws.Account, settings state.Settings, user string, approval Approval) (detail string, err error) {
	w, err := newWriter(ctx, account, settings, approval)
	if err != nil {
		return "", err
	}
	return w.newKey(ctx, user)
}

// rotationResource replaces the key that this machine holds once it is due.
func rotationResource(s state.Settings, user string) resource {
	is := func(u state.User) bool { return u.ARN == s.UserARN(user) }
	keys := func(st *state.State) []state.AccessKey {
		u, _ := state.Find(st.Users, is).Value()
		all, _ := u.Keys.Value()
		return all
	}
	due := func(st *state.State) (state.AccessKey, bool) {
		for _, k := range keys(st) {
			if k.Active && k.ID == s.Held[user] && st.At.After(k.Created.AddDate(0, 0, keyDays)) {
				return k, true
			}
		}
		return state.AccessKey{}, false
	}
	r := accessKeyResource(s, user) // its facts are the same
	r.id, r.controls, r.needs = "rotate/"+user, []string{"IAM-12"}, []string{"user/" + user}
	r.diff = func(st *state.State) *change {
		k, ok := due(st)
		if !ok {
			return nil
		}
		return &change{
			op: Change, summary: fmt.Sprintf("rotated: it is more than %d days old", keyDays), before: "made on " + k.Created.UTC().Format(time.DateOnly),
			after: "a new key, proven, in the keyring; the old one switched off", risk: Reversible, undo: "switch the old key on again in the IAM console",
		}
	}
	r.write = func(ctx context.Context, w *writer) (string, error) {
		done, err := w.rotate(ctx, user)
		if err != nil {
			return "", err
		}
		return "key " + aws.ShortKeyID(done.New) + "; " + aws.ShortKeyID(done.Old) + " is off, and is deleted by the next rotation", nil
	}
	r.done = func(st *state.State) bool { _, still := due(st); return !still }
	return r
}
