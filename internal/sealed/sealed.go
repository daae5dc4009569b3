// Package sealed keeps small things on this computer encrypted: what a screen shows
// before the account has answered, such as the list of clients. A file of it is useless
// without the key, which is stored elsewhere. It tells nobody what it holds, not even by
// its name, and a changed or exchanged file is never returned.
//
// It must not know what the things are, nor where the key comes from.
package sealed

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"claria/internal/local"
)

// KeySize is the length of a Key in bytes.
const KeySize = 32

// Key is the secret from which the key of each purpose is derived.
type Key [KeySize]byte

// NewKey draws a key from a source of random bytes.
func NewKey(random io.Reader) (Key, error) {
	var key Key
	_, err := io.ReadFull(random, key[:])
	return key, err
}

// Derive returns the 32 bytes for one purpose (HKDF-SHA256, RFC 5869). Those of one
// purpose say nothing about those of another.
func (k Key) Derive(purpose string) []byte {
	out, err := hkdf.Key(sha256.New, k[:], nil, "claria "+purpose, KeySize)
	if err != nil {
		panic(err) // only when more than 255 hashes are asked for
	}
	return out
}

// What Get returns when it has nothing to return.
var (
	ErrNone    = errors.New("nothing is stored under this name")
	ErrDamaged = errors.New("the stored copy was changed or is damaged, and was deleted")
)

const (
	magic  = "CLS1"
	suffix = ".sealed"
	// block is what lengths are rounded up to, so that the size of a file says little.
	block = 4096
	// most is the largest thing that is stored.
	most = 64 << 20
	head = 12 // time and length
)

// Store is a folder of sealed things of one owner. It is safe for concurrent use, also
// by several processes: the last Put of a name counts.
type Store struct {
	dir   string
	owner string
	key   func() (Key, error)

	mu     sync.Mutex
	memory map[string][]byte // sealed, by file name; used when dir is empty
}

// New returns the store of an owner, such as an account and a bucket, in a folder of its
// own. The folder need not exist. An empty dir keeps everything in memory. The key is
// asked for at each use.
func New(dir, owner string, key func() (Key, error)) *Store {
	return &Store{dir: dir, owner: owner, key: key, memory: map[string][]byte{}}
}

// Put stores a copy of data under a name, in the place of what was there. When it
// returns nil the copy is on the disk, whole. Data is at most 64 MB.
func (s *Store) Put(name string, data []byte) error { return s.putAt(name, data, time.Now()) }

func (s *Store) putAt(name string, data []byte, now time.Time) error {
	if len(data) > most {
		return fmt.Errorf("%d bytes are more than the %d that can be stored", len(data), most)
	}
	key, err := s.key()
	if err != nil {
		return err
	}
	plain := binary.BigEndian.AppendUint64(make([]byte, 0, head+len(data)+block), uint64(now.Unix()))
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(data)))
	plain = append(plain, data...)
	plain = append(plain, make([]byte, (block-len(plain)%block)%block)...)
	aead, err := chacha20poly1305.NewX(key.Derive("sealed files"))
	if err != nil {
		return err
	}
	out := append(make([]byte, 0, len(magic)+aead.NonceSize()+len(plain)+aead.Overhead()), magic...)
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	out = append(out, nonce...)
	out = aead.Seal(out, nonce, plain, s.bound(name))
	return s.write(s.file(key, name), out)
}

// Get returns what is stored under a name, and when it was stored. The error is ErrNone,
// ErrDamaged, or says why the key or the file cannot be read. The copy may be older than
// the last Put if someone put an earlier file back: treat it as what was once true.
func (s *Store) Get(name string) (data []byte, stored time.Time, err error) {
	key, err := s.key()
	if err != nil {
		return nil, time.Time{}, err
	}
	file := s.file(key, name)
	sealed, err := s.read(file)
	if err != nil {
		return nil, time.Time{}, err
	}
	plain, err := s.open(key, name, sealed)
	if err != nil {
		return nil, time.Time{}, errors.Join(err, s.remove(file))
	}
	n := int(binary.BigEndian.Uint32(plain[8:head]))
	return plain[head : head+n], time.Unix(int64(binary.BigEndian.Uint64(plain)), 0), nil
}

func (s *Store) open(key Key, name string, sealed []byte) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(key.Derive("sealed files"))
	if err != nil {
		return nil, err
	}
	rest, ok := bytes.CutPrefix(sealed, []byte(magic))
	if !ok || len(rest) < aead.NonceSize() {
		return nil, ErrDamaged
	}
	plain, err := aead.Open(nil, rest[:aead.NonceSize()], rest[aead.NonceSize():], s.bound(name))
	if err != nil || len(plain) < head || int64(binary.BigEndian.Uint32(plain[8:head])) > int64(len(plain)-head) {
		return nil, ErrDamaged
	}
	return plain, nil
}

// Remove forgets a name. It is no error if nothing is stored under it.
func (s *Store) Remove(name string) error {
	key, err := s.key()
	if err != nil {
		return err
	}
	return s.remove(s.file(key, name))
}

// Clear deletes everything that the store keeps, of any owner and any key. It needs no key.
func (s *Store) Clear() error {
	if s.dir == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		clear(s.memory)
		return nil
	}
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), suffix) {
			err = errors.Join(err, s.remove(entry.Name()))
		}
	}
	return err
}

// bound is what a file is sealed together with: moved to another name or owner it does
// not open.
func (s *Store) bound(name string) []byte { return []byte(magic + "\n" + s.owner + "\n" + name) }

// file is the name of a file, which does not show the name of what it holds.
func (s *Store) file(key Key, name string) string {
	mac := hmac.New(sha256.New, key.Derive("sealed names"))
	mac.Write(s.bound(name))
	return hex.EncodeToString(mac.Sum(nil)[:16]) + suffix
}

func (s *Store) read(file string) ([]byte, error) {
	if s.dir == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		data, ok := s.memory[file]
		if !ok {
			return nil, ErrNone
		}
		return data, nil
	}
	f, err := os.Open(filepath.Join(s.dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("the local copy cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, most+2*block))
	if err != nil {
		return nil, fmt.Errorf("the local copy cannot be read: %w", err)
	}
	return data, nil
}

func (s *Store) write(file string, data []byte) error {
	if s.dir == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.memory[file] = data
		return nil
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("the local copy cannot be written: %w", err)
	}
	return local.Replace(filepath.Join(s.dir, file), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

func (s *Store) remove(file string) error {
	if s.dir == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.memory, file)
		return nil
	}
	if err := os.Remove(filepath.Join(s.dir, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the local copy cannot be deleted: %w", err)
	}
	return nil
}
