package text

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"claria/internal/safe"
)

const errODFPassword = textError("it has a password: open it in LibreOffice and save a copy without one")

// odf is an OpenDocument file (ODF 1.3 Part 3) while it is read.
type odf struct {
	ctx    context.Context
	out    *builder
	pack   *pack
	styles map[string]odfStyle
	lists  map[string]odfList
	forms  map[string]string // the controls of forms, as shown

	outline  odfList
	headings odfCounter
	counters map[string]*odfCounter // of lists, by id
	last     map[string]*odfCounter // of lists, by style

	after                                               []Passage // notes and comments of the paragraph
	field                                               bool
	deleted, hidden, white, unfilled, pictures, objects int
	depth                                               int
}

// odfStyle is what a style does to text.
type odfStyle struct {
	parent                              string
	hidden, struck, raised, bold, white bool
	plain                               bool // it says that letters are not bold
	shaded                              bool
	level                               int
	list                                string
	gone                                bool // of a table, a row or a column: not shown
}

// odfList is a list style: the form of its numbers by level, from 1.
type odfList map[int]odfLevel

type odfLevel struct {
	bullet, form, before, after, pattern string
	start, levels                        int
}

// odfCounter is the number of the last item of each level; 0: none yet.
type odfCounter [11]struct {
	n    int
	some bool
}

// readODT reads a text document.
func readODT(ctx context.Context, data []byte, out *builder) error {
	o, content, err := openODF(ctx, data, out)
	if err != nil {
		return err
	}
	styles := o.stylesheet(content)
	if err := o.margins(styles); err != nil {
		return err
	}
	body := content.child("document-content").child("body")
	if len(body.kids) == 0 {
		body = content.child("document").child("body")
	}
	if err := o.blocks(body.child("text"), nil); err != nil {
		return err
	}
	o.tell()
	return nil
}

// openODF reads the parts that all OpenDocument files have.
func openODF(ctx context.Context, data []byte, out *builder) (*odf, *node, error) {
	k, err := openPack(data)
	if err != nil {
		return nil, nil, err
	}
	o := &odf{
		ctx: ctx, out: out, pack: k, styles: map[string]odfStyle{}, lists: map[string]odfList{}, forms: map[string]string{},
		outline: odfList{}, counters: map[string]*odfCounter{}, last: map[string]*odfCounter{},
	}
	manifest, ok := k.read("META-INF/manifest.xml")
	if ok {
		if strings.Contains(string(manifest), "encryption-data") {
			return nil, nil, errODFPassword
		}
		o.listed(manifest)
	}
	body, ok := k.read("content.xml")
	if !ok {
		return nil, nil, errDamaged
	}
	content, err := parseTree(ctx, body)
	if errors.Is(err, errDamaged) {
		k.lacks("content.xml")
		err = nil
	}
	if err != nil {
		return nil, nil, err
	}
	return o, content, nil
}

// listed notes the parts that the manifest lists and the archive lacks.
func (o *odf) listed(manifest []byte) {
	tree, err := parseTree(o.ctx, manifest)
	if err != nil {
		o.pack.lacks("META-INF/manifest.xml")
		return
	}
	tree.find("file-entry", func(n *node) {
		name := n.attr("full-path")
		switch {
		case name == "" || strings.HasSuffix(name, "/") || o.pack.has(name):
		case strings.HasPrefix(name, "Thumbnails/"), strings.HasPrefix(name, "Configurations2/"), name == "layout-cache", name == "settings.xml":
		default:
			o.pack.lacks(name)
		}
	})
}

// stylesheet reads the styles of the document and of its content, and returns the part
// that has the headers and footers.
func (o *odf) stylesheet(content *node) *node {
	var styles *node
	if data, ok := o.pack.read("styles.xml"); ok {
		tree, err := parseTree(o.ctx, data)
		if err != nil {
			o.pack.lacks("styles.xml")
		}
		styles = tree
	}
	for _, tree := range []*node{styles, content} {
		if tree == nil {
			continue
		}
		tree.find("style", o.style)
		tree.find("list-style", func(n *node) { o.lists[n.attr("name")] = listStyle(n) })
		tree.find("outline-style", func(n *node) { o.outline = listStyle(n) })
		tree.find("forms", o.controls)
	}
	return styles
}

func (o *odf) style(n *node) {
	s := odfStyle{parent: n.attr("parent-style-name"), list: n.attr("list-style-name")}
	s.level, _ = strconv.Atoi(n.attr("default-outline-level"))
	for _, p := range n.kids {
		switch p.name {
		case "text-properties":
			s.hidden = p.attr("display") == "none"
			line := p.attr("text-line-through-style")
			s.struck = line != "" && line != "none" || p.attr("text-line-through-type") != "" && p.attr("text-line-through-type") != "none"
			position := p.attr("text-position")
			s.raised = strings.HasPrefix(position, "super") || position != "" && position[0] >= '1' && position[0] <= '9'
			weight := p.attr("font-weight")
			s.bold, s.plain = weight == "bold" || weight >= "600" && weight <= "900", weight == "normal"
			s.white = strings.EqualFold(p.attr("color"), "#ffffff")
			s.shaded = filled(p)
		case "paragraph-properties", "table-cell-properties", "graphic-properties":
			s.shaded = s.shaded || filled(p)
		case "table-properties":
			s.gone = p.attr("display") == "false"
		case "section-properties":
			s.hidden = s.hidden || p.attr("display") == "none"
		}
	}
	o.styles[n.attr("name")] = s
}

func filled(p *node) bool {
	ground := p.attr("background-color")
	return ground != "" && ground != "transparent" && !strings.EqualFold(ground, "#ffffff")
}

// styled is a style with what it has from the styles that it is based on.
func (o *odf) styled(name string) odfStyle {
	out := o.styles[name]
	for up, n := out.parent, 0; up != "" && n < 20; n++ {
		s := o.styles[up]
		out.hidden = out.hidden || s.hidden
		out.struck = out.struck || s.struck
		out.raised = out.raised || s.raised
		out.white = out.white || s.white
		out.shaded = out.shaded || s.shaded
		out.bold = out.bold || s.bold && !out.plain
		if out.level == 0 {
			out.level = s.level
		}
		if out.level == 0 {
			out.level = headingLevel(strings.ReplaceAll(up, "_20_", " "))
		}
		up = s.parent
	}
	if out.level == 0 {
		out.level = headingLevel(strings.ReplaceAll(name, "_20_", " "))
	}
	return out
}

func listStyle(n *node) odfList {
	l := odfList{}
	for _, k := range n.kids {
		level := number(k.attr("level"), 0)
		if level < 1 || level > 10 {
			continue
		}
		one := odfLevel{before: k.attr("num-prefix"), after: k.attr("num-suffix"), pattern: k.attr("num-list-format"), form: k.attr("num-format")}
		one.start, one.levels = number(k.attr("start-value"), 1), number(k.attr("display-levels"), 1)
		if k.name == "list-level-style-bullet" || k.name == "list-level-style-image" {
			one.bullet = bulletOf(k.attr("bullet-char"))
			if strings.TrimSpace(one.bullet) == "" {
				one.bullet = "•"
			}
		}
		l[level] = one
	}
	return l
}

// controls reads the fields of forms.
func (o *odf) controls(forms *node) {
	var all func(n *node)
	all = func(n *node) {
		for _, k := range n.kids {
			id, label := k.attr("id"), k.attr("label")
			switch k.name {
			case "checkbox", "radio":
				box := "[ ] "
				if k.attr("current-state") == "checked" || k.attr("current-selected") == "true" ||
					k.attr("current-state") == "" && k.attr("state") == "checked" {
					box = "[x] "
				}
				o.forms[id] = box + label
			case "listbox", "combobox":
				value := k.attr("current-value")
				k.find("option", func(option *node) {
					if option.attr("current-selected") == "true" {
						value = option.attr("label")
					}
				})
				o.forms[id] = value
			case "button", "image-frame", "hidden", "password":
			default:
				value := k.attr("current-value")
				if value == "" {
					value = k.attr("value")
				}
				if k.name == "fixed-text" {
					value = label
				}
				if id != "" {
					o.forms[id] = value
				}
			}
			all(k)
		}
	}
	all(forms)
}

// margins appends the headers and footers of pages, once for each text.
func (o *odf) margins(styles *node) error {
	if styles == nil {
		return nil
	}
	known := map[string]bool{}
	var err error
	styles.find("master-page", func(page *node) {
		for _, k := range page.kids {
			var kind string
			switch k.name {
			case "header", "header-left", "header-first":
				kind = Header
			case "footer", "footer-left", "footer-first":
				kind = Footer
			default:
				continue
			}
			if k.attr("display") == "false" || err != nil {
				continue
			}
			text := tidy(o.inlineBlocks(k))
			if text != "" && !known[kind+text] {
				known[kind+text] = true
				err = o.out.append(Passage{Kind: kind, Text: safe.PHI(text)})
			}
		}
	})
	if err != nil {
		return err
	}
	return o.flushAfter()
}

func (o *odf) tell() {
	for _, u := range []Unread{
		{Unit: "part", Count: o.deleted, Reason: Deleted},
		{Unit: "part", Count: o.hidden, Reason: Hidden},
		{Unit: "part", Count: o.white, Reason: White},
		{Unit: "field", Count: o.unfilled, Reason: Placeholder},
		{Unit: "picture", Count: o.pictures, Reason: Picture},
		{Unit: "embedded object", Count: o.objects, Reason: NotText},
	} {
		if u.Count > 0 {
			o.out.leave(u)
		}
	}
	o.pack.tell(o.out)
}

// openList is a list that the current paragraph is in.
type openList struct {
	style   string
	counter *odfCounter
	level   int
	item    *node // whose first paragraph has the number
	header  bool
}

// blocks reads the paragraphs, lists, tables and sections within an element.
func (o *odf) blocks(n *node, list *openList) error {
	if o.depth++; o.depth > maxDepth {
		return errDamaged
	}
	defer func() { o.depth-- }()
	if err := o.ctx.Err(); err != nil {
		return err
	}
	for _, k := range n.kids {
		var err error
		switch k.name {
		case "p", "h":
			err = o.paragraph(k, list)
		case "list":
			err = o.list(k, list)
		case "table":
			err = o.table(k)
		case "tracked-changes":
			k.find("deletion", func(d *node) {
				if strings.TrimSpace(d.words()) != "" {
					o.deleted++
				}
			})
		case "section":
			if k.attr("display") == "none" || o.styled(k.attr("style-name")).hidden {
				o.hidden++
				continue
			}
			err = o.blocks(k, list)
		case "table-of-content", "illustration-index", "alphabetical-index", "user-index", "bibliography", "table-index", "object-index":
			err = o.blocks(k.child("index-body"), list)
		case "index-title", "numbered-paragraph", "text-box", "soft-page-break":
			err = o.blocks(k, list)
		case "forms", "sequence-decls", "variable-decls", "user-field-decls":
		default:
			if k.space == "drawing" {
				if text := tidy(o.drawing(k)); text != "" {
					err = o.out.add(Paragraph, 0, text)
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// list reads a list. A list may go on with the numbers of an earlier one.
func (o *odf) list(n *node, up *openList) error {
	l := &openList{style: n.attr("style-name"), level: 1}
	if up != nil {
		l.level, l.counter = min(up.level+1, 10), up.counter
		if l.style == "" {
			l.style = up.style
		}
	} else {
		switch {
		case n.attr("continue-list") != "" && o.counters[n.attr("continue-list")] != nil:
			l.counter = o.counters[n.attr("continue-list")]
		case n.attr("continue-numbering") == "true" && o.last[l.style] != nil:
			l.counter = o.last[l.style]
		default:
			l.counter = &odfCounter{}
		}
	}
	if id := n.attr("id"); id != "" {
		o.counters[id] = l.counter
	}
	o.last[l.style] = l.counter
	for _, k := range n.kids {
		switch k.name {
		case "list-header":
			l.header = true
		case "list-item":
			l.header = false
			if start := k.attr("start-value"); start != "" {
				l.counter[l.level].n, l.counter[l.level].some = number(start, 1)-1, true
			}
			if over := k.attr("style-override"); over != "" {
				own := *l
				own.style, own.item = over, k
				if err := o.blocks(k, &own); err != nil {
					return err
				}
				continue
			}
		default:
			continue
		}
		l.item = k
		if err := o.blocks(k, l); err != nil {
			return err
		}
	}
	return nil
}

// label is the number of the next item, as shown. Only the first paragraph of an item
// has one.
func (o *odf) label(l *openList) string {
	if l == nil || l.item == nil || l.header {
		return ""
	}
	l.item = nil
	return o.lists[l.style].label(l.counter, l.level)
}

// label counts on and returns the number as shown.
func (s odfList) label(c *odfCounter, level int) string {
	at := &c[level]
	if !at.some {
		at.n, at.some = max(0, s[level].start)-1, true
	}
	at.n++
	for i := level + 1; i < len(c); i++ {
		c[i].some = false
	}
	one := s[level]
	if one.bullet != "" {
		return one.bullet
	}
	shown := func(i int) string {
		n := c[i].n
		if !c[i].some {
			n = max(1, s[i].start)
		}
		return numeral(s[i].form, n)
	}
	if one.pattern != "" {
		out := one.pattern
		for i := 1; i <= level; i++ {
			out = strings.ReplaceAll(out, "%"+strconv.Itoa(i)+"%", shown(i))
		}
		return out
	}
	if one.form == "" {
		return ""
	}
	var numbers []string
	for i := max(1, level-max(1, one.levels)+1); i <= level; i++ {
		if s[i].form != "" {
			numbers = append(numbers, shown(i))
		}
	}
	return one.before + strings.Join(numbers, ".") + one.after
}

// paragraph appends a paragraph or a heading.
func (o *odf) paragraph(n *node, list *openList) error {
	style := o.styled(n.attr("style-name"))
	kind, level := Paragraph, style.level
	if n.name == "h" {
		level = min(max(1, number(n.attr("outline-level"), 1)), 9)
	}
	o.field = false
	text := o.inlineIn(n, style)
	number := o.label(list)
	if level > 0 {
		kind = Heading
		if n.name == "h" && list == nil && n.attr("is-list-header") != "true" && (o.outline[level].form != "" || o.outline[level].pattern != "") {
			number = o.outline.label(&o.headings, level)
		}
	} else if number != "" {
		kind = Item
	}
	for i, part := range broken(text) {
		if i == 0 && number != "" {
			if strings.TrimSpace(part) == "" {
				continue
			}
			part = number + " " + part
		}
		one := kind
		if o.field && kind == Paragraph {
			one = Field
		}
		if err := o.out.add(one, level, part); err != nil {
			return err
		}
	}
	return o.flushAfter()
}

func (o *odf) flushAfter() error {
	after := o.after
	o.after = nil
	for _, p := range after {
		if err := o.out.append(p); err != nil {
			return err
		}
	}
	return nil
}

// table appends a table.
func (o *odf) table(n *node) error {
	var l lattice
	if err := o.rows(n, &l, false); err != nil {
		return err
	}
	if err := l.emit(o.out); err != nil {
		return err
	}
	return o.flushAfter()
}

func (o *odf) rows(n *node, l *lattice, head bool) error {
	for _, k := range n.kids {
		switch k.name {
		case "table-header-rows", "table-rows", "table-row-group":
			if err := o.rows(k, l, k.name == "table-header-rows"); err != nil {
				return err
			}
		case "table-row":
			if v := k.attr("visibility"); v == "collapse" || v == "filter" {
				o.hidden++
				continue
			}
			row := o.row(k)
			if head && l.heads == len(l.rows) {
				l.heads++
			}
			for range min(max(1, number(k.attr("number-rows-repeated"), 1)), 1_000) {
				if err := l.add(row); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (o *odf) row(n *node) []spot {
	var row []spot
	for _, k := range n.kids {
		if k.name != "table-cell" {
			continue // a covered cell belongs to the one that covers it
		}
		s := spot{across: number(k.attr("number-columns-spanned"), 1), down: number(k.attr("number-rows-spanned"), 1)}
		s.text, s.head = o.inlineBlocks(k), o.boldOnly(k, false)
		for range min(max(1, number(k.attr("number-columns-repeated"), 1)), maxColumns) {
			row = append(row, s)
		}
	}
	return row
}

// boldOnly reports whether all letters of a cell are bold.
func (o *odf) boldOnly(n *node, bold bool) bool {
	some := false
	var all func(n *node, bold bool) bool
	all = func(n *node, bold bool) bool {
		if n.name == "" {
			some = some || strings.TrimSpace(n.text) != ""
			return bold || strings.TrimSpace(n.text) == ""
		}
		if n.name == "p" || n.name == "h" || n.name == "span" {
			s := o.styled(n.attr("style-name"))
			bold = s.bold || bold && !s.plain
		}
		for _, k := range n.kids {
			if !all(k, bold) {
				return false
			}
		}
		return true
	}
	return all(n, bold) && some
}
