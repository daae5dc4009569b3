package text

import (
	"strconv"
	"strings"

	"claria/clients/text/pdf"
)

// word handles a control word.
func (r *rtf) word(word string, value int, given, first, star bool) error {
	on := !given || value != 0
	if first || star {
		if r.destination(word, star) {
			return nil
		}
	}
	switch r.g.place {
	case inNothing:
		return nil
	case inFonts:
		switch word {
		case "f":
			r.font = rtfGroupFont{number: value}
		case "fcharset":
			r.font.page = fontPage(value)
		case "cpg":
			r.font.page = value
		}
		return nil
	case inColors:
		switch word {
		case "red":
			r.red = value
		case "green":
			r.green = value
		case "blue":
			r.blue = value
		}
		return nil
	case inStyles:
		switch word {
		case "s":
			r.style.number = value
		case "outlinelevel":
			r.style.level = value + 1
		}
		return nil
	case inFormData:
		switch word {
		case "ffres":
			r.form.result = value
		case "ffdefres":
			r.form.original = value
		}
		return nil
	}
	if r.character(word, value, on) {
		return nil
	}
	if r.g.place != inText || r.row(word, value) {
		return nil
	}
	return r.layout(word, value)
}

// character handles the words for letters and their properties.
func (r *rtf) character(word string, value int, on bool) bool {
	switch word {
	case "ansi":
	case "mac":
		r.page = 10000
	case "pc":
		r.page = 437
	case "pca":
		r.page = 850
	case "ansicpg":
		if value > 0 && value != 65001 {
			r.page = value
		}
	case "uc":
		r.g.unicode = min(max(value, 0), 100)
	case "u":
		if value < 0 {
			value += 65536
		}
		r.unicode(rune(value))
		r.skip = r.g.unicode
	case "f":
		r.g.font = value
	case "cf":
		r.g.color = value
	case "b":
		r.g.bold = on
	case "v":
		r.g.hidden = on
	case "strike", "striked":
		r.g.struck = on
	case "deleted":
		r.g.deleted = on
	case "super":
		r.g.raised = on
	case "sub", "nosupersub":
		r.g.raised = false
	case "up":
		r.g.raised = value > 0
	case "highlight", "chcbpat", "cb":
		r.g.shaded = value > 0
	case "plain":
		r.g.bold, r.g.hidden, r.g.struck, r.g.deleted, r.g.raised, r.g.shaded, r.g.color = false, false, false, false, false, false, 0
	case "tab", "line", "lbr", "softline":
		if word == "tab" {
			r.letter(" ")
		} else {
			r.letter("\n")
		}
	case "emdash":
		r.letter("—")
	case "endash":
		r.letter("–")
	case "bullet":
		r.letter("•")
	case "lquote":
		r.letter("‘")
	case "rquote":
		r.letter("’")
	case "ldblquote":
		r.letter("“")
	case "rdblquote":
		r.letter("”")
	case "emspace", "enspace", "qmspace":
		r.letter(" ")
	case "zwj":
		r.letter("\u200d")
	case "zwnj":
		r.letter("\u200c")
	case "ltrmark":
		r.letter("\u200e")
	case "rtlmark":
		r.letter("\u200f")
	case "chftn":
		r.noteMark()
	default:
		return false
	}
	return true
}

// unicode is a letter, or half of one outside the basic plane.
func (r *rtf) unicode(c rune) {
	if c >= 0xdc00 && c < 0xe000 || c >= 0xd800 && c < 0xdc00 {
		r.surrogate(c)
		return
	}
	if c >= 0xf000 && c < 0xf100 {
		c = pdf.Symbol(c)
	}
	r.letter(string(c))
}

// row handles the words that define a row of a table.
func (r *rtf) row(word string, value int) bool {
	s := r.story
	switch word {
	case "trowd":
		s.now = rtfRow{}
	case "trleft":
		s.now.left = value
	case "trhdr":
		s.now.header = true
	case "clvmgf":
		s.now.next.firstDown = true
	case "clvmrg":
		s.now.next.down = true
	case "clmrg":
		s.now.next.across = true
	case "cellx":
		kind := byte(0)
		switch {
		case s.now.next.across:
			kind = 'a'
		case s.now.next.down:
			kind = 'd'
		}
		if len(s.now.edges) < maxColumns {
			s.now.edges, s.now.merged = append(s.now.edges, value), append(s.now.merged, kind)
		}
		s.now.next.firstDown, s.now.next.down, s.now.next.across = false, false, false
	default:
		return false
	}
	return true
}

// layout handles the words for paragraphs and cells.
func (r *rtf) layout(word string, value int) error {
	s := r.story
	switch word {
	case "pard":
		s.inTable, s.level, s.style, s.shaded = false, 0, 0, false
	case "intbl":
		s.inTable = true
	case "cbpat":
		s.shaded = value > 0
	case "s":
		s.style = value
	case "outlinelevel":
		s.level = value + 1
	case "par", "sect", "page", "column":
		return r.endParagraph()
	case "cell":
		return r.endCell()
	case "row":
		return r.endRow()
	case "nestcell", "nestrow":
		r.letter(" ")
	}
	return nil
}

// destination handles the words that begin a group's own kind of text.
func (r *rtf) destination(word string, star bool) bool {
	if word == "ud" && r.g.upr {
		r.g.place, r.g.upr = inText, false
		return true
	}
	if r.g.place == inNothing {
		return true
	}
	switch word {
	case "fonttbl":
		r.g.place = inFonts
	case "colortbl":
		r.g.place = inColors
	case "stylesheet":
		r.g.place = inStyles
	case "info", "listtable", "listoverridetable", "revtbl", "rsidtbl", "generator", "themedata", "colorschememapping", "latentstyles",
		"datastore",
		"pgdsctbl", "filetbl", "xmlnstbl", "pnseclvl", "shprslt", "nesttableprops", "nonesttables", "objdata", "objclass", "atnid", "atndate",
		"atnref", "atrfstart", "atrfend", "atntime", "atnicn", "bkmkstart", "bkmkend", "datafield", "falt", "panose", "pn", "ftnsep", "ftnsepc",
		"ftncn", "aftnsep", "aftnsepc", "aftncn", "sp", "tc", "xe", "background", "nonshppict", "fontemb", "ffname", "ffdeftext", "ffhelptext",
		"ffstattext", "ffformat", "ffentrymcr", "ffexitmcr", "mmathPr", "wgrffmtfilter":
		r.g.place = inNothing
	case "pict":
		r.g.place = inNothing
		r.pictures++
	case "object":
		r.objects++
	case "listtext", "pntext":
		r.g.place = inNumber
		r.story.number.Reset()
	case "fldinst":
		r.g.place = inInstruction
		r.form = rtfForm{}
	case "ffdata", "formfield":
		r.g.place = inFormData
	case "ffl":
		r.g.place = inEntry
	case "atnauthor":
		r.g.place = inAuthor
		r.author = ""
	case "footnote":
		r.notes++
		r.beginStory(&rtfStory{kind: Footnote, mark: strconv.Itoa(r.notes)})
	case "annotation":
		r.beginStory(&rtfStory{kind: Comment, author: strings.TrimSpace(r.author)})
	case "header", "headerl", "headerr", "headerf":
		r.beginStory(&rtfStory{kind: Header})
	case "footer", "footerl", "footerr", "footerf":
		r.beginStory(&rtfStory{kind: Footer})
	case "shptxt", "dptxbxtext":
		r.beginStory(&rtfStory{kind: Paragraph})
	case "upr":
		r.g.place, r.g.upr = inNothing, true
	case "shppict", "shpinst", "shp", "shpgrp", "fldrslt", "result", "field", "ud", "do", "cs", "ds", "ts":
		return word != "cs" && word != "ds" && word != "ts"
	default:
		if star {
			r.g.place = inNothing // a reader that does not know it leaves it out
			return true
		}
		return false
	}
	return true
}
