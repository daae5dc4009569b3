package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// nameless opens a file without a name in a folder; it vanishes with the process. It is
// nil where the file system cannot do that (open(2), O_TMPFILE), and where the folder
// cannot be written, which the next try says.
func nameless(dir string) *os.File {
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil
	}
	file := os.NewFile(uintptr(fd), "file")
	if _, err := os.Lstat(self(file)); err != nil { // a system without /proc could not name it later
		_ = file.Close()
		return nil
	}
	return file
}

func self(file *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", file.Fd()) }

// place gives a nameless file its name.
func place(file *os.File, path string) error {
	err := unix.Linkat(unix.AT_FDCWD, self(file), unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)
	switch {
	case errors.Is(err, fs.ErrExist):
		return ErrExists
	case err != nil:
		return unwritten(err)
	}
	return nil
}
