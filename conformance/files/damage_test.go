//go:build conformance

package files

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"claria/clients/text"
)

// damage is one way in which a file is broken.
type damage struct {
	how  string
	data []byte
}

// TestNothingIsLostSilently reads damaged files. A reading either has all words of the
// whole file or says that something is missing.
func TestNothingIsLostSilently(t *testing.T) {
	type sum struct{ files, damaged, lost, silent int }
	sums := map[string]*sum{}
	var faults []fault
	for _, d := range documents(t) {
		data := d.bytesOf(t)
		broken := damages(d, data)
		if len(broken) == 0 {
			continue
		}
		if sums[d.Format] == nil {
			sums[d.Format] = &sum{}
		}
		s := sums[d.Format]
		whole := d.read(t, data)
		if whole.Problem != "" {
			continue // TestReadings fails for it
		}
		s.files++
		all := readWords(whole)
		for _, one := range broken {
			s.damaged++
			got := d.read(t, one.data)
			lost := lacking(all, readWords(got))
			if len(lost) == 0 {
				continue
			}
			s.lost++
			if !tells(got, whole) {
				s.silent++
				faults = append(faults, fault{d.File, fmt.Sprintf("%s: %d of %d words are lost silently: %s", one.how, len(lost), len(all), some(lost))})
			}
		}
	}
	keep(t, "silent", faults)
	var table strings.Builder
	fmt.Fprintf(&table, "%-8s %6s %8s %6s %7s\n", "damaged", "files", "readings", "lost", "silent")
	for _, format := range keys(sums) {
		s := sums[format]
		fmt.Fprintf(&table, "%-8s %6d %8d %6d %7d\n", format, s.files, s.damaged, s.lost, s.silent)
		if s.silent > 0 {
			t.Errorf("%s: %d of %d losses are silent", format, s.silent, s.lost)
		}
		if s.lost == 0 {
			t.Errorf("%s: no damage of %d lost anything: the set proves nothing", format, s.damaged)
		}
	}
	t.Log("\n" + table.String())
}

// tells reports whether the reading says more of what is missing than the whole file's.
func tells(got, whole text.Reading) bool {
	if got.Problem != "" {
		return true
	}
	var before []string
	for _, u := range whole.Unread {
		before = append(before, u.String())
	}
	return slices.ContainsFunc(got.Unread, func(u text.Unread) bool { return u.Missing() && !slices.Contains(before, u.String()) })
}

// damages breaks a file in all ways in which a reader can see that something is missing:
// a bit that turns in plain letters only makes another word of it, and a note that ends
// early is a shorter note.
func damages(d told, data []byte) []damage {
	seed := fnv.New64()
	_, _ = seed.Write([]byte(d.File))
	rng := rand.New(rand.NewPCG(seed.Sum64(), 9))
	switch d.Format {
	case "docx", "odt", "xlsx":
		return slices.Concat(cut(data), flipped(rng, data, [][]int{{0, len(data)}}, 12), entries(data))
	case "pdf":
		var within, packed [][]int
		for _, s := range inStreams.FindAllSubmatchIndex(data, -1) {
			within = append(within, s[2:4])
			if dict := data[max(0, bytes.LastIndex(data[:s[0]], []byte(" obj"))):s[0]]; bytes.Contains(dict, []byte("FlateDecode")) {
				packed = append(packed, s[2:4]) // it has a checksum
			}
		}
		return slices.Concat(cut(data), flipped(rng, data, packed, 12), emptied(data, within), pages(data))
	case "rtf", "html":
		return cut(data)
	case "eml":
		if bytes.Contains(data, []byte("boundary=")) {
			return cut(data)
		}
	case "csv": // the end of a quoted cell is missing
		if at := bytes.Index(data, []byte("so called")); at > 0 {
			return []damage{{"cut within quotes", data[:at+4]}}
		}
	}
	return nil
}

func cut(data []byte) []damage {
	var out []damage
	for _, percent := range []int{30, 60, 85, 97} {
		out = append(out, damage{fmt.Sprintf("cut at %d %%", percent), data[:len(data)*percent/100]})
	}
	return out
}

// flipped turns one bit in each of n copies.
func flipped(rng *rand.Rand, data []byte, within [][]int, n int) []damage {
	var out []damage
	for range n {
		if len(within) == 0 {
			return out
		}
		part := within[rng.IntN(len(within))]
		if part[0] == part[1] {
			continue
		}
		at, bit := part[0]+rng.IntN(part[1]-part[0]), rng.IntN(8)
		copied := bytes.Clone(data)
		copied[at] ^= 1 << bit
		out = append(out, damage{fmt.Sprintf("bit %d of byte %d turned", bit, at), copied})
	}
	return out
}

// entries leaves out one entry of a zip archive at a time.
func entries(data []byte) []damage {
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		panic(err)
	}
	var out []damage
	for _, without := range in.File {
		var kept bytes.Buffer
		w := zip.NewWriter(&kept)
		for _, f := range in.File {
			if f.Name != without.Name {
				if err := w.Copy(f); err != nil {
					panic(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			panic(err)
		}
		out = append(out, damage{"without " + without.Name, kept.Bytes()})
	}
	return out
}

var (
	inStreams = regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\n?endstream`)
	pageType  = regexp.MustCompile(`/Type\s*/Page\b`)
	objStart  = regexp.MustCompile(`\d+ 0 obj`)
)

// emptied writes nonsense over one stream at a time.
func emptied(data []byte, within [][]int) []damage {
	var out []damage
	for _, part := range within {
		copied := bytes.Clone(data)
		for i := part[0]; i < part[1]; i++ {
			copied[i] = 'x'
		}
		out = append(out, damage{fmt.Sprintf("nonsense in the stream at %d", part[0]), copied})
	}
	return out
}

// pages makes one page's object unfindable at a time, then the table of objects.
func pages(data []byte) []damage {
	var out []damage
	for _, page := range pageType.FindAllIndex(data, -1) {
		starts := objStart.FindAllIndex(data[:page[0]], -1)
		if len(starts) == 0 {
			continue
		}
		start := starts[len(starts)-1]
		copied := bytes.Clone(data)
		copy(copied[start[0]:], strings.Repeat("x", start[1]-start[0]))
		out = append(out, damage{fmt.Sprintf("no page object at %d", start[0]), copied})
	}
	if at := bytes.LastIndex(data, []byte("startxref")); at > 0 {
		out = append(out, damage{"no table of objects", slices.Concat(data[:at], []byte("startxref\n7\n%%EOF\n"))})
	}
	return out
}
