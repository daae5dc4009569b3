package pdf

import "strings"

// compact reads the names of the glyphs of a Compact Font Format font (Adobe Technical
// Note 5176): its charset and its encoding.
func (f *file) compact(data []byte) *program {
	r := reader{data}
	p := &program{names: map[uint32]string{}, code: map[uint32]string{}}
	_, at := r.index(int(r.u8(2)))
	tops, at := r.index(at)
	own, _ := r.index(at)
	if len(tops) == 0 {
		return p
	}
	top := operands(tops[0])
	if _, byCID := top[0x0c1e]; byCID {
		return p // its glyphs have numbers for names
	}
	shapes, _ := r.index(first(top[17]))
	standard := strings.Fields(standardGlyphs)
	spell := func(id int) string {
		switch {
		case id < len(standard):
			return standard[id]
		case id >= 391 && id-391 < len(own):
			return string(own[id-391])
		}
		return ""
	}
	for glyph, id := range f.charset(r, first(top[15]), min(len(shapes), 1<<16)) {
		p.names[uint32(glyph)] = spell(id)
	}
	if at := first(top[16]); at > 1 {
		f.encoding(r, at, p)
	} else {
		return &program{names: p.names}
	}
	return p
}

func first(v []int) int {
	if len(v) == 0 {
		return 0
	}
	return v[0]
}

// index reads an INDEX, and where it ends.
func (r reader) index(at int) (out [][]byte, end int) {
	n, size := int(r.u16(at)), int(r.u8(at+2))
	if n == 0 || size < 1 || size > 4 {
		return nil, at + 2
	}
	offset := func(i int) int {
		v := 0
		for k := range size {
			v = v<<8 | int(r.u8(at+3+i*size+k))
		}
		return at + 2 + (n+1)*size + v
	}
	for i := range n {
		from, to := offset(i), offset(i+1)
		if from > to || to > len(r.data) {
			break
		}
		out = append(out, r.data[from:to])
	}
	return out, offset(n)
}

// operands reads a DICT's numbers by operator; those of two bytes begin with 0x0c.
func operands(data []byte) map[int][]int {
	out, r := map[int][]int{}, reader{data}
	var stack []int
	for i := 0; i < len(data); i++ {
		b := int(data[i])
		switch {
		case b == 12:
			i++
			out[0x0c00|int(r.u8(i))], stack = stack, nil
		case b <= 21:
			out[b], stack = stack, nil
		case b == 28:
			stack = append(stack, int(int16(r.u16(i+1))))
			i += 2
		case b == 29:
			stack = append(stack, int(int32(r.u32(i+1))))
			i += 4
		case b == 30: // a decimal number ends with the half byte 15
			for i++; i < len(data) && data[i]&15 != 15 && data[i]>>4 != 15; i++ {
			}
			stack = append(stack, 0)
		case b >= 32 && b <= 246:
			stack = append(stack, b-139)
		case b >= 247 && b <= 250:
			stack = append(stack, (b-247)*256+int(r.u8(i+1))+108)
			i++
		case b >= 251 && b <= 254:
			stack = append(stack, -(b-251)*256-int(r.u8(i+1))-108)
			i++
		}
	}
	return out
}

// charset are the identifiers of the names of n glyphs.
func (f *file) charset(r reader, at, n int) []int {
	out := make([]int, 1, n+1)
	if at <= 2 { // a standard one, in order
		for len(out) < n {
			out = append(out, len(out))
		}
		return out
	}
	format := r.u8(at)
	for at++; len(out) < n && at < len(r.data); {
		f.budget.token()
		id, more := int(r.u16(at)), 0
		at += 2
		switch format {
		case 1:
			more = int(r.u8(at))
			at++
		case 2:
			more = int(r.u16(at))
			at += 2
		}
		for k := 0; k <= more && len(out) < n; k++ {
			out = append(out, id+k)
		}
	}
	return out
}

// encoding reads the codes of glyphs.
func (f *file) encoding(r reader, at int, p *program) {
	format, n := r.u8(at)&0x7f, int(r.u8(at+1))
	glyph := uint32(1)
	for i := range n {
		if format == 0 {
			p.code[r.u8(at+2+i)] = p.names[glyph]
			glyph++
			continue
		}
		code, more := r.u8(at+2+2*i), r.u8(at+3+2*i)
		for k := range more + 1 {
			p.code[code+k] = p.names[glyph]
			glyph++
		}
	}
}

// standardGlyphs are the first standard strings (Appendix A).
const standardGlyphs = ".notdef space exclam quotedbl numbersign dollar percent ampersand quoteright parenleft parenright asterisk plus comma hyphen " +
	"period slash zero one two three four five six seven eight nine colon semicolon less equal greater question at A B C D E F G " +
	"H I J K L M N O P Q R S T U V W X Y Z bracketleft backslash bracketright asciicircum underscore quoteleft a b c d e f g h i " +
	"j k l m n o p q r s t u v w x y z braceleft bar braceright asciitilde exclamdown cent sterling fraction yen florin section " +
	"currency quotesingle quotedblleft guillemotleft guilsinglleft guilsinglright fi fl endash dagger daggerdbl periodcentered " +
	"paragraph bullet quotesinglbase quotedblbase quotedblright guillemotright ellipsis perthousand questiondown grave acute " +
	"circumflex tilde macron breve dotaccent dieresis ring cedilla hungarumlaut ogonek caron emdash AE ordfeminine Lslash Oslash " +
	"OE ordmasculine ae dotlessi lslash oslash oe germandbls onesuperior logicalnot mu trademark Eth onehalf plusminus Thorn " +
	"onequarter divide brokenbar degree thorn threequarters twosuperior registered minus eth multiply threesuperior copyright " +
	"Aacute Acircumflex Adieresis Agrave Aring Atilde Ccedilla Eacute Ecircumflex Edieresis Egrave Iacute Icircumflex Idieresis " +
	"Igrave Ntilde Oacute Ocircumflex Odieresis Ograve Otilde Scaron Uacute Ucircumflex Udieresis Ugrave Yacute Ydieresis Zcaron " +
	"aacute acircumflex adieresis agrave aring atilde ccedilla eacute ecircumflex edieresis egrave iacute icircumflex idieresis " +
	"igrave ntilde oacute ocircumflex odieresis ograve otilde scaron uacute ucircumflex udieresis ugrave yacute ydieresis zcaron"
