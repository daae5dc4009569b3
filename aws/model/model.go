// Package model is a dated table of what no Bedrock operation says about a model: its
// context window, its price, and how it thinks. What AWS does say (lifecycle, profiles,
// destinations) is read from the account and is not here. The package is pure.
package model

import (
	"regexp"
	"slices"
	"strings"
)

// Dated is the day on which the table was compared with its sources: the model cards of the
// Amazon Bedrock User Guide, and Anthropic's pages "Models overview" and "Pricing".
const Dated = "2026-11-30"

// Model is one model.
type Model struct {
	ID     string // bare model id, "anthropic.claude-sonnet-5-5"
	Name   string // "Claude Sonnet 5.5"
	Window int    // tokens of a request and its answer together
	Output int    // most tokens of an answer, thinking included

	// US dollars per million tokens through a profile of one geography; 0: not known. An
	// estimate from Anthropic's list prices: models from Claude 4.5 on cost 10 % more
	// there. The AWS bill decides.
	Input, Answer float64
	// Upto is the longest prompt, in tokens, for which the price holds; 0: any.
	Upto int

	Thinking Thinking
	Effort   string   // the effort when a request names none; empty: the model takes no effort
	Efforts  []string // the efforts that it takes, the least first
	// Tokenizer is how many tokens the model makes of a text for which Claude 4.5 makes one.
	Tokenizer float64
	Cache     int // tokens of the shortest prompt that can be cached
}

// Thinking says whether a model thinks before it answers. What it thinks counts as
// output, so it needs room in the longest answer that a request allows.
type Thinking string

// The kinds of thinking, by what a request that says nothing about it gets.
const (
	OnRequest Thinking = "on request" // none
	ByDefault Thinking = "by default" // thinks; can be turned off
	Less      Thinking = "less"       // thinks; its least is between_tools
	Always    Thinking = "always"     // thinks; cannot be turned off
)

// Unasked reports whether the model thinks when nobody asked it to.
func (m Model) Unasked() bool { return m.Thinking != OnRequest && m.Thinking != "" }

// smallestWindow is assumed for a model that is not in the table: the smallest window
// of any Claude model since version 2.1.
const smallestWindow = 200_000

// Find returns the model with this bare id; ok is false if it is not in the table. Then
// the model has the smallest window of any Claude model, and nothing else is known.
func Find(bare string) (m Model, ok bool) {
	all := table()
	if i := slices.IndexFunc(all, func(m Model) bool { return m.ID == bare }); i >= 0 {
		return all[i], true
	}
	return Model{ID: bare, Window: smallestWindow, Tokenizer: 1.3}, false
}

// Preferred are the bare ids that a practice which names no model may get, the first choice
// first: the newest of the class that drafts well and is not dear, then the others.
func Preferred() []string {
	return []string{
		"anthropic.claude-sonnet-5-5", "anthropic.claude-sonnet-5", "anthropic.claude-sonnet-4-6",
		"anthropic.claude-opus-5-5", "anthropic.claude-opus-5",
		"anthropic.claude-haiku-5-5", "anthropic.claude-haiku-4-5-20251001-v1:0",
	}
}

// geography is the part of an inference profile's id that says where its model may run
// (Amazon Bedrock User Guide, "Supported Regions and models for inference profiles").
var geography = regexp.MustCompile(`^(?:us-gov|us|eu|apac|jp|au|ca|sa|me|af|uk|global)\.`)

// Bare returns the model id of an inference profile's id or ARN, or of a model's ARN.
func Bare(id string) string {
	if _, name, ok := strings.Cut(id, "/"); ok && strings.HasPrefix(id, "arn:") {
		id = name
	}
	return geography.ReplaceAllString(id, "")
}

// Global reports whether a profile, by id or ARN, may run in any region of the world.
func Global(profile string) bool {
	if _, name, ok := strings.Cut(profile, "/"); ok {
		profile = name
	}
	return strings.HasPrefix(profile, "global.")
}
