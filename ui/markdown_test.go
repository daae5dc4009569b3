package ui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

const sampleMarkdown = `She arrived **on time** and separated easily [S12]. Attention drifted during timed tasks, with two breaks requested [S3, S31].

- first point [S1–S3]
- second point

1. one

2. two

| Scale | Score |
|---|---|
| VCI | 104 [S2] |

### A heading
And a line under it.

` + "```\ncode [S1]\n\nmore\n```\n" + `
> quoted [S99]
`

func TestMarkdownIsReadable(t *testing.T) {
	n := note(sampleMarkdown, 40)
	m := newMarkdown(48)
	out := m.render(n.text, rendered{})
	var shown []string
	open := -1
	for _, line := range out.lines {
		if w := ansi.StringWidth(line); w > 48 {
			t.Errorf("%d columns: %q", w, line)
		}
		line, open = paintMarkers(line, open, func(int) (string, string) { return "", "" })
		shown = append(shown, ansi.Strip(line))
	}
	compareGolden(t, "markdown", strings.Join(shown, "\n"))
	seen := map[int]bool{}
	for _, line := range out.lines {
		for _, i := range openers(line) {
			seen[i] = true
		}
	}
	if len(seen) != len(n.markers) || len(seen) != 6 {
		t.Errorf("%d of %d markers are to be found in the lines", len(seen), len(n.markers))
	}
}

// While a text grows only what has changed is rendered anew, and the result is
// what rendering the whole would give.
func TestMarkdownRendersOnlyTheLastBlockAnew(t *testing.T) {
	m := newMarkdown(60)
	var grown rendered
	for end := 1; end <= len(sampleMarkdown); end += 7 {
		part := note(strings.ToValidUTF8(sampleMarkdown[:end], ""), 40).text
		before := grown
		grown = m.render(part, before)
		whole := m.render(part, rendered{})
		if a, b := fmt.Sprintf("%q", grown.lines), fmt.Sprintf("%q", whole.lines); a != b {
			t.Fatalf("after %d bytes:\n%s\nnot\n%s", end, a, b)
		}
		for i := range len(grown.blocks) - 2 {
			if i < len(before.blocks)-1 && len(grown.blocks[i].lines) > 0 && &grown.blocks[i].lines[0] != &before.blocks[i].lines[0] {
				t.Fatalf("after %d bytes block %d was rendered again", end, i)
			}
		}
	}
}

func TestHostileMarkdown(t *testing.T) {
	m := newMarkdown(40)
	for _, source := range []string{
		"[S1]: https://example.org 'trap'\n\nText [S1].", "\uE000S1\uE100 [S2]", strings.Repeat("x", 500) + " [S1]",
		"| a |" + strings.Repeat(" b |", 60) + "\n|" + strings.Repeat("---|", 61) + "\n", strings.Repeat("> ", 200) + "deep",
		"<script>[S1]</script>\n\n<b>x", "日本語のテキスト [S1] 。日本語のテキスト。日本語のテキスト。",
	} {
		n := note(source, 1)
		for _, line := range m.render(n.text, rendered{}).lines {
			line, _ = paintMarkers(line, -1, func(int) (string, string) { return "", "" })
			if ansi.StringWidth(line) > 40 || strings.ContainsAny(line, "\uE000\uE100") {
				t.Errorf("%.40q is drawn as %q", source, line)
			}
		}
	}
	n := note("[S1]: https://example.org 'trap'\n\nText [S1].", 1)
	if text := strings.Join(m.render(n.text, rendered{}).lines, "\n"); strings.Contains(text, "Text https") || len(n.markers) != 2 {
		t.Errorf("a marker became a link: %q", text)
	}
}

func BenchmarkMarkdownGrowing(b *testing.B) {
	m := newMarkdown(60)
	paragraph := strings.Repeat("She arrived on time and separated easily from her mother [S12]. ", 12)
	text := note(strings.Repeat(paragraph+"\n\n", 5), 40).text
	before := m.render(text, rendered{})
	b.ResetTimer()
	for i := range b.N {
		before = m.render(text+strings.Repeat("word ", i%150), before)
	}
}
