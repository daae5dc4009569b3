package ledger

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"claria/aws"
	"claria/aws/object"
)

// passing begins the random id of a ledger in memory whose lines are only in the mirror.
// Nothing is lost when such a ledger is gone.
const passing = "ffff"

// Lost finds the ledgers of this computer that vanished whole: this one has no line, but
// the audit bucket has lines of the key that signs here. It returns the newest line of
// each, without its hash. A computer without a key, or with lines, asks nothing; the
// bucket's absence is not an error. The identity needs s3:ListBucket.
func (l *Ledger) Lost(ctx context.Context, account *aws.Account, bucket string) ([]Head, error) {
	if l.dir == "" {
		return nil, nil
	}
	if head, err := l.Head(); err != nil || head.Sequence > 0 {
		return nil, err
	}
	keys, err := l.keysHere()
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	newest, signed := map[string]Head{}, map[string]string{}
	for o, err := range (object.Bucket{Account: account, Name: bucket}).List(ctx, Prefix, "") {
		if aws.KindOf(err) == aws.Absent {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("whether an earlier evidence ledger of this computer vanished is unknown: %w", err)
		}
		machine, name, _ := strings.Cut(strings.TrimPrefix(o.Key, Prefix), "/")
		id, isKey := strings.CutSuffix(strings.TrimPrefix(name, "key-"), ".pub")
		if isKey && slices.Contains(keys, id) && !strings.HasPrefix(machine, passing) {
			signed[machine] = id
		}
		if machine, sequence, ok := sequenceOf(o.Key); ok && sequence > newest[machine].Sequence {
			newest[machine] = Head{Sequence: sequence, Machine: machine, At: o.Changed}
		}
	}
	var lost []Head
	for machine, id := range signed {
		if head, ok := newest[machine]; ok {
			head.KeyID = id
			lost = append(lost, head)
		}
	}
	slices.SortFunc(lost, func(a, b Head) int { return a.At.Compare(b.At) })
	return lost, nil
}

// keysHere are the ids of the keys that sign, or signed, on this computer. It creates
// none.
func (l *Ledger) keysHere() ([]string, error) {
	public, err := l.PublicKeys()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, key := range public {
		ids = append(ids, KeyID(key))
	}
	text, err := os.ReadFile(l.path(keyName))
	switch {
	case err == nil:
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("evidence ledger: %w", err)
	case l.options.Keyring == nil:
		return ids, nil
	default:
		key, err := l.options.Keyring.Load(ringName)
		if aws.KindOf(err) == aws.Absent {
			return ids, nil
		}
		if err != nil {
			return nil, fmt.Errorf("evidence ledger: the signing key: %w", err)
		}
		text = []byte(key.Secret)
	}
	seed, err := decode(string(text))
	if err != nil {
		return nil, fmt.Errorf("evidence ledger: the signing key: %w", err)
	}
	return append(ids, KeyID(ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))), nil
}

// LostText says in a sentence that a ledger vanished.
func LostText(head Head) string {
	return fmt.Sprintf("the evidence ledger of this computer vanished: the audit bucket has %d lines of it, the last from %s, below %s%s/, signed "+
		"with this computer's key %s, and this computer has none", head.Sequence, head.At.UTC().Format(time.DateTime), Prefix, head.Machine, head.KeyID)
}

// restart gives a ledger whose lines vanished another id: in the audit bucket, the
// numbers of the old one are taken.
func (l *Ledger) restart() error {
	l.memory.machine = ""
	for _, name := range []string{machineName, sentName} {
		if err := os.Remove(l.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("evidence ledger: %w", err)
		}
	}
	return nil
}
