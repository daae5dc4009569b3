//go:build unix

package clients_test

import "syscall"

func makePipe(path string) error { return syscall.Mkfifo(path, 0o600) }
