package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"claria/internal/local"
)

// Files on this computer contain names and text of patients, also in their paths.
// Errors here contain no path, because cron mails and logs keep standard error.

// checkFree refuses an output file that already exists, before any work is done.
func checkFree(path string) error { return inWords(local.Free(path)) }

// savePrivate writes the output of fill to a file that only its owner can read,
// completely or not at all. Without replace it keeps an existing file.
func savePrivate(path string, replace bool, fill func(io.Writer) error) error {
	if replace {
		return local.Replace(path, fill)
	}
	return inWords(local.Save(path, fill))
}

// writePrivate is savePrivate for text in memory.
func writePrivate(path, text string, replace bool) error {
	return savePrivate(path, replace, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

func inWords(err error) error {
	if errors.Is(err, local.ErrExists) {
		return errors.New("a file of this name already exists: choose another with -o, or use --force to replace it")
	}
	return err
}

// output is standard output. It remembers the first failed write, so that a verb
// fails if its output is lost, for example on a full disk.
type output struct {
	io.Writer
	failed error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err != nil {
		if where, ok := errors.AsType[*fs.PathError](err); ok {
			err = where.Err
		}
		err = fmt.Errorf("standard output could not be written: %w", err)
		if o.failed == nil {
			o.failed = err
		}
	}
	return n, err
}
