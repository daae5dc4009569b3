package ledger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"claria/aws"
	"claria/aws/object"
)

// Prefix is where the mirror is stored in the audit bucket: below it one folder per
// machine, with one object per line and one per public key. The bucket's
// default retention locks each for six years.
const Prefix = "_evidence/ledger/"

// lineKey returns a line's key in the mirror. The digits give S3 the order of the lines.
func lineKey(machine string, sequence int64) string {
	return fmt.Sprintf("%s%s/%010d.json", Prefix, machine, sequence)
}

// sequenceOf returns the number of a line's object; false for another object.
func sequenceOf(key string) (machine string, sequence int64, ok bool) {
	machine, name, _ := strings.Cut(strings.TrimPrefix(key, Prefix), "/")
	name, line := strings.CutSuffix(name, ".json")
	sequence, err := strconv.ParseInt(name, 10, 64)
	return machine, sequence, line && err == nil && len(name) == 10 && machineID.MatchString(machine)
}

// Mirror copies the lines that the audit bucket does not have yet into it and
// returns how many it sent. It never replaces anything: a number that the
// bucket has with another line is an error, because one of the two is not what was
// written. Lines that were not sent are sent next time. The account must not be
// read-only, and needs s3:PutObject below Prefix and nothing else; to distinguish a lost
// answer from a foreign line it needs s3:ListBucket.
func (l *Ledger) Mirror(ctx context.Context, account *aws.Account, bucket string) (int, error) {
	sent, err := l.sent()
	if err != nil {
		return 0, err
	}
	head, err := l.Head()
	if err != nil {
		return 0, err
	}
	if head.Sequence == 0 || head.Sequence == sent.Sequence && head.Hash == sent.Hash {
		return 0, nil
	}
	if head.Sequence <= sent.Sequence {
		return 0, l.foreign(sent)
	}
	if sent.Sequence == 0 {
		if err := l.mirrorKeys(ctx, account, bucket, head.Machine); err != nil {
			return 0, err
		}
	}
	done := 0
	for entry, err := range l.unsent(sent) {
		if err != nil {
			return done, err
		}
		err := store(ctx, account, bucket, lineKey(entry.head.Machine, entry.head.Sequence), entry.line)
		if errors.Is(err, errOther) {
			return done, l.foreign(entry.head)
		}
		if err != nil {
			return done, err
		}
		if err := l.setSent(entry.head); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

// foreign returns the error of a ledger that is not the one that was mirrored.
func (l *Ledger) foreign(head Head) error {
	return fmt.Errorf(
		"line %d of the evidence ledger is not the one in the audit bucket: lines were changed or are missing at the end, and claria "+
			"evidence verify shows which; move %s to another place and keep it as evidence: the next run starts a new ledger",
		head.Sequence,
		l.dir,
	)
}

// errOther says that an object exists with other bytes.
var errOther = errors.New("another object exists")

// mirrorKeys puts the public keys next to the lines, so that the mirror can be
// verified by itself. A key that is locked there first cannot be replaced later.
func (l *Ledger) mirrorKeys(ctx context.Context, account *aws.Account, bucket, machine string) error {
	keys, err := l.PublicKeys()
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := store(ctx, account, bucket, Prefix+machine+"/key-"+KeyID(key)+".pub", []byte(FormatKey(key)+"\n")); err != nil {
			return err
		}
	}
	return nil
}

// waiting is a line to be sent.
type waiting struct {
	head Head
	line []byte
}

// unsent yields the lines after the newest one that was sent, oldest first. That one
// must still exist: lines that follow another one belong to another ledger.
func (l *Ledger) unsent(sent Head) func(yield func(waiting, error) bool) {
	return func(yield func(waiting, error) bool) {
		lines, size, done, err := l.open()
		if err != nil {
			yield(waiting{}, err)
			return
		}
		defer done()
		at, end := size, size
		for line, err := range backwards(lines, size) {
			if err != nil {
				yield(waiting{}, err)
				return
			}
			entry, err := parse(line)
			if err == nil && entry.Sequence <= sent.Sequence {
				if entry.Sequence != sent.Sequence || entry.Hash != sent.Hash {
					yield(waiting{}, l.foreign(sent))
					return
				}
				break
			}
			at -= int64(len(line)) + 1
		}
		from := max(0, at)
		rest := make([]byte, end-from)
		if _, err := lines.ReadAt(rest, from); err != nil && !errors.Is(err, io.EOF) {
			yield(waiting{}, fmt.Errorf("evidence ledger: %w", err))
			return
		}
		for line := range bytes.Lines(rest) {
			entry, err := parse(bytes.TrimSuffix(line, []byte("\n")))
			if err != nil {
				continue // Verify names it
			}
			if !yield(waiting{entry.head(), line}, nil) {
				return
			}
		}
	}
}

// store puts an object that must not exist yet. The auditor may not read it back.
func store(ctx context.Context, account *aws.Account, bucket, key string, data []byte) error {
	_, err := object.Bucket{Account: account, Name: bucket, WriteOnly: true}.Write(ctx, key, data, object.IfAbsent())
	if race, lost := errors.AsType[*object.RaceError](err); lost && race.Now != nil {
		if strings.HasSuffix(key, ".pub") { // a key's name is its hash
			return nil
		}
		return errOther
	}
	return err
}

// sent returns the newest line that the mirror has, as this machine remembers it.
func (l *Ledger) sent() (Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dir == "" {
		return l.memory.sent, nil
	}
	var head Head
	data, err := os.ReadFile(l.path(sentName))
	if errors.Is(err, fs.ErrNotExist) {
		return head, nil
	}
	if err != nil {
		return head, fmt.Errorf("evidence ledger: %w", err)
	}
	if json.Unmarshal(data, &head) != nil {
		return Head{}, nil // the mirror itself refuses a line that it already has
	}
	return head, nil
}

// Mirrored returns the newest line that this machine has sent to the mirror; the zero
// Head when it has sent none.
func (l *Ledger) Mirrored() (Head, error) { return l.sent() }

func (l *Ledger) setSent(head Head) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dir == "" {
		l.memory.sent = head
		return nil
	}
	data, err := json.Marshal(head)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(l.dir, ".ledger-*")
	if err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(append(data, '\n'))
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	return os.Rename(file.Name(), l.path(sentName))
}

// RemoteHead returns the newest line of a machine in the mirror; the zero Head when it
// has none. Its hash is in the object, which the auditor may not read; then Hash
// is empty.
func RemoteHead(ctx context.Context, account *aws.Account, bucket, machine string) (Head, error) {
	found, err := list(ctx, account, bucket, Prefix+machine+"/", time.Time{})
	if err != nil || len(found) == 0 {
		return Head{}, err
	}
	newest := found[len(found)-1]
	head := Head{Sequence: newest.sequence, Machine: machine, At: newest.at}
	if entry, err := fetch(ctx, account, bucket, newest.Key); err == nil {
		head = entry.head()
	} else if aws.KindOf(err) != aws.Denied {
		return Head{}, err
	}
	return head, nil
}

// Copies are the lines that all machines have mirrored since a time, newest first:
// how one computer knows of the checks that another runs. The identity needs
// s3:ListBucket.
func Copies(ctx context.Context, account *aws.Account, bucket string, since time.Time) ([]Copy, error) {
	found, err := list(ctx, account, bucket, Prefix, since)
	slices.SortFunc(found, func(a, b Copy) int {
		return cmp.Or(b.at.Compare(a.at), strings.Compare(b.Key, a.Key))
	})
	return found, err
}

// Copy is a line in the mirror. It never changes, so it need not be read twice.
type Copy struct {
	Machine  string // that wrote the line
	Key      string // of the object
	sequence int64
	at       time.Time // when it was sent
}

// Read reads the line, which it does not verify. The identity needs s3:GetObject
// below Prefix, which the auditor does not have.
func (c Copy) Read(ctx context.Context, account *aws.Account, bucket string) (Entry, error) {
	entry, err := fetch(ctx, account, bucket, c.Key)
	if err == nil && (entry.Sequence != c.sequence || entry.Who.Machine != c.Machine) {
		err = fmt.Errorf("%s/%s holds the line of another number or machine", bucket, c.Key)
	}
	return entry, err
}

func list(ctx context.Context, account *aws.Account, bucket, prefix string, since time.Time) ([]Copy, error) {
	var found []Copy
	for o, err := range (object.Bucket{Account: account, Name: bucket}).List(ctx, prefix, "") {
		if err != nil {
			return nil, err
		}
		if machine, sequence, ok := sequenceOf(o.Key); ok && !o.Changed.IsZero() && !o.Changed.Before(since) {
			found = append(found, Copy{machine, o.Key, sequence, o.Changed})
		}
	}
	return found, nil
}

func fetch(ctx context.Context, account *aws.Account, bucket, key string) (Entry, error) {
	stored, err := object.Bucket{Account: account, Name: bucket, Most: maxLine}.Read(ctx, key)
	if err != nil {
		return Entry{}, err
	}
	entry, err := parse(bytes.TrimSuffix(stored.Data, []byte("\n")))
	if err != nil {
		return Entry{}, fmt.Errorf("%s/%s: %w", bucket, key, err)
	}
	return entry, nil
}
