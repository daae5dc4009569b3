//go:build unix

package terminal

import (
	"os"
	"syscall"
)

// Hangup closes the terminal, as a closed window or a broken connection does: the kernel
// sends the program SIGHUP, and its reads end.
func (t *Terminal) Hangup() error { return t.file.Close() }

// pollable is the same open file, which Close takes away from a blocked reader. Package
// pty leaves it in blocking mode, where Close waits until the program writes.
func pollable(file *os.File) (*os.File, error) {
	fd, err := syscall.Dup(int(file.Fd()))
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), file.Name()), file.Close()
}
