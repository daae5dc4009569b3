package text

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlList is an open list.
type htmlList struct {
	form    string // "": no number or bullet
	next    int
	step    int
	ordered bool
}

// list reads a list. Its items know their numbers.
func (p *page) list(n *html.Node) error {
	if err := p.flush(); err != nil {
		return err
	}
	l := htmlList{form: "•", next: 1, step: 1}
	if n.DataAtom == atom.Ol {
		l.form, l.ordered = decimal, true
		switch form := attr(n, "type"); form {
		case lowerAlpha, upperAlpha, lowerRoman, upperRoman:
			l.form = form
		}
		if has(n, "reversed") {
			l.step = -1
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				if c.DataAtom == atom.Li && c.NextSibling != nil {
					l.next++
				}
			}
		}
		if start, err := strconv.Atoi(attr(n, "start")); err == nil {
			l.next = start
		}
	}
	l.styled(n)
	p.lists = append(p.lists, l)
	err := p.walk(n)
	p.lists = p.lists[:len(p.lists)-1]
	if err != nil {
		return err
	}
	return p.flush()
}

// styled changes the form of a list's numbers to the one of its style.
func (l *htmlList) styled(n *html.Node) {
	style := declared(n, "list-style-type") + " " + declared(n, "list-style")
	for _, word := range strings.Fields(style) {
		switch word {
		case "none":
			l.form = ""
		case "disc", "circle", "square":
			l.form, l.ordered = "•", false
		case "decimal", "decimal-leading-zero":
			l.form, l.ordered = decimal, true
		case "lower-alpha", "lower-latin":
			l.form, l.ordered = lowerAlpha, true
		case "upper-alpha", "upper-latin":
			l.form, l.ordered = upperAlpha, true
		case "lower-roman":
			l.form, l.ordered = lowerRoman, true
		case "upper-roman":
			l.form, l.ordered = upperRoman, true
		}
	}
}

func (p *page) item(n *html.Node) error {
	if err := p.flush(); err != nil {
		return err
	}
	if len(p.lists) == 0 {
		p.lists = append(p.lists, htmlList{form: "•"})
		defer func() { p.lists = p.lists[:len(p.lists)-1] }()
	}
	l := &p.lists[len(p.lists)-1]
	if value, err := strconv.Atoi(attr(n, "value")); err == nil && l.ordered {
		l.next = value
	}
	own := *l
	own.styled(n)
	switch {
	case own.ordered && own.form != "":
		p.text.WriteString(numeral(own.form, own.next) + ". ")
	case own.form != "":
		p.text.WriteString(own.form + " ")
	}
	l.next += l.step
	before := p.text.Len()
	if p.cell == 0 {
		p.kind = Item
	}
	// The first paragraph of an item is on the line of its number.
	if first := firstBlock(n); first != nil && p.cell == 0 {
		p.cell++
		err := p.walk(first)
		p.cell--
		first.Parent.RemoveChild(first)
		if err != nil {
			return err
		}
		if p.text.Len() == before {
			p.text.WriteByte(' ')
		}
		if err := p.flush(); err != nil {
			return err
		}
	}
	if err := p.walk(n); err != nil {
		return err
	}
	return p.flush()
}

// firstBlock is the paragraph that an item begins with, or nil.
func firstBlock(n *html.Node) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode && strings.TrimSpace(c.Data) == "" {
			continue
		}
		if c.Type == html.ElementNode && (c.DataAtom == atom.P || c.DataAtom == atom.Div) {
			if holds(c, atom.Table, atom.Ul, atom.Ol, atom.P, atom.Div) {
				return nil
			}
			return c
		}
		return nil
	}
	return nil
}

// definition joins a term with what it means.
func (p *page) definition(n *html.Node) error {
	if p.cell > 0 {
		if err := p.flush(); err != nil {
			return err
		}
		return p.walk(n)
	}
	if err := p.flush(); err != nil {
		return err
	}
	if n.DataAtom == atom.Dd && !holds(n, atom.Table, atom.Ul, atom.Ol, atom.P, atom.Div) && p.term != "" {
		p.text.WriteString(p.term)
		if !strings.HasSuffix(p.term, ":") {
			p.text.WriteByte(':')
		}
		p.text.WriteByte(' ')
		p.term = ""
		if err := p.walk(n); err != nil {
			return err
		}
		p.field = true
		return p.flush()
	}
	if p.term != "" {
		term := p.term
		p.term = ""
		if err := p.out.add(Paragraph, 0, term); err != nil {
			return err
		}
	}
	if n.DataAtom == atom.Dt {
		p.cell++
		err := p.walk(n)
		p.cell--
		p.term = tidy(p.text.String())
		p.text.Reset()
		if next := nextElement(n); next == nil || next.DataAtom != atom.Dd {
			p.text.WriteString(p.term)
			p.term = ""
			if err == nil {
				err = p.flush()
			}
		}
		return err
	}
	if err := p.walk(n); err != nil {
		return err
	}
	return p.flush()
}

func nextElement(n *html.Node) *html.Node {
	for c := n.NextSibling; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode {
			return c
		}
	}
	return nil
}
