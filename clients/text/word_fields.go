package text

import (
	"strconv"
	"strings"
)

// wordControl is a field that is open: its code, then its result.
type wordControl struct {
	form   *xmlNode // of a field of an old form
	result bool
	said   bool // the result has words
}

const (
	tickedBox = "[x]"
	emptyBox  = "[ ]"
)

func boxOf(ticked bool) string {
	if ticked {
		return tickedBox
	}
	return emptyBox
}

// controlled is the content of a content control (ECMA-376 Part 1, 17.5.2): a box as
// ticked or not, behind the label that the control has where nothing else labels it. The
// prompt of one that nobody filled in is no content.
func (w *wordText) controlled(n *xmlNode) []*xmlNode {
	properties, content := n.kid("sdtPr"), n.kid("sdtContent").kids
	if w.line != nil {
		w.line.control = w.line.control || isField(properties)
	}
	if box := properties.kid("w14:checkbox"); box.name != "" {
		checked := box.kid("w14:checked")
		return replaced(content, boxOf(checked.name != "" && !checked.off()))
	}
	if properties.has("showingPlcHdr") {
		w.prompts++
		return emptied(content)
	}
	return content
}

// isField reports whether a control is a field of a form, not a frame around text.
func isField(properties *xmlNode) bool {
	for _, name := range []string{"w14:checkbox", "dropDownList", "comboBox", "date", "text"} {
		if properties.kid(name).name != "" {
			return true
		}
	}
	return false
}

// replaced is content with one text in place of its own.
func replaced(content []*xmlNode, text string) []*xmlNode {
	run := &xmlNode{name: "r", kids: []*xmlNode{{name: "t", kids: []*xmlNode{{text: text}}}}}
	if frame := emptied(content); len(frame) > 0 {
		put(frame[0], run)
		return frame
	}
	return []*xmlNode{run}
}

// put appends a run to the first paragraph.
func put(n, run *xmlNode) bool {
	if n.name == "p" {
		n.kids = append(n.kids, run)
		return true
	}
	for _, k := range n.kids {
		if put(k, run) {
			return true
		}
	}
	return false
}

// emptied are the paragraphs, rows and cells of content without their text: a table keeps
// its columns.
func emptied(nodes []*xmlNode) []*xmlNode {
	var out []*xmlNode
	for _, n := range nodes {
		switch n.name {
		case "p":
			out = append(out, &xmlNode{name: "p", kids: []*xmlNode{n.kid("pPr")}})
		case "tbl", "tr", "tc", "sdt", "sdtContent":
			out = append(out, &xmlNode{name: n.name, kids: emptied(n.kids)})
		case "tcPr", "trPr", "tblPr", "tblGrid":
			out = append(out, n)
		}
	}
	return out
}

// fieldChar begins, divides or ends a field.
func (w *wordText) fieldChar(n *xmlNode, look wordLook) {
	switch n.attr("fldCharType") {
	case "begin":
		if len(w.fields) < maxDepth {
			w.fields = append(w.fields, &wordControl{form: n.kid("ffData")})
		}
	case "separate":
		if len(w.fields) > 0 {
			w.fields[len(w.fields)-1].result = true
		}
	case "end":
		if len(w.fields) == 0 {
			return
		}
		ended := w.fields[len(w.fields)-1]
		w.fields = w.fields[:len(w.fields)-1]
		w.ended(ended, look)
	}
}

// ended writes the value of a field of an old form (ECMA-376 Part 1, 17.16.17) that is
// not in its result.
func (w *wordText) ended(f *wordControl, look wordLook) {
	if f.form == nil || f.form.name == "" {
		return
	}
	w.line.control = true
	if box := f.form.kid("checkBox"); box.name != "" {
		ticked := box.has("default")
		if box.kid("checked").name != "" {
			ticked = box.has("checked")
		}
		w.write(boxOf(ticked), look)
		return
	}
	if f.said {
		return
	}
	if list := f.form.kid("ddList"); list.name != "" {
		at, _ := strconv.Atoi(list.kid("result").attr("val"))
		if list.kid("result").name == "" {
			at, _ = strconv.Atoi(list.kid("default").attr("val"))
		}
		for _, k := range list.kids {
			if k.name != "listEntry" {
				continue
			}
			if at == 0 {
				w.write(strings.TrimSpace(k.attr("val")), look)
				return
			}
			at--
		}
		return
	}
	if f.form.kid("textInput").name != "" {
		w.prompts++
	}
}
