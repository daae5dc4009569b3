package ledger

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"claria/drift"
)

// A line is {"entry":ENTRY,"hash":"HEX","signature":"BASE64"}, without a space and
// ended by a line feed. HEX is the SHA-256 of ENTRY's bytes as written, so
// that a line from a later program, with fields that this one does not know,
// can still be verified. What is signed is signed() of HEX.
const (
	opening   = `{"entry":`
	hashed    = `,"hash":"`
	signature = `","signature":"`
	closing   = `"}`
)

var machineID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// first is the hash of the line before that the first line holds.
var first = strings.Repeat("0", 2*sha256.Size)

// signed is the message under a line's signature. The words keep the key from
// signing anything that could be mistaken for something else.
func signed(hash string) []byte { return []byte("claria evidence ledger 1\n" + hash + "\n") }

func hash(entry []byte) string {
	sum := sha256.Sum256(entry)
	return hex.EncodeToString(sum[:])
}

// Digest is the SHA-256 of findings as JSON, in hex, as a line holds it.
func Digest(findings []drift.Finding) (string, error) {
	data, err := json.Marshal(findings)
	if err != nil {
		return "", fmt.Errorf("evidence ledger: %w", err)
	}
	return hash(data), nil
}

// line renders and signs an entry.
func (s *signer) line(entry Entry) ([]byte, error) {
	data, err := json.Marshal(entry)
	if err != nil {
		return nil, fmt.Errorf("evidence ledger: %w", err)
	}
	sum := hash(data)
	var out bytes.Buffer
	out.WriteString(opening)
	out.Write(data)
	out.WriteString(hashed + sum + signature + base64.StdEncoding.EncodeToString(ed25519.Sign(s.private, signed(sum))) + closing + "\n")
	return out.Bytes(), nil
}

var errNoLine = errors.New("it is not a line of the ledger")

// tailWidth is what follows an entry in its line.
var tailWidth = len(hashed) + 2*sha256.Size + len(signature) + base64.StdEncoding.EncodedLen(ed25519.SignatureSize) + len(closing)

// raw splits a line, without its line feed; it verifies nothing.
func raw(line []byte) (entry []byte, sum, sig string, err error) {
	at := len(line) - tailWidth
	if at < len(opening) || !bytes.HasPrefix(line, []byte(opening)) {
		return nil, "", "", errNoLine
	}
	rest := string(line[at:])
	sum = rest[len(hashed) : len(hashed)+2*sha256.Size]
	sig = rest[len(hashed)+2*sha256.Size+len(signature) : len(rest)-len(closing)]
	if rest != hashed+sum+signature+sig+closing {
		return nil, "", "", errNoLine
	}
	return line[len(opening):at], sum, sig, nil
}

// parse reads a line, without its line feed; it verifies nothing.
func parse(line []byte) (Entry, error) {
	data, sum, sig, err := raw(line)
	if err != nil {
		return Entry{}, err
	}
	var entry Entry
	if err := json.Unmarshal(data, &entry); err != nil {
		return Entry{}, errNoLine
	}
	entry.Hash, entry.Signature = sum, sig
	return entry, nil
}

// chunk is how much of the file is read at once from its end.
const chunk = 64 << 10

// maxLine limits a line, so that a file that is not a ledger is not read into memory.
const maxLine = 32 << 20

// backwards yields the lines of a file from the last to the first, without their
// line feeds. Bytes after the last line feed are yielded too, if there are any.
func backwards(lines io.ReaderAt, size int64) func(yield func([]byte, error) bool) {
	return func(yield func([]byte, error) bool) {
		var pending []byte // from the chunk's start to the line's end
		whole := false     // a line feed ends pending
		for at := size; at > 0; {
			n := min(int64(chunk), at)
			at -= n
			block := make([]byte, n, n+int64(len(pending)))
			if _, err := lines.ReadAt(block, at); err != nil && !errors.Is(err, io.EOF) {
				yield(nil, err)
				return
			}
			pending = append(block, pending...)
			for {
				i := bytes.LastIndexByte(pending, '\n')
				if i < 0 {
					break
				}
				if whole || i < len(pending)-1 {
					if !yield(pending[i+1:], nil) {
						return
					}
				}
				pending, whole = pending[:i], true
			}
			if len(pending) > maxLine {
				yield(nil, fmt.Errorf("a line of more than %d bytes", maxLine))
				return
			}
		}
		if whole || len(pending) > 0 {
			yield(pending, nil)
		}
	}
}

// lastUnended returns what follows the last line feed, and where it begins.
func lastUnended(lines io.ReaderAt, size int64) ([]byte, int64, error) {
	last := make([]byte, 1)
	if _, err := lines.ReadAt(last, size-1); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	if last[0] == '\n' {
		return nil, size, nil
	}
	for line, err := range backwards(lines, size) {
		return bytes.Clone(line), size - int64(len(line)), err
	}
	return nil, size, nil
}

// tail returns the sequence and the hash that the next line follows. A line that
// someone has damaged does not end the ledger: its bytes are hashed as they are,
// and Verify names it.
func tail(lines io.ReaderAt, size int64) (sequence int64, previous string, err error) {
	previous, damaged := first, int64(0)
	for line, err := range backwards(lines, size) {
		if err != nil {
			return 0, "", err
		}
		entry, problem := parse(line)
		if damaged == 0 {
			if previous = entry.Hash; problem != nil {
				previous = hash(line)
			}
		}
		if problem == nil {
			return entry.Sequence + damaged, previous, nil
		}
		damaged++
	}
	return damaged, previous, nil
}
