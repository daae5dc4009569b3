package state

import "strings"

// geography is a prefix of inference profiles and the regions that its profiles
// may run in. Prompts stay inside them (Bedrock user guide, "Geographic
// cross-Region inference"). The prefix global. is absent on purpose: its
// profiles run anywhere.
type geography struct {
	prefix  string
	homes   []string // beginnings of the regions that call it
	regions []string
}

func geographies() []geography {
	return []geography{
		{"us", []string{"us-east-", "us-west-"}, []string{"us-east-1", "us-east-2", "us-west-1", "us-west-2"}},
		{"eu", []string{"eu-"}, []string{
			"eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
		}},
		{"jp", []string{"ap-northeast-1", "ap-northeast-3"}, []string{"ap-northeast-1", "ap-northeast-3"}},
		{"au", []string{"ap-southeast-2", "ap-southeast-4"}, []string{"ap-southeast-2", "ap-southeast-4"}},
	}
}

// DefaultModels are the inference profiles that a practice in the region uses
// when it declares none: of the region's own geography. It is empty where there
// is no such geography; the practice then has to declare its models.
func DefaultModels(region string) []string {
	for _, g := range geographies() {
		for _, home := range g.homes {
			if strings.HasPrefix(region, home) {
				return []string{g.prefix + ".anthropic.claude-sonnet-4-5-20250929-v1:0"}
			}
		}
	}
	return nil
}

// Destinations are the regions that the profile's prefix allows it to run in;
// empty when the prefix is not one of a single geography ("global.").
func Destinations(profile string) []string {
	prefix, _, _ := strings.Cut(profile, ".")
	for _, g := range geographies() {
		if g.prefix == prefix {
			return g.regions
		}
	}
	return nil
}

// Foundation is the bare model id of an inference profile: without the
// geography in front.
func Foundation(profile string) string {
	prefix, rest, ok := strings.Cut(profile, ".")
	if !ok || !strings.Contains(rest, ".") {
		return profile // it names a model, not a profile
	}
	if prefix != "global" && prefix != "apac" && Destinations(profile) == nil {
		return profile
	}
	return rest
}

// FoundationARN is the ARN of a foundation model in a region.
func FoundationARN(region, model string) string {
	return "arn:aws:bedrock:" + region + "::foundation-model/" + model
}
