package aws

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"filippo.io/age"
	"github.com/99designs/keyring"
)

// The encrypted file keyring is a directory with one file for each key, in the format of
// age (https://age-encryption.org/v1). identity.age holds an X25519 identity and is
// encrypted with the passphrase; the other files are encrypted to that identity. So a
// process derives a key from the passphrase once, however many keys it reads, and a new
// passphrase replaces one file.
//
// Earlier versions wrote JSON Web Encryption with PBES2, which the library derived with
// 8,192 rounds. Such a file is opened and rewritten in the new form.
const (
	identityName = "identity.age"
	ageHeader    = "age-encryption.org/v1\n"
	newPrefix    = ".new-" // a file that is being written
	oldNew       = ".new"  // what an earlier version appended to one
)

// passphraseWork is the base-2 logarithm of scrypt's cost: 128 MiB and about a third of
// a second for each guess, once for each process. It is the least that OWASP's Password
// Storage Cheat Sheet recommends with r=8 and p=1, which age fixes.
const passphraseWork = 17

// mostWork bounds the work that a file can demand: 1 GiB.
const mostWork = 20

// shortestPassphrase is the least number of characters of a new passphrase. Anyone with
// a copy of the files can guess without being noticed.
const shortestPassphrase = 12

// ErrPassphrase says that the passphrase does not open the keyring.
var ErrPassphrase = errors.New("the passphrase is wrong")

var errNoIdentity = errors.New(identityName + " is missing, and without it no key can be read: put it back, or move the keyring's directory " +
	"away and get new keys")

// ShortPassphraseError refuses the passphrase of a new keyring.
type ShortPassphraseError struct{ Characters int }

func (e *ShortPassphraseError) Error() string {
	return fmt.Sprintf("the passphrase has %d characters, and a new keyring needs %d or more: choose a longer one, such as five random words",
		e.Characters, shortestPassphrase)
}

// fileRing is the encrypted file keyring.
type fileRing struct {
	dir        string
	passphrase func() (string, error)
	note       func(string)
	frozen     bool // writes nothing unless Set or Remove is called

	mu       sync.Mutex
	identity *age.X25519Identity // once it is open
	secret   string              // that opened it
}

var _ keyring.Keyring = (*fileRing)(nil)

// Get returns an item. It rewrites a file of an earlier version.
func (f *fileRing) Get(key string) (keyring.Item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := filepath.Base(f.path(key))
	data, err := os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		// An earlier version was killed after it had written a key and before it renamed
		// the file.
		name += oldNew
		data, err = os.ReadFile(f.path(name))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return keyring.Item{}, keyring.ErrKeyNotFound
	}
	if err != nil {
		return keyring.Item{}, err
	}
	if bytes.HasPrefix(data, []byte(ageHeader)) {
		return f.decrypt(data)
	}
	secret, err := f.ask()
	if err != nil {
		return keyring.Item{}, err
	}
	item, err := f.old(name, secret)
	if err != nil {
		return item, err
	}
	if !f.frozen {
		item.Key = key
		_ = f.set(item) // a directory that cannot be written keeps the old form
	}
	return item, nil
}

// GetMetadata is part of the interface; nothing calls it.
func (f *fileRing) GetMetadata(string) (keyring.Metadata, error) {
	return keyring.Metadata{}, keyring.ErrMetadataNotSupported
}

// Set stores an item. When it returns nil, the item is on the disk, whole; after an
// error or a crash the earlier item is.
func (f *fileRing) Set(item keyring.Item) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.set(item)
}

func (f *fileRing) set(item keyring.Item) error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	if err := f.open(true); err != nil {
		return err
	}
	data, err := json.Marshal(item)
	if err != nil {
		return err
	}
	sealed, err := seal(data, f.identity.Recipient())
	if err != nil {
		return err
	}
	f.sweep()
	if err := durable(f.path(item.Key), sealed, os.Rename); err != nil {
		return err
	}
	_ = os.Remove(f.path(item.Key) + oldNew) // older than this item
	return nil
}

// Remove deletes an item.
func (f *fileRing) Remove(key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	left := os.Remove(f.path(key) + oldNew)
	err := os.Remove(f.path(key))
	if errors.Is(err, fs.ErrNotExist) && left == nil {
		err = nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return keyring.ErrKeyNotFound
	}
	if err != nil {
		return err
	}
	return syncDir(f.dir)
}

// Keys lists the items.
func (f *fileRing) Keys() ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var keys []string
	for _, entry := range entries {
		if name := entry.Name(); !entry.IsDir() && name != identityName && !strings.HasPrefix(name, ".") {
			keys = append(keys, name)
		}
	}
	return keys, err
}

// path returns the file of an item. Names have no slash: they are an account's number
// and an identity's name.
func (f *fileRing) path(key string) string { return filepath.Join(f.dir, filepath.Base(key)) }

func (f *fileRing) ask() (string, error) {
	if f.secret != "" {
		return f.secret, nil
	}
	return f.passphrase()
}

// open opens the identity. With create it makes a new one if there is none.
func (f *fileRing) open(create bool) error {
	if f.identity != nil {
		return nil
	}
	sealed, err := os.ReadFile(filepath.Join(f.dir, identityName))
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return err
	}
	if fresh && !create {
		return errNoIdentity
	}
	secret, err := f.ask()
	if err != nil {
		return err
	}
	if fresh {
		return f.create(secret)
	}
	text, err := unlock(sealed, secret)
	if err != nil {
		return err
	}
	identity, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("%s is damaged: %w", identityName, err)
	}
	f.opened(identity, secret)
	return nil
}

// opened remembers the identity, and warns of a short passphrase of an earlier version.
func (f *fileRing) opened(identity *age.X25519Identity, secret string) {
	f.identity, f.secret = identity, secret
	if n := utf8.RuneCountInString(secret); n < shortestPassphrase && f.note != nil {
		f.note(fmt.Sprintf("the passphrase of the keyring has %d characters, and anyone with a copy of its files can guess it: choose one of %d "+
			"or more with claria keys passphrase", n, shortestPassphrase))
	}
}

// create makes the identity of a new keyring, or of one that an earlier version wrote,
// which the passphrase must open.
func (f *fileRing) create(secret string) error {
	names, err := f.Keys()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		if n := utf8.RuneCountInString(secret); n < shortestPassphrase {
			return &ShortPassphraseError{n}
		}
	} else if data, err := os.ReadFile(f.path(names[0])); err == nil && bytes.HasPrefix(data, []byte(ageHeader)) {
		return errNoIdentity
	} else if _, err := f.old(names[0], secret); err != nil {
		return err
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	sealed, err := lock([]byte(identity.String()+"\n"), secret)
	if err != nil {
		return err
	}
	err = durable(filepath.Join(f.dir, identityName), sealed, link)
	if errors.Is(err, fs.ErrExist) { // another process was first
		return f.open(false)
	}
	if err != nil {
		return err
	}
	f.opened(identity, secret)
	return nil
}

func (f *fileRing) decrypt(data []byte) (item keyring.Item, err error) {
	if err := f.open(false); err != nil {
		return item, err
	}
	plain, err := age.Decrypt(bytes.NewReader(data), f.identity)
	var text []byte
	if err == nil {
		text, err = io.ReadAll(plain) // to its end, which proves that nothing is cut off
	}
	if err != nil {
		return item, fmt.Errorf("its file belongs to another keyring or is damaged: %w", err)
	}
	return item, json.Unmarshal(text, &item)
}

// old reads a file that an earlier version wrote.
func (f *fileRing) old(name, secret string) (keyring.Item, error) {
	ring, err := keyring.Open(keyring.Config{
		AllowedBackends: []keyring.BackendType{keyring.FileBackend}, FileDir: f.dir, FilePasswordFunc: keyring.FixedStringPrompt(secret),
	})
	if err != nil {
		return keyring.Item{}, err
	}
	item, err := ring.Get(name)
	if err != nil {
		return item, fmt.Errorf("%w, or the file is damaged (%w)", ErrPassphrase, err)
	}
	f.secret = secret
	return item, nil
}

// sweep deletes what processes left that were killed while they wrote. The key of such
// a file was never reported as stored.
func (f *fileRing) sweep() {
	left, _ := filepath.Glob(filepath.Join(f.dir, newPrefix+"*"))
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(path)
		}
	}
}

// seal encrypts to recipients.
func seal(data []byte, to ...age.Recipient) ([]byte, error) {
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to...)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(data)
	err = errors.Join(err, w.Close()) // which writes the end
	return sealed.Bytes(), err
}

// lock encrypts with a passphrase.
func lock(data []byte, secret string) ([]byte, error) {
	to, err := age.NewScryptRecipient(secret)
	if err != nil {
		return nil, err
	}
	to.SetWorkFactor(passphraseWork)
	return seal(data, to)
}

// unlock decrypts with a passphrase.
func unlock(sealed []byte, secret string) ([]byte, error) {
	with, err := age.NewScryptIdentity(secret)
	if err != nil {
		return nil, err
	}
	with.SetMaxWorkFactor(mostWork)
	plain, err := age.Decrypt(bytes.NewReader(sealed), with)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", identityName, err)
	}
	return io.ReadAll(plain)
}

// durable writes a private file under a temporary name, moves it into place, and
// returns when the file and its name are on the disk.
func durable(path string, data []byte, move func(from, to string) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), newPrefix+"*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := move(file.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// link gives a file a name that does not exist yet.
func link(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); err == nil { // some file systems have no links
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

// syncDir writes a directory's names to the disk. Windows and some file systems do that
// by themselves and refuse to be asked.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}

// ChangePassphrase gives the encrypted file keyring in a directory another passphrase.
// First it rewrites what an earlier version wrote. The old passphrase comes from the
// options. Other directories and copies of the files keep the old one.
func ChangePassphrase(options KeyringOptions, passphrase string) error {
	if n := utf8.RuneCountInString(passphrase); n < shortestPassphrase {
		return &ShortPassphraseError{n}
	}
	options.Backend = "file"
	if _, err := options.choose(); err != nil {
		return err
	}
	ring := options.file()
	ring.note = nil
	names, err := ring.Keys()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return errors.New("the encrypted file keyring holds no key yet: its passphrase is the one that set-up is given")
	}
	for _, name := range names {
		if _, err := ring.Get(name); err != nil {
			return fmt.Errorf("nothing was changed: the file %s of the keyring cannot be read: %w", name, err)
		}
	}
	ring.mu.Lock()
	defer ring.mu.Unlock()
	if err := ring.open(false); err != nil { // an old file that could not be rewritten
		return fmt.Errorf("nothing was changed: %w", err)
	}
	sealed, err := lock([]byte(ring.identity.String()+"\n"), passphrase)
	if err != nil {
		return err
	}
	return durable(filepath.Join(ring.dir, identityName), sealed, os.Rename)
}
