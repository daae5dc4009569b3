package reports

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"claria/internal/safe"
)

// Marker is one bracket in a text that cites segments: [S3], a range [S1–S3], or a
// list [S1, S4–S6].
type Marker struct {
	Start, End int      // byte offsets in the text, brackets included
	Spans      [][2]int // first and last segment of each part; equal for a single one
}

// Numbers returns the marker's segments within 1…last, in ascending order, each once.
func (m Marker) Numbers(last int) []int {
	var numbers []int
	for _, span := range m.Spans {
		for n := max(span[0], 1); n <= min(span[1], last); n++ {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// Models write ranges with a hyphen or a dash, and lists with commas, semicolons or
// "and".
const (
	markerRange = `S\d+(?:\s*[-‐‑‒–—]\s*S?\d+)?`
	markerList  = markerRange + `(?:\s*(?:[,;]|and)\s*` + markerRange + `)*`
)

var (
	markerPattern = regexp.MustCompile(`\[\s*(` + markerList + `)\s*\]`)
	rangePattern  = regexp.MustCompile(`S(\d+)(?:\s*[-‐‑‒–—]\s*S?(\d+))?`)
)

// Markers returns the markers of a text in order.
func Markers(text string) []Marker {
	var markers []Marker
	for _, at := range markerPattern.FindAllStringSubmatchIndex(text, -1) {
		marker := Marker{Start: at[0], End: at[1]}
		for _, part := range rangePattern.FindAllStringSubmatch(text[at[2]:at[3]], -1) {
			first := segmentNumber(part[1])
			last := first
			if part[2] != "" {
				last = segmentNumber(part[2])
			}
			marker.Spans = append(marker.Spans, [2]int{first, last})
		}
		markers = append(markers, marker)
	}
	return markers
}

// beyond replaces a number that is too large for any segment.
const beyond = 1<<31 - 1

func segmentNumber(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil || n > beyond {
		return beyond
	}
	return n
}

// unknown lists the markers of a text that cite no segment in 1…last, each once, in
// order: "S99", and for a range with such an end or in descending order "S98–S102".
func unknown(text string, last int) []string {
	var found []string
	for _, marker := range Markers(text) {
		for _, span := range marker.Spans {
			if span[0] >= 1 && span[0] <= span[1] && span[1] <= last {
				continue
			}
			name := fmt.Sprintf("S%d", span[0])
			if span[0] != span[1] {
				name += fmt.Sprintf("–S%d", span[1])
			}
			if !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	return found
}

var (
	// lookalikeMarker matches text in a file that looks like one of our markers, with
	// any brackets and letters that look the same.
	lookalikeMarker = regexp.MustCompile(`[\[［【〔⟦](\s*[SsＳｓЅѕ]\s*\p{Nd}[^\[\]［］【】〔〕⟦⟧]{0,40})[\]］】〕⟧]`)
	// lookalikeOpenMarker matches one without its closing bracket, which still looks
	// like a marker.
	lookalikeOpenMarker = regexp.MustCompile(`[\[［【〔⟦](\s*[SsＳｓЅѕ]\s*\p{Nd})`)
	// lookalikeTag matches text that looks like one of our delimiters.
	lookalikeTag = regexp.MustCompile(`(?i)[<＜]\s*(/?)\s*(` + recordName + `|` + earlierName + `|` + wishesName + `)\b`)
)

// neutral turns a passage into one line that cannot end its record, begin another one
// or look like a numbered segment. It changes only what is sent; the stored and
// displayed text stays the same.
func neutral(text, tag string) string {
	// safe.Line removes what a model reads but a person does not see: control
	// characters, zero-width and tag characters, direction overrides.
	text = safe.Line(strings.ReplaceAll(text, "\u0085", " "))
	text = lookalikeMarker.ReplaceAllString(text, "($1)")
	text = lookalikeOpenMarker.ReplaceAllString(text, "($1")
	return noTags(text, tag)
}

// noTags removes our delimiters from a text and keeps its lines.
func noTags(text, tag string) string {
	if strings.Contains(strings.ToLower(text), strings.ToLower(tag)) {
		text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(tag)).ReplaceAllString(text, "…")
	}
	return lookalikeTag.ReplaceAllString(text, "‹$1$2")
}
