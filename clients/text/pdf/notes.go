package pdf

import "strings"

// note adds a note that a person put on the page (12.5.6). A text typed onto the page
// beside a label is the label's value.
func (f *file) note(c *canvas, p *page, a dict, area rect, unseen bool) {
	kind := f.name(a["Subtype"])
	said := strings.Join(strings.Fields(f.string(a["Contents"])), " ")
	switch kind {
	case "StrikeOut":
		for i := range c.words {
			if f.quoted(c, a, c.words[i]) {
				c.words[i].struck = true
			}
		}
		if said == "" {
			return
		}
	case "Link", "Popup", "Widget", "TrapNet", "PrinterMark", "Watermark":
		return
	case "FileAttachment":
		f.attached++
		if said == "" {
			return
		}
	}
	if said == "" || f.name(a["StateModel"]) != "" || f.string(a["StateModel"]) != "" {
		return
	}
	if unseen {
		c.hidden[Hidden] += len(strings.Fields(said))
		return
	}
	if kind == "FreeText" && c.answers(area, said) {
		return
	}
	text := "Note"
	if author := strings.TrimSpace(f.string(a["T"])); author != "" {
		text += " by " + author
	}
	var on []word
	if f.array(a["QuadPoints"]) != nil && kind != "Text" {
		for _, w := range c.words {
			if w.unseen == "" && f.quoted(c, a, w) {
				on = append(on, w)
			}
		}
	}
	if len(on) > 0 {
		var parts []string
		for _, l := range lines(on) {
			parts = append(parts, l.say())
		}
		text += " on “" + strings.Join(parts, " ") + "”"
	}
	p.notes = append(p.notes, Block{Kind: Note, Page: p.number, Cells: []string{text + ": " + said}})
}

// answers puts a text that was typed onto the page behind the label on its left.
func (c *canvas) answers(area rect, said string) bool {
	if area.y1-area.y0 > 40 {
		return false
	}
	for _, s := range near(c.words, (area.y0+area.y1)/2, 4, nil) {
		if s.x1 < area.x0+6 && area.x0-s.x1 < 80 {
			c.put(value, said, max(area.x0, s.x1+0.5), max(area.x1, s.x1+1), s.words[0].y, s.words[0].size)
			return true
		}
	}
	return false
}

// quoted reports whether an annotation marks a word.
func (f *file) quoted(c *canvas, a dict, w word) bool {
	list := f.array(a["QuadPoints"])
	x, y, _ := middle(w)
	for i := 0; i+8 <= len(list) && i < 4000; i += 8 {
		area := nowhere
		for k := 0; k < 8; k += 2 {
			area = area.grow(c.base.point(f.number(list[i+k]), f.number(list[i+k+1])))
		}
		if area.has(x, y, 0.5) {
			return true
		}
	}
	return false
}

func (f *file) string(v any) string {
	t, _ := f.get(v).(text)
	return textString(t)
}
