package text

import (
	"strconv"
	"strings"
)

// wordText reads blocks of a document, one after the other.
type wordText struct {
	*wordFile
	line   *wordLine      // the current paragraph
	carry  *wordLine      // a paragraph whose end is deleted: the next one continues it
	fields []*wordControl // that are open: they may span paragraphs
	after  []func() error // what follows the current block: notes, text boxes, tables within cells
	shaded bool           // something dark is behind the text
	margin string         // Header or Footer: the kind of all passages
	label  string         // of the content control around the paragraph
	said   map[string]bool
	about  map[string]*strings.Builder // the words that open comments refer to
}

// add appends a passage, then what follows it.
func (w *wordText) add(kind string, level int, text string) error {
	if w.margin != "" {
		if text = tidy(text); w.said[text] {
			text = ""
		}
		kind, level, w.said[text] = w.margin, 0, true
	}
	if err := w.out.add(kind, level, text); err != nil {
		return err
	}
	return w.follow()
}

// follow reads what waits behind the current block.
func (w *wordText) follow() error {
	waiting := w.after
	w.after = nil
	for _, do := range waiting {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// blocks reads blocks as passages.
func (w *wordText) blocks(nodes []*xmlNode) error {
	for _, n := range nodes {
		var err error
		switch n.name {
		case "p":
			err = w.paragraph(n)
		case "tbl":
			err = w.table(n)
		case "sdt":
			if properties := n.kid("sdtPr"); isField(properties) && w.margin == "" {
				w.label = strings.TrimSpace(properties.kid("alias").attr("val"))
			}
			err = w.blocks(w.controlled(n))
			w.label = ""
		case "mc:AlternateContent":
			err = w.blocks(alternative(n))
		case "customXml", "smartTag", "ins", "moveTo", "m:oMathPara":
			if n.name == "m:oMathPara" {
				err = w.paragraph(&xmlNode{name: "p", kids: n.kids})
				break
			}
			err = w.blocks(n.kids)
		case "del":
			w.deleted += wordsIn(n)
		case "altChunk", "subDoc":
			w.pictures++
		case "commentRangeStart", "commentRangeEnd":
			w.commentRange(n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// alternative is the content of the first choice that has any: a choice and its fallback
// say the same.
func alternative(n *xmlNode) []*xmlNode {
	for _, k := range n.kids {
		if k.name == "mc:Choice" && len(k.kids) > 0 {
			return k.kids
		}
	}
	return n.kid("mc:Fallback").kids
}

func wordsIn(n *xmlNode) int { return len(strings.Fields(n.said())) }

// paragraph reads a paragraph as a passage.
func (w *wordText) paragraph(p *xmlNode) error {
	kind, level := w.kindOf(p)
	text, whole := w.lineOf(p)
	if !whole {
		return nil
	}
	label := ownLabel(p)
	if label == "" {
		label, w.label = w.label, ""
	}
	if kind == Paragraph && (w.line.control || label != "") {
		kind = Field
		if label != "" && strings.TrimSpace(text) != "" {
			text = label + ": " + text
		}
	}
	return w.add(kind, level, text)
}

// ownLabel is the title of the only content of a paragraph, a field that no words beside
// it label.
func ownLabel(p *xmlNode) string {
	label := ""
	for _, k := range p.kids {
		switch k.name {
		case "pPr", "bookmarkStart", "bookmarkEnd", "proofErr":
		case "sdt":
			if label != "" || !isField(k.kid("sdtPr")) {
				return ""
			}
			label = strings.TrimSpace(k.kid("sdtPr", "alias").attr("val"))
		default:
			return ""
		}
	}
	return label
}

// flushCarry ends a paragraph that the end of the text continues.
func (w *wordText) flushCarry() error {
	if w.carry == nil {
		return w.follow()
	}
	text := w.carry.string()
	w.carry = nil
	return w.add(Paragraph, 0, text)
}

// kindOf is a paragraph's kind, and its level as a heading.
func (w *wordText) kindOf(p *xmlNode) (kind string, level int) {
	properties := p.kid("pPr")
	if o := properties.kid("outlineLvl"); o.name != "" && outlineLevel(o) > 0 {
		return Heading, outlineLevel(o)
	}
	for _, s := range w.chain(properties.kid("pStyle").attr("val")) {
		if s.level > 0 {
			return Heading, s.level
		}
	}
	if id, _ := w.numberOf(properties); id != "" {
		return Item, 0
	}
	return Paragraph, 0
}

// numberOf is the list that a paragraph belongs to, and the level in it; empty: none.
func (w *wordText) numberOf(properties *xmlNode) (id string, level int) {
	own := properties.kid("numPr")
	id, at := own.kid("numId").attr("val"), own.kid("ilvl").attr("val")
	style := properties.kid("pStyle").attr("val")
	for _, s := range w.chain(style) {
		if s.number == nil || s.number.name == "" {
			continue
		}
		if id == "" {
			id = s.number.kid("numId").attr("val")
		}
		if at == "" {
			at = s.number.kid("ilvl").attr("val")
		}
	}
	if id == "0" || id == "" {
		return "", 0
	}
	if level, err := strconv.Atoi(at); err == nil {
		return id, min(max(level, 0), 8)
	}
	num := w.numbers.nums[id]
	for _, s := range append([]string{style}, w.bases(style)...) {
		for level := range 9 {
			if l, ok := w.numbers.level(num, level); ok && s != "" && l.style == s {
				return id, level
			}
		}
	}
	return id, 0
}

func (w *wordText) bases(style string) []string {
	var out []string
	for _, s := range w.chain(style) {
		out = append(out, s.based)
	}
	return out
}

// lineOf reads a paragraph's text behind its number. It is not whole when the paragraph's
// end is deleted: the next paragraph continues it.
func (w *wordText) lineOf(p *xmlNode) (text string, whole bool) {
	properties := p.kid("pPr")
	mark := properties.kid("rPr")
	w.line = &wordLine{}
	if w.carry != nil {
		w.line, w.carry = w.carry, nil
	}
	base := w.look(wordLook{shaded: w.shaded}, properties.kid("pStyle").attr("val"))
	base.shaded = base.shaded || darkShade(properties.kid("shd"))
	base.align = ""
	line := w.line
	for _, k := range p.kids {
		w.inline(k, base)
	}
	for _, words := range w.about {
		words.WriteByte(' ')
	}
	w.line = line
	if mark.kid("del").name != "" || mark.kid("moveFrom").name != "" {
		w.carry = line
		return "", false
	}
	text = line.string()
	if id, level := w.numberOf(properties); id != "" && !mark.has("vanish") {
		if number := w.numbers.next(id, level); number != "" && strings.TrimSpace(text) != "" {
			text = number + " " + strings.TrimLeft(text, " \t\n")
		}
	}
	return text, true
}

// textOf reads blocks as one text, as in a cell or a note.
func (w *wordText) textOf(nodes []*xmlNode) string {
	var parts []string
	for _, n := range nodes {
		text := ""
		switch n.name {
		case "p":
			text, _ = w.lineOf(n)
		case "sdt":
			text = w.textOf(w.controlled(n))
		case "mc:AlternateContent":
			text = w.textOf(alternative(n))
		case "customXml", "smartTag", "ins", "moveTo":
			text = w.textOf(n.kids)
		case "del":
			w.deleted += wordsIn(n)
		case "tbl":
			w.after = append(w.after, func() error { return w.table(n) })
		case "altChunk":
			w.pictures++
		case "commentRangeStart", "commentRangeEnd":
			w.commentRange(n)
		}
		if strings.TrimSpace(text) != "" {
			parts = append(parts, text)
		}
	}
	if w.carry != nil {
		parts = append(parts, w.carry.string())
		w.carry = nil
	}
	return strings.Join(parts, "\n")
}
