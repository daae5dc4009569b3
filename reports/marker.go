package reports

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"claria/internal/safe"
)

// Marker is one bracket in a text that points at segments: [S3], a range
// [S1–S3], or a list [S1, S4–S6].
type Marker struct {
	Start, End int      // byte offsets in the text, brackets included
	Spans      [][2]int // first and last segment of each part; equal for a single one
}

// Numbers are the marker's segments that lie in 1…last, ascending, each once.
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

// Models write ranges with a hyphen or a dash, and separate with commas,
// semicolons or "and".
const (
	markerRange = `S\d+(?:\s*[-‐‑‒–—]\s*S?\d+)?`
	markerList  = markerRange + `(?:\s*(?:[,;]|and)\s*` + markerRange + `)*`
)

var (
	markerPattern = regexp.MustCompile(`\[\s*(` + markerList + `)\s*\]`)
	rangePattern  = regexp.MustCompile(`S(\d+)(?:\s*[-‐‑‒–—]\s*S?(\d+))?`)
)

// Markers finds the markers of a text in their order.
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

// beyond stands for a number too large to be a segment's.
const beyond = 1<<31 - 1

func segmentNumber(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil || n > beyond {
		return beyond
	}
	return n
}

// unknown lists the markers of a text that no segment 1…last bears out, each
// once, in the text's order: "S99", and for a range with such an end or running
// backwards "S98–S102".
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
	// posing is text in a file that could be taken for one of our markers, in
	// any of the brackets and letters that read the same.
	posing = regexp.MustCompile(`[\[［【〔⟦](\s*[SsＳｓЅѕ]\s*\p{Nd}[^\[\]［］【】〔〕⟦⟧]{0,40})[\]］】〕⟧]`)
	// posingOpen is the same left open, which a reader would still see as one.
	posingOpen = regexp.MustCompile(`[\[［【〔⟦](\s*[SsＳｓЅѕ]\s*\p{Nd})`)
	// posingTag is text that could be taken for one of our delimiters.
	posingTag = regexp.MustCompile(`(?i)[<＜]\s*(/?)\s*(` + recordName + `|` + earlierName + `|` + wishesName + `)\b`)
)

// neutral makes a passage one line that cannot end the record it stands in,
// begin another or pass for a numbered segment. The record that is kept and
// shown is untouched; this is only what is sent.
func neutral(text, tag string) string {
	// safe.Line drops what a person would not see but a model would read:
	// control characters, zero-width and tag characters, direction overrides.
	text = safe.Line(strings.ReplaceAll(text, "\u0085", " "))
	text = posing.ReplaceAllString(text, "($1)")
	text = posingOpen.ReplaceAllString(text, "($1")
	return noTags(text, tag)
}

// noTags takes our delimiters out of a text, lines kept.
func noTags(text, tag string) string {
	if strings.Contains(strings.ToLower(text), strings.ToLower(tag)) {
		text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(tag)).ReplaceAllString(text, "…")
	}
	return posingTag.ReplaceAllString(text, "‹$1$2")
}
