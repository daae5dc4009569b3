package text

import (
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// declared is what an element's own style says of a property, in lower case.
func declared(n *html.Node, property string) string {
	style := attr(n, "style")
	if style == "" {
		return ""
	}
	return declaration(style, property)
}

func declaration(style, property string) string {
	value := ""
	for one := range strings.SplitSeq(style, ";") {
		name, v, ok := strings.Cut(one, ":")
		if ok && strings.EqualFold(strings.TrimSpace(name), property) {
			value = strings.ToLower(strings.TrimSpace(strings.ReplaceAll(v, "!important", "")))
		}
	}
	return value
}

// hidingRule is a rule of a style sheet that hides elements: those of a class, an id or a kind.
type hidingRule struct{ tag, class, id string }

var (
	cssComment  = regexp.MustCompile(`(?s)/\*.*?\*/`)
	cssRule     = regexp.MustCompile(`([^{}]*)\{([^{}]*)\}`)
	cssSelector = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9]*)?(?:\.([\w-]+)|#([\w-]+))?$`)
)

// hidingRules are the rules of a page's own style sheets that hide something. Rules for
// other media, as for print, and selectors of several parts are not read.
func hidingRules(root *html.Node) []hidingRule {
	var rules []hidingRule
	for n := range root.Descendants() {
		if n.DataAtom != atom.Style || n.FirstChild == nil || attr(n, "media") == "print" {
			continue
		}
		sheet := cssComment.ReplaceAllString(n.FirstChild.Data, "")
		sheet = withoutMedia(sheet)
		for _, m := range cssRule.FindAllStringSubmatch(sheet, -1) {
			if !hides(m[2]) {
				continue
			}
			for selector := range strings.SplitSeq(m[1], ",") {
				s := cssSelector.FindStringSubmatch(strings.TrimSpace(selector))
				if s != nil && s[0] != "" {
					rules = append(rules, hidingRule{strings.ToLower(s[1]), s[2], s[3]})
				}
			}
		}
		if len(rules) > 1_000 {
			return rules[:1_000]
		}
	}
	return rules
}

// withoutMedia drops the blocks of rules that have a condition.
func withoutMedia(sheet string) string {
	var b strings.Builder
	for {
		at := strings.IndexByte(sheet, '@')
		if at < 0 {
			return b.String() + sheet
		}
		b.WriteString(sheet[:at])
		rest, depth, end := sheet[at:], 0, len(sheet)-at
		for i := range len(rest) {
			if rest[i] == ';' && depth == 0 {
				end = i + 1
				break
			}
			if rest[i] == '{' {
				depth++
			}
			if rest[i] == '}' {
				if depth--; depth <= 0 {
					end = i + 1
					break
				}
			}
		}
		sheet = rest[end:]
	}
}

// hides reports whether a style makes an element invisible.
func hides(style string) bool {
	return declaration(style, "display") == "none" || declaration(style, "visibility") == "hidden" ||
		declaration(style, "visibility") == "collapse" || declaration(style, "mso-hide") == "all" ||
		declaration(style, "opacity") == "0" || zero(declaration(style, "font-size"))
}

func zero(size string) bool {
	n, err := strconv.ParseFloat(strings.TrimRight(size, "pxtemr%"), 64)
	return size != "" && err == nil && n == 0
}

// unseen is the count to which an element belongs that nobody sees, or nil.
func (p *page) unseen(n *html.Node) *int {
	if has(n, "hidden") && attr(n, "hidden") != "until-found" || attr(n, "aria-hidden") == "true" {
		return &p.hidden
	}
	style := attr(n, "style")
	if style != "" && hides(style) {
		return &p.hidden
	}
	for _, r := range p.rules {
		if r.matches(n) && declaration(style, "display") == "" && declaration(style, "visibility") == "" {
			return &p.hidden
		}
	}
	if white(declared(n, "color")) || n.DataAtom == atom.Font && white(strings.ToLower(attr(n, "color"))) {
		if onPaper(n) {
			return &p.white
		}
	}
	return nil
}

func (r hidingRule) matches(n *html.Node) bool {
	if r.tag != "" && r.tag != n.Data || r.id != "" && r.id != attr(n, "id") {
		return false
	}
	if r.class == "" {
		return true
	}
	for class := range strings.FieldsSeq(attr(n, "class")) {
		if class == r.class {
			return true
		}
	}
	return false
}

func white(color string) bool {
	switch strings.ReplaceAll(color, " ", "") {
	case "white", "#fff", "#ffffff", "rgb(255,255,255)", "transparent":
		return true
	}
	return false
}

// onPaper reports whether nothing may give an element a background. A class may.
func onPaper(n *html.Node) bool {
	for up := n; up != nil; up = up.Parent {
		if up.Type != html.ElementNode {
			continue
		}
		ground := declared(up, "background-color") + declared(up, "background") + strings.ToLower(attr(up, "bgcolor"))
		if ground != "" {
			return white(ground)
		}
		if has(up, "class") || has(up, "id") || has(up, "background") {
			return false
		}
	}
	return true
}

// control reads a field of a form: its value, or whether it is ticked.
func (p *page) control(n *html.Node) {
	var value string
	switch n.DataAtom {
	case atom.Textarea:
		value = contents(n)
	case atom.Select:
		value = chosen(n)
	case atom.Meter, atom.Progress:
		value = attr(n, "value")
	default:
		switch kind := strings.ToLower(attr(n, "type")); kind {
		case "checkbox", "radio":
			p.field = true
			if has(n, "checked") {
				p.text.WriteString(" [x] ")
			} else {
				p.text.WriteString(" [ ] ")
			}
			return
		case "hidden":
			return
		case "submit", "reset", "button", "image", "file", "password":
			return
		}
		value = attr(n, "value")
	}
	p.field = true
	if strings.TrimSpace(value) == "" {
		if has(n, "placeholder") {
			p.unfilled++
		}
		p.text.WriteByte(' ')
		return
	}
	p.text.WriteString(" " + value + " ")
}

// chosen are the selected options of a drop-down. A browser shows the first one when
// none is selected; without a value it is a prompt.
func chosen(n *html.Node) string {
	var picked []string
	var first *html.Node
	for o := range n.Descendants() {
		if o.DataAtom != atom.Option {
			continue
		}
		if first == nil {
			first = o
		}
		if has(o, "selected") {
			picked = append(picked, contents(o))
		}
	}
	if len(picked) == 0 && first != nil && !has(n, "multiple") && (!has(first, "value") || attr(first, "value") != "") {
		picked = append(picked, contents(first))
	}
	return strings.Join(picked, ", ")
}

func contents(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}
