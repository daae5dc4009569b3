package pdf

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// charset is a single-byte encoding: its differences from ASCII.
type charset struct {
	upper []rune // from 0x80
	lower string // pairs of an ASCII character and its replacement
}

func (c charset) text(code byte) string {
	if code >= 0x80 {
		if i := int(code) - 0x80; i < len(c.upper) && c.upper[i] != '\ufffd' {
			return string(c.upper[i])
		}
		return ""
	}
	pairs := []rune(c.lower)
	for i := 0; i+1 < len(pairs); i += 2 {
		if rune(code) == pairs[i] {
			return string(pairs[i+1])
		}
	}
	if code < 0x20 {
		return ""
	}
	return string(rune(code))
}

// The encodings of Annex D. � marks a code that has no character.
var (
	windows = charset{upper: []rune("€•‚ƒ„…†‡ˆ‰Š‹Œ•Ž••‘’“”•–—˜™š›œ•žŸ\u00a0¡¢£¤¥¦§¨©ª«¬-®¯°±²³´µ¶·¸¹º»¼½¾¿" +
		"ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ")}
	macintosh = charset{upper: []rune("ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø" +
		"¿¡¬√ƒ≈∆«»…\u00a0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ�ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ")}
	standard = charset{lower: "'’`‘", upper: []rune(strings.Repeat("�", 33) +
		"¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ�–†‡·�¶•‚„”»…‰�¿�`´ˆ˜¯˘˙¨�˚¸�˝˛ˇ—" + strings.Repeat("�", 16) +
		"Æ�ª����ŁØŒº�����æ���ı��łøœß")}
)

// glyphs are the names of the characters that fonts for European languages have
// (Annex D.1, and the Adobe Glyph List for the others), as pairs.
const glyphs = "space \u00a0 exclam ! quotedbl \" numbersign # dollar $ percent % ampersand & quotesingle ' quoteright ’ parenleft ( parenright ) " +
	"asterisk * plus + comma , hyphen - minus − period . slash / zero 0 one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 " +
	"colon : semicolon ; less < equal = greater > question ? at @ bracketleft [ backslash \\ bracketright ] asciicircum ^ underscore _ " +
	"grave ` quoteleft ‘ braceleft { bar | braceright } asciitilde ~ exclamdown ¡ cent ¢ sterling £ fraction ⁄ yen ¥ florin ƒ section § " +
	"currency ¤ quotedblleft “ guillemotleft « guilsinglleft ‹ guilsinglright › fi fi fl fl ff ff ffi ffi ffl ffl endash – dagger † daggerdbl ‡ " +
	"periodcentered · middot · paragraph ¶ bullet • quotesinglbase ‚ quotedblbase „ quotedblright ” guillemotright » ellipsis … perthousand ‰ " +
	"questiondown ¿ acute ´ circumflex ˆ tilde ˜ macron ¯ breve ˘ dotaccent ˙ dieresis ¨ ring ˚ cedilla ¸ hungarumlaut ˝ ogonek ˛ caron ˇ " +
	"emdash — AE Æ ordfeminine ª Lslash Ł Oslash Ø OE Œ ordmasculine º ae æ dotlessi ı lslash ł oslash ø oe œ germandbls ß " +
	"onesuperior ¹ twosuperior ² threesuperior ³ mu µ trademark ™ Eth Ð onehalf ½ plusminus ± Thorn Þ onequarter ¼ divide ÷ brokenbar ¦ " +
	"degree ° thorn þ threequarters ¾ registered ® eth ð multiply × copyright © logicalnot ¬ Euro € nbspace \u00a0 sfthyphen - " +
	"Aacute Á Acircumflex Â Adieresis Ä Agrave À Aring Å Atilde Ã Ccedilla Ç Eacute É Ecircumflex Ê Edieresis Ë Egrave È Iacute Í " +
	"Icircumflex Î Idieresis Ï Igrave Ì Ntilde Ñ Oacute Ó Ocircumflex Ô Odieresis Ö Ograve Ò Otilde Õ Scaron Š Uacute Ú Ucircumflex Û " +
	"Udieresis Ü Ugrave Ù Yacute Ý Ydieresis Ÿ Zcaron Ž aacute á acircumflex â adieresis ä agrave à aring å atilde ã ccedilla ç eacute é " +
	"ecircumflex ê edieresis ë egrave è iacute í icircumflex î idieresis ï igrave ì ntilde ñ oacute ó ocircumflex ô odieresis ö ograve ò " +
	"otilde õ scaron š uacute ú ucircumflex û udieresis ü ugrave ù yacute ý ydieresis ÿ zcaron ž Abreve Ă abreve ă Amacron Ā amacron ā " +
	"Aogonek Ą aogonek ą Cacute Ć cacute ć Ccaron Č ccaron č Dcaron Ď dcaron ď Dcroat Đ dcroat đ Ecaron Ě ecaron ě Emacron Ē emacron ē " +
	"Eogonek Ę eogonek ę Gbreve Ğ gbreve ğ Idotaccent İ Imacron Ī imacron ī Nacute Ń nacute ń Ncaron Ň ncaron ň Ohungarumlaut Ő " +
	"ohungarumlaut ő Omacron Ō omacron ō Racute Ŕ racute ŕ Rcaron Ř rcaron ř Sacute Ś sacute ś Scedilla Ş scedilla ş Scommaaccent Ș " +
	"scommaaccent ș Tcaron Ť tcaron ť Tcommaaccent Ț tcommaaccent ț Uhungarumlaut Ű uhungarumlaut ű Umacron Ū umacron ū Uring Ů uring ů " +
	"Zacute Ź zacute ź Zdotaccent Ż zdotaccent ż Alpha Α Beta Β Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω " +
	"alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ nu ν xi ξ pi π rho ρ sigma σ tau τ upsilon υ " +
	"phi φ chi χ psi ψ omega ω notequal ≠ lessequal ≤ greaterequal ≥ infinity ∞ radical √ approxequal ≈ summation ∑ product ∏ integral ∫ " +
	"partialdiff ∂ lozenge ◊ arrowleft ← arrowright → arrowup ↑ arrowdown ↓ checkmark ✓ a20 ✔ square □ filledbox ■ H22073 □"

// glyphText is the text of a glyph's name; empty when the name says nothing.
func (f *file) glyphText(n name) string {
	if f.glyphNames == nil {
		f.glyphNames = map[name]string{}
		fields := strings.Split(glyphs, " ")
		for i := 0; i+1 < len(fields); i += 2 {
			f.glyphNames[name(fields[i])] = strings.ReplaceAll(fields[i+1], "\u00a0", " ")
		}
	}
	base, _, _ := strings.Cut(string(n), ".")
	if len(base) == 1 {
		return base
	}
	if s, ok := f.glyphNames[name(base)]; ok {
		return s
	}
	if s := afii(base); s != "" {
		return s
	}
	// uni20AC and u1F600 (Adobe Glyph List Specification, section 2).
	for _, prefix := range []string{"uni", "u"} {
		if digits, ok := strings.CutPrefix(base, prefix); ok && len(digits) >= 4 && len(digits) <= 6 {
			if v, err := strconv.ParseUint(digits, 16, 32); err == nil && utf8.ValidRune(rune(v)) {
				return string(rune(v))
			}
		}
	}
	var out strings.Builder
	if strings.Contains(base, "_") {
		for part := range strings.SplitSeq(base, "_") {
			if part != "" && !strings.Contains(part, "_") {
				out.WriteString(f.glyphText(name(part)))
			}
		}
	}
	return out.String()
}

// afii is the text of the Cyrillic and Hebrew names that are numbers.
func afii(n string) string {
	digits, ok := strings.CutPrefix(n, "afii")
	v, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return ""
	}
	letter := func(first int, alphabet string) string {
		if all := []rune(alphabet); v >= first && v-first < len(all) {
			return string(all[v-first])
		}
		return ""
	}
	return letter(10017, "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ") + letter(10065, "абвгдеёжзийклмнопрстуфхцчшщъыьэюя") +
		letter(57664, "אבגדהוזחטיךכלםמןנסעףפץצקרשת")
}

// Symbol is the character that a private code of a symbol font draws: office programs
// write bullets and ticks as U+F000 plus the code in Symbol or Wingdings. It returns
// other runes unchanged.
func Symbol(r rune) rune {
	if r < 0xf020 || r > 0xf0ff {
		return r
	}
	switch r {
	case 0xf0fc, 0xf050:
		return '✓'
	case 0xf0fb, 0xf0fd, 0xf0fe, 0xf078:
		return '☒'
	case 0xf06f, 0xf0a8, 0xf071, 0xf072:
		return '☐'
	case 0xf0e0, 0xf0ae:
		return '→'
	}
	return '•'
}
