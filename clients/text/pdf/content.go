package pdf

import (
	"math"
	"strings"
	"unicode/utf8"
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

// piece is a run of text on one baseline without a wide gap in it.
type piece struct {
	x0, x1, y float64 // along and across the direction of writing
	size      float64
	angle     int // of writing, in degrees
	bold      bool
	field     bool // a value filled into a form
	text      string
}

// state is the part of the graphics state that text depends on.
type state struct {
	ctm                              matrix
	font                             *font
	size, charSpace, wordSpace, lead float64
	stretch, rise                    float64
}

// canvas interprets content streams and collects pieces.
type canvas struct {
	file   *file
	pieces []piece

	state     state
	stack     []state
	tm, tlm   matrix
	forms     int
	actual    []string // replacement texts of the marked content that is open
	replaced  bool     // the innermost replacement has been written
	open      piece
	letters   strings.Builder
	drawn     int // glyphs with or without a text
	unknown   int // glyphs without
	lastSpace bool
}

func newCanvas(f *file) *canvas { return &canvas{file: f} }

// page interprets a page's content.
func (c *canvas) page(p dict) {
	var content []byte
	switch v := c.file.get(p["Contents"]).(type) {
	case stream:
		content = c.file.decode(v)
	case array:
		for _, part := range v {
			if s, ok := c.file.get(part).(stream); ok {
				content = append(append(content, c.file.decode(s)...), '\n')
			}
		}
	}
	c.state = state{ctm: identity, stretch: 1}
	if turn := c.file.int(p["Rotate"]); turn%360 != 0 {
		sin, cos := math.Sincos(-float64(turn) * math.Pi / 180)
		c.state.ctm = matrix{cos, sin, -sin, cos, 0, 0}
	}
	c.run(content, c.file.dict(p["Resources"]))
}

// run interprets one content stream (7.8.2).
func (c *canvas) run(content []byte, resources dict) {
	l := c.file.lexer(content, 0)
	var operands []any
	depth := len(c.stack)
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
		if word == "ID" {
			skipImage(l)
		} else {
			c.operator(word, operands, resources)
		}
		operands = operands[:0]
	}
	if len(c.stack) > depth {
		c.state, c.stack = c.stack[depth], c.stack[:depth]
	}
}

// skipImage passes over an inline image's data.
func skipImage(l *lexer) {
	for i := l.at; i+2 < len(l.data); i++ {
		if l.data[i] == 'E' && l.data[i+1] == 'I' && isSpace(l.data[i-1]) && (i+2 == len(l.data) || isSpace(l.data[i+2])) {
			l.at = i + 2
			return
		}
	}
	l.at = len(l.data)
}

func (c *canvas) operator(word keyword, operands []any, resources dict) {
	n := func(i int) float64 {
		if i < len(operands) {
			return c.file.number(operands[i])
		}
		return 0
	}
	s := func(i int) text {
		if i >= 0 && i < len(operands) {
			t, _ := operands[i].(text)
			return t
		}
		return ""
	}
	st := &c.state
	switch word {
	case "q":
		if len(c.stack) < 512 {
			c.stack = append(c.stack, *st)
		}
	case "Q":
		if i := len(c.stack) - 1; i >= 0 {
			*st, c.stack = c.stack[i], c.stack[:i]
		}
	case "cm":
		st.ctm = matrix{n(0), n(1), n(2), n(3), n(4), n(5)}.mul(st.ctm)
	case "BT":
		c.tm, c.tlm = identity, identity
	case "Tc":
		st.charSpace = n(0)
	case "Tw":
		st.wordSpace = n(0)
	case "Tz":
		st.stretch = n(0) / 100
	case "TL":
		st.lead = n(0)
	case "Ts":
		st.rise = n(0)
	case "Tf":
		if len(operands) >= 2 {
			key, _ := operands[0].(name)
			st.font = c.file.font(c.file.dict(resources["Font"])[key])
			st.size = n(1)
		}
	case "Td":
		c.move(n(0), n(1))
	case "TD":
		st.lead = -n(1)
		c.move(n(0), n(1))
	case "T*":
		c.move(0, -st.lead)
	case "Tm":
		c.tlm = matrix{n(0), n(1), n(2), n(3), n(4), n(5)}
		c.tm = c.tlm
	case "Tj":
		c.show(s(0))
	case "'":
		c.move(0, -st.lead)
		c.show(s(0))
	case "\"":
		st.wordSpace, st.charSpace = n(0), n(1)
		c.move(0, -st.lead)
		c.show(s(2))
	case "TJ":
		if len(operands) > 0 {
			list, _ := operands[0].(array)
			for _, v := range list {
				if t, ok := v.(text); ok {
					c.show(t)
				} else {
					c.advance(-c.file.number(v) / 1000 * st.size * st.stretch)
				}
			}
		}
	case "Do":
		if len(operands) > 0 {
			key, _ := operands[0].(name)
			c.form(c.file.dict(resources["XObject"])[key], resources)
		}
	case "BDC", "BMC":
		c.mark(operands, resources)
	case "EMC":
		if i := len(c.actual) - 1; i >= 0 {
			c.actual, c.replaced = c.actual[:i], false
		}
	}
}

func (c *canvas) move(x, y float64) {
	c.tlm = matrix{1, 0, 0, 1, x, y}.mul(c.tlm)
	c.tm = c.tlm
}

func (c *canvas) advance(x float64) { c.tm = matrix{1, 0, 0, 1, x, 0}.mul(c.tm) }

// form draws a form XObject (8.10).
func (c *canvas) form(v any, resources dict) {
	s, ok := c.file.get(v).(stream)
	if !ok || c.file.name(s.dict["Subtype"]) != "Form" || c.forms >= 16 {
		return
	}
	c.file.budget.load()
	c.forms++
	defer func() { c.forms-- }()
	was, tm, tlm := c.state, c.tm, c.tlm
	if m := c.file.array(s.dict["Matrix"]); len(m) == 6 {
		var own matrix
		for i := range own {
			own[i] = c.file.number(m[i])
		}
		c.state.ctm = own.mul(c.state.ctm)
	}
	if own := c.file.dict(s.dict["Resources"]); own != nil {
		resources = own
	}
	c.run(c.file.decode(s), resources)
	c.state, c.tm, c.tlm = was, tm, tlm
}

// mark opens marked content, whose text may be given separately (14.9.4).
func (c *canvas) mark(operands []any, resources dict) {
	if len(c.actual) >= 512 {
		return
	}
	actual := ""
	if len(c.actual) > 0 {
		actual = c.actual[len(c.actual)-1]
	}
	if len(operands) == 2 {
		properties, ok := operands[1].(dict)
		if !ok {
			key, _ := operands[1].(name)
			properties = c.file.dict(c.file.dict(resources["Properties"])[key])
		}
		if t, ok := c.file.get(properties["ActualText"]).(text); ok {
			actual, c.replaced = "\x00"+textString(t), false
		}
	}
	c.actual = append(c.actual, actual)
}

// show draws a string (9.4.3).
func (c *canvas) show(s text) {
	st := &c.state
	if st.font == nil {
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
		c.drawn++
		if says == "" {
			c.unknown++
		}
		if i := len(c.actual) - 1; i >= 0 && c.actual[i] != "" {
			says = ""
			if !c.replaced {
				says, c.replaced = c.actual[i][1:], true
			}
		}
		c.glyph(at, width/1000, says)
		c.advance(tx * st.stretch)
	}
}

// glyph appends one glyph to the current piece or begins another.
func (c *canvas) glyph(at matrix, width float64, says string) {
	size := math.Hypot(at[2], at[3])
	length := math.Hypot(at[0], at[1])
	if size == 0 || length == 0 || math.IsNaN(size) || math.IsInf(size, 0) {
		return
	}
	dx, dy := at[0]/length, at[1]/length
	x, y := at[4]*dx+at[5]*dy, -at[4]*dy+at[5]*dx
	angle := int(math.Round(math.Atan2(dy, dx) * 180 / math.Pi))
	right := x + width*length
	o := &c.open
	gap := x - o.x1
	same := c.letters.Len() > 0 && angle == o.angle && math.Abs(y-o.y) < 0.4*size &&
		gap < wideGap*size && gap > -1.5*size && math.Abs(size-o.size) < 0.5*max(size, o.size)
	if same && x < o.x0 {
		same = false
	}
	if !same {
		c.flush()
		*o = piece{x0: x, y: y, size: size, angle: angle, bold: c.state.font.bold}
		c.lastSpace = true
	} else if gap > wordGap*size && !c.lastSpace && !strings.HasPrefix(says, " ") {
		c.letters.WriteByte(' ')
	}
	o.x1 = right
	if says != "" {
		c.letters.WriteString(says)
		last, _ := utf8.DecodeLastRuneInString(says)
		c.lastSpace = last == ' ' || last == '\u00a0'
	}
}

// Gaps, as multiples of the font size: at least wordGap separates words, less is
// kerning, and at least wideGap separates columns.
const (
	wordGap = 0.14
	wideGap = 1.4
)

// flush ends the current piece. A piece drawn twice in the same place, which some
// programs do for bold, counts once.
func (c *canvas) flush() {
	p := c.open
	p.text = strings.TrimSpace(strings.Map(Symbol, c.letters.String()))
	c.letters.Reset()
	if p.text == "" {
		return
	}
	if n := len(c.pieces); n > 0 {
		l := c.pieces[n-1]
		if l.text == p.text && math.Abs(l.x0-p.x0) < 0.2*p.size && math.Abs(l.y-p.y) < 0.2*p.size {
			return
		}
	}
	c.pieces = append(c.pieces, p)
}

func (c *canvas) done() []piece {
	c.flush()
	return c.pieces
}
