package text

import (
	"context"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"

	"claria/internal/safe"
)

// slides is a presentation (ECMA-376 Part 1, PresentationML) while it is read.
type slides struct {
	ctx      context.Context
	out      *builder
	pack     *pack
	pictures int
	objects  int
}

// readPPTX reads the visible slides: titles, text, tables and the speaker's notes.
func readPPTX(ctx context.Context, data []byte, out *builder) error {
	k, err := openPack(data)
	if err != nil {
		return err
	}
	s := &slides{ctx: ctx, out: out, pack: k}
	const main = "ppt/presentation.xml"
	body, ok := k.read(main)
	if !ok {
		return errDamaged
	}
	tree, err := parseTree(ctx, body)
	if err != nil {
		return err
	}
	arrows := k.relations(main)
	hidden, n := 0, 0
	var failed error
	tree.find("sldId", func(id *node) {
		n++
		i := slices.IndexFunc(arrows, func(r relation) bool {
			return slices.ContainsFunc(id.attrs, func(a xml.Attr) bool { return a.Name.Local == "id" && a.Value == r.ID })
		})
		if failed != nil {
			return
		}
		if i < 0 {
			k.lacks("slide " + strconv.Itoa(n))
			return
		}
		shown, err := s.slide(arrows[i].Target, n)
		if !shown {
			hidden++
		}
		failed = err
	})
	if failed != nil {
		return failed
	}
	out.place = ""
	for _, u := range []Unread{
		{Unit: "slide", Count: hidden, Of: n, Reason: Hidden},
		{Unit: "picture", Count: s.pictures, Reason: Picture},
		{Unit: "chart or object", Count: s.objects, Reason: NotText},
	} {
		if u.Count > 0 {
			out.leave(u)
		}
	}
	k.missing()
	k.tell(out)
	return nil
}

// slide reads one slide. It reports whether it is shown.
func (s *slides) slide(name string, n int) (shown bool, err error) {
	data, ok := s.pack.read(name)
	if !ok {
		return true, nil
	}
	tree, err := parseTree(s.ctx, data)
	if err != nil {
		if tree == nil {
			return true, err
		}
		s.pack.lacks(name)
	}
	slide := tree.child("sld")
	if show := slide.attr("show"); show == "0" || show == "false" {
		return false, nil
	}
	s.out.place = safe.PHI("slide " + strconv.Itoa(n))
	if err := s.shapes(slide.child("cSld").child("spTree"), ""); err != nil {
		return true, err
	}
	for _, r := range s.pack.relations(name) {
		if !r.is("notesSlide") {
			continue
		}
		notes, ok := s.pack.read(r.Target)
		if !ok {
			continue
		}
		tree, err := parseTree(s.ctx, notes)
		if err != nil {
			s.pack.lacks(r.Target)
			continue
		}
		if err := s.shapes(tree.child("notes").child("cSld").child("spTree"), "Speaker notes: "); err != nil {
			return true, err
		}
	}
	return true, nil
}

// shapes reads what stands on a slide, in its order.
func (s *slides) shapes(n *node, before string) error {
	for _, k := range n.kids {
		var err error
		switch k.name {
		case "sp":
			holder := k.child("nvSpPr").child("nvPr").child("ph").attr("type")
			if holder == "sldNum" || holder == "dt" || holder == "sldImg" || holder == "hdr" || k.child("nvSpPr").child("cNvPr").attr("hidden") == "1" {
				continue
			}
			err = s.paragraphs(k.child("txBody"), holder, before)
		case "grpSp":
			err = s.shapes(k, before)
		case "pic":
			s.pictures++
		case "graphicFrame":
			if tables := 0; true {
				k.find("tbl", func(t *node) {
					tables++
					if err == nil {
						err = s.table(t)
					}
				})
				if tables == 0 {
					s.objects++
				}
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *slides) paragraphs(body *node, holder, before string) error {
	for _, p := range body.kids {
		if p.name != "p" {
			continue
		}
		kind, level := Paragraph, 0
		switch holder {
		case "title", "ctrTitle":
			kind, level = Heading, 2
		case "ftr":
			kind = Footer
		}
		text := tidy(runs(p))
		if text == "" {
			continue
		}
		if err := s.out.add(kind, level, before+text); err != nil {
			return err
		}
	}
	return nil
}

// runs is the text of a paragraph, with its marks.
func runs(p *node) string {
	var b strings.Builder
	for _, k := range p.kids {
		switch k.name {
		case "r", "fld":
			text := k.child("t").words()
			properties := k.child("rPr")
			if base := properties.attr("baseline"); base != "" && base[0] != '-' && base != "0" {
				text = raised(text)
			}
			if strike := properties.attr("strike"); strike == "sngStrike" || strike == "dblStrike" {
				text = struck(text)
			}
			b.WriteString(text)
		case "br":
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func (s *slides) table(t *node) error {
	var l lattice
	for _, tr := range t.kids {
		if tr.name != "tr" {
			continue
		}
		var row []spot
		for _, tc := range tr.kids {
			if tc.name != "tc" || isTrue(tc.attr("hMerge")) || isTrue(tc.attr("vMerge")) {
				continue
			}
			var parts []string
			for _, p := range tc.child("txBody").kids {
				if p.name == "p" {
					parts = append(parts, runs(p))
				}
			}
			row = append(row, spot{text: strings.Join(parts, " "), across: number(tc.attr("gridSpan"), 1), down: number(tc.attr("rowSpan"), 1)})
		}
		if err := l.add(row); err != nil {
			return err
		}
	}
	if isTrue(t.child("tblPr").attr("firstRow")) && len(l.rows) > 1 {
		l.heads = 1
	}
	return l.emit(s.out)
}
