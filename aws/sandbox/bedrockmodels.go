package sandbox

import (
	"slices"
	"strings"
	"time"
)

// A bedrockModel is one of the foundation models that the demo account offers: a few from
// AWS's list, chosen so that every rule about models applies to one of them.
// https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html
type bedrockModel struct {
	id, name, provider string
	embedding          bool
	images             bool // takes images
	onDemand           bool // can be called by its bare id
	geographies        []string
	legacy             bool
	released           time.Time
	retention          []string // retention modes in which it can run; nil: any
	agreement          bool     // needs a subscription in AWS Marketplace
	noCount            bool     // CountTokens refuses it
	oneSampling        bool     // refuses temperature together with topP
	window, output     int      // tokens
	input, answer      float64  // US dollars per million tokens
}

const anthropic = "Anthropic"

// bedrockModels lists the models. Prices are per million tokens, from the price list, and
// are used only for the demo bill.
func bedrockModels() []bedrockModel {
	on := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	everywhere := []string{"us", "eu", "global"}
	return []bedrockModel{
		{
			id: "anthropic.claude-sonnet-4-5-20250929-v1:0", name: "Claude Sonnet 4.5", provider: anthropic, images: true, geographies: everywhere,
			released: on(2025, 9, 29), agreement: true, oneSampling: true, window: 200_000, output: 64_000, input: 3.3, answer: 16.5,
		},
		{
			id: "anthropic.claude-haiku-4-5-20251001-v1:0", name: "Claude Haiku 4.5", provider: anthropic, images: true, geographies: everywhere,
			released: on(2025, 10, 15), agreement: true, oneSampling: true, window: 200_000, output: 64_000, input: 1.1, answer: 5.5,
		},
		{
			id: "anthropic.claude-sonnet-4-6", name: "Claude Sonnet 4.6", provider: anthropic, images: true, geographies: everywhere,
			released: on(2026, 2, 17), agreement: true, oneSampling: true, window: 1_000_000, output: 64_000, input: 3.3, answer: 16.5,
		},
		{
			id: "anthropic.claude-opus-4-6-v1", name: "Claude Opus 4.6", provider: anthropic, images: true, geographies: everywhere,
			released: on(2026, 2, 5), agreement: true, noCount: true, oneSampling: true, window: 1_000_000, output: 128_000, input: 5.5,
			answer: 27.5,
		},
		{
			// A Covered Model: AWS keeps its prompts and answers for review.
			// https://docs.aws.amazon.com/bedrock/latest/userguide/data-retention.html
			id: "anthropic.claude-fable-5", name: "Claude Fable 5", provider: anthropic, images: true, geographies: []string{"us", "global"},
			retention: []string{"aws_review", "provider_data_share"},
			released:  on(2026, 6, 9), agreement: true, noCount: true, oneSampling: true, window: 1_000_000, output: 128_000, input: 11, answer: 55,
		},
		{
			id: "anthropic.claude-3-haiku-20240307-v1:0", name: "Claude 3 Haiku", provider: anthropic, images: true, onDemand: true,
			geographies: []string{"us", "eu"},
			legacy:      true, released: on(2024, 3, 13), agreement: true, window: 200_000, output: 4_096, input: 0.25, answer: 1.25,
		},
		{
			id: "amazon.nova-lite-v1:0", name: "Nova Lite", provider: "Amazon", images: true, onDemand: true, geographies: []string{"us", "eu"},
			released: on(2024, 12, 3), noCount: true, window: 300_000, output: 10_000, input: 0.06, answer: 0.24,
		},
		{
			id: "amazon.titan-embed-text-v2:0", name: "Titan Text Embeddings V2", provider: "Amazon", embedding: true, onDemand: true,
			released: on(2024, 4, 30), noCount: true, window: 8_192, input: 0.02,
		},
	}
}

// geographyRegions are the regions that a geography's profiles run in. A profile of
// "global" names its home region and, without a region, all others.
func geographyRegions(geography string) []string {
	switch geography {
	case "us":
		return []string{"us-east-1", "us-east-2", "us-west-2"}
	case "eu":
		return []string{"eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"}
	}
	return nil
}

// geographyOf is the geography of a region whose profiles can be called there.
func geographyOf(region string) string {
	geography, _, _ := strings.Cut(region, "-")
	return geography
}

func findModel(id string) (bedrockModel, bool) {
	all := bedrockModels()
	i := slices.IndexFunc(all, func(m bedrockModel) bool { return m.id == id })
	if i < 0 {
		return bedrockModel{}, false
	}
	return all[i], true
}

func modelARN(region, id string) string {
	return "arn:aws:bedrock:" + region + "::foundation-model/" + id
}

// An inferenceProfile is a cross-region profile as one region offers it.
type inferenceProfile struct {
	id, arn, name, geography string
	model                    bedrockModel
	destinations             []string // model ARNs
}

// profilesIn are the profiles that a region offers to an account: those of its
// geography and the global ones.
func profilesIn(region, account string) []inferenceProfile {
	var found []inferenceProfile
	for _, m := range bedrockModels() {
		for _, geography := range m.geographies {
			if geography != "global" && geography != geographyOf(region) {
				continue
			}
			p := inferenceProfile{
				id: geography + "." + m.id, name: strings.ToUpper(geography) + " " + m.provider + " " + m.name, geography: geography, model: m,
			}
			p.arn = "arn:aws:bedrock:" + region + ":" + account + ":inference-profile/" + p.id
			if geography == "global" {
				p.name = "Global " + m.provider + " " + m.name
				p.destinations = []string{modelARN(region, m.id), modelARN("", m.id)}
			}
			for _, to := range geographyRegions(geography) {
				p.destinations = append(p.destinations, modelARN(to, m.id))
			}
			found = append(found, p)
		}
	}
	return found
}

// findProfile finds a profile by id or ARN.
func findProfile(region, account, idOrARN string) (inferenceProfile, bool) {
	all := profilesIn(region, account)
	i := slices.IndexFunc(all, func(p inferenceProfile) bool { return p.id == idOrARN || p.arn == idOrARN })
	if i < 0 {
		return inferenceProfile{}, false
	}
	return all[i], true
}
