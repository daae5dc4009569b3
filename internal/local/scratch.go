package local

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Scratch is a folder for a file that another program reads, such as an editor, and that
// must therefore be readable while it is in use. Only its owner can read it (0700).
type Scratch struct {
	Dir  string
	mark *os.File
}

const (
	scratchPrefix = "claria-scratch-"
	scratchMark   = "in-use"
)

// NewScratch makes a folder in dir (empty: the system's for temporary files). It first
// deletes those that killed programs left there. Errors hold no path.
func NewScratch(dir string) (*Scratch, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	sweepScratch(dir)
	made, err := os.MkdirTemp(dir, scratchPrefix+"*")
	if err != nil {
		return nil, fmt.Errorf("no folder can be made there: %w", bare(err))
	}
	mark, err := os.OpenFile(filepath.Join(made, scratchMark), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		_ = os.RemoveAll(made)
		return nil, unwritten(err)
	}
	hold(mark)
	return &Scratch{Dir: made, mark: mark}, nil
}

// Remove deletes the folder and what is in it.
func (s *Scratch) Remove() {
	_ = s.mark.Close()
	_ = os.RemoveAll(s.Dir)
}

// sweepScratch deletes the folders that no process uses.
func sweepScratch(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // what is made next says so
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), scratchPrefix) {
			continue
		}
		left := filepath.Join(dir, entry.Name())
		mark := filepath.Join(left, scratchMark)
		if removeLeft(mark); Free(mark) == nil {
			_ = os.RemoveAll(left) // another user's folder stays
		}
	}
}
