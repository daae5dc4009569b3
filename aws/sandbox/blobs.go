package sandbox

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// A blobStore stores the bytes of objects: in memory, or as files when the account is kept
// on disk. It is safe for concurrent use.
type blobStore interface {
	// create starts a blob. It cannot be opened before commit.
	create() (blobWriter, error)
	// open reads a committed blob and returns its size.
	open(id string) (io.ReadSeekCloser, int64, error)
	// remove drops blobs that no state refers to any more. On disk they are deleted only
	// after the new state is saved.
	remove(ids ...string)
	// sweep deletes every blob that is not in use.
	sweep(used map[string]bool) error
	// retire takes the blobs removed so far and returns a function that deletes them. Call
	// it after the states are saved.
	retire() func()
	close() error
}

// A blobWriter takes a blob's bytes. Exactly one of commit and abort ends it;
// abort after commit does nothing, so it can be deferred.
type blobWriter interface {
	io.Writer
	commit() (id string, err error)
	abort()
}

func newBlobID() string { return hex.EncodeToString(randomBytes(16)) }

// memoryBlobs keeps blobs in memory in pieces, so that a large blob grows without being
// copied.
type memoryBlobs struct {
	mu    sync.RWMutex
	blobs map[string]pieces
}

const pieceSize = 256 << 10

type pieces struct {
	list [][]byte // all but the last are pieceSize long
	size int64
}

func newMemoryBlobs() *memoryBlobs { return &memoryBlobs{blobs: map[string]pieces{}} }

func (m *memoryBlobs) create() (blobWriter, error) { return &memoryWriter{store: m}, nil }

func (m *memoryBlobs) open(id string) (io.ReadSeekCloser, int64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	p, ok := m.blobs[id]
	if !ok {
		return nil, 0, fmt.Errorf("sandbox: blob %s: %w", id, fs.ErrNotExist)
	}
	return nopCloser{io.NewSectionReader(p, 0, p.size)}, p.size, nil
}

func (m *memoryBlobs) remove(ids ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		delete(m.blobs, id)
	}
}

func (m *memoryBlobs) sweep(map[string]bool) error { return nil }
func (m *memoryBlobs) retire() func()              { return func() {} }
func (m *memoryBlobs) close() error                { return nil }

// ReadAt makes pieces an io.ReaderAt.
func (p pieces) ReadAt(b []byte, off int64) (int, error) {
	done := 0
	for done < len(b) && off < p.size {
		n := copy(b[done:], p.list[off/pieceSize][off%pieceSize:])
		done, off = done+n, off+int64(n)
	}
	if done < len(b) {
		return done, io.EOF
	}
	return done, nil
}

type nopCloser struct{ io.ReadSeeker }

func (nopCloser) Close() error { return nil }

type memoryWriter struct {
	store *memoryBlobs
	pieces
}

func (w *memoryWriter) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		last := len(w.list) - 1
		if last < 0 || len(w.list[last]) == pieceSize {
			w.list = append(w.list, nil)
			last++
		}
		n := min(pieceSize-len(w.list[last]), len(p))
		w.list[last] = append(w.list[last], p[:n]...)
		p = p[n:]
	}
	w.size += int64(total)
	return total, nil
}

func (w *memoryWriter) commit() (string, error) {
	if last := len(w.list) - 1; last >= 0 {
		w.list[last] = bytes.Clone(w.list[last]) // release the capacity that append reserved
	}
	id := newBlobID()
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	w.store.blobs[id] = w.pieces
	return id, nil
}

func (w *memoryWriter) abort() { w.pieces = pieces{} }

// fileBlobs stores every blob as a file. A blob has the suffix ".part" until commit renames
// it.
type fileBlobs struct {
	dir  string
	mu   sync.Mutex
	gone []string // removed from the state in memory, perhaps not yet from the state on disk
}

const partSuffix = ".part"

func newFileBlobs(dir string) (*fileBlobs, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("sandbox: cannot make the directory for object bytes: %w", err)
	}
	return &fileBlobs{dir: dir}, nil
}

func (f *fileBlobs) create() (blobWriter, error) {
	id := newBlobID()
	file, err := os.OpenFile(filepath.Join(f.dir, id+partSuffix), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &fileWriter{File: file, id: id}, nil
}

func (f *fileBlobs) open(id string) (io.ReadSeekCloser, int64, error) {
	file, err := os.Open(filepath.Join(f.dir, id))
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

func (f *fileBlobs) remove(ids ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = append(f.gone, ids...)
}

func (f *fileBlobs) retire() func() {
	f.mu.Lock()
	gone := f.gone
	f.gone = nil
	f.mu.Unlock()
	return func() {
		for _, id := range gone {
			// A file that cannot be deleted now is swept at the next start.
			_ = os.Remove(filepath.Join(f.dir, id))
		}
	}
}

func (f *fileBlobs) sweep(used map[string]bool) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	var failed []error
	for _, e := range entries {
		if !used[e.Name()] {
			failed = append(failed, os.Remove(filepath.Join(f.dir, e.Name())))
		}
	}
	return errors.Join(failed...)
}

func (f *fileBlobs) close() error { return nil }

type fileWriter struct {
	*os.File
	id   string
	done bool
}

func (w *fileWriter) commit() (string, error) {
	if w.done {
		return "", os.ErrClosed
	}
	w.done = true
	if err := w.Close(); err != nil {
		return "", errors.Join(err, os.Remove(w.Name()))
	}
	if err := os.Rename(w.Name(), w.Name()[:len(w.Name())-len(partSuffix)]); err != nil {
		return "", errors.Join(err, os.Remove(w.Name()))
	}
	return w.id, nil
}

func (w *fileWriter) abort() {
	if w.done {
		return
	}
	w.done = true
	_ = w.Close()
	_ = os.Remove(w.Name())
}
