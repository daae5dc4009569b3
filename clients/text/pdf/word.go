package pdf

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is a run of glyphs on one baseline without a gap or a space in it.
type word struct {
	x0, x1, y float64 // along and across the direction of writing, in points
	size      float64
	angle     int // of writing, in degrees
	bold      bool
	kind      wordKind
	script    int // 1: raised, -1: lowered, as an exponent or the mark of a note
	spaces    int // space characters drawn before it
	run       int // which placing of text on the page drew it
	seq       int // its place in the order of drawing
	text      string
	glyphs    []glyph // of a word from right to left, in the order of drawing

	paint    int // when it was drawn, among all painting
	color    color
	unseen   Reason // why nobody sees it; empty: it is seen
	running  Kind   // Header or Footer, when the file says so
	unmapped int    // letters of it that have no text
	struck   bool
	grid     *table // a ruled table in the place of a word
}

// wordKind says where a word comes from.
type wordKind int

const (
	drawn wordKind = iota
	value          // filled into a form
	box            // a ticked or empty box of a form
)

// glyph is one glyph of a word from right to left.
type glyph struct {
	x    float64
	text string
}

// Gaps, as multiples of the font size: at least wordGap separates words, less is
// kerning, and at least wideGap separates columns.
const (
	wordGap = 0.14
	wideGap = 1.4
)

// mid is a point in the middle of the word's letters.
func (w word) mid() (x, y float64) { return (w.x0 + w.x1) / 2, w.y + 0.3*w.size }

// onPage turns a point of the word's own axes into the page's.
func onPage(angle int, x, y float64) (float64, float64) {
	sin, cos := math.Sincos(float64(angle) * math.Pi / 180)
	return x*cos - y*sin, x*sin + y*cos
}

// glyph appends one glyph to the current word or begins another. at places a glyph of
// size 1; width is a part of that size.
func (c *canvas) glyph(at matrix, width, spacing float64, says string, unmapped bool) {
	size, length := math.Hypot(at[2], at[3]), math.Hypot(at[0], at[1])
	if length == 0 || math.IsNaN(size+length) || math.IsInf(size+length, 0) || math.Abs(at[4])+math.Abs(at[5]) > 1e7 {
		c.lostAt(says)
		return
	}
	dx, dy := at[0]/length, at[1]/length
	x, y := at[4]*dx+at[5]*dy, -at[4]*dy+at[5]*dx
	angle := int(math.Round(math.Atan2(dy, dx) * 180 / math.Pi))
	if angle == -180 {
		angle = 180
	}
	if strings.TrimSpace(says) == "" && says != "" {
		c.flush()
		c.spaces++
		return
	}
	right := x + width*length
	o := &c.open
	if says == "" {
		if o.text != "" && angle == o.angle && math.Abs(y-o.y) < 0.05*size {
			o.x1 = max(o.x1, right)
		}
		return // a text in the place of several glyphs was written with the first
	}
	if o.text != "" {
		switch same := angle == o.angle && math.Abs(y-o.y) < 0.05*size && math.Abs(size-o.size) < 0.03*size && c.state.font.bold == o.bold; {
		case same && isMark(says) && len(o.glyphs) > 0:
			o.glyphs[len(o.glyphs)-1].text += says
			return
		case same && (isRight(says) || len(o.glyphs) > 0) && math.Abs(o.x0-right) < wordGap*size:
			o.glyphs, o.x0 = append(c.asGlyphs(), glyph{x, says}), x
			return
		case same && x-o.x1 < wordGap*size && x-o.x1 > -0.3*size && x >= o.x0:
			if isRight(says) || len(o.glyphs) > 0 {
				o.glyphs = append(c.asGlyphs(), glyph{x, says})
			} else {
				c.letters.WriteString(says)
				o.text = "+"
			}
			o.x1 = right + spacing
			o.unmapped += count(unmapped)
			return
		}
	}
	c.begin(word{x0: x, x1: right + spacing, y: y, size: size, angle: angle}, says, unmapped)
}

// begin starts a word with its first glyph.
func (c *canvas) begin(w word, says string, unmapped bool) {
	c.flush()
	w.bold, w.spaces, w.run, w.paint, w.color = c.state.font.bold, c.spaces, c.runs, c.order, c.state.inkColor()
	w.unmapped, w.running, w.text = count(unmapped), c.running(), "+"
	w.unseen = c.unseen(w)
	c.spaces = 0
	if isRight(says) {
		w.glyphs = []glyph{{w.x0, says}}
	} else {
		c.letters.WriteString(says)
	}
	c.open = w
}

// asGlyphs are the glyphs of the open word; what was collected as plain letters becomes
// the first.
func (c *canvas) asGlyphs() []glyph {
	if c.letters.Len() > 0 && len(c.open.glyphs) == 0 {
		c.open.glyphs = append(c.open.glyphs, glyph{c.open.x0, c.letters.String()})
		c.letters.Reset()
	}
	return c.open.glyphs
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// flush ends the current word. A word drawn again in the same place, which some programs
// do for bold, counts once.
func (c *canvas) flush() {
	w := c.open
	if w.text == "" {
		return
	}
	if x, y := onPage(w.angle, (w.x0+w.x1)/2, w.y+0.3*w.size); w.unseen == "" && !c.openClip.has(x, y, 2) {
		w.unseen = Hidden
	}
	w.text = c.letters.String()
	c.letters.Reset()
	c.open = word{}
	if len(w.glyphs) > 0 {
		var visual strings.Builder
		slices.SortStableFunc(w.glyphs, func(a, b glyph) int { return cmp.Compare(a.x, b.x) })
		for _, g := range w.glyphs {
			visual.WriteString(g.text)
		}
		w.text = visual.String()
	}
	w.text = strings.TrimSpace(strings.Map(Symbol, plainLetters.Replace(w.text)))
	if w.text == "" {
		return
	}
	if len(c.words) >= maxWords {
		c.full = true
		return
	}
	for i := len(c.words) - 1; i >= max(0, len(c.words)-3); i-- {
		l := c.words[i]
		if l.text == w.text && l.angle == w.angle && math.Abs(l.x0-w.x0) < 0.12*w.size && math.Abs(l.y-w.y) < 0.12*w.size {
			return
		}
	}
	w.seq = len(c.words)
	c.words = append(c.words, w)
}

// lostAt counts a glyph that cannot be placed: it has no size.
func (c *canvas) lostAt(says string) {
	if strings.TrimSpace(says) == "" {
		c.flat = false
		return
	}
	if !c.flat {
		c.hidden[Hidden]++ // a word of glyphs without a size counts once
	}
	c.flat = true
}

// isRight reports whether a text is written from right to left.
func isRight(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return rightRune(r)
}

func rightRune(r rune) bool {
	switch {
	case r < 0x590, unicode.Is(unicode.Nd, r):
		return false
	}
	return r <= 0x8ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfeff || r >= 0x10800 && r <= 0x10fff
}

func isMark(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.Is(unicode.Mn, r)
}
