package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"claria/aws/object"
	"claria/internal/safe"
)

// The limits of extracting text from a file of unknown origin.
const (
	maxSource   = 50 << 20         // bytes of the file
	maxText     = 16 << 20         // bytes of extracted text
	maxSegments = 200_000          // passages
	readTime    = 20 * time.Second // of one file
	extractions = 2                // at once: each keeps its file in memory
)

// textError tells the user why a file has no text. It contains nothing from the file.
type textError string

func (e textError) Error() string { return string(e) }

const (
	errNoReader  = textError("Claria cannot read text from this kind of file")
	errNoText    = textError("no text was found in it")
	errTooMuch   = textError("it contains more text than the limit for one file: split it")
	errTooLong   = textError("reading its text took too long")
	errBigSource = textError("it is larger than 50 MB, the limit for reading text: split it")
	errDamaged   = textError("its text cannot be read: the file is damaged, or its name has the wrong extension")
)

// extraction is the result of reading a file's text.
type extraction struct {
	kind     string // media type
	segments []Segment
	problem  string // why there are no segments
}

// reader turns a file's bytes into segments.
type reader func(ctx context.Context, data []byte, out *builder) error

// format is a kind of file: its extensions, its media type, and the reader of its
// text; nil: its text is not read.
type format struct {
	suffixes string
	kind     string
	read     reader
}

const wordKind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// formats are the kinds of file known by their names.
func formats() []format {
	return []format{
		{".txt .text .log", "text/plain", readPlain},
		{".md .markdown", "text/markdown", readMarkdown},
		{".csv", "text/csv", readTable(',')},
		{".tsv", "text/tab-separated-values", readTable('\t')},
		{".docx .docm .dotx", wordKind, readWord},
		{".pdf", "application/pdf", readPDF},
		{".doc", "application/msword", nil},
		{".rtf", "application/rtf", nil},
		{".odt", "application/vnd.oasis.opendocument.text", nil},
		{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", nil},
		{".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", nil},
		{".html .htm", "text/html", nil},
		{".png", "image/png", nil},
		{".jpg .jpeg", "image/jpeg", nil},
		{".heic", "image/heic", nil},
		{".tif .tiff", "image/tiff", nil},
		{".m4a", "audio/mp4", nil},
		{".mp3", "audio/mpeg", nil},
		{".wav", "audio/wav", nil},
		{".mp4", "video/mp4", nil},
		{".mov", "video/quicktime", nil},
		{".zip", "application/zip", nil},
	}
}

// formatOf returns the format for a name's extension; ok is false when no format has
// it.
func formatOf(name safe.PHI) (format, bool) {
	suffix := strings.ToLower(path.Ext(name.Reveal()))
	for _, f := range formats() {
		for known := range strings.FieldsSeq(f.suffixes) {
			if suffix == known {
				return f, true
			}
		}
	}
	return format{}, false
}

// sniff returns the format that the bytes show. It overrides the name where the two
// contradict each other.
func sniff(data []byte, named format, known bool) format {
	isPDF := bytes.HasPrefix(bytes.TrimLeft(data[:min(len(data), 1024)], "\x00\t\n\f\r "), []byte("%PDF-"))
	isZip := bytes.HasPrefix(data, []byte("PK\x03\x04"))
	switch {
	case isPDF:
		return format{kind: "application/pdf", read: readPDF}
	case isZip && bytes.Contains(data, []byte("word/document")):
		return format{kind: wordKind, read: readWord}
	case known && (!isZip || named.read == nil || named.kind == wordKind):
		return named
	case isZip:
		return format{kind: "application/zip"}
	}
	kind, _, _ := strings.Cut(http.DetectContentType(data), ";")
	if kind == "text/plain" {
		return format{kind: kind, read: readPlain}
	}
	return format{kind: kind}
}

// readText extracts a file's text. A problem with the file is in the extraction; the
// error is about reading the bytes, or ctx.
func (s *Store) readText(ctx context.Context, name safe.PHI, size int64, load func() ([]byte, error)) (extraction, error) {
	named, known := formatOf(name)
	if size > maxSource {
		out := extraction{kind: "application/octet-stream", problem: errNoReader.Error()}
		if known {
			out.kind = named.kind
		}
		if named.read != nil {
			out.problem = errBigSource.Error()
		}
		return out, nil
	}
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-ctx.Done():
		return extraction{}, ctx.Err()
	}
	data, err := load()
	if err != nil {
		return extraction{}, err
	}
	f := sniff(data, named, known)
	out := extract(ctx, f, data)
	return out, ctx.Err()
}

// extract reads the text of data within the limits above. It never panics: if a
// reader panics, the file has no text and the other files continue.
func extract(ctx context.Context, f format, data []byte) (out extraction) {
	out.kind = f.kind
	if f.read == nil {
		out.problem = errNoReader.Error()
		return out
	}
	timed, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	var b builder
	err := guarded(timed, f.read, data, &b)
	if err == nil && len(b.segments) == 0 {
		err = errNoText
	}
	if err == nil {
		out.segments = b.segments
		return out
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errTooLong
	}
	told, ok := errors.AsType[textError](err)
	if !ok {
		told = errDamaged
	}
	out.problem = told.Error()
	return out
}

func guarded(ctx context.Context, read reader, data []byte, b *builder) (err error) {
	defer func() {
		if recover() != nil {
			err = errDamaged
		}
	}()
	return read(ctx, data, b)
}

// builder collects segments within the limits.
type builder struct {
	segments []Segment
	size     int
}

// add appends a passage without terminal escapes and with single spaces only. It
// ignores an empty one.
func (b *builder) add(kind string, level int, text string) error {
	text = strings.Join(strings.Fields(safe.Text(text)), " ")
	if text == "" {
		return nil
	}
	if len(b.segments) >= maxSegments || b.size+len(text) > maxText {
		return errTooMuch
	}
	b.segments = append(b.segments, Segment{
		Number: len(b.segments) + 1, Start: b.size, End: b.size + len(text), Kind: kind, Level: level, Text: safe.PHI(text),
	})
	b.size += len(text) + 1
	return nil
}

// putText stores segments and returns the text object's version.
func (s *Store) putText(ctx context.Context, key string, segments []Segment) (string, error) {
	data, err := json.Marshal(wire(segments))
	if err != nil {
		return "", fmt.Errorf("the text of %s/%s could not be written as JSON", s.bucket, key)
	}
	o, err := s.objects.Write(ctx, key, data, object.Always())
	return o.Version, err
}

// decodeText turns bytes into UTF-8: by byte order mark, else as UTF-8 if valid, else
// as Windows-1252, which covers old notes and Latin-1 files.
func decodeText(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return utf16Text(data[2:], false), nil
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return utf16Text(data[2:], true), nil
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", errDamaged // another kind of file with the extension of a text
	}
	var b strings.Builder
	b.Grow(len(data) + len(data)/8)
	for _, c := range data {
		b.WriteRune(windows1252(c))
	}
	return b.String(), nil
}
