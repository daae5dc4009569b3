package text

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// charsets are the encodings that an e-mail, a web page or an RTF file may name, by their
// names in lower case without "-" and "_" (WHATWG Encoding Standard, names and labels).
var charsets = map[string]encoding.Encoding{
	"iso88591": charmap.Windows1252, "latin1": charmap.Windows1252, "windows1252": charmap.Windows1252, "cp1252": charmap.Windows1252,
	"windows1250": charmap.Windows1250, "windows1251": charmap.Windows1251, "windows1253": charmap.Windows1253, "windows1254": charmap.Windows1254,
	"windows1255": charmap.Windows1255, "windows1256": charmap.Windows1256, "windows1257": charmap.Windows1257, "windows1258": charmap.Windows1258,
	"windows874": charmap.Windows874, "tis620": charmap.Windows874, "iso885911": charmap.Windows874,
	"iso88592": charmap.ISO8859_2, "latin2": charmap.ISO8859_2, "iso88593": charmap.ISO8859_3, "iso88594": charmap.ISO8859_4,
	"iso88595": charmap.ISO8859_5, "iso88596": charmap.ISO8859_6, "iso88597": charmap.ISO8859_7, "iso88598": charmap.ISO8859_8,
	"iso88598i": charmap.ISO8859_8, "iso88599": charmap.Windows1254, "iso885910": charmap.ISO8859_10, "iso885913": charmap.ISO8859_13,
	"iso885914": charmap.ISO8859_14, "iso885915": charmap.ISO8859_15, "latin9": charmap.ISO8859_15, "iso885916": charmap.ISO8859_16,
	"koi8r": charmap.KOI8R, "koi8u": charmap.KOI8U, "macintosh": charmap.Macintosh, "macroman": charmap.Macintosh, "xmacroman": charmap.Macintosh,
	"ibm437": charmap.CodePage437, "cp437": charmap.CodePage437, "ibm850": charmap.CodePage850, "cp850": charmap.CodePage850,
	"ibm852": charmap.CodePage852, "cp852": charmap.CodePage852, "ibm866": charmap.CodePage866, "cp866": charmap.CodePage866,
	"ibm858": charmap.CodePage858, "cp858": charmap.CodePage858,
}

// plainName is an encoding's name as charsets has it.
func plainName(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(name)))
}

// decodeAs turns bytes in the named encoding into text.
func decodeAs(name string, data []byte) (string, error) {
	switch plain := plainName(name); plain {
	case "", "utf8", "usascii", "ascii", "unknown8bit":
		return decodeText(data)
	case "utf16le", "utf16":
		if plain == "utf16" && bytes.HasPrefix(data, []byte("\xfe\xff")) {
			return utf16Text(data[2:], true), nil
		}
		return utf16Text(bytes.TrimPrefix(data, []byte("\xff\xfe")), false), nil
	case "utf16be":
		return utf16Text(bytes.TrimPrefix(data, []byte("\xfe\xff")), true), nil
	default:
		if e := charsets[plain]; e != nil {
			out, err := e.NewDecoder().Bytes(data)
			return string(out), err
		}
	}
	if utf8.Valid(data) {
		return string(data), nil // the name is wrong, or the text is ASCII
	}
	return "", errEncoding(name)
}

// errEncoding says which encoding is not known. Its name comes from the file, so only
// what a name may have of it is shown.
func errEncoding(name string) textError {
	name = regexp.MustCompile(`[^A-Za-z0-9_-]`).ReplaceAllString(name, "")
	return textError("its letters are in the encoding " + name[:min(len(name), 30)] +
		", which Claria does not know: open it in the program it comes from and save it as UTF-8")
}
