//go:build !unix

package text

import "syscall"

func childAttributes() *syscall.SysProcAttr { return nil }

func limitChild() {}

// resident is not known. The child measures itself.
func resident(int) int64 { return 0 }
