package reports

import (
	"regexp"
	"strings"
)

// family is a family of models. No Bedrock operation returns a model's window or
// price.
type family struct {
	prefix string // of the bare model id
	window int    // tokens of a request and its answer together
	input  float64
	output float64 // US dollars per million tokens in AWS regions of one geography; 0: not known
}

// families, the longer prefix first. Windows: "Context window" on the model cards of
// the Amazon Bedrock User Guide. Prices: Anthropic's price list as of November 2026,
// plus the 10 % that a profile within one geography costs for models from Claude 4.5
// on. They are estimates; the AWS bill decides.
var families = [...]family{
	{"anthropic.claude-opus-4-8", 1_000_000, 5.5, 27.5},
	{"anthropic.claude-opus-4-7", 1_000_000, 5.5, 27.5},
	{"anthropic.claude-opus-4-6", 1_000_000, 5.5, 27.5},
	{"anthropic.claude-opus-4-5", 200_000, 5.5, 27.5},
	{"anthropic.claude-opus-4", 200_000, 15, 75},
	{"anthropic.claude-sonnet-4-6", 1_000_000, 3.3, 16.5},
	{"anthropic.claude-sonnet-4-5", 200_000, 3.3, 16.5},
	{"anthropic.claude-sonnet-4", 200_000, 3, 15},
	{"anthropic.claude-haiku-4-5", 200_000, 1.1, 5.5},
	{"anthropic.claude-3-7-sonnet", 200_000, 3, 15},
	{"anthropic.claude-3-5-sonnet", 200_000, 3, 15},
	{"anthropic.claude-3-5-haiku", 200_000, 0.8, 4},
	{"anthropic.claude-opus-5", 1_000_000, 0, 0},
	{"anthropic.claude-sonnet-5", 1_000_000, 0, 0},
}

// smallestWindow is assumed for a model that is not in the table: the smallest window
// of any Claude model since version 2.1.
const smallestWindow = 200_000

func familyOf(model string) family {
	bare := bareModel(model)
	for _, f := range families {
		if strings.HasPrefix(bare, f.prefix) {
			return f
		}
	}
	return family{window: smallestWindow}
}

// geography is the part of an inference profile's id that says where its model may
// run (Amazon Bedrock User Guide, "Supported Regions and models for inference
// profiles").
var geography = regexp.MustCompile(`^(?:us-gov|us|eu|apac|jp|au|ca|sa|me|af|uk|global)\.`)

// bareModel returns the id of an inference profile's foundation model. CountTokens
// accepts no profile.
func bareModel(model string) string {
	if _, id, ok := strings.Cut(model, "/"); ok && strings.HasPrefix(model, "arn:") {
		model = id
	}
	return geography.ReplaceAllString(model, "")
}

// isGlobal reports whether a profile may run in any geography.
func isGlobal(model string) bool {
	_, id, ok := strings.Cut(model, "/")
	if !ok {
		id = model
	}
	return strings.HasPrefix(id, "global.")
}

// Cost returns the cost of the usage in US dollars at the model's list price; known
// is false if the price is not known. Cache writes cost 1.25 times the input price
// and cache reads a tenth of it.
func Cost(model string, usage Usage) (dollars float64, known bool) {
	f := familyOf(model)
	if f.input == 0 {
		return 0, false
	}
	input := float64(usage.InputTokens) + 1.25*float64(usage.CacheWriteTokens) + 0.1*float64(usage.CacheReadTokens)
	return (input*f.input + float64(usage.OutputTokens)*f.output) / 1e6, true
}

// estimate returns an upper estimate of a text's tokens. 2.5 bytes for each token is
// high for English with every Claude tokenizer so far, so a request that fits by this
// estimate fits.
func estimate(text string) int { return (len(text)*2 + 4) / 5 }

// Estimate returns an upper estimate of a text's tokens.
func Estimate(text string) int { return estimate(text) }
