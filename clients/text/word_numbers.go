package text

import (
	"strconv"
	"strings"

	"claria/clients/text/pdf"
)

// wordLevel is how one level of a list is numbered (ECMA-376 Part 1, 17.9).
type wordLevel struct {
	start   int
	format  string // decimal, lowerLetter, bullet …
	text    string // "%1.%2)", or a bullet
	legal   bool   // all numbers in it are decimal
	restart int    // after which level it begins again, from 1; 0: never; -1: after each higher one
	style   string // paragraphs of this style are at this level
	font    string // of a bullet
}

// wordList is a definition of a list.
type wordList struct {
	levels map[int]wordLevel
	link   string // the style that has the levels
}

// wordNum is a list: a definition, and what differs from it.
type wordNum struct {
	list   string
	starts map[int]int
	levels map[int]wordLevel
}

// wordNumbers counts the items of lists. Lists of one definition count together, as Word
// does.
type wordNumbers struct {
	lists  map[string]wordList
	nums   map[string]wordNum
	counts map[string]map[int]int // by definition and level
	begun  map[string]bool        // starts of lists that were applied
}

func (d *wordFile) readNumbers() *wordNumbers {
	n := &wordNumbers{lists: map[string]wordList{}, nums: map[string]wordNum{}, counts: map[string]map[int]int{}, begun: map[string]bool{}}
	root := d.treeOf("numbering")
	if root == nil {
		return n
	}
	for _, k := range root.kids {
		switch k.name {
		case "abstractNum":
			n.lists[k.attr("abstractNumId")] = wordList{levels: levelsOf(k), link: k.kid("numStyleLink").attr("val")}
		case "num":
			num := wordNum{list: k.kid("abstractNumId").attr("val"), starts: map[int]int{}, levels: map[int]wordLevel{}}
			for _, o := range k.kids {
				if o.name != "lvlOverride" {
					continue
				}
				level, _ := strconv.Atoi(o.attr("ilvl"))
				if start, err := strconv.Atoi(o.kid("startOverride").attr("val")); err == nil {
					num.starts[level] = start
				}
				for level, l := range levelsOf(o) {
					num.levels[level] = l
				}
			}
			n.nums[k.attr("numId")] = num
		}
	}
	for id, list := range n.lists {
		if list.link == "" {
			continue
		}
		if style, ok := d.styles[list.link]; ok && style.number != nil {
			if num, ok := n.nums[style.number.kid("numId").attr("val")]; ok {
				list.levels = n.lists[num.list].levels
				n.lists[id] = list
			}
		}
	}
	return n
}

func levelsOf(parent *xmlNode) map[int]wordLevel {
	out := map[int]wordLevel{}
	for _, k := range parent.kids {
		if k.name != "lvl" {
			continue
		}
		level, err := strconv.Atoi(k.attr("ilvl"))
		if err != nil || level < 0 || level > 8 {
			continue
		}
		l := wordLevel{
			format: k.kid("numFmt").attr("val"), text: k.kid("lvlText").attr("val"), legal: k.has("isLgl"),
			restart: -1, style: k.kid("pStyle").attr("val"), font: k.kid("rPr", "rFonts").attr("ascii"),
		}
		if l.format == "" { // newer formats are in a choice, with the older one beside it
			k.find("numFmt", func(f *xmlNode) { l.format = f.attr("val") })
		}
		l.start, _ = strconv.Atoi(k.kid("start").attr("val"))
		if restart, err := strconv.Atoi(k.kid("lvlRestart").attr("val")); err == nil {
			l.restart = restart
		}
		if k.kid("lvlPicBulletId").name != "" && strings.TrimSpace(l.text) == "" {
			l.text = "•"
		}
		out[level] = l
	}
	return out
}

// level is one level of a list, with what the list changes of its definition.
func (n *wordNumbers) level(num wordNum, level int) (wordLevel, bool) {
	if l, ok := num.levels[level]; ok {
		return l, true
	}
	l, ok := n.lists[num.list].levels[level]
	return l, ok
}

// next counts an item and returns its number or bullet as shown, behind the numbers of
// the items around it where its own does not have them: "II. b)".
func (n *wordNumbers) next(id string, level int) string {
	num, ok := n.nums[id]
	if !ok {
		return ""
	}
	l, ok := n.level(num, level)
	if !ok {
		return ""
	}
	counts := n.counts[num.list]
	if counts == nil {
		counts = map[int]int{}
		n.counts[num.list] = counts
	}
	begin := id + " " + strconv.Itoa(level)
	start, overridden := num.starts[level]
	if !overridden {
		start = l.start
	}
	if count, counted := counts[level]; !counted || overridden && !n.begun[begin] {
		counts[level] = start
	} else {
		counts[level] = count + 1
	}
	n.begun[begin] = true
	for deeper := level + 1; deeper <= 8; deeper++ {
		if below, ok := n.level(num, deeper); !ok || below.restart < 0 || below.restart > level {
			delete(counts, deeper)
		}
	}
	shown := n.shown(num, level, counts)
	if shown == "" || l.format == "bullet" {
		return shown
	}
	for above := level - 1; above >= 0; above-- {
		higher, ok := n.level(num, above)
		_, counted := counts[above]
		if !ok || !counted || higher.format == "bullet" || strings.Contains(l.text, "%"+strconv.Itoa(above+1)) {
			break
		}
		if before := n.shown(num, above, counts); before != "" {
			shown = before + " " + shown
		}
		l = higher
	}
	return shown
}

// shown is the number or bullet of the current item of a level.
func (n *wordNumbers) shown(num wordNum, level int, counts map[int]int) string {
	l, _ := n.level(num, level)
	if l.format == "bullet" {
		return strings.TrimSpace(strings.Map(func(r rune) rune { return wordSymbol(l.font, r) }, l.text))
	}
	if l.format == "none" && !strings.Contains(l.text, "%") {
		return strings.TrimSpace(l.text)
	}
	text := l.text
	for k := 0; k <= 8; k++ {
		mark := "%" + strconv.Itoa(k+1)
		if !strings.Contains(text, mark) {
			continue
		}
		other, _ := n.level(num, k)
		count, counted := counts[k]
		if !counted {
			count = max(other.start, 1)
		}
		format := other.format
		if l.legal && format != "none" {
			format = "decimal"
		}
		text = strings.ReplaceAll(text, mark, wordNumeral(format, count))
	}
	return strings.TrimSpace(text)
}

// wordNumeral is a number in a format (ECMA-376 Part 1, 17.18.59).
func wordNumeral(format string, n int) string {
	switch format {
	case "none":
		return ""
	case "decimalZero":
		if n >= 0 && n < 10 {
			return "0" + strconv.Itoa(n)
		}
	case "upperRoman":
		return strings.ToUpper(roman(n))
	case "lowerRoman":
		return roman(n)
	case "upperLetter":
		return strings.ToUpper(repeatedLetter(n))
	case "lowerLetter":
		return repeatedLetter(n)
	case "ordinal":
		return strconv.Itoa(n) + ordinalEnding(n)
	case "cardinalText", "ordinalText":
		words := strings.Fields("One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve")
		if format == "ordinalText" {
			words = strings.Fields("First Second Third Fourth Fifth Sixth Seventh Eighth Ninth Tenth Eleventh Twelfth")
		}
		if n >= 1 && n <= len(words) {
			return words[n-1]
		}
	case "decimalEnclosedCircle":
		if n >= 1 && n <= 20 {
			return string(rune('①' + n - 1))
		}
	case "decimalEnclosedParen":
		return "(" + strconv.Itoa(n) + ")"
	case "decimalEnclosedFullstop":
		return strconv.Itoa(n) + "."
	case "numberInDash":
		return "- " + strconv.Itoa(n) + " -"
	case "hex":
		return strings.ToUpper(strconv.FormatInt(int64(n), 16))
	case "chicago":
		if n >= 1 && n <= 400 {
			return strings.Repeat(string([]rune("*†‡§")[(n-1)%4]), (n-1)/4+1)
		}
	case "russianLower", "russianUpper":
		letters := []rune("абвгдежзиклмнопрстуфхцчшщыэюя")
		if n >= 1 && n <= len(letters) {
			letter := string(letters[n-1])
			if format == "russianUpper" {
				letter = strings.ToUpper(letter)
			}
			return letter
		}
	}
	return strconv.Itoa(n)
}

// roman is a number in lower-case Roman numerals.
func roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	values := []int{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1}
	for i, sign := range strings.Fields("m cm d cd c xc l xl x ix v iv i") {
		for ; n >= values[i]; n -= values[i] {
			b.WriteString(sign)
		}
	}
	return b.String()
}

// repeatedLetter counts a … z, aa, bb … zz, as Word does.
func repeatedLetter(n int) string {
	if n < 1 || n > 26*30 {
		return strconv.Itoa(n)
	}
	return strings.Repeat(string(rune('a'+(n-1)%26)), (n-1)/26+1)
}

func ordinalEnding(n int) string {
	if n%100 >= 11 && n%100 <= 13 {
		return "th"
	}
	switch n % 10 {
	case 1:
		return "st"
	case 2:
		return "nd"
	case 3:
		return "rd"
	}
	return "th"
}

// symbolLetters are what the font Symbol draws for ASCII letters.
const symbolLetters = "A\u0391B\u0392C\u03a7D\u0394E\u0395F\u03a6G\u0393H\u0397I\u0399J\u03d1K\u039aL\u039bM\u039cN\u039dO\u039fP\u03a0Q\u0398R\u03a1S\u03a3T\u03a4" +
	"U\u03a5V\u03c2W\u03a9X\u039eY\u03a8Z\u0396a\u03b1b\u03b2c\u03c7d\u03b4e\u03b5f\u03c6g\u03b3h\u03b7i\u03b9j\u03d5k\u03bal\u03bbm\u03bcn\u03bdo\u03bfp\u03c0" +
	"q\u03b8r\u03c1s\u03c3t\u03c4u\u03c5v\u03d6w\u03c9x\u03bey\u03c8z\u03b6"

// wordSymbol is the character that a font of symbols draws for a code. Word writes the
// code as it is or behind U+F000.
func wordSymbol(font string, r rune) rune {
	code := r
	if r >= 0xf020 && r <= 0xf0ff {
		code = r - 0xf000
	}
	switch font = strings.ToLower(font); {
	case r > 0xff && code == r:
		return r
	case font == "symbol":
		return symbolRune(code)
	case font == "wingdings 2":
		switch code {
		case 'P', 0x96:
			return '✓'
		case 'O', 'Q', 'S', 'T':
			return '☒'
		case 'R':
			return '☑'
		case 0xa3, 0x2a:
			return '☐'
		}
		return pdf.Symbol(0xf000 + code)
	case strings.HasPrefix(font, "wingdings"), strings.HasPrefix(font, "webdings"):
		switch code {
		case 0xfe:
			return '☑'
		case 0xe8, 0xd8, 0xf0:
			return '→'
		case 0x4a:
			return '☺'
		case 0x4c:
			return '☹'
		}
		return pdf.Symbol(0xf000 + code)
	}
	return pdf.Symbol(r)
}

func symbolRune(code rune) rune {
	for i, letters := 0, []rune(symbolLetters); i+1 < len(letters); i += 2 {
		if letters[i] == code {
			return letters[i+1]
		}
	}
	signs := map[rune]rune{
		0xa3: '≤', 0xb3: '≥', 0xb1: '±', 0xb4: '×', 0xb8: '÷', 0xb9: '≠', 0xbb: '≈', 0xac: '←', 0xad: '↑', 0xae: '→', 0xaf: '↓', 0xb0: '°',
		0xa5: '∞', 0xb7: '•', 0xd6: '√', 0xe5: '∑', 0xbc: '…', 0xd0: '∠', 0xba: '≡', 0xde: '⇒', 0xdb: '⇔', 0xab: '↔', 0xa8: '♦', 0x2d: '−',
	}
	if sign, ok := signs[code]; ok {
		return sign
	}
	if code < 0x7f {
		return code
	}
	return '•'
}
