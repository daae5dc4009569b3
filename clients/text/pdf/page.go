package pdf

import "math"

// page is what one page shows.
type page struct {
	number int
	words  []word
	rules  []segment
	high   float64 // of the page, in points
	bottom float64
	dots   []rect // small filled shapes: bullets
	notes  []Block
	glyphs int
	lost   int
}

// readPage reads one page and says what it lacks. spent is the error of a budget that
// ended in it; an error of the page itself ends only the page.
func (f *file) readPage(number int, node dict, out *Reading) (p *page, spent error) {
	p = &page{number: number}
	c := newCanvas(f)
	f.damage = 0
	func() {
		defer func() {
			switch r := recover().(type) {
			case nil:
			case exhausted:
				spent = r.err
			default:
				f.damage++
			}
		}()
		if node == nil {
			f.damage++
			return
		}
		f.budget.check()
		c.page(node)
		f.fields(c, p, node)
	}()
	machine := c.settle()
	p.words, p.rules, p.high, p.bottom, p.dots = c.words, c.rules, c.paper.y1-c.paper.y0, c.paper.y0, c.dots
	p.glyphs, p.lost = c.glyphs, c.lost
	f.account(p, c, machine, spent, out)
	return p, spent
}

// account says what of a page is not among its words.
func (f *file) account(p *page, c *canvas, machine int, spent error, out *Reading) {
	empty := len(p.words) == 0 && len(p.notes) == 0
	switch {
	case spent != nil || c.full:
		out.lacks(unitOf(empty), p.number, count(empty), PastLimit)
	case f.damage > 0:
		out.lacks(unitOf(empty), p.number, count(empty), Damaged)
	case machine > 0:
		out.lacks(Page, p.number, 1, Machine)
	case len(p.words) == 0 && (len(c.pictures) > 0 || c.strokes > 40):
		out.lacks(Page, p.number, 1, Picture)
	default:
		if n := c.silentPictures(); n > 0 {
			out.lacks(Part, p.number, n, Picture)
		}
	}
	if p.lost > 0 {
		out.lacks(Letter, p.number, p.lost, NoLetters)
	}
	for _, why := range []Reason{White, Hidden} {
		if n := c.hidden[why]; n > 0 {
			out.lacks(Word, p.number, n, why)
		}
	}
}

func unitOf(whole bool) Unit {
	if whole {
		return Page
	}
	return Part
}

// silentPictures counts the pictures that take much of the page and have few words on
// them: they may say something. A letterhead behind the text says nothing.
func (c *canvas) silentPictures() int {
	n := 0
	for _, p := range c.pictures {
		if p.area() < 0.15*c.paper.area() {
			continue
		}
		on := 0
		for _, w := range c.words {
			if p.has(middle(w)) {
				on++
			}
		}
		if on < 30 {
			n++
		}
	}
	if n == 0 && c.pictured() > 0.4 && len(c.words) < 30 {
		n = 1 // a picture in stripes
	}
	return n
}

func middle(w word) (x, y, slack float64) {
	x, y = onPage(w.angle, (w.x0+w.x1)/2, w.y+0.3*w.size)
	return x, y, 0
}

// turned are the page's rules along the axes of words that are written at an angle.
func (p *page) turned(angle int) []segment {
	sin, cos := math.Sincos(float64(angle) * math.Pi / 180)
	out := make([]segment, len(p.rules))
	for i, s := range p.rules {
		out[i] = segment{s.x0*cos + s.y0*sin, -s.x0*sin + s.y0*cos, s.x1*cos + s.y1*sin, -s.x1*sin + s.y1*cos}
	}
	return out
}

// attachments counts the files within the file (7.11.4).
func (f *file) attachments() int {
	n := 0
	for _, number := range f.numbers() {
		if d, ok := f.cache[number].(dict); ok && f.name(d["Type"]) == "Filespec" && d["EF"] != nil {
			n++
		}
	}
	if n > 0 {
		return n
	}
	var walk func(v any, depth int)
	walk = func(v any, depth int) {
		node := f.dict(v)
		if node == nil || depth > 8 {
			return
		}
		n += len(f.array(node["Names"])) / 2
		for i, kid := range f.array(node["Kids"]) {
			if i < 1000 {
				walk(kid, depth+1)
			}
		}
	}
	walk(f.dict(f.dict(f.trailer["Root"])["Names"])["EmbeddedFiles"], 0)
	return n
}
