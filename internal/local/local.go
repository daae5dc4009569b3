// Package local writes files with patient information on this computer. Only their
// owner can read them, they are complete or absent, also when the program is killed, and
// they never replace another file unless the caller asks for it.
//
// It must not know what the files hold.
package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
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

// Save writes what fill writes to a new file (0600), which is there only once fill has
// succeeded. An existing file stays. Errors hold no path.
func Save(path string, fill func(io.Writer) error) error { return save(path, false, fill) }

// Replace is Save, but replaces an existing file.
func Replace(path string, fill func(io.Writer) error) error { return save(path, true, fill) }

func save(path string, replace bool, fill func(io.Writer) error) error {
	file, err := New(path)
	if err != nil {
		return err
	}
	defer file.Discard()
	if err := fill(file); err != nil {
		return err
	}
	return file.Commit(replace)
}

// link moves a file to a path that does not exist.
func link(from, to string) error {
	// A link fails where a rename would replace a file that has appeared in the meantime.
	err := os.Link(from, to)
	switch {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return ErrExists
	}
	// Some file systems have no links.
	if err := Free(to); err != nil {
		return err
	}
	return os.Rename(from, to)
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
