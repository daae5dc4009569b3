package clients

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"claria/internal/safe"
)

// alphabet is Crockford's base32: no I, L, O or U, so that an id read aloud is
// typed back right.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// idLength characters of 5 bits each are 130 random bits.
const idLength = 26

// newID draws a random id.
func newID(random io.Reader) (string, error) {
	var b [idLength]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("this machine gave no random numbers for a new id: %w", err)
	}
	for i := range b {
		b[i] = alphabet[b[i]&31]
	}
	return string(b[:]), nil
}

// parseID reads an id as a person may type it, in either case.
func parseID(s string) (string, bool) {
	if len(s) != idLength {
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

// checkID refuses an id that could not be one of ours before it becomes part of
// an object key.
func checkID(what, id string) error {
	if canonical, ok := parseID(id); !ok || canonical != id {
		return fmt.Errorf("this is not a %s id: want %d letters and digits, as the lists show them", what, idLength)
	}
	return nil
}

// The object keys, all of them opaque.
const (
	clientPrefix = "clients/"
	recordPrefix = "records/"
	recordSuffix = ".json"
	textSuffix   = ".text.json"
)

func clientKey(client string) string       { return clientPrefix + client + recordSuffix }
func bytesKey(client, file string) string  { return recordPrefix + client + "/" + file }
func recordKey(client, file string) string { return bytesKey(client, file) + recordSuffix }
func textKey(client, file string) string   { return bytesKey(client, file) + textSuffix }

// recordID is the file whose record object has this key.
func recordID(client, key string) (string, bool) {
	name, ok := strings.CutPrefix(key, recordPrefix+client+"/")
	if !ok || strings.HasSuffix(name, textSuffix) {
		return "", false
	}
	id, ok := strings.CutSuffix(name, recordSuffix)
	if !ok || checkID("file", id) != nil {
		return "", false
	}
	return id, true
}

// maxName is the longest name in bytes.
const maxName = 300

// checkName refuses names that could not be kept as they are. Everything else
// is kept byte for byte; showing it safely is the screen's business.
func checkName(what string, name safe.PHI) error {
	switch n := name.Reveal(); {
	case n == "":
		return fmt.Errorf("the %s needs a name", what)
	case len(n) > maxName:
		return fmt.Errorf("the %s's name is %d bytes long; the most is %d: choose a shorter one", what, len(n), maxName)
	case !utf8.ValidString(n):
		return fmt.Errorf("the %s's name is not valid UTF-8: give it another name", what)
	}
	return nil
}
