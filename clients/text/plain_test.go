package text

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"claria/internal/safe"
)

// readOf is the whole reading of a file.
func readOf(t *testing.T, name string, data []byte) Reading {
	t.Helper()
	named, known := formatOf(safe.PHI(name))
	return extract(t.Context(), sniff(data, named, known), data)
}

// shownOf is a reading as a person sees it: its passages with their kinds, then what was
// not read.
func shownOf(t *testing.T, name string, data []byte) string {
	t.Helper()
	return reading(t, name, data) + lacksOf(t, name, data)
}

func lacksOf(t *testing.T, name string, data []byte) string {
	t.Helper()
	var b strings.Builder
	for _, u := range readOf(t, name, data).Unread {
		b.WriteString("! " + u.String() + "\n")
	}
	return b.String()
}

func TestTextInAnyEncoding(t *testing.T) {
	const (
		french    = "La grand-mère dit que la fenêtre était ouverte et que Léo a fui. Où ? Ça dépend : il a très peur, même à l’école."
		german    = "Der Schüler äußert Ängste; die Größe der Störung ist unklar. „Ich weiß nicht“, sagt er – über 37 °C."
		spanish   = "El niño está cansado. ¿Cuándo empezó? La mañana del lunes, según la señora Muñoz."
		polish    = "Zażółć gęślą jaźń. Chłopiec skarży się na lęk, źle śpi i często płacze. Ósmy dzień."
		hungarian = "Az anya szerint a fiú nyűgös, őszintén félős, és gyűlöli az iskolát. Különös tünetei nőttek."
		russian   = "Мальчик боится темноты. Мать сообщает, что он плохо спит и часто плачет."
		greek     = "Το αγόρι φοβάται το σκοτάδι. Η μητέρα λέει ότι κοιμάται άσχημα."
		turkish   = "Çocuk karanlıktan korkuyor. Annesi şöyle diyor: İyi uyumuyor ve sık sık ağlıyor."
		hebrew    = "הילד פוחד מהחושך. אמו אומרת שהוא ישן רע ובוכה לעתים קרובות."
		japanese1 = "少年は暗闇を怖がります。母親によると、よく眠れず、よく泣くそうです。"
		chinese   = "男孩怕黑。母亲说他睡得不好，经常哭。他说他没有朋友。"
		taiwanese = "男孩怕黑。母親說他睡得不好，經常哭。他說他沒有朋友。"
		korean1   = "소년은 어둠을 무서워합니다. 어머니는 그가 잠을 잘 못 자고 자주 운다고 합니다."
		english   = "He said “I’m fine” – but cried. Temp 37°C, naïve. Mother’s café £20."
	)
	for _, c := range []struct {
		name     string
		encoding encoding.Encoding
		text     string
	}{
		{"windows-1252", charmap.Windows1252, french},
		{"windows-1252", charmap.Windows1252, german},
		{"windows-1252", charmap.Windows1252, spanish},
		{"windows-1252", charmap.Windows1252, english},
		{"mac roman", charmap.Macintosh, french},
		{"mac roman", charmap.Macintosh, german},
		{"mac roman", charmap.Macintosh, spanish},
		{"mac roman", charmap.Macintosh, english},
		{"windows-1250", charmap.Windows1250, polish},
		{"windows-1250", charmap.Windows1250, hungarian},
		{"iso-8859-2", charmap.ISO8859_2, polish},
		{"windows-1251", charmap.Windows1251, russian},
		{"koi8-r", charmap.KOI8R, russian},
		{"iso-8859-5", charmap.ISO8859_5, russian},
		{"dos 866", charmap.CodePage866, russian},
		{"windows-1253", charmap.Windows1253, greek},
		{"windows-1254", charmap.Windows1254, turkish},
		{"windows-1255", charmap.Windows1255, hebrew},
		{"dos 850", charmap.CodePage850, spanish},
		{"dos 437", charmap.CodePage437, "Die Größe der Störung ist für Ärzte unklar."},
		{"shift_jis", japanese.ShiftJIS, japanese1},
		{"euc-jp", japanese.EUCJP, japanese1},
		{"gb18030", simplifiedchinese.GB18030, chinese},
		{"big5", traditionalchinese.Big5, taiwanese},
		{"euc-kr", korean.EUCKR, korean1},
		{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), english},
		{"utf-16be", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), english},
		{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), hebrew},
		{"utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), chinese + "\n" + chinese},
		{"utf-16le with a mark", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), russian},
		{"utf-16be with a mark", unicode.UTF16(unicode.BigEndian, unicode.UseBOM), english},
		{"utf-32le", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), english},
		{"utf-32be with a mark", utf32.UTF32(utf32.BigEndian, utf32.UseBOM), german},
		{"utf-8 with a mark", unicode.UTF8BOM, greek},
	} {
		data, err := c.encoding.NewEncoder().Bytes([]byte(c.text))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		want := ""
		for line := range strings.SplitSeq(c.text, "\n") {
			want += "paragraph: " + line + "\n"
		}
		if got := shownOf(t, "note.txt", data); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, want)
		}
	}
}

func TestAStrangeByteCostsOnlyItself(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"one wrong byte in UTF-8", "Léo said \xff nothing. Zoë cried.", "paragraph: Léo said \ufffd nothing. Zoë cried.\n! 1 letter was not read: it is damaged\n"},
		{"UTF-8 that ends within a letter", "Zoë cried. L\xc3", "paragraph: Zoë cried. L\ufffd\n! 1 letter was not read: it is damaged\n"},
		{"a byte of no encoding", "He said \x90 and then left.", "paragraph: He said \ufffd and then left.\n! 1 letter was not read: it is damaged\n"},
		{"a zero", "He said \x00and then left.", "paragraph: He said and then left.\n"},
		{"half a unit of UTF-16", "\xff\xfeA\x00b\x00c", "paragraph: Ab\n! 1 letter was not read: it is damaged\n"},
		{"columns of a plain text", "Scale      T   PR\nAnxiety        91", "paragraph: Scale      T   PR\nparagraph: Anxiety        91\n"},
		{"a picture by the name of a text", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x06\x00\x00\x00\x1f\xf3\xff", "problem: " + string(whyPicture) + "\n"},
	} {
		if got := shownOf(t, "note.txt", []byte(c.data)); got != c.want {
			if strings.TrimSpace(got) != strings.TrimSpace(c.want) {
				t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
			}
		}
	}
}

func TestTablesOfSeparatedValues(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{
			"semicolons and decimal commas", "Skala;T-Wert;PR\r\nUnruhe;63,5;91\r\n\"Schlaf; gesamt\";58,0;79\r\n",
			"header row: Skala | T-Wert | PR\nrow: Unruhe | 63,5 | 91\nrow: Schlaf; gesamt | 58,0 | 79\n",
		},
		{"tabs", "Scale\tT\tPR\nSleep\t63\t91\n", "header row: Scale | T | PR\nrow: Sleep | 63 | 91\n"},
		{"bars", "Scale|T\nSleep, all|63\n", "header row: Scale | T\nrow: Sleep, all | 63\n"},
		{"a line for Excel", "sep=;\nScale;T\nSleep, bed;63\n", "header row: Scale | T\nrow: Sleep, bed | 63\n"},
		{"blank cells and short rows", "Scale,Mother,Father\nSleep,,63\nMood,58\n", "header row: Scale | Mother | Father\nrow: Sleep |  | 63\nrow: Mood | 58 | \n"},
		{"quotes", "Item,Answer,n\n\"said \"\"no\"\", twice\",\"two\nlines\",1\n5\" tall,yes,2\n", "header row: Item | Answer | n\nrow: said \"no\", twice | two lines | 1\nrow: 5\" tall | yes | 2\n"},
		{
			"an open quote", "Scale,T\n\"Sleep,63\nMood,58\n\"Fear, dark\",70\n",
			"header row: Scale | T\nrow: Sleep | 63\nrow: Mood | 58\nrow: Fear, dark | 70\n! row 2 was not read: it is damaged\n",
		},
		{"an open quote at the end", "Scale,T\nMood,58\n\"Fear, of the", "header row: Scale | T\nrow: Mood | 58\nrow: Fear | of the\n! row 3 was not read: it is damaged\n"},
		{"no header", "Sleep,63\nMood,58\n", "row: Sleep | 63\nrow: Mood | 58\n"},
		{"UTF-16 without a mark", "S\x00c\x00a\x00l\x00e\x00\t\x00T\x00\n\x00S\x00l\x00e\x00e\x00p\x00\t\x006\x003\x00", "header row: Scale | T\nrow: Sleep | 63\n"},
		{"one column", "Sleep\nMood\n", "row: Sleep\nrow: Mood\n"},
	} {
		got := shownOf(t, "scores.csv", []byte(c.data))
		if strings.ReplaceAll(got, " \n", "\n") != strings.ReplaceAll(c.want, " \n", "\n") {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
	r := readOf(t, "scores.csv", []byte("Scale,Mother,Father\nSleep,,63\nMood,58\n"))
	for _, p := range r.Passages {
		if len(p.Cells) != 3 || p.Table != 1 {
			t.Errorf("a row has %d cells in table %d, want 3 in table 1", len(p.Cells), p.Table)
		}
	}
}

func TestPastALimitTheReadingIsKeptInPart(t *testing.T) {
	r := readOf(t, "long.txt", []byte(strings.Repeat("line\n\n", maxPassages+5)))
	if len(r.Passages) != maxPassages || len(r.Unread) != 1 || r.Unread[0].Reason != PastLimit || r.Problem != "" {
		t.Errorf("%d passages, unread %v, problem %q", len(r.Passages), r.Unread, r.Problem)
	}
	r = readOf(t, "wide.txt", []byte(strings.Repeat("word ", maxText/5+100)))
	if len(r.Passages) != 1 || len(r.Passages[0].Text) < maxText-10 || len(r.Unread) != 1 || r.Unread[0].Reason != PastLimit {
		t.Errorf("%d passages, unread %v, problem %q", len(r.Passages), r.Unread, r.Problem)
	}
}

func TestSmallFilesOfTestdata(t *testing.T) {
	for name, want := range map[string]string{
		"umlaut.csv":        "header row: Skala | T-Wert | PR\nrow: Unruhe | 63,5 | 91\nrow: Rückzug; sozial | 58,0 | 79\n",
		"mac-french.txt":    "paragraph: La sœur dit que la forêt était près d’ici.\nparagraph: Élève : où va-t-il ?\n",
		"utf16-no-mark.txt": "paragraph: Date: 9/1/2026\nparagraph: Client said “I’m tired” – but stayed. 38 °C, naïve.\nparagraph: PHQ-9: 7\n",
	} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if got := shownOf(t, name, data); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", name, got, want)
		}
	}
}
