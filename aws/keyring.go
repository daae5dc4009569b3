package aws

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/99designs/keyring"
)

// Keyring stores access keys by the name of their identity ("claria-admin").
type Keyring interface {
	// Load returns the stored key; KindOf(err) is Absent when there is none.
	Load(name string) (Key, error)
	// Store keeps a key. In the encrypted file it is on the disk when Store returns nil.
	Store(name string, key Key) error
	Delete(name string) error
	// Names lists the identities that have a key in the keyring.
	Names() ([]string, error)
	// Backend says in words where keys are stored: "Secret Service", "encrypted file".
	Backend() string
}

// KeyringOptions say where keys may be stored.
type KeyringOptions struct {
	// Scope goes before every name, so that two accounts on one machine keep
	// their keys apart: the account's 12 digits.
	Scope string
	// Dir is the encrypted file keyring's directory.
	Dir string
	// Backend is where keys are stored: one of Backends; empty: the encrypted file when
	// a passphrase is found for it, else the system's keyring service, else the
	// encrypted file with a passphrase that a person types.
	Backend string
	// LookupEnv looks up environment variables: where the passphrase is (see FindPassphrase), and the desktop's.
	LookupEnv func(string) (string, bool)
	// Secret is the encrypted file's passphrase, when it is known already.
	Secret string
	// Passphrase asks a person for the file keyring's passphrase; nil: nobody can be asked.
	Passphrase func(prompt string) (string, error)
	// Note gets a sentence that a person should see, such as that the passphrase is
	// short; nil: nobody sees it.
	Note func(string)
	// Frozen leaves the files as they are while keys are only read, also those that an
	// earlier version wrote.
	Frozen bool
}

// NoKeyringError says that this machine has no place to store a key.
type NoKeyringError struct{ Reason string }

func (e *NoKeyringError) Error() string {
	return e.Reason + ": write a passphrase to a file that only you can read (mode 0600) and set " +
		PassphraseVariable + " to its path (or hand it over as file descriptor " + PassphraseDescriptorVariable +
		", or as systemd credential " + passphraseCredential + "), or give --credentials environment"
}

// backends are the places where keys can be stored, in words.
var backends = map[keyring.BackendType]string{
	keyring.KeychainBackend:      "macOS Keychain",
	keyring.WinCredBackend:       "Windows Credential Manager",
	keyring.SecretServiceBackend: "Secret Service",
	keyring.PassBackend:          "pass",
	keyring.KeyCtlBackend:        "kernel keyring",
	keyring.FileBackend:          FileBackend,
}

// FileBackend is what Keyring.Backend says of keys in an encrypted file, which needs a
// passphrase.
const FileBackend = "encrypted file"

// named are the backends by the names that a person uses. "system" is the one that
// comes with this kind of computer.
var named = map[string]keyring.BackendType{
	"file": keyring.FileBackend, "keychain": keyring.KeychainBackend, "wincred": keyring.WinCredBackend,
	"secret-service": keyring.SecretServiceBackend, "pass": keyring.PassBackend, "keyctl": keyring.KeyCtlBackend,
}

// Backends are the values of KeyringOptions.Backend.
func Backends() []string {
	return append([]string{"system"}, slices.Sorted(maps.Keys(named))...)
}

// OpenKeyring chooses the backend and opens it. It does not leave the choice to the
// library, which talks to D-Bus, which a cron job does not have, and would prompt.
func OpenKeyring(options KeyringOptions) (Keyring, error) {
	backend, err := options.choose()
	if err != nil {
		return nil, err
	}
	config := keyring.Config{
		AllowedBackends: []keyring.BackendType{backend},
		ServiceName:     "claria", KeychainTrustApplication: true, KeychainAccessibleWhenUnlocked: true,
		LibSecretCollectionName: "login", WinCredPrefix: "claria", PassPrefix: "claria",
		KeyCtlScope: "user", KeyCtlPerm: 0x3f3f0000, // the owner may do everything, others nothing (keyctl(1))
	}
	if backend == keyring.FileBackend {
		return &machineKeyring{ring: options.file(), backend: backend, scope: options.Scope}, nil
	}
	ring, err := keyring.Open(config)
	if err != nil {
		return nil, fmt.Errorf("keyring (%s): %w", backends[backend], err)
	}
	return &machineKeyring{ring: ring, backend: backend, scope: options.Scope}, nil
}

// file returns the encrypted file keyring.
func (o *KeyringOptions) file() *fileRing {
	secret, ask := o.Secret, o.Passphrase
	return &fileRing{dir: o.Dir, note: o.Note, frozen: o.Frozen, passphrase: func() (string, error) {
		if secret != "" {
			return secret, nil
		}
		return ask("Passphrase of Claria's keyring")
	}}
}

// choose selects a backend, and finds the encrypted file's passphrase when it is stored
// on this machine.
func (o *KeyringOptions) choose() (keyring.BackendType, error) {
	if o.LookupEnv == nil {
		o.LookupEnv = os.LookupEnv
	}
	switch o.Backend {
	case "", "file":
		if o.Secret == "" {
			secret, err := FindPassphrase(o.LookupEnv)
			if err != nil {
				return "", err
			}
			o.Secret = secret
		}
		if o.Secret != "" {
			return keyring.FileBackend, nil
		}
		if o.Backend == "" {
			if backend := service(o.LookupEnv); backend != "" {
				return backend, nil
			}
		}
		if o.Passphrase == nil {
			reason := "no passphrase was given for the encrypted file keyring"
			if o.Backend == "" {
				reason = "this machine has no keyring service, and " + reason
			}
			return "", &NoKeyringError{reason}
		}
		return keyring.FileBackend, nil
	case "system":
		if backend := service(o.LookupEnv); backend != "" {
			return backend, nil
		}
		return "", &NoKeyringError{"keyring \"system\": this machine has no keyring service (for example, no D-Bus session)"}
	}
	backend, ok := named[o.Backend]
	switch {
	case !ok:
		return "", fmt.Errorf("keyring %q: must be one of %s", o.Backend, strings.Join(Backends(), ", "))
	case !slices.Contains(keyring.AvailableBackends(), backend):
		return "", &NoKeyringError{fmt.Sprintf("keyring %q: this machine has no %s", o.Backend, backends[backend])}
	}
	return backend, nil
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

type machineKeyring struct {
	ring    keyring.Keyring
	backend keyring.BackendType
	scope   string
}

// storedKey is a Key as stored in a keyring item.
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

// KeyringError is a failed keyring operation.
type KeyringError struct {
	Kind                     Kind
	Operation, Name, Backend string
	Err                      error
}

func (e *KeyringError) Error() string {
	if e.Kind == Absent {
		return fmt.Sprintf("the %s keyring holds no key for %s", e.Backend, e.Name)
	}
	hint := " (it may be locked)"
	if e.Backend == backends[keyring.FileBackend] {
		hint = ""
	}
	return fmt.Sprintf("the %s keyring could not %s the key of %s%s: %v", e.Backend, e.Operation, e.Name, hint, e.Err)
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
	return m.wrap(m.ring.Set(item), "store", name)
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
		// A key that only an interrupted write of an earlier version has counts: Load finds it.
		if name, ok := strings.CutPrefix(strings.TrimSuffix(item, oldNew), m.item("")); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// NewMemoryKeyring keeps keys while the program runs: the demo account's keys need not
// be stored.
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
