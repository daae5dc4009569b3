package sandbox

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// DemoNotice is how the demo model describes itself. It is what a chat
// with it answers, and what the screen and the documentation show.
const DemoNotice = "This is the demo account's writer, not an AI model. " +
	"It copies sentences out of the numbered segments it is sent and marks each with its source. " +
	"It understands nothing and adds nothing of its own."

// The writer's answers when it has nothing to copy.
const (
	nothingFits     = "The attached files do not say."
	nothingAttached = DemoNotice + " No segments came with this request, so there is nothing to write from."
)

// A conversation is the text of a Converse request as the writer sees it.
type conversation struct {
	system []string
	turns  []turn

	pictures bool // the model sees a picture or the pages of a PDF file
	cited    bool // the answer comes with citations
	unseen   bool // a PDF file of which the model gets only text
}

// A turn is one message; its blocks are joined by newlines.
type turn struct {
	assistant bool
	text      string
}

// answerTo answers a conversation. The same conversation always has the same answer, so that
// a text that max_tokens ended can be continued.
func answerTo(c conversation) string {
	passages := passagesOf(c)
	switch {
	case c.pictures:
		return DemoTranscript
	case c.unseen:
		return noTranscript
	case len(passages) == 0:
		return nothingAttached
	}
	// A text that was cut off continues where it stopped. Each part of it is a turn of the
	// assistant, perhaps with the white space at its ends trimmed.
	for i, asked := range c.turns {
		if asked.assistant || i == len(c.turns)-1 {
			continue
		}
		sofar := ""
		for _, t := range c.turns[i+1:] {
			if t.assistant {
				sofar += t.text
			}
		}
		if strings.TrimSpace(sofar) == "" {
			continue
		}
		whole := compose(passages, askOf(c.turns[:i+1]), saidIn(c.turns[:i+1]))
		if rest, ok := after(whole, sofar); ok && (rest != "" || !hasHeading(c.turns[len(c.turns)-1].text)) {
			return rest
		}
	}
	return compose(passages, askOf(c.turns), saidIn(c.turns))
}

// after returns what follows part in whole, when whole begins with part, apart from white
// space.
func after(whole, part string) (rest string, ok bool) {
	for _, want := range part {
		if unicode.IsSpace(want) {
			continue
		}
		whole = strings.TrimLeftFunc(whole, unicode.IsSpace)
		have, n := utf8.DecodeRuneInString(whole)
		if have != want {
			return "", false
		}
		whole = whole[n:]
	}
	return whole, true
}

// A passage is one numbered segment of the attached files.
type passage struct {
	number  int
	text    string
	heading string // the nearest heading above it, in the file's own words
}

var (
	recordTag   = regexp.MustCompile(`<(record-[A-Za-z0-9]+)>`)
	otherTag    = regexp.MustCompile(`<((?:earlier|wishes)-[A-Za-z0-9]+)>`)
	fileLine    = regexp.MustCompile(`^doc-\d+$`)
	segmentLine = regexp.MustCompile(`^\[S(\d+)\][ \t]*(.*)$`)
	citation    = regexp.MustCompile(`\[S\d+\]`)
	scores      = regexp.MustCompile(`\| \d+ \| \d+`)
	whitespace  = regexp.MustCompile(`\s+`)
)

// splitRecords separates the delimited records of a text from the rest.
func splitRecords(text string) (records []string, rest string) { return splitBlocks(text, recordTag) }

// splitBlocks separates the blocks that begin with a tag from the rest of a text. A block
// ends only at the end tag of its own name, so that a tag inside a file is ordinary text.
func splitBlocks(text string, tag *regexp.Regexp) (blocks []string, rest string) {
	var outside strings.Builder
	for {
		at := tag.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		end := "</" + text[at[2]:at[3]] + ">"
		closing := strings.LastIndex(text, end)
		if closing < at[1] {
			break
		}
		outside.WriteString(text[:at[0]])
		blocks = append(blocks, text[at[1]:closing])
		text = text[closing+len(end):]
	}
	outside.WriteString(text)
	return blocks, outside.String()
}

// passagesOf reads the [Sn] lines of the records in a conversation. A line without a number
// continues the segment above it.
func passagesOf(c conversation) []passage {
	var texts []string
	texts = append(texts, c.system...)
	for _, t := range c.turns {
		if !t.assistant {
			texts = append(texts, t.text)
		}
	}
	var found []passage
	seen := map[int]bool{}
	for _, text := range texts {
		records, _ := splitRecords(text)
		for _, record := range records {
			open := false
			for line := range strings.Lines(record) {
				line = strings.TrimRight(line, "\r\n")
				if m := segmentLine.FindStringSubmatch(line); m != nil {
					n, err := strconv.Atoi(m[1])
					open = err == nil && !seen[n]
					if open {
						seen[n] = true
						found = append(found, passage{number: n, text: m[2]})
					}
				} else if fileLine.MatchString(line) {
					open = false
					found = append(found, passage{}) // a file begins
				} else if open {
					last := &found[len(found)-1]
					last.text += "\n" + line
				}
			}
		}
	}
	heading := ""
	var kept []passage
	for _, s := range found {
		s.text = strings.TrimSpace(s.text)
		if s.number == 0 {
			heading = ""
			continue
		}
		if isHeading(s.text) {
			heading = strings.TrimLeft(s.text, "# ")
			continue
		}
		s.heading = heading
		if s.text != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

// isHeading reports whether a segment is a heading and not a statement: short, on one line,
// without a full stop and without a number.
func isHeading(text string) bool {
	if strings.HasPrefix(text, "#") && !strings.Contains(text, "\n") {
		return true
	}
	words := len(strings.Fields(text))
	if words == 0 || words > 6 || strings.ContainsAny(text, "\n\t|.!?;,=0123456789") {
		return false
	}
	return !strings.Contains(strings.TrimSuffix(text, ":"), ":")
}

// An ask is what the last user turn asks for: the section's heading and the words of its
// instruction.
type ask struct {
	heading     string
	instruction string
}

// askOf reads the ask from the last user turn: the last heading and what follows it. The
// clinician's wishes are part of it; earlier sections, shown for context, are not.
func askOf(turns []turn) ask {
	for _, t := range slices.Backward(turns) {
		if t.assistant {
			continue
		}
		_, outside := splitRecords(t.text)
		blocks, outside := splitBlocks(outside, otherTag)
		var lines []string
		for line := range strings.Lines(outside) {
			if line = strings.TrimSpace(line); line != "" && !citation.MatchString(line) {
				lines = append(lines, line)
			}
		}
		var a ask
		for i, line := range lines {
			if name, ok := headingLine(line); ok {
				a.heading, a.instruction = name, strings.Join(lines[i+1:], "\n")
			}
		}
		if a.heading == "" && len(lines) > 0 {
			a.heading, a.instruction = lines[0], strings.Join(lines[1:], "\n")
		}
		for _, block := range blocks {
			if !citation.MatchString(block) {
				a.instruction += "\n" + block
			}
		}
		return a
	}
	return ask{}
}

// hasHeading reports whether a turn asks for a section by a heading.
func hasHeading(text string) bool {
	_, outside := splitRecords(text)
	for line := range strings.Lines(outside) {
		if _, ok := headingLine(strings.TrimSpace(line)); ok {
			return true
		}
	}
	return false
}

// headingLine takes the name out of "## Observations" or "Section: Observations".
func headingLine(line string) (string, bool) {
	if strings.HasPrefix(line, "#") {
		return strings.TrimSpace(strings.TrimLeft(line, "#")), true
	}
	lower := strings.ToLower(line)
	for _, label := range []string{"section heading:", "section:", "heading:", "write the section:", "section to write:"} {
		if strings.HasPrefix(lower, label) {
			return strings.Trim(strings.TrimSpace(line[len(label):]), `"“”.`), true
		}
	}
	return "", false
}

// saidIn is all text outside the records, without markers and spacing: an earlier section
// already used any sentence in it.
func saidIn(turns []turn) string {
	var b strings.Builder
	for _, t := range turns {
		_, outside := splitRecords(t.text)
		b.WriteString(outside)
		b.WriteByte('\n')
	}
	return plainText(b.String())
}

// plainText is text for comparison: no markers, single spaces, lower case.
func plainText(text string) string {
	text = citation.ReplaceAllString(text, "")
	text = strings.NewReplacer(" .", ".", " ,", ",", " !", "!", " ?", "?").Replace(whitespace.ReplaceAllString(text, " "))
	return strings.ToLower(strings.TrimSpace(text))
}

// How many sentences the writer uses.
const (
	mostSentences  = 9
	mostRows       = 16
	mostParagraphs = 3
	leastScore     = 3
)

// A pick is a sentence or a row of a table that fits the section.
type pick struct {
	segment, sentence int // position
	number, score     int
	text              string
}

// compose picks the sentences and rows that fit and lays them out.
func compose(segments []passage, a ask, said string) string {
	wanted := topicsOf(a)
	var prose, rows []pick
	for i, s := range segments {
		for j, sentence := range sentences(s.text) {
			if citation.MatchString(sentence) {
				continue
			}
			p := pick{i, j, s.number, wanted.score(sentence, s.heading), sentence}
			used := strings.Contains(said, strings.TrimRight(plainText(sentence), ".!?"))
			switch {
			case wanted.summary && said != "":
				// A summary repeats what the sections say, and adds nothing.
				if used {
					prose = append(prose, p)
				}
			case used || p.score < leastScore:
			case isRow(sentence):
				// Two cells are a label and its value; a row of scores belongs to the scores.
				cells := strings.Count(sentence, " | ") + 1
				if cells > 2 && !headsTable(segments, i) && (wanted.tables || !scores.MatchString(sentence)) {
					rows = append(rows, p)
				}
			default:
				prose = append(prose, p)
			}
		}
	}
	prose, rows = best(prose, mostSentences), best(rows, mostRows)
	if len(prose)+len(rows) == 0 {
		return nothingFits
	}
	var b strings.Builder
	paragraphs := min(mostParagraphs, (len(prose)+2)/3)
	for i, p := range prose {
		each := (len(prose) + paragraphs - 1) / paragraphs
		switch {
		case i == 0:
			b.WriteString(leads[0])
		case i%each == 0:
			b.WriteString("\n\n" + leads[i/each])
		default:
			b.WriteByte(' ')
		}
		b.WriteString(cite(p.text, p.number))
	}
	for i, p := range rows {
		if i == 0 && len(prose) > 0 {
			b.WriteString("\n\n")
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("- " + cite(p.text, p.number))
	}
	return b.String()
}

// best returns the picks that fit best, in the order of the files.
func best(picks []pick, most int) []pick {
	slices.SortStableFunc(picks, func(x, y pick) int { return cmp.Compare(y.score, x.score) })
	picks = picks[:min(len(picks), most)]
	slices.SortFunc(picks, func(x, y pick) int {
		return cmp.Or(cmp.Compare(x.segment, y.segment), cmp.Compare(x.sentence, y.sentence))
	})
	return picks
}

// isRow reports whether a line is a row of a table.
func isRow(line string) bool { return strings.Contains(line, " | ") }

// headsTable reports whether a row names the columns of the rows below it.
func headsTable(segments []passage, i int) bool {
	cells := strings.Count(segments[i].text, " | ")
	above := i > 0 && strings.Count(segments[i-1].text, " | ") == cells
	below := i+1 < len(segments) && strings.Count(segments[i+1].text, " | ") == cells
	return !above && below
}

// leads open the paragraphs.
var leads = [mostParagraphs]string{
	"The attached files state: ",
	"They go on: ",
	"They also state: ",
}

// cite puts the marker before the closing punctuation, so that the sentence without its
// marker is the text of the file.
func cite(sentence string, number int) string {
	mark := " [S" + strconv.Itoa(number) + "]"
	body := strings.TrimRight(sentence, ".!?…")
	if body == "" || body == sentence {
		return sentence + mark + "."
	}
	return body + mark + sentence[len(body):]
}

// sentences splits a segment into sentences. A line of a table or a list stays whole.
func sentences(text string) []string {
	var found []string
	for line := range strings.Lines(text) {
		line = strings.TrimLeft(strings.TrimSpace(whitespace.ReplaceAllString(line, " ")), "-*•– ")
		if isRow(line) {
			found = append(found, line)
			continue
		}
		start := 0
		for i := 0; i < len(line); {
			r, n := utf8.DecodeRuneInString(line[i:])
			i += n
			if r != '.' && r != '!' && r != '?' {
				continue
			}
			for i < len(line) && strings.IndexByte(`.!?"')]`, line[i]) >= 0 {
				i++
			}
			if i < len(line) && (line[i] != ' ' || !opens(line[i+1:]) || abbreviated(line[start:i])) {
				continue
			}
			found = append(found, strings.TrimSpace(line[start:i]))
			start = i
		}
		if rest := strings.TrimSpace(line[start:]); rest != "" {
			found = append(found, rest)
		}
	}
	// Only statements remain: one or two words, or a few words without a full stop, are a label.
	return slices.DeleteFunc(found, func(s string) bool {
		n := len(strings.Fields(s))
		return n < 2 || n < 4 && !strings.ContainsAny(s[len(s)-1:], ".!?”|")
	})
}

// opens reports whether a text begins as a sentence does.
func opens(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsUpper(r) || unicode.IsDigit(r) || strings.ContainsRune("\"'“‘(", r)
}

var abbreviations = map[string]bool{
	"dr.": true, "mr.": true, "ms.": true, "mrs.": true, "st.": true, "vs.": true, "e.g.": true, "i.e.": true,
	"approx.": true, "no.": true, "prof.": true, "jr.": true, "sr.": true,
}

// abbreviated reports whether a text ends in an abbreviation or an initial.
func abbreviated(text string) bool {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return false
	}
	last := strings.ToLower(strings.TrimLeft(fields[len(fields)-1], `("'“`))
	return abbreviations[last] || (len(last) == 2 && unicode.IsLetter(rune(last[0])) && last != "i.")
}
