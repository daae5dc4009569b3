package ledger

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"
)

// Problem is one place where the ledger was altered.
type Problem struct {
	Line     int    `json:"line"`     // from 1; 0: it concerns no single line
	Sequence int64  `json:"sequence"` // as the line says; 0: it cannot be read
	What     string `json:"what"`
}

// String returns the problem in one sentence.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.What
	}
	return fmt.Sprintf("line %d: %s", p.Line, p.What)
}

// Verdict is the result of verifying a ledger.
type Verdict struct {
	Lines    int       `json:"lines"`
	First    time.Time `json:"first,omitzero"` // when the first and the last line were written
	Last     time.Time `json:"last,omitzero"`
	Head     Head      `json:"head"`
	Keys     []string  `json:"keys"`           // ids of the keys that signed
	Problems []Problem `json:"problems"`       // empty: every line is unaltered, and none is missing before the last
	More     int       `json:"more"`           // problems beyond those listed
	Lost     []Head    `json:"lost,omitempty"` // earlier ledgers of this computer that the lines say had vanished

	hashes map[int64]string // by sequence, as the lines say
	wrong  map[int64]string // by sequence: the first thing that is wrong with the line, or with the line after it
}

// OK reports whether nothing is wrong.
func (v Verdict) OK() bool { return len(v.Problems) == 0 }

// maxProblems is how many problems a verdict lists.
const maxProblems = 50

func (v *Verdict) bad(line int, sequence int64, format string, args ...any) {
	v.doubt(sequence, fmt.Sprintf(format, args...))
	if len(v.Problems) == maxProblems {
		v.More++
		return
	}
	v.Problems = append(v.Problems, Problem{line, sequence, fmt.Sprintf(format, args...)})
}

// doubt remembers what is wrong with a line, without a limit.
func (v *Verdict) doubt(sequence int64, what string) {
	if v.wrong[sequence] == "" && v.wrong != nil {
		v.wrong[sequence] = what
	}
}

// Verify reads a ledger from its first line, with only the public keys
// of its signers. It finds a line that was edited, removed, inserted, moved or
// cut, and names it. Lines missing at the end leave no trace in the file: Against
// finds them.
func Verify(r io.Reader, keys ...ed25519.PublicKey) Verdict {
	v := Verdict{Keys: []string{}, Problems: []Problem{}, hashes: map[int64]string{}, wrong: map[int64]string{}}
	known := map[string]ed25519.PublicKey{}
	for _, key := range keys {
		known[KeyID(key)] = key
	}
	chain := chain{previous: first, machine: ""}
	signers := map[string]bool{}
	in := bufio.NewReaderSize(r, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			v.Lines++
			if !bytes.HasSuffix(line, []byte("\n")) {
				v.bad(v.Lines, 0, "the last line is incomplete, for example after a power cut; the next run of Claria repairs this")
			} else {
				v.check(&chain, bytes.TrimSuffix(line, []byte("\n")), known, signers)
			}
		}
		if errors.Is(err, io.EOF) {
			return v
		}
		if err != nil {
			v.bad(0, 0, "the ledger could not be read to its end: %v", err)
			return v
		}
	}
}

// chain is what the next line must follow.
type chain struct {
	sequence int64
	previous string
	machine  string
}

func (v *Verdict) check(c *chain, line []byte, known map[string]ed25519.PublicKey, signers map[string]bool) {
	n := v.Lines
	data, sum, sig, err := raw(line)
	entry, problem := parse(line)
	if err != nil || problem != nil {
		v.bad(n, 0, "it was edited, or is not a line of the ledger: it cannot be read")
		c.sequence, c.previous = c.sequence+1, hash(line)
		return
	}
	if !signers[entry.KeyID] {
		signers[entry.KeyID] = true
		v.Keys = append(v.Keys, entry.KeyID)
	}
	follows := true
	switch missing := entry.Sequence - c.sequence - 1; {
	case missing == 1:
		v.bad(n, entry.Sequence, "number %d is missing before it: it was removed or moved", entry.Sequence-1)
		follows = false
	case missing > 1:
		v.bad(n, entry.Sequence, "numbers %d to %d are missing before it: they were removed or moved", c.sequence+1, entry.Sequence-1)
		follows = false
	case missing < 0:
		v.bad(n, entry.Sequence, "it was inserted or moved: it is number %d and follows number %d", entry.Sequence, c.sequence)
		follows = false
	}
	key, ours := known[entry.KeyID]
	switch {
	case hash(data) != sum:
		v.bad(n, entry.Sequence, "it was edited: its text does not match its hash")
	case !ours:
		v.bad(n, entry.Sequence, "it is signed by the key %s, which was not given", entry.KeyID)
	case !signedBy(key, sum, sig):
		v.bad(n, entry.Sequence, "it was edited: the signature does not match the key %s", entry.KeyID)
	case follows && entry.Previous != c.previous:
		v.bad(n, entry.Sequence, "the line before it is not the one that preceded it when it was signed")
		// Either of the two may be the altered one.
		v.doubt(c.sequence, "the line after it was signed when another line preceded it")
	case c.machine != "" && entry.Who.Machine != c.machine:
		v.bad(n, entry.Sequence, "it comes from another ledger: machine %s, not %s", entry.Who.Machine, c.machine)
	}
	if c.machine == "" {
		c.machine = entry.Who.Machine
	}
	if v.First.IsZero() {
		v.First = entry.At
	}
	v.hashes[entry.Sequence] = sum
	v.Lost = append(v.Lost, entry.Lost...)
	// Compare the next line with what this line says, so that one problem is reported once.
	c.sequence, c.previous, v.Last, v.Head = entry.Sequence, sum, entry.At, entry.head()
}

// signedBy reports whether the signature of a line's hash is the key's.
func signedBy(key ed25519.PublicKey, sum, sig string) bool {
	signature, err := base64.StdEncoding.DecodeString(sig)
	return err == nil && ed25519.Verify(key, signed(sum), signature)
}

// Against compares the ledger's end with a head that was seen earlier or that the
// mirror holds: lines missing at the end show only here. where goes into the
// sentence: "the mirror in the audit bucket".
func (v Verdict) Against(head Head, where string) Verdict {
	switch {
	case head.Sequence > v.Head.Sequence:
		v.bad(0, head.Sequence, "the end is missing: the last line here is number %d, %s has number %d", v.Head.Sequence, where, head.Sequence)
	case head.Sequence > 0 && head.Hash != "" && head.Hash != v.hashes[head.Sequence]:
		v.bad(0, head.Sequence, "number %d is not the line that %s has", head.Sequence, where)
	}
	return v
}
