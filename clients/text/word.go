package text

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
)

// readWord reads a Word document (ECMA-376 Part 1, WordprocessingML, and MS-DOCX):
// headers, then the blocks of the body in their order, each followed by its notes,
// comments and text boxes, then footers. It leaves out and counts what a reader of the
// document does not see: tracked deletions, hidden and white text, prompts of fields.
func readWord(ctx context.Context, data []byte, out *builder) error {
	if bytes.Count(data, []byte("PK\x01\x02")) > maxEntries {
		return errDamaged
	}
	d := &wordFile{ctx: ctx, out: out, parts: map[string]wordPart{}}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		if err := encryptedWord(data); !errors.Is(err, errDamaged) {
			return err
		}
		d.salvage(data)
	} else {
		for _, f := range archive.File {
			d.parts[strings.TrimPrefix(f.Name, "/")] = f.Open
		}
	}
	d.main = d.mainPart()
	if d.parts[d.main] == nil {
		return errDamaged
	}
	d.folder = path.Dir(d.main) + "/"
	d.relations = d.relationsOf(d.main)
	d.styles = d.readStyles()
	d.numbers = d.readNumbers()
	d.footnotes, d.endnotes = d.notesOf("footnotes"), d.notesOf("endnotes")
	d.comments = d.readComments()
	err = d.read()
	d.tell()
	return err
}

// encryptedWord explains a file that should be a zip and is not: one with a password
// is an OLE compound file (MS-CFB 2.2, header signature).
func encryptedWord(data []byte) error {
	if bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
		return textError("it has a password or Word's old format: save it as .docx without a password")
	}
	return errDamaged
}

// wordPart opens a part of the file.
type wordPart func() (io.ReadCloser, error)

// wordFile is a document while it is read.
type wordFile struct {
	ctx    context.Context
	out    *builder
	parts  map[string]wordPart
	main   string // the part of the body
	folder string // of the main part

	relations map[string]wordRelation // from the main part, by id
	styles    map[string]wordStyle
	numbers   *wordNumbers
	footnotes map[string]*xmlNode // by id, that are not read yet
	endnotes  map[string]*xmlNode
	comments  wordComments
	marked    map[string]string // marks of notes, by kind and id

	damaged  map[string]bool // parts that are missing or cannot be read whole
	hidden   int             // words
	white    int
	deleted  int
	prompts  int // fields that nobody filled in
	pictures int // and embedded objects
}

// wordRelation is an arrow from a part to another one.
type wordRelation struct{ kind, target string }

// tell records what was left out and what is missing.
func (d *wordFile) tell() {
	for _, u := range []Unread{
		{Unit: "part", Count: len(d.damaged), Reason: Damaged},
		{Unit: "part", Count: d.pictures, Reason: NotText},
		{Unit: "word", Count: d.deleted, Reason: Deleted},
		{Unit: "word", Count: d.hidden, Reason: Hidden},
		{Unit: "word", Count: d.white, Reason: White},
		{Unit: "field", Count: d.prompts, Reason: Placeholder},
	} {
		if u.Count > 0 {
			d.out.leave(u)
		}
	}
}

func (d *wordFile) lacks(part string) {
	if d.damaged == nil {
		d.damaged = map[string]bool{}
	}
	d.damaged[part] = true
}

// read reads the body, with headers before it and footers after it.
func (d *wordFile) read() error {
	margins := d.margins()
	if err := d.readMargins(margins, Header); err != nil {
		return err
	}
	body := &wordText{wordFile: d}
	err := d.blocksOf(d.main, func(block *xmlNode) error { return body.blocks([]*xmlNode{block}) })
	if err == nil {
		err = body.flushCarry()
	}
	if err != nil && !errors.Is(err, errDamaged) {
		return err
	}
	if err != nil {
		d.lacks(d.main)
		if len(d.out.passages) == 0 {
			return err
		}
	}
	if err := body.unanchored(); err != nil {
		return err
	}
	return d.readMargins(margins, Footer)
}

// mainPart returns the document part that the package's relationships name.
func (d *wordFile) mainPart() string {
	const usual = "word/document.xml"
	for _, r := range d.relationsOf("") {
		if r.kind == "officeDocument" && d.parts[r.target] != nil {
			return r.target
		}
	}
	if d.parts[usual] != nil {
		return usual
	}
	for _, name := range slices.Sorted(maps.Keys(d.parts)) {
		if strings.HasPrefix(name, "word/document") && strings.HasSuffix(name, ".xml") {
			return name
		}
	}
	return usual
}

// relationsOf reads the arrows from a part. Where they are lost, those of the main part
// are the ones that Word usually writes.
func (d *wordFile) relationsOf(part string) map[string]wordRelation {
	folder, name := path.Dir(part), relsOf(part)
	out := map[string]wordRelation{}
	if open := d.parts[name]; open != nil {
		var all struct {
			Relationship []struct {
				ID     string `xml:"Id,attr"`
				Type   string `xml:"Type,attr"`
				Target string `xml:"Target,attr"`
				Mode   string `xml:"TargetMode,attr"`
			}
		}
		data, err := d.bytesOf(name)
		if xml.Unmarshal(data, &all) == nil && err == nil {
			for _, r := range all.Relationship {
				target := strings.TrimPrefix(r.Target, "/")
				if target == r.Target {
					target = path.Join(folder, r.Target)
				}
				if r.Mode != "External" {
					out[r.ID] = wordRelation{kind: path.Base(r.Type), target: target}
				}
			}
			return out
		}
		d.lacks(name)
	}
	if part == "" || part != d.main {
		return out
	}
	for other := range d.parts {
		kind := strings.TrimRight(strings.TrimSuffix(path.Base(other), ".xml"), "0123456789")
		if path.Dir(other) == path.Dir(part) && strings.HasSuffix(other, ".xml") {
			out[other] = wordRelation{kind: kind, target: other}
		}
	}
	if len(out) > 1 {
		d.lacks(name)
	}
	return out
}

// relsOf is the part that has the arrows from a part.
func relsOf(part string) string {
	folder, file := path.Split(part)
	return folder + "_rels/" + file + ".rels"
}

// related is the first part of a kind that the main part refers to; empty: none.
func (d *wordFile) related(kind string) string {
	for _, id := range slices.Sorted(maps.Keys(d.relations)) {
		if d.relations[id].kind == kind {
			return d.relations[id].target
		}
	}
	return ""
}

// bytesOf unpacks a part to its end, where its checksum is.
func (d *wordFile) bytesOf(name string) ([]byte, error) {
	open := d.parts[name]
	if open == nil {
		return nil, errDamaged
	}
	body, err := open()
	if err != nil {
		return nil, errDamaged
	}
	defer func() { _ = body.Close() }()
	return io.ReadAll(&bounded{r: body, left: maxPart})
}

// treeOf reads a part that the main part refers to. What is missing of it is recorded; it
// returns nil when there is none.
func (d *wordFile) treeOf(kind string) *xmlNode {
	name := d.related(kind)
	if name == "" {
		return nil
	}
	root := &xmlNode{}
	if err := d.blocksOf(name, func(n *xmlNode) error { root.kids = append(root.kids, n); return nil }); err != nil {
		d.lacks(name)
	}
	return root
}

// salvage finds the parts of an archive whose list of contents is lost, as in a file that
// was cut: each part has a header of its own (APPNOTE.TXT 4.3.7).
func (d *wordFile) salvage(data []byte) {
	found := unlisted(data)
	for name, open := range found {
		d.parts[name] = open
	}
	if len(found) > 0 {
		d.lacks("the list of contents")
	}
}
