package pdf

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// widget is a field of a form on the page (12.7).
type widget struct {
	rect
	box   bool
	text  string
	title string // the field's own name for people
}

func (w widget) mid() float64 { return (w.y0 + w.y1) / 2 }

// fields adds the values of a page's form beside their labels, and the notes on the page.
func (f *file) fields(c *canvas, p *page, node dict) {
	var widgets []widget
	for i, v := range f.array(node["Annots"]) {
		a := f.dict(v)
		if a == nil || i > 10_000 {
			continue
		}
		f.budget.token()
		area, ok := f.rect(a["Rect"])
		if !ok {
			continue
		}
		const hidden, noView = 1 << 1, 1 << 5
		unseen := f.int(a["F"])&(hidden|noView) != 0 || f.off(a["OC"])
		if f.name(a["Subtype"]) != "Widget" {
			f.note(c, p, a, area.through(c.base), unseen)
			continue
		}
		w := widget{rect: area.through(c.base)}
		w.text, w.box = f.fieldText(a)
		w.title = f.fieldTitle(a)
		switch {
		case unseen:
			if !w.box {
				c.hidden[Hidden] += len(strings.Fields(w.text))
			}
		case w.text != "":
			widgets = append(widgets, w)
		}
	}
	c.answer(widgets)
}

// answer puts the values into the page's words.
func (c *canvas) answer(widgets []widget) {
	slices.SortStableFunc(widgets, func(a, b widget) int { return cmp.Or(cmp.Compare(b.mid(), a.mid()), cmp.Compare(a.x0, b.x0)) })
	printed := len(c.words)
	for i := 0; i < len(widgets); {
		w := widgets[i]
		if !w.box {
			c.typed(w, c.words[:printed])
			i++
			continue
		}
		j := i + 1
		for j < len(widgets) && widgets[j].box && w.mid()-widgets[j].mid() < 4 {
			j++
		}
		row := slices.Clone(widgets[i:j])
		slices.SortFunc(row, func(a, b widget) int { return cmp.Compare(a.x0, b.x0) })
		c.ticked(row, c.words[:printed])
		i = j
	}
}

func (c *canvas) put(kind wordKind, text string, x0, x1, y, size float64) {
	if len(c.words) < maxWords {
		n := len(c.words)
		c.words = append(c.words, word{kind: kind, text: text, x0: x0, x1: x1, y: y, size: size, seq: n + 1, spaces: 1, run: -n})
	}
}

// near are the printed texts of the line at a height.
func near(words []word, y, slack float64, boxes []widget) []span {
	l := &line{}
	for _, w := range words {
		if w.angle == 0 && math.Abs(w.y+0.3*w.size-y) < max(slack, 0.6*w.size) {
			l.words, l.size = append(l.words, w), max(l.size, w.size)
		}
	}
	if len(l.words) == 0 {
		return nil
	}
	l.close()
	var out []span
	for i, w := range l.words {
		parted := slices.ContainsFunc(boxes, func(b widget) bool { return i > 0 && b.x0 > l.words[i-1].x0 && b.x0 < w.x0 })
		if i > 0 && natural(l.words[i-1], w) && !parted {
			s := &out[len(out)-1]
			s.words, s.x1 = append(s.words, w), w.x1
			continue
		}
		out = append(out, span{w.x0, w.x1, l.words[i : i+1 : i+1]})
	}
	return out
}

// ticked puts the boxes of one line each before its option, which is printed on the right
// or on the left of the box.
func (c *canvas) ticked(row []widget, words []word) {
	spans := near(words, row[0].mid(), 4, row)
	left, right := make([]*span, len(row)), make([]*span, len(row))
	toLeft, toRight := 0.0, 0.0
	for i, b := range row {
		lo, hi := math.Inf(-1), math.Inf(1)
		if i > 0 {
			lo = row[i-1].x1 - 3
		}
		if i+1 < len(row) {
			hi = row[i+1].x0 + 3
		}
		for k := range spans {
			s := &spans[k]
			if s.x1 < b.x0+4 && s.x0 >= lo {
				left[i] = s
			}
			if s.x0 > b.x1-4 && s.x1 <= hi && right[i] == nil {
				right[i] = s
			}
		}
		toLeft, toRight = toLeft+distance(left[i], b), toRight+distance(right[i], b)
	}
	if heads := c.heads(row, left, right, words); heads != nil {
		for i, b := range row {
			label := left[0].words[0]
			c.put(box, b.text+" "+heads[i], b.x0, b.x1, label.y, label.size)
		}
		return
	}
	for i, b := range row {
		switch {
		case right[i] != nil && toRight <= toLeft:
			s := right[i]
			c.put(box, b.text, min(b.x0, s.x0-1.2*s.words[0].size), s.x0-0.4*s.words[0].size, s.words[0].y, s.words[0].size)
		case left[i] != nil:
			c.afterOption(b, left[i], len(row) > 1)
		default:
			text := b.text
			if b.title != "" {
				text += " " + b.title
			}
			c.put(box, text, b.x0, b.x1, b.y0+2, min(10, max(4, b.y1-b.y0)))
		}
	}
}

// heads are the options of boxes that stand in columns below them, as on a rating scale;
// nil when they do not.
func (c *canvas) heads(row []widget, left, right []*span, words []word) []string {
	if len(row) < 2 || left[0] == nil {
		return nil
	}
	var out []string
	for i, b := range row {
		if i > 0 && left[i] != nil || right[i] != nil {
			return nil
		}
		y := math.Inf(1)
		for _, w := range words {
			if w.angle == 0 && w.y > b.y1 && w.y < y && w.y-b.y1 < 400 && w.x0 < b.x1+4 && w.x1 > b.x0-4 {
				y = w.y
			}
		}
		said := ""
		for _, s := range near(words, y+3, 4, nil) {
			if s.x0 < b.x1+4 && s.x1 > b.x0-4 {
				said = say(s.words)
			}
		}
		if said == "" {
			return nil
		}
		out = append(out, said)
	}
	return out
}

func distance(s *span, b widget) float64 {
	switch {
	case s == nil:
		return 150
	case s.x1 <= b.x0+4:
		return max(0, b.x0-s.x1)
	}
	return max(0, s.x0-b.x1)
}

// afterOption places a box whose option is printed on its left. After a question, the
// option begins behind it; a question without an option has its box behind.
func (c *canvas) afterOption(b widget, s *span, several bool) {
	first := s.words[0]
	at := -1
	for i, w := range s.words {
		if i+1 < len(s.words) && (strings.HasSuffix(w.text, ":") || strings.HasSuffix(w.text, "?")) {
			at = i + 1
		}
	}
	last := s.words[len(s.words)-1].text
	asks := strings.HasSuffix(last, ":") || strings.HasSuffix(last, "?")
	switch {
	case at > 0:
		w := s.words[at]
		c.put(box, b.text, s.words[at-1].x1+0.05*w.size, w.x0-0.05*w.size, w.y, w.size)
	case several && !asks:
		c.put(box, b.text, first.x0-0.8*first.size, first.x0-0.3*first.size, first.y, first.size)
	default:
		c.put(box, b.text, max(s.x1+0.5, b.x0), max(b.x1, s.x1+1), first.y, first.size)
	}
}

// typed puts a typed or chosen value behind its label: printed on its left, above it, or
// the field's own name.
func (c *canvas) typed(w widget, words []word) {
	var label *span
	high := w.y1 - w.y0
	for _, y := range []float64{w.mid(), w.y1 - 8, w.y0 + 6} {
		spans := near(words, y, min(6, high/2), nil)
		for i := range spans {
			if s := &spans[i]; s.x1 < w.x0+6 && (label == nil || s.x1 > label.x1) {
				label = s
			}
		}
		if label != nil {
			break
		}
	}
	if label == nil || w.x0-label.x1 > 250 {
		for _, up := range []float64{6, 10, 14} {
			spans := near(words, w.y1+up, 4, nil)
			for i := range spans {
				if s := &spans[i]; s.x0 < w.x1 && s.x1 > w.x0-4 && math.Abs(s.x0-w.x0) < 60 {
					label = s
					w.x0 = s.x1 + 2
				}
			}
		}
	}
	size, y, x := min(10, max(4, high)), w.y1-min(10, max(4, high)), w.x0
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(w.text)
	if label != nil {
		size, y, x = label.words[0].size, label.words[0].y, max(x, label.x1+0.5)
	} else if w.title != "" {
		text = w.title + ": " + text
	}
	c.put(value, strings.Join(strings.Fields(text), " "), x, max(w.x1, x+1), y, size)
}

// fieldText is a field's value: typed, chosen or ticked.
func (f *file) fieldText(a dict) (said string, isBox bool) {
	switch f.name(f.inherited(a, "FT")) {
	case "Tx", "Ch":
		switch v := f.get(f.inherited(a, "V")).(type) {
		case text:
			return f.choice(a, textString(v)), false
		case stream:
			return textString(text(f.decode(v))), false
		case array:
			var all []string
			for _, one := range v {
				t, _ := f.get(one).(text)
				all = append(all, f.choice(a, textString(t)))
			}
			return strings.Join(all, ", "), false
		}
	case "Btn":
		const push = 1 << 16 // 12.7.4.2.1
		if f.int(f.inherited(a, "Ff"))&push != 0 {
			return "", false
		}
		on := f.name(a["AS"])
		if on == "" {
			on = f.name(f.inherited(a, "V"))
			if states := f.dict(f.dict(a["AP"])["N"]); states != nil && states[on] == nil {
				on = "Off"
			}
		}
		if on != "" && on != "Off" {
			return "[x]", true
		}
		return "[ ]", true
	}
	return "", false
}

// choice is what a list shows for a value that it exports (12.7.4.4).
func (f *file) choice(a dict, exported string) string {
	for _, one := range f.array(f.inherited(a, "Opt")) {
		if pair := f.array(one); len(pair) == 2 {
			from, _ := f.get(pair[0]).(text)
			to, _ := f.get(pair[1]).(text)
			if textString(from) == exported {
				return textString(to)
			}
		}
	}
	return exported
}

// fieldTitle is what a field calls itself.
func (f *file) fieldTitle(a dict) string {
	for _, key := range []name{"TU", "T"} {
		if t, ok := f.get(f.inherited(a, key)).(text); ok {
			return strings.TrimSpace(textString(t))
		}
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

// form reports whether a line has values of a form.
func (l *line) form() bool {
	return slices.ContainsFunc(l.words, func(w word) bool { return w.kind != drawn })
}

// fields are the labels of a line with their values. A label after a value begins
// another one.
func (l *line) fields() []string {
	var out []string
	var b strings.Builder
	after := drawn // the kind of the value that came last
	options := 0
	end := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			out = append(out, s)
		}
		b.Reset()
		after, options = drawn, 0
	}
	for i := 0; i < len(l.words); {
		j := i + 1
		for j < len(l.words) && l.words[j].kind == drawn && l.words[i].kind == drawn && natural(l.words[j-1], l.words[j]) {
			j++
		}
		part := say(l.words[i:j])
		kind := l.words[i].kind
		asks := strings.HasSuffix(part, ":") || strings.HasSuffix(part, "?")
		if kind == drawn && (after == value || options > 0 && asks) {
			end()
		}
		if kind != drawn && after == drawn && options == 0 && b.Len() > 0 && !strings.ContainsAny(b.String()[b.Len()-1:], ":?.)") {
			b.WriteByte(':')
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(part)
		if kind != drawn {
			after = kind
			options++
		}
		i = j
	}
	end()
	return out
}
