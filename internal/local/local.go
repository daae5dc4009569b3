// Package local writes files with patient information on this computer. Only their
// owner can read them, they are complete or absent, and they never replace another
// file unless the caller asks for it.
//
// It must not know what the files hold.
package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"claria/internal/safe"
)

// ErrExists refuses a path that exists already.
var ErrExists = errors.New("a file with that name exists already")

// Free refuses a path that exists, before any work is done for it.
func Free(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return ErrExists
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return bare(err)
}

// Save writes what fill writes to a new file (0600). The file is written under a
// temporary name and moved into place when fill succeeds. An existing file stays.
// Errors hold no path.
func Save(path string, fill func(io.Writer) error) error { return save(path, fill, link) }

// Replace is Save, but replaces an existing file.
func Replace(path string, fill func(io.Writer) error) error { return save(path, fill, os.Rename) }

func save(path string, fill func(io.Writer) error, move func(from, to string) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".claria-*") // mode 0600
	if err != nil {
		return fmt.Errorf("the file cannot be written there: %w", bare(err))
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if err := fill(nameless{file}); err != nil {
		_ = file.Close()
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("the file cannot be written there: %w", bare(err))
	}
	return bare(move(file.Name(), path))
}

// link moves a file to a path that does not exist.
func link(from, to string) error {
	// A link fails where a rename would replace a file that has appeared in the meantime.
	err := os.Link(from, to)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrExist):
		return ErrExists
	}
	// Some file systems have no links.
	if err := Free(to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// nameless writes to a file and removes its path from the errors.
type nameless struct{ file *os.File }

func (n nameless) Write(p []byte) (int, error) {
	written, err := n.file.Write(p)
	if err != nil {
		err = fmt.Errorf("the file cannot be written there: %w", bare(err))
	}
	return written, err
}

// bare is a file system error without the path, which may hold a name.
func bare(err error) error {
	if where, ok := errors.AsType[*fs.PathError](err); ok {
		return where.Err
	}
	if where, ok := errors.AsType[*os.LinkError](err); ok {
		return where.Err
	}
	return err
}

// SHA256 is the hash of a file, 64 hex digits.
func SHA256(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", bare(err)
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", bare(err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// device matches the names that Windows takes for a device, with any extension (Win32,
// "Naming Files, Paths, and Namespaces").
var device = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9]) *$`)

// Name turns a name from outside into a file name for this computer: it cannot lead to
// another directory or hide the file, and it is short enough for a file system. When
// nothing is left of the name, it is otherwise.
func Name(name safe.PHI, otherwise string) string {
	text := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name.Line())
	// A leading dash would make the name an option of the next command that gets it.
	text = strings.TrimLeft(strings.TrimSpace(text), ".- ")
	if stem, _, _ := strings.Cut(text, "."); device.MatchString(stem) {
		text = "_" + text
	}
	extension := filepath.Ext(text)
	if len(extension) > 16 {
		extension = ""
	}
	for stem := []rune(strings.TrimSuffix(text, extension)); len(text) > 200; text = string(stem) + extension {
		stem = stem[:len(stem)-1]
	}
	if text == "" || text == extension {
		return otherwise + extension
	}
	return text
}

// Home replaces a leading ~ by the home directory, when there is one.
func Home(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && !os.IsPathSeparator(rest[0]) {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return path
	}
	return home + rest
}
