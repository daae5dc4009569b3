package session

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"claria/aws"
	"claria/internal/id"
	"claria/internal/local"
	"claria/internal/sealed"
	"claria/provision/state"
)

// PrivateKey is how the names of the keys begin under which this computer's encrypted
// copies are stored in the keyring. They are no keys of the account.
const PrivateKey = "claria-local-"

// keyFile names the key of a folder: the end of the key's name in the keyring.
const keyFile = "key"

// Private is what this computer keeps, encrypted, of one account's records: copies of
// lists, and the search index. The key is random and in the keyring. Everything here can
// be made again from the account. It is safe for concurrent use, also by processes.
type Private struct {
	Dir   string        // of the files, for the user only; empty: all of it is in memory
	Owner string        // whose records: account and bucket
	Lists *sealed.Store // copies of lists; it never asks a person for a passphrase

	ring   func() (aws.Keyring, error)
	asks   func() bool // reading the keyring would ask a person for a passphrase
	prefix string      // of the key's name in the keyring

	mu  sync.Mutex
	key *sealed.Key // once it is known
}

// errWouldAsk is why a list is not kept where its key needs a passphrase that nothing
// else of this run needs.
var errWouldAsk = errors.New("the key of the copies on this computer needs the keyring's passphrase, which was not asked for")

// Private returns what this computer keeps of the session's account. The demo account,
// and an account that is not known yet, have memory only.
func (s *Session) Private() *Private {
	account, bucket := s.Settings.Account, state.DataBucketName(s.Settings)
	if s.rings == nil || account == "" {
		return newPrivate("", "", nil, nil)
	}
	s.rings.mu.Lock()
	defer s.rings.mu.Unlock()
	owner := account + " " + bucket
	if p, ok := s.rings.private[owner]; ok {
		return p
	}
	dir := ""
	if s.options.Demo == nil && !s.options.Frozen && s.places.State != "" {
		dir = filepath.Join(s.places.State, "private", account+"-"+strings.TrimPrefix(bucket, account+"-"))
	}
	p := newPrivate(dir, owner, func() (aws.Keyring, error) {
		if s.Keyring == nil && s.KeyringErr == nil {
			return nil, errors.New("this computer has no keyring")
		}
		return s.Keyring, s.KeyringErr
	}, s.wouldAsk)
	p.prefix = PrivateKey + bucket + "-"
	if s.rings.private == nil {
		s.rings.private = map[string]*Private{}
	}
	s.rings.private[owner] = p
	return p
}

// wouldAsk reports whether reading the keyring asks for a passphrase that nothing else
// of this session needs.
func (s *Session) wouldAsk() bool {
	if s.Keyring == nil || s.Account.Source().Kind == aws.FromKeyring || s.Keyring.Backend() != aws.FileBackend {
		return false
	}
	s.rings.mu.Lock()
	defer s.rings.mu.Unlock()
	return s.rings.secret == ""
}

func newPrivate(dir, owner string, ring func() (aws.Keyring, error), asks func() bool) *Private {
	p := &Private{Dir: dir, Owner: owner, ring: ring, asks: asks}
	p.Lists = sealed.New(dir, owner, func() (sealed.Key, error) { return p.find(false) })
	return p
}

// Key returns the key, and makes it if there is none. It may ask a person for the
// keyring's passphrase. The error says what to do.
func (p *Private) Key() (sealed.Key, error) { return p.find(true) }

func (p *Private) find(mayAsk bool) (sealed.Key, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.key != nil {
		return *p.key, nil
	}
	key, err := p.load(mayAsk)
	if err != nil {
		return sealed.Key{}, err
	}
	p.key = &key
	return key, nil
}

func (p *Private) load(mayAsk bool) (sealed.Key, error) {
	if p.Dir == "" {
		return sealed.NewKey(rand.Reader)
	}
	if !mayAsk && p.asks() {
		return sealed.Key{}, errWouldAsk
	}
	ring, err := p.ring()
	if err != nil {
		return sealed.Key{}, fmt.Errorf("copies on this computer are encrypted with a key in its keyring: %w", err)
	}
	p.sweep()
	for range 3 { // another process may make the key, or forget it, at the same time
		name, err := os.ReadFile(filepath.Join(p.Dir, keyFile))
		switch {
		case err == nil:
			key, err := p.stored(ring, string(name))
			if !errors.Is(err, errKeyLost) {
				return key, err
			}
			if err := p.discard(); err != nil {
				return sealed.Key{}, err
			}
		case !errors.Is(err, fs.ErrNotExist):
			return sealed.Key{}, err
		}
		key, err := p.make(ring)
		if !errors.Is(err, local.ErrExists) {
			return key, err
		}
	}
	return sealed.Key{}, errors.New("another process keeps changing the key of the copies on this computer: try again when it has ended")
}

// errKeyLost says that no key opens the files of the folder any more.
var errKeyLost = errors.New("the keyring no longer holds the key of the copies on this computer")

// stored reads the key from the keyring.
func (p *Private) stored(ring aws.Keyring, name string) (key sealed.Key, err error) {
	stored, err := ring.Load(p.prefix + strings.TrimSpace(name))
	if aws.KindOf(err) == aws.Absent {
		return key, errKeyLost
	}
	if err != nil {
		return key, err
	}
	data, err := base64.StdEncoding.DecodeString(stored.Secret)
	if err != nil || len(data) != len(key) {
		return key, errKeyLost
	}
	copy(key[:], data)
	return key, nil
}

// make draws a key. The keyring has it before the folder names it, so the files of a
// folder always have a key; of two processes, one's key is named.
func (p *Private) make(ring aws.Keyring) (sealed.Key, error) {
	key, err := sealed.NewKey(rand.Reader)
	if err != nil {
		return key, err
	}
	name, err := id.New(rand.Reader)
	if err != nil {
		return key, err
	}
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return key, err
	}
	if err := ring.Store(p.prefix+name, aws.Key{ID: name, Secret: base64.StdEncoding.EncodeToString(key[:])}); err != nil {
		return key, fmt.Errorf("the key of the copies on this computer cannot be stored: %w", err)
	}
	err = local.Save(filepath.Join(p.Dir, keyFile), func(w io.Writer) error {
		_, err := io.WriteString(w, name+"\n")
		return err
	})
	if err != nil {
		_ = ring.Delete(p.prefix + name)
	}
	return key, err
}

// sweep deletes what a process left that was killed while it wrote.
func (p *Private) sweep() {
	left, _ := filepath.Glob(filepath.Join(p.Dir, ".claria-*"))
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(path)
		}
	}
}

// Forget deletes the key and every file, in this order: without the key, the files and
// every copy of them are useless. The next use makes a new key.
func (p *Private) Forget() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key = nil
	if p.Dir == "" {
		return p.Lists.Clear()
	}
	return errors.Join(p.deleteKeys(), p.discard())
}

// deleteKeys deletes the key, and those that interrupted runs left.
func (p *Private) deleteKeys() error {
	ring, err := p.ring()
	if err != nil {
		return fmt.Errorf("the key of the copies on this computer cannot be deleted: %w", err)
	}
	names, err := ring.Names()
	for _, name := range names {
		if strings.HasPrefix(name, p.prefix) {
			if failed := ring.Delete(name); aws.KindOf(failed) != aws.Absent {
				err = errors.Join(err, failed)
			}
		}
	}
	return err
}

// discard deletes the files of the folder.
func (p *Private) discard() error {
	entries, err := os.ReadDir(p.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if failed := os.Remove(filepath.Join(p.Dir, entry.Name())); failed != nil && !errors.Is(failed, fs.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("a copy on this computer cannot be deleted: %w", failed))
		}
	}
	if err == nil {
		_ = os.Remove(p.Dir) // unless another process uses it
	}
	return err
}
