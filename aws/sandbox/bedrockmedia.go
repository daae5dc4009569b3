package sandbox

import (
	"bytes"
	"fmt"
	"slices"
)

// The limits of pictures and documents in a Converse request. The 4.5 MB for one document do
// not hold for the PDF files of Claude 4 and later models; the request itself is limited.
// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-api-restrictions.html
const (
	mostDocuments = 5
	mostDocument  = 4_500_000 // bytes of a document that is not PDF
	mostImage     = 3_750_000 // bytes of a picture for Claude models
	mostPDF       = 32 << 20  // bytes, of Claude's own request limit
	imageTokens   = 1600      // of a picture as large as Claude reads it
)

// checkMedia refuses a picture or a document that Converse refuses.
func (b contentBlock) checkMedia(role string) error {
	if b.Document == nil && b.Image == nil {
		return nil
	}
	if role != "user" {
		return validation("Images and documents may be included only in messages of the user role.")
	}
	if d := b.Document; d != nil {
		switch {
		case !documentName(d.Name):
			return validation("The name of a document may hold only letters, digits, single spaces, hyphens, parentheses and square brackets.")
		case d.Format == "pdf" && len(d.Source.Bytes) > mostPDF, d.Format != "pdf" && len(d.Source.Bytes) > mostDocument:
			return validation("The document exceeds the maximum size.")
		case d.Format == "pdf" && !bytes.Contains(d.Source.Bytes[:min(1024, len(d.Source.Bytes))], []byte("%PDF-")):
			return validation("The model returned the following errors: The PDF specified was not valid.")
		}
	}
	if i := b.Image; i != nil {
		switch {
		case !slices.Contains([]string{"png", "jpeg", "gif", "webp"}, i.Format):
			return validation(fmt.Sprintf("Value '%s' failed to satisfy constraint: Member must satisfy enum value set: [gif, jpeg, png, webp]", i.Format))
		case len(i.Source.Bytes) > mostImage:
			return validation("The model returned the following errors: image exceeds 5 MB maximum")
		}
	}
	return nil
}

// saw notes a picture, or a PDF file, that the model looks at. Through Converse, Claude
// sees the pages of a PDF file only with citations enabled; without, it gets what text can
// be extracted, which of a scan is nothing.
// https://platform.claude.com/docs/en/build-with-claude/pdf-support (Amazon Bedrock PDF support)
func (c *conversation) saw(b contentBlock) {
	switch {
	case b.Image != nil:
		c.pictures = true
	case b.Document != nil && b.Document.Format == "pdf" && b.Document.Citations.Enabled:
		c.pictures, c.cited = true, true
	case b.Document != nil && b.Document.Format == "pdf":
		c.unseen = true
	}
}

// What the writer answers to pictures: it cannot see.
const (
	DemoTranscript = "School nurse's note of 2026-02-11 (text of the demo account, not of your file)\n\n" +
		"Headaches on three afternoons since January. Vision was checked: 20/20 on both sides.\n\n" +
		"| Day | Complaint |\n|---|---|\n| 2026-01-20 | headache |\n| 2026-02-03 | |\n"
	noTranscript = "The document has no text that can be extracted."
)
