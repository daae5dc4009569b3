//go:build unix

package machine

import "syscall"

// coreLimit is how large a core dump of this process may get.
func coreLimit() (uint64, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		return 0, errUnanswered("the limit of core dumps cannot be read")
	}
	return uint64(limit.Cur), nil //nolint:unconvert // signed on some systems
}
