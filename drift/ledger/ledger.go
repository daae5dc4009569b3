// Package ledger records what every check found and what was done to the account:
// one signed line per run, each with the hash of the one before, so an
// edited, removed, inserted or moved line shows to anyone who has the public key.
//
// A ledger belongs to one account on one machine. Each line is also copied into
// the account's audit bucket under Object Lock, which reveals lines cut off
// at the end. The package must not judge, and it holds no patient information.
package ledger

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"claria/aws"
	"claria/drift"
	"claria/provision"
)

// The files of a ledger's directory.
const (
	fileName    = "ledger.jsonl" // the lines, appended to only
	machineName = "machine"      // this machine's random id
	keyName     = "ledger.key"   // the signing key, where no keyring has it
	publicName  = "ledger.pub"   // every public key that this ledger was signed with
	sentName    = "mirror.json"  // the newest line that the mirror has
	tornName    = "ledger.torn"  // the remains of half-written lines
)

// Kind is the kind of event that a line records.
type Kind string

// The kinds of line.
const (
	Check    Kind = "check"    // the account was judged; the report is in the line
	Apply    Kind = "apply"    // a plan was carried out
	Attest   Kind = "attest"   // a statement was signed
	Waive    Kind = "waive"    // a risk was accepted for a time, or the waiver was withdrawn
	Register Kind = "register" // another entry of the practice's register was written
	Lock     Kind = "lock"     // the screen was locked or unlocked
	Key      Kind = "key"      // an access key was created, replaced or deleted
)

// schema is that of the lines that are written. Lines of any schema are verified alike,
// by their bytes.
const schema = 2

// Entry is one line. The caller of Append fills in Kind and the applicable fields from
// Account to Report; the ledger fills in the rest.
type Entry struct {
	Schema   int       `json:"schema"`   // 2; lines of schema 1 keep settings in words only
	Sequence int64     `json:"sequence"` // from 1, without gaps
	At       time.Time `json:"at"`       // UTC; the ledger's clock if it is zero
	Kind     Kind      `json:"kind"`
	Account  string    `json:"account"`
	Region   string    `json:"region,omitempty"`
	Set      string    `json:"set,omitempty"` // of controls
	Who      Who       `json:"who"`
	// Note says in a sentence what was done, for a line that is not a check.
	Note string `json:"note,omitempty"`
	// Steps are the changes of a plan that were made, in order: each with the
	// earlier state and how to undo it.
	Steps   []provision.Step `json:"steps,omitempty"`
	Summary *drift.Summary   `json:"summary,omitempty"`
	// Findings is the SHA-256 of the report's findings as JSON, in hex: two checks
	// that found the same have the same digest.
	Findings string        `json:"findings_sha256,omitempty"`
	Report   *drift.Report `json:"report,omitempty"`
	Version  string        `json:"version"` // of the program
	// Recovered is how many bytes of a half-written line were removed from the file's
	// end before this line was written, for example after a power cut.
	Recovered int `json:"recovered_bytes,omitempty"`
	// Lost are the newest lines of this computer's earlier ledgers that had vanished when
	// this line was written, as the audit bucket has them.
	Lost     []Head `json:"lost,omitempty"`
	Previous string `json:"previous"` // hash of the line before; 64 zeros in the first
	KeyID    string `json:"key"`      // which public key verifies the signature

	// Hash and Signature are next to the entry in its line. Reading fills them in.
	Hash      string `json:"-"` // SHA-256 of the entry as it is written, in hex
	Signature string `json:"-"` // ed25519, base64
}

// Who says who ran the program, and where.
type Who struct {
	ARN        string `json:"arn"`        // the identity in AWS
	Machine    string `json:"machine"`    // random, of this ledger; it reveals nothing about the computer
	Unattended bool   `json:"unattended"` // by cron or the like
}

// Head is the newest line, which stands for all before it.
type Head struct {
	Sequence int64     `json:"sequence"` // 0: there is no line
	Hash     string    `json:"hash"`
	At       time.Time `json:"at,omitzero"`
	Machine  string    `json:"machine,omitempty"`
	KeyID    string    `json:"key,omitempty"`
}

// Options of a ledger. The zero Options are usable.
type Options struct {
	// Keyring may hold the signing key, under the name "ledger". Nil, or one that
	// cannot be used now: the key is in a file beside the ledger that only its owner
	// can read.
	Keyring aws.Keyring
	Now     func() time.Time // nil: time.Now
	Rand    io.Reader        // nil: the system's
	Version string           // of the program
	// Passing is for a ledger in memory whose lines are mirrored, because this computer
	// cannot write its own.
	Passing bool
}

// Ledger is one account's ledger on this machine. It is safe for concurrent use,
// by several processes too.
type Ledger struct {
	dir     string // empty: in memory
	options Options

	mu     sync.Mutex
	memory memory // when dir is empty
	signer *signer
	notes  []string
}

// memory is a ledger that is not on disk.
type memory struct {
	lines   []byte
	machine string
	public  []string
	sent    Head
}

// Dir returns where the ledger of an account is stored in the program's state directory;
// empty, which means a ledger in memory, if there is none, as for the demo
// account.
func Dir(state, account string) string {
	if state == "" {
		return ""
	}
	if account == "" {
		account = "unknown"
	}
	return filepath.Join(state, "ledger", account)
}

// Open opens the ledger in a directory, which the first line creates. An empty
// directory is a ledger in memory that ends with the program.
func Open(dir string, options Options) (*Ledger, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Rand == nil {
		options.Rand = rand.Reader
	}
	if dir != "" {
		info, err := os.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, fmt.Errorf("evidence ledger: %w", err)
		case !info.IsDir():
			return nil, fmt.Errorf("evidence ledger: %s is not a directory", dir)
		}
	}
	return &Ledger{dir: dir, options: options}, nil
}

// Path returns the file of lines; empty in memory.
func (l *Ledger) Path() string {
	if l.dir == "" {
		return ""
	}
	return l.path(fileName)
}

func (l *Ledger) path(name string) string { return filepath.Join(l.dir, name) }

// Notes returns sentences that a person should see: a half-written line that was
// recovered, a keyring that could not be used. Each is returned once.
func (l *Ledger) Notes() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	notes := l.notes
	l.notes = nil
	return notes
}

func (l *Ledger) note(format string, args ...any) {
	l.notes = append(l.notes, fmt.Sprintf(format, args...))
}

// Append signs an entry and writes it as the newest line, whole and on the disk
// before it returns.
func (l *Ledger) Append(entry Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	signing, err := l.signing()
	if err != nil {
		return err
	}
	if len(entry.Lost) > 0 {
		if err := l.restart(); err != nil {
			return err
		}
	}
	if entry.Who.Machine, err = l.machine(); err != nil {
		return err
	}
	entry.Schema, entry.Version, entry.KeyID = schema, l.options.Version, signing.id
	if entry.At.IsZero() {
		entry.At = l.options.Now()
	}
	entry.At = entry.At.UTC()
	if entry.Report != nil {
		if err := entry.describe(*entry.Report); err != nil {
			return err
		}
	}
	if l.dir == "" {
		line, err := l.next(entry, bytes.NewReader(l.memory.lines), int64(len(l.memory.lines)), 0)
		if err == nil {
			l.memory.lines = append(l.memory.lines, line...)
		}
		return err
	}
	release, err := acquire(l.path(fileName+".lock"), patience)
	if err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	defer release()
	return l.write(entry)
}

// describe fills in the fields that the report determines.
func (e *Entry) describe(report drift.Report) (err error) {
	e.Account, e.Region, e.Set = report.Account, report.Region, report.Set
	e.Summary = new(report.Summary)
	e.Findings, err = Digest(report.Controls)
	return err
}

// write appends to the file, under the lock.
func (l *Ledger) write(entry Entry) (err error) {
	file, err := os.OpenFile(l.path(fileName), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	size, torn, err := l.recover(file)
	if err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	line, err := l.next(entry, file, size, torn)
	if err != nil {
		return err
	}
	if _, err := file.Write(line); err != nil {
		// A full disk may have taken a part of it: the next run recovers.
		return fmt.Errorf("evidence ledger: %w", err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	return nil
}

// recover removes a half-written last line from the file: the process was killed, or
// the disk was full, while it was written. The removed bytes are kept next to it.
func (l *Ledger) recover(file *os.File) (size int64, torn int, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, 0, err
	}
	size = info.Size()
	if size == 0 {
		return 0, 0, nil
	}
	rest, end, err := lastUnended(file, size)
	if err != nil || len(rest) == 0 {
		return size, 0, err
	}
	if _, err := parse(rest); err == nil {
		// Complete except for its line break.
		_, err := file.Write([]byte("\n"))
		return size + 1, 0, err
	}
	kept, err := os.OpenFile(l.path(tornName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return 0, 0, err
	}
	_, err = kept.Write(append(rest, '\n'))
	if err = errors.Join(err, kept.Sync(), kept.Close()); err != nil {
		return 0, 0, err
	}
	if err := file.Truncate(end); err != nil {
		return 0, 0, err
	}
	l.note(
		"the evidence ledger ended in a half-written line of %d bytes, for example after a power cut. It was moved to %s; every line "+
			"before it is kept",
		len(rest),
		l.path(tornName),
	)
	return end, len(rest), nil
}

// next returns the line that follows the last one in the file.
func (l *Ledger) next(entry Entry, lines io.ReaderAt, size int64, torn int) ([]byte, error) {
	sequence, previous, err := tail(lines, size)
	if err != nil {
		return nil, fmt.Errorf("evidence ledger: %w", err)
	}
	entry.Sequence, entry.Previous, entry.Recovered = sequence+1, previous, torn
	return l.signer.line(entry)
}

// machine returns this ledger's random id of the machine, created on first use.
func (l *Ledger) machine() (string, error) {
	if l.memory.machine != "" {
		return l.memory.machine, nil
	}
	if l.dir != "" {
		if err := os.MkdirAll(l.dir, 0o700); err != nil {
			return "", fmt.Errorf("evidence ledger: %w", err)
		}
		data, err := os.ReadFile(l.path(machineName))
		if id := strings.TrimSpace(string(data)); err == nil && machineID.MatchString(id) {
			l.memory.machine = id
			return id, nil
		}
	}
	var random [8]byte
	if _, err := io.ReadFull(l.options.Rand, random[:]); err != nil {
		return "", fmt.Errorf("evidence ledger: this machine returned no random numbers: %w", err)
	}
	random[0] &= 0x7f // not passing
	id := hex.EncodeToString(random[:])
	if l.options.Passing {
		id = passing + id[len(passing):]
	}
	if l.dir != "" {
		if err := writeOnce(l.path(machineName), []byte(id+"\n")); errors.Is(err, fs.ErrExist) {
			return l.machine() // another process was first
		} else if err != nil {
			return "", fmt.Errorf("evidence ledger: %w", err)
		}
	}
	l.memory.machine = id
	return id, nil
}

// writeOnce writes a new private file whole; fs.ErrExist when there is one.
func writeOnce(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".ledger-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(path); err == nil { // some file systems have no links
		return fs.ErrExist
	}
	return os.Rename(file.Name(), path)
}
