// Package text extracts the text of the files that a practice has as passages. A file may
// come from anyone, so reading it has limits. The package stores nothing and sends
// nothing.
package text

import (
	"cmp"
	"context"
	"errors"
	"path"
	"strings"
	"time"

	"claria/internal/safe"
)

// The limits of extracting text from a file of unknown origin.
const (
	MaxSource   = 50 << 20         // bytes of the file
	maxText     = 16 << 20         // bytes of extracted text
	maxPassages = 20_000           // passages
	readTime    = 30 * time.Second // of one file
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
	why      textError // why it is not read, and what helps
}

const wordKind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// formats are the kinds of file known by their names.
func formats() []format {
	return append([]format{
		{suffixes: ".txt .text .log", kind: "text/plain", read: readPlain},
		{suffixes: ".md .markdown", kind: "text/markdown", read: readMarkdown},
		{suffixes: ".csv", kind: "text/csv", read: readTable(',')},
		{suffixes: ".tsv", kind: "text/tab-separated-values", read: readTable('\t')},
		{suffixes: ".docx .docm .dotx", kind: wordKind, read: readWord},
		{suffixes: ".pdf", kind: "application/pdf", read: readPDF},
	}, moreFormats()...)
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

// Extractor reads the text of files, a few at once: each reading holds its file in
// memory. It is safe for concurrent use.
type Extractor struct {
	places   chan struct{}
	children children
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
			out.Problem = cmp.Or(named.why, errNoReader).Error()
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
	if f.read != nil && !f.inProcess(data) {
		out, err := x.children.inChild(ctx, name, data, readTime)
		if err != nil {
			return out, err
		}
		return x.recognize(ctx, f, data, out)
	}
	return x.recognize(ctx, f, data, extract(ctx, f, data))
}

// Markdown reads the passages of a text in Markdown, as a model writes one.
func Markdown(ctx context.Context, source string) Reading {
	return extract(ctx, format{kind: "text/markdown", read: readMarkdown}, []byte(source))
}

// extract reads the text of data within the limits above. What was read before a limit
// or before damage is kept, and the reading says that the rest is missing. It never
// panics: if a reader panics, the other files continue.
func extract(ctx context.Context, f format, data []byte) (out Reading) {
	out.Kind = f.kind
	if f.read == nil {
		out.Problem = cmp.Or(f.why, errNoReader).Error()
		return out
	}
	timed, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	var b builder
	err := guarded(timed, f.read, data, &b)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errTooLong
	}
	if err == nil && len(b.passages) == 0 {
		err = errNoText
	}
	told, ok := errors.AsType[textError](err)
	if !ok || told == errTooMuch || told == errTooLong || told == errDamaged {
		told = cmp.Or(told, errDamaged)
		if err != nil && len(b.passages) > 0 {
			b.breakOff(err)
			err = nil
		}
	}
	out.Unread = b.unread
	if err == nil {
		out.Passages = b.passages
		return out
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
