package text

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// wordDoc is a Word file: blocks of its body, then its other parts by kind, which the
// body refers to.
func wordDoc(t *testing.T, body string, parts map[string]string) []byte {
	t.Helper()
	const spaces = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="r" ` +
		`xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml" ` +
		`xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml" ` +
		`xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" ` +
		`xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"`
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	add := func(name, content string) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, content)
	}
	arrows := ""
	for kind, content := range parts {
		id, kind, named := strings.Cut(kind, " ")
		if !named {
			kind = id
		}
		arrows += fmt.Sprintf(`<Relationship Id="%s" Type="x/%s" Target="%s.xml"/>`, id, kind, id)
		if content != "" {
			add("word/"+id+".xml", "<w:root "+spaces+">"+content+"</w:root>")
		}
	}
	add("word/document.xml", "<w:document "+spaces+"><w:body>"+body+"</w:body></w:document>")
	add("word/_rels/document.xml.rels", "<Relationships>"+arrows+"</Relationships>")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// para is a paragraph of runs, with properties.
func para(properties string, runs ...string) string {
	return "<w:p><w:pPr>" + properties + "</w:pPr>" + strings.Join(runs, "") + "</w:p>"
}

func run(text string, properties ...string) string {
	return "<w:r><w:rPr>" + strings.Join(properties, "") + `</w:rPr><w:t xml:space="preserve">` + text + "</w:t></w:r>"
}

func cellOf(text string, properties ...string) string {
	return "<w:tc><w:tcPr>" + strings.Join(properties, "") + "</w:tcPr>" + para("", run(text)) + "</w:tc>"
}

func rowWith(properties string, cells ...string) string {
	return "<w:tr><w:trPr>" + properties + "</w:trPr>" + strings.Join(cells, "") + "</w:tr>"
}

func tableOf(rows ...string) string { return "<w:tbl><w:tblPr/>" + strings.Join(rows, "") + "</w:tbl>" }

func numbered(id, level int, text string) string {
	return para(fmt.Sprintf(`<w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr>`, level, id), run(text))
}

func levelDef(level int, format, text, more string) string {
	return fmt.Sprintf(`<w:lvl w:ilvl="%d"><w:start w:val="1"/><w:numFmt w:val="%s"/>%s<w:lvlText w:val="%s"/></w:lvl>`, level, format, more, text)
}

func numDef(id, list int, more string) string {
	return fmt.Sprintf(`<w:num w:numId="%d"><w:abstractNumId w:val="%d"/>%s</w:num>`, id, list, more)
}

func formField(form, result string) string {
	return `<w:r><w:fldChar w:fldCharType="begin"><w:ffData>` + form + `</w:ffData></w:fldChar></w:r><w:r><w:instrText>FORM</w:instrText></w:r>` +
		`<w:r><w:fldChar w:fldCharType="separate"/></w:r>` + result + `<w:r><w:fldChar w:fldCharType="end"/></w:r>`
}

func control(properties, content string) string {
	return "<w:sdt><w:sdtPr>" + properties + "</w:sdtPr><w:sdtContent>" + content + "</w:sdtContent></w:sdt>"
}

type wordCase struct {
	name, body string
	parts      map[string]string
	want       string
}

func checkWord(t *testing.T, cases []wordCase) {
	t.Helper()
	for _, c := range cases {
		if got := shownOf(t, "a.docx", wordDoc(t, c.body, c.parts)); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
}

func TestWordListNumbers(t *testing.T) {
	lists := `<w:abstractNum w:abstractNumId="1">` + levelDef(0, "upperRoman", "%1.", `<w:pStyle w:val="Top"/>`) +
		levelDef(1, "lowerLetter", "%2)", "") +
		levelDef(2, "decimal", "%1.%2.%3", "<w:isLgl/>") + `</w:abstractNum>` +
		`<w:abstractNum w:abstractNumId="2">` + levelDef(0, "decimalZero", "%1", "") + levelDef(1, "ordinal", "%2",
		`<w:lvlRestart w:val="0"/>`) + `</w:abstractNum>` +
		`<w:abstractNum w:abstractNumId="3">` + levelDef(0, "bullet", "\uf0b7", "") + levelDef(1, "bullet", "o", "") + `</w:abstractNum>` +
		numDef(1, 1, "") + numDef(2, 1, "") + numDef(3, 1, `<w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride>`) +
		numDef(4, 2, "") + numDef(5, 3, "")
	styles := `<w:style w:type="paragraph" w:styleId="Top"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>`
	checkWord(t, []wordCase{{
		name: "nested, continued, overridden and restarted lists",
		body: para(`<w:pStyle w:val="Top"/>`, run("History")) + numbered(1, 1, "sleep") + numbered(1, 2, "nights") + para("",
			run("between")) + numbered(2, 1, "school") +
			para(`<w:pStyle w:val="Top"/>`, run("Plan")) + numbered(1, 1, "diary") + numbered(3, 0, "four") + numbered(3, 0, "five") +
			numbered(4, 0, "zero") + numbered(4, 1, "once") + numbered(4, 0, "zero") + numbered(4, 1, "goes on") + numbered(5, 0, "dot") +
			numbered(5, 1, "circle") +
			para(`<w:pStyle w:val="Top"/><w:numPr><w:numId w:val="0"/></w:numPr>`, run("No number")),
		parts: map[string]string{"numbering": lists, "styles": styles},
		want: "heading 1: I. History\nitem: I. a) sleep\nitem: 1.1.1 nights\nparagraph: between\nitem: I. b) school\nheading 1: II. Plan\nitem: II. a) diary\n" +
			"item: IV. four\nitem: V. five\nitem: 01 zero\nitem: 01 1st once\nitem: 02 zero\nitem: 02 2nd goes on\nitem: • dot\nitem: ◦ circle\nheading 1: No number\n",
	}})
}

func TestWordTables(t *testing.T) {
	span := func(n int) string { return fmt.Sprintf(`<w:gridSpan w:val="%d"/>`, n) }
	checkWord(t, []wordCase{
		{
			name: "merged, skipped and deleted",
			body: tableOf(
				rowWith("<w:tblHeader/>", cellOf("Scale", `<w:vMerge w:val="restart"/>`), cellOf("Mother", span(2))),
				rowWith("<w:tblHeader/>", cellOf("", "<w:vMerge/>"), cellOf("T"), cellOf("%ile")),
				rowWith("", cellOf("Worry"), cellOf(""), cellOf("91")),
				rowWith(`<w:gridBefore w:val="1"/>`, cellOf("44"), cellOf("30")),
				rowWith(`<w:gridAfter w:val="2"/>`, cellOf("Anger")),
				rowWith(`<w:del w:id="1"/>`, cellOf("Gone"), cellOf("1"), cellOf("2")),
				control("", rowWith("", cellOf("Sleep"), control("<w:showingPlcHdr/>", cellOf("Click here")), cellOf("7"))),
			),
			want: "header row: Scale | Mother | Mother\nheader row: Scale | T | %ile\nrow: Worry |  | 91\nrow:  | 44 | 30\nrow: Anger |  | \nrow: Sleep |  | 7\n" +
				"! 3 words were left out: they are deleted in the document\n! 1 field was left out: nobody filled it in\n",
		},
		{
			name: "a header by its looks, a table within a cell, and a frame",
			body: tableOf(rowWith("", cellOf("Test"), cellOf("Score")), rowWith("", cellOf("Digit span"), cellOf("9")),
				rowWith("", "<w:tc>"+para("", run("More"))+tableOf(rowWith("", cellOf("a"), cellOf("b")))+"</w:tc>", cellOf("8"))) +
				tableOf(rowWith("", "<w:tc>"+para("", run("In a frame"))+para("", run("Second"))+"</w:tc>")),
			want: "header row: Test | Score\nrow: Digit span | 9\nrow: More | 8\nrow: a | b\nparagraph: In a frame\nparagraph: Second\n",
		},
	})
	r := readOf(t, "a.docx", wordDoc(t, tableOf(rowWith("", cellOf("a"), cellOf("b"), cellOf("c")), rowWith("", cellOf("d"))), nil))
	for _, p := range r.Passages {
		if len(p.Cells) != 3 {
			t.Errorf("a row has %d cells, want 3", len(p.Cells))
		}
	}
}

func TestWordTextThatIsNotLive(t *testing.T) {
	styles := `<w:style w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>`
	white := `<w:color w:val="FFFFFF"/>`
	checkWord(t, []wordCase{
		{
			name: "hidden, white, deleted and struck",
			body: para("", run("Seen "), run("hidden two", "<w:vanish/>"), run("by style", `<w:rStyle w:val="Secret"/>`), run("white", white),
				`<w:del w:id="1"><w:r><w:delText>taken back</w:delText></w:r></w:del>`, `<w:ins w:id="2">`+run("added ")+`</w:ins>`,
				run("no", "<w:strike/>"), run(" yes")),
			parts: map[string]string{"styles": styles},
			want: "paragraph: Seen added [struck: no] yes\n! 2 words were left out: they are deleted in the document\n" +
				"! 4 words were left out: they are hidden in the document\n! 1 word was left out: it has the colour of the paper\n",
		},
		{
			name: "white on a dark ground is seen",
			body: para(`<w:shd w:val="clear" w:fill="1F3864"/>`, run("Title", white)) +
				tableOf(rowWith("", cellOf("Scale", `<w:shd w:val="clear" w:fill="000000"/>`),
					"<w:tc><w:tcPr><w:shd w:fill='404040'/></w:tcPr>"+para("", run("T", white))+"</w:tc>"), rowWith("", cellOf("Mood"), cellOf("60"))),
			want: "paragraph: Title\nheader row: Scale | T\nrow: Mood | 60\n",
		},
		{
			name: "a deleted end of a paragraph, and moved text",
			body: para(`<w:rPr><w:del w:id="1"/></w:rPr>`, run("One ")) + para("", run("sentence."),
				`<w:moveFrom w:id="3">`+run("old place")+`</w:moveFrom><w:moveTo w:id="4">`+run(" New place.")+`</w:moveTo>`),
			want: "paragraph: One sentence. New place.\n",
		},
		{
			name: "raised and lowered",
			body: para("", run("10"), run("3", `<w:vertAlign w:val="superscript"/>`), run(" of 85"), run("1",
				`<w:vertAlign w:val="superscript"/>`), run(" in the 4"), run("th", `<w:vertAlign w:val="superscript"/>`), run(" grade, CO"),
				run("2", `<w:vertAlign w:val="subscript"/>`), run(", 68"), run("a", `<w:vertAlign w:val="superscript"/>`)),
			want: "paragraph: 10³ of 85¹ in the 4th grade, CO2, 68^a\n",
		},
	})
}

func TestWordFields(t *testing.T) {
	box := func(checked string) string {
		return control(`<w14:checkbox><w14:checked w14:val="`+checked+`"/></w14:checkbox>`, run("☐"))
	}
	checkWord(t, []wordCase{{
		name: "boxes, lists and prompts",
		body: para("", run("Self-harm: "), box("1"), run(" Yes "), box("0"), run(" No")) +
			para("", run("Smokes: "), formField("<w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox>", ""), run(" Yes "),
				formField("<w:checkBox><w:default w:val='0'/></w:checkBox>", ""), run(" No")) +
			para("", run("Informant: "), control("<w:dropDownList/>", run("Aunt"))) +
			para("", control(`<w:alias w:val="Visit"/><w:date/>`, run("3/4/2026"))) +
			para("", run("Lives with: "), formField(`<w:ddList><w:result w:val="1"/><w:listEntry w:val="Father"/><w:listEntry w:val="Uncle"/></w:ddList>`, "")) +
			para("", run("Name: "), formField("<w:textInput/>", run("\u2002\u2002")), control("<w:showingPlcHdr/><w:text/>",
				run("Click to enter"))) +
			para("", `<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>`, run(" consent "),
				`<w:r><w:sym w:font="Symbol" w:char="F0A3"/></w:r>`, run(" 5")),
		want: "field: Self-harm: [x] Yes [ ] No\nfield: Smokes: [x] Yes [ ] No\nfield: Informant: Aunt\nfield: Visit: 3/4/2026\nfield: Lives with: Uncle\nfield: Name:\n" +
			"paragraph: ☑ consent ≤ 5\n! 2 fields were left out: nobody filled them in\n",
	}})
}

func TestWordNotesAndMargins(t *testing.T) {
	note := func(id, text string) string {
		return `<w:footnote w:id="` + id + `">` + para("", run(text)) + `</w:footnote>`
	}
	comment := func(id, author, mark, text string) string {
		return `<w:comment w:id="` + id + `" w:author="` + author + `"><w:p w14:paraId="` + mark + `">` + run(text) + `</w:p></w:comment>`
	}
	section := `<w:sectPr><w:headerReference w:type="default" r:id="h1"/><w:headerReference w:type="first" r:id="h2"/><w:footerReference r:id="f1"/></w:sectPr>`
	box := `<w:txbxContent>` + para("", run("In a box")) + `</w:txbxContent>`
	checkWord(t, []wordCase{{
		name: "all in their places",
		body: para("", run("Seen"), `<w:r><w:footnoteReference w:id="4"/></w:r>`, run(" twice.")) +
			para("", `<w:commentRangeStart w:id="0"/>`, run("The whole sentence of seven words here."),
				`<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r><w:r><w:commentReference w:id="1"/></w:r>`) +
			tableOf(rowWith("", cellOf("Mood"), "<w:tc>"+para("", run("60"), `<w:r><w:footnoteReference w:id="5"/></w:r>`)+"</w:tc>")) +
			para("", run("Near"), `<w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>`+box+`</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>`+box+`</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>`) +
			para("", run("Drawn"), `<w:r><w:drawing><pic:pic/></w:drawing></w:r>`) + para("",
			`<m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath>`) +
			section,
		parts: map[string]string{
			"footnotes": `<w:footnote w:type="separator" w:id="0">` + para("",
				run("line")) + `</w:footnote>` + note("4", " By phone.") + note("5", "Raw."),
			"comments":         comment("0", "Dr. Okafor", "A1", "Check") + comment("1", "Ines", "B1", "Done"),
			"commentsExtended": `<w15:commentEx w15:paraId="A1"/><w15:commentEx w15:paraId="B1" w15:paraIdParent="A1"/>`,
			"h1 header":        para("", run("Practice")), "h2 header": para("", run("Only on a first page")), "f1 footer": para("",
				run("Page 1")),
		},
		want: "header: Practice\nparagraph: Seen¹ twice.\nfootnote: ¹ By phone.\nparagraph: The whole sentence of seven words here.\n" +
			"comment: Comment 1, Dr. Okafor, on “The whole sentence … words here.”: Check\ncomment: Comment 2, Ines, in reply to comment 1: Done\n" +
			"row: Mood | 60²\nfootnote: ² Raw.\nparagraph: Near\nparagraph: In a box\nparagraph: Drawn\nparagraph: a/b\nfooter: Page 1\n" +
			"! 1 part was not read: it is an embedded object or a picture\n",
	}})
}

func TestDamagedWordFilesKeepWhatIsThere(t *testing.T) {
	body := ""
	for i := range 400 {
		body += para("", run(fmt.Sprintf("Paragraph %d of %d.", i, i*7919%1000)))
	}
	whole := wordDoc(t, body+para("", run("A note"), `<w:r><w:footnoteReference w:id="2"/></w:r>`), map[string]string{"footnotes": ""})
	damaged := Unread{Unit: "part", Count: 1, Reason: Damaged}
	for name, data := range map[string][]byte{"a missing part": whole, "a file that was cut": whole[:len(whole)/2]} {
		r := readOf(t, "a.docx", data)
		if len(r.Passages) < 50 || r.Passages[0].Text.Reveal() != "Paragraph 0 of 0." {
			t.Errorf("%s: %d passages, problem %q", name, len(r.Passages), r.Problem)
		}
		if !slices.ContainsFunc(r.Unread, func(u Unread) bool { return u.Missing() && u.Reason == damaged.Reason }) {
			t.Errorf("%s: nothing is said to be missing: %v", name, r.Unread)
		}
	}
}

func TestNumberedWordFile(t *testing.T) {
	data, err := os.ReadFile("testdata/numbers.docx")
	if err != nil {
		t.Fatal(err)
	}
	want := "heading 1: I. Background\nparagraph: Age 9.\nheading 1: II. Concerns\nitem: II. a) Wakes at night\nitem: II. b) Avoids gym\nheading 1: III. Next\n" +
		"item: 1. Appetite: 2\nitem: 2. Energy: 0\nitem: 3. Sleep: 3\n"
	if got := shownOf(t, "numbers.docx", data); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
