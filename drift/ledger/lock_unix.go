//go:build !windows

package ledger

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes an advisory lock that ends with the process.
func tryLock(file *os.File) (bool, error) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
