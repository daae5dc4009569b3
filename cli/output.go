package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// checkFree refuses an output file that exists already, before any work is done for it.
func checkFree(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return fmt.Errorf("%s exists; give another name, or --force to replace it", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return err
	}
}

// writePrivate writes a file that only its owner can read (0600); see savePrivate.
func writePrivate(path string, data []byte, replace bool) error {
	return savePrivate(path, replace, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// savePrivate writes what fill writes to a file that only its owner can read (0600). The file is whole or not there:
// it is written beside its place and moved into it when fill is content. Without replace an existing file stays.
func savePrivate(path string, replace bool, fill func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".claria-*") // mode 0600
	if err != nil {
		return fmt.Errorf("%s could not be written: %w", path, err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if err := fill(file); err != nil {
		_ = file.Close()
		return err
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("%s could not be written: %w", path, err)
	}
	if replace {
		return os.Rename(file.Name(), path)
	}
	// A link fails where a rename would replace what has appeared meanwhile.
	err = os.Link(file.Name(), path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// Some file systems know no links.
	if err := checkFree(path); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
