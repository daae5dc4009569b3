// Package text extracts the text of plain files, Markdown, tables, Word and PDF
// documents as passages. A file may come from anyone, so reading it has limits. The
// package stores nothing and sends nothing.
package text

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"claria/internal/safe"
)

// The limits of extracting text from a file of unknown origin.
const (
	MaxSource   = 50 << 20         // bytes of the file
	maxText     = 16 << 20         // bytes of extracted text
	maxPassages = 200_000          // passages
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

// reader turns a file's bytes into passages.
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

// Extractor reads the text of files, a few at once: each reading holds its file in
// memory. It is safe for concurrent use.
type Extractor struct {
	places chan struct{}
}

// NewExtractor returns an extractor.
func NewExtractor() *Extractor { return &Extractor{places: make(chan struct{}, extractions)} }

// Read extracts the text of a file of this name and size, in bytes, which load reads.
// Anything wrong with the file is the extraction's Problem; the error is about loading
// the bytes, or ctx.
func (x *Extractor) Read(ctx context.Context, name safe.PHI, size int64, load func() ([]byte, error)) (Reading, error) {
	named, known := formatOf(name)
	if size > MaxSource {
		out := Reading{Kind: "application/octet-stream", Problem: errNoReader.Error()}
		if known {
			out.Kind = named.kind
		}
		if named.read != nil {
			out.Problem = errBigSource.Error()
		}
		return out, nil
	}
	select {
	case x.places <- struct{}{}:
		defer func() { <-x.places }()
	case <-ctx.Done():
		return Reading{}, ctx.Err()
	}
	data, err := load()
	if err != nil {
		return Reading{}, err
	}
	f := sniff(data, named, known)
	out := extract(ctx, f, data)
	return out, ctx.Err()
}

// Markdown reads the passages of a text in Markdown, as a model writes one.
func Markdown(ctx context.Context, source string) Reading {
	return extract(ctx, format{kind: "text/markdown", read: readMarkdown}, []byte(source))
}

// extract reads the text of data within the limits above. It never panics: if a
// reader panics, the file has no text and the other files continue.
func extract(ctx context.Context, f format, data []byte) (out Reading) {
	out.Kind = f.kind
	if f.read == nil {
		out.Problem = errNoReader.Error()
		return out
	}
	timed, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	var b builder
	err := guarded(timed, f.read, data, &b)
	if err == nil && len(b.passages) == 0 {
		err = errNoText
	}
	out.Unread = b.unread
	if err == nil {
		out.Passages = b.passages
		return out
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errTooLong
	}
	told, ok := errors.AsType[textError](err)
	if !ok {
		told = errDamaged
	}
	out.Problem = told.Error()
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
