package permissions

import "claria/provision/state"

// Explanation is why a finding of another tool on what set-up makes is as it
// should be. docs/permissions.md shows them, and the conformance suite holds that
// there is one for each finding, and none too many.
type Explanation struct {
	Tool  string // "Prowler"
	Check string // the tool's own name of it
	On    string // name of the user, role or policy
	Why   string
}

// Explained are the explanations.
func Explained() []Explanation {
	const oneOfEach = "a practice has one person at each identity: a group around one user would add a place where rights can be added unseen, and no clarity"
	return []Explanation{
		{"Prowler", "iam_policy_attached_only_to_group_or_roles", state.AdminUser, oneOfEach},
		{"Prowler", "iam_policy_attached_only_to_group_or_roles", state.AuditorUser, oneOfEach},
		{
			"Prowler", "iam_policy_no_wildcard_marketplace_subscribe", ProvisionerWidePolicy,
			"AWS subscribes an account to a model in the name of whoever accepts its agreement, and names the product only by an id that is not known before; only the provisioner has it, which opens with a second factor",
		},
		{
			"Prowler", "iam_user_hardware_mfa_enabled", state.AdminUser,
			"a virtual device is what everybody has; a hardware key is better, costs money, and may be enrolled in its place",
		},
		{
			"Prowler", "iam_user_hardware_mfa_enabled", state.AuditorUser,
			"it has one access key for a timer that nobody sits at, no password, and can only read settings",
		},
	}
}
