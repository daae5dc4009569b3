package clients

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"claria/internal/id"
	"claria/internal/safe"
)

// The object keys. They contain ids only.
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

// recordID returns the id of the file whose record object has this key.
func recordID(client, key string) (string, bool) {
	name, ok := strings.CutPrefix(key, recordPrefix+client+"/")
	if !ok || strings.HasSuffix(name, textSuffix) {
		return "", false
	}
	file, ok := strings.CutSuffix(name, recordSuffix)
	if !ok || id.Check("file", file) != nil {
		return "", false
	}
	return file, true
}

// maxName is the longest name in bytes.
const maxName = 300

// checkName refuses names that cannot be stored unchanged. All others are stored byte
// for byte; the screen makes a name safe when it shows it.
func checkName(what string, name safe.PHI) error {
	switch n := name.Reveal(); {
	case n == "":
		return fmt.Errorf("the %s needs a name", what)
	case len(n) > maxName:
		return fmt.Errorf("the %s's name is %d bytes long and the limit is %d: choose a shorter one", what, len(n), maxName)
	case !utf8.ValidString(n):
		return fmt.Errorf("the %s's name is not valid UTF-8: give it another name", what)
	}
	return nil
}
