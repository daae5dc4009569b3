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

// line is words on one baseline, from left to right.
type line struct {
	words     []word
	x0, x1, y float64
	size      float64
	bold      bool
	split     bool    // each word stands over a column of its own
	parts     []span  // what spans returned
	right     float64 // how far the lines of its column reach
}

// lines puts words onto their baselines, from the top down.
func lines(words []word) []*line {
	words = slices.Clone(words)
	slices.SortStableFunc(words, func(a, b word) int { return cmp.Or(cmp.Compare(b.y, a.y), cmp.Compare(a.x0, b.x0)) })
	words = raise(words)
	var out []*line
	for _, w := range words {
		var home *line
		for i := len(out) - 1; i >= max(0, len(out)-4) && home == nil; i-- {
			if l := out[i]; w.grid == nil && l.words[0].grid == nil && math.Abs(l.y-w.y) < 0.3*max(l.size, w.size) {
				home = l
			}
		}
		if home == nil {
			home = &line{y: w.y, size: w.size}
			out = append(out, home)
		}
		if w.size > home.size*1.05 {
			home.y = w.y
		}
		home.words, home.size = append(home.words, w), max(home.size, w.size)
	}
	for _, l := range out {
		l.close()
	}
	slices.SortStableFunc(out, func(a, b *line) int { return cmp.Compare(b.y, a.y) })
	return out
}

// close sorts a line's words and sets what follows from them.
func (l *line) close() {
	slices.SortStableFunc(l.words, func(a, b word) int { return cmp.Compare(a.x0, b.x0) })
	l.x0, l.x1, l.bold = math.Inf(1), math.Inf(-1), true
	for _, w := range l.words {
		l.x0, l.x1 = min(l.x0, w.x0), max(l.x1, w.x1)
		l.bold = l.bold && (w.bold || w.kind != drawn)
	}
}

// raise finds small words beside the upper or lower part of a larger one: exponents and
// marks of notes. They take the larger word's baseline. The words are sorted from the top.
func raise(words []word) []word {
	var up, down []int
	large := 0.0
	for _, w := range words {
		large = max(large, w.size)
	}
	for i := range words {
		w := &words[i]
		if w.size > 0.86*large || w.script != 0 || w.grid != nil || utf8.RuneCountInString(w.text) > 6 {
			continue
		}
		best := -1
		for j := i - 1; j >= 0 && words[j].y-w.y < 30 && i-j < 200; j-- {
			if scriptOf(*w, words[j]) < 0 {
				best = nearer(words, best, j, w.x0)
			}
		}
		for j := i + 1; j < len(words) && w.y-words[j].y < 30 && j-i < 200; j++ {
			if scriptOf(*w, words[j]) > 0 {
				best = nearer(words, best, j, w.x0)
			}
		}
		if best >= 0 {
			if scriptOf(*w, words[best]) > 0 {
				up = append(up, i, best)
			} else {
				down = append(down, i, best)
			}
		}
	}
	for i := 0; i+1 < len(up); i += 2 {
		words[up[i]].y, words[up[i]].script = words[up[i+1]].y, 1
	}
	for i := 0; i+1 < len(down); i += 2 {
		words[down[i]].y, words[down[i]].script = words[down[i+1]].y, -1
	}
	slices.SortStableFunc(words, func(a, b word) int { return cmp.Compare(b.y, a.y) })
	return words
}

func nearer(words []word, best, j int, x float64) int {
	if best < 0 || math.Abs(words[j].x1-x) < math.Abs(words[best].x1-x) {
		return j
	}
	return best
}

// scriptOf is 1 when a small word is raised beside a larger one, -1 when it is lowered.
func scriptOf(small, large word) int {
	if small.size > 0.86*large.size || large.script != 0 || large.grid != nil || small.kind != drawn || large.kind != drawn {
		return 0
	}
	gap, rise := small.x0-large.x1, (small.y-large.y)/large.size
	before := large.x0 - small.x1 // the mark before a footnote
	switch {
	case (gap > 0.5*large.size || gap < -0.2*large.size) && (before < -0.2*large.size || before > 0.5*large.size):
		return 0
	case rise > 0.14 && rise < 0.75:
		return 1
	case rise < -0.06 && rise > -0.4:
		return -1
	}
	return 0
}

// natural reports whether the gap between two neighbours of a line is a space within a
// text and not a step to another column.
func natural(a, b word) bool {
	gap, size := b.x0-a.x1, max(a.size, b.size)
	switch {
	case a.grid != nil || b.grid != nil:
		return false
	case b.script != 0 || a.script != 0:
		return gap < 0.6*size
	case a.kind != drawn || b.kind != drawn:
		return gap < size
	case utf8.RuneCountInString(a.text) == 1 && strings.Contains(boxSigns, a.text):
		return gap < 1.6*size
	case a.run == b.run && b.seq == a.seq+1 && b.spaces <= 1:
		return gap < 1.2*size
	case b.seq == a.seq+1 && b.spaces == 1:
		return gap < 0.7*size
	}
	return gap < 0.42*size
}

// boxSigns are drawn before the options of a list.
const boxSigns = "□■☐☑☒✓✔✗✘○●❏❑❒❍"

// marker matches the bullet or the number of a list item.
var marker = regexp.MustCompile(`^([•‣◦▪●○■□–—*·▫➢➤✓❖-]|` +
	`\(?[0-9]{1,3}(\.[0-9]{1,2}){0,3}[.)]|\(?[a-zA-Z]{1,2}[.)]|\(?[ivxlcIVXLC]{1,7}[.)])$`)

// counted matches the number of a list item that has a name, as "Goal 2:".
var counted = regexp.MustCompile(`^\pL+ [0-9]{1,3}[:.)]$`)

// bullet is how many words of a line are the bullet or the number of a list item.
func (l *line) bullet() int {
	is := func(n int) bool {
		return len(l.words) > n && l.words[n].x0-l.words[n-1].x1 < 5*l.size && l.words[n].grid == nil &&
			(l.words[n].x0-l.words[n-1].x1 > wordGap*l.size || l.words[n].spaces > 0)
	}
	switch {
	case len(l.words[0].text) > 24:
		return 0
	case is(1) && marker.MatchString(l.words[0].text):
		return 1
	case l.bold && is(1) && section.MatchString(l.words[0].text) && l.titled():
		return 1
	case is(2) && l.words[2].x0-l.words[1].x1 > l.size && counted.MatchString(l.words[0].text+" "+l.words[1].text):
		return 2
	}
	return 0
}

// section matches the number of a heading.
var section = regexp.MustCompile(`^[0-9]{1,2}(\.[0-9]{1,2}){0,3}$`)

// titled reports whether words without gaps follow the first.
func (l *line) titled() bool {
	r, _ := utf8.DecodeRuneInString(l.words[1].text)
	for i := 2; i < len(l.words); i++ {
		if !natural(l.words[i-1], l.words[i]) {
			return false
		}
	}
	return unicode.IsLetter(r)
}

// bulleted reports whether a line begins with a bullet or a number and its text.
func (l *line) bulleted() bool { return l.bullet() > 0 }

// span is a part of a line without a gap that could be a column's.
type span struct {
	x0, x1 float64
	words  []word
}

// spans cuts a line at the gaps that are not natural. A bullet stays with its text.
func (l *line) spans() []span {
	if l.parts != nil {
		return l.parts
	}
	var out []span
	first := l.bullet()
	for i, w := range l.words {
		if i > 0 && !l.split && (natural(l.words[i-1], w) || i <= first) {
			s := &out[len(out)-1]
			s.words, s.x1 = append(s.words, w), max(s.x1, w.x1)
			continue
		}
		out = append(out, span{w.x0, w.x1, l.words[i : i+1 : i+1]})
	}
	l.parts = out
	return out
}

// say is the text of words on one line.
func say(words []word) string {
	for _, w := range words {
		if len(w.glyphs) > 0 || strings.ContainsFunc(w.text, rightRune) {
			return accented.Replace(logical(words))
		}
	}
	var b strings.Builder
	for i, w := range words {
		begins, ends := w.struck && (i == 0 || !words[i-1].struck), i > 0 && words[i-1].struck && !w.struck
		if ends {
			b.WriteString("~~")
		}
		if i > 0 {
			b.WriteString(between(words[i-1], w))
		}
		if begins {
			b.WriteString("~~")
		}
		b.WriteString(scripted(words, i))
	}
	if len(words) > 0 && words[len(words)-1].struck {
		b.WriteString("~~")
	}
	return accented.Replace(b.String())
}

// between is what separates two words of a text.
func between(a, b word) string {
	gap, size := b.x0-a.x1, max(a.size, b.size)
	switch {
	case b.script != 0 && b.seq == a.seq+1 && b.spaces > 0 && gap > 0.2*size:
		return " "
	case b.script != 0 && gap < 0.5*size:
		return ""
	case a.script != 0 && gap < 0.08*size && b.spaces == 0:
		return ""
	case a.kind != drawn || b.kind != drawn || a.script != 0 && gap > 0.1*size:
		return " "
	case b.seq == a.seq+1 && b.spaces > 0, gap > wordGap*size:
		return " "
	}
	return ""
}

// scripted is a word's text, raised or lowered where it is drawn so.
func scripted(words []word, i int) string {
	w := words[i]
	switch w.script {
	case 1:
		if i > 0 && !power(words[i-1].text, w.text) || i == 0 {
			return noteMark(w.text, i == 0)
		}
		return inSmall(w.text, superscripts, "^")
	case -1:
		return inSmall(w.text, subscripts, "")
	}
	return w.text
}

// units may have an exponent. After any other word or number, a raised number is the mark
// of a note.
var units = set("10 m cm mm km dm in ft s kg/m mg/m R r χ η ω ε x n X L h min chi d f e")

func power(base, raised string) bool {
	switch {
	case raised == "st" || raised == "nd" || raised == "rd" || raised == "th" || raised == "o" || raised == "TM":
		return true
	case strings.IndexFunc(raised, func(r rune) bool { return !unicode.IsDigit(r) && r != '-' && r != '−' && r != '+' }) >= 0:
		return false
	}
	last := base[strings.LastIndexAny(base, "×·*/(= ")+1:]
	return units[base] || units[last] || strings.HasPrefix(raised, "-") || strings.HasPrefix(raised, "−")
}

// noteMark keeps the mark of a note apart from the number before it.
func noteMark(s string, first bool) string {
	switch {
	case !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsDigit(r) || unicode.IsLetter(r) }):
		return s
	case first:
		return "[" + s + "] "
	}
	return " [" + s + "]"
}

var (
	superscripts = map[rune]rune{
		'0': '⁰', '1': '¹', '2': '²', '3': '³', '4': '⁴', '5': '⁵', '6': '⁶', '7': '⁷', '8': '⁸', '9': '⁹',
		'+': '⁺', '-': '⁻', '−': '⁻',
	}
	subscripts = map[rune]rune{
		'0': '₀', '1': '₁', '2': '₂', '3': '₃', '4': '₄', '5': '₅', '6': '₆', '7': '₇', '8': '₈', '9': '₉',
	}
)

// inSmall writes each character in its small form. If one has none, all stay after a sign.
func inSmall(s string, small map[rune]rune, sign string) string {
	var b strings.Builder
	for _, r := range s {
		if small[r] == 0 {
			if strings.IndexFunc(s, unicode.IsDigit) < 0 {
				return s
			}
			return sign + s
		}
		b.WriteRune(small[r])
	}
	return b.String()
}

// bullets writes the dots and squares that a browser draws before the items of a list.
func bullets(words []word, dots []rect) []word {
	if len(dots) > 300 {
		return words // a chart
	}
	out := words
	for _, d := range dots {
		var item *word
		beside := false
		for i := range words {
			w := &words[i]
			if y := (d.y0 + d.y1) / 2; w.grid != nil || w.kind != drawn || math.Abs(w.y+0.32*w.size-y) > 0.3*w.size || d.x1-d.x0 > 0.6*w.size {
				continue
			}
			beside = beside || w.x1 > d.x0-1.5*w.size && w.x0 < d.x1
			if w.x0 >= d.x1 && w.x0-d.x1 < 2*w.size && (item == nil || w.x0 < item.x0) {
				item = w
			}
		}
		if item != nil && !beside {
			out = append(out, word{text: "•", x0: d.x0, x1: d.x1, y: item.y, size: item.size, seq: item.seq - 1, spaces: 1})
		}
	}
	return out
}
