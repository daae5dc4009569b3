package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/99designs/keyring"
)

// Keyring keeps access keys under the name of their identity ("claria-admin").
type Keyring interface {
	// Load returns the stored key; KindOf(err) is Absent when there is none.
	Load(name string) (Key, error)
	Store(name string, key Key) error
	Delete(name string) error
	// Names lists the identities that have a key here.
	Names() ([]string, error)
	// Backend says in words where keys are kept: "Secret Service", "encrypted file".
	Backend() string
}

// KeyringOptions say where keys may be kept.
type KeyringOptions struct {
	// Scope goes before every name, so that two accounts on one machine keep
	// their keys apart: the account's 12 digits.
	Scope string
	// Dir is the encrypted file keyring's directory.
	Dir string
	// LookupEnv answers CLARIA_KEYRING_PASSPHRASE_FILE and the desktop's variables.
	LookupEnv func(string) (string, bool)
	// Passphrase asks a person for the file keyring's passphrase; nil: nobody is there to ask.
	Passphrase func(prompt string) (string, error)
}

// PassphraseVariable names the variable that names the passphrase's file.
const PassphraseVariable = "CLARIA_KEYRING_PASSPHRASE_FILE"

// NoKeyringError says that this machine has nowhere to keep a key.
type NoKeyringError struct{ Reason string }

func (e *NoKeyringError) Error() string {
	return e.Reason + ": write a passphrase to a file that only you can read (mode 0600) and set " +
		PassphraseVariable + " to its path, or give --credentials environment"
}

// backends are the keyring services of each system, in words.
var backends = map[keyring.BackendType]string{
	keyring.KeychainBackend:      "macOS Keychain",
	keyring.WinCredBackend:       "Windows Credential Manager",
	keyring.SecretServiceBackend: "Secret Service",
	keyring.FileBackend:          "encrypted file",
}

// OpenKeyring chooses the backend and opens it: the encrypted file when a
// passphrase file is named, else the system's keyring service, else the
// encrypted file with a passphrase that a person types. The choice is made here
// and not by the library, whose own search talks to D-Bus, which a cron job
// does not have, and would prompt.
func OpenKeyring(options KeyringOptions) (Keyring, error) {
	config := keyring.Config{
		ServiceName: "claria", KeychainTrustApplication: true, KeychainAccessibleWhenUnlocked: true,
		LibSecretCollectionName: "login", WinCredPrefix: "claria", FileDir: options.Dir,
	}
	passphrase := options.Passphrase
	var backend keyring.BackendType
	switch path, _ := options.LookupEnv(PassphraseVariable); {
	case path != "":
		secret, err := readPassphrase(path)
		if err != nil {
			return nil, err
		}
		passphrase = keyring.FixedStringPrompt(secret)
		backend = keyring.FileBackend
	default:
		backend = service(options.LookupEnv)
	}
	if backend == "" {
		if passphrase == nil {
			return nil, &NoKeyringError{"this machine has no keyring service, and no passphrase for the encrypted file keyring was given"}
		}
		backend = keyring.FileBackend
	}
	config.AllowedBackends = []keyring.BackendType{backend}
	if passphrase != nil {
		config.FilePasswordFunc = func(string) (string, error) { return passphrase("Passphrase of Claria's keyring") }
	}
	if backend == keyring.FileBackend {
		if err := os.MkdirAll(options.Dir, 0o700); err != nil {
			return nil, fmt.Errorf("keyring: %w", err)
		}
	}
	ring, err := keyring.Open(config)
	if err != nil {
		return nil, fmt.Errorf("keyring (%s): %w", backends[backend], err)
	}
	return &machineKeyring{ring: ring, backend: backend, dir: options.Dir, scope: options.Scope}, nil
}

// service is the keyring service that this machine offers; empty: none.
func service(lookup func(string) (string, bool)) keyring.BackendType {
	available := keyring.AvailableBackends()
	var want keyring.BackendType
	switch runtime.GOOS {
	case "darwin":
		want = keyring.KeychainBackend
	case "windows":
		want = keyring.WinCredBackend
	default:
		if bus, ok := lookup("DBUS_SESSION_BUS_ADDRESS"); !ok || bus == "" {
			return ""
		}
		want = keyring.SecretServiceBackend
	}
	if slices.Contains(available, want) {
		return want
	}
	return ""
}

// readPassphrase reads the first line of a file that only its owner may read.
func readPassphrase(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", PassphraseVariable, err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s: %s can be read by others (mode %04o): run chmod 600 %s", PassphraseVariable, path, info.Mode().Perm(), path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", PassphraseVariable, err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	line = strings.TrimRight(line, "\r")
	if line == "" {
		return "", fmt.Errorf("%s: the first line of %s is empty", PassphraseVariable, path)
	}
	return line, nil
}

type machineKeyring struct {
	ring    keyring.Keyring
	backend keyring.BackendType
	dir     string
	scope   string
}

// storedKey is a Key as an item of the keyring holds it.
type storedKey struct {
	ID     string `json:"id"`
	Secret string `json:"secret"`
}

func (m *machineKeyring) item(name string) string {
	if m.scope == "" {
		return name
	}
	return m.scope + " " + name
}

func (m *machineKeyring) Backend() string { return backends[m.backend] }

func (m *machineKeyring) wrap(err error, operation, name string) error {
	if err == nil {
		return nil
	}
	kind := Unavailable
	if errors.Is(err, keyring.ErrKeyNotFound) || errors.Is(err, fs.ErrNotExist) {
		kind = Absent
	}
	return &KeyringError{Kind: kind, Operation: operation, Name: name, Backend: m.Backend(), Err: err}
}

// KeyringError is a keyring that did not do what was asked.
type KeyringError struct {
	Kind                     Kind
	Operation, Name, Backend string
	Err                      error
}

func (e *KeyringError) Error() string {
	if e.Kind == Absent {
		return fmt.Sprintf("the %s keyring holds no key for %s", e.Backend, e.Name)
	}
	return fmt.Sprintf("the %s keyring could not %s the key of %s (a wrong passphrase, or it is locked): %v", e.Backend, e.Operation, e.Name, e.Err)
}

// Unwrap returns the cause.
func (e *KeyringError) Unwrap() error { return e.Err }

func (m *machineKeyring) Load(name string) (Key, error) {
	item, err := m.ring.Get(m.item(name))
	if err != nil {
		return Key{}, m.wrap(err, "read", name)
	}
	var stored storedKey
	if err := json.Unmarshal(item.Data, &stored); err != nil {
		return Key{}, m.wrap(err, "read", name)
	}
	return Key{ID: stored.ID, Secret: stored.Secret}, nil
}

func (m *machineKeyring) Store(name string, key Key) error {
	data, err := json.Marshal(storedKey{key.ID, key.Secret})
	if err != nil {
		return err
	}
	target := m.item(name)
	item := keyring.Item{Key: target, Data: data, Label: "Claria: AWS key of " + name, KeychainNotTrustApplication: false}
	if m.backend != keyring.FileBackend {
		return m.wrap(m.ring.Set(item), "store", name)
	}
	// The library writes the file in place; a crash in between would lose the
	// only copy of a key. Write beside it and rename.
	item.Key = target + ".new"
	if err := m.ring.Set(item); err != nil {
		return m.wrap(err, "store", name)
	}
	return m.wrap(os.Rename(filepath.Join(m.dir, item.Key), filepath.Join(m.dir, target)), "store", name)
}

func (m *machineKeyring) Delete(name string) error {
	return m.wrap(m.ring.Remove(m.item(name)), "delete", name)
}

func (m *machineKeyring) Names() ([]string, error) {
	items, err := m.ring.Keys()
	if err != nil {
		return nil, m.wrap(err, "list", "this machine")
	}
	names := []string{}
	for _, item := range items {
		name, ok := strings.CutPrefix(item, m.item(""))
		if ok && !strings.HasSuffix(name, ".new") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// NewMemoryKeyring keeps keys for as long as the program runs: the practice
// account's keys are worth nothing on disk.
func NewMemoryKeyring() Keyring { return &memoryKeyring{keys: map[string]Key{}} }

type memoryKeyring struct {
	mu   sync.Mutex
	keys map[string]Key
}

func (m *memoryKeyring) Load(name string) (Key, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key, ok := m.keys[name]
	if !ok {
		return Key{}, &KeyringError{Kind: Absent, Operation: "read", Name: name, Backend: m.Backend()}
	}
	return key, nil
}

func (m *memoryKeyring) Store(name string, key Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys[name] = key
	return nil
}

func (m *memoryKeyring) Delete(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.keys, name)
	return nil
}

func (m *memoryKeyring) Backend() string { return "memory" }

func (m *memoryKeyring) Names() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.keys)), nil
}
