package local

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// File is a file that is being written. It appears under its path only when Commit
// returns. If the program is killed before, nothing readable is left: on Linux the file
// has no name until then. Where the system or the file system cannot do that, the file
// has a hidden name, and is encrypted with a key that exists only in memory.
//
// WriteAt and ReadAt may be used concurrently, Write may not. One of Commit and Discard
// ends the file; Discard after Commit does nothing.
type File struct {
	file   *os.File
	path   string // where it is going to be
	hidden string // its name until then; empty: it has none
	secret cipher.Block
	start  *big.Int // the counter of the first block
	at     int64    // where the next Write goes
	over   bool
}

// partPrefix begins the hidden names.
const partPrefix = ".claria-part-"

// New begins the file at path, with mode 0600. Errors hold no path.
func New(path string) (*File, error) {
	dir := filepath.Dir(path)
	sweep(dir)
	if file := nameless(dir); file != nil {
		return &File{file: file, path: path}, nil
	}
	return newHidden(path)
}

// newHidden begins a file with a hidden name, which is encrypted until it is complete.
func newHidden(path string) (*File, error) {
	var key, start [16]byte
	if _, err := io.ReadFull(rand.Reader, key[:]); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(rand.Reader, start[:]); err != nil {
		return nil, err
	}
	secret, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(filepath.Dir(path), partPrefix+"*") // mode 0600
	if err != nil {
		return nil, unwritten(err)
	}
	hold(file)
	return &File{file: file, path: path, hidden: file.Name(), secret: secret, start: new(big.Int).SetBytes(start[:])}, nil
}

// unwritten says that the file cannot be written. It hides the path.
func unwritten(err error) error { return fmt.Errorf("the file cannot be written there: %w", bare(err)) }

// Write appends.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.WriteAt(p, f.at)
	f.at += int64(n)
	return n, err
}

// WriteAt writes at an offset.
func (f *File) WriteAt(p []byte, offset int64) (int, error) {
	out := p
	if f.secret != nil {
		out = make([]byte, len(p))
		f.stream(offset).XORKeyStream(out, p)
	}
	n, err := f.file.WriteAt(out, offset)
	if err != nil {
		err = unwritten(err)
	}
	return n, err
}

// ReadAt reads what was written.
func (f *File) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.file.ReadAt(p, offset)
	if f.secret != nil {
		f.stream(offset).XORKeyStream(p[:n], p[:n])
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("the file cannot be read again: %w", bare(err))
	}
	return n, err
}

// stream is the key stream from an offset on.
func (f *File) stream(offset int64) cipher.Stream {
	counter := new(big.Int).Add(f.start, big.NewInt(offset/aes.BlockSize))
	var block [aes.BlockSize + 1]byte // the counter may overflow
	counter.FillBytes(block[:])
	stream := cipher.NewCTR(f.secret, block[1:])
	var skipped [aes.BlockSize]byte
	stream.XORKeyStream(skipped[:offset%aes.BlockSize], skipped[:offset%aes.BlockSize])
	return stream
}

// Commit puts the file in its place. Without replace it is ErrExists when something has
// this path already.
func (f *File) Commit(replace bool) error {
	defer f.Discard()
	if !replace {
		if err := Free(f.path); err != nil {
			return err
		}
	}
	if err := f.decrypt(); err != nil {
		return err
	}
	if err := f.file.Sync(); err != nil {
		return unwritten(err)
	}
	if f.hidden == "" {
		if !replace {
			return place(f.file, f.path)
		}
		// A file can only be replaced by one that has a name: for a moment it has a hidden one.
		hidden, err := hiddenName(f.path)
		if err != nil {
			return err
		}
		hold(f.file)
		if err := place(f.file, hidden); err != nil {
			return err
		}
		f.hidden = hidden
	}
	if runtime.GOOS == "windows" { // which moves no open file
		if err := f.file.Close(); err != nil {
			return unwritten(err)
		}
	}
	move := link
	if replace {
		move = os.Rename
	}
	if err := move(f.hidden, f.path); err != nil {
		return bare(err)
	}
	f.hidden = ""
	return nil
}

// decrypt turns a hidden file into what was written to it.
func (f *File) decrypt() error {
	if f.secret == nil {
		return nil
	}
	buffer := make([]byte, 1<<20)
	for offset := int64(0); ; {
		n, err := f.ReadAt(buffer, offset)
		if _, failed := f.file.WriteAt(buffer[:n], offset); failed != nil {
			return unwritten(failed)
		}
		offset += int64(n)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// Discard drops a file that was not committed.
func (f *File) Discard() {
	if f.over {
		return
	}
	f.over = true
	_ = f.file.Close()
	if f.hidden != "" {
		_ = os.Remove(f.hidden)
	}
}

func hiddenName(path string) (string, error) {
	var random [8]byte
	if _, err := io.ReadFull(rand.Reader, random[:]); err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(path), fmt.Sprintf("%s%x", partPrefix, random)), nil
}

// swept are the folders that this process has swept.
var swept sync.Map

// sweep deletes what a killed process left in a folder, once for each folder.
func sweep(dir string) {
	if _, done := swept.LoadOrStore(dir, true); done {
		return
	}
	folder, err := os.Open(dir)
	if err != nil {
		return // what is written next says so
	}
	defer func() { _ = folder.Close() }()
	for {
		names, err := folder.Readdirnames(1000)
		for _, name := range names {
			if strings.HasPrefix(name, partPrefix) {
				removeLeft(filepath.Join(dir, name))
			}
		}
		if err != nil {
			return
		}
	}
}
