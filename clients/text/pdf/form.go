package pdf

import "strings"

// fields adds the values in a page's form (12.7) at their place on the page, and the
// text notes typed onto it.
func (f *file) fields(c *canvas, p dict) {
	c.flush()
	for i, v := range f.array(p["Annots"]) {
		a := f.dict(v)
		if a == nil || i > 10_000 {
			continue
		}
		f.budget.token()
		rect := f.array(a["Rect"])
		if len(rect) != 4 {
			continue
		}
		var said string
		switch f.name(a["Subtype"]) {
		case "Widget":
			said = f.fieldText(a)
		case "FreeText":
			t, _ := f.get(a["Contents"]).(text)
			said = textString(t)
		}
		if said = strings.TrimSpace(said); said == "" {
			continue
		}
		x0, y0 := min(f.number(rect[0]), f.number(rect[2])), min(f.number(rect[1]), f.number(rect[3]))
		x1, y1 := max(f.number(rect[0]), f.number(rect[2])), max(f.number(rect[1]), f.number(rect[3]))
		for line := range strings.SplitSeq(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(said), "\n") {
			if strings.TrimSpace(line) == "" {
				continue
			}
			size := min(10, max(4, y1-y0))
			c.insert(piece{x0: x0, x1: x1, y: y1 - size, size: size, field: true, text: strings.TrimSpace(line)})
			y1 = max(y1-1.2*size, y0)
		}
	}
}

// fieldText is a field's value: typed, chosen or ticked.
func (f *file) fieldText(a dict) string {
	switch f.name(f.inherited(a, "FT")) {
	case "Tx", "Ch":
		switch v := f.get(f.inherited(a, "V")).(type) {
		case text:
			return textString(v)
		case stream:
			return textString(text(f.decode(v)))
		case array:
			var all []string
			for _, one := range v {
				t, _ := f.get(one).(text)
				all = append(all, textString(t))
			}
			return strings.Join(all, ", ")
		}
	case "Btn":
		const push = 1 << 16 // 12.7.4.2.1
		if f.int(f.inherited(a, "Ff"))&push != 0 {
			return ""
		}
		if on := f.name(a["AS"]); on != "" && on != "Off" {
			return "[x]"
		}
		return "[ ]"
	}
	return ""
}

// inherited is a field's own value for a key, or an ancestor's.
func (f *file) inherited(d dict, key name) any {
	for range 16 {
		if v, ok := d[key]; ok {
			return v
		}
		if d = f.dict(d["Parent"]); d == nil {
			return nil
		}
	}
	return nil
}

// insert puts a piece in its place on its line: after the nearest piece to its left,
// else before the one to its right. If the line is empty, it goes before the first
// piece below.
func (c *canvas) insert(p piece) {
	best, right, below := -1, -1, len(c.pieces)
	for i, o := range c.pieces {
		if o.angle != 0 {
			continue
		}
		level := abs64(o.y-p.y) < 0.8*max(o.size, p.size)
		if level && o.x0 <= p.x0 && (best < 0 || o.x0 >= c.pieces[best].x0) {
			best = i
		}
		if level && o.x0 > p.x0 && (right < 0 || o.x0 < c.pieces[right].x0) {
			right = i
		}
		if below == len(c.pieces) && o.y < p.y-0.5*p.size {
			below = i
		}
	}
	at := below
	switch {
	case best >= 0:
		at, p.y = best+1, c.pieces[best].y
	case right >= 0:
		at, p.y = right, c.pieces[right].y
	}
	c.pieces = append(c.pieces, piece{})
	copy(c.pieces[at+1:], c.pieces[at:])
	c.pieces[at] = p
}

func abs64(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
