package text

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// noteKinds are the references to notes and what they refer to.
const (
	footnoteKind = "footnote"
	endnoteKind  = "endnote"
)

// notesOf reads foot- or endnotes by their ids.
func (d *wordFile) notesOf(kind string) map[string]*xmlNode {
	out := map[string]*xmlNode{}
	root := d.treeOf(kind)
	if root == nil {
		return out
	}
	for _, n := range root.kids {
		if t := n.attr("type"); t == "" || t == "normal" {
			out[n.attr("id")] = n
		}
	}
	return out
}

// noteReference writes a note's mark, and puts the note behind the current block.
func (w *wordText) noteReference(n *xmlNode, look wordLook) {
	kind, notes := footnoteKind, w.footnotes
	if n.name == "endnoteReference" {
		kind, notes = endnoteKind, w.endnotes
	}
	id := n.attr("id")
	note, waiting := notes[id]
	key := kind + " " + id
	mark, marked := w.marked[key]
	if !marked {
		if w.marked == nil {
			w.marked = map[string]string{}
		}
		number := 1
		for other := range w.marked {
			if strings.HasPrefix(other, kind+" ") {
				number++
			}
		}
		mark = noteMark(strconv.Itoa(number))
		if kind == endnoteKind {
			mark = noteMark(roman(number))
		}
		if _, own := n.attrOf("customMarkFollows"); own {
			mark = ""
		}
		w.marked[key] = mark
	}
	look.align = ""
	w.write(mark, look)
	if !waiting || look.hidden {
		return
	}
	delete(notes, id)
	w.after = append(w.after, func() error { return w.note(note, mark) })
}

func (n *xmlNode) attrOf(local string) (string, bool) {
	for _, a := range n.attrs {
		if a.Name.Local == local {
			return a.Value, true
		}
	}
	return "", false
}

func (w *wordText) note(n *xmlNode, mark string) error {
	inner := &wordText{wordFile: w.wordFile}
	text := strings.TrimSpace(inner.textOf(n.kids))
	if text == "" {
		return inner.follow()
	}
	if mark != "" {
		text = mark + " " + text
	}
	return inner.add(Footnote, 0, text)
}

// wordComments are the comments of a document.
type wordComments struct {
	notes   map[string]*xmlNode // by id, that are not read yet
	parents map[string]string   // id of the comment that one replies to
	done    map[string]bool     // ids of comments that are resolved
	numbers map[string]int      // by id
	order   []string
}

func (d *wordFile) readComments() wordComments {
	c := wordComments{notes: map[string]*xmlNode{}, parents: map[string]string{}, done: map[string]bool{}, numbers: map[string]int{}}
	root := d.treeOf("comments")
	if root == nil {
		return c
	}
	paragraphs := map[string]string{}
	for _, n := range root.kids {
		id := n.attr("id")
		c.notes[id] = n
		c.order = append(c.order, id)
		for _, p := range n.kids {
			if para := p.attr("paraId"); para != "" {
				paragraphs[para] = id
			}
		}
	}
	if more := d.treeOf("commentsExtended"); more != nil {
		for _, n := range more.kids {
			id := paragraphs[n.attr("paraId")]
			if parent := paragraphs[n.attr("paraIdParent")]; parent != "" && parent != id {
				c.parents[id] = parent
			}
			c.done[id] = n.attr("done") == "1"
		}
	}
	return c
}

// commentRange begins or ends the words that a comment refers to.
func (w *wordText) commentRange(n *xmlNode) {
	id := n.attr("id")
	if n.name == "commentRangeStart" {
		if w.about == nil {
			w.about = map[string]*strings.Builder{}
		}
		if len(w.about) < 100 {
			w.about[id] = &strings.Builder{}
		}
		return
	}
	if about := w.about[id]; about != nil {
		delete(w.about, id)
		w.comment(id, about.String())
	}
}

// commentReference is where a comment stands that refers to no words.
func (w *wordText) commentReference(id string) {
	about := w.about[id]
	delete(w.about, id)
	words := ""
	if about != nil {
		words = about.String()
	}
	w.comment(id, words)
}

// comment puts a comment behind the current block.
func (w *wordText) comment(id, about string) {
	n := w.comments.notes[id]
	if n == nil {
		return
	}
	delete(w.comments.notes, id)
	w.comments.numbers[id] = len(w.comments.numbers) + 1
	w.after = append(w.after, func() error { return w.commentPassage(id, n, about) })
}

func (w *wordText) commentPassage(id string, n *xmlNode, about string) error {
	inner := &wordText{wordFile: w.wordFile}
	text := strings.TrimSpace(inner.textOf(n.kids))
	what := fmt.Sprintf("Comment %d", w.comments.numbers[id])
	if author := strings.TrimSpace(n.attr("author")); author != "" {
		what += ", " + author + ","
	}
	if about = shortened(about); about != "" && w.comments.parents[id] == "" {
		what += " on “" + about + "”"
	}
	if parent, ok := w.comments.numbers[w.comments.parents[id]]; ok {
		what += fmt.Sprintf(" in reply to comment %d", parent)
	}
	if w.comments.done[id] {
		what += " (resolved)"
	}
	return inner.add(Comment, 0, strings.TrimSuffix(what, ",")+": "+text)
}

// shortened are the words that a comment refers to: of many, the first and the last.
func shortened(words string) string {
	const most, first, last = 6, 3, 2
	all := strings.Fields(words)
	if len(all) > most {
		return strings.Join(all[:first], " ") + " … " + strings.Join(all[len(all)-last:], " ")
	}
	return strings.Join(all, " ")
}

// unanchored reads the comments that the text does not refer to, and counts the notes:
// what referred to them is deleted.
func (w *wordText) unanchored() error {
	for _, id := range w.comments.order {
		if w.comments.notes[id] != nil {
			w.comment(id, "")
		}
	}
	for _, notes := range []map[string]*xmlNode{w.footnotes, w.endnotes} {
		for _, n := range notes {
			w.deleted += wordsIn(n)
		}
	}
	return w.follow()
}

// wordMargin is a header or a footer of a section.
type wordMargin struct{ kind, part string }

// margins are the headers and footers that pages show, in their order: that of the first
// page and that of even pages only where the document has one.
func (d *wordFile) margins() []wordMargin {
	var out []wordMargin
	even := false
	if settings := d.treeOf("settings"); settings != nil {
		even = settings.has("evenAndOddHeaders")
	}
	seen := map[string]bool{}
	section := func(n *xmlNode) {
		for _, k := range n.kids {
			kind := map[string]string{"headerReference": Header, "footerReference": Footer}[k.name]
			r, ok := d.relations[k.attr("id")]
			if kind == "" || !ok || seen[r.target] {
				continue
			}
			if shows := k.attr("type"); shows == "first" && !n.has("titlePg") || shows == "even" && !even {
				continue
			}
			seen[r.target] = true
			out = append(out, wordMargin{kind, r.target})
		}
	}
	err := d.blocksOf(d.main, func(n *xmlNode) error {
		if n.name == "sectPr" {
			section(n)
		}
		n.find("sectPr", section)
		return nil
	})
	if err == nil && len(d.relations) > 0 && !d.damaged[relsOf(d.main)] {
		return out
	}
	for _, id := range slices.Sorted(maps.Keys(d.relations)) { // the sections are lost
		r := d.relations[id]
		kind := map[string]string{"header": Header, "footer": Footer}[r.kind]
		if kind != "" && !seen[r.target] {
			seen[r.target] = true
			out = append(out, wordMargin{kind, r.target})
		}
	}
	return out
}

// readMargins reads the headers or the footers, once for each text.
func (d *wordFile) readMargins(margins []wordMargin, kind string) error {
	said := map[string]bool{}
	for _, m := range margins {
		if m.kind != kind {
			continue
		}
		w := &wordText{wordFile: d, margin: kind, said: said}
		err := d.blocksOf(m.part, func(n *xmlNode) error { return w.blocks([]*xmlNode{n}) })
		if err == nil {
			err = w.flushCarry()
		}
		if errors.Is(err, errDamaged) {
			d.lacks(m.part)
		} else if err != nil {
			return err
		}
	}
	return nil
}
