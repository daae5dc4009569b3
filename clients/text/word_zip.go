package text

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"strings"
)

// The limits of a file of zipped parts: a small zip can unpack to a very large one.
const (
	maxPart    = 64 << 20 // bytes of one part, unpacked
	maxEntries = 5_000    // parts
	maxStyles  = 5_000
	maxDepth   = 512 // nested elements
)

// bounded fails at the limit, instead of ending.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooMuch
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// unlisted finds the parts of a zip archive by their own headers (APPNOTE.TXT 4.3.7).
func unlisted(data []byte) map[string]wordPart {
	const header = 30
	out := map[string]wordPart{}
	for at := 0; len(out) < maxEntries; {
		next := bytes.Index(data[at:], []byte("PK\x03\x04"))
		if next < 0 || at+next+header > len(data) {
			return out
		}
		at += next
		h := data[at : at+header]
		method := binary.LittleEndian.Uint16(h[8:])
		size := int(binary.LittleEndian.Uint32(h[18:]))
		name := at + header
		body := name + int(binary.LittleEndian.Uint16(h[26:])) + int(binary.LittleEndian.Uint16(h[28:]))
		if body > len(data) {
			return out
		}
		part := data[body:]
		if size > 0 && size < len(part) {
			part = part[:size]
			at = body + size
		} else {
			at = body
		}
		key := strings.TrimPrefix(string(data[name:name+int(binary.LittleEndian.Uint16(h[26:]))]), "/")
		out[key] = func() (io.ReadCloser, error) {
			switch method {
			case 0:
				return io.NopCloser(bytes.NewReader(part)), nil
			case 8:
				return flate.NewReader(bytes.NewReader(part)), nil
			}
			return nil, errDamaged
		}
	}
	return out
}
