package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"claria/aws"
)

// ringName is the signing key's name in the keyring.
const ringName = "ledger"

// prefix goes before a public key in text, so that it says what it is.
const prefix = "claria-ledger-ed25519 "

// signer is the key that signs lines.
type signer struct {
	private ed25519.PrivateKey
	id      string
	place   string // in words
}

// KeyID is the short name of a public key: the first 16 hex digits of its SHA-256.
func KeyID(key ed25519.PublicKey) string { return hash(key)[:16] }

// FormatKey returns a public key as one line of text.
func FormatKey(key ed25519.PublicKey) string {
	return prefix + base64.StdEncoding.EncodeToString(key)
}

// ParseKeys reads public keys, one per line, as FormatKey writes them. Empty lines
// and lines that begin with # are skipped.
func ParseKeys(text string) ([]ed25519.PublicKey, error) {
	var keys []ed25519.PublicKey
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(line, prefix))
		if err != nil || len(data) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("this is not a ledger's public key: expected the line that claria evidence key prints, %s…", prefix)
		}
		keys = append(keys, data)
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no public key: expected the line that claria evidence key prints")
	}
	return keys, nil
}

// PublicKeys returns every key that ever signed this ledger, as this machine
// remembers them, the newest last. Anyone who can write the ledger can write these
// too: an auditor verifies with the key that they received earlier.
func (l *Ledger) PublicKeys() ([]ed25519.PublicKey, error) {
	text := strings.Join(l.memory.public, "\n")
	if l.dir != "" {
		data, err := os.ReadFile(l.path(publicName))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("evidence ledger: %w", err)
		}
		text = string(data)
	}
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	return ParseKeys(text)
}

// SigningKey creates the signing key if there is none yet, and returns its public
// part and, in words, where the secret part is stored.
func (l *Ledger) SigningKey() (key ed25519.PublicKey, place string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, err := l.signing()
	if err != nil {
		return nil, "", err
	}
	return s.private.Public().(ed25519.PublicKey), s.place, nil
}

// signing returns the signing key: the one in the file if there is one, because a
// check by cron may have no keyring, else the keyring's, else a new one.
func (l *Ledger) signing() (*signer, error) {
	if l.signer != nil {
		return l.signer, nil
	}
	seed, place, err := l.seed()
	if err != nil {
		return nil, fmt.Errorf("evidence ledger: the signing key: %w", err)
	}
	private := ed25519.NewKeyFromSeed(seed)
	public := private.Public().(ed25519.PublicKey)
	l.signer = &signer{private, KeyID(public), place}
	return l.signer, l.remember(public)
}

func (l *Ledger) seed() (seed []byte, place string, err error) {
	if l.dir != "" {
		if err := os.MkdirAll(l.dir, 0o700); err != nil {
			return nil, "", err
		}
		data, err := os.ReadFile(l.path(keyName))
		if err == nil {
			seed, err = decode(string(data))
			return seed, "the file " + l.path(keyName), err
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, "", err
		}
	}
	if ring := l.options.Keyring; ring != nil {
		if seed, err = l.ringSeed(ring); err == nil {
			return seed, "the keyring (" + ring.Backend() + ")", nil
		}
		l.note("the keyring cannot store the ledger's signing key now (%v): it is stored in a file that only you can read", err)
	}
	if seed, err = l.draw(); err != nil || l.dir == "" {
		return seed, "memory", err
	}
	err = writeOnce(l.path(keyName), []byte(base64.StdEncoding.EncodeToString(seed)+"\n"))
	if errors.Is(err, fs.ErrExist) { // another process was first
		return l.seed()
	}
	return seed, "the file " + l.path(keyName), err
}

func (l *Ledger) ringSeed(ring aws.Keyring) ([]byte, error) {
	key, err := ring.Load(ringName)
	if err == nil {
		return decode(key.Secret)
	}
	if aws.KindOf(err) != aws.Absent {
		return nil, err
	}
	seed, err := l.draw()
	if err != nil {
		return nil, err
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	if err := ring.Store(ringName, aws.Key{ID: KeyID(public), Secret: base64.StdEncoding.EncodeToString(seed)}); err != nil {
		return nil, err
	}
	// Read back: two processes may have made one each, and the keyring kept one.
	if key, err = ring.Load(ringName); err != nil {
		return nil, err
	}
	return decode(key.Secret)
}

func (l *Ledger) draw() ([]byte, error) {
	seed := make([]byte, ed25519.SeedSize)
	_, err := io.ReadFull(l.options.Rand, seed)
	return seed, err
}

func decode(text string) ([]byte, error) {
	seed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("the stored signing key is not valid")
	}
	return seed, nil
}

// remember records a public key next to the ledger.
func (l *Ledger) remember(public ed25519.PublicKey) error {
	text := FormatKey(public)
	if l.dir == "" {
		l.memory.public = append(l.memory.public, text)
		return nil
	}
	known, err := l.PublicKeys()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(known, func(k ed25519.PublicKey) bool { return k.Equal(public) }) {
		return nil
	}
	file, err := os.OpenFile(l.path(publicName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	_, err = file.WriteString(text + "\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	return nil
}
