package catalogue

func keyControls() []Control {
	return []Control{
		{
			ID: "KMS-01", Family: FamilyKeys, Severity: High, Remedy: Automatic, Sets: core(),
			Title:     "Your encryption key works",
			Meaning:   "With a key of your own, records can be read only while the key is enabled. Without one, AWS manages the keys, and you cannot lose them.",
			Guide:     "Run set-up: it creates the key if there is none, and enables it. A key of another type must be replaced: remove the alias in the KMS console and run set-up.",
			Citations: cfr("312(a)(2)(iv)"),
			Prowler:   []string{"kms_cmk_are_used", "kms_cmk_not_multi_region"},
		},
		{
			ID: "KMS-02", Family: FamilyKeys, Severity: Medium, Remedy: Automatic, Sets: strict(),
			Title:     "Your encryption key is rotated every year",
			Meaning:   "AWS can renew the key material each year and still decrypt what was encrypted before. The less one key encrypts, the less is lost with it.",
			Guide:     "Turn on automatic rotation of the key; set-up does it.",
			Citations: cfr("312(a)(2)(iv)"),
			Prowler:   []string{"kms_cmk_rotation_enabled"},
		},
		{
			ID: "KMS-03", Family: FamilyKeys, Severity: Critical, Remedy: Automatic, Sets: core(),
			Title:       "Your encryption key is not being deleted",
			Meaning:     "When a key is deleted, every record encrypted with it is lost. AWS waits some days before it deletes a key, and until then the deletion can be cancelled.",
			Guide:       "Run set-up at once: it cancels the deletion and enables the key, or creates one if there never was one. Then find out in the trail who asked for the deletion (ScheduleKeyDeletion).",
			Citations:   cfr("308(a)(1)(ii)(B)", "308(a)(7)(ii)(A)"),
			ConfigRules: []string{"kms-cmk-not-scheduled-for-deletion"},
			Prowler:     []string{"kms_cmk_not_deleted_unintentionally"},
		},
		{
			ID: "KMS-04", Family: FamilyKeys, Severity: High, Remedy: Guided, Sets: core(),
			Title:     "Nobody else can use your encryption key",
			Meaning:   "Anyone who may use the key can open what it encrypts. Its policy and its grants allow only this account's identities and its trail.",
			Guide:     "Open the key in the KMS console and remove the named statement under Key policy. Revoke a grant with: aws kms revoke-grant.",
			Citations: cfr("312(a)(1)", "312(a)(2)(iv)"),
			Prowler:   []string{"kms_key_not_publicly_accessible"},
		},
		{
			ID: "KMS-05", Family: FamilyKeys, Severity: Medium, Remedy: Guided, Sets: core(),
			Title:       "Nobody can decrypt with every key",
			Meaning:     "A policy that allows decrypting with every key opens whatever is encrypted now or later. Permission should name one key at a time.",
			Guide:       "Narrow the named policy in the IAM console: name the key instead of *, or remove kms:Decrypt and kms:ReEncrypt*.",
			Citations:   cfr("312(a)(2)(iv)"),
			ConfigRules: []string{"iam-customer-policy-blocked-kms-actions", "iam-inline-policy-blocked-kms-actions"},
			Prowler:     []string{"iam_policy_no_full_access_to_kms", "iam_inline_policy_no_full_access_to_kms"},
		},
	}
}
