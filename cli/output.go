package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"claria/internal/local"
)

// Files on this computer hold names and text of patients, in their paths too. No
// path is in an error here: standard error ends up in cron mails and logs.

// checkFree refuses an output file that exists already, before any work is done for it.
func checkFree(path string) error { return inWords(local.Free(path)) }

// savePrivate writes what fill writes to a file that only its owner can read,
// whole or not at all. Without replace an existing file stays.
func savePrivate(path string, replace bool, fill func(io.Writer) error) error {
	if replace {
		return local.Replace(path, fill)
	}
	return inWords(local.Save(path, fill))
}

// writePrivate is savePrivate for text that is here already.
func writePrivate(path, text string, replace bool) error {
	return savePrivate(path, replace, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

func inWords(err error) error {
	if errors.Is(err, local.ErrExists) {
		return errors.New("there is a file of that name already: give another with -o, or --force to replace it")
	}
	return err
}

// output is standard output. It remembers the first write that failed, so that
// no verb that prints can end well when its answer is lost, on a full disk say.
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
