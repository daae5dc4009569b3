package pdf

import "strings"

// font is the part of a font that text extraction needs: the text and the width of
// each code.
type font struct {
	composite bool // codes of two bytes, or as its code spaces say
	unicode   *cmap
	codes     *cmap // of a composite font's own encoding
	utf16     bool  // its codes are UTF-16
	base      charset
	names     map[byte]string          // from the font's differences
	builtin   map[byte]string          // from the embedded font
	closed    bool                     // a code that neither has is not known: no usual encoding holds
	glyphs    func(code uint32) string // of a composite font, from the embedded one
	first     int
	widths    []float64
	wide      map[uint32]float64
	usual     float64 // width of what has none, in thousandths of the size
	scale     float64 // of widths to thousandths
	helvetica bool    // a standard font whose widths the file leaves out
	bold      bool
}

// font reads a font's dictionary once.
func (f *file) font(v any) *font {
	if r, ok := v.(ref); ok {
		if known := f.fonts[r]; known != nil {
			return known
		}
		out := f.readFont(f.dict(v))
		f.fonts[r] = out
		return out
	}
	return f.readFont(f.dict(v))
}

func (f *file) readFont(d dict) *font {
	out := &font{base: standard, usual: 500, scale: 1}
	base := strings.ToLower(string(f.name(d["BaseFont"])))
	out.bold = strings.Contains(base, "bold") || strings.Contains(base, "black") || strings.Contains(base, "heavy")
	if s, ok := f.get(d["ToUnicode"]).(stream); ok {
		out.unicode = f.readCMap(f.decode(s))
	}
	switch f.name(d["Subtype"]) {
	case "Type0":
		f.readComposite(out, d)
		return out
	case "TrueType":
		out.base = windows
	case "Type3":
		if m := f.array(d["FontMatrix"]); len(m) == 6 {
			out.scale = f.number(m[0]) * 1000
		}
	}
	switch e := f.get(d["Encoding"]).(type) {
	case name:
		out.base = named(e, out.base)
	case dict:
		out.base = named(f.name(e["BaseEncoding"]), out.base)
		out.names = map[byte]string{}
		code := 0
		for _, v := range f.array(e["Differences"]) {
			switch v := f.get(v).(type) {
			case int:
				code = v
			case name:
				if code >= 0 && code < 256 {
					out.names[byte(code)] = f.glyphText(v)
				}
				code++
			}
		}
	}
	out.first = f.int(d["FirstChar"])
	for _, w := range f.array(d["Widths"]) {
		out.widths = append(out.widths, f.number(w))
	}
	f.readBuiltin(out, d)
	if w := f.number(f.dict(d["FontDescriptor"])["MissingWidth"]); w > 0 {
		out.usual = w
	}
	out.helvetica = len(out.widths) == 0 && !strings.Contains(base, "courier")
	if len(out.widths) == 0 && !out.helvetica {
		out.usual = 600
	}
	return out
}

// readBuiltin reads the letters of the codes from the embedded font, when the file names
// no encoding.
func (f *file) readBuiltin(out *font, d dict) {
	base := f.name(d["BaseFont"])
	switch e := f.get(d["Encoding"]).(type) {
	case name:
		if e == "WinAnsiEncoding" || e == "MacRomanEncoding" || e == "StandardEncoding" {
			return
		}
	case dict:
		if f.name(e["BaseEncoding"]) != "" {
			return
		}
	}
	switch base {
	case "Symbol":
		out.builtin = symbolCodes()
		return
	case "ZapfDingbats":
		out.builtin = dingbatCodes()
		return
	}
	descriptor := f.dict(d["FontDescriptor"])
	p := f.program(descriptor)
	if p == nil {
		return
	}
	out.builtin = p.codes(f)
	const symbolic = 1 << 2
	// The codes of a subset are often counted up from 1: no usual encoding holds.
	subset := len(base) > 7 && base[6] == '+'
	out.closed = len(p.code) > 0 || subset && f.int(descriptor["Flags"])&symbolic != 0 && d["Encoding"] == nil && !out.usualWidths()
}

// usualWidths reports whether the widths are those of the usual codes: an "i" is narrow and
// an "m" is wide.
func (t *font) usualWidths() bool {
	at := func(code int) float64 {
		if i := code - t.first; i >= 0 && i < len(t.widths) {
			return t.widths[i]
		}
		return 0
	}
	return at('i') > 0 && at('m') > 1.7*at('i') && at('e') > at('i') && at('e') < at('m')
}

// symbolCodes is the encoding of the standard font Symbol (Annex D.5).
func symbolCodes() map[byte]string {
	out := map[byte]string{}
	put := func(from byte, all string) {
		for i, r := range []rune(all) {
			if r != '\ufffd' {
				out[from+byte(i)] = string(r)
			}
		}
	}
	put(' ', " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_\ufffdαβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼")
	put(0xa1, "ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…\ufffd\ufffd↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑")
	return out
}

// dingbatCodes is the encoding of the standard font ZapfDingbats (Annex D.6): Unicode has
// its first part in the same order.
func dingbatCodes() map[byte]string {
	out := map[byte]string{' ': " "}
	for code := byte(0x21); code <= 0x7e; code++ {
		out[code] = string(rune(0x2701 + int(code) - 0x21))
	}
	for code, r := range map[byte]rune{0x25: '☎', 0x2a: '☛', 0x2b: '☞', 0x48: '★', 0x6c: '●', 0x6e: '■', 0x73: '▲', 0x74: '▼', 0x75: '◆', 0x77: '◗'} {
		out[code] = string(r)
	}
	return out
}

func named(n name, otherwise charset) charset {
	switch n {
	case "WinAnsiEncoding":
		return windows
	case "MacRomanEncoding":
		return macintosh
	case "StandardEncoding":
		return standard
	}
	return otherwise
}

// readComposite reads a composite font (9.7).
func (f *file) readComposite(out *font, d dict) {
	out.composite = true
	switch e := f.get(d["Encoding"]).(type) {
	case stream:
		out.codes = f.readCMap(f.decode(e))
	case name:
		out.utf16 = strings.Contains(string(e), "UTF16") || strings.Contains(string(e), "UCS2")
	}
	children := f.array(d["DescendantFonts"])
	if len(children) == 0 {
		return
	}
	child := f.dict(children[0])
	out.glyphs = f.glyphsOf(d, child)
	out.usual = 1000
	if w, ok := child["DW"]; ok {
		out.usual = f.number(w)
	}
	out.wide = map[uint32]float64{}
	list := f.array(child["W"])
	for i := 0; i+1 < len(list); {
		first := f.int(list[i])
		if widths := f.array(list[i+1]); widths != nil {
			for j, w := range widths {
				out.wide[uint32(first+j)] = f.number(w)
			}
			i += 2
			continue
		}
		if i+2 >= len(list) {
			break
		}
		last, w := f.int(list[i+1]), f.number(list[i+2])
		for code := first; code <= last && code-first < 1<<16; code++ {
			f.budget.token()
			out.wide[uint32(code)] = w
		}
		i += 3
	}
}

// glyphsOf gives the letters of a composite font's codes from the embedded font; nil when
// the codes are not numbers of its glyphs.
func (f *file) glyphsOf(d, child dict) func(code uint32) string {
	encoding := f.name(d["Encoding"])
	if encoding != "Identity-H" && encoding != "Identity-V" {
		return nil
	}
	p := f.program(f.dict(child["FontDescriptor"]))
	if p == nil {
		return nil
	}
	var table []byte
	if s, ok := f.get(child["CIDToGIDMap"]).(stream); ok {
		table = f.decode(s)
	}
	return func(code uint32) string {
		if table != nil {
			code = reader{table}.u16(int(2 * code))
		}
		return p.text(f, code)
	}
}

// next reads one code from a string: the code, its length in bytes, its text, and its
// width in thousandths of the font's size.
func (t *font) next(s text) (code uint32, size int, says string, width float64) {
	size = 1
	if t.composite {
		size = min(2, len(s))
		for _, m := range []*cmap{t.codes, t.unicode} {
			if m != nil && m.lengths[1] && !m.lengths[2] {
				size = 1
			}
		}
	}
	for i := range size {
		code = code<<8 | uint32(s[i])
	}
	width = t.width(code)
	if t.unicode != nil {
		if says, ok := t.unicode.text(code); ok {
			return code, size, says, width
		}
	}
	switch {
	case t.utf16:
		says = utf16BE(s[:size])
	case t.composite:
		if t.glyphs != nil && size == 2 {
			says = t.glyphs(code)
		}
	default:
		var known bool
		if says, known = t.names[byte(code)]; !known {
			says, known = t.builtin[byte(code)]
		}
		if !known && !t.closed {
			says = t.base.text(byte(code))
		}
	}
	return code, size, says, width
}

func (t *font) width(code uint32) float64 {
	if t.composite {
		if w, ok := t.wide[code]; ok {
			return w
		}
		return t.usual
	}
	if i := int(code) - t.first; i >= 0 && i < len(t.widths) {
		return t.widths[i] * t.scale
	}
	if t.helvetica && code >= 32 && int(code) < 32+len(helvetica) {
		return float64(helvetica[code-32])
	}
	return t.usual
}

// helvetica are the widths of the standard font's ASCII characters, which files may
// leave out (9.6.2.2; Adobe Font Metrics of Helvetica). They are close enough for the
// other standard fonts to separate words.
var helvetica = [...]int{
	278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
	556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
	1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
	667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
	333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
	556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
}
