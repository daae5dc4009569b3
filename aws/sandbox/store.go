package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// settle is how long changes are collected before the state is written.
const settle = 150 * time.Millisecond

// store keeps every service's state as a separate file in one directory. Without a directory
// it does nothing.
type store struct {
	account *Account
	dir     string

	mu      sync.Mutex
	pending map[string]bool
	timer   *time.Timer
	failed  error // the last save that failed; close returns it
	saving  sync.Mutex
}

// openStore creates or reads every service's state.
func (a *Account) openStore() error {
	a.store = &store{account: a, dir: a.options.Dir, pending: map[string]bool{}}
	if a.options.Dir == "" {
		a.blobs = newMemoryBlobs()
	} else {
		if err := os.MkdirAll(a.options.Dir, 0o700); err != nil {
			return fmt.Errorf("sandbox: cannot make the directory to keep the account in: %w", err)
		}
		files, err := newFileBlobs(filepath.Join(a.options.Dir, "blobs"))
		if err != nil {
			return err
		}
		a.blobs = files
		if err := sweepUnfinished(a.options.Dir); err != nil {
			return err
		}
	}
	for _, s := range a.services {
		if s.state == nil {
			continue
		}
		state := s.state()
		a.states[s.name] = state
		found, err := a.store.read(s.name, state)
		if err != nil {
			return err
		}
		if !found && s.seed != nil {
			s.seed(a)
		}
		if !found {
			a.store.dirty(s.name)
		}
		if s.load != nil {
			s.load(a)
		}
	}
	used := map[string]bool{}
	for _, s := range a.services {
		if s.blobs != nil {
			s.blobs(a, func(id string) { used[id] = true })
		}
	}
	return a.blobs.sweep(used)
}

func (s *store) path(name string) string { return filepath.Join(s.dir, name+".json") }

func (s *store) read(name string, state any) (bool, error) {
	if s.dir == "" {
		return false, nil
	}
	text, err := os.ReadFile(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("sandbox: cannot read the kept account: %w", err)
	}
	if err := json.Unmarshal(text, state); err != nil {
		return false, fmt.Errorf("sandbox: %s is damaged; delete the directory to start a new account: %w", s.path(name), err)
	}
	return true, nil
}

// dirty schedules a save of a service's state. It may be called under the account's lock.
func (s *store) dirty(name string) {
	if s.dir == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending[name] = true
	if s.timer == nil {
		s.timer = time.AfterFunc(settle, func() { _ = s.save() })
	}
}

// save writes every changed state, each file atomically.
func (s *store) save() error {
	s.saving.Lock()
	defer s.saving.Unlock()
	s.mu.Lock()
	names := s.pending
	s.pending, s.timer = map[string]bool{}, nil
	s.mu.Unlock()

	var failed []error
	drop := s.account.blobs.retire()
	// All states are read under one lock, so that the files are consistent.
	texts := map[string][]byte{}
	s.account.view(func() {
		for name := range names {
			text, err := json.Marshal(s.account.states[name])
			if err != nil {
				failed = append(failed, fmt.Errorf("sandbox: %s: %w", name, err))
				continue
			}
			texts[name] = text
		}
	})
	for name, text := range texts {
		failed = append(failed, writeAtomically(s.path(name), text))
	}
	err := errors.Join(failed...)
	if err == nil {
		drop()
	}
	s.mu.Lock()
	s.failed = err
	s.mu.Unlock()
	return err
}

func (s *store) close() error {
	if s.dir == "" {
		return nil
	}
	s.mu.Lock()
	if s.timer != nil {
		s.timer.Stop()
	}
	waiting := len(s.pending) > 0
	s.mu.Unlock()
	if waiting {
		return s.save()
	}
	// A save may be in progress, or the last one may have failed.
	s.saving.Lock()
	defer s.saving.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// writeAtomically replaces a file so that a reader, or the next start after a kill, gets the
// old text or the new one.
func writeAtomically(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+partSuffix)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// sweepUnfinished deletes incomplete state files.
func sweepUnfinished(dir string) error {
	parts, err := filepath.Glob(filepath.Join(dir, "*"+partSuffix))
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err := os.Remove(part); err != nil {
			return err
		}
	}
	return nil
}
