package sandbox

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// The values of x-amz-content-sha256 that announce a body in chunks:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and
// sigv4-streaming-trailers.html.
const (
	streamingSigned          = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
	streamingSignedTrailer   = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	streamingUnsignedTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
)

// openBody makes the request's body the payload itself: reading it removes the framing and
// checks hashes and chunk signatures. keys is nil for an anonymous request; seed is the
// signature of the request's head.
func (c *call) openBody(payload string, keys *signer, seed string) error {
	r := c.request
	switch payload {
	case "", unsignedPayload:
		return nil
	case streamingSigned, streamingSignedTrailer, streamingUnsignedTrailer:
	default:
		if len(payload) != 64 {
			return fail(http.StatusBadRequest, "InvalidArgument",
				"x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "+
					"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.")
		}
		r.Body = &hashedBody{ReadCloser: r.Body, want: strings.ToLower(payload), hash: sha256.New(), left: r.ContentLength}
		return nil
	}
	if payload != streamingUnsignedTrailer && keys == nil {
		return c.mismatch(nil, "", "")
	}
	length, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || length < 0 {
		return fail(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	}
	body := &chunkedBody{
		closer: r.Body, from: bufio.NewReaderSize(r.Body, 64<<10), left: length, previous: seed,
		signed: payload != streamingUnsignedTrailer, trailers: payload != streamingSigned, hash: sha256.New(), request: r,
	}
	if body.signed {
		body.keys = keys
	}
	r.Body, r.ContentLength = body, length
	var encodings []string
	for one := range strings.SplitSeq(r.Header.Get("Content-Encoding"), ",") {
		if one = strings.TrimSpace(one); one != "" && one != "aws-chunked" {
			encodings = append(encodings, one)
		}
	}
	r.Header.Del("Content-Encoding")
	if len(encodings) > 0 {
		r.Header.Set("Content-Encoding", strings.Join(encodings, ","))
	}
	return nil
}

// hashedBody checks a body against the signed hash. It never returns the last bytes of a
// body that does not match, so that nobody accepts it as complete.
type hashedBody struct {
	io.ReadCloser
	want string
	hash hash.Hash
	left int64 // bytes still announced; negative: unknown
	err  error
}

func (b *hashedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.ReadCloser.Read(p)
	b.hash.Write(p[:n])
	known := b.left >= 0
	b.left -= int64(n)
	if errors.Is(err, io.EOF) || (known && b.left == 0) {
		if got := hex.EncodeToString(b.hash.Sum(nil)); got != b.want {
			b.err = &apiError{
				status: http.StatusBadRequest, code: "XAmzContentSHA256Mismatch",
				message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
				extra:   map[string]string{"ClientComputedContentSHA256": b.want, "S3ComputedContentSHA256": got},
			}
			return 0, b.err
		}
		b.err = io.EOF
		return n, io.EOF
	}
	b.err = err
	return n, err
}

// chunkedBody removes the aws-chunked framing from a body.
type chunkedBody struct {
	closer   io.Closer
	from     *bufio.Reader
	request  *http.Request
	keys     *signer
	signed   bool
	trailers bool
	left     int64 // bytes of payload still announced
	chunk    int64 // bytes of the present chunk still to come
	open     bool  // a chunk is being read
	previous string
	claimed  string
	hash     hash.Hash
	err      error
}

// maxFrame limits one line of framing.
const maxFrame = 16 << 10

var errIncompleteBody = fail(http.StatusBadRequest, "IncompleteBody", "The request body terminated unexpectedly")

func errMalformedChunk(what string) error {
	return fail(http.StatusBadRequest, "InvalidChunkSizeError", "Invalid aws-chunked body: "+what)
}

func errChunkSignature() error {
	return fail(http.StatusForbidden, "SignatureDoesNotMatch", signatureMessage)
}

func (b *chunkedBody) Close() error { return b.closer.Close() }

// Read returns payload. It returns the last bytes only after the final chunk and the
// trailers are verified.
func (b *chunkedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := b.read(p)
	b.err = err
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return n, err
}

func (b *chunkedBody) read(p []byte) (int, error) {
	if !b.open {
		if err := b.header(); err != nil {
			return 0, err
		}
		if b.chunk == 0 {
			return 0, b.finish()
		}
	}
	if int64(len(p)) > b.chunk {
		p = p[:b.chunk]
	}
	n, err := b.from.Read(p)
	if err != nil && (n == 0 || !errors.Is(err, io.EOF)) {
		return 0, ended(err)
	}
	if b.left -= int64(n); b.left < 0 {
		return 0, errMalformedChunk("more than x-amz-decoded-content-length")
	}
	if b.signed {
		b.hash.Write(p[:n])
	}
	if b.chunk -= int64(n); b.chunk == 0 {
		if err := b.endChunk(); err != nil {
			return 0, err
		}
	}
	if b.left > 0 || b.open {
		return n, nil
	}
	// The payload is complete: a reader that stops now must not miss a bad ending.
	if err := b.header(); err != nil {
		return 0, err
	}
	if b.chunk != 0 {
		return 0, errMalformedChunk("more than x-amz-decoded-content-length")
	}
	if err := b.finish(); !errors.Is(err, io.EOF) {
		return 0, err
	}
	return n, io.EOF
}

// header reads "SIZE[;chunk-signature=HEX]".
func (b *chunkedBody) header() error {
	line, err := b.line()
	if err != nil {
		return err
	}
	size, rest, _ := strings.Cut(line, ";")
	b.chunk, err = strconv.ParseInt(size, 16, 64)
	if err != nil || b.chunk < 0 {
		return errMalformedChunk("bad chunk size")
	}
	b.claimed = strings.TrimPrefix(rest, "chunk-signature=")
	b.hash.Reset()
	b.open = true
	return nil
}

func (b *chunkedBody) endChunk() error {
	if line, err := b.line(); err != nil {
		return err
	} else if line != "" {
		return errMalformedChunk("chunk is longer than its size")
	}
	b.open = false
	return b.verifyChunk()
}

func (b *chunkedBody) verifyChunk() error {
	if !b.signed {
		return nil
	}
	want := b.keys.chunk(b.previous, hex.EncodeToString(b.hash.Sum(nil)))
	if !hmac.Equal([]byte(want), []byte(b.claimed)) {
		return errChunkSignature()
	}
	b.previous = want
	return nil
}

// finish reads what follows the payload: the end of the empty chunk, and announced
// trailers. It returns io.EOF when all is valid.
func (b *chunkedBody) finish() error {
	if err := b.verifyChunk(); err != nil {
		return err
	}
	b.open = false
	var headers bytes.Buffer
	trailer := http.Header{}
	claimed := ""
	for {
		line, err := b.line()
		if errors.Is(err, io.EOF) || line == "" && err == nil {
			break // some clients leave the last empty line out
		}
		if err != nil {
			return err
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if !ok || !b.trailers {
			return errMalformedChunk("bad trailer")
		}
		if name == "x-amz-trailer-signature" {
			claimed = value
			continue
		}
		headers.WriteString(name + ":" + value + "\n")
		trailer.Add(name, value)
	}
	if b.signed && b.trailers {
		if want := b.keys.trailer(b.previous, headers.String()); !hmac.Equal([]byte(want), []byte(claimed)) {
			return errChunkSignature()
		}
	}
	if b.left != 0 {
		return errIncompleteBody
	}
	for announced := range strings.SplitSeq(b.request.Header.Get("X-Amz-Trailer"), ",") {
		if announced = strings.TrimSpace(announced); announced != "" && trailer.Get(announced) == "" {
			return fail(http.StatusBadRequest, "MalformedTrailerError",
				"The request contained trailing data that was not well-formed or did not conform to our published schema.")
		}
	}
	b.request.Trailer = trailer
	return io.EOF
}

// line reads one CRLF line of framing.
func (b *chunkedBody) line() (string, error) {
	var line []byte
	for {
		part, err := b.from.ReadSlice('\n')
		line = append(line, part...)
		if err == nil {
			break
		}
		if errors.Is(err, bufio.ErrBufferFull) && len(line) < maxFrame {
			continue
		}
		if errors.Is(err, io.EOF) && len(line) == 0 && !b.open && b.left == 0 {
			return "", io.EOF
		}
		return "", ended(err)
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// ended is the error for a body that stops early.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errIncompleteBody
	}
	return err
}
