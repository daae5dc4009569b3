// Package pdf reads the text of PDF files from any source.
//
// It trusts nothing in the file. It scans the file for objects, so a broken or
// hostile cross-reference table cannot mislead it, and one budget limits its work,
// depth and memory. It renders nothing, runs nothing, follows no link out of the
// file, and imports no other package of Claria.
//
// Section numbers in this package are those of ISO 32000-1:2008.
package pdf

import (
	"context"
	"errors"
	"strings"
)

// Why a file has no text.
var (
	ErrDamaged   = errors.New("not a readable PDF file")
	ErrProtected = errors.New("the PDF file requires a password")
	ErrTooMuch   = errors.New("the PDF file takes more work than the limit for one file")
	ErrScan      = errors.New("the PDF file contains pictures of pages and no text")
	ErrNoLetters = errors.New("the PDF file's fonts do not say which letters they draw")
)

// Kind is what a passage looks like on its page.
type Kind int

// The kinds of passage.
const (
	Paragraph Kind = iota
	Heading
	Item
	Row // cells side by side
)

// Block is one passage.
type Block struct {
	Kind  Kind
	Level int      // of a heading, from 1
	Page  int      // from 1
	Cells []string // of a row; otherwise one
}

// The budget of one file.
const (
	maxObjects = 300_000
	maxTokens  = 30_000_000
	maxDecoded = 192 << 20 // bytes of all streams, unpacked
	maxStream  = 48 << 20  // bytes of one stream, unpacked
	maxGlyphs  = 4_000_000
	maxPages   = 3_000
	maxNesting = 48 // arrays and dictionaries, forms within forms, the page tree
	maxLoads   = 2_000_000
)

// budget is what is left of these limits. When it is spent, reading ends with a panic
// that Text turns into ErrTooMuch or the context's error.
type budget struct {
	ctx     context.Context
	tokens  int
	decoded int
	glyphs  int
	loads   int
}

// exhausted is the panic of a spent budget.
type exhausted struct{ err error }

func (b *budget) token() {
	b.tokens--
	if b.tokens < 0 {
		panic(exhausted{ErrTooMuch})
	}
	if b.tokens%4096 == 0 {
		b.check()
	}
}

func (b *budget) check() {
	if err := b.ctx.Err(); err != nil {
		panic(exhausted{err})
	}
}

func (b *budget) glyph() {
	b.glyphs--
	if b.glyphs < 0 {
		panic(exhausted{ErrTooMuch})
	}
}

func (b *budget) load() {
	b.loads--
	if b.loads < 0 {
		panic(exhausted{ErrTooMuch})
	}
}

// Text reads the passages of a file in reading order. It skips a page that cannot be
// read, if others can.
func Text(ctx context.Context, data []byte) (blocks []Block, err error) {
	b := &budget{ctx: ctx, tokens: maxTokens, decoded: maxDecoded, glyphs: maxGlyphs, loads: maxLoads}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exhausted:
			blocks, err = nil, r.err
		default:
			// A panic that a hostile file causes ends here, as damage to that file.
			blocks, err = nil, ErrDamaged
		}
	}()
	f := &file{data: data, budget: b, objects: map[int]place{}, cache: map[int]any{}, fonts: map[any]*font{}}
	if err := f.scan(); err != nil {
		return nil, err
	}
	pages := f.pages()
	if len(pages) == 0 {
		return nil, ErrDamaged
	}
	var all []page
	drawn, unknown := 0, 0
	for i, p := range pages {
		b.check()
		c := newCanvas(f)
		readPage(c, p)
		f.fields(c, p)
		drawn, unknown = drawn+c.drawn, unknown+c.unknown
		all = append(all, page{number: i + 1, pieces: c.done()})
	}
	blocks = layout(all)
	for i := range blocks {
		for j, cell := range blocks[i].Cells {
			blocks[i].Cells[j] = accented.Replace(plainLetters.Replace(cell))
		}
	}
	switch {
	case len(blocks) > 0 && unknown*2 <= drawn:
		return blocks, nil
	case unknown > 0:
		return nil, ErrNoLetters
	}
	return nil, ErrScan
}

// readPage draws one page; an error in it ends only this page.
func readPage(c *canvas, p dict) {
	defer func() {
		if r := recover(); r != nil {
			if spent, ok := r.(exhausted); ok {
				panic(spent)
			}
		}
	}()
	c.page(p)
}

// plainLetters spells ligatures out, so that words can be found.
var plainLetters = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st", "\u00ad", "")

// accented joins an accent and a letter that old TeX fonts draw separately. It leaves
// the grave accent alone, which is also a quotation mark.
var accented = strings.NewReplacer(strings.Fields(
	"´a á ´e é ´ı í ´o ó ´u ú ´y ý ´A Á ´E É ´I Í ´O Ó ´U Ú ´c ć ´n ń ´s ś ´z ź " +
		"¨a ä ¨e ë ¨ı ï ¨o ö ¨u ü ¨y ÿ ¨A Ä ¨E Ë ¨I Ï ¨O Ö ¨U Ü ˆa â ˆe ê ˆı î ˆo ô ˆu û ˆA Â ˆE Ê ˆI Î ˆO Ô ˆU Û " +
		"˜a ã ˜n ñ ˜o õ ˜A Ã ˜N Ñ ˜O Õ ˇc č ˇs š ˇz ž ˇr ř ˇe ě ˇC Č ˇS Š ˇZ Ž ˇR Ř ˚a å ˚A Å ˚u ů ¸c ç ¸C Ç ¸s ş ¸S Ş")...)
