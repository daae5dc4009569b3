package text

import (
	"os"
	"testing"
)

func TestMarkdown(t *testing.T) {
	for _, c := range []struct{ name, data, want string }{
		{"struck text", "She said ~~never~~ sometimes.", "paragraph: She said [struck: never] sometimes.\n"},
		{"less than", "Score &lt;5, age <6 and \\<7, <unclear> word\n\n<unclear>\nand more\n", "paragraph: Score <5, age <6 and <7, <unclear> word\nparagraph: <unclear> and more\n"},
		{"typed numbers", "1. first\n2. second\n4. fourth\n", "item: 1. first\nitem: 2. second\nitem: 4. fourth\n"},
		{"numbers that count up", "1. first\n1. second\n\n   more of it\n1. third\n", "item: 1. first\nitem: 2. second\nparagraph: more of it\nitem: 3. third\n"},
		{"nested", "2) plan\n   1. sleep\n   2. school\n      - bus\n3) next\n", "item: 2) plan\nitem: 2) 1. sleep\nitem: 2) 2. school\nitem: - bus\nitem: 3) next\n"},
		{"task boxes", "- [ ] call\n- [x] write\n", "item: - [ ] call\nitem: - [x] write\n"},
		{
			"footnotes in place", "Mother[^a] agrees[^b].\n\nNext.\n\n[^a]: By phone.\n[^b]: In\n    person.\n[^c]: Nobody refers to it.\n",
			"paragraph: Mother¹ agrees².\nfootnote: ¹ By phone.\nfootnote: ² In person.\nparagraph: Next.\nfootnote: ³ Nobody refers to it.\n",
		},
		{"a row with more cells than the header", "| a | b |\n|---|---|\n| 1 | | 3 |\n", "header row: a | b | \nrow: 1 |  | 3\n"},
		{"what looks like a link", "[Mother]: yes\n[Father]: no\n", "paragraph: [Mother]: yes [Father]: no\n"},
		{"a comment", "Calm.<!-- not for the file -->\n\n<!--\nmore\n-->\n", "paragraph: Calm.\n! 5 words were left out: they are hidden in the document\n"},
		{"a picture", "![drawing](a.png) seen", "paragraph: drawing seen\n! 1 part was not read: it is an embedded object or a picture\n"},
		{
			"HTML", "<table><tr><th>Scale</th><th>T</th></tr><tr><td>Sleep &amp; bed</td><td></td></tr></table>\n\n<div>Mood <s>low</s> calm<br>today</div>\n",
			"header row: Scale | T\nrow: Sleep & bed | \nparagraph: Mood [struck: low] calm today\n",
		},
		{"a quote and code", "> She said so.\n\n    a  b\n    c\n", "paragraph: She said so.\nparagraph: a  b\nparagraph: c\n"},
	} {
		if got := shownOf(t, "note.markdown", []byte(c.data)); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
	data, err := os.ReadFile("testdata/visit.markdown")
	if err != nil {
		t.Fatal(err)
	}
	want := "heading 1: Visit\nitem: 1. sleep\nitem: 2. school\nitem: - [ ] diary\nitem: - [x] letter\nheader row: x | y\nrow: 7 | \n" +
		"paragraph: She wants [struck: to stop] to go on. See¹\nfootnote: ¹ Father differs.\nparagraph: Below <3 and plain\nparagraph: sum\n"
	if got := shownOf(t, "visit.markdown", data); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
