//go:build conformance

// Package files compares what Claria reads out of documents of other people's programs
// with what the documents say. Run it with `make conformance-files`, which makes them.
package files

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"claria/clients/text"
	"claria/internal/safe"
)

// told is what the generator says about a document (make.py writes it).
type told struct {
	name string // without the extension

	File, Maker, Format, Encoding string
	Tables                        []table
	Paragraphs                    []string
	Numbers                       []struct{ Number, Text string } // of lists, as LibreOffice shows them
	Turns                         []struct{ Speaker, Text, Start string }
	Marked                        []struct{ Kind, Text, Author string }
	Fields                        []string // "Self-harm ever: [x] Yes [ ] No"
	Never                         []string // deleted or hidden
	Left                          []string // the reasons that the reading gives for Never
	Struck                        string
	Raised                        bool     // it has 10³, and 85 with the mark of a note
	Unread                        []string // parts that no reader can read
	Refused                       bool     // a format that is not read, with a sentence on what to do
	Judge                         string   // which independent reader found the words in NAME.judge
}

type table struct {
	Name   string
	Header []string
	Rows   [][]cell
}

// cell is one place of a table. A merged one continues another cell.
type cell struct {
	Text   string
	Merged bool
}

// documents are what make.py made.
func documents(t *testing.T) []told {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder(t), "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no documents in %s: %v", folder(t), err)
	}
	var all []told
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		one := told{name: strings.TrimSuffix(filepath.Base(name), ".json")}
		if err := json.Unmarshal(data, &one); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, one)
	}
	return all
}

func folder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("CONFORMANCE_FILES")
	if dir == "" {
		t.Fatal("CONFORMANCE_FILES does not name a folder of documents (run make conformance-files)")
	}
	return dir
}

// bytesOf are the document's bytes.
func (d told) bytesOf(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder(t), d.File))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// read is Claria's reading of bytes with the document's name.
func (d told) read(t *testing.T, data []byte) text.Reading {
	t.Helper()
	reading, err := text.NewExtractor().Read(t.Context(), safe.PHI(d.File), int64(len(data)), func() ([]byte, error) { return data, nil })
	if err != nil {
		t.Fatalf("%s: %v", d.File, err)
	}
	return reading
}

// judged are the words that the independent reader found.
func (d told) judged(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder(t), d.name+".judge"))
	if err != nil {
		t.Fatal(err)
	}
	return words(string(data))
}

// plain makes ligatures, wide spaces and superscripts comparable, and drops the marks of
// direction.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x2069, r == 0xfeff, r == 0xad, r == '^':
			return -1
		}
		return r
	}, norm.NFKC.String(s))
	return strings.Join(strings.Fields(s), " ")
}
