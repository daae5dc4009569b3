package sandbox

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// Through Converse, a model sees the pages of a PDF file only with citations enabled, and
// then its answer comes in blocks with citations.
func TestPDFPagesAreSeenOnlyWithCitations(t *testing.T) {
	_, client := newWriter(t, Options{})
	ask := func(citations bool, data string) (string, error) {
		t.Helper()
		out, err := client.Converse(t.Context(), &bedrockruntime.ConverseInput{
			ModelId: new(usSonnet),
			Messages: []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{
				&types.ContentBlockMemberDocument{Value: types.DocumentBlock{
					Name: new("document"), Format: types.DocumentFormatPdf, Citations: &types.CitationsConfig{Enabled: &citations},
					Source: &types.DocumentSourceMemberBytes{Value: []byte(data)},
				}},
				&types.ContentBlockMemberText{Value: "Transcribe page 1."},
			}}},
		})
		if err != nil {
			return "", err
		}
		switch block := out.Output.(*types.ConverseOutputMemberMessage).Value.Content[0].(type) {
		case *types.ContentBlockMemberCitationsContent:
			return "cited: " + block.Value.Content[0].(*types.CitationGeneratedContentMemberText).Value, nil
		case *types.ContentBlockMemberText:
			return block.Value, nil
		}
		return "", nil
	}
	if text, err := ask(true, "%PDF-1.4"); err != nil || text != "cited: "+DemoTranscript {
		t.Errorf("with citations: %q, %v", text, err)
	}
	if text, err := ask(false, "%PDF-1.4"); err != nil || text != noTranscript {
		t.Errorf("without citations: %q, %v", text, err)
	}
	if _, err := ask(true, "GIF89a"); err == nil || !strings.Contains(err.Error(), "not valid") {
		t.Errorf("a file that is not PDF: %v", err)
	}
}
