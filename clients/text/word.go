package text

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"claria/clients/text/pdf"
)

// The limits of a Word file: a small zip can unpack to a very large one.
const (
	maxPart    = 64 << 20 // bytes of one part, unpacked
	maxEntries = 5_000    // parts
	maxStyles  = 5_000
	maxDepth   = 512 // nested elements
)

// readWord reads a Word document (ECMA-376 Part 1, WordprocessingML): paragraphs,
// headings by outline level or style, list items, a table row as one passage, then
// foot- and endnotes. It leaves out tracked deletions, hidden text and field codes,
// which a reader of the document does not see.
func readWord(ctx context.Context, data []byte, out *builder) error {
	if bytes.Count(data, []byte("PK\x01\x02")) > maxEntries {
		return errDamaged
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return encryptedWord(data)
	}
	parts := map[string]*zip.File{}
	for _, f := range archive.File {
		parts[strings.TrimPrefix(f.Name, "/")] = f
	}
	main := mainPart(parts)
	if parts[main] == nil {
		return errDamaged
	}
	folder := main[:strings.LastIndex(main, "/")+1]
	styles := readStyles(ctx, parts[folder+"styles.xml"])
	for _, part := range []string{main, folder + "footnotes.xml", folder + "endnotes.xml"} {
		if parts[part] == nil {
			continue
		}
		w := &word{ctx: ctx, out: out, styles: styles}
		if err := w.read(parts[part]); err != nil {
			return err
		}
	}
	return nil
}

// encryptedWord explains a file that should be a zip and is not: one with a password
// is an OLE compound file (MS-CFB 2.2, header signature).
func encryptedWord(data []byte) error {
	if bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
		return textError("it has a password or Word's old format: save it as .docx without a password")
	}
	return errDamaged
}

// mainPart returns the document part that the package's relationships name.
func mainPart(parts map[string]*zip.File) string {
	const usual = "word/document.xml"
	if parts[usual] != nil || parts["_rels/.rels"] == nil {
		return usual
	}
	var relations struct {
		Relationship []struct {
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		}
	}
	body, err := openPart(parts["_rels/.rels"], 1<<20)
	if err != nil || xml.NewDecoder(body).Decode(&relations) != nil {
		return usual
	}
	for _, r := range relations.Relationship {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			return strings.TrimPrefix(r.Target, "/")
		}
	}
	return usual
}

// openPart unpacks a part, up to the limit.
func openPart(f *zip.File, limit int64) (io.Reader, error) {
	body, err := f.Open()
	if err != nil {
		return nil, errDamaged
	}
	return &bounded{r: body, left: limit}, nil
}

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

// style is what a paragraph style sets for its paragraphs.
type style struct {
	based string
	level int // of a heading, from 1; 0: none
	list  bool
}

// readStyles reads the styles that make headings and lists. Without them the document
// is read as plain paragraphs.
func readStyles(ctx context.Context, part *zip.File) map[string]style {
	if part == nil {
		return nil
	}
	body, err := openPart(part, maxPart)
	if err != nil {
		return nil
	}
	styles := map[string]style{}
	decoder := xml.NewDecoder(body)
	var id string
	for ctx.Err() == nil && len(styles) < maxStyles {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		s := styles[id]
		switch start.Name.Local {
		case "style":
			id, s = attribute(start, "styleId"), style{}
		case "name":
			s.level = max(s.level, headingLevel(attribute(start, "val")))
		case "basedOn":
			s.based = attribute(start, "val")
		case "outlineLvl":
			s.level = outline(start)
		case "numPr":
			s.list = true
		}
		if id != "" {
			styles[id] = s
		}
	}
	return styles
}

// headingLevel returns the level in a style's name, or 0.
func headingLevel(name string) int {
	name = strings.ToLower(name)
	if name == "title" {
		return 1
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(name, "heading ")); err == nil && n >= 1 && n <= 9 {
		return n
	}
	return 0
}

// outline turns an outline level into a heading level: 0 to 8 are headings, 9 is
// text.
func outline(e xml.StartElement) int {
	if n, err := strconv.Atoi(attribute(e, "val")); err == nil && n >= 0 && n <= 8 {
		return n + 1
	}
	return 0
}

func attribute(e xml.StartElement, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// off reports whether a switch is present and false (ECMA-376 Part 1, 17.17.4).
func off(e xml.StartElement) bool {
	switch attribute(e, "val") {
	case "0", "false", "off":
		return true
	}
	return false
}

// word reads one part.
type word struct {
	ctx    context.Context
	out    *builder
	styles map[string]style

	path   []string // open elements
	skip   int      // depth of the element whose content is skipped; 0: none
	text   strings.Builder
	run    strings.Builder // the current run, which may turn out to be hidden
	hidden bool
	kind   string
	level  int

	tables int // open tables
	cells  []string
}

func (w *word) read(part *zip.File) error {
	body, err := openPart(part, maxPart)
	if err != nil {
		return err
	}
	decoder := xml.NewDecoder(body)
	for n := 0; ; n++ {
		if n%1024 == 0 && w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if told, ok := errors.AsType[textError](err); ok {
				return told
			}
			return errDamaged
		}
		switch token := token.(type) {
		case xml.StartElement:
			w.path = append(w.path, token.Name.Local)
			if len(w.path) > maxDepth {
				return errDamaged
			}
			if w.skip == 0 {
				err = w.open(token)
			}
		case xml.EndElement:
			if w.skip == len(w.path) {
				w.skip = 0
			} else if w.skip == 0 {
				err = w.close(token.Name.Local)
			}
			w.path = w.path[:len(w.path)-1]
		case xml.CharData:
			if w.skip == 0 && len(w.path) > 0 && w.path[len(w.path)-1] == "t" {
				w.run.Write(token)
			}
		}
		if err == nil && w.text.Len()+w.run.Len() > maxText {
			err = errTooMuch
		}
		if err != nil {
			return err
		}
	}
}

// open handles the beginning of an element.
func (w *word) open(e xml.StartElement) error {
	switch e.Name.Local {
	case "del", "moveFrom", "delText", "instrText", "Fallback", "pPrChange", "rPrChange", "separator", "continuationSeparator":
		if e.Name.Local == "del" && w.parent() == "rPr" {
			return nil // a deleted paragraph mark: the text is judged run by run
		}
		w.skip = len(w.path)
	case "p":
		// A paragraph inside a run is a text box: the text before it is a separate
		// passage.
		if !w.hidden {
			w.text.WriteString(w.run.String())
		}
		w.run.Reset()
		if w.tables == 0 {
			if err := w.flush(); err != nil {
				return err
			}
		}
		w.kind, w.level = "paragraph", 0
	case "tbl":
		if err := w.flush(); w.tables == 0 && err != nil {
			return err
		}
		w.tables++
	case "r":
		w.run.Reset()
		w.hidden = false
	case "vanish", "webHidden":
		if w.parent() == "rPr" && w.grandparent() == "r" && e.Name.Local == "vanish" && !off(e) {
			w.hidden = true
		}
	case "pStyle":
		w.apply(attribute(e, "val"))
	case "outlineLvl":
		if level := outline(e); level > 0 {
			w.kind, w.level = "heading", level
		}
	case "numPr":
		if w.parent() == "pPr" && w.kind != "heading" {
			w.kind = "item"
		}
	case "tab", "ptab":
		if w.parent() == "r" {
			w.run.WriteByte(' ')
		}
	case "br", "cr":
		w.run.WriteByte(' ')
	case "sym":
		if code, err := strconv.ParseUint(attribute(e, "char"), 16, 16); err == nil {
			w.run.WriteRune(pdf.Symbol(rune(code)))
		}
	case "noBreakHyphen":
		w.run.WriteByte('-')
	}
	return nil
}

// close handles the end of an element.
func (w *word) close(name string) error {
	switch name {
	case "r":
		if !w.hidden {
			w.text.WriteString(w.run.String())
		}
		w.run.Reset()
	case "p":
		if w.tables > 0 {
			w.text.WriteByte(' ') // between the paragraphs of a cell
			return nil
		}
		return w.flush()
	case "tc":
		if w.tables == 1 {
			w.cells = append(w.cells, strings.TrimSpace(w.text.String()))
			w.text.Reset()
		}
	case "tr":
		if w.tables == 1 {
			return w.row()
		}
	case "tbl":
		w.tables--
	}
	return nil
}

// row ends a row of the outermost table.
func (w *word) row() error {
	cells := w.cells
	w.cells = nil
	for _, c := range cells {
		if c != "" {
			return w.out.row(false, cells...)
		}
	}
	return nil
}

// flush ends the current passage.
func (w *word) flush() error {
	if w.tables > 0 {
		return nil
	}
	err := w.out.add(w.kind, w.level, w.text.String())
	w.text.Reset()
	w.kind, w.level = "paragraph", 0
	return err
}

// apply applies a paragraph's style and the styles it is based on.
func (w *word) apply(id string) {
	for range 20 {
		s, ok := w.styles[id]
		if !ok {
			return
		}
		if s.level > 0 {
			w.kind, w.level = "heading", s.level
			return
		}
		if s.list {
			w.kind = "item"
		}
		id = s.based
	}
}

func (w *word) parent() string      { return w.up(2) }
func (w *word) grandparent() string { return w.up(3) }

func (w *word) up(n int) string {
	if len(w.path) < n {
		return ""
	}
	return w.path[len(w.path)-n]
}
