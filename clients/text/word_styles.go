package text

import (
	"strconv"
	"strings"
)

// wordStyle is what a style sets.
type wordStyle struct {
	based  string
	level  int      // of a heading, from 1; 0: none
	number *xmlNode // numPr
	run    *xmlNode // rPr
	shaded bool     // it puts a dark colour behind its text
	struck bool     // by its name
	kind   string   // "numbering" for a style of a list
}

// readStyles reads the styles. Without them the document is read as plain paragraphs.
func (d *wordFile) readStyles() map[string]wordStyle {
	styles := map[string]wordStyle{}
	root := d.treeOf("styles")
	if root == nil {
		return styles
	}
	for _, n := range root.kids {
		if n.name != "style" || len(styles) >= maxStyles {
			continue
		}
		properties := n.kid("pPr")
		s := wordStyle{
			based: n.kid("basedOn").attr("val"), level: headingLevel(n.kid("name").attr("val")),
			number: properties.kid("numPr"), run: n.kid("rPr"), kind: n.attr("type"),
		}
		switch strings.ToLower(n.kid("name").attr("val")) {
		case "del", "strike", "strikethrough": // of a web page, whose look is lost
			s.struck = true
		}
		if o := properties.kid("outlineLvl"); o.name != "" {
			s.level = outlineLevel(o)
		}
		n.find("shd", func(shd *xmlNode) { s.shaded = s.shaded || darkShade(shd) })
		styles[n.attr("styleId")] = s
	}
	return styles
}

// chain are a style and the styles it is based on.
func (d *wordFile) chain(id string) []wordStyle {
	var out []wordStyle
	for range 20 {
		s, ok := d.styles[id]
		if !ok {
			break
		}
		out = append(out, s)
		id = s.based
	}
	return out
}

// headingLevel returns the level in a style's name, or 0.
func headingLevel(name string) int {
	name = strings.ToLower(name)
	if name == "title" {
		return 1
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(name, "heading ")); err == nil && n >= 1 && n <= 9 {
		return n
	}
	return 0
}

// outlineLevel turns an outline level into a heading level: 0 to 8 are headings, 9 is
// text.
func outlineLevel(n *xmlNode) int {
	if level, err := strconv.Atoi(n.attr("val")); err == nil && level >= 0 && level <= 8 {
		return level + 1
	}
	return 0
}

// wordLook is how a run looks.
type wordLook struct {
	struck, hidden, white, prompt, bold bool
	shaded                              bool   // something dark is behind it
	align                               string // superscript, subscript
	font                                string
}

// look is how runs of a style look.
func (d *wordFile) look(base wordLook, style string) wordLook {
	chain := d.chain(style)
	for i := len(chain) - 1; i >= 0; i-- {
		base = base.with(chain[i].run)
		base.struck = base.struck || chain[i].struck
		base.shaded = base.shaded || chain[i].shaded && chain[i].kind != "table"
	}
	return base
}

// with applies the properties of a run.
func (l wordLook) with(properties *xmlNode) wordLook {
	if properties == nil {
		return l
	}
	for _, p := range properties.kids {
		value := p.attr("val")
		switch p.name {
		case "strike", "dstrike":
			l.struck = !p.off()
		case "vanish":
			l.hidden = !p.off()
		case "b":
			l.bold = !p.off()
		case "sz":
			if size, err := strconv.Atoi(value); err == nil && size <= 2 { // one point: nobody can read it
				l.hidden = true
			}
		case "color":
			l.white = paleColor(value, 0.98) || value == "" && p.attr("themeColor") == "background1"
		case "highlight":
			l.shaded = value != "none" && value != "white"
		case "shd":
			l.shaded = l.shaded || darkShade(p)
		case "vertAlign":
			l.align = value
		case "position": // in half points; smaller letters there are a raised number
			if at, err := strconv.Atoi(value); err == nil && properties.kid("sz").name != "" {
				switch {
				case at >= 3:
					l.align = "superscript"
				case at <= -2:
					l.align = "subscript"
				}
			}
		case "rFonts":
			if font := p.attr("ascii"); font != "" {
				l.font = font
			}
		}
	}
	return l
}

// darkShade reports whether white text shows on a shading.
func darkShade(shd *xmlNode) bool {
	fill, pattern := shd.attr("fill"), shd.attr("val")
	if fill == "" || fill == "auto" {
		return pattern != "" && pattern != "clear" && pattern != "nil"
	}
	return !paleColor(fill, 0.93)
}

// paleColor reports whether a colour, as RRGGBB, is at least this light.
func paleColor(rgb string, least float64) bool {
	v, err := strconv.ParseUint(strings.TrimPrefix(rgb, "#"), 16, 32)
	if err != nil || len(strings.TrimPrefix(rgb, "#")) != 6 {
		return false
	}
	return (0.2126*float64(v>>16)+0.7152*float64(v>>8&0xff)+0.0722*float64(v&0xff))/255 >= least
}
