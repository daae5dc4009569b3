package pdf

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// The fonts were made by fontTools: empty glyphs with names and codes.
const (
	compactFont  = "AQAEAQABAQECVAABAQEKrw+4EIvUErwRAAEBAQZPbWVnYQAAAAAiAM8AbQGHAQEBAwAFAQEEBwoNEPiIDviIDviIDviIDviIDg=="
	trueTypeFont = "AAEAAAAIAIAAAwAAY21hcAtw+w8AAAEUAAAAPGdseWYAAAAAAAABXAAAAAFoZWFkLX47pAAAAIwAAAA2aGhlYQABAfYAAADEAAAAJGhtdHgB9AAAAAABCAAA" +
		"AApsb2NhAAAAAAAAAVAAAAAKbWF4cAAFAAIAAADoAAAAIHBvc3SzYjisAAABYAAAADIAAQAAAAEAAIa4XddfDzz1AAMD6AAAAADnM/1iAAAAAOcz/WIAAAAA" +
		"AAAAAAAAAAMAAgAAAAAAAAABAAAAAAAAAAAB9AAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAQABAAAABAAAAAAAAAAAAAIAAAAAAAAAAAAAAAAAAAAAAfQAAAAA" +
		"AAAAAAAAAAAAAgAAAAMAAAAUAAMAAQAAABQABAAoAAAABgAEAAEAAgBBBdD//wAAAEEF0P///8D6MgABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACAAAAAAAA" +
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAAAAkAQIAnwd1bmkwNUQwAAA="
	type1Font = "%!PS-AdobeFont-1.0: T\n/Encoding 256 array\n0 1 255 {1 index exch /.notdef put} for\n" +
		"dup 1 /A put\ndup 2 /eacute put\ndup 3 /fi put\nreadonly def\ncurrentfile eexec"
)

func decoded(t *testing.T, font string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(font)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A file may not say which letters its codes are. The embedded font may.
func TestEmbeddedFontsSayTheirLetters(t *testing.T) {
	simple := "<</Type /Font /Subtype %s /BaseFont /ABCDEF+T /FirstChar 1 /LastChar 4 /Widths [500 500 500 500] /FontDescriptor 6 0 R>>"
	descriptor := "<</Type /FontDescriptor /Flags 4 /%s 7 0 R>>"
	for name, c := range map[string]struct{ font, file, shows, want string }{
		"compact":   {fmt.Sprintf(simple, "/Type1"), "FontFile3", "<0102030405>", "AéfiΩ\ufffd"},
		"type 1":    {fmt.Sprintf(simple, "/Type1"), "FontFile", "<01020304>", "Aéfi\ufffd"},
		"true type": {"<</Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [8 0 R]>>", "FontFile2", "<000100030004>", "AΩ\ufffd"},
		"Symbol":    {"<</Type /Font /Subtype /Type1 /BaseFont /Symbol>>", "None", "(ab\\243)", "αβ≤"},
		"Dingbats":  {"<</Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats>>", "None", "(48n)", "✔✘■"},
	} {
		font := map[string]string{"FontFile": type1Font}[c.file]
		switch c.file {
		case "FontFile2":
			font = string(decoded(t, trueTypeFont))
		case "FontFile3":
			font = string(decoded(t, compactFont))
		}
		var b strings.Builder
		b.WriteString("%PDF-1.7\n")
		for i, o := range []string{
			"<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [3 0 R] /Count 1>>",
			"<</Type /Page /Contents 4 0 R /Resources <</Font <</F 5 0 R>>>>>>",
			fmt.Sprintf("<<>> stream\nBT /F 12 Tf 72 700 Td %s Tj ET\nendstream", c.shows), c.font, fmt.Sprintf(descriptor, c.file),
			fmt.Sprintf("<</Length %d>> stream\n%s\nendstream", len(font), font),
			"<</Type /Font /Subtype /CIDFontType2 /FontDescriptor 6 0 R /DW 500>>",
		} {
			fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
		}
		b.WriteString("trailer <</Root 1 0 R>>\n")
		got, err := Text(t.Context(), []byte(b.String()))
		if err != nil || len(got.Blocks) != 1 || got.Blocks[0].Cells[0] != c.want {
			t.Errorf("%s: %v, %v, want %q", name, got.Blocks, err, c.want)
		}
		if lost := strings.Contains(c.want, "\ufffd"); lost != (len(got.Unread) == 1) {
			t.Errorf("%s lacks %v", name, got.Unread)
		}
	}
}
