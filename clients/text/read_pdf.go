package text

import (
	"context"
	"errors"
	"strings"

	"claria/clients/text/pdf"
)

// readPDF reads the text that a PDF draws and the values in its form.
func readPDF(ctx context.Context, data []byte, out *builder) error {
	blocks, err := pdf.Text(ctx, data)
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
	kinds := map[pdf.Kind]string{pdf.Paragraph: Paragraph, pdf.Heading: Heading, pdf.Item: Item}
	for i, b := range blocks {
		if b.Kind == pdf.Row {
			if i == 0 || blocks[i-1].Kind != pdf.Row {
				out.table()
			}
			if err := out.row(false, b.Cells...); err != nil {
				return err
			}
			continue
		}
		if err := out.add(kinds[b.Kind], b.Level, strings.Join(b.Cells, " ")); err != nil {
			return err
		}
	}
	return nil
}
