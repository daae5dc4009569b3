package text

import (
	"strconv"
	"strings"
)

// inline reads a part of a paragraph.
func (w *wordText) inline(n *xmlNode, base wordLook) {
	switch n.name {
	case "r":
		w.run(n, base)
	case "hyperlink", "ins", "moveTo", "smartTag", "customXml", "fldSimple", "bdo", "dir":
		if n.name == "fldSimple" && n.kid("ffData").name != "" {
			w.ended(&wordControl{form: n.kid("ffData"), said: strings.TrimSpace(n.said()) != ""}, base)
		}
		w.inlines(n.kids, base)
	case "sdt":
		w.inlines(w.controlled(n), base)
	case "mc:AlternateContent":
		w.inlines(alternative(n), base)
	case "del":
		w.deleted += wordsIn(n)
	case "commentRangeStart", "commentRangeEnd":
		w.commentRange(n)
	case "m:oMath", "m:oMathPara":
		w.write(formula(n), base)
	case "txbxContent":
		w.box(n, w.shaded)
	}
}

func (w *wordText) inlines(nodes []*xmlNode, base wordLook) {
	for _, n := range nodes {
		w.inline(n, base)
	}
}

// run reads text of one look.
func (w *wordText) run(n *xmlNode, base wordLook) {
	properties := n.kid("rPr")
	style := properties.kid("rStyle").attr("val")
	look := w.look(base, style).with(properties)
	look.prompt = style == "PlaceholderText"
	if properties.kid("del").name != "" {
		w.deleted += wordsIn(n)
		return
	}
	var text strings.Builder
	done := func() {
		w.write(text.String(), look)
		text.Reset()
	}
	prompted := w.prompts
	for _, k := range n.kids {
		switch k.name {
		case "t":
			for _, t := range k.kids {
				text.WriteString(t.text)
			}
		case "tab", "ptab":
			text.WriteByte('\t')
		case "br", "cr":
			text.WriteByte('\n')
		case "noBreakHyphen":
			text.WriteByte('-')
		case "sym":
			if code, err := strconv.ParseUint(k.attr("char"), 16, 16); err == nil {
				text.WriteRune(wordSymbol(k.attr("font"), rune(code)))
			}
		default:
			done()
			w.inRun(k, look)
		}
	}
	done()
	w.prompts = min(w.prompts, prompted+1) // one run is one prompt
}

// inRun reads what is in a run beside its text.
func (w *wordText) inRun(k *xmlNode, look wordLook) {
	switch k.name {
	case "delText":
		w.deleted += wordsIn(k)
	case "fldChar":
		w.fieldChar(k, look)
	case "footnoteReference", "endnoteReference":
		w.noteReference(k, look)
	case "commentReference":
		w.commentReference(k.attr("id"))
	case "ruby":
		w.inlines(k.kid("rubyBase").kids, look)
		var above strings.Builder
		k.kid("rt").find("t", func(t *xmlNode) { above.WriteString(t.said()) })
		if above.Len() > 0 {
			w.write("("+above.String()+")", look)
		}
	case "mc:AlternateContent":
		for _, n := range alternative(k) {
			w.inRun(n, look)
		}
	case "drawing", "pict", "object":
		w.drawing(k)
	case "altChunk", "subDoc":
		w.pictures++
	}
}

// write appends text to the paragraph, unless nobody sees it.
func (w *wordText) write(text string, look wordLook) {
	if text == "" {
		return
	}
	for _, f := range w.fields {
		if !f.result {
			return // a field's code
		}
	}
	words := len(strings.Fields(text))
	switch {
	case look.hidden:
		w.hidden += words
		return
	case look.prompt:
		if words > 0 {
			w.prompts++
		}
		return
	case look.white && !look.shaded:
		w.white += words
		return
	}
	if look.font != "" || strings.ContainsFunc(text, func(r rune) bool { return r >= 0xf020 && r <= 0xf0ff }) {
		text = symbols(look.font, text)
	}
	switch look.align {
	case "superscript":
		text = raisedText(text, w.line.last())
	case "subscript":
		text = loweredText(text, w.line.last())
	}
	for _, f := range w.fields {
		f.said = f.said || words > 0
	}
	for _, about := range w.about {
		about.WriteString(text)
	}
	w.line.write(text, look.struck)
}

// symbols writes the characters that a font of symbols draws.
func symbols(font, text string) string {
	switch name := strings.ToLower(font); {
	case name == "symbol", strings.HasPrefix(name, "wingdings"), strings.HasPrefix(name, "webdings"):
		return strings.Map(func(r rune) rune {
			if r <= ' ' {
				return r
			}
			return wordSymbol(font, r)
		}, text)
	}
	return strings.Map(func(r rune) rune { return wordSymbol("", r) }, text)
}

// drawing reads the text boxes of a drawing, and counts its pictures.
func (w *wordText) drawing(n *xmlNode) {
	if hiddenDrawing(n) {
		w.hidden += wordsIn(n)
		return
	}
	shaded := n.holds("a:solidFill", "a:gradFill") || filledShape(n)
	pictures, images, boxes := 0, 0, 0
	var letters strings.Builder
	var walk func([]*xmlNode)
	walk = func(nodes []*xmlNode) {
		for _, k := range nodes {
			switch k.name {
			case "mc:AlternateContent":
				walk(alternative(k))
				continue
			case "txbxContent":
				boxes++
				w.box(k, shaded)
				continue
			case "v:textpath":
				letters.WriteString(k.attr("string") + " ")
			case "a:t":
				letters.WriteString(k.said() + " ")
			case "pic:pic", "c:chart", "a:chart", "dgm:relIds", "o:OLEObject", "contentPart":
				pictures++
			case "v:imagedata":
				images++
			}
			walk(k.kids)
		}
	}
	walk(n.kids)
	if text := letters.String(); text != "" {
		w.after = append(w.after, func() error { return w.add(Paragraph, 0, text) })
	}
	if n.name == "object" || pictures == 0 && images > 0 { // an object, and the picture of it
		pictures = 1
	}
	w.pictures += pictures
}

// hiddenDrawing reports whether a drawing is hidden, or is decoration by its own word.
func hiddenDrawing(n *xmlNode) bool {
	hidden := false
	n.find("wp:docPr", func(p *xmlNode) {
		hidden = hidden || p.attr("hidden") == "1" || p.attr("hidden") == "true"
		p.find("a:decorative", func(d *xmlNode) { hidden = hidden || d.attr("val") == "1" && !n.holds("txbxContent") })
	})
	return hidden
}

func filledShape(n *xmlNode) bool {
	filled := false
	for _, name := range []string{"v:shape", "v:rect", "v:roundrect", "v:oval"} {
		n.find(name, func(s *xmlNode) {
			color := s.attr("fillcolor")
			filled = filled || color != "" && color != "white" && !paleColor(strings.Fields(color + " ")[0], 0.93)
		})
	}
	return filled
}

// box reads a text box behind the current block.
func (w *wordText) box(n *xmlNode, shaded bool) {
	w.after = append(w.after, func() error {
		inner := &wordText{wordFile: w.wordFile, shaded: shaded, margin: w.margin, said: w.said}
		if err := inner.blocks(n.kids); err != nil {
			return err
		}
		return inner.flushCarry()
	})
}

// formula writes an equation on one line.
func formula(n *xmlNode) string {
	within := func(names ...string) string { return strings.TrimSpace(formulaOf(n.kid(names...).kids)) }
	switch n.name {
	case "m:t":
		return n.said()
	case "m:f":
		return grouped(within("m:num")) + "/" + grouped(within("m:den"))
	case "m:sSup":
		return within("m:e") + raisedText(within("m:sup"), 'x')
	case "m:sSub":
		return within("m:e") + "_" + grouped(within("m:sub"))
	case "m:sSubSup":
		return within("m:e") + "_" + grouped(within("m:sub")) + "^" + grouped(within("m:sup"))
	case "m:rad":
		return within("m:deg") + "√" + grouped(within("m:e"))
	case "m:d":
		var parts []string
		for _, k := range n.kids {
			if k.name == "m:e" {
				parts = append(parts, formulaOf(k.kids))
			}
		}
		opens, closes := n.kid("m:dPr", "m:begChr").attr("val"), n.kid("m:dPr", "m:endChr").attr("val")
		if opens == "" && closes == "" {
			opens, closes = "(", ")"
		}
		return opens + strings.Join(parts, ", ") + closes
	case "m:nary":
		sign := n.kid("m:naryPr", "m:chr").attr("val")
		if sign == "" {
			sign = "∫"
		}
		return sign + "_" + grouped(within("m:sub")) + "^" + grouped(within("m:sup")) + " " + within("m:e")
	case "m:r":
		var b strings.Builder
		for _, k := range n.kids {
			if k.name == "m:t" || k.name == "t" {
				b.WriteString(k.said())
			}
		}
		return b.String()
	}
	return formulaOf(n.kids)
}

func formulaOf(nodes []*xmlNode) string {
	var b strings.Builder
	for _, k := range nodes {
		b.WriteString(formula(k))
	}
	return b.String()
}

func grouped(s string) string {
	if len([]rune(s)) > 1 && strings.ContainsAny(s, " +-−*/=") {
		return "(" + s + ")"
	}
	return s
}
