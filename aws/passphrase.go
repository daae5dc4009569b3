package aws

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Where an unattended machine can store the passphrase of the encrypted file keyring.
const (
	// PassphraseVariable is the environment variable that names the passphrase file.
	PassphraseVariable = "CLARIA_KEYRING_PASSPHRASE_FILE"
	// PassphraseDescriptorVariable names the variable that holds the number of an open
	// file descriptor to read it from. It can be read once.
	PassphraseDescriptorVariable = "CLARIA_KEYRING_PASSPHRASE_FD"
	// passphraseCredential is the file below $CREDENTIALS_DIRECTORY, where systemd puts
	// a service's credentials (systemd.exec(5), LoadCredential=).
	passphraseCredential = "claria-keyring-passphrase"
)

// FindPassphrase reads the passphrase from the place that the environment names: a file
// descriptor, a file, or the directory of the service's credentials, in this order.
// Empty: the environment names none.
func FindPassphrase(lookup func(string) (string, bool)) (string, error) {
	if text, ok := lookup(PassphraseDescriptorVariable); ok && text != "" {
		number, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return "", fmt.Errorf("%s: must be the number of an open file descriptor", PassphraseDescriptorVariable)
		}
		file := os.NewFile(uintptr(number), "passphrase")
		if file == nil {
			return "", fmt.Errorf("%s: file descriptor %d is not open", PassphraseDescriptorVariable, number)
		}
		defer func() { _ = file.Close() }()
		secret, err := firstLine(file)
		if err != nil {
			return "", fmt.Errorf("%s: file descriptor %d: %w", PassphraseDescriptorVariable, number, err)
		}
		return secret, nil
	}
	if path, ok := lookup(PassphraseVariable); ok && path != "" {
		return readPassphrase(PassphraseVariable, path, true)
	}
	if dir, ok := lookup("CREDENTIALS_DIRECTORY"); ok && dir != "" {
		path := filepath.Join(dir, passphraseCredential)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return "", nil // credentials of another kind
		}
		return readPassphrase("CREDENTIALS_DIRECTORY", path, false) // systemd controls who can read it, by access lists
	}
	return "", nil
}

// ReadPassphrase reads the first line of a file that only its owner can read.
func ReadPassphrase(path string) (string, error) { return readPassphrase("passphrase", path, true) }

// readPassphrase reads the first line of a file. With private, only the file's owner may be able to read it.
func readPassphrase(variable, path string, private bool) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w", variable, err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return "", fmt.Errorf("%s: %w", variable, err)
	}
	if private && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s: %s can be read by others (mode %04o): run chmod 600 %s", variable, path, info.Mode().Perm(), path)
	}
	secret, err := firstLine(file)
	if err != nil {
		return "", fmt.Errorf("%s: %s: %w", variable, path, err)
	}
	return secret, nil
}

func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("the first line is empty")
	}
	return line, nil
}
