package text

import (
	"strings"

	"claria/internal/safe"
)

// inlineBlocks is the text of all blocks within a cell or a note, as one line.
func (o *odf) inlineBlocks(n *node) string { return o.inlineList(n, nil) }

func (o *odf) inlineList(n *node, list *openList) string {
	if o.depth++; o.depth > maxDepth {
		return ""
	}
	defer func() { o.depth-- }()
	var parts []string
	for _, k := range n.kids {
		switch k.name {
		case "p", "h":
			text := o.inlineIn(k, o.styled(k.attr("style-name")))
			if number := o.label(list); number != "" && strings.TrimSpace(text) != "" {
				text = number + " " + text
			}
			parts = append(parts, text)
		case "list":
			l := &openList{style: k.attr("style-name"), level: 1, counter: &odfCounter{}}
			if list != nil {
				l.level, l.counter = min(list.level+1, 10), list.counter
				if l.style == "" {
					l.style = list.style
				}
			}
			for _, item := range k.kids {
				l.item, l.header = item, item.name == "list-header"
				parts = append(parts, o.inlineList(item, l))
			}
		case "annotation":
			o.comment(k)
		case "table", "table-row", "table-cell", "section", "table-header-rows", "table-rows", "text-box":
			parts = append(parts, o.inlineList(k, list))
		default:
			if k.space == "drawing" {
				parts = append(parts, o.drawing(k))
			}
		}
	}
	return strings.Join(parts, " ")
}

// inlineIn is the text of a paragraph or a span in a style.
func (o *odf) inlineIn(n *node, s odfStyle) string {
	if s.hidden {
		if strings.TrimSpace(n.words()) != "" {
			o.hidden++
		}
		return ""
	}
	text := o.inline(n)
	if s.white && !s.shaded && strings.TrimSpace(text) != "" && n.name == "span" {
		o.white++
		return ""
	}
	if s.raised {
		text = raised(text)
	}
	if s.struck {
		text = struck(text)
	}
	return text
}

// inline is the text within a paragraph.
func (o *odf) inline(n *node) string {
	if o.depth++; o.depth > maxDepth {
		return ""
	}
	defer func() { o.depth-- }()
	var b strings.Builder
	for _, k := range n.kids {
		switch k.name {
		case "":
			b.WriteString(strings.NewReplacer("\n", " ", "\r", " ").Replace(k.text))
		case "span":
			b.WriteString(o.inlineIn(k, o.styled(k.attr("style-name"))))
		case "s", "tab":
			b.WriteByte(' ')
		case "line-break":
			b.WriteByte('\n')
		case "note":
			b.WriteString(o.note(k))
		case "annotation":
			o.comment(k)
		case "hidden-text", "hidden-paragraph":
			if k.attr("is-hidden") != "false" && strings.TrimSpace(k.words()+k.attr("string-value")) != "" {
				o.hidden++
				continue
			}
			b.WriteString(o.inline(k))
		case "placeholder":
			o.unfilled++
		case "content-control":
			b.WriteString(o.contentControl(k))
		case "control":
			o.field = true
			b.WriteString(" " + o.forms[k.attr("control")] + " ")
		case "drop-down":
			o.field = true
			b.WriteString(dropDown(k))
		case "ruby":
			b.WriteString(o.inline(k.child("ruby-base")))
		case "annotation-end", "change", "change-start", "change-end", "bookmark", "bookmark-start", "bookmark-end", "tracked-changes":
		default:
			if k.space == "drawing" {
				if text := tidy(o.drawing(k)); text != "" { // it stands beside the paragraph
					o.after = append(o.after, Passage{Kind: Paragraph, Text: safe.PHI(text)})
				}
				continue
			}
			b.WriteString(o.inline(k)) // a link or a field
		}
	}
	return b.String()
}

// dropDown is what a list shows.
func dropDown(n *node) string {
	var b strings.Builder
	for _, k := range n.kids {
		if k.name == "" {
			b.WriteString(k.text)
		}
	}
	return b.String()
}

// contentControl is a field of a form within the text.
func (o *odf) contentControl(n *node) string {
	if n.attr("showing-place-holder") == "true" {
		o.unfilled++
		return ""
	}
	o.field = true
	if n.attr("checkbox") == "true" {
		if n.attr("checked") == "true" {
			return "[x]"
		}
		return "[ ]"
	}
	return o.inline(n)
}

// note keeps a foot- or endnote for after the paragraph, and returns its mark.
func (o *odf) note(n *node) string {
	mark := strings.TrimSpace(n.child("note-citation").words())
	before := o.after
	o.after = nil
	text := tidy(o.inlineBlocks(n.child("note-body")))
	within := o.after
	if text != "" {
		before = append(before, Passage{Kind: Footnote, Text: safe.PHI(strings.TrimSpace(raised(mark) + " " + text))})
	}
	before = append(before, within...)
	o.after = before
	return raised(mark)
}

func (o *odf) comment(n *node) {
	author := strings.TrimSpace(n.child("creator").words())
	before := o.after
	o.after = nil
	text := tidy(o.inlineBlocks(n))
	o.after = before
	if text == "" {
		return
	}
	if author != "" {
		text = author + ": " + text
	}
	o.after = append(o.after, Passage{Kind: Comment, Text: safe.PHI(text)})
}

// drawing reads the text of a frame or a shape, and counts pictures.
func (o *odf) drawing(n *node) string {
	if o.depth++; o.depth > maxDepth {
		return ""
	}
	defer func() { o.depth-- }()
	switch n.name {
	case "control":
		o.field = true
		return o.forms[n.attr("control")]
	case "image":
		return ""
	case "object", "object-ole", "plugin", "applet", "floating-frame":
		o.objects++
		return ""
	}
	picture, object := false, false
	for _, k := range n.kids {
		picture = picture || k.name == "image"
		object = object || k.name == "object" || k.name == "object-ole"
	}
	var parts []string
	if picture && !object {
		o.pictures++
		if alt := tidy(n.child("desc").words()); alt != "" {
			parts = append(parts, "[picture: "+alt+"]")
		}
	}
	for _, k := range n.kids {
		switch {
		case k.name == "p" || k.name == "h" || k.name == "list" || k.name == "table":
			parts = append(parts, o.inlineBlocks(&node{kids: []*node{k}}))
		case k.name == "text-box":
			parts = append(parts, o.inlineBlocks(k))
		case k.space == "drawing":
			parts = append(parts, o.drawing(k))
		}
	}
	return strings.Join(parts, " ")
}
