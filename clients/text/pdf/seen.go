package pdf

import "strings"

// marked is content that is open (14.6): its own text may be replaced, it may be off, or
// part of the page's header or footer.
type marked struct {
	replaces bool
	actual   string
	off      bool
	running  Kind
}

// mark opens marked content.
func (c *canvas) mark(o operation) {
	if len(c.marked) >= 512 {
		return
	}
	var m marked
	if len(o.operands) == 2 {
		properties, ok := o.operands[1].(dict)
		if !ok {
			properties = c.file.dict(c.file.dict(o.resources["Properties"])[o.name(1)])
			if o.name(0) == "OC" {
				m.off = c.file.off(c.file.dict(o.resources["Properties"])[o.name(1)])
			}
		}
		if t, ok := c.file.get(properties["ActualText"]).(text); ok {
			m.replaces, m.actual = true, textString(t)
		}
		if o.name(0) == "Artifact" {
			switch c.file.name(properties["Subtype"]) {
			case "Header":
				m.running = Header
			case "Footer":
				m.running = Footer
			}
		}
	}
	c.marked = append(c.marked, m)
}

// off reports whether what is drawn now belongs to a layer that is not shown.
func (c *canvas) off() bool {
	for _, m := range c.marked {
		if m.off {
			return true
		}
	}
	return false
}

func (c *canvas) running() Kind {
	for _, m := range c.marked {
		if m.running != Paragraph {
			return m.running
		}
	}
	return Paragraph
}

// off reports whether an optional content group, or all groups of a membership
// dictionary, are off when the file is opened (8.11).
func (f *file) off(v any) bool {
	if v == nil {
		return false
	}
	if f.layers == nil {
		f.layers = map[int]bool{}
		settings := f.dict(f.dict(f.dict(f.trailer["Root"])["OCProperties"])["D"])
		if f.name(settings["BaseState"]) == "OFF" {
			for _, g := range f.array(f.dict(f.dict(f.trailer["Root"])["OCProperties"])["OCGs"]) {
				if r, ok := g.(ref); ok {
					f.layers[r.number] = true
				}
			}
		}
		for _, g := range f.array(settings["ON"]) {
			if r, ok := g.(ref); ok {
				delete(f.layers, r.number)
			}
		}
		for _, g := range f.array(settings["OFF"]) {
			if r, ok := g.(ref); ok {
				f.layers[r.number] = true
			}
		}
	}
	if r, ok := v.(ref); ok && f.layers[r.number] {
		return true
	}
	groups := f.list(f.dict(v)["OCGs"])
	if one, ok := f.dict(v)["OCGs"].(ref); ok && f.array(one) == nil {
		groups = array{one}
	}
	for _, g := range groups {
		if r, ok := g.(ref); !ok || !f.layers[r.number] {
			return false
		}
	}
	return len(groups) > 0
}

// visible is the part of a page that a reader sees (14.11.2).
func (f *file) visible(p dict) rect {
	media, ok := f.rect(p["MediaBox"])
	if !ok || media.area() < 1 {
		media = letter
	}
	if crop, ok := f.rect(p["CropBox"]); ok && crop.and(media).area() > 1 {
		return crop.and(media)
	}
	return media
}

func (f *file) rect(v any) (rect, bool) {
	list := f.array(v)
	if len(list) != 4 {
		return rect{}, false
	}
	a, b, c, d := f.number(list[0]), f.number(list[1]), f.number(list[2]), f.number(list[3])
	return rect{min(a, c), min(b, d), max(a, c), max(b, d)}, true
}

// beneath is the mark of text that is drawn without ink: an OCR program puts what it
// recognised beneath or above the picture of the page in this way.
const beneath Reason = "beneath"

// unseen says why nobody sees a word that begins now.
func (c *canvas) unseen(w word) Reason {
	st := &c.state
	c.openClip = st.clip
	switch {
	case c.off(), w.size < (c.paper.y1-c.paper.y0)/700:
		return Hidden
	case st.mode == 3 || st.mode == 7:
		return beneath
	case st.fill.alpha < 0.05 && st.mode != 1 && st.mode != 5:
		return Hidden
	}
	return ""
}

// settle takes out the words that nobody sees, and counts them. It reports how many words
// a machine recognised in a picture of the page.
func (c *canvas) settle() (machine int) {
	pictured := c.pictured() > 0.5
	kept := c.words[:0]
	for _, w := range c.words {
		why := w.unseen
		x, y := onPage(w.angle, (w.x0+w.x1)/2, w.y+0.3*w.size)
		switch {
		case why == beneath && pictured:
			why = ""
			machine++
		case why == beneath:
			why = Hidden
		case why == "" && w.kind == drawn:
			why = c.covered(w, x, y)
			if why == beneath {
				why = ""
				machine++
			}
		}
		if why != "" {
			c.hidden[why] += len(strings.Fields(w.text))
			c.lost -= w.unmapped
			continue
		}
		kept = append(kept, w)
	}
	c.words = kept
	return machine
}

// covered says whether a word has the colour of its ground, or something is painted over
// it.
func (c *canvas) covered(w word, x, y float64) Reason {
	ground, at := white, 0
	for _, f := range c.fills {
		if !f.area.has(x, y, 0.5) {
			continue
		}
		if f.at <= w.paint {
			ground, at = f.color, f.at
			continue
		}
		x0, y0 := onPage(w.angle, w.x0, w.y+0.3*w.size)
		x1, y1 := onPage(w.angle, w.x1, w.y+0.3*w.size)
		if f.opaque && f.area.has(x0, y0, 1) && f.area.has(x1, y1, 1) {
			return Hidden
		}
	}
	for i, p := range c.pictures {
		switch {
		case !p.has(x, y, 0.5):
		case c.pictureAt[i] > w.paint && p.area() > 0.5*c.paper.area():
			return beneath
		case c.pictureAt[i] > at && c.pictureAt[i] <= w.paint:
			ground.unknown = true
		}
	}
	if w.color.near(ground) {
		return White
	}
	return ""
}

// pictured is the part of the page that pictures cover.
func (c *canvas) pictured() float64 {
	sum := 0.0
	for _, p := range c.pictures {
		sum += p.area()
	}
	return min(1, sum/max(1, c.paper.area()))
}
