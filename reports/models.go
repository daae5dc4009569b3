package reports

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"claria/aws/model"
)

// Cost returns the cost of the usage in US dollars at the model's list price; known
// is false if the price is not known. Cache writes cost 1.25 times the input price
// and cache reads a tenth of it.
func Cost(profile string, usage Usage) (dollars float64, known bool) {
	m, _ := model.Find(model.Bare(profile))
	sent := usage.InputTokens + usage.CacheWriteTokens + usage.CacheReadTokens
	if m.Input == 0 || m.Upto > 0 && sent > m.Upto {
		return 0, false // of several requests, some may have been longer than the price holds for
	}
	input := float64(usage.InputTokens) + 1.25*float64(usage.CacheWriteTokens) + 0.1*float64(usage.CacheReadTokens)
	return (input*m.Input + float64(usage.OutputTokens)*m.Answer) / 1e6, true
}

// estimate returns an upper estimate of a text's tokens. 2.5 bytes for each token is
// high for English with every Claude tokenizer so far, so a request that fits by this
// estimate fits.
func estimate(text string) int { return (len(text)*2 + 4) / 5 }

// Estimate returns an upper estimate of a text's tokens.
func Estimate(text string) int { return estimate(text) }

// The efforts of a draft by a model that thinks unasked: the first for a section, the
// second after thinking left no room for text. Quoting passages needs little thought.
const (
	effort      = "medium"
	leastEffort = "low"
)

// thinkingRoom is how many tokens are left for thinking, beside those for the text. At
// medium effort, Claude models rarely think more about a page.
const thinkingRoom = 16_000

// Thinking is the most tokens that the model may think for one section; 0: it does not
// think unasked.
func Thinking(profile string) int {
	return asking(profile, 0, false).room
}

// ask is how a model is asked for one answer.
type ask struct {
	room   int    // tokens of the answer, thinking included
	effort string // empty: the model does not think unasked, so none is sent
}

// asking returns how to ask a model for an answer of so many tokens of text.
func asking(profile string, text int, lowered bool) ask {
	m, known := model.Find(model.Bare(profile))
	if !m.Unasked() {
		return ask{room: text}
	}
	a := ask{room: text + thinkingRoom, effort: effort}
	if known && m.Output > 0 {
		a.room = min(a.room, m.Output)
	}
	if lowered || !slices.Contains(m.Efforts, a.effort) {
		a.effort = leastEffort
	}
	return a
}

// config is the part of the request that every model takes. No temperature is sent: the
// models from Claude 5 on refuse one.
func (a ask) config() *types.InferenceConfiguration {
	return &types.InferenceConfiguration{MaxTokens: new(int32(a.room))}
}

// fields is the part of the request that only the model knows (Bedrock user guide,
// "Adaptive thinking").
func (a ask) fields() document.Interface {
	if a.effort == "" {
		return nil
	}
	return document.NewLazyDocument(map[string]any{"output_config": map[string]any{"effort": a.effort}})
}
