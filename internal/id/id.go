// Package id makes and checks the random ids of clients, files and reports. The ids
// are part of object keys, which CloudTrail logs, so they carry no information.
package id

import (
	"fmt"
	"io"
	"strings"
)

// alphabet is Crockford's base32. It has no I, L, O or U, so that a person can read an
// id aloud and type it back without mistakes.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// length characters of 5 bits each are 130 random bits.
const length = 26

// New draws a random id of 130 bits.
func New(random io.Reader) (string, error) {
	var b [length]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("this machine gave no random numbers for a new id: %w", err)
	}
	for i := range b {
		b[i] = alphabet[b[i]&31]
	}
	return string(b[:]), nil
}

// Parse reads an id as a person types it, in upper or lower case.
func Parse(s string) (string, bool) {
	if len(s) != length {
		return "", false
	}
	s = strings.ToUpper(s)
	for i := range len(s) {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return "", false
		}
	}
	return s, true
}

// Check refuses an id of the wrong form before it becomes part of an object key.
func Check(what, id string) error {
	if canonical, ok := Parse(id); !ok || canonical != id {
		return fmt.Errorf("this is not a %s id: an id has %d letters and digits, as the lists show it", what, length)
	}
	return nil
}
