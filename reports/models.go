package reports

import (
	"regexp"
	"strings"
)

// family is what holds for a family of models. Bedrock has no operation that
// tells a model's window or price.
type family struct {
	prefix string // of the bare model id
	window int    // tokens that a request and its answer may have together
	input  float64
	output float64 // US dollars per million tokens in AWS regions of one geography; 0: not known
}

// families, the more exact prefix first. Windows: "Context window" on the model
// cards of the Amazon Bedrock User Guide. Prices: Anthropic's price list as of
// November 2026, plus the 10 % that a profile within one geography costs for
// models from Claude 4.5 on. They are for orientation; the AWS bill decides.
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

// leastWindow is assumed for a model that the table does not have: the smallest
// window of any Claude model since version 2.1.
const leastWindow = 200_000

func familyOf(model string) family {
	bare := bareModel(model)
	for _, f := range families {
		if strings.HasPrefix(bare, f.prefix) {
			return f
		}
	}
	return family{window: leastWindow}
}

// geography is the part of an inference profile's id that says where it may run
// (Amazon Bedrock User Guide, "Supported Regions and models for inference profiles").
var geography = regexp.MustCompile(`^(?:us-gov|us|eu|apac|jp|au|ca|sa|me|af|uk|global)\.`)

// bareModel is the foundation model's id behind an inference profile's.
// CountTokens takes no profile.
func bareModel(model string) string {
	if _, id, ok := strings.Cut(model, "/"); ok && strings.HasPrefix(model, "arn:") {
		model = id
	}
	return geography.ReplaceAllString(model, "")
}

// anywhere reports whether a profile may leave every geography.
func anywhere(model string) bool {
	_, id, ok := strings.Cut(model, "/")
	if !ok {
		id = model
	}
	return strings.HasPrefix(id, "global.")
}

// Cost is what the usage costs in US dollars at the model's list price; known
// is false when its price is not known. Cache writes cost 1.25 times the input
// price and cache reads a tenth of it.
func Cost(model string, usage Usage) (dollars float64, known bool) {
	f := familyOf(model)
	if f.input == 0 {
		return 0, false
	}
	input := float64(usage.InputTokens) + 1.25*float64(usage.CacheWriteTokens) + 0.1*float64(usage.CacheReadTokens)
	return (input*f.input + float64(usage.OutputTokens)*f.output) / 1e6, true
}

// estimate is how many tokens a text may be. 2.5 bytes a token errs on the high
// side for English under every Claude tokenizer so far, so that a request
// which fits by this estimate fits.
func estimate(text string) int { return (len(text)*2 + 4) / 5 }

// Estimate is how many tokens a text may be, erring on the high side.
func Estimate(text string) int { return estimate(text) }
