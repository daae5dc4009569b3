package kit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"claria/ui/golden"
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
	n := NoteMarkers(sampleMarkdown, 40)
	m := NewMarkdown(48)
	out := m.Render(n.Text, Rendered{})
	var shown []string
	open := -1
	for _, line := range out.Lines {
		if w := ansi.StringWidth(line); w > 48 {
			t.Errorf("%d columns: %q", w, line)
		}
		line, open = PaintMarkers(line, open, func(int) (string, string) { return "", "" })
		shown = append(shown, ansi.Strip(line))
	}
	golden.Compare(t, "markdown", strings.Join(shown, "\n"))
	seen := map[int]bool{}
	for _, line := range out.Lines {
		for _, i := range MarkersIn(line) {
			seen[i] = true
		}
	}
	if len(seen) != len(n.Markers) || len(seen) != 6 {
		t.Errorf("%d of %d markers are to be found in the lines", len(seen), len(n.Markers))
	}
}

// While a text grows, only what has changed is rendered again, and the result equals a
// rendering of the whole.
func TestMarkdownRendersOnlyTheLastBlockAgain(t *testing.T) {
	m := NewMarkdown(60)
	var grown Rendered
	for end := 1; end <= len(sampleMarkdown); end += 7 {
		part := NoteMarkers(strings.ToValidUTF8(sampleMarkdown[:end], ""), 40).Text
		before := grown
		grown = m.Render(part, before)
		whole := m.Render(part, Rendered{})
		if a, b := fmt.Sprintf("%q", grown.Lines), fmt.Sprintf("%q", whole.Lines); a != b {
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
	m := NewMarkdown(40)
	for _, source := range []string{
		"[S1]: https://example.org 'trap'\n\nText [S1].", "\uE000S1\uE100 [S2]", strings.Repeat("x", 500) + " [S1]",
		"| a |" + strings.Repeat(" b |", 60) + "\n|" + strings.Repeat("---|", 61) + "\n", strings.Repeat("> ", 200) + "deep",
		"<script>[S1]</script>\n\n<b>x", "日本語のテキスト [S1] 。日本語のテキスト。日本語のテキスト。",
	} {
		n := NoteMarkers(source, 1)
		for _, line := range m.Render(n.Text, Rendered{}).Lines {
			line, _ = PaintMarkers(line, -1, func(int) (string, string) { return "", "" })
			if ansi.StringWidth(line) > 40 || strings.ContainsAny(line, "\uE000\uE100") {
				t.Errorf("%.40q is drawn as %q", source, line)
			}
		}
	}
	n := NoteMarkers("[S1]: https://example.org 'trap'\n\nText [S1].", 1)
	if text := strings.Join(m.Render(n.Text, Rendered{}).Lines, "\n"); strings.Contains(text, "Text https") || len(n.Markers) != 2 {
		t.Errorf("a marker became a link: %q", text)
	}
}

func BenchmarkMarkdownGrowing(b *testing.B) {
	m := NewMarkdown(60)
	paragraph := strings.Repeat("She arrived on time and separated easily from her mother [S12]. ", 12)
	text := NoteMarkers(strings.Repeat(paragraph+"\n\n", 5), 40).Text
	before := m.Render(text, Rendered{})
	b.ResetTimer()
	for i := range b.N {
		before = m.Render(text+strings.Repeat("word ", i%150), before)
	}
}
