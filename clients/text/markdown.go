package text

import (
	"bytes"
	"context"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	table "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// maxMarkdown bounds what is parsed as Markdown. Larger or strangely nested files are
// read as plain text, which takes one pass.
const (
	maxMarkdown = 2 << 20
	maxNesting  = 64 // marks at the beginning of one line
)

// readMarkdown reads Markdown: headings, paragraphs, list items, table rows.
func readMarkdown(ctx context.Context, data []byte, out *builder) error {
	decoded, err := decodeText(data)
	if err != nil {
		return err
	}
	source := []byte(decoded)
	if len(source) > maxMarkdown || nested(source) {
		return readPlain(ctx, data, out)
	}
	document := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	return ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, ctx.Err()
		}
		kind, level := "paragraph", 0
		switch n := n.(type) {
		case *ast.Heading:
			kind, level = "heading", n.Level
		case *ast.Paragraph, *ast.TextBlock:
			if n.Parent().Kind() == ast.KindListItem {
				kind = "item"
			}
		case *table.TableRow, *table.TableHeader:
			var cells []string
			for cell := n.FirstChild(); cell != nil; cell = cell.NextSibling() {
				cells = append(cells, inline(cell, source))
			}
			return ast.WalkSkipChildren, out.row(false, cells...)
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			return ast.WalkSkipChildren, out.add(kind, 0, string(n.Lines().Value(source)))
		default:
			return ast.WalkContinue, nil
		}
		return ast.WalkSkipChildren, out.add(kind, level, inline(n, source))
	})
}

// inline returns the text of a block without its markup.
func inline(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(source))
		case *table.TaskCheckBox:
			mark := "[ ] "
			if n.IsChecked {
				mark = "[x] "
			}
			b.WriteString(mark)
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// nested reports whether a line opens more quotes, lists and brackets than a person
// writes. A parser would recurse into each of them.
func nested(source []byte) bool {
	for line := range bytes.Lines(source) {
		marks := 0
		for _, c := range line {
			switch c {
			case '>', '-', '*', '+', '[', '(', '_', '`', '~':
				marks++
			case ' ', '\t':
			default:
				marks -= min(marks, 1)
			}
			if marks > maxNesting && !rule(line) {
				return true
			}
		}
	}
	return false
}

// rule reports whether a line repeats one character, as under a heading or between
// the rows of a table.
func rule(line []byte) bool {
	return len(bytes.Trim(line, "-|:+ \t\r\n")) == 0 || len(bytes.Trim(line, "* \t\r\n")) == 0 || len(bytes.Trim(line, "_ \t\r\n")) == 0
}
