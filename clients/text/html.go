package text

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const maxPageDepth = 2_000 // elements within each other

// readHTML reads a web page as a person sees it who opens the file: nothing is fetched,
// no script runs.
func readHTML(ctx context.Context, data []byte, out *builder) error {
	text, err := decodeHTML(data)
	if err != nil {
		return err
	}
	return readPage(ctx, text, out)
}

// decodeHTML decodes a page by its byte order mark, or the encoding that it names.
func decodeHTML(data []byte) (string, error) {
	marked := slices.ContainsFunc([]string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"}, func(mark string) bool {
		return bytes.HasPrefix(data, []byte(mark))
	})
	switch {
	case marked || utf8.Valid(data) && bytes.IndexByte(data, 0) < 0:
		return decodeText(data)
	case bytes.HasPrefix(data, []byte("<\x00")):
		return utf16Text(data, false), nil
	case bytes.HasPrefix(data, []byte("\x00<")):
		return utf16Text(data, true), nil
	}
	named := regexp.MustCompile(`(?i)<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)`).FindSubmatch(data[:min(len(data), 4096)])
	if named == nil || strings.HasPrefix(plainName(string(named[1])), "utf") {
		return decodeText(data)
	}
	return decodeAs(string(named[1]), data)
}

// readPage reads a decoded page.
func readPage(ctx context.Context, text string, out *builder) error {
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return errDamaged
	}
	p := &page{ctx: ctx, out: out, kind: Paragraph, rules: hidingRules(root)}
	if err := p.walk(root); err != nil {
		return err
	}
	if err := p.flush(); err != nil {
		return err
	}
	p.tell(unclosed(text))
	return nil
}

// unclosed reports whether a page ends before its end.
func unclosed(text string) bool {
	lower := strings.ToLower(text)
	if strings.LastIndexByte(lower, '<') > strings.LastIndexByte(lower, '>') {
		return true
	}
	begins := func(tag string) bool {
		return strings.LastIndex(lower, "<"+tag) > strings.LastIndex(lower, "</"+tag)
	}
	return begins("html") || begins("table")
}

// page is a page while it is read.
type page struct {
	ctx   context.Context
	out   *builder
	rules []hidingRule
	nodes int
	depth int

	text  strings.Builder
	kind  string
	level int
	term  string // of a definition list, which waits for what it means

	cell  int  // open cells of tables: within one, blocks do not end the passage
	field bool // the passage has a field of a form
	lists []htmlList

	hidden, white, unfilled, pictures, objects int
}

// tell says what the page has that was not read.
func (p *page) tell(cut bool) {
	for _, u := range []Unread{
		{Unit: "part", Count: p.hidden, Reason: Hidden},
		{Unit: "part", Count: p.white, Reason: White},
		{Unit: "field", Count: p.unfilled, Reason: Placeholder},
		{Unit: "picture", Count: p.pictures, Reason: Picture},
		{Unit: "embedded object", Count: p.objects, Reason: NotText},
	} {
		if u.Count > 0 {
			p.out.leave(u)
		}
	}
	if cut {
		p.out.leave(Unread{Unit: "part", Reason: Damaged})
	}
}

// flush ends the passage. Within a cell it only ends the word.
func (p *page) flush() error {
	if p.cell > 0 {
		p.text.WriteByte(' ')
		return nil
	}
	text := p.text.String()
	p.text.Reset()
	kind, level := p.kind, p.level
	if p.field && kind == Paragraph {
		kind = Field
	}
	p.field = false
	if p.kind != Heading {
		p.kind, p.level = Paragraph, 0
	}
	for _, part := range broken(text) {
		if err := p.out.add(kind, level, part); err != nil {
			return err
		}
		if kind == Item {
			kind = Paragraph // what follows a blank line in an item
		}
	}
	return nil
}

var (
	pageLabel = regexp.MustCompile(`^\s*[\p{Lu}][^:.!?]{0,40}:(\s|$)`)
	pageItem  = regexp.MustCompile(`^\s*([-*•–]|\(?[0-9]{1,3}[.)]|\(?[a-z][.)])\s`)
)

// broken parts the text of a block at its line breaks: where a line is blank, and where
// the next line is an item or has a label. Other lines are joined.
func broken(text string) []string {
	if !strings.Contains(text, "\n") {
		return []string{tidy(text)}
	}
	var parts []string
	var one []string
	end := func() {
		if len(one) > 0 {
			parts = append(parts, tidy(strings.Join(one, " ")))
		}
		one = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) == "" {
			if len(parts) > 0 || len(one) > 0 && !onlyMark(one) {
				end()
			}
			continue
		}
		if len(one) > 0 && !onlyMark(one) && (pageLabel.MatchString(line) || pageItem.MatchString(line)) {
			end()
		}
		one = append(one, line)
	}
	end()
	return parts
}

// onlyMark reports whether the lines are the number of an item so far.
func onlyMark(lines []string) bool { return len(lines) == 1 && len(strings.TrimSpace(lines[0])) <= 5 }

// walk reads the children of a node.
func (p *page) walk(n *html.Node) error {
	if p.depth++; p.depth > maxPageDepth {
		return errDamaged
	}
	defer func() { p.depth-- }()
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if p.nodes++; p.nodes%1024 == 0 && p.ctx.Err() != nil {
			return p.ctx.Err()
		}
		switch c.Type {
		case html.TextNode:
			p.write(c)
		case html.ElementNode:
			if err := p.element(c); err != nil {
				return err
			}
		case html.DocumentNode:
			if err := p.walk(c); err != nil {
				return err
			}
		}
		if p.text.Len() > maxText {
			return errTooMuch
		}
	}
	return nil
}

// write appends text. A line feed in the source is a space, except in preformatted text.
func (p *page) write(n *html.Node) {
	text := n.Data
	if !preformatted(n) {
		text = strings.NewReplacer("\n", " ", "\r", " ").Replace(text)
	}
	p.text.WriteString(text)
}

func preformatted(n *html.Node) bool {
	for up := n.Parent; up != nil; up = up.Parent {
		if up.DataAtom == atom.Pre || up.DataAtom == atom.Textarea {
			return true
		}
		if space := declared(up, "white-space"); space != "" {
			return strings.HasPrefix(space, "pre")
		}
	}
	return false
}

// element reads one element.
func (p *page) element(n *html.Node) error {
	switch n.DataAtom {
	case atom.Head, atom.Script, atom.Style, atom.Template, atom.Datalist, atom.Button, atom.Base, atom.Link, atom.Meta, atom.Title:
		return nil
	}
	if left := p.unseen(n); left != nil {
		if hasText(n) {
			*left++
		}
		return nil
	}
	switch n.DataAtom {
	case atom.Br:
		p.text.WriteByte('\n')
		return nil
	case atom.Hr:
		return p.flush()
	case atom.Img, atom.Svg, atom.Canvas, atom.Picture, atom.Object, atom.Iframe, atom.Embed, atom.Audio, atom.Video:
		return p.picture(n)
	case atom.Input, atom.Select, atom.Textarea, atom.Meter, atom.Progress:
		p.control(n)
		return nil
	case atom.Sup:
		return p.around(n, raised)
	case atom.Del, atom.S, atom.Strike:
		return p.around(n, struck)
	case atom.Table:
		return p.table(n)
	case atom.Ol, atom.Ul, atom.Menu, atom.Dir:
		return p.list(n)
	case atom.Li:
		return p.item(n)
	case atom.Dt, atom.Dd:
		return p.definition(n)
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return p.heading(n)
	}
	if strings.Contains(declared(n, "text-decoration")+declared(n, "text-decoration-line"), "line-through") {
		return p.around(n, struck)
	}
	if strings.HasPrefix(declared(n, "vertical-align"), "super") {
		return p.around(n, raised)
	}
	if kind := marginal(n); kind != "" && p.cell == 0 {
		return p.margin(n, kind)
	}
	if !block(n) {
		return p.walk(n)
	}
	if err := p.flush(); err != nil {
		return err
	}
	if err := p.walk(n); err != nil {
		return err
	}
	return p.flush()
}

var noteID = regexp.MustCompile(`^sd(?:foot|end)note[0-9]+$`)

// marginal is the kind of a page's header, footer or note, as LibreOffice writes them.
func marginal(n *html.Node) string {
	switch title := attr(n, "title"); {
	case n.DataAtom != atom.Div:
	case title == "header":
		return Header
	case title == "footer":
		return Footer
	case noteID.MatchString(attr(n, "id")):
		return Footnote
	}
	return ""
}

// margin appends a header, a footer or a note as one passage.
func (p *page) margin(n *html.Node, kind string) error {
	if err := p.flush(); err != nil {
		return err
	}
	p.cell++
	err := p.walk(n)
	p.cell--
	text := p.text.String()
	p.text.Reset()
	if err != nil {
		return err
	}
	return p.out.add(kind, 0, tidy(text))
}

// block reports whether an element stands on lines of its own.
func block(n *html.Node) bool {
	switch declared(n, "display") {
	case "inline", "inline-block", "inline-flex", "contents":
		return false
	case "block", "flex", "grid", "table", "list-item":
		return true
	}
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Aside, atom.Header, atom.Footer, atom.Main, atom.Nav, atom.Address,
		atom.Blockquote,
		atom.Pre, atom.Fieldset, atom.Legend, atom.Form, atom.Figure, atom.Figcaption, atom.Dl, atom.Details, atom.Summary, atom.Center,
		atom.Caption, atom.Hgroup, atom.Body, atom.Html, atom.Noscript, atom.Dialog, atom.Tr, atom.Tbody, atom.Td, atom.Th:
		return true
	}
	return false
}

// around reads an inline element whose text is marked.
func (p *page) around(n *html.Node, mark func(string) string) error {
	before := p.text.String()
	p.text.Reset()
	cell := p.cell
	p.cell++ // blocks within it do not end the passage
	err := p.walk(n)
	p.cell = cell
	text := mark(p.text.String())
	p.text.Reset()
	p.text.WriteString(before + text)
	return err
}

func (p *page) heading(n *html.Node) error {
	if err := p.flush(); err != nil {
		return err
	}
	if p.cell > 0 {
		return p.walk(n)
	}
	p.kind, p.level = Heading, int(n.Data[1]-'0')
	if err := p.walk(n); err != nil {
		return err
	}
	err := p.flush()
	p.kind, p.level = Paragraph, 0
	return err
}

// picture counts a picture and reads what its author says that it shows.
func (p *page) picture(n *html.Node) error {
	if n.DataAtom == atom.Object {
		p.objects++
		return p.walk(n) // what stands in its place
	}
	if n.DataAtom == atom.Picture {
		return p.walk(n)
	}
	if n.DataAtom != atom.Img && n.DataAtom != atom.Svg && n.DataAtom != atom.Canvas {
		p.objects++
		return nil
	}
	alt := strings.TrimSpace(attr(n, "alt"))
	small := func(size string) bool {
		n, err := strconv.Atoi(strings.TrimSuffix(size, "px"))
		return err == nil && n <= 2
	}
	decoration := has(n, "alt") && alt == "" || small(attr(n, "width")) || small(attr(n, "height")) || attr(n, "role") == "presentation"
	if decoration {
		return nil
	}
	p.pictures++
	if alt != "" {
		p.text.WriteString(" [picture: " + alt + "] ")
	}
	return nil
}

// table reads a table, or a frame of the page, which is a table in form only.
func (p *page) table(n *html.Node) error {
	if p.cell > 0 { // within another's cell
		p.text.WriteByte(' ')
		return p.walk(n)
	}
	if err := p.flush(); err != nil {
		return err
	}
	if role := attr(n, "role"); role == "presentation" || role == "none" || holds(n, atom.Table, atom.H1, atom.H2, atom.H3) {
		if err := p.walk(n); err != nil {
			return err
		}
		return p.flush()
	}
	var l lattice
	if err := p.rows(n, &l, false); err != nil {
		return err
	}
	return l.emit(p.out)
}

// rows reads the rows within a table or a part of it.
func (p *page) rows(n *html.Node, l *lattice, head bool) error {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		if left := p.unseen(c); left != nil {
			if hasText(c) {
				*left++
			}
			continue
		}
		switch c.DataAtom {
		case atom.Caption:
			if err := p.walk(c); err != nil {
				return err
			}
			if err := p.flush(); err != nil {
				return err
			}
		case atom.Thead, atom.Tbody, atom.Tfoot:
			if err := p.rows(c, l, c.DataAtom == atom.Thead); err != nil {
				return err
			}
		case atom.Tr:
			row, err := p.row(c)
			if err != nil {
				return err
			}
			if head && l.heads == len(l.rows) {
				l.heads++
			}
			if err := l.add(row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *page) row(n *html.Node) ([]spot, error) {
	var row []spot
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
			continue
		}
		s := spot{across: number(attr(c, "colspan"), 1), down: number(attr(c, "rowspan"), 1)}
		if s.down == 0 {
			s.down = maxLattice // to the end of the table
		}
		if left := p.unseen(c); left != nil {
			if hasText(c) {
				*left++
			}
			if left == &p.white {
				row = append(row, s)
			}
			continue
		}
		p.cell++
		err := p.walk(c)
		p.cell--
		if err != nil {
			return nil, err
		}
		s.text, s.head = p.text.String(), c.DataAtom == atom.Th || boldOnly(c)
		p.text.Reset()
		row = append(row, s)
	}
	p.field = false
	return row, nil
}

// number is a whole number from 0, or what stands for none.
func number(s string, none int) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 {
		return none
	}
	return n
}

// boldOnly reports whether all letters within an element are bold.
func boldOnly(n *html.Node) bool {
	weight := declared(n, "font-weight")
	if n.DataAtom == atom.B || n.DataAtom == atom.Strong || weight == "bold" || weight == "700" {
		return hasText(n)
	}
	some := false
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode && strings.TrimSpace(c.Data) != "" {
			return false
		}
		if c.Type == html.ElementNode && hasText(c) {
			if !boldOnly(c) {
				return false
			}
			some = true
		}
	}
	return some
}

// hasText reports whether an element has text that a person could read.
func hasText(n *html.Node) bool {
	if n.Type == html.TextNode {
		return strings.TrimSpace(n.Data) != ""
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Template:
		return false
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if hasText(c) {
			return true
		}
	}
	return false
}

// holds reports whether an element has one of these within it.
func holds(n *html.Node, kinds ...atom.Atom) bool {
	for c := range n.Descendants() {
		if slices.Contains(kinds, c.DataAtom) {
			return true
		}
	}
	return false
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name && a.Namespace == "" })
}
