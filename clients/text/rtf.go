package text

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"claria/clients/text/pdf"
)

const maxGroups = 5_000 // open at once

// rtf is a Rich Text file (RTF Specification 1.9.1) while it is read.
type rtf struct {
	ctx  context.Context
	out  *builder
	data []byte
	at   int
	utf8 bool // letters above ASCII are UTF-8, whatever the file says

	page    int         // code page of the document
	fonts   map[int]int // code page by font; -1: a font of symbols
	colors  []bool      // whether it is white
	styles  map[int]int // level of the heading, by style
	groups  []rtfGroup
	g       rtfGroup // the current group
	skip    int      // characters to skip after \u
	story   *rtfStory
	stories []*rtfStory
	font    rtfGroupFont
	style   struct {
		number, level int
		name          strings.Builder
	}
	red, green, blue int
	form             rtfForm
	author           string
	notes            int
	margins          map[string]bool

	deleted, hidden, white, pictures, objects, letters int
	wasDeleted, wasHidden, wasWhite                    bool
}

type rtfGroupFont struct{ number, page int }

// rtfForm is a field of a form.
type rtfForm struct {
	kind             strings.Builder // of the field's instruction
	result, original int
	entries          []string
	entry            strings.Builder
}

// rtfPlace says what the text of a group is.
type rtfPlace int

const (
	inText rtfPlace = iota
	inNothing
	inFonts
	inColors
	inStyles
	inInstruction
	inFormData
	inEntry
	inNumber
	inAuthor
)

// rtfGroup is what braces keep: the properties of letters, and where they go.
type rtfGroup struct {
	place                         rtfPlace
	star                          bool // the next word may be ignored with its group
	first                         bool // no word yet
	unicode                       int  // characters that stand for one \u
	font, color                   int
	bold, hidden, struck, deleted bool
	raised, shaded                bool
	opened                        *rtfStory // the story that ends with the group
	upr                           bool
}

// rtfStory is a run of paragraphs: the document, a note, a header.
type rtfStory struct {
	kind   string
	author string
	mark   string // of a note

	text      strings.Builder
	run       strings.Builder
	marked    byte // 's' struck, 'r' raised
	number    strings.Builder
	letters   int
	bold      int
	level     int
	style     int
	inTable   bool
	shaded    bool
	paragraph []string  // of a note, so far
	after     []Passage // to follow the paragraph

	table lattice
	now   rtfRow
	rows  []rtfRow
}

type rtfCell struct {
	text string
	bold bool
}

// rtfRow is a row as it is defined, with its cells.
type rtfRow struct {
	cells  []rtfCell
	left   int
	edges  []int // right edge of each cell, in twips
	merged []byte
	header bool
	next   struct{ firstDown, down, across bool }
}

// readRTF reads a Rich Text file.
func readRTF(ctx context.Context, data []byte, out *builder) error {
	r := &rtf{
		ctx: ctx, out: out, data: data, page: 1252, fonts: map[int]int{}, styles: map[int]int{}, margins: map[string]bool{},
		g: rtfGroup{unicode: 1}, story: &rtfStory{kind: Paragraph}, utf8: utf8.Valid(data),
	}
	if err := r.read(); err != nil {
		return err
	}
	for len(r.stories) > 0 {
		if err := r.endStory(); err != nil {
			return err
		}
	}
	if err := r.paragraph(); err != nil {
		return err
	}
	if err := r.endTable(); err != nil {
		return err
	}
	r.tell()
	return nil
}

func (r *rtf) tell() {
	for _, u := range []Unread{
		{Unit: "part", Count: r.deleted, Reason: Deleted},
		{Unit: "part", Count: r.hidden, Reason: Hidden},
		{Unit: "part", Count: r.white, Reason: White},
		{Unit: "picture", Count: r.pictures, Reason: Picture},
		{Unit: "embedded object", Count: r.objects, Reason: NotText},
		{Unit: "letter", Count: r.letters, Reason: NoLetters},
	} {
		if u.Count > 0 {
			r.out.leave(u)
		}
	}
	if len(r.groups) > 0 {
		r.out.leave(Unread{Unit: "part", Reason: Damaged}) // the end is missing
	}
}

// read goes through the file once.
func (r *rtf) read() error {
	for n := 0; r.at < len(r.data); n++ {
		if n%4096 == 0 && r.ctx.Err() != nil {
			return r.ctx.Err()
		}
		c := r.data[r.at]
		r.at++
		var err error
		switch c {
		case '{':
			err = r.open()
		case '}':
			err = r.close()
			if len(r.groups) == 0 {
				return err // what follows the document is not part of it
			}
		case '\\':
			err = r.control()
		case '\r', '\n':
		case '\t':
			r.letter(" ")
		default:
			r.plain(c)
		}
		if err != nil {
			return err
		}
		if r.story.text.Len()+r.story.run.Len() > maxText {
			return errTooMuch
		}
	}
	return nil
}

func (r *rtf) open() error {
	if len(r.groups) >= maxGroups {
		return errDamaged
	}
	r.groups = append(r.groups, r.g)
	r.g.first, r.g.star, r.g.opened, r.skip = true, false, nil, 0
	return nil
}

func (r *rtf) close() error {
	r.skip = 0
	if len(r.groups) == 0 {
		return nil
	}
	ended := r.g
	r.g = r.groups[len(r.groups)-1]
	r.groups = r.groups[:len(r.groups)-1]
	switch {
	case ended.place == inFonts && r.g.place == inFonts:
		r.fonts[r.font.number] = r.font.page
	case ended.place == inStyles && r.g.place == inStyles:
		r.endStyle()
	case ended.place == inInstruction && r.g.place != inInstruction:
		r.endInstruction()
	case ended.place == inEntry && r.g.place != inEntry:
		r.form.entries = append(r.form.entries, r.form.entry.String())
		r.form.entry.Reset()
	case ended.place == inNumber && r.g.place != inNumber:
		r.story.number.WriteByte(' ')
	}
	if ended.opened != nil {
		return r.endStory()
	}
	return nil
}

// plain is a byte of text.
func (r *rtf) plain(c byte) {
	r.g.first = false
	if r.skip > 0 {
		r.skip--
		return
	}
	if c >= 0x80 && r.utf8 {
		letter, size := utf8.DecodeRune(r.data[r.at-1:])
		r.at += size - 1
		r.letter(string(letter))
		return
	}
	r.letter(r.decode(c))
}

// decode is a byte in the code page of the current font.
func (r *rtf) decode(c byte) string {
	page, known := r.fonts[r.g.font]
	if !known || page == 0 {
		page = r.page
	}
	if page == -1 {
		return string(pdf.Symbol(rune(c)))
	}
	if c < 0x80 {
		return string(rune(c))
	}
	if e := codePage(page); e != nil {
		return string(e.DecodeByte(c))
	}
	if r.g.place == inText && !r.g.hidden && !r.g.deleted {
		r.letters++
	}
	return "\ufffd"
}

// codePage is a code page with one byte for each letter, or nil.
func codePage(page int) *charmap.Charmap {
	switch page {
	case 10000:
		return charmap.Macintosh
	case 437, 708, 709, 710, 711, 720:
		return charmap.CodePage437
	case 850, 819:
		return charmap.CodePage850
	case 852:
		return charmap.CodePage852
	case 866:
		return charmap.CodePage866
	case 874:
		return charmap.Windows874
	case 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258:
		m, _ := charsets["windows"+strconv.Itoa(page)].(*charmap.Charmap)
		return m
	}
	return nil
}

// fontPage is the code page of a font's character set.
func fontPage(charset int) int {
	return map[int]int{
		2: -1, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
		186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
	}[charset]
}

// control reads a control word or a control symbol.
func (r *rtf) control() error {
	if r.at >= len(r.data) {
		return nil
	}
	c := r.data[r.at]
	if c|0x20 < 'a' || c|0x20 > 'z' {
		r.at++
		return r.symbol(c)
	}
	from := r.at
	for r.at < len(r.data) && r.at-from < 40 && r.data[r.at]|0x20 >= 'a' && r.data[r.at]|0x20 <= 'z' {
		r.at++
	}
	word := string(r.data[from:r.at])
	value, given := 0, false
	from = r.at
	if r.at < len(r.data) && r.data[r.at] == '-' {
		r.at++
	}
	for r.at < len(r.data) && r.at-from < 12 && r.data[r.at] >= '0' && r.data[r.at] <= '9' {
		r.at++
		given = true
	}
	if given {
		value, _ = strconv.Atoi(string(r.data[from:r.at]))
	} else {
		r.at = from
	}
	if r.at < len(r.data) && r.data[r.at] == ' ' {
		r.at++
	}
	if word == "bin" {
		r.at += min(max(value, 0), len(r.data)-r.at)
		return nil
	}
	if r.skip > 0 {
		r.skip--
		return nil
	}
	first, star := r.g.first, r.g.star
	r.g.first, r.g.star = false, false
	return r.word(word, value, given, first, star)
}

func (r *rtf) symbol(c byte) error {
	if c == '*' {
		r.g.star = true
		return nil
	}
	r.g.first = false
	if c == '\'' {
		n, err := strconv.ParseUint(string(r.data[r.at:min(len(r.data), r.at+2)]), 16, 8)
		r.at = min(len(r.data), r.at+2)
		if r.skip > 0 {
			r.skip--
			return nil
		}
		if err == nil {
			r.letter(r.decode(byte(n)))
		}
		return nil
	}
	if r.skip > 0 {
		r.skip--
		return nil
	}
	switch c {
	case '\\', '{', '}':
		r.letter(string(rune(c)))
	case '~':
		r.letter("\u00a0")
	case '_':
		r.letter("-")
	case '\r', '\n':
		return r.endParagraph()
	}
	return nil
}
