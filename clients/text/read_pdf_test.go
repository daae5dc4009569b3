package text

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"claria/clients/text/pdf"
)

// readingOf is the reading of a file of testdata, one line a passage, and a line for
// each thing that it lacks.
func readingOf(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return withUnread(t, name, data)
}

func withUnread(t *testing.T, name string, data []byte) string {
	t.Helper()
	out := reading(t, name, data)
	for _, u := range extract(t.Context(), format{kind: "application/pdf", read: readPDF}, data).Unread {
		out += "! " + u.String() + "\n"
	}
	return out
}

// A score under the wrong informant is the worst that a reading can do. The tables have
// blank cells, labels on several lines, above several columns and beside several rows.
func TestTablesOfScoresKeepTheirColumns(t *testing.T) {
	want := `heading 2: Composite Score Summary
header row: Composite |  | Sum of Scaled Scores | Composite Score | Percentile Rank | 95% Confidence Interval | Qualitative Description | SEM
row: Verbal Comprehension | VCI | 23 | 108 | 70 | 100-115 | Average | 4.24
row: Visual Spatial | VSI | 19 | 97 | 42 | 90-105 | Average | 4.24
row: Fluid Reasoning | FRI | - | - | - | - |  | 
row: Working Memory | WMI | 14 | 82 | 12 | 76-91 | Low Average | 4.50
row: Processing Speed | PSI |  | 77 | 6 | 71-88 | Very Low | 
row: Full Scale IQ | FSIQ | 69 | 91 | 27 | 86-97 | Average | 3.00
heading 2: Subtest Score Summary
header row: Domain | Subtest Name |  | Total Raw Score | Scaled Score | Percentile Rank | Age Equivalent
row: Verbal Comprehension | Similarities | SI | 31 | 12 | 75 | 12:2
row: Verbal Comprehension | Vocabulary | VC | 33 | 11 | 63 | 11:6
row: Verbal Comprehension | (Information) | IN |  | 10 | 50 | 10:10
row: Working Memory | Digit Span | DS | 24 | 7 | 16 | 8:2
row: Working Memory | Picture Span | PS | 22 | 7 |  | 
heading 2: BASC-3 T scores
header row: Scale | Mother T | Mother %ile | Father T | Father %ile | Teacher T | Teacher %ile
row: Hyperactivity | 68* | 95 |  |  | 71** | 97
row: Anxiety |  |  | 59 | 83 | 44 | 30
row: Depression | 61* | 87 | 58 | 82 |  | 
footnote: * At-Risk; ** Clinically Significant. Note: scores with a dash were not computed.
`
	if got := readingOf(t, "scores.pdf"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestFormsNotesAndPicturesAreRead(t *testing.T) {
	for name, want := range map[string]string{
		"answered.pdf": "field: Client name: Marlow Ashby\nfield: Thoughts of suicide? [x] Yes [ ] No\nfield: Sleep: [ ] good [x] poor\n" +
			"field: Informant: Father\ncomment: Note: STICKY: mother phoned, retracts the abuse report\n",
		"mixed.pdf": "paragraph: Score 68 [2] was elevated; dose 0.5 mg, 10³\n! pages 2 and 3 of 3 were not read: they are pictures\n",
		"white.pdf": "paragraph: Visible text here for the reader of this page.\n! 10 words on page 1 were left out: they have the colour of the paper\n",
		"scan.pdf":  "problem: the PDF contains scanned pages and no text! page 1 of 1 was not read: it is a picture\n",
	} {
		if got := readingOf(t, name); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
		}
	}
}

// content is a PDF of pages with this content, in Helvetica.
func content(pages ...string) []byte {
	objects := []string{"<</Type /Catalog /Pages 2 0 R>>", "", "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>"}
	kids := ""
	for _, c := range pages {
		objects = append(objects, flated(1, []byte(c)))
		n := fmt.Sprint(len(objects))
		objects = append(objects, "<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /CropBox [0 0 600 792] /Contents "+n+" 0 R /Resources <</Font <</F 3 0 R>> "+
			"/XObject <</I 4 0 R>> /ExtGState <</A <</ca 0>> /M <</BM /Multiply>>>> /Properties <</O 5 0 R>>>>>>")
		kids += fmt.Sprint(len(objects)) + " 0 R "
	}
	objects[1] = "<</Type /Pages /Count " + fmt.Sprint(len(pages)) + " /Kids [" + kids + "]>>"
	return pdfOf(objects...)
}

func TestWhatNobodySeesIsLeftOut(t *testing.T) {
	const show = "BT /F 12 Tf 72 700 Td (Seen by all) Tj ET "
	for name, c := range map[string]struct{ draws, want string }{
		"white":         {"1 g BT /F 12 Tf 72 600 Td (secret order) Tj ET", "! 2 words on page 1 were left out: they have the colour of the paper\n"},
		"nearly white":  {".98 .98 1 rg BT /F 12 Tf 72 600 Td (secret order) Tj ET", "! 2 words on page 1 were left out: they have the colour of the paper\n"},
		"white on blue": {"0 0 .6 rg 60 590 200 30 re f 1 g BT /F 12 Tf 72 600 Td (Label) Tj ET", "paragraph: Label\n"},
		"blue on blue":  {"0 0 .6 rg 60 590 200 30 re f BT /F 12 Tf 72 600 Td (secret) Tj ET", "! 1 word on page 1 was left out: it has the colour of the paper\n"},
		"no ink":        {"BT /F 12 Tf 3 Tr 72 600 Td (secret order) Tj ET", "! 2 words on page 1 were left out: they are hidden in the document\n"},
		"covered":       {"BT /F 12 Tf 72 600 Td (secret) Tj ET 0 g 60 590 200 30 re f", "! 1 word on page 1 was left out: it is hidden in the document\n"},
		"highlighted":   {"BT /F 12 Tf 72 600 Td (marked) Tj ET /M gs 1 1 0 rg 60 590 200 30 re f", "paragraph: marked\n"},
		"off the page":  {"BT /F 12 Tf 602 600 Td (secret) Tj ET", "! 1 word on page 1 was left out: it is hidden in the document\n"},
		"clipped":       {"q 0 0 50 50 re W n BT /F 12 Tf 72 600 Td (secret) Tj ET Q", "! 1 word on page 1 was left out: it is hidden in the document\n"},
		"tiny":          {"BT /F .2 Tf 72 600 Td (secret) Tj ET", "! 1 word on page 1 was left out: it is hidden in the document\n"},
		"no size":       {"BT /F 0 Tf 72 600 Td (secret) Tj ET", "! 1 word on page 1 was left out: it is hidden in the document\n"},
		"transparent":   {"/A gs BT /F 12 Tf 72 600 Td (secret) Tj ET", "! 1 word on page 1 was left out: it is hidden in the document\n"},
	} {
		if got, want := withUnread(t, "a.pdf", content(show+c.draws)), "paragraph: Seen by all\n"+c.want; got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
		}
	}
}

func TestWhatOfAPDFWasNotReadIsSaid(t *testing.T) {
	whole := content("BT /F 12 Tf 72 700 Td (One) Tj ET", "BT /F 12 Tf 72 700 Td (Two) Tj ET", "BT /F 12 Tf 72 700 Td (Three) Tj ET")
	cut := func(what, with string) []byte { return []byte(strings.Replace(string(whole), what, with, 1)) }
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"a page is gone":     {cut("7 0 obj", "7 x obj"), "paragraph: One\nparagraph: Three\n! page 2 of 3 was not read: it is damaged\n"},
		"its content broken": {cut("6 0 obj\n<</Filter [/FlateDecode ]", "6 0 obj\n<</Filter [/LostDecode ]"), "paragraph: One\nparagraph: Three\n! page 2 of 3 was not read: it is damaged\n"},
		"its content gone":   {cut("6 0 obj", "6 x obj"), "paragraph: One\nparagraph: Three\n! page 2 of 3 was not read: it is damaged\n"},
	} {
		if got := withUnread(t, "a.pdf", c.data); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, c.want)
		}
	}
	machine := content("q 612 0 0 792 0 0 cm BI /W 1 /H 1 ID x EI Q BT /F 12 Tf 3 Tr 72 700 Td (Recognised text) Tj ET")
	if got, want := withUnread(t, "a.pdf", machine), "paragraph: Recognised text\n! page 1 of 1 was read by a machine: check the text against the picture\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	part := content("BT /F 12 Tf 72 700 Td (Caption) Tj ET q 500 0 0 500 50 50 cm BI /W 1 /H 1 ID x EI Q")
	if got, want := withUnread(t, "a.pdf", part), "paragraph: Caption\n! 1 part on page 1 was not read: it is a picture\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPagesBeforeALimitAreKept(t *testing.T) {
	objects := []string{"<</Type /Catalog /Pages 2 0 R>>", "", "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"}
	kids := strings.Builder{}
	for i := range 5002 {
		objects = append(objects, fmt.Sprintf("<<>> stream\nBT /F 12 Tf 72 700 Td (Text %x) Tj ET\nendstream", i+1_000_000),
			fmt.Sprintf("<</Type /Page /Contents %d 0 R /Resources <</Font <</F 3 0 R>>>>>>", len(objects)+1))
		fmt.Fprintf(&kids, "%d 0 R ", len(objects))
	}
	objects[1] = "<</Type /Pages /Count 5002 /Kids [" + kids.String() + "]>>"
	got, err := pdf.Text(t.Context(), pdfOf(objects...))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Blocks) != 5000 || len(got.Unread) != 2 || got.Unread[0] != (pdf.Unread{Unit: pdf.Page, Page: 5001, Count: 1, Reason: pdf.PastLimit}) || got.Pages != 5002 {
		t.Errorf("%d blocks of %d pages, lacking %v", len(got.Blocks), got.Pages, got.Unread)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if _, err := pdf.Text(late, content("BT ET")); err == nil {
		t.Error("a file was read after its deadline")
	}
}

// Columns of running text are read one after the other; they are no table.
func TestColumnsOfTextAreNoTable(t *testing.T) {
	left, right := "BT /F 10 Tf 12 TL 60 700 Td ", "BT /F 10 Tf 12 TL 320 700 Td "
	for range 8 {
		left += "(The mother says that he sleeps badly and wakes at) ' "
		right += "(The father thinks that she worries too much about) ' "
	}
	got := reading(t, "a.pdf", content(left+"ET "+right+"ET"))
	if strings.Contains(got, "row:") || !strings.Contains(got, "wakes at The mother") || strings.Contains(got, "wakes at The father") {
		t.Errorf("got:\n%s", got)
	}
}
