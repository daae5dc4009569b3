package pdf

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// hyphens decides whether a hyphen at the end of a line belongs to the word: it looks
// for the word elsewhere in the document.
type hyphens struct{ words map[string]bool }

func newHyphens(pages ...*page) hyphens {
	h := hyphens{words: map[string]bool{}}
	for word := range strings.FieldsSeq(labels) {
		h.words[word] = true
	}
	for _, p := range pages {
		h.learn(p)
	}
	return h
}

func (h hyphens) learn(p *page) {
	for _, w := range p.words {
		for one := range strings.FieldsSeq(w.text) {
			if len(h.words) < 200_000 {
				h.words[strings.ToLower(strings.Trim(one, ".,;:!?()“”\"'’"))] = true
			}
		}
	}
}

// cell joins two lines of a cell. A narrow column breaks a word anywhere; it is one when
// the document has it whole elsewhere.
func (h hyphens) cell(a, b string) string {
	last, first := a[strings.LastIndexByte(a, ' ')+1:], b
	if i := strings.IndexByte(b, ' '); i >= 0 {
		first = b[:i]
	}
	before, _ := utf8.DecodeLastRuneInString(last)
	after, _ := utf8.DecodeRuneInString(first)
	if low := strings.ToLower(last); unicode.IsLetter(before) && unicode.IsLower(after) && h.words[low+first] &&
		(low == strings.ToLower(a) || len(low) > 4 && len(first) < 4 && !shortWords[first]) {
		return a + b
	}
	return h.join(a, b)
}

func (h hyphens) join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
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

// labels are long words of the labels of score tables, which narrow columns break.
const labels = "composite percentile confidence interval equivalent description qualitative descriptive classification standard scaled " +
	"comprehension reasoning processing hyperactivity inattention depression somatization internalizing externalizing adaptive " +
	"communication attention withdrawal atypicality aggression informant medication minutes missed"
