//go:build conformance

package files

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"claria/clients/text"
)

// score is what is measured for one maker and format.
type score struct {
	files, refused                                   int
	words, extra, paragraphs, cells, header, numbers share
	marks, fields, turns                             share
	shifted                                          int
}

// The least that passes, in percent.
const (
	leastWords = 98
	leastCells = 95
	leastLists = 100
	leastMarks = 100
)

// fault is what a person looks at.
type fault struct{ file, what string }

// TestReadings compares the readings of all documents, and prints what it measures for
// each maker and format.
func TestReadings(t *testing.T) {
	scores := map[string]*score{}
	var faults []fault
	for _, d := range documents(t) {
		key := d.Maker + " " + d.Format
		if scores[key] == nil {
			scores[key] = &score{}
		}
		scores[key].files++
		j := judgement{d: d, s: scores[key], r: d.read(t, d.bytesOf(t))}
		j.judge(d.judged(t))
		for _, what := range j.faults {
			faults = append(faults, fault{d.File, what})
		}
	}
	keep(t, "differences", faults)
	t.Log("\n" + printed(scores))
	for _, key := range keys(scores) {
		s := scores[key]
		least(t, key, "words", s.words, leastWords)
		least(t, key, "words that the document has", s.extra, leastWords)
		least(t, key, "whole paragraphs", s.paragraphs, leastWords)
		least(t, key, "cells in the right column", s.cells, leastCells)
		least(t, key, "headers of columns", s.header, leastCells)
		least(t, key, "list numbers", s.numbers, leastLists)
		least(t, key, "marks", s.marks, leastMarks)
		least(t, key, "fields", s.fields, leastMarks)
		least(t, key, "turns", s.turns, leastMarks)
	}
}

func least(t *testing.T, key, what string, s share, percent int) {
	t.Helper()
	if s.right*100 < s.all*percent {
		t.Errorf("%s: %s: %d of %d are right, fewer than %d %%", key, what, s.right, s.all, percent)
	}
}

// keep writes the faults beside the documents: they are too many for a test's output.
func keep(t *testing.T, name string, faults []fault) {
	t.Helper()
	var out strings.Builder
	for _, f := range faults {
		fmt.Fprintf(&out, "%s: %s\n", f.file, f.what)
	}
	path := cmp.Or(os.Getenv("CONFORMANCE_FAULTS"), folder(t)) + "/" + name + ".txt"
	if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if len(faults) > 0 {
		t.Logf("%d listed in %s", len(faults), path)
	}
}

// judgement compares one reading.
type judgement struct {
	d      told
	s      *score
	r      text.Reading
	faults []string
}

func (j *judgement) fault(format string, args ...any) {
	j.faults = append(j.faults, fmt.Sprintf(format, args...))
}

func (j *judgement) judge(judged []string) {
	d := j.d
	if d.Refused {
		j.refusal()
		return
	}
	if j.r.Problem != "" && d.Encoding == "mac-roman" && strings.Contains(j.r.Problem, "encoding") {
		j.s.refused++
		return
	}
	if j.r.Problem != "" {
		j.fault("not read: %s", j.r.Problem)
	}
	j.words(judged)
	j.tables()
	j.lists()
	j.marks()
	for _, p := range d.Paragraphs {
		ok := whole(p, j.r)
		j.s.paragraphs.add(ok)
		if !ok {
			j.fault("no passage has the whole paragraph %q", p)
		}
	}
	for _, turn := range d.Turns {
		ok := slices.ContainsFunc(j.r.Passages, func(p text.Passage) bool {
			return p.Kind == text.Turn && strings.Contains(plain(p.Text.Reveal()), plain(turn.Text)) &&
				strings.Contains(plain(p.Text.Reveal()), plain(turn.Speaker)) && strings.Contains(p.Place.Reveal(), turn.Start)
		})
		j.s.turns.add(ok)
		if !ok {
			j.fault("no turn of %s at %s: %q", turn.Speaker, turn.Start, turn.Text)
		}
	}
}

// refusal: a format that is not read says so, and how to save it.
func (j *judgement) refusal() {
	j.s.refused++
	ok := len(j.r.Passages) == 0 && strings.Contains(strings.ToLower(j.r.Problem), "save")
	j.s.marks.add(ok)
	if !ok {
		j.fault("the sentence does not say how to save it in another format: %q", j.r.Problem)
	}
}

func (j *judgement) words(judged []string) {
	have := readWords(j.r)
	wanted := judged
	if j.d.Judge == "generator" { // no independent reader: tables are compared with cells
		wanted = nil
		for _, p := range j.d.Paragraphs {
			wanted = append(wanted, words(p)...)
		}
	}
	wanted = lacking(wanted, words(strings.Join(j.d.Never, " "))) // some readers show what is hidden
	s := found(wanted, have)
	j.s.words.plus(s)
	if s.right < s.all {
		j.fault("%d of %d words of %s are missing: %s", s.all-s.right, s.all, j.d.Judge, some(lacking(wanted, have)))
	}
	if j.d.Judge == "generator" {
		return
	}
	extra := lacking(have, slices.Concat(judged, j.d.expected()))
	j.s.extra.plus(share{right: len(have) - len(extra), all: len(have)})
	if len(extra) > 0 {
		j.fault("%d words that %s does not show: %s", len(extra), j.d.Judge, some(extra))
	}
}

func some(words []string) string {
	if len(words) > 40 {
		words = append(slices.Clone(words[:40]), "…")
	}
	return strings.Join(words, " ")
}

func (j *judgement) tables() {
	have := rows(j.r)
	for _, want := range j.d.Tables {
		got := compareTable(want, have)
		j.s.cells.plus(got.cells)
		j.s.header.plus(got.header)
		j.s.shifted += got.shifted
		for _, wrong := range got.wrong {
			j.fault("table %s: %s", want.Name, wrong)
		}
	}
}

func (j *judgement) lists() {
	for _, want := range j.d.Numbers {
		got, known := numberOf(want.Text, j.r)
		ok := known && (bullet(got) == bullet(want.Number) || strings.HasSuffix(got, " "+plain(want.Number)))
		j.s.numbers.add(ok)
		if !ok {
			j.fault("list: expected %q, got %q (an item: %v): %q", want.Number, got, known, want.Text)
		}
	}
}

func (j *judgement) marks() {
	mark := func(ok bool, format string, args ...any) {
		j.s.marks.add(ok)
		if !ok {
			j.fault(format, args...)
		}
	}
	for _, want := range j.d.Marked {
		n := 0
		for _, p := range j.r.Passages {
			if got := plain(p.Text.Reveal()); p.Kind == want.Kind && strings.Contains(got, plain(want.Text)) && strings.Contains(got, plain(want.Author)) {
				n++
			}
		}
		mark(n == 1, "%d passages of kind %s have %q %s", n, want.Kind, want.Text, want.Author)
	}
	all := strings.Join(readWords(j.r), " ")
	for _, never := range j.d.Never {
		mark(!strings.Contains(all, plain(never)), "%q is read as text, but it is hidden or deleted", never)
	}
	for _, reason := range j.d.Left {
		ok := slices.ContainsFunc(j.r.Unread, func(u text.Unread) bool { return string(u.Reason) == reason })
		mark(ok, "that something %s was left out is not told", reason)
	}
	for _, part := range j.d.Unread {
		ok := slices.ContainsFunc(j.r.Unread, func(u text.Unread) bool {
			return strings.Contains(u.String(), part) || string(u.Reason) == part
		})
		mark(ok, "that %s was not read is not told: %v", part, j.r.Unread)
	}
	if j.d.Raised {
		texts := ""
		for _, p := range j.r.Passages {
			texts += p.Text.Reveal() + "\n"
		}
		mark(strings.Contains(texts, "10³ cells") || strings.Contains(texts, "10^3 cells"), "the raised 3 of 10³ is not marked")
		mark(!strings.Contains(texts, "851") && !strings.Contains(texts, "85 1 "), "the raised 1 of 85¹ is not marked")
	}
	if j.d.Struck != "" {
		ok := !slices.ContainsFunc(j.r.Passages, func(p text.Passage) bool {
			got := p.Text.Reveal()
			return strings.Contains(got, j.d.Struck) && !strings.Contains(got, "~~") && !strings.Contains(got, "[struck")
		})
		mark(ok, "struck %q is not marked", j.d.Struck)
	}
	for _, want := range j.d.Fields {
		ok := fieldIn(want, j.r)
		j.s.fields.add(ok)
		if !ok {
			j.fault("no passage has %q", want)
		}
	}
}

func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// printed is the table of what was measured.
func printed(scores map[string]*score) string {
	percent := func(s share) string {
		if s.all == 0 {
			return "–"
		}
		return fmt.Sprintf("%.1f", float64(s.right)*100/float64(s.all))
	}
	var out strings.Builder
	line := "%-20s %5v %7v %7v %7v %7v %7v %7v %7v %7v %7v %7v %7v\n"
	fmt.Fprintf(&out, line, "maker and format", "files", "words", "no more", "whole", "cells", "shifted", "header", "lists", "marks", "fields", "turns", "refused")
	for _, key := range keys(scores) {
		s := scores[key]
		fmt.Fprintf(&out, line, key, s.files, percent(s.words), percent(s.extra), percent(s.paragraphs), percent(s.cells), s.shifted,
			percent(s.header), percent(s.numbers), percent(s.marks), percent(s.fields), percent(s.turns), s.refused)
	}
	return out.String()
}
