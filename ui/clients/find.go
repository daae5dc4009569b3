package clients

import (
	"fmt"
	"strings"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"claria/ui/kit"
)

// found is a search in the open text: what is searched for, and where it is.
type found struct {
	typing bool
	field  kit.Field
	query  string
	hits   []hit
	here   int // into hits
}

// hit is one place of the query: runes from..to of a line. A hit that is wrapped has a
// part on each line; the parts have the same number.
type hit struct {
	line, from, to int
	number         int // of the hit, from 0
	here           bool
}

// count is how many hits there are.
func (f *found) count() int {
	if len(f.hits) == 0 {
		return 0
	}
	return f.hits[len(f.hits)-1].number + 1
}

// folded is a text for comparing: lower case, one rune for each rune.
func folded(s string) []rune {
	runes := []rune(s)
	for i, r := range runes {
		runes[i] = unicode.ToLower(r)
	}
	return runes
}

// in searches laid out lines. A passage is searched as a whole, so that a hit may go over
// the end of a line.
func (f *found) in(lines []textLine) {
	f.hits = f.hits[:0]
	query := folded(strings.Join(strings.Fields(f.query), " "))
	if len(query) == 0 {
		return
	}
	number := 0
	for i := 0; i < len(lines); {
		if lines[i].passage == 0 {
			i++
			continue
		}
		last := i
		for last+1 < len(lines) && lines[last+1].passage == lines[i].passage {
			last++
		}
		// The passage in one piece, and for each of its runes, where it is drawn.
		var whole []rune
		var at [][2]int
		for y := i; y <= last; y++ {
			if y > i {
				whole, at = append(whole, ' '), append(at, [2]int{y, -1})
			}
			for x, r := range folded(lines[y].body) {
				whole, at = append(whole, r), append(at, [2]int{y, x})
			}
		}
		for from := 0; from+len(query) <= len(whole); {
			if !matches(whole[from:], query) {
				from++
				continue
			}
			f.add(at[from:from+len(query)], number)
			number++
			from += len(query)
		}
		i = last + 1
	}
	f.here = max(0, min(f.here, number-1))
}

func matches(text, query []rune) bool {
	for i, r := range query {
		if text[i] != r {
			return false
		}
	}
	return true
}

// add adds a hit, with a part for each line that it is on.
func (f *found) add(runes [][2]int, number int) {
	for _, at := range runes {
		if at[1] < 0 {
			continue
		}
		if n := len(f.hits); n > 0 && f.hits[n-1].number == number && f.hits[n-1].line == at[0] {
			f.hits[n-1].to = at[1] + 1
			continue
		}
		f.hits = append(f.hits, hit{line: at[0], from: at[1], to: at[1] + 1, number: number})
	}
}

// from makes the first hit from a line on the one that is looked at.
func (f *found) from(line int) {
	for _, h := range f.hits {
		if h.line >= line {
			f.here = h.number
			return
		}
	}
}

// on are the hits on a line.
func (f *found) on(line int) []hit {
	var on []hit
	for _, h := range f.hits {
		if h.line == line {
			h.here = h.number == f.here
			on = append(on, h)
		}
	}
	return on
}

// line shows what is searched for and which hit this is.
func (f *found) line(t *kit.Theme, w int) string {
	count := "not found"
	if n := f.count(); n > 0 {
		count = fmt.Sprintf("%d of %d", f.here+1, n)
	}
	if f.query == "" {
		count = ""
	}
	if !f.typing {
		return kit.Ends(" "+t.Accent("/ ")+kit.Steady(f.query)+t.Dim("  n next  N previous"), t.Dim(count), w)
	}
	room := max(4, w-3-1-len(count))
	return kit.Fit(" "+t.Accent("/ ")+f.field.View(room)+" "+t.Dim(count), w)
}

// find begins to search in the open text.
func (v *preview) find() {
	v.found.typing, v.found.field = true, kit.NewField(v.found.query)
}

// typed takes a key while the query is typed: enter keeps it, esc removes it.
func (v *preview) typed(msg tea.Msg) {
	if press, ok := msg.(tea.KeyPressMsg); ok {
		switch press.String() {
		case "esc":
			v.found = found{}
			return
		case "enter":
			v.found.typing = false
			if v.found.query == "" {
				v.found = found{}
			}
			return
		}
	}
	v.found.field.Update(msg)
	if query := v.found.field.Value(); query != v.found.query {
		v.found.query, v.found.here = query, 0
		v.found.in(v.lines)
		v.toHit(0)
	}
}

// toHit goes to the hit that is a number of hits further, around the end.
func (v *preview) toHit(by int) {
	n := v.found.count()
	if n == 0 {
		return
	}
	v.found.here = ((v.found.here+by)%n + n) % n
	for _, h := range v.found.hits {
		if h.number == v.found.here {
			if h.line < v.scroll || h.line >= v.scroll+v.height {
				v.scroll = max(0, h.line-v.height/3)
			}
			return
		}
	}
}
