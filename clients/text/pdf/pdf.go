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

// Kind is what a passage is on its page.
type Kind int

// The kinds of passage.
const (
	Paragraph Kind = iota
	Heading
	Item
	Row // of a table
	HeaderRow
	Header // of pages
	Footer
	Footnote
	Note  // a sticky note or a comment on a part of the page
	Field // a label of a form and its value
)

// Block is one passage.
type Block struct {
	Kind  Kind
	Level int      // of a heading, from 1
	Page  int      // from 1
	Table int      // which table a row belongs to, from 1
	Cells []string // of a row: one for each column, blank ones included; otherwise one
}

// Reason says why something was not read.
type Reason string

// The reasons.
const (
	Picture   Reason = "picture"
	Damaged   Reason = "damaged"
	PastLimit Reason = "past-limit"
	NoLetters Reason = "no-letters"
	Hidden    Reason = "hidden"  // nobody sees it: no ink, no size, off the page, beneath something
	White     Reason = "white"   // it has the colour of what it stands on
	Machine   Reason = "machine" // a machine recognised it in the page's picture
	Attached  Reason = "attached"
)

// Unit is of what something was not read.
type Unit string

// The units.
const (
	Page   Unit = "page"
	Part   Unit = "part"
	Letter Unit = "letter"
	Word   Unit = "word"
	File   Unit = "file"
)

// Unread is something that the blocks lack.
type Unread struct {
	Unit   Unit
	Page   int // from 1; 0: it is not known where
	Count  int // 0: not known
	Reason Reason
}

// Reading is the text of a file and what it lacks.
type Reading struct {
	Blocks []Block
	Pages  int // of the file, those that cannot be read included
	Unread []Unread
}

func (r *Reading) lacks(unit Unit, page, count int, why Reason) {
	r.Unread = append(r.Unread, Unread{unit, page, count, why})
}

// Text reads the passages of a file in reading order, and what it could not read. When
// the budget is spent, it keeps the pages before.
func Text(ctx context.Context, data []byte) (out Reading, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exhausted:
			out, err = Reading{}, r.err
		default:
			// A panic that a hostile file causes ends here, as damage to that file.
			out, err = Reading{}, ErrDamaged
		}
	}()
	f := &file{data: data, budget: newBudget(ctx), objects: map[int]place{}, cache: map[int]any{}, fonts: map[any]*font{}}
	if err := f.scan(); err != nil {
		return Reading{}, err
	}
	nodes, past := f.pages()
	if len(nodes) == 0 {
		return Reading{}, ErrDamaged
	}
	out.Pages = len(nodes) + past
	var pages []*page
	for i, node := range nodes {
		p, spent := f.readPage(i+1, node, &out)
		pages = append(pages, p)
		if spent != nil {
			if errors.Is(spent, context.Canceled) {
				return Reading{}, spent
			}
			for n := i + 2; n <= len(nodes); n++ {
				out.lacks(Page, n, 1, PastLimit)
			}
			break
		}
	}
	for n := range past {
		out.lacks(Page, len(nodes)+n+1, 1, PastLimit)
	}
	if n := f.attachments() + f.attached; n > 0 {
		out.lacks(File, 0, n, Attached)
	}
	out.Blocks = layout(pages)
	return out, out.problem(pages)
}

// problem says why a file has no text at all.
func (r *Reading) problem(pages []*page) error {
	drawn, lost := 0, 0
	for _, p := range pages {
		drawn, lost = drawn+p.glyphs, lost+p.lost
	}
	reasons := map[Reason]bool{}
	for _, u := range r.Unread {
		reasons[u.Reason] = true
	}
	switch {
	case lost > 0 && lost*2 > drawn && len(r.Blocks) == 0:
		return ErrNoLetters
	case len(r.Blocks) > 0:
		return nil
	case reasons[Damaged]:
		return ErrDamaged
	case reasons[PastLimit]:
		return ErrTooMuch
	case reasons[Picture]:
		return ErrScan
	}
	return nil
}

// plainLetters spells ligatures out, so that words can be found.
var plainLetters = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")

// accented joins an accent and a letter that old TeX fonts draw separately. It leaves
// the grave accent alone, which is also a quotation mark.
var accented = strings.NewReplacer(strings.Fields(
	"´a á ´e é ´ı í ´o ó ´u ú ´y ý ´A Á ´E É ´I Í ´O Ó ´U Ú ´c ć ´n ń ´s ś ´z ź " +
		"¨a ä ¨e ë ¨ı ï ¨o ö ¨u ü ¨y ÿ ¨A Ä ¨E Ë ¨I Ï ¨O Ö ¨U Ü ˆa â ˆe ê ˆı î ˆo ô ˆu û ˆA Â ˆE Ê ˆI Î ˆO Ô ˆU Û " +
		"˜a ã ˜n ñ ˜o õ ˜A Ã ˜N Ñ ˜O Õ ˇc č ˇs š ˇz ž ˇr ř ˇe ě ˇC Č ˇS Š ˇZ Ž ˇR Ř ˚a å ˚A Å ˚u ů ¸c ç ¸C Ç ¸s ş ¸S Ş")...)
