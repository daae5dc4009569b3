package text

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"claria/internal/safe"
)

// reading is what a person would see of a file's text: one line a passage.
func reading(t *testing.T, name string, data []byte) string {
	t.Helper()
	named, known := formatOf(safe.PHI(name))
	out := extract(t.Context(), sniff(data, named, known), data)
	if out.Problem != "" {
		return "problem: " + out.Problem
	}
	whole := ""
	for _, s := range out.Passages {
		whole += s.Text.Reveal() + "\n"
	}
	var b strings.Builder
	for i, s := range out.Passages {
		if s.Number != i+1 || whole[s.Start:s.End] != s.Text.Reveal() {
			t.Errorf("%s: passage %d is not where it says", name, i+1)
		}
		kind := s.Kind
		if s.Level > 0 {
			kind = fmt.Sprintf("%s %d", s.Kind, s.Level)
		}
		fmt.Fprintf(&b, "%s: %s\n", kind, s.Text.Reveal())
	}
	return b.String()
}

func TestTextOfSmallFiles(t *testing.T) {
	utf16LE := "\xff\xfeN\x00a\x00\xef\x00v\x00e\x00=\xd8\x00\xde" // Naïve😀
	for _, c := range []struct{ name, data, want string }{
		{"a.txt", "One\nshort line\n\n- item one\n- item two\n", "paragraph: One\nparagraph: short line\nitem: - item one\nitem: - item two\n"},
		{
			"wrapped.txt", "This is a line that an editor wrapped at some width,\nand it goes on here until it ends.\nMood: calm\n",
			"paragraph: This is a line that an editor wrapped at some width, and it goes on here until it ends.\nparagraph: Mood: calm\n",
		},
		{
			"wrapped.txt", "She was referred by her pediatrician after a drop in\ngrades over the spring term of the third grade, which\nworried her mother.\n",
			"paragraph: She was referred by her pediatrician after a drop in grades over the spring term of the third grade, which worried her mother.\n",
		},
		{"bom.txt", "\xef\xbb\xbfcaf\xc3\xa9", "paragraph: café\n"},
		{"latin1.txt", "caf\xe9 \x93quoted\x94", "paragraph: café “quoted”\n"},
		{"utf16.txt", utf16LE, "paragraph: Naïve😀\n"},
		{"noname", "plain words", "paragraph: plain words\n"},
		{"escape.txt", "a\x1b[31mred\x1b[0m\u202edcba", "paragraph: a[31mred[0m\u202edcba\n"},
		{"a.md", "# Title\n\nText *with* `marks` and\na [link](http://x).\n\n1. first\n2. second\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", "heading 1: Title\nparagraph: Text with marks and a link.\nitem: 1. first\nitem: 2. second\nheader row: a | b\nrow: 1 | 2\n"},
		{"a.csv", "Scale,Score\n\"Verbal, total\",108\n", "header row: Scale | Score\nrow: Verbal, total | 108\n"},
		{"a.m4a", "\x00\x00\x00\x18ftypM4A ", "problem: " + string(whyAudio)},
		{"a.rtf", `{\rtf1 text}`, "paragraph: text\n"},
		{"empty.txt", " \n\n", "problem: " + string(errNoText)},
		{"not.docx", "PK\x03\x04 but not a zip", "problem: " + string(errDamaged)},
		{"not.pdf", "hello", "problem: " + string(errDamaged)},
		{"old.docx", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "problem: " + string(whyDoc)},
	} {
		if got := reading(t, c.name, []byte(c.data)); got != c.want {
			t.Errorf("%s %q:\n%s\nwant:\n%s", c.name, c.data, got, c.want)
		}
	}
}

// The files of testdata were made by LaTeX, LibreOffice, pandoc, python-docx,
// ReportLab and qpdf.
func TestTextOfOtherProgramsFiles(t *testing.T) {
	office := "heading 2: Report\nparagraph: First paragraph with a footnote. [1] It has bold and a link.\nitem: • one\nitem: • two\n" +
		"header row: A | B\nrow: 1 | 2\nfootnote: [1] The note’s text.\n"
	word := "heading 1: Report\nparagraph: First paragraph with a footnote.¹ It has bold and a link.\nfootnote: ¹ The note’s text.\n" +
		"item: • one\nitem: • two\nheader row: A | B\nrow: 1 | 2\n"
	for name, want := range map[string]string{
		"pandoc.docx": word, "libreoffice.docx": word,
		"office.pdf": office, "restricted.pdf": office, "restricted-rc4.pdf": office, "restricted-aes128.pdf": office,
		"password.pdf": "problem: the PDF is protected by a password: save a copy without one to get its text",
		"scan.pdf":     "problem: the PDF contains scanned pages and no text",
		"form.pdf": "heading 1: Parent questionnaire\nfield: Name of child: Robin Vale\nfield: Date: 2026-09-01\n" +
			"field: Main worry: Cries before school\nfield: [x] Sleeps well\nfield: [ ] Eats well\nparagraph: Thank you for filling in this form.\n",
		"awkward.docx": "heading 1: Awkward document\nparagraph: Kept text, inserted text, link text.\nparagraph: before after✓-ticked\n" +
			"paragraph: In a text box\nrow: Outer 1 | Outer 2\nrow:  | last\nrow: in a | in b\nheading 3: By outline level\nparagraph: 第三章 山田 — “naïve” 🧠 \u202ertl\n",
	} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := reading(t, name, data); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
		}
	}
	for _, name := range []string{"tex-twocolumn.pdf", "tex-oldfonts.pdf"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		got := reading(t, name, data)
		for _, want := range []string{
			"paragraph: The fifth figure affords an efficient office: attention drifted during timed tasks, and the examiner offered a difficult " +
				"reading passage of sufficient length to observe hyphenation in a narrow column. Her self-esteem appeared intact, and self-esteem was rated by both parents.\n",
			"Naïve café résumé; “quoted speech” is kept — with dashes.\n",
			"No hearing difficulty was noticed during either of the two sessions that were held.\n",
			"row: Verbal | 108 | 70\n",
			"paragraph: Return in six weeks for a second appointment with both parents present.\n",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %q:\n%s", name, want, got)
			}
		}
	}
}

// bomb is a Word file that unpacks to far more than it weighs.
func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, "<w:document xmlns:w='x'><w:p><w:r><w:t>")
	for range 400 {
		_, _ = w.Write(bytes.Repeat([]byte("a"), 1<<20))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pdfOf is a PDF of these objects, numbered from 1.
func pdfOf(objects ...string) []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	b.WriteString("trailer <</Root 1 0 R>>\n%%EOF\n")
	return []byte(b.String())
}

func flated(times int, data []byte) string {
	filter := ""
	for range times {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		_, _ = z.Write(data)
		_ = z.Close()
		data, filter = b.Bytes(), filter+"/FlateDecode "
	}
	return fmt.Sprintf("<</Filter [%s] /Length %d>> stream\n%s\nendstream", filter, len(data), data)
}

func TestHostileFilesCostLittle(t *testing.T) {
	page := "<</Type /Catalog /Pages 2 0 R>>"
	one := []string{page, "<</Type /Pages /Kids [3 0 R] /Count 1>>", "<</Type /Page /Contents 4 0 R /Resources 5 0 R>>"}
	with := func(objects ...string) []byte { return pdfOf(append(append([]string{}, one...), objects...)...) }
	huge := bytes.Repeat([]byte("1 "), 40<<20)
	for name, data := range map[string][]byte{
		"bomb.docx":       bomb(t),
		"deep.docx":       nil,
		"flate.pdf":       with(flated(1, huge), "<<>>"),
		"flateflate.pdf":  with(flated(2, huge), "<<>>"),
		"self length.pdf": with("<</Length 4 0 R>> stream\nBT ET\nendstream", "<<>>"),
		"self form.pdf":   with("<<>> stream\n/X Do /X Do\nendstream", "<</XObject <</X 6 0 R>>>>", "<</Subtype /Form /Resources 5 0 R>> stream\n/X Do /X Do /X Do /X Do\nendstream"),
		"page circle.pdf": pdfOf(page, "<</Type /Pages /Kids [2 0 R 2 0 R] /Parent 2 0 R>>"),
		"parents.pdf":     with("<<>> stream\nBT ET\nendstream", "<</Parent 5 0 R>>"),
		"in itself.pdf":   with("<</Type /ObjStm /N 100000000 /First 0>> stream\n4 0 4 0\nendstream"),
		"nested.pdf":      append([]byte("%PDF-1.7\n1 0 obj "), bytes.Repeat([]byte("["), 5<<20)...),
		"many.pdf":        append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("1 0 obj 1 endobj "), 1<<20)...),
		"quotes.md":       bytes.Repeat([]byte(">"), 1<<20),
		"brackets.md":     bytes.Repeat([]byte("[*_"), 1<<19),
		"long line.txt":   bytes.Repeat([]byte("word "), 4<<20),
		"quote.csv":       append([]byte(`"`), bytes.Repeat([]byte("a,\n"), 4<<20)...),
	} {
		if name == "deep.docx" {
			var b bytes.Buffer
			z := zip.NewWriter(&b)
			w, _ := z.Create("word/document.xml")
			fmt.Fprint(w, strings.Repeat("<a>", 1<<20))
			_ = z.Close()
			data = b.Bytes()
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		reading(t, name, data)
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		t.Logf("%-16s %8v, %d MB allocated in all", name, took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20)
		if took > readTime+5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if grown := int64(after.Sys) - int64(before.Sys); grown > 600<<20 {
			t.Errorf("%s took %d MB from the system", name, grown>>20)
		}
	}
}

func TestReadingStopsWhenAsked(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewExtractor().Read(ctx, "a.txt", 4, func() ([]byte, error) { return []byte("text"), nil }); err == nil {
		t.Error("a stopped extraction returned text")
	}
}

func fuzzReader(f *testing.F, read reader, suffix string) {
	entries, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) {
			data, err := os.ReadFile("testdata/" + e.Name())
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var b builder
		began := time.Now()
		_ = read(ctx, data, &b)
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("%d bytes took %v past a deadline of 5 s", len(data), took)
		}
		if b.size > maxText || len(b.passages) > maxPassages {
			t.Errorf("%d bytes of text in %d passages: over the bounds", b.size, len(b.passages))
		}
	})
}

// This calls the readers without extract's recover: the fuzzer must find panics.
func FuzzWord(f *testing.F) { fuzzReader(f, readWord, ".docx") }
func FuzzPDF(f *testing.F)  { fuzzReader(f, readPDF, ".pdf") }
func FuzzMarkdown(f *testing.F) {
	f.Add([]byte("# a\n\n- b\n\n|a|\n|-|\n|b|\n"))
	fuzzReader(f, readMarkdown, ".md")
}
