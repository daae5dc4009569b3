//go:build !linux

package local

import (
	"errors"
	"os"
)

// nameless is nil: this system has no files without a name that could get one later.
func nameless(string) *os.File { return nil }

func place(*os.File, string) error { return errors.ErrUnsupported }
