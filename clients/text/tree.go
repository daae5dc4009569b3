package text

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// maxNodes is how many elements and texts one part may have.
const maxNodes = 4_000_000

// node is an element of an XML part, or a text in it.
type node struct {
	name  string // local name; empty: text
	space string // the last step of its name space
	attrs []xml.Attr
	text  string
	kids  []*node
}

// parseTree reads a part as a tree. Of a part that breaks off, the beginning is returned
// with errDamaged.
func parseTree(ctx context.Context, data []byte) (*node, error) {
	root := &node{name: "root"}
	open := []*node{root}
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if n > maxNodes {
			return nil, errTooMuch
		}
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err != nil {
			return root, errDamaged
		}
		top := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			if len(open) > maxDepth {
				return root, errDamaged
			}
			space := token.Name.Space
			if i := strings.LastIndexAny(strings.TrimSuffix(space, ":1.0"), ":/"); i >= 0 {
				space = strings.TrimSuffix(space, ":1.0")[i+1:]
			}
			kid := &node{name: token.Name.Local, space: space, attrs: token.Copy().Attr}
			top.kids = append(top.kids, kid)
			open = append(open, kid)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			top.kids = append(top.kids, &node{text: string(token)})
		}
	}
}

// attribute is an attribute of an element, whatever its name space.
func attribute(e xml.StartElement, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

func (n *node) attr(local string) string {
	for _, a := range n.attrs {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// child is the first child of a name, or an empty node.
func (n *node) child(name string) *node {
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return &node{}
}

// find calls do for each element of a name, at any depth.
func (n *node) find(name string, do func(*node)) {
	for _, k := range n.kids {
		if k.name == name {
			do(k)
		}
		k.find(name, do)
	}
}

// words are all texts within an element.
func (n *node) words() string {
	var b strings.Builder
	var all func(*node)
	all = func(n *node) {
		b.WriteString(n.text)
		for _, k := range n.kids {
			all(k)
		}
	}
	all(n)
	return b.String()
}
