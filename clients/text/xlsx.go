package text

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"claria/internal/safe"
)

// The limits of a sheet (Excel's own).
const (
	maxSheetRows    = 1_048_576
	maxSheetColumns = 16_384
)

// book is a workbook (ECMA-376 Part 1, SpreadsheetML) while it is read.
type book struct {
	ctx      context.Context
	out      *builder
	pack     *pack
	strings  []string
	styles   []cellStyle
	from1904 bool

	hiddenRows, hiddenColumns, hiddenCells, white, noValue, pictures, controls int
	reached                                                                    map[string]bool
}

// cellStyle is what a cell's style does to its value.
type cellStyle struct {
	format              string
	bold, struck, white bool
}

// readXLSX reads a workbook: each visible sheet, as its cells are shown.
func readXLSX(ctx context.Context, data []byte, out *builder) error {
	k, err := openPack(data)
	if err != nil {
		return err
	}
	b := &book{ctx: ctx, out: out, pack: k, reached: map[string]bool{}}
	main := "xl/workbook.xml"
	for _, r := range k.relations("") {
		if r.is("officeDocument") {
			main = r.Target
		}
	}
	if !k.has("_rels/.rels") {
		k.lacks("_rels/.rels")
	}
	if err := b.read(main); err != nil {
		return err
	}
	k.missing()
	b.tell()
	return nil
}

func (b *book) tell() {
	for _, u := range []Unread{
		{Unit: "row", Count: b.hiddenRows, Reason: Hidden},
		{Unit: "column", Count: b.hiddenColumns, Reason: Hidden},
		{Unit: "cell", Count: b.hiddenCells, Reason: Hidden},
		{Unit: "cell", Count: b.white, Reason: White},
		{Unit: "formula", Count: b.noValue, Reason: NoValue},
		{Unit: "picture or chart", Count: b.pictures, Reason: NotText},
		{Unit: "form control", Count: b.controls, Reason: NotText},
	} {
		if u.Count > 0 {
			b.out.leave(u)
		}
	}
	b.pack.tell(b.out)
}

type sheetRef struct {
	Name  string `xml:"name,attr"`
	State string `xml:"state,attr"`
	ID    string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
	Other string `xml:"http://purl.oclc.org/ooxml/officeDocument/relationships id,attr"`
}

// read reads the sheets in the order of their tabs.
func (b *book) read(main string) error {
	var workbook struct {
		Properties struct {
			From1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []sheetRef `xml:"sheets>sheet"`
	}
	if !b.pack.decode(main, &workbook) {
		return errDamaged
	}
	b.from1904 = isTrue(workbook.Properties.From1904)
	targets := map[string]relation{}
	arrows := b.pack.relations(main)
	if len(arrows) == 0 {
		return errDamaged
	}
	persons := map[string]string{}
	for _, r := range arrows {
		targets[r.ID] = r
		switch {
		case r.is("sharedStrings"):
			if !b.readStrings(r.Target) {
				return errDamaged // numbers without their words would mislead
			}
		case r.is("styles"):
			b.readStyles(r.Target)
		case r.is("person"):
			b.readPersons(r.Target, persons)
		}
	}
	hidden := 0
	for i, s := range workbook.Sheets {
		if err := b.ctx.Err(); err != nil {
			return err
		}
		if s.State == "hidden" || s.State == "veryHidden" {
			hidden++
			b.reach(targets[s.ID+s.Other].Target)
			continue
		}
		arrow := targets[s.ID+s.Other]
		b.out.place = safe.PHI("sheet " + s.Name)
		if arrow.is("chartsheet") || arrow.is("dialogsheet") {
			b.pictures++
			continue
		}
		whole, err := b.sheet(arrow.Target, persons)
		if err != nil {
			return err
		}
		if !whole {
			b.out.leave(Unread{Unit: "sheet", Numbers: []int{i + 1}, Of: len(workbook.Sheets), Reason: Damaged})
		}
	}
	b.out.place = ""
	if hidden > 0 {
		b.out.leave(Unread{Unit: "sheet", Count: hidden, Of: len(workbook.Sheets), Reason: Hidden})
	}
	for name := range b.pack.parts {
		if strings.Contains(name, "/comments") && strings.HasSuffix(name, ".xml") && !b.reached[name] {
			b.pack.lacks(name) // no sheet has it: its arrow is lost
		}
	}
	return nil
}

// reach notes the parts of a sheet that is not read on purpose.
func (b *book) reach(sheet string) {
	for _, r := range b.pack.relations(sheet) {
		b.reached[r.Target] = true
	}
}

func isTrue(s string) bool { return s == "1" || s == "true" || s == "on" }

// richText is a text whose runs may be struck or raised.
type richText struct {
	Text string `xml:"t"`
	Runs []struct {
		Properties struct {
			Strike *struct {
				Val string `xml:"val,attr"`
			} `xml:"strike"`
			Align struct {
				Val string `xml:"val,attr"`
			} `xml:"vertAlign"`
		} `xml:"rPr"`
		Text string `xml:"t"`
	} `xml:"r"`
}

var escaped = regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)

func (t richText) String() string {
	var s strings.Builder
	s.WriteString(t.Text)
	for _, r := range t.Runs {
		text := r.Text
		if r.Properties.Align.Val == "superscript" {
			text = raised(text)
		}
		if r.Properties.Strike != nil && r.Properties.Strike.Val != "0" && r.Properties.Strike.Val != "false" {
			text = struck(text)
		}
		s.WriteString(text)
	}
	return escaped.ReplaceAllStringFunc(s.String(), func(code string) string {
		n, err := strconv.ParseUint(code[2:6], 16, 16)
		if err != nil {
			return code
		}
		return string(rune(n))
	})
}

// readStrings reads the texts that cells share.
func (b *book) readStrings(name string) bool {
	data, ok := b.pack.read(name)
	if !ok {
		return false
	}
	decoder := xml.NewDecoder(bytes.NewReader(data))
	size := 0
	for n := 0; ; n++ {
		if n%1024 == 0 && b.ctx.Err() != nil {
			return false
		}
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			b.pack.lacks(name)
			return false
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "si" {
			continue
		}
		var t richText
		if decoder.DecodeElement(&t, &start) != nil {
			b.pack.lacks(name)
			return false
		}
		text := t.String()
		if size += len(text); size > 4*maxText {
			return false
		}
		b.strings = append(b.strings, text)
	}
}

// readStyles reads the formats of cells.
func (b *book) readStyles(name string) {
	type flag struct {
		Val string `xml:"val,attr"`
	}
	var sheet struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Fonts []struct {
			Bold   *flag `xml:"b"`
			Strike *flag `xml:"strike"`
			Color  struct {
				RGB   string `xml:"rgb,attr"`
				Theme string `xml:"theme,attr"`
			} `xml:"color"`
		} `xml:"fonts>font"`
		Fills []struct {
			Pattern struct {
				Type string `xml:"patternType,attr"`
			} `xml:"patternFill"`
		} `xml:"fills>fill"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
			Font   int `xml:"fontId,attr"`
			Fill   int `xml:"fillId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if !b.pack.decode(name, &sheet) {
		return
	}
	formats := map[int]string{}
	for _, f := range sheet.Formats {
		formats[f.ID] = f.Code
	}
	on := func(f *flag) bool { return f != nil && f.Val != "0" && f.Val != "false" }
	for _, c := range sheet.Cells {
		s := cellStyle{format: formats[c.Format]}
		if s.format == "" {
			s.format = builtInFormats[c.Format]
		}
		if s.format == "" {
			s.format = "General"
		}
		if c.Font >= 0 && c.Font < len(sheet.Fonts) {
			f := sheet.Fonts[c.Font]
			s.bold, s.struck = on(f.Bold), on(f.Strike)
			filled := c.Fill > 0 && c.Fill < len(sheet.Fills) && sheet.Fills[c.Fill].Pattern.Type != "none" && sheet.Fills[c.Fill].Pattern.Type != ""
			s.white = !filled && (strings.EqualFold(f.Color.RGB, "FFFFFFFF") || strings.EqualFold(f.Color.RGB, "00FFFFFF") || f.Color.Theme == "0")
		}
		b.styles = append(b.styles, s)
	}
}

func (b *book) style(index string) cellStyle {
	if i := number(index, 0); i < len(b.styles) {
		return b.styles[i]
	}
	return cellStyle{format: "General"}
}

func (b *book) readPersons(name string, persons map[string]string) {
	var list struct {
		Person []struct {
			ID   string `xml:"id,attr"`
			Name string `xml:"displayName,attr"`
		} `xml:"person"`
	}
	if b.pack.decode(name, &list) {
		for _, p := range list.Person {
			persons[p.ID] = p.Name
		}
	}
}

type sheetRow struct {
	R      int       `xml:"r,attr"`
	Hidden string    `xml:"hidden,attr"`
	Height string    `xml:"ht,attr"`
	Cells  []rawCell `xml:"c"`
}

type rawCell struct {
	R       string    `xml:"r,attr"`
	Style   string    `xml:"s,attr"`
	Type    string    `xml:"t,attr"`
	Value   *string   `xml:"v"`
	Formula *struct{} `xml:"f"`
	Inline  *richText `xml:"is"`
}

// sheet reads one sheet. It reports whether the sheet is whole.
func (b *book) sheet(name string, persons map[string]string) (whole bool, err error) {
	data, ok := b.pack.read(name)
	if !ok {
		return false, nil
	}
	g := &grid{hiddenColumns: map[int]bool{}}
	decoder := xml.NewDecoder(bytes.NewReader(data))
	arrows := b.pack.relations(name)
	whole = true
	row := 0
	for n := 0; ; n++ {
		if n%1024 == 0 && b.ctx.Err() != nil {
			return false, b.ctx.Err()
		}
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			whole = false
			break
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "row":
			var r sheetRow
			if decoder.DecodeElement(&r, &start) != nil {
				whole = false
				break
			}
			row++
			if r.R > 0 {
				row = r.R
			}
			if row > maxSheetRows {
				return false, errDamaged
			}
			if err := b.row(g, row, r); err != nil {
				return false, err
			}
		case "col":
			b.columns(g, start)
		case "mergeCell":
			g.merge(attribute(start, "ref"))
		case "autoFilter":
			g.headAt(attribute(start, "ref"))
		case "drawing", "legacyDrawing", "tablePart":
			if len(arrows) == 0 {
				b.pack.lacks(name + " (arrows)")
			}
		case "oddHeader", "oddFooter", "firstHeader", "firstFooter", "evenHeader", "evenFooter":
			var text string
			if decoder.DecodeElement(&text, &start) == nil {
				g.margin(start.Name.Local, text)
			}
		}
	}
	for _, r := range arrows {
		if r.is("table") {
			var table struct {
				Ref     string `xml:"ref,attr"`
				Headers string `xml:"headerRowCount,attr"`
			}
			if b.pack.decode(r.Target, &table) && table.Headers != "0" {
				g.headAt(table.Ref)
			}
		}
	}
	b.hiddenColumns += g.hiddenUsed()
	if err := g.emit(b.out); err != nil {
		return false, err
	}
	return whole, b.besides(arrows, persons)
}

// columns notes hidden columns.
func (b *book) columns(g *grid, e xml.StartElement) {
	if !isTrue(attribute(e, "hidden")) && attribute(e, "width") != "0" {
		return
	}
	from, to := number(attribute(e, "min"), 0), number(attribute(e, "max"), 0)
	for c := from; c <= min(to, maxSheetColumns) && c > 0; c++ {
		g.hiddenColumns[c-1] = true
	}
}

// row adds the cells of a row that have something to show.
func (b *book) row(g *grid, row int, r sheetRow) error {
	hidden := isTrue(r.Hidden) || r.Height == "0"
	column, some := -1, false
	for _, c := range r.Cells {
		column++
		if at, _, ok := cellRef(c.R); ok {
			column = at
		}
		if column >= maxSheetColumns {
			return errDamaged
		}
		style := b.style(c.Style)
		text := b.value(c, style)
		if strings.TrimSpace(text) == "" {
			continue
		}
		some = true
		if hidden {
			continue
		}
		if style.white {
			b.white++
			continue
		}
		if style.struck {
			text = struck(text)
		}
		g.put(row, column, text, style.bold)
		if g.cells > maxLattice {
			return errTooMuch
		}
	}
	if hidden && some {
		b.hiddenRows++
	}
	return nil
}

// value is a cell as it is shown.
func (b *book) value(c rawCell, style cellStyle) string {
	if c.Type == "inlineStr" {
		if c.Inline == nil {
			return ""
		}
		return shownText(c.Inline.String(), style.format)
	}
	if c.Value == nil || *c.Value == "" && c.Type != "str" {
		if c.Formula != nil {
			b.noValue++
		}
		return ""
	}
	v := *c.Value
	switch c.Type {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil || i < 0 || i >= len(b.strings) {
			b.pack.lacks("xl/sharedStrings.xml")
			return ""
		}
		v = b.strings[i]
	case "str":
		v = escaped.ReplaceAllString(v, " ")
	case "b":
		if isTrue(v) {
			return "TRUE"
		}
		return "FALSE"
	case "e":
		return v
	case "d":
		return strings.TrimSuffix(v, "T00:00:00")
	default:
		n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return v
		}
		text := shown(n, style.format, b.from1904)
		if text == "" {
			b.hiddenCells++
		}
		return text
	}
	text := shownText(v, style.format)
	if text == "" && v != "" {
		b.hiddenCells++
	}
	return text
}

// cellRef turns "B4" into a column and a row, both from 0.
func cellRef(ref string) (column, row int, ok bool) {
	i := 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	row, err := strconv.Atoi(strings.ReplaceAll(ref[i:], "$", ""))
	return column - 1, row - 1, err == nil && column > 0 && row > 0
}
