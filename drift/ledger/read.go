package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"claria/drift"
)

// Entries yields the lines from the newest to the oldest, and reads no more of the
// file than needed. They are not verified; Verify does that. A line that
// cannot be read yields an error, and older lines follow.
func (l *Ledger) Entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		lines, size, done, err := l.open()
		if err != nil {
			yield(Entry{}, err)
			return
		}
		defer done()
		for line, err := range backwards(lines, size) {
			var entry Entry
			if err == nil {
				if entry, err = parse(line); err != nil {
					err = fmt.Errorf("evidence ledger: a line cannot be read (%w): claria evidence verify names it", err)
				}
			}
			if !yield(entry, err) {
				return
			}
		}
	}
}

// Read returns the file of lines, oldest first, for Verify.
func (l *Ledger) Read() (io.ReadCloser, error) {
	lines, size, done, err := l.open()
	if err != nil {
		return nil, err
	}
	return &reading{io.NewSectionReader(lines, 0, size), done}, nil
}

type reading struct {
	io.Reader
	done func()
}

func (r *reading) Close() error {
	r.done()
	return nil
}

// open opens the lines as they are now; there may be none.
func (l *Ledger) open() (lines io.ReaderAt, size int64, done func(), err error) {
	if l.dir == "" {
		l.mu.Lock()
		defer l.mu.Unlock()
		return bytes.NewReader(l.memory.lines), int64(len(l.memory.lines)), func() {}, nil
	}
	file, err := os.Open(l.path(fileName))
	if errors.Is(err, fs.ErrNotExist) {
		return bytes.NewReader(nil), 0, func() {}, nil
	}
	if err != nil {
		return nil, 0, nil, fmt.Errorf("evidence ledger: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, 0, nil, fmt.Errorf("evidence ledger: %w", err)
	}
	return file, info.Size(), func() { _ = file.Close() }, nil
}

// Head returns the newest line that can be read; the zero Head when there is none.
func (l *Ledger) Head() (Head, error) {
	var problem error
	for entry, err := range l.Entries() {
		if err == nil {
			return entry.head(), nil
		}
		problem = err
	}
	return Head{}, problem
}

func (e Entry) head() Head {
	return Head{Sequence: e.Sequence, Hash: e.Hash, At: e.At, Machine: e.Who.Machine, KeyID: e.KeyID}
}

// Last returns the newest report of an account and a set; nil: there is none. An empty
// account means any.
func (l *Ledger) Last(account, set string) *drift.Report {
	for entry, err := range l.Entries() {
		if err == nil && entry.Kind == Check && entry.Report != nil && entry.Set == set && (account == "" || entry.Account == account) {
			return entry.Report
		}
	}
	return nil
}

// runsBack is how far back Runs looks for a check that ran by itself. A workstation
// that is open all day adds a line every five minutes.
const runsBack = 60 * 24 * time.Hour

// Runs are this machine's checks, newest first, back to the latest that ran by
// itself and to its end, or for 60 days. The error is for lines that could not be
// read, which may have been checks; what could be read is there all the same.
func (l *Ledger) Runs() (runs []drift.Run, err error) {
	runs = []drift.Run{}
	for entry, problem := range l.Entries() {
		if problem != nil {
			err = problem
			continue
		}
		run, ok := entry.Run()
		if !ok {
			continue
		}
		runs = append(runs, run)
		if run.Unattended && run.Complete || l.options.Now().Sub(run.At) > runsBack {
			break
		}
	}
	return runs, err
}

// Run is the entry as a scan wants to know it; ok is false when it is no check.
func (e Entry) Run() (run drift.Run, ok bool) {
	if e.Kind != Check || e.Summary == nil {
		return run, false
	}
	return drift.Run{At: e.At, Unattended: e.Who.Unattended, Complete: e.Summary.Unknown == 0}, true
}
