// Package text says what a file says, as passages: the text of plain files, Markdown,
// tables, Word and PDF documents, read under bounds, because anybody may have made the
// file. It keeps nothing and sends nothing.
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

// The bounds of reading text out of a file that anybody may have made.
const (
	MaxSource   = 50 << 20         // bytes of a file that text is read from
	maxText     = 16 << 20         // bytes of text taken out of it
	maxPassages = 200_000          // passages
	readTime    = 20 * time.Second // of one file
	extractions = 2                // at once: each holds its file in memory
)

// textError says in the user's words why a file has no text. It holds nothing
// of the file.
type textError string

func (e textError) Error() string { return string(e) }

const (
	errNoReader  = textError("no text is read from this kind of file")
	errNoText    = textError("no text was found in it")
	errTooMuch   = textError("it holds more text than is read from one file: split it")
	errTooLong   = textError("reading its text took too long")
	errBigSource = textError("text is read from files of up to 50 MB: split it")
	errDamaged   = textError("its text cannot be read: the file is damaged or of another kind than its name says")
)

// Extraction is what reading a file's text gave.
type Extraction struct {
	Kind     string // media type
	Passages []Passage
	Problem  string // why there are none
}

// reader turns a file's bytes into passages.
type reader func(ctx context.Context, data []byte, out *builder) error

// format is a kind of file: how its name ends, its media type, and how its text
// is read; nil: it is not.
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

// formatOf is the format that a name's ending tells; ok is false when none does.
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

// sniff is the format that the bytes tell: it wins over the name where the two
// cannot both be true.
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
func (x *Extractor) Read(ctx context.Context, name safe.PHI, size int64, load func() ([]byte, error)) (Extraction, error) {
	named, known := formatOf(name)
	if size > MaxSource {
		out := Extraction{Kind: "application/octet-stream", Problem: errNoReader.Error()}
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
		return Extraction{}, ctx.Err()
	}
	data, err := load()
	if err != nil {
		return Extraction{}, err
	}
	f := sniff(data, named, known)
	out := extract(ctx, f, data)
	return out, ctx.Err()
}

// extract reads the text of data under the bounds above. It never panics: a
// file that upsets its reader has no text, and the others go on.
func extract(ctx context.Context, f format, data []byte) (out Extraction) {
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

// builder collects passages and holds them to the bounds.
type builder struct {
	passages []Passage
	size     int
}

// add appends a passage: cleaned of what could act on a terminal, its white
// space single spaces, nothing when empty.
func (b *builder) add(kind string, level int, text string) error {
	text = strings.Join(strings.Fields(safe.Text(text)), " ")
	if text == "" {
		return nil
	}
	if len(b.passages) >= maxPassages || b.size+len(text) > maxText {
		return errTooMuch
	}
	b.passages = append(b.passages, Passage{
		Number: len(b.passages) + 1, Start: b.size, End: b.size + len(text), Kind: kind, Level: level, Text: safe.PHI(text),
	})
	b.size += len(text) + 1
	return nil
}

// decodeText turns bytes into UTF-8: by byte order mark, else UTF-8 when it is
// valid, else Windows-1252, which is what old notes and Latin-1 files are.
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
		return "", errDamaged // bytes of another kind under a text's name
	}
	var b strings.Builder
	b.Grow(len(data) + len(data)/8)
	for _, c := range data {
		b.WriteRune(windows1252(c))
	}
	return b.String(), nil
}

// Passage is one numbered passage of a file's text: paragraph, table row or
// transcript turn. Start and End are byte offsets into the extracted text,
// which is the passages' texts, each followed by a line feed.
type Passage struct {
	Number int // from 1
	Start  int
	End    int
	Kind   string // "paragraph", "heading", "row", "item"
	Level  int    // of a heading, from 1
	Text   safe.PHI
}
