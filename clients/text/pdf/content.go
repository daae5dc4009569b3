package pdf

import (
	"math"
	"slices"
	"strings"
)

// matrix is a transformation [a b c d e f] (8.3.4).
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// mul applies m, then n.
func (m matrix) mul(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

func (m matrix) point(x, y float64) (float64, float64) {
	return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]
}

// state is the part of the graphics state that text and its visibility depend on.
type state struct {
	ctm                              matrix
	font                             *font
	size, charSpace, wordSpace, lead float64
	stretch, rise                    float64
	mode                             int // of text rendering (9.3.6)
	fill, stroke                     paint
	blended                          bool // what is painted lets the ground shine through
	clip                             rect
}

// canvas interprets content streams and collects words, rules and what hides them.
type canvas struct {
	file  *file
	words []word
	open  word
	full  bool // there are more words than the limit of a page
	ink

	base     matrix // of the page
	state    state
	stack    []state
	tm, tlm  matrix
	forms    int
	inside   []int    // numbers of the forms that are being drawn
	marked   []marked // content that is open (14.6)
	letters  strings.Builder
	spaces   int
	runs     int
	glyphs   int // with or without a text
	lost     int // without
	flat     bool
	hidden   map[Reason]int // words that nobody sees
	openClip rect           // of the open word
}

func newCanvas(f *file) *canvas { return &canvas{file: f, hidden: map[Reason]int{}} }

// page interprets a page's content.
func (c *canvas) page(p dict) {
	content := c.content(p)
	c.state = state{ctm: identity, stretch: 1, clip: c.file.visible(p), fill: paint{alpha: 1}, stroke: paint{alpha: 1}}
	c.area = c.state.clip
	if turn := c.file.int(p["Rotate"]); turn%360 != 0 {
		sin, cos := math.Sincos(-float64(turn) * math.Pi / 180)
		c.state.ctm = matrix{cos, sin, -sin, cos, 0, 0}
		c.area = c.area.through(c.state.ctm)
		c.state.clip = c.area
	}
	c.paper = c.area
	c.base = c.state.ctm
	c.run(content, c.file.dict(p["Resources"]))
	c.flush()
}

// content is a page's content stream. Content that cannot be found counts as damage.
func (c *canvas) content(p dict) []byte {
	f := c.file
	v, has := p["Contents"]
	switch v := f.get(v).(type) {
	case stream:
		return f.decode(v)
	case array:
		var content []byte
		for _, part := range v {
			if s, ok := f.get(part).(stream); ok {
				content = append(append(content, f.decode(s)...), '\n')
			} else {
				f.damage++
			}
		}
		return content
	}
	if has {
		f.damage++
	}
	return nil
}

// run interprets one content stream (7.8.2).
func (c *canvas) run(content []byte, resources dict) {
	l := c.file.lexer(content, 0)
	var operands []any
	depth := len(c.stack)
	odd := 0
	for {
		v := l.object()
		word, ok := v.(keyword)
		if _, over := v.(end); over {
			break
		}
		if !ok {
			if len(operands) < 64 {
				operands = append(operands, v)
			}
			continue
		}
		o := operation{word, operands, resources}
		switch {
		case word == "ID":
			c.inlineImage(l)
		case c.textOperator(o), c.stringOperator(o), c.pathOperator(o), c.paintOperator(o), c.otherOperator(o):
		default:
			odd++
		}
		operands = operands[:0]
	}
	if odd > 3 {
		c.file.damage++ // no writer makes up operators
	}
	if len(c.stack) > depth {
		c.state, c.stack = c.stack[depth], c.stack[:depth]
	}
}

// operation is an operator of a content stream with what precedes it.
type operation struct {
	word      keyword
	operands  []any
	resources dict
}

func (c *canvas) number(o operation, i int) float64 {
	if i < len(o.operands) {
		return c.file.number(o.operands[i])
	}
	return 0
}

func (o operation) name(i int) name {
	if i >= 0 && i < len(o.operands) {
		n, _ := o.operands[i].(name)
		return n
	}
	return ""
}

func (o operation) text(i int) text {
	if i < len(o.operands) {
		t, _ := o.operands[i].(text)
		return t
	}
	return ""
}

func (c *canvas) six(o operation) matrix {
	var m matrix
	for i := range m {
		m[i] = c.number(o, i)
	}
	return m
}

// textOperator sets the state of text (9.3, 9.4).
func (c *canvas) textOperator(o operation) bool {
	st := &c.state
	switch o.word {
	case "BT":
		c.tm, c.tlm = identity, identity
		c.runs++
	case "ET":
	case "Tc":
		st.charSpace = c.number(o, 0)
	case "Tw":
		st.wordSpace = c.number(o, 0)
	case "Tz":
		st.stretch = c.number(o, 0) / 100
	case "TL":
		st.lead = c.number(o, 0)
	case "Ts":
		st.rise = c.number(o, 0)
	case "Tr":
		st.mode = int(c.number(o, 0))
	case "Tf":
		if len(o.operands) >= 2 {
			st.font = c.file.font(c.file.dict(o.resources["Font"])[o.name(0)])
			st.size = c.number(o, 1)
		}
	case "Td":
		c.move(c.number(o, 0), c.number(o, 1))
	case "TD":
		st.lead = -c.number(o, 1)
		c.move(c.number(o, 0), c.number(o, 1))
	case "T*":
		c.move(0, -st.lead)
	case "Tm":
		c.tlm = c.six(o)
		c.tm = c.tlm
		c.runs++
	default:
		return false
	}
	return true
}

// stringOperator shows text (9.4.3).
func (c *canvas) stringOperator(o operation) bool {
	st := &c.state
	switch o.word {
	case "Tj":
		c.show(o.text(0))
	case "'":
		c.move(0, -st.lead)
		c.show(o.text(0))
	case "\"":
		st.wordSpace, st.charSpace = c.number(o, 0), c.number(o, 1)
		c.move(0, -st.lead)
		c.show(o.text(2))
	case "TJ":
		if len(o.operands) > 0 {
			list, _ := o.operands[0].(array)
			for _, v := range list {
				if t, ok := v.(text); ok {
					c.show(t)
				} else {
					c.advance(-c.file.number(v) / 1000 * st.size * st.stretch)
				}
			}
		}
	default:
		return false
	}
	return true
}

// otherOperator handles what neither shows text nor paints. It reports whether it knows
// the operator.
func (c *canvas) otherOperator(o operation) bool {
	st := &c.state
	switch o.word {
	case "q":
		if len(c.stack) < 512 {
			c.stack = append(c.stack, *st)
		}
	case "Q":
		if i := len(c.stack) - 1; i >= 0 {
			*st, c.stack = c.stack[i], c.stack[:i]
		}
	case "cm":
		st.ctm = c.six(o).mul(st.ctm)
	case "gs":
		c.graphics(c.file.dict(c.file.dict(o.resources["ExtGState"])[o.name(0)]))
	case "Do":
		c.object(c.file.dict(o.resources["XObject"])[o.name(0)], o.resources)
	case "BDC", "BMC":
		c.mark(o)
	case "EMC":
		if i := len(c.marked) - 1; i >= 0 {
			c.marked = c.marked[:i]
		}
	case "w", "J", "j", "M", "d", "ri", "i", "d0", "d1", "MP", "DP", "BX", "EX", "BI", "EI", "sh":
	default:
		return false
	}
	return true
}

// graphics applies a dictionary of graphics state (8.4.5).
func (c *canvas) graphics(d dict) {
	f, st := c.file, &c.state
	if v, ok := d["ca"]; ok {
		st.fill.alpha = f.number(v)
	}
	if v, ok := d["CA"]; ok {
		st.stroke.alpha = f.number(v)
	}
	if v, ok := d["BM"]; ok {
		mode := f.name(v)
		if list := f.array(v); len(list) > 0 {
			mode = f.name(list[0])
		}
		st.blended = mode != "" && mode != "Normal" && mode != "Compatible"
	}
	if list := f.array(d["Font"]); len(list) == 2 {
		st.font, st.size = f.font(list[0]), f.number(list[1])
	}
}

func (c *canvas) move(x, y float64) {
	if y != 0 || x < 0 || x > 2*c.state.size {
		c.runs++
	}
	c.tlm = matrix{1, 0, 0, 1, x, y}.mul(c.tlm)
	c.tm = c.tlm
}

func (c *canvas) advance(x float64) { c.tm = matrix{1, 0, 0, 1, x, 0}.mul(c.tm) }

// object draws a form (8.10) or a picture (8.9).
func (c *canvas) object(v any, resources dict) {
	s, ok := c.file.get(v).(stream)
	if !ok {
		if v != nil {
			c.file.damage++
		}
		return
	}
	if c.file.name(s.dict["Subtype"]) == "Image" {
		c.picture()
		return
	}
	if c.file.name(s.dict["Subtype"]) != "Form" || c.forms >= 16 {
		return
	}
	if slices.Contains(c.inside, s.number) {
		return // a form does not draw itself
	}
	c.file.budget.load()
	c.forms++
	c.inside = append(c.inside, s.number)
	defer func() { c.forms, c.inside = c.forms-1, c.inside[:len(c.inside)-1] }()
	was, tm, tlm, open := c.state, c.tm, c.tlm, len(c.marked)
	if off := c.file.off(s.dict["OC"]); off {
		c.marked = append(c.marked, marked{off: true})
	}
	if m := c.file.array(s.dict["Matrix"]); len(m) == 6 {
		var own matrix
		for i := range own {
			own[i] = c.file.number(m[i])
		}
		c.state.ctm = own.mul(c.state.ctm)
	}
	if box, ok := c.file.rect(s.dict["BBox"]); ok {
		c.state.clip = c.state.clip.and(box.through(c.state.ctm))
	}
	if own := c.file.dict(s.dict["Resources"]); own != nil {
		resources = own
	}
	c.run(c.file.decode(s), resources)
	c.flush()
	c.marked = c.marked[:min(open, len(c.marked))]
	c.state, c.tm, c.tlm = was, tm, tlm
}

// show draws a string (9.4.3).
func (c *canvas) show(s text) {
	st := &c.state
	if st.font == nil {
		if len(s) > 0 {
			c.file.damage++ // the page names a font that the file lacks
		}
		return
	}
	for len(s) > 0 {
		c.file.budget.glyph()
		code, size, says, width := st.font.next(s)
		s = s[size:]
		at := matrix{st.size * st.stretch, 0, 0, st.size, 0, st.rise}.mul(c.tm).mul(st.ctm)
		tx := width/1000*st.size + st.charSpace
		if code == ' ' && size == 1 {
			tx += st.wordSpace
		}
		says, unmapped := c.says(says)
		spacing := 0.0
		if st.charSpace > 0 && st.charSpace < st.size {
			spacing = st.charSpace * math.Abs(st.stretch) * math.Hypot(c.tm[0], c.tm[1]) * math.Hypot(st.ctm[0], st.ctm[1])
		}
		c.glyph(at, width/1000, spacing, says, unmapped)
		c.advance(tx * st.stretch)
	}
}

// says is the text of the next glyph: its own, or of the marked content it is in. A
// glyph without any is shown as a replacement character.
func (c *canvas) says(own string) (string, bool) {
	c.glyphs++
	for i := len(c.marked) - 1; i >= 0; i-- {
		if m := &c.marked[i]; m.replaces {
			says := m.actual
			m.actual = ""
			return says, false
		}
	}
	if own == "" {
		c.lost++
		return "\ufffd", true
	}
	return own, false
}
