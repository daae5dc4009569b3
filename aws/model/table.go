package model

// table lists the models. A price or a limit that no source gives is left out.
func table() []Model {
	adaptive := []string{"low", "medium", "high", "xhigh", "max"}
	older := []string{"low", "medium", "high", "max"} // before Opus 4.7
	return []Model{
		{
			ID: "anthropic.claude-sonnet-5-5", Name: "Claude Sonnet 5.5", Window: 1_000_000, Output: 128_000, Input: 2.2, Answer: 11,
			Thinking: Less, Effort: "high", Efforts: adaptive, Tokenizer: 1.3, Cache: 512,
		},
		{
			ID: "anthropic.claude-opus-5-5", Name: "Claude Opus 5.5", Window: 1_000_000, Output: 128_000, Input: 4.4, Answer: 22,
			Thinking: Always, Effort: "medium", Efforts: adaptive, Tokenizer: 1.3, Cache: 512,
		},
		{
			ID: "anthropic.claude-haiku-5-5", Name: "Claude Haiku 5.5", Window: 1_000_000, Output: 128_000, Input: 0.11, Answer: 0.55, Upto: 100_000,
			Thinking: ByDefault, Effort: "medium", Efforts: adaptive, Tokenizer: 1.3, Cache: 512,
		},
		{
			ID: "anthropic.claude-fable-5-1", Name: "Claude Fable 5.1", Window: 1_000_000, Output: 128_000, Input: 11, Answer: 55,
			Thinking: Always, Effort: "high", Efforts: adaptive, Tokenizer: 1.3,
		},
		{
			// Its Bedrock card says that thinking cannot be turned off there.
			ID: "anthropic.claude-sonnet-5", Name: "Claude Sonnet 5", Window: 1_000_000, Output: 128_000, Input: 2.2, Answer: 11,
			Thinking: Always, Effort: "high", Efforts: adaptive, Tokenizer: 1.3,
		},
		{
			ID: "anthropic.claude-opus-5", Name: "Claude Opus 5", Window: 1_000_000, Output: 128_000, Input: 5.5, Answer: 27.5,
			Thinking: ByDefault, Effort: "high", Efforts: adaptive, Tokenizer: 1.3,
		},
		{
			ID: "anthropic.claude-fable-5", Name: "Claude Fable 5", Window: 1_000_000, Output: 128_000, Input: 11, Answer: 55,
			Thinking: Always, Effort: "high", Efforts: adaptive, Tokenizer: 1.3,
		},
		{
			ID: "anthropic.claude-opus-4-8", Name: "Claude Opus 4.8", Window: 1_000_000, Output: 128_000, Input: 5.5, Answer: 27.5,
			Thinking: OnRequest, Effort: "high", Efforts: adaptive, Tokenizer: 1.3,
		},
		{
			ID: "anthropic.claude-opus-4-7", Name: "Claude Opus 4.7", Window: 1_000_000, Output: 128_000, Input: 5.5, Answer: 27.5,
			Thinking: OnRequest, Effort: "high", Efforts: adaptive, Tokenizer: 1.3,
		},
		{
			ID: "anthropic.claude-opus-4-6-v1", Name: "Claude Opus 4.6", Window: 1_000_000, Output: 128_000, Input: 5.5, Answer: 27.5,
			Thinking: OnRequest, Effort: "high", Efforts: older, Tokenizer: 1,
		},
		{
			ID: "anthropic.claude-sonnet-4-6", Name: "Claude Sonnet 4.6", Window: 1_000_000, Output: 64_000, Input: 3.3, Answer: 16.5,
			Thinking: OnRequest, Effort: "high", Efforts: older, Tokenizer: 1, Cache: 1024,
		},
		{
			ID: "anthropic.claude-haiku-4-5-20251001-v1:0", Name: "Claude Haiku 4.5", Window: 200_000, Output: 64_000, Input: 1.1, Answer: 5.5,
			Thinking: OnRequest, Tokenizer: 1, Cache: 4096,
		},
		{
			ID: "anthropic.claude-opus-4-5-20251101-v1:0", Name: "Claude Opus 4.5", Window: 200_000, Output: 64_000, Input: 5.5, Answer: 27.5,
			Thinking: OnRequest, Tokenizer: 1, Cache: 4096,
		},
		{
			ID: "anthropic.claude-sonnet-4-5-20250929-v1:0", Name: "Claude Sonnet 4.5", Window: 200_000, Output: 64_000, Input: 3.3, Answer: 16.5,
			Thinking: OnRequest, Tokenizer: 1, Cache: 1024,
		},
		{
			ID: "anthropic.claude-opus-4-1-20250805-v1:0", Name: "Claude Opus 4.1", Window: 200_000, Output: 32_000, Input: 15, Answer: 75,
			Thinking: OnRequest, Tokenizer: 1, Cache: 1024,
		},
		{
			ID: "anthropic.claude-sonnet-4-20250514-v1:0", Name: "Claude Sonnet 4", Window: 200_000, Output: 64_000, Input: 3, Answer: 15,
			Thinking: OnRequest, Tokenizer: 1, Cache: 1024,
		},
	}
}
