package clients

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// readPlain reads a text file: a blank line ends a paragraph. Lines that an
// editor wrapped belong together; a short line, a list item, a "Label:" or a
// speaker begins one of its own.
func readPlain(ctx context.Context, data []byte, out *builder) error {
	text, err := decodeText(data)
	if err != nil {
		return err
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	item := regexp.MustCompile(`^\s*([-*•–]|\(?[0-9]{1,3}[.)]|\(?[a-z][.)])\s`)
	label := regexp.MustCompile(`^\s*[\p{Lu}][^:.!?]{0,30}:(\s|$)`)
	var open strings.Builder
	kind, previous := "paragraph", 0
	flush := func() error {
		err := out.add(kind, 0, open.String())
		open.Reset()
		kind, previous = "paragraph", 0
		return err
	}
	for line := range strings.SplitSeq(text, "\n") {
		if err := ctx.Err(); err != nil {
			return err
		}
		blank := strings.TrimSpace(line) == ""
		isItem := !blank && item.MatchString(line)
		wrapped := previous >= wrapWidth && !isItem && !label.MatchString(line)
		if blank || !wrapped {
			if err := flush(); err != nil {
				return err
			}
		}
		if blank {
			continue
		}
		if isItem {
			kind = "item"
		}
		open.WriteString(line)
		open.WriteByte('\n')
		previous = utf8.RuneCountInString(strings.TrimRight(line, " "))
	}
	return flush()
}

// wrapWidth is from how many characters on a line is taken as wrapped by an
// editor rather than ended by its writer.
const wrapWidth = 55

// readTable reads comma- or tab-separated values: a row is a segment.
func readTable(comma rune) reader {
	return func(ctx context.Context, data []byte, out *builder) error {
		text, err := decodeText(data)
		if err != nil {
			return err
		}
		rows := csv.NewReader(strings.NewReader(text))
		rows.Comma, rows.FieldsPerRecord, rows.LazyQuotes, rows.ReuseRecord = comma, -1, true, true
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return errDamaged
			}
			if err := out.add("row", 0, strings.Join(row, cellBreak)); err != nil {
				return err
			}
		}
	}
}

// cellBreak stands between the cells of a row.
const cellBreak = " | "
