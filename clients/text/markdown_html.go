package text

import (
	"html"
	"regexp"
	"strings"
)

var (
	htmlPiece   = regexp.MustCompile(`(?s)<!--.*?(?:-->|$)|</?([a-zA-Z][a-zA-Z0-9]*)(\s[^<>]*)?/?>`)
	htmlChecked = regexp.MustCompile(`(?i)\bchecked\b`)
	htmlBox     = regexp.MustCompile(`(?i)type\s*=\s*["']?(checkbox|radio)`)
)

// htmlTags are the tags that give a text its form. Every other word between angle
// brackets is text: "<unclear>", "<mother>".
const htmlTags = " a abbr address article aside b big blockquote body br caption center cite code col colgroup dd del details dfn div dl dt em " +
	"fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i img input ins kbd label legend li link main mark meta nav ol " +
	"option p pre q s samp script section select small span strike strong style sub summary sup table tbody td textarea tfoot th thead time title tr tt u ul var "

func knownTag(name string) bool {
	return name != "" && strings.Contains(htmlTags, " "+strings.ToLower(name)+" ")
}

// tag is what a piece of HTML within a paragraph says.
func (m *markdown) tag(raw string) string {
	parts := htmlPiece.FindStringSubmatch(raw)
	switch {
	case strings.HasPrefix(raw, "<!--"):
		m.hidden += len(strings.Fields(strings.TrimSuffix(strings.TrimPrefix(raw, "<!--"), "-->")))
		return ""
	case parts == nil || !knownTag(parts[1]):
		return raw
	}
	ends := strings.HasPrefix(raw, "</")
	switch strings.ToLower(parts[1]) {
	case "s", "del", "strike":
		return strikeMark(!ends)
	case "br", "p", "div", "li":
		return "\n"
	case "sup":
		if !ends {
			return "^"
		}
	case "img":
		m.pictures++
	case "input":
		if htmlBox.MatchString(raw) {
			return map[bool]string{true: "[x] ", false: "[ ] "}[htmlChecked.MatchString(raw)]
		}
	}
	return ""
}

// page reads a block of HTML: paragraphs, and the rows of tables.
func (m *markdown) page(raw string) error {
	p := htmlBlock{m: m}
	at := 0
	for _, found := range htmlPiece.FindAllStringSubmatchIndex(raw, -1) {
		p.text(html.UnescapeString(raw[at:found[0]]))
		name := ""
		if found[2] >= 0 {
			name = strings.ToLower(raw[found[2]:found[3]])
		}
		if err := p.piece(name, raw[found[0]:found[1]]); err != nil {
			return err
		}
		at = found[1]
	}
	p.text(html.UnescapeString(raw[at:]))
	if err := p.row(); err != nil {
		return err
	}
	return p.flush()
}

type htmlBlock struct {
	m      *markdown
	line   strings.Builder
	cells  []string
	inRow  bool
	header bool   // all cells of the row are headers
	unseen string // the element whose content nobody sees
}

func (p *htmlBlock) text(s string) {
	if p.unseen != "" {
		p.m.hidden += len(strings.Fields(s))
		return
	}
	p.line.WriteString(s)
}

func (p *htmlBlock) flush() error {
	text := p.line.String()
	p.line.Reset()
	return p.m.add(Paragraph, 0, text)
}

func (p *htmlBlock) row() error {
	if !p.inRow {
		return nil
	}
	p.cell()
	cells := p.cells
	p.cells, p.inRow = nil, false
	return p.m.out.row(p.header, cells...)
}

// cell ends the current cell.
func (p *htmlBlock) cell() {
	if len(p.cells) > 0 {
		p.cells[len(p.cells)-1] += p.line.String()
		p.line.Reset()
	}
}

func (p *htmlBlock) piece(name, raw string) error {
	ends := strings.HasPrefix(raw, "</")
	if p.unseen != "" {
		if ends && name == p.unseen {
			p.unseen = ""
		}
		return nil
	}
	switch name {
	case "script", "style", "head", "title":
		if !ends {
			p.unseen = name
		}
		return nil
	case "table":
		if err := p.row(); err != nil {
			return err
		}
		if !ends {
			p.m.out.table()
		}
		return p.flush()
	case "tr":
		if err := p.row(); err != nil {
			return err
		}
		if !ends {
			p.inRow, p.header = true, true
			return p.flush()
		}
		return nil
	case "td", "th":
		if !p.inRow {
			return nil
		}
		p.cell()
		if !ends {
			p.line.Reset()
			p.cells, p.header = append(p.cells, ""), p.header && name == "th"
		}
		return nil
	case "p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "section", "article", "dt", "dd", "details", "summary", "pre":
		if !p.inRow {
			return p.flush()
		}
	}
	p.line.WriteString(p.m.tag(raw))
	return nil
}
