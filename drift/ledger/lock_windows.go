package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockedAt is a byte beyond what is ever written: Windows refuses others the
// reading of locked bytes, and the holder's number is read.
const lockedAt = 1 << 20

// tryLock takes a lock that ends with the process.
func tryLock(file *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
		&windows.Overlapped{Offset: lockedAt})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
