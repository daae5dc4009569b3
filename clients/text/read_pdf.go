package text

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"claria/clients/text/pdf"
	"claria/internal/safe"
)

// readPDF reads the text that a PDF shows, the values in its form and the notes on it,
// and records what it could not read.
func readPDF(ctx context.Context, data []byte, out *builder) error {
	read, err := pdf.Text(ctx, data)
	for _, u := range unreadPDF(read) {
		out.leave(u)
	}
	switch {
	case errors.Is(err, pdf.ErrProtected):
		return textError("the PDF is protected by a password: save a copy without one to get its text")
	case errors.Is(err, pdf.ErrScan):
		return textError("the PDF contains scanned pages and no text")
	case errors.Is(err, pdf.ErrNoLetters):
		return textError("the PDF's fonts do not say which letters they draw, so its text cannot be read")
	case errors.Is(err, pdf.ErrTooMuch):
		return errTooMuch
	case err != nil:
		return err
	}
	table := 0
	for _, b := range read.Blocks {
		out.place = safe.PHI(fmt.Sprintf("page %d", b.Page))
		switch b.Kind {
		case pdf.Row, pdf.HeaderRow:
			if b.Table != table {
				out.table()
				table = b.Table
			}
			err = out.row(b.Kind == pdf.HeaderRow, b.Cells...)
		default:
			err = out.add(kindsOfPDF[b.Kind], b.Level, strings.Join(b.Cells, " "))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var kindsOfPDF = map[pdf.Kind]string{
	pdf.Paragraph: Paragraph, pdf.Heading: Heading, pdf.Item: Item, pdf.Header: Header, pdf.Footer: Footer,
	pdf.Footnote: Footnote, pdf.Note: Comment, pdf.Field: Field,
}

var reasonsOfPDF = map[pdf.Reason]Reason{
	pdf.Picture: Picture, pdf.Damaged: Damaged, pdf.PastLimit: PastLimit, pdf.NoLetters: NoLetters, pdf.Hidden: Hidden,
	pdf.White: White, pdf.Machine: Machine, pdf.Attached: Attachment,
}

// unreadPDF is what a reading lacks, the pages with the same reason together.
func unreadPDF(read pdf.Reading) []Unread {
	var out []Unread
	pages := map[Reason]int{} // 1 more than the index in out
	for _, u := range read.Unread {
		reason := reasonsOfPDF[u.Reason]
		switch at := pages[reason]; {
		case u.Unit != pdf.Page:
			out = append(out, Unread{Unit: string(u.Unit), Count: u.Count, Page: u.Page, Reason: reason})
		case at > 0:
			out[at-1].Numbers = append(out[at-1].Numbers, u.Page)
			out[at-1].Count++
		default:
			out = append(out, Unread{Unit: string(u.Unit), Numbers: []int{u.Page}, Count: 1, Of: read.Pages, Reason: reason})
			pages[reason] = len(out)
		}
	}
	return out
}
