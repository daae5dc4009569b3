package pdf

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// program is what an embedded font says about its own glyphs: it helps when the file
// says nothing about their letters.
type program struct {
	names  map[uint32]string // of glyphs, by number
	letter map[uint32]rune   // of glyphs, by number
	glyph  map[uint32]uint32 // of a simple font's codes
	code   map[uint32]string // names of a simple font's codes
}

// program reads the embedded font of a descriptor (9.9); nil when there is none that can
// be read.
func (f *file) program(descriptor dict) (p *program) {
	defer func() {
		if r := recover(); r != nil {
			if spent, ok := r.(exhausted); ok {
				panic(spent)
			}
			p = nil // a broken font has no letters
		}
	}()
	if s, ok := f.get(descriptor["FontFile2"]).(stream); ok {
		return f.trueType(f.decode(s))
	}
	if s, ok := f.get(descriptor["FontFile3"]).(stream); ok {
		data := f.decode(s)
		if bytes.HasPrefix(data, []byte("OTTO")) {
			tables := sfnt(data)
			return f.compact(tables["CFF "])
		}
		return f.compact(data)
	}
	if s, ok := f.get(descriptor["FontFile"]).(stream); ok {
		return f.type1(f.decode(s))
	}
	return nil
}

// text is the text of a glyph.
func (p *program) text(f *file, glyph uint32) string {
	if p == nil {
		return ""
	}
	if r, ok := p.letter[glyph]; ok {
		return string(Symbol(r))
	}
	return f.glyphText(name(p.names[glyph]))
}

// codes is the text of each code of a simple font.
func (p *program) codes(f *file) map[byte]string {
	out := map[byte]string{}
	for code := range uint32(256) {
		says := ""
		if n, ok := p.code[code]; ok {
			says = f.glyphText(name(n))
		} else if g, ok := p.glyph[code]; ok {
			says = p.text(f, g)
		}
		if says != "" {
			out[byte(code)] = says
		}
	}
	return out
}

// type1 reads the encoding in a Type 1 font's clear text.
func (f *file) type1(data []byte) *program {
	p := &program{code: map[uint32]string{}}
	stop := bytes.Index(data, []byte("eexec"))
	if stop < 0 {
		stop = min(len(data), 100_000)
	}
	at := bytes.Index(data[:stop], []byte("/Encoding"))
	if at < 0 {
		return p
	}
	l := f.lexer(data[:stop], at+len("/Encoding"))
	if l.token() == any(keyword("StandardEncoding")) {
		for code := range 256 {
			p.code[uint32(code)] = "" // what the file says holds
		}
		return nil
	}
	for {
		switch t := l.token().(type) {
		case end:
			return p
		case keyword:
			if t == "readonly" || t == "def" {
				return p
			}
			if t == "dup" {
				code, ok1 := l.token().(int)
				n, ok2 := l.token().(name)
				if ok1 && ok2 && code >= 0 && code < 256 {
					p.code[uint32(code)] = string(n)
				}
			}
		}
	}
}

// sfnt are the tables of a TrueType or OpenType font.
func sfnt(data []byte) map[string][]byte {
	out := map[string][]byte{}
	r := reader{data: data}
	n := int(r.u16(4))
	for i := range min(n, 64) {
		at := 12 + 16*i
		if at+16 > len(data) {
			break
		}
		from, size := int(r.u32(at+8)), int(r.u32(at+12))
		if from <= len(data) {
			out[string(data[at:at+4])] = data[from:min(len(data), from+size)]
		}
	}
	return out
}

// reader reads big-endian numbers; beyond the end they are 0.
type reader struct{ data []byte }

func (r reader) u8(at int) uint32 {
	if at < 0 || at >= len(r.data) {
		return 0
	}
	return uint32(r.data[at])
}

func (r reader) u16(at int) uint32 { return r.u8(at)<<8 | r.u8(at+1) }
func (r reader) u32(at int) uint32 { return r.u16(at)<<16 | r.u16(at+2) }

// trueType reads the letters of a TrueType font (Apple and OpenType specifications: cmap
// and post).
func (f *file) trueType(data []byte) *program {
	tables := sfnt(data)
	p := &program{names: map[uint32]string{}, letter: map[uint32]rune{}, glyph: map[uint32]uint32{}}
	cmap := reader{tables["cmap"]}
	for i := range min(int(cmap.u16(2)), 16) {
		at := 4 + 8*i
		platform, encoding, from := cmap.u16(at), cmap.u16(at+2), int(cmap.u32(at+4))
		if from >= len(cmap.data) {
			continue
		}
		unicode := platform == 0 || platform == 3 && (encoding == 1 || encoding == 10)
		f.mapping(reader{cmap.data[from:]}, func(code, glyph uint32) {
			switch {
			case unicode && glyph != 0 && utf8.ValidRune(rune(code)):
				if have, ok := p.letter[glyph]; !ok || rune(code) < have {
					p.letter[glyph] = rune(code)
				}
			case platform == 3 && encoding == 0 && code >= 0xf000 && code <= 0xf0ff:
				p.glyph[code-0xf000] = glyph
			case platform == 1 || platform == 3 && encoding == 0:
				if _, ok := p.glyph[code]; !ok && code < 256 {
					p.glyph[code] = glyph
				}
			}
		})
	}
	f.post(reader{tables["post"]}, p)
	return p
}

// mapping reads one table of a cmap.
func (f *file) mapping(r reader, add func(code, glyph uint32)) {
	switch r.u16(0) {
	case 0:
		for code := range 256 {
			add(uint32(code), r.u8(6+code))
		}
	case 4:
		n := int(r.u16(6)) / 2
		for i := range n {
			end, start, delta, offset := r.u16(14+2*i), r.u16(16+2*n+2*i), r.u16(16+4*n+2*i), r.u16(16+6*n+2*i)
			for code := start; code <= end && code < 0xffff; code++ {
				f.budget.token()
				glyph := code + delta
				if offset != 0 {
					if glyph = r.u16(16 + 6*n + 2*i + int(offset) + 2*int(code-start)); glyph != 0 {
						glyph += delta
					}
				}
				add(code, glyph&0xffff)
			}
		}
	case 6:
		for i := range int(r.u16(8)) {
			add(r.u16(6)+uint32(i), r.u16(10+2*i))
		}
	case 12:
		for i := range min(int(r.u32(12)), 20_000) {
			at := 16 + 12*i
			start, end, glyph := r.u32(at), r.u32(at+4), r.u32(at+8)
			for code := start; code <= end && code-start < 1<<16; code++ {
				f.budget.token()
				add(code, glyph+code-start)
			}
		}
	}
}

// post reads the names of glyphs. The first 258 names are Macintosh's, which are left
// out: a font that has them has a cmap.
func (f *file) post(r reader, p *program) {
	if r.u32(0) != 0x20000 {
		return
	}
	n := int(r.u16(32))
	var own []string
	for at := 34 + 2*n; at < len(r.data) && len(own) < 1<<16; {
		size := int(r.u8(at))
		own = append(own, string(r.data[min(len(r.data), at+1):min(len(r.data), at+1+size)]))
		at += 1 + size
	}
	mac := strings.Fields(macGlyphs)
	for glyph := range n {
		f.budget.token()
		switch at := int(r.u16(34 + 2*glyph)); {
		case at >= 258 && at-258 < len(own):
			p.names[uint32(glyph)] = own[at-258]
		case at < len(mac):
			p.names[uint32(glyph)] = mac[at]
		}
	}
}

// macGlyphs are the names of the first glyphs in the Macintosh order: ASCII.
const macGlyphs = ".notdef .null nonmarkingreturn space exclam quotedbl numbersign dollar percent ampersand quotesingle parenleft parenright " +
	"asterisk plus comma hyphen period slash zero one two three four five six seven eight nine colon semicolon less equal greater question at " +
	"A B C D E F G H I J K L M N O P Q R S T U V W X Y Z bracketleft backslash bracketright asciicircum underscore grave " +
	"a b c d e f g h i j k l m n o p q r s t u v w x y z braceleft bar braceright asciitilde Adieresis Aring Ccedilla Eacute Ntilde " +
	"Odieresis Udieresis aacute agrave acircumflex adieresis atilde aring ccedilla eacute egrave ecircumflex edieresis iacute igrave " +
	"icircumflex idieresis ntilde oacute ograve ocircumflex odieresis otilde uacute ugrave ucircumflex udieresis dagger degree cent " +
	"sterling section bullet paragraph germandbls registered copyright trademark acute dieresis notequal AE Oslash infinity plusminus " +
	"lessequal greaterequal yen mu partialdiff summation product pi integral ordfeminine ordmasculine Omega ae oslash questiondown " +
	"exclamdown logicalnot radical florin approxequal Delta guillemotleft guillemotright ellipsis nbspace Agrave Atilde Otilde OE oe " +
	"endash emdash quotedblleft quotedblright quoteleft quoteright divide lozenge ydieresis Ydieresis fraction currency guilsinglleft " +
	"guilsinglright fi fl"
