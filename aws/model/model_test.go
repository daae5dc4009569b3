package model_test

import (
	"slices"
	"testing"

	"claria/aws/model"
)

func TestTheTableKnowsEveryPreferredModel(t *testing.T) {
	for _, id := range model.Preferred() {
		m, ok := model.Find(id)
		if !ok || m.Name == "" || m.Window == 0 || m.Output == 0 || m.Input == 0 || m.Tokenizer == 0 {
			t.Errorf("%s: %+v", id, m)
		}
		if m.Effort != "" && !slices.Contains(m.Efforts, m.Effort) || m.Unasked() && m.Effort == "" {
			t.Errorf("%s: effort %q of %v", id, m.Effort, m.Efforts)
		}
	}
	if m, ok := model.Find("anthropic.claude-99"); ok || m.Window != 200_000 || m.Input != 0 {
		t.Errorf("a model that is not in the table: %+v", m)
	}
}

func TestBareIds(t *testing.T) {
	for id, want := range map[string]string{
		"us.anthropic.claude-sonnet-5-5": "anthropic.claude-sonnet-5-5",
		"arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.anthropic.claude-opus-5": "anthropic.claude-opus-5",
		"arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5":                 "anthropic.claude-opus-5",
		"anthropic.claude-sonnet-4-6": "anthropic.claude-sonnet-4-6",
	} {
		if got := model.Bare(id); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	if !model.Global("global.anthropic.claude-sonnet-5") || model.Global("us.anthropic.claude-sonnet-5") {
		t.Error("a profile of one geography counts as worldwide, or the other way round")
	}
}
