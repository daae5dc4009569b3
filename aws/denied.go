package aws

import "regexp"

// refuser is the end of AWS's sentence about a refusal that some policy decided (IAM user
// guide, "Troubleshoot access denied error messages").
var refuser = regexp.MustCompile(`explicit deny in (an?|the) [a-z-]+( [a-z-]+)*`)

// DeniedBy is which kind of policy refused, in AWS's words: "explicit deny in a resource-based
// policy". Empty: AWS did not say, or nothing allowed it.
func DeniedBy(err error) string {
	if err == nil {
		return ""
	}
	return refuser.FindString(err.Error())
}

// ByResourcePolicy is what DeniedBy says when the resource's own policy refused.
const ByResourcePolicy = "explicit deny in a resource-based policy"
