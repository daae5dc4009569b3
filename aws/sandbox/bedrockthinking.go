package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// Thinking of the models from Claude 5 on: they think unless told otherwise, the tokens
// count as output, and no text of it is returned unless asked for.
// https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html

// thinking says how a model thinks without being asked.
type thinking struct {
	effort string // its own effort; empty: the model thinks only on request
	least  string // the thinking type that makes it think less; empty: it always thinks
}

// additionalFields are the fields of the model's own API that a Converse request passes on.
type additionalFields struct {
	Output *struct {
		Effort *string `json:"effort"`
	} `json:"output_config"`
	Thinking *struct {
		Type   string `json:"type"`
		Budget *int   `json:"budget_tokens"`
	} `json:"thinking"`
	Temperature json.RawMessage `json:"temperature"`
	TopP        json.RawMessage `json:"top_p"`
	TopK        json.RawMessage `json:"top_k"`
}

// thoughtAt is how many tokens the demo writer thinks at an effort; 0: there is no such
// effort.
func thoughtAt(effort string) int {
	return map[string]int{"low": 300, "medium": 1500, "high": 6000, "xhigh": 16_000, "max": 32_000}[effort]
}

func modelError(format string, args ...any) error {
	return validation("The model returned the following errors: " + fmt.Sprintf(format, args...))
}

// checkThinking refuses what a model refuses about thinking and sampling.
func (in *converseInput) checkThinking(m bedrockModel) error {
	fields := in.Additional
	if fields == nil {
		fields = &additionalFields{}
	}
	effort := ""
	if fields.Output != nil && fields.Output.Effort != nil {
		effort = *fields.Output.Effort
		switch {
		case m.thinking.effort == "" && !strings.Contains(m.id, "-4-6"):
			return modelError("This model does not support the effort parameter.")
		case thoughtAt(effort) == 0:
			return modelError("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
		}
	}
	if m.thinking.effort == "" {
		return nil
	}
	for name, set := range map[string]bool{
		"temperature": in.Inference.Temperature != nil && *in.Inference.Temperature != 1 || fields.Temperature != nil,
		"top_p":       in.Inference.TopP != nil && *in.Inference.TopP != 1 || fields.TopP != nil,
		"top_k":       fields.TopK != nil,
	} {
		if set {
			return modelError("`%s` is deprecated for this model.", name)
		}
	}
	if t := fields.Thinking; t != nil {
		switch {
		case t.Budget != nil || t.Type == "enabled":
			return modelError("\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and " +
				"\"output_config.effort\" to control thinking behavior.")
		case t.Type != "adaptive" && t.Type != m.thinking.least:
			return modelError("\"thinking.type.%s\" is not supported for this model.", t.Type)
		case t.Type == "between_tools" && (effort == "xhigh" || effort == "max"):
			return modelError("\"thinking.type.between_tools\" is not supported with output_config.effort %s.", effort)
		}
	}
	if len(in.Messages) > 0 && in.Messages[len(in.Messages)-1].Role == "assistant" {
		return modelError("This model does not support assistant message prefill. The conversation must end with a user message.")
	}
	return nil
}

// thinks is how many tokens the model thinks before it answers; high is how many at high
// effort, or 0.
func (in *converseInput) thinks(m bedrockModel, high int) int {
	level := m.thinking.effort
	if f := in.Additional; f != nil {
		if f.Output != nil && f.Output.Effort != nil && level != "" {
			level = *f.Output.Effort
		}
		if f.Thinking != nil && f.Thinking.Type != "adaptive" {
			level = ""
		}
	}
	if high == 0 {
		return thoughtAt(level)
	}
	return high * thoughtAt(level) / thoughtAt("high")
}

// signature is the part of a thinking block that comes without its text.
func (g *generation) signature() string {
	return base64.StdEncoding.EncodeToString([]byte("thinking of " + g.chosen.model.id))
}

// content is the answer's blocks.
func (g *generation) content() []map[string]any {
	blocks := []map[string]any{}
	if g.thought > 0 {
		blocks = append(blocks, map[string]any{
			"reasoningContent": map[string]any{"reasoningText": map[string]string{"text": "", "signature": g.signature()}},
		})
	}
	if g.cites && g.text != "" {
		return append(blocks, map[string]any{"citationsContent": map[string]any{
			"content": []map[string]string{{"text": g.text}}, "citations": []any{},
		}})
	}
	if g.text != "" || g.thought == 0 {
		blocks = append(blocks, map[string]any{"text": g.text})
	}
	return blocks
}

// deltas is the answer's blocks as a stream sends them.
func (g *generation) deltas() [][]map[string]any {
	var blocks [][]map[string]any
	if g.thought > 0 {
		blocks = append(blocks, []map[string]any{{"reasoningContent": map[string]string{"signature": g.signature()}}})
	}
	if g.text == "" && g.thought > 0 {
		return blocks
	}
	words := []map[string]any{}
	for _, word := range streamed(g.text) {
		words = append(words, map[string]any{"text": word})
	}
	return append(blocks, words)
}
