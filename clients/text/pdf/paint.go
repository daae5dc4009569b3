package pdf

import (
	"math"
	"strings"
)

// rect is a rectangle with sides along the axes of the page.
type rect struct{ x0, y0, x1, y1 float64 }

func (r rect) and(o rect) rect {
	return rect{max(r.x0, o.x0), max(r.y0, o.y0), min(r.x1, o.x1), min(r.y1, o.y1)}
}

func (r rect) area() float64 { return max(0, r.x1-r.x0) * max(0, r.y1-r.y0) }

func (r rect) has(x, y, slack float64) bool {
	return x >= r.x0-slack && x <= r.x1+slack && y >= r.y0-slack && y <= r.y1+slack
}

// grow extends the rectangle to a point.
func (r rect) grow(x, y float64) rect {
	return rect{min(r.x0, x), min(r.y0, y), max(r.x1, x), max(r.y1, y)}
}

// through is the rectangle around r after a transformation.
func (r rect) through(m matrix) rect {
	out := nowhere
	for _, p := range [][2]float64{{r.x0, r.y0}, {r.x0, r.y1}, {r.x1, r.y0}, {r.x1, r.y1}} {
		out = out.grow(m.point(p[0], p[1]))
	}
	return out
}

var (
	nowhere = rect{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	letter  = rect{0, 0, 612, 792}
)

// color is red, green and blue from 0 to 1. An unknown one is a pattern or the like.
type color struct {
	r, g, b float64
	unknown bool
}

var white = color{1, 1, 1, false}

// near reports whether the eye cannot tell two colours apart.
func (c color) near(o color) bool {
	const apart = 0.07
	return !c.unknown && !o.unknown && math.Abs(c.r-o.r) < apart && math.Abs(c.g-o.g) < apart && math.Abs(c.b-o.b) < apart
}

// paint is what a shape or a letter is painted with.
type paint struct {
	color color
	alpha float64
	tint  bool // the colour space counts ink, so 1 is dark
	odd   bool // a colour space whose numbers are no colours
}

// segment is a straight line of a path.
type segment struct{ x0, y0, x1, y1 float64 }

// fill is a painted area. What is drawn before it and within it is hidden, if it is
// opaque; what is drawn after stands on its colour.
type fill struct {
	area   rect
	color  color
	at     int
	opaque bool
}

// ink is what a page paints other than letters.
type ink struct {
	area, paper rect // of the page that is seen
	path        []segment
	shape       rect
	curved      bool
	x, y        float64 // the current point
	fromX       float64
	fromY       float64
	clipping    bool
	rules       []segment
	fills       []fill
	pictures    []rect
	pictureAt   []int
	order       int
	dots        []rect // small filled shapes
	strokes     int    // of shapes that are neither rules nor areas
}

// pathOperator builds a path (8.5.2).
func (c *canvas) pathOperator(o operation) bool {
	n := func(i int) float64 { return c.number(o, i) }
	switch o.word {
	case "m":
		c.x, c.y = c.state.ctm.point(n(0), n(1))
		c.fromX, c.fromY = c.x, c.y
	case "l":
		c.line(c.state.ctm.point(n(0), n(1)))
	case "c":
		c.curve(n(4), n(5))
	case "v", "y":
		c.curve(n(2), n(3))
	case "h":
		c.line(c.fromX, c.fromY)
	case "re":
		m, x, y, w, h := c.state.ctm, n(0), n(1), n(2), n(3)
		c.x, c.y = m.point(x, y)
		c.fromX, c.fromY = c.x, c.y
		c.line(m.point(x+w, y))
		c.line(m.point(x+w, y+h))
		c.line(m.point(x, y+h))
		c.line(c.fromX, c.fromY)
	default:
		return false
	}
	return true
}

func (c *canvas) line(x, y float64) {
	if len(c.path) == 0 && !c.curved {
		c.shape = nowhere
	}
	if len(c.path) < maxRules {
		c.path = append(c.path, segment{c.x, c.y, x, y})
	}
	c.shape = c.shape.grow(c.x, c.y).grow(x, y)
	c.x, c.y = x, y
}

func (c *canvas) curve(x, y float64) {
	if len(c.path) == 0 && !c.curved {
		c.shape = nowhere
	}
	x, y = c.state.ctm.point(x, y)
	c.shape = c.shape.grow(c.x, c.y).grow(x, y)
	c.x, c.y, c.curved = x, y, true
}

// paintOperator paints or clips a path, or sets a colour (8.5.3, 8.6.8).
func (c *canvas) paintOperator(o operation) bool {
	switch o.word {
	case "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "n":
		if strings.ContainsAny(string(o.word[:1]), "sb") {
			c.line(c.fromX, c.fromY)
		}
		c.painted(strings.ContainsAny(string(o.word[:1]), "fFBb"), strings.ContainsAny(string(o.word[:1]), "SsBb"))
	case "W", "W*":
		c.clipping = true
	case "g", "rg", "k", "sc", "scn":
		c.setColor(&c.state.fill, o)
	case "G", "RG", "K", "SC", "SCN":
		c.setColor(&c.state.stroke, o)
	case "cs":
		c.space(&c.state.fill, o)
	case "CS":
		c.space(&c.state.stroke, o)
	default:
		return false
	}
	return true
}

// space selects a colour space; its first colour is black, or full ink.
func (c *canvas) space(p *paint, o operation) {
	kind := o.name(0)
	if v, ok := c.file.dict(o.resources["ColorSpace"])[kind]; ok {
		kind = c.file.name(v)
		if list := c.file.array(v); len(list) > 0 {
			kind = c.file.name(list[0])
		}
	}
	*p = paint{alpha: p.alpha}
	p.tint = kind == "Separation" || kind == "DeviceN"
	p.odd = kind == "Pattern" || kind == "Indexed" || kind == "Lab" || kind == "DeviceN"
	p.color.unknown = p.odd
}

func (c *canvas) setColor(p *paint, o operation) {
	if o.word == "g" || o.word == "rg" || o.word == "k" || o.word == "G" || o.word == "RG" || o.word == "K" {
		p.tint, p.odd = false, false
	}
	n := func(i int) float64 { return min(1, max(0, c.number(o, i))) }
	switch {
	case p.odd:
		p.color = color{unknown: true}
	case len(o.operands) == 1 && p.tint:
		p.color = color{1 - n(0), 1 - n(0), 1 - n(0), false}
	case len(o.operands) == 1:
		p.color = color{n(0), n(0), n(0), false}
	case len(o.operands) == 3:
		p.color = color{n(0), n(1), n(2), false}
	case len(o.operands) == 4:
		k := 1 - n(3)
		p.color = color{(1 - n(0)) * k, (1 - n(1)) * k, (1 - n(2)) * k, false}
	default:
		p.color = color{unknown: true}
	}
}

// thin is the most, in points, that a rule is wide.
const thin = 2.6

// painted ends a path.
func (c *canvas) painted(filled, stroked bool) {
	shape, path, curved := c.shape.and(c.state.clip), c.path, c.curved
	some := len(path) > 0 || curved
	defer func() {
		if c.clipping && some {
			c.state.clip = c.state.clip.and(c.shape)
		}
		c.path, c.curved, c.clipping = c.path[:0], false, false
	}()
	if !some || c.off() {
		return
	}
	c.order++
	if stroked {
		c.rule(path...)
	}
	if curved || len(path) > 8 {
		c.strokes++
	}
	if !filled || shape.x1 < shape.x0 || shape.y1 < shape.y0 {
		return
	}
	wide, high := shape.x1-shape.x0, shape.y1-shape.y0
	switch {
	case wide > 1.5 && wide < 8 && high > 0.8*wide && high < 1.25*wide && len(c.dots) < maxFills && !c.state.fill.color.near(white):
		c.dots = append(c.dots, shape)
	case curved && min(wide, high) < thin:
	case high <= thin && wide > high:
		c.rule(segment{shape.x0, (shape.y0 + shape.y1) / 2, shape.x1, (shape.y0 + shape.y1) / 2})
	case wide <= thin && high > wide:
		c.rule(segment{(shape.x0 + shape.x1) / 2, shape.y0, (shape.x0 + shape.x1) / 2, shape.y1})
	case len(c.fills) < maxFills && shape.area() > 20:
		boxed := !curved && len(path) <= 5 && straight(path)
		c.fills = append(c.fills, fill{shape, c.state.fill.color, c.order, boxed && c.state.fill.alpha > 0.95 && !c.state.blended})
	}
}

// straight reports whether all lines of a path follow the axes.
func straight(path []segment) bool {
	for _, s := range path {
		if math.Abs(s.x0-s.x1) > 0.5 && math.Abs(s.y0-s.y1) > 0.5 {
			return false
		}
	}
	return true
}

// rule keeps lines along an axis: they may be a table's.
func (c *canvas) rule(path ...segment) {
	clip := c.state.clip
	for _, s := range path {
		dx, dy := math.Abs(s.x0-s.x1), math.Abs(s.y0-s.y1)
		if min(dx, dy) > 0.5 || max(dx, dy) < 3 || len(c.rules) >= maxRules {
			continue
		}
		if !clip.has((s.x0+s.x1)/2, (s.y0+s.y1)/2, 2) && !clip.has(s.x0, s.y0, 2) && !clip.has(s.x1, s.y1, 2) {
			continue
		}
		c.rules = append(c.rules, s)
	}
}

// picture notes where a picture is.
func (c *canvas) picture() {
	if c.off() {
		return
	}
	c.order++
	area := rect{0, 0, 1, 1}.through(c.state.ctm).and(c.state.clip).and(c.area)
	if area.area() > 0 && len(c.pictures) < maxFills {
		c.pictures, c.pictureAt = append(c.pictures, area), append(c.pictureAt, c.order)
	}
}

// inlineImage passes over an inline picture's data (8.9.7).
func (c *canvas) inlineImage(l *lexer) {
	c.picture()
	for i := l.at; i+2 < len(l.data); i++ {
		if l.data[i] == 'E' && l.data[i+1] == 'I' && i > 0 && isSpace(l.data[i-1]) && (i+2 == len(l.data) || isSpace(l.data[i+2])) {
			l.at = i + 2
			return
		}
	}
	l.at = len(l.data)
}

// inkColor is the colour of the letters that are drawn now.
func (s *state) inkColor() color {
	if s.mode == 1 || s.mode == 5 {
		return s.stroke.color
	}
	return s.fill.color
}
