//go:build unix && !linux

package text

import "syscall"

// childAttributes puts the child in a group of its own, so that an interrupt from the
// keyboard reaches the parent alone.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// limitChild forbids a core dump, which would have the file in it.
func limitChild() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) }

// resident is not known: macOS shows another process's memory only to native code. The
// child measures itself.
func resident(int) int64 { return 0 }
