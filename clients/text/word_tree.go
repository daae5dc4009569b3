package text

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// maxBlock is how many elements one block of a document may have: a table, say.
const maxBlock = 1_000_000

// xmlNode is an element of a part, or a text in it.
type xmlNode struct {
	name  string // local name, after the prefix of its name space; none: WordprocessingML; empty: a text
	attrs []xml.Attr
	text  string
	kids  []*xmlNode
}

// prefixOf is the prefix that the names of a name space have here.
func prefixOf(space string) string {
	for _, known := range []struct{ part, prefix string }{
		{"markup-compatibility", "mc:"},
		{"/math", "m:"},
		{"wordprocessingDrawing", "wp:"},
		{"drawingml/2006/picture", "pic:"},
		{"drawingml/2006/chart", "c:"},
		{"drawingml/2006/diagram", "dgm:"},
		{"drawingml", "a:"},
		{"wordprocessingShape", "wps:"},
		{"wordprocessingGroup", "wpg:"},
		{"wordprocessingCanvas", "wpc:"},
		{"office/drawing/", "a:"},
		{"microsoft-com:vml", "v:"},
		{"microsoft-com:office:", "o:"},
		{"office/word/201", "w14:"},
	} {
		if strings.Contains(space, known.part) {
			return known.prefix
		}
	}
	return ""
}

func (n *xmlNode) attr(local string) string {
	for _, a := range n.attrs {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// kid is the first child of a name, or an empty node; names go down step by step.
func (n *xmlNode) kid(names ...string) *xmlNode {
	for _, name := range names {
		next := &xmlNode{}
		for _, k := range n.kids {
			if k.name == name {
				next = k
				break
			}
		}
		n = next
	}
	return n
}

// has reports whether there is a child of a name that is not switched off (ECMA-376 Part
// 1, 17.17.4).
func (n *xmlNode) has(name string) bool {
	k := n.kid(name)
	return k.name != "" && !k.off()
}

func (n *xmlNode) off() bool {
	switch n.attr("val") {
	case "0", "false", "off":
		return true
	}
	return false
}

// find calls do for each element of a name, at any depth.
func (n *xmlNode) find(name string, do func(*xmlNode)) {
	for _, k := range n.kids {
		if k.name == name {
			do(k)
		}
		k.find(name, do)
	}
}

// holds reports whether there is an element of one of the names, at any depth.
func (n *xmlNode) holds(names ...string) bool {
	found := false
	for _, name := range names {
		n.find(name, func(*xmlNode) { found = true })
	}
	return found
}

// said is all text within.
func (n *xmlNode) said() string {
	var b strings.Builder
	var all func(*xmlNode)
	all = func(n *xmlNode) {
		b.WriteString(n.text)
		switch n.name {
		case "p", "a:p", "tab", "br":
			b.WriteByte(' ')
		}
		for _, k := range n.kids {
			all(k)
		}
	}
	all(n)
	return b.String()
}

// blocksOf calls do for each block of a part: each element within the part's root, or
// within its body. Of a part that breaks off, the beginning is read before errDamaged.
func (d *wordFile) blocksOf(part string, do func(*xmlNode) error) error {
	open := d.parts[part]
	if open == nil {
		return errDamaged
	}
	body, err := open()
	if err != nil {
		return errDamaged
	}
	defer func() { _ = body.Close() }()
	t := &blockReader{decoder: xml.NewDecoder(&bounded{r: body, left: maxPart}), do: do}
	for n := 0; ; n++ {
		if n%1024 == 0 && d.ctx.Err() != nil {
			return d.ctx.Err()
		}
		if err := t.token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// blockReader reads a part, and keeps one block of it at a time.
type blockReader struct {
	decoder *xml.Decoder
	do      func(*xmlNode) error
	depth   int        // of open elements around blocks
	open    []*xmlNode // of the current block
	nodes   int
	size    int
}

func (t *blockReader) token() error {
	token, err := t.decoder.Token()
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err != nil {
		if told, ok := errors.AsType[textError](err); ok {
			return t.broken(told)
		}
		return t.broken(errDamaged)
	}
	switch token := token.(type) {
	case xml.StartElement:
		name := prefixOf(token.Name.Space) + token.Name.Local
		if len(t.open) == 0 && (t.depth == 0 || t.depth == 1 && name == "body") {
			t.depth++
			return nil
		}
		if len(t.open) >= maxDepth {
			return t.broken(errDamaged)
		}
		n := &xmlNode{name: name, attrs: token.Copy().Attr}
		t.keep(n)
		t.open = append(t.open, n)
	case xml.EndElement:
		switch len(t.open) {
		case 0:
			t.depth--
		case 1:
			whole := t.open[0]
			t.open, t.nodes, t.size = nil, 0, 0
			return t.do(whole)
		default:
			t.open = t.open[:len(t.open)-1]
		}
	case xml.CharData:
		if len(t.open) > 0 && textual(t.open[len(t.open)-1].name) {
			t.keep(&xmlNode{text: string(token)})
			t.size += len(token)
		}
	}
	if t.nodes > maxBlock || t.size > 2*maxText {
		return t.broken(errTooMuch)
	}
	return nil
}

// textual reports whether an element contains text; between others is white space of the
// file only.
func textual(name string) bool {
	switch name {
	case "t", "delText", "m:t", "a:t":
		return true
	}
	return false
}

func (t *blockReader) keep(n *xmlNode) {
	t.nodes++
	if len(t.open) > 0 {
		top := t.open[len(t.open)-1]
		top.kids = append(top.kids, n)
	}
}

// broken reads the block that is not whole, and returns why it is not.
func (t *blockReader) broken(why error) error {
	if len(t.open) > 0 {
		if err := t.do(t.open[0]); err != nil {
			return err
		}
	}
	return why
}
