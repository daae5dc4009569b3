package pdf

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// paragraphs writes lines that are no table: headings, items and paragraphs, by their
// distance, indent and size.
func (l *composer) paragraphs(p *page, all []*line) {
	for i := 0; i < len(all); {
		first := all[i]
		text := first.say()
		block := Block{Page: p.number, Kind: Paragraph}
		j := i + 1
		switch {
		case first.form():
			i = j
			for _, one := range first.fields() {
				l.out = append(l.out, Block{Page: p.number, Kind: Field, Cells: []string{one}})
			}
			continue
		case l.heading(first, text):
			block.Kind, block.Level = Heading, 2
			if first.size > 1.35*l.body {
				block.Level = 1
			}
			for ; j < len(all) && together(all[i:j], all[j]) && all[j].bold == first.bold; j++ {
				text += " " + all[j].say()
			}
		default:
			if l.footnote(p, first) {
				block.Kind = Footnote
			} else if first.bulleted() {
				block.Kind = Item
			}
			for ; j < len(all) && together(all[i:j], all[j]) && (!all[j].bulleted() || dashed(all[i], all[j-1], all[j])); j++ {
				text = l.hyphens.join(text, all[j].say())
			}
		}
		if i > 0 || block.Kind != Paragraph || !l.goesOn(text, p.number) {
			block.Cells = []string{text}
			l.out = append(l.out, block)
		}
		i, l.divided = j, false
	}
}

// goesOn joins a text to the paragraph that the end of a page or column divided.
func (l *composer) goesOn(text string, page int) bool {
	first, _ := utf8.DecodeRuneInString(text)
	if !unicode.IsLower(first) || !l.divided {
		return false
	}
	for i := len(l.out) - 1; i >= 0 && l.out[i].Page >= page-1; i-- {
		switch b := &l.out[i]; b.Kind {
		case Header, Footer, Footnote, Note:
		case Paragraph, Item:
			if strings.ContainsAny(b.Cells[0][len(b.Cells[0])-1:], ".:;!?)") {
				return false
			}
			b.Cells[0] = l.hyphens.join(b.Cells[0], text)
			return true
		default:
			return false
		}
	}
	return false
}

// dashed reports whether a dash at the start of a line is one between words of a text: the
// line before is full, and the text began without.
func dashed(first, last, next *line) bool {
	return slices.Contains([]string{"–", "—", "-"}, next.words[0].text) && !first.bulleted() && math.Abs(next.x0-last.x0) < 1 &&
		last.right-last.x1 < next.words[1].x1-next.x0+next.size
}

func (l *line) say() string {
	var b strings.Builder
	for i, s := range l.spans() {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(say(s.words))
	}
	return b.String()
}

func (l *composer) heading(first *line, text string) bool {
	if first.bulleted() && (!first.bold || !section.MatchString(first.words[0].text)) {
		return false
	}
	return first.size > 1.12*l.body && len(text) < 200 || first.bold && len(text) < 90 && !strings.HasSuffix(text, ".")
}

// footnote reports whether a line begins a note at the end of a page: it is small, low,
// and begins with its mark.
func (l *composer) footnote(p *page, first *line) bool {
	w := first.words[0]
	if len(first.words) < 2 {
		return false
	}
	small := first.size < 0.95*l.body
	marked := w.script > 0 || strings.Trim(w.text, "*†‡§") == "" || small && marker.MatchString(w.text+".")
	afterRow := len(l.out) > 0 && l.out[len(l.out)-1].Kind == Row
	return marked && (small || w.script > 0 || strings.HasPrefix(w.text, "*") && afterRow) || l.marks[w.text] && l.low(p, first)
}

// low reports whether a line stands in the lower part of its page.
func (l *composer) low(p *page, first *line) bool { return first.y-p.bottom < 0.4*p.high }

// reach sets for each line how far the lines with the same left edge extend.
func reach(all []*line) {
	for i := range all {
		far := all[i].x1
		for j := max(0, i-40); j < min(len(all), i+40); j++ {
			if math.Abs(all[j].x0-all[i].x0) < 3*all[i].size && math.Abs(all[j].size-all[i].size) < 0.1*all[i].size && len(all[j].spans()) == 1 {
				far = max(far, all[j].x1)
			}
		}
		all[i].right = far
	}
}

// together reports whether a line continues the paragraph before it.
func together(paragraph []*line, next *line) bool {
	last := paragraph[len(paragraph)-1]
	gap := last.y - next.y
	lead := 1.65 * last.size
	if len(paragraph) > 1 {
		lead = 1.2 * (paragraph[len(paragraph)-2].y - last.y)
	}
	switch {
	case next.form() || last.form():
		return false
	case math.Abs(next.size-last.size) > 0.1*last.size, gap <= 0, gap > lead, next.bold != last.bold && next.bold:
		return false
	}
	// A line that ends well before the others do ends its paragraph, if the next line's
	// first word had room in it.
	if last.x1 < last.right-0.22*(last.right-last.x0) && last.right-last.x1 > next.words[0].x1-next.words[0].x0 {
		return false
	}
	indent := last.x0
	if first := paragraph[0]; len(paragraph) == 1 && first.bulleted() {
		indent = first.words[first.bullet()].x0
	}
	if len(paragraph) > 1 {
		return next.x0 < indent+0.8*next.size // an indent begins another
	}
	return math.Abs(next.x0-indent) < 4*next.size
}
