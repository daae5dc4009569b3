package text

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"
)

// readPlain reads a text file. A blank line ends a paragraph. Lines that an editor
// wrapped are joined; a line that the author ended, a list item or a "Label:" starts
// a new passage.
func readPlain(ctx context.Context, data []byte, out *builder) error {
	out.exact = true
	text, err := out.decoded(data)
	if err != nil {
		return err
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	item := regexp.MustCompile(`^\s*([-*•–]|\(?[0-9]{1,3}[.)]|\(?[a-z][.)])\s`)
	label := regexp.MustCompile(`^\s*[\p{Lu}][^:.!?]{0,30}:(\s|$)`)
	var block []string
	for line := range strings.SplitSeq(text, "\n") {
		if err := ctx.Err(); err != nil {
			return err
		}
		if strings.TrimSpace(line) != "" {
			block = append(block, strings.TrimRight(line, " \t"))
			continue
		}
		if err := addLines(block, item, label, out); err != nil {
			return err
		}
		block = block[:0]
	}
	return addLines(block, item, label, out)
}

// A line of at least minWrapped characters may have been wrapped by an editor. A
// block with a line of more than maxWrapped was not wrapped.
const (
	minWrapped = 45
	maxWrapped = 132
)

// addLines adds the passages of lines between two blank ones.
func addLines(lines []string, item, label *regexp.Regexp, out *builder) error {
	widest := 0
	for _, l := range lines {
		widest = max(widest, utf8.RuneCountInString(l))
	}
	for i := 0; i < len(lines); {
		kind := Paragraph
		if item.MatchString(lines[i]) {
			kind = Item
		}
		j := i + 1
		for ; j < len(lines) && !item.MatchString(lines[j]) && !label.MatchString(lines[j]); j++ {
			// A line was wrapped if the first word of the next line did not fit.
			before := utf8.RuneCountInString(lines[j-1])
			word, _, _ := strings.Cut(strings.TrimSpace(lines[j]), " ")
			if before < minWrapped || widest > maxWrapped || before+1+utf8.RuneCountInString(word) <= widest {
				break
			}
		}
		if err := out.add(kind, 0, strings.Join(lines[i:j], "\n")); err != nil {
			return err
		}
		i = j
	}
	return nil
}
