//go:build !unix

package clients_test

import "os"

// makePipe makes something else that is not an ordinary file.
func makePipe(path string) error { return os.Symlink(os.DevNull, path) }
