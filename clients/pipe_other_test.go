//go:build !unix

package clients_test

import "os"

// makePipe makes something that is not a regular file.
func makePipe(path string) error { return os.Symlink(os.DevNull, path) }
