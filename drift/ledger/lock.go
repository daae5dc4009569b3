package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// patience is how long an append waits for another process's append.
const patience = 10 * time.Second

// BusyError says that another process holds a lock.
type BusyError struct {
	What string // "check"
	PID  int    // of the holder; 0: it does not say
}

func (e *BusyError) Error() string {
	holder := ""
	if e.PID > 0 {
		holder = " (process " + strconv.Itoa(e.PID) + ")"
	}
	return fmt.Sprintf("another %s is running%s: wait until it ends, then try again", e.What, holder)
}

// Acquire keeps other processes from doing the same work: what names the work
// ("check"). A second process gets a *BusyError at once. The operating system holds the
// lock for the process, so a killed process never keeps it. An empty
// directory has nothing to lock.
func Acquire(dir, what string) (release func(), err error) {
	if dir == "" {
		return func() {}, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the lock against a second %s: %w", what, err)
	}
	release, err = acquire(filepath.Join(dir, what+".lock"), 0)
	if busy, ok := errors.AsType[*BusyError](err); ok {
		busy.What = what
	} else if err != nil {
		err = fmt.Errorf("the lock against a second %s: %w", what, err)
	}
	return release, err
}

// acquire takes the lock on a file, waiting for it at most for a given time.
func acquire(path string, wait time.Duration) (release func(), err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for until := time.Now().Add(wait); ; time.Sleep(20 * time.Millisecond) {
		held, err := tryLock(file)
		if err != nil {
			_ = file.Close()
			return nil, err
		}
		if held {
			break
		}
		if time.Now().After(until) {
			pid := holder(file)
			_ = file.Close()
			return nil, &BusyError{What: "append to the ledger", PID: pid}
		}
	}
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0) // only for the error message
	}
	return func() { _ = file.Close() }, nil // closing unlocks
}

func holder(file *os.File) int {
	data, _ := io.ReadAll(io.NewSectionReader(file, 0, 32))
	pid, _ := strconv.Atoi(strings.TrimSpace(string(data)))
	return pid
}
