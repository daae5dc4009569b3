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
	legacy, end        time.Time // when it became LEGACY, and its end of life; zero: it is ACTIVE
	released           time.Time
	retention          []string // retention modes in which it can run; nil: any
	agreement          bool     // needs a subscription in AWS Marketplace
	noCount            bool     // CountTokens refuses it
	oneSampling        bool     // refuses temperature together with topP
	thinking           thinking
	leastCached        int     // tokens of the shortest prompt that is cached; 0: 1024
	window, output     int     // tokens
	input, answer      float64 // US dollars per million tokens
}

const anthropic = "Anthropic"

// bedrockModels lists the models as of November 2026. Their states do not follow the
// account's clock, so that an account that is kept stays as it is. Prices are per million
// tokens, from the price list, and are used only for the demo bill. The dates of Claude
// Opus 4.1 are AWS's; those of Sonnet 4.5, which AWS's page decides, are the demo account's.
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle.html
func bedrockModels() []bedrockModel {
	on := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	everywhere := []string{"us", "eu", "jp", "au", "global"}
	american := []string{"us", "global"}
	// A Covered Model: AWS keeps its prompts and answers for review.
	// https://docs.aws.amazon.com/bedrock/latest/userguide/data-retention.html
	covered := []string{"aws_review", "provider_data_share"}
	claude := func(m bedrockModel) bedrockModel {
		m.provider, m.images, m.agreement, m.oneSampling = anthropic, true, true, true
		return m
	}
	return []bedrockModel{
		claude(bedrockModel{
			id: "anthropic.claude-sonnet-5-5", name: "Claude Sonnet 5.5", geographies: everywhere, released: on(2026, 9, 28),
			thinking: thinking{effort: "high", least: "between_tools"}, leastCached: 512,
			window: 1_000_000, output: 128_000, input: 2.2, answer: 11,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-opus-5-5", name: "Claude Opus 5.5", geographies: everywhere, released: on(2026, 9, 28),
			thinking: thinking{effort: "medium"}, leastCached: 512, noCount: true, window: 1_000_000, output: 128_000, input: 4.4, answer: 22,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-haiku-5-5", name: "Claude Haiku 5.5", geographies: []string{"us", "eu", "global"}, released: on(2026, 10, 7),
			thinking: thinking{effort: "medium", least: "disabled"}, leastCached: 512, noCount: true,
			window: 1_000_000, output: 128_000, input: 0.11, answer: 0.55,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-fable-5-1", name: "Claude Fable 5.1", geographies: american, released: on(2026, 9, 1), retention: covered,
			thinking: thinking{effort: "high"}, noCount: true, window: 1_000_000, output: 128_000, input: 11, answer: 55,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-sonnet-5", name: "Claude Sonnet 5", geographies: everywhere, released: on(2026, 6, 30),
			thinking: thinking{effort: "high"}, window: 1_000_000, output: 128_000, input: 2.2, answer: 11,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-opus-5", name: "Claude Opus 5", geographies: everywhere, released: on(2026, 7, 24),
			thinking: thinking{effort: "high", least: "disabled"}, window: 1_000_000, output: 128_000, input: 5.5, answer: 27.5,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-fable-5", name: "Claude Fable 5", geographies: american, released: on(2026, 6, 9), retention: covered,
			thinking: thinking{effort: "high"}, noCount: true, window: 1_000_000, output: 128_000, input: 11, answer: 55,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-sonnet-4-6", name: "Claude Sonnet 4.6", geographies: everywhere, released: on(2026, 2, 17),
			window: 1_000_000, output: 64_000, input: 3.3, answer: 16.5,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-opus-4-6-v1", name: "Claude Opus 4.6", geographies: everywhere, released: on(2026, 2, 5), noCount: true,
			window: 1_000_000, output: 128_000, input: 5.5, answer: 27.5,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-haiku-4-5-20251001-v1:0", name: "Claude Haiku 4.5", geographies: everywhere, released: on(2025, 10, 15),
			window: 200_000, output: 64_000, input: 1.1, answer: 5.5,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-sonnet-4-5-20250929-v1:0", name: "Claude Sonnet 4.5", geographies: everywhere, released: on(2025, 9, 29),
			legacy: on(2026, 10, 30), end: on(2027, 4, 30), window: 200_000, output: 64_000, input: 3.3, answer: 16.5,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-opus-4-1-20250805-v1:0", name: "Claude Opus 4.1", geographies: []string{"us"}, released: on(2025, 8, 5),
			legacy: on(2026, 7, 8), end: on(2027, 1, 8), window: 200_000, output: 32_000, input: 15, answer: 75,
		}),
		claude(bedrockModel{
			id: "anthropic.claude-3-haiku-20240307-v1:0", name: "Claude 3 Haiku", onDemand: true, geographies: []string{"us", "eu"},
			released: on(2024, 3, 13), legacy: on(2026, 3, 13), end: on(2027, 3, 13), window: 200_000, output: 4_096, input: 0.25, answer: 1.25,
		}),
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

// isLegacy reports whether the model is LEGACY.
func (m bedrockModel) isLegacy() bool { return !m.legacy.IsZero() }

// geographyRegions are the regions that a geography's profiles run in. A profile of
// "global" names its home region and, without a region, all others.
func geographyRegions(geography string) []string {
	switch geography {
	case "us":
		return []string{"us-east-1", "us-east-2", "us-west-2"}
	case "eu":
		return []string{"eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"}
	case "jp":
		return []string{"ap-northeast-1", "ap-northeast-3"}
	case "au":
		return []string{"ap-southeast-2", "ap-southeast-4"}
	}
	return nil
}

// geographyOf is the geography of a region whose profiles can be called there; empty:
// only the worldwide ones.
func geographyOf(region string) string {
	for _, geography := range []string{"jp", "au"} {
		if slices.Contains(geographyRegions(geography), region) {
			return geography
		}
	}
	if geography, _, _ := strings.Cut(region, "-"); geography == "eu" || geography == "us" && !strings.HasPrefix(region, "us-gov-") {
		return geography
	}
	return ""
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
