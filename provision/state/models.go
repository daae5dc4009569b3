package state

import (
	"slices"
	"strings"

	"claria/aws/model"
)

// geography is a prefix of inference profiles and the regions where its profiles may run.
// Prompts stay in these regions (Bedrock user guide, "Geographic cross-Region inference").
// The prefix "global." is left out on purpose: its profiles run anywhere.
type geography struct {
	prefix  string
	homes   []string // prefixes of the regions that use it
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

// Choose returns the inference profile that a practice in the region gets if it names no
// model, or instead of one that AWS retires: the first preferred model that is ACTIVE and
// runs only inside the region's geography. Empty: AWS offers none.
func Choose(region string, offers []Offer) string {
	for _, preferred := range model.Preferred() {
		for _, o := range offers {
			if o.Foundation == preferred && o.Status == Active && o.Inside(region) {
				return o.Profile
			}
		}
	}
	return ""
}

// Inside reports whether the profile is one of the region's geography and runs only there.
func (o Offer) Inside(region string) bool {
	within := Destinations(o.Profile)
	return slices.Contains(within, region) && len(o.Destinations) > 0 &&
		!slices.ContainsFunc(o.Destinations, func(to string) bool { return !slices.Contains(within, to) })
}

// FormerModels are the inference profiles of a practice whose claria.toml names none: what
// an earlier version used, which did not write its choice down. Empty: the region has no
// geography.
func FormerModels(region string) []string {
	for _, g := range geographies() {
		for _, home := range g.homes {
			if strings.HasPrefix(region, home) {
				return []string{g.prefix + ".anthropic.claude-sonnet-4-5-20250929-v1:0"}
			}
		}
	}
	return nil
}

// Destinations are the regions where the profile's prefix allows it to run; empty if the
// prefix is not a single geography ("global.").
func Destinations(profile string) []string {
	prefix, _, _ := strings.Cut(profile, ".")
	for _, g := range geographies() {
		if g.prefix == prefix {
			return g.regions
		}
	}
	return nil
}

// Foundation is the model id of an inference profile: without the geography prefix.
func Foundation(profile string) string {
	prefix, rest, ok := strings.Cut(profile, ".")
	if !ok || !strings.Contains(rest, ".") {
		return profile // a model id, not a profile
	}
	if prefix != "global" && prefix != "apac" && Destinations(profile) == nil {
		return profile
	}
	return rest
}

// FoundationARN is the ARN of a model id in a region.
func FoundationARN(region, model string) string {
	return "arn:aws:bedrock:" + region + "::foundation-model/" + model
}
