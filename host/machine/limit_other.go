//go:build !unix

package machine

// coreLimit is how large a core dump of this process may get.
func coreLimit() (uint64, error) { return 0, errUnanswered("this system has no limit of core dumps") }
