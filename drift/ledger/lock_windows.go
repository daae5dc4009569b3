package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockedAt is a byte beyond what is ever written: Windows does not let others
// read locked bytes, and they must read the holder's process id.
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
