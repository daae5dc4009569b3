package text

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"claria/internal/safe"
)

// file is a file of testdata.
func file(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// zipped is an archive of these parts.
func zipped(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(body))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// told is what a person sees of a reading, and what it lacks.
func told(t *testing.T, name string, data []byte) (passages string, lacks []string) {
	t.Helper()
	named, known := formatOf(safe.PHI(name))
	for _, u := range extract(t.Context(), sniff(data, named, known), data).Unread {
		lacks = append(lacks, u.String())
	}
	return reading(t, name, data), lacks
}

func TestFilesOfAPractice(t *testing.T) {
	for name, want := range map[string]string{
		"note.rtf":    "paragraph: Client slept 4 hours.\nparagraph: PHQ-9 was 14.\n",
		"ehr.html":    "heading 1: Progress Note\nrow: Client | Marlow Ashby\nrow: PHQ-9 | 14\nparagraph: Client denied SI.\nitem: • Sleep poor\n",
		"scores.xlsx": "header row: Scale | T\nrow: Anxiety | 63\n",
		"mail.eml": "field: From: Dana Okafor <d.okafor@school.example>\nfield: To: clinic@riverbend.example\n" +
			"field: Date: Tue, 3 Mar 2026 09:12:00 -0500\nfield: Subject: Marlow – behaviour\n" +
			"paragraph: Marlow hit another child on Monday – twice. He says \"sorry\".\n",
		"transcript.vtt": "turn: Therapist: How was the week?\nturn: Client: I did not sleep.\n",
		"libreoffice.odt": "heading 1: Report\nparagraph: She drew three people.\nitem: 1. one\nitem: a. under\nitem: 2. two\n" +
			"header row: Scale | T\nrow: Anxiety | 63\nrow: Mood | \n",
		"libreoffice.rtf": "heading 1: Report\nparagraph: She drew three people.\nitem: 1. one\nitem: a. under\nitem: 2. two\n" +
			"header row: Scale | T\nrow: Anxiety | 63\nrow: Mood | \n",
		"libreoffice.ods": "header row: Scale | T\nrow: Anxiety | 63\n",
	} {
		if got, lacks := told(t, name, file(t, name)); got != want || len(lacks) > 0 {
			t.Errorf("%s:\n%s%q\nwant:\n%s", name, got, lacks, want)
		}
	}
}

func TestPlacesAreTold(t *testing.T) {
	for name, want := range map[string]string{"scores.xlsx": "sheet BASC-3", "libreoffice.ods": "sheet BASC-3", "transcript.vtt": "00:00:01"} {
		named, known := formatOf(safe.PHI(name))
		data := file(t, name)
		out := extract(t.Context(), sniff(data, named, known), data)
		if got := out.Passages[0].Place.Reveal(); got != want {
			t.Errorf("%s: the first passage is at %q, want %q", name, got, want)
		}
	}
}

// page is one case: what a file says, and what it lacks.
type example struct{ name, data, want, lacks string }

func check(t *testing.T, all []example) {
	t.Helper()
	for _, c := range all {
		got, lacks := told(t, c.name, []byte(c.data))
		if got != c.want || strings.Join(lacks, "; ") != c.lacks {
			t.Errorf("%s %s\ngot:\n%s%s\nwant:\n%s%s", c.name, c.data, got, strings.Join(lacks, "; "), c.want, c.lacks)
		}
	}
}

func TestRichText(t *testing.T) {
	check(t, []example{
		{"a.rtf", `{\rtf1\ansi{\fonttbl{\f0 A;}{\f1\fcharset204 B;}{\f2\fcharset238 C;}}\f0 caf\'e9 \f1\'c4\'e0 \f2\'9a\par}`, "paragraph: café Да š\n", ""},
		{"a.rtf", `{\rtf1\ansi\uc1 5\u8211?6 \uc2 \u8364\'80\'80x \uc0\u9786 y{\uc1\u-10179?\u-8704?}\par}`, "paragraph: 5–6 €x ☺y😀\n", ""},
		{"a.rtf", `{\rtf1 He takes {\strike Lithium} now, {\striked1 never} 10{\super 3}, 1{\super st}\par}`, "paragraph: He takes [struck: Lithium] now, [struck: never] 10³, 1st\n", ""},
		{
			"a.rtf", `{\rtf1 A{\v secret}B {\deleted gone}C{\revised new}\par}`, "paragraph: AB Cnew\n",
			"1 part was left out: it is deleted in the document; 1 part was left out: it is hidden in the document",
		},
		{"a.rtf", `{\rtf1{\colortbl;\red255\green255\blue255;}seen {\cf1 unseen}\par}`, "paragraph: seen\n", "1 part was left out: it has the colour of the paper"},
		{
			"a.rtf", `{\rtf1{\header\pard Practice\par}{\headerf Practice\par}{\footer Page {\field{\*\fldinst PAGE}{\fldrslt 1}}\par}Body{\super\chftn}{\footnote\pard{\super\chftn} The note\par} goes on.\par}`,
			"header: Practice\nfooter: Page 1\nparagraph: Body¹ goes on.\nfootnote: ¹ The note\n", "",
		},
		{"a.rtf", `{\rtf1 Text{\*\atnid DA}{\*\atnauthor Dana}{\*\annotation\pard\plain Verify\par}.\par}`, "paragraph: Text.\ncomment: Dana: Verify\n", ""},
		{"a.rtf", `{\rtf1{\stylesheet{\s1 heading 2;}}\pard\s1 Plan\par\pard{\listtext\pard\plain II.\tab}first\par{\pntext\'B7\tab}second\par}`, "heading 2: Plan\nitem: II. first\nitem: • second\n", ""},
		{
			"a.rtf", `{\rtf1\trowd\cellx1000\cellx2000\cellx3000\intbl Index\cell T\cell %ile\cell\row\trowd\clvmgf\cellx1000\cellx2000\cellx3000\intbl A\cell\cell 44\cell\row` +
				`\trowd\clvmrg\cellx1000\cellx3000\intbl\cell 6\par 8\cell\row\pard After\par}`,
			"header row: Index | T | %ile\nrow: A |  | 44\nrow: A | 6 8 | 6 8\nparagraph: After\n", "",
		},
		{"a.rtf", "{\\rtf1 a{\\pict\\pngblip\\bin4 }}{\\}b\\par}", "paragraph: ab\n", "1 picture was not read: it is a picture"},
		{
			"a.rtf", `{\rtf1 Ever: {\field{\*\fldinst FORMCHECKBOX {\*\formfield{\fftype1\ffres25\ffdefres1}}}{\fldrslt}} Yes {\field{\*\fldinst FORMCHECKBOX {\*\formfield{\fftype1\ffres0}}}{\fldrslt}} No\par}`,
			"paragraph: Ever: [x] Yes [ ] No\n", "",
		},
		{"a.rtf", `{\rtf1 cut in the mid`, "paragraph: cut in the mid\n", "some parts were not read: they are damaged"},
		{"a.rtf", `{\rtf1{\fonttbl{\f0\fcharset128 M;}}\f0\'83\'65 is Japanese\par}`, "paragraph: \ufffde is Japanese\n", "1 letter was not read: its font does not say which letter it is"},
	})
}

func TestWebPages(t *testing.T) {
	check(t, []example{
		{
			"a.html", `<ol type="I" start="2"><li>one<ol type=a><li><p>deep</p></li></ol></li><li value=7>two</li></ol><ul><li>x</ul>`,
			"item: II. one\nitem: a. deep\nitem: VII. two\nitem: • x\n", "",
		},
		{
			"a.html", `<table><tr><th rowspan=2>Scale<th colspan=2>Mother<tr><th>T<th>%ile<tr><td>Anxiety<td><td>83</table>`,
			"header row: Scale | Mother | Mother\nheader row: Scale | T | %ile\nrow: Anxiety |  | 83\n", "",
		},
		{
			"a.html", `<p>Ever: <input type=checkbox checked>Yes <input type=radio>No</p><label>Who: <select><option value="">Choose…<option>Father</select></label>` +
				`<p>Name <input placeholder="Type here"> Age <input value=9></p>`,
			"field: Ever: [x] Yes [ ] No\nfield: Who:\nfield: Name Age 9\n", "1 field was left out: nobody filled it in",
		},
		{
			"a.html", `<style>.no{display:none} @media print{.p{display:none}}</style><p>seen</p><p class="no">a</p><p hidden>b</p><p style="visibility: hidden">c</p><p class=p>d</p><span aria-hidden=true>e</span><script>f()</script>`,
			"paragraph: seen\nparagraph: d\n", "4 parts were left out: they are hidden in the document",
		},
		{"a.html", `<p>10<sup>3</sup> <del>no</del> &lt;5 &#8211; x<!-- y --></p>`, "paragraph: 10³ [struck: no] <5 – x\n", ""},
		{"a.html", `<p style="color:#fff">w</p><p style="color:white;background:navy">n</p>`, "paragraph: n\n", "1 part was left out: it has the colour of the paper"},
		{"a.html", `<p>Sleep: poor<br>Appetite: fair<br>since May</p>`, "paragraph: Sleep: poor\nparagraph: Appetite: fair since May\n", ""},
		{"a.html", `<dl><dt>PHQ-9<dd>14</dl>`, "field: PHQ-9: 14\n", ""},
		{"a.html", `<html><body><p>one</p><table><tr><td>a<td>b`, "paragraph: one\nrow: a | b\n", "some parts were not read: they are damaged"},
		{"a.html", "<meta charset=koi8-r><p>\xe4\xe1</p>", "paragraph: ДА\n", ""},
		{"a.html", "<meta charset=big5><p>\xa4\xa4\xff</p>", "problem: " + string(errEncoding("big5")), ""},
		{
			"a.html", `<p>x</p><img src="http://tracker.example/1.gif" width=1 height=1><img src=a.png alt="a house"><iframe src="http://x"></iframe>`,
			"paragraph: x\nparagraph: [picture: a house]\n", "1 picture was not read: it is a picture; 1 embedded object was not read: it is an embedded object or a picture",
		},
	})
}

func TestTranscripts(t *testing.T) {
	check(t, []example{
		{
			"a.vtt", "\ufeffWEBVTT - x\n\nNOTE by\nDana\n\nSTYLE\n::cue{}\n\n1\n01:02.500 --> 01:04.000 align:start\n<v.loud Dr. Ana>Hello <b>there</b> &amp;\n\n00:01:05.000 --> 00:01:06.000\nyou.\n\n" +
				"00:01:07.000 --> 00:01:08.000\n- Marlow: No.\n- Dr. Ana: So?\n",
			"turn: Dr. Ana: Hello there & you.\nturn: Marlow: No.\nturn: Dr. Ana: So?\n", "",
		},
		{
			"a.srt", "1\r\n00:00:01,000 --> 00:00:02,000\r\n{\\an8}<i>He said:</i> leave\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nme.\r\n",
			"turn: He said: leave me.\n", "",
		},
	})
	got := extract(t.Context(), suffixed(".vtt"), []byte("WEBVTT\n\n1:02.500 --> 1:04.000\nAna: a\n\n10:00:01.000 --> 10:00:02.000\nBo: b\n"))
	if len(got.Passages) != 2 || got.Passages[0].Place != "00:01:02" || got.Passages[1].Place != "10:00:01" {
		t.Errorf("the times of turns: %+v", len(got.Passages))
	}
}

func TestMail(t *testing.T) {
	mail := func(head, body string) string { return strings.ReplaceAll(head+"\n\n"+body, "\n", "\r\n") }
	check(t, []example{
		{
			"a.eml", mail("From: =?iso-8859-2?Q?Zden=ECk?= <z@x.example>\nTo: a@x.example,\n b@x.example\nCc: \"C, D\" <c@x.example>\nSubject: =?koi8-r?B?5OE=?=\nContent-Type: text/plain; charset=windows-1252; format=flowed",
				"one \ntwo \x93q\x94\n\nthree"),
			"field: From: Zdeněk <z@x.example>\nfield: To: a@x.example, b@x.example\nfield: Cc: C, D <c@x.example>\nfield: Subject: ДА\n" +
				"paragraph: one two “q”\nparagraph: three\n", "",
		},
		{
			"a.eml", mail("From: a@x.example\nContent-Type: multipart/mixed; boundary=m", "--m\nContent-Type: multipart/alternative; boundary=n\n\n--n\nContent-Type: text/plain\n\nSee the page.\n--n\n"+
				"Content-Type: text/html\n\n<p>He slept badly all week and does not want to go to school.</p>\n--n--\n--m\nContent-Type: application/pdf; name=\"r.pdf\"\nContent-Disposition: attachment; filename*=utf-8''Zo%C3%AB.pdf\n"+
				"Content-Transfer-Encoding: base64\n\nJVBE\nRi0=\n--m--\n"),
			"field: From: a@x.example\nparagraph: He slept badly all week and does not want to go to school.\nfield: Attachment: Zoë.pdf (5 B)\n",
			"1 attachment was not read: it is a file within the file",
		},
		{
			"a.eml", mail("From: a@x.example\nContent-Type: multipart/mixed; boundary=m", "--m\n\nHello\n--m\nContent-Type: message/rfc822\n\nFrom: b@x.example\nSubject: Fwd\n\nWithin\n--m"),
			"field: From: a@x.example\nparagraph: Hello\nfield: From: b@x.example\nfield: Subject: Fwd\nparagraph: Within\n",
			"some parts were not read: they are damaged",
		},
		{"a.eml", mail("From: a@x.example\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64", "AAAA"), "problem: " + string(errEncryptedMail), ""},
	})
}

func TestAttachmentsAreFiles(t *testing.T) {
	data := "From: a@x.example\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nHello\n--m\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"..\\\\..\\\\r.pdf\"\n" +
		"Content-Transfer-Encoding: base64\n\nJVBERi0=\n--m\nContent-Type: message/rfc822\n\nFrom: b@x.example\n\nWithin\n--m--\n"
	files, err := Attachments("a.eml", []byte(data))
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if f := files[0]; f.Name != "r.pdf" || f.Type != "application/pdf" || string(f.Data) != "%PDF-" {
		t.Errorf("%s %s %q", f.Name.Reveal(), f.Type, f.Data)
	}
	if f := files[1]; f.Name != "attachment 2.eml" || !strings.Contains(string(f.Data), "Within") {
		t.Errorf("%s %q", f.Name.Reveal(), f.Data)
	}
	if _, err := Attachments("a.txt", []byte("words")); err == nil {
		t.Error("a note has attachments")
	}
}

func TestOtherFormatsSayHowToSaveThem(t *testing.T) {
	wide := func(s string) string { return strings.Join(strings.Split(s, ""), "\x00") + "\x00" }
	const compound = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	for name, c := range map[string]struct {
		data string
		want textError
	}{
		"a.doc": {compound + wide("WordDocument"), whyDoc}, "b.doc": {compound + wide("Workbook"), whyXls}, "a.xls": {compound + wide("Workbook"), whyXls},
		"a.msg": {compound + wide("__substg1.0_0037001F"), whyMsg}, "a.docx": {compound + wide("EncryptedPackage"), whyLocked}, "a.ppt": {compound, whyPpt},
		"photo.jpg": {"\xff\xd8\xff\xe0aaaaaaaaaaaa", whyPicture}, "IMG_1.HEIC": {"\x00\x00\x00\x18ftypheic0000", whyHEIC}, "really.txt": {"\x89PNG\r\n\x1a\n0000", whyPicture},
		"a.pages": {"PK\x03\x04 Index/Document.iwa", whyPages}, "noname": {"PK\x03\x04 Index/Document.iwa", whyPages}, "a.zip": {"PK\x03\x04 a", whyZip},
		"talk.mp3": {"ID3aaaaaaaaaaaaaa", whyAudio}, "talk.mov": {"\x00\x00\x00\x14ftypqt  0000", whyVideo},
		"old.xml": {`<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument/>`, whyXML},
	} {
		if got := reading(t, name, []byte(c.data)); got != "problem: "+string(c.want) {
			t.Errorf("%s: %s", name, got)
		}
		if !strings.Contains(string(c.want), "save") {
			t.Errorf("%s: the sentence has no way out: %s", name, c.want)
		}
	}
}

// A file is what its bytes are, whatever its name says.
func TestWrongExtensions(t *testing.T) {
	word := string(file(t, "pandoc.docx"))
	for name, c := range map[string]struct{ data, want string }{
		"really-rtf.doc":  {`{\rtf1 words\par}`, "paragraph: words\n"},
		"really-html.doc": {"<html><body><p>words</p></body></html>", "paragraph: words\n"},
		"really-docx.doc": {word, reading(t, "pandoc.docx", []byte(word))},
		"really-docx.pdf": {word, reading(t, "pandoc.docx", []byte(word))},
		"really-html.xls": {"<html><table><tr><td>Anxiety<td>63</table></html>", "row: Anxiety | 63\n"},
		"really-tsv.xls":  {"Scale\tT\nAnxiety\t63\n", reading(t, "x.tsv", []byte("Scale\tT\nAnxiety\t63\n"))},
		"really-text.doc": {"words", "paragraph: words\n"},
		"really-vtt.txt":  {"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana>words\n", "turn: Ana: words\n"},
		"mail without":    {"From: a@x.example\nDate: Tue, 3 Mar 2026 09:12:00 -0500\n\nwords", "field: From: a@x.example\nfield: Date: Tue, 3 Mar 2026 09:12:00 -0500\nparagraph: words\n"},
	} {
		if got := reading(t, name, []byte(c.data)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestHeadersAreFoundWithoutMarks(t *testing.T) {
	row := func(cells ...string) []spot {
		var out []spot
		for _, c := range cells {
			out = append(out, spot{text: c})
		}
		return out
	}
	for name, c := range map[string]struct {
		rows [][]spot
		want int
	}{
		"scores":          {[][]spot{row("Scale", "T", "%ile"), row("Anxiety", "59", "83"), row("Mood", "", "44")}, 1},
		"names, values":   {[][]spot{row("Client", "Marlow"), row("PHQ-9", "14"), row("Date", "3 March")}, 0},
		"values at once":  {[][]spot{row("Anxiety", "59", "83"), row("Mood", "44", "30")}, 0},
		"sentences":       {[][]spot{row("He slept.", "She ate.", "x"), row("a b c", "d e f", "g h i")}, 0},
		"one row":         {[][]spot{row("Scale", "T", "%ile")}, 0},
		"two, with value": {[][]spot{row("Scale", "T"), row("Anxiety", "63"), row("Mood", "44")}, 1},
	} {
		var l lattice
		for _, r := range c.rows {
			if err := l.add(r); err != nil {
				t.Fatal(err)
			}
		}
		if _, got := headings(l.square()); got != c.want {
			t.Errorf("%s: %d header rows, want %d", name, got, c.want)
		}
	}
}

func FuzzRTF(f *testing.F)        { fuzzReader(f, readRTF, ".rtf") }
func FuzzODT(f *testing.F)        { fuzzReader(f, readODT, ".odt") }
func FuzzODS(f *testing.F)        { fuzzReader(f, readODS, ".ods") }
func FuzzHTML(f *testing.F)       { fuzzReader(f, readHTML, ".html") }
func FuzzXLSX(f *testing.F)       { fuzzReader(f, readXLSX, ".xlsx") }
func FuzzMail(f *testing.F)       { fuzzReader(f, readEML, ".eml") }
func FuzzTranscript(f *testing.F) { fuzzReader(f, readTranscript, ".vtt") }

// FuzzParts puts text into the parts of archives, where a zip's checksums keep a fuzzer
// out.
func FuzzParts(f *testing.F) {
	f.Add("<a:p xmlns:a='x'><a:r><a:t>b</a:t></a:r></a:p>")
	f.Add(`<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="ZZZ9"><f/><v>45000</v></c></row></sheetData><mergeCell ref="A1:C3"/>`)
	f.Add(`<list><list-item><p>a</p></list-item></list><table><table-row><table-cell number-columns-spanned="9"/></table-row></table>`)
	f.Fuzz(func(t *testing.T, body string) {
		sheet := "<worksheet>" + body + "</worksheet>"
		book := zipped(t, map[string]string{
			"_rels/.rels": `<Relationships/>`, "xl/workbook.xml": `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="r1" Type="/worksheet" Target="s.xml"/><Relationship Id="r2" Type="/sharedStrings" Target="t.xml"/></Relationships>`,
			"xl/s.xml":                   sheet, "xl/t.xml": "<sst><si>" + body + "</si><si><t>x</t></si></sst>",
		})
		document := zipped(t, map[string]string{"content.xml": "<document-content><body><text>" + body + "</text><spreadsheet>" + body + "</spreadsheet></body></document-content>"})
		show := zipped(t, map[string]string{
			"ppt/presentation.xml": `<p><sldId id="r1"/></p>`, "ppt/_rels/presentation.xml.rels": `<Relationships><Relationship Id="r1" Target="s.xml"/></Relationships>`,
			"ppt/s.xml": "<sld><cSld><spTree>" + body + "</spTree></cSld></sld>",
		})
		for _, c := range []struct {
			read reader
			data []byte
		}{{readXLSX, book}, {readODT, document}, {readODS, document}, {readPPTX, show}} {
			var b builder
			_ = c.read(t.Context(), c.data, &b)
		}
	})
}

func FuzzNumberFormat(f *testing.F) {
	for _, code := range slices.Sorted(func(yield func(string) bool) {
		for _, code := range builtInFormats {
			if !yield(code) {
				return
			}
		}
	}) {
		f.Add(code, 45000.5)
	}
	f.Fuzz(func(_ *testing.T, code string, v float64) {
		_, _ = shown(v, code, false), shownText(fmt.Sprint(v), code)
	})
}
