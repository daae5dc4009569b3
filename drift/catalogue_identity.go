package drift

func identityControls() []Control {
	return []Control{
		{
			ID: "IAM-01", Family: identity, Severity: Critical, Remedy: Guided, Sets: core(), judge: judgeRootKeys,
			Title:       "The root user has no access keys",
			Meaning:     "A root key opens everything in the account and no policy can limit it. Whoever finds it in a file or a backup owns every record.",
			Guide:       "Sign in to the AWS console as the root user, open Security credentials, and delete the access keys. Set-up that started from a root key deletes it as its last step.",
			Citations:   cfr("308(a)(1)(ii)(B)", "308(a)(3)(i)", "308(a)(4)(ii)(C)", "312(a)(1)", "312(a)(2)(i)"),
			ConfigRules: []string{"iam-root-access-key-check"},
			Prowler:     []string{"iam_no_root_access_key"},
		},
		{
			ID: "IAM-02", Family: identity, Severity: Critical, Remedy: Guided, Sets: core(), judge: judgeRootMFA,
			Title:       "The root user has a second factor",
			Meaning:     "The root user can undo every protection of the account. A password alone, guessed or phished, must not be enough to become it.",
			Guide:       "Sign in to the AWS console as the root user, open Security credentials, and assign an MFA device, best a passkey or a hardware key.",
			Citations:   cfr("308(a)(3)(ii)(A)", "312(d)"),
			ConfigRules: []string{"root-account-mfa-enabled"},
			Prowler:     []string{"iam_root_mfa_enabled"},
		},
		{
			ID: "IAM-07", Family: identity, Severity: Critical, Remedy: Guided, Sets: core(), judge: judgeAdministrators,
			Title:       "Nobody is allowed everything",
			Meaning:     "A policy that allows every action on everything gives whoever holds one key the whole practice. Daily work needs a short list of actions, and the rest is denied by default.",
			Guide:       "Open the named policy in the IAM console and detach or delete it, or replace it by the actions that its holder really uses.",
			Citations:   cfr("308(a)(1)(ii)(B)", "308(a)(3)(i)", "308(a)(4)(i)", "312(a)(1)", "502(b)"),
			ConfigRules: []string{"iam-policy-no-statements-with-admin-access"},
			Prowler: []string{
				"iam_aws_attached_policy_no_administrative_privileges", "iam_customer_attached_policy_no_administrative_privileges",
				"iam_customer_unattached_policy_no_administrative_privileges", "iam_inline_policy_no_administrative_privileges",
				"iam_user_administrator_access_policy", "iam_role_administratoraccess_policy", "iam_group_administrator_access_policy",
			},
		},
		{
			ID: "IAM-08", Family: identity, Severity: High, Remedy: Guided, Sets: core(), judge: judgeServiceWide,
			Title:       "Nobody is allowed a whole service",
			Meaning:     "A policy that allows everything of a service, such as all of S3 on every bucket, also allows deleting records and removing their protection. Each identity should have the actions it uses, on the resources it uses.",
			Guide:       "Open the named policy in the IAM console and replace the wildcard by the actions and resources that its holder really uses.",
			Citations:   cfr("308(a)(3)(ii)(A)", "308(a)(3)(ii)(B)", "308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", "502(b)"),
			ConfigRules: []string{"iam-policy-no-statements-with-full-access"},
			Prowler:     []string{"iam_policy_no_full_access_to_kms", "iam_policy_no_full_access_to_cloudtrail"},
		},
		{
			ID: "IAM-10", Family: identity, Severity: High, Remedy: Automatic, Sets: core(), judge: judgeTampering,
			Title:     "Daily work cannot undo its own limits",
			Meaning:   "The identity that works with records can neither switch off the trail nor give itself more rights. A stolen daily key then stays small, and stays visible.",
			Guide:     "Run set-up: it restores the daily identity's policy with its explicit denials, and takes away what was attached besides.",
			Citations: cfr("308(a)(3)(i)", "312(b)", "312(c)(1)"),
			Prowler:   []string{"iam_policy_no_full_access_to_cloudtrail", "iam_inline_policy_no_full_access_to_cloudtrail"},
		},
		{
			ID: "IAM-12", Family: identity, Severity: Medium, Remedy: Guided, Sets: core(), judge: judgeKeyAge,
			Title:       "Access keys are at most 90 days old",
			Meaning:     "A key that leaks unnoticed works until it is replaced. Replacing keys every quarter ends the use of one that somebody copied.",
			Guide:       "Make a new access key for the named user, put it where the old one is used, then deactivate and delete the old one in the IAM console.",
			Citations:   cfr("308(a)(3)(ii)(C)", "308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", "308(a)(5)(ii)(D)"),
			ConfigRules: []string{"access-keys-rotated"},
			Prowler:     []string{"iam_rotate_access_key_90_days"},
		},
		{
			ID: "IAM-15", Family: identity, Severity: Medium, Remedy: Automatic, Sets: core(), judge: judgePasswords,
			Title:       "Console passwords are long",
			Meaning:     "Whoever signs in to the AWS console with a password needs one that cannot be guessed. The account refuses short ones and ones that were used before.",
			Guide:       "Set the account's password policy in the IAM console: 14 characters, all four kinds, 24 remembered; set-up does it.",
			Citations:   cfr("308(a)(5)(ii)(D)", "312(d)"),
			ConfigRules: []string{"iam-password-policy"},
			Prowler: []string{
				"iam_password_policy_minimum_length_14", "iam_password_policy_lowercase", "iam_password_policy_uppercase",
				"iam_password_policy_number", "iam_password_policy_symbol", "iam_password_policy_reuse_24",
			},
		},
	}
}
