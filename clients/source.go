package clients

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc64"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"claria/internal/safe"
)

// maxFile is the largest file that can be stored. S3 copies at most 5 GB in one
// request (CopyObject, Amazon S3 API reference), and restoring a file copies it.
const maxFile = 5_000_000_000

// errChanged refuses a file that changed while it was read.
var errChanged = errors.New("the file changed while it was being read, so nothing was stored: try again when no program writes to it")

// source is the bytes of one file to store. They can be read at any offset and more
// than once, so that a part can be sent again without keeping it in memory.
type source struct {
	name  safe.PHI
	size  int64
	at    io.ReaderAt
	whole []byte // all of it, when it is in memory
	close func() error

	parts *multipart // an unfinished upload of it by an earlier run
	kept  int64      // bytes that the earlier run sent
}

// openPath opens a local file. Its errors contain no path, because a path is PHI and
// the caller knows it.
func openPath(path string) (*source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, inWords(err)
	}
	if err := ordinary(info); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, inWords(err)
	}
	if info, err = f.Stat(); err == nil {
		err = ordinary(info)
	} else {
		err = inWords(err)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &source{name: baseName(path), size: info.Size(), at: f, close: f.Close}, nil
}

func baseName(path string) safe.PHI { return safe.PHI(filepath.Base(path)) }

// memory is a source of bytes in memory.
func memory(name safe.PHI, data []byte) *source {
	return &source{
		name: name, size: int64(len(data)), at: bytes.NewReader(data), whole: data, close: func() error { return nil },
	}
}

// ordinary refuses folders, pipes and devices.
func ordinary(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errors.New("this is a folder: name the files in it")
	case !info.Mode().IsRegular():
		return errors.New("this is a pipe or a device, not a file: pipe it in with - and --name")
	case info.Size() > maxFile:
		return errTooLarge()
	}
	return nil
}

func errTooLarge() error {
	return fmt.Errorf("the file is larger than %d GB, the largest that can be stored: split it", maxFile/1_000_000_000)
}

// worded is an error with a sentence of its own and a cause.
type worded struct {
	says  string
	cause error
}

func (w worded) Error() string { return w.says }
func (w worded) Unwrap() error { return w.cause }

// inWords returns a file system error without the path that os puts into it.
func inWords(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return worded{"there is no such file: check the path", fs.ErrNotExist}
	case errors.Is(err, fs.ErrPermission):
		return worded{"you may not read this file: check its permissions", fs.ErrPermission}
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("the file cannot be read: %w", path.Err)
	}
	return errors.New("the file cannot be read")
}

// digest identifies bytes: the SHA-256 that the record keeps, and the CRC-64/NVME
// that S3 computes over a whole object no matter how it was sent.
type digest struct {
	size int64
	sha  string // 64 hex digits
	crc  string // base64 of 8 bytes, as S3 writes it
}

// nvme is the reversed polynomial of CRC-64/NVME (NVM Express NVM Command Set
// Specification 1.0c, 5.2.1.3.4; S3 calls it CRC64NVME).
const nvme = 0x9a6c9329ac4bc9b5

// hasher computes a digest of the bytes written to it.
type hasher struct {
	size int64
	sha  hash.Hash
	crc  hash.Hash64
}

func newHasher() *hasher { return &hasher{sha: sha256.New(), crc: crc64.New(nvmeTable())} }

var nvmeTable = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(nvme) })

func (h *hasher) Write(b []byte) (int, error) {
	h.size += int64(len(b))
	_, _ = h.sha.Write(b)
	return h.crc.Write(b)
}

func (h *hasher) digest() digest {
	return digest{
		size: h.size,
		sha:  hex.EncodeToString(h.sha.Sum(nil)),
		crc:  base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, h.crc.Sum64())),
	}
}

// read computes the digest of the whole source. S3 then compares what it received
// with it, so a file that changes in between is refused.
func (src *source) read(ctx context.Context) (digest, error) {
	h := newHasher()
	if src.whole != nil {
		_, _ = h.Write(src.whole)
		return h.digest(), nil
	}
	buffer := make([]byte, 256<<10)
	for offset := int64(0); offset < src.size; {
		if err := ctx.Err(); err != nil {
			return digest{}, err
		}
		n, err := src.at.ReadAt(buffer[:min(int64(len(buffer)), src.size-offset)], offset)
		_, _ = h.Write(buffer[:n])
		offset += int64(n)
		switch {
		case errors.Is(err, io.EOF) && offset < src.size:
			return digest{}, errChanged
		case err != nil && !errors.Is(err, io.EOF):
			return digest{}, inWords(err)
		}
	}
	return h.digest(), nil
}

// wholeLimit is up to which size a file is read only once, into memory.
const wholeLimit = 1 << 20

// load reads the whole source into memory.
func (src *source) load() error {
	if src.whole != nil {
		return nil
	}
	data := make([]byte, src.size)
	n, err := io.ReadFull(io.NewSectionReader(src.at, 0, src.size), data)
	switch {
	case err != nil && int64(n) < src.size && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return errChanged
	case err != nil && src.size > 0:
		return inWords(err)
	}
	src.whole, src.at = data, bytes.NewReader(data)
	return nil
}

// all returns the whole source, which must have this digest, and the function that gives
// back its memory.
func (src *source) all(ctx context.Context, r *run, d digest) ([]byte, func(), error) {
	if src.whole != nil || src.size == 0 {
		return src.whole, func() {}, nil
	}
	give, err := r.hold(ctx, src.size)
	if err != nil {
		return nil, func() {}, err
	}
	data := make([]byte, src.size)
	if _, err := src.at.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, give, inWords(err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != d.sha {
		return nil, give, errChanged
	}
	return data, give, nil
}
