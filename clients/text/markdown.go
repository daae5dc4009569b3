package text

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	special "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// maxMarkdown bounds what is parsed as Markdown. Larger or strangely nested files are
// read as plain text, which takes one pass.
const (
	maxMarkdown = 2 << 20
	maxNesting  = 64 // marks at the beginning of one line
)

// readMarkdown reads Markdown: headings, paragraphs, list items, table rows, and a
// footnote after the passage that refers to it.
func readMarkdown(ctx context.Context, data []byte, out *builder) error {
	decoded, err := decodeText(data)
	if err != nil {
		return err
	}
	if len(decoded) > maxMarkdown || nested([]byte(decoded)) {
		return readPlain(ctx, data, out)
	}
	if decoded, err = out.decoded(data); err != nil {
		return err
	}
	m := &markdown{ctx: ctx, out: out, notes: map[int]*special.Footnote{}, numbers: map[ast.Node]string{}, source: []byte(nothingDropped(decoded))}
	root := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser().Parse(text.NewReader(m.source))
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		if list, ok := n.(*special.FootnoteList); ok {
			for note := list.FirstChild(); note != nil; note = note.NextSibling() {
				if note, ok := note.(*special.Footnote); ok {
					m.notes[note.Index] = note
				}
			}
		}
	}
	err = m.blocks(root, Paragraph)
	if m.hidden > 0 {
		out.leave(Unread{Unit: "word", Count: m.hidden, Reason: Hidden})
	}
	if m.pictures > 0 {
		out.leave(Unread{Unit: "part", Count: m.pictures, Reason: NotText})
	}
	return err
}

// markdown reads one document.
type markdown struct {
	ctx      context.Context
	out      *builder
	source   []byte
	notes    map[int]*special.Footnote // that are not read yet
	waiting  []int                     // notes that the current passage refers to
	numbers  map[ast.Node]string       // of list items
	number   string                    // of the list item that begins
	hidden   int                       // words of comments
	pictures int
}

var (
	definition = regexp.MustCompile(`(?m)^ {0,3}\[([^\]\[^][^\]\[]*)\]:[ \t]*(\S+)[ \t]*(["'(].*)?\r?$`)
	noteStart  = regexp.MustCompile(`(?m)^ {0,3}\[\^([^\]\s]+)\]:`)
	rulerRow   = regexp.MustCompile(`^ {0,3}\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$`)
	address    = regexp.MustCompile(`^<?([a-zA-Z][a-zA-Z0-9+.-]*:|[./#]|www\.|[\w-]+\.[a-z]{2,4}\b)`)
)

// nothingDropped changes what a parser of Markdown would drop without a word: "[Mother]:
// yes" is no definition of a link, a row may have more cells than its header, and a
// footnote that nothing refers to is a note still.
func nothingDropped(source string) string {
	source = strings.ReplaceAll(source, "\r\n", "\n")
	source = definition.ReplaceAllStringFunc(source, func(line string) string {
		parts := definition.FindStringSubmatch(line)
		if address.MatchString(parts[2]) && strings.Count(source, "["+parts[1]+"]") > 1 {
			return line
		}
		return strings.Replace(line, "[", `\[`, 1)
	})
	source = widened(source)
	for _, note := range noteStart.FindAllStringSubmatch(source, -1) {
		if strings.Count(source, "[^"+note[1]+"]") == 1 {
			source += "\n\n[^" + note[1] + "]\n"
		}
	}
	return source
}

// widened gives a table's header as many cells as its widest row.
func widened(source string) string {
	lines := strings.Split(source, "\n")
	for i := 1; i < len(lines); i++ {
		if !strings.Contains(lines[i], "|") || !rulerRow.MatchString(lines[i]) || !strings.Contains(lines[i-1], "|") {
			continue
		}
		columns, widest := cellsIn(lines[i]), 0
		if cellsIn(lines[i-1]) != columns {
			continue
		}
		for _, row := range lines[i+1:] {
			if strings.TrimSpace(row) == "" {
				break
			}
			widest = max(widest, cellsIn(row))
		}
		for ; columns < min(widest, maxValues); columns++ {
			lines[i-1] = strings.TrimRight(lines[i-1], "| \t") + " | |"
			lines[i] = strings.TrimRight(lines[i], "| \t") + " | --- |"
		}
	}
	return strings.Join(lines, "\n")
}

func cellsIn(row string) int {
	row = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(strings.ReplaceAll(row, `\|`, "")), "|"), "|")
	return strings.Count(row, "|") + 1
}

// blocks reads the blocks within a block. kind is that of its first paragraph.
func (m *markdown) blocks(parent ast.Node, kind string) error {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if err := m.ctx.Err(); err != nil {
			return err
		}
		if err := m.block(n, kind); err != nil {
			return err
		}
		if _, list := n.(*ast.List); !list {
			kind = Paragraph
		}
	}
	return nil
}

func (m *markdown) block(n ast.Node, kind string) error {
	switch n := n.(type) {
	case *ast.Heading:
		return m.add(Heading, n.Level, m.inline(n))
	case *ast.Paragraph, *ast.TextBlock:
		text := m.inline(n)
		if onlyNotes(n) {
			text = ""
		}
		return m.add(kind, 0, text)
	case *ast.List:
		return m.list(n)
	case *special.Table:
		m.out.table()
		for row := n.FirstChild(); row != nil; row = row.NextSibling() {
			var cells []string
			for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
				cells = append(cells, m.inline(cell))
			}
			_, header := row.(*special.TableHeader)
			if err := m.out.row(header, cells...); err != nil {
				return err
			}
			if err := m.footnotes(); err != nil {
				return err
			}
		}
		return nil
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		m.out.exact = true
		defer func() { m.out.exact = false }()
		for line := range strings.SplitSeq(string(n.Lines().Value(m.source)), "\n") {
			if err := m.add(kind, 0, line); err != nil {
				return err
			}
		}
		return nil
	case *ast.HTMLBlock:
		raw := string(n.Lines().Value(m.source))
		if n.HasClosure() {
			raw += string(n.ClosureLine.Value(m.source))
		}
		return m.page(raw)
	case *special.FootnoteList:
		return nil
	}
	return m.blocks(n, kind)
}

// onlyNotes reports whether a paragraph has nothing but marks of footnotes.
func onlyNotes(n ast.Node) bool {
	for kid := n.FirstChild(); kid != nil; kid = kid.NextSibling() {
		if _, ok := kid.(*special.FootnoteLink); !ok {
			return false
		}
	}
	return n.HasChildren()
}

// add appends a passage, behind the number of the list item that it begins, and then the
// footnotes that it refers to.
func (m *markdown) add(kind string, level int, text string) error {
	if kind == Item && strings.TrimSpace(text) != "" {
		text, m.number = m.number+" "+text, ""
	}
	if err := m.out.add(kind, level, text); err != nil {
		return err
	}
	return m.footnotes()
}

func (m *markdown) footnotes() error {
	for len(m.waiting) > 0 {
		index := m.waiting[0]
		m.waiting = m.waiting[1:]
		note := m.notes[index]
		if note == nil {
			continue
		}
		delete(m.notes, index)
		var parts []string
		for n := note.FirstChild(); n != nil; n = n.NextSibling() {
			parts = append(parts, m.inline(n))
		}
		if err := m.out.add(Footnote, 0, noteMark(strconv.Itoa(index))+" "+strings.Join(parts, " ")); err != nil {
			return err
		}
	}
	return nil
}

var typedNumber = regexp.MustCompile(`([0-9]{1,9})[.)][ \t]+$`)

// list reads a list.
func (m *markdown) list(list *ast.List) error {
	m.count(list)
	for n := list.FirstChild(); n != nil; n = n.NextSibling() {
		m.number = m.numbers[n]
		if err := m.blocks(n, Item); err != nil {
			return err
		}
	}
	return nil
}

// count gives the items of a list their bullets, or their numbers behind those of the
// items that they are within. Numbers are the ones that the author typed; where they are
// all the same, they count up, as every program shows them.
func (m *markdown) count(list *ast.List) {
	if !list.IsOrdered() {
		for n := list.FirstChild(); n != nil; n = n.NextSibling() {
			m.numbers[n] = string(list.Marker)
		}
		return
	}
	var typed []int
	same := true
	for n := list.FirstChild(); n != nil; n = n.NextSibling() {
		number := list.Start + len(typed)
		if kid := n.FirstChild(); kid != nil && kid.Type() == ast.TypeBlock && kid.Lines() != nil && kid.Lines().Len() > 0 {
			from := kid.Lines().At(0).Start
			line := m.source[bytes.LastIndexByte(m.source[:from], '\n')+1 : from]
			if found := typedNumber.FindSubmatch(line); found != nil {
				number, _ = strconv.Atoi(string(found[1]))
			}
		}
		typed = append(typed, number)
		same = same && number == typed[0]
	}
	before := ""
	if parent := list.Parent(); parent.Kind() == ast.KindListItem && parent.Parent().(*ast.List).IsOrdered() {
		before = m.numbers[parent] + " "
	}
	i := 0
	for n := list.FirstChild(); n != nil; n = n.NextSibling() {
		number := typed[i]
		if same {
			number += i
		}
		m.numbers[n] = fmt.Sprintf("%s%d%c", before, number, list.Marker)
		i++
	}
}

// inline is the text of a block without its markup.
func (m *markdown) inline(n ast.Node) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *special.Strikethrough:
			b.WriteString(strikeMark(entering))
			return ast.WalkContinue, nil
		case *ast.Text:
			if entering {
				b.WriteString(literal(n.Segment.Value(m.source), n.IsRaw() || n.Parent().Kind() == ast.KindCodeSpan))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte('\n')
				}
			}
			return ast.WalkContinue, nil
		}
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(m.source))
		case *ast.Image:
			m.pictures++
		case *special.TaskCheckBox:
			b.WriteString(map[bool]string{true: "[x] ", false: "[ ] "}[n.IsChecked])
		case *special.FootnoteLink:
			b.WriteString(noteMark(strconv.Itoa(n.Index)))
			m.waiting = append(m.waiting, n.Index)
		case *ast.RawHTML:
			b.WriteString(m.tag(string(n.Segments.Value(m.source))))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// literal resolves escapes and entities, except in code.
func literal(raw []byte, code bool) string {
	if code {
		return string(raw)
	}
	return html.UnescapeString(string(util.UnescapePunctuations(raw)))
}

// strikeMark is what stands before and after struck text in a passage: a struck word is
// no longer said.
func strikeMark(begins bool) string {
	if begins {
		return "[struck: "
	}
	return "]"
}

// noteMark is a footnote's mark as text: a number is raised, so that it does not join the
// number before it.
func noteMark(mark string) string {
	const plain, high = "0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"
	if strings.Trim(mark, plain) != "" {
		return "^" + mark
	}
	return strings.Map(func(r rune) rune { return []rune(high)[r-'0'] }, mark)
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
