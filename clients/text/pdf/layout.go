package pdf

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// page is a page's pieces in the order they were drawn.
type page struct {
	number int
	pieces []piece
}

// line is pieces side by side.
type line struct {
	page       int
	x0, x1, y  float64
	size       float64
	bold       bool
	angle      int
	cells      []string
	right      float64 // how far lines of this column reach
	fromFields bool
}

// layout turns pieces into passages: lines, then paragraphs by their distance,
// indent and size.
func layout(pages []page) []Block {
	var lines []line
	for _, p := range pages {
		own := join(ordered(p), p.number)
		reach(own)
		lines = append(lines, own...)
	}
	if len(lines) == 0 {
		return nil
	}
	body := bodySize(lines)
	hyphens := newHyphens(lines)
	bullet := regexp.MustCompile(`^([•‣◦▪●○■□–—*·-]|\(?[0-9]{1,3}[.)]|[a-z]\.|\(?[a-zA-Z]\))\s+\S`)
	var out []Block
	for i := 0; i < len(lines); {
		first := lines[i]
		block := Block{Page: first.page, Cells: slices.Clone(first.cells)}
		j := i + 1
		switch {
		case len(first.cells) > 1:
			block.Kind = Row
		case first.size > 1.12*body || first.bold && len(first.cells[0]) < 90 && !strings.HasSuffix(first.cells[0], "."):
			block.Kind, block.Level = Heading, 2
			if first.size > 1.35*body {
				block.Level = 1
			}
			for ; j < len(lines) && together(lines[i:j], lines[j]) && lines[j].bold == first.bold; j++ {
				block.Cells[0] += " " + lines[j].cells[0]
			}
		default:
			if bullet.MatchString(first.cells[0]) {
				block.Kind = Item
			}
			for ; j < len(lines) && together(lines[i:j], lines[j]) && !bullet.MatchString(lines[j].cells[0]); j++ {
				block.Cells[0] = hyphens.join(block.Cells[0], lines[j].cells[0])
			}
		}
		out = append(out, block)
		i = j
	}
	return out
}

// ordered returns a page's pieces in reading order. Most programs draw in that order.
// A few jump up the page again and again; their pieces are sorted.
func ordered(p page) []piece {
	up, moves := 0, 0
	for i := 1; i < len(p.pieces); i++ {
		a, b := p.pieces[i-1], p.pieces[i]
		if a.angle != b.angle || abs64(a.y-b.y) < 0.5*max(a.size, b.size) {
			continue
		}
		moves++
		if b.y > a.y {
			up++
		}
	}
	if up*4 <= moves || moves < 8 {
		return p.pieces
	}
	out := slices.Clone(p.pieces)
	slices.SortStableFunc(out, func(a, b piece) int {
		if a.angle != b.angle {
			return cmp.Compare(a.angle, b.angle)
		}
		return cmp.Or(cmp.Compare(math.Round(b.y/3), math.Round(a.y/3)), cmp.Compare(a.x0, b.x0))
	})
	return out
}

// join makes lines from pieces that follow each other to the right.
func join(pieces []piece, page int) []line {
	var out []line
	for _, p := range pieces {
		if n := len(out); n > 0 {
			l := &out[n-1]
			if l.angle == p.angle && abs64(l.y-p.y) < 0.5*max(l.size, p.size) && p.x0 >= l.x1-0.3*p.size {
				gap := p.x0 - l.x1
				last := &l.cells[len(l.cells)-1]
				ticked := len(*last) == 3 && strings.HasPrefix(*last, "[")
				if gap < wideGap*p.size || p.field && strings.HasSuffix(*last, ":") || ticked {
					*last += glue(gap, p.size, l.fromFields || p.field) + p.text
				} else {
					l.cells = append(l.cells, p.text)
				}
				l.x1, l.size, l.bold = p.x1, max(l.size, p.size), l.bold && p.bold
				l.fromFields = l.fromFields || p.field
				continue
			}
		}
		out = append(out, line{
			page: page, x0: p.x0, x1: p.x1, y: p.y, size: p.size, bold: p.bold, angle: p.angle,
			cells: []string{p.text}, fromFields: p.field,
		})
	}
	return bulleted(out)
}

// glue returns the text between two pieces of one cell.
func glue(gap, size float64, field bool) string {
	if gap > wordGap*size || field {
		return " "
	}
	return ""
}

// bulleted joins "•" and the text after its gap, which look like two cells, into one
// list item.
func bulleted(lines []line) []line {
	for i := range lines {
		c := lines[i].cells
		if len(c) == 2 && utf8.RuneCountInString(c[0]) <= 3 && strings.IndexFunc(c[0], unicode.IsLetter) < 0 &&
			(strings.ContainsAny(c[0], "•‣◦▪●○■□–—*·-") || strings.HasSuffix(c[0], ".") || strings.HasSuffix(c[0], ")")) {
			lines[i].cells = []string{c[0] + " " + c[1]}
		}
	}
	return lines
}

// reach sets for each line how far the lines with the same left edge extend.
func reach(lines []line) {
	for i := range lines {
		far := lines[i].x1
		for j := max(0, i-40); j < min(len(lines), i+40); j++ {
			if lines[j].angle == lines[i].angle && abs64(lines[j].x0-lines[i].x0) < 3*lines[i].size && len(lines[j].cells) == 1 {
				far = max(far, lines[j].x1)
			}
		}
		lines[i].right = far
	}
}

// bodySize is the size that most letters have.
func bodySize(lines []line) float64 {
	letters := map[float64]int{}
	for _, l := range lines {
		for _, c := range l.cells {
			letters[math.Round(l.size*2)/2] += len(c)
		}
	}
	best, most := 0.0, -1
	for size, n := range letters {
		if n > most || n == most && size < best {
			best, most = size, n
		}
	}
	return best
}

// together reports whether a line continues the paragraph before it.
func together(paragraph []line, next line) bool {
	last := paragraph[len(paragraph)-1]
	gap := last.y - next.y
	lead := 1.65 * last.size
	if len(paragraph) > 1 {
		lead = 1.2 * (paragraph[len(paragraph)-2].y - last.y)
	}
	switch {
	case next.page != last.page, next.angle != last.angle, len(next.cells) > 1, next.fromFields || last.fromFields:
		return false
	case abs64(next.size-last.size) > 0.1*last.size, gap <= 0, gap > lead, next.bold != last.bold && next.bold:
		return false
	}
	// A line that ends well before the others do ends its paragraph.
	if last.x1 < last.right-0.22*(last.right-last.x0) {
		return false
	}
	if len(paragraph) > 1 {
		return next.x0 < last.x0+0.8*next.size // an indent begins another
	}
	return abs64(next.x0-last.x0) < 4*next.size
}

// hyphens decides whether a hyphen at the end of a line belongs to the word: it looks
// for the word elsewhere in the document.
type hyphens struct{ words map[string]bool }

func newHyphens(lines []line) hyphens {
	h := hyphens{words: map[string]bool{}}
	for _, l := range lines {
		for _, c := range l.cells {
			for word := range strings.FieldsSeq(c) {
				if len(h.words) < 200_000 {
					h.words[strings.ToLower(strings.Trim(word, ".,;:!?()“”\"'’"))] = true
				}
			}
		}
	}
	return h
}

func (h hyphens) join(a, b string) string {
	head, ok := strings.CutSuffix(a, "-")
	if !ok {
		if head, ok = strings.CutSuffix(a, "\u00ad"); !ok {
			head, ok = strings.CutSuffix(a, "\u2010")
		}
	}
	next, _ := utf8.DecodeRuneInString(b)
	before, _ := utf8.DecodeLastRuneInString(head)
	if !ok || !unicode.IsLetter(before) {
		return a + " " + b
	}
	if !unicode.IsLower(next) {
		return a + b
	}
	left, right := head[strings.LastIndex(head, " ")+1:], b
	if i := strings.IndexByte(b, ' '); i >= 0 {
		right = b[:i]
	}
	clean := func(s string) string { return strings.ToLower(strings.Trim(s, ".,;:!?()“”\"'’")) }
	if h.words[clean(left+"-"+right)] && !h.words[clean(left+right)] || compounds[clean(left)] {
		return a + b
	}
	return head + b
}

// compounds begin words that keep their hyphen.
var compounds = map[string]bool{
	"self": true, "well": true, "non": true, "co": true, "pre": true, "post": true, "mid": true, "ex": true, "half": true, "high": true,
	"low": true, "follow": true, "part": true, "full": true, "long": true, "short": true, "one": true, "two": true, "three": true,
	"four": true, "five": true, "year": true, "age": true, "parent": true, "teacher": true, "anti": true, "semi": true, "above": true,
	"below": true, "problem": true, "decision": true, "day": true, "school": true, "peer": true, "time": true, "in": true,
}
