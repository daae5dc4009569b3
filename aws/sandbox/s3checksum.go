package sandbox

import (
	"crypto/md5"  //nolint:gosec // an S3 checksum, not a protection
	"crypto/sha1" //nolint:gosec // an S3 checksum, not a protection
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"math/bits"
	"net/http"
	"strings"
)

// checksum is one of the checksums that S3 keeps with an object.
type checksum struct {
	name   string // as in x-amz-checksum-algorithm
	header string
	size   int // bytes
	make   func() hash.Hash
	poly   uint64 // reflected polynomial; 0: not a CRC, so parts cannot be combined
}

// crc64NVME is the reflected polynomial of CRC-64/NVME (NVM Express NVM Command
// Set Specification 1.0d, 5.2.1.3.4).
const crc64NVME = 0x9a6c9329ac4bc9b5

const checksumHeader = "X-Amz-Checksum-"

// checksums are those of "Checking object integrity" in the S3 user guide, except the XXHash
// family, which askedChecksum refuses.
func checksums() []checksum {
	return []checksum{
		{"CRC32", checksumHeader + "Crc32", 4, func() hash.Hash { return crc32.NewIEEE() }, crc32.IEEE},
		{"CRC32C", checksumHeader + "Crc32c", 4, func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }, crc32.Castagnoli},
		{"CRC64NVME", checksumHeader + "Crc64nvme", 8, func() hash.Hash { return crc64.New(crc64.MakeTable(crc64NVME)) }, crc64NVME},
		{"SHA1", checksumHeader + "Sha1", sha1.Size, sha1.New, 0},
		{"SHA256", checksumHeader + "Sha256", sha256.Size, sha256.New, 0},
		{"SHA512", checksumHeader + "Sha512", sha512.Size, sha512.New, 0},
		{"MD5", checksumHeader + "Md5", md5.Size, md5.New, 0},
	}
}

// checksumNamed finds a checksum by the name of its algorithm; false when S3 has no such
// checksum.
func checksumNamed(name string) (checksum, bool) {
	for _, c := range checksums() {
		if strings.EqualFold(c.name, name) {
			return c, true
		}
	}
	return checksum{}, false
}

// The two ways in which a checksum covers a multipart object.
const (
	fullObject = "FULL_OBJECT"
	composite  = "COMPOSITE"
)

// kept is a checksum as S3 stores it with an object or a part.
type kept struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"value"` // base64; composite values end in -N
	Type      string `json:"type,omitempty"`
}

func (k kept) zero() bool { return k.Algorithm == "" }

// headers sets the headers that show the checksum.
func (k kept) headers(h http.Header) {
	c, ok := checksumNamed(k.Algorithm)
	if !ok {
		return
	}
	h.Set(c.header, k.Value)
	if k.Type != "" {
		h.Set(checksumHeader+"Type", k.Type)
	}
}

// checksumElements is a checksum in an answer's document.
type checksumElements struct {
	ChecksumCRC32     string `xml:",omitempty"`
	ChecksumCRC32C    string `xml:",omitempty"`
	ChecksumCRC64NVME string `xml:",omitempty"`
	ChecksumSHA1      string `xml:",omitempty"`
	ChecksumSHA256    string `xml:",omitempty"`
	ChecksumSHA512    string `xml:",omitempty"`
	ChecksumMD5       string `xml:",omitempty"`
}

// of is the element of one algorithm; nil: there is none.
func (e *checksumElements) of(algorithm string) *string {
	switch algorithm {
	case "CRC32":
		return &e.ChecksumCRC32
	case "CRC32C":
		return &e.ChecksumCRC32C
	case "CRC64NVME":
		return &e.ChecksumCRC64NVME
	case "SHA1":
		return &e.ChecksumSHA1
	case "SHA256":
		return &e.ChecksumSHA256
	case "SHA512":
		return &e.ChecksumSHA512
	case "MD5":
		return &e.ChecksumMD5
	}
	return nil
}

func (k kept) elements() (out checksumElements) {
	if at := out.of(k.Algorithm); at != nil {
		*at = k.Value
	}
	return out
}

// asked is what a request says about the checksum of its body.
type asked struct {
	algorithm checksum
	value     string // base64, from the header; empty: in the trailer, or S3 computes it
	trailer   bool   // the value follows the body
}

// askedChecksum reads the checksum headers of an upload. Without any, S3 keeps a
// CRC64NVME of its own.
func askedChecksum(h http.Header) (asked, error) {
	var out asked
	for name := range h {
		if strings.HasPrefix(name, checksumHeader+"Xxhash") {
			return asked{}, fail(http.StatusNotImplemented, "NotImplemented", "The demo account does not compute XXHash checksums")
		}
	}
	for _, c := range checksums() {
		if v := h.Get(c.header); v != "" {
			if out.algorithm.name != "" {
				return asked{}, fail(http.StatusBadRequest, "InvalidRequest",
					"Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
			}
			if raw, err := base64.StdEncoding.DecodeString(v); err != nil || len(raw) != c.size {
				return asked{}, fail(http.StatusBadRequest, "InvalidRequest", "Value for "+strings.ToLower(c.header)+" header is invalid.")
			}
			out = asked{algorithm: c, value: v}
		}
	}
	for name := range strings.SplitSeq(h.Get("X-Amz-Trailer"), ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		c, ok := checksumNamed(strings.TrimPrefix(strings.ToLower(name), strings.ToLower(checksumHeader)))
		if !ok {
			return asked{}, fail(http.StatusBadRequest, "InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
		}
		if out.algorithm.name != "" {
			return asked{}, fail(http.StatusBadRequest, "InvalidRequest", "Expecting a single x-amz-checksum- header")
		}
		out = asked{algorithm: c, trailer: true}
	}
	name := h.Get("X-Amz-Sdk-Checksum-Algorithm")
	if name == "" {
		name = h.Get("X-Amz-Checksum-Algorithm")
	}
	if name != "" {
		c, ok := checksumNamed(name)
		if !ok {
			return asked{}, fail(http.StatusBadRequest, "InvalidRequest",
				"Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
		}
		if out.algorithm.name != "" && out.algorithm.name != c.name {
			return asked{}, fail(http.StatusBadRequest, "InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")
		}
		out.algorithm = c
	}
	if out.algorithm.name == "" {
		out.algorithm, _ = checksumNamed("CRC64NVME")
	}
	return out, nil
}

// encodeSum is a checksum in its wire form.
func encodeSum(sum []byte) string { return base64.StdEncoding.EncodeToString(sum) }

// combineCRC is the CRC of a followed by b from their CRCs, where b is size bytes
// long: crc(a) is carried over size zero bytes, which is a linear map over GF(2).
func combineCRC(c checksum, a, b []byte, size int64) []byte {
	width := c.size * 8
	read := func(sum []byte) uint64 {
		if c.size == 4 {
			return uint64(binary.BigEndian.Uint32(sum))
		}
		return binary.BigEndian.Uint64(sum)
	}
	// step carries a CRC over one zero bit; squaring it doubles the distance.
	step := make([]uint64, width)
	step[0] = c.poly
	for i := 1; i < width; i++ {
		step[i] = 1 << (i - 1)
	}
	apply := func(m []uint64, v uint64) (out uint64) {
		for ; v != 0; v &= v - 1 {
			out ^= m[bits.TrailingZeros64(v)]
		}
		return out
	}
	square := func(m []uint64) []uint64 {
		out := make([]uint64, width)
		for i := range m {
			out[i] = apply(m, m[i])
		}
		return out
	}
	carried := read(a)
	for n := uint64(size) * 8; n != 0; n >>= 1 {
		if n&1 != 0 {
			carried = apply(step, carried)
		}
		step = square(step)
	}
	carried ^= read(b)
	out := make([]byte, c.size)
	if c.size == 4 {
		binary.BigEndian.PutUint32(out, uint32(carried))
	} else {
		binary.BigEndian.PutUint64(out, carried)
	}
	return out
}
