package kit

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/glamour/v2"
	glamouransi "charm.land/glamour/v2/ansi"
	"github.com/charmbracelet/x/ansi"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"claria/reports"
)

// Before a text is rendered, the brackets of its markers become private-use
// characters. Markdown does not read those as a link, and text from outside cannot
// contain them, because they are removed from it. The opening one also carries the
// marker's place in the text.
const (
	markerClose = '\uE000'
	markerOpen  = '\uE100' // plus the marker's place, up to markersMost
	markersMost = 0x1700
)

// Noted is a text and its markers, with the passages that each points at.
type Noted struct {
	Text    string
	Markers []reports.Marker
}

// NoteMarkers finds a text's markers. last is the number of the last passage;
// a marker that points beyond it is flagged in the text.
func NoteMarkers(source string, last int) Noted {
	source = strings.Map(func(r rune) rune {
		if r >= 0xE000 && r <= 0xF8FF {
			return -1
		}
		return r
	}, source)
	n := Noted{Markers: reports.Markers(source)}
	var b strings.Builder
	at := 0
	for i, m := range n.Markers {
		b.WriteString(source[at:m.Start])
		inner := strings.TrimSpace(source[m.Start+1 : m.End-1])
		if len(inner) <= 24 {
			inner = strings.ReplaceAll(inner, " ", "\u00a0") // a short one stays on one line
		}
		flag := ""
		if !Resolves(m, last) {
			flag = "\u00a0✗"
		}
		fmt.Fprintf(&b, "%c%s%s%c", markerOpen+rune(i%markersMost), inner, flag, markerClose)
		at = m.End
	}
	b.WriteString(source[at:])
	n.Text = b.String()
	return n
}

// Resolves reports whether every part of a marker points at a passage.
func Resolves(m reports.Marker, last int) bool {
	for _, span := range m.Spans {
		if span[0] < 1 || span[0] > span[1] || span[1] > last {
			return false
		}
	}
	return true
}

// Markdown renders Markdown at one width. Rendering is slow (milliseconds for a
// paragraph), so it goes block by block, and a block that has not changed is not
// rendered again.
type Markdown struct {
	width    int
	renderer *glamour.TermRenderer
	parser   goldmark.Markdown
}

// Rendered is a rendered text.
type Rendered struct {
	blocks []renderedBlock
	Lines  []string
}

type renderedBlock struct {
	source string
	lines  []string
}

// NewMarkdown renders in w columns.
func NewMarkdown(w int) *Markdown {
	m := &Markdown{width: w, parser: goldmark.New(goldmark.WithExtensions(extension.GFM))}
	// A style without colours always loads. Without a renderer the text
	// is shown as written.
	m.renderer, _ = glamour.NewTermRenderer(glamour.WithStyles(markdownStyle()), glamour.WithWordWrap(w))
	return m
}

// markdownStyle has no colours: a colour shows a state and nothing else.
func markdownStyle() glamouransi.StyleConfig {
	bold := glamouransi.StylePrimitive{Bold: new(true)}
	heading := glamouransi.StyleBlock{StylePrimitive: bold}
	return glamouransi.StyleConfig{
		Heading: heading, H1: heading, H2: heading, H3: heading, H4: heading, H5: heading, H6: heading,
		BlockQuote: glamouransi.StyleBlock{Indent: new(uint(1)), IndentToken: new("│ ")},
		List:       glamouransi.StyleList{LevelIndent: 2},
		Item:       glamouransi.StylePrimitive{BlockPrefix: "- "}, Enumeration: glamouransi.StylePrimitive{BlockPrefix: ". "},
		Task:   glamouransi.StyleTask{Ticked: "[x] ", Unticked: "[ ] "},
		Strong: bold, Emph: glamouransi.StylePrimitive{Italic: new(true)},
		Strikethrough:  glamouransi.StylePrimitive{CrossedOut: new(true)},
		HorizontalRule: glamouransi.StylePrimitive{Format: "\n────────\n"},
		Link:           glamouransi.StylePrimitive{Underline: new(true)},
		Table:          glamouransi.StyleTable{CenterSeparator: new("┼"), ColumnSeparator: new("│"), RowSeparator: new("─")},
	}
}

// Render renders a text. before is an earlier rendering of it, whose blocks are
// reused where they are the same.
func (m *Markdown) Render(source string, before Rendered) Rendered {
	var out Rendered
	for i, block := range m.blocks(source) {
		var b renderedBlock
		if i < len(before.blocks) && before.blocks[i].source == block {
			b = before.blocks[i]
		} else {
			b = renderedBlock{block, m.block(block)}
		}
		out.blocks = append(out.blocks, b)
		if len(b.lines) == 0 {
			continue
		}
		if len(out.Lines) > 0 {
			out.Lines = append(out.Lines, "")
		}
		out.Lines = append(out.Lines, b.lines...)
	}
	return out
}

// blocks cuts a text before each top-level block that follows an empty line.
func (m *Markdown) blocks(source string) []string {
	var cuts []int // offsets after empty lines
	for at := 0; at < len(source); {
		end := strings.IndexByte(source[at:], '\n')
		if end < 0 {
			break
		}
		if strings.TrimSpace(source[at:at+end]) == "" {
			cuts = append(cuts, at+end+1)
		}
		at += end + 1
	}
	root := m.parser.Parser().Parse(text.NewReader([]byte(source)))
	var blocks []string
	from := 0
	for node := root.FirstChild(); node != nil; node = node.NextSibling() {
		at := firstLine(node)
		if at < 0 {
			continue
		}
		i, found := slices.BinarySearch(cuts, at)
		if !found {
			i--
		}
		if i >= 0 && cuts[i] > from {
			blocks = append(blocks, source[from:cuts[i]])
			from = cuts[i]
		}
	}
	return append(blocks, source[from:])
}

// firstLine is the offset of the first text of a block; -1 when it has none.
func firstLine(node ast.Node) int {
	first := -1
	_ = ast.Walk(node, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n.Type() == ast.TypeBlock && n.Lines().Len() > 0 {
			first = n.Lines().At(0).Start
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return first
}

// A block that is larger or nested deeper is shown as written. Glamour's time grows
// with a high power of the depth: two hundred levels, which take 400 bytes to write,
// would hold up the screen for minutes.
const (
	largestBlock = 32 << 10
	deepestBlock = 16
)

// depth is how deep the blocks and spans of a text are nested.
func (m *Markdown) depth(source string) int {
	deepest, depth := 0, 0
	_ = ast.Walk(m.parser.Parser().Parse(text.NewReader([]byte(source))), func(_ ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			depth--
			return ast.WalkContinue, nil
		}
		depth++
		deepest = max(deepest, depth)
		return ast.WalkContinue, nil
	})
	return deepest
}

// block renders one block, without empty lines around it.
func (m *Markdown) block(source string) []string {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	if m.renderer == nil || len(source) > largestBlock || m.depth(source) > deepestBlock {
		return Wrap(source, m.width)
	}
	out, err := m.renderer.Render(source)
	if err != nil {
		return Wrap(source, m.width)
	}
	lines := strings.Split(out, "\n")
	empty := func(line string) bool { return strings.TrimSpace(ansi.Strip(line)) == "" }
	for len(lines) > 0 && empty(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && empty(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
		if Width(lines[i]) > m.width { // a word or a table that is too wide
			lines[i] = Cut(lines[i], m.width)
		}
	}
	return lines
}

// MarkersIn are the places of the markers that begin on a line.
func MarkersIn(line string) []int {
	var found []int
	for _, r := range line {
		if r >= markerOpen && r < markerOpen+markersMost {
			found = append(found, int(r-markerOpen))
		}
	}
	return found
}

// PaintMarkers draws the markers of a line. open is the marker that continues from the
// line before, or -1; the one that continues on the next line is returned. style
// returns what to write before and after marker i, and must leave the text's own bold
// and italics alone.
func PaintMarkers(line string, open int, style func(i int) (before, after string)) (string, int) {
	if open < 0 && !strings.ContainsFunc(line, func(r rune) bool { return r >= 0xE000 && r <= 0xF8FF }) {
		return strings.ReplaceAll(line, "\u00a0", " "), open
	}
	var b strings.Builder
	if open >= 0 {
		before, _ := style(open)
		b.WriteString(before)
	}
	for _, r := range line {
		switch {
		case r >= markerOpen && r < markerOpen+markersMost:
			open = int(r - markerOpen)
			before, _ := style(open)
			b.WriteString(before + "[")
		case r == markerClose:
			after := ""
			if open >= 0 {
				_, after = style(open)
			}
			b.WriteString("]" + after)
			open = -1
		case r == '\u00a0':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	if open >= 0 {
		_, after := style(open)
		b.WriteString(after)
	}
	return b.String(), open
}
