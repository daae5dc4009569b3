package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"claria/internal/words"
	"claria/provision"
)

// journalName is the file of the plan that is being applied, or that was interrupted.
const journalName = "journal.jsonl"

// journalRoom is how much free space, in bytes, a plan needs before it begins: more
// than the lines of most plans.
const journalRoom = 256 << 10

// Journal has the steps of a plan that is being applied, until the plan's line is in the
// ledger. If the program is killed before that, Recover writes the line. Each event is
// on the disk before its method returns. The caller keeps other processes out with
// Acquire. A ledger in memory has an empty journal.
type Journal struct {
	path string // empty: nothing is written
	file *os.File
}

// journalEvent is one line of the journal: the plan, or what happened to a step.
type journalEvent struct {
	Plan    *Entry          `json:"plan,omitempty"` // the first line: the line to be, and the number of the newest one
	Started *provision.Step `json:"started,omitempty"`
	Done    *provision.Step `json:"done,omitempty"`
}

// Begin proves that the line of a plan can be written, and begins its journal. plan is
// the line without steps; its Note names the plan, such as "A plan". An error means that
// the plan must not be applied, since it could not be recorded.
func (l *Ledger) Begin(plan Entry) (*Journal, error) {
	if l.dir == "" {
		return &Journal{}, nil
	}
	if err := l.Recover(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return nil, fmt.Errorf("evidence ledger: %w", err)
	}
	if err := appendable(l.path(fileName)); err != nil {
		return nil, fmt.Errorf("evidence ledger: %w", err)
	}
	head, _ := l.Head() // a damaged ledger takes lines too
	plan.At, plan.Sequence = l.options.Now().UTC(), head.Sequence
	file, err := os.OpenFile(l.path(journalName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("evidence ledger: %w", err)
	}
	j := &Journal{l.path(journalName), file}
	if err := j.reserve(plan); err != nil {
		return nil, errors.Join(err, j.Remove())
	}
	return j, nil
}

// appendable is nil if lines can be appended to the file, or if there is none yet.
func appendable(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// reserve writes the first line, and proves that there is room for more.
func (j *Journal) reserve(plan Entry) error {
	if err := j.add(journalEvent{Plan: &plan}); err != nil {
		return err
	}
	info, err := j.file.Stat()
	if err == nil {
		_, err = j.file.Write(bytes.Repeat([]byte("\n"), journalRoom))
	}
	if err == nil {
		err = j.file.Sync() // some file systems find space only now
	}
	if err == nil {
		err = j.file.Truncate(info.Size())
	}
	if err == nil {
		_, err = j.file.Seek(info.Size(), io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	return nil
}

// Started records that a step begins. If it fails, the step must not be done.
func (j *Journal) Started(step provision.Step) error { return j.add(journalEvent{Started: &step}) }

// Done records a step that was done, with what undoing it takes.
func (j *Journal) Done(step provision.Step) error { return j.add(journalEvent{Done: &step}) }

func (j *Journal) add(event journalEvent) error {
	if j.path == "" {
		return nil
	}
	line, err := json.Marshal(event)
	if err == nil {
		_, err = j.file.Write(append(line, '\n'))
	}
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	return nil
}

// Close ends writing and keeps the journal for Recover.
func (j *Journal) Close() error {
	if j.path == "" {
		return nil
	}
	return j.file.Close()
}

// Remove removes the journal: its plan is in the ledger, or changed nothing.
func (j *Journal) Remove() error {
	if j.path == "" {
		return nil
	}
	_ = j.file.Close()
	if err := os.Remove(j.path); err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	return nil
}

// Interrupted reports whether there is a journal: a plan is being applied, or it was
// interrupted.
func (l *Ledger) Interrupted() bool {
	if l.dir == "" {
		return false
	}
	_, err := os.Lstat(l.path(journalName))
	return err == nil
}

// Recover writes the line of a plan that was interrupted, if there is one, and removes
// its journal. The caller keeps out the process that applies plans, with Acquire.
func (l *Ledger) Recover() error {
	if !l.Interrupted() {
		return nil
	}
	data, err := os.ReadFile(l.path(journalName))
	if err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	began, begun, pending := replay(data)
	if begun && (len(began.Steps) > 0 || pending != nil) && !l.recorded(began) {
		began.At = time.Time{}
		began.Note = interruptedNote(began, pending)
		if err := l.Append(began); err != nil {
			return err
		}
	}
	if err := os.Remove(l.path(journalName)); err != nil {
		return fmt.Errorf("evidence ledger: %w", err)
	}
	return nil
}

// replay returns the line of a journal, and the step that was begun and of which the end
// is unknown. begun is false for a journal without its first line: nothing was done yet.
func replay(data []byte) (line Entry, begun bool, pending *provision.Step) {
	for text := range bytes.Lines(data) {
		var event journalEvent
		if json.Unmarshal(text, &event) != nil {
			continue // the reserve, or a half-written last line
		}
		switch {
		case event.Plan != nil:
			line, begun = *event.Plan, true
		case event.Started != nil:
			pending = event.Started
		case event.Done != nil:
			line.Steps, pending = append(line.Steps, *event.Done), nil
		}
	}
	return line, begun, pending
}

// interruptedNote describes an interrupted plan in the ledger.
func interruptedNote(line Entry, pending *provision.Step) string {
	made := words.Plural(len(line.Steps), "change was", "changes were")
	if len(line.Steps) == 0 {
		made = "no changes were"
	}
	note := fmt.Sprintf("%s was interrupted: %s made.", line.Note, made)
	if pending != nil {
		note += fmt.Sprintf(" It is not known whether %s was changed too.", pending.Resource)
	}
	return note
}

// recorded reports whether the ledger has the line already: the program was killed
// after writing it and before removing the journal.
func (l *Ledger) recorded(plan Entry) bool {
	want, err := json.Marshal(plan.Steps)
	if err != nil {
		return false
	}
	for entry, err := range l.Entries() {
		if err != nil {
			continue
		}
		if entry.Sequence <= plan.Sequence {
			return false
		}
		if got, err := json.Marshal(entry.Steps); err == nil && entry.Kind == plan.Kind && bytes.Equal(got, want) {
			return true
		}
	}
	return false
}
