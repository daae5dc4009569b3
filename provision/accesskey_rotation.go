package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"claria/aws"
	"claria/provision/state"
)

// Names under which the keyring stores keys during a rotation, so that the next rotation
// can finish one that was interrupted: the new key under the first until it replaces the
// old one, and the old key under the second until it is deactivated. Under the identity's
// own name the keyring always holds a key that works.
const (
	nextKey = ".next"
	oldKey  = ".old"
)

// keyDays is the age at which a key is due for rotation: AWS Config's default for
// access-keys-rotated.
const keyDays = 90

// Rotated is what a rotation did, with the keys' ids.
type Rotated struct {
	New     string
	Old     string   // deactivated; empty: this computer had none
	Deleted []string // deactivated by an earlier rotation
	Resumed bool     // it finished an earlier rotation that was interrupted
}

// Keys are an identity's access keys, oldest first, with the time of their last use.
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

// Rotate replaces this computer's key of an identity: it creates a key, tests it, stores
// it in the keyring in place of the old one, and deactivates the old one. It deletes keys
// that an earlier rotation deactivated. account must be allowed to change the account
// (see Mender). Other computers' keys stay.
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
		return nil, errors.New("there is no keyring to store the new key in: nothing was changed")
	}
	settings = settings.In(identity.Account)
	return &writer{
		account: account, settings: settings, approval: approval, asking: ctx, observer: newObserver(ctx, account, settings),
	}, nil
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
	if old.ID != "" && old.ID != held.ID { // the new key is stored, but the old one is not deactivated yet
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
		return done, w.dropKey(ctx, user, next, fmt.Errorf("the old one stays in use: %w", err))
	}
	if !listed(held) {
		held = aws.Key{}
	}
	if held.ID != "" && held.ID != next.ID {
		if err := w.approval.Keyring.Store(user+oldKey, held); err != nil {
			return done, fmt.Errorf("the old key stays in use: %w", err)
		}
	}
	if err := w.approval.Keyring.Store(user, next); err != nil {
		return done, fmt.Errorf("the new key of %s could not replace the old one in the keyring (rotate again to finish): %w", user, err)
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

// makeNext makes room for the new key and creates it.
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
	return w.createKey(ctx, user, slices.DeleteFunc(slices.Clone(keys), func(k state.AccessKey) bool {
		return slices.Contains(done.Deleted, k.ID)
	}))
}

// begun precedes, in the secret under the next key's name, the ids of the keys that the
// user had before this computer began to create one. Such an entry has no key id.
const begun = "begun "

// begunWith are the keys that the user had when this computer began to create a key.
func begunWith(next aws.Key) (known []string, ok bool) {
	list, ok := strings.CutPrefix(next.Secret, begun)
	return strings.Fields(list), ok && next.ID == ""
}

// createKey creates a key and stores it as the next one before anything uses it. First it
// deletes a key that this computer created and lost. If the user has as many keys as AWS
// allows, it asks a person which one to retire.
func (w *writer) createKey(ctx context.Context, user string, keys []state.AccessKey) (aws.Key, error) {
	if err := w.dropBegun(ctx, user); err != nil {
		return aws.Key{}, err
	}
	var known []string
	for _, k := range keys {
		known = append(known, k.ID)
	}
	if err := w.approval.Keyring.Store(user+nextKey, aws.Key{Secret: begun + strings.Join(known, " ")}); err != nil {
		return aws.Key{}, fmt.Errorf("no key was created, because the keyring could not be written: %w", err)
	}
	key, err := w.requestKey(ctx, user)
	if err != nil {
		if _, unsure := errors.AsType[*UnsureError](err); !unsure {
			err = errors.Join(err, w.forgetKey(user+nextKey))
		}
		return aws.Key{}, err
	}
	if err := w.approval.Keyring.Store(user+nextKey, key); err != nil {
		return aws.Key{}, w.dropKey(ctx, user, key, fmt.Errorf("the new key of %s could not be stored in the keyring: %w", user, err))
	}
	return key, nil
}

// requestKey asks AWS for a key, and a person for room if there is none.
func (w *writer) requestKey(ctx context.Context, user string) (aws.Key, error) {
	for asked := false; ; asked = true {
		key, err := w.requestOnce(ctx, user)
		failure, ok := errors.AsType[*aws.Error](err)
		if !ok || failure.Code != "LimitExceeded" {
			return key, err
		}
		if lost, unread := w.lostKeys(ctx, user); unread == nil && len(lost) > 0 && !asked { // AWS shows it only now
			if err := w.dropLost(ctx, user); err != nil {
				return aws.Key{}, err
			}
			continue
		}
		limit := &KeyLimitError{User: user, Keys: w.keysOf(ctx, user), Err: err}
		if w.approval.Retire == nil || asked {
			return aws.Key{}, limit
		}
		id, err := w.approval.Retire(w.asking, limit)
		if err != nil {
			return aws.Key{}, err
		}
		if !slices.ContainsFunc(limit.Keys, func(k state.AccessKey) bool { return k.ID == id }) {
			return aws.Key{}, fmt.Errorf("%s has no access key %s, so nothing was retired: claria keys list shows them", user, id)
		}
		if err := w.retire(ctx, user, id); err != nil {
			return aws.Key{}, err
		}
	}
}

// requestOnce creates one key. AWS shows a secret once, so a key whose answer was lost is
// deleted, and another is created.
func (w *writer) requestOnce(ctx context.Context, user string) (key aws.Key, err error) {
	for try := 1; ; try++ {
		err = once(ctx, w.account, func(account *aws.Account) error {
			out, err := aws.IAM(account).CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user})
			if err != nil {
				return aws.Wrap(err, "iam:CreateAccessKey", user)
			}
			if out.AccessKey == nil || sdk.ToString(out.AccessKey.AccessKeyId) == "" || sdk.ToString(out.AccessKey.SecretAccessKey) == "" {
				return &aws.Error{Kind: aws.Unavailable, Operation: "iam:CreateAccessKey", Resource: user, Err: state.ErrIncomplete}
			}
			key = aws.Key{ID: sdk.ToString(out.AccessKey.AccessKeyId), Secret: sdk.ToString(out.AccessKey.SecretAccessKey)}
			return nil
		}, func() (bool, error) {
			lost, err := w.lostKeys(ctx, user)
			return len(lost) > 0, err
		})
		if err != nil || key.ID != "" {
			return key, err
		}
		if err := w.dropLost(ctx, user); err != nil || try == onceTries {
			return aws.Key{}, cmp.Or(err, fmt.Errorf("AWS created keys of %s, but each answer with the secret was lost, so they were deleted", user))
		}
	}
}

// lostKeys are the keys that this computer began to create and does not have: they came
// after it began, and nobody used them.
func (w *writer) lostKeys(ctx context.Context, user string) ([]state.AccessKey, error) {
	next, err := w.kept(user + nextKey)
	known, begun := begunWith(next)
	if err != nil || !begun {
		return nil, err
	}
	keys, err := w.observer.accessKeys(ctx, user)
	if err != nil {
		return nil, aws.Wrap(err, "iam:ListAccessKeys", user)
	}
	held, err := w.kept(user)
	if err != nil {
		return nil, err
	}
	var lost []state.AccessKey
	for _, k := range keys {
		if slices.Contains(known, k.ID) || k.ID == held.ID {
			continue
		}
		w.observer.lastUsed(ctx, &k)
		if p, unread := k.Use.Problem(); unread {
			return nil, problemError(p, user)
		}
		if k.Use.Absent() {
			lost = append(lost, k)
		}
	}
	return lost, nil
}

func (w *writer) dropLost(ctx context.Context, user string) error {
	lost, err := w.lostKeys(ctx, user)
	for _, k := range lost {
		err = errors.Join(err, w.deleteKey(ctx, user, k.ID))
	}
	return err
}

// dropBegun deletes what an interrupted creation left.
func (w *writer) dropBegun(ctx context.Context, user string) error {
	if err := w.dropLost(ctx, user); err != nil {
		return err
	}
	return w.forgetKey(user + nextKey)
}

// Holding is what a keyring holds of our identities' keys: the keys in use, user name →
// id, and what a rotation or a set-up did not finish.
func Holding(ring aws.Keyring) (held map[string]string, unfinished map[string]state.Unfinished, err error) {
	names, err := ring.Names()
	if err != nil {
		return nil, nil, err
	}
	held, unfinished = map[string]string{}, map[string]state.Unfinished{}
	for _, user := range []string{state.AdminUser, state.AuditorUser} {
		for _, name := range []string{user, user + nextKey, user + oldKey} {
			if !slices.Contains(names, name) {
				continue
			}
			key, err := ring.Load(name)
			if err != nil {
				return nil, nil, err
			}
			if name == user {
				held[user] = key.ID
				continue
			}
			u := unfinished[user]
			if known, is := begunWith(key); is {
				u.Begun, u.Known = true, known
			} else {
				u.Keys = append(u.Keys, key.ID)
			}
			unfinished[user] = u
		}
	}
	return held, unfinished, nil
}

// Tidy forgets the copy of a key that a set-up left which was killed between storing the key
// and forgetting that copy. A rotation that has an old key to retire does so itself.
func Tidy(ring aws.Keyring) error {
	names, err := ring.Names()
	if err != nil {
		return err
	}
	for _, user := range []string{state.AdminUser, state.AuditorUser} {
		if !slices.Contains(names, user) || !slices.Contains(names, user+nextKey) || slices.Contains(names, user+oldKey) {
			continue
		}
		held, err := ring.Load(user)
		if err != nil {
			return err
		}
		next, err := ring.Load(user + nextKey)
		if err != nil {
			return err
		}
		if next.ID != held.ID {
			continue
		}
		if err := ring.Delete(user + nextKey); err != nil {
			return err
		}
	}
	return nil
}

// RoomToRotate is why a rotation could not create the user's next key, before anything is
// changed; nil: it can, or a person will be asked.
func RoomToRotate(ctx context.Context, account *aws.Account, settings state.Settings, user string, approval Approval) error {
	w, err := newWriter(ctx, account, settings, approval)
	if err != nil {
		return err
	}
	all, err := w.observer.accessKeys(ctx, user)
	if err != nil {
		return aws.Wrap(err, "iam:ListAccessKeys", user)
	}
	held, err := w.kept(user)
	if err != nil {
		return err
	}
	next, err := w.kept(user + nextKey)
	if err != nil {
		return err
	}
	lost, err := w.lostKeys(ctx, user)
	if err != nil {
		return err
	}
	stay := slices.DeleteFunc(slices.Clone(all), func(k state.AccessKey) bool {
		return !k.Active && k.ID != held.ID || slices.ContainsFunc(lost, func(l state.AccessKey) bool { return l.ID == k.ID })
	})
	if len(stay) < keysPerUser || slices.ContainsFunc(all, func(k state.AccessKey) bool { return k.ID == next.ID }) || approval.Retire != nil {
		return nil
	}
	return &KeyLimitError{User: user, Keys: w.keysOf(ctx, user)}
}

// keysPerUser is how many access keys AWS allows a user (IAM user guide, "IAM and STS
// quotas").
const keysPerUser = 2

// Retire deactivates and deletes a key of an identity, to make room for another. It
// refuses the key that this computer uses: Rotate replaces that one.
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
		return fmt.Errorf("this computer uses %s as %s: replace it with claria keys rotate", id, user)
	}
	return w.retire(ctx, user, id)
}

// retire deactivates the key before it deletes it: until the deletion is certain, the key
// can be activated again.
func (w *writer) retire(ctx context.Context, user, id string) error {
	if err := w.switchOff(ctx, user, id); err != nil {
		return err
	}
	return w.deleteKey(ctx, user, id)
}

func (w *writer) switchOff(ctx context.Context, user, id string) error {
	_, err := aws.IAM(w.account).UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
		UserName: &user, AccessKeyId: &id, Status: types.StatusTypeInactive,
	})
	return aws.Wrap(err, "iam:UpdateAccessKey", user)
}

func (w *writer) deleteKey(ctx context.Context, user, id string) error {
	_, err := aws.IAM(w.account).DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &user, AccessKeyId: &id})
	if err = aws.Wrap(err, "iam:DeleteAccessKey", user); aws.KindOf(err) == aws.Absent {
		return nil // a call whose answer was lost deleted it
	}
	return err
}

// retireOld ends a rotation: it deactivates the old key and forgets its secret.
func (w *writer) retireOld(ctx context.Context, user string, old aws.Key) error {
	if err := w.switchOff(ctx, user, old.ID); err != nil && aws.KindOf(err) != aws.Absent {
		return fmt.Errorf("the new key is in use, but the old key %s is still active (rotate again to finish): %w", old.ID, err)
	}
	return errors.Join(w.forgetKey(user+oldKey), w.forgetKey(user+nextKey))
}

// kept is a key from the keyring; the zero Key if there is none.
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

// IssueKey creates a key of an identity for this computer, tests it and stores it in the
// keyring. The detail names the key.
func IssueKey(
	ctx context.Context, account *aws.Account, settings state.Settings, user string, approval Approval,
) (detail string, err error) {
	w, err := newWriter(ctx, account, settings, approval)
	if err != nil {
		return "", err
	}
	return w.newKey(ctx, user)
}

// rotationResource replaces this computer's key once it is due.
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
			op: Change, summary: fmt.Sprintf("rotated, because it is more than %d days old", keyDays), risk: Reversible,
			before: "created on " + k.Created.UTC().Format(time.DateOnly),
			after:  "a new key, tested and stored in the keyring; the old key deactivated",
			undo:   "activate the old key again in the IAM console",
		}
	}
	r.write = func(ctx context.Context, w *writer) (string, error) {
		done, err := w.rotate(ctx, user)
		if err != nil {
			return "", err
		}
		return "key " + aws.ShortKeyID(done.New) + "; " + aws.ShortKeyID(done.Old) + " is deactivated, and the next rotation deletes it", nil
	}
	r.done = func(st *state.State) bool { _, still := due(st); return !still }
	return r
}
