package pdf

import (
	"bytes"
	"context"
	"testing"
)

func testFile() *file {
	return &file{budget: newBudget(context.Background())}
}

func TestFilters(t *testing.T) {
	f := testFile()
	for _, c := range []struct {
		name, want string
		s          stream
	}{
		// The example of ISO 32000-1, 7.4.4.2.
		{"LZW", "-----A---B", stream{dict: dict{"Filter": name("LZWDecode")}, raw: []byte("\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01")}},
		{"run length", "abcxxxx", stream{dict: dict{"Filter": name("RunLengthDecode")}, raw: []byte("\x02abc\xfdx\x80")}},
		{"hex in 85", "Hi", stream{dict: dict{"Filter": array{name("ASCII85Decode"), name("ASCIIHexDecode")}}, raw: []byte("1cRBR4o~>")}},
		{"a picture", "", stream{dict: dict{"Filter": name("DCTDecode")}, raw: []byte("\xff\xd8")}},
		{"unknown twice", "", stream{dict: dict{"Filter": array{name("X"), name("Y")}}, raw: []byte("x")}},
	} {
		if got := string(f.decode(c.s)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPredictors(t *testing.T) {
	f := testFile()
	// Three rows of three bytes: none, sub, up, average and Paeth give the same row.
	rows := []byte{0, 1, 2, 3, 1, 1, 1, 1, 2, 0, 0, 0, 3, 1, 1, 1, 4, 0, 0, 0}
	want := []byte{1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}
	// Average: left and above halve to 0, 1, 2.
	rows[13], rows[14], rows[15] = 1, 1, 1
	if got := f.predict(bytes.Clone(rows), dict{"Predictor": 15, "Columns": 3}); !bytes.Equal(got, want) {
		t.Errorf("PNG: %v, want %v", got, want)
	}
	if got := f.predict([]byte{1, 1, 1, 5, 1, 1}, dict{"Predictor": 2, "Columns": 3}); !bytes.Equal(got, []byte{1, 2, 3, 5, 6, 7}) {
		t.Errorf("TIFF: %v", got)
	}
}

func TestCodesBecomeText(t *testing.T) {
	f := testFile()
	m := f.readCMap([]byte(`1 begincodespacerange <0000> <ffff> endcodespacerange
2 beginbfchar <0003> <0041> <0004> <D83DDE00> endbfchar
2 beginbfrange <0010> <0012> <0061> <0020> <0021> [<0066006C> <0078>] endbfrange`))
	for code, want := range map[uint32]string{3: "A", 4: "😀", 0x10: "a", 0x12: "c", 0x20: "fl", 0x21: "x", 0x99: ""} {
		if got, _ := m.text(code); got != want {
			t.Errorf("code %#x says %q, want %q", code, got, want)
		}
	}
	for glyph, want := range map[name]string{
		"eacute": "é", "uni20AC": "€", "u1F600": "😀", "f_f_i": "ffi", "a.sc": "a", "H22073": "□", "g123": "",
	} {
		if got := f.glyphText(glyph); got != want {
			t.Errorf("glyph %s says %q, want %q", glyph, got, want)
		}
	}
	for set, want := range map[string]string{
		"windows": windows.text(0x93) + windows.text(0xff), "macintosh": macintosh.text(0xd2) + macintosh.text(0x80),
		"standard": standard.text(0xaa) + standard.text(0xfb) + standard.text('\''),
	} {
		if is := map[string]string{"windows": "“ÿ", "macintosh": "“Ä", "standard": "“ß’"}[set]; want != is {
			t.Errorf("%s: %q, want %q", set, want, is)
		}
	}
}

func TestHyphensAtLineEnds(t *testing.T) {
	h := newHyphens([]*page{{words: []word{{text: "her self-esteem and evaluation of follow-through"}}}})
	for _, c := range [][3]string{
		{"the evalu-", "ation", "the evaluation"},
		{"her self-", "esteem,", "her self-esteem,"},
		{"Smith-", "Jones", "Smith-Jones"},
		{"good follow-", "through", "good follow-through"},
		{"pages 3-", "4", "pages 3- 4"},
		{"no hyphen", "here", "no hyphen here"},
	} {
		if got := h.join(c[0], c[1]); got != c[2] {
			t.Errorf("%q + %q = %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
